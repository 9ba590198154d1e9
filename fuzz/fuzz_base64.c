/* SPDX-License-Identifier: MIT */
/* plug_base64_decode: a text is taken exactly when it is what the bytes are encoded to. */
#include "fuzz.h"
#include <plug/base64.h>
#include <plug/err.h>

/* The text without what may be skipped. Its length. */
static size_t squeeze(const char *text, size_t n, unsigned flags, char *out)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (!(flags & PLUG_BASE64_SPACE) || !text[i] || !strchr(" \t\r\n", text[i]))
            out[m++] = text[i];
    return m;
}

/* Bits in, bytes out; -1 for what is no character of the alphabet. Naive: strchr and single bits.
 */
static ssize_t naive(const char *text, size_t n, unsigned flags, uint8_t *out)
{
    static const char *const alphabets[] = {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};
    const char *alphabet = alphabets[flags & PLUG_BASE64_URL ? 1 : 0];
    size_t bits = 0;

    if (!(flags & PLUG_BASE64_NOPAD)) {
        if (n % 4)
            return -1;
        for (unsigned i = 0; i < 2 && n > 0 && text[n - 1] == '='; i++)
            n--;
    }
    if (n % 4 == 1)
        return -1;
    memset(out, 0, n);
    for (size_t i = 0; i < n; i++) {
        const char *p = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!p)
            return -1;
        for (unsigned bit = 0; bit < 6; bit++, bits++)
            if ((p - alphabet) >> (5 - bit) & 1)
                out[bits / 8] |= (uint8_t)(0x80 >> bits % 8);
    }
    return bits % 8 && out[bits / 8] ? -1 : (ssize_t)(bits / 8);
}

static void taken(const char *squeezed, size_t len, unsigned flags, const uint8_t *bytes, size_t n)
{
    char *again = malloc(len + 1);

    FUZZ_CHECK(again != NULL);
    FUZZ_CHECK(plug_base64_encode(bytes, n, flags, NULL, 0) == len);
    FUZZ_CHECK(plug_base64_encode(bytes, n, flags, again, len + 1) == len);
    FUZZ_CHECK(memcmp(again, squeezed, len) == 0 && again[len] == '\0');
    free(again);
}

/* The characters before the mistake can be completed; with the mistake they cannot. */
static bool begins(const char *text, size_t n, unsigned flags)
{
    static const char *const ends[] = {"", "A", "AA", "AAA", "=", "==", "A=", "AA=="};
    char longer[4096 + 4];

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        memcpy(longer, text, n);
        memcpy(longer + n, ends[i], strlen(ends[i]));
        if (plug_base64_decode(longer, n + strlen(ends[i]), flags, NULL, 0, NULL) >= 0)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t want[4096], got[4096];
    static char squeezed[4096];
    unsigned flags = fuzz_choice(&data, &size) % 8;
    const char *text = (const char *)data;
    size_t where = SIZE_MAX;

    if (size > sizeof squeezed)
        return 0;
    size_t len = squeeze(text, size, flags, squeezed);
    ssize_t m = naive(squeezed, len, flags, want);
    ssize_t n = plug_base64_decode(text, size, flags, got, sizeof got, &where);
    FUZZ_CHECK((n >= 0) == (m >= 0));
    if (n >= 0) {
        FUZZ_CHECK(n == m && memcmp(got, want, (size_t)n) == 0);
        FUZZ_CHECK(plug_base64_decode(text, size, flags, NULL, 0, NULL) == n);
        FUZZ_CHECK(n == 0 || plug_base64_decode(text, size, flags, got, (size_t)n - 1, NULL) < 0);
        taken(squeezed, len, flags, got, (size_t)n);
    } else {
        FUZZ_CHECK(n == PLUG_EBASE64 && where <= size && begins(text, where, flags));
        /* the last character before padding may be the mistake only because of the padding */
        FUZZ_CHECK(where == size || !begins(text, size, flags) || text[where] != '=');
    }
    return 0;
}
