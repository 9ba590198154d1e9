/* SPDX-License-Identifier: MIT */
#ifndef NET_ASCII_H
#define NET_ASCII_H
/*
 * Letters without case, whatever the locale says: "TITLE" is "title" in Turkey too.
 *
 * Layer: net, private.
 */
#include <plug/base.h>
#include <string.h>

static inline char plug__ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Is the text of len bytes this word, apart from case? */
static inline bool plug__ascii_is(const char *text, size_t len, const char *word)
{
    if (strlen(word) != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (plug__ascii_lower(text[i]) != plug__ascii_lower(word[i]))
            return false;
    return true;
}

#endif
