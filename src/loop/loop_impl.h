/* SPDX-License-Identifier: MIT */
#ifndef PLUG_LOOP_IMPL_H
#define PLUG_LOOP_IMPL_H
/* The inside of a loop, for the files loop*.c. */
#include "loop/registry.h"
#include "loop/timers.h"
#include <plug/loop.h>
#include <pthread.h>
#include <stdatomic.h>

#define PLUG__LOOP_BATCH 128 /* descriptors that one wait reports at most */

struct plug__post {
    plug_loop_fn *fn;
    void *arg;
};

struct plug__post_list {
    struct plug__post *items;
    size_t count, room;
};

struct plug__work; /* loop_offload.c */

struct plug__work_list {
    struct plug__work *first, *last;
};

struct plug_loop {
    struct plug_selector *selector; /* and the wake-up's descriptor in it, with NULL for its data */
    struct plug__registry watched;  /* also the silent ones, which the selector does not have */
    struct plug__loop_timers timers;
    int64_t now;
    bool running;   /* in a turn */
    bool woken;     /* in this turn: others may have handed in something */
    size_t working; /* offloaded, and not called back yet */
    atomic_bool stop;
    atomic_size_t stopping; /* calls of plug_loop_stop that are under way */
    atomic_size_t holds;

    int wake_fd;
    atomic_bool awake;          /* woken, and the wake-up not yet taken */
    _Atomic uint64_t signalled; /* bit sig - 1: it came */
    uint64_t signals;           /* bit sig - 1: it is watched */

    pthread_mutex_t lock; /* of what other threads hand in */
    pthread_cond_t ended; /* one more work has ended */
    struct plug__post_list posts, calling;
    struct plug__work_list works; /* in the pool */
    struct plug__work_list done;  /* to be called back */

    struct plug_event ready[PLUG__LOOP_BATCH];
};

/* Makes the loop's wait end. Any thread, signal handlers. */
void plug__loop_wake(struct plug_loop *l);

/* Calls back what came; how many. */
int plug__loop_signals_call(struct plug_loop *l);
int plug__loop_posts_call(struct plug_loop *l);
int plug__loop_works_call(struct plug_loop *l);
int plug__loop_timers_call(struct plug_loop *l);

/* Ends all of them. */
void plug__loop_signals_end(struct plug_loop *l);
void plug__loop_works_end(struct plug_loop *l);

#endif
