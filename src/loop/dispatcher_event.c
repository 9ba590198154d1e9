/* SPDX-License-Identifier: MIT */
/* Which hook is called when, as in asyncore; and sending and receiving, which call some. */
#include "loop/dispatcher.h"
#include <errno.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/trace.h>
#include <stdio.h>

static void log_line(struct plug_dispatcher *d, const char *type, const char *message)
{
    if (d->ops->log)
        d->ops->log(d, type, message);
    else
        plug_trace(PLUG_TRACE_LOOP, __FILE__, __LINE__, "%s: %s", type, message);
}

static bool is_over(int error)
{
    return error == -ECONNRESET || error == -ENOTCONN || error == -ESHUTDOWN ||
           error == -ECONNABORTED || error == -EPIPE || error == -EBADF;
}

/* --- hooks and their defaults ------------------------------------------------------------- */

static int call_close(struct plug_dispatcher *d)
{
    if (d->closed)
        return 0;
    if (d->ops->handle_close)
        return plug__hook_result(d->ops->handle_close(d));
    log_line(d, "warning", "unhandled close event");
    plug_dispatcher_close(d);
    return 0;
}

static int call_error(struct plug_dispatcher *d, int error)
{
    char text[128];

    if (d->closed)
        return 0;
    if (d->ops->handle_error)
        return plug__hook_result(d->ops->handle_error(d, error));
    snprintf(text, sizeof text, "closing: %s", plug_strerror(error));
    log_line(d, "error", text);
    return call_close(d);
}

static int call_or_log(struct plug_dispatcher *d, int (*hook)(struct plug_dispatcher *),
                       const char *unhandled)
{
    if (hook)
        return plug__hook_result(hook(d));
    log_line(d, "warning", unhandled);
    return 0;
}

static int call_accepted(struct plug_dispatcher *d, struct plug_sock *conn,
                         const struct plug_addr *peer)
{
    if (d->ops->handle_accepted)
        return plug__hook_result(d->ops->handle_accepted(d, conn, peer));
    plug_sock_close(conn);
    log_line(d, "warning", "unhandled accepted event");
    return 0;
}

static int call_accept(struct plug_dispatcher *d)
{
    struct plug_sock *conn;
    struct plug_addr peer;
    int r;

    if (d->ops->handle_accept)
        return plug__hook_result(d->ops->handle_accept(d));
    r = plug_dispatcher_accept(d, &conn, &peer);
    return r > 0 ? call_accepted(d, conn, &peer) : r;
}

/* --- events ------------------------------------------------------------------------------- */

static int socket_error(const struct plug_dispatcher *d)
{
    int error = 0, r;
    socklen_t len = sizeof error;

    if (!d->sock)
        return 0;
    r = plug_sys()->getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return r < 0 ? r : -error;
}

/* connected is set after the hook, as in asyncore. */
static int connect_event(struct plug_dispatcher *d)
{
    int r = socket_error(d);

    if (r < 0) {
        d->connecting = false; /* SO_ERROR tells it once: never a connect event after that */
        return r;
    }
    r = call_or_log(d, d->ops->handle_connect, "unhandled connect event");
    if (r != 0 || d->closed)
        return r;
    d->connected = true;
    d->connecting = false;
    return r;
}

static int read_event(struct plug_dispatcher *d)
{
    int r = 0;

    if (d->accepting)
        return call_accept(d);
    if (!d->connected && d->connecting)
        r = connect_event(d);
    if (r != 0 || d->closed)
        return r;
    return call_or_log(d, d->ops->handle_read, "unhandled read event");
}

/* At most one chunk: a fast reader does not hold up the other dispatchers. */
static int send_kept(struct plug_dispatcher *d)
{
    size_t len = plug_buf_len(&d->out);
    ssize_t n = plug_dispatcher_send(d, plug_buf_data(&d->out),
                                     len < PLUG_DISPATCHER_CHUNK ? len : PLUG_DISPATCHER_CHUNK);

    if (n > 0 && !d->closed)
        plug_buf_consume(&d->out, (size_t)n);
    return n < 0 ? (int)n : 0;
}

static int write_event(struct plug_dispatcher *d)
{
    int r = 0;

    if (d->accepting)
        return 0;
    if (!d->connected && d->connecting)
        r = connect_event(d);
    if (r != 0 || d->closed)
        return r;
    if (plug_dispatcher_buffered(d))
        return send_kept(d);
    if (d->keeps_out && !d->ops->handle_write)
        return 0;
    return call_or_log(d, d->ops->handle_write, "unhandled write event");
}

static int expt_event(struct plug_dispatcher *d)
{
    if (socket_error(d) != 0)
        return call_close(d);
    return call_or_log(d, d->ops->handle_expt, "unhandled incoming priority event");
}

void plug__dispatcher_settle(struct plug_dispatcher *d, int r)
{
    if (r < 0 && r != -EAGAIN)
        r = is_over(r) ? call_close(d) : call_error(d, r);
    if (r < 0 && r != -EAGAIN) { /* the hook that should have dealt with it has failed */
        log_line(d, "error", plug_strerror(r));
        plug_dispatcher_close(d);
    }
    if (r > 0)
        d->map->exit = true;
}

/* True: go on with what else is ready. An error ends the event, as an exception does. */
static bool step(struct plug_dispatcher *d, int (*event)(struct plug_dispatcher *))
{
    int r = event(d);

    plug__dispatcher_settle(d, r);
    return (r == 0 || r == -EAGAIN) && !d->closed && !d->map->exit;
}

static void steps(struct plug_dispatcher *d, unsigned revents)
{
    if (revents & POLLIN && !step(d, read_event))
        return;
    if (revents & POLLOUT && !step(d, write_event))
        return;
    if (revents & POLLPRI && !step(d, expt_event))
        return;
    if (revents & (POLLHUP | POLLERR | POLLNVAL) && !(revents & POLLIN && d->ops->handle_read))
        step(d, d->connecting ? write_event : call_close);
}

/*
 * A hang-up with data before it is left to handle_read, which gets the end after the last of them.
 * A dispatcher that does not read is closed: it would never see the end.
 */
void plug__dispatcher_event(struct plug_dispatcher *d, unsigned revents)
{
    plug__dispatcher_hold(d);
    steps(d, revents);
    plug__dispatcher_release(d);
}

/* Urgent data stay ready until somebody receives them: without its hook they wake nobody. */
unsigned plug__dispatcher_asks(const struct plug_dispatcher *d, bool reads, bool writes)
{
    return (reads ? PLUG_READ : 0u) | (writes ? PLUG_WRITE : 0u) |
           ((reads || writes) && d->ops->handle_expt ? PLUG_URGENT : 0u);
}

unsigned plug__dispatcher_wants(struct plug_dispatcher *d)
{
    bool reads = !d->ops->readable || d->ops->readable(d);
    bool writes = !d->closed && (d->ops->writable ? d->ops->writable(d) : !d->keeps_out);

    if (d->closed)
        return 0;
    writes = !d->accepting && (writes || d->connecting || plug_dispatcher_buffered(d));
    return plug__dispatcher_asks(d, reads, writes);
}

/* --- bytes -------------------------------------------------------------------------------- */

int plug__dispatcher_end(struct plug_dispatcher *d)
{
    int r;

    plug__dispatcher_hold(d);
    r = call_close(d);
    if (r > 0)
        d->map->exit = true;
    plug__dispatcher_release(d);
    return r < 0 ? r : 0;
}

/* asyncore: a connection that is over is closed by its hook, and 0 bytes. */
static ssize_t or_close(struct plug_dispatcher *d, ssize_t n)
{
    return n < 0 && is_over((int)n) ? plug__dispatcher_end(d) : n;
}

ssize_t plug_dispatcher_send(struct plug_dispatcher *d, const void *bytes, size_t len)
{
    ssize_t n;

    if (d->fd < 0)
        return or_close(d, -EBADF);
    n = d->sock ? plug_sock_send(d->sock, bytes, len, 0) : plug_sys()->write(d->fd, bytes, len);
    return n == -EAGAIN ? 0 : or_close(d, n);
}

ssize_t plug_dispatcher_recv(struct plug_dispatcher *d, void *buf, size_t len)
{
    ssize_t n;

    if (d->fd < 0)
        return or_close(d, -EBADF);
    n = d->sock ? plug_sock_recv(d->sock, buf, len, 0) : plug_sys()->read(d->fd, buf, len);
    return or_close(d, n == 0 && len > 0 ? -ENOTCONN : n);
}

void plug_dispatcher_set_max_out(struct plug_dispatcher *d, size_t max_out)
{
    if (!d->keeps_out)
        plug_buf_init(&d->out, max_out);
    d->keeps_out = true;
}

int plug_dispatcher_write(struct plug_dispatcher *d, const void *bytes, size_t len)
{
    int r = d->keeps_out ? 0 : PLUG_ELIMIT;

    if (r == 0)
        r = d->closed ? -EBADF : plug_buf_append(&d->out, bytes, len);
    if (r < 0 || !d->connected || plug_buf_len(&d->out) != len)
        return r;
    plug__dispatcher_hold(d);
    r = send_kept(d);
    plug__dispatcher_release(d);
    return r;
}

size_t plug_dispatcher_buffered(const struct plug_dispatcher *d)
{
    return d->keeps_out ? plug_buf_len(&d->out) : 0;
}
