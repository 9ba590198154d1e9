/* SPDX-License-Identifier: MIT */
#ifndef WIRE_STRUCT_TEXT_H
#define WIRE_STRUCT_TEXT_H
/* Short text into a field, without the calls of memcpy and memset: two halves that may overlap. */
#include "wire/struct_codes.h"

/* What needs no call. */
#define PLUG__STRUCT_SHORT 16

static inline void plug__struct_copy_short(uint8_t *to, const uint8_t *from, size_t n)
{
    if (n >= 8) {
        uint64_t head, tail;
        memcpy(&head, from, 8);
        memcpy(&tail, from + n - 8, 8);
        memcpy(to, &head, 8);
        memcpy(to + n - 8, &tail, 8);
    } else if (n >= 4) {
        uint32_t head, tail;
        memcpy(&head, from, 4);
        memcpy(&tail, from + n - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + n - 4, &tail, 4);
    } else if (n) {
        to[0] = from[0];
        to[n / 2] = from[n / 2];
        to[n - 1] = from[n - 1];
    }
}

static inline void plug__struct_zero_short(uint8_t *to, size_t n)
{
    if (n >= 8) {
        memset(to, 0, 8);
        memset(to + n - 8, 0, 8);
    } else if (n >= 4) {
        memset(to, 0, 4);
        memset(to + n - 4, 0, 4);
    } else if (n) {
        to[0] = to[n / 2] = to[n - 1] = 0;
    }
}

/* The value's bytes, cut or filled up with zeros to n, which is at most PLUG__STRUCT_SHORT. */
static inline void plug__struct_put_short(uint8_t *p, size_t n, const struct plug_value *v)
{
    size_t len = v->bytes.len < n ? v->bytes.len : n;
    plug__struct_copy_short(p, v->bytes.ptr, len);
    if (PLUG__UNLIKELY(len < n))
        plug__struct_zero_short(p + len, n - len);
}

#endif
