/* SPDX-License-Identifier: MIT */
#ifndef PLUG_ALLOC_H
#define PLUG_ALLOC_H
/*
 * The one door to memory: counted, replaceable, failable.
 *
 * Layer: base. Every allocation of the library goes through here.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

/* realloc and free get blocks of this allocator only; free(NULL) is never passed on. */
struct plug_allocator {
    void *(*alloc)(size_t size, void *ctx);
    void *(*realloc)(void *block, size_t size, void *ctx);
    void (*free)(void *block, void *ctx);
    void *ctx;
};

/*
 * Replaces the allocator; NULL goes back to malloc(3). copies *a. Call it before any other thread
 * uses the library and while no block is alive (-EBUSY otherwise, nothing changed).
 */
PLUG_API PLUG_MUST int plug_allocator_set(const struct plug_allocator *a);

/*
 * malloc, calloc (overflow-checked), realloc, free, with NULL on failure (the old block of a
 * realloc stays). Size 0 gives a block too; realloc never frees. Any thread. gives: end with
 * plug_free.
 */
PLUG_API PLUG_MUST void *plug_alloc(size_t size);
PLUG_API PLUG_MUST void *plug_calloc(size_t count, size_t size);
PLUG_API PLUG_MUST void *plug_realloc(void *block, size_t size);
PLUG_API void plug_free(void *block);

/* Copies of text and of bytes; NULL on failure. Any thread. gives: end with plug_free. */
PLUG_API PLUG_MUST char *plug_strdup(const char *text);
PLUG_API PLUG_MUST void *plug_memdup(const void *bytes, size_t len);

/* live blocks now, and calls of alloc/calloc/realloc since the start. Any thread. */
struct plug_alloc_stats {
    uint64_t live;
    uint64_t calls;
};
PLUG_API void plug_alloc_stats(struct plug_alloc_stats *ret_stats);

PLUG_END_DECLS
#endif
