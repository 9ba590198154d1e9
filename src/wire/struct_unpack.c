/* SPDX-License-Identifier: MIT */
/* The executor that unpacks: bytes to values, run by run. */
#include "wire/struct_plan.h"

/* --- the bits of one item to its value ----------------------------------------------------- */

static inline void give_int(struct plug_value *v, int64_t i)
{
    v->kind = PLUG_VALUE_INT;
    v->i = i;
}

static inline void give_uint(struct plug_value *v, uint64_t u)
{
    v->kind = PLUG_VALUE_UINT;
    v->u = u;
}

static inline void give_bool(struct plug_value *v, uint8_t x)
{
    v->kind = PLUG_VALUE_BOOL;
    v->u = x != 0;
}

static inline void give_float(struct plug_value *v, double f)
{
    v->kind = PLUG_VALUE_FLOAT;
    v->f = f;
}

static inline void give_bytes(struct plug_value *v, const void *ptr, size_t len)
{
    v->kind = PLUG_VALUE_BYTES;
    v->bytes.ptr = ptr;
    v->bytes.len = len;
}

static inline void give_half(struct plug_value *v, uint16_t x)
{
    give_float(v, plug__half_unpack(x));
}

static inline void give_f32(struct plug_value *v, uint32_t x)
{
    float f;
    memcpy(&f, &x, sizeof f);
    give_float(v, (double)f);
}

static inline void give_f64(struct plug_value *v, uint64_t x)
{
    double f;
    memcpy(&f, &x, sizeof f);
    give_float(v, f);
}

#define GIVE_SIGNED(bits)                                                                          \
    static inline void give_i##bits(struct plug_value *v, uint##bits##_t x)                        \
    {                                                                                              \
        give_int(v, (int##bits##_t)x);                                                             \
    }
GIVE_SIGNED(8)
GIVE_SIGNED(16)
GIVE_SIGNED(32)
GIVE_SIGNED(64)

/* --- the runs ------------------------------------------------------------------------------ */

#define SAME(x) (x)
#define UNPACK(OP, type, give, order)                                                              \
    case PLUG__OP_##OP:                                                                            \
        do {                                                                                       \
            type x;                                                                                \
            memcpy(&x, p, sizeof x);                                                               \
            give(v, order(x));                                                                     \
            p += sizeof x;                                                                         \
            v++;                                                                                   \
        } while (--n);                                                                             \
        break;
#define UNPACK_BOTH(OP, type, give, swap)                                                          \
    UNPACK(OP, type, give, SAME)                                                                   \
    UNPACK(OP##_SWAP, type, give, swap)

void plug__struct_run_unpack(const struct plug__struct_run *run, const struct plug__struct_run *end,
                             const uint8_t *p, struct plug_value *v)
{
    for (; run != end; run++) {
        size_t n = run->count;
        switch ((enum plug__struct_op)run->op) {
            UNPACK(BOOL, uint8_t, give_bool, SAME)
            UNPACK(I8, uint8_t, give_i8, SAME)
            UNPACK(U8, uint8_t, give_int, SAME)
            UNPACK_BOTH(I16, uint16_t, give_i16, __builtin_bswap16)
            UNPACK_BOTH(U16, uint16_t, give_int, __builtin_bswap16)
            UNPACK_BOTH(I32, uint32_t, give_i32, __builtin_bswap32)
            UNPACK_BOTH(U32, uint32_t, give_int, __builtin_bswap32)
            UNPACK_BOTH(I64, uint64_t, give_i64, __builtin_bswap64)
            UNPACK_BOTH(U64, uint64_t, give_uint, __builtin_bswap64)
            UNPACK(POINTER, uintptr_t, give_uint, SAME)
            UNPACK_BOTH(F16, uint16_t, give_half, __builtin_bswap16)
            UNPACK_BOTH(F32, uint32_t, give_f32, __builtin_bswap32)
            UNPACK_BOTH(F64, uint64_t, give_f64, __builtin_bswap64)
        case PLUG__OP_PAD:
            p += n;
            break;
        case PLUG__OP_CHAR:
            do
                give_bytes(v++, p++, 1);
            while (--n);
            break;
        case PLUG__OP_STRING:
            give_bytes(v++, p, n);
            p += n + run->padding;
            break;
        case PLUG__OP_PASCAL:
            give_bytes(v++, n ? p + 1 : p, plug__struct_pascal_len(p, n));
            p += n;
            break;
        default: /* not in a run */
            __builtin_unreachable();
        }
    }
}
