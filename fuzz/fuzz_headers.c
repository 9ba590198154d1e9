/* SPDX-License-Identifier: MIT */
/*
 * Headers of packets: what parses lies within the bytes, and is built again to the same bytes; a
 * walk ends; a checksum made right is right.
 */
#include "fuzz.h"
#include <netinet/in.h>
#include <plug/arp.h>
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/ether.h>
#include <plug/icmp.h>
#include <plug/tcp.h>
#include <plug/udp.h>

#define ALL (PLUG_GIVEN_VERSION | PLUG_GIVEN_HEADER_LEN | PLUG_GIVEN_LEN | PLUG_GIVEN_CHECKSUM)

static const uint8_t addresses[32] = {1, 2, 3, 4, 5, 6, 7, 8};
static const struct plug_pseudo over[] = {{AF_INET, addresses, addresses + 16},
                                          {AF_INET6, addresses, addresses + 16}};

static uint8_t again[4096 + 64];

/* A header of r bytes, built to n bytes, and the same ones. */
static void same(const uint8_t *data, size_t size, int r, int n)
{
    FUZZ_CHECK(r > 0 && (size_t)r <= size && n >= r && (size_t)n <= size);
    FUZZ_CHECK(memcmp(data, again, (size_t)n) == 0);
}

static void refused(int r)
{
    FUZZ_CHECK(r == PLUG_EPACKET_SHORT || r == PLUG_EPACKET_BAD);
}

static void within(const uint8_t *data, size_t size, const uint8_t *part, size_t len)
{
    FUZZ_CHECK(len == 0 || (part >= data && len <= size && part <= data + size - len));
}

static void walk_options(const uint8_t *options, size_t len, bool ip6)
{
    struct plug_option o;
    size_t at = 0, before = 0;
    int r;

    while ((r = ip6 ? plug_ip6_option_next(options, len, &at, &o)
                    : plug_option_next(options, len, &at, &o)) > 0) {
        FUZZ_CHECK(at > before && at <= len);
        within(options, len, o.data, o.len);
        int n = ip6 ? plug_ip6_option_put(again, sizeof again, 0, o.kind, o.data, o.len)
                    : plug_option_put(again, sizeof again, 0, o.kind, o.data, o.len);
        FUZZ_CHECK(n >= 0);
        if ((size_t)n == at - before) /* Pad1 and NOP without data have a longer form, too */
            FUZZ_CHECK(memcmp(again, options + before, (size_t)n) == 0);
        before = at;
    }
    FUZZ_CHECK(r == 0 || r == PLUG_EPACKET_BAD);
    FUZZ_CHECK(at <= len);
}

/* A verdict, and that of the bytes with the right checksum at its place. */
typedef int verify_fn(const struct plug_pseudo *p, const void *bytes, size_t len, uint16_t *right);

static void mend(verify_fn *verify, const struct plug_pseudo *p, const uint8_t *data, size_t size,
                 size_t at)
{
    uint16_t right;
    int r = verify(p, data, size, &right);

    if (r < 0) {
        refused(r);
        return;
    }
    FUZZ_CHECK(r <= 1);
    memcpy(again, data, size);
    plug_put_be16(again + at, right);
    FUZZ_CHECK(verify(p, again, size, NULL) == 1);
}

static int verify_ip4(const struct plug_pseudo *p, const void *bytes, size_t len, uint16_t *right)
{
    (void)p;
    return plug_ip4_verify(bytes, len, right);
}

static int verify_icmp(const struct plug_pseudo *p, const void *bytes, size_t len, uint16_t *right)
{
    return plug_icmp_verify(p->family, p, bytes, len, right);
}

static void try_ip4(const uint8_t *data, size_t size)
{
    struct plug_ip4 h;
    int r = plug_ip4_parse(data, size, &h);

    if (r < 0) {
        refused(r);
        return;
    }
    within(data, size, h.options, h.options_len);
    int payload = plug_ip4_payload_len(&h, size);
    FUZZ_CHECK(payload == PLUG_EPACKET_SHORT || (size_t)(r + payload) <= size);
    h.given = ALL;
    same(data, size, r, plug_ip4_build(&h, 0, again, sizeof again));
    walk_options(h.options, h.options_len, false);
    mend(verify_ip4, &over[0], data, size, 10);
}

static void try_ext(const uint8_t *data, size_t size, struct plug_ip6_ext *e, size_t at)
{
    within(data, size, e->data, e->data_len);
    e->given = ALL;
    int n = plug_ip6_ext_build(e, again, sizeof again);
    FUZZ_CHECK(n == e->header_len);
    const uint8_t *begin = data + at - n;
    if (e->kind == PLUG_IP6_FRAGMENT) /* reserved bits are not kept */
        FUZZ_CHECK(memcmp(again + 4, begin + 4, 4) == 0);
    else
        FUZZ_CHECK(memcmp(again, begin, (size_t)n) == 0);
    if (e->kind == PLUG_IP6_HOP_BY_HOP || e->kind == PLUG_IP6_DESTINATION)
        walk_options(e->data, e->data_len, true);
}

static void try_ip6(const uint8_t *data, size_t size)
{
    struct plug_ip6 h;
    struct plug_ip6_chain c;
    struct plug_ip6_ext e;
    int r = plug_ip6_parse(data, size, &h);

    if (r < 0) {
        refused(r);
        return;
    }
    int payload = plug_ip6_payload_len(&h, size);
    FUZZ_CHECK(payload < 0 || (size_t)(r + payload) <= size);
    h.given = ALL;
    same(data, size, r, plug_ip6_build(&h, 0, again, sizeof again));
    plug_ip6_chain(&h, data + r, size - (size_t)r, &c);
    while ((r = plug_ip6_chain_next(&c, &e)) > 0) {
        FUZZ_CHECK(c.count <= PLUG_IP6_EXT_MAX && c.at <= c.len);
        try_ext(c.bytes, c.len, &e, c.at);
    }
    if (r < 0)
        refused(r);
}

static void try_tcp(const uint8_t *data, size_t size, const struct plug_pseudo *p)
{
    struct plug_tcp_options o;
    struct plug_tcp h;
    int r = plug_tcp_parse(data, size, &h);

    if (r < 0) {
        refused(r);
        return;
    }
    within(data, size, h.options, h.options_len);
    h.given = ALL;
    same(data, size, r, plug_tcp_build(&h, p, data + r, size - (size_t)r, again, sizeof again));
    walk_options(h.options, h.options_len, false);
    if (plug_tcp_options_parse(h.options, h.options_len, &o) == 0)
        FUZZ_CHECK(o.sack_count <= PLUG_TCP_SACK_MAX);
    mend(plug_tcp_verify, p, data, size, 16);
}

static void try_udp(const uint8_t *data, size_t size, const struct plug_pseudo *p)
{
    struct plug_udp h;
    int r = plug_udp_parse(data, size, &h);

    if (r < 0) {
        refused(r);
        return;
    }
    int payload = plug_udp_payload_len(&h, size);
    FUZZ_CHECK(payload == PLUG_EPACKET_SHORT || (size_t)(r + payload) <= size);
    h.given = ALL;
    same(data, size, r, plug_udp_build(&h, p, data + r, size - (size_t)r, again, sizeof again));
    mend(plug_udp_verify, p, data, size, 6);
}

static void try_quote(const struct plug_icmp *m)
{
    struct plug_icmp_quote q;
    int r = plug_icmp_quote(m, &q);

    if (r < 0) {
        FUZZ_CHECK(r == -EINVAL || r == PLUG_EPACKET_SHORT || r == PLUG_EPACKET_BAD);
        return;
    }
    FUZZ_CHECK(q.transport == m->body + r);
    within(m->body, m->body_len, q.transport, q.transport_len);
    FUZZ_CHECK(!q.has_ports || q.transport_len >= 4);
    FUZZ_CHECK(!(q.has_tcp || q.has_udp || q.has_echo) || q.transport_len >= 8);
    FUZZ_CHECK(q.fragment == 0 || !(q.has_ports || q.has_tcp || q.has_udp || q.has_echo));
}

static void try_extensions(const struct plug_icmp *m)
{
    struct plug_icmp_ext e;
    struct plug_mpls_label l;
    size_t at = 0, before = 0, labels = 0;
    int r;

    while ((r = plug_icmp_ext_next(m, &at, &e)) > 0) {
        FUZZ_CHECK(at >= before + 4 && at <= m->body_len);
        within(m->body, m->body_len, e.data, e.len);
        while (plug_icmp_mpls(&e, labels, &l) > 0)
            labels++;
        FUZZ_CHECK(labels <= e.len / 4);
        labels = 0;
        before = at;
    }
    FUZZ_CHECK(r == 0 || r == PLUG_EPACKET_BAD);
}

static void try_icmp(const uint8_t *data, size_t size, const struct plug_pseudo *p)
{
    struct plug_icmp m;
    int r = plug_icmp_parse(p->family, data, size, &m);

    if (r < 0) {
        refused(r);
        return;
    }
    m.given = ALL;
    same(data, size, r, plug_icmp_build(&m, p, again, sizeof again));
    try_quote(&m);
    try_extensions(&m);
    mend(verify_icmp, p, data, size, 2);
}

static void try_ether(const uint8_t *data, size_t size)
{
    struct plug_ether e;
    int r = plug_ether_parse(data, size, &e);

    if (r < 0)
        refused(r);
    else
        same(data, size, r, plug_ether_build(&e, again, sizeof again));
}

static void try_arp(const uint8_t *data, size_t size)
{
    struct plug_arp a;
    int r = plug_arp_parse(data, size, &a);

    if (r < 0)
        refused(r);
    else
        same(data, size, r, plug_arp_build(&a, again, sizeof again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t choice = fuzz_choice(&data, &size);
    const struct plug_pseudo *p = &over[choice / 8 % 2];

    if (size > 4096)
        return 0;
    switch (choice % 8) {
    case 0:
        try_ip4(data, size);
        break;
    case 1:
        try_ip6(data, size);
        break;
    case 2:
        try_tcp(data, size, p);
        break;
    case 3:
        try_udp(data, size, p);
        break;
    case 4:
        try_icmp(data, size, p);
        break;
    case 5:
        try_ether(data, size);
        break;
    case 6:
        try_arp(data, size);
        break;
    default:
        walk_options(data, size, choice / 8 % 2);
    }
    return 0;
}
