/* SPDX-License-Identifier: MIT */
/* Waiting for any descriptor, for this once. */
#include "base/assert.h"
#include "fiber/engine.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>

#define FEW 4

/* Between two looks at a descriptor that can be read, but has not what is waited for. */
#define LOOK_AGAIN PLUG_MS(10)

/* Only looks: what is ready now, as ppoll(2) says it. */
static int look(struct pollfd *fds, size_t count)
{
    static const struct timespec at_once;

    return plug_sys()->ppoll(fds, count, &at_once, NULL);
}

static int watch(struct plug__sched *s, int fd, short events, struct plug__fd_waiter *n)
{
    struct plug__fd_slot *slot = plug__fd_slot(&s->fds, fd);
    int r;

    if (!slot)
        return -ENOMEM;
    plug__fd_enter(slot, n, s->running, events);
    r = s->engine->watch(s, slot, fd, events);
    if (r < 0)
        plug__fd_leave(slot, n);
    else
        slot->watches++;
    return r;
}

static void unwatch(struct plug__sched *s, int fd, struct plug__fd_waiter *n)
{
    struct plug__fd_slot *slot = plug__fd_slot_find(&s->fds, fd);

    plug__fd_leave(slot, n);
    slot->watches--;
    s->engine->unwatch(s, slot, fd);
}

static int look_at_one(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    int r = look(&p, 1);

    if (r < 0)
        return r;
    return r == 0 ? PLUG_ETIMEOUT : p.revents & POLLNVAL ? -EBADF : p.revents;
}

/*
 * poll and select are asked for what can be read, and so told of it, by engine_selector.c, where
 * only urgent data or the peer's end is waited for: while other data lie unread, the descriptor is
 * looked at from time to time instead of without end.
 */
static bool is_vague(const struct plug__sched *s, int r, short events)
{
    return r > 0 && !s->engine->keep && (events & (POLLPRI | POLLRDHUP));
}

static void look_later(const struct plug__sched *s, int64_t deadline)
{
    int64_t at = s->now + LOOK_AGAIN;

    (void)plug__park("wait", PLUG__PARK_TIME, at < deadline ? at : deadline);
}

static int wait_once(struct plug__sched *s, int fd, short events, int64_t deadline)
{
    struct plug__fd_waiter n;
    int r = watch(s, fd, events, &n);

    if (r < 0)
        return r == -EPERM ? events & (POLLIN | POLLOUT) : r;
    r = plug__park("wait", fd, deadline);
    unwatch(s, fd, &n);
    return r;
}

int plug__fd_wait(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    struct plug__sched *s = plug__sched_of(w);
    int r;

    PLUG_ASSERT(s->running, "only a fiber can wait here");
    if (fd < 0)
        return plug__park("sleep", PLUG__PARK_TIME, deadline);
    for (;;) {
        if (plug__cancelled(s->running))
            return -ECANCELED;
        if (deadline <= s->now)
            return look_at_one(fd, events);
        r = wait_once(s, fd, events, deadline);
        if (!is_vague(s, r, events))
            return r;
        r = look_at_one(fd, events);
        if (r != PLUG_ETIMEOUT)
            return r;
        look_later(s, deadline);
    }
}

/* --- several --------------------------------------------------------------------------------- */

static void unwatch_all(struct plug__sched *s, const struct pollfd *fds, size_t count,
                        struct plug__fd_waiter *nodes)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i].fd >= 0)
            unwatch(s, fds[i].fd, &nodes[i]);
}

static int watch_all(struct plug__sched *s, const struct pollfd *fds, size_t count,
                     struct plug__fd_waiter *nodes)
{
    for (size_t i = 0; i < count; i++) {
        int r = fds[i].fd >= 0 ? watch(s, fds[i].fd, fds[i].events, &nodes[i]) : 0;
        if (r < 0) {
            unwatch_all(s, fds, i, nodes);
            return r;
        }
    }
    return 0;
}

static int park_for_any(struct plug__sched *s, struct pollfd *fds, size_t count, int64_t deadline)
{
    struct plug__fd_waiter few[FEW];
    struct plug__fd_waiter *nodes = count <= FEW ? few : plug_alloc(count * sizeof *nodes);
    int r;

    if (!nodes)
        return -ENOMEM;
    r = watch_all(s, fds, count, nodes);
    if (r == 0) {
        r = plug__park("wait", fds[0].fd, deadline);
        unwatch_all(s, fds, count, nodes);
    }
    if (nodes != few)
        plug_free(nodes);
    return r;
}

/* Told of something that may not be so, and would be told again at once. */
static bool any_vague(const struct plug__sched *s, int r, struct pollfd *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i].fd >= 0 && is_vague(s, r, fds[i].events))
            return look(fds, count) == 0;
    return false;
}

int plug__fd_wait_many(struct plug_waiter *w, struct pollfd *fds, size_t count, int64_t deadline)
{
    struct plug__sched *s = plug__sched_of(w);
    int r;

    PLUG_ASSERT(s->running, "only a fiber can wait here");
    if (count == 0)
        return plug__park("sleep", PLUG__PARK_TIME, deadline);
    do {
        if (plug__cancelled(s->running))
            return -ECANCELED;
        r = look(fds, count);
        if (r != 0)
            return r;
        r = deadline <= s->now ? PLUG_ETIMEOUT : park_for_any(s, fds, count, deadline);
        if (any_vague(s, r, fds, count))
            look_later(s, deadline);
    } while (r > 0 || r == -EBADF);
    return r;
}
