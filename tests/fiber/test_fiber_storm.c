/* SPDX-License-Identifier: MIT */
/* Many fibers, much at once, cancelled at any moment: no byte lost, none at the wrong address. */
#include "engines.h"
#include "fds.h"
#include "sock_pair.h"

#include <errno.h>
#include <plug/err.h>
#include <stdlib.h>
#include <string.h>

/* Waits for all of the scope; a failed spawn (r < 0) cancels those that did begin. */
static int finish(struct plug_scope *s, int r)
{
    if (r < 0)
        plug_scope_cancel(s);
    int closed = plug_scope_close(s);
    return r < 0 ? r : closed;
}

/* --- cancelling ------------------------------------------------------------------------------ */

enum { NUMBERS = 3000 };
static struct flow {
    struct plug_sock *from, *to;
    uint32_t next;
} flow;

static int send_numbers(void *arg)
{
    int r = 0;
    (void)arg;
    for (uint32_t i = 0; i < NUMBERS && r >= 0; i++) {
        r = plug_sock_send_all(flow.from, &i, sizeof i, NULL);
        if (r >= 0 && t_below(4) == 0)
            r = t_below(2) ? plug_fiber_yield() : plug_sleep(PLUG_US(t_below(50)));
    }
    return r;
}

/* What is left of a number that was cut short is there for the next receiver. */
static int take_numbers(void *arg)
{
    (void)arg;
    while (flow.next < NUMBERS) {
        uint32_t b[8];
        ssize_t n = plug_sock_recv(flow.to, b, sizeof b, 0);
        if (n <= 0)
            return n == -ECANCELED || n == PLUG_ETIMEOUT ? 0 : n == 0 ? PLUG_EEOF : (int)n;
        T_EQ((size_t)n % sizeof *b, 0);
        for (size_t i = 0; i < (size_t)n / sizeof *b; i++)
            T_EQ(b[i], flow.next++);
    }
    return 0;
}

static int take_for_a_while(void)
{
    struct plug_scope s;
    plug_scope_open(&s, t_below(2) ? PLUG_FOREVER : PLUG_US(t_below(300)));
    int r = plug_fiber_spawn(&s, take_numbers, NULL, NULL, NULL);
    for (uint64_t i = t_below(20); i > 0 && r >= 0; i--)
        r = plug_fiber_yield();
    plug_scope_cancel(&s);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

ON_EACH_ENGINE(T_TEST_PLAIN, no_byte_is_lost_when_a_receive_is_cancelled)
{
    struct plug_sock *p[2];
    struct plug_scope s;
    pair(p, SOCK_STREAM);
    flow = (struct flow){p[0], p[1], 0};
    plug_scope_open(&s, PLUG_S(20));
    int r = plug_fiber_spawn(&s, send_numbers, NULL, NULL, NULL);
    while (r >= 0 && flow.next < NUMBERS)
        r = take_for_a_while();
    return finish(&s, r);
}

/* --- closing ---------------------------------------------------------------------------------- */

static struct plug_sock *old[2], *fresh[2];

static int send_to_old(void *arg)
{
    (void)arg;
    return plug_sock_send_all(old[0], "old", 3, NULL);
}

/* Its number is likely the new one's, before the kernel has seen what was sent. */
static int replace(void *arg)
{
    (void)arg;
    plug_sock_close(old[0]);
    return plug_sock_pair(fresh, AF_UNIX, SOCK_STREAM, 0);
}

ON_EACH_ENGINE(T_TEST_PLAIN, what_was_sent_goes_to_its_own_peer)
{
    struct plug_scope s;
    char b[8];
    int r = plug_sock_pair(old, AF_UNIX, SOCK_STREAM, 0);
    plug_scope_open(&s, PLUG_S(5));
    if (r >= 0)
        r = plug_fiber_spawn(&s, send_to_old, NULL, NULL, NULL);
    if (r >= 0)
        r = plug_fiber_spawn(&s, replace, NULL, NULL, NULL);
    r = finish(&s, r);
    T_OK(r);
    T_EQ(plug_sock_recv(old[1], b, sizeof b, 0), 3);
    T_MEM(b, "old", 3);
    T_EQ(plug_sock_recv(old[1], b, sizeof b, 0), 0);
    T_ERR(plug_sock_recv(fresh[1], b, sizeof b, MSG_DONTWAIT), -EAGAIN);
    plug_sock_close(old[1]);
    plug_sock_close(fresh[0]);
    plug_sock_close(fresh[1]);
    return r;
}

static int wait_in_vain(void *sock)
{
    char b[8];
    ssize_t n = plug_sock_recv(sock, b, sizeof b, 0);
    return n == PLUG_ETIMEOUT ? 0 : -EPROTO;
}

/* Neither a wait that is over nor a scheduler that has ended keeps a file open. */
static int let_go(void *arg)
{
    struct plug_scope s;
    int r = 0;
    for (int i = 0; i < 4 && r >= 0; i++) { /* once for each way to be registered */
        plug_scope_open(&s, PLUG_MS(2));
        r = finish(&s, plug_fiber_spawn(&s, wait_in_vain, arg, NULL, NULL));
    }
    return r;
}

static void ends_at_once(struct plug_sock *closed, struct plug_sock *peer)
{
    char b[8];
    plug_sock_close(closed);
    T_EQ(plug_sock_recv(peer, b, sizeof b, MSG_DONTWAIT), 0);
    plug_sock_close(peer);
}

ON_EACH_ENGINE(T_TEST_PLAIN, the_peer_hears_of_the_end_at_once)
{
    struct plug_sock *p[2];
    T_OK(plug_sock_pair(p, AF_UNIX, SOCK_STREAM, 0));
    T_OK(let_go(p[0]));
    ends_at_once(p[0], p[1]);
    return 0;
}

#define AFTER_THE_END(BACKEND)                                                                     \
    T_TEST_PLAIN(nothing_is_held_after_the_end_of_##BACKEND)                                       \
    {                                                                                              \
        struct plug_sock *p[2];                                                                    \
        if (PLUG_BACKEND_##BACKEND == PLUG_BACKEND_URING)                                          \
            need_uring();                                                                          \
        T_OK(plug_sock_pair(p, AF_UNIX, SOCK_STREAM, 0));                                          \
        T_OK(run_on(PLUG_BACKEND_##BACKEND, let_go, p[0]));                                        \
        ends_at_once(p[0], p[1]);                                                                  \
    }
AFTER_THE_END(EPOLL)
AFTER_THE_END(POLL)
AFTER_THE_END(SELECT)
AFTER_THE_END(URING)

/* --- more than fits --------------------------------------------------------------------------- */

enum { MANY = 5000, SENDERS = 2500 };
static int many[MANY];

static void close_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < MANY; i++)
        if (many[i] > 0)
            plug_sys()->close(many[i]);
}

static int wait_for_one(void *fd)
{
    return plug_wait(*(int *)fd, POLLIN, plug_deadline_after(PLUG_S(20))) == POLLIN ? 0 : -EPROTO;
}

/* More waits in one turn than a ring takes at once, more news than it has room for. */
ON_EACH_ENGINE(T_TEST_PLAIN, thousands_wait_and_are_told_at_once)
{
    struct plug_scope s;
    int p[2], r = 0;
    fds_need(MANY + 200);
    fds_pipe(p);
    memset(many, 0, sizeof many);
    T_OWN(close_many, NULL);
    plug_scope_open(&s, PLUG_FOREVER);
    for (int i = 0; i < MANY && r >= 0; i++) {
        many[i] = plug_fd_dup(p[0]);
        r = many[i] < 0 ? many[i] : plug_fiber_spawn(&s, wait_for_one, &many[i], NULL, NULL);
    }
    if (r >= 0)
        r = plug_sleep(PLUG_MS(20));
    fds_put(p[1]);
    return finish(&s, r);
}

static int send_one(void *sock)
{
    return plug_sock_send_all(sock, "x", 1, NULL);
}

static int count_bytes(void *sock)
{
    char b[256];
    int left = SENDERS;
    while (left > 0) {
        ssize_t n = plug_sock_recv(sock, b, sizeof b, 0);
        if (n <= 0)
            return n < 0 ? (int)n : PLUG_EEOF;
        left -= (int)n;
    }
    return left;
}

ON_EACH_ENGINE(T_TEST_PLAIN, thousands_send_in_one_turn)
{
    struct plug_scope s;
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    plug_scope_open(&s, PLUG_S(20));
    int r = plug_fiber_spawn(&s, count_bytes, p[1], NULL, NULL);
    for (int i = 0; i < SENDERS && r >= 0; i++)
        r = plug_fiber_spawn(&s, send_one, p[0], NULL, NULL);
    return finish(&s, r);
}

/* --- everything at once ----------------------------------------------------------------------- */

enum { TALKS = 24, ROUNDS = 60, LONGEST = 70000 };
static struct talk {
    struct plug_sock *p[2];
    uint8_t out[LONGEST], back[LONGEST];
} * talks;

static void free_talks(void *unused)
{
    (void)unused;
    for (int i = 0; i < TALKS; i++) {
        plug_sock_close(talks[i].p[0]);
        plug_sock_close(talks[i].p[1]);
    }
    free(talks);
}

/* Receives as little as it likes; so the other side finds no room at times, or not enough. */
static int give_back(void *arg)
{
    struct talk *t = arg;
    uint8_t b[5000];
    ssize_t n;
    while ((n = plug_sock_recv(t->p[1], b, 1 + (size_t)t_below(sizeof b), 0)) > 0) {
        int r = t_below(8) ? 0 : plug_sleep(PLUG_US(t_below(200)));
        if (r >= 0)
            r = plug_sock_send_all(t->p[1], b, (size_t)n, NULL);
        if (r < 0)
            return r;
    }
    return (int)n;
}

static int take_back(void *arg)
{
    struct talk *t = arg;
    size_t len, got = 0;
    memcpy(&len, t->out, sizeof len);
    return plug_sock_recv_exact(t->p[0], t->back, len, &got);
}

static int speak(void *arg)
{
    struct talk *t = arg;
    int r = 0;
    for (int i = 0; i < ROUNDS && r >= 0; i++) {
        struct plug_scope s;
        size_t len = 8 + (size_t)t_below(t_below(6) ? 200 : LONGEST - 8);
        memset(t->out, (int)t_below(256), len);
        memcpy(t->out, &len, sizeof len);
        plug_scope_open(&s, PLUG_S(20));
        r = plug_fiber_spawn(&s, take_back, t, NULL, NULL);
        if (r >= 0)
            r = plug_sock_send_all(t->p[0], t->out, len, NULL);
        r = finish(&s, r);
        if (r >= 0)
            T_MEM(t->back, t->out, len);
    }
    return r < 0 ? r : plug_sock_shutdown(t->p[0], SHUT_WR);
}

ON_EACH_ENGINE(T_TEST_PLAIN, random_talks)
{
    struct plug_scope s;
    int r = 0;
    talks = T_PTR(calloc(TALKS, sizeof *talks));
    T_OWN(free_talks, NULL);
    plug_scope_open(&s, PLUG_S(60));
    plug_scope_cancel_on_error(&s, true);
    for (int i = 0; i < TALKS && r >= 0; i++) {
        r = plug_sock_pair(talks[i].p, AF_UNIX, SOCK_STREAM, 0);
        if (r >= 0)
            r = plug_fiber_spawn(&s, give_back, &talks[i], NULL, NULL);
        if (r >= 0)
            r = plug_fiber_spawn(&s, speak, &talks[i], NULL, NULL);
    }
    return finish(&s, r);
}

/* --- where there is no io_uring --------------------------------------------------------------- */

static int which(void *arg)
{
    (void)arg;
    return (int)plug_fiber_backend();
}

static int refusal;

static int no_uring(unsigned entries, struct io_uring *ring, struct io_uring_params *params)
{
    (void)entries;
    (void)ring;
    (void)params;
    return refusal;
}

static void put_back(void *unused)
{
    (void)unused;
    unsetenv("PLUG_BACKEND");
    (void)!plug_sys_set(NULL);
}

T_TEST_PLAIN(epoll_serves_where_there_is_no_io_uring)
{
    static const int reasons[] = {-ENOSYS, -EPERM, PLUG_EUNSUPPORTED};
    static struct plug_sys sys;
    struct plug_fiber_opts o = PLUG_FIBER_OPTS;
    need_uring();
    sys = *plug_sys_kernel();
    sys.uring_setup = no_uring;
    T_OWN(put_back, NULL);
    T_OK(plug_sys_set(&sys));
    setenv("PLUG_BACKEND", "uring", 1);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        refusal = reasons[i];
        o.backend = PLUG_BACKEND_AUTO;
        T_EQ(T_OK(plug_fiber_run(which, NULL, &o)), PLUG_BACKEND_EPOLL);
        o.backend = PLUG_BACKEND_URING;
        int r = plug_fiber_run(which, NULL, &o);
        T_ERR(r, refusal);
    }
}
