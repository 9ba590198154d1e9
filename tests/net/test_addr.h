/* SPDX-License-Identifier: MIT */
#ifndef TEST_ADDR_H
#define TEST_ADDR_H
/* What the tests of addresses share. */
#include "t.h"
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static inline struct plug_addr parse(const char *text)
{
    struct plug_addr a = {0};

    if (plug_addr_parse(text, &a) < 0)
        T_FAIL("%s: not parsed", text);
    return a;
}

static inline const char *text_of(const struct plug_addr *a)
{
    static char text[PLUG_ADDR_TEXT];

    T_TRUE(plug_addr_text(a, text, sizeof text) < sizeof text);
    return text;
}

#endif
