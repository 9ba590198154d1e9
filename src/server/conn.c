/* SPDX-License-Identifier: MIT */
/* What a handler sees of its connection: facts, and the way to its transport. */
#include "server/server_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <plug/err.h>
#include <plug/url.h>
#include <string.h>

#define PIECES 64 /* of plug_conn_sendv_all */

/* --- bytes ----------------------------------------------------------------------------- */

ssize_t plug_conn_recv(struct plug_conn *c, void *buf, size_t len)
{
    PLUG_ASSERT(c);
    return c->transport->recv(c, buf, len);
}

ssize_t plug_conn_recv_exact(struct plug_conn *c, void *buf, size_t len)
{
    PLUG_ASSERT(c);
    uint8_t *bytes = buf;
    for (size_t got = 0; got < len;) {
        ssize_t n = c->transport->recv(c, bytes + got, len - got);
        if (n <= 0)
            return n < 0 ? n : PLUG_EEOF;
        got += (size_t)n;
    }
    return (ssize_t)len;
}

ssize_t plug_conn_send_all(struct plug_conn *c, const void *buf, size_t len)
{
    PLUG_ASSERT(c);
    return c->transport->send_all(c, buf, len);
}

ssize_t plug_conn_sendv_all(struct plug_conn *c, const struct iovec *iov, size_t count)
{
    PLUG_ASSERT(c);
    return count > PIECES ? -EMSGSIZE : c->transport->sendv_all(c, iov, count);
}

int plug_conn_shutdown_write(struct plug_conn *c)
{
    PLUG_ASSERT(c);
    return c->transport->shutdown_write(c);
}

int plug_conn_stream(struct plug_conn *c, struct plug_stream **ret)
{
    PLUG_ASSERT(c);
    int r = c->stream ? 0 : c->transport->open_stream(c, &c->stream);
    if (r >= 0)
        *ret = c->stream;
    return r;
}

/* --- facts ----------------------------------------------------------------------------- */

void plug_conn_abort(struct plug_conn *c)
{
    PLUG_ASSERT(c);
    c->aborted = true;
}

const struct plug_addr *plug_conn_peer(const struct plug_conn *c)
{
    PLUG_ASSERT(c);
    return &c->peer;
}

int plug_conn_local(struct plug_conn *c, struct plug_addr *ret_addr)
{
    PLUG_ASSERT(c);
    return c->transport->local(c, ret_addr);
}

size_t plug_conn_describe(const struct plug_conn *c, char *buf, size_t len)
{
    PLUG_ASSERT(c);
    struct plug_endpoint e;
    if (plug_endpoint_from_addr(&c->peer, plug_sock_type(c->sock), &e) >= 0)
        return plug_endpoint_text(&e, buf, len);
    return plug_addr_text(&c->peer, buf, len);
}

struct plug_sock *plug_conn_sock(struct plug_conn *c)
{
    PLUG_ASSERT(c);
    return c->sock;
}

int plug_conn_type(const struct plug_conn *c)
{
    PLUG_ASSERT(c);
    return plug_sock_type(c->sock);
}

int plug_conn_flags(const struct plug_conn *c)
{
    PLUG_ASSERT(c);
    return c->flags;
}

uint64_t plug_conn_id(const struct plug_conn *c)
{
    PLUG_ASSERT(c);
    return c->id;
}

struct plug_server *plug_conn_server(const struct plug_conn *c)
{
    PLUG_ASSERT(c);
    return c->server;
}

void plug_conn_data_set(struct plug_conn *c, void *data)
{
    PLUG_ASSERT(c);
    c->data = data;
}

void *plug_conn_data(const struct plug_conn *c)
{
    PLUG_ASSERT(c);
    return c->data;
}

bool plug_conn_stopping(const struct plug_conn *c)
{
    PLUG_ASSERT(c);
    return plug__stopping(c->server);
}
