/* SPDX-License-Identifier: MIT */
/*
 * Deadlines of waits: a heap with one entry for each fiber, moved as late as possible. A wait that
 * ends leaves its entry behind; the next one, with a later deadline, finds it there and costs one
 * comparison. An entry that comes up early is put where it belongs by then.
 */
#include "fiber/sched.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>

static void place(struct plug__sched *s, size_t i, struct plug__timer t)
{
    s->timers[i] = t;
    t.fiber->timer = (uint32_t)i + 1;
}

static void sift_up(struct plug__sched *s, size_t i, struct plug__timer t)
{
    for (; i > 0 && t.at < s->timers[(i - 1) / 2].at; i = (i - 1) / 2)
        place(s, i, s->timers[(i - 1) / 2]);
    place(s, i, t);
}

static void sift_down(struct plug__sched *s, size_t i, struct plug__timer t)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= s->timer_count)
            break;
        if (child + 1 < s->timer_count && s->timers[child + 1].at < s->timers[child].at)
            child++;
        if (s->timers[child].at >= t.at)
            break;
        place(s, i, s->timers[child]);
        i = child;
    }
    place(s, i, t);
}

int plug__timers_reserve(struct plug__sched *s, size_t count)
{
    size_t room = s->timer_room ? 2 * s->timer_room : 64;
    struct plug__timer *timers;

    if (count <= s->timer_room)
        return 0;
    timers = plug_realloc(s->timers, room * sizeof *timers);
    if (!timers)
        return -ENOMEM;
    s->timers = timers;
    s->timer_room = room;
    return 0;
}

void plug__timer_set(struct plug__sched *s, struct plug_fiber *f)
{
    if (!f->timer)
        sift_up(s, s->timer_count++, (struct plug__timer){f->deadline, f});
    else if (f->deadline < s->timers[f->timer - 1].at)
        sift_up(s, f->timer - 1, (struct plug__timer){f->deadline, f});
}

void plug__timer_drop(struct plug__sched *s, struct plug_fiber *f)
{
    size_t i = f->timer - 1;

    if (!f->timer)
        return;
    f->timer = 0;
    struct plug__timer last = s->timers[--s->timer_count];
    if (last.fiber == f)
        return;
    if (i > 0 && last.at < s->timers[(i - 1) / 2].at)
        sift_up(s, i, last);
    else
        sift_down(s, i, last);
}

void plug__timers_due(struct plug__sched *s)
{
    while (s->timer_count && s->timers[0].at <= s->now) {
        struct plug_fiber *f = s->timers[0].fiber;
        if (!f->parked || f->deadline == PLUG_NEVER) {
            plug__timer_drop(s, f);
        } else if (f->deadline > s->now) {
            sift_down(s, 0, (struct plug__timer){f->deadline, f});
        } else {
            plug__timer_drop(s, f);
            plug__unpark(f, PLUG_ETIMEOUT);
        }
    }
}
