/* SPDX-License-Identifier: MIT */
/* The default waiter: readiness, deadlines, signals, scopes. */
#include "t.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static int ends[2];

static void make_pipe(void)
{
    T_OK(plug_sys()->pipe2(ends, O_CLOEXEC));
    t_own_fd(ends[0]);
    t_own_fd(ends[1]);
}

T_TEST(wait_tells_what_is_ready)
{
    make_pipe();
    T_EQ(T_OK(plug_wait(ends[1], POLLOUT, PLUG_NEVER)), POLLOUT);
    T_OK(plug_sys()->write(ends[1], "x", 1));
    T_EQ(T_OK(plug_wait(ends[0], POLLIN, PLUG_NEVER)), POLLIN);
}

T_TEST(wait_without_time_still_looks)
{
    make_pipe();
    T_ERR(plug_wait(ends[0], POLLIN, 0), PLUG_ETIMEOUT);
    T_ERR(plug_wait(ends[0], POLLIN, INT64_MIN), PLUG_ETIMEOUT);
    T_EQ(T_OK(plug_wait(ends[1], POLLOUT, 0)), POLLOUT);
    T_EQ(T_OK(plug_wait(ends[1], POLLOUT, -1)), POLLOUT);
}

T_TEST(wait_of_a_closed_peer_is_an_event)
{
    make_pipe();
    close(ends[1]);
    ends[1] = -1;
    T_TRUE(T_OK(plug_wait(ends[0], POLLIN, PLUG_NEVER)) & POLLHUP);
}

T_TEST(wait_of_no_descriptor)
{
    make_pipe();
    int fd = dup(ends[0]);
    close(fd);
    T_ERR(plug_wait(fd, POLLIN, PLUG_NEVER), -EBADF);
}

T_TEST_PLAIN(wait_keeps_its_deadline)
{
    make_pipe();
    int64_t start = plug_now();
    T_ERR(plug_wait(ends[0], POLLIN, start + PLUG_MS(30)), PLUG_ETIMEOUT);
    int64_t took = plug_now() - start;
    T_TRUE(took >= PLUG_MS(30) && took < PLUG_S(2));
    start = plug_now();
    T_ERR(plug_wait(-1, 0, start + PLUG_MS(30)), PLUG_ETIMEOUT);
    T_TRUE(plug_now() - start >= PLUG_MS(30));
}

T_TEST(wait_obeys_the_scope)
{
    struct plug_deadline scope;
    make_pipe();
    plug_deadline_enter(&scope, PLUG_MS(5));
    int bounded = plug_wait(ends[0], POLLIN, PLUG_NEVER);
    int later = plug_wait(ends[0], POLLIN, plug_now() + PLUG_S(100));
    int ready = plug_wait(ends[1], POLLOUT, PLUG_NEVER);
    plug_deadline_leave(&scope);
    T_ERR(bounded, PLUG_ETIMEOUT);
    T_ERR(later, PLUG_ETIMEOUT);
    T_EQ(T_OK(ready), POLLOUT);
}

/* --- sleep -------------------------------------------------------------------------------- */

T_TEST(sleep_lasts)
{
    int64_t start = plug_now();
    T_OK(plug_sleep(PLUG_MS(5)));
    T_TRUE(plug_now() - start >= PLUG_MS(5));
    T_OK(plug_sleep(PLUG_NOWAIT));
}

T_TEST(sleep_is_cut_by_the_scope)
{
    struct plug_deadline scope;
    plug_deadline_enter(&scope, PLUG_MS(5));
    int forever = plug_sleep(PLUG_FOREVER), longer = plug_sleep(PLUG_S(100)), none = plug_sleep(0);
    plug_deadline_leave(&scope);
    T_ERR(forever, PLUG_ETIMEOUT);
    T_ERR(longer, PLUG_ETIMEOUT);
    T_OK(none);
}

/* --- signals ------------------------------------------------------------------------------ */

static volatile sig_atomic_t caught;

static void on_alarm(int sig)
{
    (void)sig;
    caught++;
}

static void calm(void *unused)
{
    (void)unused;
    signal(SIGALRM, SIG_IGN); /* also the one that is pending */
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    signal(SIGALRM, SIG_DFL);
}

/* SIGALRM every period, without SA_RESTART. */
static void storm(int64_t period)
{
    struct sigaction sa;
    struct itimerval timer;
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = on_alarm;
    sigaction(SIGALRM, &sa, NULL);
    timer.it_interval.tv_sec = 0;
    timer.it_interval.tv_usec = (suseconds_t)(period / 1000);
    timer.it_value = timer.it_interval;
    caught = 0;
    T_OWN(calm, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

T_TEST_PLAIN(wait_keeps_its_deadline_in_a_storm_of_signals)
{
    make_pipe();
    storm(PLUG_MS(1));
    int64_t start = plug_now();
    T_ERR(plug_wait(ends[0], POLLIN, start + PLUG_MS(200)), PLUG_ETIMEOUT);
    T_TRUE(plug_now() - start >= PLUG_MS(200) && plug_now() - start < PLUG_S(2));
    start = plug_now();
    T_OK(plug_sleep(PLUG_MS(100)));
    T_TRUE(plug_now() - start >= PLUG_MS(100) && plug_now() - start < PLUG_S(2));
    T_TRUE(caught > 50);
}

T_TEST_PLAIN(wait_tells_of_a_signal_where_asked)
{
    struct plug_deadline scope;
    make_pipe();
    T_TRUE(!plug_eintr_set(true));
    storm(PLUG_MS(2));
    T_ERR(plug_wait(ends[0], POLLIN, PLUG_NEVER), -EINTR);
    T_ERR(plug_sleep(PLUG_FOREVER), -EINTR);
    /* Again and again inside one scope: the time is used up all the same. */
    plug_deadline_enter(&scope, PLUG_MS(50));
    int r;
    do
        r = plug_wait(ends[0], POLLIN, PLUG_NEVER);
    while (r == -EINTR);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
    T_TRUE(plug_eintr_set(false));
    T_TRUE(!plug_eintr_set(false));
}

/* A kernel that does nothing but interrupt must not hold a call past its deadline. */
T_TEST_PLAIN(wait_ends_although_every_call_is_interrupted)
{
    make_pipe();
    T_OK(plug_sys_fault("ppoll:*=EINTR;nanosleep_until:*=EINTR", NULL));
    T_ERR(plug_wait(ends[0], POLLIN, plug_now() + PLUG_MS(20)), PLUG_ETIMEOUT);
    T_ERR(plug_wait(ends[0], POLLIN, 0), PLUG_ETIMEOUT);
    T_OK(plug_sleep(PLUG_MS(20)));
    T_TRUE(plug_sys_fault_fired() > 10);
}

/* --- waiters ------------------------------------------------------------------------------ */

static int64_t asked;

static int other_wait(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    (void)w, (void)fd;
    asked = deadline;
    return events ? events : PLUG_ETIMEOUT;
}

T_TEST(wait_goes_through_the_waiter_in_place)
{
    static struct plug_waiter other = {.size = sizeof other, .name = "other", .wait = other_wait};
    struct plug_deadline scope;
    T_TRUE(plug_wait_may_block(PLUG_NEVER));
    T_TRUE(!plug_wait_may_block(INT64_MAX - 1));
    T_STR(plug_waiter()->name, "poll");
    T_TRUE(plug_waiter_set(&other) == NULL);
    T_TRUE(plug_waiter() == &other);
    T_TRUE(!plug_wait_may_block(PLUG_NEVER));
    T_EQ(plug_wait(99, POLLIN, 1234), POLLIN);
    T_EQ(asked, 1234);
    plug_deadline_enter(&scope, PLUG_NOWAIT);
    T_EQ(plug_wait(99, POLLOUT, 1234), POLLOUT);
    plug_deadline_leave(&scope);
    T_TRUE(asked <= 0);
    T_TRUE(plug_waiter_set(NULL) == &other);
    T_TRUE(plug_waiter_set(NULL) == NULL);
    T_STR(plug_waiter()->name, "poll");
}

static struct plug_wait_fd kept;

static int other_ready(struct plug_waiter *w, struct plug_wait_fd fd, short events,
                       int64_t deadline)
{
    (void)w, (void)deadline;
    kept = fd;
    return events;
}

T_TEST(wait_tells_a_waiter_which_opening_of_a_descriptor_it_is)
{
    static struct plug_waiter other = {.size = sizeof other, .name = "other", .wait = other_wait};
    uint64_t id = plug_wait_id();
    T_TRUE(id != 0 && plug_wait_id() != id);
    plug_waiter_set(&other);
    T_EQ(plug_wait_ready((struct plug_wait_fd){.fd = 99, .id = id}, POLLIN, 1234), POLLIN);
    T_EQ(asked, 1234); /* one that keeps nothing waits as ever */
    other.ready = other_ready;
    T_EQ(plug_wait_ready((struct plug_wait_fd){.fd = 99, .id = id}, POLLOUT, 1234), POLLOUT);
    T_TRUE(kept.fd == 99 && kept.id == id);
    other.ready = NULL;
    plug_waiter_set(NULL);
}
