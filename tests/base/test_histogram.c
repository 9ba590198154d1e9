/* SPDX-License-Identifier: MIT */
#include "t.h"
#include <stdlib.h>

static struct plug_histogram h, other;

static void empty(void)
{
    plug_histogram_free(&h);
    plug_histogram_free(&other);
}

static void begin(void)
{
    T_OWN(plug_histogram_free, &h);
    T_OWN(plug_histogram_free, &other);
    empty();
}

T_TEST(histogram_of_nothing)
{
    begin();
    T_EQ(plug_histogram_at(&h, 0.5), 0);
    T_EQ(plug_histogram_at(&h, 1), 0);
    T_TRUE(plug_histogram_mean(&h) == 0);
}

T_TEST(histogram_knows_small_values_exactly)
{
    begin();
    for (int64_t v = 1; v <= 200; v++)
        T_OK(plug_histogram_add(&h, v));
    for (int64_t p = 1; p <= 200; p++)
        T_EQ(plug_histogram_at(&h, (double)p / 200), p);
    T_EQ(plug_histogram_at(&h, 0), 1);
    T_EQ(h.total, 200);
    T_TRUE(plug_histogram_mean(&h) == 100.5);
}

/* Alone in the histogram, a value is told exactly; between others to within 1 %. */
T_TEST(histogram_is_right_to_one_per_cent_everywhere)
{
    begin();
    for (unsigned bit = 0; bit < 40; bit++)
        for (int64_t d = -1; d <= 1; d++) {
            int64_t v = ((int64_t)1 << bit) + d;

            empty();
            T_OK(plug_histogram_add(&h, v));
            T_EQ(plug_histogram_at(&h, 0.5), v);
            T_OK(plug_histogram_add(&h, 0));
            T_OK(plug_histogram_add(&h, INT64_MAX));
            T_TRUE(plug_histogram_at(&h, 0.6) >= v);
            T_TRUE((double)plug_histogram_at(&h, 0.6) <= (double)v * 1.01);
        }
}

T_TEST(histogram_takes_any_value)
{
    begin();
    T_OK(plug_histogram_add(&h, -5));
    T_EQ(h.min, 0);
    T_OK(plug_histogram_add(&h, INT64_MAX));
    T_OK(plug_histogram_add(&h, ((int64_t)1 << 40) - 1));
    T_OK(plug_histogram_add(&h, (int64_t)1 << 40));
    T_EQ(h.max, INT64_MAX);
    T_EQ(plug_histogram_at(&h, 0.25), 0);
    T_EQ(plug_histogram_at(&h, 1), ((int64_t)1 << 40) - 1);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Against the sorted values themselves, in one histogram and in the sum of two. */
T_TEST(histogram_agrees_with_sorting)
{
    static int64_t v[10000];
    static const double share[] = {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1};
    size_t count = sizeof v / sizeof v[0];

    begin();
    for (size_t i = 0; i < count; i++) {
        v[i] = (int64_t)(t_random() >> (24 + t_below(40)));
        T_OK(plug_histogram_add(i % 3 ? &h : &other, v[i]));
    }
    T_OK(plug_histogram_merge(&h, &other));
    T_OK(plug_histogram_merge(&h, &(struct plug_histogram){0}));
    qsort(v, count, sizeof v[0], compare);
    T_EQ(h.total, count);
    T_EQ(h.min, v[0]);
    T_EQ(h.max, v[count - 1]);
    for (size_t i = 0; i < sizeof share / sizeof share[0]; i++) {
        int64_t want = v[(size_t)(share[i] * (double)count) - 1],
                got = plug_histogram_at(&h, share[i]);

        T_TRUE(got >= want && (double)got <= (double)want * 1.01 + 1);
    }
}

/* A failing addition changes nothing; after a reservation none fails. */
T_TEST(histogram_keeps_its_memory)
{
    begin();
    T_OK(plug_histogram_reserve(&h));
    uint64_t *first = h.octave[0];
    T_OK(plug_histogram_add(&h, 5));
    plug_histogram_clear(&h);
    T_EQ(h.total, 0);
    T_EQ(plug_histogram_at(&h, 1), 0);
    T_TRUE(h.octave[0] == first);
    T_OK(plug_histogram_add(&h, 7));
    T_EQ(plug_histogram_at(&h, 0.5), 7);
}
