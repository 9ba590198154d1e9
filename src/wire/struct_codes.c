/* SPDX-License-Identifier: MIT */
/* What each format character means, in each mode. */
#include "wire/struct_codes.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LITTLE(op) PLUG__OP_##op
#define BIG(op)    PLUG__OP_##op##_SWAP
#else
#define LITTLE(op) PLUG__OP_##op##_SWAP
#define BIG(op)    PLUG__OP_##op
#endif

#define CODE(op, size)                                                                             \
    {                                                                                              \
        op, size, 0, 1, op,                                                                        \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define CHAR_CODE(op, items)                                                                       \
    {                                                                                              \
        PLUG__OP_##op, 1, 0, items, PLUG__OP_##op,                                                 \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

/* What every mode has in common. */
#define BYTE_CODES                                                                                 \
    ['\0'] = CHAR_CODE(END, 0), [' '] = CHAR_CODE(SPACE, 0),                                       \
    ['\t' ... '\r'] = CHAR_CODE(SPACE, 0),                                                         \
    ['0' ... '9'] = CHAR_CODE(DIGIT, 0), ['x'] = CHAR_CODE(PAD, 0), ['c'] = CHAR_CODE(CHAR, 1),    \
    ['b'] = CHAR_CODE(I8, 1), ['B'] = CHAR_CODE(U8, 1), ['?'] = CHAR_CODE(BOOL, 1),                \
    ['s'] = CHAR_CODE(STRING, 1), ['p'] = CHAR_CODE(PASCAL, 1)

#define STANDARD_CODES(ORDER)                                                                      \
    BYTE_CODES,                                                                                    \
        ['h'] = CODE(ORDER(I16), 2), ['H'] = CODE(ORDER(U16), 2), ['e'] = CODE(ORDER(F16), 2),     \
        ['i'] = CODE(ORDER(I32), 4), ['I'] = CODE(ORDER(U32), 4), ['l'] = CODE(ORDER(I32), 4),     \
        ['L'] = CODE(ORDER(U32), 4), ['q'] = CODE(ORDER(I64), 8), ['Q'] = CODE(ORDER(U64), 8),     \
        ['f'] = CODE(ORDER(F32), 4), ['d'] = CODE(ORDER(F64), 8),                                  \
        ['n'] = CHAR_CODE(NATIVE_ONLY, 0), ['N'] = CHAR_CODE(NATIVE_ONLY, 0),                      \
        ['P'] = CHAR_CODE(NATIVE_ONLY, 0)

/* Alignment inside a struct, which on some machines is less than that of a variable. */
#define ALIGN(type)                                                                                \
    offsetof(                                                                                      \
        struct {                                                                                   \
            char c;                                                                                \
            type x;                                                                                \
        },                                                                                         \
        x)
#define NATIVE_OP(op, type)                                                                        \
    {                                                                                              \
        op, sizeof(type), ALIGN(type) - 1, 1, PLUG__OP_ALIGNED(op),                                \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define NATIVE(op, type) NATIVE_OP(PLUG__OP_##op, type)
#define NATIVE_BY_SIZE(sign, type)                                                                 \
    NATIVE_OP(sizeof(type) == 8 ? PLUG__OP_##sign##64 : PLUG__OP_##sign##32, type)

const struct plug__struct_code plug__struct_codes_native[256] = {
    BYTE_CODES,
    ['h'] = NATIVE(I16, short),
    ['H'] = NATIVE(U16, unsigned short),
    ['i'] = NATIVE(I32, int),
    ['I'] = NATIVE(U32, unsigned),
    ['l'] = NATIVE_BY_SIZE(I, long),
    ['L'] = NATIVE_BY_SIZE(U, unsigned long),
    ['q'] = NATIVE(I64, long long),
    ['Q'] = NATIVE(U64, unsigned long long),
    ['n'] = NATIVE_BY_SIZE(I, ssize_t),
    ['N'] = NATIVE_BY_SIZE(U, size_t),
    ['P'] = NATIVE(POINTER, void *),
    ['e'] = NATIVE(F16, short),
    ['f'] = NATIVE(F32, float),
    ['d'] = NATIVE(F64, double),
};
const struct plug__struct_code plug__struct_codes_little[256] = {STANDARD_CODES(LITTLE)};
const struct plug__struct_code plug__struct_codes_big[256] = {STANDARD_CODES(BIG)};
