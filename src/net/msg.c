/* SPDX-License-Identifier: MIT */
/* Messages with addresses and control data: one, and in batches. */
#include "net/sock_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <plug/msg.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <string.h>

/* msghdr of a message; one is the place for its only piece. */
static struct msghdr header(const struct plug_msg *m, struct iovec *one)
{
    *one = (struct iovec){m->buf, m->len};
    return (struct msghdr){.msg_iov = m->iov ? (struct iovec *)m->iov : one,
                           .msg_iovlen = m->iov ? m->iov_count : 1};
}

static struct msghdr send_header(const struct plug_msg *m, struct iovec *one)
{
    struct msghdr h = header(m, one);
    if (plug_addr_family(&m->addr) != AF_UNSPEC) {
        h.msg_name = (void *)&m->addr.ss;
        h.msg_namelen = m->addr.len;
    }
    h.msg_control = m->control_len ? m->control : NULL;
    h.msg_controllen = m->control_len;
    return h;
}

static struct msghdr recv_header(const struct plug_msg *m, struct iovec *one,
                                 struct plug_addr *room)
{
    static const struct plug_addr empty = PLUG__ADDR_ROOM;
    struct msghdr h = header(m, one);
    *room = empty;
    h.msg_name = &room->ss;
    h.msg_namelen = sizeof room->ss;
    h.msg_control = m->control_room ? m->control : NULL;
    h.msg_controllen = m->control_room;
    return h;
}

static void received(struct plug_msg *m, const struct msghdr *h, const struct plug_addr *from,
                     size_t n)
{
    m->addr = *from;
    m->addr.len = h->msg_namelen;
    m->control_len = h->msg_controllen;
    m->flags = h->msg_flags & ~MSG_CMSG_CLOEXEC;
    m->done = n;
}

ssize_t plug_sock_sendmsg(struct plug_sock *s, const struct plug_msg *msg, int flags)
{
    PLUG_ASSERT(s);
    struct iovec one;
    struct msghdr h = send_header(msg, &one);
    return plug__sock_sendmsg(s, &h, flags, plug__sock_deadline(s, flags));
}

ssize_t plug_sock_recvmsg(struct plug_sock *s, struct plug_msg *msg, int flags)
{
    PLUG_ASSERT(s);
    struct iovec one;
    struct plug_addr from;
    struct msghdr h = recv_header(msg, &one, &from);
    ssize_t n = plug__sock_recvmsg(s, &h, flags, plug__sock_deadline(s, flags));
    if (n >= 0)
        received(msg, &h, &from, (size_t)n);
    return n;
}

/* --- batches --------------------------------------------------------------------------- */

struct batch {
    struct mmsghdr hdr[PLUG_BATCH_MAX];
    struct iovec one[PLUG_BATCH_MAX];
    unsigned count;
    int flags;
};

static ssize_t sendmmsg_once(int fd, int dontwait, void *arg)
{
    struct batch *b = arg;
    return plug_sys()->sendmmsg(fd, b->hdr, b->count, b->flags | dontwait | MSG_NOSIGNAL);
}

/* Once one has come, nobody waits for the next. */
static ssize_t recvmmsg_once(int fd, int dontwait, void *arg)
{
    struct batch *b = arg;
    return plug_sys()->recvmmsg(fd, b->hdr, b->count, b->flags | dontwait | MSG_WAITFORONE);
}

static void prepare(struct batch *b, size_t count, int flags)
{
    b->count = count < PLUG_BATCH_MAX ? (unsigned)count : PLUG_BATCH_MAX;
    b->flags = flags;
}

int plug_sock_send_batch(struct plug_sock *s, struct plug_msg *msgs, size_t count, int flags)
{
    PLUG_ASSERT(s);
    struct batch b;
    prepare(&b, count, flags);
    for (unsigned i = 0; i < b.count; i++)
        b.hdr[i] = (struct mmsghdr){.msg_hdr = send_header(&msgs[i], &b.one[i])};
    int n = (int)plug__sock_try(s, POLLOUT, plug__sock_deadline(s, flags), sendmmsg_once, &b);
    for (int i = 0; i < n; i++)
        msgs[i].done = b.hdr[i].msg_len;
    return n;
}

int plug_sock_recv_batch(struct plug_sock *s, struct plug_msg *msgs, size_t count, int flags)
{
    PLUG_ASSERT(s);
    struct batch b;
    struct plug_addr from[PLUG_BATCH_MAX];
    prepare(&b, count, flags | plug__sock_cloexec(s));
    for (unsigned i = 0; i < b.count; i++)
        b.hdr[i] = (struct mmsghdr){.msg_hdr = recv_header(&msgs[i], &b.one[i], &from[i])};
    int n = (int)plug__sock_try(s, POLLIN, plug__sock_deadline(s, flags), recvmmsg_once, &b);
    for (int i = 0; i < n; i++)
        received(&msgs[i], &b.hdr[i].msg_hdr, &from[i], b.hdr[i].msg_len);
    return n;
}
