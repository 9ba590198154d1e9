/* SPDX-License-Identifier: MIT */
/* Try, wait, try again: the only place where socket operations meet the waiter. */
#include "net/sock_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>

int64_t plug__sock_deadline(const struct plug_sock *s, int flags)
{
    if (s->timeout == PLUG_NOWAIT || (flags & (MSG_DONTWAIT | MSG_ERRQUEUE)))
        return PLUG__TRY_ONCE;
    return s->timeout == PLUG_FOREVER ? PLUG_NEVER : plug_deadline_after(s->timeout);
}

int plug__sock_expired(int64_t deadline)
{
    int64_t scope = plug_deadline_current();
    if (deadline == PLUG__TRY_ONCE)
        return 0; /* no operation waits, so the end comes by -EAGAIN */
    if (scope < deadline)
        deadline = scope;
    return deadline != PLUG_NEVER && plug_now() >= deadline ? PLUG_ETIMEOUT : 0;
}

/* A signal ends the operation only where the caller asked for it. */
static bool interrupted(ssize_t r)
{
    return r == -EINTR && !plug_waiter()->return_eintr;
}

/*
 * -EAGAIN from a call that was free to block: O_NONBLOCK was set through a duplicate of the
 * descriptor (then we wait), or SO_RCVTIMEO or SO_SNDTIMEO ran out (then it is the answer).
 */
static bool shared_nonblock(int fd)
{
    int flags = plug_sys()->fcntl(fd, F_GETFL, 0);
    return flags >= 0 && (flags & O_NONBLOCK);
}

/* Tries without blocking until it works, fails, or time is over. */
static ssize_t try_and_wait(int fd, short events, int64_t deadline, plug__try_fn *fn, void *arg)
{
    for (;;) {
        ssize_t r = fn(fd, MSG_DONTWAIT, arg);
        if (interrupted(r))
            continue;
        if (r != -EAGAIN || deadline == PLUG__TRY_ONCE)
            return r;
        r = plug_wait(fd, events, deadline);
        if (r < 0)
            return r;
    }
}

ssize_t plug__sock_try(struct plug_sock *s, short events, int64_t deadline, plug__try_fn *fn,
                       void *arg)
{
    if (deadline != PLUG_NEVER || !plug_wait_may_block(deadline))
        return try_and_wait(s->fd, events, deadline, fn, arg);
    ssize_t r;
    do
        r = fn(s->fd, 0, arg);
    while (interrupted(r));
    if (r == -EAGAIN && shared_nonblock(s->fd))
        return try_and_wait(s->fd, events, deadline, fn, arg);
    return r;
}

ssize_t plug__sock_try_nonblock(struct plug_sock *s, short events, int64_t deadline,
                                plug__try_fn *fn, void *arg)
{
    if (deadline != PLUG_NEVER || !plug_wait_may_block(deadline)) {
        int r = plug__sock_nonblock(s, true);
        if (r < 0)
            return r;
    }
    return plug__sock_try(s, events, deadline, fn, arg);
}

/* The deadline for a waiter that takes the whole operation over: the scopes count, too. */
static int64_t whole_deadline(int64_t deadline)
{
    int64_t scope = plug_deadline_current();
    return scope < deadline ? scope : deadline;
}

struct transfer {
    void *buf;
    const void *bytes;
    size_t len;
    int flags;
};

static ssize_t recv_once(int fd, int dontwait, void *arg)
{
    struct transfer *t = arg;
    return plug_sys()->recv(fd, t->buf, t->len, t->flags | dontwait);
}

static ssize_t send_once(int fd, int dontwait, void *arg)
{
    struct transfer *t = arg;
    return plug_sys()->send(fd, t->bytes, t->len, t->flags | dontwait);
}

ssize_t plug__sock_recv(struct plug_sock *s, void *buf, size_t len, int flags, int64_t deadline)
{
    struct plug_waiter *w = plug_waiter();
    if (w->recv && deadline != PLUG__TRY_ONCE) {
        ssize_t r;
        do
            r = w->recv(w, s->fd, buf, len, flags, whole_deadline(deadline));
        while (interrupted(r));
        return r;
    }
    struct transfer t = {buf, NULL, len, flags};
    return plug__sock_try(s, flags & MSG_OOB ? POLLPRI : POLLIN, deadline, recv_once, &t);
}

ssize_t plug__sock_send(struct plug_sock *s, const void *buf, size_t len, int flags,
                        int64_t deadline)
{
    struct plug_waiter *w = plug_waiter();
    flags |= MSG_NOSIGNAL;
    if (w->send && deadline != PLUG__TRY_ONCE) {
        ssize_t r;
        do
            r = w->send(w, s->fd, buf, len, flags, whole_deadline(deadline));
        while (interrupted(r));
        return r;
    }
    struct transfer t = {NULL, buf, len, flags};
    return plug__sock_try(s, POLLOUT, deadline, send_once, &t);
}

struct accepting {
    struct plug_addr *addr;
    int flags;
};

static ssize_t accept_once(int fd, int dontwait, void *arg)
{
    struct accepting *a = arg;
    (void)dontwait;
    a->addr->len = sizeof a->addr->ss;
    return plug_sys()->accept4(fd, &a->addr->sa, &a->addr->len, a->flags);
}

int plug__sock_accept(struct plug_sock *s, struct plug_addr *ret_addr, int flags, int64_t deadline)
{
    struct plug_waiter *w = plug_waiter();
    if (w->accept && deadline != PLUG__TRY_ONCE) {
        int r;
        do {
            ret_addr->len = sizeof ret_addr->ss;
            r = w->accept(w, s->fd, &ret_addr->sa, &ret_addr->len, flags, whole_deadline(deadline));
        } while (interrupted(r));
        return r;
    }
    struct accepting a = {ret_addr, flags};
    return (int)plug__sock_try_nonblock(s, POLLIN, deadline, accept_once, &a);
}

int plug__sock_connect(struct plug_sock *s, const struct plug_addr *addr, int64_t deadline)
{
    struct plug_waiter *w = plug_waiter();
    if (w->connect && deadline != PLUG__TRY_ONCE)
        return w->connect(w, s->fd, &addr->sa, addr->len, whole_deadline(deadline));
    if (deadline != PLUG_NEVER || !plug_wait_may_block(deadline)) {
        int r = plug__sock_nonblock(s, true);
        if (r < 0)
            return r;
    }
    return plug_sys()->connect(s->fd, &addr->sa, addr->len);
}
