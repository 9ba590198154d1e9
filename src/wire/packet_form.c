/* SPDX-License-Identifier: MIT */
/* The data of options, from text. */
#include "wire/packet_number.h"
#include "wire/packet_option.h"

#include <arpa/inet.h>
#include <plug/bytes.h>
#include <plug/hex.h>
#include <string.h>

/* Up to the next separator: the length of the first part; *text and *len move behind it. */
static size_t part(const char **text, size_t *len, char separator, const char **ret_part)
{
    const char *end = *len ? memchr(*text, separator, *len) : NULL;
    size_t n = end ? (size_t)(end - *text) : *len;
    *ret_part = *text;
    *text += n + (end != NULL);
    *len -= n + (end != NULL);
    return n;
}

static bool number(const char *text, size_t len, uint64_t max, uint64_t *ret_value)
{
    return plug__number(text, len, max, ret_value) == 0;
}

static int read_number(const char *text, size_t len, size_t bytes, uint8_t *data)
{
    uint64_t value;
    if (!number(text, len, (UINT64_C(1) << 8 * bytes) - 1, &value))
        return -1;
    plug__bits_put(data, 0, (unsigned)(8 * bytes), value);
    return (int)bytes;
}

/* Exactly count numbers with separators between them, widths in bits, packed. */
static bool packed(const char *text, size_t len, char separator, const uint8_t *bits, size_t count,
                   uint8_t *data)
{
    unsigned at = 0;
    for (size_t i = 0; i < count; at += bits[i++]) {
        const char *one;
        size_t n = part(&text, &len, separator, &one);
        uint64_t value;
        if (!number(one, n, (UINT64_C(1) << bits[i]) - 1, &value))
            return false;
        plug__bits_put(data, at, bits[i], value);
    }
    return len == 0 && text[-1] != separator;
}

/* Groups with a colon between them, each of size bytes. */
static int groups(const char *text, size_t len, const uint8_t *bits, size_t count, size_t bytes,
                  uint8_t *data, size_t size)
{
    size_t used = 0;
    do {
        const char *one;
        size_t n = part(&text, &len, ':', &one);
        if (size - used < bytes || !packed(one, n, '-', bits, count, data + used))
            return -1;
        used += bytes;
    } while (len > 0);
    return text[-1] == ':' ? -1 : (int)used;
}

static int read_route(const char *text, size_t len, uint8_t *data, size_t size)
{
    const char *one;
    size_t n = part(&text, &len, ':', &one), used = 1;
    if (read_number(one, n, 1, data) < 0)
        return -1;
    while (len > 0) {
        char address[INET_ADDRSTRLEN] = "";
        n = part(&text, &len, ':', &one);
        if (n >= sizeof address || size - used < 4)
            return -1;
        memcpy(address, one, n);
        if (inet_pton(AF_INET, address, data + used) != 1)
            return -1;
        used += 4;
    }
    return (int)used;
}

/* hex:00ff, hex:00*12 */
static int read_hex(const char *text, size_t len, uint8_t *data, size_t size)
{
    const char *digits;
    uint64_t times = 1;
    if (len < 4 || memcmp(text, "hex:", 4) != 0)
        return -1;
    text += 4;
    len -= 4;
    bool repeated = len && memchr(text, '*', len);
    size_t n = part(&text, &len, '*', &digits);
    if (repeated && !number(text, len, size, &times))
        return -1;
    ssize_t got = plug_hex_decode(digits, n, PLUG_HEX_SPACE | PLUG_HEX_COLON, data, size, NULL);
    if (got < 0 || (size_t)got * times > size)
        return -1;
    for (uint64_t i = 1; i < times; i++)
        memcpy(data + i * (size_t)got, data, (size_t)got);
    return (int)((uint64_t)got * times);
}

static int read_mac(const char *text, size_t len, uint8_t *data)
{
    return len == 17 && plug_hex_decode(text, len, PLUG_HEX_COLON, data, 6, NULL) == 6 ? 6 : -1;
}

int plug__form_read(enum plug__form form, const char *text, size_t len, uint8_t *data, size_t size)
{
    static const uint8_t edge[] = {32, 32}, label[] = {20, 3, 1, 8};
    switch (form) {
    case FORM_BARE:
        return -1;
    case FORM_U8:
        return read_number(text, len, 1, data);
    case FORM_U16:
        return read_number(text, len, 2, data);
    case FORM_U32:
        return read_number(text, len, 4, data);
    case FORM_MTU:
        memset(data, 0, 2);
        return read_number(text, len, 4, data + 2) < 0 ? -1 : 6;
    case FORM_STAMPS:
        return packed(text, len, ':', edge, 2, data) ? 8 : -1;
    case FORM_EDGES:
        return groups(text, len, edge, 2, 8, data, size);
    case FORM_LABELS:
        return groups(text, len, label, 4, 4, data, size);
    case FORM_ROUTE:
        return read_route(text, len, data, size);
    case FORM_MAC:
        return read_mac(text, len, data);
    case FORM_HEX:
        return read_hex(text, len, data, size);
    }
    return -1;
}
