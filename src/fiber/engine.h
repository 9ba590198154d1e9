/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FIBER_ENGINE_H
#define PLUG_FIBER_ENGINE_H
/*
 * How a scheduler hears of the kernel: one file and one const table for each way.
 *
 * An engine fills in the waiter's entries (struct plug_waiter is the first member of struct
 * plug__sched, so that they find the scheduler by a cast) and parks the calling fiber in them with
 * plug__park. Its turn runs in the scheduler's own context, on no fiber, and unparks.
 */
#include "fiber/fd_slot.h"
#include "fiber/sched.h"
#include <plug/selector.h>

struct plug__engine {
    enum plug_backend kind;
    /*
     * Makes s->engine_state, hears s->wake_fd (an eventfd; a turn calls plug__sched_woken when it
     * is readable), and sets what it has of the waiter's ready, recv, send, accept, connect and
     * forget; wait and wait_many stay those of fd_wait.c where watch and unwatch are there.
     */
    int (*open)(struct plug__sched *s);
    void (*close)(struct plug__sched *s);
    /*
     * Asks the kernel for what happened and unparks those concerned; waits for the first event at
     * most timeout (0: not at all; PLUG_FOREVER). Returns >= 0, -EINTR, or an error, which then
     * becomes the result of every wait.
     */
    int (*turn)(struct plug__sched *s, int64_t timeout);
    /*
     * From now on plug__fd_told is called when fd, that of slot, is ready for what any of the
     * slot's waiters asks for; also when it is so already. -EPERM: it is always ready. unwatch:
     * one watch less; the slot's waiters are those that are left.
     */
    int (*watch)(struct plug__sched *s, struct plug__fd_slot *slot, int fd, short events);
    void (*unwatch)(struct plug__sched *s, struct plug__fd_slot *slot, int fd);
    /*
     * For the entries of fd_kept.c, NULL where they are not used. keep: as watch, but for as long
     * as slot->id, which it sets, is that of fd; it may tell of what is new only. drop: the kernel
     * lets go of fd, now; NULL: closing it is enough.
     */
    int (*keep)(struct plug__sched *s, struct plug__fd_slot *slot, struct plug_wait_fd fd,
                short events);
    void (*drop)(struct plug__sched *s, struct plug__fd_slot *slot, int fd);
};

extern const struct plug__engine plug__engine_epoll, plug__engine_poll, plug__engine_select,
    plug__engine_uring;

/* fd_wait.c: wait and wait_many of the waiter, over watch and unwatch. */
int plug__fd_wait(struct plug_waiter *w, int fd, short events, int64_t deadline);
int plug__fd_wait_many(struct plug_waiter *w, struct pollfd *fds, size_t count, int64_t deadline);

/* fd_kept.c: ready, recv and forget of the waiter, over keep and drop. */
int plug__fd_ready(struct plug_waiter *w, struct plug_wait_fd fd, short events, int64_t deadline);
ssize_t plug__fd_recv(struct plug_waiter *w, struct plug_wait_fd fd, void *buf, size_t len,
                      int flags, int64_t deadline);
void plug__fd_forget(struct plug_waiter *w, struct plug_wait_fd fd);

/*
 * The name of the slot's registration, 63 bits for the kernel to give back; plug__fd_heard tells
 * its waiters and returns the slot, or NULL where that registration is over.
 */
static inline uint64_t plug__fd_name(const struct plug__fd_slot *slot, int fd)
{
    return (uint64_t)(slot->generation & INT32_MAX) << 32 | (unsigned)fd;
}
struct plug__fd_slot *plug__fd_heard(struct plug__sched *s, uint64_t name, short revents);

#endif
