/* SPDX-License-Identifier: MIT */
#ifndef PLUG_DEFER_H
#define PLUG_DEFER_H
/*
 * Clean-up that is said where the thing is made: plug_defer(plug_free, p).
 *
 * Layer: base.
 *
 * Under a server's handler and in a fiber's function it runs when they return, under every model,
 * last one first. Elsewhere the caller:
 *   1. opens a frame: struct plug_defer_frame f; plug_defer_enter(&f);
 *   2. calls plug_defer(fn, arg) as often as needed, also in functions called from here
 *   3. plug_defer_leave(&f): all of them run, last one first
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

#define PLUG_DEFER_MAX 1024 /* most entries of one frame */
#define PLUG_DEFER_OWN 4    /* as many need no allocation */

typedef void plug_defer_fn(void *arg);

/* One clean-up. Its fields are the library's. */
struct plug_defer_entry {
    plug_defer_fn *fn;
    void *arg;
    struct plug_defer_entry *before;
};

/* A frame; lives with the caller between enter and leave. Its fields are the library's. */
struct plug_defer_frame {
    struct plug_defer_frame *outer;
    struct plug_defer_entry *last;
    size_t count;
    struct plug_defer_entry own[PLUG_DEFER_OWN];
};

/*
 * Calls fn(arg) when the innermost frame of the calling thread or fiber is left. borrows arg until
 * then. On failure fn(arg) is called at once, so that nothing leaks: -ENOMEM, PLUG_ELIMIT. Without
 * any frame it is a programming mistake and aborts.
 */
PLUG_API PLUG_MUST int plug_defer(plug_defer_fn *fn, void *arg);

/*
 * Takes the latest fn(arg) of the innermost frame back: it is not called. False: there is none.
 */
PLUG_API bool plug_defer_cancel(plug_defer_fn *fn, void *arg);

/*
 * Opens a frame in the calling thread or fiber, and leaves it: its clean-ups run, last one first,
 * and those that they add. enter borrows frame until leave; leaving another one than the innermost
 * is a programming mistake and aborts.
 */
PLUG_API void plug_defer_enter(struct plug_defer_frame *frame);
PLUG_API void plug_defer_leave(struct plug_defer_frame *frame);

PLUG_END_DECLS
#endif
