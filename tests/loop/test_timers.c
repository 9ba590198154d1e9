/* SPDX-License-Identifier: MIT */
/* The heap beside a model, and its limit. */
#include "loop/timers.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <t.h>

enum { TIMERS = 64, STEPS = 20000 };
static struct plug__loop_timers ts;
static struct plug_timer timer[TIMERS];

static void end(void *unused)
{
    (void)unused;
    plug__loop_timers_free(&ts);
    memset(timer, 0, sizeof timer);
}

static void begin(void)
{
    T_OWN(end, &ts);
}

static struct plug_timer *first_of_model(void)
{
    struct plug_timer *first = NULL;

    for (size_t i = 0; i < TIMERS; i++) {
        struct plug_timer *t = &timer[i];
        if (t->index &&
            (!first || t->at < first->at || (t->at == first->at && t->order < first->order)))
            first = t;
    }
    return first;
}

T_TEST(timers_agree_with_a_model)
{
    begin();
    for (int step = 0; step < STEPS; step++) {
        struct plug_timer *t = &timer[t_below(TIMERS)], *first;
        bool ran = t->index;
        if (t_below(4))
            T_OK(plug__loop_timers_set(&ts, t, (int64_t)t_below(20)));
        else
            T_EQ(plug__loop_timers_stop(&ts, t), ran);
        first = first_of_model();
        T_EQ(plug__loop_timers_next(&ts), first ? first->at : PLUG_NEVER);
        T_TRUE(plug__loop_timers_due(&ts, 10, UINT64_MAX) ==
               (first && first->at <= 10 ? first : NULL));
    }
}

T_TEST(timers_of_equal_times_come_as_they_were_set)
{
    begin();
    for (size_t i = 0; i < TIMERS; i++)
        T_OK(plug__loop_timers_set(&ts, &timer[i], 5));
    T_OK(plug__loop_timers_set(&ts, &timer[0], 5)); /* anew: now it is the last */
    for (size_t i = 1; i <= TIMERS; i++) {
        struct plug_timer *t = plug__loop_timers_due(&ts, 5, UINT64_MAX);
        T_TRUE(t == &timer[i % TIMERS]);
        T_TRUE(plug__loop_timers_stop(&ts, t));
    }
    T_EQ(ts.count, 0);
}

T_TEST_PLAIN(timers_have_a_limit)
{
    struct plug_timer *many = T_PTR(plug_calloc(PLUG_LOOP_TIMERS + 1, sizeof *many));
    T_OWN(plug_free, many);
    begin();
    for (size_t i = 0; i < PLUG_LOOP_TIMERS; i++)
        T_OK(plug__loop_timers_set(&ts, &many[i], (int64_t)t_below(1000)));
    T_ERR(plug__loop_timers_set(&ts, &many[PLUG_LOOP_TIMERS], 1), PLUG_ELIMIT);
    T_EQ(many[PLUG_LOOP_TIMERS].index, 0);
    T_OK(plug__loop_timers_set(&ts, &many[7], 3)); /* one that runs can be set all the same */
    T_TRUE(plug__loop_timers_stop(&ts, &many[7]));
    T_OK(plug__loop_timers_set(&ts, &many[PLUG_LOOP_TIMERS], 1));
    for (int64_t last = 0; ts.count; last = plug__loop_timers_next(&ts)) {
        T_TRUE(plug__loop_timers_next(&ts) >= last);
        plug__loop_timers_stop(&ts, ts.heap[1]);
    }
}
