/* SPDX-License-Identifier: MIT */
/* Families beside INET and UNIX: opened, bound and used where the machine has them. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

static struct plug_sock *open_or_skip(int family, int type, int proto)
{
    struct plug_sock *s;
    int r = plug_sock_open(&s, family, type, proto);
    if (!t_tortured() && (r == -EAFNOSUPPORT || r == -EPERM || r == -EPROTONOSUPPORT))
        T_SKIP("family %d: %s", family, plug_strerror(r));
    T_OK(r);
    return own(s);
}

struct dump {
    int count;
    bool done, saw_lo;
};

/* One datagram of a dump: links with the name of each. */
static void read_links(const uint8_t *bytes, size_t len, struct dump *d)
{
    for (const struct nlmsghdr *h = (const void *)bytes; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
        d->done = d->done || h->nlmsg_type == NLMSG_DONE;
        if (h->nlmsg_type != RTM_NEWLINK)
            continue;
        d->count++;
        const struct ifinfomsg *i = NLMSG_DATA(h);
        size_t left = h->nlmsg_len - NLMSG_LENGTH(sizeof *i);
        for (const struct rtattr *a = IFLA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left))
            if (a->rta_type == IFLA_IFNAME && strcmp(RTA_DATA(a), "lo") == 0)
                d->saw_lo = i->ifi_index == (int)if_nametoindex("lo");
    }
}

T_TEST(netlink_dumps_the_links)
{
    static uint8_t b[65536] __attribute__((aligned(8)));
    struct plug_sock *s = open_or_skip(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    struct plug_addr kernel, me;
    struct {
        struct nlmsghdr h;
        struct rtgenmsg g;
    } ask = {.h = {.nlmsg_len = NLMSG_LENGTH(sizeof ask.g),
                   .nlmsg_type = RTM_GETLINK,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                   .nlmsg_seq = 1}};
    struct dump d = {0};
    plug_addr_netlink(0, 0, &kernel);
    T_OK(plug_sock_bind(s, &kernel));
    T_OK(plug_sock_local(s, &me));
    T_EQ(plug_addr_family(&me), AF_NETLINK);
    T_OK(plug_sock_sendto(s, &ask, ask.h.nlmsg_len, 0, &kernel));
    T_OK(plug_sock_set_timeout(s, PLUG_S(5)));
    while (!d.done) {
        struct plug_addr from;
        int flags;
        ssize_t n = plug_sock_recvfrom(s, b, sizeof b, 0, &from, &flags);
        T_OK(n);
        T_EQ(flags & MSG_TRUNC, 0);
        T_TRUE(plug_addr_equal(&from, &kernel));
        read_links(b, (size_t)n, &d);
    }
    T_TRUE(d.count > 0);
    T_TRUE(d.saw_lo);
}

T_TEST(netlink_multicast_groups_are_bound)
{
    struct plug_sock *s = open_or_skip(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    struct plug_addr addr, me;
    plug_addr_netlink(0, RTMGRP_LINK, &addr);
    T_OK(plug_sock_bind(s, &addr));
    T_OK(plug_sock_local(s, &me));
    T_EQ(((struct sockaddr_nl *)&me.ss)->nl_groups, RTMGRP_LINK);
}

/* A frame sent on loopback is seen by a packet socket there. */
T_TEST_PLAIN(packet_sockets_see_loopback)
{
    struct plug_sock *s = open_or_skip(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
    struct plug_addr addr, to, from;
    char b[256];
    bool seen = false;
    T_OK(plug_addr_packet(if_nametoindex("lo"), ETH_P_IP, NULL, 0, &addr));
    T_OK(plug_sock_bind(s, &addr));
    T_OK(plug_sock_set_timeout(s, PLUG_S(2)));
    struct plug_sock *r = udp_bound(AF_INET, &to), *u = udp_bound(AF_INET, &from);
    (void)r;
    T_OK(plug_sock_sendto(u, "plug packet test", 16, 0, &to));
    for (int i = 0; i < 100 && !seen; i++) {
        ssize_t n = plug_sock_recvfrom(s, b, sizeof b, 0, &addr, NULL);
        T_OK(n);
        seen = memmem(b, (size_t)n, "plug packet test", 16) != NULL;
    }
    T_TRUE(seen);
    T_EQ(plug_addr_family(&addr), AF_PACKET);
}

T_TEST(vsock_binds_and_listens)
{
    struct plug_sock *s = open_or_skip(AF_VSOCK, SOCK_STREAM, 0);
    struct plug_addr addr;
    plug_addr_vsock(0xFFFFFFFF, 0xFFFFFFFF, &addr); /* any context, any port */
    T_OK(plug_sock_bind(s, &addr));
    T_OK(plug_sock_local(s, &addr));
    T_EQ(plug_addr_family(&addr), AF_VSOCK);
    T_OK(plug_sock_listen(s, 1));
    struct plug_sock *conn;
    T_OK(plug_sock_set_timeout(s, PLUG_MS(5)));
    T_ERR(plug_sock_accept(s, &conn, NULL), PLUG_ETIMEOUT);
}

T_TEST(tipc_where_the_kernel_has_it)
{
    struct plug_sock *s = open_or_skip(30 /* AF_TIPC */, SOCK_RDM, 0);
    T_EQ(plug_sock_family(s), 30);
}

T_TEST(raw_sockets_need_their_capability_and_say_so)
{
    struct plug_sock *s = open_or_skip(AF_INET, SOCK_RAW, IPPROTO_RAW);
    int64_t v = 0;
    T_OK(plug_sockopt_get(s, PLUG_SO_HEADER_INCLUDED, &v));
    T_EQ(v, 1); /* IPPROTO_RAW implies it */
    T_EQ(plug_sock_proto(s), IPPROTO_RAW);
}

T_TEST(mptcp_falls_back_or_says_so)
{
    struct plug_sock *s = open_or_skip(AF_INET, SOCK_STREAM, 262 /* IPPROTO_MPTCP */);
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *conn;
    T_OK(plug_sock_connect(s, &addr)); /* to a plain TCP listener */
    T_OK(plug_sock_accept(l, &conn, NULL));
    own(conn);
    T_EQ(plug_sock_proto(s), 262);
}
