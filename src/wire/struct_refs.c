/* SPDX-License-Identifier: MIT */
/* The executor that unpacks through typed pointers. Types are all checked before anything is
 * stored. */
#include "wire/struct_plan.h"

#define TAKES(kind)     (1u << PLUG_REF_##kind)
#define BOTH(OP, kinds) [PLUG__OP_##OP] = kinds, [PLUG__OP_##OP##_SWAP] = kinds

/* Which kinds of pointer suit an item; PLUG_REF_VALUE suits them all. */
static const uint32_t suits[PLUG__OP_COUNT] = {
    [PLUG__OP_CHAR] = TAKES(CHAR) | TAKES(U8),
    [PLUG__OP_BOOL] = TAKES(BOOL),
    [PLUG__OP_I8] = TAKES(I8),
    [PLUG__OP_U8] = TAKES(U8),
    BOTH(I16, TAKES(I16)),
    BOTH(U16, TAKES(U16)),
    BOTH(I32, TAKES(I32)),
    BOTH(U32, TAKES(U32)),
    BOTH(I64, TAKES(I64)),
    BOTH(U64, TAKES(U64)),
    [PLUG__OP_POINTER] = TAKES(POINTER) | (sizeof(void *) == 8 ? TAKES(U64) : TAKES(U32)),
    BOTH(F16, TAKES(F32)),
    BOTH(F32, TAKES(F32)),
    BOTH(F64, TAKES(F64)),
    [PLUG__OP_STRING] = TAKES(INTO),
    [PLUG__OP_PASCAL] = TAKES(INTO),
};

enum plug_ref_kind plug__struct_op_wants(uint8_t op)
{
    return (enum plug_ref_kind)__builtin_ctz(suits[op]);
}

static inline bool one_suits(const struct plug__struct_run *run, const struct plug_ref *ref)
{
    uint32_t kind = ref->kind;
    return kind <= PLUG_REF_VALUE && ((suits[run->op] | TAKES(VALUE)) >> kind & 1) && ref->ptr;
}

const struct plug_ref *plug__struct_run_check(const struct plug__struct_run *run,
                                              const struct plug__struct_run *end,
                                              const struct plug_ref *ref)
{
    for (; run != end; run++) {
        if (run->op == PLUG__OP_PAD)
            continue;
        bool is_text = run->op >= PLUG__OP_STRING;
        for (size_t n = is_text ? 1 : run->count; n; n--, ref++)
            if (PLUG__UNLIKELY(!one_suits(run, ref)))
                return ref;
        if (is_text && ref[-1].kind == PLUG_REF_INTO &&
            ref[-1].len < plug__struct_text_room(run->op, run->count))
            return ref - 1;
    }
    return NULL;
}

/* One item of any type to a struct plug_value. */
static void store_value(uint8_t op, const uint8_t *p, size_t count, const struct plug_ref *ref)
{
    struct plug__struct_run one = {.count = count, .op = op};
    struct plug_value v;
    plug__struct_run_unpack(&one, &one + 1, p, &v);
    memcpy(ref->ptr, &v, sizeof v);
}

static void store_text(uint8_t op, const uint8_t *p, size_t n, const struct plug_ref *ref)
{
    struct plug__struct_run one = {.count = n, .op = op};
    struct plug_value v;
    plug__struct_run_unpack(&one, &one + 1, p, &v);
    if (v.bytes.len)
        memcpy(ref->ptr, v.bytes.ptr, v.bytes.len);
    if (ref->len > v.bytes.len)
        memset((uint8_t *)ref->ptr + v.bytes.len, 0, ref->len - v.bytes.len);
}

static inline uint32_t half_to_float(uint16_t half)
{
    float f = (float)plug__half_unpack(half);
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static inline bool is_true(uint8_t x)
{
    return x != 0;
}

#define SAME(x) (x)
/* Integers and floats are stored as the bits they are; to is the type behind the pointer. */
#define STORE(OP, type, to, make)                                                                  \
    case PLUG__OP_##OP:                                                                            \
        do {                                                                                       \
            type x;                                                                                \
            memcpy(&x, p, sizeof x);                                                               \
            to y = make(x);                                                                        \
            if (PLUG__LIKELY(ref->kind != PLUG_REF_VALUE))                                         \
                memcpy(ref->ptr, &y, sizeof y);                                                    \
            else                                                                                   \
                store_value(run->op, p, 1, ref);                                                   \
            p += sizeof x;                                                                         \
            ref++;                                                                                 \
        } while (--n);                                                                             \
        break;
#define BITS(OP, bits) STORE(OP, uint##bits##_t, uint##bits##_t, SAME)
#define SWAP(OP, bits) STORE(OP##_SWAP, uint##bits##_t, uint##bits##_t, __builtin_bswap##bits)
#define HALF_SWAP(x)   half_to_float(__builtin_bswap16(x))

void plug__struct_run_store(const struct plug__struct_run *run, const struct plug__struct_run *end,
                            const uint8_t *p, const struct plug_ref *ref)
{
    for (; run != end; run++) {
        size_t n = run->count;
        switch ((enum plug__struct_op)run->op) {
            BITS(CHAR, 8)
            BITS(I8, 8)
            BITS(U8, 8)
            BITS(I16, 16)
            BITS(U16, 16)
            BITS(I32, 32)
            BITS(U32, 32)
            BITS(F32, 32)
            BITS(I64, 64)
            BITS(U64, 64)
            BITS(F64, 64)
            SWAP(I16, 16)
            SWAP(U16, 16)
            SWAP(I32, 32)
            SWAP(U32, 32)
            SWAP(F32, 32)
            SWAP(I64, 64)
            SWAP(U64, 64)
            SWAP(F64, 64)
            STORE(POINTER, uintptr_t, uintptr_t, SAME)
            STORE(BOOL, uint8_t, bool, is_true)
            STORE(F16, uint16_t, uint32_t, half_to_float)
            STORE(F16_SWAP, uint16_t, uint32_t, HALF_SWAP)
        case PLUG__OP_PAD:
            p += n;
            break;
        case PLUG__OP_STRING:
        case PLUG__OP_PASCAL:
            if (ref->kind == PLUG_REF_VALUE)
                store_value(run->op, p, n, ref);
            else
                store_text(run->op, p, n, ref);
            p += n + run->padding;
            ref++;
            break;
        default: /* not in a run */
            __builtin_unreachable();
        }
    }
}
