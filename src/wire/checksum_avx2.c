/* SPDX-License-Identifier: MIT */
/* Vectors of 32 bytes, on x86-64 machines that have AVX2. */
#ifdef __x86_64__
#define VECTOR_BYTES  32
#define VECTOR_TARGET __attribute__((target("avx2")))
#include "wire/checksum_vector.h"

static bool usable(void)
{
    return __builtin_cpu_supports("avx2");
}

const struct plug__checksum_variant plug__checksum_avx2 = {"avx2", usable, sum};
#endif
