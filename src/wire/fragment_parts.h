/* SPDX-License-Identifier: MIT */
#ifndef WIRE_FRAGMENT_PARTS_H
#define WIRE_FRAGMENT_PARTS_H
#include <plug/ip.h>

/* A packet that needs no cutting. */
int plug__fragment_whole(const void *packet, size_t len, size_t *at, void *buf, size_t size);

/* What a packet of IPv6 is made of, as far as fragments go. */
struct plug__ip6_parts {
    size_t every;    /* bytes that every fragment has: the header, and extensions up to routing */
    size_t next_at;  /* the byte in them that tells what follows */
    size_t chain;    /* where the last extension header ends */
    size_t len;      /* of the packet, padding left out */
    bool fragmented; /* a fragment header follows them, and says: */
    struct plug_ip6_ext fragment;
};

/* 0, PLUG_EPACKET_SHORT, PLUG_EPACKET_BAD. */
int plug__ip6_parts(const void *packet, size_t len, struct plug__ip6_parts *ret_parts);

#endif
