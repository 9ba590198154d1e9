/* SPDX-License-Identifier: MIT */
#ifndef WIRE_PACKET_SUM_H
#define WIRE_PACKET_SUM_H
/*
 * What the builders of headers share. A header is made in words of 64 bits, which are summed while
 * they are in registers: reading back what was just stored in smaller pieces would stall.
 */
#include "wire/checksum.h"
#include <plug/ip.h>
#include <plug/option.h>
#include <netinet/in.h>

/* Options that a header of IPv4 or TCP can have. */
static inline bool plug__options_fit(size_t len)
{
    return len <= PLUG_OPTIONS_MAX && len % 4 == 0;
}

/* The sum of bytes, as a number: 0 to 65535. Few of them, or none, as in most headers. */
static inline uint64_t plug__sum_short(const void *bytes, size_t len)
{
    return len ? plug_ntoh16(plug__checksum_fold(plug__checksum_words(0, bytes, len))) : 0;
}

/* Any number of bytes. */
static inline uint64_t plug__sum(const void *bytes, size_t len)
{
    return len ? (uint16_t)~plug_checksum(bytes, len) : 0;
}

static inline uint64_t plug__sum_pseudo(const struct plug_pseudo *p, uint8_t protocol, uint32_t len)
{
    uint64_t sum = (uint64_t)protocol + len;

    if (p->family == AF_INET)
        return sum + plug_get_be32(p->src) + plug_get_be32(p->dst);
    return sum + plug__sum_short(p->src, 16) + plug__sum_short(p->dst, 16);
}

static inline uint16_t plug__sum_finish(uint64_t sum)
{
    return (uint16_t)~plug__checksum_fold(sum);
}

/* The same, but for the two bytes of the checksum at an even place. */
static inline uint64_t plug__sum_without(const uint8_t *bytes, size_t len, size_t checksum_at)
{
    size_t behind = checksum_at + 2;
    return plug__sum(bytes, checksum_at) + plug__sum(bytes + behind, len - behind);
}

/* Does checksum belong to bytes that sum up to sum without it? */
static inline int plug__sum_verdict(uint64_t sum, uint16_t checksum, uint16_t *ret_right)
{
    if (ret_right)
        *ret_right = plug__sum_finish(sum);
    return plug__checksum_fold(sum + checksum) == 0xffff;
}

/* Puts the payload behind a header, unless it lies there already. */
static inline void plug__payload_put(uint8_t *to, const void *payload, size_t len)
{
    if (len > 0 && to != payload)
        memmove(to, payload, len);
}

#endif
