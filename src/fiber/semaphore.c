/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include "fiber/line.h"
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/semaphore.h>

struct plug_semaphore {
    struct plug__door door;
    struct plug__line line; /* nobody to serve while count > 0 */
    size_t count;
};

int plug_semaphore_open(struct plug_semaphore **ret, size_t count)
{
    struct plug_semaphore *s = plug_calloc(1, sizeof *s);

    if (!s)
        return -ENOMEM;
    plug__door_open(&s->door);
    s->count = count;
    *ret = s;
    return 0;
}

void plug_semaphore_close(struct plug_semaphore *s)
{
    if (!s)
        return;
    PLUG_ASSERT(!s->line.first, "somebody waits for the semaphore that is closed");
    plug__door_close(&s->door);
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
    plug__enter(&s->door);
    if (!take(s))
        return plug__line_wait(&s->line, NULL, &s->door, "semaphore");
    plug__leave(&s->door);
    return 0;
}

int plug_semaphore_try_acquire(struct plug_semaphore *s)
{
    bool taken;

    plug__enter(&s->door);
    taken = take(s);
    plug__leave(&s->door);
    return taken ? 0 : -EAGAIN;
}

void plug_semaphore_release(struct plug_semaphore *s)
{
    struct plug__turn *next;

    plug__enter(&s->door);
    next = plug__line_next(&s->line);
    if (!next) {
        PLUG_ASSERT(s->count < SIZE_MAX, "released more often than can be counted");
        s->count++;
    }
    plug__leave(&s->door);
    if (next)
        plug__turn_tell(next, 0);
}

size_t plug_semaphore_count(struct plug_semaphore *s)
{
    size_t count;

    plug__enter(&s->door);
    count = s->count;
    plug__leave(&s->door);
    return count;
}
