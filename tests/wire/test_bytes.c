/* SPDX-License-Identifier: MIT */
#include "t.h"
#include <arpa/inet.h>
#include <string.h>

T_TEST(bytes_get_reads_the_stated_order)
{
    static const uint8_t text[] = {1, 2, 3, 4, 5, 6, 7, 0xf8};
    uint8_t *b = t_guarded(text, sizeof text);

    T_EQ(plug_get_be16(b), 0x0102);
    T_EQ(plug_get_be24(b), 0x010203);
    T_EQ(plug_get_be32(b), 0x01020304);
    T_TRUE(plug_get_be64(b) == 0x01020304050607f8u);
    T_EQ(plug_get_le16(b), 0x0201);
    T_EQ(plug_get_le24(b), 0x030201);
    T_EQ(plug_get_le32(b), 0x04030201);
    T_TRUE(plug_get_le64(b) == 0xf807060504030201u);
    /* the last bytes before an unreadable page, at odd addresses */
    T_EQ(plug_get_be16(b + 6), 0x07f8);
    T_EQ(plug_get_be24(b + 5), 0x0607f8);
    T_EQ(plug_get_be32(b + 4), 0x050607f8);
    T_EQ(plug_get_le16(b + 6), 0xf807);
    T_EQ(plug_get_le24(b + 5), 0xf80706);
    T_EQ(plug_get_le32(b + 4), 0xf8070605);
}

/* Every width at every offset: the bytes are those of the definition, and no other is touched. */
T_TEST(bytes_put_writes_its_bytes_only)
{
    static const unsigned widths[] = {2, 3, 4, 8};

    for (unsigned round = 0; round < 1000; round++) {
        uint64_t v = t_random();
        unsigned width = widths[t_below(4)];
        bool be = t_below(2);
        size_t at = t_below(9);
        uint8_t got[17], want[17];

        memset(got, 0xa5, sizeof got);
        memset(want, 0xa5, sizeof want);
        for (unsigned i = 0; i < width; i++)
            want[at + (be ? width - 1 - i : i)] = (uint8_t)(v >> 8 * i);
        switch (width) {
        case 2:
            be ? plug_put_be16(got + at, (uint16_t)v) : plug_put_le16(got + at, (uint16_t)v);
            T_EQ(be ? plug_get_be16(got + at) : plug_get_le16(got + at), (uint16_t)v);
            break;
        case 3:
            be ? plug_put_be24(got + at, (uint32_t)v) : plug_put_le24(got + at, (uint32_t)v);
            T_EQ(be ? plug_get_be24(got + at) : plug_get_le24(got + at), v & 0xffffff);
            break;
        case 4:
            be ? plug_put_be32(got + at, (uint32_t)v) : plug_put_le32(got + at, (uint32_t)v);
            T_EQ(be ? plug_get_be32(got + at) : plug_get_le32(got + at), (uint32_t)v);
            break;
        default:
            be ? plug_put_be64(got + at, v) : plug_put_le64(got + at, v);
            T_EQ(be ? plug_get_be64(got + at) : plug_get_le64(got + at), v);
        }
        T_MEM(got, want, sizeof got);
    }
}

T_TEST(bytes_put_fits_before_an_unwritable_page)
{
    uint8_t *b = t_guarded_room(8);

    plug_put_be64(b, 0x1122334455667788);
    plug_put_be32(b + 4, 0xaabbccdd);
    plug_put_le24(b + 5, 0x010203);
    plug_put_be16(b + 6, 0xfffe);
    T_MEM(b, "\x11\x22\x33\x44\xaa\x03\xff\xfe", 8);
}

T_TEST(bytes_hton_is_the_systems)
{
    for (unsigned v = 0; v <= UINT16_MAX; v++) {
        T_EQ(plug_hton16((uint16_t)v), htons((uint16_t)v));
        T_EQ(plug_ntoh16((uint16_t)v), ntohs((uint16_t)v));
    }
    for (unsigned round = 0; round < 1000; round++) {
        uint32_t v = (uint32_t)t_random();
        T_EQ(plug_hton32(v), htonl(v));
        T_EQ(plug_ntoh32(v), ntohl(v));
        T_TRUE(plug_ntoh64(plug_hton64(t_random() | v)) != 0);
    }
    uint64_t wire = plug_hton64(0x0102030405060708);
    T_MEM(&wire, "\1\2\3\4\5\6\7\10", 8);
    T_TRUE(plug_ntoh64(wire) == 0x0102030405060708);
}

/* The rows are CPython's: socket.htons(v) and so on, None where it raises OverflowError. */
T_TEST(bytes_checked_forms_refuse_what_does_not_fit)
{
    static const int64_t bad16[] = {-1, 65536, 4294967295, 4294967296, INT64_MIN, INT64_MAX};
    static const int64_t bad32[] = {-1, 4294967296, INT64_MIN, INT64_MAX};
    uint16_t v16 = 7;
    uint32_t v32 = 7;

    for (size_t i = 0; i < sizeof bad16 / sizeof bad16[0]; i++) {
        T_ERR(plug_hton16_checked(bad16[i], &v16), PLUG_ERANGE);
        T_ERR(plug_ntoh16_checked(bad16[i], &v16), PLUG_ERANGE);
        T_EQ(v16, 7);
    }
    for (size_t i = 0; i < sizeof bad32 / sizeof bad32[0]; i++) {
        T_ERR(plug_hton32_checked(bad32[i], &v32), PLUG_ERANGE);
        T_ERR(plug_ntoh32_checked(bad32[i], &v32), PLUG_ERANGE);
        T_EQ(v32, 7);
    }
    T_OK(plug_hton16_checked(65535, &v16));
    T_EQ(v16, 65535);
    T_OK(plug_ntoh16_checked(htons(443), &v16));
    T_EQ(v16, 443);
    T_OK(plug_hton32_checked(4294967295, &v32));
    T_EQ(v32, 4294967295);
    T_OK(plug_ntoh32_checked(htonl(0x7f000001), &v32));
    T_EQ(v32, 0x7f000001);
}

static size_t prefix_at_end(const char *hay, const char *needle)
{
    size_t hay_len = strlen(hay), needle_len = strlen(needle);
    return plug_find_prefix_at_end(t_guarded(hay, hay_len), hay_len, t_guarded(needle, needle_len),
                                   needle_len);
}

/* The first three rows are those of asynchat's own tests. */
T_TEST(bytes_find_prefix_at_end)
{
    T_EQ(prefix_at_end("qwerty\r", "\r\n"), 1);
    T_EQ(prefix_at_end("qwertydkjf", "\r\n"), 0);
    T_EQ(prefix_at_end("qwerty\r\n", "\r\n"), 0);
    T_EQ(prefix_at_end("abcab", "abcabd"), 5);
    T_EQ(prefix_at_end("xabcab", "abd"), 2);
    T_EQ(prefix_at_end("aaaa", "aaaa"), 3); /* proper: never the whole needle */
    T_EQ(prefix_at_end("a", "aaaa"), 1);
    T_EQ(prefix_at_end("", "ab"), 0);
    T_EQ(prefix_at_end("ab", ""), 0);
    T_EQ(prefix_at_end("ab", "b"), 0);
}
