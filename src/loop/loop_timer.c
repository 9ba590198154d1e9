/* SPDX-License-Identifier: MIT */
#include "loop/loop_impl.h"
#include <errno.h>

static int set(struct plug_loop *l, struct plug_timer *t, int64_t at, int64_t every)
{
    int r = plug__loop_timers_set(&l->timers, t, at);

    if (r == 0)
        t->every = every;
    return r;
}

int plug_loop_timer(struct plug_loop *l, struct plug_timer *t, int64_t timeout, plug_timer_fn *fn,
                    void *arg)
{
    int r;

    if (timeout < 0) {
        plug__loop_timers_stop(&l->timers, t);
        return 0;
    }
    r = set(l, t, plug_deadline_after(timeout), 0);
    if (r < 0)
        return r;
    t->fn = fn;
    t->arg = arg;
    return 0;
}

int plug_loop_every(struct plug_loop *l, struct plug_timer *t, int64_t period, plug_timer_fn *fn,
                    void *arg)
{
    int r = -EINVAL;

    if (period > 0)
        r = set(l, t, plug_deadline_after(period), period);
    if (r < 0)
        return r;
    t->fn = fn;
    t->arg = arg;
    return 0;
}

bool plug_loop_timer_stop(struct plug_loop *l, struct plug_timer *t)
{
    return plug__loop_timers_stop(&l->timers, t);
}

/* The first of its times that is still to come. It has its place in the heap: that cannot fail. */
static void set_next(struct plug_loop *l, struct plug_timer *t)
{
    int64_t missed = (l->now - t->at) / t->every;

    (void)!plug__loop_timers_set(&l->timers, t, t->at + (missed + 1) * t->every);
}

int plug__loop_timers_call(struct plug_loop *l)
{
    uint64_t before = l->timers.set;
    struct plug_timer *t;
    int calls = 0;

    for (; (t = plug__loop_timers_due(&l->timers, l->now, before)); calls++) {
        if (t->every)
            set_next(l, t);
        else
            plug__loop_timers_stop(&l->timers, t);
        t->fn(l, t, t->arg); /* and t may be gone */
    }
    return calls;
}
