/* SPDX-License-Identifier: MIT */
/*
 * How many at once, and how many of one source.
 *
 * Sources are kept in an open hash table that holds those with a connection only, so it is never
 * larger than the connections are many. IPv6 counts by /64: whoever has one address there has all.
 */
#include "server/server_impl.h"

#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <pthread.h>
#include <string.h>

#define SLOTS_FIRST 64

struct source {
    uint64_t prefix; /* IPv4 address, or the first half of an IPv6 one */
    uint32_t count;  /* 0: a free slot */
    bool six;
};

struct plug__sources {
    pthread_mutex_t lock; /* threads and schedulers share it */
    size_t max;
    uint64_t seed; /* so that nobody outside can choose who collides */
    struct source *slot;
    size_t slots, used; /* slots is a power of two, and more than half of them are free */
};

int plug__sources_open(struct plug__sources **ret, size_t max_per_source)
{
    struct plug__sources *t = plug_calloc(1, sizeof *t);
    if (!t)
        return -ENOMEM;
    t->slot = plug_calloc(SLOTS_FIRST, sizeof *t->slot);
    if (!t->slot) {
        plug_free(t);
        return -ENOMEM;
    }
    t->slots = SLOTS_FIRST;
    t->max = max_per_source;
    if (plug_sys()->getrandom(&t->seed, sizeof t->seed, 0) < 0)
        t->seed = (uint64_t)plug_now();
    pthread_mutex_init(&t->lock, NULL);
    *ret = t;
    return 0;
}

void plug__sources_close(struct plug__sources *t)
{
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    plug_free(t->slot);
    plug_free(t);
}

/* Whom an address stands for; false: no limit for such (UNIX). */
static bool source_of(const struct plug_addr *peer, struct source *ret)
{
    struct plug_addr a = *peer;
    size_t len;
    uint8_t half[8] = {0};
    plug_addr_unmap(&a);
    int family = plug_addr_family(&a);
    if (family != AF_INET && family != AF_INET6)
        return false;
    const void *bytes = plug_addr_bytes(&a, &len);
    memcpy(half, bytes, len < sizeof half ? len : sizeof half);
    memcpy(&ret->prefix, half, sizeof half);
    ret->six = family == AF_INET6;
    ret->count = 0;
    return true;
}

static size_t home(const struct plug__sources *t, const struct source *s)
{
    uint64_t h = (s->prefix ^ t->seed ^ s->six) * 0x9e3779b97f4a7c15u;
    h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93u;
    return (size_t)(h ^ (h >> 32)) & (t->slots - 1);
}

/* Where a source is, or the free slot where it belongs. */
static size_t find(const struct plug__sources *t, const struct source *s)
{
    size_t i = home(t, s);
    while (t->slot[i].count && (t->slot[i].prefix != s->prefix || t->slot[i].six != s->six))
        i = (i + 1) & (t->slots - 1);
    return i;
}

static int grow(struct plug__sources *t)
{
    struct source *old = t->slot;
    size_t slots = t->slots;
    struct source *more = plug_calloc(2 * slots, sizeof *more);
    if (!more)
        return -ENOMEM;
    t->slot = more;
    t->slots = 2 * slots;
    for (size_t i = 0; i < slots; i++)
        if (old[i].count)
            t->slot[find(t, &old[i])] = old[i];
    plug_free(old);
    return 0;
}

/* Frees a slot, and moves up those that had to go round it. */
static void take_out(struct plug__sources *t, size_t hole)
{
    size_t mask = t->slots - 1;
    t->used--;
    for (size_t i = (hole + 1) & mask; t->slot[i].count; i = (i + 1) & mask) {
        size_t wants = home(t, &t->slot[i]);
        if (((i - wants) & mask) >= ((i - hole) & mask)) {
            t->slot[hole] = t->slot[i];
            hole = i;
        }
    }
    t->slot[hole].count = 0;
}

static int enter(struct plug__sources *t, const struct source *s)
{
    size_t i = find(t, s);
    if (t->slot[i].count >= t->max)
        return PLUG_ELIMIT;
    if (t->slot[i].count == 0) {
        if (2 * (t->used + 1) > t->slots) {
            int r = grow(t);
            if (r < 0)
                return r;
            i = find(t, s);
        }
        t->slot[i] = *s;
        t->used++;
    }
    t->slot[i].count++;
    return 0;
}

int plug__sources_enter(struct plug__sources *t, const struct plug_addr *peer)
{
    struct source s;
    if (!t || !source_of(peer, &s))
        return 0;
    pthread_mutex_lock(&t->lock);
    int r = enter(t, &s);
    pthread_mutex_unlock(&t->lock);
    return r;
}

void plug__sources_leave(struct plug__sources *t, const struct plug_addr *peer)
{
    struct source s;
    if (!t || !source_of(peer, &s))
        return;
    pthread_mutex_lock(&t->lock);
    size_t i = find(t, &s);
    if (t->slot[i].count && --t->slot[i].count == 0)
        take_out(t, i);
    pthread_mutex_unlock(&t->lock);
}

/* --- the door ----------------------------------------------------------------------------- */

static void raise_live(struct plug__shared *p, size_t live)
{
    size_t most = atomic_load_explicit(&p->live_max, memory_order_relaxed);
    while (most < live && !atomic_compare_exchange_weak(&p->live_max, &most, live)) {
    }
}

static size_t slots_in(const struct plug_server *s, int state)
{
    const struct plug__shared *p = s->shared;
    size_t n = 0;
    for (size_t i = 0; i < atomic_load(&p->slots_used); i++)
        n += atomic_load(&p->slot[i].state) == state;
    return n;
}

size_t plug__live(const struct plug_server *s)
{
    return atomic_load(&s->shared->live) + slots_in(s, PLUG__SLOT_BUSY);
}

size_t plug__kept(const struct plug_server *s)
{
    return atomic_load(&s->shared->kept) + slots_in(s, PLUG__SLOT_IDLE);
}

/* A kept child has one request at a time, and no sources to count. */
static int enter_child(struct plug_server *s, int fd)
{
    if (fd >= s->fd_max) {
        plug__count(&s->shared->refused_max);
        return PLUG_ELIMIT;
    }
    atomic_store(&s->slot->state, PLUG__SLOT_BUSY);
    raise_live(s->shared, plug__live(s));
    return 0;
}

int plug__limits_enter(struct plug_server *s, const struct plug_addr *peer, int fd)
{
    struct plug__shared *p = s->shared;
    if (s->slot)
        return enter_child(s, fd);
    size_t live = atomic_fetch_add(&p->live, 1) + 1;
    if (live > s->o.max || fd >= s->fd_max) {
        atomic_fetch_sub(&p->live, 1);
        plug__count(&p->refused_max);
        return PLUG_ELIMIT;
    }
    int r = plug__sources_enter(s->sources, peer);
    if (r < 0) {
        atomic_fetch_sub(&p->live, 1);
        plug__count(&p->refused_source);
        return r;
    }
    raise_live(p, live);
    return 0;
}

void plug__limits_leave(struct plug_server *s, const struct plug_addr *peer)
{
    if (s->slot) { /* a fresh child is counted out by its parent, when it has ended */
        if (atomic_load(&s->slot->state) == PLUG__SLOT_BUSY)
            atomic_store(&s->slot->state, PLUG__SLOT_IDLE);
        return;
    }
    plug__sources_leave(s->sources, peer);
    atomic_fetch_sub(&s->shared->live, 1);
}
