/* SPDX-License-Identifier: MIT */
#include "golden.h"
#include <netinet/in.h>

#define ADDRESSES "20010db800000000000000000000000120010db8000000000000000000000002"
#define HEADER    "628abcde000d1103" ADDRESSES
/* hop-by-hop, routing, fragment, destination options; then UDP */
#define EXTENDED                                                                                   \
    "6000000000390040" ADDRESSES "2b00050200000100"                                                \
    "2c0200000000000020010db8000000000000000000000009"                                             \
    "3c000001deadbeef1100010400000000"

static struct plug_ip6 sample(void)
{
    return (struct plug_ip6){.traffic_class = 0x28,
                             .next_header = 17,
                             .hop_limit = 3,
                             .flow_label = 0xabcde,
                             .src = {0x20, 1, 0x0d, 0xb8, [15] = 1},
                             .dst = {0x20, 1, 0x0d, 0xb8, [15] = 2}};
}

T_TEST(ip6_builds_what_scapy_builds)
{
    uint8_t *room = t_guarded_room(40);
    struct plug_ip6 h = sample();

    T_EQ(plug_ip6_build(&h, 13, room, 40), 40);
    golden_same(room, 40, HEADER);
    T_ERR(plug_ip6_build(&h, 13, room, 39), -ENOSPC);
    h.given = PLUG_GIVEN_VERSION | PLUG_GIVEN_LEN;
    h.version = 5;
    h.payload_len = 0xdead;
    T_EQ(plug_ip6_build(&h, 13, room, 40), 40);
    golden_same(room, 40, "528abcdedead1103" ADDRESSES);
    h.version = 16;
    T_ERR(plug_ip6_build(&h, 13, room, 40), PLUG_ERANGE);
}

T_TEST(ip6_parses_every_field)
{
    size_t len;
    const uint8_t *b = golden(HEADER, &len);
    struct plug_ip6 h, want = sample();

    T_EQ(plug_ip6_parse(b, len, &h), 40);
    T_EQ(h.version, 6);
    T_EQ(h.traffic_class, want.traffic_class);
    T_EQ(h.flow_label, want.flow_label);
    T_EQ(h.payload_len, 13);
    T_EQ(h.next_header, 17);
    T_EQ(h.hop_limit, 3);
    T_MEM(h.src, want.src, 16);
    T_MEM(h.dst, want.dst, 16);
    T_ERR(plug_ip6_payload_len(&h, 39), PLUG_EPACKET_SHORT);
    T_ERR(plug_ip6_payload_len(&h, 52), PLUG_EPACKET_SHORT);
    T_EQ(plug_ip6_payload_len(&h, 53), 13);
    T_EQ(plug_ip6_payload_len(&h, 54), 13);
}

T_TEST(ip6_is_strict)
{
    size_t len;
    const uint8_t *b = golden(HEADER, &len);
    struct plug_ip6 h = {.hop_limit = 99};

    for (size_t n = 0; n < len; n++)
        T_ERR(plug_ip6_parse(t_guarded(b, n), n, &h), PLUG_EPACKET_SHORT);
    T_ERR(plug_ip6_parse(golden_changed(b, len, 0, 0x40), len, &h), PLUG_EPACKET_BAD);
    T_EQ(h.hop_limit, 99);
    h.payload_len = 0;
    h.next_header = PLUG_IP6_HOP_BY_HOP; /* a jumbogram */
    T_ERR(plug_ip6_payload_len(&h, 100), PLUG_EPACKET_BAD);
    h.next_header = 59;
    T_EQ(plug_ip6_payload_len(&h, 100), 0);
}

T_TEST(ip6_limits)
{
    uint8_t room[40];
    struct plug_ip6 h = sample();

    T_EQ(plug_ip6_build(&h, 65534, room, sizeof room), 40);
    T_EQ(plug_ip6_build(&h, 65535, room, sizeof room), 40);
    T_EQ(plug_get_be16(room + 4), 65535);
    T_ERR(plug_ip6_build(&h, 65536, room, sizeof room), PLUG_ERANGE);
    h.flow_label = 0xfffff;
    T_EQ(plug_ip6_build(&h, 0, room, sizeof room), 40);
    h.flow_label = 0x100000;
    T_ERR(plug_ip6_build(&h, 0, room, sizeof room), PLUG_ERANGE);
}

/* Begins at the extension headers of a packet in hexadecimal. */
static struct plug_ip6_chain chain_of(const char *hex)
{
    size_t len;
    const uint8_t *b = golden(hex, &len);
    struct plug_ip6 h;
    struct plug_ip6_chain c;

    T_EQ(plug_ip6_parse(b, len, &h), 40);
    plug_ip6_chain(&h, b + 40, len - 40, &c);
    return c;
}

T_TEST(ip6_walks_extension_headers)
{
    struct plug_ip6_chain c = chain_of(EXTENDED "000100020009"
                                                "2c6478");
    struct plug_ip6_ext e;

    T_EQ(plug_ip6_chain_next(&c, &e), 1);
    T_EQ(e.kind, PLUG_IP6_HOP_BY_HOP);
    T_EQ(e.header_len, 8);
    golden_same(e.data, e.data_len, "050200000100");
    T_EQ(plug_ip6_chain_next(&c, &e), 1);
    T_EQ(e.kind, PLUG_IP6_ROUTING);
    T_EQ(e.header_len, 24);
    T_EQ(e.routing_type, 0);
    T_EQ(e.segments_left, 0);
    golden_same(e.data, e.data_len, "0000000020010db8000000000000000000000009");
    T_EQ(plug_ip6_chain_next(&c, &e), 1);
    T_EQ(e.kind, PLUG_IP6_FRAGMENT);
    T_EQ(e.fragment, 0);
    T_TRUE(e.more_fragments && !c.middle);
    T_EQ(e.id, 0xdeadbeef);
    T_EQ(plug_ip6_chain_next(&c, &e), 1);
    T_EQ(e.kind, PLUG_IP6_DESTINATION);
    T_EQ(e.next_header, 17);
    golden_same(e.data, e.data_len, "010400000000");
    T_EQ(plug_ip6_chain_next(&c, &e), 0);
    T_EQ(plug_ip6_chain_next(&c, &e), 0);
    T_EQ(c.next_header, 17);
    T_EQ(c.at, 48);
    T_EQ(c.count, 4);
}

T_TEST(ip6_later_fragments_have_no_header)
{
    struct plug_ip6_chain c = chain_of("60000000001c2c40" ADDRESSES "3c000009deadbeef"
                                       "1100010400000000");
    struct plug_ip6_ext e;

    T_EQ(plug_ip6_chain_next(&c, &e), 1);
    T_EQ(e.fragment, 8);
    T_TRUE(c.middle);
    T_EQ(plug_ip6_chain_next(&c, &e), 0);
    T_EQ(c.next_header, 60);
    T_EQ(c.at, 8);
}

T_TEST(ip6_chains_are_bounded)
{
    uint8_t bytes[8 * 18] = {0};
    struct plug_ip6_ext e;

    for (unsigned n = 15; n <= 17; n++) {
        memset(bytes, 0, sizeof bytes);
        for (unsigned i = 0; i < n; i++)
            bytes[8 * i] = i + 1 < n ? PLUG_IP6_DESTINATION : 59;
        struct plug_ip6_chain c = {.bytes = t_guarded(bytes, 8 * (size_t)n),
                                   .len = 8 * (size_t)n,
                                   .next_header = PLUG_IP6_DESTINATION};
        int r;
        while ((r = plug_ip6_chain_next(&c, &e)) > 0)
            ;
        T_EQ(r, n <= PLUG_IP6_EXT_MAX ? 0 : PLUG_EPACKET_BAD);
        T_EQ(c.count, n < PLUG_IP6_EXT_MAX ? n : PLUG_IP6_EXT_MAX);
    }
}

T_TEST(ip6_chains_are_strict)
{
    size_t len;
    const uint8_t *b = golden("3c00000000000000"
                              "0001000000000000"
                              "1100000000000000",
                              &len);
    struct plug_ip6_ext e = {.id = 99};

    for (size_t n = 0; n < 8; n++) {
        struct plug_ip6_chain c = {.bytes = t_guarded(b, n), .len = n, .next_header = 0};
        T_ERR(plug_ip6_chain_next(&c, &e), PLUG_EPACKET_SHORT);
    }
    T_EQ(e.id, 99);
    struct plug_ip6_chain c = {.bytes = b, .len = len, .next_header = 0};
    T_EQ(plug_ip6_chain_next(&c, &e), 1);
    T_EQ(plug_ip6_chain_next(&c, &e), 1);                 /* 16 bytes long */
    T_ERR(plug_ip6_chain_next(&c, &e), PLUG_EPACKET_BAD); /* hop-by-hop, but not first */
    for (size_t n = 9; n < 24; n++) {
        c = (struct plug_ip6_chain){.bytes = t_guarded(b + 8, n - 8), .len = n - 8};
        c.next_header = PLUG_IP6_DESTINATION;
        T_EQ(plug_ip6_chain_next(&c, &e), n - 8 < 16 ? PLUG_EPACKET_SHORT : 1);
    }
}

static void builds(struct plug_ip6_ext e, const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *room = t_guarded_room(len);

    T_EQ(plug_ip6_ext_build(&e, room, len), len);
    golden_same(room, len, hex);
    T_ERR(plug_ip6_ext_build(&e, room, len - 1), -ENOSPC);
}

T_TEST(ip6_builds_extension_headers)
{
    static const uint8_t data[20] = {5, 2, 0, 0, 1, 0};

    builds((struct plug_ip6_ext){.kind = 0, .next_header = 43}, "2b00010400000000");
    builds((struct plug_ip6_ext){.kind = 0, .next_header = 43, .data = data, .data_len = 4},
           "2b00050200000100");
    builds((struct plug_ip6_ext){.kind = 60, .next_header = 17, .data = data, .data_len = 5},
           "1100050200000100");
    builds((struct plug_ip6_ext){.kind = 60, .next_header = 17, .data = data, .data_len = 6},
           "1100050200000100");
    builds((struct plug_ip6_ext){.kind = 60, .next_header = 17, .data = data, .data_len = 7},
           "11010502000001000001050000000000");
    builds((struct plug_ip6_ext){.kind = 43,
                                 .next_header = 44,
                                 .routing_type = 3,
                                 .segments_left = 9,
                                 .data = data,
                                 .data_len = 12},
           "2c010309050200000100000000000000");
    builds((struct plug_ip6_ext){.kind = 44,
                                 .next_header = 17,
                                 .fragment = 65528,
                                 .more_fragments = true,
                                 .id = 0xdeadbeef},
           "1100fff9deadbeef");
    builds((struct plug_ip6_ext){.kind = 0, .given = PLUG_GIVEN_HEADER_LEN, .header_len = 2048},
           "00ff010400000000");
}

T_TEST(ip6_extension_limits)
{
    static uint8_t room[2064], data[2064];
    struct plug_ip6_ext e = {.kind = PLUG_IP6_DESTINATION, .data = data, .data_len = 2046};

    T_EQ(plug_ip6_ext_build(&e, room, sizeof room), 2048);
    e.data_len = 2047;
    T_ERR(plug_ip6_ext_build(&e, room, sizeof room), PLUG_ERANGE);
    e.data_len = SIZE_MAX;
    T_ERR(plug_ip6_ext_build(&e, room, sizeof room), PLUG_ERANGE);
    e.kind = PLUG_IP6_ROUTING;
    e.data_len = 2044;
    T_EQ(plug_ip6_ext_build(&e, room, sizeof room), 2048);
    e.data_len = 2052;
    T_ERR(plug_ip6_ext_build(&e, room, sizeof room), PLUG_ERANGE);
    e.data_len = 5;
    T_ERR(plug_ip6_ext_build(&e, room, sizeof room), PLUG_EPACKET_BAD);
    e.kind = PLUG_IP6_FRAGMENT;
    e.fragment = 4;
    T_ERR(plug_ip6_ext_build(&e, room, sizeof room), PLUG_ERANGE);
    e.kind = 59;
    T_ERR(plug_ip6_ext_build(&e, room, sizeof room), PLUG_EPACKET_BAD);
    e = (struct plug_ip6_ext){.given = PLUG_GIVEN_HEADER_LEN, .header_len = 12};
    T_ERR(plug_ip6_ext_build(&e, room, sizeof room), PLUG_ERANGE);
    e.header_len = 0;
    T_ERR(plug_ip6_ext_build(&e, room, sizeof room), PLUG_ERANGE);
    e.header_len = 2056;
    T_ERR(plug_ip6_ext_build(&e, room, sizeof room), PLUG_ERANGE);
}

T_TEST_PLAIN(ip6_build_parse_build)
{
    static const uint8_t kinds[] = {43, 44, 60};
    uint8_t data[48], one[64], two[64];
    struct plug_ip6 got;

    for (unsigned round = 0; round < 20000; round++) {
        struct plug_ip6 h = {.traffic_class = (uint8_t)t_random(),
                             .next_header = (uint8_t)t_random(),
                             .hop_limit = (uint8_t)t_random(),
                             .flow_label = (uint32_t)t_below(0x100000)};
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)t_random();
        memcpy(h.src, data, 16);
        memcpy(h.dst, data + 16, 16);
        size_t payload = t_below(65536);
        T_EQ(plug_ip6_build(&h, payload, one, sizeof one), 40);
        T_EQ(plug_ip6_parse(one, 40, &got), 40);
        T_EQ(got.payload_len, payload);
        T_EQ(plug_ip6_build(&got, payload, two, sizeof two), 40);
        T_MEM(one, two, 40);
        struct plug_ip6_ext e = {.kind = kinds[t_below(3)],
                                 .next_header = (uint8_t)t_random(),
                                 .data = data,
                                 .data_len = 4 + 8 * t_below(5),
                                 .routing_type = (uint8_t)t_random(),
                                 .segments_left = (uint8_t)t_random(),
                                 .more_fragments = t_below(2),
                                 .fragment = (uint16_t)(8 * t_below(8192)),
                                 .id = (uint32_t)t_random()},
                            again;
        int n = plug_ip6_ext_build(&e, one, sizeof one);
        struct plug_ip6_chain c = {.bytes = one, .len = (size_t)T_OK(n), .next_header = e.kind};
        T_EQ(plug_ip6_chain_next(&c, &again), 1);
        T_EQ(plug_ip6_ext_build(&again, two, sizeof two), n);
        T_MEM(one, two, (size_t)n);
    }
}
