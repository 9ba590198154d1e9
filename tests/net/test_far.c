/* SPDX-License-Identifier: MIT */
/* Peers that are several routers away, behind a filter, or gone: in a network of the test's own. */
#include <netns.h>
#include <netinet/icmp6.h>

static struct plug_sock *open_owned(int family, int type)
{
    struct plug_sock *s;

    T_OK(plug_sock_open(&s, family, type, 0));
    T_OWN(plug_sock_close, s);
    return s;
}

static struct plug_addr at(const char *text)
{
    struct plug_addr a;

    T_OK(plug_addr_parse(text, &a));
    return a;
}

T_TEST_PLAIN(a_black_hole_costs_the_deadline_and_no_more)
{
    int ns[2];
    struct plug_addr a = at("10.99.2.2:80");

    netns_chain(ns, 2);
    netns_do(ns[0], "ip route add blackhole 10.99.2.2/32");
    struct plug_sock *s = open_owned(AF_INET, SOCK_STREAM);
    T_OK(plug_sock_set_timeout(s, PLUG_MS(100)));
    int64_t before = plug_now();
    T_ERR(plug_sock_connect(s, &a), PLUG_ETIMEOUT);
    T_TRUE(plug_now() - before >= PLUG_MS(100));
}

T_TEST_PLAIN(a_router_that_knows_no_way_is_told_at_once)
{
    int ns[2];
    struct plug_addr a = at("10.99.7.7:80");

    netns_chain(ns, 2);
    netns_do(NETNS_OWN, "ip route add 10.99.7.0/24 via 10.99.1.2");
    struct plug_sock *s = open_owned(AF_INET, SOCK_STREAM);
    T_OK(plug_sock_set_timeout(s, PLUG_S(20)));
    T_ERR(plug_sock_connect(s, &a), -ENETUNREACH);
}

T_TEST_PLAIN(a_closed_port_far_away_is_told_over_ipv6_with_who_said_so)
{
    int ns[3];
    char back[64];
    struct plug_addr a = at("[fd99:3::2]:9"), said = at("[fd99:3::2]:0");
    struct plug_sock_err e;

    netns_chain(ns, 3);
    struct plug_sock *s = open_owned(AF_INET6, SOCK_DGRAM);
    T_OK(plug_sockopt_set(s, PLUG_SO_RECVERR, 1));
    T_OK(plug_sock_set_timeout(s, PLUG_S(20)));
    T_EQ(plug_sock_sendto(s, "hello", 5, 0, &a), 5);
    T_OK(plug_sock_wait(s, POLLERR));
    T_OK(plug_sock_recv_err(s, back, sizeof back, &e));
    T_EQ(e.error, -ECONNREFUSED);
    T_EQ(e.origin, PLUG_ORIGIN_ICMP6);
    T_EQ(e.type, ICMP6_DST_UNREACH);
    T_TRUE(plug_addr_same_host(&e.offender, &said));
}
