/* SPDX-License-Identifier: MIT */
#include "graph.h"
#include <stdio.h>
#include <string.h>

#define WIDTH_MAX  (GRAPH_SAMPLES / 2) /* places of a plot: two samples each */
#define HEIGHT_MAX 64
#define DOTS       4 /* heights in a place */

void graph_put(struct graph *g, uint64_t seq, int64_t rtt)
{
    if (seq + GRAPH_SAMPLES < g->end)
        return;
    for (; g->end <= seq; g->end++)
        g->sample[g->end % GRAPH_SAMPLES] = 0;
    g->sample[seq % GRAPH_SAMPLES] = rtt;
}

/* Sample number i of the n newest, of which there may be fewer: those are 0. */
static int64_t newest(const struct graph *g, size_t i, size_t n)
{
    uint64_t back = n - i;

    return back > g->end || back > GRAPH_SAMPLES ? 0 : g->sample[(g->end - back) % GRAPH_SAMPLES];
}

static int64_t highest(const struct graph *g, size_t n)
{
    int64_t max = 0;

    for (size_t i = 0; i < n; i++)
        if (newest(g, i, n) > max)
            max = newest(g, i, n);
    return max;
}

/* The end of the scale: 1, 2 or 5 times a power of ten, at least max. */
static int64_t scale_end(int64_t max)
{
    static const int64_t step[] = {1, 2, 5};

    for (int64_t unit = 1000; unit < INT64_MAX / 50; unit *= 10)
        for (size_t i = 0; i < 3; i++)
            if (max <= step[i] * unit)
                return step[i] * unit;
    return INT64_MAX;
}

/* The dots of one place, from the bottom: bit 2 * height + column. */
struct canvas {
    unsigned width, height; /* in places */
    uint8_t dots[WIDTH_MAX][HEIGHT_MAX];
};

static void dot(struct canvas *v, size_t x, unsigned y)
{
    v->dots[x / 2][y / DOTS] |= (uint8_t)(1U << (2 * (y % DOTS) + x % 2));
}

/* From the height of the sample before, so that the line has no holes. */
static void draw(const struct graph *g, struct canvas *v, int64_t end)
{
    size_t n = (size_t)v->width * 2;
    unsigned top = v->height * DOTS - 1, before = 0;
    bool joined = false;

    for (size_t x = 0; x < n; x++) {
        int64_t rtt = newest(g, x, n);
        unsigned y = rtt > 0 ? (unsigned)((double)rtt / (double)end * top + 0.5) : 0;
        unsigned low = joined && before < y ? before + 1 : y;
        unsigned high = joined && before > y ? before - 1 : y;
        for (unsigned i = low; rtt > 0 && i <= high; i++)
            dot(v, x, i);
        joined = rtt > 0;
        before = y;
    }
}

/* What draws: after the first failure nothing more is put down. */
struct ink {
    const struct graph_look *look;
    struct plug_buf *buf;
    int err;
};

static void put_bytes(struct ink *k, const void *bytes, size_t len)
{
    if (k->err == 0)
        k->err = plug_buf_append(k->buf, bytes, len);
}

static void put(struct ink *k, const char *text)
{
    put_bytes(k, text, strlen(text));
}

static void put_either(struct ink *k, const char *utf8, const char *ascii)
{
    put(k, k->look->utf8 ? utf8 : ascii);
}

static void put_lost(struct ink *k)
{
    put(k, k->look->lost);
    put_either(k, "\u00d7", "x");
    put(k, k->look->plain);
}

static void put_braille(struct ink *k, uint8_t dots)
{
    static const uint8_t bit[] = {0x40, 0x80, 0x04, 0x20, 0x02, 0x10, 0x01, 0x08};
    uint8_t cell = 0;

    for (unsigned i = 0; i < 8; i++)
        cell |= dots & (1U << i) ? bit[i] : 0;
    put_bytes(k, (uint8_t[]){0xe2, 0xa0 | cell >> 6, 0x80 | (cell & 63)}, 3);
}

/* A plain character says where in its place the highest dot is. */
static void put_plain(struct ink *k, uint8_t dots)
{
    put(k, dots >> 6 ? "'" : dots >> 2 ? "-" : dots ? "." : " ");
}

/* "  0.5 ms |", as exactly as there is room: only at the top, in the middle, and at the bottom. */
static void put_label(struct ink *k, int64_t time, bool shown)
{
    char number[32] = "", label[48];

    for (int digits = 4, len = GRAPH_LABEL; digits > 0 && len >= GRAPH_LABEL; digits--)
        len = snprintf(number, sizeof number, "%.*g ms", digits, (double)time / 1e6);
    snprintf(label, sizeof label, "%*s", GRAPH_LABEL - 1, shown ? number : "");
    put(k, label);
    put_either(k, shown ? "\u2524" : "\u2502", "|");
}

static void put_row(struct ink *k, const struct canvas *v, unsigned row, int64_t end)
{
    bool middle = v->height >= 5 && row == v->height / 2, top = row == v->height - 1;

    put_label(k, top ? end : middle ? end / v->height * row : 0, top || middle || row == 0);
    put(k, k->look->line);
    for (unsigned i = 0; i < v->width; i++)
        (k->look->utf8 ? put_braille : put_plain)(k, v->dots[i][row]);
    put(k, k->look->plain);
    put(k, "\n");
}

/* A place stands for two samples: one lost is enough. */
static void put_axis(struct ink *k, const struct graph *g, const struct canvas *v)
{
    size_t n = (size_t)v->width * 2;

    for (unsigned i = 1; i < GRAPH_LABEL; i++)
        put(k, " ");
    put_either(k, "\u2514", "+");
    for (size_t x = 0; x < n; x += 2)
        if (newest(g, x, n) == GRAPH_LOST || newest(g, x + 1, n) == GRAPH_LOST)
            put_lost(k);
        else
            put_either(k, "\u2500", "-");
    put(k, "\n");
}

static unsigned between(unsigned n, unsigned min, unsigned max)
{
    return n < min ? min : n > max ? max : n;
}

int graph_plot(const struct graph *g, const struct graph_look *look, unsigned columns,
               unsigned rows, struct plug_buf *buf)
{
    struct canvas v = {.width = between(columns, GRAPH_LABEL + 1, WIDTH_MAX) - GRAPH_LABEL,
                       .height = between(rows, 2, HEIGHT_MAX + 1) - 1};
    struct ink k = {look, buf, 0};
    int64_t end = scale_end(highest(g, (size_t)v.width * 2));

    draw(g, &v, end);
    for (unsigned row = v.height; row-- > 0;)
        put_row(&k, &v, row, end);
    put_axis(&k, g, &v);
    return k.err;
}

int graph_spark(const struct graph *g, const struct graph_look *look, unsigned columns,
                struct plug_buf *buf)
{
    static const char *const fine[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                       "\u2585", "\u2586", "\u2587", "\u2588"};
    static const char *const rough[] = {"_", ".", ",", "-", "=", "+", "*", "#"};
    struct ink k = {look, buf, 0};
    size_t n = between(columns, 1, GRAPH_SAMPLES);
    int64_t max = highest(g, n);

    for (size_t i = 0; i < n; i++) {
        int64_t rtt = newest(g, i, n);
        size_t level = rtt > 0 ? (size_t)((double)rtt / (double)max * 7.0 + 0.5) : 0;
        if (rtt == GRAPH_LOST)
            put_lost(&k);
        else if (rtt == 0)
            put(&k, " ");
        else
            put_either(&k, fine[level], rough[level]);
    }
    return k.err;
}
