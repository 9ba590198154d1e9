/* SPDX-License-Identifier: MIT */
#include "base/siphash.h"
#include <t.h>

/* The vectors of the paper's reference code: key 00..0f, inputs 00, 00 01, ... */
T_TEST(siphash_gives_the_published_values)
{
    static const struct plug__sipkey key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
    static const struct {
        size_t len;
        uint64_t want;
    } vector[] = {{0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
                  {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5}, {63, 0x958a324ceb064572}};
    uint8_t in[64];

    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof vector / sizeof vector[0]; i++) {
        const void *p = t_guarded(in, vector[i].len);
        T_TRUE(plug__siphash(&key, p, vector[i].len) == vector[i].want);
    }
}

T_TEST(keys_differ)
{
    struct plug__sipkey a, b;

    T_OK(plug__sipkey_random(&a));
    T_OK(plug__sipkey_random(&b));
    T_TRUE(a.k0 != b.k0 && a.k1 != b.k1);
    T_TRUE(plug__siphash(&a, "", 0) != plug__siphash(&b, "", 0));
}
