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

static int wait_kept(struct plug__sched *s, struct plug__fd_slot *slot, struct plug_wait_fd fd,
                     short events, int64_t deadline, const char *doing)
{
    struct plug__fd_waiter *n = &s->running->node;
    int r;

    if (slot->id != fd.id || (slot->mask & (uint16_t)events) != (uint16_t)events ||
        !plug__sys_honest()) {
        r = keep(s, slot, fd, events);
        if (r < 0)
            return r == -EPERM ? events & (POLLIN | POLLOUT) : r;
    }
    plug__fd_enter(slot, n, s->running, events);
    r = plug__park(doing, fd.fd, deadline);
    plug__fd_leave(slot, n);
    return r;
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
static int share(struct plug__sched *s, const struct plug__fd_slot *slot, struct plug_wait_fd fd)
{
    bool kept = slot->id == fd.id;

    if (++s->streak <= STREAK)
        return 0;
    s->streak = 0;
    s->budget = 0;
    plug__yield(s);
    return kept && slot->id != fd.id ? -EBADF : 0; /* somebody has closed it meanwhile */
}

ssize_t plug__fd_recv(struct plug_waiter *w, struct plug_wait_fd fd, void *buf, size_t len,
                      int flags, int64_t deadline)
{
    struct plug__sched *s = plug__sched_of(w);
    struct plug__fd_slot *slot = plug__fd_slot(&s->fds, fd.fd);
    bool tells = fd.stream && !(flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL)), late = false;
    ssize_t n;

    if (!slot)
        return -ENOMEM;
    for (;;) {
        if (late || !slot->dry || slot->id != fd.id) {
            n = share(s, slot, fd);
            if (n == 0)
                n = plug__sys()->recv(fd.fd, buf, len, flags | MSG_DONTWAIT);
            if (n >= 0 && tells)
                note_received(slot, fd, n, len);
            if (n != -EAGAIN || late)
                return n == -EAGAIN ? PLUG_ETIMEOUT : n;
        }
        n = wait_kept(s, slot, fd, flags & MSG_OOB ? POLLPRI : POLLIN, deadline, "recv");
        if (n < 0 && n != PLUG_ETIMEOUT)
            return n;
        late = n == PLUG_ETIMEOUT;
    }
}

void plug__fd_forget(struct plug_waiter *w, struct plug_wait_fd fd)
{
    struct plug__sched *s = plug__sched_of(w);
    struct plug__fd_slot *slot = plug__fd_slot_find(&s->fds, fd.fd);

    if (slot)
        drop(s, slot, fd.fd);
}

struct plug__fd_slot *plug__fd_heard(struct plug__sched *s, uint64_t name, short revents)
{
    struct plug__fd_slot *slot = plug__fd_slot_find(&s->fds, (int)(uint32_t)name);

    if (!slot || name != plug__fd_name(slot, (int)(uint32_t)name))
        return NULL;
    if (revents & ~POLLOUT)
        slot->dry = false;
    if (revents & (POLLRDHUP | POLLHUP | POLLERR | POLLPRI))
        slot->ended = true;
    plug__fd_told(slot, revents);
    return slot;
}
