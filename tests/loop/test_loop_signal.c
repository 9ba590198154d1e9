/* SPDX-License-Identifier: MIT */
#include "loops.h"
#include "loop/loop_impl.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int came[65], total;
static atomic_int foreign;

static void note(struct plug_loop *l, int sig, void *arg)
{
    (void)l;
    T_TRUE(arg == &came[sig]);
    came[sig]++;
    total++;
}

static void own_handler(int sig)
{
    (void)sig;
    atomic_fetch_add(&foreign, 1);
}

static void default_again(void *unused)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    (void)unused;
    sigaction(SIGUSR1, &usual, NULL);
    sigaction(SIGUSR2, &usual, NULL);
}

static void begin(void)
{
    memset(came, 0, sizeof came);
    total = 0;
    atomic_store(&foreign, 0);
    T_OWN(default_again, came);
}

static void watch(struct plug_loop *l, int sig)
{
    T_OK(plug_loop_signal(l, sig, note, &came[sig]));
}

static int turn(struct plug_loop *l)
{
    return (int)T_OK(plug_loop_turn(l, PLUG_NOWAIT));
}

LOOPS_ON_EACH(T_TEST, once_for_any_number)
{
    begin();
    watch(l, SIGUSR1);
    watch(l, SIGUSR2);
    T_EQ(turn(l), 0);
    for (int i = 0; i < 100; i++)
        T_EQ(raise(SIGUSR1), 0);
    T_EQ(raise(SIGUSR2), 0);
    T_EQ(turn(l), 2);
    T_EQ(turn(l), 0);
    T_EQ(came[SIGUSR1], 1);
    T_EQ(came[SIGUSR2], 1);
    T_EQ(raise(SIGUSR1), 0);
    T_EQ(turn(l), 1);
}

T_TEST(signals_that_cannot_be_watched)
{
    static const int wrong[] = {0, -1, 65, SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    struct plug_loop *l = loops_open(PLUG_BACKEND_AUTO), *other;
    begin();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        T_ERR(plug_loop_signal(l, wrong[i], note, NULL), -EINVAL);
    T_ERR(plug_loop_signal(l, SIGUSR1, NULL, NULL), -ENOENT);
    other = loops_open(PLUG_BACKEND_AUTO);
    watch(l, SIGUSR1);
    T_ERR(plug_loop_signal(other, SIGUSR1, note, NULL), -EBUSY);
    T_ERR(plug_loop_signal(other, SIGUSR1, NULL, NULL), -ENOENT);
    T_OK(plug_loop_signal(l, SIGUSR1, NULL, NULL));
    watch(other, SIGUSR1);
}

static void *handler_of(int sig)
{
    struct sigaction now;
    sigaction(sig, NULL, &now);
    return (void *)now.sa_handler;
}

static void own_action(int sig)
{
    struct sigaction own = {.sa_handler = own_handler};
    sigaction(sig, &own, NULL);
}

T_TEST(the_former_action_comes_back)
{
    struct plug_loop *l = loops_open(PLUG_BACKEND_AUTO);
    begin();
    own_action(SIGUSR1);
    watch(l, SIGUSR1);
    T_TRUE(handler_of(SIGUSR1) != (void *)own_handler);
    T_OK(plug_loop_signal(l, SIGUSR1, NULL, NULL));
    T_TRUE(handler_of(SIGUSR1) == (void *)own_handler);
    raise(SIGUSR1);
    T_EQ(turn(l), 0);
    T_EQ(atomic_load(&foreign), 1);
}

T_TEST_PLAIN(closing_brings_it_back_too)
{
    struct plug_loop *l;
    begin();
    own_action(SIGUSR1);
    T_OK(plug_loop_open(&l, PLUG_BACKEND_AUTO));
    watch(l, SIGUSR1);
    watch(l, SIGUSR2);
    own_action(SIGUSR2); /* somebody else's, set meanwhile, stays */
    plug_loop_close(l);
    T_TRUE(handler_of(SIGUSR1) == (void *)own_handler);
    T_TRUE(handler_of(SIGUSR2) == (void *)own_handler);
}

/* What came before the watch ended is not called, not even in the same turn. */
static void end_the_other(struct plug_loop *l, int sig, void *arg)
{
    int other = sig == SIGUSR1 ? SIGUSR2 : SIGUSR1;
    (void)arg;
    total++;
    T_OK(plug_loop_signal(l, other, NULL, NULL));
}

LOOPS_ON_EACH(T_TEST, ended_signals_are_not_called)
{
    begin();
    watch(l, SIGUSR1);
    raise(SIGUSR1);
    T_OK(plug_loop_signal(l, SIGUSR1, NULL, NULL));
    T_EQ(turn(l), 0);
    T_OK(plug_loop_signal(l, SIGUSR1, end_the_other, NULL));
    T_OK(plug_loop_signal(l, SIGUSR2, end_the_other, NULL));
    raise(SIGUSR1);
    raise(SIGUSR2);
    T_EQ(turn(l), 1);
    T_EQ(total, 1);
}

static void stop(struct plug_loop *l, int sig, void *arg)
{
    note(l, sig, arg);
    plug_loop_stop(l);
}

static void send_soon(void *arg)
{
    pthread_t *to = arg;
    usleep(5000);
    pthread_kill(*to, SIGUSR1);
}

/*
 * It ends a wait, in whichever thread it arrives, and is no -EINTR. The end of another test's
 * io_uring may interrupt, too: the kernel then says EINTR without any signal.
 */
LOOPS_ON_EACH(T_TEST_PLAIN, a_signal_ends_the_wait)
{
    static pthread_t self;
    self = pthread_self();
    begin();
    T_OK(plug_loop_signal(l, SIGUSR1, stop, &came[SIGUSR1]));
    t_thread(send_soon, &self);
    T_OK(plug_loop_run(l));
    t_join();
    bool before = plug_eintr_set(true);
    t_thread(send_soon, &self);
    int r;
    do
        r = plug_loop_run(l);
    while (r == -EINTR && came[SIGUSR1] == 1 && !atomic_load(&l->signalled));
    plug_eintr_set(before);
    T_OK(r);
    T_EQ(came[SIGUSR1], 2);
}

static atomic_bool interrupted;

/* Again and again: the first one may come before the wait. */
static void send_until_interrupted(void *arg)
{
    pthread_t *to = arg;
    for (int i = 0; i < 10000 && !atomic_load(&interrupted); i++) {
        usleep(1000);
        pthread_kill(*to, SIGUSR1);
    }
}

/* One that the loop does not watch is, for who asked for it. */
LOOPS_ON_EACH(T_TEST_PLAIN, other_signals_interrupt_who_asked_for_it)
{
    static pthread_t self;
    int p[2];
    self = pthread_self();
    begin();
    own_action(SIGUSR1);
    fds_pair(p);
    T_OK(plug_loop_watch(l, p[0], PLUG_READ, NULL, NULL));
    bool before = plug_eintr_set(true);
    atomic_store(&interrupted, false);
    t_thread(send_until_interrupted, &self);
    int r = plug_loop_run(l);
    plug_eintr_set(before);
    atomic_store(&interrupted, true);
    t_join();
    T_ERR(r, -EINTR);
}

static atomic_bool stormy;

static void storm(void *arg)
{
    (void)arg;
    while (atomic_load(&stormy)) {
        kill(getpid(), SIGUSR1);
        kill(getpid(), SIGUSR2);
    }
}

/* Handlers run in any thread while watches end and loops close. */
T_TEST_PLAIN(a_storm_of_signals_while_loops_come_and_go)
{
    begin();
    own_action(SIGUSR1);
    own_action(SIGUSR2);
    atomic_store(&stormy, true);
    t_thread(storm, NULL);
    int err = 0;
    for (int i = 0; i < 300 && err >= 0; i++) {
        struct plug_loop *l;
        err = plug_loop_open(&l, PLUG_BACKEND_AUTO);
        if (err < 0)
            break;
        err = plug_loop_signal(l, SIGUSR1, note, &came[SIGUSR1]);
        if (err >= 0)
            err = plug_loop_signal(l, SIGUSR2, note, &came[SIGUSR2]);
        if (err >= 0)
            err = plug_loop_turn(l, PLUG_MS(2));
        if (err >= 0 && i % 2)
            err = plug_loop_signal(l, SIGUSR1, NULL, NULL);
        plug_loop_close(l);
    }
    atomic_store(&stormy, false);
    t_join();
    T_OK(err);
    T_TRUE(total > 0);
}

/* SIGCHLD of several children is one call; their ends are all there. */
LOOPS_ON_EACH(T_TEST_PLAIN, children_that_end_together)
{
    int ended = 0;
    begin();
    T_OK(plug_loop_signal(l, SIGCHLD, stop, &came[SIGCHLD]));
    for (int i = 0; i < 5; i++)
        if (fork() == 0)
            _exit(0);
    while (ended < 5) {
        T_OK(plug_loop_run(l));
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ended++;
    }
    T_TRUE(came[SIGCHLD] >= 1 && came[SIGCHLD] <= 5);
}
