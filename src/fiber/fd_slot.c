/* SPDX-License-Identifier: MIT */
#include "fiber/fd_slot.h"
#include "fiber/engine.h"
#include <errno.h>
#include <plug/alloc.h>
#include <string.h>

static int reach(struct plug__fd_slots *t, size_t index)
{
    size_t count = t->count ? t->count : 4;
    struct plug__fd_slot **chunks;

    while (count <= index)
        count *= 2;
    if (count == t->count)
        return 0;
    chunks = plug_realloc(t->chunks, count * sizeof *chunks);
    if (!chunks)
        return -ENOMEM;
    memset(chunks + t->count, 0, (count - t->count) * sizeof *chunks);
    t->chunks = chunks;
    t->count = count;
    return 0;
}

struct plug__fd_slot *plug__fd_slot_new(struct plug__fd_slots *t, int fd)
{
    size_t i = (unsigned)fd / PLUG__FD_CHUNK;

    if (reach(t, i) < 0)
        return NULL;
    t->chunks[i] = plug_calloc(PLUG__FD_CHUNK, sizeof **t->chunks);
    return plug__fd_slot_find(t, fd);
}

void plug__fd_slots_free(struct plug__fd_slots *t)
{
    for (size_t i = 0; i < t->count; i++)
        plug_free(t->chunks[i]);
    plug_free(t->chunks);
    *t = (struct plug__fd_slots){NULL, 0};
}

void plug__fd_withdraw(struct plug__fd_slot *slot, struct plug__fd_waiter *n)
{
    struct plug__fd_waiter **at = &slot->waiters;

    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
}

static void tell(struct plug__fd_waiter *n, int result)
{
    n->told = true;
    plug__unpark(n->fiber, result);
}

void plug__fd_told(struct plug__fd_slot *slot, short revents)
{
    struct plug__fd_waiter **at = &slot->waiters, *n;

    while ((n = *at)) {
        short got = (short)(revents & (n->events | POLLERR | POLLHUP));
        if (!got) {
            at = &n->next;
            continue;
        }
        *at = n->next;
        tell(n, got);
    }
}

struct plug__fd_slot *plug__fd_heard(struct plug__sched *s, uint64_t name, short revents)
{
    struct plug__fd_slot *slot = plug__fd_slot_find(&s->fds, (int)(uint32_t)name);

    if (!slot || name != plug__fd_name(slot, (int)(uint32_t)name))
        return NULL;
    if (revents & ~POLLOUT)
        slot->dry = false;
    if (revents & (POLLRDHUP | POLLHUP | POLLERR | POLLPRI))
        slot->ended = true;
    plug__fd_told(slot, revents);
    return slot;
}

void plug__fd_renew(struct plug__fd_slot *slot)
{
    struct plug__fd_waiter *n;

    while ((n = slot->waiters)) {
        slot->waiters = n->next;
        tell(n, -EBADF);
    }
    slot->id = 0;
    slot->generation++;
    slot->mask = 0;
    slot->waits = 0;
    slot->dry = slot->ended = false;
}
