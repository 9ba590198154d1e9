/* SPDX-License-Identifier: MIT */
#include "loop/uring.h"
#ifdef PLUG_HAVE_URING
#include <errno.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <string.h>

/* Since Linux 5.11; nothing older has all of it. */
#define NEEDED (IORING_FEAT_NODROP | IORING_FEAT_FAST_POLL | IORING_FEAT_EXT_ARG)

/* From the best to the least: Linux 6.1, 5.19, 5.11. */
static const unsigned modes[] = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
        IORING_SETUP_SUBMIT_ALL,
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
    0,
};

static int set_up(struct plug__uring *u, unsigned submissions, unsigned completions)
{
    int r = -EINVAL;

    for (size_t i = 0; i < sizeof modes / sizeof *modes && r == -EINVAL; i++) {
        struct io_uring_params p;
        memset(&p, 0, sizeof p);
        p.flags = modes[i] | IORING_SETUP_CQSIZE;
        p.cq_entries = completions;
        r = plug_sys()->uring_setup(submissions, &u->ring, &p);
    }
    return r == -EINVAL ? PLUG_EUNSUPPORTED : r;
}

/* The thread sanitizer does not see liburing unmap the ring that lay at the same place before. */
__attribute__((no_sanitize("thread"))) int plug__uring_open(struct plug__uring *u,
                                                            unsigned submissions,
                                                            unsigned completions)
{
    int r = set_up(u, submissions, completions);

    if (r < 0)
        return r;
    if (~u->ring.features & NEEDED) {
        plug_sys()->uring_exit(&u->ring);
        return PLUG_EUNSUPPORTED;
    }
    u->process = plug_sys()->getpid();
    /* Each place of the queue always has the same entry: submitting is moving the tail. */
    for (unsigned i = 0; i < u->ring.sq.ring_entries; i++)
        u->ring.sq.array[i] = i;
    return 0;
}

bool plug__uring_is_own(const struct plug__uring *u)
{
    return u->process == plug_sys()->getpid();
}

int plug__uring_enter(struct plug__uring *u, int64_t timeout)
{
    struct __kernel_timespec ts = {timeout / PLUG_S(1), timeout % PLUG_S(1)};
    struct io_uring_getevents_arg arg = {.ts = timeout < 0 ? 0 : (uintptr_t)&ts};
    int r;

    __atomic_store_n(u->ring.sq.ktail, u->ring.sq.sqe_tail, __ATOMIC_RELEASE);
    r = plug_sys()->uring_enter(u->ring.ring_fd, plug__uring_unseen(u), timeout != 0,
                                IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg, sizeof arg);
    if (r == -EBUSY || r == -EAGAIN) /* what is there must be taken first */
        return io_uring_cq_ready(&u->ring) ? 0 : r;
    return r >= 0 || r == -ETIME ? 0 : r;
}

int plug__uring_sqe(struct plug__uring *u, struct io_uring_sqe **ret_sqe)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

    if (!sqe) {
        int r = plug__uring_enter(u, PLUG_NOWAIT);
        if (r < 0)
            return r;
        sqe = io_uring_get_sqe(&u->ring);
    }
    if (!sqe)
        return -EBUSY;
    *ret_sqe = sqe;
    return 0;
}

/* The kernel would let go of the files only some time after the ring is closed. */
static void cancel_all(struct plug__uring *u)
{
    struct io_uring_sqe *sqe;

    if (!plug__uring_is_own(u) || plug__uring_sqe(u, &sqe) < 0)
        return;
    io_uring_prep_rw(IORING_OP_ASYNC_CANCEL, sqe, -1, NULL, 0, 0);
    sqe->cancel_flags = IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY;
    (void)!plug__uring_enter(u, PLUG_NOWAIT);
}

void plug__uring_close(struct plug__uring *u)
{
    cancel_all(u);
    plug_sys()->uring_exit(&u->ring);
}

#endif
