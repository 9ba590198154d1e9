/* SPDX-License-Identifier: MIT */
#include "wire/packet_print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REPEAT_MIN 8 /* bytes that are all the same are written once, with how often */

void plug__print_text(struct plug__print *o, const char *text, size_t len)
{
    if (o->used < o->len)
        memcpy(o->buf + o->used, text, len < o->len - o->used ? len : o->len - o->used);
    o->used += len;
}

void plug__print_char(struct plug__print *o, char c, size_t times)
{
    while (times-- > 0)
        plug__print_text(o, &c, 1);
}

void plug__print(struct plug__print *o, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n > 0)
        plug__print_text(o, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

size_t plug__print_end(struct plug__print *o)
{
    if (o->len > 0)
        o->buf[o->used < o->len ? o->used : o->len - 1] = '\0';
    return o->used;
}

static bool repeats(const uint8_t *bytes, size_t len)
{
    return len >= REPEAT_MIN && memcmp(bytes, bytes + 1, len - 1) == 0;
}

void plug__print_hex(struct plug__print *o, const char *prefix, const uint8_t *bytes, size_t len)
{
    bool once = repeats(bytes, len);
    plug__print(o, "%s", prefix);
    for (size_t i = 0; i < (once ? 1 : len); i++) {
        const char digits[] = "0123456789abcdef";
        plug__print_char(o, digits[bytes[i] >> 4], 1);
        plug__print_char(o, digits[bytes[i] & 15], 1);
    }
    if (once)
        plug__print(o, "*%zu", len);
}

/* The letter of an escape for a byte, or 0. */
static char escape(uint8_t byte)
{
    const char from[] = "\n\r\t\\\"", to[] = "nrt\\\"";
    const char *at = byte ? strchr(from, byte) : NULL;
    return at ? to[at - from] : 0;
}

static void out_quoted(struct plug__print *o, const uint8_t *bytes, size_t len)
{
    plug__print_char(o, '"', 1);
    for (size_t i = 0; i < len; i++) {
        if (escape(bytes[i]))
            plug__print(o, "\\%c", escape(bytes[i]));
        else if (bytes[i] >= 0x20 && bytes[i] < 0x7f)
            plug__print_char(o, (char)bytes[i], 1);
        else
            plug__print(o, "\\x%02x", bytes[i]);
    }
    plug__print_char(o, '"', 1);
}

/* Mostly text? */
static bool readable(const uint8_t *bytes, size_t len)
{
    size_t odd = 0;
    for (size_t i = 0; i < len; i++)
        odd += !escape(bytes[i]) && (bytes[i] < 0x20 || bytes[i] >= 0x7f);
    return odd <= len / 4;
}

void plug__print_payload(struct plug__print *o, const uint8_t *bytes, size_t len)
{
    bool once = repeats(bytes, len);
    if (!readable(bytes, len)) {
        plug__print_hex(o, "hex:", bytes, len);
        return;
    }
    out_quoted(o, bytes, once ? 1 : len);
    if (once)
        plug__print(o, "*%zu", len);
}
