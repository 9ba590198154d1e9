/* SPDX-License-Identifier: MIT */
/* Vectors of 64 bytes, on x86-64 machines that have AVX-512. */
#ifdef __x86_64__
#define VECTOR_BYTES  64
#define VECTOR_TARGET __attribute__((target("avx512f")))
#include "wire/checksum_vector.h"

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f");
}

const struct plug__checksum_variant plug__checksum_avx512 = {"avx512", usable, sum};
#endif
