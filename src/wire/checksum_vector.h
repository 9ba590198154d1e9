/* SPDX-License-Identifier: MIT */
/*
 * The checksum over vectors of VECTOR_BYTES bytes, included once by each variant that has them.
 *
 * Vectors have no carry. So each lane keeps the sum of its 64-bit words modulo 2^64, and the exact
 * sum of their upper halves: what the upper halves contributed to the first can be taken off again,
 * and what is left is the exact sum of the lower halves. Three operations for each vector.
 */
#include "wire/checksum.h"

typedef uint64_t vector __attribute__((vector_size(VECTOR_BYTES)));

#define LANES (VECTOR_BYTES / 8)

VECTOR_TARGET
static inline vector load(const uint8_t *bytes)
{
    vector v;
    memcpy(&v, bytes, sizeof v);
    return v;
}

VECTOR_TARGET
static uint16_t sum(const uint8_t *bytes, size_t len)
{
    vector all = {0}, upper = {0};
    uint64_t total = 0;

    for (; len >= 4 * VECTOR_BYTES; bytes += 4 * VECTOR_BYTES, len -= 4 * VECTOR_BYTES) {
        vector a = load(bytes), b = load(bytes + VECTOR_BYTES);
        vector c = load(bytes + 2 * VECTOR_BYTES), d = load(bytes + 3 * VECTOR_BYTES);
        all += (a + b) + (c + d);
        upper += ((a >> 32) + (b >> 32)) + ((c >> 32) + (d >> 32));
    }
    for (; len >= VECTOR_BYTES; bytes += VECTOR_BYTES, len -= VECTOR_BYTES) {
        vector a = load(bytes);
        all += a;
        upper += a >> 32;
    }
    all += upper - (upper << 32);
    for (unsigned i = 0; i < LANES; i++)
        total += all[i];
    return plug_ntoh16(plug__checksum_fold(plug__checksum_words(total, bytes, len)));
}
