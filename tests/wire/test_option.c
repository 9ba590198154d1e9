/* SPDX-License-Identifier: MIT */
#include "golden.h"

/* Kinds of all options, in order; then the result that ended it and where. */
static void walks(const char *hex, bool ip6, const char *kinds, int end, size_t where)
{
    size_t len, at = 0, count = 0;
    const uint8_t *b = golden(hex, &len);
    struct plug_option o;
    int r;

    while ((r = ip6 ? plug_ip6_option_next(b, len, &at, &o) : plug_option_next(b, len, &at, &o)) >
           0) {
        T_EQ(o.kind, (uint8_t)kinds[count]);
        T_TRUE(o.len == 0 || (o.data > b && o.data + o.len <= b + len));
        count++;
    }
    T_EQ(count, strlen(kinds));
    T_EQ(r, end);
    T_EQ(at, where);
}

T_TEST(option_walks_ip4_and_tcp)
{
    walks("", false, "", 0, 0);
    walks("01", false, "\1", 0, 1);
    walks("020405b40402080a11223344000000000103030700", false, "\2\4\x8\1\3", 0, 20);
    walks("0000", false, "", 0, 0);
    walks("010107020000", false, "\1\1\7", 0, 4);
}

T_TEST(option_refuses_lengths_that_lie)
{
    walks("07", false, "", PLUG_EPACKET_BAD, 0);
    walks("0700", false, "", PLUG_EPACKET_BAD, 0);
    walks("0701", false, "", PLUG_EPACKET_BAD, 0);
    walks("0702", false, "\7", 0, 2);
    walks("0703", false, "", PLUG_EPACKET_BAD, 0);
    walks("010703", false, "\1", PLUG_EPACKET_BAD, 1);
    walks("07ff0000", false, "", PLUG_EPACKET_BAD, 0);
}

T_TEST(option_walks_ip6)
{
    walks("050200000100", true, "\5\1", 0, 6);
    walks("c204000100000101", true, "\xc2", PLUG_EPACKET_BAD, 6);
    walks("05", true, "", PLUG_EPACKET_BAD, 0);
    walks("0501", true, "", PLUG_EPACKET_BAD, 0);
    walks("0500", true, "\5", 0, 2);
}

T_TEST(option_puts)
{
    uint8_t *b = t_guarded_room(8), data[256] = {5, 180};
    int n = plug_option_put(b, 8, 0, 2, data, 2);

    T_EQ(n, 4);
    T_EQ(n = plug_option_put(b, 8, (size_t)n, PLUG_OPTION_NOP, NULL, 0), 5);
    T_EQ(n = plug_option_put(b, 8, (size_t)n, 4, NULL, 0), 7);
    T_ERR(plug_option_put(b, 8, (size_t)n, 4, NULL, 0), -ENOSPC);
    T_ERR(plug_option_put(b, 8, 9, PLUG_OPTION_NOP, NULL, 0), -ENOSPC);
    T_EQ(plug_option_pad(b, 8, (size_t)n), 8);
    T_EQ(plug_option_pad(b, 8, 8), 8);
    T_ERR(plug_option_pad(b, 7, 7), -ENOSPC);
    T_ERR(plug_option_pad(b, 7, 8), -ENOSPC);
    golden_same(b, 8, "020405b401040200");
}

T_TEST(option_data_limits)
{
    uint8_t room[300], data[256] = {0};
    struct plug_option o;

    for (size_t len = 252; len <= 253; len++) {
        size_t at = 0;
        T_EQ(plug_option_put(room, sizeof room, 0, 7, data, len), len + 2);
        T_EQ(plug_option_next(room, len + 2, &at, &o), 1);
        T_EQ(o.len, len);
        T_EQ(at, len + 2);
    }
    T_ERR(plug_option_put(room, sizeof room, 0, 7, data, 254), PLUG_ERANGE);
    T_EQ(plug_ip6_option_put(room, sizeof room, 0, 7, data, 254), 256);
    T_EQ(plug_ip6_option_put(room, sizeof room, 0, 7, data, 255), 257);
    T_ERR(plug_ip6_option_put(room, sizeof room, 0, 7, data, 256), PLUG_ERANGE);
    T_ERR(plug_option_put(room, sizeof room, 0, 7, data, SIZE_MAX), PLUG_ERANGE);
    T_EQ(plug_ip6_option_put(room, sizeof room, 0, PLUG_OPTION_PAD1, NULL, 0), 1);
    T_EQ(plug_ip6_option_put(room, sizeof room, 0, PLUG_OPTION_PADN, NULL, 0), 2);
}
