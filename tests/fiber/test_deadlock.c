/* SPDX-License-Identifier: MIT */
/* Fibers that wait for each other are told; those that something can still wake are not. */
#include "child.h"
#include "t.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct plug_mutex *fork_left, *fork_right;
static struct plug_queue *q;

static int eat(struct plug_mutex *first, struct plug_mutex *second)
{
    int r = plug_mutex_lock(first);
    if (r < 0)
        return r;
    (void)plug_fiber_yield();
    r = plug_mutex_lock(second);
    if (r >= 0)
        plug_mutex_unlock(second);
    plug_mutex_unlock(first);
    return r;
}

static int plato(void *unused)
{
    (void)unused;
    return eat(fork_left, fork_right);
}

static int kant(void *unused)
{
    (void)unused;
    return eat(fork_right, fork_left);
}

static int dine(void *arg)
{
    struct plug_scope s;
    (void)arg;
    plug_scope_open(&s, PLUG_FOREVER);
    int r = plug_fiber_spawn(&s, plato, NULL, "plato", NULL);
    if (r >= 0)
        r = plug_fiber_spawn(&s, kant, NULL, "kant\n", NULL);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

static void dine_alone(void)
{
    if (plug_mutex_open(&fork_left) < 0 || plug_mutex_open(&fork_right) < 0)
        _exit(1);
    if (plug_fiber_run(dine, NULL, NULL) != -EDEADLK)
        _exit(2);
    plug_mutex_close(fork_left); /* nobody has it any more */
    plug_mutex_close(fork_right);
}

T_TEST_PLAIN(deadlock_is_told)
{
    char text[1000];
    T_EQ(child_run(dine_alone, text, sizeof text), 0);
    T_STR(text, "plug: deadlock: 3 fibers wait and nobody is left to wake them:\n"
                "  main: scope\n  kant\\n: mutex\n  plato: mutex\n");
}

/* --- every wait that nobody can end ----------------------------------------------------------- */

static int get_nothing(void *unused)
{
    int item;
    (void)unused;
    return plug_queue_get(q, &item);
}

static int put_too_much(void *unused)
{
    int item = 1, r = plug_queue_put(q, &item);
    (void)unused;
    return r < 0 ? r : plug_queue_put(q, &item);
}

static int sleep_for_ever(void *unused)
{
    (void)unused;
    return plug_sleep(PLUG_FOREVER);
}

static int acquire_nothing(void *unused)
{
    struct plug_semaphore *s;
    int r = plug_semaphore_open(&s, 0);
    (void)unused;
    if (r >= 0) {
        r = plug_semaphore_acquire(s);
        plug_semaphore_close(s);
    }
    return r;
}

T_TEST(deadlock_ends_every_kind_of_wait)
{
    static plug_fiber_fn *const waits[] = {get_nothing, put_too_much, sleep_for_ever,
                                           acquire_nothing};
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        T_OK(plug_queue_open(&q, sizeof(int), 1));
        T_OWN(plug_queue_close, q);
        int r = plug_fiber_run(waits[i], NULL, NULL);
        T_ERR(r, -EDEADLK);
        t_end_owned();
    }
}

/* A fiber that does not care is not reported again and again. */
static int get_stubbornly(void *unused)
{
    int r = 0;
    for (int i = 0; i < 100; i++)
        r = get_nothing(unused);
    return r;
}

static void be_stubborn(void)
{
    if (plug_queue_open(&q, sizeof(int), 1) < 0 ||
        plug_fiber_run(get_stubbornly, NULL, NULL) != -EDEADLK)
        _exit(1);
}

T_TEST_PLAIN(deadlock_is_not_told_for_ever)
{
    char text[4000];
    size_t lines = 0;
    T_EQ(child_run(be_stubborn, text, sizeof text), 0);
    for (const char *p = text; (p = strchr(p, '\n')); p++)
        lines++;
    T_EQ(lines, 8 * 2);
}

/* --- what is none ----------------------------------------------------------------------------- */

static void put_later(void *unused)
{
    int item = 7;
    (void)unused;
    (void)!plug_sleep(PLUG_MS(700));
    T_OK(plug_queue_put(q, &item));
}

/* The thread has the queue, but has not touched it before. */
static void wait_for_a_thread(void)
{
    if (plug_queue_open(&q, sizeof(int), 1) < 0)
        _exit(1);
    t_thread(put_later, NULL);
    if (plug_fiber_run(get_nothing, NULL, NULL) < 0)
        _exit(2);
    t_join();
}

static void put_and_go(void *unused)
{
    int item = 7;
    (void)unused;
    T_OK(plug_queue_put(q, &item));
    (void)!plug_sleep(PLUG_MS(50));
}

static int get_twice(void *unused)
{
    int r = get_nothing(unused);
    return r < 0 ? r : get_nothing(unused);
}

/* It was there, but has ended. */
static void wait_for_a_thread_in_vain(void)
{
    if (plug_queue_open(&q, sizeof(int), 1) < 0)
        _exit(1);
    t_thread(put_and_go, NULL);
    struct plug_deadline d;
    plug_deadline_enter(&d, PLUG_S(3));
    int r = plug_fiber_run(get_twice, NULL, NULL);
    plug_deadline_leave(&d);
    t_join();
    if (r != PLUG_ETIMEOUT) /* the queue is shared: somebody may come, and time does */
        _exit(2);
}

/* A signal may come: it was asked for. */
static void on_alarm(int sig)
{
    (void)sig;
}

static int sleep_until_signal(void *unused)
{
    (void)unused;
    (void)plug_eintr_set(true);
    ualarm(50000, 0);
    return plug_sleep(PLUG_FOREVER);
}

static void wait_for_a_signal(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    if (plug_fiber_run(sleep_until_signal, NULL, NULL) != -EINTR)
        _exit(1);
}

static int a_call(void *unused)
{
    (void)unused;
    return plug_sleep(PLUG_MS(50));
}

static int wait_for_the_pool(void *unused)
{
    (void)unused;
    return plug_fiber_call(a_call, NULL);
}

static void wait_for_time_and_pool(void)
{
    if (plug_fiber_run(wait_for_the_pool, NULL, NULL) < 0 || plug_fiber_run(a_call, NULL, NULL) < 0)
        _exit(1);
}

T_TEST_PLAIN(deadlock_is_not_where_somebody_may_come)
{
    static void (*const waits[])(void) = {wait_for_a_thread, wait_for_a_thread_in_vain,
                                          wait_for_time_and_pool, wait_for_a_signal};
    char text[1000];
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        T_EQ(child_run(waits[i], text, sizeof text), 0);
        T_STR(text, "");
    }
}
