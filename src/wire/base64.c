/* SPDX-License-Identifier: MIT */
/* Base64 text. Decoding runs twice, to check and then to write: a bad text writes nothing. */
#include <plug/base64.h>
#include <plug/err.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static char character(unsigned value, unsigned flags)
{
    if (value < 62)
        return alphabet[value];
    if (flags & PLUG_BASE64_URL)
        return value == 62 ? '-' : '_';
    return value == 62 ? '+' : '/';
}

/* One group of 1 to 3 bytes; returns its length, 2 to 4 characters. */
static size_t encode_group(const uint8_t *b, size_t len, unsigned flags, char out[4])
{
    uint32_t bits = (uint32_t)b[0] << 16;

    if (len > 1)
        bits |= (uint32_t)b[1] << 8;
    if (len > 2)
        bits |= b[2];
    for (size_t i = 0; i < 4; i++)
        out[i] = i <= len ? character(bits >> (18 - 6 * i) & 63, flags) : '=';
    return flags & PLUG_BASE64_NOPAD ? len + 1 : 4;
}

size_t plug_base64_encode(const void *bytes, size_t len, unsigned flags, char *buf, size_t buflen)
{
    const uint8_t *b = bytes;
    size_t tail = len % 3;
    size_t whole = len / 3 * 4 + (tail == 0 ? 0 : flags & PLUG_BASE64_NOPAD ? tail + 1 : 4);
    size_t n = 0;

    while (len > 0) {
        char group[4];
        size_t take = len < 3 ? len : 3;
        size_t chars = encode_group(b, take, flags, group);
        if (n + chars >= buflen)
            break;
        memcpy(buf + n, group, chars);
        n += chars;
        b += take;
        len -= take;
    }
    if (buflen)
        buf[n] = '\0';
    return whole;
}

/* 0 to 63, or -1 */
static int value(char c, unsigned flags)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (flags & PLUG_BASE64_URL ? '-' : '+'))
        return 62;
    if (c == (flags & PLUG_BASE64_URL ? '_' : '/'))
        return 63;
    return -1;
}

/* The decoder. Bits that do not fill a byte yet wait in the low end of bits. */
struct decoder {
    const char *text;
    size_t len, at; /* at: the next character that is not skipped */
    unsigned flags;
    uint32_t bits;
    unsigned waiting, chars; /* bits that wait; characters so far, modulo 4 */
    size_t last;             /* where the last character stood */
};

static void advance(struct decoder *d, size_t step)
{
    d->at += step;
    while (d->flags & PLUG_BASE64_SPACE && d->at < d->len && memchr(" \t\r\n", d->text[d->at], 4))
        d->at++;
}

/* The bytes up to the first character that is none of the alphabet's; to out unless it is NULL. */
static size_t decode(struct decoder *d, uint8_t *out)
{
    size_t n = 0;
    int v;

    while (d->at < d->len && (v = value(d->text[d->at], d->flags)) >= 0) {
        d->last = d->at;
        d->bits = d->bits << 6 | (uint32_t)v;
        d->waiting += 6;
        d->chars = (d->chars + 1) % 4;
        advance(d, 1);
        if (d->waiting < 8)
            continue;
        d->waiting -= 8;
        if (out)
            out[n] = (uint8_t)(d->bits >> d->waiting);
        n++;
    }
    return n;
}

/* The padding and the end. True, or false with the place of the mistake in d->at. */
static bool finish(struct decoder *d)
{
    unsigned pad = d->flags & PLUG_BASE64_NOPAD ? 0 : (4 - d->chars) % 4;

    if (d->chars == 1 || (pad ? d->at == d->len || d->text[d->at] != '=' : d->at < d->len))
        return false;
    if (d->bits & ((1u << d->waiting) - 1)) {
        d->at = d->last;
        return false;
    }
    for (; pad > 0 && d->at < d->len && d->text[d->at] == '='; pad--)
        advance(d, 1);
    return pad == 0 && d->at == d->len;
}

ssize_t plug_base64_decode(const char *text, size_t len, unsigned flags, void *ret_buf,
                           size_t buflen, size_t *ret_where)
{
    struct decoder d = {.text = text, .len = len, .flags = flags};

    if (flags & ~(unsigned)(PLUG_BASE64_URL | PLUG_BASE64_NOPAD | PLUG_BASE64_SPACE))
        return PLUG_EOPTS;
    advance(&d, 0);
    struct decoder writer = d;
    size_t n = decode(&d, NULL);
    if (!finish(&d)) {
        if (ret_where)
            *ret_where = d.at;
        return PLUG_EBASE64;
    }
    if (!ret_buf)
        return (ssize_t)n;
    if (n > buflen)
        return -ENOSPC;
    return (ssize_t)decode(&writer, ret_buf);
}
