/* SPDX-License-Identifier: MIT */
#include "base/at_hand.h"
#include "base/wait_with.h"
#include "loop/registry.h"
#include <errno.h>
#include <fcntl.h>
#include <plug/alloc.h>
#include <plug/epoll.h>
#include <plug/err.h>
#include <plug/sys.h>

#define BATCH_MIN 16

/* Of an entry: events that were told and not armed again; left out when the set moved. */
enum { DISARMED = 1, LEFT_OUT = 2 };

struct plug_epoll {
    int fd;
    bool own; /* nobody else has registered anything */
    struct plug__registry set;
    struct epoll_event *batch; /* as many as are registered, so that a wait takes no memory */
    size_t room;
};

/* --- life ------------------------------------------------------------------------------------- */

static int make_room(struct plug_epoll *e, size_t count)
{
    struct epoll_event *batch;
    size_t room = e->room ? e->room : BATCH_MIN;

    while (room < count)
        room *= 2;
    if (room == e->room)
        return 0;
    batch = plug_realloc(e->batch, room * sizeof *batch);
    if (!batch)
        return -ENOMEM;
    e->batch = batch;
    e->room = room;
    return 0;
}

static int make_handle(struct plug_epoll **ret, int fd, bool own)
{
    struct plug_epoll *e = plug_calloc(1, sizeof *e);

    if (!e || make_room(e, 0) < 0) {
        plug_free(e);
        return -ENOMEM;
    }
    e->fd = fd;
    e->own = own;
    *ret = e;
    return 0;
}

int plug_epoll_open(struct plug_epoll **ret)
{
    int fd = plug_sys()->epoll_create1(EPOLL_CLOEXEC), r;

    if (fd < 0)
        return fd;
    r = make_handle(ret, fd, true);
    if (r < 0)
        plug_sys()->close(fd);
    return r;
}

/* Asks for something that is not there: only an epoll descriptor knows that. */
static int check_epoll(int fd)
{
    int other = plug_sys()->epoll_create1(EPOLL_CLOEXEC), r;

    if (other < 0)
        return other;
    r = plug_sys()->epoll_ctl(fd, EPOLL_CTL_DEL, other, NULL);
    plug_sys()->close(other);
    return r == -ENOENT ? 0 : r;
}

int plug_epoll_adopt(struct plug_epoll **ret, int fd)
{
    int r = check_epoll(fd);

    return r < 0 ? r : make_handle(ret, fd, false);
}

void plug_epoll_close(struct plug_epoll *e)
{
    if (!e)
        return;
    plug_sys()->close(e->fd);
    plug__registry_free(&e->set);
    plug_free(e->batch);
    plug_free(e);
}

int plug_epoll_fd(const struct plug_epoll *e)
{
    return e->fd;
}

size_t plug_epoll_count(const struct plug_epoll *e)
{
    return e->set.count;
}

/* --- who is in -------------------------------------------------------------------------------- */

static int control(int epfd, int op, int fd, unsigned events, uint64_t id)
{
    struct epoll_event ev = {.events = events, .data.u64 = id};

    return plug_sys()->epoll_ctl(epfd, op, fd, &ev);
}

/* Into the kernel's set under the id that the next entry will have. */
static int enter(struct plug_epoll *e, int op, int fd, unsigned events)
{
    uint64_t id = plug__registry_next_id(&e->set);
    int r = control(e->fd, op, fd, events, id);

    if (r != -EEXIST || !e->own || plug__registry_find(&e->set, fd))
        return r;
    /* The same file under the same number again, whose end the kernel was never told. */
    r = control(e->fd, EPOLL_CTL_DEL, fd, 0, 0);
    return r < 0 ? r : control(e->fd, op, fd, events, id);
}

static int add(struct plug_epoll *e, int op, int fd, unsigned events, void *data)
{
    struct plug__entry *entry;
    int r = plug__registry_reserve(&e->set);

    if (r == 0)
        r = make_room(e, e->set.count + 1);
    if (r == 0)
        r = enter(e, op, fd, events);
    if (r < 0)
        return r;
    entry = plug__registry_add(&e->set, fd);
    entry->events = events;
    entry->data = data;
    return 0;
}

int plug_epoll_add(struct plug_epoll *e, int fd, unsigned events, void *data)
{
    return fd < 0 ? -EBADF : add(e, EPOLL_CTL_ADD, fd, events, data);
}

/* What the kernel would say of a descriptor that is not registered. */
static int unknown(int fd)
{
    int r = plug_sys()->fcntl(fd, F_GETFD, 0);

    return r < 0 ? r : -ENOENT;
}

static bool is_gone(int r)
{
    return r == -ENOENT || r == -EBADF;
}

int plug_epoll_mod(struct plug_epoll *e, int fd, unsigned events, void *data)
{
    struct plug__entry *entry = plug__registry_find(&e->set, fd);
    int r;

    if (!entry)
        return e->own ? unknown(fd) : add(e, EPOLL_CTL_MOD, fd, events, data);
    r = control(e->fd, entry->state & LEFT_OUT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, events,
                plug__registry_id(&e->set, entry));
    if (is_gone(r))
        plug__registry_remove(&e->set, entry);
    if (r < 0)
        return r;
    entry->events = events;
    entry->data = data;
    entry->state = 0;
    return 0;
}

int plug_epoll_del(struct plug_epoll *e, int fd)
{
    struct plug__entry *entry = plug__registry_find(&e->set, fd);
    int r;

    if (!entry && e->own)
        return unknown(fd);
    r = control(e->fd, EPOLL_CTL_DEL, fd, 0, 0);
    if (entry && r == -ENOENT && entry->state & LEFT_OUT)
        r = 0;
    if (entry) /* whatever the kernel says: late events are dropped, and then the set moves */
        plug__registry_remove(&e->set, entry);
    return r;
}

/* --- moving ----------------------------------------------------------------------------------- */

/*
 * What the kernel no longer knows under its number was closed, and the number may be another
 * file's: it must not get in again. A one-shot that was told stays out until it is armed.
 */
static int move_entry(struct plug_epoll *e, int to, struct plug__entry *entry)
{
    uint64_t id = plug__registry_id(&e->set, entry);
    int r;

    if (entry->state & DISARMED) {
        entry->state |= LEFT_OUT;
        return 0;
    }
    r = control(e->fd, EPOLL_CTL_MOD, entry->fd, entry->events & ~(unsigned)EPOLLEXCLUSIVE, id);
    if (is_gone(r))
        return 0;
    if (r < 0 && r != -EINVAL) /* exclusive ones cannot be changed, but then they are there */
        return r;
    return control(to, EPOLL_CTL_ADD, entry->fd, entry->events, id);
}

/* A new set takes the place and the number of the old one, without what haunts it. */
static int move(struct plug_epoll *e)
{
    int to = plug_sys()->epoll_create1(EPOLL_CLOEXEC), r = 0;

    if (to < 0)
        return to;
    for (unsigned i = 0; i < e->set.used && r >= 0; i++)
        if (e->set.entries[i].fd >= 0)
            r = move_entry(e, to, &e->set.entries[i]);
    if (r >= 0)
        r = plug_sys()->dup3(to, e->fd, O_CLOEXEC);
    plug_sys()->close(to);
    return r < 0 ? r : 0;
}

/* --- waiting ---------------------------------------------------------------------------------- */

struct look {
    struct plug_epoll *e;
    int max;
};

static int look_until(const struct look *l, int64_t deadline)
{
    int64_t left = plug_deadline_left(deadline);
    struct timespec ts = {left / PLUG_S(1), left % PLUG_S(1)};
    int r = plug_sys()->epoll_pwait2(l->e->fd, l->e->batch, l->max,
                                     left == PLUG_FOREVER ? NULL : &ts, NULL);

    return r == 0 ? PLUG_ETIMEOUT : r;
}

/* A waiter that is not the thread's own waits for the epoll descriptor. */
static int wait_once(struct plug_waiter *w, void *arg, int64_t deadline)
{
    const struct look *l = arg;
    int r;

    if (!plug__own_waiter || deadline == 0)
        return look_until(l, deadline);
    do {
        r = w->wait(w, l->e->fd, POLLIN, deadline);
        if (r > 0)
            r = look_until(l, 0);
    } while (r == PLUG_ETIMEOUT && plug_deadline_left(deadline) != 0);
    return r;
}

static void tell(struct plug_epoll *e, struct plug__entry *entry, const struct epoll_event *from,
                 struct plug_event *ret)
{
    if (entry->events & EPOLLONESHOT)
        entry->state |= DISARMED;
    *ret = (struct plug_event){entry->fd, from->events, entry->data,
                               plug__registry_id(&e->set, entry)};
}

/* Returns how many of count are told; *ret_stale: there were others. */
static int report(struct plug_epoll *e, int count, struct plug_event *ret, bool *ret_stale)
{
    int n = 0;

    *ret_stale = false;
    for (int i = 0; i < count; i++) {
        const struct epoll_event *from = &e->batch[i];
        uint64_t id = from->data.u64;
        struct plug__entry *entry = plug__registry_by_id(&e->set, id);
        if (entry)
            tell(e, entry, from, &ret[n++]);
        else if (!e->own && !(id & PLUG__ID_MARK))
            ret[n++] = (struct plug_event){-1, from->events, from->data.ptr, 0};
        else
            *ret_stale = true;
    }
    return n;
}

int plug_epoll_wait(struct plug_epoll *e, struct plug_event *ret_events, size_t max,
                    int64_t timeout)
{
    int64_t deadline = plug_deadline_after(timeout);
    struct look l = {e, (int)(max < e->room ? max : e->room)};
    bool stale;
    int n, r;

    if (max == 0)
        return -EINVAL;
    for (;;) {
        n = plug__wait_with(wait_once, &l, deadline);
        if (n < 0)
            return plug__wait_own(n, deadline);
        n = report(e, n, ret_events, &stale);
        r = stale && e->own ? move(e) : 0;
        if (n > 0 || r < 0)
            return n > 0 ? n : r;
        /* What cannot move is woken for nothing, but not past its time. */
        if (!e->own && plug__passed(deadline))
            return plug__wait_own(PLUG_ETIMEOUT, deadline);
    }
}

bool plug_epoll_fresh(const struct plug_epoll *e, const struct plug_event *event)
{
    return event->id == 0 || plug__registry_by_id(&e->set, event->id);
}
