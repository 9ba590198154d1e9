/* SPDX-License-Identifier: MIT */
#ifndef PLUG_UDP_H
#define PLUG_UDP_H
/*
 * Datagrams of UDP (RFC 768).
 *
 * Layer: wire. Pure. Conventions: ip.h.
 *
 * The caller:
 *   1. struct plug_udp u = {.sport = 40000, .dport = 33434}
 *   2. plug_udp_build(&u, &pseudo, payload, n, buf, size)
 *
 * All functions: any thread, any fiber.
 */
#include <plug/ip.h>

PLUG_BEGIN_DECLS

#define PLUG_UDP_LEN 8

/* The header of UDP. */
struct plug_udp {
    uint16_t sport, dport;
    uint16_t len;      /* header and payload */
    uint16_t checksum; /* 0: none */
    unsigned given;    /* enum plug_given, for the builder */
};

/* Reads the header. Returns 8; PLUG_EPACKET_SHORT, PLUG_EPACKET_BAD (a length below 8). */
PLUG_API PLUG_MUST int plug_udp_parse(const void *bytes, size_t len, struct plug_udp *ret_header);

/*
 * How many bytes of payload follow the header, when len bytes begin with it. PLUG_EPACKET_SHORT
 * when the header's len tells of more than there are.
 */
PLUG_API PLUG_MUST int plug_udp_payload_len(const struct plug_udp *header, size_t len);

/*
 * Writes header and payload; returns their length. Without a pseudo-header (NULL) the checksum is
 * 0. The payload may already lie at its place in buf. -ENOSPC, PLUG_ERANGE (more than 65535 bytes).
 */
PLUG_API PLUG_MUST int plug_udp_build(const struct plug_udp *header,
                                      const struct plug_pseudo *pseudo, const void *payload,
                                      size_t payload_len, void *buf, size_t size);

/*
 * Is the checksum of a whole datagram right? 1, 0: none at all is right over IPv4 and wrong over
 * IPv6 (RFC 8200 8.1). Errors as plug_udp_parse and plug_udp_payload_len. *ret_right (NULL: not
 * wanted) is what it should be.
 */
PLUG_API PLUG_MUST int plug_udp_verify(const struct plug_pseudo *pseudo, const void *bytes,
                                       size_t len, uint16_t *ret_right);

PLUG_END_DECLS
#endif
