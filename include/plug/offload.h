/* SPDX-License-Identifier: MIT */
#ifndef PLUG_OFFLOAD_H
#define PLUG_OFFLOAD_H
/*
 * The bounded pool of threads for work that blocks: files, libc look-ups, long computations.
 *
 * Layer: base.
 *
 * The loop (plug_loop_offload) and fibers (plug_fiber_call) use it. On its own the caller:
 *   1. plug_offload(&job, fn, arg, done, done_arg): fn(arg) runs in a thread of the pool
 *   2. gets done(result, done_arg) in that thread right after; from then on job is its own again
 *
 * The pool is the process's. Its threads are made when needed, end after idling for
 * PLUG_OFFLOAD_IDLE, and handle no signal. Jobs begin in the order they were handed in. Look-ups
 * with a deadline (plug_resolve) run in the same pool under a limit of their own
 * (PLUG_RESOLVE_WORKERS), so that a name server that does not answer holds up no other work.
 * In a forked child the pool is empty and starts anew: what was handed in stays with the parent.
 */
#include <plug/time.h>

PLUG_BEGIN_DECLS

#define PLUG_OFFLOAD_THREADS     4          /* most jobs that run at once, unless it is changed */
#define PLUG_OFFLOAD_THREADS_MAX 64         /* to this at most */
#define PLUG_OFFLOAD_QUEUE       4096       /* most jobs that wait for a thread */
#define PLUG_OFFLOAD_IDLE        PLUG_S(10) /* an idle thread ends after this time */

/* A job; lives with the caller until done is called. Its fields are the library's. */
struct plug_offload {
    int (*fn)(void *arg);
    void *arg;
    void (*done)(int result, void *arg);
    void *done_arg;
    struct plug_offload *next, *before;
    void *lane;
    bool waits;
};

/*
 * Hands a job in: fn(arg), then done(its result, done_arg), in a thread of the pool. borrows job
 * and arg until done is called; done may free or hand in the job again. It must not block for long,
 * nor call plug_offload_trim. PLUG_ELIMIT: PLUG_OFFLOAD_QUEUE jobs wait already; -EAGAIN, -ENOMEM:
 * not even one thread can be made. Any thread.
 */
PLUG_API PLUG_MUST int plug_offload(struct plug_offload *job, int (*fn)(void *arg), void *arg,
                                    void (*done)(int result, void *arg), void *done_arg);

/*
 * True when job had not begun and is taken back: done is not called. False: it runs, and done will
 * be called or was called already. The job still lives. Any thread.
 */
PLUG_API bool plug_offload_revoke(struct plug_offload *job);

/*
 * How many jobs may run at once from now on: 1 to PLUG_OFFLOAD_THREADS_MAX, else -EINVAL. Look-ups
 * are not counted. Any thread.
 */
PLUG_API PLUG_MUST int plug_offload_limit(unsigned threads);

/*
 * Ends the idle threads at once and waits up to timeout (PLUG_NOWAIT: not at all) for busy ones, to
 * end them too: before a fork, before the library is unloaded, at the end of a test. Returns how
 * many are left. Any thread, not from within a job.
 */
PLUG_API size_t plug_offload_trim(int64_t timeout);

PLUG_END_DECLS
#endif
