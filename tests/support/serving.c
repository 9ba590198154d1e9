/* SPDX-License-Identifier: MIT */
#include "serving.h"
#include <plug/sys.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined __has_feature
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif
#if defined __SANITIZE_THREAD__
#define UNDER_TSAN true
#else
#define UNDER_TSAN false
#endif
#define MAY_FORK (!UNDER_TSAN) /* it has a thread of its own */

#define FORK 2
static const enum plug_model models[] = {
    PLUG_MODEL_SERIAL,
    PLUG_MODEL_THREAD,
    [FORK] = PLUG_MODEL_FORK,
    PLUG_MODEL_FIBER,
};

/* The one that runs; a test has one at a time. */
static struct {
    struct plug_server *server;
    pthread_t thread;
    pid_t child;
    bool runs;
    int result;
} running;

bool serving_may(enum plug_model model)
{
    return model != PLUG_MODEL_FORK || MAY_FORK;
}

bool serving_hears_signals(void)
{
    return !UNDER_TSAN;
}

bool serving_model(size_t i, enum plug_model *ret_model)
{
    size_t count = sizeof models / sizeof *models;
    i += !MAY_FORK && i >= FORK;
    if (i < count)
        *ret_model = models[i];
    return i < count;
}

static void end(void *s)
{
    (void)serving_end(s);
    plug_server_close(s);
}

struct plug_server *serving_open(enum plug_model model, plug_handler_fn *handler, void *arg,
                                 struct plug_server_opts opts, const char *endpoint)
{
    struct plug_server *s;
    if (!serving_may(model))
        T_SKIP("the sanitizer has a thread of its own");
    opts.model = model;
    T_OK(plug_server_open(&s, handler, arg, &opts));
    T_OWN(end, s);
    T_OK(plug_server_listen(s, endpoint ? endpoint : "tcp://127.0.0.1:0", NULL));
    return s;
}

static void *run(void *s)
{
    running.result = plug_server_run(s);
    return NULL;
}

static void run_in_child(struct plug_server *s)
{
    running.child = fork();
    if (running.child < 0)
        T_FAIL("fork");
    if (running.child == 0)
        _exit(plug_server_run(s) < 0);
}

void serving_run(struct plug_server *s)
{
    running.server = s;
    running.runs = true;
    if (plug_server_model(s) == PLUG_MODEL_FORK)
        run_in_child(s);
    else if (pthread_create(&running.thread, NULL, run, s) != 0)
        T_FAIL("pthread_create");
}

static int result_of_child(void)
{
    int status;
    if (waitpid(running.child, &status, 0) != running.child)
        return -ECHILD;
    return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

int serving_end(struct plug_server *s)
{
    if (!running.runs || running.server != s)
        return 0;
    running.runs = false;
    plug_server_stop(s);
    if (plug_server_model(s) == PLUG_MODEL_FORK)
        return result_of_child();
    pthread_join(running.thread, NULL);
    return running.result;
}

struct plug_sock *serving_client(const struct plug_server *s)
{
    struct plug_addr addr;
    struct plug_sock *c;
    T_OK(plug_server_addr(s, 0, &addr));
    T_OK(plug_sock_open(&c, plug_addr_family(&addr), plug_sock_type(plug_server_sock(s, 0)), 0));
    T_OWN(plug_sock_close, c);
    T_OK(plug_sock_set_timeout(c, PLUG_S(20)));
    T_OK(plug_sock_connect(c, &addr));
    return c;
}

void serving_ask(struct plug_sock *client, const char *text, const char *want)
{
    char reply[256];
    size_t len = strlen(want);
    T_OK(plug_sock_send_all(client, text, strlen(text), NULL));
    T_OK(plug_sock_recv_exact(client, reply, len, NULL));
    T_MEM(reply, want, len);
}

void serving_await(const struct plug_server *s, size_t offset, uint64_t value)
{
    struct plug_server_stats stats;
    uint64_t now = 0;
    for (int64_t until = plug_now() + PLUG_S(20); plug_now() < until;) {
        plug_server_stats(s, &stats);
        memcpy(&now, (char *)&stats + offset, sizeof now);
        if (now == value)
            return;
        usleep(1000);
    }
    T_FAIL("a counter is %llu, expected %llu", (unsigned long long)now, (unsigned long long)value);
}

int serving_echo(struct plug_conn *c, void *arg)
{
    char b[2048];
    ssize_t n;
    (void)arg;
    while ((n = plug_conn_recv(c, b, sizeof b)) > 0)
        if ((n = plug_conn_send_all(c, b, (size_t)n)) < 0)
            break;
    return (int)n;
}
