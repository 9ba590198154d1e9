/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include "fiber/sched.h"
#include <errno.h>
#include <plug/err.h>
#include <string.h>

static struct plug_fiber *self(void)
{
    struct plug_fiber *f = plug_fiber_self();

    PLUG_ASSERT(f, "scopes are for fibers");
    return f;
}

void plug_scope_open(struct plug_scope *s, int64_t timeout)
{
    struct plug_fiber *f = self();

    memset(s, 0, sizeof *s);
    s->owner = f;
    s->outer = f->scopes;
    s->shielded = f->shield > 0;
    s->cancelled = plug__cancelled(f) || (s->outer && s->outer->cancelled && !s->shielded);
    plug_deadline_enter(&s->deadline, timeout);
    f->scopes = s;
}

void plug_scope_cancel_on_error(struct plug_scope *s, bool on)
{
    s->abort_on_error = on;
}

size_t plug_scope_live(const struct plug_scope *s)
{
    return s->live;
}

/* --- cancelling ------------------------------------------------------------------------------ */

static void cancel_fiber(struct plug_fiber *f)
{
    f->cancelled = true;
    if (f->parked && !f->firm && !f->shield)
        plug__unpark(f, -ECANCELED);
}

/* The innermost scope from s outwards that a cancelled owner hands its cancellation on to. */
static struct plug_scope *open_to_cancel(struct plug_scope *s)
{
    while (s && s->shielded)
        s = s->outer;
    return s;
}

/*
 * Where the walk goes after s: outwards among the scopes of its owner, else to the owner's sibling.
 * Nested as deep as memory allows, hence no recursion. Scopes are marked on the way down, fibers
 * cancelled on the way.
 */
static struct plug_fiber *after(struct plug_fiber *f, const struct plug_scope *end)
{
    for (;;) {
        struct plug_scope *s = f->home;
        if (f->sibling_next)
            return f->sibling_next;
        for (;;) {
            if (s == end)
                return NULL;
            struct plug_scope *outer = open_to_cancel(s->outer);
            if (!outer)
                break;
            s = outer;
            s->cancelled = true;
            if (s->members)
                return s->members;
        }
        f = s->owner;
    }
}

static struct plug_fiber *below(struct plug_fiber *f)
{
    for (struct plug_scope *s = open_to_cancel(f->scopes); s; s = open_to_cancel(s->outer)) {
        s->cancelled = true;
        if (s->members)
            return s->members;
    }
    return NULL;
}

/* Everything in s alone, without the scopes of its owner that are inside it. */
static void cancel_one(struct plug_scope *s)
{
    struct plug_fiber *f = s->members, *next;

    s->cancelled = true;
    for (; f; f = next) {
        cancel_fiber(f);
        next = below(f);
        if (!next)
            next = after(f, s);
    }
}

void plug_scope_cancel(struct plug_scope *s)
{
    struct plug_scope *inner = s->owner ? s->owner->scopes : s;

    for (; inner != s; inner = inner->outer)
        cancel_one(inner);
    cancel_one(s);
}

void plug_fiber_cancel(struct plug_fiber *f)
{
    struct plug_scope *s;

    cancel_fiber(f);
    for (s = open_to_cancel(f->scopes); s; s = open_to_cancel(s->outer))
        cancel_one(s);
}

/* --- ending ---------------------------------------------------------------------------------- */

static void note_error(struct plug_scope *s, int result)
{
    if (result < 0 && s->first_error == 0)
        s->first_error = result;
}

void plug__scope_ended(struct plug_fiber *f)
{
    struct plug_scope *s = f->home;

    s->live--;
    if (s == &f->sched->root)
        f->sched->main_result = f->result;
    if (f->joiner)
        plug__unpark(f->joiner, 0);
    if (!f->handle)
        note_error(s, f->result);
    if (f->result < 0 && s->abort_on_error && !s->cancelled)
        plug_scope_cancel(s);
    if (s->live == 0 && s->waiting)
        plug__unpark(s->waiting, 0);
}

/* Ended ones whose handle nobody has used. */
static void end_unjoined(struct plug_scope *s)
{
    while (s->members) {
        note_error(s, s->members->result);
        plug__fiber_free(s->members);
    }
}

static void wait_for_members(struct plug_scope *s, struct plug_fiber *f)
{
    s->waiting = f;
    if (s->live && !s->cancelled && plug__park("scope", PLUG__PARK_INSIDE, s->deadline.at) < 0)
        plug_scope_cancel(s);
    while (s->live)
        (void)plug__park_firm("scope", PLUG__PARK_INSIDE);
    s->waiting = NULL;
}

int plug_scope_close(struct plug_scope *s)
{
    struct plug_fiber *f = self();

    PLUG_ASSERT(s->owner == f && f->scopes == s, "a fiber closes its scopes innermost first");
    wait_for_members(s, f);
    end_unjoined(s);
    f->scopes = s->outer;
    plug_deadline_leave(&s->deadline);
    return s->first_error;
}
