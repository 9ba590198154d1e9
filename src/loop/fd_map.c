/* SPDX-License-Identifier: MIT */
/* Open addressing; descriptors are small and dense, so that their number is a good hash. */
#include "loop/fd_map.h"
#include <errno.h>
#include <plug/alloc.h>

#define ROOM_MIN 16

size_t plug__fd_map_room(size_t count)
{
    size_t room = ROOM_MIN;

    while (room < 2 * count)
        room *= 2;
    return room;
}

void plug__fd_map_over(struct plug__fd_map *m, struct plug__fd_cell *cells, size_t room)
{
    *m = (struct plug__fd_map){cells, room, 0};
    for (size_t i = 0; i < room; i++)
        cells[i].fd = -1;
}

static size_t home(const struct plug__fd_map *m, int fd)
{
    return (size_t)fd & (m->room - 1);
}

/* The cell that has fd, or the empty one where it belongs. */
static struct plug__fd_cell *cell_of(const struct plug__fd_map *m, int fd)
{
    size_t i = home(m, fd);

    while (m->cells[i].fd != fd && m->cells[i].fd >= 0)
        i = (i + 1) & (m->room - 1);
    return &m->cells[i];
}

int plug__fd_map_reserve(struct plug__fd_map *m, size_t count)
{
    struct plug__fd_map larger;
    struct plug__fd_cell *cells;

    if (2 * count <= m->room)
        return 0;
    cells = plug_calloc(plug__fd_map_room(count), sizeof *cells);
    if (!cells)
        return -ENOMEM;
    plug__fd_map_over(&larger, cells, plug__fd_map_room(count));
    for (size_t i = 0; i < m->room; i++)
        if (m->cells[i].fd >= 0)
            plug__fd_map_put(&larger, m->cells[i].fd, m->cells[i].slot);
    plug__fd_map_free(m);
    *m = larger;
    return 0;
}

int64_t plug__fd_map_find(const struct plug__fd_map *m, int fd)
{
    const struct plug__fd_cell *cell;

    if (m->count == 0 || fd < 0)
        return -1;
    cell = cell_of(m, fd);
    return cell->fd == fd ? (int64_t)cell->slot : -1;
}

void plug__fd_map_put(struct plug__fd_map *m, int fd, unsigned slot)
{
    struct plug__fd_cell *cell = cell_of(m, fd);

    m->count += cell->fd != fd;
    *cell = (struct plug__fd_cell){fd, slot};
}

/* What follows moves up where that brings it nearer to its home, so that no hole hides it. */
void plug__fd_map_remove(struct plug__fd_map *m, int fd)
{
    size_t mask = m->room - 1, hole = (size_t)(cell_of(m, fd) - m->cells), i = hole;

    for (;;) {
        i = (i + 1) & mask;
        if (m->cells[i].fd < 0)
            break;
        if (((i - home(m, m->cells[i].fd)) & mask) >= ((i - hole) & mask)) {
            m->cells[hole] = m->cells[i];
            hole = i;
        }
    }
    m->cells[hole].fd = -1;
    m->count--;
}

void plug__fd_map_free(struct plug__fd_map *m)
{
    plug_free(m->cells);
    *m = (struct plug__fd_map){NULL, 0, 0};
}
