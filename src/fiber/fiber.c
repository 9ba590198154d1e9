/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include "fiber/sched.h"
#include <errno.h>
#include <plug/defer.h>
#include <plug/err.h>
#include <plug/trace.h>
#include <string.h>

static struct plug__sched *here(void)
{
    struct plug__sched *s = plug__sched_here;

    PLUG_ASSERT(s && s->running, "only a fiber can do this");
    return s;
}

/* --- beginning and end ----------------------------------------------------------------------- */

static void enlist(struct plug_fiber *f, struct plug_scope *home)
{
    f->home = home;
    f->sibling_next = home->members;
    if (home->members)
        home->members->sibling_prev = f;
    home->members = f;
    home->live++;
}

static void delist(struct plug_fiber *f)
{
    if (f->sibling_next)
        f->sibling_next->sibling_prev = f->sibling_prev;
    if (f->sibling_prev)
        f->sibling_prev->sibling_next = f->sibling_next;
    else
        f->home->members = f->sibling_next;
}

void plug__fiber_end(struct plug_fiber *f, int result)
{
    struct plug__sched *s = f->sched;

    PLUG_ASSERT(!f->scopes, "a fiber closes the scopes that it has opened");
    if (plug_trace_on(PLUG_TRACE_FIBER))
        plug_trace(PLUG_TRACE_FIBER, __FILE__, __LINE__, "%s ends: %d", f->name, result);
    f->result = result;
    f->ended = true;
    plug__timer_drop(s, f);
    s->stats.live--;
    plug__scope_ended(f);
    if (!f->handle)
        s->dying = f;
    plug__switch_away(s, f, true);
    __builtin_unreachable();
}

/* The bottom frame of every fiber. */
static void begin(void *arg)
{
    struct plug_fiber *f = arg;
    struct plug_defer_frame frame;

    if (plug_trace_on(PLUG_TRACE_FIBER))
        plug_trace(PLUG_TRACE_FIBER, __FILE__, __LINE__, "%s begins", f->name);
    plug_defer_enter(&frame);
    int result = f->fn(f->arg);
    plug_defer_leave(&frame);
    plug__fiber_end(f, result);
}

static void set_name(struct plug_fiber *f, const char *name)
{
    size_t len = strnlen(name, sizeof f->name - 1);

    memcpy(f->name, name, len);
    f->name[len] = '\0';
}

int plug__fiber_new(struct plug__sched *s, struct plug_scope *home, plug_fiber_fn *fn, void *arg,
                    const char *name, struct plug_fiber **ret)
{
    struct plug__stack stack;
    int r = s->stats.live >= s->opts.max ? PLUG_ELIMIT : plug__timers_reserve(s, s->stats.live + 1);

    r = r < 0 ? r : plug__stack_take(&s->stacks, &stack);
    if (r < 0)
        return r;
    char *low = plug__stack_low(&s->stacks, stack);
    struct plug_fiber *f = (struct plug_fiber *)(void *)plug__stack_top(&s->stacks, stack) - 1;
    f = (struct plug_fiber *)((uintptr_t)f & ~(uintptr_t)63);
    memset(f, 0, sizeof *f);
    f->sched = s;
    f->stack = stack;
    f->deadline = PLUG_NEVER;
    f->own.scope = home->deadline.at == PLUG_NEVER ? NULL : &home->deadline;
    f->fn = fn;
    f->arg = arg;
    for (size_t i = 0; i < PLUG__WARM; i++)
        f->warm[i] = f;
    set_name(f, name ? name : "fiber");
    enlist(f, home);
    plug__context_make(&f->context, low, f, begin, f);
    s->stats.spawned++;
    if (++s->stats.live > s->stats.live_max)
        s->stats.live_max = s->stats.live;
    plug__ready(s, f);
    *ret = f;
    return 0;
}

void plug__fiber_free(struct plug_fiber *f)
{
    struct plug__sched *s = f->sched;

    if (s->dying == f)
        s->dying = NULL;
    delist(f);
    plug__context_end(&f->context);
    plug__stack_give(&s->stacks, f->stack);
}

/* --- for everybody --------------------------------------------------------------------------- */

struct plug_fiber *plug_fiber_self(void)
{
    return plug__sched_here ? plug__sched_here->running : NULL;
}

int plug_fiber_spawn(struct plug_scope *scope, plug_fiber_fn *fn, void *arg, const char *name,
                     struct plug_fiber **ret_fiber)
{
    struct plug__sched *s = here();
    struct plug_fiber *f;
    int r = scope->cancelled ? -ECANCELED : plug__fiber_new(s, scope, fn, arg, name, &f);

    if (r < 0)
        return r;
    f->handle = ret_fiber != NULL;
    if (ret_fiber)
        *ret_fiber = f;
    return 0;
}

int plug_fiber_join(struct plug_fiber *f, int *ret_result)
{
    struct plug__sched *s = here();
    int r = 0;

    PLUG_ASSERT(f && f->handle && f->sched == s && !f->joiner, "a fiber is joined once");
    if (!f->ended) {
        f->joiner = s->running;
        r = plug__park("join", PLUG__PARK_INSIDE, plug_deadline_current());
        f->joiner = NULL;
    }
    if (!f->ended)
        return r;
    if (ret_result)
        *ret_result = f->result;
    plug__fiber_free(f);
    return 0;
}

int plug_fiber_yield(void)
{
    struct plug__sched *s = here();

    if (!plug__cancelled(s->running))
        plug__yield(s);
    return plug__cancelled(s->running) ? -ECANCELED : 0;
}

bool plug_fiber_cancelled(void)
{
    struct plug_fiber *f = plug_fiber_self();

    return f && plug__cancelled(f);
}

int plug_fiber_shield(plug_fiber_fn *fn, void *arg)
{
    struct plug_fiber *f = here()->running;

    PLUG_ASSERT(f->shield < UINT16_MAX, "shields are nested without end");
    f->shield++;
    int r = fn(arg);
    f->shield--;
    return r;
}

const char *plug_fiber_name(const struct plug_fiber *f)
{
    return f->name;
}

void plug_fiber_rename(const char *name)
{
    struct plug_fiber *f = plug_fiber_self();

    if (f)
        set_name(f, name);
}

/* --- stacks ---------------------------------------------------------------------------------- */

size_t plug_fiber_stack_left(void)
{
    struct plug_fiber *f = plug_fiber_self();
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);

    return f ? sp - (uintptr_t)plug__fiber_low(f) : 0;
}
