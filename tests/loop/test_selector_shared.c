/* SPDX-License-Identifier: MIT */
/* Selectors and others: a waiter, threads, children, peers. Every test runs on each back-end. */
#include "fds.h"
#include "selectors.h"

#include <fcntl.h>

static struct plug_event ev[64];
static char A[] = "a", B[] = "b";

static int wait_now(struct plug_selector *s)
{
    return (int)T_OK(plug_selector_wait(s, ev, 64, PLUG_NOWAIT));
}

/* --- who waits ---------------------------------------------------------------------------- */

static int parks;

static int park(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left = plug_deadline_left(deadline);
    struct timespec ts = {left / PLUG_S(1), left % PLUG_S(1)};
    (void)w;
    parks++;
    int r = plug_sys()->ppoll(&p, 1, left == PLUG_FOREVER ? NULL : &ts, NULL);
    return r > 0 ? p.revents : r == 0 ? PLUG_ETIMEOUT : r;
}

static void own_waiter_back(void *w)
{
    plug_waiter_set(w);
}

static void put_later(void *fd)
{
    T_OK(plug_sleep(PLUG_MS(20)));
    fds_put(*(int *)fd);
}

SELECTORS_ON_EACH(T_TEST_PLAIN, a_waiter_of_somebody_else_waits)
{
    static struct plug_waiter own = {.size = sizeof own, .wait = park};
    static int a[2];
    fds_pair(a);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    plug_waiter_set(&own);
    T_OWN(own_waiter_back, NULL);
    parks = 0;
    T_EQ(plug_selector_wait(s, ev, 8, PLUG_MS(5)), 0);
    T_TRUE(parks > 0);
    t_thread(put_later, &a[1]);
    T_EQ(T_OK(plug_selector_wait(s, ev, 8, PLUG_S(5))), 1);
    T_EQ(ev[0].events, PLUG_READ);
}

static void wait_elsewhere(void *s)
{
    struct plug_event other[8];
    T_EQ(T_OK(plug_selector_wait(s, other, 8, PLUG_S(5))), 1);
    T_EQ(T_OK(plug_selector_wait(s, other, 8, PLUG_NOWAIT)), 1);
}

SELECTORS_ON_EACH(T_TEST_PLAIN, threads_take_turns)
{
    int a[2], idle[2];
    fds_pair(a);
    fds_pair(idle);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    T_OK(plug_selector_add(s, idle[0], PLUG_READ, B));
    T_EQ(wait_now(s), 0);
    fds_put(a[1]);
    t_thread(wait_elsewhere, s);
    t_join();
    T_EQ(wait_now(s), 1);
    fds_put(idle[1]);
    T_EQ(wait_now(s), 2);
}

/* Forks a child that holds copies of everything until *ret_end is closed. */
static pid_t holding_child(int *ret_end)
{
    int p[2];
    char x;
    fds_pipe(p);
    pid_t child = (pid_t)T_OK(plug_sys()->fork());
    if (child == 0) {
        struct pollfd end = {.fd = p[0], .events = POLLIN};
        plug_sys()->close(p[1]);
        (void)!plug_sys()->ppoll(&end, 1, NULL, NULL);
        (void)!plug_sys()->read(p[0], &x, 1);
        plug_sys()->exit_now(0);
    }
    *ret_end = p[1];
    return child;
}

static void await_child(pid_t child)
{
    siginfo_t info;
    T_OK(plug_sys()->waitid(P_PID, (id_t)child, &info, WEXITED));
    T_EQ(info.si_status, 0);
}

/* Closed here, then deleted; the child's copy has something to read all the while. */
SELECTORS_ON_EACH(T_TEST_PLAIN, what_a_child_holds_does_not_haunt)
{
    int a[2], b[2], end;
    fds_pair(a);
    fds_pair(b);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    T_EQ(wait_now(s), 0);
    fds_put(a[1]);
    pid_t child = holding_child(&end);
    T_EQ(wait_now(s), 1);
    fds_close(a[0]);
    T_OK(plug_selector_del(s, a[0]));
    T_EQ(T_OK(plug_selector_wait(s, ev, 8, PLUG_MS(5))), 0);
    T_EQ(T_OK(plug_sys()->dup3(b[0], a[0], O_CLOEXEC)), a[0]);
    t_own_fd(a[0]);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, B));
    T_EQ(wait_now(s), 0);
    fds_put(b[1]);
    T_EQ(wait_now(s), 1);
    T_TRUE(ev[0].data == B);
    fds_close(end);
    await_child(child);
}

/* Its copies: the parent's are as they were. */
SELECTORS_ON_EACH(T_TEST_PLAIN, a_child_that_closes_its_copies_leaves_the_parents_alone)
{
    int a[2];
    fds_pair(a);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    T_EQ(wait_now(s), 0);
    pid_t child = (pid_t)T_OK(plug_sys()->fork());
    if (child == 0) {
        plug_sys()->close(a[0]);
        plug_sys()->close(a[1]);
        plug_sys()->exit_now(0);
    }
    await_child(child);
    T_EQ(wait_now(s), 0);
    fds_put(a[1]);
    T_EQ(T_OK(plug_selector_wait(s, ev, 8, PLUG_S(10))), 1);
    T_TRUE(ev[0].data == A && ev[0].events == PLUG_READ);
}

/* What a child does with the set that it inherits does not reach its parent. */
SELECTORS_ON_EACH(T_TEST_PLAIN, a_child_closes_its_own)
{
    int a[2];
    fds_pair(a);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    T_EQ(wait_now(s), 0);
    pid_t child = (pid_t)T_OK(plug_sys()->fork());
    if (child == 0) {
        plug_selector_close(s);
        plug_sys()->exit_now(0);
    }
    await_child(child);
    fds_put(a[1]);
    T_EQ(T_OK(plug_selector_wait(s, ev, 8, PLUG_S(5))), 1);
}

/* Nothing keeps a file open that was waited for. */
SELECTORS_ON_EACH(T_TEST_PLAIN, the_peer_hears_of_the_end_at_once)
{
    int a[2], b[2];
    char x;
    fds_pair(a);
    fds_pair(b);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    T_OK(plug_selector_add(s, b[0], PLUG_READ, B));
    T_EQ(wait_now(s), 0);
    T_OK(plug_selector_del(s, a[0]));
    fds_close(a[0]);
    T_EQ(T_OK(plug_sys()->read(a[1], &x, 1)), 0);
    T_OK(plug_selector_mod(s, b[0], PLUG_WRITE, B));
    T_EQ(wait_now(s), 1);
    T_OK(plug_selector_del(s, b[0]));
    fds_close(b[0]);
    T_EQ(T_OK(plug_sys()->read(b[1], &x, 1)), 0);
}
