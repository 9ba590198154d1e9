/* SPDX-License-Identifier: MIT */
/*
 * What fibers cost by themselves: a switch, a fiber's whole life, a hundred thousand that wait.
 * Bars: 10 ns for a switch; 100,000 waiting ones begin within a second and take 450 MiB.
 */
#include "bench.h"
#include <errno.h>
#include <plug.h>
#include <unistd.h>

#define MANY     100000
#define TAKE_MAX 450.0 /* MiB */

static struct bench_row rows[3];

static void stop(const char *what, int r)
{
    if (r >= 0)
        return;
    fprintf(stderr, "fiber: %s: %s\n", what, plug_strerror(r));
    exit(2);
}

static int yield_often(void *arg)
{
    for (size_t i = *(size_t *)arg; i > 0; i--)
        stop("yield", plug_fiber_yield());
    return 0;
}

/* Two fibers in turns, so that each yield is a switch; now and then the kernel is asked. */
static void run_switches(void *arg, size_t rounds)
{
    size_t half = rounds / 2;
    struct plug_scope s;
    (void)arg;
    plug_scope_open(&s, PLUG_FOREVER);
    for (int i = 0; i < 2; i++)
        stop("spawn", plug_fiber_spawn(&s, yield_often, &half, NULL, NULL));
    stop("close", plug_scope_close(&s));
}

static int at_once(void *arg)
{
    (void)arg;
    return 0;
}

static void run_lives(void *arg, size_t rounds)
{
    struct plug_scope s;
    (void)arg;
    plug_scope_open(&s, PLUG_FOREVER);
    for (size_t i = 0; i < rounds; i++) {
        stop("spawn", plug_fiber_spawn(&s, at_once, NULL, NULL, NULL));
        if (i % 16 == 15)
            stop("yield", plug_fiber_yield());
    }
    stop("close", plug_scope_close(&s));
}

/* A loop without a library, to see what the machine does meanwhile. */
static void run_calls(void *arg, size_t rounds)
{
    for (size_t i = 0; i < rounds; i++)
        bench_touch(arg);
}

/* A handler that has a buffer, as one for a connection has. */
static int wait_with_buffer(void *arg)
{
    char buffer[2048];
    (void)arg;
    bench_touch(buffer);
    return plug_sleep(PLUG_FOREVER);
}

static double resident(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    long pages = 0;
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        stop("/proc/self/statm", -EIO);
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static void bar(const char *what, double got, double most, const char *unit)
{
    bool holds = got <= most;
    fprintf(stderr, "  %s: %s %.2f %s (bar: %.0f)\n", holds ? "holds" : "MISSED", what, got, unit,
            most);
    printf("{\"bench\":\"fiber\",\"case\":\"bars\",\"name\":\"%s\",\"value\":%.3f,\"most\":%.0f}\n",
           what, got, most);
    if (!holds)
        bench_exit = 1;
}

static void many(void)
{
    double before = resident();
    int64_t begin = plug_now();
    struct plug_scope s;
    plug_scope_open(&s, PLUG_FOREVER);
    for (int i = 0; i < MANY; i++)
        stop("spawn", plug_fiber_spawn(&s, wait_with_buffer, NULL, NULL, NULL));
    stop("yield", plug_fiber_yield());
    double ms = (double)(plug_now() - begin) / 1e6, mib = resident() - before;
    begin = plug_now();
    plug_scope_cancel(&s);
    (void)plug_scope_close(&s);
    fprintf(stderr, "fiber, %d that wait: ended again in %.0f ms, %.2f KiB each\n", MANY,
            (double)(plug_now() - begin) / 1e6, mib * 1024 / MANY);
    bar("100,000 waiting fibers begin in", ms, 1000, "ms");
    bar("100,000 waiting fibers take", mib, TAKE_MAX, "MiB");
}

static int race(void *arg)
{
    static char nothing[64];
    (void)arg;
    rows[0] = (struct bench_row){"a loop that does nothing", run_calls, nothing, 0, 0, 0, {0}};
    rows[1] = (struct bench_row){"a switch", run_switches, NULL, 0, 0, 0, {0}};
    rows[2] = (struct bench_row){"a fiber, begun and ended", run_lives, NULL, 0, 0, 0, {0}};
    bench_race("fiber", "in turns", rows, 3);
    bar("a switch takes", rows[1].ns, 10, "ns");
    many();
    return 0;
}

int main(void)
{
    stop("run", plug_fiber_run(race, NULL, NULL));
    return bench_exit;
}
