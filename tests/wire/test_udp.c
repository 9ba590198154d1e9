/* SPDX-License-Identifier: MIT */
#include "golden.h"
#include <netinet/in.h>

#define OVER4 "9c400035000d335568656c6c6f"
#define OVER6 "9c400035000dc41768656c6c6f"

static const uint8_t src4[] = {192, 0, 2, 1}, dst4[] = {198, 51, 100, 2};
static const struct plug_pseudo over4 = {AF_INET, src4, dst4};
static const uint8_t src6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
static const uint8_t dst6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 2};
static const struct plug_pseudo over6 = {AF_INET6, src6, dst6};

T_TEST(udp_builds_what_scapy_builds)
{
    uint8_t *room = t_guarded_room(13);
    struct plug_udp h = {.sport = 40000, .dport = 53};

    T_EQ(plug_udp_build(&h, &over4, "hello", 5, room, 13), 13);
    golden_same(room, 13, OVER4);
    T_EQ(plug_udp_build(&h, &over6, room + 8, 5, room, 13), 13);
    golden_same(room, 13, OVER6);
    T_ERR(plug_udp_build(&h, &over4, "hello", 5, room, 12), -ENOSPC);
    T_EQ(plug_udp_build(&h, NULL, "hello", 5, room, 13), 13);
    T_EQ(plug_get_be16(room + 6), 0);
    h.given = PLUG_GIVEN_LEN | PLUG_GIVEN_CHECKSUM;
    h.len = 7;
    h.checksum = 0xdead;
    T_EQ(plug_udp_build(&h, &over4, "hello", 5, room, 13), 13);
    golden_same(room, 13, "9c4000350007dead68656c6c6f");
}

T_TEST(udp_parses_and_verifies)
{
    size_t len;
    const uint8_t *b = golden(OVER6, &len);
    struct plug_udp h;
    uint16_t right = 0;

    T_EQ(plug_udp_parse(b, len, &h), 8);
    T_EQ(h.sport, 40000);
    T_EQ(h.dport, 53);
    T_EQ(h.len, 13);
    T_EQ(h.checksum, 0xc417);
    T_EQ(plug_udp_payload_len(&h, len), 5);
    T_EQ(plug_udp_payload_len(&h, len + 1), 5);
    T_ERR(plug_udp_payload_len(&h, len - 1), PLUG_EPACKET_SHORT);
    T_EQ(plug_udp_verify(&over6, b, len, &right), 1);
    T_EQ(right, 0xc417);
    T_EQ(plug_udp_verify(&over6, golden_changed(b, len, 9, 'E'), len, NULL), 0);
    T_EQ(plug_udp_verify(&over4, b, len, &right), 0);
    T_EQ(right, 0x3355);
    T_ERR(plug_udp_verify(&over6, b, len - 1, NULL), PLUG_EPACKET_SHORT);
    b = golden("9c400035000d000068656c6c6f", &len); /* no checksum */
    T_EQ(plug_udp_verify(&over4, b, len, &right), 1);
    T_EQ(right, 0x3355);
    T_EQ(plug_udp_verify(&over6, b, len, &right), 0);
    T_EQ(right, 0xc417);
}

T_TEST(udp_is_strict)
{
    size_t len;
    const uint8_t *b = golden(OVER4, &len);
    struct plug_udp h = {.sport = 99};

    for (size_t n = 0; n < 8; n++)
        T_ERR(plug_udp_parse(t_guarded(b, n), n, &h), PLUG_EPACKET_SHORT);
    for (uint8_t n = 0; n < 8; n++)
        T_ERR(plug_udp_parse(golden_changed(b, len, 5, n), len, &h), PLUG_EPACKET_BAD);
    T_EQ(h.sport, 99);
    T_EQ(plug_udp_parse(golden_changed(b, len, 5, 8), len, &h), 8);
    T_EQ(plug_udp_payload_len(&h, len), 0);
}

/* A sum of 0 is sent as 0xffff: 0 says that there is none. */
T_TEST(udp_never_sends_a_computed_zero)
{
    uint8_t room[10], payload[2] = {0};
    struct plug_udp h = {.sport = 1, .dport = 2};

    T_EQ(plug_udp_build(&h, &over4, payload, 2, room, sizeof room), 10);
    plug_put_be16(payload, plug_get_be16(room + 6)); /* what makes the sum 0 */
    T_EQ(plug_udp_build(&h, &over4, payload, 2, room, sizeof room), 10);
    T_EQ(plug_get_be16(room + 6), 0xffff);
    T_EQ(plug_udp_verify(&over4, room, 10, NULL), 1);
}

T_TEST(udp_limits)
{
    static uint8_t room[65536], payload[65536];
    struct plug_udp h = {.sport = 1};

    T_EQ(plug_udp_build(&h, &over4, payload, 65526, room, sizeof room), 65534);
    T_EQ(plug_udp_build(&h, &over4, payload, 65527, room, sizeof room), 65535);
    T_EQ(plug_udp_verify(&over4, room, 65535, NULL), 1);
    T_ERR(plug_udp_build(&h, &over4, payload, 65528, room, sizeof room), PLUG_ERANGE);
    T_ERR(plug_udp_build(&h, &over4, payload, SIZE_MAX, room, sizeof room), PLUG_ERANGE);
}

T_TEST_PLAIN(udp_build_parse_build)
{
    uint8_t payload[200], one[208], two[208];

    for (unsigned round = 0; round < 20000; round++) {
        struct plug_udp h = {.sport = (uint16_t)t_random(), .dport = (uint16_t)t_random()}, got;
        const struct plug_pseudo *over = round % 2 ? &over4 : &over6;
        size_t n = t_below(sizeof payload);
        for (size_t i = 0; i < n; i++)
            payload[i] = (uint8_t)t_random();
        int len = plug_udp_build(&h, over, payload, n, one, sizeof one);
        T_EQ(len, 8 + n);
        T_EQ(plug_udp_parse(one, (size_t)len, &got), 8);
        T_EQ(got.len, len);
        T_EQ(plug_udp_verify(over, one, (size_t)len, NULL), 1);
        T_EQ(plug_udp_build(&got, over, one + 8, n, two, sizeof two), len);
        T_MEM(one, two, (size_t)len);
    }
}
