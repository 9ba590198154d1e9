/* SPDX-License-Identifier: MIT */
/* Vectors of 16 bytes, as the compiler finds them: SSE2, NEON, or pairs of words. */
#define VECTOR_BYTES 16
#define VECTOR_TARGET
#include "wire/checksum_vector.h"

const struct plug__checksum_variant plug__checksum_vector = {"vector", NULL, sum};
