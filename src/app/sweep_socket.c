/* SPDX-License-Identifier: MIT */
#include "app/sweep_impl.h"
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/sock_diag.h>
#include <netinet/icmp6.h>
#include <plug/err.h>
#include <plug/sys.h>

#define QUEUE_BYTES (4 << 20) /* asked for; the system gives what it allows */

static int set(const struct plug__sweep_lane *l, int level, int name, int value)
{
    return plug_sys()->setsockopt(l->fd, level, name, &value, sizeof value);
}

/* --- opening ---------------------------------------------------------------------------------- */

static int try_kind(struct plug__sweep_lane *l, bool raw)
{
    int proto = l->family == AF_INET ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6;
    int fd = plug_sys()->socket(
        l->family, (raw ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);

    if (fd < 0)
        return fd;
    l->fd = fd;
    l->raw = raw;
    return 0;
}

/* Where one kind is refused, what the other one says counts. */
static int open_kind(struct plug__sweep_lane *l, enum plug_sweep_socket kind)
{
    int r = -EACCES;

    if (kind != PLUG_SWEEP_RAW)
        r = try_kind(l, false);
    if (r < 0 && kind != PLUG_SWEEP_DGRAM)
        r = try_kind(l, true);
    return r;
}

/* Only echo replies are let in: on this machine's own addresses its own requests come back, too. */
static int filter(const struct plug__sweep_lane *l)
{
    struct icmp_filter four = {~(1u << ICMP_ECHOREPLY)};
    struct icmp6_filter six;

    if (!l->raw)
        return 0;
    if (l->family == AF_INET)
        return plug_sys()->setsockopt(l->fd, SOL_RAW, ICMP_FILTER, &four, sizeof four);
    ICMP6_FILTER_SETBLOCKALL(&six);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &six);
    return plug_sys()->setsockopt(l->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &six, sizeof six);
}

/*
 * RECVERR is what makes the kernel say that an interface refused a packet (ENOBUFS), besides the
 * ICMP errors it collects. What is missing in an old kernel costs accuracy, not the sweep.
 */
static void ask_for_knowledge(const struct plug__sweep_lane *l)
{
    bool four = l->family == AF_INET;

    if (set(l, SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_BYTES) < 0)
        (void)!set(l, SOL_SOCKET, SO_RCVBUF, QUEUE_BYTES);
    (void)!set(l, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    (void)!set(l, SOL_SOCKET, SO_RXQ_OVFL, 1);
    (void)!set(l, four ? SOL_IP : SOL_IPV6, four ? IP_RECVERR : IPV6_RECVERR, 1);
    if (!four)
        (void)!set(l, SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
    else if (!l->raw) /* a raw socket gives the header itself */
        (void)!set(l, SOL_IP, IP_RECVTTL, 1);
}

/* What the caller wants of the packets. */
static int apply_options(const struct plug__sweep_lane *l, const struct plug_sweep_opts *o)
{
    bool four = l->family == AF_INET;
    int r = 0;

    if (o->ttl)
        r = set(l, four ? SOL_IP : SOL_IPV6, four ? IP_TTL : IPV6_UNICAST_HOPS, o->ttl);
    if (r >= 0 && o->tos)
        r = set(l, four ? SOL_IP : SOL_IPV6, four ? IP_TOS : IPV6_TCLASS, o->tos);
    if (r >= 0 && o->ifindex)
        r = set(l, SOL_SOCKET, SO_BINDTOIFINDEX, (int)o->ifindex);
    if (r >= 0 && o->source)
        r = plug_sys()->bind(l->fd, &o->source->sa, o->source->len);
    return r;
}

static int lane_open(struct plug__sweep_lane *l, const struct plug_sweep_opts *o)
{
    int r = open_kind(l, o->socket);

    if (r < 0)
        return r;
    ask_for_knowledge(l);
    r = filter(l);
    return r < 0 ? r : apply_options(l, o);
}

static bool wanted(const struct plug_sweep_opts *o, int family)
{
    int source = o->source ? plug_addr_family(o->source) : AF_UNSPEC;

    return (o->family == AF_UNSPEC || o->family == family) &&
           (source == AF_UNSPEC || source == family);
}

static bool family_is_missing(int err)
{
    return err == -EAFNOSUPPORT || err == -EPROTONOSUPPORT;
}

/* A family that this machine has not is no error while there is the other. */
int plug__sweep_sockets(struct plug_sweep *s)
{
    int missing = -EAFNOSUPPORT, open = 0;

    for (size_t i = 0; i < 2; i++) {
        struct plug__sweep_lane *l = &s->lane[i];
        int r;

        if (!wanted(&s->opts, l->family))
            continue;
        r = lane_open(l, &s->opts);
        if (r < 0 && (!family_is_missing(r) || l->fd >= 0))
            return r;
        open += r >= 0;
    }
    return open ? 0 : missing;
}

void plug__sweep_sockets_close(struct plug_sweep *s)
{
    for (size_t i = 0; i < 2; i++)
        if (s->lane[i].fd >= 0)
            plug_sys()->close(s->lane[i].fd);
}

uint32_t plug__sweep_queue_drops(struct plug__sweep_lane *l)
{
    uint32_t info[SK_MEMINFO_VARS] = {0}, more;
    socklen_t len = sizeof info;

    if (l->fd < 0 || plug_sys()->getsockopt(l->fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0 ||
        len <= SK_MEMINFO_DROPS * sizeof info[0])
        return 0;
    more = info[SK_MEMINFO_DROPS] - l->queue_drops;
    l->queue_drops = info[SK_MEMINFO_DROPS];
    return more;
}
