/* SPDX-License-Identifier: MIT */
/* The life of a socket handle: open, adopt, duplicate, end. */
#include "net/sock_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <string.h>

#define TYPE_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

static _Atomic int64_t default_timeout = PLUG_FOREVER;

int64_t plug_default_timeout(void)
{
    return atomic_load_explicit(&default_timeout, memory_order_relaxed);
}

void plug_default_timeout_set(int64_t timeout)
{
    if (timeout < 0)
        timeout = PLUG_FOREVER;
    atomic_store_explicit(&default_timeout, timeout, memory_order_relaxed);
}

int plug__sock_nonblock(struct plug_sock *s, bool on)
{
    if (atomic_load_explicit(&s->nonblock, memory_order_relaxed) == on)
        return 0;
    int flags = plug_sys()->fcntl(s->fd, F_GETFL, 0);
    if (flags < 0)
        return flags;
    flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    int r = plug_sys()->fcntl(s->fd, F_SETFL, flags);
    if (r < 0)
        return r;
    atomic_store_explicit(&s->nonblock, on, memory_order_relaxed);
    return 0;
}

int plug__sock_make(struct plug_sock **ret, int fd, int family, int type, int proto,
                    int64_t timeout)
{
    struct plug_sock *s = plug_alloc(sizeof *s); /* malloc has them at hand, calloc has not */
    if (!s)
        return -ENOMEM;
    type &= ~TYPE_FLAGS;
    memset(s, 0, sizeof *s);
    s->fd = fd;
    s->stream = type == SOCK_STREAM && (family == AF_INET || family == AF_INET6) &&
                (proto == 0 || proto == IPPROTO_TCP);
    s->id = plug_wait_id();
    s->family = family;
    s->type = type;
    s->proto = proto;
    s->timeout = timeout;
    atomic_init(&s->nonblock, timeout != PLUG_FOREVER);
    *ret = s;
    return 0;
}

/* Flags of a descriptor at its creation, so that no second system call is needed. */
static int creation_flags(int64_t timeout)
{
    return timeout == PLUG_FOREVER ? SOCK_CLOEXEC : SOCK_CLOEXEC | SOCK_NONBLOCK;
}

static int64_t creation_timeout(int type)
{
    return type & SOCK_NONBLOCK ? PLUG_NOWAIT : plug_default_timeout();
}

int plug_sock_open(struct plug_sock **ret, int family, int type, int proto)
{
    int64_t timeout = creation_timeout(type);
    type &= ~TYPE_FLAGS;
    int fd = plug_sys()->socket(family, type | creation_flags(timeout), proto);
    if (fd < 0)
        return fd;
    int r = plug__sock_make(ret, fd, family, type, proto, timeout);
    if (r < 0)
        plug_sys()->close(fd);
    return r;
}

int plug_sock_pair(struct plug_sock *ret[2], int family, int type, int proto)
{
    int64_t timeout = creation_timeout(type);
    struct plug_sock *pair[2] = {NULL, NULL};
    int fds[2];
    type &= ~TYPE_FLAGS;
    int r = plug_sys()->socketpair(family, type | creation_flags(timeout), proto, fds);
    if (r < 0)
        return r;
    for (int i = 0; i < 2 && r >= 0; i++)
        r = plug__sock_make(&pair[i], fds[i], family, type, proto, timeout);
    if (r < 0) {
        plug_sys()->close(fds[0]);
        plug_sys()->close(fds[1]);
        plug_free(pair[0]);
        return r;
    }
    ret[0] = pair[0];
    ret[1] = pair[1];
    return 0;
}

/* Asks the descriptor for one of SO_DOMAIN, SO_TYPE, SO_PROTOCOL unless the caller knows it. */
static int detect(int fd, int name, int *value)
{
    socklen_t len = sizeof *value;
    return *value >= 0 ? 0 : plug_sys()->getsockopt(fd, SOL_SOCKET, name, value, &len);
}

int plug_sock_adopt(struct plug_sock **ret, int fd, int family, int type, int proto)
{
    struct plug_addr local = PLUG__ADDR_ROOM;
    int r = plug_sys()->getsockname(fd, &local.sa, &local.len); /* -EBADF, -ENOTSOCK */
    if (r < 0 && (r == -EBADF || r == -ENOTSOCK || family < 0))
        return r;
    if (family < 0)
        family = local.sa.sa_family;
    if ((r = detect(fd, SO_TYPE, &type)) < 0 || (r = detect(fd, SO_PROTOCOL, &proto)) < 0)
        return r;
    int flags = plug_sys()->fcntl(fd, F_GETFL, 0);
    if (flags < 0)
        return flags;
    int64_t timeout = flags & O_NONBLOCK ? PLUG_NOWAIT : plug_default_timeout();
    struct plug_sock *s;
    r = plug__sock_make(&s, fd, family, type, proto, timeout);
    if (r < 0)
        return r;
    atomic_store(&s->nonblock, (flags & O_NONBLOCK) != 0);
    r = plug__sock_nonblock(s, timeout != PLUG_FOREVER);
    if (r < 0) {
        plug_free(s);
        return r;
    }
    *ret = s;
    return 0;
}

int plug_sock_from_fd(struct plug_sock **ret, int fd, int family, int type, int proto)
{
    int copy = plug_sys()->dup(fd);
    if (copy < 0)
        return copy;
    int r = plug_sock_adopt(ret, copy, family, type, proto);
    if (r < 0)
        plug_sys()->close(copy);
    return r;
}

int plug_sock_dup(struct plug_sock *s, struct plug_sock **ret)
{
    PLUG_ASSERT(s);
    int fd = plug_sys()->dup(s->fd);
    if (fd < 0)
        return fd;
    int r = plug__sock_make(ret, fd, s->family, s->type, s->proto, s->timeout);
    if (r < 0)
        plug_sys()->close(fd);
    else
        atomic_store(&(*ret)->nonblock, atomic_load(&s->nonblock));
    return r;
}

int plug_sock_detach(struct plug_sock *s)
{
    PLUG_ASSERT(s);
    int fd = s->fd;
    struct plug_waiter *w = plug__waiter();
    if (w->forget)
        w->forget(w, plug__sock_wait_fd(s));
    plug__unix_file_free(s->file);
    plug_free(s);
    return fd;
}

void plug_sock_close(struct plug_sock *s)
{
    if (s)
        plug_sys()->close(plug_sock_detach(s)); /* never again, whatever it says: Linux freed it */
}

void plug_sock_abort(struct plug_sock *s)
{
    static const struct linger reset = {1, 0};
    if (!s)
        return;
    plug_sys()->setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    plug_sock_close(s);
}

/* Drops what the peer still sends, until its FIN. */
static int drain(struct plug_sock *s, int64_t deadline)
{
    char junk[4096];
    size_t dropped = 0;
    ssize_t n;
    while ((n = plug__sock_recv(s, junk, sizeof junk, 0, deadline)) > 0) {
        dropped += (size_t)n;
        if (dropped > PLUG_SOCK_DRAIN_MAX)
            return PLUG_ELIMIT;
        int r = plug__sock_expired(deadline);
        if (r < 0)
            return r;
    }
    return n == -EAGAIN ? PLUG_ETIMEOUT : (int)n;
}

int plug_sock_close_graceful(struct plug_sock *s, int64_t timeout)
{
    if (!s)
        return 0;
    int64_t deadline = timeout == PLUG_NOWAIT ? PLUG__TRY_ONCE : plug_deadline_after(timeout);
    int r = 0;
    if (s->type == SOCK_STREAM) {
        r = plug_sys()->shutdown(s->fd, SHUT_WR);
        r = r == -ENOTCONN ? 0 : r < 0 ? r : drain(s, deadline);
    }
    plug_sock_close(s);
    return r;
}

int plug_fd_close(int fd)
{
    int r = plug_sys()->close(fd);
    return r == -EINTR || r == -EIO ? 0 : r; /* the descriptor is gone all the same */
}

int plug_fd_dup(int fd)
{
    return plug_sys()->dup(fd);
}
