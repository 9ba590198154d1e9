/* SPDX-License-Identifier: MIT */
#ifndef PLUG_ARP_H
#define PLUG_ARP_H
/*
 * ARP (RFC 826): which link address has an IPv4 address?
 *
 * Layer: wire. Pure. Conventions: ip.h.
 *
 * The caller, to ask:
 *   1. struct plug_arp a = PLUG_ARP; a.op = PLUG_ARP_REQUEST; a.sender_link = mac;
 *      a.sender = address; a.target = wanted
 *   2. plug_arp_build(&a, buf, size); an Ethernet header for everybody before it
 *
 * All functions: any thread, any fiber.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

#define PLUG_ARP_LEN 28 /* between Ethernet and IPv4 addresses */

enum plug_arp_op {
    PLUG_ARP_REQUEST = 1,
    PLUG_ARP_REPLY = 2,
    PLUG_ARP_REVERSE_REQUEST = 3, /* RARP, RFC 903 */
    PLUG_ARP_REVERSE_REPLY = 4
};

/* A message between addresses of any two kinds; PLUG_ARP is one of Ethernet and IPv4. */
struct plug_arp {
    uint16_t link_type; /* 1: Ethernet */
    uint16_t type;      /* 0x0800: IPv4 */
    uint8_t link_len, len;
    uint16_t op;                         /* enum plug_arp_op */
    const uint8_t *sender_link, *sender; /* borrow link_len and len bytes; for the */
    const uint8_t *target_link, *target; /* builder NULL is zeros */
};
#define PLUG_ARP                                                                                   \
    {                                                                                              \
        1, 0x0800, 6, 4, 0, NULL, NULL, NULL, NULL                                                 \
    }

/*
 * Reads a message: its length. PLUG_EPACKET_SHORT; PLUG_EPACKET_BAD (Ethernet or IPv4 addresses of
 * a length that is not theirs).
 */
PLUG_API PLUG_MUST int plug_arp_parse(const void *bytes, size_t len, struct plug_arp *ret_message);

/* Writes a message; returns its length. -ENOSPC. */
PLUG_API PLUG_MUST int plug_arp_build(const struct plug_arp *message, void *buf, size_t size);

PLUG_END_DECLS
#endif
