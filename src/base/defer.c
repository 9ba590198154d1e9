/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include "base/at_hand.h"
#include <plug/alloc.h>
#include <plug/defer.h>
#include <plug/err.h>
#include <plug/wait.h>

/* A free entry of the frame itself, else a new one. */
static struct plug_defer_entry *entry_new(struct plug_defer_frame *f)
{
    for (size_t i = 0; i < PLUG_DEFER_OWN; i++)
        if (!f->own[i].fn)
            return &f->own[i];
    return plug_alloc(sizeof(struct plug_defer_entry));
}

static void entry_free(struct plug_defer_frame *f, struct plug_defer_entry *e)
{
    for (size_t i = 0; i < PLUG_DEFER_OWN; i++) {
        if (e == &f->own[i]) {
            e->fn = NULL;
            return;
        }
    }
    plug_free(e);
}

static void entry_remove(struct plug_defer_frame *f, struct plug_defer_entry **at)
{
    struct plug_defer_entry *e = *at;

    *at = e->before;
    f->count--;
    entry_free(f, e);
}

int plug_defer(plug_defer_fn *fn, void *arg)
{
    struct plug_defer_frame *f = plug__waiter()->own.defer;
    struct plug_defer_entry *e;

    PLUG_ASSERT(fn != NULL, "something to call is needed");
    PLUG_ASSERT(f != NULL, "outside fibers and handlers, plug_defer_enter comes first");
    e = f->count < PLUG_DEFER_MAX ? entry_new(f) : NULL;
    if (!e) {
        fn(arg);
        return f->count < PLUG_DEFER_MAX ? -ENOMEM : PLUG_ELIMIT;
    }
    *e = (struct plug_defer_entry){fn, arg, f->last};
    f->last = e;
    f->count++;
    return 0;
}

bool plug_defer_cancel(plug_defer_fn *fn, void *arg)
{
    struct plug_defer_frame *f = plug__waiter()->own.defer;

    if (!f)
        return false;
    for (struct plug_defer_entry **at = &f->last; *at; at = &(*at)->before) {
        if ((*at)->fn == fn && (*at)->arg == arg) {
            entry_remove(f, at);
            return true;
        }
    }
    return false;
}

void plug_defer_enter(struct plug_defer_frame *frame)
{
    struct plug_waiter *w = plug__waiter();

    *frame = (struct plug_defer_frame){.outer = w->own.defer};
    w->own.defer = frame;
}

void plug_defer_leave(struct plug_defer_frame *frame)
{
    PLUG_ASSERT(plug__waiter()->own.defer == frame, "frames are left innermost first");
    while (frame->last) {
        struct plug_defer_entry e = *frame->last;

        entry_remove(frame, &frame->last);
        e.fn(e.arg);
    }
    PLUG_ASSERT(plug__waiter()->own.defer == frame, "a clean-up left a frame open");
    plug__waiter()->own.defer = frame->outer;
}
