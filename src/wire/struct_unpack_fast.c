/* SPDX-License-Identifier: MIT */
/* plug_struct_unpack and plug_unpack, for all but half floats and Pascal strings. */
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

#define SHORT_STRING_LABELS [PLUG__JUMP_STRING(1)... PLUG__JUMP_COUNT - 1] = &&STRING

/* Each operation with its size and the code of one item. */
#define ITEMS(X)                                                                                   \
    X(CHAR, 1, BYTES(1))                                                                           \
    X(BOOL, 1, GET(uint8_t, u, BOOL, TRUTH))                                                       \
    X(I8, 1, INTEGER(int8_t, SAME))                                                                \
    X(U8, 1, INTEGER(uint8_t, SAME))                                                               \
    X(I16, 2, INTEGER(int16_t, SAME))                                                              \
    X(I16_SWAP, 2, INTEGER(int16_t, __builtin_bswap16))                                            \
    X(U16, 2, INTEGER(uint16_t, SAME))                                                             \
    X(U16_SWAP, 2, INTEGER(uint16_t, __builtin_bswap16))                                           \
    X(I32, 4, INTEGER(int32_t, SAME))                                                              \
    X(I32_SWAP, 4, INTEGER(int32_t, __builtin_bswap32))                                            \
    X(U32, 4, INTEGER(uint32_t, SAME))                                                             \
    X(U32_SWAP, 4, INTEGER(uint32_t, __builtin_bswap32))                                           \
    X(I64, 8, INTEGER(int64_t, SAME))                                                              \
    X(I64_SWAP, 8, INTEGER(int64_t, __builtin_bswap64))                                            \
    X(U64, 8, GET(uint64_t, u, UINT, SAME))                                                        \
    X(U64_SWAP, 8, GET(uint64_t, u, UINT, __builtin_bswap64))                                      \
    X(POINTER, sizeof(void *), GET(uintptr_t, u, UINT, SAME))                                      \
    X(F32, 4, FLOAT32(SAME))                                                                       \
    X(F32_SWAP, 4, FLOAT32(__builtin_bswap32))                                                     \
    X(F64, 8, GET(uint64_t, u, FLOAT, SAME))                                                       \
    X(F64_SWAP, 8, GET(uint64_t, u, FLOAT, __builtin_bswap64))

ssize_t plug_struct_unpack(const struct plug_struct *s, const void *buf, size_t len,
                           struct plug_value *ret_values, size_t room,
                           struct plug_struct_error *ret_error)
{
    static const void *const labels[PLUG__JUMP_COUNT] = {PLUG__FAST_OPS(RUN_LABELS) RUN_LABEL(PAD)
                                                             RUN_LABEL(STRING) SHORT_STRING_LABELS};
    if (PLUG__UNLIKELY(len != s->unpack_size || room < s->count))
        return plug__struct_unpack(s, buf, len, ret_values, room, ret_error);
    const struct plug__struct_run *run = s->run;
    struct plug_value *v = ret_values;
    const uint8_t *p = buf;
    size_t n;
    goto *labels[run->jump];

    ITEMS(RUN)
STRING:
    BYTES(run->count)
    p += run->padding;
    NEXT_RUN
PAD:
    p += run->count;
    NEXT_RUN
done:
    return (ssize_t)s->count;
}

#define ALIGN_HERE     p += -(size_t)(p - (const uint8_t *)buf) & code->mask;
#define ROOM(n, bytes) /* has been seen to */

ssize_t plug_unpack(const char *format, const void *buf, size_t len, struct plug_value *ret_values,
                    size_t room, struct plug_struct_error *ret_error)
{
    static const void *const labels[3 * PLUG__OP_COUNT] = {PLUG__FAST_OPS(EACH_LABELS) EACH_REST};
    struct plug_struct s;
    s.text = format;
    if (PLUG__UNLIKELY(plug__struct_measure(&s, NULL) < 0 || len != s.size || room < s.count))
        goto slow;
    const char *at = format;
    const struct plug__struct_code *codes = plug__struct_order(&at);
    const struct plug__struct_code *code;
    struct plug_value *v = ret_values;
    const uint8_t *p = buf;
    size_t n = 1;
    NEXT_CODE

    ITEMS(EACH)
PAD:
    n = 1;
PAD_repeated:
    p += n;
    NEXT_CODE
STRING:
    n = 1;
STRING_repeated:
    BYTES(n)
    NEXT_CODE
repeat:
    n = plug__struct_repeat(&at);
    code = &codes[(uint8_t)*at++];
    ALIGN_HERE
    if (n || code->op == PLUG__OP_STRING)
        goto *labels[PLUG__OP_REPEATED(code->op)];
    if (code->op == PLUG__OP_PASCAL)
        goto slow;
space:
    NEXT_CODE
done:
    return (ssize_t)s.count;
slow:
    return plug__struct_unpack_text(format, buf, len, ret_values, room, ret_error);
}
