/* SPDX-License-Identifier: MIT */
/* The Internet checksum: the choice of the variant, the running sum, the update. */
#include "wire/checksum.h"
#include <plug/checksum.h>
#include <plug/err.h>
#include <stdatomic.h>

/* Up to this length a vector variant costs more to enter than it saves. */
#define SHORT 128
/* What a variant is given at once; its 64-bit sums have room for far more. */
#define PIECE ((size_t)1 << 30)

/* the fastest first */
static const struct plug__checksum_variant *const variants[] = {
#ifdef __x86_64__
    &plug__checksum_avx512, &plug__checksum_avx2,
#endif
    &plug__checksum_vector, &plug__checksum_word, &plug__checksum_plain,
};

#define VARIANTS (sizeof variants / sizeof variants[0])

static bool usable(const struct plug__checksum_variant *v)
{
    return !v->usable || v->usable();
}

static const struct plug__checksum_variant *choose(void)
{
    size_t i = 0;
    while (!usable(variants[i]))
        i++;
    return variants[i];
}

static uint16_t sum_by(const struct plug__checksum_variant *v, const uint8_t *bytes, size_t len)
{
    uint64_t sum = 0;

    for (; len > PIECE; bytes += PIECE, len -= PIECE)
        sum += v->sum(bytes, PIECE);
    return sum ? plug__checksum_fold(sum + v->sum(bytes, len)) : v->sum(bytes, len);
}

static uint16_t sum(const uint8_t *bytes, size_t len)
{
    static _Atomic(const struct plug__checksum_variant *) chosen;

    if (len <= SHORT)
        return plug_ntoh16(plug__checksum_fold(plug__checksum_words(0, bytes, len)));
    const struct plug__checksum_variant *v = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (!v) {
        v = choose(); /* two threads at once choose the same */
        atomic_store_explicit(&chosen, v, memory_order_relaxed);
    }
    return sum_by(v, bytes, len);
}

uint16_t plug_checksum(const void *bytes, size_t len)
{
    return (uint16_t)~sum(bytes, len);
}

void plug_checksum_add(struct plug_checksum *c, const void *bytes, size_t len)
{
    uint16_t s = sum(bytes, len);

    c->sum += c->odd ? __builtin_bswap16(s) : s;
    c->odd ^= len % 2;
}

void plug_checksum_add16(struct plug_checksum *c, uint16_t value)
{
    c->sum += value;
}

void plug_checksum_add32(struct plug_checksum *c, uint32_t value)
{
    c->sum += value;
}

uint16_t plug_checksum_finish(const struct plug_checksum *c)
{
    return (uint16_t)~plug__checksum_fold(c->sum);
}

uint16_t plug_checksum_udp(uint16_t checksum)
{
    return checksum ? checksum : 0xffff;
}

uint16_t plug_checksum_update16(uint16_t checksum, uint16_t was, uint16_t now)
{
    uint64_t sum = (uint16_t)~checksum + (uint64_t)(uint16_t)~was + now;
    return (uint16_t)~plug__checksum_fold(sum);
}

uint16_t plug_checksum_update32(uint16_t checksum, uint32_t was, uint32_t now)
{
    uint64_t sum = (uint16_t)~checksum + (uint64_t)~was + now;
    return (uint16_t)~plug__checksum_fold(sum);
}

const char *plug_checksum_variant(size_t index)
{
    for (size_t i = 0; i < VARIANTS; i++)
        if (usable(variants[i]) && index-- == 0)
            return variants[i]->name;
    return NULL;
}

int plug_checksum_with(const char *variant, const void *bytes, size_t len, uint16_t *ret_checksum)
{
    for (size_t i = 0; i < VARIANTS; i++) {
        if (strcmp(variants[i]->name, variant) != 0)
            continue;
        if (!usable(variants[i]))
            return PLUG_EUNSUPPORTED;
        *ret_checksum = (uint16_t)~sum_by(variants[i], bytes, len);
        return 0;
    }
    return -EINVAL;
}
