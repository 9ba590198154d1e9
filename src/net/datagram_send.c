/* SPDX-License-Identifier: MIT */
/* Batches of datagrams: collecting, joining to trains, sending. */
#include "net/datagram_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <netinet/udp.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <string.h>

#define NEWS       16   /* errors of others that one datagram may meet */
#define JOIN_AGAIN 1024 /* flushes after which trains are tried again */

void plug__source_of(struct plug__source *s, int family, const struct plug_pktinfo *info)
{
    struct plug_msg m = {.control = s->item, .control_room = sizeof s->item};
    s->len = family == plug_addr_family(&info->addr) && plug_msg_put_pktinfo(&m, info) >= 0
                 ? m.control_len
                 : 0;
}

/* --- collecting ------------------------------------------------------------------------ */

static bool same_peer(const struct plug__train *t, const struct plug_addr *peer,
                      const struct plug__source *source)
{
    if (t->peer == peer && t->source == source)
        return true;
    return t->peer->len == peer->len && !memcmp(&t->peer->ss, &peer->ss, peer->len) &&
           t->source->len == source->len && !memcmp(t->source->item, source->item, source->len);
}

/* The train that a datagram may join; NULL: it begins one. */
static struct plug__train *train_for(struct plug_datagrams *d, const struct plug_addr *peer,
                                     const struct plug__source *source, size_t len)
{
    if (d->trains == d->done)
        return NULL;
    struct plug__train *t = &d->train[d->trains - 1];
    if (t->ended || len > t->segment || len == 0 || t->segment > d->join_max ||
        t->count == PLUG_DATAGRAM_TRAIN || len > PLUG__DATAGRAM_TRAIN - t->len)
        return NULL;
    return same_peer(t, peer, source) ? t : NULL;
}

static void add_piece(struct plug_datagrams *d, struct plug__train *t, const uint8_t *bytes,
                      size_t len)
{
    struct iovec *last = t->pieces ? &d->piece[d->pieces - 1] : NULL;
    if (last && (const uint8_t *)last->iov_base + last->iov_len == bytes) {
        last->iov_len += len;
    } else {
        d->piece[d->pieces++] = (struct iovec){(void *)bytes, len};
        t->pieces++;
    }
    t->len += len;
    t->count++;
}

/* Collects bytes that stay where they are until they are sent. */
static void collect(struct plug_datagrams *d, const struct plug_addr *peer,
                    const struct plug__source *source, const uint8_t *bytes, size_t len)
{
    struct plug__train *t = train_for(d, peer, source, len);
    if (t) {
        t->ended = len < t->segment;
    } else {
        t = &d->train[d->trains++];
        *t = (struct plug__train){
            .peer = peer, .source = source, .segment = len, .piece = d->pieces};
    }
    add_piece(d, t, bytes, len);
}

/* Room for one more datagram, copied or not. Sends what there is when there is none. */
static int make_room(struct plug_datagrams *d, size_t copied)
{
    bool full = d->trains == PLUG_DATAGRAM_PENDING || d->pieces == PLUG__DATAGRAM_PIECES ||
                copied > PLUG__DATAGRAM_ROOM - d->used;
    return full ? plug_datagram_flush(d) : 0;
}

static const uint8_t *copy(struct plug_datagrams *d, const void *bytes, size_t len)
{
    uint8_t *to = d->out + d->used;
    if (len)
        memcpy(to, bytes, len);
    d->used += len;
    return to;
}

static bool lies_in(const struct plug_datagram *g, const uint8_t *bytes, size_t len)
{
    return bytes >= g->data && bytes <= g->data + g->len &&
           len <= (size_t)(g->data + g->len - bytes);
}

int plug_datagram_reply(struct plug_datagrams *d, const struct plug_datagram *g, const void *bytes,
                        size_t len)
{
    PLUG_ASSERT(d && g->message < d->count);
    if (plug_addr_family(g->peer) == AF_UNSPEC)
        return -EDESTADDRREQ;
    if (len > d->most)
        return -EMSGSIZE;
    bool in_place = lies_in(g, bytes, len);
    int r = make_room(d, in_place ? 0 : len);
    if (r < 0)
        return r;
    collect(d, g->peer, &d->in[g->message].source, in_place ? bytes : copy(d, bytes, len), len);
    return 0;
}

int plug_datagram_send(struct plug_datagrams *d, const struct plug_addr *to,
                       const struct plug_pktinfo *from, const void *bytes, size_t len)
{
    PLUG_ASSERT(d);
    if (plug_addr_family(to) == AF_UNSPEC)
        return -EDESTADDRREQ;
    if (len > d->most)
        return -EMSGSIZE;
    int r = make_room(d, len);
    if (r < 0)
        return r;
    unsigned i = d->trains; /* the place of the train it may begin */
    d->to[i] = *to;
    d->from[i].len = 0;
    if (from)
        plug__source_of(&d->from[i], plug_addr_family(to), from);
    collect(d, &d->to[i], &d->from[i], copy(d, bytes, len), len);
    return 0;
}

/* --- sending --------------------------------------------------------------------------- */

union control {
    uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
    struct cmsghdr align;
};

static struct msghdr header(const struct plug_datagrams *d, const struct plug__train *t,
                            union control *c)
{
    struct plug_msg m = {.control = c, .control_room = sizeof *c, .control_len = t->source->len};
    if (t->source->len)
        memcpy(c->room, t->source->item, t->source->len);
    if (t->count > 1) {
        uint16_t segment = (uint16_t)t->segment;
        int r = plug_msg_put(&m, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
        PLUG_ASSERT(r >= 0);
    }
    return (struct msghdr){.msg_name = (void *)&t->peer->ss,
                           .msg_namelen = t->peer->len,
                           .msg_iov = (struct iovec *)&d->piece[t->piece],
                           .msg_iovlen = t->pieces,
                           .msg_control = m.control_len ? c : NULL,
                           .msg_controllen = m.control_len};
}

struct sending {
    struct plug_datagrams *d;
    struct mmsghdr hdr[PLUG_DATAGRAM_PENDING];
    union control control[PLUG_DATAGRAM_PENDING];
};

/* All that is left, or as much as the kernel takes. */
static ssize_t sendmmsg_once(int fd, int dontwait, void *arg)
{
    struct sending *s = arg;
    struct plug_datagrams *d = s->d;
    d->stats.calls++;
    return plug_sys()->sendmmsg(fd, s->hdr + d->done, d->trains - d->done, dontwait | MSG_NOSIGNAL);
}

static ssize_t sendmsg_once(int fd, int dontwait, void *arg)
{
    return plug_sys()->sendmsg(fd, arg, dontwait | MSG_NOSIGNAL);
}

static void went(struct plug_datagrams *d, unsigned count)
{
    for (; count; count--) {
        const struct plug__train *t = &d->train[d->done++];
        d->stats.sent += t->count;
        d->stats.trains_out += t->count > 1;
    }
}

static void refused(struct plug_datagrams *d, ssize_t error)
{
    d->stats.unsent++;
    d->stats.error = (int)error;
}

/* What says "not now" about the call, not "never" about the datagram. */
static bool stops(ssize_t r)
{
    return r == PLUG_ETIMEOUT || r == -ECANCELED || r == -EINTR || r == -EAGAIN || r == -EBADF;
}

/* Errors of datagrams sent before, told with the next call; this one is unhurt. */
static bool is_old_news(ssize_t r)
{
    return r == -ECONNREFUSED || r == -EHOSTUNREACH || r == -ENETUNREACH || r == -ECONNRESET ||
           r == -EPROTO || r == -ENOPROTOOPT || r == -EHOSTDOWN;
}

/* One datagram on its own: its error is counted. */
static int send_single(struct plug_datagrams *d, struct msghdr *h, int64_t deadline)
{
    ssize_t r = 0;
    for (int attempt = 0; attempt < NEWS; attempt++) {
        d->stats.calls++;
        r = plug__sock_try(d->sock, POLLOUT, deadline, sendmsg_once, h);
        if (r >= 0) {
            d->stats.sent++;
            return 0;
        }
        if (stops(r))
            return (int)r;
        if (!is_old_news(r))
            break;
    }
    refused(d, r);
    return 0;
}

/* The first datagram of a train leaves it. */
static void shorten(struct plug_datagrams *d, struct plug__train *t, size_t len)
{
    struct iovec *p = &d->piece[t->piece];
    p->iov_base = (uint8_t *)p->iov_base + len;
    p->iov_len -= len;
    if (p->iov_len == 0 && t->count > 1) {
        t->piece++;
        t->pieces--;
    }
    t->len -= len;
    t->count--;
}

/* A train or a datagram that was refused as it was: each datagram of it by itself. */
static int send_apart(struct plug_datagrams *d, struct plug__train *t, int64_t deadline)
{
    while (t->count) {
        size_t len = t->segment < t->len ? t->segment : t->len;
        struct iovec piece = {d->piece[t->piece].iov_base, len};
        struct plug__train one = *t;
        union control c;
        one.count = 1;
        struct msghdr h = header(d, &one, &c);
        h.msg_iov = &piece;
        h.msg_iovlen = 1;
        int r = send_single(d, &h, deadline);
        if (r < 0)
            return r;
        shorten(d, t, len);
    }
    d->done++;
    return 0;
}

/* The kernel or the device cannot do trains at all, or not such long ones, for a time. */
static void learn(struct plug_datagrams *d, const struct plug__train *t, ssize_t error)
{
    if (t->count < 2)
        return;
    if (error == -EIO || error == -EOPNOTSUPP)
        d->join_max = 0;
    else if ((error == -EINVAL || error == -EMSGSIZE) && t->segment <= d->join_max)
        d->join_max = t->segment - 1;
}

static int send_all(struct sending *s, int64_t deadline)
{
    struct plug_datagrams *d = s->d;
    while (d->done < d->trains) {
        ssize_t r = plug__sock_try(d->sock, POLLOUT, deadline, sendmmsg_once, s);
        if (r > 0) {
            went(d, (unsigned)r);
        } else if (stops(r)) {
            return (int)r;
        } else {
            struct plug__train *t = &d->train[d->done];
            learn(d, t, r);
            r = send_apart(d, t, deadline);
            if (r < 0)
                return (int)r;
        }
    }
    return 0;
}

static void forget(struct plug_datagrams *d)
{
    d->trains = d->pieces = d->done = 0;
    d->used = 0;
}

int plug__datagram_flush(struct plug_datagrams *d, int64_t deadline)
{
    if (d->trains == 0)
        return 0;
    struct sending s;
    s.d = d;
    for (unsigned i = d->done; i < d->trains; i++)
        s.hdr[i].msg_hdr = header(d, &d->train[i], &s.control[i]);
    int r = send_all(&s, deadline);
    if (r < 0)
        return r;
    forget(d);
    if (++d->flushes % JOIN_AGAIN == 0)
        d->join_max = d->join_full;
    return 0;
}

int plug_datagram_flush(struct plug_datagrams *d)
{
    PLUG_ASSERT(d);
    return plug__datagram_flush(d, plug__sock_deadline(d->sock, 0));
}

void plug__datagram_drop(struct plug_datagrams *d, int error)
{
    for (; d->done < d->trains; d->done++)
        d->stats.unsent += d->train[d->done].count;
    d->stats.error = error;
    forget(d);
}

ssize_t plug__datagram_send(struct plug_sock *sock, const struct plug_addr *to,
                            const struct plug__source *from, const struct iovec *iov, size_t count,
                            int64_t deadline)
{
    struct msghdr h = {.msg_name = (void *)&to->ss,
                       .msg_namelen = to->len,
                       .msg_iov = (struct iovec *)iov,
                       .msg_iovlen = count,
                       .msg_control = from->len ? (void *)from->item : NULL,
                       .msg_controllen = from->len};
    ssize_t r = plug__sock_try(sock, POLLOUT, deadline, sendmsg_once, &h);
    for (int attempt = 1; attempt < NEWS && is_old_news(r); attempt++)
        r = plug__sock_try(sock, POLLOUT, deadline, sendmsg_once, &h);
    return r;
}
