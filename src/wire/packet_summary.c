/* SPDX-License-Identifier: MIT */
/* A packet in one line, as tcpdump has it. */
#include "wire/packet_auto.h"
#include "wire/packet_option.h"
#include "wire/packet_view.h"

#include <arpa/inet.h>
#include <plug/bytes.h>
#include <plug/icmp.h>
#include <plug/tcp.h>
#include <string.h>

static void put_address(struct plug__print *o, const uint8_t *address, size_t len)
{
    char text[INET6_ADDRSTRLEN];
    plug__print(o, "%s", inet_ntop(len == 4 ? AF_INET : AF_INET6, address, text, sizeof text));
}

static void put_ends(struct plug__print *o, const struct plug__view *v)
{
    bool ports = v->upper && v->upper->len >= 4 &&
                 (v->upper->proto == PLUG_PACKET_TCP || v->upper->proto == PLUG_PACKET_UDP);
    put_address(o, v->src, v->address_len);
    if (ports)
        plug__print(o, ".%u", plug_get_be16(v->header));
    plug__print(o, " > ");
    put_address(o, v->dst, v->address_len);
    if (ports)
        plug__print(o, ".%u", plug_get_be16(v->header + 2));
}

static void put_options(struct plug__print *o, const struct plug__view *v)
{
    const struct plug__proto *proto = plug__packet_proto(v->upper->proto);
    struct plug__opt opt;
    bool first = true;
    for (size_t at = 0;
         plug__opt_next(proto->list, v->header + 20, v->upper->len - 20, &at, &opt);) {
        if (opt.raw && !opt.bad)
            break; /* padding */
        plug__print(o, first ? ", options [" : ",");
        plug__opt_text(o, proto, &opt);
        first = false;
    }
    plug__print(o, first ? "" : "]");
}

static void put_tcp(struct plug__print *o, const struct plug__view *v)
{
    static const char letters[] = "FSRP.UEW";
    const uint8_t *h = v->header;
    plug__print(o, "Flags [");
    for (unsigned i = 0; i < 8; i++)
        if (h[13] >> i & 1)
            plug__print_char(o, letters[i], 1);
    plug__print(o, h[13] ? "], seq %u" : "none], seq %u", plug_get_be32(h + 4));
    if (h[13] & PLUG_TCP_ACK)
        plug__print(o, ", ack %u", plug_get_be32(h + 8));
    plug__print(o, ", win %u", plug_get_be16(h + 14));
    if (v->upper->len > 20)
        put_options(o, v);
    plug__print(o, ", length %zu", v->upper->end - v->upper->offset - v->upper->len);
}

static void put_icmp(struct plug__print *o, const struct plug__view *v)
{
    int family = v->upper->proto == PLUG_PACKET_ICMP ? AF_INET : AF_INET6;
    const uint8_t *h = v->header;
    const char *type = plug_icmp_type_name(family, h[0]);
    const char *code = plug_icmp_code_name(family, h[0], h[1]);
    plug__print(o, family == AF_INET ? "ICMP " : "ICMP6 ");
    if (type)
        plug__print(o, "%s", type);
    else
        plug__print(o, "type %u", h[0]);
    if (code && h[1])
        plug__print(o, " %s", code);
    else if (h[1])
        plug__print(o, " code %u", h[1]);
    if (plug_icmp_has_id(family, h[0]))
        plug__print(o, ", id %u, seq %u", plug_get_be16(h + 4), plug_get_be16(h + 6));
    if (plug__packet_quotes(v->upper->proto, h)) {
        struct plug__view quoted = plug__packet_view(v->p, v->next);
        plug__print(o, quoted.ip ? " for " : "");
        if (quoted.ip)
            put_ends(o, &quoted);
        if (quoted.upper)
            plug__print(o, " %s", plug_packet_proto_name(quoted.upper->proto));
    }
    plug__print(o, ", length %zu", v->upper->end - v->upper->offset);
}

static void put_datagram(struct plug__print *o, const struct plug__view *v)
{
    enum plug_packet_proto proto = v->upper ? v->upper->proto : PLUG_PACKET_NONE;
    plug__print(o, v->address_len == 4 ? "IP " : "IP6 ");
    put_ends(o, v);
    plug__print(o, ": ");
    if (proto == PLUG_PACKET_TCP && v->upper->len >= 20)
        put_tcp(o, v);
    else if (proto == PLUG_PACKET_UDP && v->upper->len >= 8)
        plug__print(o, "UDP, length %zu", v->upper->end - v->upper->offset - 8);
    else if (proto >= PLUG_PACKET_ICMP && v->upper->len >= 8)
        put_icmp(o, v);
    else
        plug__print(o, "%s, length %zu", proto ? plug_packet_proto_name(proto) : "data",
                    v->ip->end - v->ip->offset - v->ip->len);
}

static void put_arp(struct plug__print *o, const uint8_t *h)
{
    bool reply = plug_get_be16(h + 6) == 2;
    plug__print(o, reply ? "ARP, Reply " : "ARP, Request who-has ");
    put_address(o, h + (reply ? 14 : 24), 4);
    if (reply)
        plug__print(o, " is-at %02x:%02x:%02x:%02x:%02x:%02x", h[8], h[9], h[10], h[11], h[12],
                    h[13]);
    else
        plug__print(o, " tell ");
    if (!reply)
        put_address(o, h + 14, 4);
    plug__print(o, ", length 28");
}

/* No datagram: the names of the layers. */
static void put_layers(struct plug__print *o, const struct plug_packet *p)
{
    for (unsigned i = 0; i < p->count; i++)
        plug__print(o, "%s%s", i ? "/" : "", plug_packet_proto_name(p->layers[i].proto));
    plug__print(o, "%slength %zu", p->count ? ", " : "", p->len);
}

size_t plug_packet_summary(const struct plug_packet *p, char *buf, size_t len)
{
    struct plug__print o = {buf, len, 0};
    struct plug__view v = plug__packet_view(p, 0);
    const uint8_t *arp = NULL;
    for (unsigned i = 0; i < p->count; i++)
        if (p->layers[i].proto == PLUG_PACKET_ARP && p->layers[i].len == 28)
            arp = p->bytes + p->layers[i].offset;
    if (arp && !v.ip && plug_get_be16(arp + 6) - 1u < 2)
        put_arp(&o, arp);
    else if (v.ip)
        put_datagram(&o, &v);
    else
        put_layers(&o, p);
    if (p->error)
        plug__print(&o, " [malformed: %s]", p->error_what);
    return plug__print_end(&o);
}
