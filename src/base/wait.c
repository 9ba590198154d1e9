/* SPDX-License-Identifier: MIT */
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/time.h>
#include <plug/wait.h>

/* The default waiter: the thread itself waits, in ppoll(2). */

static int poll_wait(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left = plug_deadline_left(deadline);
    struct timespec ts = {left / PLUG_S(1), left % PLUG_S(1)};
    int r;

    (void)w;
    if (fd < 0) {
        r = plug_sys()->nanosleep_until(deadline);
        return r < 0 ? r : PLUG_ETIMEOUT;
    }
    r = plug_sys()->ppoll(&p, 1, left == PLUG_FOREVER ? NULL : &ts, NULL);
    if (r < 0)
        return r;
    if (r == 0)
        return PLUG_ETIMEOUT;
    return p.revents & POLLNVAL ? -EBADF : p.revents;
}

/* Made when first asked for: a thread-local address is no constant. */
static __thread struct plug_waiter default_waiter;
static __thread struct plug_waiter *own_waiter;

struct plug_waiter *plug_waiter(void)
{
    if (own_waiter)
        return own_waiter;
    if (!default_waiter.wait) {
        default_waiter.size = sizeof default_waiter;
        default_waiter.name = "poll";
        default_waiter.wait = poll_wait;
    }
    return &default_waiter;
}

struct plug_waiter *plug_waiter_set(struct plug_waiter *w)
{
    struct plug_waiter *before = own_waiter;

    own_waiter = w;
    return before;
}

int plug_wait(int fd, short events, int64_t deadline)
{
    struct plug_waiter *w = plug_waiter();
    int64_t scope = plug_deadline_current();
    int r;

    if (scope < deadline)
        deadline = scope;
    do
        r = w->wait(w, fd, events, deadline);
    while (r == -EINTR && !w->return_eintr && plug_deadline_left(deadline) != 0);
    return r == -EINTR && !w->return_eintr ? PLUG_ETIMEOUT : r;
}

bool plug_eintr_set(bool return_eintr)
{
    struct plug_waiter *w = plug_waiter();
    bool before = w->return_eintr;

    w->return_eintr = return_eintr;
    return before;
}

bool plug_wait_may_block(int64_t deadline)
{
    return !own_waiter && deadline == PLUG_NEVER && plug_deadline_current() == PLUG_NEVER;
}
