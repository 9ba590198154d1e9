/* SPDX-License-Identifier: MIT */
#include "base/at_hand.h"
#include "base/wait_with.h"
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/time.h>
#include <plug/wait.h>

/* The default waiter: the thread itself waits, in ppoll(2). */

static int poll_many(struct plug_waiter *w, struct pollfd *fds, size_t count, int64_t deadline)
{
    int64_t left = plug_deadline_left(deadline);
    struct timespec ts = {left / PLUG_S(1), left % PLUG_S(1)};
    int r;

    (void)w;
    if (count == 0) {
        r = plug_sys()->nanosleep_until(deadline);
        return r < 0 ? r : PLUG_ETIMEOUT;
    }
    r = plug_sys()->ppoll(fds, count, left == PLUG_FOREVER ? NULL : &ts, NULL);
    return r == 0 ? PLUG_ETIMEOUT : r;
}

/* revents, or -EBADF for what is no descriptor. */
static int single_result(int r, const struct pollfd *p)
{
    if (r < 0)
        return r;
    return p->revents & POLLNVAL ? -EBADF : p->revents;
}

static int poll_wait(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = events};

    return single_result(poll_many(w, &p, fd >= 0, deadline), &p);
}

/* Made when first asked for: a thread-local address is no constant. */
__thread struct plug_waiter plug__default_waiter;
__thread struct plug_waiter *plug__own_waiter;

struct plug_waiter *plug_waiter(void)
{
    if (plug__own_waiter)
        return plug__own_waiter;
    if (!plug__default_waiter.wait) {
        plug__default_waiter.size = sizeof plug__default_waiter;
        plug__default_waiter.name = "poll";
        plug__default_waiter.wait = poll_wait;
        plug__default_waiter.wait_many = poll_many;
    }
    return &plug__default_waiter;
}

struct plug_waiter *plug_waiter_set(struct plug_waiter *w)
{
    struct plug_waiter *before = plug__own_waiter;

    plug__own_waiter = w;
    return before;
}

/* For waiters that can only wait for one: looks at all, then sleeps a little. */
#define LOOK_AGAIN PLUG_MS(1)

static int wait_in_turns(struct plug_waiter *w, struct pollfd *fds, size_t count, int64_t deadline)
{
    static const struct timespec at_once;

    for (;;) {
        int r = plug_sys()->ppoll(fds, count, &at_once, NULL);
        if (r != 0)
            return r;
        if (plug_deadline_left(deadline) == 0)
            return PLUG_ETIMEOUT;
        int64_t again = plug_now() + LOOK_AGAIN;
        r = w->wait(w, -1, 0, again < deadline ? again : deadline);
        if (r < 0 && r != PLUG_ETIMEOUT)
            return r;
    }
}

static int wait_some(struct plug_waiter *w, struct pollfd *fds, size_t count, int64_t deadline)
{
    if (w->wait_many)
        return w->wait_many(w, fds, count, deadline);
    if (count > 1)
        return wait_in_turns(w, fds, count, deadline);
    int r = w->wait(w, count ? fds->fd : -1, count ? fds->events : 0, deadline);
    if (r > 0)
        fds->revents = (short)r;
    return r > 0 ? 1 : r;
}

/*
 * What a signal cut short goes on, unless the caller wants to know. Behind the deadline it still
 * has to look whether something is ready, but a storm of signals cannot hold it there.
 */
#define LATE_LOOKS 16

static bool wait_again(const struct plug_waiter *w, int result, int64_t deadline, int *late)
{
    if (result != -EINTR || w->own.return_eintr)
        return false;
    return plug_deadline_left(deadline) != 0 || ++*late <= LATE_LOOKS;
}

static int wait_result(const struct plug_waiter *w, int result)
{
    return result == -EINTR && !w->own.return_eintr ? PLUG_ETIMEOUT : result;
}

static int64_t bounded(int64_t deadline)
{
    int64_t scope = plug_deadline_current();

    return scope < deadline ? scope : deadline;
}

int plug__wait_with(plug__wait_fn *fn, void *arg, int64_t deadline)
{
    struct plug_waiter *w = plug_waiter();
    int r, late = 0;

    deadline = bounded(deadline);
    do
        r = fn(w, arg, deadline);
    while (wait_again(w, r, deadline, &late));
    return wait_result(w, r);
}

int plug__wait_own(int result, int64_t deadline)
{
    return result == PLUG_ETIMEOUT && deadline <= plug_deadline_current() ? 0 : result;
}

bool plug__passed(int64_t deadline)
{
    return plug_deadline_left(bounded(deadline)) == 0;
}

static int wait_single(struct plug_waiter *w, void *arg, int64_t deadline)
{
    const struct pollfd *p = arg;

    return w->wait(w, p->fd, p->events, deadline);
}

int plug_wait(int fd, short events, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = events};

    return plug__wait_with(wait_single, &p, deadline);
}

struct kept {
    struct plug_wait_fd fd;
    short events;
};

static int wait_ready(struct plug_waiter *w, void *arg, int64_t deadline)
{
    const struct kept *k = arg;

    return w->ready ? w->ready(w, k->fd, k->events, deadline)
                    : w->wait(w, k->fd.fd, k->events, deadline);
}

int plug_wait_ready(struct plug_wait_fd fd, short events, int64_t deadline)
{
    struct kept k = {fd, events};

    return plug__wait_with(wait_ready, &k, deadline);
}

uint64_t plug_wait_id(void)
{
    static _Atomic uint64_t last;

    return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

struct several {
    struct pollfd *fds;
    size_t count;
};

static int wait_several(struct plug_waiter *w, void *arg, int64_t deadline)
{
    const struct several *s = arg;

    return wait_some(w, s->fds, s->count, deadline);
}

int plug__wait_many(struct pollfd *fds, size_t count, int64_t deadline)
{
    struct several s = {fds, count};

    return plug__wait_with(wait_several, &s, deadline);
}

int plug_wait_many(struct pollfd *fds, size_t count, int64_t deadline)
{
    return count > PLUG_WAIT_MAX ? -EINVAL : plug__wait_many(fds, count, deadline);
}

bool plug_eintr_set(bool return_eintr)
{
    struct plug_waiter *w = plug_waiter();
    bool before = w->own.return_eintr;

    w->own.return_eintr = return_eintr;
    return before;
}

bool plug_wait_may_block(int64_t deadline)
{
    return plug__may_block(deadline);
}
