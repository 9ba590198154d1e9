/* SPDX-License-Identifier: MIT */
#ifndef PLUG_ETHER_H
#define PLUG_ETHER_H
/*
 * The header of Ethernet with its VLAN tags (IEEE 802.3, 802.1Q; stacked: QinQ, 802.1ad).
 *
 * Layer: wire. Pure. Conventions: ip.h.
 *
 * The caller:
 *   1. struct plug_ether e = {.dst = {...}, .src = {...}, .type = PLUG_ETHER_IP4}
 *   2. n = plug_ether_build(&e, buf, size); the packet begins at buf + n
 * or:
 *   1. n = plug_ether_parse(bytes, len, &e); e.type tells what begins at bytes + n
 *
 * All functions: any thread, any fiber.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

#define PLUG_ETHER_LEN      14 /* the header without tags */
#define PLUG_ETHER_VLAN_LEN 4  /* one tag */
#define PLUG_ETHER_VLAN_MAX 8  /* most tags of a frame */

/* Types; below PLUG_ETHER_TYPE_MIN the number is the length of an IEEE 802.3 frame. */
enum plug_ether_type {
    PLUG_ETHER_TYPE_MIN = 0x0600,
    PLUG_ETHER_IP4 = 0x0800,
    PLUG_ETHER_ARP = 0x0806,
    PLUG_ETHER_VLAN = 0x8100, /* 802.1Q */
    PLUG_ETHER_IP6 = 0x86dd,
    PLUG_ETHER_QINQ = 0x88a8,    /* 802.1ad, the outer tag */
    PLUG_ETHER_QINQ_OLD = 0x9100 /* the same, before there was a standard */
};

/* A VLAN tag. */
struct plug_ether_vlan {
    uint16_t tpid;    /* what announces the tag; the builder takes 0 as PLUG_ETHER_VLAN */
    uint16_t id;      /* 12 bits */
    uint8_t priority; /* 3 bits */
    bool dei;         /* drop eligible */
};

/* A header with its tags, the outer one first. */
struct plug_ether {
    uint8_t dst[6], src[6];
    struct plug_ether_vlan vlan[PLUG_ETHER_VLAN_MAX];
    unsigned vlan_count;
    uint16_t type; /* of the payload */
};

/*
 * Reads a header: its length, 14 and 4 for each tag. PLUG_EPACKET_SHORT; PLUG_EPACKET_BAD (more
 * than PLUG_ETHER_VLAN_MAX tags).
 */
PLUG_API PLUG_MUST int plug_ether_parse(const void *bytes, size_t len,
                                        struct plug_ether *ret_header);

/*
 * Writes a header; returns its length. -ENOSPC, PLUG_ERANGE (vlan_count, id, priority),
 * PLUG_EPACKET_BAD (a tpid that announces no tag, or a type that announces one).
 */
PLUG_API PLUG_MUST int plug_ether_build(const struct plug_ether *header, void *buf, size_t size);

PLUG_END_DECLS
#endif
