/* SPDX-License-Identifier: MIT */
/* plug_struct_pack, for values of the plainest kinds. */
#include "wire/struct_fast.h"

#define SAME(x) (x)

/* Anything out of the ordinary starts again in plug__struct_pack, which knows what to do or say. */
#define EXPECT(cond)                                                                               \
    if (PLUG__UNLIKELY(!(cond)))                                                                   \
        goto slow;
#define PUT(type, value)                                                                           \
    {                                                                                              \
        type x_ = (value);                                                                         \
        memcpy(p, &x_, sizeof x_);                                                                 \
        p += sizeof x_;                                                                            \
        v++;                                                                                       \
    }

/* bias moves the range of a signed type to 0. */
#define INTEGER(bits, bias, order)                                                                 \
    {                                                                                              \
        EXPECT(v->kind == PLUG_VALUE_INT)                                                          \
        uint64_t u = v->u;                                                                         \
        EXPECT((u + (bias)) >> bits == 0)                                                          \
        PUT(uint##bits##_t, order((uint##bits##_t)u))                                              \
    }
#define SIGNED64(order)                                                                            \
    {                                                                                              \
        EXPECT(v->kind == PLUG_VALUE_INT)                                                          \
        PUT(uint64_t, order(v->u))                                                                 \
    }
#define UNSIGNED64(order)                                                                          \
    {                                                                                              \
        EXPECT(v->kind == PLUG_VALUE_UINT || (v->kind == PLUG_VALUE_INT && v->i >= 0))             \
        PUT(uint64_t, order(v->u))                                                                 \
    }
#define ADDRESS                                                                                    \
    {                                                                                              \
        EXPECT(sizeof(uintptr_t) == 8 && v->kind - 1u <= PLUG_VALUE_UINT - 1u)                     \
        PUT(uintptr_t, (uintptr_t)v->u)                                                            \
    }
#define FLOAT32(order)                                                                             \
    {                                                                                              \
        EXPECT(v->kind == PLUG_VALUE_FLOAT)                                                        \
        float f = (float)v->f;                                                                     \
        uint32_t bits;                                                                             \
        memcpy(&bits, &f, sizeof bits);                                                            \
        EXPECT(bits << 1 != 0xff000000) /* infinite: was it before? */                             \
        PUT(uint32_t, order(bits))                                                                 \
    }
#define FLOAT64(order)                                                                             \
    {                                                                                              \
        EXPECT(v->kind == PLUG_VALUE_FLOAT)                                                        \
        PUT(uint64_t, order(v->u))                                                                 \
    }
#define TRUTH                                                                                      \
    {                                                                                              \
        EXPECT(v->kind == PLUG_VALUE_BOOL || v->kind == PLUG_VALUE_INT)                            \
        PUT(uint8_t, v->u != 0)                                                                    \
    }
#define CHARACTER                                                                                  \
    {                                                                                              \
        EXPECT(v->kind == PLUG_VALUE_CHAR)                                                         \
        PUT(uint8_t, (uint8_t)v->u)                                                                \
    }
#define ZERO                                                                                       \
    {                                                                                              \
        *p++ = 0;                                                                                  \
    }
/* Text that needs no filling up, and the padding behind it. */
#define STRING(n, room)                                                                            \
    STRING_##n##_##room : EXPECT(v->kind == PLUG_VALUE_BYTES && v->bytes.len >= (n))               \
                              memcpy(p, v->bytes.ptr, n);                                          \
    memset(p + (n), 0, (room) - (n));                                                              \
    p += (room);                                                                                   \
    v++;                                                                                           \
    NEXT
#define STRING_LABEL(n)       [PLUG__JUMP_STRING(n)] = &&STRING_##n##_##n
#define PADDED_LABEL(n, room) [PLUG__JUMP_PADDED(n)] = &&STRING_##n##_##room

ssize_t plug_struct_pack(const struct plug_struct *s, const struct plug_value *values, size_t count,
                         void *buf, size_t len, struct plug_struct_error *ret_error)
{
    static const void *const labels[PLUG__JUMP_COUNT] = {
        LABELS(PAD),        LABELS(CHAR),       LABELS(BOOL),       LABELS(I8),
        LABELS(U8),         LABELS(I16),        LABELS(I16_SWAP),   LABELS(U16),
        LABELS(U16_SWAP),   LABELS(I32),        LABELS(I32_SWAP),   LABELS(U32),
        LABELS(U32_SWAP),   LABELS(I64),        LABELS(I64_SWAP),   LABELS(U64),
        LABELS(U64_SWAP),   LABELS(POINTER),    LABELS(F32),        LABELS(F32_SWAP),
        LABELS(F64),        LABELS(F64_SWAP),   STRING_LABEL(1),    STRING_LABEL(2),
        STRING_LABEL(3),    STRING_LABEL(4),    STRING_LABEL(5),    STRING_LABEL(6),
        STRING_LABEL(7),    STRING_LABEL(8),    PADDED_LABEL(1, 4), PADDED_LABEL(2, 4),
        PADDED_LABEL(3, 4), PADDED_LABEL(4, 8), PADDED_LABEL(5, 8), PADDED_LABEL(6, 8),
        PADDED_LABEL(7, 8),
    };
    if (PLUG__UNLIKELY(count != s->count))
        return plug__struct_fail_count(ret_error, PLUG_STRUCT_STEP_PACK, s->count, count);
    if (PLUG__UNLIKELY(len < s->size))
        return plug__struct_fail_place(ret_error, PLUG_ESTRUCT_SIZE, PLUG_STRUCT_STEP_PACK, s->size,
                                       len, 0);
    if (PLUG__UNLIKELY(!s->pack_plain))
        goto slow;
    const struct plug__struct_run *run = s->run, *last = s->run + s->run_count - 1;
    const struct plug_value *v = values;
    uint8_t *p = buf;
    size_t n;
    goto *labels[run->jump];

    WAYS(PAD, ZERO)
    WAYS(CHAR, CHARACTER)
    WAYS(BOOL, TRUTH)
    WAYS(I8, INTEGER(8, 0x80, SAME))
    WAYS(U8, INTEGER(8, 0, SAME))
    WAYS(I16, INTEGER(16, 0x8000, SAME))
    WAYS(I16_SWAP, INTEGER(16, 0x8000, __builtin_bswap16))
    WAYS(U16, INTEGER(16, 0, SAME))
    WAYS(U16_SWAP, INTEGER(16, 0, __builtin_bswap16))
    WAYS(I32, INTEGER(32, 0x80000000, SAME))
    WAYS(I32_SWAP, INTEGER(32, 0x80000000, __builtin_bswap32))
    WAYS(U32, INTEGER(32, 0, SAME))
    WAYS(U32_SWAP, INTEGER(32, 0, __builtin_bswap32))
    WAYS(I64, SIGNED64(SAME))
    WAYS(I64_SWAP, SIGNED64(__builtin_bswap64))
    WAYS(U64, UNSIGNED64(SAME))
    WAYS(U64_SWAP, UNSIGNED64(__builtin_bswap64))
    WAYS(POINTER, ADDRESS)
    WAYS(F32, FLOAT32(SAME))
    WAYS(F32_SWAP, FLOAT32(__builtin_bswap32))
    WAYS(F64, FLOAT64(SAME))
    WAYS(F64_SWAP, FLOAT64(__builtin_bswap64))
    STRING(1, 1)
    STRING(2, 2)
    STRING(3, 3)
    STRING(4, 4)
    STRING(5, 5)
    STRING(6, 6)
    STRING(7, 7)
    STRING(8, 8)
    STRING(1, 4)
    STRING(2, 4)
    STRING(3, 4)
    STRING(4, 8)
    STRING(5, 8)
    STRING(6, 8)
    STRING(7, 8)
done:
    return (ssize_t)s->size;
slow:
    return plug__struct_pack(s, values, buf, ret_error);
}
