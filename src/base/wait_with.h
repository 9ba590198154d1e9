/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BASE_WAIT_WITH_H
#define PLUG_BASE_WAIT_WITH_H
/* Waiting in the library's way, for what waits otherwise than plug_wait does. */
#include <plug/wait.h>

/*
 * Calls fn, which waits once, with the calling thread's waiter and the deadline bounded by the open
 * scopes; again when a signal cut it short, unless plug_eintr_set(true). fn returns >= 0,
 * PLUG_ETIMEOUT, -EINTR, -ECANCELED, or another error; so does plug__wait_with.
 */
typedef int plug__wait_fn(struct plug_waiter *w, void *arg, int64_t deadline);
int plug__wait_with(plug__wait_fn *fn, void *arg, int64_t deadline);

/* plug_wait_many for any number of descriptors. */
int plug__wait_many(struct pollfd *fds, size_t count, int64_t deadline);

/*
 * For calls whose own timeout is no error: PLUG_ETIMEOUT becomes 0, but stays when a scope ended
 * the wait before the call's own deadline.
 */
int plug__wait_own(int result, int64_t deadline);

/* Whether deadline, or that of an open scope, has passed. */
bool plug__passed(int64_t deadline);

/* plug_deadline_enter with the deadline itself. */
struct plug_deadline;
void plug__deadline_enter_at(struct plug_deadline *scope, int64_t at);

#endif
