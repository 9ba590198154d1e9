/* SPDX-License-Identifier: MIT */
/*
 * epoll, edge-triggered: a kept descriptor is registered once, when it is first waited for, and
 * never touched again; closing takes it out. Events carry the descriptor and the generation of its
 * registration, so that late ones are told apart.
 */
#include "base/at_hand.h"
#include "fiber/engine.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <sys/epoll.h>

#define EVENTS 128 /* more would be cold again when their fibers run */
#define AHEAD  16  /* events whose fibers are fetched into the cache */
#define WAKE   UINT64_MAX

/* EPOLLOUT comes with the first send that would block: else each receive would tell of it, too. */
#define KEPT (EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET)

struct epoll {
    int fd;
    struct epoll_event events[EVENTS];
};

_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLPRI == POLLPRI &&
                   EPOLLERR == POLLERR && EPOLLHUP == POLLHUP && EPOLLRDHUP == POLLRDHUP,
               "events of epoll are those of poll");

static int ctl(struct plug__sched *s, int op, int fd, uint32_t mask, uint64_t data)
{
    struct epoll *e = s->engine_state;
    struct epoll_event event = {.events = mask, .data = {.u64 = data}};

    return plug_sys()->epoll_ctl(e->fd, op, fd, &event);
}

/*
 * The slot's registration has mask from here on; what is ready already will be told. The kernel may
 * know the file although we do not (it was given away and came back), or not any more although we
 * do (it was closed behind our back).
 */
static int enlist(struct plug__sched *s, struct plug__fd_slot *slot, int fd, uint32_t mask)
{
    uint64_t data = plug__fd_name(slot, fd);
    int r = ctl(s, slot->mask ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, mask, data);

    if (r == -EEXIST || r == -ENOENT)
        r = ctl(s, r == -EEXIST ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, mask, data);
    if (r == 0)
        slot->mask = mask;
    return r;
}

/* --- any descriptor, for this once ----------------------------------------------------------- */

static int epoll_watch(struct plug__sched *s, struct plug__fd_slot *slot, int fd, short events)
{
    return enlist(s, slot, fd, slot->mask | (uint16_t)events | EPOLLET);
}

static void epoll_unwatch(struct plug__sched *s, struct plug__fd_slot *slot, int fd)
{
    if (slot->watches || slot->id || !slot->mask)
        return;
    (void)ctl(s, EPOLL_CTL_DEL, fd, 0, 0);
    slot->mask = 0;
    slot->generation++;
}

/* --- kept descriptors ------------------------------------------------------------------------ */

/* Once for all waits, with EPOLLOUT where that is waited for. */
static int epoll_keep(struct plug__sched *s, struct plug__fd_slot *slot, struct plug_wait_fd fd,
                      short events)
{
    uint32_t need = KEPT | ((uint16_t)events & EPOLLOUT);
    int r;

    if (slot->id && (slot->mask & need) == need && plug__sys_honest())
        return 0;
    r = enlist(s, slot, fd.fd, slot->mask | need);
    if (r == 0)
        slot->id = fd.id;
    return r;
}

/* --- turns ----------------------------------------------------------------------------------- */

static int epoll_turn(struct plug__sched *s, int64_t timeout)
{
    struct timespec t = {timeout / PLUG_S(1), timeout % PLUG_S(1)};
    struct epoll *e = s->engine_state;
    int n = plug_sys()->epoll_pwait2(e->fd, e->events, EVENTS, timeout < 0 ? NULL : &t, NULL);

    for (int i = 0; i < n; i++) {
        if (i + 2 * AHEAD < n)
            plug__fd_fetch_slot(&s->fds, (int)(uint32_t)e->events[i + 2 * AHEAD].data.u64);
        if (i + AHEAD < n)
            plug__fd_fetch_waiter(&s->fds, (int)(uint32_t)e->events[i + AHEAD].data.u64);
        if (e->events[i].data.u64 == WAKE)
            plug__sched_woken(s);
        else
            plug__fd_heard(s, e->events[i].data.u64, (short)e->events[i].events);
    }
    return n;
}

/* --- its life -------------------------------------------------------------------------------- */

static void epoll_close(struct plug__sched *s)
{
    struct epoll *e = s->engine_state;

    plug_sys()->close(e->fd);
    plug_free(e);
}

static int epoll_open(struct plug__sched *s)
{
    struct epoll *e = plug_alloc(sizeof *e);
    int r;

    if (!e)
        return -ENOMEM;
    s->engine_state = e;
    e->fd = plug_sys()->epoll_create1(EPOLL_CLOEXEC);
    if (e->fd < 0) {
        r = e->fd;
        plug_free(e);
        return r;
    }
    r = ctl(s, EPOLL_CTL_ADD, s->wake_fd, EPOLLIN, WAKE);
    if (r < 0) {
        epoll_close(s);
        return r;
    }
    s->waiter.ready = plug__fd_ready;
    s->waiter.recv = plug__fd_recv;
    s->waiter.forget = plug__fd_forget;
    return 0;
}

const struct plug__engine plug__engine_epoll = {
    .kind = PLUG_BACKEND_EPOLL,
    .open = epoll_open,
    .close = epoll_close,
    .turn = epoll_turn,
    .watch = epoll_watch,
    .unwatch = epoll_unwatch,
    .keep = epoll_keep,
};
