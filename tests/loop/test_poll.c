/* SPDX-License-Identifier: MIT */
/* The poll set: Python's select.poll() object. */
#include "fds.h"

#include <errno.h>

static struct plug_poll *open_set(void)
{
    struct plug_poll *p;
    T_OK(plug_poll_open(&p));
    T_OWN(plug_poll_close, p);
    return p;
}

T_TEST(set_modify_remove)
{
    struct plug_poll *p = open_set();
    struct plug_event ev[4];
    int a[2];
    fds_pair(a);
    T_ERR(plug_poll_modify(p, a[0], POLLIN), -ENOENT);
    T_ERR(plug_poll_remove(p, a[0]), -ENOENT);
    T_OK(plug_poll_set(p, a[0], POLLIN));
    T_EQ(T_OK(plug_poll_wait(p, ev, 4, PLUG_NOWAIT)), 0);
    T_OK(plug_poll_set(p, a[0], POLLIN | POLLOUT)); /* again: replaces */
    T_EQ(plug_poll_count(p), 1);
    T_EQ(T_OK(plug_poll_wait(p, ev, 4, PLUG_S(1))), 1);
    T_EQ(ev[0].fd, a[0]);
    T_EQ(ev[0].events, POLLOUT);
    T_TRUE(ev[0].data == NULL && ev[0].id != 0);
    T_OK(plug_poll_modify(p, a[0], POLLIN));
    T_EQ(T_OK(plug_poll_wait(p, ev, 4, PLUG_NOWAIT)), 0);
    T_OK(plug_poll_remove(p, a[0]));
    T_EQ(plug_poll_count(p), 0);
    T_ERR(plug_poll_remove(p, a[0]), -ENOENT);
}

T_TEST(masks_have_16_bits)
{
    struct plug_poll *p = open_set();
    T_OK(plug_poll_set(p, 0, 0));
    T_OK(plug_poll_set(p, 0, 0xffff));
    T_ERR(plug_poll_set(p, 0, 0x10000), PLUG_ERANGE);
    T_OK(plug_poll_modify(p, 0, 0xffff));
    T_ERR(plug_poll_modify(p, 0, 0x10000), PLUG_ERANGE);
    T_ERR(plug_poll_set(p, -1, POLLIN), -EBADF);
}

T_TEST(revents_are_raw)
{
    struct plug_poll *p = open_set();
    struct plug_event ev[4];
    int a[2], b[2], closed;
    fds_pair(a);
    fds_pipe(b);
    T_OK(plug_sys()->shutdown(a[1], SHUT_RDWR));
    T_OK(plug_poll_set(p, a[0], 0));
    T_EQ(T_OK(plug_poll_wait(p, ev, 4, PLUG_S(1))), 1);
    T_EQ(ev[0].events, POLLHUP);
    T_OK(plug_poll_set(p, a[0], POLLIN | POLLRDHUP));
    T_EQ(T_OK(plug_poll_wait(p, ev, 4, PLUG_S(1))), 1);
    T_EQ(ev[0].events, POLLIN | POLLHUP | POLLRDHUP);
    T_OK(plug_poll_remove(p, a[0]));
    /* not an open descriptor: told in the wait, until it is taken out */
    closed = (int)T_OK(plug_fd_dup(b[0]));
    (void)!plug_fd_close(closed);
    T_OK(plug_poll_set(p, closed, POLLIN));
    for (int i = 0; i < 2; i++) {
        T_EQ(T_OK(plug_poll_wait(p, ev, 4, PLUG_S(1))), 1);
        T_EQ(ev[0].events, POLLNVAL);
    }
    T_OK(plug_poll_remove(p, closed));
    T_EQ(T_OK(plug_poll_wait(p, ev, 4, PLUG_NOWAIT)), 0);
}

T_TEST(a_pipe_without_readers_has_an_error)
{
    struct plug_poll *p = open_set();
    struct plug_event ev[1];
    int b[2];
    fds_pipe(b);
    fds_close(b[0]);
    T_OK(plug_poll_set(p, b[1], POLLOUT));
    T_EQ(T_OK(plug_poll_wait(p, ev, 1, PLUG_S(1))), 1);
    T_EQ(ev[0].events, POLLOUT | POLLERR);
}

T_TEST(those_that_did_not_fit_come_first_next_time)
{
    struct plug_poll *p = open_set();
    struct plug_event ev[2];
    int a[5], seen[5] = {0};
    for (int i = 0; i < 5; i++) {
        int pipe[2];
        fds_pipe(pipe);
        fds_put(pipe[1]);
        a[i] = pipe[0];
        T_OK(plug_poll_set(p, a[i], POLLIN));
    }
    for (int round = 0; round < 5; round++) {
        T_EQ(T_OK(plug_poll_wait(p, ev, 2, PLUG_S(1))), 2);
        for (int i = 0; i < 5; i++)
            seen[i] += (ev[0].fd == a[i]) + (ev[1].fd == a[i]);
    }
    for (int i = 0; i < 5; i++)
        T_EQ(seen[i], 2);
    T_ERR(plug_poll_wait(p, ev, 0, PLUG_NOWAIT), -EINVAL);
}

T_TEST(it_ends_in_time)
{
    struct plug_poll *p = open_set();
    struct plug_event ev[1];
    struct plug_deadline scope;
    int a[2];
    int64_t start = plug_now();
    T_EQ(T_OK(plug_poll_wait(p, ev, 1, PLUG_MS(10))), 0);
    fds_pipe(a);
    T_OK(plug_poll_set(p, a[0], POLLIN));
    T_EQ(T_OK(plug_poll_wait(p, ev, 1, PLUG_MS(10))), 0);
    T_TRUE(plug_now() - start >= PLUG_MS(20));
    plug_deadline_enter(&scope, PLUG_MS(10));
    int r = plug_poll_wait(p, ev, 1, PLUG_FOREVER);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
}

static void wait_for_it(void *arg)
{
    struct plug_event ev[1];
    int r;
    do
        r = plug_poll_wait(arg, ev, 1, PLUG_S(10));
    while (r == -EBUSY); /* the other one looks just now */
    T_EQ(T_OK(r), 1);
}

T_TEST_PLAIN(a_second_waiter_is_refused)
{
    struct plug_poll *p = open_set();
    struct plug_event ev[1];
    int a[2], r = 0;
    fds_pipe(a);
    T_OK(plug_poll_set(p, a[0], POLLIN));
    t_thread(wait_for_it, p);
    for (int i = 0; i < 5000 && (r = plug_poll_wait(p, ev, 1, PLUG_NOWAIT)) == 0; i++)
        T_OK(plug_sleep(PLUG_MS(1)));
    T_ERR(r, -EBUSY);
    T_ERR(plug_poll_set(p, a[1], POLLOUT), -EBUSY);
    T_ERR(plug_poll_modify(p, a[0], POLLOUT), -EBUSY);
    T_ERR(plug_poll_remove(p, a[0]), -EBUSY);
    fds_put(a[1]);
    t_join();
    T_OK(plug_poll_remove(p, a[0]));
}

T_TEST(closing_no_set_does_nothing)
{
    plug_poll_close(NULL);
}
