/* SPDX-License-Identifier: MIT */
/* Traces through chains of routers, by every method, with and without raw sockets. */
#include <netns.h>
#include <t.h>
#include <traced.h>

#include <errno.h>
#include <string.h>

#define HOPS4 "10.99.1.2 10.99.2.2 10.99.3.2 10.99.4.2"
#define HOPS6 "fd99:1::2 fd99:2::2 fd99:3::2 fd99:4::2"

static int chain[NETNS_CHAIN];

static void every_hop(const struct traced *r, const char *hops)
{
    T_STR(traced_path(r, 0), hops);
    T_EQ(r->sum.end, PLUG_TRACEROUTE_END_REACHED);
    T_EQ(r->sum.last_ttl, 4);
    T_EQ(r->sum.sent, 12);
    T_EQ(r->sum.received, 12);
    T_EQ(r->sum.unmatched, 0);
    T_EQ(r->sum.duplicates, 0);
    for (unsigned ttl = 1; ttl <= 4; ttl++) {
        struct plug_traceroute_hop h = traced_hop(r, ttl, 0);
        T_EQ(h.sent, 3);
        T_EQ(h.host_count, 1);
        T_EQ(h.loss, PLUG_TRACEROUTE_LOSS_NONE);
        T_TRUE(h.best > 0 && h.best <= h.avg && h.avg <= h.worst && h.worst < PLUG_S(10));
    }
}

static void both_families(enum plug_traceroute_method method, enum plug_traceroute_socket socket)
{
    struct plug_traceroute_opts o = traced_opts(method, socket);

    netns_chain(chain, 4);
    every_hop(traced("10.99.4.2", &o), HOPS4);
    every_hop(traced("fd99:4::2", &o), HOPS6);
}

T_TEST_PLAIN(udp_needs_no_privilege)
{
    both_families(PLUG_TRACEROUTE_UDP, PLUG_TRACEROUTE_PLAIN);
}

T_TEST_PLAIN(icmp_through_a_ping_socket)
{
    both_families(PLUG_TRACEROUTE_ICMP, PLUG_TRACEROUTE_PLAIN);
}

T_TEST_PLAIN(tcp_needs_no_privilege)
{
    both_families(PLUG_TRACEROUTE_TCP, PLUG_TRACEROUTE_PLAIN);
}

T_TEST_PLAIN(udp_through_raw_sockets)
{
    both_families(PLUG_TRACEROUTE_UDP, PLUG_TRACEROUTE_RAW);
}

T_TEST_PLAIN(icmp_through_raw_sockets)
{
    both_families(PLUG_TRACEROUTE_ICMP, PLUG_TRACEROUTE_RAW);
}

T_TEST_PLAIN(tcp_through_raw_sockets)
{
    both_families(PLUG_TRACEROUTE_TCP, PLUG_TRACEROUTE_RAW);
}

/* --- without a network of its own: this machine -------------------------------------------- */

static void reaches_itself(enum plug_traceroute_method method, const char *to)
{
    struct plug_traceroute_opts o = traced_opts(method, PLUG_TRACEROUTE_PLAIN);
    o.max_ttl = 2;
    o.probes = 2;

    struct traced *r = traced(to, &o);
    if (t_tortured() && r->sum.end != PLUG_TRACEROUTE_END_REACHED)
        return;
    T_EQ(r->sum.end, PLUG_TRACEROUTE_END_REACHED);
    T_STR(traced_path(r, 0), to);
    T_EQ(r->sum.sent, 2);
    T_EQ(r->sum.received + r->sum.lost, 2);
}

T_TEST(udp_to_this_machine)
{
    reaches_itself(PLUG_TRACEROUTE_UDP, "127.0.0.1");
}

T_TEST(tcp_to_this_machine)
{
    reaches_itself(PLUG_TRACEROUTE_TCP, "127.0.0.1");
}

T_TEST_PLAIN(options_have_limits)
{
    static const struct {
        struct plug_traceroute_opts o;
        int error;
    } cases[] = {
        {{.size = 1}, PLUG_EOPTS},
        {{.method = 3}, PLUG_EOPTS},
        {{.socket = 3}, PLUG_EOPTS},
        {{.max_ttl = PLUG_TRACEROUTE_TTL}, 0},
        {{.max_ttl = PLUG_TRACEROUTE_TTL + 1}, PLUG_ERANGE},
        {{.first_ttl = 5, .max_ttl = 4}, PLUG_ERANGE},
        {{.first_ttl = 5, .max_ttl = 5}, 0},
        {{.probes = PLUG_TRACEROUTE_PROBES}, 0},
        {{.probes = PLUG_TRACEROUTE_PROBES + 1}, PLUG_ERANGE},
        {{.flows = PLUG_TRACEROUTE_FLOWS}, 0},
        {{.flows = PLUG_TRACEROUTE_FLOWS + 1}, PLUG_ERANGE},
        {{.in_flight = PLUG_TRACEROUTE_FLIGHT}, 0},
        {{.in_flight = PLUG_TRACEROUTE_FLIGHT + 1}, PLUG_ERANGE},
        {{.packet_len = PLUG_TRACEROUTE_PACKET}, 0},
        {{.packet_len = PLUG_TRACEROUTE_PACKET + 1}, PLUG_ERANGE},
        {{.packet_len = 38}, 0},
        {{.packet_len = 37}, PLUG_ERANGE},
        {{.source_port = 65535, .flows = 2}, PLUG_ERANGE},
        {{.method = PLUG_TRACEROUTE_TCP, .mtu = true}, -EINVAL},
    };
    struct plug_addr to;

    T_OK(plug_addr_parse("127.0.0.1", &to));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plug_traceroute_opts o = cases[i].o;
        struct plug_traceroute *t = NULL;
        if (o.size == 0)
            o.size = sizeof o;
        if (cases[i].error != 0) {
            T_ERR(plug_traceroute_open(&t, NULL, &to, &o, NULL, NULL), cases[i].error);
            continue;
        }
        T_OK(plug_traceroute_open(&t, NULL, &to, &o, NULL, NULL));
        plug_traceroute_close(t);
    }
}

T_TEST(marks_are_those_of_traceroute)
{
    static const struct {
        int family;
        uint8_t type, code;
        uint32_t mtu;
        const char *mark;
    } cases[] = {
        {AF_INET, 11, 0, 0, ""},           {AF_INET, 11, 1, 0, "!<11-1>"},
        {AF_INET, 3, 0, 0, "!N"},          {AF_INET, 3, 1, 0, "!H"},
        {AF_INET, 3, 2, 0, "!P"},          {AF_INET, 3, 3, 0, ""},
        {AF_INET, 3, 4, 1400, "!F-1400"},  {AF_INET, 3, 5, 0, "!S"},
        {AF_INET, 3, 9, 0, "!X"},          {AF_INET, 3, 10, 0, "!X"},
        {AF_INET, 3, 13, 0, "!X"},         {AF_INET, 3, 14, 0, "!V"},
        {AF_INET, 3, 15, 0, "!C"},         {AF_INET, 3, 16, 0, "!<16>"},
        {AF_INET, 12, 0, 0, "!<12-0>"},    {AF_INET6, 3, 0, 0, ""},
        {AF_INET6, 1, 0, 0, "!N"},         {AF_INET6, 1, 1, 0, "!X"},
        {AF_INET6, 1, 2, 0, "!H"},         {AF_INET6, 1, 3, 0, "!H"},
        {AF_INET6, 1, 4, 0, ""},           {AF_INET6, 1, 5, 0, "!<5>"},
        {AF_INET6, 2, 0, 1280, "!F-1280"}, {AF_INET6, 4, 1, 0, "!P"},
    };
    char mark[16];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        T_EQ(plug_traceroute_mark(cases[i].family, cases[i].type, cases[i].code, cases[i].mtu, mark,
                                  sizeof mark),
             strlen(cases[i].mark));
        T_STR(mark, cases[i].mark);
    }
}
