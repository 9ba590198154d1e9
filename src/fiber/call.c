/* SPDX-License-Identifier: MIT */
/* What blocks goes to the pool; the fiber is parked meanwhile. */
#include "fiber/call.h"
#include "base/wait_with.h"
#include "fiber/sched.h"
#include <errno.h>
#include <plug/fiber.h>
#include <plug/offload.h>

struct call {
    struct plug_offload job;
    struct plug_fiber *fiber;
    int result;
};

/* In the pool's thread; from the waking on, the call is the fiber's again. */
static void done(int result, void *arg)
{
    struct call *c = arg;

    c->result = result;
    plug__unpark_far(c->fiber, 0);
}

static int wait_for_pool(struct plug_waiter *w, void *arg, int64_t deadline)
{
    (void)w, (void)arg;
    return plug__park("call", PLUG__PARK_OUTSIDE, deadline);
}

int plug__call(struct plug_waiter *w, int (*fn)(void *), void *arg, int64_t deadline)
{
    struct call c = {.fiber = plug__sched_of(w)->running};
    int r = plug__cancelled(c.fiber) ? -ECANCELED : plug_offload(&c.job, fn, arg, done, &c);

    if (r < 0)
        return r;
    r = plug__wait_with(wait_for_pool, NULL, deadline);
    if (r < 0) {
        if (plug_offload_revoke(&c.job))
            return r;
        (void)plug__far_wait("call");
    }
    return c.result;
}

int plug_fiber_call(plug_fiber_fn *fn, void *arg)
{
    return plug_fiber_self() ? plug__call(plug_waiter(), fn, arg, PLUG_NEVER) : fn(arg);
}
