/* SPDX-License-Identifier: MIT */
/*
 * Escaping: nothing dangerous is left, it reads back, it is cut well. UTF-8, numbers, host names.
 */
#include "fuzz.h"
#include <plug/err.h>
#include <plug/text.h>

/* RFC 3629, section 4, as a table of first bytes and the range of the second. */
static int naive_utf8(const uint8_t *b, size_t n, uint32_t *c)
{
    static const struct {
        uint8_t first, last, low, high, len;
    } rows[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
                {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
                {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};

    if (n == 0)
        return 0;
    *c = b[0];
    if (b[0] < 0x80)
        return 1;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (b[0] < rows[r].first || b[0] > rows[r].last)
            continue;
        *c = b[0] & (0x7fu >> rows[r].len);
        for (size_t i = 1; i < rows[r].len; i++) {
            if (i == n)
                return -2;
            if (b[i] < (i == 1 ? rows[r].low : 0x80) || b[i] > (i == 1 ? rows[r].high : 0xbf))
                return -1;
            *c = *c << 6 | (b[i] & 0x3f);
        }
        return rows[r].len;
    }
    return -1;
}

static bool invisible(uint32_t c)
{
    return (c >= 0x80 && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2064) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
}

/* Valid UTF-8 that moves no cursor and hides nothing. */
static void harmless(enum plug_text_mode mode, const char *text, size_t n)
{
    uint32_t c;
    for (size_t i = 0, step; i < n; i += step) {
        int len = naive_utf8((const uint8_t *)text + i, n - i, &c);
        FUZZ_CHECK(len > 0);
        step = (size_t)len;
        if ((mode == PLUG_TEXT_LINES || mode == PLUG_TEXT_HTML) && (c == '\n' || c == '\t'))
            continue;
        FUZZ_CHECK(c >= 0x20 && c != 0x7f && !invisible(c));
        FUZZ_CHECK(mode != PLUG_TEXT_HTML || !strchr("<>\"'", (int)(c < 128 ? c : 'x')));
    }
}

static unsigned hex_value(char c)
{
    const char *digits = "0123456789abcdef", *p = c ? strchr(digits, c | 0x20) : NULL;
    FUZZ_CHECK(p != NULL);
    return (unsigned)(p - digits);
}

static size_t put_utf8(uint32_t c, uint8_t *out)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
    out[0] = (uint8_t)(0xf00 >> n | c);
    return n;
}

/* What a person would make of the escapes of TTY, LOG and LINES. */
static size_t read_back(const char *t, size_t n, uint8_t *out)
{
    size_t m = 0, i = 0;
    while (i < n) {
        if (t[i] != '\\') {
            out[m++] = (uint8_t)t[i++];
            continue;
        }
        char kind = t[i + 1];
        i += 2;
        if (kind == 'x') {
            out[m++] = (uint8_t)(hex_value(t[i]) << 4 | hex_value(t[i + 1]));
            i += 2;
        } else if (kind == 'u') {
            uint32_t c = 0;
            FUZZ_CHECK(t[i] == '{');
            for (i++; t[i] != '}'; i++)
                c = c << 4 | hex_value(t[i]);
            i++;
            m += put_utf8(c, out + m);
        } else {
            const char *from = "ntre\\\"", *to = "\n\t\r\033\\\"", *p = strchr(from, kind);
            FUZZ_CHECK(kind && p);
            out[m++] = (uint8_t)to[p - from];
        }
    }
    return m;
}

static void escape(enum plug_text_mode mode, const uint8_t *data, size_t size, size_t room)
{
    size_t whole = plug_text_escape(mode, data, size, NULL, 0);
    char *text = malloc(whole + 1), *cut = malloc(room + 1);
    uint8_t *back = malloc(whole + 1);

    FUZZ_CHECK(text && cut && back);
    FUZZ_CHECK(plug_text_escape(mode, data, size, text, whole + 1) == whole);
    FUZZ_CHECK(strlen(text) == whole);
    harmless(mode, text, whole);
    if (mode <= PLUG_TEXT_LINES)
        FUZZ_CHECK(read_back(text, whole, back) == size && memcmp(back, data, size) == 0);
    if (mode == PLUG_TEXT_TTY)
        FUZZ_CHECK(plug_text_safe(data, size) == (whole == size && memcmp(text, data, size) == 0));
    memset(cut, 'Z', room + 1);
    FUZZ_CHECK(plug_text_escape(mode, data, size, cut, room) == whole);
    FUZZ_CHECK(cut[room] == 'Z');
    if (room > 0) {
        size_t n = strlen(cut);
        FUZZ_CHECK(n < room && memcmp(cut, text, n) == 0);
        harmless(mode, cut, n);
        if (mode <= PLUG_TEXT_LINES)
            read_back(cut, n, back); /* whole escapes only */
    }
    free(back);
    free(cut);
    free(text);
}

static void number(const char *text, size_t n, uint64_t max)
{
    unsigned __int128 want = 0;
    uint64_t got = 7;
    bool digits = n > 0;

    for (size_t i = 0; i < n; i++) {
        digits = digits && text[i] >= '0' && text[i] <= '9';
        if (digits && want <= UINT64_MAX)
            want = 10 * want + (unsigned)(text[i] - '0');
    }
    int r = plug_uint_parse(text, n, max, &got);
    FUZZ_CHECK(r == (!digits ? PLUG_ENUMBER : want > max ? PLUG_ERANGE : 0));
    FUZZ_CHECK(got == (r < 0 ? 7 : (uint64_t)want));
}

static bool naive_hostname(const char *t, size_t n)
{
    if (n > 0 && t[n - 1] == '.')
        n--;
    if (n == 0 || n > 253)
        return false;
    for (size_t i = 0, start = 0; i <= n; i++) {
        if (i < n && t[i] != '.') {
            char c = t[i];
            if (!(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z') && c != '-' &&
                c != '_')
                return false;
            continue;
        }
        if (i == start || i - start > 63 || t[start] == '-' || t[i - 1] == '-')
            return false;
        start = i + 1;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t room = fuzz_choice(&data, &size);
    uint32_t want = 0, got = 0;

    for (enum plug_text_mode mode = PLUG_TEXT_TTY; mode <= PLUG_TEXT_HTML; mode++)
        escape(mode, data, size, room);
    int n = naive_utf8(data, size, &want);
    FUZZ_CHECK(plug_utf8_next(data, size, &got) == n);
    FUZZ_CHECK(n <= 0 || got == want);
    number((const char *)data, size, room < 128 ? UINT64_MAX : room);
    FUZZ_CHECK(plug_hostname_valid((const char *)data, size) ==
               naive_hostname((const char *)data, size));
    return 0;
}
