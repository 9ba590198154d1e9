/* SPDX-License-Identifier: MIT */
#include "golden.h"
#include <netinet/in.h>

#define MOST 65575 /* the longest packet */

static uint8_t packet[MOST], payload[65535];

/* A UDP-less packet of IPv4 around len bytes; its length. */
static size_t packet4(struct plug_ip4 h, size_t len)
{
    for (size_t i = 0; i < len; i++)
        payload[i] = (uint8_t)(i * 7 + i / 251);
    h.ttl = 64;
    h.protocol = 17;
    size_t n = (size_t)T_OK(plug_ip4_build(&h, len, packet, sizeof packet));
    memcpy(packet + n, payload, len);
    return n + len;
}

/* A packet of IPv6 with hop-by-hop, routing and destination options before len bytes. */
static size_t packet6(size_t len)
{
    struct plug_ip6 h = {.hop_limit = 64, .dst = {0x20, 1}};
    static const struct plug_ip6_ext exts[] = {
        {.kind = 0, .next_header = 43},
        {.kind = 43, .next_header = 60, .data = payload, .data_len = 4},
        {.kind = 60, .next_header = 17}};
    size_t at = (size_t)T_OK(plug_ip6_build(&h, 24 + len, packet, sizeof packet));

    for (size_t i = 0; i < len; i++)
        payload[i] = (uint8_t)(i * 7 + i / 251);
    for (size_t i = 0; i < 3; i++)
        at += (size_t)T_OK(plug_ip6_ext_build(&exts[i], packet + at, sizeof packet - at));
    memcpy(packet + at, payload, len);
    return at + len;
}

struct cut {
    uint8_t bytes[2048];
    size_t len;
};

static struct cut cuts[200];

/* Cuts the packet; how many fragments there are. */
static size_t cut_all(int family, size_t len, size_t mtu)
{
    size_t at = 0, count = 0;
    int n;

    for (;;) {
        struct cut *c = &cuts[count];
        n = family == AF_INET
                ? plug_ip4_fragment(packet, len, mtu, &at, c->bytes, sizeof c->bytes)
                : plug_ip6_fragment(packet, len, 0xdeadbeef, mtu, &at, c->bytes, sizeof c->bytes);
        if (T_OK(n) == 0)
            return count;
        T_TRUE((size_t)n <= mtu);
        c->len = (size_t)n;
        count++;
    }
}

/* Puts the first count cuts together in a random order, and compares with the packet. */
static void again(size_t count, size_t len)
{
    struct plug_reassembly *r;
    const uint8_t *got;
    size_t got_len;

    T_OK(plug_reassembly_open(&r));
    T_OWN(plug_reassembly_close, r);
    for (size_t i = 0; i < count; i++) {
        size_t other = i + t_below(count - i);
        struct cut c = cuts[other];
        cuts[other] = cuts[i];
        cuts[i] = c;
        T_ERR(plug_reassembly_packet(r, &got, &got_len), -EAGAIN);
        T_EQ(plug_reassembly_add(r, c.bytes, c.len), i + 1 == count);
        if (i + 1 < count)
            T_EQ(plug_reassembly_add(r, c.bytes, c.len), 0); /* a duplicate */
    }
    T_OK(plug_reassembly_packet(r, &got, &got_len));
    T_EQ(got_len, len);
    T_MEM(got, packet, len);
    T_EQ(plug_reassembly_add(r, cuts[0].bytes, cuts[0].len), 0); /* late */
    t_end_owned();
}

T_TEST(fragment_ip4_there_and_back)
{
    static const size_t lens[] = {1, 8, 100, 1481, 5000};

    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
        for (size_t mtu = 28; mtu < 1600; mtu += 37 + mtu / 2) {
            size_t len = packet4((struct plug_ip4){.id = 7}, lens[i]);
            if (len / (mtu - 20) > 120)
                continue;
            size_t count = cut_all(AF_INET, len, mtu);
            if (count > 1)
                again(count, len);
            else
                T_MEM(cuts[0].bytes, packet, len);
        }
}

T_TEST(fragment_ip6_there_and_back)
{
    static const size_t lens[] = {1, 8, 100, 1481, 5000};

    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
        for (size_t mtu = 80; mtu < 1600; mtu += 37 + mtu / 2) {
            size_t len = packet6(lens[i]);
            if (len / (mtu - 64) > 120)
                continue;
            size_t count = cut_all(AF_INET6, len, mtu);
            if (count > 1)
                again(count, len);
            else
                T_MEM(cuts[0].bytes, packet, len);
        }
}

T_TEST(fragment_longest_packets)
{
    size_t len = packet4((struct plug_ip4){.id = 7}, 65515);
    again(cut_all(AF_INET, len, 1500), len);
    len = packet6(65535 - 24);
    again(cut_all(AF_INET6, len, 1500), len);
}

T_TEST(fragment_headers_are_right)
{
    size_t len = packet4((struct plug_ip4){.id = 7, .flags = PLUG_IP4_RESERVED}, 30);
    struct plug_ip4 h;

    T_EQ(cut_all(AF_INET, len, 36), 2);
    T_EQ(plug_ip4_verify(cuts[0].bytes, cuts[0].len, NULL), 1);
    T_OK(plug_ip4_parse(cuts[0].bytes, cuts[0].len, &h));
    T_EQ(h.total_len, 36);
    T_EQ(h.flags, PLUG_IP4_RESERVED | PLUG_IP4_MF);
    T_EQ(h.fragment, 0);
    T_OK(plug_ip4_parse(cuts[1].bytes, cuts[1].len, &h));
    T_EQ(h.total_len, 34);
    T_EQ(h.flags, PLUG_IP4_RESERVED);
    T_EQ(h.fragment, 16);
    T_EQ(h.id, 7);
    /* a fragment is cut again: it stays what it was */
    memcpy(packet, cuts[0].bytes, 36);
    T_EQ(cut_all(AF_INET, 36, 28), 2);
    T_OK(plug_ip4_parse(cuts[1].bytes, cuts[1].len, &h));
    T_EQ(h.fragment, 8);
    T_EQ(h.flags, PLUG_IP4_RESERVED | PLUG_IP4_MF);
}

/* Only options with the copied bit go into later fragments (RFC 791 3.1). */
T_TEST(fragment_options)
{
    static const uint8_t options[] = {7, 3, 4, 0x94, 4, 0, 0, 1}; /* record route, router alert */
    size_t len = packet4((struct plug_ip4){.options = options, .options_len = 8}, 40);
    struct plug_ip4 h;

    T_EQ(cut_all(AF_INET, len, 52), 2);
    T_OK(plug_ip4_parse(cuts[0].bytes, cuts[0].len, &h));
    T_EQ(h.options_len, 8);
    T_OK(plug_ip4_parse(cuts[1].bytes, cuts[1].len, &h));
    golden_same(h.options, h.options_len, "94040000");
    again(2, len);
    packet[21] = 1; /* an option that lies */
    size_t at = 0;
    uint8_t room[64];
    T_EQ(plug_ip4_fragment(packet, len, 52, &at, room, sizeof room), 52);
    T_ERR(plug_ip4_fragment(packet, len, 52, &at, room, sizeof room), PLUG_EPACKET_BAD);
}

T_TEST(fragment_refuses)
{
    uint8_t room[128];
    size_t at = 0, len = packet4((struct plug_ip4){.flags = PLUG_IP4_DF}, 40);

    T_ERR(plug_ip4_fragment(packet, len, 59, &at, room, sizeof room), -EMSGSIZE);
    T_EQ(plug_ip4_fragment(packet, len, 60, &at, room, sizeof room), 60);
    T_EQ(plug_ip4_fragment(packet, len, 60, &at, room, sizeof room), 0);
    at = 0;
    T_ERR(plug_ip4_fragment(packet, len, 60, &at, room, 59), -ENOSPC);
    T_ERR(plug_ip4_fragment(packet, 59, 60, &at, room, sizeof room), PLUG_EPACKET_SHORT);
    len = packet4((struct plug_ip4){.id = 1}, 40);
    T_ERR(plug_ip4_fragment(packet, len, 27, &at, room, sizeof room), -EMSGSIZE);
    T_ERR(plug_ip4_fragment(packet, len, 28, &at, room, 27), -ENOSPC);
    T_EQ(at, 0);
    len = packet4((struct plug_ip4){.fragment = 65528}, 8);
    T_ERR(plug_ip4_fragment(packet, len, 1500, &at, room, sizeof room), PLUG_EPACKET_BAD);
    len = packet6(40); /* 56 bytes go into every fragment, 8 more into the first */
    T_ERR(plug_ip6_fragment(packet, len, 1, 71, &at, room, sizeof room), -EMSGSIZE);
    T_EQ(plug_ip6_fragment(packet, len, 1, 72, &at, room, sizeof room), 72);
    T_ERR(plug_ip6_fragment(room, 72, 1, 1500, &at, packet, sizeof packet), PLUG_EPACKET_BAD);
}

/* One fragment of IPv4 with len bytes at offset. */
static int add4(struct plug_reassembly *r, size_t offset, size_t len, bool more, uint8_t fill)
{
    static uint8_t b[65535];
    struct plug_ip4 h = {.id = 7, .protocol = 17, .fragment = (uint16_t)offset, .flags = more};
    int n = plug_ip4_build(&h, len, b, sizeof b);

    memset(b + T_OK(n), fill, len);
    return plug_reassembly_add(r, b, (size_t)n + len);
}

static struct plug_reassembly *fresh(void)
{
    struct plug_reassembly *r;

    T_OK(plug_reassembly_open(&r));
    T_OWN(plug_reassembly_close, r);
    return r;
}

T_TEST(reassembly_refuses_overlaps)
{
    static const struct {
        size_t offset, len;
        bool more;
    } second[] = {{8, 16, true}, {24, 16, true}, {16, 16, true}, {0, 64, true},
                  {24, 8, true}, {16, 8, true},  {32, 8, true}};

    for (size_t i = 0; i < sizeof second / sizeof *second; i++) {
        struct plug_reassembly *r = fresh();
        T_EQ(add4(r, 16, 16, true, 1), 0);
        bool apart = second[i].offset == 32;
        T_EQ(add4(r, second[i].offset, second[i].len, true, 2), apart ? 0 : PLUG_EPACKET_BAD);
        if (!apart)
            T_ERR(add4(r, 0, 8, true, 1), PLUG_EPACKET_BAD); /* all of it is lost */
        t_end_owned();
    }
    struct plug_reassembly *r = fresh();
    T_EQ(add4(r, 16, 16, true, 1), 0);
    T_EQ(add4(r, 16, 16, true, 1), 0); /* the same again is no overlap */
    T_ERR(add4(r, 16, 16, true, 2), PLUG_EPACKET_BAD);
}

T_TEST(reassembly_knows_one_end)
{
    struct plug_reassembly *r = fresh();
    T_EQ(add4(r, 16, 4, false, 1), 0);
    T_ERR(add4(r, 24, 4, false, 1), PLUG_EPACKET_BAD); /* another end */
    r = fresh();
    T_EQ(add4(r, 16, 4, false, 1), 0);
    T_ERR(add4(r, 24, 8, true, 1), PLUG_EPACKET_BAD); /* behind the end */
    r = fresh();
    T_EQ(add4(r, 24, 8, true, 1), 0);
    T_ERR(add4(r, 8, 4, false, 1), PLUG_EPACKET_BAD); /* an end before what came */
    r = fresh();
    T_EQ(add4(r, 8, 16, true, 1), 0);
    T_ERR(add4(r, 8, 16, false, 1), PLUG_EPACKET_BAD); /* the same, but the last one now */
    r = fresh();
    T_EQ(add4(r, 65512, 8, true, 1), 0);
    T_EQ(add4(r, 65520, 15, false, 1), 0);
    r = fresh();
    T_ERR(add4(r, 65520, 16, false, 1), PLUG_EPACKET_BAD); /* past 65535 */
    r = fresh();
    T_EQ(add4(r, 65512, 8, false, 1), 0); /* with the header, one packet too long */
    size_t at = 0;
    int n = 0;
    for (; n == 0; at += 1504)
        n = add4(r, at, at + 1504 < 65512 ? 1504 : 65512 - at, true, 1);
    T_EQ(n, PLUG_EPACKET_BAD);
}

T_TEST(reassembly_takes_fragments_of_one_datagram_only)
{
    struct plug_reassembly *r = fresh();
    struct plug_ip4 h = {.id = 7, .protocol = 17, .flags = PLUG_IP4_MF};
    uint8_t b[64] = {0};

    T_ERR(plug_reassembly_add(r, b, 0), PLUG_EPACKET_SHORT);
    T_ERR(plug_reassembly_add(r, b, 64), PLUG_EPACKET_BAD);
    T_ERR(add4(r, 0, 8, false, 1), -EINVAL); /* whole */
    T_ERR(add4(r, 8, 4, true, 1), PLUG_EPACKET_BAD);
    T_ERR(add4(r, 8, 0, false, 1), PLUG_EPACKET_BAD);
    T_EQ(add4(r, 8, 8, true, 1), 0);
    T_OK(plug_ip4_build(&h, 8, b, sizeof b));
    T_EQ(plug_reassembly_add(r, b, 28), 0);
    h.id = 8;
    T_OK(plug_ip4_build(&h, 8, b, sizeof b));
    T_ERR(plug_reassembly_add(r, b, 28), -EINVAL);
    h.id = 7;
    h.protocol = 6;
    T_OK(plug_ip4_build(&h, 8, b, sizeof b));
    T_ERR(plug_reassembly_add(r, b, 28), -EINVAL);
    h.protocol = 17;
    h.dst[3] = 1;
    T_OK(plug_ip4_build(&h, 8, b, sizeof b));
    T_ERR(plug_reassembly_add(r, b, 28), -EINVAL);
    packet6(40);
    size_t at = 0;
    T_EQ(plug_ip6_fragment(packet, 104, 7, 72, &at, b, sizeof b), -ENOSPC);
}

T_TEST(reassembly_limits)
{
    struct plug_reassembly *r = fresh();

    for (size_t i = 0; i < PLUG_REASSEMBLY_MAX - 1; i++)
        T_EQ(add4(r, 8 * i, 8, true, 1), 0);
    T_EQ(add4(r, 8 * (PLUG_REASSEMBLY_MAX - 1), 8, false, 1), 1); /* N */
    r = fresh();
    for (size_t i = 0; i < PLUG_REASSEMBLY_MAX; i++)
        T_EQ(add4(r, 8 * i, 8, true, 1), 0);
    T_EQ(add4(r, 8 * (PLUG_REASSEMBLY_MAX), 8, false, 1), PLUG_ELIMIT); /* N + 1 */
    T_EQ(add4(r, 0, 8, true, 1), 0);
    plug_reassembly_close(NULL);
}
