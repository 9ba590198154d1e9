/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include "base/sys_tap.h"
#include <errno.h>
#include <plug/alloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static void *libc_alloc(size_t size, void *ctx)
{
    (void)ctx;
    return malloc(size);
}

static void *libc_realloc(void *block, size_t size, void *ctx)
{
    (void)ctx;
    return realloc(block, size);
}

static void libc_free(void *block, void *ctx)
{
    (void)ctx;
    free(block);
}

static const struct plug_allocator libc = {libc_alloc, libc_realloc, libc_free, NULL};
static struct plug_allocator current = {libc_alloc, libc_realloc, libc_free, NULL};
static atomic_uint_fast64_t live, calls;

int plug_allocator_set(const struct plug_allocator *a)
{
    if (atomic_load(&live) > 0)
        return -EBUSY;
    if (a)
        PLUG_ASSERT(a->alloc && a->realloc && a->free, "an allocator needs all three functions");
    current = a ? *a : libc;
    return 0;
}

/* Every allocation passes here: counts, and says whether it may go on to the allocator. */
static bool admitted(size_t size)
{
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    return size <= PTRDIFF_MAX && (!plug__tap_on() || plug__tap(PLUG__SYS_MALLOC).error == 0);
}

void *plug_alloc(size_t size)
{
    void *block = admitted(size) ? current.alloc(size ? size : 1, current.ctx) : NULL;

    if (block)
        atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
    return block;
}

void *plug_calloc(size_t count, size_t size)
{
    size_t all;
    void *block;

    if (__builtin_mul_overflow(count, size, &all))
        all = SIZE_MAX;
    block = plug_alloc(all);
    return block ? memset(block, 0, all) : NULL;
}

void *plug_realloc(void *block, size_t size)
{
    if (!block)
        return plug_alloc(size);
    return admitted(size) ? current.realloc(block, size ? size : 1, current.ctx) : NULL;
}

void plug_free(void *block)
{
    if (!block)
        return;
    atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
    current.free(block, current.ctx);
}

char *plug_strdup(const char *text)
{
    return plug_memdup(text, strlen(text) + 1);
}

void *plug_memdup(const void *bytes, size_t len)
{
    void *copy = plug_alloc(len);

    if (copy && len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

void plug_alloc_stats(struct plug_alloc_stats *ret_stats)
{
    ret_stats->live = atomic_load_explicit(&live, memory_order_relaxed);
    ret_stats->calls = atomic_load_explicit(&calls, memory_order_relaxed);
}
