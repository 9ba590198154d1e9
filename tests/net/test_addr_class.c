/* SPDX-License-Identifier: MIT */
/* The classes of addresses: each block of the registries, and its edges. */
#include "test_addr.h"

static const struct {
    const char *text, *class, *prefix;
    bool global;
} class_cases[] = {
    {"0.0.0.0", "unspecified", "0.0.0.0/32", false},
    {"0.0.0.1", "reserved", "0.0.0.0/8", false},
    {"1.1.1.1", "global", "0.0.0.0/0", true},
    {"10.255.255.255", "private", "10.0.0.0/8", false},
    {"11.0.0.0", "global", "0.0.0.0/0", true},
    {"100.63.255.255", "global", "0.0.0.0/0", true},
    {"100.64.0.0", "shared", "100.64.0.0/10", false},
    {"100.127.255.255", "shared", "100.64.0.0/10", false},
    {"100.128.0.0", "global", "0.0.0.0/0", true},
    {"127.0.0.1", "loopback", "127.0.0.0/8", false},
    {"127.255.255.255", "loopback", "127.0.0.0/8", false},
    {"169.254.1.1", "link-local", "169.254.0.0/16", false},
    {"172.15.255.255", "global", "0.0.0.0/0", true},
    {"172.16.0.0", "private", "172.16.0.0/12", false},
    {"172.31.255.255", "private", "172.16.0.0/12", false},
    {"172.32.0.0", "global", "0.0.0.0/0", true},
    {"192.0.0.7", "reserved", "192.0.0.0/29", false},
    {"192.0.0.8", "reserved", "192.0.0.8/32", false},
    {"192.0.0.9", "global", "192.0.0.9/32", true},
    {"192.0.0.10", "global", "192.0.0.10/32", true},
    {"192.0.0.11", "reserved", "192.0.0.0/24", false},
    {"192.0.0.171", "reserved", "192.0.0.171/32", false},
    {"192.0.2.77", "documentation", "192.0.2.0/24", false},
    {"192.31.196.1", "global", "192.31.196.0/24", true},
    {"192.88.99.1", "tunnel", "192.88.99.0/24", false},
    {"192.88.99.2", "tunnel", "192.88.99.2/32", false},
    {"192.168.1.1", "private", "192.168.0.0/16", false},
    {"192.175.48.6", "global", "192.175.48.0/24", true},
    {"198.17.255.255", "global", "0.0.0.0/0", true},
    {"198.18.0.0", "benchmarking", "198.18.0.0/15", false},
    {"198.19.255.255", "benchmarking", "198.18.0.0/15", false},
    {"198.51.100.1", "documentation", "198.51.100.0/24", false},
    {"203.0.113.1", "documentation", "203.0.113.0/24", false},
    {"224.0.0.1", "multicast", "224.0.0.0/4", false},
    {"239.255.255.255", "multicast", "224.0.0.0/4", false},
    {"240.0.0.0", "reserved", "240.0.0.0/4", false},
    {"255.255.255.254", "reserved", "240.0.0.0/4", false},
    {"255.255.255.255", "broadcast", "255.255.255.255/32", false},
    {"::", "unspecified", "::/128", false},
    {"::1", "loopback", "::1/128", false},
    {"::2", "reserved", "::/96", false},
    {"::ffff:127.0.0.1", "mapped", "::ffff:0:0/96", false},
    {"64:ff9b::8.8.8.8", "translation", "64:ff9b::/96", true},
    {"64:ff9b:1:ffff::", "translation", "64:ff9b:1::/48", false},
    {"64:ff9b:2::", "reserved", "::/0", false},
    {"100::1", "reserved", "100::/64", false},
    {"100:0:0:1::1", "reserved", "100:0:0:1::/64", false},
    {"2001:0:1::", "tunnel", "2001::/32", false},
    {"2001:1::1", "global", "2001:1::1/128", true},
    {"2001:1::4", "reserved", "2001::/23", false},
    {"2001:2:0:1::", "benchmarking", "2001:2::/48", false},
    {"2001:2:1::", "reserved", "2001::/23", false},
    {"2001:4:112::1", "global", "2001:4:112::/48", true},
    {"2001:1f:ffff::", "reserved", "2001:10::/28", false},
    {"2001:20::", "global", "2001:20::/28", true},
    {"2001:3f::", "global", "2001:30::/28", true},
    {"2001:40::", "reserved", "2001::/23", false},
    {"2001:200::", "global", "2000::/3", true},
    {"2001:db8:ffff::", "documentation", "2001:db8::/32", false},
    {"2002:c000:201::", "tunnel", "2002::/16", false},
    {"2606:4700::1111", "global", "2000::/3", true},
    {"2620:4f:8000::1", "global", "2620:4f:8000::/48", true},
    {"3fff:fff::", "documentation", "3fff::/20", false},
    {"3fff:1000::", "global", "2000::/3", true},
    {"4000::", "reserved", "::/0", false},
    {"5f00::1", "reserved", "5f00::/16", false},
    {"fbff::", "reserved", "::/0", false},
    {"fc00::", "unique-local", "fc00::/7", false},
    {"fdff::1", "unique-local", "fc00::/7", false},
    {"fe80::1", "link-local", "fe80::/10", false},
    {"febf::1", "link-local", "fe80::/10", false},
    {"fec0::1", "reserved", "fec0::/10", false},
    {"ff02::1", "multicast", "ff00::/8", false},
};

T_TEST_PLAIN(classes)
{
    for (size_t i = 0; i < COUNT(class_cases); i++) {
        struct plug_addr a = parse(class_cases[i].text);
        const struct plug_addr_block *block = plug_addr_block(&a);

        T_STR(block->prefix, class_cases[i].prefix);
        T_STR(plug_addr_class_name(plug_addr_class(&a)), class_cases[i].class);
        T_EQ(block->global, class_cases[i].global);
        T_EQ(block->kind, plug_addr_class(&a));
        T_TRUE(block->name[0] && strncmp(block->rfc, "RFC ", 4) == 0);
    }
}

/* The text of the prefix and the bits that are compared say the same. */
static void check_block(const struct plug_addr *a, const struct plug_addr_block *block)
{
    char text[64] = "";
    const char *slash = strchr(block->prefix, '/');
    uint64_t bits;
    struct plug_addr base;
    size_t len;
    const uint8_t *x, *y;

    memcpy(text, block->prefix, (size_t)(slash - block->prefix));
    T_OK(plug_uint_parse(slash + 1, strlen(slash + 1), 128, &bits));
    base = parse(text);
    x = plug_addr_bytes(a, &len);
    y = plug_addr_bytes(&base, NULL);
    for (size_t i = 0; i < 8 * len; i++) {
        int mask = 0x80 >> i % 8;

        if (i < bits ? (x[i / 8] ^ y[i / 8]) & mask : y[i / 8] & mask)
            T_FAIL("%s is not in %s", text_of(a), block->prefix);
    }
}

T_TEST_PLAIN(blocks_hold_what_their_prefix_says)
{
    for (int i = 0; i < 300000; i++) {
        uint8_t bytes[16];
        struct plug_addr a;
        size_t len;

        a = parse(t_below(2) ? class_cases[t_below(COUNT(class_cases))].text : "2001::");
        memcpy(bytes, plug_addr_bytes(&a, &len), plug_addr_family(&a) == AF_INET ? 4 : 16);
        bytes[t_below(len)] ^= (uint8_t)(1 << t_below(8));
        bytes[t_below(len)] ^= (uint8_t)t_random();
        if (len == 4)
            plug_addr_ip4(bytes, 0, &a);
        else
            T_OK(plug_addr_ip6(bytes, 0, 0, 0, &a));
        check_block(&a, plug_addr_block(&a));
    }
}

T_TEST_PLAIN(class_names)
{
    for (int c = PLUG_ADDR_UNSPECIFIED; c <= PLUG_ADDR_LOCAL; c++)
        T_TRUE(strlen(plug_addr_class_name((enum plug_addr_class)c)) > 3);
    T_STR(plug_addr_class_name((enum plug_addr_class)99), "unknown");
    T_STR(plug_addr_class_name((enum plug_addr_class) - 1), "unknown");
}
