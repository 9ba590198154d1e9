/* SPDX-License-Identifier: MIT */
#include "base/siphash.h"
#include <errno.h>
#include <plug/sys.h>

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static void rounds(struct state *s, unsigned count)
{
    while (count-- > 0) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 = rotate(s->v2, 32);
    }
}

static void take(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    rounds(s, 2);
    s->v0 ^= word;
}

/* Up to 8 bytes, the first one lowest. */
static uint64_t word_of(const uint8_t *p, size_t len)
{
    uint64_t w = 0;

    for (size_t i = 0; i < len; i++)
        w |= (uint64_t)p[i] << (8 * i);
    return w;
}

uint64_t plug__siphash(const struct plug__sipkey *key, const void *bytes, size_t len)
{
    struct state s = {key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
                      key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573};
    const uint8_t *p = bytes;
    size_t left = len;

    for (; left >= 8; left -= 8, p += 8)
        take(&s, word_of(p, 8));
    take(&s, word_of(p, left) | (uint64_t)len << 56);
    s.v2 ^= 0xff;
    rounds(&s, 4);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

int plug__sipkey_random(struct plug__sipkey *ret_key)
{
    struct plug__sipkey key;
    uint8_t *p = (uint8_t *)&key;
    size_t got = 0;

    while (got < sizeof key) {
        ssize_t n = plug_sys()->getrandom(p + got, sizeof key - got, 0);
        if (n < 0 && n != -EINTR)
            return (int)n;
        got += n > 0 ? (size_t)n : 0;
    }
    *ret_key = key;
    return 0;
}
