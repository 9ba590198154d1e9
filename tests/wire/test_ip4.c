/* SPDX-License-Identifier: MIT */
#include "golden.h"
#include <netinet/in.h>

#define PLAIN   "450000281234000040067c65c0000201c6336402"
#define OPTIONS "48b8002b000700000311b22cc0000201c633640207070401020304940400000100"

static struct plug_ip4 sample(void)
{
    return (struct plug_ip4){
        .id = 0x1234, .ttl = 64, .protocol = 6, .src = {192, 0, 2, 1}, .dst = {198, 51, 100, 2}};
}

T_TEST(ip4_builds_what_scapy_builds)
{
    uint8_t *room = t_guarded_room(20);
    struct plug_ip4 h = sample();

    T_EQ(plug_ip4_build(&h, 20, room, 20), 20);
    golden_same(room, 20, PLAIN);
    T_ERR(plug_ip4_build(&h, 20, room, 19), -ENOSPC);
}

T_TEST(ip4_parses_every_field)
{
    size_t len;
    const uint8_t *b = golden(OPTIONS "010002000b4f3b616263", &len);
    struct plug_ip4 h;
    uint16_t right = 0;

    T_EQ(plug_ip4_parse(b, len, &h), 32);
    T_EQ(h.version, 4);
    T_EQ(h.header_len, 32);
    T_EQ(h.tos, 0xb8);
    T_EQ(h.total_len, 43);
    T_EQ(h.id, 7);
    T_EQ(h.flags, 0);
    T_EQ(h.fragment, 0);
    T_EQ(h.ttl, 3);
    T_EQ(h.protocol, 17);
    T_EQ(h.checksum, 0xb22c);
    T_MEM(h.src, "\xc0\0\2\1", 4);
    T_MEM(h.dst, "\xc6\x33\x64\2", 4);
    T_EQ(h.options_len, 12);
    T_TRUE(h.options == b + 20);
    T_EQ(plug_ip4_payload_len(&h, len), 11);
    T_EQ(plug_ip4_payload_len(&h, len + 9), 11); /* padding */
    T_ERR(plug_ip4_payload_len(&h, len - 1), PLUG_EPACKET_SHORT);
    T_EQ(plug_ip4_verify(b, len, &right), 1);
    T_EQ(right, 0xb22c);
    T_EQ(plug_ip4_verify(golden_changed(b, len, 10, 0), len, &right), 0);
    T_EQ(right, 0xb22c);
}

T_TEST(ip4_is_strict)
{
    size_t len;
    const uint8_t *b = golden(PLAIN, &len);
    struct plug_ip4 h = {.id = 99};

    for (size_t n = 0; n < len; n++)
        T_ERR(plug_ip4_parse(t_guarded(b, n), n, &h), PLUG_EPACKET_SHORT);
    T_ERR(plug_ip4_parse(golden_changed(b, len, 0, 0x65), len, &h), PLUG_EPACKET_BAD);
    T_ERR(plug_ip4_parse(golden_changed(b, len, 0, 0x44), len, &h), PLUG_EPACKET_BAD);
    T_ERR(plug_ip4_parse(golden_changed(b, len, 0, 0x40), len, &h), PLUG_EPACKET_BAD);
    T_ERR(plug_ip4_parse(golden_changed(b, len, 0, 0x46), len, &h), PLUG_EPACKET_SHORT);
    T_ERR(plug_ip4_parse(golden_changed(b, len, 3, 19), len, &h), PLUG_EPACKET_BAD);
    T_EQ(h.id, 99); /* untouched */
    T_EQ(plug_ip4_parse(golden_changed(b, len, 3, 20), len, &h), 20);
    T_EQ(plug_ip4_payload_len(&h, len), 0);
    T_EQ(plug_ip4_parse(golden_changed(b, len, 3, 21), len, &h), 20);
    T_ERR(plug_ip4_payload_len(&h, len), PLUG_EPACKET_SHORT);
    T_ERR(plug_ip4_verify(b, 19, NULL), PLUG_EPACKET_SHORT);
}

T_TEST(ip4_limits)
{
    uint8_t options[44] = {0}, room[64];
    struct plug_ip4 h = sample(), got;

    T_EQ(plug_ip4_build(&h, 65514, room, sizeof room), 20);
    T_EQ(plug_ip4_build(&h, 65515, room, sizeof room), 20);
    T_EQ(plug_ip4_parse(room, 20, &got), 20);
    T_EQ(got.total_len, 65535);
    T_ERR(plug_ip4_build(&h, 65516, room, sizeof room), PLUG_ERANGE);
    T_ERR(plug_ip4_build(&h, SIZE_MAX, room, sizeof room), PLUG_ERANGE);
    h.options = options;
    for (h.options_len = 36; h.options_len <= 40; h.options_len += 4)
        T_EQ(plug_ip4_build(&h, 0, room, sizeof room), 20 + h.options_len);
    T_ERR(plug_ip4_build(&h, 0, room, sizeof room), PLUG_EPACKET_BAD); /* 44 */
    h.options_len = 39;
    T_ERR(plug_ip4_build(&h, 0, room, sizeof room), PLUG_EPACKET_BAD);
    h.options_len = SIZE_MAX - 3;
    T_ERR(plug_ip4_build(&h, 0, room, sizeof room), PLUG_EPACKET_BAD);
    h.options_len = 0;
    h.fragment = 65528;
    h.flags = 7;
    T_EQ(plug_ip4_build(&h, 0, room, sizeof room), 20);
    T_EQ(plug_ip4_parse(room, 20, &got), 20);
    T_EQ(got.fragment, 65528);
    T_EQ(got.flags, PLUG_IP4_MF | PLUG_IP4_DF | PLUG_IP4_RESERVED);
    h.fragment = 65529;
    T_ERR(plug_ip4_build(&h, 0, room, sizeof room), PLUG_ERANGE);
    h.fragment = 0;
    h.flags = 8;
    T_ERR(plug_ip4_build(&h, 0, room, sizeof room), PLUG_ERANGE);
}

T_TEST(ip4_builds_what_is_wrong_when_told_to)
{
    uint8_t room[20];
    struct plug_ip4 h = sample();

    h.given = PLUG_GIVEN_VERSION | PLUG_GIVEN_HEADER_LEN | PLUG_GIVEN_LEN | PLUG_GIVEN_CHECKSUM;
    h.version = 15;
    h.header_len = 60;
    h.total_len = 7;
    h.checksum = 0xdead;
    T_EQ(plug_ip4_build(&h, 20, room, sizeof room), 20);
    golden_same(room, 20, "ff000007123400004006deadc0000201c6336402");
    h.header_len = 64;
    T_ERR(plug_ip4_build(&h, 20, room, sizeof room), PLUG_ERANGE);
    h.header_len = 18;
    T_ERR(plug_ip4_build(&h, 20, room, sizeof room), PLUG_ERANGE);
    h.header_len = 0;
    h.version = 16;
    T_ERR(plug_ip4_build(&h, 20, room, sizeof room), PLUG_ERANGE);
    h.given = PLUG_GIVEN_VERSION; /* the checksum covers what was given */
    h.version = 6;
    T_EQ(plug_ip4_build(&h, 20, room, sizeof room), 20);
    T_EQ(plug_checksum(room, 20), 0);
}

/* Anything that parses and has a right checksum is built again, byte for byte. */
T_TEST_PLAIN(ip4_build_parse_build)
{
    uint8_t options[40], one[60], two[60];

    for (unsigned round = 0; round < 20000; round++) {
        struct plug_ip4 h = {.tos = (uint8_t)t_random(),
                             .ttl = (uint8_t)t_random(),
                             .protocol = (uint8_t)t_random(),
                             .flags = (uint8_t)t_below(8),
                             .id = (uint16_t)t_random(),
                             .fragment = (uint16_t)(8 * t_below(8192)),
                             .options = options,
                             .options_len = 4 * t_below(11)},
                        got;
        for (size_t i = 0; i < sizeof options; i++)
            options[i] = (uint8_t)t_random();
        memcpy(h.src, options, 4);
        memcpy(h.dst, options + 20, 4);
        size_t payload = t_below(65536 - 60);
        int len = plug_ip4_build(&h, payload, one, sizeof one);
        T_EQ(len, 20 + h.options_len);
        T_EQ(plug_ip4_parse(one, (size_t)len, &got), len);
        T_EQ(got.total_len, (size_t)len + payload);
        T_EQ(plug_ip4_verify(one, (size_t)len, NULL), 1);
        T_EQ(plug_ip4_build(&got, payload, two, sizeof two), len);
        T_MEM(one, two, (size_t)len);
    }
}
