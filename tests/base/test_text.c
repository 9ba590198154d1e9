/* SPDX-License-Identifier: MIT */
/*
 * Escaping: nothing of what a stranger sends reaches a terminal as it is; and all of it comes back.
 */
#include "t.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *escape(enum plug_text_mode mode, const void *bytes, size_t len)
{
    static char out[4000];
    size_t n = plug_text_escape(mode, bytes, len, out, sizeof out);
    T_TRUE(n < sizeof out);
    T_EQ(strlen(out), n);
    return out;
}

static void expect(enum plug_text_mode mode, const char *in, const char *want)
{
    T_STR(escape(mode, in, strlen(in)), want);
}

/* UTF-8 of a code point, surrogates too. */
static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80)
        return out[0] = (char)c, 1;
    if (c < 0x800)
        return out[0] = (char)(0xc0 | c >> 6), out[1] = (char)(0x80 | (c & 0x3f)), 2;
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

T_TEST(text_escapes_for_a_terminal)
{
    expect(PLUG_TEXT_TTY, "plain \"text\" <&'>", "plain \"text\" <&'>");
    expect(PLUG_TEXT_TTY, "a\nb\tc\rd\x1b[2Je\\f\x07g\x7f", "a\\nb\\tc\\rd\\e[2Je\\\\f\\x07g\\x7f");
    expect(PLUG_TEXT_TTY, "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
           "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
    expect(PLUG_TEXT_TTY, "\xc2\x85\xe2\x80\xae\xef\xbb\xbf\xf3\xa0\x81\x81",
           "\\u{0085}\\u{202e}\\u{feff}\\u{e0041}");
    T_STR(escape(PLUG_TEXT_TTY, "a\0b", 3), "a\\x00b");
    T_STR(escape(PLUG_TEXT_TTY, NULL, 0), "");
}

T_TEST(text_modes_differ_where_they_should)
{
    static const char in[] = "a\n\t\"\\<>&'\x1b\xe2\x80\xae\xff";
    expect(PLUG_TEXT_TTY, in, "a\\n\\t\"\\\\<>&'\\e\\u{202e}\\xff");
    expect(PLUG_TEXT_LOG, in, "a\\n\\t\\\"\\\\<>&'\\e\\u{202e}\\xff");
    expect(PLUG_TEXT_LINES, in, "a\n\t\"\\\\<>&'\\e\\u{202e}\\xff");
    expect(PLUG_TEXT_JSON, in, "a\\n\\t\\\"\\\\<>&'\\u001b\\u202e\xef\xbf\xbd");
    expect(PLUG_TEXT_HTML, in, "a\n\t&quot;\\\\&lt;&gt;&amp;&#39;\\e\\u{202e}\\xff");
    expect(PLUG_TEXT_JSON, "\b\f\r\x7f\xc2\x80\xf3\xa0\x80\x81",
           "\\b\\f\\r\\u007f\\u0080\\udb40\\udc01");
}

/* What a terminal, or a reader, could mistake: checked by our own list, not by the library's. */
static bool dangerous(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || (c >= 0xfdd0 && c <= 0xfdef) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f) || (c & 0xfffe) == 0xfffe;
}

T_TEST_PLAIN(text_every_character_in_every_mode)
{
    char in[4], want[20];
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        bool surrogate = c >= 0xd800 && c < 0xe000;
        size_t n = encode(c, in);
        uint32_t back = ~0u;
        T_EQ(plug_utf8_next(in, n, &back), surrogate ? -1 : (int)n);
        if (surrogate)
            continue;
        T_EQ(back, c);
        bool plain = !dangerous(c) && c != '\\';
        if (plug_text_safe(in, n) != plain)
            T_FAIL("U+%04X is %s", c, plain ? "refused" : "let through");
        if (c < 0x80)
            continue;
        const char *out = escape(PLUG_TEXT_TTY, in, n);
        if (plain)
            snprintf(want, sizeof want, "%.*s", (int)n, in);
        else
            snprintf(want, sizeof want, "\\u{%04x}", c);
        T_STR(out, want);
    }
}

T_TEST(text_invalid_utf8_goes_byte_by_byte)
{
    static const struct {
        const char *in, *want;
    } cases[] = {
        {"\x80", "\\x80"},
        {"\xbf\xbf", "\\xbf\\xbf"},
        {"\xc0\xaf", "\\xc0\\xaf"}, /* overlong slash */
        {"\xc1\xbf", "\\xc1\\xbf"},
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
        {"\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"},
        {"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},
        {"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
        {"\xed\xbf\xbf", "\\xed\\xbf\\xbf"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
        {"\xfe\xff", "\\xfe\\xff"},
        {"\xe2\x82", "\\xe2\\x82"}, /* cut off */
        {"\xe2\x82x", "\\xe2\\x82x"},
        {"\xf0\x9f\x98", "\\xf0\\x9f\\x98"},
        {"\xc3\x28", "\\xc3("},
        {"\xe2\x28\xa1", "\\xe2(\\xa1"},
        {"\xf0\x9f\xc3\xbc", "\\xf0\\x9f\xc3\xbc"}, /* the next character is not eaten */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect(PLUG_TEXT_TTY, cases[i].in, cases[i].want);
        T_TRUE(!plug_text_safe(cases[i].in, strlen(cases[i].in)));
    }
}

T_TEST(text_utf8_tells_unfinished_from_wrong)
{
    uint32_t c = 7;
    T_EQ(plug_utf8_next("", 0, &c), 0);
    T_EQ(plug_utf8_next("\xe2", 1, &c), -2);
    T_EQ(plug_utf8_next("\xe2\x82", 2, &c), -2);
    T_EQ(plug_utf8_next("\xf0\x9f\x98", 3, &c), -2);
    T_EQ(plug_utf8_next("\xe0\x80", 2, &c), -1);
    T_EQ(plug_utf8_next("\xed\xa0", 2, &c), -1);
    T_EQ(plug_utf8_next("\xf4\x90", 2, &c), -1);
    T_EQ(plug_utf8_next("\xff", 1, &c), -1);
    T_EQ(c, 7);
    T_EQ(plug_utf8_next("\xe2\x82\xac!", 4, NULL), 3);
    T_EQ(plug_utf8_next("\0", 1, &c), 1);
    T_EQ(c, 0);
}

/* --- reading back ------------------------------------------------------------------------- */

static size_t unescape_one(const char *p, char **out)
{
    static const char *const pairs = "\\\\n\nr\rt\te\x1b\"\"";
    if (p[0] != '\\')
        return *(*out)++ = *p, 1;
    if (p[1] == 'x')
        return *(*out)++ = (char)strtoul((char[]){p[2], p[3], 0}, NULL, 16), 4;
    if (p[1] == 'u') {
        char *end;
        *out += encode((uint32_t)strtoul(p + 3, &end, 16), *out);
        T_TRUE(*end == '}');
        return (size_t)(end + 1 - p);
    }
    const char *pair = strchr(pairs, p[1]);
    T_TRUE(pair && (pair - pairs) % 2 == 0);
    return *(*out)++ = pair[1], 2;
}

/* Bytes that provoke: all of the special ones, and halves of characters. */
static size_t provoke(char *in, size_t max)
{
    static const uint32_t points[] = {0x1b, 0x9b, 0x202e, 0x200b, 0x2028, 0xfeff, 0xe0041, 0x1f600,
                                      '\\', '\n', '"',    'a',    0xfc,   0xfffe, 0x10ffff};
    size_t n = 0, len = t_below(max - 4);
    while (n < len) {
        if (t_below(4) == 0)
            in[n++] = (char)t_random();
        else
            n += encode(points[t_below(sizeof points / sizeof *points)], in + n);
    }
    return n;
}

T_TEST_PLAIN(text_escaped_text_reads_back)
{
    static const enum plug_text_mode modes[] = {PLUG_TEXT_TTY, PLUG_TEXT_LOG, PLUG_TEXT_LINES};
    char in[300], back[600];
    for (int i = 0; i < 3000; i++) {
        size_t n = provoke(in, sizeof in);
        const char *out = escape(modes[i % 3], in, n);
        char *end = back;
        for (const char *p = out; *p;)
            p += unescape_one(p, &end);
        T_EQ(end - back, n);
        T_MEM(back, in, n);
        if (modes[i % 3] == PLUG_TEXT_TTY)
            T_EQ(plug_text_safe(in, n), n == strlen(out) && memcmp(in, out, n) == 0);
    }
}

/* The escaped text, cut anywhere, is whole escapes and whole characters: a prefix by steps. */
T_TEST_PLAIN(text_is_cut_between_escapes)
{
    static const char in[] = "a\x1b\xe2\x80\xae\xc3\xbc\xff\\<\"\n\xf0\x9f\x98\x80z";
    for (int mode = PLUG_TEXT_TTY; mode <= PLUG_TEXT_HTML; mode++) {
        char whole[200];
        size_t steps[40], count = 0;
        size_t n =
            plug_text_escape((enum plug_text_mode)mode, in, sizeof in - 1, whole, sizeof whole);
        for (size_t i = 0; i < sizeof in; i++) {
            bool start = i == sizeof in - 1 || ((unsigned char)in[i] & 0xc0) != 0x80;
            if (start)
                steps[count++] = plug_text_escape((enum plug_text_mode)mode, in, i, NULL, 0);
        }
        for (size_t len = 0; len <= n + 1; len++) {
            char *out = t_guarded_room(len);
            T_EQ(plug_text_escape((enum plug_text_mode)mode, in, sizeof in - 1, out, len), n);
            if (len == 0)
                continue;
            bool known = false;
            size_t got = strlen(out), best = 0;
            for (size_t i = 0; i < count; i++) {
                known |= steps[i] == got;
                best = steps[i] < len ? steps[i] : best;
            }
            T_TRUE(known);
            T_EQ(got, best);
            T_MEM(out, whole, got);
        }
    }
}

T_TEST(text_reads_no_further_than_told)
{
    static const char *const ends[] = {"\xe2", "\xe2\x82", "\xf0\x9f\x98", "a", "\\"};
    char out[40];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const char *p = t_guarded(ends[i], strlen(ends[i]));
        T_TRUE(plug_text_escape(PLUG_TEXT_TTY, p, strlen(ends[i]), out, sizeof out) > 0);
        plug_text_safe(p, strlen(ends[i]));
        T_TRUE(plug_utf8_next(p, strlen(ends[i]), NULL) != 0);
    }
}

/* --- numbers and names -------------------------------------------------------------------- */

static void number(const char *text, uint64_t max, int want, uint64_t value)
{
    uint64_t got = 99;
    const char *p = t_guarded(text, strlen(text));
    T_EQ(plug_uint_parse(p, strlen(text), max, &got), want);
    T_TRUE(got == (want == 0 ? value : 99));
}

T_TEST(text_numbers_are_strict)
{
    number("0", 0, 0, 0);
    number("007", 10, 0, 7);
    number("65535", 65535, 0, 65535);
    number("65536", 65535, PLUG_ERANGE, 0);
    number("18446744073709551615", UINT64_MAX, 0, UINT64_MAX);
    number("18446744073709551616", UINT64_MAX, PLUG_ERANGE, 0);
    number("99999999999999999999999999", UINT64_MAX, PLUG_ERANGE, 0);
    number("99999999999999999999999999x", UINT64_MAX, PLUG_ENUMBER, 0);
    static const char *const wrong[] = {"",    " 1",  "1 ", "+1",  "-1",
                                        "0x1", "1e3", "1.", "1_0", "\xd9\xa1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        number(wrong[i], UINT64_MAX, PLUG_ENUMBER, 0);
    uint64_t got = 5;
    T_ERR(plug_uint_parse("1\0002", 3, 1000, &got), PLUG_ENUMBER);
    T_OK(plug_uint_parse("123", 2, 1000, &got));
    T_EQ(got, 12);
}

static void repeat(char *out, const char *piece, size_t times)
{
    for (size_t i = 0; i < times; i++)
        memcpy(out + i * strlen(piece), piece, strlen(piece));
    out[times * strlen(piece)] = '\0';
}

T_TEST(text_hostnames)
{
    static const char *const good[] = {
        "a", "localhost", "a.b.", "A-b.c_d", "_dmarc.x", "127.0.0.1", "xn--bcher-kva.example",
        "1", "a--b"};
    static const char *const bad[] = {
        "",     ".",     "..",        "a..b", ".a",  "a..", "-a",       "a-",   "a.-b", "a b",
        "a\nb", "a\x1b", "b\xc3\xbc", "a/b",  "a:b", "a%b", "<script>", "a\\b", "*.x",  "a@b"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!plug_hostname_valid(t_guarded(good[i], strlen(good[i])), strlen(good[i])))
            T_FAIL("%s is refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (plug_hostname_valid(t_guarded(bad[i], strlen(bad[i])), strlen(bad[i])))
            T_FAIL("%zu: \"%s\" is accepted", i, bad[i]);
    T_TRUE(!plug_hostname_valid("a\0b", 3));
    T_TRUE(!plug_hostname_valid(NULL, 0));
}

T_TEST(text_hostname_limits)
{
    char name[300];
    for (size_t n = 62; n <= 64; n++) {
        repeat(name, "a", n);
        T_EQ(plug_hostname_valid(name, n), n <= 63);
    }
    repeat(name, "a.", 130);
    for (size_t n = 251; n <= 257; n++) {
        bool dot = name[n - 1] == '.';
        T_EQ(plug_hostname_valid(name, n), n - dot <= 253);
    }
}
