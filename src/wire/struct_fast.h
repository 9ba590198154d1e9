/* SPDX-License-Identifier: MIT */
#ifndef WIRE_STRUCT_FAST_H
#define WIRE_STRUCT_FAST_H
/*
 * How the fast executors are built: threaded code.
 *
 * The code of an operation ends with a jump of its own to the code of the next one. A processor
 * predicts such jumps one by one, where those of a switch in a loop share one place and cost three
 * times as much; so the compiler must not merge them back into one.
 *
 * A compiled format is executed run by run: each operation has code for 4, 3, 2 and 1 items, one
 * falling into the next, and a loop for more. A format that is read on each call is executed
 * character by character: each operation has code for one item, and a loop for a repeat count.
 */
#include "wire/struct_plan.h"
#include <plug/err.h>

#ifndef __clang__
#pragma GCC optimize("no-crossjumping", "align-labels=32")
#endif

/* clang-format off */

/* The operations that the fast executors know, but for padding and text. */
#define PLUG__FAST_OPS(X)                                                                          \
    X(CHAR) X(BOOL) X(I8) X(U8) X(I16) X(I16_SWAP) X(U16) X(U16_SWAP) X(I32) X(I32_SWAP)           \
    X(U32) X(U32_SWAP) X(I64) X(I64_SWAP) X(U64) X(U64_SWAP) X(POINTER) X(F32) X(F32_SWAP)         \
    X(F64) X(F64_SWAP)

/* --- run by run. In scope: s, run, labels, n, and the label done ------------------------- */

#define NEXT_RUN                                                                                   \
    if (run == s->last)                                                                            \
        goto done;                                                                                 \
    run++;                                                                                         \
    goto *labels[run->jump];

/* The code of one operation, from that of one item. */
#define RUN(OP, bytes, ...)                                                                        \
    OP##_many:                                                                                     \
        n = run->count;                                                                            \
        do                                                                                         \
            __VA_ARGS__                                                                            \
        while (--n);                                                                               \
        NEXT_RUN                                                                                   \
    OP##_4: __VA_ARGS__                                                                            \
    OP##_3: __VA_ARGS__                                                                            \
    OP##_2: __VA_ARGS__                                                                            \
    OP##_1: __VA_ARGS__                                                                            \
        NEXT_RUN

/* Its entries in the table of labels; and those of an operation that has one way for all counts. */
#define RUN_LABELS(OP)                                                                             \
    [PLUG__JUMP(PLUG__OP_##OP)] = &&OP##_1, &&OP##_2, &&OP##_3, &&OP##_4, &&OP##_many,
#define RUN_LABEL(OP)                                                                              \
    [PLUG__JUMP(PLUG__OP_##OP) ... PLUG__JUMP(PLUG__OP_##OP) + PLUG__JUMP_WAYS - 1] = &&OP,

/* --- character by character. In scope: at, codes, code, labels, n; defined: ALIGN_HERE, and ROOM,
 * which looks whether there is room for n items of so many bytes -------------------------- */

#define NEXT_CODE                                                                                  \
    code = &codes[(uint8_t)*at++];                                                                 \
    goto *labels[code->way];

#define EACH(OP, bytes, ...)                                                                       \
    OP##_repeated:                                                                                 \
        ROOM(n, bytes)                                                                             \
        do                                                                                         \
            __VA_ARGS__                                                                            \
        while (--n);                                                                               \
        NEXT_CODE                                                                                  \
    OP##_aligned:                                                                                  \
        ALIGN_HERE                                                                                 \
    OP:                                                                                            \
        ROOM(1, bytes)                                                                             \
        __VA_ARGS__                                                                                \
        NEXT_CODE

#define EACH_LABEL(OP, single, repeated, aligned)                                                  \
    [PLUG__OP_##OP] = &&single, [PLUG__OP_REPEATED(PLUG__OP_##OP)] = &&repeated,                   \
    [PLUG__OP_ALIGNED(PLUG__OP_##OP)] = &&aligned,
#define EACH_LABELS(OP) EACH_LABEL(OP, OP, OP##_repeated, OP##_aligned)
/* Those that are the same when packing and unpacking. */
#define EACH_REST                                                                                  \
    EACH_LABEL(STRING, STRING, STRING_repeated, STRING)                                            \
    EACH_LABEL(PAD, PAD, PAD_repeated, PAD)                                                        \
    EACH_LABEL(F16, slow, slow, slow)                                                              \
    EACH_LABEL(F16_SWAP, slow, slow, slow)                                                         \
    EACH_LABEL(PASCAL, slow, slow, slow)                                                           \
    EACH_LABEL(BAD, slow, slow, slow)                                                              \
    EACH_LABEL(NATIVE_ONLY, slow, slow, slow)                                                      \
    EACH_LABEL(END, done, slow, slow)                                                              \
    EACH_LABEL(SPACE, space, slow, slow)                                                           \
    EACH_LABEL(DIGIT, repeat, slow, slow)

/* clang-format on */

#endif
