/* SPDX-License-Identifier: MIT */
/*
 * What a wait costs with one descriptor ready among many idle ones: bare epoll_wait, and selectors
 * on each back-end. Select and poll pay for every descriptor, epoll for the one that is ready.
 */
#include "bench.h"
#include <plug.h>
#include <sys/resource.h>
#include <unistd.h>

static void stop(const char *what, int rc)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "waiting: %s: %s\n", what, plug_strerror(rc));
    exit(2);
}

static void run_bare(void *arg, size_t rounds)
{
    struct epoll_event ev[16];
    for (size_t i = 0; i < rounds; i++)
        if (epoll_wait(*(int *)arg, ev, 16, -1) != 1)
            exit(2);
}

static void run_plug(void *arg, size_t rounds)
{
    struct plug_event ev[16];
    for (size_t i = 0; i < rounds; i++)
        if (plug_selector_wait(arg, ev, 16, PLUG_FOREVER) != 1)
            exit(2);
}

static void race(const int *fds, int count)
{
    static const enum plug_backend kinds[] = {PLUG_BACKEND_EPOLL, PLUG_BACKEND_POLL,
                                              PLUG_BACKEND_SELECT};
    struct plug_selector *s[3];
    struct bench_row rows[4] = {{.name = "epoll_wait", .run = run_bare}};
    int bare = plug_sys()->epoll_create1(EPOLL_CLOEXEC);
    char what[32];

    stop("epoll_create1", bare);
    rows[0].arg = &bare;
    for (int k = 0; k < 3; k++) {
        stop("selector", plug_selector_open(&s[k], kinds[k]));
        rows[k + 1] = (struct bench_row){plug_backend_name(kinds[k]), run_plug, s[k], 0, 0, 0, {0}};
    }
    for (int i = 0; i < count; i++) {
        struct epoll_event ev = {.events = EPOLLIN};
        stop("epoll_ctl", plug_sys()->epoll_ctl(bare, EPOLL_CTL_ADD, fds[i], &ev));
        for (int k = 0; k < 3; k++)
            stop("add", plug_selector_add(s[k], fds[i], PLUG_READ, NULL));
    }
    snprintf(what, sizeof what, "1 of %d", count);
    bench_race("waiting", what, rows, 4);
    bench_bar(&rows[1], &rows[0], 1.3);
    for (int k = 0; k < 3; k++)
        plug_selector_close(s[k]);
    close(bare);
}

int main(void)
{
    enum { MOST = 10000 };
    static int fds[MOST];
    struct rlimit files;
    int ready[2], idle[2];

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    stop("pipe", plug_sys()->pipe2(ready, 0));
    stop("pipe", plug_sys()->pipe2(idle, 0));
    stop("write", (int)plug_sys()->write(ready[1], "x", 1));
    fds[0] = ready[0];
    for (int i = 1, next = 10; i <= MOST; i++) {
        if (i == next) {
            race(fds, i);
            next *= 10;
        }
        if (i < MOST)
            stop("dup", fds[i] = plug_fd_dup(idle[0]));
    }
    return bench_exit;
}
