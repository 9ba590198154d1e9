/* SPDX-License-Identifier: MIT */
#ifndef WIRE_ICMP_PARTS_H
#define WIRE_ICMP_PARTS_H
#include <plug/icmp.h>

#define PLUG__ICMP_EXT_HEADER 4 /* version, reserved, checksum */

/*
 * Where in word the length of the quote stands, and what it counts (RFC 4884 4): bits to shift,
 * bytes of a unit. unit 0: the type has no extensions.
 */
struct plug__icmp_quote_len {
    unsigned shift, unit;
};
struct plug__icmp_quote_len plug__icmp_quote_len(int family, uint8_t type);

/* The bytes of body that are the quote; all when there is no length, or one that lies. */
size_t plug__icmp_quote_bytes(const struct plug_icmp *message);

#endif
