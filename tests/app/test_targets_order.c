/* SPDX-License-Identifier: MIT */
/* Permutations and shards: every number exactly once, on however many machines. */
#include "t.h"
#include <stdlib.h>
#include <string.h>

static struct plug_permutation permutation(uint64_t count, uint64_t seed)
{
    struct plug_permutation p;

    T_OK(plug_permutation_init(&p, count, seed));
    return p;
}

static void check_all(uint64_t count, uint64_t seed, uint32_t shards)
{
    struct plug_permutation p = permutation(count, seed);
    uint8_t *seen = T_PTR(calloc(count, 1));
    uint64_t total = 0;

    T_OWN(free, seen);
    for (uint32_t shard = 1; shard <= shards; shard++) {
        struct plug_shard s = {shard, shards};
        uint64_t mine = plug_shard_count(s, count);

        T_TRUE(mine == count / shards || mine == count / shards + 1);
        total += mine;
        for (uint64_t i = 0; i < mine; i++) {
            uint64_t at = plug_shard_at(s, i), to;

            if (at >= count || (to = plug_permutation_at(&p, at)) >= count || seen[to]++ ||
                plug_permutation_find(&p, to) != at)
                T_FAIL("count %llu seed %llu shard %u of %u place %llu", (unsigned long long)count,
                       (unsigned long long)seed, shard, shards, (unsigned long long)i);
        }
    }
    T_EQ(total, count);
    t_end_owned();
}

T_TEST_PLAIN(every_number_comes_once)
{
    for (uint64_t count = 1; count <= 3000; count++)
        check_all(count, t_random(), 1 + (uint32_t)t_below(9));
}

T_TEST_PLAIN(every_number_comes_once_in_large_ranges)
{
    static const uint64_t counts[] = {65521, 65535, 65536, 65537, 99991, 1 << 18};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        check_all(counts[i], t_random(), 1 + (uint32_t)t_below(5));
    check_all(65536, 0, 7);
    check_all(10, 1, 64); /* most shards have nothing to do */
}

T_TEST_PLAIN(the_largest_range)
{
    static const uint64_t counts[] = {UINT32_MAX, (uint64_t)1 << 32, ((uint64_t)1 << 62) - 1,
                                      (uint64_t)1 << 62};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct plug_permutation p = permutation(counts[i], t_random());

        for (int n = 0; n < 2000; n++) {
            uint64_t from = n == 0 ? 0 : n == 1 ? counts[i] - 1 : t_below(counts[i]);
            uint64_t to = plug_permutation_at(&p, from);

            T_TRUE(to < counts[i]);
            T_EQ(plug_permutation_find(&p, to), from);
        }
    }
}

T_TEST(a_range_has_limits)
{
    struct plug_permutation p = {.count = 77};

    T_ERR(plug_permutation_init(&p, 0, 1), PLUG_ERANGE);
    T_ERR(plug_permutation_init(&p, ((uint64_t)1 << 62) + 1, 1), PLUG_ERANGE);
    T_EQ(p.count, 77);
}

/* Another version of the library must not leave gaps between machines. */
T_TEST(the_order_never_changes)
{
    static const uint32_t first[] = {17861, 6878, 31538, 59535, 26374, 37931, 21971, 64497};
    struct plug_permutation p = permutation(65536, 42);

    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        T_EQ(plug_permutation_at(&p, i), first[i]);
}

/* Neighbours are torn apart: of 256 in a row at most a few are of one /24. */
T_TEST_PLAIN(no_network_is_hammered)
{
    for (int round = 0; round < 20; round++) {
        struct plug_permutation p = permutation(65536, t_random());
        unsigned in[256] = {0}, most = 0;

        for (uint64_t i = 0; i < 256; i++) {
            uint64_t net = plug_permutation_at(&p, i) >> 8;

            if (++in[net] > most)
                most = in[net];
        }
        T_TRUE(most <= 12); /* Poisson with mean 1: above 12 once in 10^10 */
    }
}

T_TEST(shards_as_text)
{
    struct plug_shard s = {7, 7};

    T_ERR(plug_shard_parse("", &s), PLUG_ENUMBER);
    T_ERR(plug_shard_parse("3", &s), PLUG_ENUMBER);
    T_ERR(plug_shard_parse("/3", &s), PLUG_ENUMBER);
    T_ERR(plug_shard_parse("3/", &s), PLUG_ENUMBER);
    T_ERR(plug_shard_parse("1/2/3", &s), PLUG_ENUMBER);
    T_ERR(plug_shard_parse("-1/2", &s), PLUG_ENUMBER);
    T_ERR(plug_shard_parse("0/3", &s), PLUG_ERANGE);
    T_ERR(plug_shard_parse("0/0", &s), PLUG_ERANGE);
    T_ERR(plug_shard_parse("4/3", &s), PLUG_ERANGE);
    T_ERR(plug_shard_parse("1/4294967296", &s), PLUG_ERANGE);
    T_EQ(s.shard, 7);
    T_OK(plug_shard_parse("3/3", &s));
    T_EQ(s.shard, 3);
    T_EQ(s.shards, 3);
    T_OK(plug_shard_parse("4294967295/4294967295", &s));
    T_EQ(plug_shard_count(s, UINT32_MAX), 1);
    T_EQ(plug_shard_at(s, 0), UINT32_MAX - 1);
    T_EQ(plug_shard_count((struct plug_shard){4, 4}, 3), 0);
}
