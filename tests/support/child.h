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

/* Skips the test where a sanitizer keeps SIGSEGV to itself. */
void child_needs_segv(void);

/* Skips the test in a build with a sanitizer, which needs mappings and locks of its own. */
void child_needs_plain_build(void);

#endif
