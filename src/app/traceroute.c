/* SPDX-License-Identifier: MIT */
/* A trace: its life, its options, what it tells when asked. */
#include "app/traceroute.h"
#include "base/assert.h"

#include <errno.h>
#include <netinet/in.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <string.h>

#define WAIT       PLUG_S(5)
#define WAIT_HERE  3
#define WAIT_NEAR  10
#define INTERVAL   PLUG_S(1)
#define UDP_PORT   33434
#define TCP_PORT   80
#define IP4_HEADER 20
#define IP6_HEADER 40
#define PACKET     40 /* behind the IP header */

/* --- options --------------------------------------------------------------------------- */

static void usual(unsigned *value, unsigned fallback)
{
    if (*value == 0)
        *value = fallback;
}

static void fill_times(struct plug_traceroute_opts *o)
{
    if (o->rounds == 0)
        o->rounds = 1;
    if (o->interval == 0)
        o->interval = INTERVAL;
    if (o->wait == 0)
        o->wait = WAIT;
    if (o->wait_here == 0)
        o->wait_here = WAIT_HERE;
    if (o->wait_near == 0)
        o->wait_near = WAIT_NEAR;
}

static size_t ip_header(int family)
{
    return family == AF_INET ? PLUG_IP4_LEN : PLUG_IP6_LEN;
}

static void fill(struct plug_traceroute_opts *o, int family)
{
    usual(&o->first_ttl, 1);
    usual(&o->max_ttl, 30);
    usual(&o->probes, 3);
    usual(&o->flows, 1);
    usual(&o->in_flight, 16);
    fill_times(o);
    if (o->port == 0)
        o->port = o->method == PLUG_TRACEROUTE_TCP ? TCP_PORT : UDP_PORT;
    if (o->mtu) {
        o->dont_fragment = true;
        o->packet_len = PLUG_TRACEROUTE_PACKET;
    }
    if (o->packet_len == 0)
        o->packet_len = ip_header(family) + PACKET;
}

size_t plug__tr_ip_header(const struct plug_traceroute *t)
{
    return ip_header(t->family);
}

static bool in_range(const struct plug_traceroute_opts *o, int family, size_t transport)
{
    return o->max_ttl <= PLUG_TRACEROUTE_TTL && o->first_ttl <= o->max_ttl &&
           o->probes <= PLUG_TRACEROUTE_PROBES && o->flows <= PLUG_TRACEROUTE_FLOWS &&
           o->in_flight <= PLUG_TRACEROUTE_FLIGHT && o->packet_len <= PLUG_TRACEROUTE_PACKET &&
           o->packet_len >= ip_header(family) + transport + PLUG__TR_PAYLOAD &&
           (o->source_port == 0 || o->source_port + o->flows - 1 <= UINT16_MAX);
}

static int check(const struct plug_traceroute_opts *o, int family)
{
    if (o->method > PLUG_TRACEROUTE_TCP || o->socket > PLUG_TRACEROUTE_RAW)
        return PLUG_EOPTS;
    if (o->mtu && o->method == PLUG_TRACEROUTE_TCP)
        return -EINVAL;
    if (o->source != NULL && plug_addr_family(o->source) != family)
        return -EAFNOSUPPORT;
    return in_range(o, family, 8) ? 0 : PLUG_ERANGE;
}

static int take_options(struct plug_traceroute *t, const struct plug_traceroute_opts *opts)
{
    if (opts != NULL && opts->size != sizeof *opts)
        return PLUG_EOPTS;
    if (t->family != AF_INET && t->family != AF_INET6)
        return -EAFNOSUPPORT;
    if (opts != NULL)
        t->o = *opts;
    if (t->o.source != NULL)
        t->source = *t->o.source;
    fill(&t->o, t->family);
    t->packet_len = t->o.packet_len;
    int r = check(&t->o, t->family);
    t->o.source = NULL; /* the caller's */
    return r;
}

/* --- sockets --------------------------------------------------------------------------- */

void plug__tr_close_sockets(struct plug_traceroute *t)
{
    for (unsigned i = 0; i < 2 * t->o.in_flight && t->probe != NULL; i++)
        plug__tr_land(t, &t->probe[i], PLUG__TR_FREE);
    for (size_t i = 0; i < PLUG_TRACEROUTE_FLOWS + 2; i++) {
        struct plug_sock **s =
            i < PLUG_TRACEROUTE_FLOWS ? &t->flow[i].sock : &t->raw[i - PLUG_TRACEROUTE_FLOWS];
        if (*s != NULL)
            (void)!plug_loop_unwatch(t->loop, plug_sock_fd(*s));
        plug_sock_close(*s);
        *s = NULL;
    }
}

static int open_flows(struct plug_traceroute *t, const struct plug__tr_way *way)
{
    int r = 0;

    t->way = way;
    t->one_by_one = way->one_by_one || t->o.mtu;
    for (unsigned i = 0; r >= 0 && i < t->o.flows; i++) {
        struct plug__tr_flow *f = &t->flow[i];
        f->trace = t;
        r = (int)plug_sys()->getrandom(&f->checksum, sizeof f->checksum, 0);
        if (r >= 0)
            r = way->open(t, f);
    }
    if (r < 0)
        plug__tr_close_sockets(t);
    return r;
}

static const struct plug__tr_way *const ways[][2] = {
    [PLUG_TRACEROUTE_UDP] = {&plug__tr_udp, &plug__tr_raw_udp},
    [PLUG_TRACEROUTE_ICMP] = {&plug__tr_echo, &plug__tr_raw_echo},
    [PLUG_TRACEROUTE_TCP] = {&plug__tr_connect, &plug__tr_raw_tcp},
};

static bool refused(int error)
{
    return error == -EACCES || error == -EPERM;
}

static int open_sockets(struct plug_traceroute *t)
{
    const struct plug__tr_way *const *way = ways[t->o.method];
    bool raw_first = t->o.method == PLUG_TRACEROUTE_TCP;

    if (t->o.socket != PLUG_TRACEROUTE_AUTO)
        return open_flows(t, way[t->o.socket == PLUG_TRACEROUTE_RAW]);
    int r = open_flows(t, way[raw_first]);
    if (!refused(r))
        return r;
    int second = open_flows(t, way[!raw_first]);
    return refused(second) ? r : second;
}

/* --- life ------------------------------------------------------------------------------ */

static int take_memory(struct plug_traceroute *t)
{
    size_t hops = (size_t)(t->o.max_ttl - t->o.first_ttl + 1) * t->o.flows;

    t->probe = plug_calloc((size_t)2 * t->o.in_flight, sizeof *t->probe);
    t->hop = plug_calloc(hops, sizeof *t->hop);
    t->packet = plug_calloc(1, t->packet_len);
    return t->probe != NULL && t->hop != NULL && t->packet != NULL ? 0 : -ENOMEM;
}

static int set_up(struct plug_traceroute *t, struct plug_loop *loop,
                  const struct plug_traceroute_opts *opts)
{
    int r = take_options(t, opts);

    if (r >= 0)
        r = take_memory(t);
    if (r >= 0 && loop == NULL)
        r = plug_loop_open(&loop, PLUG_BACKEND_AUTO);
    if (r < 0)
        return r;
    t->own_loop = t->loop != loop;
    t->loop = loop;
    r = (int)plug_sys()->getrandom(&t->sequence, sizeof t->sequence, 0);
    return r < 0 ? r : open_sockets(t);
}

int plug_traceroute_open(struct plug_traceroute **ret, struct plug_loop *loop,
                         const struct plug_addr *to, const struct plug_traceroute_opts *opts,
                         plug_traceroute_fn *fn, void *arg)
{
    struct plug_traceroute *t = plug_calloc(1, sizeof *t);

    if (t == NULL)
        return -ENOMEM;
    t->loop = loop;
    t->to = *to;
    t->family = plug_addr_family(to);
    t->fn = fn;
    t->arg = arg;
    int r = set_up(t, loop, opts);
    if (r < 0) {
        plug_traceroute_close(t);
        return r;
    }
    *ret = t;
    return 0;
}

void plug_traceroute_close(struct plug_traceroute *t)
{
    if (t == NULL)
        return;
    PLUG_ASSERT(!t->calling, "a trace is not closed by its own callback");
    if (t->loop != NULL) {
        (void)plug_loop_timer_stop(t->loop, &t->timer);
        plug__tr_close_sockets(t);
    }
    if (t->own_loop)
        plug_loop_close(t->loop);
    plug_free(t->probe);
    plug_free(t->hop);
    plug_free(t->packet);
    plug_free(t);
}

int plug_traceroute_start(struct plug_traceroute *t)
{
    if (t->started)
        return -EALREADY;
    t->started = true;
    plug__tr_round_begin(t);
    plug__tr_go(t);
    return 0;
}

int plug_traceroute_run(struct plug_traceroute *t)
{
    int r = t->started ? 0 : plug_traceroute_start(t);

    while (r >= 0 && !t->over)
        r = plug_loop_turn(t->loop, PLUG_FOREVER);
    return r < 0 ? r : t->sum.error;
}

void plug_traceroute_stop(struct plug_traceroute *t)
{
    if (!t->over)
        plug__tr_finish(t, PLUG_TRACEROUTE_END_STOPPED, 0);
}

/* --- what was found -------------------------------------------------------------------- */

static void add_up(struct plug_traceroute_summary *s, const struct plug__tr_hop *h)
{
    s->sent += h->sent;
    s->received += h->received;
    s->lost += h->lost;
    s->late += h->late;
}

void plug_traceroute_summary(const struct plug_traceroute *t,
                             struct plug_traceroute_summary *ret_summary)
{
    struct plug_traceroute_summary s = t->sum;

    s.first_ttl = t->o.first_ttl;
    for (unsigned f = 0; f < t->o.flows; f++)
        for (unsigned ttl = s.first_ttl; ttl <= s.flow_last[f]; ttl++)
            add_up(&s, plug__tr_hop_at(t, ttl, f));
    s.raw = t->way->raw;
    s.one_by_one = t->one_by_one;
    s.to = t->to;
    s.from = t->flow[0].from;
    s.packet_len = t->packet_len;
    s.mtu = t->o.mtu ? (uint32_t)t->packet_len : 0;
    *ret_summary = s;
}

const char *plug_traceroute_end_name(enum plug_traceroute_end end)
{
    static const char *const name[] = {
        [PLUG_TRACEROUTE_RUNNING] = "running",
        [PLUG_TRACEROUTE_END_REACHED] = "reached",
        [PLUG_TRACEROUTE_END_UNREACHABLE] = "unreachable",
        [PLUG_TRACEROUTE_END_MAX_TTL] = "max_ttl",
        [PLUG_TRACEROUTE_END_LOOP] = "loop",
        [PLUG_TRACEROUTE_END_SILENT] = "silent",
        [PLUG_TRACEROUTE_END_STOPPED] = "stopped",
        [PLUG_TRACEROUTE_END_ERROR] = "error",
    };

    return (unsigned)end < sizeof name / sizeof name[0] ? name[end] : "?";
}
