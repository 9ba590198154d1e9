/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FIBER_LINE_H
#define PLUG_FIBER_LINE_H
/*
 * A line of fibers and threads that wait for their turn: first come, first served. It belongs to an
 * object (a queue, a semaphore) and stands behind that object's door.
 *
 *   who waits    plug__line_wait, inside; it waits outside
 *   who serves   t = plug__line_next inside, what is due to t, and outside again
 *                plug__turn_tell(t, result)
 *
 * Who was taken out of the line is told, exactly once. So nothing is lost when somebody's time is
 * up at the very moment of being served: being served wins.
 */
#include <plug/base.h>
#include <pthread.h>

struct plug_fiber;

/* One at a time is inside. Nobody waits or switches there. */
struct plug__door {
    pthread_mutex_t lock;
    const void *thread; /* the first that came through */
    bool shared;        /* others came, too: they may come again */
};

/* Lives on the stack of who waits. */
struct plug__turn {
    struct plug__turn *next, *before;
    struct plug_fiber *fiber; /* NULL: a thread */
    const char *doing;
    void *item;    /* what it brings, or where it wants it */
    int result;    /* what the wait returns */
    uint32_t told; /* 1: result is there; a thread's futex, or told by the fiber's own thread */
    bool waiting;  /* in the line */
    bool shared;
};

struct plug__line {
    struct plug__turn *first, *last;
};

void plug__door_open(struct plug__door *d);
void plug__door_close(struct plug__door *d);
void plug__enter(struct plug__door *d);
void plug__leave(struct plug__door *d);

/*
 * Waits in the line for a turn with item. Returns what it was told, or PLUG_ETIMEOUT, -ECANCELED,
 * -EDEADLK, -EINTR: then it was not served. The caller is inside before, and outside after. doing
 * is static text.
 */
int plug__line_wait(struct plug__line *line, void *item, struct plug__door *d, const char *doing);

/* Takes the first out, of those that have not given up; NULL: nobody waits. Inside. */
struct plug__turn *plug__line_next(struct plug__line *line);

/* Ends the wait of who was taken out; t is gone then. Outside, before the caller waits again. */
void plug__turn_tell(struct plug__turn *t, int result);

#endif
