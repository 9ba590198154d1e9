/* SPDX-License-Identifier: MIT */
#include "fiber/stack.h"
#include "fiber/fd_slot.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/sys.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(low, top) 0u
#define VALGRIND_STACK_DEREGISTER(id)     ((void)(id))
#endif

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#endif

#define SLAB_STACKS 64 /* bits of struct plug__slab.cold */
#define SLAB_BYTES  (8 * 1024 * 1024)
#define COLOURS     8
#define GUARD       (16 * 1024) /* frames of code that does not probe its stack may be large */

struct plug__slab {
    struct plug__slab *next, *next_cold;
    char *memory;
    uint32_t count, used; /* those from used on were never handed out */
    uint64_t cold;        /* of the others: unused ones that have no pages */
    unsigned valgrind[SLAB_STACKS];
};

/* What is kept at the top of an unused stack. */
struct spare {
    struct spare *next;
    struct plug__stack stack;
};

static size_t pages(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (bytes + page - 1) / page * page;
}

void plug__stacks_open(struct plug__stacks *s, size_t size)
{
    memset(s, 0, sizeof *s);
    s->size = pages(size);
    s->stride = s->size + pages(GUARD);
    if (s->stride / pages(1) % 2 == 0)
        s->stride += pages(1);
}

char *plug__stack_low(const struct plug__stacks *s, struct plug__stack k)
{
    return k.slab->memory + (k.index + 1) * s->stride - s->size;
}

char *plug__stack_top(const struct plug__stacks *s, struct plug__stack k)
{
    return k.slab->memory + (k.index + 1) * s->stride - k.index % COLOURS * PLUG__LINE;
}

static uint32_t slab_count(const struct plug__stacks *s)
{
    size_t count = SLAB_BYTES / s->stride;

    return count > SLAB_STACKS ? SLAB_STACKS : count ? (uint32_t)count : 1;
}

static int add_slab(struct plug__stacks *s)
{
    struct plug__slab *slab = plug_calloc(1, sizeof *slab);
    void *memory = NULL;
    int r;

    if (!slab)
        return -ENOMEM;
    slab->count = slab_count(s);
    r = plug_sys()->mmap(slab->count * s->stride, PROT_READ | PROT_WRITE, MAP_NORESERVE | MAP_STACK,
                         &memory);
    if (r < 0) {
        plug_free(slab);
        return r;
    }
    slab->memory = memory;
    /* A kernel without huge pages refuses; then there is nothing to avoid. */
    (void)plug_sys()->madvise(memory, slab->count * s->stride, MADV_NOHUGEPAGE);
    slab->next = s->slabs;
    s->slabs = slab;
    return 0;
}

/* Guard pages need no mapping of their own; before Linux 6.13 mprotect makes two of each stack. */
static int set_guard(struct plug__stacks *s, char *guard, size_t len)
{
    if (!s->no_guard_pages) {
        int r = plug_sys()->madvise(guard, len, MADV_GUARD_INSTALL);
        if (r != -EINVAL)
            return r;
        s->no_guard_pages = true;
    }
    return plug_sys()->mprotect(guard, len, PROT_NONE);
}

static int take_fresh(struct plug__stacks *s, struct plug__stack *ret)
{
    int r = s->slabs && s->slabs->used < s->slabs->count ? 0 : add_slab(s);

    if (r < 0)
        return r;
    struct plug__stack k = {s->slabs, s->slabs->used};
    char *low = plug__stack_low(s, k);
    r = set_guard(s, low - (s->stride - s->size), s->stride - s->size);
    if (r < 0)
        return r;
    k.slab->valgrind[k.index] = VALGRIND_STACK_REGISTER(low, plug__stack_top(s, k));
    k.slab->used++;
    s->mapped++;
    *ret = k;
    return 0;
}

static void take_cold(struct plug__stacks *s, struct plug__stack *ret)
{
    struct plug__slab *slab = s->cold;

    *ret = (struct plug__stack){slab, (uint32_t)__builtin_ctzll(slab->cold)};
    slab->cold &= slab->cold - 1;
    if (slab->cold == 0)
        s->cold = slab->next_cold;
}

int plug__stack_take(struct plug__stacks *s, struct plug__stack *ret)
{
    struct spare *spare = s->hot;

    if (spare) {
        s->hot = spare->next;
        s->hot_count--;
        *ret = spare->stack;
        return 0;
    }
    if (!s->cold)
        return take_fresh(s, ret);
    take_cold(s, ret);
    return 0;
}

void plug__stack_give(struct plug__stacks *s, struct plug__stack k)
{
    struct plug__slab *slab = k.slab;

    if (s->hot_count < PLUG__STACK_SPARE ||
        plug_sys()->madvise(plug__stack_low(s, k), s->size, MADV_DONTNEED) < 0) {
        struct spare *spare = (struct spare *)plug__stack_top(s, k) - 1;
        *spare = (struct spare){s->hot, k};
        s->hot = spare;
        s->hot_count++;
        return;
    }
    if (slab->cold == 0) {
        slab->next_cold = s->cold;
        s->cold = slab;
    }
    slab->cold |= UINT64_C(1) << k.index;
}

/* --- how much of them was needed ------------------------------------------------------------ */

/* Bytes from the first one of len that is not 0. */
static size_t touched(const char *low, size_t len)
{
    size_t i = 0;

    while (i < len && low[i] == 0)
        i++;
    return len - i;
}

/* What was never touched has no page; asked for in pieces that fit this function's own stack. */
static size_t stack_high(const struct plug__stacks *s, char *low)
{
    unsigned char there[256];
    size_t page = pages(1);

    for (size_t at = 0; at < s->size; at += sizeof there * page) {
        size_t len = s->size - at < sizeof there * page ? s->size - at : sizeof there * page;
        if (plug_sys()->mincore(low + at, len, there) < 0)
            return 0;
        for (size_t i = 0; i < len / page; i++) {
            size_t used = there[i] & 1 ? touched(low + at + i * page, page) : 0;
            if (used)
                return s->size - at - (i + 1) * page + used;
        }
    }
    return 0;
}

size_t plug__stacks_high(const struct plug__stacks *s)
{
    size_t most = 0;

    for (struct plug__slab *slab = s->slabs; slab; slab = slab->next) {
        for (uint32_t i = 0; i < slab->used; i++) {
            size_t high = stack_high(s, plug__stack_low(s, (struct plug__stack){slab, i}));
            most = high > most ? high : most;
        }
    }
    return most;
}

void plug__stacks_close(struct plug__stacks *s)
{
    for (struct plug__slab *slab = s->slabs, *next; slab; slab = next) {
        next = slab->next;
        for (uint32_t i = 0; i < slab->used; i++)
            VALGRIND_STACK_DEREGISTER(slab->valgrind[i]);
        (void)plug_sys()->munmap(slab->memory, slab->count * s->stride);
        plug_free(slab);
    }
    memset(s, 0, sizeof *s);
}
