/* SPDX-License-Identifier: MIT */
/* Fibers wait for descriptors: the same behaviour on every back-end. */
#include "engines.h"
#include "fds.h"
#include "sock_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <plug/err.h>
#include <string.h>

/* Runs both beside each other; where one fails the other is cancelled. Both must succeed. */
static int together(plug_fiber_fn *fn, void *arg, plug_fiber_fn *fn2, void *arg2)
{
    struct plug_scope s;
    plug_scope_open(&s, PLUG_S(10));
    plug_scope_cancel_on_error(&s, true);
    int r = plug_fiber_spawn(&s, fn, arg, NULL, NULL);
    if (r >= 0)
        r = plug_fiber_spawn(&s, fn2, arg2, NULL, NULL);
    if (r < 0)
        plug_scope_cancel(&s);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

static void beside(plug_fiber_fn *fn, void *arg, plug_fiber_fn *fn2, void *arg2)
{
    T_OK(together(fn, arg, fn2, arg2));
}

static int echo(void *arg)
{
    struct plug_sock *s = arg;
    char b[64];
    ssize_t n;
    int r = 0;
    while (r >= 0 && (n = plug_sock_recv(s, b, sizeof b, 0)) > 0)
        r = plug_sock_send_all(s, b, (size_t)n, NULL);
    return r < 0 ? r : (int)n;
}

static int ask(void *arg)
{
    struct plug_sock *s = arg;
    int r = 0;
    for (int i = 0; i < 20 && r >= 0; i++) {
        char b[4];
        r = plug_sock_send_all(s, "ping", 4, NULL);
        if (r >= 0)
            r = plug_sock_recv_exact(s, b, 4, NULL);
        if (r >= 0)
            T_MEM(b, "ping", 4);
    }
    return r < 0 ? r : plug_sock_shutdown(s, SHUT_WR);
}

ON_EACH_ENGINE(T_TEST, tcp_echo)
{
    struct plug_sock *c, *s;
    tcp_pair(&c, &s);
    beside(echo, s, ask, c);
    return 0;
}

ON_EACH_ENGINE(T_TEST, unix_echo)
{
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    beside(echo, p[0], ask, p[1]);
    return 0;
}

/* What is there already is received, also by who may not wait. */
static int recv_cancelled(void *arg)
{
    char b[8];
    T_EQ(plug_sock_recv(arg, b, sizeof b, 0), 4);
    T_EQ(plug_sock_recv(arg, b, sizeof b, 0), -ECANCELED);
    return 0;
}

static int recv_late(void *arg)
{
    struct plug_deadline passed;
    char b[8];
    plug_deadline_enter(&passed, PLUG_NOWAIT);
    T_EQ(plug_sock_recv(arg, b, sizeof b, 0), 4);
    T_EQ(plug_sock_recv(arg, b, sizeof b, 0), PLUG_ETIMEOUT);
    plug_deadline_leave(&passed);
    return 0;
}

static void recv_first(plug_fiber_fn *fn, bool cancel)
{
    struct plug_scope scope;
    struct plug_sock *c, *s;
    tcp_pair(&c, &s);
    T_OK(plug_sock_send_all(c, "ping", 4, NULL));
    T_TRUE(plug_wait(plug_sock_fd(s), POLLIN, plug_deadline_after(PLUG_S(10))) > 0);
    plug_scope_open(&scope, PLUG_FOREVER);
    T_OK(plug_fiber_spawn(&scope, fn, s, NULL, NULL));
    if (cancel)
        plug_scope_cancel(&scope);
    T_OK(plug_scope_close(&scope));
}

ON_EACH_ENGINE(T_TEST_PLAIN, first_receive_has_what_is_there)
{
    recv_first(recv_cancelled, true);
    recv_first(recv_late, false);
    return 0;
}

/* More than the socket's buffers hold: the sender has to wait, too. */
#define BULK (4 * 1024 * 1024)
static uint8_t bulk[BULK];

static int send_bulk(void *arg)
{
    int r = plug_sock_send_all(arg, bulk, BULK, NULL);
    return r < 0 ? r : plug_sock_shutdown(arg, SHUT_WR);
}

static int recv_bulk(void *arg)
{
    size_t got = 0;
    ssize_t n;
    uint8_t b[5000];
    while ((n = plug_sock_recv(arg, b, sizeof b, 0)) > 0) {
        T_MEM(b, bulk + got, (size_t)n);
        got += (size_t)n;
    }
    if (n == 0)
        T_EQ(got, BULK);
    return (int)n;
}

static void fill_bulk(void)
{
    for (size_t i = 0; i < BULK; i++)
        bulk[i] = (uint8_t)(i * 7 + i / 251);
}

ON_EACH_ENGINE(T_TEST_PLAIN, bulk_both_ways_waits_for_room)
{
    struct plug_sock *c, *s;
    fill_bulk();
    tcp_pair(&c, &s);
    beside(send_bulk, c, recv_bulk, s);
    tcp_pair(&c, &s);
    beside(recv_bulk, s, send_bulk, c);
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    beside(send_bulk, p[0], recv_bulk, p[1]);
    return 0;
}

static int dial_addr(void *arg)
{
    struct plug_sock *s;
    char b[2];
    char where[PLUG_ADDR_TEXT + 8] = "tcp://";
    plug_addr_text(arg, where + 6, sizeof where - 6);
    int r = plug_dial(&s, where, NULL, NULL);
    if (r < 0)
        return r;
    r = (int)plug_sock_recv(s, b, sizeof b, 0);
    if (r >= 0)
        T_EQ(r, 1);
    plug_sock_close(s);
    return r;
}

static int accept_one(void *arg)
{
    struct plug_sock *s;
    int r = plug_sock_accept(arg, &s, NULL);
    if (r < 0)
        return r;
    r = (int)plug_sock_send(s, "x", 1, 0);
    plug_sock_close(s);
    return r;
}

ON_EACH_ENGINE(T_TEST, connections_are_made_and_accepted)
{
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr);
    for (int i = 0; i < 3; i++)
        beside(accept_one, l, dial_addr, &addr);
    return 0;
}

ON_EACH_ENGINE(T_TEST, waits_end_in_time)
{
    struct plug_sock *c, *s;
    char b[8];
    tcp_pair(&c, &s);
    T_OK(plug_sock_set_timeout(s, PLUG_MS(5)));
    int64_t before = plug_now();
    T_ERR(plug_sock_recv(s, b, sizeof b, 0), PLUG_ETIMEOUT);
    T_TRUE(plug_now() - before >= PLUG_MS(5));
    T_OK(plug_sock_send_all(c, "abc", 3, NULL));
    T_EQ(T_OK(plug_sock_recv_exact(s, b, 3, NULL)), 0);
    /* dry, then late: the last look finds what came in the meantime */
    before = plug_now();
    T_ERR(plug_sock_recv(s, b, sizeof b, 0), PLUG_ETIMEOUT);
    T_TRUE(plug_now() - before >= PLUG_MS(5));
    T_OK(plug_sock_set_timeout(s, PLUG_NOWAIT));
    T_ERR(plug_sock_recv(s, b, sizeof b, 0), -EAGAIN);
    struct plug_deadline d;
    T_OK(plug_sock_set_timeout(s, PLUG_FOREVER));
    plug_deadline_enter(&d, PLUG_MS(5));
    T_ERR(plug_sock_recv(s, b, sizeof b, 0), PLUG_ETIMEOUT);
    plug_deadline_leave(&d);
    return 0;
}

/* Data and the end of it come together, before and while the fiber waits. */
static int recv_to_end(void *arg)
{
    char b[64];
    ssize_t n;
    size_t got = 0;
    while ((n = plug_sock_recv(arg, b, sizeof b, 0)) > 0)
        got += (size_t)n;
    if (n == 0)
        T_EQ(got, 5);
    return (int)n;
}

static int send_and_end(void *arg)
{
    int r = plug_sock_send_all(arg, "hello", 5, NULL);
    return r < 0 ? r : plug_sock_shutdown(arg, SHUT_WR);
}

ON_EACH_ENGINE(T_TEST, an_end_that_came_with_data_is_seen)
{
    struct plug_sock *c, *s;
    tcp_pair(&c, &s);
    beside(recv_to_end, s, send_and_end, c);
    tcp_pair(&c, &s);
    beside(send_and_end, c, recv_to_end, s);
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    beside(recv_to_end, p[0], send_and_end, p[1]);
    return 0;
}

static int wait_and_fail(void *arg)
{
    char b[1];
    ssize_t n = plug_sock_recv(arg, b, 1, 0);
    return n == -EBADF ? 0 : n < 0 ? (int)n : -EPROTO;
}

static int close_it(void *arg)
{
    int r = plug_fiber_yield();
    t_disown(arg);
    plug_sock_close(arg);
    return r;
}

ON_EACH_ENGINE(T_TEST, closing_ends_the_waits_of_others)
{
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    beside(wait_and_fail, p[0], close_it, p[0]);
    return 0;
}

static int recv_byte(void *arg)
{
    char b[1];
    return (int)plug_sock_recv(arg, b, 1, 0);
}

static int send_byte(void *arg)
{
    int r = plug_sleep(PLUG_MS(1));
    return r < 0 ? r : (int)plug_sock_send(arg, "x", 1, 0);
}

/* The number of a closed descriptor is taken again while the scheduler still knows the old one. */
ON_EACH_ENGINE(T_TEST, a_number_that_is_used_again_is_another_descriptor)
{
    for (int i = 0; i < 4; i++) {
        struct plug_sock *c, *s;
        tcp_pair(&c, &s);
        beside(recv_byte, s, send_byte, c);
        beside(recv_byte, c, send_byte, s);
        end(c);
        end(s);
    }
    return 0;
}

static int wait_raw(void *arg)
{
    int fd = *(int *)arg;
    int r = plug_wait(fd, POLLIN, PLUG_NEVER);
    if (r >= 0)
        T_TRUE(r & POLLIN);
    return r;
}

static int put_later(void *arg)
{
    int r = plug_sleep(PLUG_MS(1));
    if (r >= 0)
        fds_put(*(int *)arg);
    return r;
}

ON_EACH_ENGINE(T_TEST, any_descriptor_can_be_waited_for)
{
    int p[2];
    fds_pipe(p);
    for (int i = 0; i < 3; i++) {
        beside(wait_raw, &p[0], put_later, &p[1]);
        fds_take(p[0]);
    }
    T_ERR(plug_wait(p[0], POLLIN, plug_deadline_after(PLUG_MS(2))), PLUG_ETIMEOUT);
    T_ERR(plug_wait(p[0], POLLIN, plug_deadline_after(PLUG_NOWAIT)), PLUG_ETIMEOUT);
    T_EQ(T_OK(plug_wait(p[1], POLLOUT, PLUG_NEVER)), POLLOUT);
    T_EQ(T_OK(plug_wait(p[1], POLLOUT, 0)), POLLOUT);
    T_ERR(plug_wait(999, POLLIN, PLUG_NEVER), -EBADF);
    int file = (int)T_OK(plug_sys()->openat(AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC, 0));
    t_own_fd(file);
    T_EQ(T_OK(plug_wait(file, POLLIN, PLUG_NEVER)), POLLIN);
    return 0;
}

static int wait_for_both(void *arg)
{
    int *fd = arg;
    struct pollfd p[6] = {{-1, POLLIN, 0}, {fd[0], POLLIN, 0},  {fd[1], POLLIN, 0},
                          {-1, POLLIN, 0}, {fd[0], POLLPRI, 0}, {fd[1], POLLIN, 0}};
    int r = plug_wait_many(p, 6, PLUG_NEVER);
    if (r >= 0) {
        T_EQ(r, 2);
        T_EQ(p[1].revents, 0);
        T_EQ(p[2].revents, POLLIN);
        T_EQ(p[5].revents, POLLIN);
    }
    return r;
}

ON_EACH_ENGINE(T_TEST, several_descriptors_can_be_waited_for)
{
    int a[2], b[2];
    fds_pair(a);
    fds_pair(b);
    int both[2] = {a[0], b[0]};
    beside(wait_for_both, both, put_later, &b[1]);
    fds_take(b[0]);
    struct pollfd p[2] = {{a[0], POLLIN, 0}, {b[0], POLLIN, 0}};
    T_ERR(plug_wait_many(p, 2, plug_deadline_after(PLUG_MS(2))), PLUG_ETIMEOUT);
    T_ERR(plug_wait_many(p, 0, plug_deadline_after(PLUG_MS(2))), PLUG_ETIMEOUT);
    return 0;
}

static int cancel_waiter(plug_fiber_fn *fn, void *arg)
{
    struct plug_scope s;
    plug_scope_open(&s, PLUG_S(10));
    int r = plug_fiber_spawn(&s, fn, arg, NULL, NULL);
    if (r >= 0)
        r = plug_fiber_yield();
    plug_scope_cancel(&s);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

ON_EACH_ENGINE(T_TEST, cancelled_waits_leave_nothing_behind)
{
    struct plug_sock *c, *s;
    int p[2];
    tcp_pair(&c, &s);
    fds_pair(p);
    int both[2] = {p[0], plug_sock_fd(s)};
    T_ERR(cancel_waiter(recv_byte, s), -ECANCELED);
    T_ERR(cancel_waiter(wait_raw, &p[0]), -ECANCELED);
    T_ERR(cancel_waiter(wait_for_both, both), -ECANCELED);
    beside(recv_byte, s, send_byte, c);
    beside(wait_raw, &p[0], put_later, &p[1]);
    return 0;
}

static int send_two(void *arg)
{
    int r = send_byte(arg);
    return r < 0 ? r : send_byte(arg);
}

static int recv_twice(void *arg)
{
    return together(recv_byte, arg, recv_byte, arg);
}

/* Two fibers receive from one socket; each message is for one of them. */
ON_EACH_ENGINE(T_TEST, two_fibers_may_wait_for_one_descriptor)
{
    struct plug_sock *p[2];
    pair(p, SOCK_SEQPACKET);
    beside(recv_twice, p[0], send_two, p[1]);
    return 0;
}

static int selector_turn(void *arg)
{
    struct plug_event ev[4];
    int r = plug_selector_wait(arg, ev, 4, PLUG_S(5));
    if (r >= 0)
        T_EQ(r, 1);
    return r;
}

static void end_selector(void *s)
{
    plug_selector_close(s);
}

ON_EACH_ENGINE(T_TEST, selectors_park_the_fiber)
{
    struct plug_selector *sel;
    int p[2];
    fds_pair(p);
    T_OK(plug_selector_open(&sel, PLUG_BACKEND_EPOLL));
    T_OWN(end_selector, sel);
    T_OK(plug_selector_add(sel, p[0], PLUG_READ, NULL));
    beside(selector_turn, sel, put_later, &p[1]);
    return 0;
}

/* --- urgent data ----------------------------------------------------------------------------- */

static int recv_around_urgent(void *arg)
{
    char b[16];
    ssize_t n;
    size_t got = 0;
    while (got < 4 && (n = plug_sock_recv(arg, b, sizeof b, 0)) > 0)
        got += (size_t)n;
    return got == 4 ? 0 : (int)n;
}

static int send_around_urgent(void *arg)
{
    int r = (int)plug_sock_send(arg, "ab!", 3, MSG_OOB);
    return r < 0 ? r : (int)plug_sock_send(arg, "cd", 2, 0);
}

ON_EACH_ENGINE(T_TEST_PLAIN, urgent_data_does_not_hide_what_follows)
{
    struct plug_sock *c, *s;
    tcp_pair(&c, &s);
    beside(recv_around_urgent, s, send_around_urgent, c);
    return 0;
}

/* --- urgent data -------------------------------------------------------------------------- */

static int recv_urgent(void *arg)
{
    char b[2];
    int n = plug_sock_wait(arg, POLLPRI);
    if (n >= 0)
        n = (int)plug_sock_recv(arg, b, sizeof b, MSG_OOB);
    return n < 0 ? n : n == 1 && b[0] == '!' ? 0 : -EPROTO;
}

static int send_urgent(void *arg)
{
    int r = plug_sleep(PLUG_MS(5)); /* the other one waits already */
    return r < 0 ? r : (int)plug_sock_send(arg, "!", 1, MSG_OOB);
}

ON_EACH_ENGINE(T_TEST, urgent_data_alone_are_heard_of)
{
    struct plug_sock *c, *s;
    tcp_pair(&c, &s);
    beside(recv_urgent, s, send_urgent, c);
    return 0;
}

/* Other data that lie unread are neither taken for urgent ones, nor looked at without end. */
ON_EACH_ENGINE(T_TEST_PLAIN, unread_data_are_not_urgent)
{
    struct plug_fiber_stats before, after;
    int p[2];
    fds_pipe(p);
    if (write(p[1], "x", 1) != 1)
        return -EIO;
    struct pollfd both[2] = {{.fd = p[0], .events = POLLPRI}, {.fd = p[0], .events = POLLPRI}};
    int r = plug_fiber_stats(&before);
    if (r >= 0)
        r = plug_wait(p[0], POLLPRI, plug_now() + PLUG_MS(60));
    if (r != PLUG_ETIMEOUT)
        return -EPROTO;
    r = plug_wait_many(both, 2, plug_now() + PLUG_MS(60));
    if (r != PLUG_ETIMEOUT || plug_fiber_stats(&after) < 0)
        return -EPROTO;
    return after.turns - before.turns > 60 ? -ELOOP : 0;
}
