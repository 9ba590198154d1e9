/* SPDX-License-Identifier: MIT */
#ifndef PLUG_HISTOGRAM_H
#define PLUG_HISTOGRAM_H
/*
 * Many durations in little memory: counts in classes whose width grows with the value, so that
 * every one is known to better than 1 % (as HdrHistogram does it).
 *
 * Layer: base.
 *
 * The caller:
 *   1. struct plug_histogram h = {0};
 *   2. plug_histogram_add(&h, value) for each; 1 KiB for each doubling that values lie in
 *   3. plug_histogram_at(&h, 0.95), plug_histogram_mean(&h), h.min, h.max
 *   4. plug_histogram_free(&h)
 *
 * All functions: any thread, any fiber; a histogram belongs to one at a time.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

#define PLUG_HISTOGRAM_BITS    7  /* 128 classes for each doubling */
#define PLUG_HISTOGRAM_OCTAVES 34 /* up to 2^40 ns, 18 minutes; longer ones are counted as that */

/* {0} is the empty one. total, min, max are for reading: they are exact. */
struct plug_histogram {
    uint64_t total;
    int64_t min, max;
    double sum;
    uint64_t *octave[PLUG_HISTOGRAM_OCTAVES]; /* the library's */
};

/* Negative values count as 0. 0, or -ENOMEM: it is not counted. */
PLUG_API PLUG_MUST int plug_histogram_add(struct plug_histogram *h, int64_t value);
/* Takes all memory it can ever need, 34 KiB: plug_histogram_add cannot fail then. -ENOMEM. */
PLUG_API PLUG_MUST int plug_histogram_reserve(struct plug_histogram *h);
/* All of from, too. -ENOMEM: h is as it was. */
PLUG_API PLUG_MUST int plug_histogram_merge(struct plug_histogram *h,
                                            const struct plug_histogram *from);
/*
 * The value that share (0 to 1) of all values do not exceed: the smallest such one to within 1 %,
 * never more than the largest. 0 for the empty one.
 */
PLUG_API int64_t plug_histogram_at(const struct plug_histogram *h, double share);
/* The mean, to the accuracy of a double; 0 for the empty one. */
PLUG_API double plug_histogram_mean(const struct plug_histogram *h);
/* Empties it and keeps its memory; or gives that back. */
PLUG_API void plug_histogram_clear(struct plug_histogram *h);
PLUG_API void plug_histogram_free(struct plug_histogram *h);

PLUG_END_DECLS
#endif
