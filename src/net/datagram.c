/* SPDX-License-Identifier: MIT */
/* Batches of datagrams: their life, and receiving. */
#include "net/datagram_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <netinet/udp.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <string.h>

/* Buffers begin in different lines of the cache, so that small datagrams do not push each other
 * out. */
#define COLOUR (3 * 64)

static int set(struct plug_datagrams *d, int level, int name, int on)
{
    return plug_sys()->setsockopt(d->sock->fd, level, name, &on, sizeof on);
}

static bool is_udp(const struct plug_sock *s)
{
    return (s->family == AF_INET || s->family == AF_INET6) && s->type == SOCK_DGRAM &&
           (s->proto == 0 || s->proto == IPPROTO_UDP);
}

/* An old kernel has no trains: that is no error. */
static void ask_for_trains(struct plug_datagrams *d)
{
    int segment;
    socklen_t len = sizeof segment;
    d->takes_trains = set(d, IPPROTO_UDP, UDP_GRO, 1) >= 0;
    if (plug_sys()->getsockopt(d->sock->fd, IPPROTO_UDP, UDP_SEGMENT, &segment, &len) >= 0)
        d->join_full = PLUG__DATAGRAM_TRAIN;
    d->join_max = d->join_full;
}

static int ask_for_addresses(struct plug_datagrams *d)
{
    struct plug_addr any;
    int family = plug_addr_family(&d->local);
    if (family != AF_INET && family != AF_INET6)
        return 0;
    int r = plug_addr_any(family, plug_addr_port(&d->local), &any);
    if (r < 0 || !plug_addr_equal(&any, &d->local))
        return r;
    return family == AF_INET ? set(d, IPPROTO_IP, IP_PKTINFO, 1)
                             : set(d, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

static int prepare_socket(struct plug_datagrams *d, bool train_off)
{
    int r = plug_sock_local(d->sock, &d->local);
    if (r < 0)
        return r;
    if (is_udp(d->sock) && !train_off)
        ask_for_trains(d);
    return ask_for_addresses(d);
}

/* --- life ------------------------------------------------------------------------------ */

static void set_up_message(struct plug_datagrams *d, unsigned i)
{
    d->in[i].data = d->memory + i * d->stride;
    d->in_iov[i] = (struct iovec){d->in[i].data, d->room};
    d->in_hdr[i].msg_hdr =
        (struct msghdr){.msg_name = &d->in[i].peer.ss,
                        .msg_iov = &d->in_iov[i],
                        .msg_iovlen = 1,
                        .msg_control = d->in_control + i * PLUG__DATAGRAM_CONTROL};
}

static int take_memory(struct plug_datagrams *d)
{
    d->in = plug_calloc(d->batch, sizeof *d->in);
    d->in_hdr = plug_calloc(d->batch, sizeof *d->in_hdr);
    d->in_iov = plug_calloc(d->batch, sizeof *d->in_iov);
    d->in_control = plug_calloc(d->batch, PLUG__DATAGRAM_CONTROL);
    d->memory = plug_alloc(d->batch * d->stride);
    d->out = plug_alloc(PLUG__DATAGRAM_ROOM);
    if (!d->in || !d->in_hdr || !d->in_iov || !d->in_control || !d->memory || !d->out)
        return -ENOMEM;
    for (unsigned i = 0; i < d->batch; i++)
        set_up_message(d, i);
    d->count = d->batch; /* so that the first receive prepares them all */
    d->at = d->count;
    return 0;
}

static int check(const struct plug_sock *s, const struct plug_datagram_opts *o)
{
    if (o->size != sizeof *o)
        return PLUG_EOPTS;
    if (o->batch > PLUG_BATCH_MAX || o->longest > PLUG_DATAGRAM_MAX)
        return -EINVAL;
    return s->type == SOCK_DGRAM || s->type == SOCK_RAW ? 0 : -EOPNOTSUPP;
}

static void set_sizes(struct plug_datagrams *d, const struct plug_datagram_opts *o)
{
    d->batch = o->batch ? (unsigned)o->batch : PLUG_DATAGRAM_BATCH;
    d->longest = o->longest ? o->longest : PLUG_DATAGRAM_MAX;
    d->most = !is_udp(d->sock)              ? PLUG__DATAGRAM_ROOM
              : d->sock->family == AF_INET6 ? PLUG__DATAGRAM_UDP6
                                            : PLUG__DATAGRAM_UDP4;
    bool trains = is_udp(d->sock) && !o->train_off;
    d->room = trains ? PLUG_DATAGRAM_MAX : d->longest;
    d->stride = (d->room + 63) / 64 * 64 + COLOUR;
}

int plug_datagram_open(struct plug_datagrams **ret, struct plug_sock *sock,
                       const struct plug_datagram_opts *opts)
{
    PLUG_ASSERT(sock);
    static const struct plug_datagram_opts defaults = PLUG_DATAGRAM_OPTS;
    opts = opts ? opts : &defaults;
    int r = check(sock, opts);
    if (r < 0)
        return r;
    struct plug_datagrams *d = plug_calloc(1, sizeof *d);
    if (!d)
        return -ENOMEM;
    d->sock = sock;
    set_sizes(d, opts);
    r = prepare_socket(d, opts->train_off);
    if (r >= 0)
        r = take_memory(d);
    if (r < 0)
        plug_datagram_close(d);
    else
        *ret = d;
    return r;
}

void plug_datagram_close(struct plug_datagrams *d)
{
    if (!d)
        return;
    if (d->takes_trains)
        (void)!set(d, IPPROTO_UDP, UDP_GRO, 0); /* a plain receive cannot tell them apart */
    plug_free(d->in);
    plug_free(d->in_hdr);
    plug_free(d->in_iov);
    plug_free(d->in_control);
    plug_free(d->memory);
    plug_free(d->out);
    plug_free(d);
}

/* --- what the kernel tells of a message -------------------------------------------------- */

static void view_control(const struct plug_datagrams *d, unsigned i, struct plug_msg *ret_msg)
{
    const struct msghdr *h = &d->in_hdr[i].msg_hdr;
    *ret_msg = (struct plug_msg){.control = h->msg_control,
                                 .control_room = PLUG__DATAGRAM_CONTROL,
                                 .control_len = h->msg_controllen,
                                 .flags = h->msg_flags & ~MSG_CMSG_CLOEXEC};
}

/* Nobody asked for descriptors; left open they would be used up. */
static void close_passed(const struct plug_cmsg *item)
{
    static const int gone = -1;
    for (size_t at = 0; at + sizeof(int) <= item->len; at += sizeof(int)) {
        uint8_t *place = (uint8_t *)item->data + at;
        int fd;
        memcpy(&fd, place, sizeof fd);
        plug_sys()->close(fd);
        memcpy(place, &gone, sizeof gone);
    }
}

/*
 * To leave from where it was asked, by way of any interface: routes need not be symmetric. Only a
 * link-local address means something on its own link alone. What was sent to a group or to all
 * cannot be answered from that address: for IPv4 the kernel says which one instead (ipi_spec_dst).
 */
static void source_of_item(struct plug__source *s, const struct plug_cmsg *item)
{
    struct in_pktinfo four;
    struct plug_pktinfo info;
    if (!plug_cmsg_pktinfo(item, &info))
        return;
    if (item->level == IPPROTO_IP) {
        memcpy(&four, item->data, sizeof four);
        plug_addr_ip4((const uint8_t *)&four.ipi_spec_dst, 0, &info.addr);
        info.ifindex = 0;
    } else if (plug_addr_class(&info.addr) == PLUG_ADDR_MULTICAST) {
        return;
    } else if (plug_addr_class(&info.addr) != PLUG_ADDR_LINK_LOCAL) {
        info.ifindex = 0;
    }
    plug__source_of(s, plug_addr_family(&info.addr), &info);
}

static void read_control(struct plug_datagrams *d, unsigned i)
{
    struct plug__message *m = &d->in[i];
    struct plug_msg view;
    struct plug_cmsg item;
    view_control(d, i, &view);
    for (size_t at = 0; plug_msg_next(&view, &at, &item);) {
        int segment;
        if (item.level == IPPROTO_UDP && item.type == UDP_GRO && item.len >= sizeof segment) {
            memcpy(&segment, item.data, sizeof segment);
            if (segment > 0 && (size_t)segment < m->len)
                m->segment = (size_t)segment;
        } else if (item.level == SOL_SOCKET && item.type == SCM_RIGHTS) {
            close_passed(&item);
        } else {
            source_of_item(&m->source, &item);
        }
    }
}

static void read_message(struct plug_datagrams *d, unsigned i)
{
    struct plug__message *m = &d->in[i];
    const struct msghdr *h = &d->in_hdr[i].msg_hdr;
    m->len = m->segment = d->in_hdr[i].msg_len;
    m->flags = h->msg_flags & MSG_TRUNC;
    m->peer.len = h->msg_namelen;
    if (h->msg_namelen == 0)
        m->peer.ss.ss_family = AF_UNSPEC;
    m->source.len = 0;
    if (h->msg_controllen)
        read_control(d, i);
    d->stats.trains_in += m->segment < m->len;
}

/* --- receiving --------------------------------------------------------------------------- */

static ssize_t recvmmsg_once(int fd, int dontwait, void *arg)
{
    struct plug_datagrams *d = arg;
    d->stats.calls++;
    return plug_sys()->recvmmsg(fd, d->in_hdr, d->batch,
                                dontwait | MSG_WAITFORONE | plug__sock_cloexec(d->sock));
}

/* The kernel has written into the headers of the batch before. */
static void make_ready(struct plug_datagrams *d)
{
    for (unsigned i = 0; i < d->count; i++) {
        d->in_hdr[i].msg_hdr.msg_namelen = sizeof d->in[i].peer.ss;
        d->in_hdr[i].msg_hdr.msg_controllen = PLUG__DATAGRAM_CONTROL;
    }
    d->count = d->at = 0;
    d->next = d->end = NULL;
}

int plug__datagram_recv(struct plug_datagrams *d, int64_t deadline, bool dry)
{
    ssize_t r = 0;
    make_ready(d);
    d->emptied = false; /* an error is no look at the queue */
    if (dry && deadline != PLUG__TRY_ONCE)
        r = plug_wait_ready(plug__sock_wait_fd(d->sock), POLLIN, deadline);
    if (r >= 0)
        r = plug__sock_try(d->sock, POLLIN, deadline, recvmmsg_once, d);
    if (r < 0)
        return (int)r;
    d->count = (unsigned)r;
    d->emptied = d->count < d->batch;
    for (unsigned i = 0; i < d->count; i++)
        read_message(d, i);
    return (int)r;
}

int plug_datagram_recv(struct plug_datagrams *d, int flags)
{
    PLUG_ASSERT(d);
    int r = plug_datagram_flush(d);
    return r < 0 ? r : plug__datagram_recv(d, plug__sock_deadline(d->sock, flags), false);
}

bool plug_datagram_next(struct plug_datagrams *d, struct plug_datagram *ret)
{
    if (d->next == d->end) {
        if (d->end)
            d->at++;
        if (d->at >= d->count)
            return false;
        d->next = d->in[d->at].data;
        d->end = d->next + d->in[d->at].len;
    }
    struct plug__message *m = &d->in[d->at];
    size_t left = (size_t)(d->end - d->next);
    size_t len = m->segment < left ? m->segment : left;
    bool cut = len > d->longest || m->flags;
    *ret = (struct plug_datagram){(uint8_t *)d->next, cut && len > d->longest ? d->longest : len,
                                  &m->peer, cut ? MSG_TRUNC : 0, d->at};
    d->next += len;
    d->stats.received++;
    d->stats.truncated += cut;
    return true;
}

void plug_datagram_local(const struct plug_datagrams *d, const struct plug_datagram *g,
                         struct plug_pktinfo *ret_info)
{
    struct plug_msg view;
    struct plug_cmsg item;
    struct plug_pktinfo info = {.addr = d->local};
    view_control(d, g->message, &view);
    for (size_t at = 0; plug_msg_next(&view, &at, &item);)
        if (plug_cmsg_pktinfo(&item, &info))
            break;
    if (plug_addr_family(&info.addr) != AF_UNIX)
        (void)!plug_addr_set_port(&info.addr, plug_addr_port(&d->local));
    *ret_info = info;
}

void plug_datagram_control(const struct plug_datagrams *d, const struct plug_datagram *g,
                           struct plug_msg *ret_msg)
{
    view_control(d, g->message, ret_msg);
}

void plug_datagram_stats(const struct plug_datagrams *d, struct plug_datagram_stats *ret_stats)
{
    *ret_stats = d->stats;
}
