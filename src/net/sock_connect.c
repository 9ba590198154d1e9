/* SPDX-License-Identifier: MIT */
/* Bind, listen, accept, connect, shutdown. */
#include "net/sock_impl.h"
#include "net/trace_addr.h"
#include "base/assert.h"

#include <errno.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>

#define BACKLOG           128 /* Python's min(SOMAXCONN, 128) */
#define ACCEPT_SKIPS      64  /* dead connections passed over in one call before it reports them */
#define CONNECT_PAUSE     PLUG_MS(1)
#define CONNECT_PAUSE_MAX PLUG_MS(50)

int plug_sock_bind(struct plug_sock *s, const struct plug_addr *addr)
{
    PLUG_ASSERT(s);
    int r = plug_sys()->bind(s->fd, &addr->sa, addr->len);
    PLUG__TRACE_NET("bind", addr, r, -1);
    return r;
}

int plug_sock_listen(struct plug_sock *s, int backlog)
{
    PLUG_ASSERT(s);
    return plug_sys()->listen(s->fd, backlog < 0 ? BACKLOG : backlog);
}

int plug_sock_shutdown(struct plug_sock *s, int how)
{
    PLUG_ASSERT(s);
    return plug_sys()->shutdown(s->fd, how);
}

/* --- accept ---------------------------------------------------------------------------- */

/* Errors of the connection, not of the listener: accept(2), "Error handling". */
static bool connection_died(int r)
{
    switch (r) {
    case -ECONNABORTED:
    case -EPROTO:
    case -ENETDOWN:
    case -ENETUNREACH:
    case -EHOSTDOWN:
    case -EHOSTUNREACH:
    case -ENONET:
        return true;
    default:
        return false;
    }
}

static int accept_living(struct plug_sock *s, struct plug_addr *addr, int flags)
{
    int64_t deadline = plug__sock_deadline(s, 0);
    int fd = 0;
    for (int skips = 0; skips < ACCEPT_SKIPS; skips++) {
        fd = plug__sock_accept(s, addr, flags, deadline);
        if (!connection_died(fd))
            return fd;
        int r = plug__sock_expired(deadline);
        if (r < 0)
            return r;
    }
    return fd;
}

/* A handle for what accept(2) gave. takes fd, whatever happens. */
static int accepted(const struct plug_sock *s, int fd, int64_t timeout,
                    const struct plug_addr *addr, struct plug_sock **ret_conn,
                    struct plug_addr *ret_addr)
{
    PLUG__TRACE_NET("accept", addr, fd, -1);
    int r = plug__sock_make(ret_conn, fd, s->family, s->type, s->proto, timeout);
    if (r < 0)
        plug_sys()->close(fd);
    else if (ret_addr)
        *ret_addr = *addr;
    return r;
}

int plug_sock_accept(struct plug_sock *s, struct plug_sock **ret_conn, struct plug_addr *ret_addr)
{
    PLUG_ASSERT(s);
    int64_t timeout = plug_default_timeout();
    struct plug_addr addr = PLUG__ADDR_ROOM;
    int flags = timeout == PLUG_FOREVER ? SOCK_CLOEXEC : SOCK_CLOEXEC | SOCK_NONBLOCK;
    int fd = accept_living(s, &addr, flags);
    return fd < 0 ? fd : accepted(s, fd, timeout, &addr, ret_conn, ret_addr);
}

int plug__sock_accept_once(struct plug_sock *s, struct plug_sock **ret_conn,
                           struct plug_addr *ret_addr)
{
    struct plug_addr addr = PLUG__ADDR_ROOM;
    int fd = plug_sys()->accept4(s->fd, &addr.sa, &addr.len, SOCK_CLOEXEC);
    if (connection_died(fd))
        return -EAGAIN;
    return fd < 0 ? fd : accepted(s, fd, PLUG_FOREVER, &addr, ret_conn, ret_addr);
}

/* --- connect --------------------------------------------------------------------------- */

static int socket_error(struct plug_sock *s)
{
    int error = 0;
    socklen_t len = sizeof error;
    int r = plug_sys()->getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return r < 0 ? r : -error;
}

/* The connection is being made by the kernel: waits for the outcome. */
static int await_connection(struct plug_sock *s, int64_t deadline)
{
    int r = plug_wait(s->fd, POLLOUT, deadline);
    return r < 0 ? r : socket_error(s);
}

/*
 * After a signal the same holds for TCP. But where there is neither a connection nor an error,
 * connect(2) never began (AF_UNIX does not go on in the background): -EAGAIN, call it again.
 */
static int await_interrupted(struct plug_sock *s, int64_t deadline)
{
    struct plug_addr peer;
    int r = await_connection(s, deadline);
    if (r < 0)
        return r;
    r = plug_sock_peer(s, &peer);
    return r == -ENOTCONN ? -EAGAIN : r;
}

/* A UNIX listener with a full queue cannot be polled for room: sleeps, ever a little longer. */
static int pause_for_room(int64_t *pause, int64_t deadline)
{
    int64_t now = *pause;
    if (*pause < CONNECT_PAUSE_MAX)
        *pause *= 2;
    return plug__sock_pause(now, deadline);
}

static int connect_within(struct plug_sock *s, const struct plug_addr *addr, int64_t deadline)
{
    int64_t pause = CONNECT_PAUSE;
    for (;;) {
        int r = plug__sock_connect(s, addr, deadline);
        if (deadline == PLUG__TRY_ONCE)
            return r;
        if (r == -EINTR && plug_waiter()->own.return_eintr)
            return r; /* the next call meets the same connection: -EALREADY, then waits */
        if (r == -EINPROGRESS || r == -EALREADY)
            return await_connection(s, deadline);
        if (r == -EINTR)
            r = await_interrupted(s, deadline);
        else if (r == -EAGAIN && s->family == AF_UNIX)
            r = (r = pause_for_room(&pause, deadline)) < 0 ? r : -EAGAIN;
        else
            return r;
        if (r != -EAGAIN)
            return r;
    }
}

/*
 * A TCP socket whose kernel-chosen port happens to be the one it connects to meets itself by
 * "simultaneous open" (RFC 9293 3.5): a loopback connection without a server.
 */
static int self_connected(struct plug_sock *s, const struct plug_addr *addr)
{
    struct plug_addr local, peer;
    if (s->type != SOCK_STREAM || (s->family != AF_INET && s->family != AF_INET6))
        return 0;
    int r = plug_sock_local(s, &local);
    if (r < 0 || plug_addr_port(&local) != plug_addr_port(addr))
        return r;
    r = plug_sock_peer(s, &peer);
    return r < 0 ? r : plug_addr_equal(&local, &peer) ? PLUG_ESELF : 0;
}

int plug_sock_connect(struct plug_sock *s, const struct plug_addr *addr)
{
    PLUG_ASSERT(s);
    int64_t began = plug_trace_on(PLUG_TRACE_NET) ? plug_now() : 0;
    int r = connect_within(s, addr, plug__sock_deadline(s, 0));
    if (r >= 0)
        r = self_connected(s, addr);
    PLUG__TRACE_NET("connect", addr, r, plug_now() - began);
    return r;
}

int plug_sock_wait(struct plug_sock *s, short events)
{
    PLUG_ASSERT(s);
    int r = plug_wait(s->fd, events, plug_deadline_after(s->timeout));
    return r == PLUG_ETIMEOUT && s->timeout == PLUG_NOWAIT ? -EAGAIN : r;
}
