/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FIBER_LINE_H
#define PLUG_FIBER_LINE_H
/*
 * A line of fibers and threads that wait for their turn: first come, first served. It belongs to an
 * object (a queue, a semaphore) whose lock guards it.
 *
 *   who waits    plug__line_wait, under the lock, which it gives back
 *   who serves   t = plug__line_next under the lock, what is due to t, and once the lock is given
 *                back, plug__turn_tell(t, result)
 *
 * Who was taken out of the line is told, exactly once. So nothing is lost when somebody's time is
 * up at the very moment of being served: being served wins.
 */
#include <plug/base.h>
#include <pthread.h>

/* Lives on the stack of who waits. */
struct plug__turn {
    struct plug__turn *next, *before;
    void *item;    /* what it brings, or where it wants it */
    int result;    /* what the wait returns */
    uint32_t told; /* a futex; 1: result is there */
    bool waiting;  /* in the line */
};

struct plug__line {
    struct plug__turn *first, *last;
};

/*
 * Waits in the line for a turn with item. Returns what it was told, or PLUG_ETIMEOUT, -ECANCELED,
 * -EINTR: then it was not served. lock is held before, and not any more after.
 */
int plug__line_wait(struct plug__line *line, void *item, pthread_mutex_t *lock);

/* Takes the first out; NULL: nobody waits. Under the lock. */
struct plug__turn *plug__line_next(struct plug__line *line);

/* Ends the wait of who was taken out; t is gone then. Without the lock. */
void plug__turn_tell(struct plug__turn *t, int result);

#endif
