/* SPDX-License-Identifier: MIT */
#ifndef PLUG_LOOP_H
#define PLUG_LOOP_H
/*
 * An event loop with callbacks: descriptors, timers, signals, wake-ups from other threads, blocking
 * work in a pool. For straight-line code see plug/fiber.h.
 *
 * Layer: loop.
 *
 * The caller:
 *   1. plug_loop_open(&l, PLUG_BACKEND_AUTO)
 *   2. plug_loop_watch(l, fd, PLUG_READ, readable, x); plug_loop_timer(l, &t, PLUG_S(5), late, x)
 *   3. plug_loop_run(l): calls back until plug_loop_stop, or until nothing is left to wait for
 *   4. plug_loop_close(l)
 *
 * Callbacks run in the thread of plug_loop_run, one at a time; they may add, change and end
 * anything, themselves included, but not close the loop nor run it: what was ended is not called
 * any more, not even with events that came before. A turn calls every ready descriptor once, every
 * timer that is due once, every post that waited before it once: none starves another.
 *
 * Threads: one at a time; plug_loop_post, plug_loop_release and plug_loop_stop from any. On a fiber
 * the loop parks instead of blocking. After fork(2) a child may only close its copy.
 */
#include <plug/offload.h>
#include <plug/selector.h>
#include <plug/time.h>

PLUG_BEGIN_DECLS

struct plug_loop;

#define PLUG_LOOP_TIMERS 1000000 /* most timers that run at once */
#define PLUG_LOOP_POSTS  65536   /* most posts that wait to be called */

/* gives *ret. Errors as plug_selector_open, and those of eventfd(2). */
PLUG_API PLUG_MUST int plug_loop_open(struct plug_loop **ret, enum plug_backend backend);

/*
 * Ends the loop, not the descriptors; NULL does nothing. Signals it watched have their former
 * action again; offloaded work that runs is waited for, blocking the thread; what waits to be
 * called is not called any more. Aborts when a callback does it.
 */
PLUG_API void plug_loop_close(struct plug_loop *l);

/* As plug_selector_backend, plug_selector_fallback. */
PLUG_API enum plug_backend plug_loop_backend(const struct plug_loop *l);
PLUG_API int plug_loop_fallback(const struct plug_loop *l);

/*
 * Runs until plug_loop_stop, or until there is no descriptor (but silent ones), timer, signal,
 * post, offloaded work or hold left: 0. PLUG_ETIMEOUT (a deadline scope), -EINTR (plug_eintr_set,
 * and not for signals the loop watches), -ECANCELED, -EBUSY (it runs already), or what the back-end
 * said; nothing is lost then, and it may be run again.
 */
PLUG_API PLUG_MUST int plug_loop_run(struct plug_loop *l);

/*
 * One turn: waits at most timeout for the first event, calls back for all there are. Returns how
 * many calls it made; errors as plug_loop_run.
 */
PLUG_API PLUG_MUST int plug_loop_turn(struct plug_loop *l, int64_t timeout);

/*
 * plug_loop_run returns after this turn; when it does not run, the next plug_loop_run or
 * plug_loop_turn does not wait. Any thread, callbacks, signal handlers.
 */
PLUG_API void plug_loop_stop(struct plug_loop *l);

/*
 * Keeps plug_loop_run going while nothing is there to wait for, because another thread will post.
 * Each hold needs a release: that in any thread.
 */
PLUG_API void plug_loop_hold(struct plug_loop *l);
PLUG_API void plug_loop_release(struct plug_loop *l);

/* The monotonic time at which this turn's events came; cheaper than plug_now. */
PLUG_API int64_t plug_loop_now(const struct plug_loop *l);

/* --- descriptors -------------------------------------------------------------------------- */

/* events: PLUG_READ, PLUG_WRITE, PLUG_URGENT, those of what was asked for that are ready. */
typedef void plug_loop_fd_fn(struct plug_loop *l, int fd, unsigned events, void *arg);

/*
 * Calls fn while fd is ready (level triggered, as plug/selector.h tells it); watching it again
 * changes events, fn and arg. events 0 keeps it, silent. borrows arg. Errors as plug_selector_add
 * but -EEXIST; a failing change ends the watch.
 */
PLUG_API PLUG_MUST int plug_loop_watch(struct plug_loop *l, int fd, unsigned events,
                                       plug_loop_fd_fn *fn, void *arg);

/* No more calls for fd; before it is closed, so that its next owner is not called. -ENOENT. */
PLUG_API PLUG_MUST int plug_loop_unwatch(struct plug_loop *l, int fd);

/* --- timers ------------------------------------------------------------------------------- */

struct plug_timer;
typedef void plug_timer_fn(struct plug_loop *l, struct plug_timer *t, void *arg);

/* A timer; lives with the caller, zeroed before its first use. Its fields are the library's. */
struct plug_timer {
    int64_t at;
    int64_t every;
    plug_timer_fn *fn;
    void *arg;
    uint64_t order;
    size_t index; /* in the heap, from 1; 0: not running */
};

/*
 * Calls fn once, timeout from now; a running one is set anew. Never early; in the order of their
 * times, equal times in the order they were set. One that a callback sets is called in a later turn
 * at the earliest. borrows t until it was called or stopped. timeout < 0 stops it. -ENOMEM,
 * PLUG_ELIMIT: it is as it was before.
 */
PLUG_API PLUG_MUST int plug_loop_timer(struct plug_loop *l, struct plug_timer *t, int64_t timeout,
                                       plug_timer_fn *fn, void *arg);

/*
 * Calls fn every period (> 0, else -EINVAL) without drift; times that were missed are one call.
 * borrows t until it is stopped. Other errors as plug_loop_timer.
 */
PLUG_API PLUG_MUST int plug_loop_every(struct plug_loop *l, struct plug_timer *t, int64_t period,
                                       plug_timer_fn *fn, void *arg);

/* Ends it; true when it was running. */
PLUG_API bool plug_loop_timer_stop(struct plug_loop *l, struct plug_timer *t);

/* --- signals ------------------------------------------------------------------------------ */

typedef void plug_loop_signal_fn(struct plug_loop *l, int sig, void *arg);

/*
 * Calls fn in the loop after sig came, once for any number that came together; asking again changes
 * fn and arg. fn NULL ends it (-ENOENT: there is none) and brings back the action that sig had,
 * unless somebody has set another one meanwhile. One loop of a process at a time for a signal:
 * -EBUSY. -EINVAL: SIGKILL, SIGSTOP, no signal, or a fault of the program (SIGSEGV, SIGBUS, SIGFPE,
 * SIGILL). System calls that the signal interrupts elsewhere are restarted (SA_RESTART).
 */
PLUG_API PLUG_MUST int plug_loop_signal(struct plug_loop *l, int sig, plug_loop_signal_fn *fn,
                                        void *arg);

/* --- from elsewhere ----------------------------------------------------------------------- */

typedef void plug_loop_fn(struct plug_loop *l, void *arg);

/*
 * Calls fn in the loop's thread, soon, in the order posted. borrows arg until then. Any thread, but
 * no signal handler. PLUG_ELIMIT: PLUG_LOOP_POSTS wait already; -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_loop_post(struct plug_loop *l, plug_loop_fn *fn, void *arg);

/*
 * Runs work(arg) in the pool, then done(l, its result, arg) in the loop. borrows arg until then;
 * when the loop is closed before, done is not called. Errors as plug_offload; -ENOMEM.
 */
typedef void plug_loop_done_fn(struct plug_loop *l, int result, void *arg);
PLUG_API PLUG_MUST int plug_loop_offload(struct plug_loop *l, int (*work)(void *arg),
                                         plug_loop_done_fn *done, void *arg);

PLUG_END_DECLS
#endif
