/* SPDX-License-Identifier: MIT */
#ifndef PLUG_LOOP_TIMERS_H
#define PLUG_LOOP_TIMERS_H
/*
 * Timers in the order in which they are due; equal times in the order they were set. A heap of
 * pointers: a timer knows its place, so stopping one costs as little as setting it.
 */
#include <plug/loop.h>

struct plug__loop_timers {
    struct plug_timer **heap; /* from index 1 */
    size_t count, room;
    uint64_t set; /* how many were ever set: the order of equal times */
};

/* Sets t for an absolute time, anew where it runs. -ENOMEM, PLUG_ELIMIT: it is as it was before. */
int plug__loop_timers_set(struct plug__loop_timers *ts, struct plug_timer *t, int64_t at);

/* True when it was running. */
bool plug__loop_timers_stop(struct plug__loop_timers *ts, struct plug_timer *t);

/* When the first one is due; PLUG_NEVER: none runs. */
int64_t plug__loop_timers_next(const struct plug__loop_timers *ts);

/* The first one, if it is due now and is among the first `before` that were set; else NULL. */
struct plug_timer *plug__loop_timers_due(const struct plug__loop_timers *ts, int64_t now,
                                         uint64_t before);

/* None of them runs any more. */
void plug__loop_timers_free(struct plug__loop_timers *ts);

#endif
