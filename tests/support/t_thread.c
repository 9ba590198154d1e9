/* SPDX-License-Identifier: MIT */
/* Threads of a test: started here, joined after it. */
#include "t_internal.h"
#include <pthread.h>
#include <stdlib.h>

#define THREADS_MAX 64

struct start {
    void (*fn)(void *arg);
    void *arg;
};

static pthread_t threads[THREADS_MAX];
static size_t thread_count;

static void *run(void *arg)
{
    struct start s = *(struct start *)arg;
    free(arg);
    s.fn(s.arg);
    t_end_owned();
    return NULL;
}

void t_join(void)
{
    while (thread_count > 0)
        pthread_join(threads[--thread_count], NULL);
}

static void join_all(void *unused)
{
    (void)unused;
    t_join();
}

void t_thread(void (*fn)(void *arg), void *arg)
{
    struct start *s = malloc(sizeof *s);
    if (!s || thread_count == THREADS_MAX)
        t_fail(__FILE__, __LINE__, "more than %d threads in one test", THREADS_MAX);
    *s = (struct start){fn, arg};
    if (thread_count == 0)
        t_own(join_all, NULL);
    if (pthread_create(&threads[thread_count], NULL, run, s) != 0)
        abort();
    thread_count++;
}
