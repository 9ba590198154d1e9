/* SPDX-License-Identifier: MIT */
#ifndef WIRE_STRUCT_FAST_H
#define WIRE_STRUCT_FAST_H
/*
 * How the fast executors are built: threaded code.
 *
 * Each operation has code for 4, 3, 2 and 1 items, one falling into the next, and a loop for more. At
 * the end of a run its code jumps straight to the code of the next run. A processor predicts such
 * jumps one by one, where those of a switch in a loop share one place and cost three times as much;
 * so the compiler must not merge them back into one.
 */
#include "wire/struct_plan.h"
#include <plug/err.h>

#ifndef __clang__
#pragma GCC optimize("no-crossjumping")
#endif

/* Goes on with the next run. In scope: run, last, labels, and the label done. */
#define NEXT                                                                                       \
    if (run == last)                                                                               \
        goto done;                                                                                 \
    run++;                                                                                         \
    goto *labels[run->jump];

/* The code of one operation, from that of one item. In scope also: n. */
#define WAYS(OP, ...)                                                                              \
    OP##_many : n = run->count;                                                                    \
    do                                                                                             \
        __VA_ARGS__                                                                                \
    while (--n);                                                                                   \
    NEXT OP##_4 : __VA_ARGS__ OP##_3 : __VA_ARGS__ OP##_2 : __VA_ARGS__ OP##_1 : __VA_ARGS__ NEXT

/* Its entries in the table of labels; and those of an operation that has one way, or none. */
#define LABELS(OP) [PLUG__JUMP(PLUG__OP_##OP)] = &&OP##_1, &&OP##_2, &&OP##_3, &&OP##_4, &&OP##_many
#define LABEL_ALL(OP, label)                                                                       \
    [PLUG__JUMP(PLUG__OP_##OP)... PLUG__JUMP(PLUG__OP_##OP) + PLUG__JUMP_WAYS - 1] = &&label

#endif
