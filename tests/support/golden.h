/* SPDX-License-Identifier: MIT */
#ifndef GOLDEN_H
#define GOLDEN_H
/* Packets that others computed (scapy 2.5), and what tests of headers do with them. */
#include "t.h"
#include <string.h>

/* The bytes of a text in hexadecimal; they end at an unreadable page. */
static inline const uint8_t *golden(const char *hex, size_t *ret_len)
{
    size_t len = strlen(hex) / 2;
    uint8_t *bytes = t_guarded_room(len);

    T_EQ(plug_hex_decode(hex, strlen(hex), 0, bytes, len, NULL), len);
    *ret_len = len;
    return bytes;
}

/* The len bytes at bytes are what the text says. */
static inline void golden_same(const void *bytes, size_t len, const char *hex)
{
    char text[2 * 2048 + 1];

    T_TRUE(len <= 2048);
    plug_hex_encode(bytes, len, text, sizeof text);
    T_STR(text, hex);
}

/* A copy of bytes with one of them changed; it ends at an unreadable page. */
static inline const uint8_t *golden_changed(const uint8_t *bytes, size_t len, size_t at, uint8_t to)
{
    uint8_t *copy = t_guarded(bytes, len);
    copy[at] = to;
    return copy;
}

#endif
