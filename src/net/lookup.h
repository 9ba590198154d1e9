/* SPDX-License-Identifier: MIT */
#ifndef NET_LOOKUP_H
#define NET_LOOKUP_H
/*
 * One way to run a libc look-up that may block for minutes, so that the caller's deadline is kept.
 *
 * fn gets the question (plain bytes, copied when a worker runs it, so they must not point into the
 * caller's memory) and gives its answer as one block of plug_alloc, so that an abandoned look-up is
 * freed without knowing what it was.
 */
#include <plug/base.h>

#define PLUG__NAME_MAX    253 /* a domain name as text, without its last dot (RFC 1035 2.3.4) */
#define PLUG__SERVICE_MAX 63  /* more than any name of RFC 6335 5.1 (15) */

typedef int plug__lookup_fn(const void *question, void **ret_answer);

/*
 * Runs fn in the calling thread when nothing limits its time, else in a worker. Result of fn, or
 * PLUG_ETIMEOUT, -ECANCELED, -EINTR, PLUG_ELIMIT (queue full), the error of making a pipe or
 * thread.
 */
int plug__lookup(plug__lookup_fn *fn, const void *question, size_t len, int64_t deadline,
                 void **ret_answer);

/* Copies a name of at most max bytes. 0, PLUG_ELIMIT. */
int plug__name_copy(char *dst, const char *name, size_t max);

#endif
