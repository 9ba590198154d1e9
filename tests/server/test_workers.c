/* SPDX-License-Identifier: MIT */
/* Processes and threads: kept, replaced when they crash, ended with their parent, counted. */
#include <serving.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct plug_server_opts usual = PLUG_SERVER_OPTS;

static int tell_pid(struct plug_conn *c, void *arg)
{
    char b[16];
    pid_t pid = getpid();
    (void)arg;
    ssize_t n = plug_conn_send_all(c, &pid, sizeof pid);
    while (n > 0)
        n = plug_conn_recv(c, b, sizeof b);
    return (int)n;
}

/* Who serves a client. */
static pid_t ask_pid(struct plug_sock *c)
{
    pid_t pid;
    T_OK(plug_sock_recv_exact(c, &pid, sizeof pid, NULL));
    return pid;
}

static void end_client(struct plug_sock *c)
{
    t_disown(c);
    plug_sock_close(c);
}

static struct plug_server *forking(struct plug_server_opts o)
{
    struct plug_server *s = serving_open(PLUG_MODEL_FORK, tell_pid, NULL, o, NULL);
    serving_run(s);
    return s;
}

/* Whether there is such a process; a zombie counts. */
static bool lives(pid_t pid)
{
    return kill(pid, 0) == 0;
}

static void await_end(pid_t pid)
{
    for (int64_t until = plug_now() + PLUG_S(20); plug_now() < until && lives(pid);)
        usleep(1000);
    T_TRUE(!lives(pid));
}

T_TEST_PLAIN(children_are_kept)
{
    struct plug_server *s = forking(usual);
    struct plug_sock *c = serving_client(s);
    pid_t first = ask_pid(c);
    end_client(c);
    SERVING_AWAIT(s, live, 0);
    bool again = false;
    for (int i = 0; i < 10 && !again; i++) {
        c = serving_client(s);
        again = ask_pid(c) == first;
        end_client(c);
        SERVING_AWAIT(s, live, 0);
    }
    T_TRUE(again);
    T_OK(serving_end(s));
    T_TRUE(!lives(first));
}

T_TEST_PLAIN(children_past_their_age_make_room)
{
    struct plug_server_opts o = usual;
    o.keep_age = PLUG_MS(30);
    struct plug_server *s = forking(o);
    struct plug_sock *c = serving_client(s);
    pid_t first = ask_pid(c);
    usleep(50000);
    T_TRUE(lives(first)); /* it has a client */
    end_client(c);
    await_end(first);
    T_TRUE(ask_pid(serving_client(s)) != first);
    struct plug_server_stats stats;
    plug_server_stats(s, &stats);
    T_EQ(stats.crashed, 0);
}

/* They wait in accept(2), which nothing but a signal ends. */
T_TEST_PLAIN(idle_children_end_when_they_are_old)
{
    struct plug_server_opts o = usual;
    o.keep_age = PLUG_MS(100);
    o.idle = PLUG_FOREVER;
    struct plug_server *s = forking(o);
    struct plug_sock *c = serving_client(s);
    pid_t first = ask_pid(c);
    end_client(c);
    await_end(first);
    T_OK(serving_end(s));
    struct plug_server_stats stats;
    plug_server_stats(s, &stats);
    T_EQ(stats.crashed, 0);
}

T_TEST_PLAIN(idle_children_end_when_the_server_stops)
{
    struct plug_server_opts o = usual;
    struct plug_server_stats stats;
    struct plug_sock *c[5];
    o.idle = PLUG_FOREVER;
    struct plug_server *s = forking(o);
    for (size_t i = 0; i < 5; i++) {
        c[i] = serving_client(s);
        (void)ask_pid(c[i]);
    }
    for (size_t i = 0; i < 4; i++)
        end_client(c[i]);
    SERVING_AWAIT(s, live, 1);
    plug_server_stop(s);
    SERVING_AWAIT(s, kept, 0); /* while the last client is still served */
    end_client(c[4]);
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.crashed, 0);
}

T_TEST_PLAIN(children_need_not_be_kept)
{
    struct plug_server_opts o = usual;
    o.keep_age = PLUG_NS(1);
    o.drain = PLUG_S(60);
    struct plug_server *s = forking(o);
    struct plug_sock *c = serving_client(s);
    pid_t first = ask_pid(c);
    end_client(c);
    await_end(first); /* reaped although nobody else came */
    c = serving_client(s);
    T_TRUE(ask_pid(c) != first);
    end_client(c);
    int64_t start = plug_now();
    T_OK(serving_end(s));
    T_TRUE(plug_now() - start < o.drain); /* nobody was left to wait for */
}

T_TEST_PLAIN(a_child_that_is_killed_is_replaced_and_counted)
{
    struct plug_server_opts o = usual;
    o.max_children = 2;
    struct plug_server *s = forking(o);
    for (int i = 1; i <= 3; i++) {
        struct plug_sock *c = serving_client(s);
        pid_t pid = ask_pid(c);
        T_EQ(kill(pid, SIGKILL), 0);
        SERVING_AWAIT(s, crashed, (uint64_t)i);
        T_TRUE(!lives(pid));
        SERVING_AWAIT(s, live, 0);
    }
    T_TRUE(ask_pid(serving_client(s)) > 0);
}

T_TEST_PLAIN(a_signal_for_all_does_not_end_what_is_served)
{
    struct plug_server *s = forking(usual);
    struct plug_sock *c = serving_client(s);
    pid_t pid = ask_pid(c);
    T_EQ(kill(pid, SIGINT), 0);
    T_EQ(kill(pid, SIGTERM), 0);
    usleep(20000);
    T_TRUE(lives(pid));
    end_client(c);
    SERVING_AWAIT(s, handled, 1);
    T_OK(serving_end(s));
}

static int deaf(struct plug_conn *c, void *arg)
{
    pid_t pid = getpid();
    (void)arg;
    (void)!plug_conn_send_all(c, &pid, sizeof pid);
    while (pause() < 0) {
    }
    return 0;
}

T_TEST_PLAIN(a_child_that_does_not_listen_is_killed)
{
    struct plug_server_opts o = usual;
    o.drain = PLUG_MS(20);
    struct plug_server *s = serving_open(PLUG_MODEL_FORK, deaf, NULL, o, NULL);
    serving_run(s);
    pid_t pid = ask_pid(serving_client(s));
    T_OK(serving_end(s));
    T_TRUE(!lives(pid));
    SERVING_AWAIT(s, crashed, 1);
    SERVING_AWAIT(s, live, 0);
}

T_TEST_PLAIN(a_child_whose_handler_lasts_too_long_is_killed)
{
    struct plug_server_opts o = usual;
    o.handler = PLUG_MS(20);
    struct plug_server *s = serving_open(PLUG_MODEL_FORK, deaf, NULL, o, NULL);
    serving_run(s);
    struct plug_sock *c = serving_client(s);
    pid_t pid;
    ssize_t told = plug_sock_recv_exact(c, &pid, sizeof pid, NULL); /* unless killed even before */
    SERVING_AWAIT(s, crashed, 1);
    SERVING_AWAIT(s, live, 0);
    if (told >= 0)
        await_end(pid);
}

T_TEST_PLAIN(children_end_with_their_parent)
{
    struct plug_server *s = serving_open(PLUG_MODEL_FORK, tell_pid, NULL, usual, NULL);
    pid_t parent = fork();
    if (parent == 0)
        _exit(plug_server_run(s) < 0);
    pid_t child = ask_pid(serving_client(s));
    T_EQ(kill(parent, SIGKILL), 0);
    T_EQ(waitpid(parent, NULL, 0), parent);
    await_end(child); /* reaped by whoever takes over orphans */
}

static atomic_bool rested;

static void rest(void *unused)
{
    (void)unused;
    while (!atomic_load(&rested))
        usleep(1000);
}

static void end_rest(void *unused)
{
    (void)unused;
    atomic_store(&rested, true);
}

T_TEST_PLAIN(no_forking_beside_threads)
{
    struct plug_server *s = serving_open(PLUG_MODEL_FORK, tell_pid, NULL, usual, NULL);
    atomic_store(&rested, false);
    t_thread(rest, NULL);
    T_OWN(end_rest, &rested);
    T_ERR(plug_server_run(s), -EBUSY);
    T_ERR(plug_server_handle_request(s, PLUG_NOWAIT), -EBUSY);
}

/* --- threads ------------------------------------------------------------------------------ */

static int tell_tid(struct plug_conn *c, void *arg)
{
    pid_t tid = gettid();
    char b[16];
    (void)arg;
    ssize_t n = plug_conn_send_all(c, &tid, sizeof tid);
    while (n > 0)
        n = plug_conn_recv(c, b, sizeof b);
    return (int)n;
}

static void await_thread_end(pid_t tid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d", (int)tid);
    for (int64_t until = plug_now() + PLUG_S(20); plug_now() < until && access(path, F_OK) == 0;)
        usleep(1000);
    T_TRUE(access(path, F_OK) != 0);
}

T_TEST_PLAIN(threads_past_their_age_end)
{
    struct plug_server_opts o = usual;
    o.keep_age = PLUG_MS(50);
    struct plug_server *s = serving_open(PLUG_MODEL_THREAD, tell_tid, NULL, o, NULL);
    serving_run(s);
    struct plug_sock *c = serving_client(s);
    pid_t first = ask_pid(c);
    end_client(c);
    await_thread_end(first);
    SERVING_AWAIT(s, kept, 0);
    T_TRUE(ask_pid(serving_client(s)) > 0);
}

T_TEST_PLAIN(threads_are_kept)
{
    struct plug_server *s = serving_open(PLUG_MODEL_THREAD, tell_tid, NULL, usual, NULL);
    serving_run(s);
    struct plug_sock *c = serving_client(s);
    pid_t first = ask_pid(c);
    end_client(c);
    SERVING_AWAIT(s, kept, 1);
    c = serving_client(s);
    T_EQ(ask_pid(c), first);
    struct plug_sock *beside = serving_client(s);
    T_TRUE(ask_pid(beside) != first);
    end_client(beside);
    end_client(c);
    SERVING_AWAIT(s, kept, 2);
}

T_TEST_PLAIN(without_a_thread_a_request_fails_and_the_next_goes_on)
{
    struct plug_server *s = serving_open(PLUG_MODEL_THREAD, tell_tid, NULL, usual, NULL);
    char b[1];
    T_OK(plug_sys_fault("thread_create_stack:1", NULL));
    serving_run(s);
    T_EQ(plug_sock_recv(serving_client(s), b, 1, 0), 0);
    struct plug_sock *c = serving_client(s);
    T_TRUE(ask_pid(c) > 0);
    SERVING_AWAIT(s, failed, 1);
    end_client(c);
    T_OK(serving_end(s));
    T_OK(plug_sys_fault(NULL, NULL));
}

/* A handler that waits with the socket itself is ended, too. */
static int waits_by_itself(struct plug_conn *c, void *arg)
{
    char b[1];
    (void)arg;
    ssize_t n;
    do
        n = plug_sock_recv(plug_conn_sock(c), b, 1, 0);
    while (n > 0 || n == -EAGAIN);
    return (int)n;
}

T_TEST_PLAIN(the_sweep_ends_handlers_that_use_the_socket)
{
    struct plug_server_opts o = usual;
    char b[1];
    o.handler = PLUG_MS(50);
    struct plug_server *s = serving_open(PLUG_MODEL_THREAD, waits_by_itself, NULL, o, NULL);
    serving_run(s);
    struct plug_sock *c = serving_client(s);
    T_EQ(plug_sock_recv(c, b, 1, 0), 0);
    SERVING_AWAIT(s, handled, 1);
}
