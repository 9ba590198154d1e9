/* SPDX-License-Identifier: MIT */
/* What every model does alike: serving, stopping, draining. */
#include <serving.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct plug_server_opts usual = PLUG_SERVER_OPTS;

/* Calls fn with each model, as if it were a test of its own. */
static void each_model(void (*fn)(enum plug_model model))
{
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        fn(model);
        t_end_owned();
    }
}

static void echoes(enum plug_model model)
{
    struct plug_server *s = serving_open(model, serving_echo, NULL, usual, NULL);
    struct plug_server_stats stats;
    serving_run(s);
    for (int i = 0; i < 3; i++) {
        struct plug_sock *c = serving_client(s);
        serving_ask(c, "hello", "hello");
        serving_ask(c, "again", "again");
        t_disown(c);
        plug_sock_close(c);
        SERVING_AWAIT(s, handled, (uint64_t)i + 1);
        SERVING_AWAIT(s, live, 0);
    }
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.accepted, 3);
    T_EQ(stats.failed, 0);
    T_EQ(stats.live, 0);
    T_EQ(stats.kept, 0);
    T_EQ(stats.bytes_in, 30);
    T_EQ(stats.bytes_out, 30);
    T_TRUE(stats.live_max == 1 && stats.longest > 0 && stats.total >= stats.longest);
}

T_TEST_PLAIN(every_model_echoes)
{
    each_model(echoes);
}

/* --- stopping ----------------------------------------------------------------------------- */

static int stop_here(struct plug_conn *c, void *arg)
{
    (void)arg;
    if (plug_conn_stopping(c))
        return -EINVAL;
    plug_server_stop(plug_conn_server(c));
    ssize_t r = plug_conn_send_all(c, plug_conn_stopping(c) ? "yes" : "no", 3);
    return r < 0 ? (int)r : plug_server_join(plug_conn_server(c), PLUG_FOREVER);
}

static void a_handler_stops(enum plug_model model)
{
    struct plug_server *s = serving_open(model, stop_here, NULL, usual, NULL);
    struct plug_server_stats stats;
    serving_run(s);
    serving_ask(serving_client(s), "x", "yes");
    SERVING_AWAIT(s, handled, 1);
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.failed, 1); /* -EDEADLK of the join */
}

T_TEST_PLAIN(a_handler_stops_its_server)
{
    each_model(a_handler_stops);
}

static void stop_comes_first(enum plug_model model)
{
    struct plug_server *s = serving_open(model, serving_echo, NULL, usual, NULL);
    plug_server_stop(s);
    plug_server_stop(s);
    T_OK(plug_server_run(s));
    T_OK(plug_server_join(s, PLUG_NOWAIT));
    plug_server_stop(s);
    T_OK(plug_server_run(s));
}

T_TEST_PLAIN(a_stop_before_it_runs_is_not_lost)
{
    each_model(stop_comes_first);
}

static void waits_for_handlers(enum plug_model model)
{
    struct plug_server *s = serving_open(model, serving_echo, NULL, usual, NULL);
    struct plug_server_stats stats;
    serving_run(s);
    struct plug_sock *c = serving_client(s);
    serving_ask(c, "begun", "begun");
    plug_server_stop(s);
    serving_ask(c, "still", "still");
    T_OK(plug_sock_shutdown(c, SHUT_WR));
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.cut, 0);
    T_EQ(stats.handled, 1);
}

T_TEST_PLAIN(draining_waits_for_handlers)
{
    each_model(waits_for_handlers);
}

static void cuts_what_lasts(enum plug_model model)
{
    struct plug_server_opts o = usual;
    struct plug_server_stats stats;
    char b[1];
    if (model == PLUG_MODEL_SERIAL)
        return; /* nobody is there to cut its own handler */
    o.drain = PLUG_MS(50);
    struct plug_server *s = serving_open(model, serving_echo, NULL, o, NULL);
    serving_run(s);
    struct plug_sock *c = serving_client(s);
    serving_ask(c, "begun", "begun");
    int64_t began = plug_now();
    T_OK(serving_end(s));
    T_TRUE(plug_now() - began >= PLUG_MS(50) && plug_now() - began < PLUG_S(5));
    T_EQ(plug_sock_recv(c, b, 1, 0), 0);
    plug_server_stats(s, &stats);
    T_EQ(stats.cut, 1);
    T_EQ(stats.failed, 1);
}

T_TEST_PLAIN(what_lasts_longer_than_the_drain_time_is_cut)
{
    each_model(cuts_what_lasts);
}

/* --- limits ------------------------------------------------------------------------------- */

static void ends_when_idle(enum plug_model model)
{
    struct plug_server_opts o = usual;
    struct plug_server_stats stats;
    char b[1];
    o.idle = PLUG_MS(50);
    struct plug_server *s = serving_open(model, serving_echo, NULL, o, NULL);
    serving_run(s);
    struct plug_sock *c = serving_client(s);
    serving_ask(c, "x", "x");
    int64_t began = plug_now();
    T_EQ(plug_sock_recv(c, b, 1, 0), 0);
    T_TRUE(plug_now() - began >= PLUG_MS(40));
    SERVING_AWAIT(s, timed_out, 1);
    plug_server_stats(s, &stats);
    T_EQ(stats.failed, 1);
}

T_TEST_PLAIN(an_idle_connection_ends)
{
    each_model(ends_when_idle);
}

static void ends_the_handler(enum plug_model model)
{
    struct plug_server_opts o = usual;
    o.handler = PLUG_MS(100);
    struct plug_server *s = serving_open(model, serving_echo, NULL, o, NULL);
    serving_run(s);
    struct plug_sock *c = serving_client(s);
    char b[1] = "x";
    int64_t began = plug_now();
    while (plug_sock_send_all(c, b, 1, NULL) >= 0 && plug_sock_recv(c, b, 1, 0) > 0)
        usleep(1000);
    T_TRUE(plug_now() - began >= PLUG_MS(90) && plug_now() - began < PLUG_S(4));
    SERVING_AWAIT(s, timed_out, 1);
}

T_TEST_PLAIN(a_handler_that_lasts_too_long_ends)
{
    each_model(ends_the_handler);
}
