/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include "fiber/line.h"
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/semaphore.h>

struct plug_mutex {
    pthread_mutex_t lock; /* of the fields, for a moment */
    struct plug__line line;
    const void *owner; /* whose plug_mutex it is now */
};

/* What tells the calling fiber, or thread, from all others. */
static void *caller(void)
{
    static __thread char thread;

    return &thread;
}

int plug_mutex_open(struct plug_mutex **ret)
{
    struct plug_mutex *m = plug_calloc(1, sizeof *m);

    if (!m)
        return -ENOMEM;
    pthread_mutex_init(&m->lock, NULL);
    *ret = m;
    return 0;
}

void plug_mutex_close(struct plug_mutex *m)
{
    if (!m)
        return;
    PLUG_ASSERT(!m->owner, "a mutex that is closed must be unlocked");
    pthread_mutex_destroy(&m->lock);
    plug_free(m);
}

int plug_mutex_lock(struct plug_mutex *m)
{
    void *self = caller();
    const void *owner;

    pthread_mutex_lock(&m->lock);
    owner = m->owner;
    if (owner && owner != self)
        return plug__line_wait(&m->line, self, &m->lock);
    m->owner = self;
    pthread_mutex_unlock(&m->lock);
    return owner ? -EDEADLK : 0;
}

int plug_mutex_try_lock(struct plug_mutex *m)
{
    const void *self = caller();
    bool free;

    pthread_mutex_lock(&m->lock);
    free = !m->owner;
    if (free)
        m->owner = self;
    pthread_mutex_unlock(&m->lock);
    return free ? 0 : -EBUSY;
}

void plug_mutex_unlock(struct plug_mutex *m)
{
    struct plug__turn *next;

    pthread_mutex_lock(&m->lock);
    PLUG_ASSERT(m->owner == caller(), "who unlocks must have locked");
    next = plug__line_next(&m->line);
    m->owner = next ? next->item : NULL;
    pthread_mutex_unlock(&m->lock);
    if (next)
        plug__turn_tell(next, 0);
}
