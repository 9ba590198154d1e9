/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that are waited for again and again: an engine that tells of what is new needs to be
 * asked once, and a receive that would be in vain is not tried.
 */
#include "base/at_hand.h"
#include "fiber/engine.h"
#include <errno.h>
#include <plug/err.h>
#include <plug/sys.h>

static void drop(struct plug__sched *s, struct plug__fd_slot *slot, int fd)
{
    if (s->engine->drop)
        s->engine->drop(s, slot, fd);
    plug__fd_renew(slot);
}

/* Under its number there may have been another one. */
static int keep(struct plug__sched *s, struct plug__fd_slot *slot, struct plug_wait_fd fd,
                short events)
{
    if (slot->id && slot->id != fd.id)
        drop(s, slot, fd.fd);
    return s->engine->keep(s, slot, fd, events);
}

static inline bool is_kept(const struct plug__fd_slot *slot, struct plug_wait_fd fd, short events)
{
    return slot->id == fd.id && (slot->mask & (uint16_t)events) == (uint16_t)events &&
           plug__sys_honest();
}

static inline int park_kept(struct plug__sched *s, struct plug__fd_slot *slot, int fd, short events,
                            int64_t deadline, const char *doing)
{
    struct plug__fd_waiter *n = &s->running->node;
    int r;

    plug__fd_enter(slot, n, s->running, events);
    r = plug__park(doing, fd, deadline);
    plug__fd_leave(slot, n);
    return r;
}

static __attribute__((noinline)) int wait_kept(struct plug__sched *s, struct plug__fd_slot *slot,
                                               struct plug_wait_fd fd, short events,
                                               int64_t deadline, const char *doing)
{
    if (!is_kept(slot, fd, events)) {
        int r = keep(s, slot, fd, events);
        if (r < 0)
            return r == -EPERM ? events & (POLLIN | POLLOUT) : r;
    }
    return park_kept(s, slot, fd.fd, events, deadline, doing);
}

int plug__fd_ready(struct plug_waiter *w, struct plug_wait_fd fd, short events, int64_t deadline)
{
    struct plug__sched *s = plug__sched_of(w);
    struct plug__fd_slot *slot;

    if (!fd.id)
        return w->wait(w, fd.fd, events, deadline);
    slot = plug__fd_slot(&s->fds, fd.fd);
    if (!slot)
        return -ENOMEM;
    return wait_kept(s, slot, fd, events, deadline, events & POLLOUT ? "send" : "recv");
}

/*
 * A receive that left room in its buffer has emptied the socket: the next one waits at once instead
 * of trying in vain. Not once an end, an error or urgent data were told, for these are told once.
 */
static void note_received(struct plug__fd_slot *slot, struct plug_wait_fd fd, ssize_t n, size_t len)
{
    if (slot->id == fd.id)
        slot->dry = n > 0 && (size_t)n < len && !slot->ended && plug__sys_honest();
}

/*
 * Who finds more data with every receive would keep the thread, and the others' data would wait
 * unheard of: after a few, everybody else has a turn.
 */
#define STREAK 4
static __attribute__((noinline)) int share(struct plug__sched *s, const struct plug__fd_slot *slot,
                                           struct plug_wait_fd fd)
{
    bool kept = slot->id == fd.id;

    s->streak = 0;
    s->budget = 0;
    plug__yield(s);
    return kept && slot->id != fd.id ? -EBADF : 0; /* somebody has closed it meanwhile */
}

static inline ssize_t try_recv(struct plug__sched *s, struct plug__fd_slot *slot,
                               struct plug_wait_fd fd, void *buf, size_t len, int flags)
{
    bool tells = fd.stream && !(flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL));
    ssize_t n = ++s->streak > STREAK ? share(s, slot, fd) : 0;

    if (n == 0)
        n = plug__sys_recv(fd.fd, buf, len, flags | MSG_DONTWAIT);
    if (n >= 0 && tells)
        note_received(slot, fd, n, len);
    return n;
}

/*
 * A connection that nobody has waited for is new: it has just been accepted, or its request just
 * been sent. An attempt would mostly be in vain, and the first event tells what is there already.
 */
static bool is_new(const struct plug__sched *s, const struct plug__fd_slot *slot,
                   struct plug_wait_fd fd, int flags, int64_t deadline)
{
    return slot->id != fd.id && fd.id && fd.stream && !flags && deadline > s->now &&
           plug__sys_honest();
}

/* Most receives wait at once and then find something: that way is short. */
ssize_t plug__fd_recv(struct plug_waiter *w, struct plug_wait_fd fd, void *buf, size_t len,
                      int flags, int64_t deadline)
{
    struct plug__sched *s = plug__sched_of(w);
    struct plug__fd_slot *slot = plug__fd_slot(&s->fds, fd.fd);
    int r = 0;

    if (!slot)
        return -ENOMEM;
    s->running->warm[PLUG__WARM_BUFFER] = buf;
    if (slot->dry && slot->id == fd.id && !(flags & MSG_OOB)) {
        r = is_kept(slot, fd, POLLIN) ? park_kept(s, slot, fd.fd, POLLIN, deadline, "recv")
                                      : wait_kept(s, slot, fd, POLLIN, deadline, "recv");
        if (r < 0 && r != PLUG_ETIMEOUT)
            return r;
    } else if (is_new(s, slot, fd, flags, deadline)) {
        r = wait_kept(s, slot, fd, POLLIN, deadline, "recv");
    }
    for (;;) {
        ssize_t n = r == -EBADF ? r : try_recv(s, slot, fd, buf, len, flags);
        if (n != -EAGAIN)
            return n;
        if (r < 0)
            return r;
        r = wait_kept(s, slot, fd, flags & MSG_OOB ? POLLPRI : POLLIN, deadline, "recv");
        if (r < 0 && r != PLUG_ETIMEOUT)
            return r;
    }
}

void plug__fd_forget(struct plug_waiter *w, struct plug_wait_fd fd)
{
    struct plug__sched *s = plug__sched_of(w);
    struct plug__fd_slot *slot = plug__fd_slot_find(&s->fds, fd.fd);

    if (slot)
        drop(s, slot, fd.fd);
}
