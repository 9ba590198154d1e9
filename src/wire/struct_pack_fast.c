/* SPDX-License-Identifier: MIT */
/* plug_struct_pack and plug_pack, for values of the plainest kinds. */
#include "wire/struct_fast.h"
#include "wire/struct_text.h"

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

/* clang-format off */

/* Short strings: the length of the text, and that with the padding behind it. */
#define SHORT_STRINGS(X)                                                                           \
    X(STRING, 1, 1) X(STRING, 2, 2) X(STRING, 3, 3) X(STRING, 4, 4)                                \
    X(STRING, 5, 5) X(STRING, 6, 6) X(STRING, 7, 7) X(STRING, 8, 8)                                \
    X(PADDED, 1, 4) X(PADDED, 2, 4) X(PADDED, 3, 4) X(PADDED, 4, 8)                                \
    X(PADDED, 5, 8) X(PADDED, 6, 8) X(PADDED, 7, 8)
#define LABEL(KIND, n, room) [PLUG__JUMP_##KIND(n)] = &&KIND##_##n,
/* Text that is shorter has to be filled up, which is left to the slow way. */
#define TEXT(KIND, n, room)                                                                        \
    KIND##_##n:                                                                                    \
        EXPECT(v->kind == PLUG_VALUE_BYTES && v->bytes.len >= (n))                                 \
        memcpy(p, v->bytes.ptr, n);                                                                \
        memset(p + (n), 0, (room) - (n));                                                          \
        p += (room);                                                                               \
        v++;                                                                                       \
        NEXT_RUN

/* clang-format on */

/* Each operation with its size and the code of one item. */
#define ITEMS(X)                                                                                   \
    X(CHAR, 1, CHARACTER)                                                                          \
    X(BOOL, 1, TRUTH)                                                                              \
    X(I8, 1, INTEGER(8, 0x80, SAME))                                                               \
    X(U8, 1, INTEGER(8, 0, SAME))                                                                  \
    X(I16, 2, INTEGER(16, 0x8000, SAME))                                                           \
    X(I16_SWAP, 2, INTEGER(16, 0x8000, __builtin_bswap16))                                         \
    X(U16, 2, INTEGER(16, 0, SAME))                                                                \
    X(U16_SWAP, 2, INTEGER(16, 0, __builtin_bswap16))                                              \
    X(I32, 4, INTEGER(32, 0x80000000, SAME))                                                       \
    X(I32_SWAP, 4, INTEGER(32, 0x80000000, __builtin_bswap32))                                     \
    X(U32, 4, INTEGER(32, 0, SAME))                                                                \
    X(U32_SWAP, 4, INTEGER(32, 0, __builtin_bswap32))                                              \
    X(I64, 8, SIGNED64(SAME))                                                                      \
    X(I64_SWAP, 8, SIGNED64(__builtin_bswap64))                                                    \
    X(U64, 8, UNSIGNED64(SAME))                                                                    \
    X(U64_SWAP, 8, UNSIGNED64(__builtin_bswap64))                                                  \
    X(POINTER, sizeof(void *), ADDRESS)                                                            \
    X(F32, 4, FLOAT32(SAME))                                                                       \
    X(F32_SWAP, 4, FLOAT32(__builtin_bswap32))                                                     \
    X(F64, 8, FLOAT64(SAME))                                                                       \
    X(F64_SWAP, 8, FLOAT64(__builtin_bswap64))

ssize_t plug_struct_pack(const struct plug_struct *s, const struct plug_value *values, size_t count,
                         void *buf, size_t len, struct plug_struct_error *ret_error)
{
    static const void *const labels[PLUG__JUMP_COUNT] = {PLUG__FAST_OPS(RUN_LABELS) RUN_LABELS(PAD)
                                                             SHORT_STRINGS(LABEL)};
    if (PLUG__UNLIKELY(count != s->pack_count || len < s->size))
        return plug__struct_pack(s, values, count, buf, len, ret_error);
    /* What only the slow way needs is kept in memory: registers are for the fast one. */
    const struct plug_value *volatile first_value = values;
    void *volatile first_byte = buf;
    struct plug_struct_error *volatile error = ret_error;
    const struct plug__struct_run *run = s->run;
    const struct plug_value *v = values;
    uint8_t *p = buf;
    size_t n;
    goto *labels[run->jump];

    ITEMS(RUN)
    RUN(PAD, 1, ZERO)
    SHORT_STRINGS(TEXT)
done:
    return (ssize_t)s->size;
slow:
    return plug__struct_pack(s, first_value, s->count, first_byte, s->size, error);
}

/* Where values and bytes end, as numbers: NULL and a length of 0 are an end as well. */
#define ALIGN_HERE                                                                                 \
    for (; (size_t)(p - (uint8_t *)buf) & code->mask; *p++ = 0)                                    \
    EXPECT((uintptr_t)p != end)
#define ROOM(n, bytes)                                                                             \
    EXPECT((v_end - (uintptr_t)v) / sizeof *v >= (n) && (end - (uintptr_t)p) / (bytes) >= (n))

/*
 * One way through the format, looking at each step whether all is well; if not, all begins again in
 * plug__struct_pack_text.
 */
ssize_t plug_pack(const char *format, const struct plug_value *values, size_t count, void *buf,
                  size_t len, struct plug_struct_error *ret_error)
{
    static const void *const labels[3 * PLUG__OP_COUNT] = {PLUG__FAST_OPS(EACH_LABELS) EACH_REST};
    const char *at = format;
    const struct plug__struct_code *codes = plug__struct_order(&at), *code;
    const struct plug_value *v = values;
    uint8_t *p = buf;
    const uintptr_t v_end = (uintptr_t)v + count * sizeof *v, end = (uintptr_t)p + len;
    size_t n = 1;
    NEXT_CODE

    ITEMS(EACH)
PAD:
    n = 1;
PAD_repeated:
    EXPECT(end - (uintptr_t)p >= n)
    for (; n; n--)
        *p++ = 0;
    NEXT_CODE
STRING:
    n = 1;
STRING_repeated:
    ROOM(1, 1)
    EXPECT(v->kind == PLUG_VALUE_BYTES && n <= PLUG__STRUCT_SHORT && end - (uintptr_t)p >= n)
    plug__struct_put_short(p, n, v++);
    p += n;
    NEXT_CODE
repeat:
    n = plug__struct_repeat(&at);
    code = &codes[(uint8_t)*at++];
    ALIGN_HERE
    if (n || code->op == PLUG__OP_STRING)
        goto *labels[PLUG__OP_REPEATED(code->op)];
    EXPECT(code->op >= PLUG__OP_PAD && code->op != PLUG__OP_PASCAL)
space:
    NEXT_CODE
done:
    if (PLUG__LIKELY((uintptr_t)v == v_end && at - format <= (ptrdiff_t)PLUG_STRUCT_FORMAT_MAX))
        return p - (uint8_t *)buf;
slow:
    return plug__struct_pack_text(format, values, count, buf, len, ret_error);
}
