/* SPDX-License-Identifier: MIT */
/* The text of one target: an address, a prefix, a range. */
#include "app/targets_impl.h"
#include "net/addr_parts.h"
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/text.h>
#include <stdio.h>
#include <string.h>

#define MAPPED ((plug__ip)0xFFFF << 32)

plug__ip plug__ip_of_bytes(int family, const void *bytes)
{
    if (family == AF_INET)
        return MAPPED | plug_get_be32(bytes);
    return (plug__ip)plug_get_be64(bytes) << 64 | plug_get_be64((const uint8_t *)bytes + 8);
}

bool plug__ip_of_addr(const struct plug_addr *a, plug__ip *ret_ip, uint32_t *ret_scope)
{
    int family = plug_addr_family(a);
    bool ip = family == AF_INET || family == AF_INET6;

    *ret_ip = ip ? plug__ip_of_bytes(family, plug_addr_bytes(a, NULL)) : 0;
    *ret_scope = plug_addr_scope(a);
    return ip;
}

void plug__addr_of_ip(plug__ip ip, uint32_t scope, struct plug_addr *ret_addr)
{
    uint8_t bytes[16];

    plug_put_be64(bytes, (uint64_t)(ip >> 64));
    plug_put_be64(bytes + 8, (uint64_t)ip);
    if (ip >> 32 == MAPPED >> 32)
        plug_addr_ip4(bytes + 12, 0, ret_addr);
    else
        (void)!plug_addr_ip6(bytes, 0, 0, scope, ret_addr); /* there is no flow label to refuse */
}

/* A mapped address is the IPv4 address that it maps. */
static int address_parse(const char *text, size_t len, struct plug_addr *ret_addr)
{
    int r = plug__addr_parse_ip(text, len, AF_UNSPEC, 0, ret_addr);

    if (r == 0)
        plug_addr_unmap(ret_addr);
    return r == PLUG_EADDR ? PLUG_ETARGET : r;
}

/* --- prefixes --------------------------------------------------------------------------------- */

static int prefix_parse(const char *text, size_t len, const char *slash,
                        struct plug_target *ret_target)
{
    size_t at = (size_t)(slash - text), digits = len - at - 1;
    unsigned width = memchr(text, ':', at) ? 128 : 32;
    struct plug_addr a;
    uint64_t bits;
    uint32_t scope;
    plug__ip ip, rest;
    int r = address_parse(text, at, &a);

    if (r < 0)
        return r;
    if (plug_uint_parse(slash + 1, digits, width, &bits) < 0 || (slash[1] == '0' && digits > 1))
        return PLUG_ETARGET;
    plug__ip_of_addr(&a, &ip, &scope);
    rest = bits == 0 && width == 128 ? ~(plug__ip)0 : ((plug__ip)1 << (width - bits)) - 1;
    plug__addr_of_ip(ip & ~rest, scope, &ret_target->first);
    plug__addr_of_ip(ip | rest, scope, &ret_target->last);
    return 0;
}

/* --- ranges ----------------------------------------------------------------------------------- */

/* What stands behind the hyphen may be the last part alone, in the way of the family. */
static int last_part(const struct plug_addr *first, const char *text, size_t len, plug__ip *ret_ip)
{
    char group[8] = "::";
    uint8_t bytes[16];
    uint64_t number;
    uint32_t scope;

    plug__ip_of_addr(first, ret_ip, &scope);
    if (plug_addr_family(first) == AF_INET) {
        if (plug_uint_parse(text, len, 255, &number) < 0 || (text[0] == '0' && len > 1))
            return PLUG_ETARGET;
        *ret_ip = (*ret_ip & ~(plug__ip)0xFF) | number;
        return 0;
    }
    if (len > 4 || memchr(text, ':', len))
        return PLUG_ETARGET;
    memcpy(group + 2, text, len);
    if (plug__ip6_parse(group, len + 2, bytes) < 0)
        return PLUG_ETARGET;
    *ret_ip = (*ret_ip & ~(plug__ip)0xFFFF) | plug_get_be16(bytes + 14);
    return 0;
}

/* The last address of a range that begins with first; its scope goes without saying. */
static int range_end(const struct plug_addr *first, const char *text, size_t len, plug__ip *ret_ip)
{
    uint32_t scope = plug_addr_scope(first), end_scope;
    struct plug_addr end;

    if (last_part(first, text, len, ret_ip) == 0)
        return 0;
    if (len == 0 || address_parse(text, len, &end) < 0 ||
        plug_addr_family(&end) != plug_addr_family(first))
        return PLUG_ETARGET;
    plug__ip_of_addr(&end, ret_ip, &end_scope);
    return end_scope == 0 || end_scope == scope ? 0 : PLUG_ETARGET;
}

/* A hyphen may also belong to the name of an interface: the first that makes sense splits. */
static int range_parse(const char *text, size_t len, struct plug_target *ret_target)
{
    struct plug_addr first;
    plug__ip from, to;
    uint32_t scope;

    for (size_t at = 0; at < len; at++) {
        if (text[at] != '-' || address_parse(text, at, &first) < 0 ||
            range_end(&first, text + at + 1, len - at - 1, &to) < 0)
            continue;
        plug__ip_of_addr(&first, &from, &scope);
        if (to < from)
            return PLUG_ETARGET;
        ret_target->first = first;
        plug__addr_of_ip(to, scope, &ret_target->last);
        return 0;
    }
    return PLUG_ETARGET;
}

int plug_target_parse(const char *text, size_t len, struct plug_target *ret_target)
{
    const char *slash = memchr(text, '/', len);
    struct plug_addr a;
    int r;

    if (len > PLUG_TARGET_TEXT_MAX)
        return PLUG_ETARGET;
    if (slash)
        return prefix_parse(text, len, slash, ret_target);
    r = address_parse(text, len, &a);
    if (r < 0)
        return range_parse(text, len, ret_target) == 0 ? 0 : r;
    ret_target->first = ret_target->last = a;
    return 0;
}

/* --- how many --------------------------------------------------------------------------------- */

size_t plug_target_count_text(const struct plug_target *target, char *buf, size_t len)
{
    char digits[1 + PLUG_TARGET_COUNT_TEXT]; /* one more, for a carry */
    size_t at = sizeof digits - 1;
    uint32_t scope;
    plug__ip first, last, left;

    plug__ip_of_addr(&target->first, &first, &scope);
    plug__ip_of_addr(&target->last, &last, &scope);
    left = last - first;
    digits[at] = '\0';
    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    /* one more than the difference; added to the text, for the number may not hold it: 2^128 */
    digits[at - 1] = '0';
    for (size_t i = sizeof digits - 2; digits[i]++ == '9'; i--)
        digits[i] = '0';
    at -= digits[at - 1] != '0';
    return (size_t)snprintf(buf, len, "%s", digits + at);
}
