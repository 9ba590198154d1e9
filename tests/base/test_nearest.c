/* SPDX-License-Identifier: MIT */
/* The nearest of known words. */
#include "t.h"

#include <string.h>

static const char *nearest(const char *typed)
{
    static const char *const words[] = {"tcp", "udp", "ttl", "options", "timeout"};
    struct plug_nearest n = {.typed = typed, .len = strlen(typed)};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        plug_nearest_offer(&n, words[i], strlen(words[i]));
    return n.best ? n.best : "none";
}

T_TEST(nearest_counts_typing_mistakes)
{
    T_STR(nearest("tpc"), "tcp");
    T_STR(nearest("tll"), "ttl");
    T_STR(nearest("opt"), "options");
    T_STR(nearest("optoins"), "options");
    T_STR(nearest("timout"), "timeout");
    T_STR(nearest("xyz"), "none");
    T_STR(nearest(""), "none");
    T_STR(nearest("timeout-of-the-connection-of-all"), "none");
    T_STR(nearest("timeout-of-the-connection-of-all-"), "none");
}
