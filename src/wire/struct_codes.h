/* SPDX-License-Identifier: MIT */
#ifndef WIRE_STRUCT_CODES_H
#define WIRE_STRUCT_CODES_H
/* What a format character stands for, and which of three tables of them holds. */
#include <plug/struct.h>

#define PLUG__LIKELY(x)   __builtin_expect(!!(x), 1)
#define PLUG__UNLIKELY(x) __builtin_expect(!!(x), 0)

/* How the items of a run are moved. _SWAP: the other byte order than the host's. */
enum plug__struct_op {
    PLUG__OP_BAD, /* not a format character */
    PLUG__OP_END,
    PLUG__OP_SPACE,
    PLUG__OP_DIGIT,
    PLUG__OP_NATIVE_ONLY,
    PLUG__OP_PAD, /* from here on they occur in runs */
    PLUG__OP_CHAR,
    PLUG__OP_BOOL,
    PLUG__OP_I8,
    PLUG__OP_U8,
    PLUG__OP_I16,
    PLUG__OP_I16_SWAP,
    PLUG__OP_U16,
    PLUG__OP_U16_SWAP,
    PLUG__OP_I32,
    PLUG__OP_I32_SWAP,
    PLUG__OP_U32,
    PLUG__OP_U32_SWAP,
    PLUG__OP_I64,
    PLUG__OP_I64_SWAP,
    PLUG__OP_U64,
    PLUG__OP_U64_SWAP,
    PLUG__OP_POINTER,
    PLUG__OP_F32,
    PLUG__OP_F32_SWAP,
    PLUG__OP_F64,
    PLUG__OP_F64_SWAP,
    PLUG__OP_F16, /* from here on the fast executors know only strings */
    PLUG__OP_F16_SWAP,
    PLUG__OP_STRING, /* from here on a run is one item */
    PLUG__OP_PASCAL,
    PLUG__OP_COUNT
};

/* How an operation is done when a format is read on each call: once, repeatedly, aligned. */
#define PLUG__OP_REPEATED(op) (PLUG__OP_COUNT + (op))
#define PLUG__OP_ALIGNED(op)  (2 * PLUG__OP_COUNT + (op))

/* What a format character means in one mode. */
struct plug__struct_code {
    uint8_t op, size;
    uint8_t mask;      /* alignment - 1 */
    uint8_t items;     /* values for each: 0 for padding */
    uint8_t way;       /* op, or PLUG__OP_ALIGNED(op) */
    uint8_t unused[3]; /* a power of two, to be indexed quickly */
};

extern const struct plug__struct_code plug__struct_codes_native[256];
extern const struct plug__struct_code plug__struct_codes_little[256];
extern const struct plug__struct_code plug__struct_codes_big[256];
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define plug__struct_codes_host plug__struct_codes_little
#else
#define plug__struct_codes_host plug__struct_codes_big
#endif

/* The codes that hold for a format; *at is moved behind its order character, if it has one. */
static inline const struct plug__struct_code *plug__struct_order(const char **at)
{
    switch (*(*at)++) {
    case '<':
        return plug__struct_codes_little;
    case '>':
    case '!':
        return plug__struct_codes_big;
    case '=':
        return plug__struct_codes_host;
    case '@':
        return plug__struct_codes_native;
    default:
        --*at;
        return plug__struct_codes_native;
    }
}

/* The repeat count that begins before *at; the digits of a very large one are not all read. */
static inline size_t plug__struct_repeat(const char **at)
{
    const char *p = *at;
    size_t n = (size_t)(p[-1] - '0');
    for (; *p >= '0' && *p <= '9' && n < 1 << 20; p++)
        n = n * 10 + (size_t)(*p - '0');
    *at = p;
    return n;
}

#endif
