/* SPDX-License-Identifier: MIT */
/* Out of descriptors: the server rests instead of spinning, and goes on at once when there are. */
#include <serving.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define LIMIT 64

static int64_t cpu_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return ts.tv_sec * PLUG_S(1) + ts.tv_nsec;
}

static struct rlimit own_limit;

static void give_back(void *unused)
{
    (void)unused;
    (void)setrlimit(RLIMIT_NOFILE, &own_limit);
}

static void limit_descriptors(void)
{
    T_EQ(getrlimit(RLIMIT_NOFILE, &own_limit), 0);
    struct rlimit few = {LIMIT, own_limit.rlim_max};
    T_OWN(give_back, &own_limit);
    T_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
}

/* All descriptors that are left; how many. */
static size_t take_all(int *fds)
{
    size_t n = 0;
    while (n < LIMIT && (fds[n] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) >= 0)
        n++;
    return n;
}

static void starve(enum plug_model model, enum plug_backend backend)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    struct plug_server_stats stats;
    int fds[LIMIT];
    o.backend = backend;
    struct plug_server *s = serving_open(model, serving_echo, NULL, o, NULL);
    serving_run(s);
    struct plug_sock *first = serving_client(s);
    serving_ask(first, "a", "a");
    t_disown(first);
    plug_sock_close(first);
    SERVING_AWAIT(s, live, 0);
    struct plug_sock *c = serving_client(s), *d = serving_client(s);
    serving_ask(c, "b", "b");
    t_disown(d);
    plug_sock_close(d);
    SERVING_AWAIT(s, live, 1);
    size_t n = take_all(fds);
    close(fds[--n]); /* for the client */
    struct plug_sock *waits = serving_client(s);
    T_OK(plug_sock_send_all(waits, "c", 1, NULL));
    int64_t cpu = cpu_now();
    usleep(400000);
    cpu = cpu_now() - cpu;
    if (cpu > PLUG_MS(40))
        T_FAIL("%s: %lld us of CPU in 400 ms", plug_model_name(model), (long long)cpu / 1000);
    serving_ask(c, "d", "d"); /* who is in is served */
    while (n)
        close(fds[--n]);
    int64_t began = plug_now();
    char b[1];
    T_OK(plug_sock_recv_exact(waits, b, 1, NULL));
    T_TRUE(plug_now() - began < PLUG_S(1));
    plug_server_stats(s, &stats);
    T_TRUE(stats.accept_pauses > 0 && stats.accept_pauses < 20);
    t_disown(waits);
    plug_sock_close(waits);
    t_disown(c);
    plug_sock_close(c);
    T_OK(serving_end(s));
}

T_TEST_PLAIN(short_of_descriptors_threads_rest)
{
    limit_descriptors();
    starve(PLUG_MODEL_THREAD, PLUG_BACKEND_AUTO);
}

T_TEST_PLAIN(short_of_descriptors_fibers_rest)
{
    static const enum plug_backend backends[] = {PLUG_BACKEND_SELECT, PLUG_BACKEND_POLL,
                                                 PLUG_BACKEND_EPOLL, PLUG_BACKEND_URING};
    limit_descriptors();
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
        starve(PLUG_MODEL_FIBER, backends[i]);
}
