/* SPDX-License-Identifier: MIT */
#include "loop/registry.h"
#include <errno.h>
#include <plug/alloc.h>

#define ROOM_MIN 16

int plug__registry_reserve(struct plug__registry *r)
{
    if (!r->first_free && r->used == r->room) {
        unsigned room = r->room ? 2 * r->room : ROOM_MIN;
        struct plug__entry *entries = plug_realloc(r->entries, room * sizeof *entries);
        if (!entries)
            return -ENOMEM;
        r->entries = entries;
        for (; r->room < room; r->room++)
            entries[r->room] = (struct plug__entry){.fd = -1};
    }
    return plug__fd_map_reserve(&r->map, r->map.count + 1);
}

static unsigned next_slot(const struct plug__registry *r)
{
    return r->first_free ? r->first_free - 1 : r->used;
}

static uint64_t make_id(unsigned slot, unsigned generation)
{
    return PLUG__ID_MARK | (uint64_t)(generation & 0x7fffffff) << 32 | slot;
}

struct plug__entry *plug__registry_add(struct plug__registry *r, int fd)
{
    struct plug__entry *before = plug__registry_find(r, fd);
    unsigned slot = next_slot(r);
    struct plug__entry *e = &r->entries[slot];

    if (r->first_free)
        r->first_free = e->next_free;
    else
        r->used++;
    *e = (struct plug__entry){.fd = fd, .generation = e->generation + 1};
    r->count++;
    if (before)
        plug__registry_remove(r, before);
    plug__fd_map_put(&r->map, fd, slot);
    return e;
}

void plug__registry_remove(struct plug__registry *r, struct plug__entry *e)
{
    unsigned slot = (unsigned)(e - r->entries);

    plug__fd_map_remove(&r->map, e->fd);
    e->fd = -1;
    e->next_free = r->first_free;
    r->first_free = slot + 1;
    r->count--;
}

struct plug__entry *plug__registry_find(const struct plug__registry *r, int fd)
{
    int64_t slot = plug__fd_map_find(&r->map, fd);

    return slot < 0 ? NULL : &r->entries[slot];
}

uint64_t plug__registry_id(const struct plug__registry *r, const struct plug__entry *e)
{
    return make_id((unsigned)(e - r->entries), e->generation);
}

uint64_t plug__registry_next_id(const struct plug__registry *r)
{
    unsigned slot = next_slot(r);

    return make_id(slot, r->entries[slot].generation + 1);
}

struct plug__entry *plug__registry_by_id(const struct plug__registry *r, uint64_t id)
{
    unsigned slot = (unsigned)id;
    struct plug__entry *e = slot < r->used ? &r->entries[slot] : NULL;

    return e && e->fd >= 0 && make_id(slot, e->generation) == id ? e : NULL;
}

void plug__registry_free(struct plug__registry *r)
{
    plug_free(r->entries);
    plug__fd_map_free(&r->map);
}
