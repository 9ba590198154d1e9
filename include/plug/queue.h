/* SPDX-License-Identifier: MIT */
#ifndef PLUG_QUEUE_H
#define PLUG_QUEUE_H
/*
 * A bounded queue between fibers, threads, or fibers and threads: a full one holds up who puts, an
 * empty one who gets.
 *
 * Layer: fiber.
 *
 * The caller:
 *   1. plug_queue_open(&q, sizeof(struct job), 64)
 *   2. plug_queue_put(q, &job) here, plug_queue_get(q, &job) there
 *   3. plug_queue_end(q) when nothing more will come: what is in it is still got, then PLUG_EEOF
 *   4. plug_queue_close(q)
 *
 * First come, first served. A waiting fiber is parked, a waiting thread sleeps. Waits end early by
 * deadline scopes (PLUG_ETIMEOUT), cancellation (-ECANCELED), signals where plug_eintr_set(true)
 * asks for that (-EINTR), and when nobody is left to end them (-EDEADLK, see fiber.h); then nothing
 * was put or got. No function may be called from a signal handler.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

struct plug_queue;

#define PLUG_QUEUE_MAX      (1024 * 1024) /* most items of one queue */
#define PLUG_QUEUE_ITEM_MAX (64 * 1024)   /* most bytes of an item */

/*
 * gives *ret: room for max items of item bytes each; they are kept by value. max 0 hands over
 * directly: a put waits until a get has it. -EINVAL (item 0, or a limit passed), -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_queue_open(struct plug_queue **ret, size_t item, size_t max);

/* Ends it; NULL does nothing. Nobody may be waiting: that is a programming mistake and aborts. */
PLUG_API void plug_queue_close(struct plug_queue *q);

/*
 * Copies one item in, or the oldest one out; waits for room, or for an item. PLUG_EEOF: the queue
 * was ended. PLUG_ETIMEOUT, -ECANCELED, -EINTR, -EDEADLK: nothing was put, or got. Any fiber, any
 * thread.
 */
PLUG_API PLUG_MUST int plug_queue_put(struct plug_queue *q, const void *item);
PLUG_API PLUG_MUST int plug_queue_get(struct plug_queue *q, void *ret_item);

/* The same without waiting: -EAGAIN. Any fiber, any thread. */
PLUG_API PLUG_MUST int plug_queue_try_put(struct plug_queue *q, const void *item);
PLUG_API PLUG_MUST int plug_queue_try_get(struct plug_queue *q, void *ret_item);

/*
 * No more puts: those that wait, and later ones, return PLUG_EEOF. Gets go on until it is empty.
 * Any fiber, any thread.
 */
PLUG_API void plug_queue_end(struct plug_queue *q);

/* Items in it now. Any fiber, any thread. */
PLUG_API size_t plug_queue_count(struct plug_queue *q);

PLUG_END_DECLS
#endif
