/* SPDX-License-Identifier: MIT */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H
/*
 * The variants of the checksum: one file and one const table each.
 *
 * All but the plain one add words in the machine's order, of whatever width: 2^16 is 1 modulo
 * 2^16 - 1, so the halves of a word may be added later, and swapping the bytes of every addend
 * swaps those of the sum (RFC 1071 2). A sum is 0 only if every byte is.
 */
#include <plug/bytes.h>

struct plug__checksum_variant {
    const char *name;
    bool (*usable)(void); /* NULL: everywhere */
    /* the sum, not complemented, as the number that plug_get_be16 would read; len < 2^32 */
    uint16_t (*sum)(const uint8_t *bytes, size_t len);
};

extern const struct plug__checksum_variant plug__checksum_plain;
extern const struct plug__checksum_variant plug__checksum_word;
extern const struct plug__checksum_variant plug__checksum_vector;
#ifdef __x86_64__
extern const struct plug__checksum_variant plug__checksum_avx2;
extern const struct plug__checksum_variant plug__checksum_avx512;
#endif

static inline uint64_t plug__checksum_carry(uint64_t sum, uint64_t word)
{
    sum += word;
    return sum + (sum < word);
}

/* The last 0 to 7 bytes. */
static inline uint64_t plug__checksum_tail(uint64_t sum, const uint8_t *bytes, size_t len)
{
    uint64_t rest = 0;
    uint32_t four;
    uint16_t two;

    if (len & 4) {
        memcpy(&four, bytes, 4);
        rest += four;
        bytes += 4;
    }
    if (len & 2) {
        memcpy(&two, bytes, 2);
        rest += two;
        bytes += 2;
    }
    if (len & 1)
        rest += plug_hton16((uint16_t)(*bytes << 8));
    return plug__checksum_carry(sum, rest);
}

/* Every byte, in words of 64 bits. */
static inline uint64_t plug__checksum_words(uint64_t sum, const uint8_t *bytes, size_t len)
{
    for (; len >= 8; bytes += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        sum = plug__checksum_carry(sum, word);
    }
    return plug__checksum_tail(sum, bytes, len);
}

/* 64 bits to 16, added with carry */
static inline uint16_t plug__checksum_fold(uint64_t sum)
{
    sum = (sum >> 32) + (uint32_t)sum;
    sum = (sum >> 32) + (uint32_t)sum;
    sum = (sum >> 16) + (uint16_t)sum;
    sum = (sum >> 16) + (uint16_t)sum;
    return (uint16_t)sum;
}

#endif
