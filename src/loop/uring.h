/* SPDX-License-Identifier: MIT */
#ifndef PLUG_LOOP_URING_H
#define PLUG_LOOP_URING_H
/*
 * A ring of the kernel's, as much of it as the selector and the fibers need. It belongs to the
 * thread that opened it: from another one, or a forked child, entering gives -EEXIST.
 */
#ifdef PLUG_HAVE_URING
#include <liburing.h>
#include <plug/time.h>

struct plug__uring {
    struct io_uring ring;
    pid_t process; /* whose it is */
};

/*
 * Opens a ring; at least so many submissions fit, and so many completions before the kernel has to
 * keep them aside. PLUG_EUNSUPPORTED: the kernel's is too old; -ENOSYS, -EPERM, -ENOMEM, -EMFILE.
 */
int plug__uring_open(struct plug__uring *u, unsigned submissions, unsigned completions);

/*
 * Ends everything in flight and then the ring, so that no file stays open and no memory is written
 * to afterwards. In another thread or process than the owner's the kernel does that in its time.
 */
void plug__uring_close(struct plug__uring *u);

/* False in a forked child: then nothing but closing it is allowed. */
bool plug__uring_is_own(const struct plug__uring *u);

/* An empty submission; a full queue is submitted first. -EBUSY: completions must be taken. */
int plug__uring_sqe(struct plug__uring *u, struct io_uring_sqe **ret_sqe);

/*
 * Submits, lets the kernel finish what it can, and waits for a completion for at most timeout; one
 * that is there already counts. Returns 0, whatever ended it; -EINTR, -EEXIST, -ENOMEM ...
 */
int plug__uring_enter(struct plug__uring *u, int64_t timeout);

/* How many submissions the kernel has not seen yet. */
static inline unsigned plug__uring_unseen(const struct plug__uring *u)
{
    return u->ring.sq.sqe_tail - __atomic_load_n(u->ring.sq.khead, __ATOMIC_ACQUIRE);
}

/* The kernel has more to tell than it has written down. */
static inline bool plug__uring_has_more(const struct plug__uring *u)
{
    return __atomic_load_n(u->ring.sq.kflags, __ATOMIC_RELAXED) &
           (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW);
}

/* The next completion: false when there is none. */
static inline bool plug__uring_take(struct plug__uring *u, struct io_uring_cqe *ret)
{
    struct io_uring_cq *cq = &u->ring.cq;
    unsigned head = *cq->khead;

    if (head == __atomic_load_n(cq->ktail, __ATOMIC_ACQUIRE))
        return false;
    *ret = cq->cqes[head & cq->ring_mask];
    __atomic_store_n(cq->khead, head + 1, __ATOMIC_RELEASE);
    return true;
}

#endif
#endif
