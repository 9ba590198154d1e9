/* SPDX-License-Identifier: MIT */
/* What a handler sees: bytes, facts, streams, clean-up, hooks; and how a connection ends. */
#include <serving.h>

#include <errno.h>
#include <plug/defer.h>
#include <plug/stream.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct plug_server_opts usual = PLUG_SERVER_OPTS;

static void each_model(void (*fn)(enum plug_model model))
{
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        fn(model);
        t_end_owned();
    }
}

/* A server with this handler, and a client of it. */
static struct plug_server *serve(enum plug_model model, plug_handler_fn *handler, void *arg,
                                 const char *endpoint, struct plug_sock **ret_client)
{
    struct plug_server *s = serving_open(model, handler, arg, usual, endpoint);
    serving_run(s);
    *ret_client = serving_client(s);
    return s;
}

/* --- bytes -------------------------------------------------------------------------------- */

static int exact(struct plug_conn *c, void *arg)
{
    char b[6];
    struct iovec iov[3] = {{"<", 1}, {b, 5}, {">", 1}}, none[65];
    (void)arg;
    ssize_t n = plug_conn_recv_exact(c, b, 5);
    if (n != 5)
        return n < 0 ? (int)n : -EINVAL;
    if (plug_conn_sendv_all(c, none, 65) != -EMSGSIZE || plug_conn_sendv_all(c, iov, 0) != 0)
        return -EINVAL;
    if ((n = plug_conn_sendv_all(c, iov, 3)) != 7)
        return n < 0 ? (int)n : -EINVAL;
    if ((n = plug_conn_shutdown_write(c)) < 0)
        return (int)n;
    n = plug_conn_recv_exact(c, b, 6);
    return n == PLUG_EEOF && memcmp(b, "abc", 3) == 0 ? 0 : -EINVAL;
}

static void bytes_of_the(enum plug_model model)
{
    struct plug_sock *c;
    struct plug_server *s = serve(model, exact, NULL, NULL, &c);
    struct plug_server_stats stats;
    char b[1];
    serving_ask(c, "hello", "<hello>");
    T_EQ(plug_sock_recv(c, b, 1, 0), 0);
    T_OK(plug_sock_send_all(c, "abc", 3, NULL));
    T_OK(plug_sock_shutdown(c, SHUT_WR));
    SERVING_AWAIT(s, handled, 1);
    SERVING_AWAIT(s, live, 0);
    plug_server_stats(s, &stats);
    T_EQ(stats.failed, 0);
    T_EQ(stats.bytes_in, 8);
    T_EQ(stats.bytes_out, 7);
}

T_TEST_PLAIN(bytes_come_exactly_and_in_pieces)
{
    each_model(bytes_of_the);
}

/* --- facts -------------------------------------------------------------------------------- */

static int facts(struct plug_conn *c, void *arg)
{
    struct plug_addr local, server;
    char peer[64], text[64];
    int of_server = plug_server_addr(plug_conn_server(c), 0, &server);
    bool right = plug_conn_id(c) == 1 && plug_conn_type(c) == SOCK_STREAM &&
                 plug_conn_flags(c) == 0 && !plug_conn_stopping(c) && !plug_conn_data(c) &&
                 plug_server_arg(plug_conn_server(c)) == arg && of_server >= 0 &&
                 plug_conn_local(c, &local) >= 0 && plug_addr_equal(&local, &server);
    plug_conn_data_set(c, text);
    right = right && plug_conn_data(c) == text && plug_sock_fd(plug_conn_sock(c)) >= 0;
    plug_addr_text(plug_conn_peer(c), peer, sizeof peer);
    plug_conn_describe(c, text, sizeof text);
    right = right && strncmp(text, "tcp://", 6) == 0 && strcmp(text + 6, peer) == 0;
    return (int)plug_conn_send_all(c, right ? "right" : "wrong", 5);
}

static void facts_of_the(enum plug_model model)
{
    struct plug_sock *c;
    static int arg;
    serve(model, facts, &arg, NULL, &c);
    serving_ask(c, "", "right");
}

T_TEST_PLAIN(a_conn_knows_who_and_where)
{
    each_model(facts_of_the);
}

static int describe(struct plug_conn *c, void *arg)
{
    char text[64];
    (void)arg;
    size_t n = plug_conn_describe(c, text, sizeof text);
    return n < sizeof text ? (int)plug_conn_send_all(c, text, n + 1) : -ENOSPC;
}

T_TEST_PLAIN(unnamed_peers_have_a_description)
{
    char text[64] = "";
    struct plug_sock *c;
    serve(PLUG_MODEL_SERIAL, describe, NULL, "unix:@plug-test-conn", &c);
    T_OK(plug_sock_recv(c, text, sizeof text, 0));
    T_TRUE(text[0] != 0);
}

T_TEST_PLAIN(seqpackets_are_served)
{
    enum plug_model model;
    for (size_t i = 0; serving_model(i, &model); i++) {
        struct plug_sock *c;
        serve(model, serving_echo, NULL, "seqpacket:@plug-test-seq", &c);
        serving_ask(c, "one", "one");
        serving_ask(c, "two", "two");
        t_end_owned();
    }
}

/* --- streams ------------------------------------------------------------------------------ */

static int lines(struct plug_conn *c, void *arg)
{
    struct plug_stream *f, *again;
    char line[64];
    ssize_t n;
    (void)arg;
    int r = plug_conn_stream(c, &f);
    if (r < 0 || (r = plug_conn_stream(c, &again)) < 0 || f != again)
        return r < 0 ? r : -EINVAL;
    while ((n = plug_stream_readline(f, line, sizeof line)) > 0)
        if ((r = plug_stream_printf(f, "%zd %s", n, line)) < 0)
            return r;
    return (int)n; /* what was written goes out when the handler has returned */
}

static void lines_of_the(enum plug_model model)
{
    struct plug_sock *c;
    char b[32];
    struct plug_server *s = serve(model, lines, NULL, NULL, &c);
    T_OK(plug_sock_send_all(c, "one\nthree\n", 10, NULL));
    T_OK(plug_sock_shutdown(c, SHUT_WR));
    T_OK(plug_sock_recv_exact(c, b, 14, NULL));
    T_MEM(b, "4 one\n6 three\n", 14);
    T_EQ(plug_sock_recv(c, b, 1, 0), 0);
    SERVING_AWAIT(s, bytes_out, 14);
}

T_TEST_PLAIN(handlers_may_read_lines)
{
    each_model(lines_of_the);
}

/* --- the end ------------------------------------------------------------------------------ */

#define BIG (200 * 1024)

/* Answers before it has read everything. */
static int hasty(struct plug_conn *c, void *arg)
{
    char b[1];
    (void)arg;
    ssize_t n = plug_conn_recv(c, b, 1);
    return n < 0 ? (int)n : (int)plug_conn_send_all(c, "too much", 8);
}

static void last_words_of_the(enum plug_model model)
{
    static char big[BIG];
    struct plug_sock *c;
    char b[8];
    serve(model, hasty, NULL, NULL, &c);
    T_OK(plug_sock_send_all(c, big, sizeof big, NULL));
    usleep(20000); /* a reset would come now, and take the answer with it */
    T_OK(plug_sock_recv_exact(c, b, 8, NULL));
    T_MEM(b, "too much", 8);
    T_EQ(plug_sock_recv(c, b, 1, 0), 0);
}

T_TEST_PLAIN(unread_bytes_do_not_destroy_the_last_answer)
{
    each_model(last_words_of_the);
}

static int abort_it(struct plug_conn *c, void *arg)
{
    char b[1];
    (void)arg;
    plug_conn_abort(c);
    return (int)plug_conn_recv(c, b, 1); /* before the client is connected it could not be */
}

static void reset_by_the(enum plug_model model)
{
    struct plug_sock *c;
    char b[1];
    serve(model, abort_it, NULL, NULL, &c);
    T_OK(plug_sock_send_all(c, "x", 1, NULL));
    T_EQ(plug_sock_recv(c, b, 1, 0), -ECONNRESET);
}

T_TEST_PLAIN(an_aborted_connection_is_reset)
{
    each_model(reset_by_the);
}

/* --- hooks and clean-up: what ran, in memory that children share ----------------------------- */

struct trace {
    _Atomic int length;
    char text[255];
};

static void note(struct trace *t, char what)
{
    int at = atomic_fetch_add(&t->length, 1);
    if (at < (int)sizeof t->text)
        t->text[at] = what;
}

static int setup(struct plug_conn *c, void *arg)
{
    (void)c;
    note(arg, 's');
    return 0;
}

static void finish(struct plug_conn *c, void *arg)
{
    (void)c;
    note(arg, 'f');
}

static void note_first(void *arg)
{
    note(arg, '1');
}

static void note_second(void *arg)
{
    note(arg, '2');
}

static int deferring(struct plug_conn *c, void *arg)
{
    note(arg, 'h');
    int r = plug_defer(note_first, arg);
    if (r >= 0)
        r = plug_defer(note_second, arg);
    return r < 0 ? r : plug_conn_stopping(c) ? 0 : -EIO;
}

static void handle_error(struct plug_server *s, struct plug_conn *c, int error, void *arg)
{
    plug_server_default_handle_error(s, c, error, arg);
    note(arg, error == -EIO ? 'e' : '?');
}

static void shutdown_request(struct plug_server *s, struct plug_conn *c, void *arg)
{
    note(arg, 'd');
    plug_server_default_shutdown_request(s, c, arg);
}

static void close_request(struct plug_server *s, struct plug_conn *c, void *arg)
{
    note(arg, 'c');
    plug_server_default_close_request(s, c, arg);
}

static void unmap(void *trace)
{
    munmap(trace, sizeof(struct trace));
}

static struct trace *shared_trace(void)
{
    struct trace *t =
        mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (t == MAP_FAILED)
        T_FAIL("mmap");
    T_OWN(unmap, t);
    return t;
}

static void hooks_of_the(enum plug_model model)
{
    struct plug_server_hooks hooks = PLUG_SERVER_HOOKS;
    struct plug_server_opts o = usual;
    struct trace *t = shared_trace();
    char b[1];
    o.hooks = &hooks;
    hooks.setup = setup;
    hooks.finish = finish;
    hooks.handle_error = handle_error;
    hooks.shutdown_request = shutdown_request;
    hooks.close_request = close_request;
    struct plug_server *s = serving_open(model, deferring, t, o, NULL);
    serving_run(s);
    T_EQ(plug_sock_recv(serving_client(s), b, 1, 0), 0);
    T_OK(serving_end(s));
    T_STR(t->text, "shf21edc");
}

T_TEST_PLAIN(hooks_and_clean_up_run_in_order)
{
    each_model(hooks_of_the);
}

static int no_setup(struct plug_conn *c, void *arg)
{
    (void)c;
    note(arg, 's');
    return -EIO;
}

static void failing_setup_of_the(enum plug_model model)
{
    struct plug_server_hooks hooks = PLUG_SERVER_HOOKS;
    struct plug_server_opts o = usual;
    struct trace *t = shared_trace();
    char b[1];
    o.hooks = &hooks;
    hooks.setup = no_setup;
    hooks.finish = finish;
    hooks.handle_error = handle_error;
    struct plug_server *s = serving_open(model, deferring, t, o, NULL);
    serving_run(s);
    T_EQ(plug_sock_recv(serving_client(s), b, 1, 0), 0);
    T_OK(serving_end(s));
    T_STR(t->text, "se");
}

T_TEST_PLAIN(a_failing_setup_skips_handler_and_finish)
{
    each_model(failing_setup_of_the);
}

static bool refuse(struct plug_server *s, struct plug_conn *c, void *arg)
{
    (void)s;
    note(arg, plug_conn_id(c) == 1 ? 'v' : '?');
    return false;
}

static int serve_here(struct plug_server *s, struct plug_conn *c, void *arg)
{
    note(arg, 'p');
    int r = plug_server_default_finish_request(s, c, arg);
    return r < 0 ? r : plug_server_default_process_request(s, c, arg);
}

static void accepting_hooks_of_the(enum plug_model model)
{
    struct plug_server_hooks hooks = PLUG_SERVER_HOOKS;
    struct plug_server_opts o = usual;
    struct trace *t = shared_trace();
    struct plug_server_stats stats;
    char b[1];
    o.hooks = &hooks;
    hooks.verify_request = refuse;
    struct plug_server *s = serving_open(model, deferring, t, o, NULL);
    serving_run(s);
    T_EQ(plug_sock_recv(serving_client(s), b, 1, 0), 0);
    T_OK(serving_end(s));
    T_STR(t->text, "v");
    plug_server_stats(s, &stats);
    T_TRUE(stats.refused_verify == 1 && stats.handled == 0 && stats.live == 0);
    t->length = 0;
    hooks.verify_request = NULL;
    hooks.process_request = serve_here;
    hooks.handle_error = handle_error;
    s = serving_open(model, deferring, t, o, NULL);
    serving_run(s);
    T_EQ(plug_sock_recv(serving_client(s), b, 1, 0), 0);
    T_OK(serving_end(s));
    T_STR(t->text, "ph21e");
}

T_TEST_PLAIN(hooks_refuse_and_serve_by_themselves)
{
    each_model(accepting_hooks_of_the);
}

static int own_accept(struct plug_server *s, struct plug_sock *listener, struct plug_sock **ret,
                      struct plug_addr *ret_peer, void *arg)
{
    int r = plug_server_default_get_request(s, listener, ret, ret_peer, arg);
    if (r >= 0)
        note(arg, 'g');
    return r;
}

static void service(struct plug_server *s, void *arg)
{
    (void)s;
    if (((struct trace *)arg)->length > 0)
        note(arg, 'a');
}

static void get_and_service_of_the(enum plug_model model)
{
    struct plug_server_hooks hooks = PLUG_SERVER_HOOKS;
    struct plug_server_opts o = usual;
    struct trace *t = shared_trace();
    char b[1];
    o.hooks = &hooks;
    o.service_every = PLUG_MS(5);
    hooks.get_request = own_accept;
    hooks.service_actions = service;
    struct plug_server *s = serving_open(model, abort_it, t, o, NULL);
    serving_run(s);
    struct plug_sock *c = serving_client(s);
    T_OK(plug_sock_send_all(c, "x", 1, NULL));
    T_EQ(plug_sock_recv(c, b, 1, 0), -ECONNRESET);
    for (int i = 0; i < 1000 && t->length < 4; i++)
        usleep(1000);
    T_OK(serving_end(s));
    T_MEM(t->text, "gaaa", 4);
}

T_TEST_PLAIN(get_request_and_service_actions_are_called)
{
    each_model(get_and_service_of_the);
}
