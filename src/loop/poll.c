/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include "base/wait_with.h"
#include "loop/registry.h"
#include <errno.h>
#include <limits.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/poll.h>
#include <stdatomic.h>

struct plug_poll {
    struct plug__registry set; /* an entry's state: its place in polls, while these are current */
    struct pollfd *polls;
    size_t room;
    size_t count;
    size_t next;  /* where the next wait begins to report */
    bool current; /* polls is what set says */
    atomic_bool busy;
};

static int enter(struct plug_poll *p)
{
    return atomic_exchange(&p->busy, true) ? -EBUSY : 0;
}

static int leave(struct plug_poll *p, int result)
{
    atomic_store(&p->busy, false);
    return result;
}

int plug_poll_open(struct plug_poll **ret)
{
    struct plug_poll *p = plug_calloc(1, sizeof *p);

    if (!p)
        return -ENOMEM;
    *ret = p;
    return 0;
}

void plug_poll_close(struct plug_poll *p)
{
    if (!p)
        return;
    PLUG_ASSERT(enter(p) == 0, "a poll set is closed when nobody waits on it");
    plug__registry_free(&p->set);
    plug_free(p->polls);
    plug_free(p);
}

static int change(struct plug_poll *p, int fd, unsigned events, bool add)
{
    struct plug__entry *e = plug__registry_find(&p->set, fd);
    int r;

    if (!e && !add)
        return -ENOENT;
    if (!e) {
        r = plug__registry_reserve(&p->set);
        if (r < 0)
            return r;
        e = plug__registry_add(&p->set, fd);
        p->current = false;
    }
    e->events = events;
    if (p->current)
        p->polls[e->state].events = (short)events;
    return 0;
}

int plug_poll_set(struct plug_poll *p, int fd, unsigned events)
{
    int r;

    if (fd < 0)
        return -EBADF;
    if (events > USHRT_MAX)
        return PLUG_ERANGE;
    r = enter(p);
    return r < 0 ? r : leave(p, change(p, fd, events, true));
}

int plug_poll_modify(struct plug_poll *p, int fd, unsigned events)
{
    int r;

    if (events > USHRT_MAX)
        return PLUG_ERANGE;
    r = enter(p);
    return r < 0 ? r : leave(p, change(p, fd, events, false));
}

int plug_poll_remove(struct plug_poll *p, int fd)
{
    struct plug__entry *e;
    int r = enter(p);

    if (r < 0)
        return r;
    e = plug__registry_find(&p->set, fd);
    if (!e)
        return leave(p, -ENOENT);
    plug__registry_remove(&p->set, e);
    p->current = false;
    return leave(p, 0);
}

size_t plug_poll_count(const struct plug_poll *p)
{
    return p->set.count;
}

static int make_current(struct plug_poll *p)
{
    if (p->current)
        return 0;
    if (p->set.room > p->room) {
        struct pollfd *polls = plug_realloc(p->polls, p->set.room * sizeof *polls);
        if (!polls)
            return -ENOMEM;
        p->polls = polls;
        p->room = p->set.room;
    }
    p->count = 0;
    for (unsigned i = 0; i < p->set.used; i++) {
        struct plug__entry *e = &p->set.entries[i];
        if (e->fd < 0)
            continue;
        e->state = (unsigned)p->count;
        p->polls[p->count++] = (struct pollfd){.fd = e->fd, .events = (short)e->events};
    }
    p->current = true;
    return 0;
}

static int report(struct plug_poll *p, struct plug_event *ret, size_t max)
{
    size_t n = 0, i = p->next < p->count ? p->next : 0;

    for (size_t seen = 0; seen < p->count && n < max; seen++) {
        const struct pollfd *at = &p->polls[i];
        i = i + 1 < p->count ? i + 1 : 0;
        if (!at->revents)
            continue;
        ret[n++] =
            (struct plug_event){at->fd, (unsigned short)at->revents, NULL,
                                plug__registry_id(&p->set, plug__registry_find(&p->set, at->fd))};
    }
    p->next = i;
    return (int)n;
}

int plug_poll_wait(struct plug_poll *p, struct plug_event *ret_events, size_t max, int64_t timeout)
{
    int64_t deadline = plug_deadline_after(timeout);
    int r;

    if (max == 0)
        return -EINVAL;
    r = enter(p);
    if (r < 0)
        return r;
    r = make_current(p);
    if (r == 0)
        r = plug__wait_own(plug__wait_many(p->polls, p->count, deadline), deadline);
    return leave(p, r > 0 ? report(p, ret_events, max) : r);
}
