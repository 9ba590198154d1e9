/* SPDX-License-Identifier: MIT */
#include "t.h"
#include <string.h>

T_TEST(hex_encodes_as_snprintf_does)
{
    static const uint8_t bytes[] = {0x00, 0x1b, 0xff, 0xa5};
    char text[16];

    T_EQ(plug_hex_encode(bytes, 4, NULL, 0), 8);
    T_EQ(plug_hex_encode(bytes, 4, text, 9), 8);
    T_STR(text, "001bffa5");
    T_EQ(plug_hex_encode(bytes, 4, text, 8), 8); /* no room for the NUL: one pair less */
    T_STR(text, "001bff");
    T_EQ(plug_hex_encode(bytes, 4, text, 2), 8);
    T_STR(text, "");
    T_EQ(plug_hex_encode(bytes, 4, text, 1), 8);
    T_STR(text, "");
    T_EQ(plug_hex_encode(bytes, 0, text, sizeof text), 0);
    T_STR(text, "");
    T_EQ(plug_hex_encode(t_guarded(bytes, 4), 4, t_guarded_room(9), 9), 8);
}

static void decodes(const char *text, unsigned flags, const char *bytes, size_t n)
{
    size_t len = strlen(text);
    const char *guarded = t_guarded(text, len);
    uint8_t *room = t_guarded_room(n);

    T_EQ(plug_hex_decode(guarded, len, flags, NULL, 0, NULL), n);
    T_EQ(plug_hex_decode(guarded, len, flags, room, n, NULL), n);
    T_MEM(room, bytes, n);
    if (n > 0)
        T_ERR(plug_hex_decode(guarded, len, flags, room, n - 1, NULL), -ENOSPC);
    T_MEM(room, bytes, n);
}

static void refuses(const char *text, unsigned flags, size_t where)
{
    size_t len = strlen(text), got = 99;
    char room[32] = "untouched";

    T_ERR(plug_hex_decode(t_guarded(text, len), len, flags, room, sizeof room, &got), PLUG_EHEX);
    T_EQ(got, where);
    T_STR(room, "untouched");
    T_ERR(plug_hex_decode(text, len, flags, NULL, 0, NULL), PLUG_EHEX);
}

T_TEST(hex_decodes)
{
    decodes("", 0, "", 0);
    decodes("00", 0, "\0", 1);
    decodes("001bFfA5", 0, "\x00\x1b\xff\xa5", 4);
    decodes(" 00 1b\t\r\nff ", PLUG_HEX_SPACE, "\x00\x1b\xff", 3);
    decodes(" \n", PLUG_HEX_SPACE, "", 0);
    decodes("00:1b:ff", PLUG_HEX_COLON, "\x00\x1b\xff", 3);
    decodes("001b:ff", PLUG_HEX_COLON, "\x00\x1b\xff", 3);
    decodes("00:1b ff\n", PLUG_HEX_COLON | PLUG_HEX_SPACE, "\x00\x1b\xff", 3);
}

T_TEST(hex_refuses_and_says_where)
{
    refuses("0", 0, 1);
    refuses("g0", 0, 0);
    refuses("0g", 0, 1);
    refuses("001", 0, 3);
    refuses("00 11", 0, 2);
    refuses("00:11", 0, 2);
    refuses("0x00", 0, 1);
    refuses("0 0", PLUG_HEX_SPACE, 1);
    refuses("00:11", PLUG_HEX_SPACE, 2);
    refuses("00 11", PLUG_HEX_COLON, 2);
    refuses(":00", PLUG_HEX_COLON, 0);
    refuses("00:", PLUG_HEX_COLON, 3);
    refuses("00::11", PLUG_HEX_COLON, 3);
    refuses("0:0", PLUG_HEX_COLON, 1);
    refuses("00 :11", PLUG_HEX_COLON | PLUG_HEX_SPACE, 3);
    refuses("00: 11", PLUG_HEX_COLON | PLUG_HEX_SPACE, 3);
    refuses("00\xff", 0, 2);
    T_ERR(plug_hex_decode("00", 2, 4, NULL, 0, NULL), PLUG_EOPTS);
    T_ERR(plug_hex_decode("\0", 1, PLUG_HEX_SPACE, NULL, 0, NULL), PLUG_EHEX);
}

/* Every text of two bytes, against the definition. */
T_TEST(hex_takes_exactly_the_digits)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    for (unsigned i = 0; i < 65536; i++) {
        char text[2] = {(char)(i >> 8), (char)i};
        bool want = i >> 8 && i & 255 && strchr(digits, text[0]) && strchr(digits, text[1]);
        T_EQ(plug_hex_decode(text, 2, 0, NULL, 0, NULL) == 1, want);
    }
}

T_TEST(hex_round_trip_in_place)
{
    for (size_t len = 0; len < 200; len++) {
        uint8_t bytes[200];
        char text[401];
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)t_random();
        T_EQ(plug_hex_encode(bytes, len, text, sizeof text), 2 * len);
        T_EQ(plug_hex_decode(text, 2 * len, 0, text, 2 * len, NULL), len);
        T_MEM(text, bytes, len);
    }
}
