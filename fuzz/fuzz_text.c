/* SPDX-License-Identifier: MIT */
/*
 * Text from outside: what plug_text_escape gives is one safe line in every mode that promises it,
 * the same however small the room, and plug_text_safe agrees with it.
 */
#include <plug.h>
#include <stdlib.h>
#include <string.h>

static void require(bool cond)
{
    if (!cond)
        abort();
}

/* What no escaped text may hold: bytes that a terminal, a log or a page would obey. */
static bool obeyed(enum plug_text_mode mode, unsigned char c)
{
    if ((mode == PLUG_TEXT_LINES || mode == PLUG_TEXT_HTML) && (c == '\n' || c == '\t'))
        return false;
    return c < 0x20 || c == 0x7f || (mode == PLUG_TEXT_HTML && (c == '<' || c == '>'));
}

static void escape(enum plug_text_mode mode, const uint8_t *bytes, size_t len)
{
    char small[16], *all;
    size_t n = plug_text_escape(mode, bytes, len, NULL, 0);
    require((all = malloc(n + 1)) != NULL);
    require(plug_text_escape(mode, bytes, len, all, n + 1) == n && strlen(all) == n);
    require(plug_text_escape(mode, bytes, len, small, sizeof small) == n);
    require(strncmp(small, all, strlen(small)) == 0);
    for (size_t i = 0; i < n; i++)
        require(!obeyed(mode, (unsigned char)all[i]));
    if (mode == PLUG_TEXT_TTY)
        require(plug_text_safe(bytes, len) == (n == len && memcmp(all, bytes, n) == 0));
    free(all);
}

static void walk(const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        uint32_t c = 0;
        int n = plug_utf8_next(bytes, len, &c);
        require(n == -1 || n == -2 || (n >= 1 && n <= 4 && (size_t)n <= len && c <= 0x10ffff));
        n = n < 0 ? 1 : n;
        bytes += n;
        len -= (size_t)n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    for (enum plug_text_mode mode = PLUG_TEXT_TTY; mode <= PLUG_TEXT_HTML; mode++)
        escape(mode, bytes, len);
    walk(bytes, len);
    plug_hostname_valid((const char *)bytes, len);
    return 0;
}
