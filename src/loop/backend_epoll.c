/* SPDX-License-Identifier: MIT */
#include "loop/backend.h"
#include <plug/epoll.h>

static int epoll_open(void **ret)
{
    struct plug_epoll *e;
    int r = plug_epoll_open(&e);

    if (r == 0)
        *ret = e;
    return r;
}

static void epoll_close(void *b)
{
    plug_epoll_close(b);
}

static int epoll_fd(const void *b)
{
    return plug_epoll_fd(b);
}

_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLPRI == POLLPRI, "the same bits");

static int epoll_add(void *b, int fd, unsigned events)
{
    return plug_epoll_add(b, fd, plug__poll_events(events), NULL);
}

static int epoll_mod(void *b, int fd, unsigned events)
{
    return plug_epoll_mod(b, fd, plug__poll_events(events), NULL);
}

/* It may have been closed before; then it is out all the same. */
static void epoll_del(void *b, int fd)
{
    (void)!plug_epoll_del(b, fd);
}

static int epoll_wait_some(void *b, struct plug_event *ret, size_t max, int64_t timeout)
{
    int n = plug_epoll_wait(b, ret, max, timeout);

    for (int i = 0; i < n; i++)
        ret[i].events = plug__events_told(ret[i].events);
    return n;
}

const struct plug__backend plug__backend_epoll = {
    .kind = PLUG_BACKEND_EPOLL,
    .name = "epoll",
    .open = epoll_open,
    .close = epoll_close,
    .fd = epoll_fd,
    .add = epoll_add,
    .mod = epoll_mod,
    .del = epoll_del,
    .wait = epoll_wait_some,
};
