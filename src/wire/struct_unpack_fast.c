/* SPDX-License-Identifier: MIT */
/* plug_struct_unpack, for all but half floats and Pascal strings. */
#include "wire/struct_fast.h"

#define SAME(x) (x)

#define GET(type, member, number, order)                                                           \
    {                                                                                              \
        type x_;                                                                                   \
        memcpy(&x_, p, sizeof x_);                                                                 \
        x_ = (type)order(x_);                                                                      \
        v->kind = PLUG_VALUE_##number;                                                             \
        v->member = x_;                                                                            \
        p += sizeof x_;                                                                            \
        v++;                                                                                       \
    }
#define INTEGER(type, order) GET(type, i, INT, order)
#define TRUTH(x)             ((x) != 0)
#define FLOAT32(order)                                                                             \
    {                                                                                              \
        uint32_t bits;                                                                             \
        float f;                                                                                   \
        memcpy(&bits, p, sizeof bits);                                                             \
        bits = order(bits);                                                                        \
        memcpy(&f, &bits, sizeof f);                                                               \
        v->kind = PLUG_VALUE_FLOAT;                                                                \
        v->f = (double)f;                                                                          \
        p += sizeof f;                                                                             \
        v++;                                                                                       \
    }
#define BYTES(n)                                                                                   \
    {                                                                                              \
        v->kind = PLUG_VALUE_BYTES;                                                                \
        v->bytes.ptr = p;                                                                          \
        v->bytes.len = (n);                                                                        \
        p += (n);                                                                                  \
        v++;                                                                                       \
    }

ssize_t plug_struct_unpack(const struct plug_struct *s, const void *buf, size_t len,
                           struct plug_value *ret_values, size_t room,
                           struct plug_struct_error *ret_error)
{
    static const void *const labels[PLUG__JUMP_COUNT] = {
        LABEL_ALL(PAD, PAD),
        LABELS(CHAR),
        LABELS(BOOL),
        LABELS(I8),
        LABELS(U8),
        LABELS(I16),
        LABELS(I16_SWAP),
        LABELS(U16),
        LABELS(U16_SWAP),
        LABELS(I32),
        LABELS(I32_SWAP),
        LABELS(U32),
        LABELS(U32_SWAP),
        LABELS(I64),
        LABELS(I64_SWAP),
        LABELS(U64),
        LABELS(U64_SWAP),
        LABELS(F32),
        LABELS(F32_SWAP),
        LABELS(F64),
        LABELS(F64_SWAP),
        LABELS(POINTER),
        LABEL_ALL(STRING, STRING),
        [PLUG__JUMP_STRING(1)... PLUG__JUMP_COUNT - 1] = &&STRING,
    };
    if (PLUG__UNLIKELY(len != s->size))
        return plug__struct_fail_place(ret_error, PLUG_ESTRUCT_SIZE, PLUG_STRUCT_STEP_UNPACK,
                                       s->size, len, 0);
    if (PLUG__UNLIKELY(room < s->count))
        return plug__struct_fail_count(ret_error, PLUG_STRUCT_STEP_UNPACK, s->count, room);
    if (PLUG__UNLIKELY(!s->unpack_plain))
        return plug__struct_unpack(s, buf, ret_values);
    const struct plug__struct_run *run = s->run, *last = s->run + s->run_count - 1;
    struct plug_value *v = ret_values;
    const uint8_t *p = buf;
    size_t n;
    goto *labels[run->jump];

    WAYS(CHAR, BYTES(1))
    WAYS(BOOL, GET(uint8_t, u, BOOL, TRUTH))
    WAYS(I8, INTEGER(int8_t, SAME))
    WAYS(U8, INTEGER(uint8_t, SAME))
    WAYS(I16, INTEGER(int16_t, SAME))
    WAYS(I16_SWAP, INTEGER(int16_t, __builtin_bswap16))
    WAYS(U16, INTEGER(uint16_t, SAME))
    WAYS(U16_SWAP, INTEGER(uint16_t, __builtin_bswap16))
    WAYS(I32, INTEGER(int32_t, SAME))
    WAYS(I32_SWAP, INTEGER(int32_t, __builtin_bswap32))
    WAYS(U32, INTEGER(uint32_t, SAME))
    WAYS(U32_SWAP, INTEGER(uint32_t, __builtin_bswap32))
    WAYS(I64, INTEGER(int64_t, SAME))
    WAYS(I64_SWAP, INTEGER(int64_t, __builtin_bswap64))
    WAYS(U64, GET(uint64_t, u, UINT, SAME))
    WAYS(U64_SWAP, GET(uint64_t, u, UINT, __builtin_bswap64))
    WAYS(POINTER, GET(uintptr_t, u, UINT, SAME))
    WAYS(F32, FLOAT32(SAME))
    WAYS(F32_SWAP, FLOAT32(__builtin_bswap32))
    WAYS(F64, GET(uint64_t, u, FLOAT, SAME))
    WAYS(F64_SWAP, GET(uint64_t, u, FLOAT, __builtin_bswap64))
STRING:
    BYTES(run->count)
    p += run->padding;
    NEXT PAD : p += run->count;
    NEXT done : return (ssize_t)s->count;
}
