/* SPDX-License-Identifier: MIT */
/* Datagrams under every model: one handler's call each, answers from the asked address. */
#include <serving.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct plug_server_opts usual = PLUG_SERVER_OPTS;
static uint8_t out[70000], in[70000];

/* Calls fn with each model, as if it were a test of its own. */
static void each_model(void (*fn)(enum plug_model model))
{
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        fn(model);
        t_end_owned();
    }
}

static int echo(struct plug_conn *c, void *arg)
{
    static __thread uint8_t buf[70000];
    (void)arg;
    ssize_t n = plug_conn_recv(c, buf, sizeof buf);
    return n < 0 ? (int)n : (int)plug_conn_send_all(c, buf, (size_t)n);
}

static struct plug_server *serve(enum plug_model model, plug_handler_fn *handler,
                                 struct plug_server_opts o, const char *endpoint)
{
    struct plug_server *s =
        serving_open(model, handler, NULL, o, endpoint ? endpoint : "udp://127.0.0.1:0");
    serving_run(s);
    return s;
}

/* A socket of its own address; it waits 5 s at most. */
static struct plug_sock *client(int family)
{
    struct plug_addr any;
    struct plug_sock *c;
    T_OK(plug_addr_loopback(family, 0, &any));
    T_OK(plug_listen_addr(&c, &any, SOCK_DGRAM, NULL));
    T_OWN(plug_sock_close, c);
    T_OK(plug_sock_set_timeout(c, PLUG_S(5)));
    return c;
}

static struct plug_addr address(const struct plug_server *s)
{
    struct plug_addr at;
    T_OK(plug_server_addr(s, 0, &at));
    return at;
}

static void ask(struct plug_sock *c, const struct plug_addr *to, size_t len)
{
    T_EQ(T_OK(plug_sock_sendto(c, out, len, 0, to)), len);
    T_EQ(T_OK(plug_sock_recv(c, in, sizeof in, 0)), len);
    T_MEM(in, out, len);
}

/* --- bytes ---------------------------------------------------------------------------------- */

static void echoes(enum plug_model model)
{
    static const size_t len[] = {1, 0, 64, 1200, 65507, 0, 9000};
    struct plug_server *s = serve(model, echo, usual, NULL);
    struct plug_sock *c = client(AF_INET);
    struct plug_addr at = address(s);
    struct plug_server_stats stats;
    size_t sum = 0;
    for (size_t i = 0; i < sizeof len / sizeof *len; i++) {
        memset(out, (int)i, len[i]);
        ask(c, &at, len[i]);
        sum += len[i];
    }
    SERVING_AWAIT(s, handled, 7);
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.accepted, 7);
    T_EQ(stats.failed, 0);
    T_EQ(stats.truncated, 0);
    T_EQ(stats.live, 0);
    T_EQ(stats.bytes_in, sum);
    T_EQ(stats.bytes_out, sum);
}

T_TEST_PLAIN(every_model_answers_datagrams)
{
    each_model(echoes);
}

static void window_of(struct plug_sock *c, const struct plug_addr *at, unsigned count, size_t len)
{
    struct plug_datagrams *d;
    bool seen[256] = {false};
    T_OK(plug_datagram_open(&d, c, NULL));
    T_OWN(plug_datagram_close, d);
    for (unsigned i = 0; i < count; i++) {
        memset(out, (int)i, len);
        T_OK(plug_datagram_send(d, at, NULL, out, len));
    }
    T_OK(plug_datagram_flush(d));
    for (unsigned i = 0; i < count; i++) {
        struct plug_datagram g;
        while (!plug_datagram_next(d, &g))
            T_OK(plug_datagram_recv(d, 0));
        T_EQ(g.len, len);
        memset(out, g.data[0], len);
        T_MEM(g.data, out, len);
        T_TRUE(g.data[0] < count && !seen[g.data[0]]);
        seen[g.data[0]] = true;
    }
    t_disown(d);
    plug_datagram_close(d);
}

static void trains(enum plug_model model)
{
    struct plug_server *s = serve(model, echo, usual, NULL);
    struct plug_sock *c[3] = {client(AF_INET), client(AF_INET), client(AF_INET)};
    struct plug_addr at = address(s);
    for (unsigned round = 0; round < 20; round++)
        for (unsigned i = 0; i < 3; i++)
            window_of(c[i], &at, 1 + (unsigned)t_below(50), 1 + t_below(600));
    T_OK(serving_end(s));
}

T_TEST_PLAIN(trains_are_answered_piece_by_piece)
{
    each_model(trains);
}

static int twice(struct plug_conn *c, void *arg)
{
    char buf[100];
    (void)arg;
    ssize_t n = plug_conn_recv(c, buf, sizeof buf);
    if (n < 0 || plug_conn_recv(c, in, 1) != 0) /* that was all */
        return -EINVAL;
    struct iovec iov[2] = {{"<", 1}, {buf, (size_t)n}};
    ssize_t r = plug_conn_send_all(c, buf, (size_t)n);
    if (r >= 0)
        r = plug_conn_send_all(c, "", 0);
    if (r >= 0)
        r = plug_conn_sendv_all(c, iov, 2);
    return r < 0 ? (int)r : 0;
}

/* As many answers as the handler likes, of any length; pieces are one datagram. */
static void many_answers(enum plug_model model)
{
    struct plug_server *s = serve(model, twice, usual, NULL);
    struct plug_sock *c = client(AF_INET);
    struct plug_addr at = address(s);
    size_t sum = 0;
    T_OK(plug_sock_sendto(c, "abc", 3, 0, &at));
    for (int i = 0; i < 3; i++)
        sum += (size_t)T_OK(plug_sock_recv(c, in, sizeof in, 0));
    T_EQ(sum, 3 + 0 + 4);
    T_OK(serving_end(s));
}

T_TEST_PLAIN(a_handler_answers_as_often_as_it_likes)
{
    each_model(many_answers);
}

static int tell_flags(struct plug_conn *c, void *arg)
{
    char buf[200], text[2];
    (void)arg;
    ssize_t n = plug_conn_recv(c, buf, sizeof buf);
    if (n < 0)
        return (int)n;
    text[0] = plug_conn_flags(c) & MSG_TRUNC ? 'T' : '-';
    text[1] = (char)n;
    return (int)plug_conn_send_all(c, text, 2);
}

static void truncates(enum plug_model model)
{
    struct plug_server_opts o = usual;
    struct plug_server_stats stats;
    o.datagram = 100;
    struct plug_server *s = serve(model, tell_flags, o, NULL);
    struct plug_sock *c = client(AF_INET);
    struct plug_addr at = address(s);
    for (size_t len = 99; len <= 101; len++) {
        T_OK(plug_sock_sendto(c, out, len, 0, &at));
        T_EQ(T_OK(plug_sock_recv(c, in, sizeof in, 0)), 2);
        T_EQ(in[0], len > 100 ? 'T' : '-');
        T_EQ(in[1], len > 100 ? 100 : len);
    }
    SERVING_AWAIT(s, handled, 3);
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.truncated, 1);
}

T_TEST_PLAIN(truncation_is_told_and_counted)
{
    each_model(truncates);
}

/* --- addresses ------------------------------------------------------------------------------ */

static int tell_addresses(struct plug_conn *c, void *arg)
{
    char text[2 * PLUG_ADDR_TEXT];
    struct plug_addr local;
    (void)arg;
    if (plug_conn_recv(c, text, sizeof text) < 0 || plug_conn_local(c, &local) < 0)
        return -EINVAL;
    size_t n = plug_addr_text(plug_conn_peer(c), text, PLUG_ADDR_TEXT);
    text[n++] = ' ';
    n += plug_addr_text(&local, text + n, PLUG_ADDR_TEXT);
    return (int)plug_conn_send_all(c, text, n);
}

static void asked_address(enum plug_model model)
{
    static const char *const ask_at[] = {"127.0.0.1", "127.0.0.2", "127.9.9.9"};
    struct plug_server *s = serve(model, tell_addresses, usual, "udp://0.0.0.0:0");
    struct plug_sock *c = client(AF_INET);
    struct plug_addr at = address(s), who, me;
    char want[2 * PLUG_ADDR_TEXT];
    T_OK(plug_sock_local(c, &me));
    for (size_t i = 0; i < 3; i++) {
        uint16_t port = plug_addr_port(&at);
        T_OK(plug_addr_parse(ask_at[i], &at));
        T_OK(plug_addr_set_port(&at, port));
        T_OK(plug_sock_sendto(c, "?", 1, 0, &at));
        size_t n = (size_t)T_OK(plug_sock_recvfrom(c, in, sizeof in - 1, 0, &who, NULL));
        T_TRUE(plug_addr_equal(&who, &at));
        in[n] = 0;
        n = plug_addr_text(&me, want, sizeof want);
        want[n++] = ' ';
        plug_addr_text(&at, want + n, PLUG_ADDR_TEXT);
        T_STR((char *)in, want);
    }
    T_OK(serving_end(s));
}

T_TEST_PLAIN(answers_leave_from_the_address_that_was_asked)
{
    each_model(asked_address);
}

/* --- waiting -------------------------------------------------------------------------------- */

/* What the first byte says: wait first, read first, fail, answer at once. */
static int by_order(struct plug_conn *c, void *arg)
{
    char buf[100];
    (void)arg;
    ssize_t n = plug_conn_recv(c, buf, sizeof buf);
    if (n <= 0)
        return (int)n;
    if (buf[0] == 'f')
        return -EPROTO;
    if (buf[0] == 's' && plug_sleep(PLUG_MS(200)) < 0)
        return -ECANCELED;
    return (int)plug_conn_send_all(c, buf, (size_t)n);
}

/* Whoever can do several things at once lets nobody wait for a handler that sleeps. */
static void slow_and_quick(enum plug_model model)
{
    struct plug_server *s = serve(model, by_order, usual, NULL);
    struct plug_sock *c = client(AF_INET);
    struct plug_addr at = address(s);
    T_OK(plug_sock_sendto(c, "q0", 2, 0, &at));
    T_OK(plug_sock_sendto(c, "s1", 2, 0, &at));
    T_OK(plug_sock_sendto(c, "q2", 2, 0, &at));
    T_OK(plug_sock_sendto(c, "s3", 2, 0, &at));
    T_OK(plug_sock_sendto(c, "q4", 2, 0, &at));
    char order[6] = {0};
    for (int i = 0; i < 5; i++) {
        T_EQ(T_OK(plug_sock_recv(c, in, sizeof in, 0)), 2);
        order[i] = (char)in[1];
    }
    if (model == PLUG_MODEL_SERIAL)
        T_STR(order, "01234");
    else
        T_TRUE(memchr(order, '0', 3) && memchr(order, '2', 3) && memchr(order, '4', 3));
    T_OK(serving_end(s));
}

T_TEST_PLAIN(a_waiting_handler_holds_up_nobody)
{
    each_model(slow_and_quick);
}

static int sleep_then_read(struct plug_conn *c, void *arg)
{
    char buf[1000];
    (void)arg;
    if (plug_sleep(PLUG_MS(20)) < 0)
        return -ECANCELED;
    ssize_t n = plug_conn_recv(c, buf, sizeof buf);
    return n < 0 ? (int)n : (int)plug_conn_send_all(c, buf, (size_t)n);
}

/* The bytes are there however long the handler waits before it reads them. */
static void reads_late(enum plug_model model)
{
    struct plug_server *s = serve(model, sleep_then_read, usual, "udp://0.0.0.0:0");
    struct plug_sock *c = client(AF_INET);
    struct plug_addr at = address(s);
    uint16_t port = plug_addr_port(&at);
    T_OK(plug_addr_parse("127.0.0.5", &at));
    T_OK(plug_addr_set_port(&at, port));
    window_of(c, &at, 20, 300);
    T_OK(serving_end(s));
}

T_TEST_PLAIN(a_handler_may_wait_before_it_reads)
{
    each_model(reads_late);
}

static void storm(enum plug_model model)
{
    struct plug_server_opts o = usual;
    struct plug_server_stats stats;
    o.max = o.max_children = 4;
    struct plug_server *s = serve(model, sleep_then_read, o, NULL);
    struct plug_sock *c = client(AF_INET);
    struct plug_addr at = address(s);
    window_of(c, &at, 40, 10); /* what is too much waits in the socket */
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.handled, 40);
    T_EQ(stats.refused_max, 0);
    T_TRUE(stats.live_max <= 4);
}

T_TEST_PLAIN(at_the_limit_datagrams_wait_in_the_socket)
{
    each_model(storm);
}

/* --- hooks and limits ----------------------------------------------------------------------- */

static bool not_x(struct plug_server *s, struct plug_conn *c, void *arg)
{
    (void)s, (void)arg;
    return plug_addr_port(plug_conn_peer(c)) % 2 == 0;
}

static int on_port(uint16_t odd, struct plug_sock **ret)
{
    for (int i = 0; i < 200; i++) {
        struct plug_addr a;
        *ret = client(AF_INET);
        T_OK(plug_sock_local(*ret, &a));
        if (plug_addr_port(&a) % 2 == odd)
            return 0;
    }
    T_FAIL("no port");
}

static void verifies(enum plug_model model)
{
    struct plug_server_hooks hooks = PLUG_SERVER_HOOKS;
    struct plug_server_opts o = usual;
    struct plug_server_stats stats;
    struct plug_sock *odd, *even;
    hooks.verify_request = not_x;
    o.hooks = &hooks;
    struct plug_server *s = serve(model, echo, o, NULL);
    struct plug_addr at = address(s);
    on_port(1, &odd);
    on_port(0, &even);
    for (int i = 0; i < 3; i++) {
        T_OK(plug_sock_sendto(odd, "x", 1, 0, &at));
        ask(even, &at, 5);
    }
    T_ERR(plug_sock_recv(odd, in, sizeof in, MSG_DONTWAIT), -EAGAIN);
    SERVING_AWAIT(s, handled, 3);
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.refused_verify, 3);
}

T_TEST_PLAIN(verify_request_judges_each_datagram)
{
    each_model(verifies);
}

static void fails(enum plug_model model)
{
    struct plug_server_stats stats;
    struct plug_server *s = serve(model, by_order, usual, NULL);
    struct plug_sock *c = client(AF_INET);
    struct plug_addr at = address(s);
    T_OK(plug_sock_sendto(c, "f", 1, 0, &at));
    T_OK(plug_sock_sendto(c, "q", 1, 0, &at));
    T_EQ(T_OK(plug_sock_recv(c, in, sizeof in, 0)), 1);
    SERVING_AWAIT(s, handled, 2);
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.failed, 1);
}

T_TEST_PLAIN(a_failing_handler_is_counted_and_others_go_on)
{
    each_model(fails);
}

static void counted(enum plug_model model)
{
    struct plug_server_opts o = usual;
    struct plug_server_stats stats;
    o.requests = 5;
    struct plug_server *s = serve(model, echo, o, NULL);
    struct plug_sock *c = client(AF_INET);
    struct plug_addr at = address(s);
    for (int i = 0; i < 5; i++)
        ask(c, &at, 3);
    if (model != PLUG_MODEL_FORK) /* it runs in another process */
        T_OK(plug_server_join(s, PLUG_S(5)));
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.handled, 5);
}

T_TEST_PLAIN(it_stops_after_so_many_requests)
{
    each_model(counted);
}

/* A peer that is gone makes ICMP errors: nobody else feels them. */
static void icmp(enum plug_model model)
{
    int on = 1;
    struct plug_server *s = serve(model, by_order, usual, NULL);
    struct plug_sock *listener = plug_server_sock(s, 0), *c = client(AF_INET);
    struct plug_addr at = address(s);
    T_OK(plug_sys()->setsockopt(plug_sock_fd(listener), 0 /* IPPROTO_IP */, 11 /* IP_RECVERR */,
                                &on, sizeof on));
    for (int i = 0; i < 20; i++) {
        struct plug_sock *gone = client(AF_INET);
        T_OK(plug_sock_sendto(gone, "gone", 4, 0, &at));
        t_disown(gone);
        plug_sock_close(gone);
    }
    for (int i = 0; i < 20; i++)
        ask(c, &at, 3);
    SERVING_AWAIT(s, handled, 40);
    T_OK(serving_end(s));
}

T_TEST_PLAIN(icmp_errors_end_nothing)
{
    memset(out, 'q', 3);
    each_model(icmp);
}

/* --- UNIX ----------------------------------------------------------------------------------- */

static void local_names(enum plug_model model)
{
    char dir[] = "/tmp/plug-dgram-XXXXXX", endpoint[64], mine[64];
    struct plug_server_stats stats;
    struct plug_addr name, at;
    struct plug_sock *c, *unnamed;
    T_TRUE(mkdtemp(dir) != NULL);
    snprintf(endpoint, sizeof endpoint, "unix-dgram:%s/s", dir);
    snprintf(mine, sizeof mine, "%s/c", dir);
    struct plug_server *s = serve(model, echo, usual, endpoint);
    at = address(s);
    T_OK(plug_addr_unix(mine, strlen(mine), &name));
    T_OK(plug_listen_addr(&c, &name, SOCK_DGRAM, NULL));
    T_OWN(plug_listen_close, c);
    T_OK(plug_sock_set_timeout(c, PLUG_S(5)));
    for (size_t len = 0; len < 3; len++)
        ask(c, &at, len);
    ask(c, &at, 60000);
    T_OK(plug_sock_open(&unnamed, AF_UNIX, SOCK_DGRAM, 0));
    T_OWN(plug_sock_close, unnamed);
    T_OK(plug_sock_sendto(unnamed, "x", 1, 0, &at));
    SERVING_AWAIT(s, handled, 5);
    T_OK(serving_end(s));
    plug_server_stats(s, &stats);
    T_EQ(stats.failed, 1); /* nobody can answer the unnamed one */
    T_OK(plug_server_join(s, PLUG_NOWAIT));
    t_end_owned();
    rmdir(dir);
}

T_TEST_PLAIN(unix_datagrams_are_served_too)
{
    each_model(local_names);
}

T_TEST_PLAIN(answers_that_cannot_be_sent_are_counted)
{
    static const enum plug_model models[] = {PLUG_MODEL_SERIAL, PLUG_MODEL_FIBER};
    for (size_t i = 0; i < 2; i++) {
        T_OK(plug_sys_fault("sendmsg:*=EPERM;sendmmsg:*=EPERM", NULL));
        struct plug_server *s = serve(models[i], echo, usual, NULL);
        struct plug_sock *c = client(AF_INET);
        struct plug_addr at = address(s);
        for (int k = 0; k < 3; k++)
            T_OK(plug_sock_sendto(c, "?", 1, 0, &at));
        SERVING_AWAIT(s, unsent, 3);
        SERVING_AWAIT(s, handled, 3);
        T_OK(serving_end(s));
        T_OK(plug_sys_fault(NULL, NULL));
    }
}
