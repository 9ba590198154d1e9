/* SPDX-License-Identifier: MIT */
#ifndef CHILD_H
#define CHILD_H
/* For what ends a process, or is said on its stderr. */
#include <stddef.h>

/*
 * Runs fn in a child, which exits 0 when it returns. Gives the wait status, and what the child
 * wrote to stderr. Bounded: SIGKILL after 20 s.
 */
int child_run(void (*fn)(void), char *ret_stderr, size_t len);

#endif
