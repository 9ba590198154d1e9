/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FIBER_CALL_H
#define PLUG_FIBER_CALL_H
/* The entry call of a scheduler's waiter. */
#include <plug/wait.h>

int plug__call(struct plug_waiter *w, int (*fn)(void *), void *arg, int64_t deadline);

#endif
