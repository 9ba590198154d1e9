/* SPDX-License-Identifier: MIT */
#include "loops.h"
#include <errno.h>
#include <plug/fiber.h>
#include <string.h>

enum { TIMERS = 40 };
static struct plug_timer timer[TIMERS];
static int64_t due[TIMERS];
static int order[TIMERS * 2], fired;

static void begin(void)
{
    memset(timer, 0, sizeof timer);
    fired = 0;
}

static void note(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    (void)arg;
    T_EQ(t->index, 0);
    T_TRUE(plug_now() >= due[t - timer] && plug_loop_now(l) >= due[t - timer]);
    order[fired++] = (int)(t - timer);
}

static void set(struct plug_loop *l, int i, int64_t timeout)
{
    due[i] = plug_now() + timeout;
    T_OK(plug_loop_timer(l, &timer[i], timeout, note, NULL));
}

LOOPS_ON_EACH(T_TEST, in_order_and_never_early)
{
    begin();
    for (int i = 0; i < TIMERS; i++)
        set(l, i, (int64_t)(1 + t_below(10)) * 300 * 1000);
    T_OK(plug_loop_run(l));
    T_EQ(fired, TIMERS);
    for (int i = 1; i < TIMERS; i++)
        T_TRUE(timer[order[i - 1]].at <= timer[order[i]].at);
}

LOOPS_ON_EACH(T_TEST, set_anew_and_stopped)
{
    begin();
    set(l, 0, PLUG_S(60));
    set(l, 1, PLUG_S(60));
    set(l, 2, PLUG_S(60));
    set(l, 0, PLUG_MS(2));
    T_TRUE(plug_loop_timer_stop(l, &timer[1]));
    T_TRUE(!plug_loop_timer_stop(l, &timer[1]));
    T_OK(plug_loop_timer(l, &timer[2], PLUG_FOREVER, note, NULL));
    T_TRUE(!plug_loop_timer_stop(l, &timer[2]));
    T_OK(plug_loop_run(l));
    T_EQ(fired, 1);
    T_EQ(order[0], 0);
}

static void stop_the_next(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    note(l, t, arg);
    T_TRUE(plug_loop_timer_stop(l, t + 1));
    set(l, (int)(t - timer), PLUG_NOWAIT); /* itself, once more */
    due[t - timer + 2] = 0;
    T_OK(plug_loop_timer(l, t + 2, PLUG_NOWAIT, note, NULL));
}

/* What a callback stops is not called in this turn, what it sets is called in a later one. */
LOOPS_ON_EACH(T_TEST, stopped_and_set_by_callbacks)
{
    begin();
    due[0] = 0;
    T_OK(plug_loop_timer(l, &timer[0], PLUG_NOWAIT, stop_the_next, NULL));
    set(l, 1, PLUG_NOWAIT);
    T_EQ(T_OK(plug_loop_turn(l, PLUG_FOREVER)), 1);
    T_EQ(T_OK(plug_loop_turn(l, PLUG_FOREVER)), 2);
    T_OK(plug_loop_run(l));
    T_EQ(fired, 3);
    T_EQ(order[0], 0);
    T_EQ(order[1], 0);
    T_EQ(order[2], 2);
}

static void every(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    int64_t *start = arg, period = t->every;
    T_TRUE(plug_loop_now(l) >= *start + period);
    T_EQ((t->at - *start) % period, 0); /* no drift */
    T_TRUE(t->at > plug_loop_now(l));
    if (fired++ == 1)
        T_OK(plug_sleep(5 * period)); /* these are missed */
    if (fired == 4)
        T_TRUE(plug_loop_timer_stop(l, t));
}

LOOPS_ON_EACH(T_TEST, again_and_again)
{
    static int64_t start;
    begin();
    T_ERR(plug_loop_every(l, &timer[0], 0, every, &start), -EINVAL);
    T_ERR(plug_loop_every(l, &timer[0], PLUG_FOREVER, every, &start), -EINVAL);
    T_OK(plug_loop_every(l, &timer[0], PLUG_MS(1), every, &start));
    start = timer[0].at - PLUG_MS(1);
    T_OK(plug_loop_run(l));
    T_EQ(fired, 4);
    T_TRUE(plug_loop_now(l) - start >= PLUG_MS(8));
}

T_TEST(those_of_a_closed_loop_do_not_run)
{
    struct plug_loop *l;
    begin();
    T_OK(plug_loop_open(&l, PLUG_BACKEND_AUTO));
    int r = plug_loop_timer(l, &timer[0], PLUG_S(1), note, NULL);
    plug_loop_close(l);
    T_OK(r);
    T_EQ(timer[0].index, 0);
}

/* A turn that only waits for time costs one wait. */
T_TEST_PLAIN(a_timer_costs_one_wait)
{
    struct plug_loop *l = loops_open(PLUG_BACKEND_EPOLL);
    begin();
    set(l, 0, PLUG_MS(2));
    plug_sys_record(true);
    int r = plug_loop_run(l);
    uint64_t all = plug_sys_recorded(NULL);
    plug_sys_record(false);
    T_OK(r);
    T_EQ(fired, 1);
    T_TRUE(all <= 3); /* a heap, a wait, and one more if the kernel wakes early */
}

/* --- on a fiber ------------------------------------------------------------------------------ */

static int ran_meanwhile;

static int other_fiber(void *arg)
{
    (void)arg;
    while (!fired && ran_meanwhile < 1000 && plug_sleep(PLUG_MS(1)) == 0)
        ran_meanwhile++;
    return 0;
}

static int runs_a_loop(void *arg)
{
    struct plug_scope s;
    int r;

    plug_scope_open(&s, PLUG_S(10));
    r = plug_fiber_spawn(&s, other_fiber, NULL, "other", NULL);
    if (r == 0)
        r = plug_loop_run(arg);
    return plug_scope_close(&s) < 0 ? -EIO : r;
}

LOOPS_ON_EACH(T_TEST_PLAIN, a_loop_that_waits_parks_its_fiber)
{
    begin();
    ran_meanwhile = 0;
    set(l, 0, PLUG_MS(50));
    T_OK(plug_fiber_run(runs_a_loop, l, NULL));
    T_EQ(fired, 1);
    T_TRUE(ran_meanwhile >= 3);
}
