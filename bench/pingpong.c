/* SPDX-License-Identifier: MIT */
/*
 * A blocking ping-pong of 64 bytes through plug_sock_send and plug_sock_recv against the raw system
 * calls: between two threads, and with both ends in one thread, so that nothing is measured but
 * the calls. The bar is 3 %.
 */
#include "bench.h"
#include <plug.h>

#include <pthread.h>
#include <sys/socket.h>

#define SIZE 64
#define MANY 1000
#define BAR  1.03

struct ends {
    struct plug_sock *a, *b;
    int fd_a, fd_b;
};

static void run_raw(void *arg, size_t rounds)
{
    const struct ends *e = arg;
    char b[SIZE] = "ping";
    for (size_t i = 0; i < rounds; i++) {
        ssize_t n = send(e->fd_a, b, SIZE, MSG_NOSIGNAL);
        n += recv(e->fd_b, b, SIZE, 0);
        n += send(e->fd_b, b, SIZE, MSG_NOSIGNAL);
        n += recv(e->fd_a, b, SIZE, 0);
        bench_check(n == 4 * SIZE, "raw");
    }
}

static void run_plug(void *arg, size_t rounds)
{
    const struct ends *e = arg;
    char b[SIZE] = "ping";
    for (size_t i = 0; i < rounds; i++) {
        ssize_t n = plug_sock_send(e->a, b, SIZE, 0);
        n += plug_sock_recv(e->b, b, SIZE, 0);
        n += plug_sock_send(e->b, b, SIZE, 0);
        n += plug_sock_recv(e->a, b, SIZE, 0);
        bench_check(n == 4 * SIZE, "plug");
    }
}

/* --- the other end in another thread ------------------------------------------------------- */

struct echo {
    const struct ends *e;
    size_t rounds;
};

static void *echo_raw(void *arg)
{
    const struct echo *o = arg;
    char b[SIZE];
    for (size_t i = 0; i < o->rounds; i++) {
        ssize_t n = recv(o->e->fd_b, b, SIZE, 0);
        bench_check(send(o->e->fd_b, b, (size_t)n, MSG_NOSIGNAL) == SIZE, "raw echo");
    }
    return NULL;
}

static void *echo_plug(void *arg)
{
    const struct echo *o = arg;
    char b[SIZE];
    for (size_t i = 0; i < o->rounds; i++) {
        ssize_t n = plug_sock_recv(o->e->b, b, SIZE, 0);
        bench_check(plug_sock_send(o->e->b, b, (size_t)n, 0) == SIZE, "plug echo");
    }
    return NULL;
}

static void threads_raw(void *arg, size_t rounds)
{
    struct echo o = {arg, rounds};
    pthread_t t;
    char b[SIZE] = "ping";
    bench_check(pthread_create(&t, NULL, echo_raw, &o) == 0, "pthread_create");
    for (size_t i = 0; i < rounds; i++) {
        ssize_t n = send(o.e->fd_a, b, SIZE, MSG_NOSIGNAL);
        bench_check(n + recv(o.e->fd_a, b, SIZE, 0) == 2 * SIZE, "raw");
    }
    pthread_join(t, NULL);
}

static void threads_plug(void *arg, size_t rounds)
{
    struct echo o = {arg, rounds};
    pthread_t t;
    char b[SIZE] = "ping";
    bench_check(pthread_create(&t, NULL, echo_plug, &o) == 0, "pthread_create");
    for (size_t i = 0; i < rounds; i++) {
        ssize_t n = plug_sock_send(o.e->a, b, SIZE, 0);
        bench_check(n + plug_sock_recv(o.e->a, b, SIZE, 0) == 2 * SIZE, "plug");
    }
    pthread_join(t, NULL);
}

/* Not one system call more than there are operations. */
static void count_calls(struct ends *e, const char *what)
{
    plug_sys_record(true);
    run_plug(e, MANY);
    uint64_t sends = plug_sys_recorded("send"), recvs = plug_sys_recorded("recv");
    uint64_t all = plug_sys_recorded(NULL);
    plug_sys_record(false);
    fprintf(stderr, "%s: %d turns: %llu send, %llu recv, %llu calls in all\n", what, MANY,
            (unsigned long long)sends, (unsigned long long)recvs, (unsigned long long)all);
    bench_check(sends == 2 * MANY && recvs == 2 * MANY && all == 4 * MANY, what);
}

static void race(struct ends *e, const char *where)
{
    struct bench_row one[] = {{.name = "raw system calls", .run = run_raw, .arg = e},
                              {.name = "plug_sock", .run = run_plug, .arg = e}};
    struct bench_row two[] = {{.name = "raw system calls", .run = threads_raw, .arg = e},
                              {.name = "plug_sock", .run = threads_plug, .arg = e}};
    char what[64];
    e->fd_a = plug_sock_fd(e->a);
    e->fd_b = plug_sock_fd(e->b);
    count_calls(e, where);
    snprintf(what, sizeof what, "%s, two threads", where);
    bench_race("pingpong", what, two, 2);
    bench_bar(&two[1], &two[0], BAR);
    snprintf(what, sizeof what, "%s, one thread", where);
    bench_race("pingpong", what, one, 2);
    bench_bar(&one[1], &one[0], BAR);
    plug_sock_close(e->a);
    plug_sock_close(e->b);
}

static int tcp_pair(struct ends *e)
{
    struct plug_sock *l;
    struct plug_addr addr;
    int r = plug_listen(&l, "tcp://127.0.0.1:0", NULL);
    if (r < 0)
        return r;
    if ((r = plug_sock_local(l, &addr)) >= 0 &&
        (r = plug_sock_open(&e->a, AF_INET, SOCK_STREAM, 0)) >= 0 &&
        (r = plug_sock_connect(e->a, &addr)) >= 0 &&
        (r = plug_sockopt_set(e->a, PLUG_SO_NODELAY, 1)) >= 0 &&
        (r = plug_sock_accept(l, &e->b, NULL)) >= 0)
        r = plug_sockopt_set(e->b, PLUG_SO_NODELAY, 1);
    plug_sock_close(l);
    return r;
}

int main(void)
{
    struct plug_sock *pair[2];
    struct ends e;
    bench_check(plug_sock_pair(pair, AF_UNIX, SOCK_STREAM, 0) == 0, "socketpair");
    e.a = pair[0];
    e.b = pair[1];
    race(&e, "socketpair");
    bench_check(tcp_pair(&e) == 0, "TCP");
    race(&e, "TCP over loopback");
    return bench_exit;
}
