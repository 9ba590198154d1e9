/* SPDX-License-Identifier: MIT */
/* asynchat: the terminator machine beside a model, and a service over sockets. */
#include "engines.h"
#include "loop/chat.h"
#include "loop/dispatcher.h"
#include <errno.h>
#include <string.h>
#include <t.h>

static struct plug_dispatcher_map *m;
static char log_text[8192]; /* what was collected; '|' for found */
static size_t log_len;
static bool alternate;
static int frees;

static void end_map(void *unused)
{
    (void)unused;
    m->polling = false;
    plug_dispatcher_map_close(m);
}

static void begin(void)
{
    log_len = 0;
    alternate = false;
    frees = 0;
    T_OK(plug_dispatcher_map_open(&m, PLUG_BACKEND_AUTO));
    T_OWN(end_map, &m);
}

static int collect(struct plug_chat *c, const void *bytes, size_t len)
{
    (void)c;
    T_TRUE(len > 0 && log_len + len < sizeof log_text);
    memcpy(log_text + log_len, bytes, len);
    log_len += len;
    return 0;
}

/* Lines and counts of 5 in turn. */
static int found(struct plug_chat *c)
{
    log_text[log_len++] = '|';
    if (alternate && c->end == PLUG__CHAT_BYTES)
        plug_chat_set_length(c, 5);
    else if (alternate)
        return plug_chat_set_terminator(c, "\r\n\r", 3);
    return 0;
}

static void freed(void *arg)
{
    (void)arg;
    frees++;
}

static const struct plug_chat_ops ops = {
    .size = sizeof ops, .collect = collect, .found = found, .freed = freed};

static struct plug_chat *open_chat(const struct plug_chat_opts *opts)
{
    struct plug_chat *c;
    T_OK(plug_chat_open(&c, m, &ops, &m, opts));
    return c;
}

static void feed_in_pieces(struct plug_chat *c, const char *text, size_t len, size_t most)
{
    while (len) {
        size_t n = 1 + t_below(most);
        n = n < len ? n : len;
        T_OK(plug__chat_feed(c, text, n));
        text += n;
        len -= n;
    }
}

/* What is collected does not depend on how it arrives. */
T_TEST(any_pieces_give_the_same_messages)
{
    begin();
    for (int round = 0; round < 60; round++) {
        char text[400], whole[sizeof log_text];
        size_t whole_len = 0;
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = "ab\r\n"[t_below(4)];
        for (int way = 0; way < 3; way++) {
            struct plug_chat *c = open_chat(NULL);
            log_len = 0;
            alternate = round % 2;
            T_OK(plug_chat_set_terminator(c, "\r\n\r", 3));
            feed_in_pieces(c, text, sizeof text, way == 0 ? sizeof text : way == 1 ? 1 : 7);
            plug_chat_close(c);
            if (way == 0) {
                memcpy(whole, log_text, whole_len = log_len);
            } else {
                T_EQ(log_len, whole_len);
                T_MEM(log_text, whole, whole_len);
            }
        }
    }
    T_OK(plug_dispatcher_poll(m, PLUG_NOWAIT));
    T_EQ(frees, 180);
}

static void expect(const char *want)
{
    T_EQ(log_len, strlen(want));
    T_MEM(log_text, want, log_len);
}

T_TEST(terminators)
{
    begin();
    struct plug_chat *c = open_chat(NULL);
    T_OK(plug__chat_feed(c, "raw", 3));
    expect("raw");
    T_ERR(plug_chat_set_terminator(c, "", 0), -EINVAL);
    T_OK(plug_chat_set_terminator(c, "\r\n", 2));
    T_OK(plug__chat_feed(c, "one\r", 4));
    expect("rawone"); /* the beginning of a terminator is held back */
    T_OK(plug__chat_feed(c, "x\r\n\r\n", 5));
    expect("rawone\rx||");
    plug_chat_set_length(c, 3);
    T_OK(plug__chat_feed(c, "ab", 2));
    T_OK(plug__chat_feed(c, "cde", 3));
    expect("rawone\rx||abc|de"); /* once; then nothing ends it */
    plug_chat_set_raw(c);
    T_OK(plug__chat_feed(c, "\r\n", 2));
    expect("rawone\rx||abc|de\r\n");
}

T_TEST(limits_of_message_and_terminator)
{
    struct plug_chat_opts o = PLUG_CHAT_OPTS;
    static char long_one[PLUG_CHAT_TERMINATOR + 1];
    begin();
    o.max_message = 10;
    struct plug_chat *c = open_chat(&o);
    T_OK(plug_chat_set_terminator(c, long_one, PLUG_CHAT_TERMINATOR));
    T_ERR(plug_chat_set_terminator(c, long_one, PLUG_CHAT_TERMINATOR + 1), PLUG_ELIMIT);
    T_OK(plug_chat_set_terminator(c, "\n", 1));
    T_OK(plug__chat_feed(c, "012345678\n0123456789\n", 21)); /* 9 and 10 */
    T_OK(plug__chat_feed(c, "01234", 5));
    T_OK(plug__chat_feed(c, "56789", 5));
    T_ERR(plug__chat_feed(c, "x", 1), PLUG_ELIMIT);
    plug_chat_discard(c);
    o.size--;
    T_ERR(plug_chat_open(&c, m, &ops, NULL, &o), PLUG_EOPTS);
}

/* --- over sockets ----------------------------------------------------------------------------- */

static struct plug_chat *on_pair(const struct plug_chat_opts *opts, int *ret_other)
{
    struct plug_sock *pair[2];
    struct plug_chat *c = open_chat(opts);
    T_OK(plug_sock_pair(pair, AF_UNIX, SOCK_STREAM, 0));
    *ret_other = plug_sock_detach(pair[1]);
    t_own_fd(*ret_other);
    T_OWN(plug_sock_close, pair[0]);
    T_OK(plug_chat_set_sock(c, pair[0]));
    t_disown(pair[0]);
    return c;
}

static int numbers_left;

static int more(void *arg, const void **ret_bytes, size_t *ret_len)
{
    (void)arg;
    *ret_bytes = "more ";
    *ret_len = numbers_left-- > 0 ? 5 : 0;
    return 0;
}

T_TEST(data_and_producers_leave_in_order)
{
    static const struct plug_chat_producer producer = {more, freed, NULL};
    char back[64];
    int other;
    size_t n = 0;
    begin();
    numbers_left = 2;
    t_accept(-EBADF); /* a failing send closes it */
    struct plug_chat *c = on_pair(NULL, &other);
    T_OK(plug_chat_push(c, "one ", 4));
    T_OK(plug_chat_push_producer(c, &producer));
    T_OK(plug_chat_push(c, "two", 3));
    T_OK(plug_chat_close_when_done(c));
    T_OK(plug_dispatcher_loop(m, PLUG_S(1), 100));
    if (t_tortured())
        return;
    T_EQ(frees, 2); /* the producer, and the chat */
    for (ssize_t r = 1; r > 0; n += (size_t)r)
        r = T_OK(plug_sys()->recv(other, back + n, sizeof back - n, 0));
    T_EQ(n, 17);
    T_MEM(back, "one more more two", 17);
}

T_TEST(a_simple_producer_gives_pieces)
{
    static const char text[] = "0123456789";
    for (size_t len = 0; len <= 10; len++)
        for (size_t chunk = 1; chunk <= 4; chunk++) {
            struct plug_chat_producer p;
            const void *bytes;
            size_t at = 0, n;
            T_OK(plug_chat_simple_producer(&p, text, len, chunk));
            T_OWN(p.done, p.arg);
            for (; T_OK(p.more(p.arg, &bytes, &n)) == 0 && n; at += n) {
                T_EQ(n, len - at < chunk ? len - at : chunk);
                T_MEM(bytes, text + at, n);
            }
            T_EQ(at, len);
        }
}

T_TEST_PLAIN(output_has_a_limit)
{
    struct plug_chat_opts o = PLUG_CHAT_OPTS;
    begin();
    o.max_out = 100;
    struct plug_chat *c = open_chat(&o);
    static char bytes[101];
    T_ERR(plug_chat_push(c, bytes, 101), PLUG_ELIMIT);
    T_OK(plug_chat_push(c, bytes, 99)); /* not connected: it waits */
    T_ERR(plug_chat_push(c, bytes, 2), PLUG_ELIMIT);
    T_OK(plug_chat_push(c, bytes, 1));
    T_EQ(plug_chat_waiting(c), 100);
    plug_chat_discard(c);
    T_EQ(plug_chat_waiting(c), 0);
    T_TRUE(plug_chat_arg(c) == &m && plug_dispatcher_fd(plug_chat_dispatcher(c)) == -1);
}

T_TEST_PLAIN(silence_ends_it)
{
    struct plug_chat_opts o = PLUG_CHAT_OPTS;
    int other;
    begin();
    o.idle = PLUG_MS(20);
    on_pair(&o, &other);
    int64_t start = plug_now();
    T_OK(plug_dispatcher_loop(m, PLUG_MS(5), 1000));
    T_TRUE(plug_now() - start >= PLUG_MS(20));
    T_EQ(frees, 1);
}

T_TEST_PLAIN(a_chat_dials)
{
    struct plug_addr addr;
    struct plug_sock *listener, *conn;
    begin();
    T_OK(plug_addr_parse("127.0.0.1:0", &addr));
    T_OK(plug_sock_open(&listener, AF_INET, SOCK_STREAM, 0));
    T_OWN(plug_sock_close, listener);
    T_OK(plug_sock_bind(listener, &addr));
    T_OK(plug_sock_listen(listener, 1));
    T_OK(plug_sock_local(listener, &addr));
    struct plug_chat *c = open_chat(NULL);
    T_OK(plug_chat_set_terminator(c, "\n", 1));
    T_OK(plug_chat_connect(c, &addr));
    T_OK(plug_chat_push(c, "hello\n", 6));
    T_OK(plug_sock_accept(listener, &conn, NULL));
    T_OWN(plug_sock_close, conn);
    T_OK(plug_dispatcher_loop(m, PLUG_MS(20), 3));
    char b[16];
    T_EQ(T_OK(plug_sock_recv(conn, b, sizeof b, 0)), 6);
    T_OK(plug_sock_send_all(conn, "world\n", 6, NULL));
    T_OK(plug_dispatcher_loop(m, PLUG_MS(20), 3));
    expect("world|");
}

/* --- the same on each back-end ---------------------------------------------------------------- */

static int answers(struct plug_chat *c)
{
    T_OK(plug_chat_push(c, log_text, log_len));
    if (log_len == 3 && memcmp(log_text, "bye", 3) == 0)
        T_OK(plug_chat_close_when_done(c));
    log_len = 0;
    return 0;
}

/* Lines in pieces and two at once; more output than the kernel takes; the end after all of it. */
static void a_talk(enum plug_backend backend)
{
    static const struct plug_chat_ops echo = {
        .size = sizeof echo, .collect = collect, .found = answers, .freed = freed};
    enum { MANY = 700000 };
    static char big[MANY], back[MANY + 16];
    struct plug_sock *pair[2];
    struct plug_chat *c;
    size_t n = 0;

    if (backend == PLUG_BACKEND_URING)
        need_uring();
    log_len = 0;
    frees = 0;
    T_OK(plug_dispatcher_map_open(&m, backend));
    T_OWN(end_map, &m);
    T_OK(plug_chat_open(&c, m, &echo, NULL, NULL));
    T_OK(plug_chat_set_terminator(c, "\r\n", 2));
    T_OK(plug_sock_pair(pair, AF_UNIX, SOCK_STREAM, 0));
    T_OWN(plug_sock_close, pair[1]);
    T_OK(plug_chat_set_sock(c, pair[0]));
    T_OK(plug_sock_set_timeout(pair[1], PLUG_NOWAIT));
    T_OK(plug_sock_send_all(pair[1], "one\r", 4, NULL));
    T_OK(plug_dispatcher_poll(m, PLUG_S(1)));
    T_OK(plug_chat_push(c, big, MANY));
    T_OK(plug_sock_send_all(pair[1], "\ntwo\r\nbye\r\n", 11, NULL));
    for (int turns = 0; plug_dispatcher_map_count(m) && turns < 1000; turns++) {
        ssize_t r = plug_sock_recv(pair[1], back + n, sizeof back - n, 0);
        n += r > 0 ? (size_t)r : 0;
        T_OK(plug_dispatcher_poll(m, PLUG_MS(10)));
    }
    for (ssize_t r = 1; r > 0; n += r > 0 ? (size_t)r : 0)
        r = plug_sock_recv(pair[1], back + n, sizeof back - n, 0);
    T_EQ(n, MANY + 9);
    T_MEM(back, big, MANY);
    T_MEM(back + MANY, "onetwobye", 9);
    T_EQ(frees, 1);
}

T_TEST_PLAIN(a_talk_on_epoll)
{
    a_talk(PLUG_BACKEND_EPOLL);
}

T_TEST_PLAIN(a_talk_on_poll)
{
    a_talk(PLUG_BACKEND_POLL);
}

T_TEST_PLAIN(a_talk_on_select)
{
    a_talk(PLUG_BACKEND_SELECT);
}

T_TEST_PLAIN(a_talk_on_uring)
{
    a_talk(PLUG_BACKEND_URING);
}
