/* SPDX-License-Identifier: MIT */
#include "loop/backend.h"
#include <errno.h>
#include <plug/poll.h>

static int poll_open(void **ret)
{
    struct plug_poll *p;
    int r = plug_poll_open(&p);

    if (r == 0)
        *ret = p;
    return r;
}

static void poll_close(void *b)
{
    plug_poll_close(b);
}

static int poll_fd(const void *b)
{
    (void)b;
    return -EOPNOTSUPP;
}

static int poll_add(void *b, int fd, unsigned events)
{
    int r = plug__backend_check(fd);

    return r < 0 ? r : plug_poll_set(b, fd, plug__poll_events(events));
}

static int poll_mod(void *b, int fd, unsigned events)
{
    int r = plug__backend_check(fd);

    return r < 0 ? r : plug_poll_modify(b, fd, plug__poll_events(events));
}

/* What was closed may be out already. */
static void poll_del(void *b, int fd)
{
    (void)!plug_poll_remove(b, fd);
}

/* As epoll does it: what was closed is out, whoever gets its number. */
static int translate(void *b, struct plug_event *ret, int count)
{
    int n = 0;

    for (int i = 0; i < count; i++) {
        unsigned events = ret[i].events;
        if (events & POLLNVAL) {
            poll_del(b, ret[i].fd);
            continue;
        }
        ret[n].fd = ret[i].fd;
        ret[n++].events = plug__events_told(events);
    }
    return n;
}

static int poll_wait_some(void *b, struct plug_event *ret, size_t max, int64_t timeout)
{
    int64_t deadline = plug_deadline_after(timeout);
    int n, count;

    do {
        count = plug_poll_wait(b, ret, max, plug_deadline_left(deadline));
        n = count > 0 ? translate(b, ret, count) : count;
    } while (count > 0 && n == 0);
    return n;
}

const struct plug__backend plug__backend_poll = {
    .kind = PLUG_BACKEND_POLL,
    .name = "poll",
    .open = poll_open,
    .close = poll_close,
    .fd = poll_fd,
    .add = poll_add,
    .mod = poll_mod,
    .del = poll_del,
    .wait = poll_wait_some,
};
