/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include "fiber/line.h"
#include "fiber/sched.h"
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/semaphore.h>

struct plug_mutex {
    struct plug__door door;
    struct plug__line line;
    const void *owner; /* whose plug_mutex it is now */
};

/* What tells the calling fiber, or thread, from all others. */
static void *caller(void)
{
    struct plug_fiber *f = plug_fiber_self();

    return f ? (void *)f : (void *)&plug__sched_here;
}

int plug_mutex_open(struct plug_mutex **ret)
{
    struct plug_mutex *m = plug_calloc(1, sizeof *m);

    if (!m)
        return -ENOMEM;
    plug__door_open(&m->door);
    *ret = m;
    return 0;
}

void plug_mutex_close(struct plug_mutex *m)
{
    if (!m)
        return;
    PLUG_ASSERT(!m->owner, "a mutex that is closed must be unlocked");
    plug__door_close(&m->door);
    plug_free(m);
}

int plug_mutex_lock(struct plug_mutex *m)
{
    void *self = caller();
    const void *owner;

    plug__enter(&m->door);
    owner = m->owner;
    if (owner && owner != self)
        return plug__line_wait(&m->line, self, &m->door, "mutex");
    m->owner = self;
    plug__leave(&m->door);
    return owner ? -EDEADLK : 0;
}

int plug_mutex_try_lock(struct plug_mutex *m)
{
    const void *self = caller();
    bool free;

    plug__enter(&m->door);
    free = !m->owner;
    if (free)
        m->owner = self;
    plug__leave(&m->door);
    return free ? 0 : -EBUSY;
}

void plug_mutex_unlock(struct plug_mutex *m)
{
    struct plug__turn *next;

    plug__enter(&m->door);
    PLUG_ASSERT(m->owner == caller(), "who unlocks must have locked");
    next = plug__line_next(&m->line);
    m->owner = next ? next->item : NULL;
    plug__leave(&m->door);
    if (next)
        plug__turn_tell(next, 0);
}
