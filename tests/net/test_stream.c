/* SPDX-License-Identifier: MIT */
/* Buffered streams. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { R = PLUG_STREAM_READ, W = PLUG_STREAM_WRITE };

static void close_stream(void *f)
{
    (void)plug_stream_close(f);
}

static struct plug_stream *stream(struct plug_sock *s, int mode, enum plug_stream_buffering how,
                                  size_t buffer)
{
    struct plug_stream_opts o = PLUG_STREAM_OPTS;
    struct plug_stream *f;
    o.buffering = how;
    o.buffer = buffer;
    T_OK(plug_stream_open(&f, s, mode, &o));
    T_OWN(close_stream, f);
    return f;
}

static void no_faults(void *unused)
{
    (void)unused;
    (void)!plug_sys_fault(NULL, NULL);
}

T_TEST(options_are_checked)
{
    struct plug_sock *p[2];
    struct plug_stream *f = NULL;
    struct plug_stream_opts o = PLUG_STREAM_OPTS;
    pair(p, SOCK_STREAM);
    T_ERR(plug_stream_open(&f, p[0], 0, NULL), -EINVAL);
    T_ERR(plug_stream_open(&f, p[0], 4, NULL), -EINVAL);
    o.size = 3;
    T_ERR(plug_stream_open(&f, p[0], R, &o), PLUG_EOPTS);
    o.size = sizeof o;
    o.buffer = PLUG_STREAM_BUFFER_MAX + 1;
    T_ERR(plug_stream_open(&f, p[0], R, &o), PLUG_EOPTS);
    o.buffer = PLUG_STREAM_BUFFER_MAX; /* nothing is allocated before it is needed */
    o.buffering = (enum plug_stream_buffering)3;
    T_ERR(plug_stream_open(&f, p[0], R, &o), PLUG_EOPTS);
    T_TRUE(f == NULL);
    T_EQ(plug_stream_close(NULL), 0);
    char b[2];
    f = stream(p[0], R, PLUG_STREAM_FULL, PLUG_STREAM_BUFFER_MAX);
    T_OK(plug_sock_send_all(p[1], "x", 1, NULL));
    T_EQ(T_OK(plug_stream_read(f, b, 1)), 1);
}

T_TEST(lines_come_whole)
{
    struct plug_sock *p[2];
    char line[32];
    pair(p, SOCK_STREAM);
    struct plug_stream *f = stream(p[0], R, PLUG_STREAM_FULL, 0);
    T_OK(plug_sock_send_all(p[1], "one\n\nthree\r\nla\0st", 17, NULL));
    end(p[1]);
    T_EQ(T_OK(plug_stream_readline(f, line, sizeof line)), 4);
    T_STR(line, "one\n");
    T_EQ(T_OK(plug_stream_readline(f, line, sizeof line)), 1);
    T_EQ(T_OK(plug_stream_readline(f, line, sizeof line)), 7);
    T_STR(line, "three\r\n");
    T_TRUE(!plug_stream_eof(f));
    T_EQ(T_OK(plug_stream_readline(f, line, sizeof line)), 5);
    T_MEM(line, "la\0st", 6);
    T_EQ(T_OK(plug_stream_readline(f, line, sizeof line)), 0);
    T_TRUE(plug_stream_eof(f));
    T_EQ(plug_stream_error(f), 0);
    T_ERR(plug_stream_readline(f, line, 1), -EINVAL);
}

T_TEST(a_line_has_a_limit_and_is_not_consumed)
{
    static const enum plug_stream_buffering hows[] = {PLUG_STREAM_FULL, PLUG_STREAM_NONE};
    for (size_t h = 0; h < 2; h++)
        for (size_t room = 5; room <= 7; room++) { /* "abcd\n" and its NUL: N - 1, N, N + 1 */
            struct plug_sock *p[2];
            char line[16];
            pair(p, SOCK_STREAM);
            struct plug_stream *f = stream(p[0], R, hows[h], 2); /* a line longer than the buffer */
            T_OK(plug_sock_send_all(p[1], "abcd\nrest\n", 10, NULL));
            ssize_t n = plug_stream_readline(f, line, room);
            if (room < 6) {
                T_ERR(n, PLUG_ELIMIT);
                n = plug_stream_readline(f, line, sizeof line);
            }
            T_EQ(T_OK(n), 5);
            T_STR(line, "abcd\n");
            T_EQ(T_OK(plug_stream_readline(f, line, sizeof line)), 5);
            T_STR(line, "rest\n");
        }
}

T_TEST(unbuffered_reads_take_no_more_than_asked_for)
{
    struct plug_sock *p[2];
    char b[8];
    const void *peek;
    pair(p, SOCK_STREAM);
    struct plug_stream *f = stream(p[0], R, PLUG_STREAM_NONE, 0);
    T_OK(plug_sock_send_all(p[1], "line\nabcdefgh", 13, NULL));
    T_EQ(T_OK(plug_stream_readline(f, b, sizeof b)), 5);
    T_OK(plug_stream_read_exact(f, b, 3, NULL));
    T_MEM(b, "abc", 3);
    T_TRUE(T_OK(plug_stream_peek(f, &peek)) > 0);
    T_MEM(peek, "d", 1);
    T_OK(plug_sock_recv_exact(p[0], b, 5, NULL)); /* all of the rest is still the socket's */
    T_MEM(b, "defgh", 5);
}

T_TEST(read_gives_what_is_there_and_exact_waits)
{
    struct plug_sock *p[2];
    char b[16];
    size_t got = 9;
    const void *peek;
    pair(p, SOCK_STREAM);
    struct plug_stream *f = stream(p[0], R, PLUG_STREAM_FULL, 4);
    T_OK(plug_sock_send_all(p[1], "abcdefghij", 10, NULL));
    T_OK(plug_sock_shutdown(p[1], SHUT_WR));
    T_OK(plug_stream_read_exact(f, b, 1, NULL));
    T_TRUE(T_OK(plug_stream_peek(f, &peek)) > 0);
    T_MEM(peek, "b", 1);
    T_OK(plug_stream_read_exact(f, b, 6, &got));
    T_MEM(b, "bcdefg", 6);
    T_EQ(got, 6);
    T_ERR(plug_stream_read_exact(f, b, 6, &got), PLUG_EEOF);
    T_EQ(got, 3);
    T_EQ(T_OK(plug_stream_read(f, b, 4)), 0);
    T_EQ(T_OK(plug_stream_peek(f, &peek)), 0);
    T_EQ(T_OK(plug_stream_read(f, b, 0)), 0);
}

T_TEST(read_all_has_a_limit_and_loses_nothing)
{
    for (size_t max = 9; max <= 11; max++) { /* N - 1, N, N + 1 of 10 */
        struct plug_sock *p[2];
        void *bytes = NULL;
        pair(p, SOCK_STREAM);
        struct plug_stream *f = stream(p[0], R, PLUG_STREAM_FULL, 4);
        T_OK(plug_sock_send_all(p[1], "0123456789", 10, NULL));
        T_OK(plug_sock_shutdown(p[1], SHUT_WR));
        ssize_t n = plug_stream_read_all(f, max, &bytes);
        if (max < 10) {
            T_ERR(n, PLUG_ELIMIT);
            T_TRUE(bytes == NULL);
            n = plug_stream_read_all(f, 100, &bytes);
        }
        T_EQ(T_OK(n), 10);
        T_OWN(plug_free, bytes);
        T_MEM(bytes, "0123456789", 10);
        bytes = NULL;
        T_EQ(T_OK(plug_stream_read_all(f, max, &bytes)), 0);
        T_TRUE(bytes == NULL);
    }
}

struct lines {
    int count, stop_at;
    char all[64];
};

static int collect(const char *line, size_t len, void *arg)
{
    struct lines *l = arg;
    strncat(l->all, line, len);
    return ++l->count == l->stop_at ? 42 : 0;
}

T_TEST(readlines_hands_out_each_line)
{
    static const struct {
        size_t line_max, max;
        int stop_at, result, count;
    } rows[] = {{10, 100, 0, 0, 3},          {10, 100, 2, 42, 2}, {3, 100, 0, 0, 3},
                {2, 100, 0, PLUG_ELIMIT, 1}, {10, 6, 0, 0, 3},    {10, 5, 0, PLUG_ELIMIT, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct plug_sock *p[2];
        struct lines l = {.stop_at = rows[i].stop_at};
        pair(p, SOCK_STREAM);
        struct plug_stream *f = stream(p[0], R, PLUG_STREAM_FULL, 0);
        T_OK(plug_sock_send_all(p[1], "a\nbb\nc", 6, NULL));
        T_OK(plug_sock_shutdown(p[1], SHUT_WR));
        int r = plug_stream_readlines(f, rows[i].line_max, rows[i].max, collect, &l);
        if (r < 0)
            T_ERR(r, rows[i].result);
        T_EQ(r, rows[i].result);
        T_EQ(l.count, rows[i].count);
        if (rows[i].count == 3)
            T_STR(l.all, "a\nbb\nc");
    }
}

/* --- writing --------------------------------------------------------------------------- */

static void sees(struct plug_sock *s, const char *want)
{
    char b[64] = "";
    if (*want)
        T_OK(plug_sock_recv_exact(s, b, strlen(want), NULL));
    T_STR(b, want);
    T_ERR(plug_sock_recv(s, b, 1, MSG_DONTWAIT), -EAGAIN);
}

static int say(struct plug_stream *f, const char *fmt, ...) PLUG_PRINTF(2, 3);
static int say(struct plug_stream *f, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int r = plug_stream_vprintf(f, fmt, ap);
    va_end(ap);
    return r;
}

T_TEST(three_ways_of_buffering)
{
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    struct plug_stream *full = stream(p[0], W, PLUG_STREAM_FULL, 8);
    struct plug_stream *line = stream(p[0], W, PLUG_STREAM_LINE, 8);
    struct plug_stream *none = stream(p[0], W, PLUG_STREAM_NONE, 8);
    T_OK(plug_stream_write(full, "abc\n", 4));
    T_OK(plug_stream_write(line, "abc", 3));
    sees(p[1], "");
    T_EQ(plug_stream_unsent(full), 4);
    T_OK(plug_stream_write(line, "d\ne", 3));
    sees(p[1], "abcd\ne");
    T_OK(plug_stream_write(none, "x", 1));
    sees(p[1], "x");
    T_OK(plug_stream_write(full, "12345", 5)); /* does not fit beside the first four */
    sees(p[1], "abc\n");
    T_OK(plug_stream_write(full, "123456789", 9)); /* larger than the buffer: straight */
    sees(p[1], "12345123456789");
    T_EQ(plug_stream_unsent(full), 0);
    T_OK(plug_stream_write(full, "", 0));
    T_EQ(plug_stream_written(full), 18);
    T_OK(plug_stream_printf(full, "%d-", 42));
    T_OK(say(full, "%s", "x"));
    T_OK(plug_stream_flush(full));
    sees(p[1], "42-x");
}

T_TEST_PLAIN(long_formatted_text_and_its_limit)
{
    struct plug_sock *p[2];
    char b[3000];
    pair(p, SOCK_STREAM);
    struct plug_stream *f = stream(p[0], W, PLUG_STREAM_FULL, 100);
    T_OK(plug_stream_printf(f, "%*d", (int)sizeof b, 7));
    T_OK(plug_sock_recv_exact(p[1], b, sizeof b, NULL));
    T_EQ(b[sizeof b - 1], '7');
    T_ERR(plug_stream_printf(f, "%*d", PLUG_STREAM_PRINTF_MAX + 1, 7), PLUG_ELIMIT);
    T_EQ(plug_stream_written(f), sizeof b);
}

T_TEST(each_direction_has_to_be_asked_for)
{
    struct plug_sock *p[2];
    char b[4];
    const void *peek;
    void *all;
    pair(p, SOCK_STREAM);
    struct plug_stream *r = stream(p[0], R, PLUG_STREAM_FULL, 0);
    struct plug_stream *w = stream(p[0], W, PLUG_STREAM_FULL, 0);
    T_ERR(plug_stream_write(r, "x", 1), -EBADF);
    T_ERR(plug_stream_flush(r), -EBADF);
    T_ERR(plug_stream_read(w, b, 1), -EBADF);
    T_ERR(plug_stream_readline(w, b, 4), -EBADF);
    T_ERR(plug_stream_read_all(w, 4, &all), -EBADF);
    T_ERR(plug_stream_peek(w, &peek), -EBADF);
}

T_TEST_PLAIN(what_could_not_be_sent_stays_and_is_counted)
{
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    struct plug_stream *f = stream(p[0], W, PLUG_STREAM_FULL, 64);
    T_OK(plug_stream_write(f, "0123456789", 10));
    T_OWN(no_faults, NULL);
    T_OK(plug_sys_fault("send:2=ENOBUFS;send:*=short(4)", NULL));
    T_ERR(plug_stream_flush(f), -ENOBUFS);
    T_EQ(plug_stream_unsent(f), 6);
    T_EQ(plug_stream_written(f), 10);
    T_OK(plug_stream_flush(f));
    T_EQ(plug_stream_unsent(f), 0);
    T_OK(plug_sys_fault(NULL, NULL));
    sees(p[1], "0123456789");
}

T_TEST(close_flushes_and_tells)
{
    struct plug_sock *p[2];
    struct plug_stream *f;
    pair(p, SOCK_STREAM);
    T_OK(plug_stream_open(&f, p[0], W, NULL));
    int r = plug_stream_write(f, "bye", 3);
    int c = plug_stream_close(f);
    T_OK(r);
    T_OK(c);
    sees(p[1], "bye");
    T_OK(plug_stream_open(&f, p[0], W, NULL));
    end(p[1]);
    r = plug_stream_write(f, "lost", 4);
    c = plug_stream_close(f);
    T_OK(r);
    T_ERR(c, -EPIPE);
}

/* --- the socket below ------------------------------------------------------------------ */

T_TEST(a_stream_outlives_the_socket_handle)
{
    struct plug_sock *p[2];
    char b[8];
    pair(p, SOCK_STREAM);
    struct plug_stream *f = stream(p[0], R | W, PLUG_STREAM_FULL, 0);
    T_TRUE(plug_stream_fd(f) != plug_sock_fd(p[0]));
    end(p[0]);
    T_OK(plug_stream_write(f, "still", 5));
    T_OK(plug_stream_flush(f));
    sees(p[1], "still");
    T_OK(plug_sock_send_all(p[1], "here\n", 5, NULL));
    T_EQ(T_OK(plug_stream_readline(f, b, sizeof b)), 5);
}

T_TEST(a_time_out_poisons_the_reader_only)
{
    struct plug_sock *p[2];
    char line[16];
    const void *peek;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_set_timeout(p[0], PLUG_MS(10)));
    struct plug_stream *f = stream(p[0], R | W, PLUG_STREAM_FULL, 0);
    T_OK(plug_sock_send_all(p[1], "half a li", 9, NULL));
    T_ERR(plug_stream_readline(f, line, sizeof line), PLUG_ETIMEOUT);
    T_OK(plug_sock_send_all(p[1], "ne\n", 3, NULL));
    T_ERR(plug_stream_readline(f, line, sizeof line), PLUG_EPOISONED);
    T_ERR(plug_stream_read(f, line, 1), PLUG_EPOISONED);
    T_ERR(plug_stream_read_exact(f, line, 1, NULL), PLUG_EPOISONED);
    T_EQ(plug_stream_error(f), PLUG_ETIMEOUT);
    T_EQ(T_OK(plug_stream_peek(f, &peek)), 9);
    T_MEM(peek, "half a li", 9);
    T_OK(plug_stream_write(f, "ok", 2));
    T_OK(plug_stream_flush(f));
    sees(p[1], "ok");
}

T_TEST(would_block_does_not_poison)
{
    struct plug_sock *p[2];
    char line[16];
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_set_blocking(p[0], false));
    struct plug_stream *f = stream(p[0], R, PLUG_STREAM_FULL, 0);
    T_OK(plug_sock_send_all(p[1], "half a li", 9, NULL));
    T_ERR(plug_stream_readline(f, line, sizeof line), -EAGAIN);
    T_OK(plug_sock_send_all(p[1], "ne\n", 3, NULL));
    T_EQ(T_OK(plug_stream_readline(f, line, sizeof line)), 12);
    T_STR(line, "half a line\n");
    T_EQ(plug_stream_error(f), 0);
}

/* After a reset the kernel tells an end; the stream remembers what it really was. */
T_TEST(a_reset_never_becomes_an_end)
{
    struct plug_sock *c, *s;
    char line[16];
    tcp_pair(&c, &s);
    struct plug_stream *f = stream(c, R, PLUG_STREAM_FULL, 0);
    T_OK(plug_sockopt_set(s, PLUG_SO_LINGER, 0));
    end(s);
    T_ERR(plug_stream_readline(f, line, sizeof line), -ECONNRESET);
    T_ERR(plug_stream_readline(f, line, sizeof line), -ECONNRESET);
    T_TRUE(!plug_stream_eof(f));
    T_EQ(plug_stream_error(f), -ECONNRESET);
}

T_TEST_PLAIN(one_byte_at_a_time)
{
    static const enum plug_stream_buffering hows[] = {PLUG_STREAM_FULL, PLUG_STREAM_LINE,
                                                      PLUG_STREAM_NONE};
    static const char *const plans[] = {
        "send:*=short(1);recv:*=short(1)",
        "send:20%=EINTR;recv:20%=EINTR;send:*=short(3);recv:*=short(2);seed:3"};
    for (size_t h = 0; h < 3; h++)
        for (size_t i = 0; i < 2; i++) {
            struct plug_sock *p[2];
            char line[16], b[16];
            pair(p, SOCK_STREAM);
            struct plug_stream *w = stream(p[0], W, hows[h], 5), *r = stream(p[1], R, hows[h], 5);
            T_OWN(no_faults, NULL);
            T_OK(plug_sys_fault(plans[i], NULL));
            T_OK(plug_stream_write(w, "first line\nsecond", 17));
            T_OK(plug_stream_flush(w));
            T_EQ(T_OK(plug_stream_readline(r, line, sizeof line)), 11);
            T_STR(line, "first line\n");
            T_OK(plug_stream_read_exact(r, b, 6, NULL));
            T_MEM(b, "second", 6);
            T_OK(plug_sys_fault(NULL, NULL));
        }
}

static void *write_lines(void *stream)
{
    long bad = 0;
    for (int i = 0; i < 20000; i++)
        bad += plug_stream_printf(stream, "line %d\n", i) < 0;
    bad += plug_stream_flush(stream) < 0;
    return (void *)bad;
}

T_TEST_PLAIN(one_thread_reads_while_another_writes)
{
    struct plug_sock *p[2];
    pthread_t a, b;
    void *bad[2];
    char line[32], want[32];
    pair(p, SOCK_STREAM);
    struct plug_stream *f[2] = {stream(p[0], R | W, PLUG_STREAM_FULL, 0),
                                stream(p[1], R | W, PLUG_STREAM_FULL, 0)};
    if (pthread_create(&a, NULL, write_lines, f[0]) || pthread_create(&b, NULL, write_lines, f[1]))
        T_FAIL("pthread_create");
    int wrong = 0;
    for (int i = 0; i < 20000; i++) /* both ways at once: neither may wait for the other */
        for (int side = 0; side < 2; side++) {
            snprintf(want, sizeof want, "line %d\n", i);
            ssize_t n = plug_stream_readline(f[side], line, sizeof line);
            wrong += n != (ssize_t)strlen(want) || strcmp(line, want) != 0;
        }
    pthread_join(a, &bad[0]);
    pthread_join(b, &bad[1]);
    T_EQ(wrong, 0);
    T_TRUE(!bad[0] && !bad[1]);
}
