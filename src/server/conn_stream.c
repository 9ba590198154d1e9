/* SPDX-License-Identifier: MIT */
/* Conns over connections: TCP, UNIX streams and seqpackets. */
#include "server/server_impl.h"
#include "net/sock_impl.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <plug/err.h>
#include <plug/sockopt.h>
#include <plug/stream.h>
#include <plug/sys.h>
#include <string.h>
#include <sys/time.h>

#define PIECES 64        /* of plug_conn_sendv_all */
#define LINGER PLUG_S(1) /* for what the peer still sends when its handler is done */

/* --- options ---------------------------------------------------------------------------- */

static int set(struct plug_sock *sock, int level, int name, const void *value, size_t len)
{
    return plug_sys()->setsockopt(plug_sock_fd(sock), level, name, value, (socklen_t)len);
}

static int set_idle(struct plug_sock *sock, int64_t idle)
{
    struct timeval tv = {idle / PLUG_S(1), idle % PLUG_S(1) / 1000 + 1}; /* 0 would be for ever */
    if (idle < 0)
        return 0;
    int r = set(sock, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    return r < 0 ? r : set(sock, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
}

static bool is_tcp(const struct plug_sock *sock)
{
    int family = plug_sock_family(sock);
    return plug_sock_type(sock) == SOCK_STREAM && (family == AF_INET || family == AF_INET6);
}

static int set_options(const struct plug_server *s, struct plug_sock *sock)
{
    static const int on = 1;
    int bytes = s->o.send_max < INT32_MAX ? (int)s->o.send_max : INT32_MAX;
    int r = s->model->blocking ? set_idle(sock, s->o.idle) : 0;
    if (r >= 0 && is_tcp(sock) && !s->o.nodelay_off)
        r = set(sock, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (r >= 0 && bytes)
        r = set(sock, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return r;
}

/* Connections that wait for accept(2) already: tcp(7) tells it of a listener in this member. */
static int queued(const struct plug_sock *listener)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    int r = plug_sys()->getsockopt(plug_sock_fd(listener), IPPROTO_TCP, TCP_INFO, &info, &len);
    return r < 0 ? INT32_MAX : (int)info.tcpi_unacked;
}

/*
 * A TCP connection has the options of its listener, which saves three system calls for each; those
 * apart that were made before.
 */
static int stream_prepare(struct plug__endpoint *e)
{
    e->inherits = is_tcp(e->sock) && !e->server->asked.get_request;
    int r = e->inherits ? set_options(e->server, e->sock) : 0;
    atomic_init(&e->without, e->inherits ? queued(e->sock) : 0);
    return r;
}

static int stream_begin(struct plug_conn *c, struct plug__endpoint *e)
{
    bool has = e->inherits && (atomic_load_explicit(&e->without, memory_order_relaxed) <= 0 ||
                               atomic_fetch_sub(&e->without, 1) <= 0);
    return has ? 0 : set_options(c->server, c->sock);
}

static int stream_take(struct plug_server *s, struct plug_sock *listener,
                       struct plug_sock **ret_sock, struct plug_addr *ret_peer)
{
    struct plug_sock *sock;
    if (s->waits_in_accept)
        return plug__sock_accept_once(listener, ret_sock, ret_peer);
    int r = plug_sock_accept(listener, &sock, ret_peer);
    if (r < 0)
        return r;
    r = plug_sock_set_timeout(sock, PLUG_FOREVER); /* the server's limits, not the process's */
    if (r < 0)
        plug_sock_close(sock);
    else
        *ret_sock = sock;
    return r;
}

/* --- bytes ----------------------------------------------------------------------------- */

/* Until when an operation may wait; asked before it begins, and before ended(). */
static int64_t until(struct plug_conn *c)
{
    int64_t deadline = c->server->model->deadline(c);
    int64_t own = plug__sock_deadline(c->sock, 0);
    return own < deadline ? own : deadline;
}

/* Why an operation may not even begin; 0: it may. */
static int ended(struct plug_conn *c)
{
    return atomic_load_explicit(&c->ended, memory_order_relaxed);
}

/* After one that failed, or that met an end: what it means. */
static ssize_t leave(struct plug_conn *c, ssize_t n)
{
    int why = atomic_load(&c->ended);
    if (why)
        n = why;
    else if (n == -EAGAIN && c->sock->timeout != PLUG_NOWAIT)
        n = PLUG_ETIMEOUT; /* SO_RCVTIMEO, SO_SNDTIMEO */
    if (n == -ECANCELED)
        atomic_store(&c->ended, -ECANCELED);
    c->timed_out = c->timed_out || n == PLUG_ETIMEOUT;
    c->failed = c->failed || (n < 0 && n != PLUG_ETIMEOUT && n != -EAGAIN && n != -EINTR);
    return n;
}

static ssize_t stream_recv(struct plug_conn *c, void *buf, size_t len)
{
    if (len == 0)
        return 0;
    int64_t deadline = until(c);
    ssize_t n = ended(c);
    if (n == 0)
        n = plug__sock_recv(c->sock, buf, len, 0, deadline);
    if (n <= 0 && (n = leave(c, n)) <= 0) {
        c->eof = c->eof || n == 0;
        return n;
    }
    c->in += (size_t)n;
    return n;
}

static ssize_t stream_send_all(struct plug_conn *c, const void *buf, size_t len)
{
    const uint8_t *bytes = buf;
    size_t left = len;
    do {
        int64_t deadline = until(c);
        ssize_t n = ended(c);
        if (n == 0)
            n = plug__sock_send(c->sock, bytes, left, 0, deadline);
        if (n < 0)
            return leave(c, n);
        c->out += (size_t)n;
        bytes += n;
        left -= (size_t)n;
    } while (left);
    return (ssize_t)len;
}

/* Takes n sent bytes off the front of the pieces; what is left of them. */
static struct iovec *advance(struct iovec *piece, size_t *count, size_t n)
{
    for (; *count && n >= piece->iov_len; piece++, (*count)--)
        n -= piece->iov_len;
    if (*count) {
        piece->iov_base = (uint8_t *)piece->iov_base + n;
        piece->iov_len -= n;
    }
    return piece;
}

static ssize_t stream_sendv_all(struct plug_conn *c, const struct iovec *iov, size_t count)
{
    struct iovec pieces[PIECES], *piece = pieces;
    uint64_t before = c->out;
    if (count)
        memcpy(pieces, iov, count * sizeof *iov);
    while (count) {
        struct msghdr hdr = {.msg_iov = piece, .msg_iovlen = count};
        int64_t deadline = until(c);
        ssize_t n = ended(c);
        if (n == 0)
            n = plug__sock_sendmsg(c->sock, &hdr, 0, deadline);
        if (n < 0)
            return leave(c, n);
        c->out += (size_t)n;
        piece = advance(piece, &count, (size_t)n);
    }
    return (ssize_t)(c->out - before);
}

static int stream_shutdown_write(struct plug_conn *c)
{
    return plug_sock_shutdown(c->sock, SHUT_WR);
}

static int stream_local(const struct plug_conn *c, struct plug_addr *ret_addr)
{
    return plug_sock_local(c->sock, ret_addr);
}

static int stream_open_stream(struct plug_conn *c, struct plug_stream **ret)
{
    /* The stream works by itself: the idle limit has to be the socket's from now on. */
    int r = plug_sock_set_timeout(c->sock, c->server->o.idle);
    return r < 0 ? r : plug_stream_open(ret, c->sock, PLUG_STREAM_READ | PLUG_STREAM_WRITE, NULL);
}

/* --- the end ---------------------------------------------------------------------------- */

/*
 * Unread bytes would turn close(2) into a reset, which can destroy the last reply on its way. Who
 * has read to the end has none: the fast path is close alone, which ends the sending side, too.
 */
static void stream_finish(struct plug_conn *c)
{
    char junk[512];
    if (c->eof || c->aborted || c->failed || atomic_load(&c->ended))
        return;
    if (plug_sock_shutdown(c->sock, SHUT_WR) < 0)
        return;
    ssize_t n = plug_sock_recv(c->sock, junk, sizeof junk, MSG_DONTWAIT);
    if (n <= 0 || plug_sock_type(c->sock) != SOCK_STREAM)
        return;
    (void)plug_sock_close_graceful(c->sock, LINGER);
    c->sock = NULL;
}

static void stream_cut(struct plug_conn *c)
{
    (void)!plug_sock_shutdown(c->sock, SHUT_RDWR);
}

static void stream_close(struct plug_conn *c)
{
    if (c->aborted)
        plug_sock_abort(c->sock);
    else
        plug_sock_close(c->sock);
    c->sock = NULL;
}

const struct plug__transport plug__stream_transport = {
    .prepare = stream_prepare,
    .take = stream_take,
    .begin = stream_begin,
    .recv = stream_recv,
    .sendv_all = stream_sendv_all,
    .send_all = stream_send_all,
    .shutdown_write = stream_shutdown_write,
    .local = stream_local,
    .open_stream = stream_open_stream,
    .cut = stream_cut,
    .finish = stream_finish,
    .close = stream_close,
};

const struct plug__transport *plug__transport_of(int type)
{
    switch (type) {
    case SOCK_STREAM:
    case SOCK_SEQPACKET:
        return &plug__stream_transport;
    case SOCK_DGRAM:
        return &plug__datagram_transport;
    default:
        return NULL;
    }
}

void plug__conn_cut(struct plug_conn *c, int why)
{
    int none = 0;
    atomic_compare_exchange_strong(&c->ended, &none, why);
    c->transport->cut(c);
}
