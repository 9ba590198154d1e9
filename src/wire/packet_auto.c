/* SPDX-License-Identifier: MIT */
#include "wire/packet_auto.h"

#include <plug/bytes.h>
#include <plug/checksum.h>
#include <plug/icmp.h>
#include <string.h>
#include <sys/socket.h>

#define EXPERIMENT       253    /* RFC 3692: an IP protocol for payload that is none */
#define EXPERIMENT_ETHER 0x88b5 /* IEEE 802: the same for Ethernet */
#define NO_NEXT          59     /* RFC 8200 4.7 */

void plug__packet_head(const struct plug_packet *p, unsigned layer,
                       uint8_t ret_head[PLUG__PACKET_HEADER])
{
    const struct plug_packet_layer *l = &p->layers[layer];
    size_t len = l->len < PLUG__PACKET_HEADER ? l->len : PLUG__PACKET_HEADER;
    memset(ret_head, 0, PLUG__PACKET_HEADER);
    memcpy(ret_head, p->bytes + l->offset, len);
}

bool plug__packet_quotes(enum plug_packet_proto proto, const uint8_t *header)
{
    if (proto != PLUG_PACKET_ICMP && proto != PLUG_PACKET_ICMP6)
        return false;
    return plug_icmp_is_error(proto == PLUG_PACKET_ICMP ? AF_INET : AF_INET6, header[0]);
}

/* The layers from first on that have no end yet end here. */
static void end_at(struct plug_packet *p, unsigned first, unsigned count, size_t end)
{
    for (unsigned i = first; i < count; i++)
        if (p->layers[i].end == 0)
            p->layers[i].end = end;
}

void plug__packet_ends(struct plug_packet *p)
{
    unsigned scope = 0; /* where the quote begins, if we are in one */
    for (unsigned i = 0; i < p->count; i++)
        p->layers[i].end = 0;
    for (unsigned i = 0; i < p->count; i++) {
        enum plug_packet_proto proto = p->layers[i].proto;
        uint8_t head[PLUG__PACKET_HEADER];
        if (proto == PLUG_PACKET_PADDING || proto == PLUG_PACKET_ICMPEXT)
            end_at(p, scope, i, p->layers[i].offset);
        if (proto == PLUG_PACKET_ICMPEXT)
            scope = 0;
        plug__packet_head(p, i, head);
        if (plug__packet_quotes(proto, head))
            scope = i + 1;
    }
    end_at(p, 0, p->count, p->len);
}

/* --- presets ---------------------------------------------------------------------------------- */

static const uint8_t *address_of(const struct plug__field *f, const struct plug_packet_opts *o,
                                 size_t *ret_len)
{
    static const uint8_t local4[4] = {127, 0, 0, 1}, local6[16] = {[15] = 1};
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1}, all[6] = {255, 255, 255, 255, 255, 255};
    *ret_len = f->bits / 8;
    switch (f->computed) {
    case AUTO_SRC4:
        return o->src4 ? o->src4 : local4;
    case AUTO_SRC6:
        return o->src6 ? o->src6 : local6;
    case AUTO_MAC:
        return o->mac ? o->mac : mac;
    case AUTO_GATEWAY:
        return o->gateway ? o->gateway : all;
    default:
        break;
    }
    if (f->preset == 0)
        return NULL;
    return f->kind == PLUG_PACKET_ADDRESS4 ? local4 : local6;
}

void plug__field_preset(const struct plug__field *f, const struct plug_packet_opts *o,
                        uint8_t *header)
{
    uint64_t value = f->preset;
    if (f->kind == PLUG_PACKET_MAC || f->kind == PLUG_PACKET_ADDRESS4 ||
        f->kind == PLUG_PACKET_ADDRESS6) {
        size_t len;
        const uint8_t *from = address_of(f, o, &len);
        if (from)
            memcpy(header + f->bit / 8, from, len);
        else
            memset(header + f->bit / 8, 0, len);
        return;
    }
    if (f->computed == AUTO_SPORT)
        value = o->sport ? o->sport : 54321;
    else if (f->computed == AUTO_ID)
        value = o->id ? o->id : 1;
    else if (f->computed == AUTO_SEQ)
        value = o->seq;
    plug__bits_put(header, f->bit, f->bits, value);
}

/* --- computed fields -------------------------------------------------------------------------- */

static uint64_t next_value(const struct plug_packet *p, unsigned layer)
{
    enum plug_packet_proto own = p->layers[layer].proto;
    enum plug_packet_proto next =
        layer + 1 < p->count ? p->layers[layer + 1].proto : PLUG_PACKET_NONE;
    const struct plug__proto *proto = plug__packet_proto(next);
    if (own == PLUG_PACKET_ETHER || own == PLUG_PACKET_VLAN)
        return proto && proto->next4 ? proto->next4 : EXPERIMENT_ETHER;
    if (proto && proto->next >= 0)
        return (uint64_t)proto->next;
    return own == PLUG_PACKET_IP4 || next == PLUG_PACKET_DATA ? EXPERIMENT : NO_NEXT;
}

static uint64_t header_len_value(const struct plug_packet_layer *l)
{
    if (l->proto == PLUG_PACKET_IP4 || l->proto == PLUG_PACKET_TCP)
        return l->len < 20 ? 5 : (l->len + 3) / 4;
    return l->len < 8 ? 0 : (l->len + 7) / 8 - 1;
}

/* RFC 4884 3: the length of the quote when objects follow it, in words of 4 bytes, of ICMPv6 8. */
static uint64_t quote_len_value(const struct plug_packet *p, unsigned layer)
{
    const struct plug_packet_layer *l = &p->layers[layer];
    for (unsigned i = layer + 1; i < p->count; i++)
        if (p->layers[i].proto == PLUG_PACKET_ICMPEXT)
            return (p->layers[i].offset - l->offset - 8) / (l->proto == PLUG_PACKET_ICMP ? 4 : 8);
    return 0;
}

/* Where the packet is finally going: a routing header of IPv6 tells (RFC 8200 8.1). */
static const uint8_t *last_destination(const struct plug_packet *p, unsigned ip, unsigned upper)
{
    const uint8_t *dst = p->bytes + p->layers[ip].offset + 24;
    for (unsigned i = ip + 1; i < upper; i++) {
        const struct plug_packet_layer *l = &p->layers[i];
        const uint8_t *h = p->bytes + l->offset;
        if (l->proto == PLUG_PACKET_ROUTING && l->len >= 24 && h[3] > 0)
            dst = h[2] == 4 ? h + 8 : h + l->len - 16;
    }
    return dst;
}

static bool add_pseudo(struct plug_checksum *c, const struct plug_packet *p, unsigned layer)
{
    const struct plug_packet_layer *l = &p->layers[layer];
    const struct plug__proto *proto = plug__packet_proto(l->proto);
    unsigned ip = layer;
    while (ip > 0 && p->layers[ip].proto != PLUG_PACKET_IP4 &&
           p->layers[ip].proto != PLUG_PACKET_IP6)
        ip--;
    const uint8_t *h = p->bytes + p->layers[ip].offset;
    struct plug_pseudo pseudo = {.family = AF_INET, .src = h + 12, .dst = h + 16};
    if (p->layers[ip].proto == PLUG_PACKET_IP6)
        pseudo = (struct plug_pseudo){AF_INET6, h + 8, last_destination(p, ip, layer)};
    else if (p->layers[ip].proto != PLUG_PACKET_IP4)
        return false;
    if (p->layers[ip].len < (pseudo.family == AF_INET ? 20 : 40))
        return false;
    plug_checksum_pseudo(c, &pseudo, (uint8_t)proto->next, (uint32_t)(l->end - l->offset));
    return true;
}

static bool checksum_value(const struct plug_packet *p, unsigned layer,
                           const struct plug__field *field, uint64_t *ret_value)
{
    const struct plug_packet_layer *l = &p->layers[layer];
    size_t at = l->offset + field->bit / 8, end = l->end;
    struct plug_checksum c = {0};
    if (l->proto == PLUG_PACKET_IP4)
        end = l->offset + l->len;
    if (l->proto != PLUG_PACKET_IP4 && l->proto != PLUG_PACKET_ICMP &&
        l->proto != PLUG_PACKET_ICMPEXT && !add_pseudo(&c, p, layer))
        return false;
    plug_checksum_add(&c, p->bytes + l->offset, at - l->offset);
    plug_checksum_add(&c, p->bytes + at + 2, end - at - 2);
    *ret_value = plug_checksum_finish(&c);
    if (l->proto == PLUG_PACKET_UDP)
        *ret_value = plug_checksum_udp((uint16_t)*ret_value);
    return true;
}

bool plug__auto_value(const struct plug_packet *p, unsigned layer, const struct plug__field *field,
                      uint64_t *ret_value)
{
    const struct plug_packet_layer *l = &p->layers[layer];
    if (field->bit + field->bits > l->len * 8)
        return false;
    switch (field->computed) {
    case AUTO_LEN:
        *ret_value = l->end - l->offset - (l->proto == PLUG_PACKET_IP6 ? 40 : 0);
        return true;
    case AUTO_HEADER_LEN:
        *ret_value = header_len_value(l);
        return true;
    case AUTO_NEXT:
        *ret_value = next_value(p, layer);
        return true;
    case AUTO_QUOTE_LEN:
        *ret_value = quote_len_value(p, layer);
        return true;
    case AUTO_CHECKSUM:
        return checksum_value(p, layer, field, ret_value);
    default:
        return false;
    }
}
