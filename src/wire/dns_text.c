/* SPDX-License-Identifier: MIT */
/* The data of DNS records as text, and the names of record types. */
#include "wire/dns_message.h"

#include <arpa/inet.h>
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/text.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Reads the data of one record and writes its text; the first mistake makes the rest do nothing. */
struct printer {
    const struct plug__dns *m;
    size_t at, end;
    char *buf;
    size_t len, used;
    bool bad;
};

/* --- writing -------------------------------------------------------------------------------- */

static void put_char(struct printer *p, char c)
{
    if (p->used + 1 < p->len)
        p->buf[p->used] = c;
    p->used++;
}

static void put_text(struct printer *p, const char *text)
{
    while (*text)
        put_char(p, *text++);
}

PLUG_PRINTF(2, 3) static void put(struct printer *p, const char *fmt, ...)
{
    char text[64];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    put_text(p, text);
}

/* --- reading -------------------------------------------------------------------------------- */

/* n bytes of the data, or NULL and bad. */
static const uint8_t *take(struct printer *p, size_t n)
{
    if (p->bad || p->end - p->at < n) {
        p->bad = true;
        return NULL;
    }
    p->at += n;
    return p->m->bytes + p->at - n;
}

static void number8(struct printer *p)
{
    const uint8_t *b = take(p, 1);
    if (b)
        put(p, "%u", b[0]);
}

static void number16(struct printer *p)
{
    const uint8_t *b = take(p, 2);
    if (b)
        put(p, "%u", plug_get_be16(b));
}

static void number32(struct printer *p)
{
    const uint8_t *b = take(p, 4);
    if (b)
        put(p, "%u", plug_get_be32(b));
}

static void name(struct printer *p)
{
    char text[PLUG__DNS_NAME_TEXT];
    if (p->bad || plug__dns_name(p->m, &p->at, text) < 0 || p->at > p->end)
        p->bad = true;
    else
        put_text(p, text);
}

static void quoted(struct printer *p, const uint8_t *bytes, size_t n)
{
    put_char(p, '"');
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] < 0x20 || bytes[i] >= 0x7F) {
            put(p, "\\%03u", bytes[i]);
            continue;
        }
        if (bytes[i] == '"' || bytes[i] == '\\')
            put_char(p, '\\');
        put_char(p, (char)bytes[i]);
    }
    put_char(p, '"');
}

/* <character-string> of RFC 1035 3.3 */
static void string(struct printer *p)
{
    const uint8_t *n = take(p, 1);
    const uint8_t *text = n ? take(p, *n) : NULL;
    if (text)
        quoted(p, text, *n);
}

static void address(struct printer *p, int family, size_t n)
{
    char text[INET6_ADDRSTRLEN];
    const uint8_t *b = take(p, n);
    if (b && inet_ntop(family, b, text, sizeof text))
        put_text(p, text);
}

/* Everything that is left, as RFC 3597 5 writes unknown data. */
static void unknown(struct printer *p)
{
    put(p, "\\# %zu", p->end - p->at);
    if (p->at < p->end)
        put_char(p, ' ');
    for (; p->at < p->end; p->at++)
        put(p, "%02x", p->m->bytes[p->at]);
}

/* --- types ---------------------------------------------------------------------------------- */

static void data_mx(struct printer *p)
{
    number16(p);
    put_char(p, ' ');
    name(p);
}

static void data_srv(struct printer *p)
{
    for (int i = 0; i < 3; i++) {
        number16(p);
        put_char(p, ' ');
    }
    name(p);
}

static void data_soa(struct printer *p)
{
    name(p);
    put_char(p, ' ');
    name(p);
    for (int i = 0; i < 5; i++) {
        put_char(p, ' ');
        number32(p);
    }
}

static void data_strings(struct printer *p)
{
    string(p);
    while (!p->bad && p->at < p->end) {
        put_char(p, ' ');
        string(p);
    }
}

static bool is_alnum(uint8_t c)
{
    uint8_t lower = c | 0x20;
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}

/* RFC 8659 4.1: flags, tag, value */
static void data_caa(struct printer *p)
{
    number8(p);
    const uint8_t *n = take(p, 1);
    const uint8_t *tag = n ? take(p, *n) : NULL;
    if (!tag)
        return;
    put_char(p, ' ');
    for (size_t i = 0; i < *n; i++) {
        p->bad |= !is_alnum(tag[i]);
        put_char(p, (char)tag[i]);
    }
    put_char(p, ' ');
    size_t rest = p->end - p->at;
    const uint8_t *value = take(p, rest);
    if (value)
        quoted(p, value, rest);
}

/* RFC 3403 4.1 */
static void data_naptr(struct printer *p)
{
    number16(p);
    put_char(p, ' ');
    number16(p);
    for (int i = 0; i < 3; i++) {
        put_char(p, ' ');
        string(p);
    }
    put_char(p, ' ');
    name(p);
}

static void data(struct printer *p, unsigned type)
{
    switch (type) {
    case PLUG__DNS_A:
        address(p, AF_INET, 4);
        break;
    case PLUG__DNS_AAAA:
        address(p, AF_INET6, 16);
        break;
    case PLUG__DNS_NS:
    case PLUG__DNS_CNAME:
    case PLUG__DNS_DNAME:
    case PLUG__DNS_PTR:
        name(p);
        break;
    case PLUG__DNS_MX:
        data_mx(p);
        break;
    case PLUG__DNS_SRV:
        data_srv(p);
        break;
    case PLUG__DNS_SOA:
        data_soa(p);
        break;
    case PLUG__DNS_TXT:
    case PLUG__DNS_HINFO:
        data_strings(p);
        break;
    case PLUG__DNS_CAA:
        data_caa(p);
        break;
    case PLUG__DNS_NAPTR:
        data_naptr(p);
        break;
    default:
        unknown(p);
        break;
    }
}

ssize_t plug__dns_data_text(const struct plug__dns *m, const struct plug__dns_rr *rr, char *buf,
                            size_t len)
{
    struct printer p = {m, rr->data_at, rr->data_at + rr->data_len, buf, len, 0, false};

    data(&p, rr->type);
    if (p.bad || p.at != p.end)
        return PLUG_EDNS_BADREPLY;
    if (len)
        buf[p.used < len ? p.used : len - 1] = 0;
    return (ssize_t)p.used;
}

static const struct {
    const char *name;
    uint16_t number;
} types[] = {
#define TYPE_ROW(name, number) {#name, number},
    PLUG__DNS_TYPES(TYPE_ROW)
#undef TYPE_ROW
};

const char *plug__dns_type_name(unsigned type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].number == type)
            return types[i].name;
    }
    return NULL;
}

int plug__dns_type_number(const char *text)
{
    uint64_t number;

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcasecmp(types[i].name, text) == 0)
            return types[i].number;
    }
    if (strncasecmp(text, "TYPE", 4) == 0 &&
        plug_uint_parse(text + 4, strlen(text + 4), UINT16_MAX, &number) == 0)
        return (int)number;
    return -1;
}
