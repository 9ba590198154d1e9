/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FIBER_FD_SLOT_H
#define PLUG_FIBER_FD_SLOT_H
/* What a scheduler knows of each descriptor number, and which fibers wait for it. */
#include <plug/wait.h>

struct plug_fiber;

/* One fiber waits for one descriptor; in the frame of its wait. */
struct plug__fd_waiter {
    struct plug__fd_waiter *next;
    struct plug_fiber *fiber;
    short events;
    bool told; /* out of the list */
};

struct plug__fd_slot {
    uint64_t id; /* the opening that is kept registered; 0: none */
    struct plug__fd_waiter *waiters;
    uint32_t generation; /* of the registration: events of earlier ones are stale */
    uint32_t mask;       /* what the engine has registered; 0: nothing */
    uint32_t watches;    /* waits that registered it for this once */
    uint32_t sends;      /* that are in the hands of the engine */
    uint8_t waits;       /* the engine's own */
    bool dry;            /* a receive has emptied it, and nothing was told since */
    bool ended;          /* an end, an error or urgent data were told: always try */
};

/* Chunks, so that high numbers cost little, and addresses stay. */
#define PLUG__FD_CHUNK 256
struct plug__fd_slots {
    struct plug__fd_slot **chunks;
    size_t count;
};

/* The slot of fd >= 0; NULL: out of memory. find: NULL where there is none yet. */
struct plug__fd_slot *plug__fd_slot_new(struct plug__fd_slots *t, int fd);
static inline struct plug__fd_slot *plug__fd_slot_find(const struct plug__fd_slots *t, int fd)
{
    size_t i = (unsigned)fd / PLUG__FD_CHUNK;

    return i < t->count && t->chunks[i] ? &t->chunks[i][(unsigned)fd % PLUG__FD_CHUNK] : NULL;
}
static inline struct plug__fd_slot *plug__fd_slot(struct plug__fd_slots *t, int fd)
{
    struct plug__fd_slot *slot = plug__fd_slot_find(t, fd);

    return slot ? slot : plug__fd_slot_new(t, fd);
}

/*
 * What will be told soon. Among thousands of fibers all of it has left the caches, and one thing
 * says where the next is: each step fetches what the step before has found.
 */
#define PLUG__LINE 64
static inline void plug__fd_fetch_slot(const struct plug__fd_slots *t, int fd)
{
    __builtin_prefetch(plug__fd_slot_find(t, fd), 1);
}

/* A waiter is in its fiber's first line, mostly. */
static inline void plug__fd_fetch_waiter(const struct plug__fd_slots *t, int fd)
{
    const struct plug__fd_slot *slot = plug__fd_slot_find(t, fd);

    if (slot && slot->waiters) {
        __builtin_prefetch(slot->waiters, 1);
        __builtin_prefetch((const char *)slot->waiters + PLUG__LINE, 1);
    }
}
void plug__fd_slots_free(struct plug__fd_slots *t);

/* Enters the calling fiber; takes it out unless it was told. */
static inline void plug__fd_enter(struct plug__fd_slot *slot, struct plug__fd_waiter *n,
                                  struct plug_fiber *f, short events)
{
    *n = (struct plug__fd_waiter){slot->waiters, f, events, false};
    slot->waiters = n;
}
void plug__fd_withdraw(struct plug__fd_slot *slot, struct plug__fd_waiter *n);
static inline void plug__fd_leave(struct plug__fd_slot *slot, struct plug__fd_waiter *n)
{
    if (!n->told)
        plug__fd_withdraw(slot, n);
}

/* Unparks those that wait for one of revents (POLLIN ...; POLLERR and POLLHUP are for all). */
void plug__fd_told(struct plug__fd_slot *slot, short revents);

/* Another file has the number now, or none: those that wait get -EBADF, old events are stale. */
void plug__fd_renew(struct plug__fd_slot *slot);

#endif
