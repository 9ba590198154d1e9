/* SPDX-License-Identifier: MIT */
/* The door: takes what a listener has, past the limits, and rests when descriptors are short. */
#include "server/server_impl.h"

#include <errno.h>
#include <plug/err.h>

#define PAUSE    PLUG_MS(100)
#define SAY_ONCE PLUG_S(1)

/* Short of something that will be there again: the listener is left alone for a moment. */
static void rest(struct plug_server *s, int error)
{
    int64_t now = plug_now();
    s->pause_until = now + PAUSE;
    plug__count(&s->shared->accept_pauses);
    if (now < s->said + SAY_ONCE)
        return;
    s->said = now;
    plug_trace(PLUG_TRACE_SERVER, __FILE__, __LINE__, "accepting rests: %s", plug_strerror(error));
}

/* 0 where it passes; errors of the listener itself make serving impossible. */
static int accept_failed(struct plug_server *s, int error)
{
    switch (error) {
    case -EAGAIN:
        return 0;
    case -EBADF:
    case -EINVAL:
    case -ENOTSOCK:
    case -EOPNOTSUPP:
    case -ECANCELED:
    case -EINTR:
    case PLUG_ETIMEOUT:
        return error;
    default:
        rest(s, error);
        return 0;
    }
}

/* The last request that is wanted stops the server; one more is too many. */
bool plug__wanted(struct plug_server *s, uint64_t number)
{
    if (number == s->o.requests)
        plug_server_stop(s);
    return !s->o.requests || number <= s->o.requests;
}

static int admit(struct plug_server *s, const struct plug_sock *sock, const struct plug_addr *peer)
{
    int r = plug__limits_enter(s, peer, plug_sock_fd(sock));
    if (r < 0)
        return r;
    uint64_t number = atomic_fetch_add(&s->shared->accepted, 1) + 1;
    if (plug__wanted(s, number))
        return 0;
    plug__limits_leave(s, peer);
    return PLUG_ELIMIT;
}

int plug__accept(struct plug__endpoint *e, struct plug_sock *listener, struct plug_conn *c)
{
    struct plug_server *s = e->server;
    struct plug_sock *sock;
    struct plug_addr peer;
    plug__lane_here = e->lane;
    int r = s->hooks.get_request(s, listener, &sock, &peer, s->arg);
    if (r < 0)
        return accept_failed(s, r);
    if (admit(s, sock, &peer) < 0) {
        if (sock != listener) /* as it is with datagrams */
            plug_sock_close(sock);
        return PLUG__REFUSED;
    }
    plug__request_new(c, e, sock, &peer);
    if (c->transport->begin(c, e) >= 0)
        return PLUG__TAKEN;
    plug__request_end(c); /* reset before it was served */
    return PLUG__REFUSED;
}
