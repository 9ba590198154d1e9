/* SPDX-License-Identifier: MIT */
/* plug_hex_decode: against the grammar, written naively; and back. */
#include "fuzz.h"
#include <plug/err.h>
#include <plug/hex.h>
#include <ctype.h>

static bool space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* text := space* [ byte ( separator byte )* space* ] ; separator := space* or ":" , as flags allow
 */
static bool grammar(const char *t, size_t n, unsigned flags)
{
    size_t i = 0;

    while (i < n && flags & PLUG_HEX_SPACE && space(t[i]))
        i++;
    while (i < n) {
        if (n - i < 2 || !isxdigit((unsigned char)t[i]) || !isxdigit((unsigned char)t[i + 1]))
            return false;
        i += 2;
        if (i < n && flags & PLUG_HEX_COLON && t[i] == ':') {
            i++;
            if (i == n || !isxdigit((unsigned char)t[i]))
                return false;
            continue;
        }
        while (i < n && flags & PLUG_HEX_SPACE && space(t[i]))
            i++;
    }
    return true;
}

/* Could text of n characters be the beginning of something that is taken? */
static bool begins(const char *text, size_t n, unsigned flags)
{
    char longer[4096 + 2];
    memcpy(longer, text, n);
    memcpy(longer + n, "00", 2);
    return grammar(longer, n, flags) || grammar(longer, n + 1, flags) ||
           grammar(longer, n + 2, flags);
}

static void refused(const char *text, size_t n, unsigned flags, size_t where)
{
    FUZZ_CHECK(!grammar(text, n, flags));
    FUZZ_CHECK(where <= n);
    FUZZ_CHECK(begins(text, where, flags));
    FUZZ_CHECK(where == n || !begins(text, where + 1, flags));
}

static void taken(const char *text, size_t n, unsigned flags, size_t count)
{
    uint8_t *bytes = malloc(count + 1);
    char *again = malloc(2 * count + 1);
    size_t digits = 0;

    FUZZ_CHECK(bytes && again);
    FUZZ_CHECK(grammar(text, n, flags));
    bytes[count] = 0xa5;
    FUZZ_CHECK(plug_hex_decode(text, n, flags, bytes, count, NULL) == (ssize_t)count);
    FUZZ_CHECK(bytes[count] == 0xa5);
    FUZZ_CHECK(plug_hex_encode(bytes, count, again, 2 * count + 1) == 2 * count);
    for (size_t i = 0; i < n; i++)
        if (isxdigit((unsigned char)text[i]))
            FUZZ_CHECK(again[digits++] == tolower((unsigned char)text[i]));
    FUZZ_CHECK(digits == 2 * count);
    free(bytes);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned flags = fuzz_choice(&data, &size) % 4;
    const char *text = (const char *)data;
    size_t where = SIZE_MAX;

    if (size > 4096)
        return 0;
    ssize_t n = plug_hex_decode(text, size, flags, NULL, 0, &where);
    if (n == PLUG_EHEX)
        refused(text, size, flags, where);
    else {
        FUZZ_CHECK(n >= 0 && where == SIZE_MAX);
        taken(text, size, flags, (size_t)n);
    }
    return 0;
}
