/* SPDX-License-Identifier: MIT */
#include "net/addr_parts.h"
#include <string.h>

static const uint8_t mapped_prefix[12] = {[10] = 0xFF, [11] = 0xFF};

static int addr_order(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* Two runs of bytes: as memcmp, a beginning comes before what it begins. */
static int addr_order_bytes(const void *a, size_t alen, const void *b, size_t blen)
{
    size_t n = alen < blen ? alen : blen;
    int order = n > 0 ? memcmp(a, b, n) : 0;

    return order != 0 ? (order < 0 ? -1 : 1) : addr_order(alen, blen);
}

/* Everything but the port. */
static int addr_compare_host(const struct plug_addr *a, const struct plug_addr *b)
{
    int64_t an[PLUG_ADDR_NUMBERS], bn[PLUG_ADDR_NUMBERS];
    size_t alen, blen;
    const void *abytes = plug_addr_bytes(a, &alen), *bbytes = plug_addr_bytes(b, &blen);
    size_t acount = plug_addr_numbers(a, an), bcount = plug_addr_numbers(b, bn);
    int order = addr_order(a->sa.sa_family, b->sa.sa_family);

    if (order == 0)
        order = addr_order_bytes(abytes, alen, bbytes, blen);
    for (size_t i = 0; order == 0 && i < acount && i < bcount; i++)
        order = an[i] < bn[i] ? -1 : an[i] > bn[i];
    if (order == 0)
        order = addr_order(acount, bcount);
    if (order == 0)
        order = addr_order(plug_addr_scope(a), plug_addr_scope(b));
    if (order == 0 && !abytes && acount == 0) /* a family we know nothing of */
        order = addr_order_bytes(&a->ss, a->len, &b->ss, b->len);
    return order;
}

int plug_addr_compare(const struct plug_addr *a, const struct plug_addr *b)
{
    int order = addr_compare_host(a, b);

    return order != 0 ? order : addr_order(plug_addr_port(a), plug_addr_port(b));
}

bool plug_addr_equal(const struct plug_addr *a, const struct plug_addr *b)
{
    return plug_addr_compare(a, b) == 0;
}

bool plug_addr_same_host(const struct plug_addr *a, const struct plug_addr *b)
{
    struct plug_addr x = *a, y = *b;

    plug_addr_unmap(&x);
    plug_addr_unmap(&y);
    return addr_compare_host(&x, &y) == 0;
}

/* FNV-1a, then the finalizer of MurmurHash3, so that the low bits are as good as the high ones. */
static uint64_t addr_hash_bytes(uint64_t h, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 0x100000001B3u;
    return h;
}

static uint64_t addr_hash_number(uint64_t h, uint64_t value)
{
    uint8_t bytes[8]; /* the same on every byte order */

    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    return addr_hash_bytes(h, bytes, sizeof bytes);
}

uint64_t plug_addr_hash(const struct plug_addr *a)
{
    int64_t number[PLUG_ADDR_NUMBERS];
    size_t len, count = plug_addr_numbers(a, number);
    const void *bytes = plug_addr_bytes(a, &len);
    uint64_t h = addr_hash_number(0xCBF29CE484222325u, a->sa.sa_family);

    h = addr_hash_bytes(h, bytes, len);
    for (size_t i = 0; i < count; i++)
        h = addr_hash_number(h, (uint64_t)number[i]);
    h = addr_hash_number(h, plug_addr_scope(a));
    h = addr_hash_number(h, plug_addr_port(a));
    h = (h ^ (h >> 33)) * 0xFF51AFD7ED558CCDu;
    h = (h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53u;
    return h ^ (h >> 33);
}

bool plug_addr_unmap(struct plug_addr *a)
{
    const uint8_t *bytes = plug_addr_bytes(a, NULL);

    if (a->sa.sa_family != AF_INET6 || memcmp(bytes, mapped_prefix, sizeof mapped_prefix) != 0)
        return false;
    plug_addr_ip4(bytes + sizeof mapped_prefix, plug_addr_port(a), a);
    return true;
}

bool plug_addr_map(struct plug_addr *a)
{
    uint8_t bytes[16];

    if (a->sa.sa_family != AF_INET)
        return false;
    memcpy(bytes, mapped_prefix, sizeof mapped_prefix);
    memcpy(bytes + sizeof mapped_prefix, plug_addr_bytes(a, NULL), 4);
    return plug_addr_ip6(bytes, plug_addr_port(a), 0, 0, a) == 0;
}
