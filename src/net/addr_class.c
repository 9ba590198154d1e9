/* SPDX-License-Identifier: MIT */
#include "net/addr_parts.h"
#include <string.h>

/*
 * The IANA IPv4 and IPv6 Special-Purpose Address Registries, whole (state of 2025), with
 * multicast (RFC 5771, RFC 4291 2.7) and what RFC 4291 leaves reserved. A longer prefix stands
 * before the one it lies in: the first match decides.
 */
struct block {
    uint8_t bytes[16];
    uint8_t bits;
    struct plug_addr_block info;
};

/* clang-format off */
#define BLOCK(prefix, bits, kind, global, name, rfc, ...)                                          \
    {{__VA_ARGS__}, bits, {prefix "/" #bits, name, rfc, PLUG_ADDR_##kind, global}}

static const struct block blocks4[] = {
    BLOCK("0.0.0.0", 32, UNSPECIFIED, false, "this host on this network", "RFC 1122", 0),
    BLOCK("0.0.0.0", 8, RESERVED, false, "this network", "RFC 791", 0),
    BLOCK("10.0.0.0", 8, PRIVATE, false, "private use", "RFC 1918", 10),
    BLOCK("100.64.0.0", 10, SHARED, false, "shared address space", "RFC 6598", 100, 64),
    BLOCK("127.0.0.0", 8, LOOPBACK, false, "loopback", "RFC 1122", 127),
    BLOCK("169.254.0.0", 16, LINK_LOCAL, false, "link local", "RFC 3927", 169, 254),
    BLOCK("172.16.0.0", 12, PRIVATE, false, "private use", "RFC 1918", 172, 16),
    BLOCK("192.0.0.0", 29, RESERVED, false, "IPv4 service continuity", "RFC 7335", 192),
    BLOCK("192.0.0.8", 32, RESERVED, false, "IPv4 dummy address", "RFC 7600", 192, 0, 0, 8),
    BLOCK("192.0.0.9", 32, GLOBAL, true, "port control protocol anycast", "RFC 7723", 192, 0, 0, 9),
    BLOCK("192.0.0.10", 32, GLOBAL, true, "TURN anycast", "RFC 8155", 192, 0, 0, 10),
    BLOCK("192.0.0.170", 32, RESERVED, false, "NAT64/DNS64 discovery", "RFC 8880", 192, 0, 0, 170),
    BLOCK("192.0.0.171", 32, RESERVED, false, "NAT64/DNS64 discovery", "RFC 8880", 192, 0, 0, 171),
    BLOCK("192.0.0.0", 24, RESERVED, false, "IETF protocol assignments", "RFC 6890", 192),
    BLOCK("192.0.2.0", 24, DOCUMENTATION, false, "TEST-NET-1", "RFC 5737", 192, 0, 2),
    BLOCK("192.31.196.0", 24, GLOBAL, true, "AS112-v4", "RFC 7535", 192, 31, 196),
    BLOCK("192.52.193.0", 24, GLOBAL, true, "AMT", "RFC 7450", 192, 52, 193),
    BLOCK("192.88.99.2", 32, TUNNEL, false, "6a44 relay anycast", "RFC 6751", 192, 88, 99, 2),
    BLOCK("192.88.99.0", 24, TUNNEL, false, "6to4 relay anycast (deprecated)",
          "RFC 7526", 192, 88, 99),
    BLOCK("192.168.0.0", 16, PRIVATE, false, "private use", "RFC 1918", 192, 168),
    BLOCK("192.175.48.0", 24, GLOBAL, true, "direct delegation AS112 service",
          "RFC 7534", 192, 175, 48),
    BLOCK("198.18.0.0", 15, BENCHMARKING, false, "benchmarking", "RFC 2544", 198, 18),
    BLOCK("198.51.100.0", 24, DOCUMENTATION, false, "TEST-NET-2", "RFC 5737", 198, 51, 100),
    BLOCK("203.0.113.0", 24, DOCUMENTATION, false, "TEST-NET-3", "RFC 5737", 203, 0, 113),
    BLOCK("224.0.0.0", 4, MULTICAST, false, "multicast", "RFC 5771", 224),
    BLOCK("255.255.255.255", 32, BROADCAST, false, "limited broadcast",
          "RFC 919", 255, 255, 255, 255),
    BLOCK("240.0.0.0", 4, RESERVED, false, "reserved", "RFC 1112", 240),
    BLOCK("0.0.0.0", 0, GLOBAL, true, "global unicast", "RFC 791", 0),
};

static const struct block blocks6[] = {
    BLOCK("::", 128, UNSPECIFIED, false, "unspecified address", "RFC 4291", 0),
    BLOCK("::1", 128, LOOPBACK, false, "loopback address", "RFC 4291", [15] = 1),
    BLOCK("::ffff:0:0", 96, MAPPED, false, "IPv4-mapped address", "RFC 4291", [10] = 0xFF, 0xFF),
    BLOCK("64:ff9b::", 96, TRANSLATION, true, "IPv4-IPv6 translation",
          "RFC 6052", 0, 0x64, 0xFF, 0x9B),
    BLOCK("64:ff9b:1::", 48, TRANSLATION, false, "IPv4-IPv6 translation, local use",
          "RFC 8215", 0, 0x64, 0xFF, 0x9B, 0, 1),
    BLOCK("100::", 64, RESERVED, false, "discard only", "RFC 6666", 1),
    BLOCK("100:0:0:1::", 64, RESERVED, false, "dummy prefix", "RFC 9780", 1, [7] = 1),
    BLOCK("2001::", 32, TUNNEL, false, "Teredo", "RFC 4380", 0x20, 1),
    BLOCK("2001:1::1", 128, GLOBAL, true, "port control protocol anycast",
          "RFC 7723", 0x20, 1, 0, 1, [15] = 1),
    BLOCK("2001:1::2", 128, GLOBAL, true, "TURN anycast", "RFC 8155", 0x20, 1, 0, 1, [15] = 2),
    BLOCK("2001:1::3", 128, GLOBAL, true, "DNS-SD service registration anycast",
          "RFC 9665", 0x20, 1, 0, 1, [15] = 3),
    BLOCK("2001:2::", 48, BENCHMARKING, false, "benchmarking", "RFC 5180", 0x20, 1, 0, 2),
    BLOCK("2001:3::", 32, GLOBAL, true, "AMT", "RFC 7450", 0x20, 1, 0, 3),
    BLOCK("2001:4:112::", 48, GLOBAL, true, "AS112-v6", "RFC 7535", 0x20, 1, 0, 4, 1, 0x12),
    BLOCK("2001:10::", 28, RESERVED, false, "ORCHID (deprecated)", "RFC 4843", 0x20, 1, 0, 0x10),
    BLOCK("2001:20::", 28, GLOBAL, true, "ORCHIDv2", "RFC 7343", 0x20, 1, 0, 0x20),
    BLOCK("2001:30::", 28, GLOBAL, true, "drone remote identification",
          "RFC 9374", 0x20, 1, 0, 0x30),
    BLOCK("2001::", 23, RESERVED, false, "IETF protocol assignments", "RFC 2928", 0x20, 1),
    BLOCK("2001:db8::", 32, DOCUMENTATION, false, "documentation", "RFC 3849", 0x20, 1, 0x0D, 0xB8),
    BLOCK("2002::", 16, TUNNEL, false, "6to4", "RFC 3056", 0x20, 2),
    BLOCK("2620:4f:8000::", 48, GLOBAL, true, "direct delegation AS112 service",
          "RFC 7534", 0x26, 0x20, 0, 0x4F, 0x80),
    BLOCK("3fff::", 20, DOCUMENTATION, false, "documentation", "RFC 9637", 0x3F, 0xFF),
    BLOCK("5f00::", 16, RESERVED, false, "segment routing identifiers", "RFC 9602", 0x5F),
    BLOCK("fc00::", 7, UNIQUE_LOCAL, false, "unique local", "RFC 4193", 0xFC),
    BLOCK("fe80::", 10, LINK_LOCAL, false, "link-local unicast", "RFC 4291", 0xFE, 0x80),
    BLOCK("fec0::", 10, RESERVED, false, "site local (deprecated)", "RFC 3879", 0xFE, 0xC0),
    BLOCK("ff00::", 8, MULTICAST, false, "multicast", "RFC 4291", 0xFF),
    BLOCK("::", 96, RESERVED, false, "IPv4-compatible (deprecated)", "RFC 4291", 0),
    BLOCK("2000::", 3, GLOBAL, true, "global unicast", "RFC 4291", 0x20),
    BLOCK("::", 0, RESERVED, false, "reserved", "RFC 4291", 0),
};
/* clang-format on */

static bool block_holds(const struct block *b, const uint8_t *bytes)
{
    unsigned whole = b->bits / 8u, rest = b->bits % 8u;
    uint8_t mask = (uint8_t)(0xFF00u >> rest);

    return memcmp(b->bytes, bytes, whole) == 0 &&
           (rest == 0 || ((b->bytes[whole] ^ bytes[whole]) & mask) == 0);
}

const struct plug_addr_block *plug_addr_block(const struct plug_addr *a)
{
    bool v4 = a->sa.sa_family == AF_INET;
    const struct block *b = v4 ? blocks4 : blocks6;
    const uint8_t *bytes = plug_addr_bytes(a, NULL);

    if (!v4 && a->sa.sa_family != AF_INET6)
        return NULL;
    while (!block_holds(b, bytes)) /* the last one holds everything */
        b++;
    return &b->info;
}

enum plug_addr_class plug_addr_class(const struct plug_addr *a)
{
    const struct plug_addr_block *block = plug_addr_block(a);

    return block ? block->kind : PLUG_ADDR_LOCAL;
}

const char *plug_addr_class_name(enum plug_addr_class c)
{
    static const char *const names[] = {
        [PLUG_ADDR_UNSPECIFIED] = "unspecified",
        [PLUG_ADDR_LOOPBACK] = "loopback",
        [PLUG_ADDR_LINK_LOCAL] = "link-local",
        [PLUG_ADDR_PRIVATE] = "private",
        [PLUG_ADDR_UNIQUE_LOCAL] = "unique-local",
        [PLUG_ADDR_SHARED] = "shared",
        [PLUG_ADDR_DOCUMENTATION] = "documentation",
        [PLUG_ADDR_BENCHMARKING] = "benchmarking",
        [PLUG_ADDR_MULTICAST] = "multicast",
        [PLUG_ADDR_BROADCAST] = "broadcast",
        [PLUG_ADDR_MAPPED] = "mapped",
        [PLUG_ADDR_TRANSLATION] = "translation",
        [PLUG_ADDR_TUNNEL] = "tunnel",
        [PLUG_ADDR_RESERVED] = "reserved",
        [PLUG_ADDR_GLOBAL] = "global",
        [PLUG_ADDR_LOCAL] = "local",
    };

    return (unsigned)c < sizeof names / sizeof *names ? names[c] : "unknown";
}
