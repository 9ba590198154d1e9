/* SPDX-License-Identifier: MIT */
/*
 * io_uring: what the fibers of one turn want to wait for, and what they send, goes to the kernel
 * in one call.
 *
 * A descriptor is polled once for each of its first waits, and then for good; so a short connection
 * leaves nothing to be taken back. Told of data, a fiber receives them itself, by a system call
 * into its own buffer: that was measured to be cheaper than a receive in the ring, and no byte is
 * ever in a completion that a cancelled fiber would not take.
 *
 * While other fibers are ready, a send goes into the ring. It does not wait for room
 * (MSG_DONTWAIT), so it has ended when the call that submits it returns: its buffer is the kernel's
 * for no longer than the rest of the turn, in which its fiber stays parked, cancelled or not.
 */
#include "base/at_hand.h"
#include "fiber/engine.h"
#include "loop/uring.h"
#include <errno.h>
#include <plug/err.h>

#ifdef PLUG_HAVE_URING
#include <limits.h>
#include <plug/alloc.h>
#include <plug/sys.h>

#define SUBMISSIONS 1024
#define COMPLETIONS 4096
#define AHEAD       16 /* completions whose fibers are fetched into the cache */
#define SHORT_LIFE  2  /* waits of a descriptor before it is polled for good */

/* Names of what is in the kernel: these, those of registrations, marked, and fibers that send. */
enum { NOBODY, WAKE };
#define MARK (UINT64_C(1) << 63)

#define KEPT (POLLIN | POLLRDHUP | POLLPRI)

static struct plug__uring *ring_of(struct plug__sched *s)
{
    return s->engine_state;
}

/* --- polls ----------------------------------------------------------------------------------- */

static uint64_t name_of(const struct plug__fd_slot *slot, int fd)
{
    return MARK | plug__fd_name(slot, fd);
}

/*
 * Not by IORING_OP_POLL_REMOVE: that leaves a poll alone which is just being told of something (an
 * end that a receive has found by itself), and it would keep the file open for ever.
 */
static int cancel(struct plug__sched *s, struct plug__fd_slot *slot, int fd)
{
    struct io_uring_sqe *sqe;
    int r = slot->mask ? plug__uring_sqe(ring_of(s), &sqe) : 0;

    if (r < 0 || !slot->mask)
        return r;
    io_uring_prep_cancel64(sqe, name_of(slot, fd), 0);
    sqe->user_data = NOBODY;
    slot->mask = 0;
    slot->generation++;
    return 0;
}

/*
 * What is ready already will be told. The kernel wakes no poll for urgent data alone, but one for
 * another kind of input.
 */
static int arm(struct plug__sched *s, struct plug__fd_slot *slot, int fd, uint32_t mask)
{
    struct io_uring_sqe *sqe;
    int r = cancel(s, slot, fd);

    mask |= mask & POLLPRI ? POLLRDBAND : 0u;
    if (r == 0)
        r = plug__uring_sqe(ring_of(s), &sqe);
    if (r < 0)
        return r;
    if (slot->waits < SHORT_LIFE)
        io_uring_prep_poll_add(sqe, fd, mask);
    else
        io_uring_prep_poll_multishot(sqe, fd, mask);
    sqe->user_data = name_of(slot, fd);
    slot->mask = mask;
    return 0;
}

/*
 * At once: a poll keeps its file open, and a send that is not submitted yet would go to whoever has
 * the number next.
 */
static void uring_drop(struct plug__sched *s, struct plug__fd_slot *slot, int fd)
{
    bool busy = slot->mask || slot->sends;

    if (cancel(s, slot, fd) == 0 && busy)
        (void)!plug__uring_enter(ring_of(s), PLUG_NOWAIT);
}

/* A poll that ends with its first event takes any input for urgent: it says what has woken it. */
static int uring_watch(struct plug__sched *s, struct plug__fd_slot *slot, int fd, short events)
{
    if (events & POLLPRI)
        slot->waits = SHORT_LIFE;
    return arm(s, slot, fd, slot->mask | (uint16_t)events);
}

static void uring_unwatch(struct plug__sched *s, struct plug__fd_slot *slot, int fd)
{
    if (slot->watches == 0 && slot->id == 0)
        uring_drop(s, slot, fd);
}

static int uring_keep(struct plug__sched *s, struct plug__fd_slot *slot, struct plug_wait_fd fd,
                      short events)
{
    uint32_t need = KEPT | ((uint16_t)events & POLLOUT);
    int r;

    if (slot->id && (slot->mask & need) == need && plug__sys_honest())
        return 0;
    r = arm(s, slot, fd.fd, slot->mask | need);
    if (r < 0)
        return r;
    slot->id = fd.id;
    if (slot->waits < SHORT_LIFE)
        slot->waits++;
    return 0;
}

/* --- sends ----------------------------------------------------------------------------------- */

static ssize_t send_in_ring(struct plug__sched *s, int fd, const void *buf, size_t len, int flags)
{
    struct plug__fd_slot *slot = plug__fd_slot(&s->fds, fd);
    struct io_uring_sqe *sqe;
    int n;

    if (!slot || plug__uring_sqe(ring_of(s), &sqe) < 0)
        return -EAGAIN;
    io_uring_prep_send(sqe, fd, buf, len < INT_MAX ? len : INT_MAX, flags);
    sqe->user_data = (uintptr_t)s->running;
    slot->sends++;
    n = plug__park_firm("send", fd);
    slot->sends--;
    return n;
}

/*
 * Who makes nobody wait sends at once; so does everybody under a table of a test's, and who was
 * told that there is no room: by now there may be some, which will not be told again.
 */
static ssize_t send_once(struct plug__sched *s, int fd, const void *buf, size_t len, int flags)
{
    ssize_t n = -EAGAIN;

    if (s->ready_first && plug_sys() == plug_sys_kernel())
        n = send_in_ring(s, fd, buf, len, flags | MSG_DONTWAIT);
    return n == -EAGAIN ? plug_sys()->send(fd, buf, len, flags | MSG_DONTWAIT) : n;
}

static ssize_t uring_send(struct plug_waiter *w, struct plug_wait_fd fd, const void *buf,
                          size_t len, int flags, int64_t deadline)
{
    ssize_t n;

    do {
        n = send_once(plug__sched_of(w), fd.fd, buf, len, flags);
        if (n != -EAGAIN)
            return n;
        n = plug__fd_ready(w, fd, POLLOUT, deadline);
    } while (n >= 0);
    return n;
}

/* --- turns ----------------------------------------------------------------------------------- */

/*
 * Those who are left, or were told of something else, look themselves where that does not work.
 * From here on it is a poll that tells of changes: one that ends with its first event would tell of
 * what nobody takes, input for a fiber that wants to send, again and again.
 */
static void arm_again(struct plug__sched *s, struct plug__fd_slot *slot, int fd)
{
    uint32_t events = slot->id ? KEPT : 0;

    if (slot->waiters)
        slot->waits = SHORT_LIFE;
    for (const struct plug__fd_waiter *n = slot->waiters; n; n = n->next)
        events |= (uint16_t)n->events;
    if (slot->waiters && arm(s, slot, fd, events) < 0)
        plug__fd_told(slot, POLLERR);
}

static void tell(struct plug__sched *s, const struct io_uring_cqe *cqe)
{
    uint64_t name = cqe->user_data & ~MARK;
    struct plug__fd_slot *slot = plug__fd_heard(s, name, (short)(cqe->res < 0 ? 0 : cqe->res));

    if (!slot || cqe->flags & IORING_CQE_F_MORE)
        return;
    slot->mask = 0;
    if (cqe->res == -EBADF)
        plug__fd_renew(slot);
    else
        arm_again(s, slot, (int)(uint32_t)name);
}

static int hear_wake(struct plug__sched *s)
{
    struct io_uring_sqe *sqe;
    int r = plug__uring_sqe(ring_of(s), &sqe);

    if (r < 0)
        return r;
    io_uring_prep_poll_multishot(sqe, s->wake_fd, POLLIN);
    sqe->user_data = WAKE;
    return 0;
}

static int take(struct plug__sched *s, const struct io_uring_cqe *cqe)
{
    if (cqe->user_data & MARK)
        tell(s, cqe);
    else if (cqe->user_data > WAKE)
        plug__unpark((struct plug_fiber *)(uintptr_t)cqe->user_data, cqe->res);
    else if (cqe->user_data == WAKE)
        plug__sched_woken(s);
    if (cqe->user_data == WAKE && !(cqe->flags & IORING_CQE_F_MORE))
        return hear_wake(s);
    return 0;
}

/* The descriptor that the completion behind the next ones is about; -1: none. */
static int fd_ahead(const struct plug__uring *u, unsigned count)
{
    const struct io_uring_cq *cq = &u->ring.cq;
    uint64_t name;

    if (io_uring_cq_ready(&u->ring) <= count)
        return -1;
    name = cq->cqes[(*cq->khead + count) & cq->ring_mask].user_data;
    return name & MARK ? (int)(uint32_t)name : -1;
}

static void fetch(const struct plug__sched *s, const struct plug__uring *u)
{
    int far = fd_ahead(u, 2 * AHEAD), near = fd_ahead(u, AHEAD);

    if (far >= 0)
        plug__fd_fetch_slot(&s->fds, far);
    if (near >= 0)
        plug__fd_fetch_waiter(&s->fds, near);
}

/* Where nobody wants to wait and nothing is new, the kernel is not asked at all. */
static int uring_turn(struct plug__sched *s, int64_t timeout)
{
    struct plug__uring *u = ring_of(s);
    struct io_uring_cqe cqe;
    int r = 0, n = 0;

    if (timeout || plug__uring_unseen(u) || plug__uring_has_more(u))
        r = plug__uring_enter(u, timeout);
    while (r >= 0 && plug__uring_take(u, &cqe)) {
        fetch(s, u);
        r = take(s, &cqe);
        n++;
    }
    return r < 0 ? r : n;
}

/* --- its life -------------------------------------------------------------------------------- */

static void uring_close(struct plug__sched *s)
{
    plug__uring_close(ring_of(s));
    plug_free(s->engine_state);
}

static int uring_open(struct plug__sched *s)
{
    struct plug__uring *u = plug_alloc(sizeof *u);
    int r = u ? plug__uring_open(u, SUBMISSIONS, COMPLETIONS) : -ENOMEM;

    if (r < 0) {
        plug_free(u);
        return r;
    }
    s->engine_state = u;
    r = hear_wake(s);
    if (r < 0) {
        uring_close(s);
        return r;
    }
    s->waiter.ready = plug__fd_ready;
    s->waiter.recv = plug__fd_recv;
    s->waiter.send = uring_send;
    s->waiter.forget = plug__fd_forget;
    return 0;
}

#else

static int uring_open(struct plug__sched *s)
{
    (void)s;
    return PLUG_EUNSUPPORTED;
}

#endif

const struct plug__engine plug__engine_uring = {
    .kind = PLUG_BACKEND_URING,
    .open = uring_open,
#ifdef PLUG_HAVE_URING
    .close = uring_close,
    .turn = uring_turn,
    .watch = uring_watch,
    .unwatch = uring_unwatch,
    .keep = uring_keep,
    .drop = uring_drop,
#endif
};
