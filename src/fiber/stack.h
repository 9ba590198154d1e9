/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FIBER_STACK_H
#define PLUG_FIBER_STACK_H
/*
 * Stacks of one scheduler: many in one mapping, each above a guard; used again, the last one first,
 * because its pages are there and hot. Beyond PLUG__STACK_SPARE unused ones, pages go back to the
 * kernel.
 */
#include <plug/base.h>

#define PLUG__STACK_SPARE 1024

struct plug__slab;

struct plug__stack {
    struct plug__slab *slab;
    uint32_t index;
};

struct plug__stacks {
    size_t size, stride;      /* of one stack, without and with its guard */
    struct plug__slab *slabs; /* the newest first */
    struct plug__slab *cold;  /* those that have stacks without pages */
    void *hot;                /* stacks with pages: each begins at its top with the next one */
    size_t hot_count;
    size_t mapped; /* stacks that were ever handed out */
    bool no_guard_pages;
};

/* size: bytes of a stack, rounded up to whole pages. */
void plug__stacks_open(struct plug__stacks *s, size_t size);
void plug__stacks_close(struct plug__stacks *s);

/* -ENOMEM: no memory, or vm.max_map_count is reached. */
int plug__stack_take(struct plug__stacks *s, struct plug__stack *ret);

/* Back; nothing on it is needed any more, nobody runs on it. */
void plug__stack_give(struct plug__stacks *s, struct plug__stack k);

/* Its lowest byte, and the one behind its highest. The guard ends at low. */
char *plug__stack_low(const struct plug__stacks *s, struct plug__stack k);
char *plug__stack_top(const struct plug__stacks *s, struct plug__stack k);

/* Most bytes of any stack that were ever touched, as far as its pages are still there. */
size_t plug__stacks_high(const struct plug__stacks *s);

/* Bytes of each guard. */
static inline size_t plug__stack_guard(const struct plug__stacks *s)
{
    return s->stride - s->size;
}

#endif
