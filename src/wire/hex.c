/* SPDX-License-Identifier: MIT */
/* Hexadecimal text. Decoding runs twice, to check and then to write: a bad text writes nothing. */
#include <plug/err.h>
#include <plug/hex.h>
#include <string.h>

size_t plug_hex_encode(const void *bytes, size_t len, char *buf, size_t buflen)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *b = bytes;
    size_t fit = buflen ? (buflen - 1) / 2 : 0;

    if (fit > len)
        fit = len;
    for (size_t i = 0; i < fit; i++) {
        buf[2 * i] = digits[b[i] >> 4];
        buf[2 * i + 1] = digits[b[i] & 15];
    }
    if (buflen)
        buf[2 * fit] = '\0';
    return 2 * len;
}

/* -1 when the text ends at at, or has no digit there */
static int digit(const char *text, size_t len, size_t at)
{
    char c = at < len ? text[at] : '\0';

    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The number of bytes, which go to out unless it is NULL; or PLUG_EHEX and where. */
static ssize_t scan(const char *text, size_t len, unsigned flags, uint8_t *out, size_t *ret_where)
{
    size_t at = 0, n = 0;
    bool joined = false; /* a byte ends right before at */

    while (at < len) {
        if (flags & PLUG_HEX_SPACE && memchr(" \t\r\n", text[at], 4)) {
            joined = false;
            at++;
            continue;
        }
        if (flags & PLUG_HEX_COLON && joined && text[at] == ':')
            at++;
        int high = digit(text, len, at);
        int low = high < 0 ? -1 : digit(text, len, ++at);
        if (low < 0) {
            *ret_where = at;
            return PLUG_EHEX;
        }
        joined = true;
        at++;
        if (out)
            out[n] = (uint8_t)(high << 4 | low);
        n++;
    }
    return (ssize_t)n;
}

ssize_t plug_hex_decode(const char *text, size_t len, unsigned flags, void *ret_buf, size_t buflen,
                        size_t *ret_where)
{
    size_t where;

    if (flags & ~(unsigned)(PLUG_HEX_SPACE | PLUG_HEX_COLON))
        return PLUG_EOPTS;
    ssize_t n = scan(text, len, flags, NULL, &where);
    if (n < 0 && ret_where)
        *ret_where = where;
    if (n < 0 || !ret_buf)
        return n;
    if ((size_t)n > buflen)
        return -ENOSPC;
    return scan(text, len, flags, ret_buf, &where);
}
