/* SPDX-License-Identifier: MIT */
/* What networks do to probes: black holes, refusals, short MTUs, limits, circles, several paths. */
#include <netns.h>
#include <t.h>
#include <traced.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SHORT PLUG_S(1) /* where a loss is what is tested */

static int chain[NETNS_CHAIN];

static struct plug_traceroute_opts udp(void)
{
    return traced_opts(PLUG_TRACEROUTE_UDP, PLUG_TRACEROUTE_PLAIN);
}

/* --- the end of the way -------------------------------------------------------------------- */

T_TEST_PLAIN(a_black_hole_is_silent)
{
    struct plug_traceroute_opts o = udp();
    o.wait = SHORT;
    o.max_ttl = 6;

    netns_chain(chain, 4);
    netns_do(chain[1], "ip route replace blackhole 10.99.4.0/24");
    struct traced *r = traced("10.99.4.2", &o);
    T_STR(traced_path(r, 0), "10.99.1.2 * * * * *");
    T_EQ(r->sum.end, PLUG_TRACEROUTE_END_MAX_TTL);
    T_EQ(traced_hop(r, 1, 0).loss, PLUG_TRACEROUTE_LOSS_NONE);
    T_EQ(traced_hop(r, 2, 0).loss, PLUG_TRACEROUTE_LOSS_REAL);
    o.silent_max = 2;
    o.probes = 1;
    r = traced("10.99.4.2", &o);
    T_STR(traced_path(r, 0), "10.99.1.2 * *");
    T_EQ(r->sum.end, PLUG_TRACEROUTE_END_SILENT);
}

static void refused_by_second(const char *to, const char *refusal, const char *wanted)
{
    struct plug_traceroute_opts o = udp();
    char mark[16];
    o.probes = o.in_flight = 1; /* the kernel limits what it says of routes that are none */

    netns_do(chain[1], "%s", refusal);
    struct traced *r = traced(to, &o);
    T_EQ(r->sum.end, PLUG_TRACEROUTE_END_UNREACHABLE);
    T_STR(plug_traceroute_end_name(r->sum.end), "unreachable");
    T_EQ(r->sum.last_ttl, 2);
    const struct plug_traceroute_event *e = traced_event(r, PLUG_TRACEROUTE_ANSWER, 2);
    T_TRUE(e != NULL && e->icmp && e->answer == PLUG_TRACEROUTE_UNREACHABLE);
    plug_traceroute_mark(plug_addr_family(&e->from), e->icmp_type, e->icmp_code, e->mtu, mark,
                         sizeof mark);
    T_STR(mark, wanted);
}

T_TEST_PLAIN(refusals_have_their_marks)
{
    netns_chain(chain, 4);
    refused_by_second("10.99.4.2", "ip route replace prohibit 10.99.4.0/24", "!X");
    refused_by_second("10.99.4.2", "ip route replace unreachable 10.99.4.0/24", "!H");
    refused_by_second("10.99.4.2", "ip route del unreachable 10.99.4.0/24", "!N");
    refused_by_second("fd99:4::2", "ip -6 route replace prohibit fd99:4::/64 metric 1", "!X");
}

T_TEST_PLAIN(packet_filters_refuse)
{
    netns_chain(chain, 3);
    netns_feed(chain[0],
               "table inet t {\n chain c {\n  type filter hook forward priority 0;\n"
               "  udp dport 33434 reject with icmpx type admin-prohibited\n }\n}\n",
               "nft -f -");
    struct traced *r = traced("10.99.3.2", NULL);
    T_EQ(r->sum.end, PLUG_TRACEROUTE_END_UNREACHABLE);
    const struct plug_traceroute_event *e = traced_event(r, PLUG_TRACEROUTE_ANSWER, 2);
    T_TRUE(e != NULL);
    T_EQ(e->icmp_code, 13);
}

/* Two routers that send to each other what they do not know. */
T_TEST_PLAIN(a_circle_is_left)
{
    netns_chain(chain, 3);
    netns_do(NETNS_OWN, "ip route add 10.97.0.0/24 via 10.99.1.2");
    netns_do(chain[0], "ip route add 10.97.0.0/24 via 10.99.2.2");
    netns_do(chain[1], "ip route add 10.97.0.0/24 via 10.99.3.2");
    netns_do(chain[2], "ip route add 10.97.0.0/24 via 10.99.3.1");
    for (int i = 0; i < 3; i++) /* it would hold back what is said of so many probes */
        netns_sysctl(chain[i], "ipv4/icmp_ratelimit", "0");
    struct plug_traceroute_opts o = udp();
    o.probes = 1;
    struct traced *r = traced("10.97.0.1", &o);
    T_EQ(r->sum.end, PLUG_TRACEROUTE_END_LOOP);
    T_TRUE(r->sum.last_ttl <= 9);
}

/* --- MTU ----------------------------------------------------------------------------------- */

static void narrow_links(void)
{
    netns_chain(chain, 4);
    netns_do(chain[1], "ip link set near3 mtu 1400");
    netns_do(chain[2], "ip link set far3 mtu 1400");
    netns_do(chain[2], "ip link set near4 mtu 1300");
    netns_do(chain[3], "ip link set far4 mtu 1300");
}

static void steps(const char *to, enum plug_traceroute_method method,
                  enum plug_traceroute_socket socket)
{
    static const unsigned wanted[] = {1500, 1500, 1400, 1300};
    struct plug_traceroute_opts o = traced_opts(method, socket);
    o.mtu = true;

    struct traced *r = traced(to, &o);
    T_EQ(r->sum.end, PLUG_TRACEROUTE_END_REACHED);
    T_EQ(r->sum.last_ttl, 4);
    T_EQ(r->sum.mtu, 1300);
    T_TRUE(r->sum.one_by_one);
    for (unsigned ttl = 1; ttl <= 4; ttl++) {
        const struct plug_traceroute_event *e = traced_event(r, PLUG_TRACEROUTE_ANSWER, ttl);
        T_TRUE(e != NULL);
        T_EQ(e->mtu, wanted[ttl - 1]);
    }
    T_EQ(r->kinds[PLUG_TRACEROUTE_MTU], 2);
}

T_TEST_PLAIN(the_mtu_of_the_path)
{
    narrow_links();
    steps("10.99.4.2", PLUG_TRACEROUTE_UDP, PLUG_TRACEROUTE_PLAIN);
    steps("10.99.4.2", PLUG_TRACEROUTE_UDP, PLUG_TRACEROUTE_RAW);
    steps("10.99.4.2", PLUG_TRACEROUTE_ICMP, PLUG_TRACEROUTE_RAW);
    steps("fd99:4::2", PLUG_TRACEROUTE_UDP, PLUG_TRACEROUTE_PLAIN);
}

/* --- loss ---------------------------------------------------------------------------------- */

static void answers_only(int ns, const char *message, unsigned count)
{
    char rules[256];

    snprintf(rules, sizeof rules,
             "table ip t {\n chain c {\n  type filter hook output priority 0;\n"
             "  icmp type %s limit rate over 1/hour burst %u packets drop\n }\n}\n",
             message, count);
    netns_feed(ns, rules, "nft -f -");
}

T_TEST_PLAIN(a_limit_is_told_from_loss)
{
    struct plug_traceroute_opts o = udp();
    o.wait = SHORT;

    netns_chain(chain, 4);
    answers_only(chain[1], "time-exceeded", 1);
    struct traced *r = traced("10.99.4.2", &o);
    T_STR(traced_path(r, 0), "10.99.1.2 10.99.2.2 10.99.3.2 10.99.4.2");
    T_EQ(traced_hop(r, 2, 0).received, 1);
    T_EQ(traced_hop(r, 2, 0).loss, PLUG_TRACEROUTE_LOSS_LIMITED);
    T_EQ(traced_hop(r, 3, 0).loss, PLUG_TRACEROUTE_LOSS_NONE);
    r = traced("10.99.4.2", &o); /* its hour is not over */
    T_STR(traced_path(r, 0), "10.99.1.2 * 10.99.3.2 10.99.4.2");
    T_EQ(traced_hop(r, 2, 0).loss, PLUG_TRACEROUTE_LOSS_SILENT);
}

T_TEST_PLAIN(loss_at_the_end_is_loss)
{
    struct plug_traceroute_opts o = udp();
    o.wait = SHORT;

    netns_chain(chain, 2);
    answers_only(chain[1], "destination-unreachable", 1);
    struct traced *r = traced("10.99.2.2", &o);
    T_EQ(r->sum.end, PLUG_TRACEROUTE_END_REACHED);
    T_EQ(traced_hop(r, 2, 0).received, 1);
    T_EQ(traced_hop(r, 2, 0).loss, PLUG_TRACEROUTE_LOSS_REAL);
}

/* --- several paths ------------------------------------------------------------------------- */

/* own - a, then b or c by the flow, then d. */
static void fork_in_the_road(void)
{
    int a = netns_new(), b = netns_new(), c = netns_new(), d = netns_new();

    netns_veth(&(struct netns_end){NETNS_OWN, "oa", "10.96.1.1/24", NULL},
               &(struct netns_end){a, "ao", "10.96.1.2/24", NULL});
    netns_veth(&(struct netns_end){a, "ab", "10.96.2.1/24", NULL},
               &(struct netns_end){b, "ba", "10.96.2.2/24", NULL});
    netns_veth(&(struct netns_end){a, "ac", "10.96.3.1/24", NULL},
               &(struct netns_end){c, "ca", "10.96.3.2/24", NULL});
    netns_veth(&(struct netns_end){b, "bd", "10.96.4.1/24", NULL},
               &(struct netns_end){d, "db", "10.96.4.2/24", NULL});
    netns_veth(&(struct netns_end){c, "cd", "10.96.5.1/24", NULL},
               &(struct netns_end){d, "dc", "10.96.5.2/24", NULL});
    netns_do(NETNS_OWN, "ip route add 10.96.0.0/16 via 10.96.1.2");
    netns_do(d, "ip addr add 10.96.9.9/32 dev lo");
    netns_sysctl(a, "ipv4/fib_multipath_hash_policy", "1");
    netns_do(a, "ip route add 10.96.9.9 nexthop via 10.96.2.2 nexthop via 10.96.3.2");
    netns_do(b, "ip route add 10.96.9.9 via 10.96.4.2");
    netns_do(c, "ip route add 10.96.9.9 via 10.96.5.2");
    netns_do(b, "ip route add 10.96.1.0/24 via 10.96.2.1");
    netns_do(c, "ip route add 10.96.1.0/24 via 10.96.3.1");
    netns_do(d, "ip route add 10.96.1.0/24 via 10.96.4.1");
    for (int i = 0; i < 4; i++) /* nothing is held back, and answers may come another way */
        netns_sysctl((int[]){a, b, c, d}[i], "ipv4/icmp_ratelimit", "0");
    for (int i = 0; i < 4; i++)
        netns_sysctl((int[]){a, b, c, d}[i], "ipv4/conf/all/rp_filter", "0");
}

T_TEST_PLAIN(each_flow_keeps_its_path)
{
    struct plug_traceroute_opts o = udp();
    bool seen[2] = {false, false};
    o.flows = PLUG_TRACEROUTE_FLOWS; /* all the same way: once in 32768 */
    o.probes = 5;

    fork_in_the_road();
    struct traced *r = traced("10.96.9.9", &o);
    T_EQ(r->sum.end, PLUG_TRACEROUTE_END_REACHED);
    for (unsigned f = 0; f < o.flows; f++) {
        char text[PLUG_ADDR_TEXT];
        T_EQ(r->sum.flow_last[f], 3);
        struct plug_traceroute_hop h = traced_hop(r, 2, f);
        T_EQ(h.received, 5);
        T_EQ(h.host_count, 1);
        plug_addr_host_text(&h.host[0].addr, text, sizeof text);
        T_TRUE(strcmp(text, "10.96.2.2") == 0 || strcmp(text, "10.96.3.2") == 0);
        seen[strcmp(text, "10.96.3.2") == 0] = true;
    }
    T_TRUE(seen[0] && seen[1]);
}

/* --- the function -------------------------------------------------------------------------- */

T_TEST_PLAIN(rounds_add_up)
{
    struct plug_traceroute_opts o = traced_opts(PLUG_TRACEROUTE_ICMP, PLUG_TRACEROUTE_PLAIN);
    o.rounds = 4;
    o.interval = PLUG_MS(5);
    o.probes = 2;
    o.first_ttl = 2;

    netns_chain(chain, 3);
    for (int i = 0; i < 3; i++)
        netns_sysctl(chain[i], "ipv4/icmp_ratelimit", "0");
    struct traced *r = traced("10.99.3.2", &o);
    T_STR(traced_path(r, 0), "10.99.2.2 10.99.3.2");
    T_EQ(r->sum.rounds, 4);
    T_EQ(r->kinds[PLUG_TRACEROUTE_ROUND], 4);
    T_EQ(r->sum.sent, 16);
    T_EQ(traced_hop(r, 3, 0).received, 8);
    T_EQ(traced_hop(r, 3, 0).back, 3);
    struct plug_traceroute_hop h;
    T_ERR(plug_traceroute_hop(r->t, 1, 0, &h), -EINVAL);
    T_ERR(plug_traceroute_hop(r->t, 4, 0, &h), -EINVAL);
    T_ERR(plug_traceroute_hop(r->t, 2, 1, &h), -EINVAL);
}

static void stop_at_first(struct plug_traceroute *t, const struct plug_traceroute_event *e,
                          void *arg)
{
    if (e->type == PLUG_TRACEROUTE_ANSWER)
        plug_traceroute_stop(t);
    ++*(unsigned *)arg;
}

T_TEST_PLAIN(a_callback_may_stop_it)
{
    struct plug_traceroute_summary s;
    struct plug_traceroute *t;
    struct plug_addr to;
    unsigned events = 0;

    netns_chain(chain, 2);
    T_OK(plug_addr_parse("10.99.2.2", &to));
    struct plug_traceroute_opts o = udp();
    T_OK(plug_traceroute_open(&t, NULL, &to, &o, stop_at_first, &events));
    T_OWN(plug_traceroute_close, t);
    T_OK(plug_traceroute_run(t));
    plug_traceroute_summary(t, &s);
    T_EQ(s.end, PLUG_TRACEROUTE_END_STOPPED);
    T_EQ(events, 2);
    T_OK(plug_traceroute_run(t));
    T_ERR(plug_traceroute_start(t), -EALREADY);
}
