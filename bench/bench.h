/* SPDX-License-Identifier: MIT */
#ifndef BENCH_H
#define BENCH_H
/*
 * Races: several ways to do the same work, timed in turns, so that what disturbs one disturbs all.
 *
 * A table goes to stderr, one JSON object for each row to stdout. A bar is a ratio that must hold;
 * the program exits 1 when one does not, 2 when a contestant computed something wrong.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_TURNS 31
#define BENCH_ROWS  32

/* Does the work rounds times. */
typedef void bench_fn(void *arg, size_t rounds);

struct bench_row {
    const char *name;
    bench_fn *run;
    void *arg;
    size_t rounds;
    double ns, median; /* for one round: the best turn, and the middle one */
    double turn[BENCH_TURNS];
};

static int bench_exit;

/* Makes the compiler believe that the memory at p is read and changed here. */
static inline void bench_touch(void *p)
{
    __asm__ volatile("" : : "r"(p) : "memory");
}

static inline double bench_turn(const struct bench_row *r)
{
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    r->run(r->arg, r->rounds);
    clock_gettime(CLOCK_MONOTONIC, &b);
    return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) /
           (double)r->rounds;
}

static inline int bench_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Times all rows in turns of about 2 ms; prints them with their ratio to the first. */
static inline void bench_race(const char *bench, const char *what, struct bench_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (rows[i].rounds = 1; bench_turn(&rows[i]) * (double)rows[i].rounds < 2e6;)
            rows[i].rounds *= 2;
    for (size_t turn = 0; turn < BENCH_TURNS; turn++)
        for (size_t i = 0; i < n; i++)
            rows[i].turn[turn] = bench_turn(&rows[i]);
    fprintf(stderr, "%s, %s\n", bench, what);
    for (size_t i = 0; i < n; i++) {
        struct bench_row *r = &rows[i];
        qsort(r->turn, BENCH_TURNS, sizeof r->turn[0], bench_order);
        r->ns = r->turn[0];
        r->median = r->turn[BENCH_TURNS / 2];
        fprintf(stderr, "  %-28s %10.2f ns  median %10.2f ns  x %.2f\n", r->name, r->ns, r->median,
                r->ns / rows[0].ns);
        printf("{\"bench\":\"%s\",\"case\":\"%s\",\"name\":\"%s\",\"ns\":%.3f,\"median_ns\":%.3f,"
               "\"ratio\":%.3f}\n",
               bench, what, r->name, r->ns, r->median, r->ns / rows[0].ns);
    }
}

/* a takes at most factor times what b takes. */
static inline void bench_bar(const struct bench_row *a, const struct bench_row *b, double factor)
{
    bool holds = a->ns <= factor * b->ns;

    fprintf(stderr, "  %s: %s takes %.2f x %s (bar: %.2f)\n", holds ? "holds" : "MISSED", a->name,
            a->ns / b->ns, b->name, factor);
    if (!holds)
        bench_exit = 1;
}

/* Ends the program when a contestant is wrong. */
static inline void bench_check(bool right, const char *name)
{
    if (right)
        return;
    fprintf(stderr, "%s computes something else\n", name);
    exit(2);
}

#endif
