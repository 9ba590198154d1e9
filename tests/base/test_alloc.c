/* SPDX-License-Identifier: MIT */
/* The door to memory: counts, replacement, sizes that cannot be. */
#include "t.h"
#include <stdlib.h>
#include <string.h>

static uint64_t live(void)
{
    struct plug_alloc_stats s;
    plug_alloc_stats(&s);
    return s.live;
}

static uint64_t calls(void)
{
    struct plug_alloc_stats s;
    plug_alloc_stats(&s);
    return s.calls;
}

T_TEST(alloc_counts)
{
    uint64_t before = live(), called = calls();
    char *p = T_PTR(plug_alloc(10));
    T_EQ(live(), before + 1);
    char *q = plug_realloc(p, 20);
    T_OWN(plug_free, q ? q : p);
    T_PTR(q);
    T_EQ(live(), before + 1);
    T_EQ(calls(), called + 2);
    t_disown(q);
    plug_free(q);
    T_EQ(live(), before);
    plug_free(NULL);
    T_EQ(live(), before);
}

T_TEST(alloc_of_nothing_is_a_block)
{
    void *p = T_PTR(plug_alloc(0));
    T_OWN(plug_free, p);
    T_OWN(plug_free, T_PTR(plug_calloc(0, 8)));
    T_OWN(plug_free, T_PTR(plug_memdup(NULL, 0)));
    void *q = plug_realloc(p, 0);
    T_PTR(q);
    t_disown(p);
    T_OWN(plug_free, q);
}

T_TEST_PLAIN(alloc_refuses_what_cannot_be)
{
    volatile size_t huge = SIZE_MAX;
    char *p = plug_alloc(4);
    uint64_t before = live();
    T_OWN(plug_free, p);
    memcpy(p, "abc", 4);
    T_TRUE(!plug_alloc(huge));
    T_TRUE(!plug_alloc(huge / 2 + 1));
    T_TRUE(!plug_calloc(huge / 2, 3));
    T_TRUE(!plug_calloc(3, huge / 2));
    T_TRUE(!plug_calloc(huge, huge));
    T_TRUE(!plug_realloc(p, huge));
    T_STR(p, "abc");
    T_EQ(live(), before);
}

T_TEST(alloc_calloc_is_zero)
{
    static const char zero[24];
    char *p = T_PTR(plug_calloc(3, 8));
    T_OWN(plug_free, p);
    T_MEM(p, zero, 24);
}

T_TEST(alloc_copies)
{
    char *p = T_PTR(plug_strdup("text"));
    T_OWN(plug_free, p);
    T_STR(p, "text");
    uint8_t *q = T_PTR(plug_memdup("a\0b", 3));
    T_OWN(plug_free, q);
    T_MEM(q, "a\0b", 3);
}

static unsigned took, gave;

static void *count_alloc(size_t size, void *ctx)
{
    ++*(unsigned *)ctx;
    return malloc(size);
}

static void *count_realloc(void *block, size_t size, void *ctx)
{
    ++*(unsigned *)ctx;
    return realloc(block, size);
}

static void count_free(void *block, void *ctx)
{
    (void)ctx;
    if (!block)
        abort();
    gave++;
    free(block);
}

static void back(void *unused)
{
    (void)unused;
    T_EQ(plug_allocator_set(NULL), 0);
}

T_TEST_PLAIN(alloc_can_be_replaced)
{
    struct plug_allocator a = {count_alloc, count_realloc, count_free, &took};
    took = gave = 0;
    T_OK(plug_allocator_set(&a));
    T_OWN(back, NULL);
    memset(&a, 0, sizeof a); /* it was copied */
    void *p = plug_realloc(plug_alloc(1), 100);
    plug_free(p);
    plug_free(NULL);
    T_EQ(took, 2);
    T_EQ(gave, 1);
}

T_TEST_PLAIN(alloc_is_not_replaced_under_living_blocks)
{
    const struct plug_allocator a = {count_alloc, count_realloc, count_free, &took};
    void *p = plug_alloc(1);
    T_ERR(plug_allocator_set(&a), -EBUSY);
    T_ERR(plug_allocator_set(NULL), -EBUSY);
    plug_free(p);
    T_OK(plug_allocator_set(&a));
    T_OK(plug_allocator_set(NULL));
}
