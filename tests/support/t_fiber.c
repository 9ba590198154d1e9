/* SPDX-License-Identifier: MIT */
/* A check has failed on a fiber: its scheduler must end in good order. */
#include "fiber/sched.h"
#include "t_internal.h"

void t_leave_fiber(void)
{
    struct plug_fiber *f = plug_fiber_self();
    struct plug_wait_own *own = &plug_waiter()->own;

    plug_scope_cancel(&f->sched->root);
    while (f->scopes) {
        own->scope = &f->scopes->deadline;
        (void)plug_scope_close(f->scopes);
    }
    while (own->defer)
        plug_defer_leave(own->defer);
    plug__fiber_end(f, -ECANCELED);
}
