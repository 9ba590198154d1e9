/* SPDX-License-Identifier: MIT */
#include <plug/err.h>
#include <plug/text.h>
#include <string.h>

/* --- UTF-8 (Unicode table 3-7: well-formed byte sequences) ------------------------------------ */

/* Length by the first byte, and the bounds of the second; the others are 80..BF. */
static int lead(uint8_t c, uint8_t *ret_low, uint8_t *ret_high)
{
    *ret_low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    *ret_high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return -1;
    return c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

int plug_utf8_next(const void *bytes, size_t len, uint32_t *ret_char)
{
    const uint8_t *p = bytes;
    uint8_t low, high;
    uint32_t value;
    int n;

    if (len == 0)
        return 0;
    n = lead(p[0], &low, &high);
    if (n < 0)
        return -1;
    value = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (int i = 1; i < n; i++, low = 0x80, high = 0xbf) {
        if ((size_t)i == len)
            return -2;
        if (p[i] < low || p[i] > high)
            return -1;
        value = value << 6 | (p[i] & 0x3fu);
    }
    if (ret_char)
        *ret_char = value;
    return n;
}

/* --- what must not be shown as it is ---------------------------------------------------------- */

static const struct {
    uint32_t first, last;
} unsafe[] = {
    {0x0000, 0x001f},   {0x007f, 0x009f}, /* C0, DEL, C1 */
    {0x00ad, 0x00ad},                     /* soft hyphen */
    {0x061c, 0x061c},                     /* bidirectional: Arabic letter mark */
    {0x180e, 0x180e},                     /* Mongolian vowel separator */
    {0x200b, 0x200f},                     /* zero width, bidirectional marks */
    {0x2028, 0x202e},                     /* line and paragraph separators, embeddings */
    {0x2060, 0x206f},                     /* word joiner, invisible operators, isolates */
    {0xfdd0, 0xfdef},                     /* non-characters */
    {0xfeff, 0xfeff},                     /* byte order mark */
    {0xfff9, 0xfffb},                     /* interlinear annotation */
    {0xe0000, 0xe007f},                   /* tags */
};

static bool is_unsafe(uint32_t c)
{
    if (c >= 0x20 && c < 0x7f)
        return false;
    for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++)
        if (c >= unsafe[i].first && c <= unsafe[i].last)
            return true;
    return (c & 0xfffe) == 0xfffe; /* the last two of each plane */
}

/* --- escapes ---------------------------------------------------------------------------------- */

/* The longest single escape is "\ud83d\ude00" or "\u{10ffff}". */
struct piece {
    char text[16];
    size_t len;
};

static const char digits[] = "0123456789abcdef";

static void add(struct piece *p, const char *text)
{
    size_t n = strlen(text);

    memcpy(p->text + p->len, text, n);
    p->len += n;
}

/* At least width hexadecimal digits. */
static void add_hex(struct piece *p, uint32_t value, int width)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        if (shift < 4 * width || value >> shift)
            p->text[p->len++] = digits[value >> shift & 15];
}

static bool add_pair(struct piece *p, uint32_t c, const char *const pairs[])
{
    for (; *pairs; pairs++) {
        if (*(const uint8_t *)*pairs == c) {
            add(p, *pairs + 1);
            return true;
        }
    }
    return false;
}

static void add_json_unit(struct piece *p, uint32_t unit)
{
    add(p, "\\u");
    add_hex(p, unit, 4);
}

static void json(struct piece *p, uint32_t c)
{
    static const char *const pairs[] = {"\"\\\"", "\\\\\\", "\n\\n", "\r\\r",
                                        "\t\\t",  "\b\\b",  "\f\\f", NULL};

    if (add_pair(p, c, pairs) || !is_unsafe(c))
        return;
    if (c > 0xffff) {
        add_json_unit(p, 0xd800 + ((c - 0x10000) >> 10));
        c = 0xdc00 + ((c - 0x10000) & 0x3ff);
    }
    add_json_unit(p, c);
}

static void visible(struct piece *p, uint32_t c)
{
    static const char *const pairs[] = {"\\\\\\", "\n\\n", "\r\\r", "\t\\t", "\x1b\\e", NULL};

    if (add_pair(p, c, pairs) || !is_unsafe(c))
        return;
    add(p, c < 0x80 ? "\\x" : "\\u{");
    add_hex(p, c, c < 0x80 ? 2 : 4);
    if (c >= 0x80)
        add(p, "}");
}

/* The escape of one character; an empty piece when it stays as it is. */
static void escape_char(enum plug_text_mode mode, uint32_t c, struct piece *p)
{
    static const char *const html[] = {"&&amp;", "<&lt;", ">&gt;", "\"&quot;", "'&#39;", NULL};

    if (mode == PLUG_TEXT_JSON) {
        json(p, c);
        return;
    }
    if ((mode == PLUG_TEXT_LINES || mode == PLUG_TEXT_HTML) && (c == '\n' || c == '\t'))
        return;
    if (mode == PLUG_TEXT_HTML && add_pair(p, c, html))
        return;
    if (mode == PLUG_TEXT_LOG && c == '"')
        add(p, "\\\"");
    else
        visible(p, c);
}

/* A byte that is no character. */
static void escape_byte(enum plug_text_mode mode, uint8_t byte, struct piece *p)
{
    if (mode == PLUG_TEXT_JSON) {
        add(p, "\xef\xbf\xbd");
        return;
    }
    add(p, "\\x");
    add_hex(p, byte, 2);
}

/* One step: the piece that stands for the character at in; how many bytes it took. */
static size_t step(enum plug_text_mode mode, const uint8_t *in, size_t len, struct piece *p)
{
    uint32_t c = 0;
    int n = plug_utf8_next(in, len, &c);

    p->len = 0;
    if (n <= 0) {
        escape_byte(mode, *in, p);
        return 1;
    }
    escape_char(mode, c, p);
    if (p->len == 0) {
        memcpy(p->text, in, (size_t)n);
        p->len = (size_t)n;
    }
    return (size_t)n;
}

size_t plug_text_escape(enum plug_text_mode mode, const void *bytes, size_t len, char *out,
                        size_t outlen)
{
    const uint8_t *in = bytes;
    size_t whole = 0, written = 0;
    struct piece p;

    for (size_t i = 0; i < len;) {
        i += step(mode, in + i, len - i, &p);
        /* What follows a piece that did not fit is left out too. */
        if (written == whole && outlen > whole && p.len < outlen - whole) {
            memcpy(out + written, p.text, p.len);
            written += p.len;
        }
        whole += p.len;
    }
    if (outlen > 0)
        out[written] = '\0';
    return whole;
}

bool plug_text_safe(const void *bytes, size_t len)
{
    const uint8_t *in = bytes;
    uint32_t c;
    int n;

    for (size_t i = 0; i < len; i += (size_t)n) {
        n = plug_utf8_next(in + i, len - i, &c);
        if (n <= 0 || c == '\\' || is_unsafe(c))
            return false;
    }
    return true;
}

/* --- numbers and names ------------------------------------------------------------------------ */

int plug_uint_parse(const char *text, size_t len, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    bool over = false;

    if (len == 0)
        return PLUG_ENUMBER;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return PLUG_ENUMBER;
        over |= __builtin_mul_overflow(value, 10, &value) ||
                __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value);
    }
    if (over || value > max)
        return PLUG_ERANGE;
    *ret_value = value;
    return 0;
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_label(const char *label, size_t len)
{
    if (len < 1 || len > 63 || label[0] == '-' || label[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_alnum(label[i]) && label[i] != '-' && label[i] != '_')
            return false;
    return true;
}

bool plug_hostname_valid(const char *name, size_t len)
{
    size_t start = 0;

    if (len > 0 && name[len - 1] == '.')
        len--;
    if (len < 1 || len > 253)
        return false;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && name[i] != '.')
            continue;
        if (!is_label(name + start, i - start))
            return false;
        start = i + 1;
    }
    return true;
}
