/* SPDX-License-Identifier: MIT */
/*
 * Thousands that are slow, silent, or never read, and fifty who only want an answer: their error
 * rate stays 0. Attackers and clients are fibers of the test's process; the server is another one.
 */
#include "served.h"
#include "t.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define NORMAL  50
#define ROUNDS  20 /* exchanges of each normal client */
#define MESSAGE 64
#define CALM    PLUG_S(30) /* a normal client's patience */

/* --- the server ---------------------------------------------------------------------------- */

static int echo(struct plug_conn *c, void *arg)
{
    char b[2048];
    ssize_t n;
    (void)arg;
    while ((n = plug_conn_recv(c, b, sizeof b)) > 0)
        if ((n = plug_conn_send_all(c, b, (size_t)n)) < 0)
            break;
    return (int)n;
}

/* --- the clients --------------------------------------------------------------------------- */

struct battle {
    const struct served *server;
    struct plug_addr at, from_attackers;
    size_t attackers, holding;
    uint64_t good, bad;
    char first_error[128];
};

static void blame(struct battle *b, const char *what, int64_t error)
{
    if (b->bad++ == 0)
        snprintf(b->first_error, sizeof b->first_error, "%s: %s", what,
                 error < 0 ? plug_strerror((int)error) : "other bytes");
}

/* Attackers have machines of their own: here their buffers would use up the kernel's for TCP. */
static int be_small(struct plug_sock *s)
{
    int r = plug_sock_setopt_int(s, SOL_SOCKET, SO_SNDBUF, 4096);
    return r < 0 ? r : plug_sock_setopt_int(s, SOL_SOCKET, SO_RCVBUF, 4096);
}

static int connect_from(struct battle *b, const struct plug_addr *source, struct plug_sock **ret)
{
    struct plug_sock *s;
    int r = plug_sock_open(&s, AF_INET, SOCK_STREAM, 0);
    if (r < 0)
        return r;
    if (source)
        r = plug_sock_bind(s, source);
    if (source && r >= 0)
        r = be_small(s);
    if (r >= 0)
        r = plug_sock_connect(s, &b->at);
    if (r < 0)
        plug_sock_close(s);
    else
        *ret = s;
    return r;
}

/* Until it is told to stop: cancelled. */
static ssize_t be_slow(struct plug_sock *s)
{
    ssize_t r = 0;
    while (r >= 0 && (r = plug_sleep(PLUG_MS(200))) >= 0)
        r = plug_sock_send(s, "x", 1, 0);
    return r;
}

static ssize_t never_read(struct plug_sock *s)
{
    char junk[4096] = "";
    ssize_t r = 0;
    while (r >= 0)
        r = plug_sock_send(s, junk, sizeof junk, 0);
    return r;
}

static int attack(void *arg)
{
    struct battle *b = arg;
    size_t kind = b->holding++ % 3;
    struct plug_sock *s;
    if (connect_from(b, &b->from_attackers, &s) < 0)
        return 0;
    if (kind == 0)
        (void)!plug_sleep(PLUG_FOREVER);
    else if (kind == 1)
        be_slow(s);
    else
        never_read(s);
    plug_sock_close(s);
    return 0;
}

static int64_t exchange(struct plug_sock *s, unsigned round)
{
    char ask[MESSAGE], answer[MESSAGE];
    for (size_t i = 0; i < MESSAGE; i++)
        ask[i] = (char)(round * 7 + i);
    int r = plug_sock_send_all(s, ask, sizeof ask, NULL);
    if (r >= 0)
        r = plug_sock_recv_exact(s, answer, sizeof answer, NULL);
    return r < 0 ? r : memcmp(ask, answer, MESSAGE) != 0;
}

static int behave(void *arg)
{
    struct battle *b = arg;
    struct plug_sock *s;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct plug_deadline d;
        plug_deadline_enter(&d, CALM);
        int64_t r = connect_from(b, NULL, &s);
        if (r < 0) {
            blame(b, "connect", r);
        } else {
            if ((r = exchange(s, i)) != 0)
                blame(b, "exchange", r);
            plug_sock_close(s);
        }
        plug_deadline_leave(&d);
        b->good += r == 0;
        (void)!plug_sleep(PLUG_MS(20));
    }
    return 0;
}

/* --- the battle ---------------------------------------------------------------------------- */

static int fight(void *arg)
{
    struct battle *b = arg;
    struct plug_scope attackers, normal;
    int r = 0;
    plug_scope_open(&attackers, PLUG_FOREVER);
    for (size_t i = 0; i < b->attackers && r >= 0; i++) {
        r = plug_fiber_spawn(&attackers, attack, b, "attacker", NULL);
        if (i % 64 == 0)
            (void)!plug_fiber_yield();
    }
    plug_scope_open(&normal, PLUG_FOREVER);
    for (size_t i = 0; i < NORMAL && r >= 0; i++)
        r = plug_fiber_spawn(&normal, behave, b, "client", NULL);
    (void)!plug_scope_close(&normal);
    plug_scope_cancel(&attackers);
    (void)!plug_scope_close(&attackers);
    return r;
}

/* Descriptors for both processes. */
static bool enough_descriptors(size_t n)
{
    struct rlimit l;
    getrlimit(RLIMIT_NOFILE, &l);
    if (l.rlim_cur >= n)
        return true;
    l.rlim_cur = n < l.rlim_max ? n : l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
    return l.rlim_cur >= n;
}

static void withstand(struct served_cell cell, size_t attackers, struct plug_server_opts *opts)
{
    struct served s;
    struct battle b = {.server = &s, .attackers = attackers};
    if (!enough_descriptors(attackers + 200))
        T_SKIP("no more than a few descriptors");
    if (!served_start(&s, "tcp://127.0.0.1:0", echo, NULL, opts, cell, NULL))
        T_SKIP("no %s here", plug_backend_name(cell.backend));
    T_OK(plug_addr_parse(s.endpoint + strlen("tcp://"), &b.at));
    T_OK(plug_addr_parse("127.0.0.77:0", &b.from_attackers));
    T_OK(plug_fiber_run(fight, &b, NULL));
    served_stop(&s);
    if (b.bad)
        T_FAIL("%s: %" PRIu64 " of %d exchanges failed, first %s", served_name(cell), b.bad,
               NORMAL * ROUNDS, b.first_error);
    T_EQ(b.good, NORMAL * ROUNDS);
}

T_TEST_PLAIN(attack_on_fibers)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    o.drain = PLUG_MS(500);
    withstand((struct served_cell){PLUG_MODEL_FIBER, PLUG_BACKEND_EPOLL}, 5000, &o);
}

T_TEST_PLAIN(attack_on_fibers_over_uring)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    o.drain = PLUG_MS(500);
    withstand((struct served_cell){PLUG_MODEL_FIBER, PLUG_BACKEND_URING}, 5000, &o);
}

T_TEST_PLAIN(attack_on_threads)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    o.drain = PLUG_MS(500);
    o.max_per_source = 500;
    withstand((struct served_cell){PLUG_MODEL_THREAD, PLUG_BACKEND_EPOLL}, 5000, &o);
}

T_TEST_PLAIN(attack_on_children)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    o.drain = PLUG_MS(500);
    o.max_per_source = 20; /* of 40 children */
    withstand((struct served_cell){PLUG_MODEL_FORK, PLUG_BACKEND_EPOLL}, 1000, &o);
}

/* One at a time: a silent one is evicted by the idle limit, so that the others get their turn. */
T_TEST_PLAIN(attack_on_serial)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    o.drain = PLUG_MS(500);
    o.idle = PLUG_MS(50);
    o.handler = PLUG_MS(200);
    withstand((struct served_cell){PLUG_MODEL_SERIAL, PLUG_BACKEND_EPOLL}, 20, &o);
}
