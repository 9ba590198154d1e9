/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BASE_AT_HAND_H
#define PLUG_BASE_AT_HAND_H
/*
 * plug_sys() and plug_wait_may_block() without a call, for the one place where a nanosecond counts:
 * the fast path of send and receive. initial-exec: dlopen(3) has room for these few bytes.
 */
#include <plug/sys.h>
#include <plug/time.h>
#include <plug/wait.h>
#include <stdatomic.h>

extern const struct plug_sys *_Atomic plug__sys_in_force;

#define PLUG__AT_HAND __attribute__((tls_model("initial-exec")))
extern __thread struct plug_waiter plug__default_waiter PLUG__AT_HAND;
extern __thread struct plug_waiter *plug__own_waiter PLUG__AT_HAND;

static inline const struct plug_sys *plug__sys(void)
{
    return atomic_load_explicit(&plug__sys_in_force, memory_order_acquire);
}

/*
 * True when the kernel itself answers: only then a receive that did not fill its buffer has emptied
 * the socket, and "would block" means that an event will follow. Faults and users' tables may say
 * so at any time.
 */
extern atomic_bool plug__sys_is_kernel;
static inline bool plug__sys_honest(void)
{
    return atomic_load_explicit(&plug__sys_is_kernel, memory_order_relaxed);
}

/* The earlier one of deadline and the scopes that are open. */
static inline int64_t plug__deadline_bounded(const struct plug_waiter *w, int64_t deadline)
{
    const struct plug_deadline *scope = w->own.scope;

    return scope && scope->at < deadline ? scope->at : deadline;
}

static inline bool plug__may_block(int64_t deadline)
{
    const struct plug_deadline *scope = plug__default_waiter.own.scope;

    return !plug__own_waiter && deadline == PLUG_NEVER && (!scope || scope->at == PLUG_NEVER) &&
           !plug__default_waiter.own.return_eintr;
}

#endif
