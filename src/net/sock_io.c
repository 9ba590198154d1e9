/* SPDX-License-Identifier: MIT */
/* Bytes through a socket: once, exactly, up to a delimiter, in pieces. */
#include "net/sock_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <string.h>

#define PIECES 64 /* iovec entries that sendv_all hands to the kernel at once */

/* The kernel keeps MSG_WAITALL only while it may block; with a deadline or on a fiber we do. */
static ssize_t recv_whole(struct plug_sock *s, uint8_t *buf, size_t len, int flags,
                          int64_t deadline)
{
    size_t got = 0;
    ssize_t n = 0;
    do {
        n = plug__sock_recv(s, buf + got, len - got, flags, deadline);
        got += n > 0 ? (size_t)n : 0;
    } while (n > 0 && got < len && plug__sock_expired(deadline) >= 0);
    return got ? (ssize_t)got : n;
}

ssize_t plug_sock_recv(struct plug_sock *s, void *buf, size_t len, int flags)
{
    PLUG_ASSERT(s);
    if (len == 0 && !(flags & MSG_TRUNC))
        return 0; /* families differ in whether they would wait for something to come */
    int64_t deadline = plug__sock_deadline(s, flags);
    if ((flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL && s->type == SOCK_STREAM &&
        deadline != PLUG__TRY_ONCE)
        return recv_whole(s, buf, len, flags, deadline);
    return plug__sock_recv(s, buf, len, flags, deadline);
}

ssize_t plug_sock_send(struct plug_sock *s, const void *buf, size_t len, int flags)
{
    PLUG_ASSERT(s);
    return plug__sock_send(s, buf, len, flags, plug__sock_deadline(s, flags));
}

/* --- all or nothing less --------------------------------------------------------------- */

int plug__sock_send_all(struct plug_sock *s, const void *buf, size_t len, int64_t deadline,
                        size_t *sent)
{
    const uint8_t *bytes = buf;
    for (;;) {
        ssize_t n = plug__sock_send(s, bytes, len, 0, deadline);
        if (n < 0)
            return (int)n;
        *sent += (size_t)n;
        bytes += n;
        len -= (size_t)n;
        int r = len ? plug__sock_expired(deadline) : 0;
        if (r < 0 || !len)
            return r;
    }
}

int plug_sock_send_all(struct plug_sock *s, const void *buf, size_t len, size_t *ret_sent)
{
    PLUG_ASSERT(s);
    size_t sent = 0;
    int r = plug__sock_send_all(s, buf, len, plug__sock_deadline(s, 0), &sent);
    if (ret_sent)
        *ret_sent = sent;
    return r;
}

static int recv_exact(struct plug_sock *s, uint8_t *buf, size_t len, int64_t deadline, size_t *got)
{
    while (*got < len) {
        ssize_t n = plug__sock_recv(s, buf + *got, len - *got, 0, deadline);
        if (n <= 0)
            return n < 0 ? (int)n : PLUG_EEOF;
        *got += (size_t)n;
        int r = *got < len ? plug__sock_expired(deadline) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

int plug_sock_recv_exact(struct plug_sock *s, void *buf, size_t len, size_t *ret_got)
{
    PLUG_ASSERT(s);
    size_t got = 0;
    int r = recv_exact(s, buf, len, plug__sock_deadline(s, 0), &got);
    if (ret_got)
        *ret_got = got;
    return r;
}

/* --- up to a delimiter ----------------------------------------------------------------- */

struct until {
    uint8_t *buf;
    size_t len, got;
    const void *delim;
    size_t delimlen;
};

/*
 * Of n bytes that were peeked at behind the first got ones: how many to take now. *found when
 * the delimiter ends there. It may have begun among the bytes taken before.
 */
static size_t until_take(const struct until *u, size_t n, bool *found)
{
    size_t back = u->got < u->delimlen - 1 ? u->got : u->delimlen - 1;
    const uint8_t *from = u->buf + u->got - back;
    const uint8_t *hit = memmem(from, back + n, u->delim, u->delimlen);
    *found = hit != NULL;
    return hit ? (size_t)(hit + u->delimlen - (u->buf + u->got)) : n;
}

static ssize_t recv_until(struct plug_sock *s, struct until *u, int64_t deadline)
{
    bool found = false;
    while (!found) {
        if (u->got == u->len)
            return PLUG_ELIMIT;
        uint8_t *room = u->buf + u->got;
        ssize_t n = plug__sock_recv(s, room, u->len - u->got, MSG_PEEK, deadline);
        if (n <= 0)
            return n < 0 ? n : PLUG_EEOF;
        int r = recv_exact(s, u->buf, u->got + until_take(u, (size_t)n, &found), deadline, &u->got);
        if (r >= 0 && !found)
            r = plug__sock_expired(deadline);
        if (r < 0)
            return r;
    }
    return (ssize_t)u->got;
}

ssize_t plug_sock_recv_until(struct plug_sock *s, void *buf, size_t len, const void *delim,
                             size_t delimlen, size_t *ret_got)
{
    PLUG_ASSERT(s);
    if (delimlen == 0)
        return -EINVAL;
    if (s->type != SOCK_STREAM)
        return -EOPNOTSUPP;
    struct until u = {buf, len, 0, delim, delimlen};
    ssize_t r = recv_until(s, &u, plug__sock_deadline(s, 0));
    if (ret_got)
        *ret_got = u.got;
    return r;
}

/* --- messages and pieces --------------------------------------------------------------- */

struct message {
    struct msghdr hdr;
    int flags;
};

static ssize_t recvmsg_once(int fd, int dontwait, void *arg)
{
    struct message *m = arg;
    struct msghdr hdr = m->hdr; /* the lengths in it are in and out */
    ssize_t n = plug_sys()->recvmsg(fd, &hdr, m->flags | dontwait);
    if (n >= 0)
        m->hdr = hdr;
    return n;
}

static ssize_t sendmsg_once(int fd, int dontwait, void *arg)
{
    struct message *m = arg;
    return plug_sys()->sendmsg(fd, &m->hdr, m->flags | dontwait | MSG_NOSIGNAL);
}

int plug__sock_cloexec(const struct plug_sock *s)
{
    return s->family == AF_UNIX ? MSG_CMSG_CLOEXEC : 0;
}

ssize_t plug__sock_recvmsg(struct plug_sock *s, struct msghdr *hdr, int flags, int64_t deadline)
{
    struct message m = {*hdr, flags | plug__sock_cloexec(s)};
    ssize_t n = plug__sock_try(s, POLLIN, deadline, recvmsg_once, &m);
    if (n >= 0)
        *hdr = m.hdr;
    return n;
}

ssize_t plug__sock_sendmsg(struct plug_sock *s, const struct msghdr *hdr, int flags,
                           int64_t deadline)
{
    struct message m = {*hdr, flags};
    return plug__sock_try(s, POLLOUT, deadline, sendmsg_once, &m);
}

ssize_t plug_sock_recvfrom(struct plug_sock *s, void *buf, size_t len, int flags,
                           struct plug_addr *ret_addr, int *ret_flags)
{
    PLUG_ASSERT(s);
    struct plug_addr from = PLUG__ADDR_ROOM;
    struct iovec iov = {buf, len};
    struct msghdr hdr = {
        .msg_name = &from.ss, .msg_namelen = from.len, .msg_iov = &iov, .msg_iovlen = 1};
    ssize_t n = plug__sock_recvmsg(s, &hdr, flags, plug__sock_deadline(s, flags));
    if (n < 0)
        return n;
    from.len = hdr.msg_namelen;
    if (ret_addr)
        *ret_addr = from;
    if (ret_flags)
        *ret_flags = hdr.msg_flags;
    return n;
}

struct sending {
    const void *buf;
    size_t len;
    int flags;
    const struct plug_addr *addr;
};

static ssize_t sendto_once(int fd, int dontwait, void *arg)
{
    struct sending *t = arg;
    return plug_sys()->sendto(fd, t->buf, t->len, t->flags | dontwait | MSG_NOSIGNAL, &t->addr->sa,
                              t->addr->len);
}

ssize_t plug_sock_sendto(struct plug_sock *s, const void *buf, size_t len, int flags,
                         const struct plug_addr *addr)
{
    PLUG_ASSERT(s);
    struct sending t = {buf, len, flags, addr};
    return plug__sock_try(s, POLLOUT, plug__sock_deadline(s, flags), sendto_once, &t);
}

ssize_t plug_sock_sendv(struct plug_sock *s, const struct iovec *iov, size_t count, int flags)
{
    PLUG_ASSERT(s);
    struct msghdr hdr = {.msg_iov = (struct iovec *)iov, .msg_iovlen = count};
    return plug__sock_sendmsg(s, &hdr, flags, plug__sock_deadline(s, flags));
}

ssize_t plug_sock_recvv(struct plug_sock *s, const struct iovec *iov, size_t count, int flags)
{
    PLUG_ASSERT(s);
    struct msghdr hdr = {.msg_iov = (struct iovec *)iov, .msg_iovlen = count};
    return plug__sock_recvmsg(s, &hdr, flags, plug__sock_deadline(s, flags));
}

/* Steps over n bytes; *skip is how far the first remaining piece has been sent. */
static void advance(const struct iovec **iov, size_t *count, size_t *skip, size_t n)
{
    n += *skip;
    while (*count && n >= (*iov)->iov_len) {
        n -= (*iov)->iov_len;
        (*iov)++;
        (*count)--;
    }
    *skip = n;
}

/* The next pieces to send, the first one cut by skip; how many. */
static size_t next_pieces(struct iovec to[PIECES], const struct iovec *iov, size_t count,
                          size_t skip)
{
    size_t n = count < PIECES ? count : PIECES;
    if (n == 0)
        return 0;
    memcpy(to, iov, n * sizeof *iov);
    to[0].iov_base = (uint8_t *)to[0].iov_base + skip;
    to[0].iov_len -= skip;
    return n;
}

static int sendv_all(struct plug_sock *s, const struct iovec *iov, size_t count, size_t *sent)
{
    int64_t deadline = plug__sock_deadline(s, 0);
    struct iovec piece[PIECES];
    size_t skip = 0;
    for (;;) {
        size_t n = next_pieces(piece, iov, count, skip);
        struct msghdr hdr = {.msg_iov = piece, .msg_iovlen = n};
        ssize_t r = plug__sock_sendmsg(s, &hdr, 0, deadline);
        if (r < 0)
            return (int)r;
        *sent += (size_t)r;
        advance(&iov, &count, &skip, (size_t)r);
        r = count ? plug__sock_expired(deadline) : 0;
        if (r < 0 || !count)
            return (int)r;
    }
}

int plug_sock_sendv_all(struct plug_sock *s, const struct iovec *iov, size_t count,
                        size_t *ret_sent)
{
    PLUG_ASSERT(s);
    size_t sent = 0;
    int r = sendv_all(s, iov, count, &sent);
    if (ret_sent)
        *ret_sent = sent;
    return r;
}
