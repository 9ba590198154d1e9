/* SPDX-License-Identifier: MIT */
#include "loop/dispatcher.h"
#include <errno.h>
#include <fcntl.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>

/* --- life --------------------------------------------------------------------------------- */

int plug_dispatcher_open(struct plug_dispatcher **ret, struct plug_dispatcher_map *m,
                         const struct plug_dispatcher_ops *ops, void *arg)
{
    struct plug_dispatcher *d;

    if (ops->size != sizeof *ops)
        return PLUG_EOPTS;
    d = plug_calloc(1, sizeof *d);
    if (!d)
        return -ENOMEM;
    *d = (struct plug_dispatcher){.map = m, .ops = ops, .arg = arg, .fd = -1, .holds = 1};
    d->before = m->last;
    *(m->last ? &m->last->next : &m->first) = d;
    m->last = d;
    *ret = d;
    return 0;
}

void plug__dispatcher_hold(struct plug_dispatcher *d)
{
    d->holds++;
}

void plug__dispatcher_release(struct plug_dispatcher *d)
{
    d->holds--;
}

static void give_back(struct plug_dispatcher *d)
{
    struct plug_dispatcher_map *m = d->map;
    void (*freed)(void *arg) = d->ops->freed;
    void *arg = d->arg;

    *(d->before ? &d->before->next : &m->first) = d->next;
    *(d->next ? &d->next->before : &m->last) = d->before;
    if (d->keeps_out)
        plug_buf_clear(&d->out);
    plug_free(d);
    if (freed)
        freed(arg);
}

void plug__dispatcher_bury(struct plug_dispatcher_map *m)
{
    struct plug_dispatcher *next;

    for (struct plug_dispatcher *d = m->first; d; d = next) {
        next = d->next;
        if (d->holds == 0)
            give_back(d);
    }
}

static void close_socket(struct plug_dispatcher *d)
{
    if (d->fd < 0)
        return;
    if (d->asked)
        (void)!plug_selector_del(d->map->selector, d->fd);
    if (d->sock)
        plug_sock_close(d->sock);
    else
        plug_sys()->close(d->fd);
    d->sock = NULL;
    d->fd = -1;
    d->asked = 0;
    d->map->count--;
}

void plug_dispatcher_close(struct plug_dispatcher *d)
{
    if (!d || d->closed)
        return;
    d->closed = true;
    d->connected = d->connecting = d->accepting = false;
    close_socket(d);
    plug__dispatcher_release(d);
}

/* --- sockets ------------------------------------------------------------------------------ */

/* In the map from now on; who cannot be waited for is told here and not in some turn. */
static int enter_map(struct plug_dispatcher *d, int fd, struct plug_sock *s)
{
    unsigned asked = plug__dispatcher_asks(d, true, false);
    int r = plug_selector_add(d->map->selector, fd, asked, d);

    if (r < 0)
        return r;
    d->asked = asked;
    d->fd = fd;
    d->sock = s;
    d->map->count++;
    return 0;
}

int plug_dispatcher_create(struct plug_dispatcher *d, int family, int type)
{
    struct plug_sock *s;
    int r = d->fd >= 0 || d->closed ? -EISCONN : plug_sock_open(&s, family, type, 0);

    if (r < 0)
        return r;
    r = plug_sock_set_blocking(s, false);
    if (r == 0)
        r = enter_map(d, plug_sock_fd(s), s);
    if (r < 0)
        plug_sock_close(s);
    return r;
}

int plug_dispatcher_set_sock(struct plug_dispatcher *d, struct plug_sock *s)
{
    struct plug_addr peer;
    int r, connected;

    if (d->fd >= 0 || d->closed)
        return -EISCONN;
    connected = plug_sock_peer(s, &peer);
    if (connected < 0 && connected != -ENOTCONN && connected != -EINVAL)
        return connected;
    r = plug_sock_set_blocking(s, false);
    if (r == 0)
        r = enter_map(d, plug_sock_fd(s), s);
    if (r == 0)
        d->connected = connected >= 0;
    return r;
}

static int unblock(int fd)
{
    int flags = plug_sys()->fcntl(fd, F_GETFL, 0);

    return flags < 0 ? flags : plug_sys()->fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int plug_dispatcher_set_file(struct plug_dispatcher *d, int fd)
{
    int twin = d->fd >= 0 || d->closed ? -EISCONN : plug_fd_dup(fd), r;

    if (twin < 0)
        return twin;
    r = unblock(twin);
    if (r >= 0)
        r = enter_map(d, twin, NULL);
    if (r < 0)
        plug_sys()->close(twin);
    else
        d->connected = true;
    return r;
}

int plug_dispatcher_reuse_addr(struct plug_dispatcher *d)
{
    int one = 1;

    return d->sock ? plug_sys()->setsockopt(d->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one)
                   : -ENOTSOCK;
}

int plug_dispatcher_bind(struct plug_dispatcher *d, const struct plug_addr *addr)
{
    return d->sock ? plug_sock_bind(d->sock, addr) : -ENOTSOCK;
}

int plug_dispatcher_listen(struct plug_dispatcher *d, int backlog)
{
    int r = d->sock ? plug_sock_listen(d->sock, backlog) : -ENOTSOCK;

    if (r >= 0)
        d->accepting = true;
    return r;
}

int plug_dispatcher_connect(struct plug_dispatcher *d, const struct plug_addr *addr)
{
    int r = d->sock ? plug_sock_connect(d->sock, addr) : -ENOTSOCK;

    if (r < 0 && r != -EINPROGRESS && r != -EALREADY && r != -EAGAIN && r != -EISCONN)
        return r;
    /* Done at once, as UNIX sockets are: the first event says so, never this call. */
    d->connected = false;
    d->connecting = true;
    return 0;
}

int plug_dispatcher_accept(struct plug_dispatcher *d, struct plug_sock **ret_conn,
                           struct plug_addr *ret_peer)
{
    int r = d->sock ? plug_sock_accept(d->sock, ret_conn, ret_peer) : -ENOTSOCK;

    if (r == -EAGAIN || r == -ECONNABORTED)
        return 0;
    return r < 0 ? r : 1;
}

/* --- facts -------------------------------------------------------------------------------- */

void *plug_dispatcher_arg(const struct plug_dispatcher *d)
{
    return d->arg;
}

struct plug_dispatcher_map *plug_dispatcher_map(const struct plug_dispatcher *d)
{
    return d->map;
}

struct plug_sock *plug_dispatcher_sock(const struct plug_dispatcher *d)
{
    return d->sock;
}

int plug_dispatcher_fd(const struct plug_dispatcher *d)
{
    return d->fd;
}

bool plug_dispatcher_connected(const struct plug_dispatcher *d)
{
    return d->connected;
}

bool plug_dispatcher_connecting(const struct plug_dispatcher *d)
{
    return d->connecting;
}

bool plug_dispatcher_accepting(const struct plug_dispatcher *d)
{
    return d->accepting;
}
