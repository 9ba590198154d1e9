/* SPDX-License-Identifier: MIT */
/*
 * poll and select, over the selectors' back-ends: level-triggered, and to add and to take out costs
 * nothing in the kernel, so that a descriptor is in only while somebody waits for it.
 */
#include "fiber/engine.h"
#include "loop/backend.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>

#define EVENTS 512

struct set {
    const struct plug__backend *backend;
    void *b;
    struct plug_waiter plain; /* what the back-end itself waits with */
    struct plug_event events[EVENTS];
};

/* Who waits for urgent data is told of what else can be read, too: the end may be behind it. */
static unsigned asked(const struct plug__fd_slot *slot)
{
    unsigned events = 0;

    for (const struct plug__fd_waiter *n = slot->waiters; n; n = n->next)
        events |= (n->events & ~POLLOUT ? PLUG_READ : 0u) |
                  (n->events & POLLOUT ? PLUG_WRITE : 0u) |
                  (n->events & POLLPRI ? PLUG_URGENT : 0u);
    return events;
}

static int set_events(struct set *set, struct plug__fd_slot *slot, int fd, unsigned events)
{
    int r = 0;

    if (events == slot->mask)
        return 0;
    if (!events)
        set->backend->del(set->b, fd);
    else
        r = slot->mask ? set->backend->mod(set->b, fd, events)
                       : set->backend->add(set->b, fd, events);
    slot->mask = r < 0 ? 0 : events;
    return r;
}

static int set_watch(struct plug__sched *s, struct plug__fd_slot *slot, int fd, short events)
{
    (void)events;
    return set_events(s->engine_state, slot, fd, asked(slot));
}

static void set_unwatch(struct plug__sched *s, struct plug__fd_slot *slot, int fd)
{
    (void)set_events(s->engine_state, slot, fd, asked(slot));
}

static void set_forget(struct plug_waiter *w, struct plug_wait_fd fd)
{
    struct plug__sched *s = plug__sched_of(w);
    struct plug__fd_slot *slot = plug__fd_slot_find(&s->fds, fd.fd);
    struct set *set = s->engine_state;

    if (!slot)
        return;
    if (slot->mask)
        set->backend->del(set->b, fd.fd);
    plug__fd_renew(slot);
}

static void tell(struct plug__sched *s, const struct plug_event *event)
{
    struct plug__fd_slot *slot = plug__fd_slot_find(&s->fds, event->fd);
    int revents = (event->events & PLUG_READ ? POLLIN | POLLPRI | POLLRDHUP : 0) |
                  (event->events & PLUG_WRITE ? POLLOUT : 0) |
                  (event->events & PLUG_URGENT ? POLLPRI : 0);

    if (event->fd == s->wake_fd)
        plug__sched_woken(s);
    else if (slot)
        plug__fd_told(slot, (short)revents);
}

/* The back-end waits through the thread's waiter: here a plain one, without anybody's deadline. */
static int set_turn(struct plug__sched *s, int64_t timeout)
{
    struct set *set = s->engine_state;
    struct plug_waiter *before = plug_waiter_set(&set->plain);
    int n = set->backend->wait(set->b, set->events, EVENTS, timeout);

    (void)plug_waiter_set(before);
    for (int i = 0; i < n; i++)
        tell(s, &set->events[i]);
    return n;
}

static void set_close(struct plug__sched *s)
{
    struct set *set = s->engine_state;

    set->backend->close(set->b);
    plug_free(set);
}

/* A copy of the default waiter. A signal ends its waits, for the fibers that want to hear of it. */
static void make_plain(struct set *set)
{
    struct plug_waiter *before = plug_waiter_set(NULL);

    set->plain = *plug_waiter();
    set->plain.own = (struct plug_wait_own){.return_eintr = true};
    (void)plug_waiter_set(before);
}

static int set_open(struct plug__sched *s, const struct plug__backend *backend)
{
    struct set *set = plug_alloc(sizeof *set);
    int r = set ? backend->open(&set->b) : -ENOMEM;

    if (r < 0) {
        plug_free(set);
        return r;
    }
    make_plain(set);
    set->backend = backend;
    s->engine_state = set;
    r = backend->add(set->b, s->wake_fd, PLUG_READ);
    if (r < 0) {
        set_close(s);
        return r;
    }
    s->waiter.forget = set_forget;
    return 0;
}

static int poll_open(struct plug__sched *s)
{
    return set_open(s, &plug__backend_poll);
}

static int select_open(struct plug__sched *s)
{
    return set_open(s, &plug__backend_select);
}

const struct plug__engine plug__engine_poll = {
    .kind = PLUG_BACKEND_POLL,
    .open = poll_open,
    .close = set_close,
    .turn = set_turn,
    .watch = set_watch,
    .unwatch = set_unwatch,
};

const struct plug__engine plug__engine_select = {
    .kind = PLUG_BACKEND_SELECT,
    .open = select_open,
    .close = set_close,
    .turn = set_turn,
    .watch = set_watch,
    .unwatch = set_unwatch,
};
