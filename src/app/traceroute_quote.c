/* SPDX-License-Identifier: MIT */
/* ICMP as raw sockets hear it, from anybody and about anything: is it an answer to us? */
#include "app/traceroute.h"

#include <netinet/in.h>
#include <string.h>

static bool same_bytes(const struct plug_addr *a, const uint8_t *bytes)
{
    size_t len;
    const void *own = plug_addr_bytes(a, &len);

    return memcmp(own, bytes, len) == 0;
}

static bool quotes_target(const struct plug_traceroute *t, const struct plug_icmp_quote *q)
{
    return same_bytes(&t->to, q->family == AF_INET ? q->header.ip4.dst : q->header.ip6.dst);
}

static bool quotes_source(const struct plug__tr_flow *f, const struct plug_icmp_quote *q)
{
    return same_bytes(&f->from, q->family == AF_INET ? q->header.ip4.src : q->header.ip6.src);
}

/* --- one flow, one quote --------------------------------------------------------------- */

/* As far as the quote has the nonce, it must be the probe's. */
static struct plug__tr_probe *udp_whose(struct plug_traceroute *t, struct plug__tr_flow *f,
                                        const struct plug_icmp_quote *q)
{
    size_t quoted = q->transport_len > 8 ? q->transport_len - 8 : 0;

    if (!q->has_udp || q->sport != plug_addr_port(&f->from) || q->dport != t->o.port)
        return NULL;
    if (quoted >= PLUG__TR_NONCE)
        return plug__tr_by_nonce(t, f, q->transport + 8, quoted);
    struct plug__tr_probe *p = plug__tr_by_number(t, f, q->udp_checksum);
    return p != NULL && memcmp(q->transport + 8, p->nonce, quoted) == 0 ? p : NULL;
}

static struct plug__tr_probe *tcp_whose(struct plug_traceroute *t, struct plug__tr_flow *f,
                                        const struct plug_icmp_quote *q)
{
    if (!q->has_tcp || q->sport != plug_addr_port(&f->from) || q->dport != t->o.port)
        return NULL;
    return plug__tr_by_number(t, f, q->tcp_seq);
}

static struct plug__tr_probe *quote_whose(struct plug_traceroute *t, struct plug__tr_flow *f,
                                          const struct plug_icmp_quote *q)
{
    switch (t->o.method) {
    case PLUG_TRACEROUTE_UDP:
        return udp_whose(t, f, q);
    case PLUG_TRACEROUTE_TCP:
        return tcp_whose(t, f, q);
    default:
        return plug__tr_echo_whose(f, q->transport, q->transport_len,
                                   t->family == AF_INET ? PLUG_ICMP_ECHO_REQUEST
                                                        : PLUG_ICMP6_ECHO_REQUEST);
    }
}

static uint8_t protocol(const struct plug_traceroute *t)
{
    switch (t->o.method) {
    case PLUG_TRACEROUTE_UDP:
        return IPPROTO_UDP;
    case PLUG_TRACEROUTE_TCP:
        return IPPROTO_TCP;
    default:
        return t->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    }
}

/* Addresses and checksum come back as they were sent, unless somebody translates them. */
static bool is_translated(const struct plug_traceroute *t, const struct plug__tr_probe *p,
                          const struct plug_icmp_quote *q)
{
    bool checksum =
        t->o.method == PLUG_TRACEROUTE_UDP && q->has_udp && q->udp_checksum != (uint16_t)p->number;

    return checksum || !quotes_source(&t->flow[p->flow], q);
}

/* --- messages -------------------------------------------------------------------------- */

static bool error_whose(struct plug_traceroute *t, struct plug__tr_answer *a,
                        struct plug__tr_probe **ret_probe)
{
    struct plug_icmp_quote q;
    struct plug__tr_probe *p = NULL;

    if (plug_icmp_quote(&a->message, &q) < 0)
        return true; /* it may have been about anything */
    if (q.protocol != protocol(t) || !quotes_target(t, &q))
        return false;
    for (unsigned i = 0; i < t->o.flows && p == NULL && q.fragment == 0; i++)
        p = quote_whose(t, &t->flow[i], &q);
    a->mtu = plug_icmp_mtu(&a->message);
    a->translated = p != NULL && is_translated(t, p, &q);
    plug__tr_judge_icmp(t, a);
    *ret_probe = p;
    return true;
}

static bool reply_whose(struct plug_traceroute *t, const uint8_t *bytes, size_t len,
                        struct plug__tr_answer *a, struct plug__tr_probe **ret_probe)
{
    if (t->o.method != PLUG_TRACEROUTE_ICMP)
        return false;
    a->meaning = PLUG_TRACEROUTE_REACHED;
    for (unsigned i = 0; i < t->o.flows; i++)
        if (a->message.id == t->flow[i].id) {
            if (plug_addr_same_host(&a->from, &t->to))
                *ret_probe = plug__tr_echo_whose(&t->flow[i], bytes, len, a->type);
            return true;
        }
    return false;
}

bool plug__tr_icmp_whose(struct plug_traceroute *t, const uint8_t *bytes, size_t len,
                         struct plug__tr_answer *a, struct plug__tr_probe **ret_probe)
{
    uint8_t reply = t->family == AF_INET ? PLUG_ICMP_ECHO_REPLY : PLUG_ICMP6_ECHO_REPLY;

    *ret_probe = NULL;
    if (plug_icmp_parse(t->family, bytes, len, &a->message) < 0)
        return false;
    a->icmp = true;
    a->type = a->message.type;
    a->code = a->message.code;
    if (t->family == AF_INET && plug_icmp_verify(AF_INET, NULL, bytes, len, NULL) != 1)
        return true; /* the kernel has verified that of ICMPv6 */
    if (a->type == reply)
        return reply_whose(t, bytes, len, a, ret_probe);
    return plug__tr_ends(t, a->type) && error_whose(t, a, ret_probe);
}
