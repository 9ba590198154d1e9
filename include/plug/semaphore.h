/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SEMAPHORE_H
#define PLUG_SEMAPHORE_H
/*
 * A counting semaphore and a mutex that park fibers instead of blocking their thread; between
 * threads they work as well.
 *
 * Layer: fiber.
 *
 * The caller:
 *   1. plug_semaphore_open(&s, 8)
 *   2. plug_semaphore_acquire(s) ... plug_semaphore_release(s): at most eight at once
 *   3. plug_semaphore_close(s)
 *
 * First come, first served: what is given back goes to the first who waits. Waits end early by
 * deadline scopes (PLUG_ETIMEOUT), cancellation (-ECANCELED), signals where plug_eintr_set(true)
 * asks for that (-EINTR), and when nobody is left to end them (-EDEADLK, see fiber.h); then nothing
 * was acquired. No function may be called from a signal handler.
 *
 * Fibers of one thread need a mutex only around what waits: between two waits nothing else runs.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

struct plug_semaphore;
struct plug_mutex;

/*
 * open gives *ret with count units to begin with: -ENOMEM. close: NULL does nothing; nobody may be
 * waiting, that is a programming mistake and aborts.
 */
PLUG_API PLUG_MUST int plug_semaphore_open(struct plug_semaphore **ret, size_t count);
PLUG_API void plug_semaphore_close(struct plug_semaphore *s);

/*
 * Takes one unit, waiting for it: PLUG_ETIMEOUT, -ECANCELED, -EINTR, -EDEADLK. try does not wait:
 * -EAGAIN. Any fiber, any thread.
 */
PLUG_API PLUG_MUST int plug_semaphore_acquire(struct plug_semaphore *s);
PLUG_API PLUG_MUST int plug_semaphore_try_acquire(struct plug_semaphore *s);

/* Gives one back; the first who waits has it. Any fiber, any thread. */
PLUG_API void plug_semaphore_release(struct plug_semaphore *s);

/* Units that are free now. Any fiber, any thread. */
PLUG_API size_t plug_semaphore_count(struct plug_semaphore *s);

/*
 * open gives *ret, unlocked: -ENOMEM. close: NULL does nothing; it must be unlocked, else it is a
 * programming mistake and aborts.
 */
PLUG_API PLUG_MUST int plug_mutex_open(struct plug_mutex **ret);
PLUG_API void plug_mutex_close(struct plug_mutex *m);

/*
 * Locks, waiting for it: PLUG_ETIMEOUT, -ECANCELED, -EINTR, -EDEADLK (also when the caller has it
 * already). try does not wait: -EBUSY. Unlocking what one does not hold is a programming mistake
 * and aborts. Any fiber, any thread; who locks is the calling fiber, or the thread outside of one.
 */
PLUG_API PLUG_MUST int plug_mutex_lock(struct plug_mutex *m);
PLUG_API PLUG_MUST int plug_mutex_try_lock(struct plug_mutex *m);
PLUG_API void plug_mutex_unlock(struct plug_mutex *m);

PLUG_END_DECLS
#endif
