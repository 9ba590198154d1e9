/* SPDX-License-Identifier: MIT */
/* Try, wait, try again: the only place where socket operations meet the waiter. */
#include "base/at_hand.h"
#include "net/sock_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>

#define VAIN_PAUSE PLUG_MS(1)

int64_t plug__sock_deadline_set(const struct plug_sock *s, int flags)
{
    if (s->timeout == PLUG_NOWAIT || (flags & (MSG_DONTWAIT | MSG_ERRQUEUE)))
        return PLUG__TRY_ONCE;
    return plug_deadline_after(s->timeout);
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
    return r == -EINTR && !plug_waiter()->own.return_eintr;
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

int plug__sock_pause(int64_t pause, int64_t deadline)
{
    int64_t until = plug_deadline_after(pause);
    int r = plug_wait(-1, 0, until < deadline ? until : deadline);
    return r == PLUG_ETIMEOUT ? plug__sock_expired(deadline) : r;
}

/*
 * poll(2) said ready, the operation says no. Others were quicker: then the deadline counts, for
 * ready it is without end. Or it is only an error queue that nobody reads (IP_RECVERR), or a UNIX
 * datagram for one whose queue is full, which poll does not look at: both would be told again at
 * once, so a little time has to pass; then 1, for an operation that is to be tried before it is
 * waited for again: what came in the meantime was told to nobody. *ready: what the last wait said.
 */
static int in_vain(const struct plug_sock *s, int *ready, short events, int64_t deadline)
{
    bool blind = s->family == AF_UNIX && s->type == SOCK_DGRAM && events == POLLOUT;
    if (*ready & events && !blind)
        return plug__sock_expired(deadline);
    *ready = blind ? *ready : 0;
    int r = plug__sock_pause(VAIN_PAUSE, deadline);
    return r < 0 ? r : 1;
}

/* Tries without blocking until it works, fails, or time is over; r is what the first try said. */
static ssize_t wait_and_try(struct plug_sock *s, short events, int64_t deadline, plug__try_fn *fn,
                            void *arg, ssize_t r)
{
    for (int ready = 0;; r = fn(s->fd, MSG_DONTWAIT, arg)) {
        if (interrupted(r))
            continue;
        if (r != -EAGAIN || deadline == PLUG__TRY_ONCE)
            return r;
        r = ready ? in_vain(s, &ready, events, deadline) : 0;
        if (r < 0)
            return r;
        if (r > 0)
            continue;
        ready = plug_wait_ready(plug__sock_wait_fd(s), events, deadline);
        if (ready < 0)
            return ready;
    }
}

static ssize_t try_and_wait(struct plug_sock *s, short events, int64_t deadline, plug__try_fn *fn,
                            void *arg)
{
    return wait_and_try(s, events, deadline, fn, arg, fn(s->fd, MSG_DONTWAIT, arg));
}

/* A call that was free to block has said r: is that its answer? */
static ssize_t settle(struct plug_sock *s, short events, plug__try_fn *fn, void *arg, ssize_t r)
{
    while (interrupted(r))
        r = fn(s->fd, 0, arg);
    if (r == -EAGAIN && shared_nonblock(s->fd))
        return try_and_wait(s, events, PLUG_NEVER, fn, arg);
    return r;
}

ssize_t plug__sock_try(struct plug_sock *s, short events, int64_t deadline, plug__try_fn *fn,
                       void *arg)
{
    if (!plug_wait_may_block(deadline))
        return try_and_wait(s, events, deadline, fn, arg);
    return settle(s, events, fn, arg, fn(s->fd, 0, arg));
}

ssize_t plug__sock_try_nonblock(struct plug_sock *s, short events, int64_t deadline,
                                plug__try_fn *fn, void *arg)
{
    if (!plug_wait_may_block(deadline)) {
        int r = plug__sock_nonblock(s, true);
        if (r < 0)
            return r;
    }
    return plug__sock_try(s, events, deadline, fn, arg);
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

ssize_t plug__sock_recv_slow(struct plug_sock *s, void *buf, size_t len, int flags,
                             int64_t deadline, ssize_t r)
{
    struct plug_waiter *w = plug_waiter();
    struct transfer t = {buf, NULL, len, flags};
    short events = flags & MSG_OOB ? POLLPRI : POLLIN;
    if (plug__may_block(deadline))
        return settle(s, events, recv_once, &t, r);
    if (!w->recv || deadline == PLUG__TRY_ONCE)
        return wait_and_try(s, events, deadline, recv_once, &t, r);
    while (interrupted(r))
        r = w->recv(w, plug__sock_wait_fd(s), buf, len, flags, plug__deadline_bounded(w, deadline));
    return r;
}

ssize_t plug__sock_send_slow(struct plug_sock *s, const void *buf, size_t len, int flags,
                             int64_t deadline, ssize_t r)
{
    struct plug_waiter *w = plug_waiter();
    struct transfer t = {NULL, buf, len, flags};
    if (plug__may_block(deadline))
        return settle(s, POLLOUT, send_once, &t, r);
    if (!w->send || deadline == PLUG__TRY_ONCE)
        return wait_and_try(s, POLLOUT, deadline, send_once, &t, r);
    while (interrupted(r))
        r = w->send(w, plug__sock_wait_fd(s), buf, len, flags, plug__deadline_bounded(w, deadline));
    return r;
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
            r = w->accept(w, plug__sock_wait_fd(s), &ret_addr->sa, &ret_addr->len, flags,
                          plug__deadline_bounded(w, deadline));
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
        return w->connect(w, plug__sock_wait_fd(s), &addr->sa, addr->len,
                          plug__deadline_bounded(w, deadline));
    if (!plug_wait_may_block(deadline)) {
        int r = plug__sock_nonblock(s, true);
        if (r < 0)
            return r;
    }
    return plug_sys()->connect(s->fd, &addr->sa, addr->len);
}
