/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include "fiber/line.h"
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/semaphore.h>

struct plug_semaphore {
    pthread_mutex_t lock;
    struct plug__line line; /* empty while count > 0 */
    size_t count;
};

int plug_semaphore_open(struct plug_semaphore **ret, size_t count)
{
    struct plug_semaphore *s = plug_calloc(1, sizeof *s);

    if (!s)
        return -ENOMEM;
    pthread_mutex_init(&s->lock, NULL);
    s->count = count;
    *ret = s;
    return 0;
}

void plug_semaphore_close(struct plug_semaphore *s)
{
    if (!s)
        return;
    PLUG_ASSERT(!s->line.first, "somebody waits for the semaphore that is closed");
    pthread_mutex_destroy(&s->lock);
    plug_free(s);
}

static bool take(struct plug_semaphore *s)
{
    if (s->count == 0)
        return false;
    s->count--;
    return true;
}

int plug_semaphore_acquire(struct plug_semaphore *s)
{
    pthread_mutex_lock(&s->lock);
    if (!take(s))
        return plug__line_wait(&s->line, NULL, &s->lock);
    pthread_mutex_unlock(&s->lock);
    return 0;
}

int plug_semaphore_try_acquire(struct plug_semaphore *s)
{
    bool taken;

    pthread_mutex_lock(&s->lock);
    taken = take(s);
    pthread_mutex_unlock(&s->lock);
    return taken ? 0 : -EAGAIN;
}

void plug_semaphore_release(struct plug_semaphore *s)
{
    struct plug__turn *next;

    pthread_mutex_lock(&s->lock);
    next = plug__line_next(&s->line);
    if (!next) {
        PLUG_ASSERT(s->count < SIZE_MAX, "released more often than can be counted");
        s->count++;
    }
    pthread_mutex_unlock(&s->lock);
    if (next)
        plug__turn_tell(next, 0);
}

size_t plug_semaphore_count(struct plug_semaphore *s)
{
    size_t count;

    pthread_mutex_lock(&s->lock);
    count = s->count;
    pthread_mutex_unlock(&s->lock);
    return count;
}
