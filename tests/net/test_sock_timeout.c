/* SPDX-License-Identifier: MIT */
/* Time: the three modes, deadlines, scopes; connect and accept. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define SOON PLUG_MS(15)

static int64_t since(int64_t start)
{
    return plug_now() - start;
}

/* Took at least what was asked for, and not absurdly more. */
static void took(int64_t start, int64_t want)
{
    int64_t d = since(start);
    if (d < want || d > want + PLUG_S(5))
        T_FAIL("took %lld ns, wanted %lld", (long long)d, (long long)want);
}

/* --- the three modes ------------------------------------------------------------------- */

T_TEST(timeout_values)
{
    static const struct {
        int64_t set, get;
        bool blocking, nonblock;
    } rows[] = {
        {PLUG_FOREVER, PLUG_FOREVER, true, false},
        {PLUG_NOWAIT, PLUG_NOWAIT, false, true},
        {1, 1, true, true},
        {PLUG_S(100), PLUG_S(100), true, true},
        {INT64_MAX, INT64_MAX, true, true},
        {-2, PLUG_FOREVER, true, false},
        {INT64_MIN, PLUG_FOREVER, true, false},
    };
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        T_OK(plug_sock_set_timeout(p[0], rows[i].set));
        T_EQ(plug_sock_timeout(p[0]), rows[i].get);
        T_EQ(plug_sock_blocking(p[0]), rows[i].blocking);
        T_EQ((fcntl(plug_sock_fd(p[0]), F_GETFL) & O_NONBLOCK) != 0, rows[i].nonblock);
    }
    T_OK(plug_sock_set_blocking(p[0], false));
    T_EQ(plug_sock_timeout(p[0]), PLUG_NOWAIT);
    T_OK(plug_sock_set_blocking(p[0], true));
    T_EQ(plug_sock_timeout(p[0]), PLUG_FOREVER);
}

/* What each operation says when it would wait for ever. */
static int64_t all_waiting_operations(struct plug_sock *s, int which)
{
    char b[1];
    struct plug_addr from;
    struct iovec iov = {b, 1};
    struct plug_msg m = {.buf = b, .len = 1};
    switch (which) {
    case 0:
        return plug_sock_recv(s, b, 1, 0);
    case 1:
        return plug_sock_recvfrom(s, b, 1, 0, &from, NULL);
    case 2:
        return plug_sock_recvv(s, &iov, 1, 0);
    case 3:
        return plug_sock_recv_exact(s, b, 1, NULL);
    case 4:
        return plug_sock_recvmsg(s, &m, 0);
    case 5:
        return plug_sock_recv_batch(s, &m, 1, 0);
    case 6:
        return plug_sock_recv_until(s, b, 1, "x", 1, NULL);
    case 7:
        return plug_sock_wait(s, POLLIN);
    default:
        return 1;
    }
}

T_TEST(nonblocking_never_waits)
{
    struct plug_sock *p[2];
    int64_t r;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_set_blocking(p[0], false));
    for (int i = 0; (r = all_waiting_operations(p[0], i)) != 1; i++)
        T_ERR(r, -EAGAIN);
}

T_TEST(a_timeout_ends_every_operation)
{
    struct plug_sock *p[2];
    int64_t r = 0;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_set_timeout(p[0], PLUG_MS(5)));
    for (int i = 0; r != 1; i++) {
        int64_t start = plug_now();
        if ((r = all_waiting_operations(p[0], i)) == 1)
            break;
        T_ERR(r, PLUG_ETIMEOUT);
        took(start, PLUG_MS(5));
    }
}

T_TEST(a_scope_ends_every_operation_of_a_blocking_socket)
{
    struct plug_sock *p[2];
    int64_t r = 0;
    pair(p, SOCK_STREAM);
    for (int i = 0; r != 1; i++) {
        struct plug_deadline scope;
        plug_deadline_enter(&scope, PLUG_MS(5));
        r = all_waiting_operations(p[0], i);
        plug_deadline_leave(&scope);
        if (r != 1)
            T_ERR(r, PLUG_ETIMEOUT);
    }
}

T_TEST(the_earlier_of_timeout_and_scope_wins)
{
    struct plug_sock *p[2];
    struct plug_deadline scope;
    char b[1];
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_set_timeout(p[0], PLUG_S(60)));
    int64_t start = plug_now();
    plug_deadline_enter(&scope, SOON);
    ssize_t r = plug_sock_recv(p[0], b, 1, 0);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
    took(start, SOON);
    T_OK(plug_sock_set_timeout(p[0], SOON));
    start = plug_now();
    plug_deadline_enter(&scope, PLUG_S(60));
    r = plug_sock_recv(p[0], b, 1, 0);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
    took(start, SOON);
}

T_TEST(what_is_there_is_given_even_after_the_deadline)
{
    struct plug_sock *p[2];
    struct plug_deadline scope;
    char b[1];
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_send(p[1], "x", 1, 0));
    plug_deadline_enter(&scope, PLUG_NOWAIT);
    ssize_t n = plug_sock_recv(p[0], b, 1, 0);
    ssize_t none = plug_sock_recv(p[0], b, 1, 0);
    plug_deadline_leave(&scope);
    T_EQ(T_OK(n), 1);
    T_ERR(none, PLUG_ETIMEOUT);
}

T_TEST(dontwait_is_honoured_in_every_mode)
{
    static const int64_t timeouts[] = {PLUG_FOREVER, PLUG_NOWAIT, PLUG_S(60)};
    for (size_t i = 0; i < 3; i++) {
        struct plug_sock *p[2];
        char b[1];
        pair(p, SOCK_STREAM);
        T_OK(plug_sock_set_timeout(p[0], timeouts[i]));
        T_ERR(plug_sock_recv(p[0], b, 1, MSG_DONTWAIT), -EAGAIN);
        T_ERR(plug_sock_recv(p[0], b, 1, MSG_DONTWAIT | MSG_WAITALL), -EAGAIN);
    }
}

/* In timeout mode the whole of send_all has one deadline, however often a little goes out. */
static atomic_bool stop_reading;
static void *read_slowly(void *arg)
{
    char b[2048];
    while (!atomic_load(&stop_reading)) {
        (void)!plug_sock_recv(arg, b, sizeof b, MSG_DONTWAIT);
        usleep(2000);
    }
    return NULL;
}

T_TEST_PLAIN(a_trickling_reader_does_not_move_the_deadline)
{
    static char big[16 << 20];
    struct plug_sock *p[2];
    pthread_t reader;
    size_t sent = 0;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_set_timeout(p[0], PLUG_MS(150)));
    atomic_store(&stop_reading, false);
    if (pthread_create(&reader, NULL, read_slowly, p[1]) != 0)
        T_FAIL("pthread_create");
    int64_t start = plug_now();
    int r = plug_sock_send_all(p[0], big, sizeof big, &sent);
    int64_t end = since(start);
    atomic_store(&stop_reading, true);
    pthread_join(reader, NULL);
    T_ERR(r, PLUG_ETIMEOUT);
    T_TRUE(end >= PLUG_MS(150) && end < PLUG_S(3));
    T_TRUE(sent > 0 && sent < sizeof big);
}

/* O_NONBLOCK set through a duplicate does not make a blocking handle fail. */
T_TEST_PLAIN(a_duplicate_in_another_mode_does_no_harm)
{
    struct plug_sock *p[2], *copy;
    struct plug_deadline scope;
    char b[1];
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_dup(p[0], &copy));
    own(copy);
    T_OK(plug_sock_set_blocking(copy, false)); /* for both, in the kernel */
    T_ERR(plug_sock_recv(copy, b, 1, 0), -EAGAIN);
    plug_deadline_enter(&scope, PLUG_MS(10));
    ssize_t r = plug_sock_recv(p[0], b, 1, 0);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
    T_OK(plug_sock_send(p[1], "x", 1, 0));
    T_EQ(T_OK(plug_sock_recv(p[0], b, 1, 0)), 1);
}

/* A receive timeout that somebody set in the kernel is still an answer of its own. */
T_TEST(so_rcvtimeo_still_means_would_block)
{
    struct plug_sock *p[2];
    struct timeval tv = {0, 5000};
    char b[1];
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_setopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
    T_ERR(plug_sock_recv(p[0], b, 1, 0), -EAGAIN);
}

/* --- connect and accept ---------------------------------------------------------------- */

T_TEST(accept_times_out_and_its_child_blocks)
{
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *c, *conn;
    T_OK(plug_sock_set_timeout(l, SOON));
    int64_t start = plug_now();
    T_ERR(plug_sock_accept(l, &conn, NULL), PLUG_ETIMEOUT);
    took(start, SOON);
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    own(c);
    T_OK(plug_sock_connect(c, &addr));
    T_OK(plug_sock_accept(l, &conn, NULL));
    own(conn);
    T_EQ(plug_sock_timeout(conn), PLUG_FOREVER);
    T_EQ(fcntl(plug_sock_fd(conn), F_GETFL) & O_NONBLOCK, 0);
    T_OK(plug_sock_set_blocking(l, false));
    T_ERR(plug_sock_accept(l, &conn, NULL), -EAGAIN);
}

static void back_to_forever(void *unused)
{
    (void)unused;
    plug_default_timeout_set(PLUG_FOREVER);
}

T_TEST(an_accepted_socket_has_the_default_timeout)
{
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *c, *conn;
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    own(c);
    T_OK(plug_sock_connect(c, &addr));
    T_OWN(back_to_forever, NULL);
    plug_default_timeout_set(PLUG_MS(700));
    T_OK(plug_sock_accept(l, &conn, NULL));
    own(conn);
    T_EQ(plug_sock_timeout(conn), PLUG_MS(700));
    T_TRUE(fcntl(plug_sock_fd(conn), F_GETFL) & O_NONBLOCK);
    T_TRUE(fcntl(plug_sock_fd(conn), F_GETFD) & FD_CLOEXEC);
}

T_TEST(accept_obeys_a_scope_and_still_blocks_afterwards)
{
    struct plug_addr addr;
    struct plug_deadline scope;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *c, *conn;
    plug_deadline_enter(&scope, PLUG_MS(10));
    int r = plug_sock_accept(l, &conn, NULL);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    own(c);
    T_OK(plug_sock_connect(c, &addr));
    T_OK(plug_sock_accept(l, &conn, NULL));
    own(conn);
}

T_TEST(connect_times_out_in_both_ways)
{
    struct plug_addr addr;
    struct plug_deadline scope;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *c, *d;
    fill_queue(l, &addr);
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    own(c);
    T_OK(plug_sock_set_timeout(c, SOON));
    int64_t start = plug_now();
    T_ERR(plug_sock_connect(c, &addr), PLUG_ETIMEOUT);
    took(start, SOON);
    T_ERR(plug_sock_connect(c, &addr), PLUG_ETIMEOUT); /* goes on waiting for the same attempt */
    T_OK(plug_sock_open(&d, AF_INET, SOCK_STREAM, 0));
    own(d);
    start = plug_now();
    plug_deadline_enter(&scope, SOON);
    int r = plug_sock_connect(d, &addr);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
    took(start, SOON);
}

T_TEST(nonblocking_connect_can_be_asked_again)
{
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *c;
    (void)l;
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    own(c);
    int r = plug_sock_connect(c, &addr);
    if (r != -EINPROGRESS)
        T_OK(r);
    T_OK(plug_sock_set_timeout(c, PLUG_S(5)));
    T_OK(plug_sock_wait(c, POLLOUT));
    r = plug_sock_connect(c, &addr);
    if (r != -EISCONN)
        T_OK(r);
    T_ERR(plug_sock_connect(c, &addr), -EISCONN);
}

/* UNIX sockets have no "in progress": a full queue is EAGAIN, and poll(2) is no help. */
T_TEST(unix_connect_has_a_timeout_too)
{
    struct plug_addr addr;
    struct plug_deadline scope;
    struct plug_sock *l, *c[3];
    T_OK(plug_sock_open(&l, AF_UNIX, SOCK_STREAM, 0));
    own(l);
    T_OK(plug_addr_unix("", 0, &addr));
    T_OK(plug_sock_bind(l, &addr));
    T_OK(plug_sock_local(l, &addr));
    T_OK(plug_sock_listen(l, 0));
    for (int i = 0; i < 3; i++) {
        T_OK(plug_sock_open(&c[i], AF_UNIX, SOCK_STREAM, 0));
        own(c[i]);
    }
    T_OK(plug_sock_connect(c[0], &addr));
    T_OK(plug_sock_set_timeout(c[1], SOON));
    int64_t start = plug_now();
    T_ERR(plug_sock_connect(c[1], &addr), PLUG_ETIMEOUT);
    took(start, SOON);
    start = plug_now();
    plug_deadline_enter(&scope, SOON);
    int r = plug_sock_connect(c[2], &addr);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
    took(start, SOON);
    T_OK(plug_sock_set_blocking(c[2], false));
    T_ERR(plug_sock_connect(c[2], &addr), -EAGAIN);
}

static void *accept_later(void *arg)
{
    struct plug_sock *conn;
    usleep(30000);
    for (int i = 0; i < 2; i++)
        if (plug_sock_accept(arg, &conn, NULL) >= 0)
            plug_sock_close(conn);
    return NULL;
}

T_TEST_PLAIN(unix_connect_gets_through_when_there_is_room)
{
    struct plug_addr addr;
    struct plug_sock *l, *c[2];
    pthread_t acceptor;
    T_OK(plug_sock_open(&l, AF_UNIX, SOCK_STREAM, 0));
    own(l);
    T_OK(plug_addr_unix("", 0, &addr));
    T_OK(plug_sock_bind(l, &addr));
    T_OK(plug_sock_local(l, &addr));
    T_OK(plug_sock_listen(l, 0));
    for (int i = 0; i < 2; i++) {
        T_OK(plug_sock_open(&c[i], AF_UNIX, SOCK_STREAM, 0));
        own(c[i]);
        T_OK(plug_sock_set_timeout(c[i], PLUG_S(10)));
    }
    T_OK(plug_sock_connect(c[0], &addr));
    if (pthread_create(&acceptor, NULL, accept_later, l) != 0)
        T_FAIL("pthread_create");
    int r = plug_sock_connect(c[1], &addr);
    pthread_join(acceptor, NULL);
    T_OK(r);
}
