/* SPDX-License-Identifier: MIT */
/* An answer finds its probe, or is nobody's. */
#include "app/traceroute.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

static bool known(const struct plug__tr_probe *p, const struct plug__tr_flow *f)
{
    return p->state != PLUG__TR_FREE && p->flow == (uint16_t)(f - f->trace->flow);
}

/* --- which probe ----------------------------------------------------------------------- */

struct plug__tr_probe *plug__tr_by_nonce(struct plug_traceroute *t, const struct plug__tr_flow *f,
                                         const uint8_t *payload, size_t len)
{
    for (unsigned i = 0; len >= PLUG__TR_NONCE && i < 2 * t->o.in_flight; i++)
        if (known(&t->probe[i], f) && memcmp(payload, t->probe[i].nonce, PLUG__TR_NONCE) == 0)
            return &t->probe[i];
    return NULL;
}

struct plug__tr_probe *plug__tr_by_number(struct plug_traceroute *t, const struct plug__tr_flow *f,
                                          uint32_t number)
{
    for (unsigned i = 0; i < 2 * t->o.in_flight; i++)
        if (known(&t->probe[i], f) && t->probe[i].number == number)
            return &t->probe[i];
    return NULL;
}

struct plug__tr_probe *plug__tr_only_one(struct plug_traceroute *t, const struct plug__tr_flow *f)
{
    struct plug__tr_probe *found = NULL;
    unsigned count = 0;

    for (unsigned i = 0; i < 2 * t->o.in_flight; i++)
        if (t->probe[i].state == PLUG__TR_FLYING && known(&t->probe[i], f)) {
            found = &t->probe[i];
            count++;
        }
    if (count == 1 && !found->side_by_side)
        return found;
    t->one_by_one = t->one_by_one || count > 0;
    return NULL;
}

/* --- what it means --------------------------------------------------------------------- */

bool plug__tr_ends(const struct plug_traceroute *t, uint8_t type)
{
    if (t->family == AF_INET6)
        return type >= PLUG_ICMP6_UNREACHABLE && type <= PLUG_ICMP6_PARAMETER_PROBLEM;
    return type == PLUG_ICMP_UNREACHABLE || type == PLUG_ICMP_TIME_EXCEEDED ||
           type == PLUG_ICMP_PARAMETER_PROBLEM;
}

void plug__tr_judge_icmp(const struct plug_traceroute *t, struct plug__tr_answer *a)
{
    bool four = t->family == AF_INET;
    uint8_t exceeded = four ? ICMP_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED;
    uint8_t unreachable = four ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH;
    uint8_t port = four ? ICMP_PORT_UNREACH : ICMP6_DST_UNREACH_NOPORT;
    bool no_port = a->type == unreachable && a->code == port;

    a->icmp = true;
    if (a->type == exceeded && a->code == 0)
        a->meaning =
            plug_addr_same_host(&a->from, &t->to) ? PLUG_TRACEROUTE_REACHED : PLUG_TRACEROUTE_HOP;
    else if (no_port || (plug_addr_same_host(&a->from, &t->to) && a->type == unreachable))
        a->meaning = PLUG_TRACEROUTE_REACHED;
    else
        a->meaning = PLUG_TRACEROUTE_UNREACHABLE;
}

static bool too_big(const struct plug_traceroute *t, const struct plug__tr_answer *a)
{
    if (!a->icmp)
        return false;
    return t->family == AF_INET ? a->type == ICMP_DEST_UNREACH && a->code == ICMP_FRAG_NEEDED
                                : a->type == ICMP6_PACKET_TOO_BIG;
}

/* --- telling --------------------------------------------------------------------------- */

static struct plug_traceroute_event event_of(const struct plug_traceroute *t,
                                             const struct plug__tr_probe *p,
                                             const struct plug__tr_answer *a)
{
    struct plug_traceroute_event e = {.round = t->round,
                                      .answer = a->meaning,
                                      .from = a->from,
                                      .reply_ttl = a->reply_ttl,
                                      .icmp = a->icmp,
                                      .icmp_type = a->type,
                                      .icmp_code = a->code,
                                      .mtu = a->mtu,
                                      .translated = a->translated};

    (void)!plug_addr_set_port(&e.from, 0);
    plug__tr_extensions(&e, &a->message);
    if (p == NULL)
        return e;
    e.ttl = p->ttl;
    e.flow = p->flow;
    e.probe = p->nth;
    e.round = p->round;
    e.rtt = a->at > p->sent ? a->at - p->sent : 1;
    return e;
}

/* The way's MTU is below the packet: shorter ones are tried, with the same TTL. */
static void narrow(struct plug_traceroute *t, struct plug__tr_probe *p,
                   struct plug_traceroute_event *e)
{
    e->type = PLUG_TRACEROUTE_MTU;
    plug__tr_repeat(t, p);
    e->mtu = (uint32_t)t->packet_len;
    plug__tr_tell(t, e);
}

static void first_answer(struct plug_traceroute *t, struct plug__tr_probe *p,
                         struct plug_traceroute_event *e)
{
    static const enum plug_traceroute_end end[] = {
        [PLUG_TRACEROUTE_HOP] = PLUG_TRACEROUTE_RUNNING,
        [PLUG_TRACEROUTE_REACHED] = PLUG_TRACEROUTE_END_REACHED,
        [PLUG_TRACEROUTE_UNREACHABLE] = PLUG_TRACEROUTE_END_UNREACHABLE,
    };
    struct plug__tr_hop *h = plug__tr_hop_at(t, p->ttl, p->flow);

    e->type = PLUG_TRACEROUTE_ANSWER;
    plug__tr_land(t, p, PLUG__TR_ANSWERED);
    plug__tr_hop_answer(h, e);
    if (t->o.mtu)
        h->mtu = e->mtu = (uint32_t)t->packet_len;
    plug__tr_settled(t, p->ttl, p->flow, end[e->answer]);
    plug__tr_tell(t, e);
}

static void second_answer(struct plug_traceroute *t, struct plug__tr_probe *p,
                          struct plug_traceroute_event *e)
{
    bool late = p->state == PLUG__TR_LOST;

    e->type = late ? PLUG_TRACEROUTE_LATE : PLUG_TRACEROUTE_DUPLICATE;
    if (late && p->ttl <= t->flow[p->flow].last)
        plug__tr_hop_at(t, p->ttl, p->flow)->late++;
    if (!late)
        t->sum.duplicates++;
    p->state = PLUG__TR_ANSWERED;
    plug__tr_tell(t, e);
}

void plug__tr_answered(struct plug_traceroute *t, struct plug__tr_probe *p,
                       const struct plug__tr_answer *a)
{
    struct plug_traceroute_event e = event_of(t, p, a);

    if (t->over)
        return;
    if (p == NULL) {
        e.type = PLUG_TRACEROUTE_UNMATCHED;
        t->sum.unmatched++;
        plug__tr_tell(t, &e);
    } else if (p->state == PLUG__TR_FORGOTTEN) {
        return;
    } else if (p->state != PLUG__TR_FLYING) {
        second_answer(t, p, &e);
    } else if (t->o.mtu && too_big(t, a) && plug__tr_shrink(t, a->mtu)) {
        narrow(t, p, &e);
    } else {
        first_answer(t, p, &e);
    }
}
