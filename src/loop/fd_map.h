/* SPDX-License-Identifier: MIT */
#ifndef PLUG_LOOP_FD_MAP_H
#define PLUG_LOOP_FD_MAP_H
/*
 * Descriptor to slot number: a hash table, because a set may hold few descriptors of high number,
 * and numbers that are no descriptor at all.
 */
#include <plug/base.h>

struct plug__fd_cell {
    int fd; /* -1: empty */
    unsigned slot;
};

struct plug__fd_map {
    struct plug__fd_cell *cells;
    size_t room;  /* cells, a power of two; 0: none yet */
    size_t count; /* at most half of them */
};

/* Cells that count descriptors need. */
size_t plug__fd_map_room(size_t count);

/* An empty map over memory of the caller, which has room cells. */
void plug__fd_map_over(struct plug__fd_map *m, struct plug__fd_cell *cells, size_t room);

/* Makes room for count descriptors in memory of the map's own. -ENOMEM: nothing changed. */
int plug__fd_map_reserve(struct plug__fd_map *m, size_t count);

/* The slot of fd, or -1. */
int64_t plug__fd_map_find(const struct plug__fd_map *m, int fd);

/* Enters fd >= 0 or changes its slot; there is room. */
void plug__fd_map_put(struct plug__fd_map *m, int fd, unsigned slot);

/* Takes fd out; it is in. */
void plug__fd_map_remove(struct plug__fd_map *m, int fd);

/* Ends a map that has memory of its own. */
void plug__fd_map_free(struct plug__fd_map *m);

#endif
