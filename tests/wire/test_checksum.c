/* SPDX-License-Identifier: MIT */
#include "t.h"
#include <stdlib.h>
#include <string.h>

/* RFC 1071 1, literally: pairs of bytes, added with end-around carry. */
static uint16_t definition(const uint8_t *b, size_t len)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < len; i += 2) {
        sum += (uint32_t)(b[i] << 8 | (i + 1 < len ? b[i + 1] : 0));
        if (sum > 0xffff)
            sum -= 0xffff;
    }
    return (uint16_t)~sum;
}

static const uint8_t ip_header[20] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                                      0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};

T_TEST(checksum_vectors)
{
    static const uint8_t rfc1071[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    uint8_t h[20];

    T_EQ(plug_checksum(rfc1071, sizeof rfc1071), 0x220d);
    T_EQ(plug_checksum(ip_header, 20), 0);
    memcpy(h, ip_header, 20);
    plug_put_be16(h + 10, 0);
    T_EQ(plug_checksum(h, 20), 0xb861);
    T_EQ(plug_checksum("", 0), 0xffff);
    T_EQ(plug_checksum("\x12", 1), 0xedff);
    T_EQ(plug_checksum("\0\0\0", 3), 0xffff);
    T_EQ(plug_checksum("\xff\xff", 2), 0);
}

enum fill { RANDOM, ONES, ZEROS, SPARSE, FILLS };

static void fill(uint8_t *b, size_t len, enum fill how)
{
    memset(b, how == ONES ? 0xff : 0, len);
    for (size_t i = 0; i < len && how == RANDOM; i++)
        b[i] = (uint8_t)t_random();
    if (how == SPARSE && len > 0)
        b[t_below(len)] = (uint8_t)t_random();
}

static void every_variant(const uint8_t *b, size_t len)
{
    uint16_t want = definition(b, len), got;
    const char *name;

    T_EQ(plug_checksum(b, len), want);
    for (size_t i = 0; (name = plug_checksum_variant(i)); i++) {
        T_OK(plug_checksum_with(name, b, len, &got));
        if (got != want)
            T_FAIL("%s, %zu bytes: %04x, not %04x", name, len, got, want);
    }
}

/* every length and alignment, next to bytes that must not count */
T_TEST_PLAIN(checksum_variants_agree)
{
    static _Alignas(64) uint8_t room[64 + 300 + 64];

    for (enum fill how = 0; how < FILLS; how++)
        for (size_t at = 0; at < 64; at++)
            for (size_t len = 0; len <= 300; len++) {
                memset(room, 0xa5, sizeof room);
                fill(room + at, len, how);
                every_variant(room + at, len);
            }
}

T_TEST_PLAIN(checksum_variants_agree_on_long_inputs)
{
    static uint8_t room[200000];

    for (enum fill how = 0; how < FILLS; how++)
        for (unsigned round = 0; round < 30; round++) {
            size_t at = t_below(64), len = t_below(sizeof room - 64);
            fill(room, sizeof room, how);
            every_variant(room + at, len);
        }
}

T_TEST_PLAIN(checksum_reads_no_byte_too_many)
{
    uint8_t *end = (uint8_t *)t_guarded_room(1000) + 1000;

    fill(end - 1000, 1000, RANDOM);
    for (size_t len = 0; len <= 1000; len++)
        every_variant(end - len, len);
}

T_TEST(checksum_variants_by_name)
{
    uint16_t sum = 7;
    size_t n = 0;

    while (plug_checksum_variant(n))
        n++;
    T_TRUE(n >= 3);
    T_STR(plug_checksum_variant(n - 1), "plain");
    T_ERR(plug_checksum_with("fastest", "", 0, &sum), -EINVAL);
    T_ERR(plug_checksum_with("", "", 0, &sum), -EINVAL);
    T_EQ(sum, 7);
}

/* Any cut into pieces, of odd lengths too, gives the sum of the whole. */
T_TEST(checksum_running_sum)
{
    for (unsigned round = 0; round < 3000; round++) {
        uint8_t b[400];
        size_t len = t_below(sizeof b + 1), at = 0;
        struct plug_checksum c = {0};

        fill(b, len, round % 10 ? RANDOM : ONES);
        while (at < len) {
            size_t n = t_below(len - at + 1);
            plug_checksum_add(&c, b + at, n);
            at += n;
        }
        T_EQ(plug_checksum_finish(&c), plug_checksum(b, len));
    }
}

T_TEST(checksum_running_sum_one_byte_at_a_time)
{
    struct plug_checksum c = {0};

    for (size_t i = 0; i < sizeof ip_header; i++) {
        T_EQ(plug_checksum_finish(&c), plug_checksum(ip_header, i));
        plug_checksum_add(&c, ip_header + i, 1);
    }
    T_EQ(plug_checksum_finish(&c), 0);
}

/* A datagram of RFC 768 with its pseudo-header, by fields and as one piece of memory. */
T_TEST(checksum_pseudo_header)
{
    uint8_t whole[12 + 8 + 5] = {192, 0, 2,  1,    192,  0, 2,  2, 0,
                                 17,  0, 13, 0x04, 0xd2, 0, 53, 0, 13};
    const uint8_t *udp = whole + 12;
    struct plug_checksum c = {0};

    memcpy(whole + 20, "query", 5);
    plug_checksum_add(&c, udp, 3); /* odd, with a field after it */
    plug_checksum_add32(&c, 0xc0000201);
    plug_checksum_add16(&c, 17);
    plug_checksum_add(&c, udp + 3, 10);
    plug_checksum_add32(&c, 0xc0000202);
    plug_checksum_add16(&c, 13);
    T_EQ(plug_checksum_finish(&c), plug_checksum(whole, sizeof whole));
    T_EQ(plug_checksum_udp(0), 0xffff);
    T_EQ(plug_checksum_udp(0xffff), 0xffff);
    T_EQ(plug_checksum_udp(1), 1);
}

/* RFC 1624 4: the case that equation 4 of RFC 1141 gets wrong. */
T_TEST(checksum_update_vector)
{
    T_EQ(plug_checksum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

T_TEST(checksum_update_is_a_new_computation)
{
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t b[40];
        size_t at = 2 * t_below(18);
        uint32_t now = t_below(4) ? (uint32_t)t_random() : t_below(2) ? 0 : 0xffffffff;

        fill(b, sizeof b, round % 4 ? RANDOM : SPARSE);
        b[39] |= 1; /* never all zero */
        uint16_t sum = plug_checksum(b, sizeof b), was16 = plug_get_be16(b + at);
        plug_put_be16(b + at, (uint16_t)now);
        sum = plug_checksum_update16(sum, was16, (uint16_t)now);
        T_EQ(sum, plug_checksum(b, sizeof b));

        uint32_t was32 = plug_get_be32(b + at);
        plug_put_be32(b + at, ~now);
        b[39] |= 1;
        T_EQ(plug_checksum_update32(sum, was32, plug_get_be32(b + at)), plug_checksum(b, sizeof b));
    }
}
