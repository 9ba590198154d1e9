/* SPDX-License-Identifier: MIT */
/* Ends that nobody planned: children killed under load, stops from everywhere, late callers. */
#include <serving.h>

#include <errno.h>
#include <plug/wait.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct plug_server_opts usual = PLUG_SERVER_OPTS;

static int tell_pid(struct plug_conn *c, void *arg)
{
    pid_t pid = getpid();
    char b[8];
    (void)arg;
    ssize_t n = plug_conn_send_all(c, &pid, sizeof pid);
    return n < 0 ? (int)n : (int)plug_conn_recv(c, b, sizeof b);
}

/* --- kill -9 ------------------------------------------------------------------------------ */

#define ROUNDS 300

static pid_t victim[ROUNDS];
static size_t killed;

static void kill_one(pid_t pid)
{
    if (kill(pid, SIGKILL) == 0)
        victim[killed++] = pid;
}

/* Who dies may take the connection along that it has just accepted: until all have been reaped. */
static void await_burial(void)
{
    for (size_t i = 0; i < killed; i++)
        for (int turn = 0; kill(victim[i], 0) == 0; turn++) {
            T_TRUE(turn < 20000);
            usleep(1000);
        }
}

/* Anywhere: before it accepts, in the handler, between the end of one and the next. */
static void kill_some(struct plug_server *s)
{
    killed = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct plug_sock *c = serving_client(s);
        pid_t pid = 0;
        ssize_t n = plug_sock_recv(c, &pid, sizeof pid, 0);
        if (n == sizeof pid && t_below(2)) {
            t_disown(c);
            plug_sock_close(c);
            for (uint64_t spin = t_below(30000); spin; spin--)
                __asm__ volatile("");
            kill_one(pid);
        } else if (n == sizeof pid && t_below(3) == 0) {
            kill_one(pid);
            t_disown(c);
            plug_sock_close(c);
        } else {
            t_disown(c);
            plug_sock_close(c);
        }
    }
}

static pid_t ask_once(const struct plug_server *s)
{
    pid_t pid;
    struct plug_sock *c = serving_client(s);
    T_OK(plug_sock_recv_exact(c, &pid, sizeof pid, NULL));
    t_disown(c);
    plug_sock_close(c);
    return pid;
}

static void kill_and_count(struct plug_server_opts o)
{
    struct plug_server_stats stats;
    o.max_children = 4;
    struct plug_server *s = serving_open(PLUG_MODEL_FORK, tell_pid, NULL, o, NULL);
    serving_run(s);
    kill_some(s);
    SERVING_AWAIT(s, live, 0);
    await_burial();
    T_TRUE(ask_once(s) > 0);
    T_TRUE(killed > 20);
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.live, 0);
    T_EQ(stats.kept, 0);
    T_TRUE(stats.live_max <= 4);
    T_TRUE(stats.crashed <= killed); /* the others had ended already */
    T_TRUE(stats.handled + stats.crashed >= stats.accepted);
}

T_TEST_PLAIN(killed_children_leave_nothing_behind)
{
    kill_and_count(usual);
}

T_TEST_PLAIN(killed_children_of_one_request_leave_nothing_behind)
{
    struct plug_server_opts o = usual;
    o.keep_age = PLUG_NS(1);
    o.max_per_source = 3;
    kill_and_count(o);
}

/* --- who is late -------------------------------------------------------------------------- */

static int run_late(struct plug_server *s, int64_t *ret_took)
{
    struct plug_deadline scope;
    int64_t began = plug_now();
    plug_deadline_enter(&scope, PLUG_MS(50));
    int r = plug_server_run(s);
    plug_deadline_leave(&scope);
    *ret_took = plug_now() - began;
    return r;
}

T_TEST_PLAIN(a_deadline_ends_a_server_in_order)
{
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        struct plug_server_stats stats;
        int64_t took;
        struct plug_server *s = serving_open(model, tell_pid, NULL, usual, NULL);
        T_ERR(run_late(s, &took), PLUG_ETIMEOUT);
        T_TRUE(took < PLUG_MS(800)); /* nobody had to be killed */
        plug_server_stats(s, &stats);
        T_EQ(stats.crashed, 0);
    }
}

/* --- stop --------------------------------------------------------------------------------- */

T_TEST_PLAIN(stop_before_run_ends_that_run_only)
{
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        struct plug_server *s = serving_open(model, tell_pid, NULL, usual, NULL);
        int64_t took;
        plug_server_stop(s);
        plug_server_stop(s);
        T_OK(plug_server_run(s));
        T_ERR(run_late(s, &took), PLUG_ETIMEOUT);
    }
}

static int stop_itself(struct plug_conn *c, void *arg)
{
    (void)arg;
    plug_server_stop(plug_conn_server(c));
    plug_server_stop(plug_conn_server(c));
    return (int)plug_conn_send_all(c, "bye", 3);
}

T_TEST_PLAIN(a_handler_stops_its_server)
{
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        struct plug_server_stats stats;
        struct plug_server *s = serving_open(model, stop_itself, NULL, usual, NULL);
        serving_run(s);
        serving_ask(serving_client(s), "", "bye");
        T_OK(serving_end(s));
        plug_server_stats(s, &stats);
        T_EQ(stats.handled, 1);
        T_EQ(stats.live, 0);
    }
}

static struct plug_server *to_stop;

static void stop_by_signal(int sig)
{
    (void)sig;
    plug_server_stop(to_stop);
}

T_TEST_PLAIN(a_signal_handler_stops_a_server)
{
    enum plug_model model;
    struct sigaction action = {.sa_handler = stop_by_signal, .sa_flags = SA_RESTART}, before;
    T_EQ(sigaction(SIGALRM, &action, &before), 0);
    for (size_t i = 0; serving_model(i, &model); i++) {
        to_stop = serving_open(model, tell_pid, NULL, usual, NULL);
        ualarm(30000, 0);
        T_OK(plug_server_run(to_stop));
    }
    T_EQ(sigaction(SIGALRM, &before, NULL), 0);
}

static void *stop_often(void *s)
{
    for (int i = 0; i < 2000; i++)
        plug_server_stop(s);
    return NULL;
}

/* However the two meet: the flag and its descriptor agree when the next run begins. */
T_TEST_PLAIN(stops_that_meet_the_end_of_a_run_are_whole)
{
    static const enum plug_model models[] = {PLUG_MODEL_SERIAL, PLUG_MODEL_THREAD,
                                             PLUG_MODEL_FIBER};
    for (size_t i = 0; i < 3; i++) {
        struct plug_server *s = serving_open(models[i], tell_pid, NULL, usual, NULL);
        pthread_t thread;
        int64_t took;
        T_EQ(pthread_create(&thread, NULL, stop_often, s), 0);
        for (int k = 0; k < 100; k++) {
            int r = run_late(s, &took);
            T_TRUE(r == 0 || r == PLUG_ETIMEOUT);
            if (r < 0)
                break;
        }
        T_EQ(pthread_join(thread, NULL), 0);
        (void)!run_late(s, &took);
        T_ERR(run_late(s, &took), PLUG_ETIMEOUT);
    }
}

static void *run_it(void *s)
{
    (void)!plug_server_run(s);
    return NULL;
}

/* Who closes a server that runs elsewhere waits until that thread is done with it. */
T_TEST_PLAIN(close_waits_for_the_thread_that_runs_it)
{
    static const enum plug_model models[] = {PLUG_MODEL_SERIAL, PLUG_MODEL_THREAD,
                                             PLUG_MODEL_FIBER};
    for (int i = 0; i < 60; i++) {
        struct plug_server_opts o = usual;
        struct plug_server *s;
        pthread_t thread;
        o.model = models[i % 3];
        T_OK(plug_server_open(&s, tell_pid, NULL, &o));
        T_OK(plug_server_listen(s, "tcp://127.0.0.1:0", NULL));
        T_EQ(pthread_create(&thread, NULL, run_it, s), 0);
        T_OWN(plug_server_close, s);
        while (plug_server_join(s, PLUG_NOWAIT) == 0)
            usleep(100);
        t_disown(s);
        plug_server_close(s);
        T_EQ(pthread_join(thread, NULL), 0);
    }
}

/* --- deaf handlers ------------------------------------------------------------------------ */

static int ignores_the_end(struct plug_conn *c, void *arg)
{
    char b[8];
    int canceled = 0;
    (void)arg;
    if (plug_conn_send_all(c, "!", 1) < 0)
        return -EIO;
    for (int i = 0; i < 1000 && canceled < 50; i++)
        canceled += plug_conn_recv(c, b, sizeof b) == -ECANCELED;
    return canceled;
}

T_TEST_PLAIN(a_handler_that_goes_on_when_cut_off_delays_the_end_only)
{
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        struct plug_server_opts o = usual;
        struct plug_server_stats stats;
        if (model == PLUG_MODEL_SERIAL)
            continue; /* it drains by serving */
        o.drain = PLUG_MS(20);
        struct plug_server *s = serving_open(model, ignores_the_end, NULL, o, NULL);
        serving_run(s);
        serving_ask(serving_client(s), "", "!");
        T_OK(serving_end(s));
        plug_server_stats(s, &stats);
        T_EQ(stats.cut, 1);
        T_EQ(stats.live, 0);
    }
}
