/* SPDX-License-Identifier: MIT */
/* Several schedulers at one address (SO_REUSEPORT, or a duplicate), over every back-end. */
#include <serving.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const enum plug_backend backends[] = {PLUG_BACKEND_SELECT, PLUG_BACKEND_POLL,
                                             PLUG_BACKEND_EPOLL, PLUG_BACKEND_URING};
#define WORKERS 3
#define CLIENTS 60

static atomic_int tids[CLIENTS];

static int echo_and_note(struct plug_conn *c, void *arg)
{
    char b[64];
    ssize_t n;
    (void)arg;
    atomic_store(&tids[plug_conn_id(c) % CLIENTS], gettid());
    while ((n = plug_conn_recv(c, b, sizeof b)) > 0)
        if ((n = plug_conn_send_all(c, b, (size_t)n)) < 0)
            break;
    return (int)n;
}

static size_t threads(void)
{
    size_t n = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        size_t k = 0;
        while (k < i && tids[k] != tids[i])
            k++;
        n += tids[i] && k == i;
    }
    return n;
}

static struct plug_server *share(enum plug_backend backend, const char *endpoint)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    o.workers = WORKERS;
    o.backend = backend;
    memset((void *)tids, 0, sizeof tids);
    struct plug_server *s = serving_open(PLUG_MODEL_FIBER, echo_and_note, NULL, o, endpoint);
    T_OK(plug_server_begin(s)); /* every worker has its listener before the first client comes */
    serving_run(s);
    return s;
}

static void ask_all(struct plug_server *s)
{
    struct plug_sock *c[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        c[i] = serving_client(s);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < CLIENTS; i++)
            serving_ask(c[i], "hello", "hello");
    for (int i = 0; i < CLIENTS; i++) {
        t_disown(c[i]);
        plug_sock_close(c[i]);
    }
}

static void streams(const char *endpoint, size_t least)
{
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        struct plug_server_stats stats;
        static const char *const suffix[] = {"-0", "-1", "-2", "-3"};
        char name[64];
        snprintf(name, sizeof name, "%s%s", endpoint, strchr(endpoint, '@') ? suffix[i] : "");
        struct plug_server *s = share(backends[i], name);
        ask_all(s);
        SERVING_AWAIT(s, live, 0);
        T_OK(serving_end(s));
        plug_server_stats(s, &stats);
        T_EQ(stats.accepted, CLIENTS);
        T_EQ(stats.handled, CLIENTS);
        T_EQ(stats.failed, 0);
        T_TRUE(threads() >= least);
    }
}

T_TEST_PLAIN(workers_share_a_port)
{
    streams("tcp://127.0.0.1:0", 2); /* 60 of 60 at one of 3: once in 10^28 */
}

T_TEST_PLAIN(workers_share_an_ipv6_port)
{
    streams("tcp://[::1]:0", 2);
}

T_TEST(an_address_can_be_listened_on_once)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    struct plug_addr addr;
    char text[64];
    o.workers = 2;
    struct plug_server *s;
    T_OK(plug_server_open(&s, echo_and_note, NULL, &o));
    T_OWN(plug_server_close, s);
    T_OK(plug_server_listen(s, "tcp://127.0.0.1:0", NULL));
    T_OK(plug_server_addr(s, 0, &addr));
    snprintf(text, sizeof text, "tcp://127.0.0.1:%u", (unsigned)plug_addr_port(&addr));
    T_ERR(plug_server_listen(s, text, NULL), -EADDRINUSE);
    T_EQ(plug_server_endpoints(s), 1);
    memcpy(text, "udp", 3);
    T_OK(plug_server_listen(s, text, NULL));
    T_OK(plug_server_begin(s));
    T_OK(plug_server_begin(s));
    T_ERR(plug_server_listen(s, "tcp://127.0.0.1:0", NULL), -EBUSY);
}

T_TEST_PLAIN(workers_share_a_path)
{
    streams("unix:@plug-share-test", 1);
}

T_TEST_PLAIN(workers_share_datagrams)
{
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        struct plug_server_stats stats;
        struct plug_server *s = share(backends[i], "udp://127.0.0.1:0");
        ask_all(s);
        T_OK(serving_end(s));
        plug_server_stats(s, &stats);
        T_EQ(stats.handled, 2 * CLIENTS);
        T_EQ(stats.failed, 0);
    }
}

static int stop_from_here(struct plug_conn *c, void *arg)
{
    (void)arg;
    ssize_t n = plug_conn_send_all(c, "!", 1);
    plug_server_stop(plug_conn_server(c));
    return (int)n;
}

static void *run(void *s)
{
    (void)!plug_server_run(s);
    return NULL;
}

/* Whichever worker it is, all end; and the server runs again. */
T_TEST_PLAIN(a_handler_of_any_worker_stops_all)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    o.workers = WORKERS;
    struct plug_server *s = serving_open(PLUG_MODEL_FIBER, stop_from_here, NULL, o, NULL);
    for (int i = 0; i < 12; i++) {
        pthread_t thread;
        T_EQ(pthread_create(&thread, NULL, run, s), 0);
        serving_ask(serving_client(s), "", "!");
        T_EQ(pthread_join(thread, NULL), 0);
    }
}
