/* SPDX-License-Identifier: MIT */
#include "loop/dispatcher.h"
#include "base/assert.h"
#include "loop/backend.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>

int plug_dispatcher_map_open(struct plug_dispatcher_map **ret, enum plug_backend backend)
{
    struct plug_dispatcher_map *m = plug_calloc(1, sizeof *m);
    int r = m ? plug_selector_open(&m->selector, backend) : -ENOMEM;

    if (r < 0) {
        plug_free(m);
        return r;
    }
    *ret = m;
    return 0;
}

void plug_dispatcher_close_all(struct plug_dispatcher_map *m)
{
    for (struct plug_dispatcher *d = m->first; d; d = d->next)
        plug_dispatcher_close(d);
}

void plug_dispatcher_map_close(struct plug_dispatcher_map *m)
{
    if (!m)
        return;
    PLUG_ASSERT(!m->polling, "a map is not closed by a hook");
    while (m->first) { /* what the hook freed opens is closed, too */
        plug_dispatcher_close_all(m);
        plug__dispatcher_bury(m);
    }
    plug_selector_close(m->selector);
    plug_free(m);
}

size_t plug_dispatcher_map_count(const struct plug_dispatcher_map *m)
{
    return m->count;
}

/* Who is not asked for anything is not in the selector at all. */
static int ask_for(struct plug_dispatcher_map *m, struct plug_dispatcher *d, unsigned events)
{
    int r;

    if (events == d->asked)
        return 0;
    if (!events)
        r = plug_selector_del(m->selector, d->fd);
    else if (!d->asked)
        r = plug_selector_add(m->selector, d->fd, events, d);
    else
        r = plug_selector_mod(m->selector, d->fd, events, d);
    d->asked = r < 0 ? 0 : events;
    return r;
}

/* The predicates are hooks: one may close itself, or others. */
static int ask_all(struct plug_dispatcher_map *m)
{
    int r = 0;

    for (struct plug_dispatcher *d = m->first; d && r == 0; d = d->next) {
        unsigned wanted = d->fd >= 0 ? plug__dispatcher_wants(d) : 0;
        if (d->fd >= 0)
            r = ask_for(m, d, wanted);
    }
    return r;
}

/* The selector tells who is ready, poll(2) of those alone tells for what: HUP, ERR and PRI, too. */
static int look_closer(struct plug_dispatcher_map *m, int count)
{
    static const struct timespec at_once;

    for (int i = 0; i < count; i++) {
        struct plug_dispatcher *d = m->ready[i].data;
        unsigned asked = plug__poll_events(d->asked | PLUG_URGENT);
        m->now[i] = (struct pollfd){.fd = d->fd, .events = (short)asked};
    }
    return plug_sys()->ppoll(m->now, (nfds_t)count, &at_once, NULL);
}

static void call_ready(struct plug_dispatcher_map *m, int count, bool looked)
{
    for (int i = 0; i < count; i++) {
        struct plug_dispatcher *d = m->ready[i].data;
        if (looked && m->now[i].revents && !d->closed && !m->exit)
            plug__dispatcher_event(d, (unsigned short)m->now[i].revents);
    }
}

static int turn(struct plug_dispatcher_map *m, int64_t timeout)
{
    int n, r = ask_all(m);

    if (r < 0 || m->exit)
        return r;
    n = plug_selector_wait(m->selector, m->ready, PLUG__DISPATCHER_BATCH, timeout);
    if (n <= 0)
        return n;
    r = look_closer(m, n);
    call_ready(m, n, r > 0);
    return r < 0 ? r : 0;
}

int plug_dispatcher_poll(struct plug_dispatcher_map *m, int64_t timeout)
{
    int r;

    if (m->polling)
        return -EBUSY;
    m->polling = true;
    m->exit = false;
    r = turn(m, timeout);
    plug__dispatcher_bury(m);
    m->polling = false;
    return m->exit ? PLUG_DISPATCHER_EXIT : r;
}

int plug_dispatcher_loop(struct plug_dispatcher_map *m, int64_t timeout, uint64_t count)
{
    int r = 0;

    while (m->count && count > 0 && r == 0) {
        r = plug_dispatcher_poll(m, timeout);
        if (count != PLUG_FOREVER_TURNS)
            count--;
    }
    return r;
}
