/* SPDX-License-Identifier: MIT */
#include "echo.h"
#include <string.h>

#define SMALL 2048  /* bytes of the first buffer: an idle connection costs no more */
#define LARGE 65536 /* of the last one; also the longest datagram, and when replies are sent */

/* One connection, or one datagram. */
struct session {
    struct plug_conn *conn;
    const struct echo *e;
    struct echo_counts n;
    uint64_t random;
    uint64_t left;    /* bytes of reply before the cut */
    bool drawn, skip; /* is it decided whether the next message is dropped? and is it? */
};

enum { GO_ON = 1 }; /* a result of reply(): the connection lives on */

/* --- what is counted, and told with -v -------------------------------------------------------- */

static void count_error(struct echo_counts *n, int err)
{
    if (err == PLUG_EFRAME_TOOLONG || err == PLUG_EFRAME_BAD || err == PLUG_EEOF)
        n->bad_frames++;
    else if (err == PLUG_ETIMEOUT)
        n->timeouts++;
    else if (err == -ECONNRESET || err == -EPIPE)
        n->resets++;
    else if (err < 0 && err != -ECANCELED)
        n->failures++;
}

static void account(const struct session *s)
{
    const uint64_t *from = (const uint64_t *)&s->n;
    uint64_t *to = (uint64_t *)s->e->shared;

    for (size_t i = 0; i < ECHO_COUNTS; i++)
        if (from[i])
            __atomic_fetch_add(&to[i], from[i], __ATOMIC_RELAXED);
}

static void tell(const struct session *s, int err)
{
    char peer[PLUG_ADDR_TEXT + 32];

    plug_conn_describe(s->conn, peer, sizeof peer);
    cmd_err("%s: %llu in, %llu out%s%s%s\n", *peer ? peer : "unnamed",
            (unsigned long long)s->n.bytes_in, (unsigned long long)s->n.bytes_out,
            s->n.truncated ? ", truncated"
            : s->n.ignored ? ", ignored"
                           : "",
            err < 0 ? ": " : "", err < 0 ? plug_strerror(err) : "");
}

/* --- replies ---------------------------------------------------------------------------------- */

/* xorshift64: the same drops for the same seed and connection, under every model. */
static bool draw(struct session *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return (double)(s->random >> 11) * 0x1p-53 < s->e->drop;
}

/* Is the next message to be dropped? The same answer until there was one. */
static bool dropping(struct session *s)
{
    if (!s->drawn)
        s->skip = s->e->drop > 0 && draw(s);
    s->drawn = true;
    return s->skip;
}

/* There was one. */
static void had_message(struct session *s)
{
    s->n.messages++;
    s->n.dropped += dropping(s);
    s->drawn = false;
}

/* GO_ON; 0: this was the last reply; or an error. */
static int reply(struct session *s, const void *bytes, size_t len)
{
    bool last = s->e->cut_after && len >= s->left;
    ssize_t n = s->e->delay > 0 ? plug_sleep(s->e->delay) : 0;

    if (last)
        len = (size_t)s->left;
    if (n == 0)
        n = plug_conn_send_all(s->conn, bytes, len);
    if (n < 0)
        return (int)n;
    s->n.bytes_out += len;
    s->left -= len;
    s->n.cut += last;
    return last ? 0 : GO_ON;
}

/* Sends what has gathered in out. */
static int flush(struct session *s, struct plug_buf *out)
{
    int r = GO_ON;

    if (plug_buf_len(out) > 0)
        r = reply(s, plug_buf_data(out), plug_buf_len(out));
    plug_buf_consume(out, plug_buf_len(out));
    if (out->cap > LARGE)
        plug_buf_clear(out);
    return r;
}

static void out_init(const struct session *s, struct plug_buf *out)
{
    plug_buf_init(out, transform_reply_max(&s->e->t) + LARGE);
}

/* --- streams ---------------------------------------------------------------------------------- */

/* The next size of a buffer that a receive has filled, or has not. */
static size_t adapt(size_t size, size_t got)
{
    if (got == size && size < LARGE)
        return 2 * size;
    return got <= SMALL / 2 ? SMALL : size;
}

static ssize_t receive(struct session *s, void *buf, size_t len)
{
    ssize_t n = plug_conn_recv(s->conn, buf, len);

    if (n > 0)
        s->n.bytes_in += (uint64_t)n;
    return n;
}

/* Bytes as they come: a small buffer here, a larger one in memory while they come in bulk. */
static int plain(struct session *s)
{
    uint8_t small[SMALL], *large = NULL;
    size_t size = SMALL;
    int r = GO_ON;

    while (r == GO_ON) {
        uint8_t *b = large ? large : small;
        ssize_t n = receive(s, b, size);
        size_t next;

        if (n <= 0) {
            r = (int)n;
            break;
        }
        if (!dropping(s))
            r = reply(s, b, (size_t)n);
        had_message(s);
        next = adapt(size, (size_t)n);
        if (next == size)
            continue;
        plug_free(large);
        large = next > SMALL ? plug_alloc(next) : NULL;
        size = large ? next : SMALL;
    }
    plug_free(large);
    return r;
}

/* All replies that can be had now. GO_ON, 0 after the last one, or an error. */
static int answer(struct session *s, struct transform *t, bool ended, struct plug_buf *out)
{
    int r = 1, sent;

    while (r > 0) {
        r = transform_next(t, ended, dropping(s) ? NULL : out);
        if (r > 0)
            had_message(s);
        if (r > 0 && plug_buf_len(out) < LARGE)
            continue;
        sent = flush(s, out);
        if (sent != GO_ON)
            return sent;
    }
    return r < 0 ? r : ended ? 0 : GO_ON;
}

static int changed(struct session *s)
{
    struct transform t;
    struct plug_buf out;
    size_t size = SMALL;
    int r = GO_ON;

    transform_init(&t, &s->e->t);
    out_init(s, &out);
    while (r == GO_ON) {
        uint8_t *room;
        ssize_t n = transform_room(&t, size, &room);

        if (n == 0)
            n = receive(s, room, size);
        if (n > 0)
            transform_commit(&t, (size_t)n);
        r = n < 0 ? (int)n : answer(s, &t, n == 0, &out);
        if (n > 0)
            size = adapt(size, (size_t)n);
    }
    transform_clear(&t);
    plug_buf_clear(&out);
    return r;
}

/* --- messages with boundaries ----------------------------------------------------------------- */

/* The whole of bytes, changed, into out. 0 or an error. */
static int change(const struct session *s, const uint8_t *bytes, size_t len, struct plug_buf *out)
{
    struct transform t;
    uint8_t *room;
    int r;

    transform_init(&t, &s->e->t);
    r = transform_room(&t, len, &room);
    if (r == 0) {
        memcpy(room, bytes, len);
        transform_commit(&t, len);
        while ((r = transform_next(&t, true, out)) > 0)
            continue;
    }
    transform_clear(&t);
    return r;
}

/* One message in, one out: it is a whole input. */
static int message(struct session *s, const uint8_t *bytes, size_t len)
{
    bool skip = dropping(s);
    struct plug_buf out;
    int r;

    had_message(s);
    if (skip)
        return GO_ON;
    if (s->e->t.mode == TRANSFORM_ECHO && s->e->t.framing == TRANSFORM_NONE)
        return reply(s, bytes, len);
    plug_buf_init(&out, LARGE * 2);
    r = change(s, bytes, len, &out);
    if (r == 0)
        r = reply(s, plug_buf_data(&out), plug_buf_len(&out));
    plug_buf_clear(&out);
    return r;
}

/* Would the answer come back to an echo service again and again? */
static bool is_loop(const struct session *s)
{
    const struct plug_addr *peer = plug_conn_peer(s->conn);
    int family = plug_addr_family(peer);
    unsigned port = plug_addr_port(peer);

    if (family != AF_INET && family != AF_INET6)
        return false;
    return port < ECHO_PORT_GUARD || s->e->own_port[port / 8] & 1u << port % 8;
}

static int datagram(struct session *s)
{
    uint8_t b[LARGE];
    ssize_t n = receive(s, b, sizeof b);

    s->n.datagrams++;
    if (n < 0)
        return (int)n;
    s->n.truncated += (plug_conn_flags(s->conn) & MSG_TRUNC) != 0;
    s->n.ignored += is_loop(s);
    return s->n.ignored ? 0 : message(s, b, (size_t)n);
}

static int packets(struct session *s)
{
    uint8_t b[LARGE];
    int r = GO_ON;

    s->n.connections++;
    while (r == GO_ON) {
        ssize_t n = receive(s, b, sizeof b);

        r = n > 0 ? message(s, b, (size_t)n) : (int)n;
    }
    return r;
}

static int stream(struct session *s)
{
    const struct transform_opts *t = &s->e->t;

    s->n.connections++;
    return t->mode == TRANSFORM_ECHO && t->framing == TRANSFORM_NONE ? plain(s) : changed(s);
}

int echo_handler(struct plug_conn *conn, void *arg)
{
    const struct echo *e = arg;
    struct session s = {.conn = conn, .e = e, .left = e->cut_after ? e->cut_after : UINT64_MAX};
    int type = plug_conn_type(conn), r;

    s.random = (e->seed ^ plug_conn_id(conn)) * 0x9e3779b97f4a7c15u | 1;
    r = type == SOCK_DGRAM ? datagram(&s) : type == SOCK_SEQPACKET ? packets(&s) : stream(&s);
    r = r == GO_ON ? 0 : r;
    count_error(&s.n, r);
    account(&s);
    if (e->c->verbose && !e->c->quiet)
        tell(&s, r);
    return r;
}
