/* SPDX-License-Identifier: MIT */
/* The map and the registry under the sets, beside a plain array. */
#include "loop/registry.h"
#include <t.h>

#include <errno.h>

enum { FDS = 300 };
static struct plug__registry set;
static uint64_t id[FDS]; /* 0: not in */

static void end_set(void *unused)
{
    (void)unused;
    plug__registry_free(&set);
    set = (struct plug__registry){0};
}

static void begin(void)
{
    T_OWN(end_set, NULL);
    for (int i = 0; i < FDS; i++)
        id[i] = 0;
}

/* Numbers that collide: most share their low bits. */
static int number(size_t i)
{
    return (int)(i % 3 ? i * 4096 : i);
}

static void change(size_t i)
{
    struct plug__entry *e = plug__registry_find(&set, number(i));
    T_EQ(e != NULL, id[i] != 0);
    if (e) {
        T_EQ(plug__registry_id(&set, e), id[i]);
        plug__registry_remove(&set, e);
        T_TRUE(!plug__registry_by_id(&set, id[i]));
        id[i] = 0;
        return;
    }
    T_OK(plug__registry_reserve(&set));
    id[i] = plug__registry_next_id(&set);
    e = plug__registry_add(&set, number(i));
    T_EQ(plug__registry_id(&set, e), id[i]);
}

static void check_all(void)
{
    unsigned count = 0;
    for (size_t i = 0; i < FDS; i++) {
        struct plug__entry *e = plug__registry_find(&set, number(i));
        T_EQ(e != NULL, id[i] != 0);
        T_TRUE(!e || plug__registry_by_id(&set, id[i]) == e);
        count += e != NULL;
    }
    T_EQ(set.count, count);
    T_EQ(set.map.count, count);
}

T_TEST(registry_is_what_an_array_would_be)
{
    begin();
    for (int i = 0; i < 20000; i++) {
        change((size_t)t_below(FDS));
        if (i % 500 == 0)
            check_all();
    }
    check_all();
}

T_TEST(registry_gives_no_id_twice)
{
    begin();
    uint64_t last = 0;
    for (int i = 0; i < 100; i++) {
        change(5);
        T_TRUE(id[5] != last);
        T_TRUE(id[5] & PLUG__ID_MARK);
        last = id[5];
        change(5);
    }
    T_TRUE(!plug__registry_by_id(&set, 0));
    T_TRUE(!plug__registry_by_id(&set, UINT64_MAX));
}

T_TEST(registry_add_ends_the_one_before)
{
    begin();
    change(7);
    T_OK(plug__registry_reserve(&set));
    struct plug__entry *e = plug__registry_add(&set, number(7));
    T_TRUE(!plug__registry_by_id(&set, id[7]));
    T_TRUE(plug__registry_find(&set, number(7)) == e);
    T_EQ(set.count, 1);
}

T_TEST(map_grows_when_it_is_half_full)
{
    struct plug__fd_map *m = &set.map;
    begin();
    T_OK(plug__fd_map_reserve(m, 8));
    T_EQ(m->room, 16);
    T_OK(plug__fd_map_reserve(m, 9));
    T_EQ(m->room, 32);
    T_EQ(plug__fd_map_find(m, -1), -1);
    T_EQ(plug__fd_map_find(m, 3), -1);
}
