/* SPDX-License-Identifier: MIT */
#include "golden.h"
#include <netinet/in.h>

#define OPTIONS "020405b40402080a112233440000000001030307"
#define SYN     "9c4000500102030400000000a002faf07bdb0000" OPTIONS
#define FULL    "0001000200000003000000045bff000574f400066f6464" /* over IPv6, every flag */

static const uint8_t src4[] = {192, 0, 2, 1}, dst4[] = {198, 51, 100, 2};
static const struct plug_pseudo over4 = {AF_INET, src4, dst4};
static const uint8_t src6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
static const uint8_t dst6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 2};
static const struct plug_pseudo over6 = {AF_INET6, src6, dst6};

T_TEST(tcp_builds_what_scapy_builds)
{
    uint8_t options[PLUG_OPTIONS_MAX], *room = t_guarded_room(40);
    struct plug_tcp_options o = {.has_mss = true,
                                 .mss = 1460,
                                 .sack_permitted = true,
                                 .has_timestamps = true,
                                 .timestamp = 0x11223344,
                                 .has_window_scale = true,
                                 .window_scale = 7};
    int n = plug_tcp_options_build(&o, options, sizeof options);

    T_EQ(n, 20);
    golden_same(options, 20, OPTIONS);
    struct plug_tcp h = {.sport = 40000,
                         .dport = 80,
                         .seq = 0x01020304,
                         .flags = PLUG_TCP_SYN,
                         .window = 64240,
                         .options = options,
                         .options_len = (size_t)n};
    T_EQ(plug_tcp_build(&h, &over4, NULL, 0, room, 40), 40);
    golden_same(room, 40, SYN);
    T_ERR(plug_tcp_build(&h, &over4, NULL, 0, room, 39), -ENOSPC);
    T_EQ(plug_tcp_build(&h, NULL, NULL, 0, room, 40), 40); /* the kernel's turn */
    T_EQ(plug_get_be16(room + 16), 0);
}

T_TEST(tcp_parses_every_field)
{
    size_t len;
    const uint8_t *b = golden(FULL, &len);
    struct plug_tcp h;
    uint16_t right = 0;

    T_EQ(plug_tcp_parse(b, len, &h), 20);
    T_EQ(h.sport, 1);
    T_EQ(h.dport, 2);
    T_EQ(h.seq, 3);
    T_EQ(h.ack, 4);
    T_EQ(h.header_len, 20);
    T_EQ(h.reserved, 5);
    T_EQ(h.flags, 0x1ff);
    T_EQ(h.window, 5);
    T_EQ(h.checksum, 0x74f4);
    T_EQ(h.urgent, 6);
    T_EQ(h.options_len, 0);
    T_EQ(plug_tcp_verify(&over6, b, len, &right), 1);
    T_EQ(right, 0x74f4);
    T_EQ(plug_tcp_verify(&over6, golden_changed(b, len, 22, 'e'), len, &right), 0);
    T_EQ(plug_tcp_verify(&over4, b, len, &right), 0);
    uint8_t again[23];
    T_EQ(plug_tcp_build(&h, &over6, "odd", 3, again, sizeof again), 23);
    T_MEM(again, b, 23);
    memcpy(again, "xxxxxxxxxxxxxxxxxxxxodd", 23); /* the payload at its place already */
    T_EQ(plug_tcp_build(&h, &over6, again + 20, 3, again, sizeof again), 23);
    T_MEM(again, b, 23);
}

T_TEST(tcp_over_parsed_headers)
{
    struct plug_ip4 h4 = {.src = {192, 0, 2, 1}, .dst = {198, 51, 100, 2}};
    struct plug_ip6 h6 = {.src = {1}};
    struct plug_pseudo p;
    size_t len;
    const uint8_t *b = golden(SYN, &len);
    struct plug_checksum c = {0};

    plug_pseudo_ip4(&h4, &p);
    T_EQ(plug_tcp_verify(&p, b, len, NULL), 1);
    plug_checksum_add(&c, b, len);
    plug_checksum_pseudo(&c, &p, IPPROTO_TCP, (uint32_t)len);
    T_EQ(plug_checksum_finish(&c), 0);
    plug_pseudo_ip6(&h6, &p);
    T_EQ(p.family, AF_INET6);
    T_TRUE(p.src == h6.src && p.dst == h6.dst);
}

T_TEST(tcp_is_strict)
{
    size_t len;
    const uint8_t *b = golden(SYN, &len);
    struct plug_tcp h = {.seq = 99};

    for (size_t n = 0; n < len; n++)
        T_ERR(plug_tcp_parse(t_guarded(b, n), n, &h), PLUG_EPACKET_SHORT);
    T_ERR(plug_tcp_parse(golden_changed(b, len, 12, 0x40), len, &h), PLUG_EPACKET_BAD);
    T_ERR(plug_tcp_parse(golden_changed(b, len, 12, 0), len, &h), PLUG_EPACKET_BAD);
    T_ERR(plug_tcp_parse(golden_changed(b, len, 12, 0xb0), len, &h), PLUG_EPACKET_SHORT);
    T_EQ(h.seq, 99);
    T_EQ(plug_tcp_parse(golden_changed(b, len, 12, 0x50), len, &h), 20);
    T_EQ(h.options_len, 0);
    T_ERR(plug_tcp_verify(&over4, b, 19, NULL), PLUG_EPACKET_SHORT);
}

T_TEST(tcp_limits)
{
    static uint8_t room[65536], payload[65536], options[44];
    struct plug_tcp h = {.flags = 0x1ff, .reserved = 7};

    T_EQ(plug_tcp_build(&h, &over4, payload, 65514, room, sizeof room), 65534);
    T_EQ(plug_tcp_build(&h, &over4, payload, 65515, room, sizeof room), 65535);
    T_EQ(plug_tcp_verify(&over4, room, 65535, NULL), 1);
    T_ERR(plug_tcp_build(&h, &over4, payload, 65516, room, sizeof room), PLUG_ERANGE);
    T_ERR(plug_tcp_build(&h, &over4, payload, SIZE_MAX, room, sizeof room), PLUG_ERANGE);
    h.options = options;
    for (h.options_len = 36; h.options_len <= 40; h.options_len += 4)
        T_EQ(plug_tcp_build(&h, &over4, NULL, 0, room, sizeof room), 20 + h.options_len);
    T_ERR(plug_tcp_build(&h, &over4, NULL, 0, room, sizeof room), PLUG_EPACKET_BAD);
    h.options_len = 38;
    T_ERR(plug_tcp_build(&h, &over4, NULL, 0, room, sizeof room), PLUG_EPACKET_BAD);
    h.options_len = 0;
    h.flags = 0x200;
    T_ERR(plug_tcp_build(&h, &over4, NULL, 0, room, sizeof room), PLUG_ERANGE);
    h.flags = 0;
    h.reserved = 8;
    T_ERR(plug_tcp_build(&h, &over4, NULL, 0, room, sizeof room), PLUG_ERANGE);
}

T_TEST(tcp_builds_what_is_wrong_when_told_to)
{
    uint8_t room[20];
    struct plug_tcp h = {
        .given = PLUG_GIVEN_HEADER_LEN | PLUG_GIVEN_CHECKSUM, .header_len = 12, .checksum = 0xdead};

    T_EQ(plug_tcp_build(&h, &over4, NULL, 0, room, sizeof room), 20);
    golden_same(room, 20,
                "0000000000000000000000003000"
                "0000dead0000");
    h.header_len = 64;
    T_ERR(plug_tcp_build(&h, &over4, NULL, 0, room, sizeof room), PLUG_ERANGE);
    h.header_len = 21;
    T_ERR(plug_tcp_build(&h, &over4, NULL, 0, room, sizeof room), PLUG_ERANGE);
}

T_TEST(tcp_options_by_name)
{
    size_t len;
    const uint8_t *b = golden(OPTIONS "0101050a0000000100000002"
                                      "fd03aa00",
                              &len);
    struct plug_tcp_options o;

    T_OK(plug_tcp_options_parse(b, len, &o));
    T_TRUE(o.has_mss && o.has_window_scale && o.has_timestamps && o.sack_permitted);
    T_EQ(o.mss, 1460);
    T_EQ(o.window_scale, 7);
    T_EQ(o.timestamp, 0x11223344);
    T_EQ(o.timestamp_echo, 0);
    T_EQ(o.sack_count, 1);
    T_EQ(o.sack[0].left, 1);
    T_EQ(o.sack[0].right, 2);
    T_EQ(o.unknown, 1);
    T_OK(plug_tcp_options_parse(NULL, 0, &o));
    T_TRUE(!o.has_mss && o.sack_count == 0);
}

T_TEST(tcp_options_have_lengths)
{
    static const char *const wrong[] = {"0203ff",
                                        "0205ffffff",
                                        "0302",
                                        "03040000",
                                        "040300",
                                        "0502",
                                        "0509aaaaaaaaaaaaaa",
                                        "0809aaaaaaaaaaaaaa",
                                        "052a"
                                        "00000000000000000000"
                                        "00000000000000000000"
                                        "00000000000000000000"
                                        "00000000000000000000"};
    struct plug_tcp_options o = {.mss = 99};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t len;
        const uint8_t *b = golden(wrong[i], &len);
        T_ERR(plug_tcp_options_parse(b, len, &o), PLUG_EPACKET_BAD);
    }
    T_EQ(o.mss, 99);
}

T_TEST(tcp_options_that_fit)
{
    uint8_t room[40];
    struct plug_tcp_options o = {.has_timestamps = true, .sack_count = 3}, got;

    T_EQ(plug_tcp_options_build(&o, room, 40), 40); /* 12 and 28 */
    T_EQ(plug_tcp_options_parse(room, 40, &got), 0);
    T_EQ(got.sack_count, 3);
    T_ERR(plug_tcp_options_build(&o, room, 39), -ENOSPC);
    o.sack_count = 4;
    T_ERR(plug_tcp_options_build(&o, room, 40), -ENOSPC);
    o.has_timestamps = false;
    T_EQ(plug_tcp_options_build(&o, room, 40), 36);
    o.sack_count = 5;
    T_ERR(plug_tcp_options_build(&o, room, 40), PLUG_ERANGE);
    for (unsigned bits = 0; bits < 16; bits++) {
        o = (struct plug_tcp_options){.has_mss = bits & 1,
                                      .has_window_scale = bits & 2,
                                      .has_timestamps = bits & 4,
                                      .sack_permitted = bits & 8};
        int n = plug_tcp_options_build(&o, room, 40);
        T_TRUE(n >= 0 && n % 4 == 0);
        T_OK(plug_tcp_options_parse(room, (size_t)n, &got));
        T_EQ(got.has_mss, o.has_mss);
        T_EQ(got.has_window_scale, o.has_window_scale);
        T_EQ(got.has_timestamps, o.has_timestamps);
        T_EQ(got.sack_permitted, o.sack_permitted);
    }
}

static void fill(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)t_random();
}

T_TEST_PLAIN(tcp_build_parse_build)
{
    uint8_t options[40], payload[200], one[260], two[260];

    for (unsigned round = 0; round < 20000; round++) {
        fill(options, sizeof options);
        fill(payload, sizeof payload);
        struct plug_tcp h = {.sport = (uint16_t)t_random(),
                             .dport = (uint16_t)t_random(),
                             .seq = (uint32_t)t_random(),
                             .ack = (uint32_t)t_random(),
                             .reserved = (uint8_t)t_below(8),
                             .flags = (uint16_t)t_below(0x200),
                             .window = (uint16_t)t_random(),
                             .urgent = (uint16_t)t_random(),
                             .options = options,
                             .options_len = 4 * t_below(11)},
                        got;
        const struct plug_pseudo *over = round % 2 ? &over4 : &over6;
        size_t n = t_below(sizeof payload);
        int len = plug_tcp_build(&h, over, payload, n, one, sizeof one);
        T_EQ(len, 20 + h.options_len + n);
        T_EQ(plug_tcp_parse(one, (size_t)len, &got), 20 + h.options_len);
        T_EQ(plug_tcp_verify(over, one, (size_t)len, NULL), 1);
        T_EQ(plug_tcp_build(&got, over, one + got.header_len, n, two, sizeof two), len);
        T_MEM(one, two, (size_t)len);
    }
}
