/* SPDX-License-Identifier: MIT */
#ifndef GRAPH_H
#define GRAPH_H
/*
 * Round-trip times drawn as a line of dots, newest on the right: braille with two samples and four
 * heights in a place, or plain characters. What was lost stands below the line it is missing in.
 *
 * The caller:
 *   1. struct graph g = {0}; graph_put(&g, seq, rtt)
 *   2. graph_plot or graph_spark into a buffer
 */
#include <plug/buf.h>

#define GRAPH_SAMPLES 512  /* how many are kept, the newest */
#define GRAPH_LOST    (-1) /* instead of a time */
#define GRAPH_LABEL   9    /* columns that the scale takes */

struct graph {
    int64_t sample[GRAPH_SAMPLES]; /* ns, GRAPH_LOST, 0: nothing known; sample i at i % size */
    uint64_t end;                  /* one more than the highest seq */
};

/* How it may look: sequences to colour with, or "". */
struct graph_look {
    bool utf8;
    const char *line, *lost, *plain;
};

/* The fate of probe seq; later ones replace earlier ones; what is too old is left out. */
void graph_put(struct graph *g, uint64_t seq, int64_t rtt);

/*
 * rows (>= 2) lines of columns, each ended by a line feed, the last of them the axis with the
 * losses. 0 or what appending to buf says.
 */
int graph_plot(const struct graph *g, const struct graph_look *look, unsigned columns,
               unsigned rows, struct plug_buf *buf);

/* One line of columns places, a sample each, without a line feed. */
int graph_spark(const struct graph *g, const struct graph_look *look, unsigned columns,
                struct plug_buf *buf);

#endif
