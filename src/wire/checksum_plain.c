/* SPDX-License-Identifier: MIT */
/* RFC 1071, word for word. What the other variants are compared with. */
#include "wire/checksum.h"

static uint16_t sum(const uint8_t *bytes, size_t len)
{
    uint32_t s = 0;

    for (size_t i = 0; i < len; i++) {
        s += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
        s = (s >> 16) + (s & 0xffff);
    }
    return (uint16_t)s;
}

const struct plug__checksum_variant plug__checksum_plain = {"plain", NULL, sum};
