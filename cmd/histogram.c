/* SPDX-License-Identifier: MIT */
#include "histogram.h"

#define STEPS ((uint64_t)1 << HISTOGRAM_BITS)
#define TOP   (((int64_t)1 << (HISTOGRAM_BITS + HISTOGRAM_OCTAVES)) - 1)

/* Values below 2 * STEPS have a class each; above, each doubling is cut into STEPS classes. */
static size_t class_of(int64_t value)
{
    uint64_t v = (uint64_t)value;
    unsigned shift = v < STEPS ? 0 : 63u - HISTOGRAM_BITS - (unsigned)__builtin_clzll(v);

    return ((size_t)shift << HISTOGRAM_BITS) + (size_t)(v >> shift);
}

/* The largest value of a class. */
static int64_t top_of(size_t index)
{
    unsigned shift = index < 2 * STEPS ? 0 : (unsigned)(index >> HISTOGRAM_BITS) - 1;
    uint64_t steps = index - ((uint64_t)shift << HISTOGRAM_BITS);

    return (int64_t)(((steps + 1) << shift) - 1);
}

void histogram_add(struct histogram *h, int64_t value)
{
    value = value < 0 ? 0 : value;
    if (h->total == 0 || value < h->min)
        h->min = value;
    if (value > h->max)
        h->max = value;
    h->total++;
    h->sum += (double)value;
    h->count[class_of(value < TOP ? value : TOP)]++;
}

void histogram_merge(struct histogram *h, const struct histogram *from)
{
    if (from->total == 0)
        return;
    if (h->total == 0 || from->min < h->min)
        h->min = from->min;
    if (from->max > h->max)
        h->max = from->max;
    h->total += from->total;
    h->sum += from->sum;
    for (size_t i = 0; i < sizeof h->count / sizeof h->count[0]; i++)
        h->count[i] += from->count[i];
}

int64_t histogram_at(const struct histogram *h, double share)
{
    double wanted = share * (double)h->total * (1 - 1e-12); /* 0.035 * 200 is a bit more than 7 */
    uint64_t seen = 0;

    for (size_t i = 0; i < sizeof h->count / sizeof h->count[0]; i++) {
        seen += h->count[i];
        if (seen > 0 && (double)seen >= wanted) {
            int64_t top = top_of(i);

            return top > h->max ? h->max : top < h->min ? h->min : top;
        }
    }
    return h->max;
}

double histogram_mean(const struct histogram *h)
{
    return h->total ? h->sum / (double)h->total : 0;
}
