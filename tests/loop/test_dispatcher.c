/* SPDX-License-Identifier: MIT */
/* asyncore's hooks: which are called, in which order. The trace is one letter for each. */
#include "engines.h"
#include "fds.h"
#include "loop/dispatcher.h"
#include "sock_pair.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static char trace[256];
static char got[70000];
static size_t got_len;
static int frees;
static struct plug_dispatcher_map *m;

static void note(char hook)
{
    size_t n = strlen(trace);
    if (n + 1 < sizeof trace)
        trace[n] = hook;
}

static void end_map(void *unused)
{
    (void)unused;
    m->polling = false; /* a check that failed in a hook */
    plug_dispatcher_map_close(m);
}

static void begin(enum plug_backend backend)
{
    memset(trace, 0, sizeof trace);
    got_len = 0;
    frees = 0;
    T_OK(plug_dispatcher_map_open(&m, backend));
    T_OWN(end_map, &m);
}

static int read_all(struct plug_dispatcher *d)
{
    ssize_t n = plug_dispatcher_recv(d, got + got_len, 4);
    note('r');
    if (n > 0)
        got_len += (size_t)n;
    return (int)n;
}

static int wrote(struct plug_dispatcher *d)
{
    (void)d;
    note('w');
    return 0;
}

static int connected(struct plug_dispatcher *d)
{
    T_TRUE(!plug_dispatcher_connected(d));
    note('c');
    return 0;
}

static int closes(struct plug_dispatcher *d)
{
    note('x');
    plug_dispatcher_close(d);
    return 0;
}

static int failed(struct plug_dispatcher *d, int error)
{
    note('e');
    T_TRUE(error < 0);
    plug_dispatcher_close(d);
    return 0;
}

static bool no(struct plug_dispatcher *d)
{
    (void)d;
    return false;
}

static void freed(void *arg)
{
    (void)arg;
    frees++;
}

static int accepted(struct plug_dispatcher *d, struct plug_sock *conn,
                    const struct plug_addr *peer);

static const struct plug_dispatcher_ops reader = {.size = sizeof reader,
                                                  .writable = no,
                                                  .handle_read = read_all,
                                                  .handle_write = wrote,
                                                  .handle_connect = connected,
                                                  .handle_close = closes,
                                                  .handle_error = failed,
                                                  .handle_accepted = accepted,
                                                  .freed = freed};

static int accepted(struct plug_dispatcher *d, struct plug_sock *conn, const struct plug_addr *peer)
{
    struct plug_dispatcher *child;
    int r;
    (void)peer;
    note('a');
    r = plug_dispatcher_open(&child, plug_dispatcher_map(d), &reader, NULL);
    if (r == 0)
        r = plug_dispatcher_set_sock(child, conn);
    if (r < 0)
        plug_sock_close(conn);
    return r;
}

static void poll_some(int turns)
{
    for (int i = 0; i < turns; i++)
        T_EQ(T_OK(plug_dispatcher_poll(m, PLUG_MS(20))), 0);
}

/* A dispatcher over one end of a pair; the other end is the test's. */
static struct plug_dispatcher *on_pair(const struct plug_dispatcher_ops *ops, int *ret_other)
{
    struct plug_dispatcher *d;
    struct plug_sock *pair[2];
    T_OK(plug_sock_pair(pair, AF_UNIX, SOCK_STREAM, 0));
    *ret_other = plug_sock_detach(pair[1]);
    t_own_fd(*ret_other);
    T_OWN(plug_sock_close, pair[0]);
    T_OK(plug_dispatcher_open(&d, m, ops, NULL));
    T_OK(plug_dispatcher_set_sock(d, pair[0]));
    t_disown(pair[0]);
    return d;
}

#define ON_ONE(kind, name, BACKEND)                                                                \
    kind(name##_on_##BACKEND)                                                                      \
    {                                                                                              \
        if (PLUG_BACKEND_##BACKEND == PLUG_BACKEND_URING)                                          \
            need_uring();                                                                          \
        begin(PLUG_BACKEND_##BACKEND);                                                             \
        name();                                                                                    \
    }
#define ON_EACH(kind, name)                                                                        \
    static void name(void);                                                                        \
    ON_ONE(kind, name, EPOLL)                                                                      \
    ON_ONE(kind, name, POLL)                                                                       \
    ON_ONE(kind, name, SELECT)                                                                     \
    ON_ONE(kind, name, URING)                                                                      \
    static void name(void)

ON_EACH(T_TEST, all_that_came_is_read_before_the_end)
{
    int other;
    t_whole_transfers();
    on_pair(&reader, &other);
    T_EQ(T_OK(plug_sys()->write(other, "0123456789", 10)), 10);
    T_OK(plug_sys()->shutdown(other, SHUT_RDWR)); /* a hang-up with data before it */
    T_OK(plug_dispatcher_loop(m, PLUG_S(1), 100));
    if (t_tortured()) /* a fault inside of recv is the end, by design */
        return;
    T_EQ(got_len, 10);
    T_MEM(got, "0123456789", 10);
    T_STR(trace, "rrrxr"); /* the end is told by recv, inside of handle_read */
    T_EQ(frees, 1);
    T_EQ(plug_dispatcher_map_count(m), 0);
}

/* --- urgent data -------------------------------------------------------------------------- */

static int take_urgent(struct plug_dispatcher *d)
{
    char b[2];
    ssize_t n = plug_sock_recv(plug_dispatcher_sock(d), b, sizeof b, MSG_OOB);
    note('u');
    return n == 1 && b[0] == '!' ? PLUG_DISPATCHER_EXIT : -EPROTO;
}

/* A dispatcher over a connection with an urgent byte in it, and nothing else. */
static void on_urgent(const struct plug_dispatcher_ops *ops)
{
    struct plug_dispatcher *d;
    struct plug_sock *client, *server;
    tcp_pair(&client, &server);
    T_OK(plug_dispatcher_open(&d, m, ops, NULL));
    T_OK(plug_dispatcher_set_sock(d, server));
    t_disown(server);
    T_EQ(T_OK(plug_sock_send(client, "!", 1, MSG_OOB)), 1);
    T_OK(plug_sock_wait(server, POLLPRI));
}

ON_EACH(T_TEST_PLAIN, urgent_data_alone_wake_a_reader)
{
    static struct plug_dispatcher_ops ops;
    ops = reader;
    ops.handle_read = wrote; /* reading might skip it */
    ops.handle_expt = take_urgent;
    on_urgent(&ops);
    T_EQ(T_OK(plug_dispatcher_loop(m, PLUG_S(10), 1)), PLUG_DISPATCHER_EXIT);
    T_EQ(T_OK(plug_dispatcher_poll(m, PLUG_NOWAIT)), 0); /* and no second time */
    T_TRUE(strchr(trace, 'u') && strchr(trace, 'u') == strrchr(trace, 'u'));
}

/* As in asyncore.poll; poll2 tells only those that read. */
ON_EACH(T_TEST_PLAIN, urgent_data_are_told_to_who_does_not_read)
{
    static const struct plug_dispatcher_ops writer = {
        .size = sizeof writer, .readable = no, .handle_write = wrote, .handle_expt = take_urgent};
    on_urgent(&writer);
    T_EQ(T_OK(plug_dispatcher_poll(m, PLUG_S(10))), PLUG_DISPATCHER_EXIT);
    T_STR(trace, "wu");
}

static void log_it(struct plug_dispatcher *d, const char *type, const char *message)
{
    (void)d;
    note(strcmp(type, "warning") == 0 && strstr(message, "priority") ? 'p' : '?');
}

/* One byte from the peer must not keep all turns from waiting. */
ON_EACH(T_TEST_PLAIN, urgent_data_wake_nobody_without_a_hook)
{
    static struct plug_dispatcher_ops ops;
    int64_t start;
    ops = reader;
    ops.log = log_it;
    on_urgent(&ops);
    start = plug_now();
    T_EQ(T_OK(plug_dispatcher_poll(m, PLUG_MS(20))), 0);
    if (strchr(trace, 'r'))
        T_SKIP("short of memory for TCP: the kernel takes an urgent byte's place for something to "
               "read");
    T_TRUE(plug_now() - start >= PLUG_MS(20));
    T_STR(trace, "");
    ops.writable = NULL;
    T_EQ(T_OK(plug_dispatcher_poll(m, PLUG_MS(20))), 0);
    T_TRUE(strchr(trace, 'w') && strchr(trace, 'p'));
}

/* --- connections -------------------------------------------------------------------------- */

T_TEST_PLAIN(server_and_client)
{
    struct plug_dispatcher *server, *client;
    struct plug_addr addr;
    begin(PLUG_BACKEND_AUTO);
    T_OK(plug_addr_parse("127.0.0.1:0", &addr));
    T_OK(plug_dispatcher_open(&server, m, &reader, NULL));
    T_ERR(plug_dispatcher_bind(server, &addr), -ENOTSOCK);
    T_OK(plug_dispatcher_create(server, AF_INET, SOCK_STREAM));
    T_ERR(plug_dispatcher_create(server, AF_INET, SOCK_STREAM), -EISCONN);
    T_OK(plug_dispatcher_reuse_addr(server));
    T_OK(plug_dispatcher_bind(server, &addr));
    T_OK(plug_dispatcher_listen(server, 5));
    T_TRUE(plug_dispatcher_accepting(server));
    struct plug_sock *nobody;
    T_EQ(T_OK(plug_dispatcher_accept(server, &nobody, &addr)), 0);
    T_OK(plug_sock_local(plug_dispatcher_sock(server), &addr));
    T_OK(plug_dispatcher_open(&client, m, &reader, NULL));
    T_OK(plug_dispatcher_create(client, AF_INET, SOCK_STREAM));
    T_OK(plug_dispatcher_connect(client, &addr));
    T_TRUE(plug_dispatcher_connecting(client));
    poll_some(3);
    T_TRUE(plug_dispatcher_connected(client));
    T_TRUE(strchr(trace, 'c') && strchr(trace, 'a') && strchr(trace, 'w'));
    T_EQ(T_OK(plug_dispatcher_send(client, "hello", 5)), 5);
    poll_some(3);
    T_EQ(got_len, 5);
    plug_dispatcher_close(client);
    poll_some(2);
    T_EQ(frees, 2);
    plug_dispatcher_close_all(m);
    poll_some(1);
    T_EQ(frees, 3);
}

T_TEST_PLAIN(a_refused_connection_is_an_error)
{
    struct plug_dispatcher *d;
    struct plug_sock *s;
    struct plug_addr addr;
    begin(PLUG_BACKEND_AUTO);
    T_OK(plug_addr_parse("127.0.0.1:0", &addr));
    T_OK(plug_sock_open(&s, AF_INET, SOCK_STREAM, 0));
    T_OWN(plug_sock_close, s);
    T_OK(plug_sock_bind(s, &addr));
    T_OK(plug_sock_local(s, &addr));
    T_OK(plug_dispatcher_open(&d, m, &reader, NULL));
    T_OK(plug_dispatcher_create(d, AF_INET, SOCK_STREAM));
    T_OK(plug_dispatcher_connect(d, &addr));
    T_OK(plug_dispatcher_loop(m, PLUG_MS(20), 100));
    T_STR(trace, "e");
}

static int bears_it(struct plug_dispatcher *d, int error)
{
    note(error == -ECONNREFUSED ? 'e' : '?');
    return d == NULL;
}

/* handle_error may leave it open: that it failed is told once, and never that it is connected. */
T_TEST_PLAIN(a_refused_connection_is_never_connected)
{
    static const struct plug_dispatcher_ops patient = {.size = sizeof patient,
                                                       .handle_connect = connected,
                                                       .handle_error = bears_it,
                                                       .handle_close = closes};
    struct plug_dispatcher *d;
    struct plug_sock *s;
    struct plug_addr addr;
    begin(PLUG_BACKEND_AUTO);
    T_OK(plug_addr_parse("127.0.0.1:0", &addr));
    T_OK(plug_sock_open(&s, AF_INET, SOCK_STREAM, 0));
    T_OWN(plug_sock_close, s);
    T_OK(plug_sock_bind(s, &addr));
    T_OK(plug_sock_local(s, &addr));
    T_OK(plug_dispatcher_open(&d, m, &patient, NULL));
    T_OK(plug_dispatcher_create(d, AF_INET, SOCK_STREAM));
    T_OK(plug_dispatcher_connect(d, &addr));
    T_OK(plug_dispatcher_loop(m, PLUG_MS(20), 100));
    T_STR(trace, "ex");
}

static int leave(struct plug_dispatcher *d)
{
    (void)d;
    note('l');
    return PLUG_DISPATCHER_EXIT;
}

T_TEST(exit_ends_the_loop)
{
    struct plug_dispatcher_ops ops = {.size = sizeof ops, .handle_write = leave};
    static struct plug_dispatcher_ops kept;
    int other;
    kept = ops;
    begin(PLUG_BACKEND_AUTO);
    on_pair(&kept, &other);
    T_EQ(T_OK(plug_dispatcher_loop(m, PLUG_S(1), PLUG_FOREVER_TURNS)), PLUG_DISPATCHER_EXIT);
    T_STR(trace, "l");
    T_EQ(plug_dispatcher_map_count(m), 1);
}

T_TEST(who_does_not_read_is_closed_by_a_hang_up)
{
    static const struct plug_dispatcher_ops deaf = {
        .size = sizeof deaf, .readable = no, .handle_write = wrote, .handle_close = closes};
    int other;
    begin(PLUG_BACKEND_AUTO);
    on_pair(&deaf, &other);
    T_OK(plug_sys()->shutdown(other, SHUT_RDWR));
    T_OK(plug_dispatcher_loop(m, PLUG_MS(20), 100));
    T_TRUE(strchr(trace, 'x') != NULL);
}

T_TEST_PLAIN(kept_output_has_a_limit_and_arrives)
{
    enum { MAX = 300000 };
    static char bytes[MAX + 1], back[MAX];
    struct plug_dispatcher *d;
    int other;
    size_t n = 0;
    begin(PLUG_BACKEND_AUTO);
    d = on_pair(&reader, &other);
    T_ERR(plug_dispatcher_write(d, "x", 1), PLUG_ELIMIT);
    plug_dispatcher_set_max_out(d, MAX);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)t_random();
    T_ERR(plug_dispatcher_write(d, bytes, MAX + 1), PLUG_ELIMIT);
    T_OK(plug_dispatcher_write(d, bytes, MAX));
    T_TRUE(plug_dispatcher_buffered(d) >= MAX - PLUG_DISPATCHER_CHUNK);
    while (n < MAX) {
        T_OK(plug_dispatcher_poll(m, PLUG_MS(20)));
        ssize_t r = plug_sys()->recv(other, back + n, MAX - n, MSG_DONTWAIT);
        n += r > 0 ? (size_t)r : 0;
    }
    T_MEM(back, bytes, MAX);
    T_EQ(plug_dispatcher_buffered(d), 0);
}

T_TEST(a_file_is_a_duplicate)
{
    struct plug_dispatcher *d;
    int p[2];
    begin(PLUG_BACKEND_AUTO);
    fds_pipe(p);
    T_OK(plug_dispatcher_open(&d, m, &reader, &m));
    T_OK(plug_dispatcher_set_file(d, p[0]));
    T_TRUE(plug_dispatcher_fd(d) != p[0] && !plug_dispatcher_sock(d));
    T_TRUE(plug_dispatcher_arg(d) == &m);
    fds_put(p[1]);
    T_OK(plug_dispatcher_poll(m, PLUG_S(1)));
    if (t_tortured())
        return;
    T_EQ(got_len, 1);
    T_TRUE(plug_dispatcher_connected(d));
}
