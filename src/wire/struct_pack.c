/* SPDX-License-Identifier: MIT */
/* The executor that packs: values to bytes, run by run. */
#include "wire/struct_plan.h"
#include <math.h>

/* --- one value to the bits of its item; false: it does not suit ---------------------------- */

static inline bool is_integer(const struct plug_value *v)
{
    return v->kind - 1u <= PLUG_VALUE_BOOL - 1u; /* INT, UINT, BOOL */
}

#define TAKE_SIGNED(bits)                                                                          \
    static inline bool take_i##bits(const struct plug_value *v, uint##bits##_t *ret_x)             \
    {                                                                                              \
        *ret_x = (uint##bits##_t)v->u;                                                             \
        if (PLUG__LIKELY(v->kind == PLUG_VALUE_INT))                                               \
            return v->i >= INT##bits##_MIN && v->i <= INT##bits##_MAX;                             \
        return is_integer(v) && v->u <= INT##bits##_MAX;                                           \
    }
TAKE_SIGNED(8)
TAKE_SIGNED(16)
TAKE_SIGNED(32)
TAKE_SIGNED(64)

/* A negative INT read as unsigned is beyond every narrow range. */
#define TAKE_UNSIGNED(bits)                                                                        \
    static inline bool take_u##bits(const struct plug_value *v, uint##bits##_t *ret_x)             \
    {                                                                                              \
        *ret_x = (uint##bits##_t)v->u;                                                             \
        return is_integer(v) && v->u <= UINT##bits##_MAX;                                          \
    }
TAKE_UNSIGNED(8)
TAKE_UNSIGNED(16)
TAKE_UNSIGNED(32)

static inline bool take_u64(const struct plug_value *v, uint64_t *ret_x)
{
    *ret_x = v->u;
    return is_integer(v) && (v->kind != PLUG_VALUE_INT || v->i >= 0);
}

static inline bool take_pointer(const struct plug_value *v, uintptr_t *ret_x)
{
    *ret_x = (uintptr_t)v->u;
    if (v->kind == PLUG_VALUE_INT)
        return v->i >= INTPTR_MIN && (v->i < 0 || v->u <= UINTPTR_MAX);
    return is_integer(v) && v->u <= UINTPTR_MAX;
}

static inline bool take_number(const struct plug_value *v, double *ret_x)
{
    if (PLUG__LIKELY(v->kind == PLUG_VALUE_FLOAT))
        *ret_x = v->f;
    else if (v->kind == PLUG_VALUE_INT)
        *ret_x = (double)v->i;
    else
        *ret_x = (double)v->u;
    return v->kind == PLUG_VALUE_FLOAT || is_integer(v);
}

static inline bool take_f16(const struct plug_value *v, uint16_t *ret_x)
{
    double x;
    return take_number(v, &x) && plug__half_pack(x, ret_x);
}

static inline bool take_f32(const struct plug_value *v, uint32_t *ret_x)
{
    double x = 0;
    if (!take_number(v, &x))
        return false;
    float f = (float)x;
    memcpy(ret_x, &f, sizeof *ret_x);
    return !isinf(f) || isinf(x);
}

static inline bool take_f64(const struct plug_value *v, uint64_t *ret_x)
{
    double x;
    bool ok = take_number(v, &x);
    memcpy(ret_x, &x, sizeof *ret_x);
    return ok;
}

static inline bool take_char(const struct plug_value *v, uint8_t *ret_x)
{
    if (v->kind == PLUG_VALUE_BYTES && v->bytes.len == 1)
        *ret_x = *(const uint8_t *)v->bytes.ptr;
    else if (v->kind == PLUG_VALUE_CHAR)
        *ret_x = (uint8_t)v->u;
    else
        return false;
    return true;
}

static inline bool take_bool(const struct plug_value *v, uint8_t *ret_x)
{
    if (v->kind == PLUG_VALUE_FLOAT)
        *ret_x = v->f != 0;
    else if (v->kind == PLUG_VALUE_BYTES)
        *ret_x = v->bytes.len != 0;
    else
        *ret_x = v->u != 0;
    return v->kind > PLUG_VALUE_NONE && v->kind <= PLUG_VALUE_CHAR;
}

/* --- bytes --------------------------------------------------------------------------------- */

/* The value's bytes, cut or filled up with zeros to n. */
static void put_text(uint8_t *p, size_t n, const struct plug_value *v)
{
    size_t len = v->bytes.len < n ? v->bytes.len : n;
    if (len)
        memcpy(p, v->bytes.ptr, len);
    memset(p + len, 0, n - len);
}

/* The length byte stops at 255, the text does not: that is what CPython writes. */
static inline bool put_pascal(uint8_t *p, size_t n, const struct plug_value *v)
{
    if (v->kind != PLUG_VALUE_BYTES)
        return false;
    if (n) {
        size_t len = v->bytes.len < n - 1 ? v->bytes.len : n - 1;
        p[0] = (uint8_t)(len < 255 ? len : 255);
        put_text(p + 1, n - 1, v);
    }
    return true;
}

/* --- the runs ------------------------------------------------------------------------------ */

#define SAME(x) (x)
#define PACK(OP, type, take, order)                                                                \
    case PLUG__OP_##OP:                                                                            \
        do {                                                                                       \
            type x;                                                                                \
            if (PLUG__UNLIKELY(!take(v, &x)))                                                      \
                return v;                                                                          \
            x = order(x);                                                                          \
            memcpy(p, &x, sizeof x);                                                               \
            p += sizeof x;                                                                         \
            v++;                                                                                   \
        } while (--n);                                                                             \
        break;
#define PACK_BOTH(OP, type, take, swap)                                                            \
    PACK(OP, type, take, SAME)                                                                     \
    PACK(OP##_SWAP, type, take, swap)

const struct plug_value *plug__struct_run_pack(const struct plug__struct_run *run,
                                               const struct plug__struct_run *end,
                                               const struct plug_value *v, uint8_t *p)
{
    for (; run != end; run++) {
        size_t n = run->count;
        switch ((enum plug__struct_op)run->op) {
            PACK(CHAR, uint8_t, take_char, SAME)
            PACK(BOOL, uint8_t, take_bool, SAME)
            PACK(I8, uint8_t, take_i8, SAME)
            PACK(U8, uint8_t, take_u8, SAME)
            PACK_BOTH(I16, uint16_t, take_i16, __builtin_bswap16)
            PACK_BOTH(U16, uint16_t, take_u16, __builtin_bswap16)
            PACK_BOTH(I32, uint32_t, take_i32, __builtin_bswap32)
            PACK_BOTH(U32, uint32_t, take_u32, __builtin_bswap32)
            PACK_BOTH(I64, uint64_t, take_i64, __builtin_bswap64)
            PACK_BOTH(U64, uint64_t, take_u64, __builtin_bswap64)
            PACK(POINTER, uintptr_t, take_pointer, SAME)
            PACK_BOTH(F16, uint16_t, take_f16, __builtin_bswap16)
            PACK_BOTH(F32, uint32_t, take_f32, __builtin_bswap32)
            PACK_BOTH(F64, uint64_t, take_f64, __builtin_bswap64)
        case PLUG__OP_PAD:
            memset(p, 0, n);
            p += n;
            break;
        case PLUG__OP_STRING:
            if (PLUG__UNLIKELY(v->kind != PLUG_VALUE_BYTES))
                return v;
            put_text(p, n, v);
            memset(p + n, 0, run->padding);
            p += n + run->padding;
            v++;
            break;
        case PLUG__OP_PASCAL:
            if (!put_pascal(p, n, v))
                return v;
            p += n;
            v++;
            break;
        default: /* not in a run */
            __builtin_unreachable();
        }
    }
    return NULL;
}
