/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FIBER_WATCH_H
#define PLUG_FIBER_WATCH_H
/* What looks after a scheduler while it runs, and tells on stderr what goes wrong. */
#include <plug/base.h>

struct plug__sched;

/* --- watch.c: who holds the thread ----------------------------------------------------------- */

/* A scheduler's membership in the watch; its fields belong to watch.c. */
struct plug__watched {
    struct plug__sched *next;
    uint64_t switches; /* as many as now there were already ... */
    int64_t since;     /* ... then */
    bool told;
};

/* Between them, a fiber that runs for longer than s->opts.hog is named. */
void plug__watch_begin(struct plug__sched *s);
void plug__watch_end(struct plug__sched *s);

/* How many threads watch. */
size_t plug__watch_threads(void);

/* --- overflow.c: who ran into the guard of its stack ------------------------------------------ */

/* Between them, in the same thread, a fiber that overflows its stack is named. */
int plug__overflow_begin(struct plug__sched *s);
void plug__overflow_end(struct plug__sched *s);

/* --- deadlock.c: nobody can go on ------------------------------------------------------------- */

/*
 * Nothing of s is ready, nor will be by a descriptor, a deadline or the pool. Returns how long the
 * turn may last: PLUG_NOWAIT when no other thread can help, and all waits have ended with -EDEADLK;
 * else some time, to look again.
 */
int64_t plug__deadlock_look(struct plug__sched *s);

#endif
