/* SPDX-License-Identifier: MIT */
/* Does one packet answer another? */
#include "wire/packet_auto.h"
#include "wire/packet_view.h"

#include <plug/bytes.h>
#include <plug/tcp.h>
#include <string.h>

struct plug__view plug__packet_view(const struct plug_packet *p, unsigned from)
{
    struct plug__view v = {.p = p};
    for (unsigned i = from; i < p->count && !v.upper; i++) {
        const struct plug_packet_layer *l = &p->layers[i];
        const uint8_t *h = p->bytes + l->offset;
        bool four = l->proto == PLUG_PACKET_IP4;
        if ((four && l->len >= 20) || (l->proto == PLUG_PACKET_IP6 && l->len == 40)) {
            v.ip = l;
            v.src = h + (four ? 12 : 8);
            v.address_len = four ? 4 : 16;
            v.dst = v.src + v.address_len;
        } else if (v.ip && l->proto >= PLUG_PACKET_TCP && l->proto <= PLUG_PACKET_ICMP6) {
            v.upper = l;
            v.header = h;
            v.next = i + 1;
        }
    }
    return v;
}

/* --- replies ---------------------------------------------------------------------------------- */

/* An address of many: whoever answers has another one. */
static bool many(const uint8_t *address, size_t len)
{
    if (len == 16)
        return address[0] == 0xff;
    return address[0] >= 224 && (address[0] < 240 || address[3] == 255);
}

static bool turned_round(const struct plug__view *sent, const struct plug__view *got)
{
    size_t n = sent->address_len;
    if (n != got->address_len || memcmp(sent->src, got->dst, n) != 0)
        return false;
    return many(sent->dst, n) || memcmp(sent->dst, got->src, n) == 0;
}

static bool ports_turned(const struct plug__view *sent, const struct plug__view *got)
{
    return sent->upper->len >= 4 && got->upper->len >= 4 &&
           memcmp(sent->header, got->header + 2, 2) == 0 &&
           memcmp(sent->header + 2, got->header, 2) == 0;
}

/* It acknowledges something of what was sent, or resets it (RFC 9293 3.5.2, 3.10.7). */
static bool tcp_replies(const struct plug__view *sent, const struct plug__view *got)
{
    if (sent->upper->len < 20 || got->upper->len < 20 || !ports_turned(sent, got))
        return false;
    uint8_t was = sent->header[13], is = got->header[13];
    size_t payload = sent->upper->end - sent->upper->offset - sent->upper->len;
    uint32_t length =
        (uint32_t)payload + (was & PLUG_TCP_SYN ? 1 : 0) + (was & PLUG_TCP_FIN ? 1 : 0);
    uint32_t acked = plug_get_be32(got->header + 8) - plug_get_be32(sent->header + 4);
    if (is & PLUG_TCP_ACK)
        return acked <= length && (acked > 0 || length == 0);
    return is & PLUG_TCP_RST && was & PLUG_TCP_ACK &&
           memcmp(got->header + 4, sent->header + 8, 4) == 0;
}

/* The type that answers a type of request; -1: it is none. */
static int reply_type(enum plug_packet_proto proto, uint8_t type)
{
    if (proto == PLUG_PACKET_ICMP6)
        return type == 128 ? 129 : type == 135 ? 136 : -1;
    if (type == 8)
        return 0;
    return type == 13 || type == 15 || type == 17 ? type + 1 : -1;
}

static bool icmp_replies(const struct plug__view *sent, const struct plug__view *got)
{
    if (sent->upper->len < 8 || got->upper->len < 8 ||
        got->header[0] != reply_type(sent->upper->proto, sent->header[0]))
        return false;
    if (sent->header[0] == 135)
        return sent->upper->len >= 24 && got->upper->len >= 24 &&
               memcmp(sent->header + 8, got->header + 8, 16) == 0;
    return memcmp(sent->header + 4, got->header + 4, 4) == 0;
}

static bool replies(const struct plug__view *sent, const struct plug__view *got)
{
    if (!sent->upper || !got->upper || sent->upper->proto != got->upper->proto ||
        !turned_round(sent, got))
        return false;
    switch (sent->upper->proto) {
    case PLUG_PACKET_TCP:
        return tcp_replies(sent, got);
    case PLUG_PACKET_UDP:
        return ports_turned(sent, got);
    default:
        return icmp_replies(sent, got);
    }
}

static bool arp_replies(const struct plug_packet *sent, const struct plug_packet *got)
{
    const uint8_t *asked = NULL, *told = NULL;
    for (unsigned i = 0; i < sent->count; i++)
        if (sent->layers[i].proto == PLUG_PACKET_ARP && sent->layers[i].len == 28)
            asked = sent->bytes + sent->layers[i].offset;
    for (unsigned i = 0; i < got->count; i++)
        if (got->layers[i].proto == PLUG_PACKET_ARP && got->layers[i].len == 28)
            told = got->bytes + got->layers[i].offset;
    return asked && told && plug_get_be16(asked + 6) == 1 && plug_get_be16(told + 6) == 2 &&
           memcmp(asked + 24, told + 14, 4) == 0;
}

/* --- refusals --------------------------------------------------------------------------------- */

/* As far as the quote goes, and with what tells one datagram from another. */
static bool same_upper(const struct plug__view *sent, const struct plug__view *quoted)
{
    const struct plug_packet_layer *s = sent->upper, *q = quoted->upper;
    if (!s || !q || s->proto != q->proto || s->len < 8 || q->len < 4)
        return false;
    if (s->proto == PLUG_PACKET_UDP)
        return memcmp(sent->header, quoted->header, 4) == 0;
    if (s->proto == PLUG_PACKET_TCP)
        return memcmp(sent->header, quoted->header, q->len < 8 ? 4 : 8) == 0;
    return memcmp(sent->header, quoted->header, 2) == 0 && q->len >= 8 &&
           memcmp(sent->header + 4, quoted->header + 4, 4) == 0;
}

static bool refuses(const struct plug__view *sent, const struct plug__view *got)
{
    if (!sent->ip || !got->upper || sent->address_len != got->address_len ||
        memcmp(sent->src, got->dst, sent->address_len) != 0 ||
        !plug__packet_quotes(got->upper->proto, got->header))
        return false;
    struct plug__view quoted = plug__packet_view(got->p, got->next);
    return quoted.ip && quoted.address_len == sent->address_len &&
           memcmp(quoted.src, sent->src, sent->address_len) == 0 &&
           memcmp(quoted.dst, sent->dst, sent->address_len) == 0 && same_upper(sent, &quoted);
}

enum plug_packet_answer plug_packet_answers(const struct plug_packet *sent,
                                            const struct plug_packet *got)
{
    struct plug__view s = plug__packet_view(sent, 0), g = plug__packet_view(got, 0);
    if (replies(&s, &g) || arp_replies(sent, got))
        return PLUG_PACKET_REPLY;
    return refuses(&s, &g) ? PLUG_PACKET_REFUSAL : PLUG_PACKET_UNRELATED;
}
