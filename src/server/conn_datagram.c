/* SPDX-License-Identifier: MIT */
/* Conns over datagrams: one datagram, and answers to whoever sent it. */
#include "server/lane.h"

#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <string.h>

/* --- a datagram of one's own ---------------------------------------------------------------- */

int plug__packet_own(struct plug__packet *p, struct plug__lane *l)
{
    struct plug_pktinfo local;
    plug_datagram_local(l->d, &p->g, &local);
    p->local = local.addr;
    p->source = l->d->in[p->g.message].source;
    p->lane = NULL;
    size_t len = p->read ? 0 : p->g.len;
    p->bytes = len ? plug_memdup(p->g.data, len) : NULL;
    p->g.data = p->bytes;
    p->g.peer = NULL;
    return len && !p->bytes ? -ENOMEM : 0;
}

void plug__packet_end(struct plug__packet *p)
{
    plug_free(p->bytes);
    p->bytes = NULL;
}

/* --- a request of its own ------------------------------------------------------------------- */

static int datagram_prepare(struct plug__endpoint *e)
{
    int r = plug_sock_set_timeout(e->sock, PLUG_NOWAIT);
    return r < 0 ? r : plug__lane_open(&e->lane, e, e->sock);
}

__thread struct plug__lane *plug__lane_here;

/* A fiber's worker has listeners of its own, which the server does not know. */
static struct plug__lane *lane_of(struct plug_server *s, const struct plug_sock *sock)
{
    if (plug__lane_here && plug__lane_here->sock == sock)
        return plug__lane_here;
    for (size_t i = 0; i < s->endpoints; i++)
        if (s->endpoint[i].sock == sock)
            return s->endpoint[i].lane;
    return NULL;
}

/* The socket is everybody's; what was taken from it waits in the lane for datagram_begin. */
static int datagram_take(struct plug_server *s, struct plug_sock *listener,
                         struct plug_sock **ret_sock, struct plug_addr *ret_peer)
{
    struct plug__lane *l = lane_of(s, listener);
    if (!l)
        return -EINVAL;
    while (!plug_datagram_next(l->d, &l->taken)) {
        l->pending = false;
        int r = plug__lane_fill(l, plug__sock_deadline(listener, 0), false);
        if (r <= 0)
            return r < 0 ? r : -EAGAIN;
    }
    *ret_sock = listener;
    *ret_peer = *l->taken.peer;
    return 0;
}

static int datagram_begin(struct plug_conn *c, struct plug__endpoint *e)
{
    struct plug__packet *p = plug_calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    p->g = e->lane->taken;
    c->packet = p;
    if (p->g.flags)
        plug__count(&c->server->shared->truncated);
    return plug__packet_own(p, e->lane);
}

static void datagram_close(struct plug_conn *c)
{
    if (c->packet) {
        plug__packet_end(c->packet);
        plug_free(c->packet);
    }
    c->packet = NULL;
    c->sock = NULL;
}

static void datagram_cut(struct plug_conn *c)
{
    (void)c; /* a receive never waits, and a send looks at c->ended */
}

static void datagram_finish(struct plug_conn *c)
{
    (void)c;
}

/* --- bytes ---------------------------------------------------------------------------------- */

static ssize_t datagram_recv(struct plug_conn *c, void *buf, size_t len)
{
    struct plug__packet *p = c->packet;
    int ended = atomic_load_explicit(&c->ended, memory_order_relaxed);
    if (p->read || ended)
        return ended;
    size_t n = p->g.len < len ? p->g.len : len;
    if (n && !p->g.data)
        return -ENOMEM; /* there was none to keep it while the handler waited */
    if (n)
        memcpy(buf, p->g.data, n);
    p->read = true;
    c->flags = n < p->g.len ? MSG_TRUNC : p->g.flags;
    c->in += n;
    return (ssize_t)n;
}

/* At once, past the batch: what waits there is not held up, and its own error is known. */
static ssize_t send_now(struct plug_conn *c, const struct iovec *iov, size_t count)
{
    struct plug__packet *p = c->packet;
    const struct plug__source *source = p->lane ? &p->lane->d->in[p->g.message].source : &p->source;
    ssize_t n = atomic_load_explicit(&c->ended, memory_order_relaxed);
    if (plug_addr_family(&c->peer) == AF_UNSPEC)
        return -EDESTADDRREQ;
    if (n == 0)
        n = plug__datagram_send(c->sock, &c->peer, source, iov, count,
                                c->server->model->deadline(c));
    if (n >= 0)
        c->out += (size_t)n;
    c->timed_out = c->timed_out || n == PLUG_ETIMEOUT;
    return n;
}

/* Into the batch's answers. An answer as long as its question lies in the same place. */
static int send_later(struct plug__lane *l, struct plug__packet *p, const void *buf, size_t len)
{
    if (p->read && !p->answered && len == p->g.len && len) {
        if (buf != p->g.data)
            memcpy(p->g.data, buf, len);
        p->answered = true;
        buf = p->g.data;
    }
    int r = plug_datagram_reply(l->d, &p->g, buf, len);
    if (r != -EAGAIN)
        return r;
    (void)plug__lane_flush(l);
    return plug_datagram_reply(l->d, &p->g, buf, len);
}

static ssize_t datagram_send_all(struct plug_conn *c, const void *buf, size_t len)
{
    struct plug__lane *l = c->packet->lane;
    if (!l || !l->collects) {
        struct iovec piece = {(void *)buf, len};
        return send_now(c, &piece, 1);
    }
    int r = send_later(l, c->packet, buf, len);
    if (r < 0)
        return r;
    c->out += len;
    return (ssize_t)len;
}

static ssize_t datagram_sendv_all(struct plug_conn *c, const struct iovec *iov, size_t count)
{
    return send_now(c, iov, count);
}

/* --- facts ---------------------------------------------------------------------------------- */

static int datagram_shutdown_write(struct plug_conn *c)
{
    (void)c;
    return 0;
}

static int datagram_local(const struct plug_conn *c, struct plug_addr *ret_addr)
{
    const struct plug__packet *p = c->packet;
    struct plug_pktinfo info = {.addr = p->local};
    if (p->lane)
        plug_datagram_local(p->lane->d, &p->g, &info);
    *ret_addr = info.addr;
    return 0;
}

static int datagram_open_stream(struct plug_conn *c, struct plug_stream **ret)
{
    (void)c, (void)ret;
    return -EOPNOTSUPP;
}

const struct plug__transport plug__datagram_transport = {
    .prepare = datagram_prepare,
    .take = datagram_take,
    .begin = datagram_begin,
    .recv = datagram_recv,
    .sendv_all = datagram_sendv_all,
    .send_all = datagram_send_all,
    .shutdown_write = datagram_shutdown_write,
    .local = datagram_local,
    .open_stream = datagram_open_stream,
    .cut = datagram_cut,
    .finish = datagram_finish,
    .close = datagram_close,
};
