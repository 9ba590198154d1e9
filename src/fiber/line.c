/* SPDX-License-Identifier: MIT */
#include "fiber/line.h"
#include "base/wait_with.h"
#include "fiber/sched.h"
#include <plug/err.h>
#include <plug/sys.h>
#include <sched.h>

void plug__door_open(struct plug__door *d)
{
    *d = (struct plug__door){.thread = NULL};
    pthread_mutex_init(&d->lock, NULL);
}

void plug__door_close(struct plug__door *d)
{
    pthread_mutex_destroy(&d->lock);
}

void plug__enter(struct plug__door *d)
{
    const void *thread = &plug__sched_here; /* another address in each thread */

    pthread_mutex_lock(&d->lock);
    if (d->thread != thread) {
        d->shared = d->thread != NULL;
        d->thread = d->shared ? d->thread : thread;
    }
}

void plug__leave(struct plug__door *d)
{
    pthread_mutex_unlock(&d->lock);
}

static void line_add(struct plug__line *line, struct plug__turn *t)
{
    t->before = line->last;
    if (line->last)
        line->last->next = t;
    else
        line->first = t;
    line->last = t;
    t->waiting = true;
}

static void line_remove(struct plug__line *line, struct plug__turn *t)
{
    if (t->before)
        t->before->next = t->next;
    else
        line->first = t->next;
    if (t->next)
        t->next->before = t->before;
    else
        line->last = t->before;
    t->waiting = false;
}

/* Cancelled or too late, and about to leave the line. Another thread's fibers cannot be asked. */
static bool gave_up(const struct plug__turn *t)
{
    return t->fiber && t->fiber->sched == plug__sched_here && !t->fiber->parked;
}

struct plug__turn *plug__line_next(struct plug__line *line)
{
    struct plug__turn *t = line->first;

    while (t && gave_up(t))
        t = t->next;
    if (t)
        line_remove(line, t);
    return t;
}

static bool told(const struct plug__turn *t)
{
    return __atomic_load_n(&t->told, __ATOMIC_ACQUIRE);
}

/*
 * A thread may be gone with its turn as soon as it is told; waking a word that is not there any
 * more harms nobody. A fiber stays until its waking has come.
 */
void plug__turn_tell(struct plug__turn *t, int result)
{
    struct plug_fiber *f = t->fiber;
    bool far = f && f->sched != plug__sched_here;

    t->result = result;
    if (far) {
        plug__unpark_far(f, 0);
        return;
    }
    __atomic_store_n(&t->told, 1, __ATOMIC_RELEASE);
    if (f)
        plug__unpark(f, 0);
    else
        plug_sys()->futex_wake(&t->told);
}

static int sleep_until_told(struct plug_waiter *w, void *arg, int64_t deadline)
{
    struct plug__turn *t = arg;
    int r = 0;

    (void)w;
    if (t->fiber)
        return plug__park(t->doing, t->shared ? PLUG__PARK_OUTSIDE : PLUG__PARK_INSIDE, deadline);
    while (r >= 0 && !told(t))
        r = plug_sys()->futex_wait(&t->told, 0, deadline);
    return r == -ETIMEDOUT ? PLUG_ETIMEOUT : r;
}

/* Who takes t out of the line tells it at once: a moment, and nothing may cut it short. */
static void await_telling(struct plug__turn *t)
{
    if (t->fiber) {
        if (!told(t))
            (void)plug__far_wait(t->doing);
        return;
    }
    while (!told(t))
        if (plug_sys()->futex_wait(&t->told, 0, PLUG_NEVER) < 0)
            sched_yield();
}

int plug__line_wait(struct plug__line *line, void *item, struct plug__door *d, const char *doing)
{
    struct plug__turn t = {
        .fiber = plug_fiber_self(), .doing = doing, .item = item, .shared = d->shared};
    bool served;
    int r;

    line_add(line, &t);
    plug__leave(d);
    r = plug__wait_with(sleep_until_told, &t, PLUG_NEVER);
    if (r >= 0)
        return t.result;
    plug__enter(d);
    served = !t.waiting;
    if (!served)
        line_remove(line, &t);
    plug__leave(d);
    if (!served)
        return r;
    await_telling(&t);
    return t.result;
}
