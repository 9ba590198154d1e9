/* SPDX-License-Identifier: MIT */
/* Waiting for several descriptors, through the default waiter and through a user's. */
#include "t.h"

#include <fcntl.h>
#include <plug/wait.h>

static struct pollfd pipes[2][2];

static void make_pipes(struct pollfd wait_for[2])
{
    for (int i = 0; i < 2; i++) {
        int fd[2];
        T_OK(plug_sys()->pipe2(fd, O_CLOEXEC));
        t_own_fd(fd[0]);
        t_own_fd(fd[1]);
        pipes[i][1].fd = fd[1];
        wait_for[i] = (struct pollfd){.fd = fd[0], .events = POLLIN};
    }
}

/* --- a user's waiter that can only wait for one ------------------------------------------ */

static unsigned waits;

static int one_wait(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = events};
    struct timespec ts = {0, (long)plug_deadline_left(deadline) % PLUG_S(1)};
    (void)w;
    waits++;
    int r = plug_sys()->ppoll(&p, fd >= 0, &ts, NULL);
    return r < 0 ? r : r == 0 ? PLUG_ETIMEOUT : p.revents;
}

static struct plug_waiter one = {.size = sizeof one, .name = "one", .wait = one_wait};

static void waiter_back(void *w)
{
    plug_waiter_set(w);
}

static void use_one(void)
{
    waits = 0;
    plug_waiter_set(&one);
    T_OWN(waiter_back, NULL);
}

/* ----------------------------------------------------------------------------------------- */

static void ready_one_is_told(void)
{
    struct pollfd fds[2];
    make_pipes(fds);
    T_OK(plug_sys()->write(pipes[1][1].fd, "x", 1));
    T_EQ(T_OK(plug_wait_many(fds, 2, PLUG_NEVER)), 1);
    T_EQ(fds[0].revents, 0);
    T_EQ(fds[1].revents, POLLIN);
}

static void time_ends_it(void)
{
    struct pollfd fds[2];
    make_pipes(fds);
    T_ERR(plug_wait_many(fds, 2, plug_now() + PLUG_MS(20)), PLUG_ETIMEOUT);
    T_ERR(plug_wait_many(fds, 1, plug_now() + PLUG_MS(5)), PLUG_ETIMEOUT);
    T_ERR(plug_wait_many(NULL, 0, plug_now() + PLUG_MS(5)), PLUG_ETIMEOUT);
}

T_TEST(wait_many_tells_the_ready_one)
{
    ready_one_is_told();
}

T_TEST(wait_many_ends_in_time)
{
    time_ends_it();
}

T_TEST(wait_many_without_an_entry_of_the_waiter)
{
    use_one();
    ready_one_is_told();
    time_ends_it();
    T_TRUE(waits >= 3);
}

T_TEST(wait_many_obeys_a_scope)
{
    struct pollfd fds[2];
    struct plug_deadline scope;
    make_pipes(fds);
    plug_deadline_enter(&scope, PLUG_MS(10));
    int r = plug_wait_many(fds, 2, PLUG_NEVER);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
}

T_TEST(wait_many_has_a_limit)
{
    static struct pollfd many[PLUG_WAIT_MAX + 1];
    for (size_t i = 0; i <= PLUG_WAIT_MAX; i++)
        many[i] = (struct pollfd){.fd = -1};
    T_ERR(plug_wait_many(many, PLUG_WAIT_MAX + 1, 1), -EINVAL);
    T_ERR(plug_wait_many(many, PLUG_WAIT_MAX, 1), PLUG_ETIMEOUT);
    T_ERR(plug_wait_many(many, PLUG_WAIT_MAX - 1, 1), PLUG_ETIMEOUT);
}
