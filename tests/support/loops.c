/* SPDX-License-Identifier: MIT */
#include "loops.h"
#include "loop/loop_impl.h"
#include <errno.h>

/* A check that failed in a callback has left the loop in its turn. */
static void end_loop(struct plug_loop *l)
{
    l->running = false;
    plug_loop_close(l);
}

/* io_uring may be missing: in the build, in the kernel, or by somebody's will. */
static void need_uring(void)
{
    struct plug_loop *l;
    int r = t_tortured() ? 0 : plug_loop_open(&l, PLUG_BACKEND_URING);

    if (r == -ENOSYS || r == -EPERM || r == PLUG_EUNSUPPORTED)
        T_SKIP("io_uring: %s", plug_strerror(r));
    if (r == 0 && !t_tortured())
        plug_loop_close(l);
}

struct plug_loop *loops_open(enum plug_backend backend)
{
    struct plug_loop *l;

    if (backend == PLUG_BACKEND_URING)
        need_uring();
    T_OK(plug_loop_open(&l, backend));
    T_OWN(end_loop, l);
    return l;
}
