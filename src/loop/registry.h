/* SPDX-License-Identifier: MIT */
#ifndef PLUG_LOOP_REGISTRY_H
#define PLUG_LOOP_REGISTRY_H
/*
 * Who is registered: descriptor, events, data, and a generation, so that an event can be told from
 * one of an earlier owner of the same descriptor number.
 *
 * An entry keeps its slot while it lives; its address changes when another one is added.
 */
#include "loop/fd_map.h"

struct plug__entry {
    int fd; /* -1: free, and next_free counts */
    unsigned generation;
    unsigned events;
    unsigned state; /* of the owner's own; 0 at first */
    union {
        void *data;
        unsigned next_free;
    };
};

struct plug__registry {
    struct plug__entry *entries;
    unsigned used; /* slots that were ever taken */
    unsigned room;
    unsigned count;
    unsigned first_free; /* slot + 1; 0: none */
    struct plug__fd_map map;
};

/* Room for one more, so that the next add cannot fail. -ENOMEM: nothing changed. */
int plug__registry_reserve(struct plug__registry *r);

/* A new entry for fd >= 0; one that fd had before is removed. There is room. */
struct plug__entry *plug__registry_add(struct plug__registry *r, int fd);

/* Removes an entry: its id is void from here on. */
void plug__registry_remove(struct plug__registry *r, struct plug__entry *e);

/* The entry of fd, or NULL. */
struct plug__entry *plug__registry_find(const struct plug__registry *r, int fd);

/*
 * A number that no other registration had or will have. Bit 63 is set: no pointer and no
 * descriptor looks like it. And back: NULL when that registration is over.
 */
#define PLUG__ID_MARK (UINT64_C(1) << 63)
uint64_t plug__registry_id(const struct plug__registry *r, const struct plug__entry *e);
struct plug__entry *plug__registry_by_id(const struct plug__registry *r, uint64_t id);

/* The id that the next add will give; there is room. */
uint64_t plug__registry_next_id(const struct plug__registry *r);

void plug__registry_free(struct plug__registry *r);

#endif
