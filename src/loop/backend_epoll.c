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

static unsigned asked(unsigned events)
{
    return (events & PLUG_READ ? EPOLLIN : 0u) | (events & PLUG_WRITE ? EPOLLOUT : 0u);
}

static int epoll_add(void *b, int fd, unsigned events)
{
    return plug_epoll_add(b, fd, asked(events), NULL);
}

static int epoll_mod(void *b, int fd, unsigned events)
{
    return plug_epoll_mod(b, fd, asked(events), NULL);
}

/* It may have been closed before; then it is out all the same. */
static void epoll_del(void *b, int fd)
{
    (void)!plug_epoll_del(b, fd);
}

static int epoll_wait_some(void *b, struct plug_event *ret, size_t max, int64_t timeout)
{
    int n = plug_epoll_wait(b, ret, max, timeout);

    for (int i = 0; i < n; i++) {
        unsigned events = ret[i].events;
        ret[i].events = (events & ~(unsigned)EPOLLOUT ? PLUG_READ : 0u) |
                        (events & ~(unsigned)EPOLLIN ? PLUG_WRITE : 0u);
    }
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
