/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BASE_ASSERT_H
#define PLUG_BASE_ASSERT_H
/*
 * For programming mistakes, the caller's or ours: one line on stderr, then abort(3). On in release.
 * Never for anything that came from outside. The message is a literal and may be left out:
 *
 *     PLUG_ASSERT(s != NULL, "a socket handle is needed");
 */
#include <plug/base.h>

#define PLUG_ASSERT(cond, ...)                                                                     \
    (__builtin_expect(!!(cond), 1)                                                                 \
         ? (void)0                                                                                 \
         : plug__assert_failed(#cond, "" __VA_ARGS__, __FILE__, __LINE__, __func__))

void plug__assert_failed(const char *cond, const char *message, const char *file, int line,
                         const char *function) __attribute__((noreturn, cold));

#endif
