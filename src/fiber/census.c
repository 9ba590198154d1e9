/* SPDX-License-Identifier: MIT */
#include "fiber/sched.h"
#include <plug/time.h>
#include <stdio.h>

struct census {
    plug_fiber_census_fn *fn;
    void *arg;
    const struct plug__sched *sched;
    int64_t now;
};

static const char *doing(const struct plug_fiber *f, char *buf, size_t len)
{
    if (!f->parked)
        return f == f->sched->running ? "runs" : "ready";
    if (f->fd < 0)
        return f->doing;
    snprintf(buf, len, "%s fd %d", f->doing, f->fd);
    return buf;
}

static int tell(struct plug_fiber *f, void *arg)
{
    const struct census *c = arg;
    char text[64];
    struct plug_fiber_census one = {.name = f->name, .doing = doing(f, text, sizeof text)};

    if (f->parked) {
        one.waited = c->now - f->since;
        one.stack_depth =
            plug__context_depth(&f->context, plug__stack_top(&c->sched->stacks, f->stack));
    }
    return c->fn(&one, c->arg);
}

int plug_fiber_census(plug_fiber_census_fn *fn, void *arg)
{
    struct plug__sched *s = plug__sched_here;
    struct census c = {fn, arg, s, 0};

    if (!s)
        return 0;
    c.now = plug_now();
    return plug__each_fiber(s, tell, &c);
}

size_t plug_fiber_stack_high(void)
{
    return plug__sched_here ? plug__stacks_high(&plug__sched_here->stacks) : 0;
}
