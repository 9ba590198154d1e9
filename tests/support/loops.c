/* SPDX-License-Identifier: MIT */
#include "loops.h"
#include "loop/loop_impl.h"

/* A check that failed in a callback has left the loop in its turn. */
static void end_loop(struct plug_loop *l)
{
    l->running = false;
    plug_loop_close(l);
}

struct plug_loop *loops_open(enum plug_backend backend)
{
    struct plug_loop *l;

    T_OK(plug_loop_open(&l, backend));
    T_OWN(end_loop, l);
    return l;
}
