/* SPDX-License-Identifier: MIT */
#ifndef PLUG_LOOP_BACKEND_H
#define PLUG_LOOP_BACKEND_H
/*
 * What a selector stands on: one file and one const table for each way to wait. A back-end knows
 * descriptors and PLUG_READ, PLUG_WRITE, PLUG_URGENT; who they belong to is the selector's.
 */
#include <plug/selector.h>

struct plug__backend {
    enum plug_backend kind;
    const char *name;
    int (*open)(void **ret);
    void (*close)(void *b);
    int (*fd)(const void *b); /* that can be waited for, or -EOPNOTSUPP */
    /* As epoll_ctl(2) does it: -EBADF, -EPERM ... A failing mod may leave fd in. */
    int (*add)(void *b, int fd, unsigned events);
    int (*mod)(void *b, int fd, unsigned events);
    void (*del)(void *b, int fd);
    /*
     * Fills fd and events of at most max: PLUG_READ and PLUG_WRITE, both for a hang-up or an error,
     * also where only one was asked for; PLUG_URGENT. Closed descriptors are not told.
     */
    int (*wait)(void *b, struct plug_event *ret, size_t max, int64_t timeout);
};

extern const struct plug__backend plug__backend_epoll, plug__backend_poll, plug__backend_select,
    plug__backend_uring;

/* Those that can be asked for. */
static inline bool plug__events_valid(unsigned events)
{
    return (events & (PLUG_READ | PLUG_WRITE)) &&
           !(events & ~(unsigned)(PLUG_READ | PLUG_WRITE | PLUG_URGENT));
}

/* For poll(2), and back; epoll(7) has the same bits. */
static inline unsigned plug__poll_events(unsigned events)
{
    return (events & PLUG_READ ? POLLIN : 0u) | (events & PLUG_WRITE ? POLLOUT : 0u) |
           (events & PLUG_URGENT ? POLLPRI : 0u);
}

static inline unsigned plug__events_told(unsigned revents)
{
    bool over = revents & ~(unsigned)(POLLIN | POLLOUT | POLLPRI);

    return (over || revents & POLLIN ? PLUG_READ : 0u) |
           (over || revents & POLLOUT ? PLUG_WRITE : 0u) | (revents & POLLPRI ? PLUG_URGENT : 0u);
}

/* What epoll_ctl would say of fd: 0, -EBADF, or -EPERM for what is always ready. */
int plug__backend_check(int fd);

/* What the environment variable PLUG_BACKEND names, else epoll; -EINVAL: no back-end. */
int plug__backend_wanted(void);

/* An error that is only so at the moment: no reason to take another back-end. */
bool plug__backend_is_shortage(int r);

#endif
