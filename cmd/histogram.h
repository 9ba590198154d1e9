/* SPDX-License-Identifier: MIT */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H
/*
 * Many durations in little memory: counts in classes whose width grows with the value, so that
 * every one is known to better than 1 % (as HdrHistogram does it). 32 KiB, whatever comes.
 */
#include <plug.h>

#define HISTOGRAM_BITS    7  /* 128 classes for each doubling */
#define HISTOGRAM_OCTAVES 33 /* up to 2^40 ns, 18 minutes; longer ones are counted as that */
#define HISTOGRAM_CLASSES (HISTOGRAM_OCTAVES << HISTOGRAM_BITS)

/* {0} is the empty one. */
struct histogram {
    uint64_t total;
    int64_t min, max; /* exact */
    double sum;
    uint64_t count[HISTOGRAM_CLASSES + (1 << HISTOGRAM_BITS)];
};

/* Negative values count as 0. */
void histogram_add(struct histogram *h, int64_t value);
/* All of from, too. */
void histogram_merge(struct histogram *h, const struct histogram *from);
/*
 * The value that share (0 to 1) of all values do not exceed: the smallest such one to within 1 %,
 * never more than the largest. 0 for the empty one.
 */
int64_t histogram_at(const struct histogram *h, double share);
double histogram_mean(const struct histogram *h);

#endif
