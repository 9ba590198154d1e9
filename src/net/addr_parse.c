/* SPDX-License-Identifier: MIT */
#include "net/addr_parts.h"
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/text.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

/* --- IPv4 ------------------------------------------------------------------------------- */

/* One decimal part without leading zeros; its length, 0 when there is none. */
static size_t ip4_part(const char *text, size_t len, uint8_t *ret_part)
{
    unsigned value = 0;
    size_t n = 0;

    while (n < len && text[n] >= '0' && text[n] <= '9') {
        if (n > 0 && value == 0)
            return 0;
        value = value * 10 + (unsigned)(text[n++] - '0');
        if (value > 255)
            return 0;
    }
    *ret_part = (uint8_t)value;
    return n;
}

int plug__ip4_parse(const char *text, size_t len, uint8_t ret_bytes[4])
{
    size_t at = 0;

    for (int i = 0; i < 4; i++) {
        size_t n;

        if (i > 0 && (at == len || text[at++] != '.'))
            return PLUG_EADDR;
        n = ip4_part(text + at, len - at, &ret_bytes[i]);
        if (n == 0)
            return PLUG_EADDR;
        at += n;
    }
    return at == len ? 0 : PLUG_EADDR;
}

/* --- IPv6 (RFC 4291 2.2) ---------------------------------------------------------------- */

struct ip6_parser {
    const char *text;
    size_t len, at;
    uint8_t bytes[16];
    size_t used; /* bytes filled so far */
    int gap;     /* where "::" stood, -1: nowhere */
};

static int ip6_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One to four hexadecimal digits; their count. */
static size_t ip6_group(const struct ip6_parser *p, unsigned *ret_value)
{
    size_t n = 0;
    int digit;

    *ret_value = 0;
    while (n < 5 && p->at + n < p->len && (digit = ip6_hex_digit(p->text[p->at + n])) >= 0) {
        *ret_value = *ret_value << 4 | (unsigned)digit;
        n++;
    }
    return n <= 4 ? n : 0;
}

/* A group, or the dotted IPv4 form, which ends the address. */
static bool ip6_field(struct ip6_parser *p)
{
    unsigned value;
    size_t n = ip6_group(p, &value);

    if (n == 0)
        return false;
    if (p->at + n < p->len && p->text[p->at + n] == '.') {
        if (p->used > 12 || plug__ip4_parse(p->text + p->at, p->len - p->at, p->bytes + p->used))
            return false;
        p->used += 4;
        p->at = p->len;
        return true;
    }
    if (p->used > 14)
        return false;
    p->bytes[p->used++] = (uint8_t)(value >> 8);
    p->bytes[p->used++] = (uint8_t)value;
    p->at += n;
    return true;
}

/* "::" at this place? Only one is allowed. */
static bool ip6_gap(struct ip6_parser *p)
{
    if (p->gap >= 0 || p->len - p->at < 2 || p->text[p->at] != ':' || p->text[p->at + 1] != ':')
        return false;
    p->gap = (int)p->used;
    p->at += 2;
    return true;
}

static bool ip6_fields(struct ip6_parser *p)
{
    if (ip6_gap(p) && p->at == p->len)
        return true;
    for (;;) {
        if (!ip6_field(p))
            return false;
        if (p->at == p->len)
            return true;
        if (ip6_gap(p)) {
            if (p->at == p->len)
                return true;
        } else if (p->text[p->at++] != ':') {
            return false;
        }
    }
}

int plug__ip6_parse(const char *text, size_t len, uint8_t ret_bytes[16])
{
    struct ip6_parser p = {.text = text, .len = len, .gap = -1};
    size_t head;

    if (!ip6_fields(&p))
        return PLUG_EADDR;
    if (p.gap < 0 ? p.used != 16 : p.used == 16) /* "::" stands for at least one group */
        return PLUG_EADDR;
    head = p.gap < 0 ? 16 : (size_t)p.gap;
    memset(ret_bytes, 0, 16);
    memcpy(ret_bytes, p.bytes, head);
    memcpy(ret_bytes + 16 - (p.used - head), p.bytes + head, p.used - head);
    return 0;
}

bool plug__ip6_scoped(const uint8_t bytes[16])
{
    if (bytes[0] == 0xFF) /* RFC 4291 2.7: scope 1 is one interface, 2 one link */
        return (bytes[1] & 0x0F) == 1 || (bytes[1] & 0x0F) == 2;
    return bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80;
}

/* --- whole addresses -------------------------------------------------------------------- */

/* RFC 4007 11.2: an index, or the name of an interface where the address has such a scope. */
static int addr_scope_parse(const uint8_t bytes[16], const char *text, size_t len,
                            uint32_t *ret_scope)
{
    char name[IF_NAMESIZE];
    uint64_t number;
    unsigned index;

    if (plug_uint_parse(text, len, UINT32_MAX, &number) == 0) {
        *ret_scope = (uint32_t)number;
        return 0;
    }
    if (len == 0 || len >= sizeof name || !plug__ip6_scoped(bytes))
        return PLUG_ESCOPE;
    memcpy(name, text, len);
    name[len] = '\0';
    index = plug_sys()->if_nametoindex(name);
    if (index == 0)
        return PLUG_ESCOPE;
    *ret_scope = index;
    return 0;
}

static int addr_parse_ip6(const char *text, size_t len, uint16_t port, struct plug_addr *ret_addr)
{
    const char *percent = memchr(text, '%', len);
    size_t iplen = percent ? (size_t)(percent - text) : len;
    uint8_t bytes[16];
    uint32_t scope = 0;
    int err = plug__ip6_parse(text, iplen, bytes);

    if (!err && percent)
        err = addr_scope_parse(bytes, percent + 1, len - iplen - 1, &scope);
    return err ? err : plug_addr_ip6(bytes, port, 0, scope, ret_addr);
}

int plug__addr_parse_ip(const char *text, size_t len, int family, uint16_t port,
                        struct plug_addr *ret_addr)
{
    uint8_t bytes[4];

    if (family == AF_UNSPEC)
        family = memchr(text, ':', len) ? AF_INET6 : AF_INET;
    if (family == AF_INET6)
        return addr_parse_ip6(text, len, port, ret_addr);
    if (family != AF_INET)
        return -EAFNOSUPPORT;
    if (plug__ip4_parse(text, len, bytes) < 0)
        return PLUG_EADDR;
    plug_addr_ip4(bytes, port, ret_addr);
    return 0;
}

int plug_addr_parse_ip(const char *text, int family, uint16_t port, struct plug_addr *ret_addr)
{
    return plug__addr_parse_ip(text, strlen(text), family, port, ret_addr);
}

/* Where the address ends and what its brackets hold. */
static int addr_split(const char *text, const char **ret_host, size_t *ret_len,
                      const char **ret_rest)
{
    const char *colon = strchr(text, ':');
    const char *end;

    if (text[0] == '[') {
        end = strchr(text, ']');
        if (!end)
            return PLUG_EADDR;
        *ret_host = text + 1;
        *ret_len = (size_t)(end - text - 1);
        *ret_rest = end + 1;
        return AF_INET6;
    }
    /* two colons are an IPv6 address: its port would need brackets */
    end = colon && !strchr(colon + 1, ':') ? colon : text + strlen(text);
    *ret_host = text;
    *ret_len = (size_t)(end - text);
    *ret_rest = end;
    return AF_UNSPEC;
}

int plug_addr_parse(const char *text, struct plug_addr *ret_addr)
{
    struct plug_addr a;
    const char *host, *rest;
    uint64_t port = 0;
    size_t len;
    int family = addr_split(text, &host, &len, &rest);
    int err = family < 0 ? family : plug__addr_parse_ip(host, len, family, 0, &a);

    if (err)
        return err;
    if (*rest != '\0' && *rest != ':')
        return PLUG_EADDR;
    if (*rest == ':' && plug_uint_parse(rest + 1, strlen(rest + 1), UINT16_MAX, &port) < 0)
        return PLUG_EPORT;
    err = plug_addr_set_port(&a, (uint16_t)port);
    if (!err)
        *ret_addr = a;
    return err;
}

/* --- bare bytes ------------------------------------------------------------------------- */

int plug_inet_aton(const char *text, uint8_t ret_bytes[4])
{
    struct in_addr in;

    if (!inet_aton(text, &in))
        return PLUG_EADDR;
    memcpy(ret_bytes, &in, 4);
    return 0;
}

int plug_inet_pton(int family, const char *text, void *ret_bytes, size_t len)
{
    uint8_t bytes[16];
    size_t need = family == AF_INET ? 4 : 16;
    int err;

    if (family != AF_INET && family != AF_INET6)
        return -EAFNOSUPPORT;
    if (len < need)
        return -ENOSPC;
    err = family == AF_INET ? plug__ip4_parse(text, strlen(text), bytes)
                            : plug__ip6_parse(text, strlen(text), bytes);
    if (!err)
        memcpy(ret_bytes, bytes, need);
    return err;
}
