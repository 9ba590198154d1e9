/* SPDX-License-Identifier: MIT */
/* Durations: the grammar, the value to the nanosecond, and a text for every number. */
#include "fuzz.h"
#include <plug/err.h>
#include <plug/time.h>

/* Nanoseconds of one, or 0 for what is no unit. */
static int64_t unit(const char *t)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"", PLUG_S(1)},  {"ns", PLUG_NS(1)}, {"us", PLUG_US(1)}, {"ms", PLUG_MS(1)},
                 {"s", PLUG_S(1)}, {"m", PLUG_MIN(1)}, {"h", PLUG_MIN(60)}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(t, units[i].name) == 0)
            return units[i].ns;
    return 0;
}

/* digits [ "." digits ] [ unit ]: true, and the value in *ns */
static bool naive(const char *t, long double *ns)
{
    long double value = 0, place = 1;
    const char *start = t;

    for (; *t >= '0' && *t <= '9'; t++)
        value = 10 * value + (*t - '0');
    if (t == start)
        return false;
    if (*t == '.') {
        start = ++t;
        for (; *t >= '0' && *t <= '9'; t++)
            value += (*t - '0') * (place /= 10);
        if (t == start)
            return false;
    }
    *ns = value * (long double)unit(t);
    return unit(t) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), shown[64];
    int64_t got = 7;
    long double want = 0;
    int r = plug_duration_parse(text, &got);

    if (strcmp(text, "forever") == 0 || strcmp(text, "never") == 0)
        FUZZ_CHECK(r == 0 && got == PLUG_FOREVER);
    else if (!naive(text, &want))
        FUZZ_CHECK(r == PLUG_EDURATION && got == 7);
    else if (r == 0)
        FUZZ_CHECK(got >= 0 && (long double)got > want * (1 - 1e-18L) - 0.001L &&
                   (long double)got < want * (1 + 1e-18L) + 1.001L); /* rounded up */
    else
        FUZZ_CHECK(got == 7 && (r == PLUG_ERANGE ? want > 9.2e18L : r == PLUG_EDURATION));
    if (size >= 8)
        memcpy(&got, data, 8);
    size_t n = plug_duration_text(got, shown, sizeof shown);
    FUZZ_CHECK(n > 0 && n < sizeof shown && strlen(shown) == n);
    free(text);
    return 0;
}
