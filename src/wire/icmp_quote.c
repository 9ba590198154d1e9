/* SPDX-License-Identifier: MIT */
/* The datagram that an ICMP error quotes: RFC 792, RFC 1812 4.3.2.3, RFC 4443 2.4. */
#include "wire/icmp_parts.h"
#include "wire/ip_parts.h"
#include <netinet/in.h>
#include <plug/bytes.h>
#include <plug/err.h>

#define TRANSPORT_MIN 8 /* what RFC 792 promises of the transport header */

static bool has_ports(uint8_t protocol)
{
    return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
           protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

static void read_echo(struct plug_icmp_quote *q)
{
    const uint8_t *t = q->transport;

    q->has_echo = plug_icmp_has_id(q->family, t[0]);
    if (!q->has_echo)
        return;
    q->icmp_type = t[0];
    q->icmp_code = t[1];
    q->echo_id = plug_get_be16(t + 4);
    q->echo_seq = plug_get_be16(t + 6);
}

static void read_transport(struct plug_icmp_quote *q)
{
    const uint8_t *t = q->transport;
    uint8_t echo = q->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;

    q->has_ports = has_ports(q->protocol) && q->transport_len >= 4;
    if (q->has_ports) {
        q->sport = plug_get_be16(t);
        q->dport = plug_get_be16(t + 2);
    }
    if (q->transport_len < TRANSPORT_MIN)
        return;
    q->has_tcp = q->protocol == IPPROTO_TCP;
    q->has_udp = q->protocol == IPPROTO_UDP;
    if (q->has_tcp)
        q->tcp_seq = plug_get_be32(t + 4);
    if (q->has_udp) {
        q->udp_len = plug_get_be16(t + 4);
        q->udp_checksum = plug_get_be16(t + 6);
    }
    if (q->protocol == echo)
        read_echo(q);
}

static int read_ip4(const uint8_t *b, size_t len, struct plug_icmp_quote *q)
{
    int r = plug__ip4_read(b, len, &q->header.ip4);

    if (r < 0)
        return r;
    q->protocol = q->header.ip4.protocol;
    q->ttl = q->header.ip4.ttl;
    q->fragment = q->header.ip4.fragment;
    return r;
}

static int read_ip6(const uint8_t *b, size_t len, struct plug_icmp_quote *q)
{
    struct plug_ip6_chain c;
    struct plug_ip6_ext e;
    int r = plug_ip6_parse(b, len, &q->header.ip6);

    if (r < 0)
        return r;
    q->ttl = q->header.ip6.hop_limit;
    plug_ip6_chain(&q->header.ip6, b + r, len - (size_t)r, &c);
    while ((r = plug_ip6_chain_next(&c, &e)) > 0)
        if (e.kind == PLUG_IP6_FRAGMENT)
            q->fragment = e.fragment;
    q->protocol = c.next_header;
    return r < 0 ? r : (int)(PLUG_IP6_LEN + c.at);
}

int plug_icmp_quote(const struct plug_icmp *m, struct plug_icmp_quote *ret_quote)
{
    struct plug_icmp_quote q = {.family = m->family};
    size_t len = plug__icmp_quote_bytes(m);

    if (!plug_icmp_is_error(m->family, m->type))
        return -EINVAL;
    int r = m->family == AF_INET ? read_ip4(m->body, len, &q) : read_ip6(m->body, len, &q);
    if (r < 0)
        return r;
    q.transport = m->body + r;
    q.transport_len = len - (size_t)r;
    if (q.fragment == 0)
        read_transport(&q);
    *ret_quote = q;
    return r;
}
