/* SPDX-License-Identifier: MIT */
/* Multicast membership by the calls that serve IPv4 and IPv6 alike (RFC 3678 5). */
#include "net/sock_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <netinet/in.h>
#include <plug/sockopt.h>
#include <string.h>

static int level_of(const struct plug_sock *s)
{
    return s->family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
}

static bool usable(const struct plug_sock *s, const struct plug_addr *a)
{
    return (s->family == AF_INET || s->family == AF_INET6) && plug_addr_family(a) == s->family;
}

static int from_any(struct plug_sock *s, int option, const struct plug_addr *group,
                    unsigned ifindex)
{
    struct group_req req;
    memset(&req, 0, sizeof req);
    req.gr_interface = ifindex;
    memcpy(&req.gr_group, &group->ss, sizeof req.gr_group);
    return plug_sock_setopt(s, level_of(s), option, &req, sizeof req);
}

static int from_source(struct plug_sock *s, int option, const struct plug_addr *group,
                       const struct plug_addr *source, unsigned ifindex)
{
    struct group_source_req req;
    if (!usable(s, source))
        return -EAFNOSUPPORT;
    memset(&req, 0, sizeof req);
    req.gsr_interface = ifindex;
    memcpy(&req.gsr_group, &group->ss, sizeof req.gsr_group);
    memcpy(&req.gsr_source, &source->ss, sizeof req.gsr_source);
    return plug_sock_setopt(s, level_of(s), option, &req, sizeof req);
}

int plug_multicast_join(struct plug_sock *s, const struct plug_addr *group,
                        const struct plug_addr *source, unsigned ifindex)
{
    PLUG_ASSERT(s);
    if (!usable(s, group))
        return -EAFNOSUPPORT;
    return source ? from_source(s, MCAST_JOIN_SOURCE_GROUP, group, source, ifindex)
                  : from_any(s, MCAST_JOIN_GROUP, group, ifindex);
}

int plug_multicast_leave(struct plug_sock *s, const struct plug_addr *group,
                         const struct plug_addr *source, unsigned ifindex)
{
    PLUG_ASSERT(s);
    if (!usable(s, group))
        return -EAFNOSUPPORT;
    return source ? from_source(s, MCAST_LEAVE_SOURCE_GROUP, group, source, ifindex)
                  : from_any(s, MCAST_LEAVE_GROUP, group, ifindex);
}

int plug_multicast_block(struct plug_sock *s, const struct plug_addr *group,
                         const struct plug_addr *source, unsigned ifindex)
{
    PLUG_ASSERT(s && source);
    return usable(s, group) ? from_source(s, MCAST_BLOCK_SOURCE, group, source, ifindex)
                            : -EAFNOSUPPORT;
}

int plug_multicast_unblock(struct plug_sock *s, const struct plug_addr *group,
                           const struct plug_addr *source, unsigned ifindex)
{
    PLUG_ASSERT(s && source);
    return usable(s, group) ? from_source(s, MCAST_UNBLOCK_SOURCE, group, source, ifindex)
                            : -EAFNOSUPPORT;
}

int plug_multicast_interface(struct plug_sock *s, unsigned ifindex)
{
    PLUG_ASSERT(s);
    if (s->family == AF_INET6)
        return plug_sock_setopt_int(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)ifindex);
    struct ip_mreqn req = {.imr_ifindex = (int)ifindex};
    return plug_sock_setopt(s, IPPROTO_IP, IP_MULTICAST_IF, &req, sizeof req);
}
