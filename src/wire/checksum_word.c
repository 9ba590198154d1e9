/* SPDX-License-Identifier: MIT */
/* Words of 64 bits, added with carry. */
#include "wire/checksum.h"

static uint16_t sum(const uint8_t *bytes, size_t len)
{
    return plug_ntoh16(plug__checksum_fold(plug__checksum_words(0, bytes, len)));
}

const struct plug__checksum_variant plug__checksum_word = {"word", NULL, sum};
