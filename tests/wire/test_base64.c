/* SPDX-License-Identifier: MIT */
#include "t.h"
#include <string.h>

static void both_ways(const char *bytes, size_t n, const char *text, unsigned flags)
{
    size_t len = strlen(text);
    char *room = t_guarded_room(len + 1);
    const char *guarded = t_guarded(text, len);
    uint8_t *back = t_guarded_room(n);

    T_EQ(plug_base64_encode(bytes, n, flags, NULL, 0), len);
    T_EQ(plug_base64_encode(t_guarded(bytes, n), n, flags, room, len + 1), len);
    T_STR(room, text);
    T_EQ(plug_base64_decode(guarded, len, flags, NULL, 0, NULL), n);
    T_EQ(plug_base64_decode(guarded, len, flags, back, n, NULL), n);
    T_MEM(back, bytes, n);
    if (n > 0)
        T_ERR(plug_base64_decode(guarded, len, flags, back, n - 1, NULL), -ENOSPC);
}

/* RFC 4648 10, and the characters in which the alphabets differ */
T_TEST(base64_vectors)
{
    static const char *vectors[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};

    for (size_t n = 0; n <= 6; n++)
        both_ways("foobar", n, vectors[n], 0);
    both_ways("foob", 4, "Zm9vYg", PLUG_BASE64_NOPAD);
    both_ways("fooba", 5, "Zm9vYmE", PLUG_BASE64_NOPAD);
    both_ways("\xfb\xff\xbf", 3, "+/+/", 0);
    both_ways("\xfb\xff\xbf", 3, "-_-_", PLUG_BASE64_URL);
    both_ways("\xff", 1, "_w", PLUG_BASE64_URL | PLUG_BASE64_NOPAD);
    both_ways("\0\0\0\0", 4, "AAAAAA==", 0);
}

T_TEST(base64_encode_writes_whole_groups)
{
    char text[16];

    T_EQ(plug_base64_encode("foob", 4, 0, text, 8), 8);
    T_STR(text, "Zm9v");
    T_EQ(plug_base64_encode("foob", 4, 0, text, 5), 8);
    T_STR(text, "Zm9v");
    T_EQ(plug_base64_encode("foob", 4, 0, text, 4), 8);
    T_STR(text, "");
    T_EQ(plug_base64_encode("foob", 4, PLUG_BASE64_NOPAD, text, 7), 6);
    T_STR(text, "Zm9vYg");
    T_EQ(plug_base64_encode("foob", 4, 0, text, 1), 8);
    T_STR(text, "");
}

static void refuses(const char *text, unsigned flags, size_t where)
{
    size_t len = strlen(text), got = 99;
    char room[32] = "untouched";

    T_ERR(plug_base64_decode(t_guarded(text, len), len, flags, room, sizeof room, &got),
          PLUG_EBASE64);
    T_EQ(got, where);
    T_STR(room, "untouched");
    T_ERR(plug_base64_decode(text, len, flags, NULL, 0, NULL), PLUG_EBASE64);
}

T_TEST(base64_refuses_and_says_where)
{
    refuses("A", 0, 1);
    refuses("AA", 0, 2);
    refuses("AAA", 0, 3);
    refuses("AA=", 0, 3);
    refuses("A===", 0, 1);
    refuses("====", 0, 0);
    refuses("=", 0, 0);
    refuses("AAAA=", 0, 4);
    refuses("AAAA====", 0, 4);
    refuses("AA==A", 0, 4);
    refuses("AA==AAAA", 0, 4);
    refuses("AA===", 0, 4);
    refuses("AA=A", 0, 3);
    refuses("AB==", 0, 1); /* unused bits */
    refuses("AAB=", 0, 2);
    refuses("AAAAAB==", 0, 5);
    refuses("AA AA", 0, 2);
    refuses("AAAA\n", 0, 4);
    refuses("-AAA", 0, 0);
    refuses("A_AA", 0, 1);
    refuses("+AAA", PLUG_BASE64_URL, 0);
    refuses("A/AA", PLUG_BASE64_URL, 1);
    refuses("AA==", PLUG_BASE64_NOPAD, 2);
    refuses("AAAAA", PLUG_BASE64_NOPAD, 5);
    refuses("AB", PLUG_BASE64_NOPAD, 1);
    refuses("AA = = A", PLUG_BASE64_SPACE, 7);
    refuses("AAA\xc3\xa9", 0, 3);
    T_ERR(plug_base64_decode("AAAA", 4, 8, NULL, 0, NULL), PLUG_EOPTS);
    T_ERR(plug_base64_decode("AA\0A", 4, PLUG_BASE64_SPACE, NULL, 0, NULL), PLUG_EBASE64);
}

T_TEST(base64_skips_space_where_asked)
{
    static const char text[] = "\r\n Zm 9v\r\n\tYg = = \n";
    char bytes[4];

    T_EQ(plug_base64_decode(text, sizeof text - 1, PLUG_BASE64_SPACE, bytes, 4, NULL), 4);
    T_MEM(bytes, "foob", 4);
    T_EQ(plug_base64_decode(" \n", 2, PLUG_BASE64_SPACE, NULL, 0, NULL), 0);
}

/* Exactly one text for each sequence of bytes: of all 64^2 * 2 short texts, 256 are taken. */
T_TEST(base64_is_one_to_one)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned taken = 0;

    for (unsigned i = 0; i < 64 * 64; i++) {
        char text[5] = {alphabet[i / 64], alphabet[i % 64], '=', '=', 0}, again[5];
        uint8_t byte;
        if (plug_base64_decode(text, 4, 0, &byte, 1, NULL) != 1)
            continue;
        taken++;
        T_EQ(plug_base64_encode(&byte, 1, 0, again, 5), 4);
        T_STR(again, text);
    }
    T_EQ(taken, 256);
}

T_TEST(base64_round_trip_in_place)
{
    for (size_t len = 0; len < 200; len++) {
        unsigned flags = (unsigned)t_below(4);
        uint8_t bytes[200];
        char text[300];
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)t_random();
        size_t n = plug_base64_encode(bytes, len, flags, text, sizeof text);
        T_TRUE(n < sizeof text);
        T_EQ(plug_base64_decode(text, n, flags, text, sizeof text, NULL), len);
        T_MEM(text, bytes, len);
    }
}
