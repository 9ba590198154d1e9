/* SPDX-License-Identifier: MIT */
/*
 * IEEE 754 binary16 from and to binary64, in integer arithmetic: 1 sign bit, 5 of exponent (bias
 * 15), 10 of fraction. Rounds to nearest, ties to even, straight from the double: going through a
 * float would round twice.
 */
#include "wire/struct_plan.h"

#define HALF_INF 0x7c00
#define HALF_NAN 0x7e00

/* fraction >> drop, rounded to nearest even. drop 1..63. */
static uint64_t shift_round(uint64_t fraction, int drop)
{
    uint64_t half = 1ULL << (drop - 1);
    uint64_t rest = fraction & (2 * half - 1);
    uint64_t kept = fraction >> drop;
    return kept + (rest > half || (rest == half && (kept & 1)));
}

bool plug__half_pack(double x, uint16_t *ret_half)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 63 << 15);
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    uint64_t fraction = bits & ((1ULL << 52) - 1);
    uint64_t half;
    if (exponent == 1024)
        half = fraction ? HALF_NAN : HALF_INF;
    else if (exponent >= -14) /* a carry out of the fraction rightly enters the exponent */
        half = ((uint64_t)(exponent + 14) << 10) + shift_round(fraction | 1ULL << 52, 42);
    else if (exponent >= -25) /* subnormal: units of 2^-24 */
        half = shift_round(fraction | 1ULL << 52, 28 - exponent);
    else
        half = 0;
    if (exponent < 1024 && half >= HALF_INF)
        return false;
    *ret_half = (uint16_t)(sign | half);
    return true;
}

double plug__half_unpack(uint16_t half)
{
    uint64_t sign = (uint64_t)(half >> 15) << 63;
    uint64_t exponent = half >> 10 & 0x1f;
    uint64_t fraction = half & 0x3ff;
    double x;
    if (exponent == 0) {
        x = (double)fraction / (1 << 24);
        return sign ? -x : x;
    }
    uint64_t bits = sign | (exponent + 1023 - 15) << 52 | fraction << 42;
    if (exponent == 0x1f) /* infinity; every NaN becomes the plain one, as in CPython */
        bits = sign | 0x7ffULL << 52 | (fraction ? 1ULL << 51 : 0);
    memcpy(&x, &bits, sizeof x);
    return x;
}
