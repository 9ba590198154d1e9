/* SPDX-License-Identifier: MIT */
#include "loop/timers.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>

#define ROOM_MIN 16

static bool sooner(const struct plug_timer *a, const struct plug_timer *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void put(struct plug__loop_timers *ts, size_t index, struct plug_timer *t)
{
    ts->heap[index] = t;
    t->index = index;
}

static void rise(struct plug__loop_timers *ts, size_t index, struct plug_timer *t)
{
    for (; index > 1 && sooner(t, ts->heap[index / 2]); index /= 2)
        put(ts, index, ts->heap[index / 2]);
    put(ts, index, t);
}

static void sink(struct plug__loop_timers *ts, size_t index, struct plug_timer *t)
{
    size_t child;

    for (; (child = 2 * index) <= ts->count; index = child) {
        if (child < ts->count && sooner(ts->heap[child + 1], ts->heap[child]))
            child++;
        if (!sooner(ts->heap[child], t))
            break;
        put(ts, index, ts->heap[child]);
    }
    put(ts, index, t);
}

static void settle(struct plug__loop_timers *ts, size_t index, struct plug_timer *t)
{
    if (index > 1 && sooner(t, ts->heap[index / 2]))
        rise(ts, index, t);
    else
        sink(ts, index, t);
}

/* Room for one more. */
static int reserve(struct plug__loop_timers *ts)
{
    size_t room = ts->room ? 2 * ts->room : ROOM_MIN;
    struct plug_timer **heap;

    if (ts->count == PLUG_LOOP_TIMERS)
        return PLUG_ELIMIT;
    if (ts->count + 1 < ts->room)
        return 0;
    heap = plug_realloc(ts->heap, room * sizeof *heap);
    if (!heap)
        return -ENOMEM;
    ts->heap = heap;
    ts->room = room;
    return 0;
}

int plug__loop_timers_set(struct plug__loop_timers *ts, struct plug_timer *t, int64_t at)
{
    size_t index = t->index;
    int r = index ? 0 : reserve(ts);

    if (r < 0)
        return r;
    t->at = at;
    t->order = ts->set++;
    settle(ts, index ? index : ++ts->count, t);
    return 0;
}

bool plug__loop_timers_stop(struct plug__loop_timers *ts, struct plug_timer *t)
{
    size_t index = t->index;
    struct plug_timer *last;

    if (!index)
        return false;
    t->index = 0;
    last = ts->heap[ts->count--];
    if (last != t)
        settle(ts, index, last);
    return true;
}

int64_t plug__loop_timers_next(const struct plug__loop_timers *ts)
{
    return ts->count ? ts->heap[1]->at : PLUG_NEVER;
}

struct plug_timer *plug__loop_timers_due(const struct plug__loop_timers *ts, int64_t now,
                                         uint64_t before)
{
    struct plug_timer *first = ts->count ? ts->heap[1] : NULL;

    return first && first->at <= now && first->order < before ? first : NULL;
}

void plug__loop_timers_free(struct plug__loop_timers *ts)
{
    for (size_t i = 1; i <= ts->count; i++)
        ts->heap[i]->index = 0;
    plug_free(ts->heap);
    *ts = (struct plug__loop_timers){0};
}
