/* SPDX-License-Identifier: MIT */
#ifndef WIRE_PACKET_VIEW_H
#define WIRE_PACKET_VIEW_H
/* A datagram among the layers: who sends it to whom, and what it carries. */
#include <plug/packet.h>

struct plug__view {
    const struct plug_packet *p;
    const struct plug_packet_layer *ip; /* NULL: there is none */
    const uint8_t *src, *dst;
    size_t address_len;
    const struct plug_packet_layer *upper; /* TCP, UDP, ICMP, ICMPv6; NULL: none of these */
    const uint8_t *header;                 /* of upper */
    unsigned next;                         /* the layer behind upper */
};

/* The first datagram whose header is whole, from a layer on. */
struct plug__view plug__packet_view(const struct plug_packet *p, unsigned from);

#endif
