/* SPDX-License-Identifier: MIT */
/* Hops: their statistics, and what their answers, put beside each other, mean. */
#include "app/traceroute.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <plug/err.h>
#include <stdio.h>
#include <string.h>

#define CIRCLE_MAX   8 /* longest circle of routers that is looked for */
#define CIRCLE_TURNS 3 /* so often it must have been gone round */
#define CIRCLE_LEAST 6 /* hops, for a circle of few routers */

struct plug__tr_hop *plug__tr_hop_at(const struct plug_traceroute *t, unsigned ttl, unsigned flow)
{
    return &t->hop[(size_t)(ttl - t->o.first_ttl) * t->o.flows + flow];
}

/* --- statistics ------------------------------------------------------------------------ */

static void note_host(struct plug__tr_hop *h, const struct plug_addr *from)
{
    size_t i = 0;

    while (i < h->host_count && !plug_addr_equal(&h->host[i].addr, from))
        i++;
    if (i == PLUG_TRACEROUTE_HOSTS)
        return;
    if (i == h->host_count)
        h->host[h->host_count++] = (struct plug_traceroute_host){.addr = *from};
    h->host[i].received++;
}

/* Welford's mean and variance. */
static void note_time(struct plug__tr_hop *h, int64_t rtt)
{
    double delta = (double)rtt - h->mean, step = (double)(rtt - h->last);

    h->mean += delta / (double)h->received;
    h->m2 += delta * ((double)rtt - h->mean);
    if (h->received > 1)
        h->jitter += ((step < 0 ? -step : step) - h->jitter) / (double)(h->received - 1);
    if (h->received == 1 || rtt < h->best)
        h->best = rtt;
    if (rtt > h->worst)
        h->worst = rtt;
    h->last = rtt;
}

void plug__tr_hop_answer(struct plug__tr_hop *h, const struct plug_traceroute_event *e)
{
    h->sent++;
    h->received++;
    h->answered++;
    h->heard = e->from;
    if (e->rtt > h->longest)
        h->longest = e->rtt;
    note_host(h, &e->from);
    note_time(h, e->rtt);
    h->newest = *e;
}

/* --- circles and silence --------------------------------------------------------------- */

static const struct plug_addr *heard(const struct plug_traceroute *t, unsigned ttl, unsigned flow)
{
    const struct plug__tr_hop *h = plug__tr_hop_at(t, ttl, flow);

    return h->answered > 0 ? &h->heard : NULL;
}

/* Do the last hops up to ttl repeat with this period, often enough? */
static bool repeats(const struct plug_traceroute *t, unsigned flow, unsigned ttl, unsigned period)
{
    unsigned span = period * CIRCLE_TURNS > CIRCLE_LEAST ? period * CIRCLE_TURNS : CIRCLE_LEAST;

    if (ttl - t->o.first_ttl + 1 < span)
        return false;
    for (unsigned i = ttl - span + 1; i <= ttl; i++) {
        const struct plug_addr *now = heard(t, i, flow);
        const struct plug_addr *before =
            i >= ttl - span + 1 + period ? heard(t, i - period, flow) : now;
        if (now == NULL || before == NULL || !plug_addr_equal(now, before))
            return false;
    }
    return true;
}

unsigned plug__tr_loop(const struct plug_traceroute *t, unsigned flow)
{
    for (unsigned ttl = t->o.first_ttl; ttl <= t->sum.flow_last[flow]; ttl++)
        for (unsigned period = 1; period <= CIRCLE_MAX; period++)
            if (repeats(t, flow, ttl, period))
                return ttl;
    return 0;
}

unsigned plug__tr_silence(const struct plug_traceroute *t, unsigned flow)
{
    unsigned silent = 0;

    if (t->o.silent_max == 0)
        return 0;
    for (unsigned ttl = t->o.first_ttl; ttl <= t->flow[flow].last; ttl++) {
        const struct plug__tr_hop *h = plug__tr_hop_at(t, ttl, flow);
        if (h->settled < t->o.probes && h->answered == 0)
            return 0;
        silent = h->answered > 0 ? 0 : silent + 1;
        if (silent == t->o.silent_max)
            return ttl;
    }
    return 0;
}

/* --- judgement ------------------------------------------------------------------------- */

static double loss_of(const struct plug__tr_hop *h)
{
    return h->sent > 0 ? (double)h->lost / (double)h->sent : 0;
}

/* What is lost behind a hop was lost at it, too; less behind it: it only kept its answer back. */
static enum plug_traceroute_loss judge_loss(const struct plug_traceroute *t, unsigned ttl,
                                            unsigned flow)
{
    const struct plug__tr_hop *h = plug__tr_hop_at(t, ttl, flow);
    double behind = 1;

    if (h->lost == 0)
        return PLUG_TRACEROUTE_LOSS_NONE;
    for (unsigned i = ttl + 1; i <= t->sum.flow_last[flow]; i++) {
        const struct plug__tr_hop *later = plug__tr_hop_at(t, i, flow);
        if (later->sent > 0 && loss_of(later) < behind)
            behind = loss_of(later);
    }
    if (h->received == 0)
        return behind < 1 ? PLUG_TRACEROUTE_LOSS_SILENT : PLUG_TRACEROUTE_LOSS_REAL;
    return behind < loss_of(h) / 2 ? PLUG_TRACEROUTE_LOSS_LIMITED : PLUG_TRACEROUTE_LOSS_REAL;
}

/* Systems begin with 64, 128 or 255 (rarely 32): what is missing are the hops of the way back. */
static int hops_back(int reply_ttl)
{
    int begun = reply_ttl <= 64 ? 64 : reply_ttl <= 128 ? 128 : 255;

    return reply_ttl < 0 ? -1 : begun - reply_ttl + 1;
}

static int64_t rounded(double value)
{
    return (int64_t)(value + 0.5);
}

/* Newton's square root: libm is not worth a dependency. */
static double root(double square)
{
    double x = square > 1 ? square : 1;

    for (int i = 0; i < 64; i++)
        x = (x + square / x) / 2;
    return x;
}

int plug_traceroute_hop(const struct plug_traceroute *t, unsigned ttl, unsigned flow,
                        struct plug_traceroute_hop *ret_hop)
{
    if (flow >= t->o.flows || ttl < t->o.first_ttl || ttl > t->sum.last_ttl)
        return -EINVAL;
    const struct plug__tr_hop *h = plug__tr_hop_at(t, ttl, flow);
    const struct plug_traceroute_event *e = &h->newest;
    *ret_hop = (struct plug_traceroute_hop){
        .sent = h->sent,
        .received = h->received,
        .lost = h->lost,
        .late = h->late,
        .host_count = h->host_count,
        .last = h->last,
        .best = h->best,
        .avg = rounded(h->mean),
        .worst = h->worst,
        .stddev = h->received > 0 ? rounded(root(h->m2 / (double)h->received)) : 0,
        .jitter = rounded(h->jitter),
        .loss = judge_loss(t, ttl, flow),
        .answer = e->answer,
        .icmp = e->icmp,
        .icmp_type = e->icmp_type,
        .icmp_code = e->icmp_code,
        .mtu = h->mtu,
        .reply_ttl = h->received > 0 ? e->reply_ttl : -1,
        .back = h->received > 0 ? hops_back(e->reply_ttl) : -1,
        .translated = e->translated,
        .label_count = e->label_count,
    };
    memcpy(ret_hop->host, h->host, sizeof h->host);
    memcpy(ret_hop->label, e->label, sizeof e->label);
    return 0;
}

/* --- extensions ------------------------------------------------------------------------ */

void plug__tr_extensions(struct plug_traceroute_event *e, const struct plug_icmp *message)
{
    struct plug_icmp_ext object;
    struct plug_mpls_label l;

    if (!e->icmp || message->body_len == 0)
        return;
    for (size_t at = 0; plug_icmp_ext_next(message, &at, &object) > 0;) {
        size_t n = 0;
        for (; plug_icmp_mpls(&object, n, &l) > 0; n++)
            if (e->label_count < PLUG_TRACEROUTE_LABELS)
                e->label[e->label_count++] = (struct plug_traceroute_label){
                    .label = l.label, .tc = l.tc, .ttl = l.ttl, .bottom = l.bottom};
        e->objects += n == 0;
    }
}

/* --- marks ----------------------------------------------------------------------------- */

static const char *mark4(uint8_t code)
{
    static const char *const mark[] = {
        [ICMP_NET_UNREACH] = "!N",  [ICMP_HOST_UNREACH] = "!H",   [ICMP_PROT_UNREACH] = "!P",
        [ICMP_PORT_UNREACH] = "",   [ICMP_SR_FAILED] = "!S",      [ICMP_NET_UNKNOWN] = "!N",
        [ICMP_HOST_UNKNOWN] = "!H", [ICMP_HOST_ISOLATED] = "!N",  [ICMP_NET_ANO] = "!X",
        [ICMP_HOST_ANO] = "!X",     [ICMP_NET_UNR_TOS] = "!N",    [ICMP_HOST_UNR_TOS] = "!H",
        [ICMP_PKT_FILTERED] = "!X", [ICMP_PREC_VIOLATION] = "!V", [ICMP_PREC_CUTOFF] = "!C",
    };

    return code < sizeof mark / sizeof mark[0] ? mark[code] : NULL;
}

static const char *mark6(uint8_t code)
{
    static const char *const mark[] = {
        [ICMP6_DST_UNREACH_NOROUTE] = "!N",     [ICMP6_DST_UNREACH_ADMIN] = "!X",
        [ICMP6_DST_UNREACH_BEYONDSCOPE] = "!H", [ICMP6_DST_UNREACH_ADDR] = "!H",
        [ICMP6_DST_UNREACH_NOPORT] = "",
    };

    return code < sizeof mark / sizeof mark[0] ? mark[code] : NULL;
}

static size_t put(const char *text, char *buf, size_t len)
{
    return (size_t)snprintf(buf, len, "%s", text);
}

size_t plug_traceroute_mark(int family, uint8_t type, uint8_t code, uint32_t mtu, char *buf,
                            size_t len)
{
    bool four = family == AF_INET;
    const char *mark = NULL;

    if (type == (four ? ICMP_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED) && code == 0)
        return put("", buf, len);
    if (four ? type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED : type == ICMP6_PACKET_TOO_BIG)
        return (size_t)snprintf(buf, len, "!F-%u", (unsigned)mtu);
    if (!four && type == ICMP6_PARAM_PROB && code == ICMP6_PARAMPROB_NEXTHEADER)
        return put("!P", buf, len);
    if (type != (four ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH))
        return (size_t)snprintf(buf, len, "!<%u-%u>", type, code);
    mark = four ? mark4(code) : mark6(code);
    return mark != NULL ? put(mark, buf, len) : (size_t)snprintf(buf, len, "!<%u>", code);
}
