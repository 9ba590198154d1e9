/* SPDX-License-Identifier: MIT */
#include "t.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX   12 /* of most framings below */
#define ROOM  4096
#define KINDS 13

static struct plug_frame framing(size_t i)
{
    switch (i) {
    case 0:
        return plug_frame_len8(MAX);
    case 1:
        return plug_frame_len16be(MAX);
    case 2:
        return plug_frame_len16le(MAX);
    case 3:
        return plug_frame_len32be(MAX);
    case 4:
        return plug_frame_len32le(MAX);
    case 5:
        return plug_frame_len64be(MAX);
    case 6:
        return plug_frame_len64le(MAX);
    case 7:
        return plug_frame_netstring(MAX);
    case 8:
        return plug_frame_line(MAX);
    case 9:
        return plug_frame_crlf(MAX);
    case 10:
        return plug_frame_delim("\r\n\r\n", 4, MAX);
    case 11:
        return plug_frame_delim("aab", 3, MAX);
    default:
        return plug_frame_delim("\0", 1, MAX);
    }
}

/* --- a receiver, and what it saw -------------------------------------------------------------- */

/* Payloads one after the other, each with its length, and the end: waiting, or error and place. */
struct seen {
    uint8_t text[2 * ROOM];
    size_t len, frames;
    int result;
    size_t where;
};

struct receiver {
    const struct plug_frame *f;
    uint8_t *end; /* input always ends at an unreadable page */
    uint8_t pending[ROOM];
    size_t len, scanned, taken, quiet;
    struct seen seen;
};

static void note(struct receiver *r, const struct plug_frame_view *v, const uint8_t *input)
{
    T_TRUE(v->used > 0 && v->used <= r->len);
    T_TRUE(v->payload >= input && v->payload + v->len <= input + v->used);
    T_TRUE(v->len <= r->f->max);
    r->seen.text[r->seen.len++] = (uint8_t)v->len;
    memcpy(r->seen.text + r->seen.len, v->payload, v->len);
    r->seen.len += v->len;
    r->seen.frames++;
}

/* Takes n more bytes; none may complete a frame before as many came as were said to be needed. */
static void receive(struct receiver *r, const uint8_t *bytes, size_t n)
{
    struct plug_frame_view v = {0};

    if (r->seen.result < 0)
        return;
    memcpy(r->pending + r->len, bytes, n);
    r->len += n;
    for (;;) {
        uint8_t *input = r->end - r->len;
        memcpy(input, r->pending, r->len);
        r->seen.result = plug_frame_decode(r->f, input, r->len, &r->scanned, &v);
        if (r->seen.result != PLUG_FRAME_DONE)
            break;
        T_TRUE(n >= r->quiet);
        note(r, &v, input);
        r->quiet = n = 0;
        r->len -= v.used;
        r->taken += v.used;
        memmove(r->pending, r->pending + v.used, r->len);
    }
    r->seen.where = 0;
    if (r->seen.result < 0)
        r->seen.where = r->taken + v.where;
    else {
        T_TRUE(v.need > 0);
        r->quiet = v.need;
    }
}

static uint8_t *guard_end(void)
{
    return (uint8_t *)t_guarded_room(ROOM) + ROOM;
}

static void same(const struct seen *a, const struct seen *b)
{
    T_EQ(a->result, b->result);
    T_EQ(a->where, b->where);
    T_EQ(a->frames, b->frames);
    T_EQ(a->len, b->len);
    T_MEM(a->text, b->text, a->len);
}

/* All at once, through a separate call without scanned. */
static void whole(const struct plug_frame *f, const uint8_t *bytes, size_t len, uint8_t *end,
                  struct receiver *r)
{
    *r = (struct receiver){.f = f, .end = end};
    receive(r, bytes, len);
}

/* cuts: bit i set means a cut after byte i */
static void in_pieces(const struct receiver *want, const uint8_t *bytes, size_t len, uint64_t cuts)
{
    struct receiver r = {.f = want->f, .end = want->end};
    size_t from = 0;

    for (size_t i = 0; i < len; i++)
        if (i + 1 == len || (i < 64 && cuts >> i & 1)) {
            receive(&r, bytes + from, i + 1 - from);
            from = i + 1;
        }
    same(&want->seen, &r.seen);
}

/* Frames of random payloads; then, one time in two, some bytes are changed. */
static size_t make_stream(const struct plug_frame *f, uint8_t *out, size_t room)
{
    static const char pieces[] = "aab\r\n\r\n0:,1xy";
    size_t len = 0;

    while (room - len > 2 * MAX + 16 && t_below(8)) {
        char payload[MAX];
        size_t n = t_below(MAX + 1);
        for (size_t i = 0; i < n; i++)
            payload[i] = pieces[t_below(sizeof pieces)];
        ssize_t m = plug_frame_encode(f, payload, n, out + len, room - len);
        if (m >= 0)
            len += (size_t)m;
        else
            T_EQ(m, PLUG_EFRAME_DELIM);
    }
    if (len > 0 && t_below(2))
        for (unsigned i = 0; i < 3; i++)
            out[t_below(len)] = t_below(2) ? (uint8_t)t_random() : (uint8_t)pieces[t_below(13)];
    return len;
}

/* --- any cut ---------------------------------------------------------------------------------- */

T_TEST_PLAIN(frame_every_cut_of_short_streams)
{
    uint8_t *end = guard_end(), stream[64];
    struct receiver want;

    for (size_t kind = 0; kind < KINDS; kind++)
        for (unsigned round = 0; round < 40; round++) {
            struct plug_frame f = framing(kind);
            size_t len = make_stream(&f, stream, sizeof stream);
            if (len > 12)
                len = 12; /* all 2^11 ways to cut it */
            whole(&f, stream, len, end, &want);
            for (uint64_t cuts = 0; cuts < 1u << (len ? len - 1 : 0); cuts++)
                in_pieces(&want, stream, len, cuts);
        }
}

T_TEST_PLAIN(frame_every_two_cuts_of_64_bytes)
{
    uint8_t *end = guard_end(), stream[64];
    struct receiver want;

    for (size_t kind = 0; kind < KINDS; kind++)
        for (unsigned round = 0; round < 4; round++) {
            struct plug_frame f = framing(kind);
            size_t len = make_stream(&f, stream, sizeof stream);
            whole(&f, stream, len, end, &want);
            for (size_t i = 0; i < len; i++)
                for (size_t j = i; j < len; j++)
                    in_pieces(&want, stream, len, UINT64_C(1) << i | UINT64_C(1) << j);
            in_pieces(&want, stream, len, UINT64_MAX);
        }
}

T_TEST_PLAIN(frame_random_cuts_of_long_streams)
{
    uint8_t *end = guard_end();
    static uint8_t stream[ROOM];
    static struct receiver want, got;

    for (unsigned round = 0; round < 3000; round++) {
        struct plug_frame f = framing(t_below(KINDS));
        size_t len = 0;
        for (unsigned i = 0; i < 10; i++)
            len += make_stream(&f, stream + len, sizeof stream - len);
        whole(&f, stream, len, end, &want);
        got = (struct receiver){.f = &f, .end = end};
        for (size_t from = 0, n; from < len; from += n) {
            n = 1 + t_below(t_below(4) ? 20 : 200);
            if (n > len - from)
                n = len - from;
            receive(&got, stream + from, n);
        }
        if (len > 0)
            same(&want.seen, &got.seen);
    }
}

/* What is sent is what is received. */
T_TEST(frame_round_trip)
{
    uint8_t payload[MAX + 2], wire[200], *end = guard_end();
    struct plug_frame_view v;

    for (unsigned round = 0; round < 20000; round++) {
        struct plug_frame f = framing(round % KINDS);
        struct plug_frame_ends e;
        size_t n = t_below(sizeof payload + 1);
        for (size_t i = 0; i < n; i++)
            payload[i] = (uint8_t) "ab\r\n\0,"[t_below(6)];
        ssize_t m = plug_frame_encode(&f, payload, n, wire, sizeof wire);
        T_EQ(plug_frame_encode(&f, payload, n, NULL, 0), m);
        T_EQ(plug_frame_ends(&f, payload, n, &e), m < 0 ? m : 0);
        if (n > MAX)
            T_EQ(m, PLUG_EFRAME_TOOLONG);
        if (m < 0)
            continue;
        T_EQ(m, e.head_len + n + e.tail_len);
        T_MEM(wire, e.head, e.head_len);
        T_MEM(wire + e.head_len + n, e.tail, e.tail_len);
        T_ERR(plug_frame_encode(&f, payload, n, wire, (size_t)m - 1), -ENOSPC);
        memcpy(end - m, wire, (size_t)m);
        T_EQ(plug_frame_decode(&f, end - m, (size_t)m, NULL, &v), PLUG_FRAME_DONE);
        T_EQ(v.used, m);
        T_EQ(v.len, n);
        T_MEM(v.payload, payload, n);
        if (round % 1000 == 999)
            T_TRUE(plug_frame_encode(&f, NULL, 0, wire, sizeof wire) > 0);
    }
}

/* A refused payload is one that a receiver would read differently: nothing more is refused. */
T_TEST(frame_refuses_exactly_what_would_be_misread)
{
    static const char alphabet[] = "ab\r\n";
    uint8_t payload[5], wire[32];
    struct plug_frame_view v;

    for (size_t kind = 8; kind < KINDS; kind++)
        for (unsigned i = 0; i < 6 * 1024; i++) {
            struct plug_frame f = framing(kind);
            size_t n = i / 1024, m = n + f.delim_len;
            for (size_t k = 0; k < n; k++)
                payload[k] = (uint8_t)alphabet[i >> 2 * k & 3];
            memcpy(wire, payload, n);
            memcpy(wire + n, f.delim, f.delim_len);
            bool read = plug_frame_decode(&f, wire, m, NULL, &v) == PLUG_FRAME_DONE &&
                        v.used == m && v.len == n;
            T_EQ(plug_frame_encode(&f, payload, n, NULL, 0), read ? (int)m : PLUG_EFRAME_DELIM);
        }
}

/* --- single cases --------------------------------------------------------------------------- */

static int decode(struct plug_frame f, const char *bytes, size_t len, struct plug_frame_view *v)
{
    *v = (struct plug_frame_view){0};
    return plug_frame_decode(&f, t_guarded(bytes, len), len, NULL, v);
}

#define DONE(f, text, want, took)                                                                  \
    do {                                                                                           \
        struct plug_frame_view v;                                                                  \
        T_EQ(decode((f), text, sizeof text - 1, &v), PLUG_FRAME_DONE);                             \
        T_EQ(v.len, sizeof want - 1);                                                              \
        T_MEM(v.payload, want, sizeof want - 1);                                                   \
        T_EQ(v.used, took);                                                                        \
    } while (0)
#define MORE(f, text, least)                                                                       \
    do {                                                                                           \
        struct plug_frame_view v;                                                                  \
        T_EQ(decode((f), text, sizeof text - 1, &v), PLUG_FRAME_MORE);                             \
        T_EQ(v.need, least);                                                                       \
    } while (0)
#define BAD(f, text, err, at)                                                                      \
    do {                                                                                           \
        struct plug_frame_view v;                                                                  \
        T_ERR(decode((f), text, sizeof text - 1, &v), err);                                        \
        T_EQ(v.where, at);                                                                         \
    } while (0)

T_TEST(frame_length_prefix)
{
    struct plug_frame_ends e;
    struct plug_frame f = plug_frame_len32le(300);

    DONE(plug_frame_len8(5), "\5hello", "hello", 6);
    DONE(plug_frame_len8(5), "\5hello\5", "hello", 6);
    DONE(plug_frame_len8(0), "\0", "", 1);
    DONE(plug_frame_len16be(9), "\0\2hi", "hi", 4);
    DONE(plug_frame_len16le(9), "\2\0hi", "hi", 4);
    DONE(plug_frame_len32be(9), "\0\0\0\2hi", "hi", 6);
    DONE(plug_frame_len64le(9), "\2\0\0\0\0\0\0\0hi", "hi", 10);
    MORE(plug_frame_len32be(9), "", 4);
    MORE(plug_frame_len32be(9), "\0\0\0", 1);
    MORE(plug_frame_len32be(9), "\0\0\0\7hi", 5);
    T_OK(plug_frame_ends(&f, "", 0, &e));
    T_OK(plug_frame_ends(&f, memset(t_guarded_room(258), 0, 258), 258, &e));
    T_EQ(e.head_len, 4);
    T_MEM(e.head, "\2\1\0\0", 4);
    T_EQ(e.tail_len, 0);
}

T_TEST(frame_lengths_that_lie)
{
    BAD(plug_frame_len8(5), "\6", PLUG_EFRAME_TOOLONG, 0);
    BAD(plug_frame_len8(0), "\1", PLUG_EFRAME_TOOLONG, 0);
    BAD(plug_frame_len16be(9), "\0\12", PLUG_EFRAME_TOOLONG, 0);
    BAD(plug_frame_len32be(9), "\xff\xff\xff\xff", PLUG_EFRAME_TOOLONG, 0);
    BAD(plug_frame_len32be(9), "\x80\0\0\0", PLUG_EFRAME_TOOLONG, 0);
    BAD(plug_frame_len64be(PLUG_FRAME_MAX), "\x80\0\0\0\0\0\0\0", PLUG_EFRAME_TOOLONG, 0);
    BAD(plug_frame_len64be(PLUG_FRAME_MAX), "\xff\xff\xff\xff\xff\xff\xff\xff", PLUG_EFRAME_TOOLONG,
        0);
    BAD(plug_frame_len64be(PLUG_FRAME_MAX), "\x40\0\0\0\0\0\0\0", PLUG_EFRAME_TOOLONG, 0);
    MORE(plug_frame_len64be(PLUG_FRAME_MAX), "\0\0\0\0\x80\0\0\0", (size_t)1 << 31);
    BAD(plug_frame_netstring(9), "10:", PLUG_EFRAME_TOOLONG, 1);
    BAD(plug_frame_netstring(PLUG_FRAME_MAX), "99999999999999999999999:", PLUG_EFRAME_TOOLONG, 18);
}

T_TEST(frame_maximum_is_lowered_to_the_width)
{
    struct plug_frame f = plug_frame_len8(1000), g = plug_frame_len16be(65536);

    T_EQ(f.max, 255);
    T_EQ(g.max, 65535);
    T_EQ(plug_frame_len16le(65535).max, 65535);
    T_ERR(plug_frame_encode(&f, t_guarded_room(256), 256, NULL, 0), PLUG_EFRAME_TOOLONG);
    T_EQ(plug_frame_encode(&f, t_guarded_room(255), 255, NULL, 0), 256);
}

T_TEST(frame_netstring)
{
    struct plug_frame f = plug_frame_netstring(12);

    DONE(f, "12:hello world!,", "hello world!", 16);
    DONE(f, "0:,", "", 3);
    DONE(f, "3:1:,,7", "1:,", 6);
    MORE(f, "", 3);
    MORE(f, "0", 2);
    MORE(f, "2", 4);
    MORE(f, "12:hello", 8);
    BAD(f, "00:,", PLUG_EFRAME_BAD, 1);
    BAD(f, "03:abc,", PLUG_EFRAME_BAD, 1);
    BAD(f, ":,", PLUG_EFRAME_BAD, 0);
    BAD(f, "+1:a,", PLUG_EFRAME_BAD, 0);
    BAD(f, " 1:a,", PLUG_EFRAME_BAD, 0);
    BAD(f, "1 :a,", PLUG_EFRAME_BAD, 1);
    BAD(f, "1:ab", PLUG_EFRAME_BAD, 3);
    BAD(f, "13:", PLUG_EFRAME_TOOLONG, 1);
    BAD(f, "120", PLUG_EFRAME_TOOLONG, 2);
    DONE(plug_frame_netstring(0), "0:,", "", 3);
    BAD(plug_frame_netstring(0), "1", PLUG_EFRAME_TOOLONG, 0);
}

T_TEST(frame_line)
{
    struct plug_frame f = plug_frame_line(3);

    DONE(f, "abc\n", "abc", 4);
    DONE(f, "abc\r\n", "abc", 5);
    DONE(f, "\nx", "", 1);
    DONE(f, "\r\n", "", 2);
    DONE(f, "a\rb\n", "a\rb", 4);
    DONE(f, "a\r\r\n", "a\r", 4);
    MORE(f, "abc\r", 1);
    MORE(f, "abcd", 1);
    BAD(f, "abcd\n", PLUG_EFRAME_TOOLONG, 3);
    BAD(f, "abcd\r\n", PLUG_EFRAME_TOOLONG, 3);
    BAD(f, "abcde", PLUG_EFRAME_TOOLONG, 3);
    DONE(plug_frame_line(0), "\r\n", "", 2);
    BAD(plug_frame_line(0), "a\n", PLUG_EFRAME_TOOLONG, 0);
}

T_TEST(frame_crlf)
{
    struct plug_frame f = plug_frame_crlf(3);

    DONE(f, "abc\r\nx", "abc", 5);
    DONE(f, "\r\n", "", 2);
    MORE(f, "", 2);
    MORE(f, "abc", 2);
    MORE(f, "abc\r", 1);
    BAD(f, "ab\n", PLUG_EFRAME_BAD, 2);
    BAD(f, "a\rb\r\n", PLUG_EFRAME_BAD, 2);
    BAD(f, "a\r\r\n", PLUG_EFRAME_BAD, 2);
    BAD(f, "abcd", PLUG_EFRAME_TOOLONG, 3);
    BAD(f, "abcd\r\n", PLUG_EFRAME_TOOLONG, 3);
}

T_TEST(frame_delim)
{
    struct plug_frame f = plug_frame_delim("aab", 3, 4), g = plug_frame_delim("aa", 2, 4);

    DONE(f, "xxxxaab", "xxxx", 7);
    DONE(f, "aaab", "a", 4);
    DONE(f, "aab", "", 3);
    MORE(f, "xxaa", 1);
    MORE(f, "xxa", 2);
    MORE(f, "xxxxxx", 3);
    BAD(f, "xxxxxaab", PLUG_EFRAME_TOOLONG, 4);
    T_ERR(plug_frame_encode(&g, "a", 1, NULL, 0), PLUG_EFRAME_DELIM);
    T_ERR(plug_frame_encode(&g, "xaax", 4, NULL, 0), PLUG_EFRAME_DELIM);
    T_EQ(plug_frame_encode(&g, "ax", 2, NULL, 0), 4);
}

/* N - 1, N and N + 1 bytes of payload, for every framing. */
T_TEST(frame_limits)
{
    uint8_t wire[64], payload[MAX + 1];
    struct plug_frame_view v;

    memset(payload, 'x', sizeof payload);
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct plug_frame f = framing(kind), wide = f;
        wide.max = MAX + 1;
        for (size_t n = MAX - 1; n <= MAX + 1; n++) {
            ssize_t m = plug_frame_encode(&wide, payload, n, wire, sizeof wire);
            T_TRUE(m > 0);
            T_EQ(plug_frame_encode(&f, payload, n, NULL, 0), n > MAX ? PLUG_EFRAME_TOOLONG : m);
            T_EQ(plug_frame_decode(&f, wire, (size_t)m, NULL, &v),
                 n > MAX ? PLUG_EFRAME_TOOLONG : PLUG_FRAME_DONE);
        }
    }
}

/* --- many and long -------------------------------------------------------------------------- */

T_TEST_PLAIN(frame_a_million_empty_messages)
{
    size_t want = 1000000, room = 8 * want, len = 0, at = 0, frames = 0;
    uint8_t *stream = malloc(room);
    struct plug_frame_view v;

    T_OWN(free, stream);
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct plug_frame f = framing(kind);
        for (len = 0, frames = 0; frames < want; frames++)
            len += (size_t)T_OK(plug_frame_encode(&f, "", 0, stream + len, room - len));
        size_t scanned = 0;
        for (at = 0, frames = 0; at < len; at += v.used, frames++)
            T_EQ(plug_frame_decode(&f, stream + at, len - at, &scanned, &v), PLUG_FRAME_DONE);
        T_EQ(frames, want);
    }
}

/* A long line, one byte at a time: with scanned, 1 MiB takes some ms; without, it would take
 * minutes. */
T_TEST_PLAIN(frame_byte_by_byte_is_not_quadratic)
{
    size_t len = 1 << 20;
    char *text = malloc(len + 4);
    struct plug_frame_view v;

    T_OWN(free, text);
    memset(text, 'x', len);
    memcpy(text + len, "\r\n\r\n", 4);
    for (size_t kind = 8; kind < 11; kind++) {
        struct plug_frame f = framing(kind);
        size_t scanned = 0, n = 0;
        int64_t start = plug_now();
        f.max = len;
        while (plug_frame_decode(&f, text, n, &scanned, &v) == PLUG_FRAME_MORE)
            n++;
        T_EQ(v.len, len);
        T_EQ(n, v.used);
        T_TRUE(plug_now() - start < PLUG_S(5));
    }
}

/* --- mistakes of the caller ------------------------------------------------------------------- */

static void maximum_too_high(void)
{
    plug_frame_line(PLUG_FRAME_MAX + 1);
}

static void delimiter_empty(void)
{
    plug_frame_delim("", 0, 10);
}

static void delimiter_too_long(void)
{
    static const char delim[PLUG_FRAME_DELIM_MAX + 1];
    plug_frame_delim(delim, sizeof delim, 10);
}

static void not_constructed(void)
{
    struct plug_frame f = {0};
    if (plug_frame_encode(&f, "", 0, NULL, 0) >= 0)
        _exit(0);
}

static void scanned_of_another(void)
{
    struct plug_frame f = plug_frame_line(10);
    struct plug_frame_view v;
    size_t scanned = 5;
    if (plug_frame_decode(&f, "ab", 2, &scanned, &v) == PLUG_FRAME_MORE)
        _exit(0);
}

T_TEST_PLAIN(frame_mistakes_abort)
{
    void (*mistakes[])(void) = {maximum_too_high, delimiter_empty, delimiter_too_long,
                                not_constructed, scanned_of_another};

    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        int status;
        pid_t pid = fork();
        T_TRUE(pid >= 0);
        if (pid == 0) {
            close(STDERR_FILENO);
            mistakes[i]();
            _exit(0);
        }
        T_TRUE(waitpid(pid, &status, 0) == pid);
        T_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
    static const char longest[PLUG_FRAME_DELIM_MAX] = {1};
    T_EQ(plug_frame_delim(longest, sizeof longest, PLUG_FRAME_MAX).delim_len, PLUG_FRAME_DELIM_MAX);
}
