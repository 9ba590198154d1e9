/* SPDX-License-Identifier: MIT */
/* How much a server takes, how it is opened, and what it does when it cannot go on. */
#include <serving.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct plug_server_opts usual = PLUG_SERVER_OPTS;

/* --- opening ------------------------------------------------------------------------------ */

T_TEST(a_server_is_opened_and_closed)
{
    struct plug_server *s;
    struct plug_addr addr;
    struct plug_sock *l;
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        struct plug_server_opts o = usual;
        o.model = model;
        o.max_per_source = 2;
        T_OK(plug_server_open(&s, serving_echo, &o, &o));
        T_OWN(plug_server_close, s);
        T_EQ(plug_server_model(s), model);
        T_TRUE(plug_server_arg(s) == &o);
        T_EQ(plug_server_endpoints(s), 0);
        T_OK(plug_server_listen(s, "tcp://127.0.0.1:0", NULL));
        T_OK(plug_listen(&l, "unix:@plug-test-limits", NULL));
        int r = plug_server_adopt(s, l);
        if (r < 0)
            plug_sock_close(l);
        T_OK(r);
        T_EQ(plug_server_endpoints(s), 2);
        T_OK(plug_server_addr(s, 0, &addr));
        T_TRUE(plug_addr_port(&addr) != 0 && plug_server_sock(s, 1) == l);
        T_TRUE(plug_server_sock(s, 2) == NULL);
        T_ERR(plug_server_addr(s, 2, &addr), -ENOENT);
        t_end_owned();
    }
}

T_TEST_PLAIN(options_are_checked)
{
    struct plug_server_opts o = usual;
    struct plug_server_hooks hooks = PLUG_SERVER_HOOKS;
    struct plug_server *s;
    o.size = 1;
    T_ERR(plug_server_open(&s, serving_echo, NULL, &o), PLUG_EOPTS);
    o = usual;
    o.workers = 257;
    T_ERR(plug_server_open(&s, serving_echo, NULL, &o), PLUG_EOPTS);
    o = usual;
    o.datagram = PLUG_SERVER_DATAGRAM + 1;
    T_ERR(plug_server_open(&s, serving_echo, NULL, &o), PLUG_EOPTS);
    o = usual;
    o.hooks = &hooks;
    hooks.size = 1;
    T_ERR(plug_server_open(&s, serving_echo, NULL, &o), PLUG_EOPTS);
    o = usual;
    o.model = (enum plug_model)99;
    T_ERR(plug_server_open(&s, serving_echo, NULL, &o), -EINVAL);
    T_ERR(plug_serve("tcp://", serving_echo, NULL, NULL), PLUG_EPORT);
}

T_TEST_PLAIN(models_have_names)
{
    enum plug_model model;
    struct plug_server *s;
    for (size_t i = 0; serving_model(i, &model); i++) {
        T_EQ(plug_model_find(plug_model_name(model)), model);
        T_EQ(setenv("PLUG_MODEL", plug_model_name(model), 1), 0);
        T_OK(plug_server_open(&s, serving_echo, NULL, NULL));
        T_EQ(plug_server_model(s), model);
        plug_server_close(s);
    }
    T_STR(plug_model_name(PLUG_MODEL_AUTO), "auto");
    T_EQ(plug_model_find("auto"), PLUG_MODEL_AUTO);
    T_ERR(plug_model_find("green"), -EINVAL);
    T_EQ(setenv("PLUG_MODEL", "green", 1), 0);
    T_ERR(plug_server_open(&s, serving_echo, NULL, NULL), -EINVAL);
    T_EQ(unsetenv("PLUG_MODEL"), 0);
    T_OK(plug_server_open(&s, serving_echo, NULL, NULL));
    T_EQ(plug_server_model(s), PLUG_MODEL_FIBER);
    plug_server_close(s);
}

T_TEST_PLAIN(endpoints_are_limited)
{
    struct plug_server *s;
    T_OK(plug_server_open(&s, serving_echo, NULL, NULL));
    T_OWN(plug_server_close, s);
    for (int i = 0; i < PLUG_SERVER_ENDPOINTS; i++)
        T_OK(plug_server_listen(s, "tcp://127.0.0.1:0", NULL));
    T_ERR(plug_server_listen(s, "tcp://127.0.0.1:0", NULL), PLUG_ELIMIT);
    T_EQ(plug_server_endpoints(s), PLUG_SERVER_ENDPOINTS);
}

/* --- how many at once --------------------------------------------------------------------- */

static struct plug_server_stats stats_of(const struct plug_server *s)
{
    struct plug_server_stats stats;
    plug_server_stats(s, &stats);
    return stats;
}

T_TEST_PLAIN(more_than_max_are_refused)
{
    static const enum plug_model models[] = {PLUG_MODEL_THREAD, PLUG_MODEL_FIBER};
    for (size_t i = 0; i < 2; i++) {
        struct plug_server_opts o = usual;
        char b[1];
        o.max = 2;
        struct plug_server *s = serving_open(models[i], serving_echo, NULL, o, NULL);
        serving_run(s);
        struct plug_sock *first = serving_client(s), *second = serving_client(s);
        serving_ask(first, "1", "1");
        serving_ask(second, "2", "2");
        T_EQ(plug_sock_recv(serving_client(s), b, 1, 0), 0);
        T_EQ(stats_of(s).refused_max, 1);
        t_disown(first);
        plug_sock_close(first);
        SERVING_AWAIT(s, live, 1);
        serving_ask(serving_client(s), "3", "3");
        T_EQ(stats_of(s).live_max, 2);
        t_end_owned();
    }
}

T_TEST_PLAIN(more_than_max_children_have_to_wait)
{
    struct plug_server_opts o = usual;
    char b[1];
    o.max_children = 2;
    struct plug_server *s = serving_open(PLUG_MODEL_FORK, serving_echo, NULL, o, NULL);
    serving_run(s);
    struct plug_sock *first = serving_client(s), *second = serving_client(s),
                     *third = serving_client(s);
    serving_ask(first, "1", "1");
    serving_ask(second, "2", "2");
    T_OK(plug_sock_send_all(third, "3", 1, NULL));
    T_OK(plug_sock_set_timeout(third, PLUG_MS(50)));
    T_ERR(plug_sock_recv(third, b, 1, 0), PLUG_ETIMEOUT);
    T_OK(plug_sock_set_timeout(third, PLUG_S(5)));
    t_disown(first);
    plug_sock_close(first);
    T_EQ(plug_sock_recv(third, b, 1, 0), 1);
    T_TRUE(stats_of(s).refused_max == 0 && stats_of(s).live_max == 2);
}

/* A client from an address of its own. */
static struct plug_sock *client_from(const struct plug_server *s, const char *source)
{
    struct plug_addr from, to;
    struct plug_sock *c;
    T_OK(plug_addr_parse_ip(source, AF_INET, 0, &from));
    T_OK(plug_server_addr(s, 0, &to));
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    T_OWN(plug_sock_close, c);
    T_OK(plug_sock_set_timeout(c, PLUG_S(5)));
    T_OK(plug_sock_bind(c, &from));
    T_OK(plug_sock_connect(c, &to));
    return c;
}

T_TEST_PLAIN(one_source_does_not_get_everything)
{
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        struct plug_server_opts o = usual;
        char b[1];
        if (model == PLUG_MODEL_SERIAL)
            continue; /* there is one at a time */
        o.max_per_source = 2;
        struct plug_server *s = serving_open(model, serving_echo, NULL, o, NULL);
        serving_run(s);
        struct plug_sock *first = client_from(s, "127.0.0.1");
        serving_ask(first, "1", "1");
        serving_ask(client_from(s, "127.0.0.1"), "2", "2");
        T_EQ(plug_sock_recv(client_from(s, "127.0.0.1"), b, 1, 0), 0);
        T_EQ(stats_of(s).refused_source, 1);
        for (int n = 2; n < 34; n++) { /* more than the table has slots for at first */
            char source[16];
            snprintf(source, sizeof source, "127.0.0.%d", n);
            serving_ask(client_from(s, source), "x", "x");
        }
        t_disown(first);
        plug_sock_close(first);
        SERVING_AWAIT(s, live, 33);
        usleep(50000); /* a child is counted out when it has ended */
        serving_ask(client_from(s, "127.0.0.1"), "3", "3");
        T_EQ(stats_of(s).refused_source, 1);
        t_end_owned();
    }
}

T_TEST_PLAIN(so_many_requests_and_no_more)
{
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        struct plug_server_opts o = usual;
        o.requests = 2;
        struct plug_server *s = serving_open(model, serving_echo, NULL, o, NULL);
        serving_run(s);
        for (int n = 0; n < 2; n++) {
            struct plug_sock *c = serving_client(s);
            serving_ask(c, "x", "x");
            t_disown(c);
            plug_sock_close(c);
        }
        SERVING_AWAIT(s, handled, 2);
        T_OK(serving_end(s));
        T_EQ(stats_of(s).accepted, 2);
        t_end_owned();
    }
}

/* --- short of descriptors ------------------------------------------------------------------- */

static void no_faults(void *unused)
{
    (void)unused;
    (void)!plug_sys_fault(NULL, NULL);
}

T_TEST_PLAIN(without_descriptors_accepting_rests_and_goes_on)
{
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        T_OWN(no_faults, NULL); /* when the server has ended */
        struct plug_server *s = serving_open(model, serving_echo, NULL, usual, NULL);
        T_OK(plug_sys_fault("accept4:1-2=EMFILE", NULL));
        struct plug_sock *c = serving_client(s);
        int64_t began = plug_now();
        serving_run(s);
        serving_ask(c, "x", "x");
        T_TRUE(plug_now() - began >= PLUG_MS(100));
        uint64_t pauses = stats_of(s).accept_pauses;
        /* each new child meets the faults again, as soon as it waits in accept */
        T_TRUE(pauses >= 1 && (pauses <= 2 || model == PLUG_MODEL_FORK));
        t_end_owned();
    }
}

/* --- one request -------------------------------------------------------------------------- */

static int timeouts;

static void count_timeout(struct plug_server *s, void *arg)
{
    (void)s, (void)arg;
    timeouts++;
}

static int hello(struct plug_conn *c, void *arg)
{
    (void)arg;
    return (int)plug_conn_send_all(c, "hello", 5);
}

T_TEST_PLAIN(one_request_is_handled_or_time_passes)
{
    struct plug_server_hooks hooks = PLUG_SERVER_HOOKS;
    enum plug_model model;
    hooks.handle_timeout = count_timeout;
    for (size_t i = 0; serving_model(i, &model); i++) {
        struct plug_server_opts o = usual;
        o.hooks = &hooks;
        timeouts = 0;
        struct plug_server *s = serving_open(model, hello, NULL, o, NULL);
        T_EQ(plug_server_handle_request(s, PLUG_MS(20)), 0);
        T_EQ(plug_server_handle_request(s, PLUG_NOWAIT), 0);
        T_EQ(timeouts, 2);
        struct plug_sock *c = serving_client(s);
        T_EQ(plug_server_handle_request(s, PLUG_S(5)), 1);
        serving_ask(c, "", "hello");
        T_EQ(timeouts, 2);
        t_end_owned();
    }
}

T_TEST_PLAIN(a_server_runs_once_at_a_time)
{
    struct plug_server *s = serving_open(PLUG_MODEL_THREAD, serving_echo, NULL, usual, NULL);
    serving_run(s);
    serving_ask(serving_client(s), "x", "x");
    T_ERR(plug_server_run(s), -EBUSY);
    T_ERR(plug_server_handle_request(s, PLUG_NOWAIT), -EBUSY);
    T_ERR(plug_server_listen(s, "tcp://127.0.0.1:0", NULL), -EBUSY);
    T_ERR(plug_server_join(s, PLUG_MS(1)), PLUG_ETIMEOUT);
}

/* --- signals ------------------------------------------------------------------------------ */

static int raise_term(struct plug_conn *c, void *arg)
{
    (void)c;
    kill(*(pid_t *)arg, SIGTERM);
    return 0;
}

static void *connect_soon(void *arg)
{
    struct plug_sock *c;
    for (int i = 0; i < 1000 && plug_dial(&c, arg, NULL, NULL) < 0; i++)
        usleep(1000);
    if (*(char *)arg)
        plug_sock_close(c);
    return NULL;
}

static void connect_from_child(char *endpoint)
{
    pid_t pid = fork();
    if (pid == 0) {
        connect_soon(endpoint);
        _exit(0);
    }
}

T_TEST_PLAIN(sigterm_drains_and_handlers_are_given_back)
{
    static char endpoint[] = "unix:@plug-test-signal";
    struct sigaction mine = {.sa_handler = SIG_IGN}, before, after;
    enum plug_model model;
    pid_t pid = getpid();
    T_EQ(sigaction(SIGTERM, &mine, &before), 0);
    for (size_t i = 0; serving_model(i, &model); i++) {
        struct plug_server_opts o = usual;
        o.model = model;
        connect_from_child(endpoint);
        int r = plug_serve(endpoint, raise_term, &pid, &o);
        while (wait(NULL) > 0) {
        }
        T_OK(r);
        T_EQ(sigaction(SIGTERM, NULL, &after), 0);
        T_TRUE(after.sa_handler == SIG_IGN);
    }
    T_EQ(sigaction(SIGTERM, &before, NULL), 0);
}
