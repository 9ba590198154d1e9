/* SPDX-License-Identifier: MIT */
/*
 * What a queue costs: put and get without waiting, handing over between two fibers, and between two
 * threads, there against a pipe. One round is one item put and got.
 */
#include "bench.h"
#include <plug.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static void stop(const char *what, int rc)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "queue: %s: %s\n", what, plug_strerror(rc));
    exit(2);
}

struct pair {
    struct plug_queue *there, *back;
    size_t rounds;
    int there_fd[2], back_fd[2];
};

/* --- nobody waits ----------------------------------------------------------------------------- */

static void run_alone(void *arg, size_t rounds)
{
    struct pair *p = arg;
    int item = 1;

    for (size_t i = 0; i < rounds; i++) {
        stop("put", plug_queue_put(p->there, &item));
        stop("get", plug_queue_get(p->there, &item));
    }
}

static void run_lock(void *arg, size_t rounds)
{
    for (size_t i = 0; i < rounds; i++)
        for (int k = 0; k < 2; k++) {
            pthread_mutex_lock(arg);
            bench_touch(arg);
            pthread_mutex_unlock(arg);
        }
}

/* --- both wait for each other ----------------------------------------------------------------- */

static int pong(void *arg)
{
    struct pair *p = arg;
    int item, r = 0;

    for (size_t i = 0; i < p->rounds && r >= 0; i++) {
        r = plug_queue_get(p->there, &item);
        if (r >= 0)
            r = plug_queue_put(p->back, &item);
    }
    return r;
}

static int ping(void *arg)
{
    struct pair *p = arg;
    int item = 1, r = 0;

    for (size_t i = 0; i < p->rounds && r >= 0; i++) {
        r = plug_queue_put(p->there, &item);
        if (r >= 0)
            r = plug_queue_get(p->back, &item);
    }
    return r;
}

static int ping_and_pong(void *arg)
{
    struct plug_scope s;
    int r;

    plug_scope_open(&s, PLUG_FOREVER);
    r = plug_fiber_spawn(&s, pong, arg, "pong", NULL);
    if (r >= 0)
        r = ping(arg);
    (void)plug_scope_close(&s);
    return r;
}

/* Two items go over in each ping-pong. */
static void run_fibers(void *arg, size_t rounds)
{
    struct pair *p = arg;

    p->rounds = (rounds + 1) / 2;
    stop("fibers", plug_fiber_run(ping_and_pong, p, NULL));
}

static int yielder(void *arg)
{
    int r = 0;

    for (size_t i = 0; i < *(size_t *)arg && r >= 0; i++)
        r = plug_fiber_yield();
    return r;
}

static int two_yielders(void *arg)
{
    struct plug_scope s;
    int r;

    plug_scope_open(&s, PLUG_FOREVER);
    r = plug_fiber_spawn(&s, yielder, arg, NULL, NULL);
    if (r >= 0)
        r = yielder(arg);
    (void)plug_scope_close(&s);
    return r;
}

static void run_yields(void *arg, size_t rounds)
{
    size_t half = (rounds + 1) / 2;

    (void)arg;
    stop("fibers", plug_fiber_run(two_yielders, &half, NULL));
}

/* --- between threads -------------------------------------------------------------------------- */

static void *pong_thread(void *arg)
{
    stop("pong", pong(arg));
    return NULL;
}

static void run_threads(void *arg, size_t rounds)
{
    struct pair *p = arg;
    pthread_t t;

    p->rounds = (rounds + 1) / 2;
    stop("thread", -pthread_create(&t, NULL, pong_thread, p));
    stop("ping", ping(p));
    pthread_join(t, NULL);
}

static void *pipe_thread(void *arg)
{
    struct pair *p = arg;
    char c;

    for (size_t i = 0; i < p->rounds; i++)
        bench_check(read(p->there_fd[0], &c, 1) == 1 && write(p->back_fd[1], &c, 1) == 1, "pipe");
    return NULL;
}

static void run_pipes(void *arg, size_t rounds)
{
    struct pair *p = arg;
    pthread_t t;
    char c = 1;

    p->rounds = (rounds + 1) / 2;
    stop("thread", -pthread_create(&t, NULL, pipe_thread, p));
    for (size_t i = 0; i < p->rounds; i++)
        bench_check(write(p->there_fd[1], &c, 1) == 1 && read(p->back_fd[0], &c, 1) == 1, "pipe");
    pthread_join(t, NULL);
}

int main(void)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct pair p = {.rounds = 0};
    struct bench_row alone[] = {{.name = "two pthread locks", .run = run_lock, .arg = &lock},
                                {.name = "put and get", .run = run_alone, .arg = &p}};
    struct bench_row fibers[] = {{.name = "yield", .run = run_yields, .arg = &p},
                                 {.name = "queues of fibers", .run = run_fibers, .arg = &p}};
    struct bench_row threads[] = {{.name = "pipes of threads", .run = run_pipes, .arg = &p},
                                  {.name = "queues of threads", .run = run_threads, .arg = &p}};

    stop("queue", plug_queue_open(&p.there, sizeof(int), 16));
    stop("queue", plug_queue_open(&p.back, sizeof(int), 16));
    stop("pipe", plug_sys()->pipe2(p.there_fd, 0));
    stop("pipe", plug_sys()->pipe2(p.back_fd, 0));
    bench_race("queue", "nobody waits", alone, 2);
    bench_bar(&alone[1], &alone[0], 3.5);
    bench_race("queue", "handed over, same thread", fibers, 2);
    bench_race("queue", "handed over, two threads", threads, 2);
    bench_bar(&threads[1], &threads[0], 1.2);
    plug_queue_close(p.there);
    plug_queue_close(p.back);
    return bench_exit;
}
