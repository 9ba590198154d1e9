/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <plug/alloc.h>
#include <plug/histogram.h>
#include <string.h>

#define STEPS ((size_t)1 << PLUG_HISTOGRAM_BITS)
#define TOP   (((int64_t)1 << (PLUG_HISTOGRAM_BITS + PLUG_HISTOGRAM_OCTAVES - 1)) - 1)

/* Values below 2 * STEPS have a class each; above, each doubling is cut into STEPS classes. */
static size_t class_of(int64_t value)
{
    uint64_t v = (uint64_t)(value < TOP ? value : TOP);
    unsigned shift = v < STEPS ? 0 : 63u - PLUG_HISTOGRAM_BITS - (unsigned)__builtin_clzll(v);

    return ((size_t)shift << PLUG_HISTOGRAM_BITS) + (size_t)(v >> shift);
}

/* The largest value of a class. */
static int64_t top_of(size_t index)
{
    unsigned shift = index < 2 * STEPS ? 0 : (unsigned)(index >> PLUG_HISTOGRAM_BITS) - 1;
    uint64_t steps = index - ((uint64_t)shift << PLUG_HISTOGRAM_BITS);

    return (int64_t)(((steps + 1) << shift) - 1);
}

static int need(struct plug_histogram *h, size_t octave)
{
    if (!h->octave[octave])
        h->octave[octave] = plug_calloc(STEPS, sizeof *h->octave[0]);
    return h->octave[octave] ? 0 : -ENOMEM;
}

int plug_histogram_reserve(struct plug_histogram *h)
{
    int r = 0;

    for (size_t i = 0; i < PLUG_HISTOGRAM_OCTAVES && r == 0; i++)
        r = need(h, i);
    return r;
}

static void widen(struct plug_histogram *h, int64_t min, int64_t max)
{
    if (h->total == 0 || min < h->min)
        h->min = min;
    if (max > h->max)
        h->max = max;
}

int plug_histogram_add(struct plug_histogram *h, int64_t value)
{
    value = value < 0 ? 0 : value;
    size_t index = class_of(value), octave = index / STEPS;
    int r = need(h, octave);

    if (r < 0)
        return r;
    widen(h, value, value);
    h->total++;
    h->sum += (double)value;
    h->octave[octave][index % STEPS]++;
    return 0;
}

int plug_histogram_merge(struct plug_histogram *h, const struct plug_histogram *from)
{
    if (from->total == 0)
        return 0;
    for (size_t o = 0; o < PLUG_HISTOGRAM_OCTAVES; o++)
        if (from->octave[o] && need(h, o) < 0)
            return -ENOMEM;
    widen(h, from->min, from->max);
    h->total += from->total;
    h->sum += from->sum;
    for (size_t o = 0; o < PLUG_HISTOGRAM_OCTAVES; o++)
        for (size_t i = 0; from->octave[o] && i < STEPS; i++)
            h->octave[o][i] += from->octave[o][i];
    return 0;
}

static int64_t within(const struct plug_histogram *h, int64_t value)
{
    return value > h->max ? h->max : value < h->min ? h->min : value;
}

int64_t plug_histogram_at(const struct plug_histogram *h, double share)
{
    double wanted = share * (double)h->total * (1 - 1e-12); /* 0.035 * 200 is a bit more than 7 */
    uint64_t seen = 0;

    for (size_t o = 0; o < PLUG_HISTOGRAM_OCTAVES; o++)
        for (size_t i = 0; h->octave[o] && i < STEPS; i++) {
            seen += h->octave[o][i];
            if (seen > 0 && (double)seen >= wanted)
                return within(h, top_of(o * STEPS + i));
        }
    return h->max;
}

double plug_histogram_mean(const struct plug_histogram *h)
{
    return h->total ? h->sum / (double)h->total : 0;
}

void plug_histogram_clear(struct plug_histogram *h)
{
    struct plug_histogram empty = {0};

    memcpy(empty.octave, h->octave, sizeof empty.octave);
    for (size_t o = 0; o < PLUG_HISTOGRAM_OCTAVES; o++)
        if (empty.octave[o])
            memset(empty.octave[o], 0, STEPS * sizeof *empty.octave[o]);
    *h = empty;
}

void plug_histogram_free(struct plug_histogram *h)
{
    for (size_t o = 0; o < PLUG_HISTOGRAM_OCTAVES; o++)
        plug_free(h->octave[o]);
    *h = (struct plug_histogram){0};
}
