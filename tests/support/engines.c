/* SPDX-License-Identifier: MIT */
#include "engines.h"
#include <errno.h>
#include <plug/err.h>

void need_uring(void)
{
    struct plug_selector *s;
    int r = t_tortured() ? -EAGAIN : plug_selector_open(&s, PLUG_BACKEND_URING);
    if (r == 0)
        plug_selector_close(s);
    if (r == -ENOSYS || r == -EPERM || r == PLUG_EUNSUPPORTED)
        T_SKIP("io_uring: %s", plug_strerror(r));
}

int run_on(enum plug_backend backend, plug_fiber_fn *fn, void *arg)
{
    struct plug_fiber_opts o = PLUG_FIBER_OPTS;
    if (backend == PLUG_BACKEND_URING)
        need_uring();
    o.backend = backend;
    return plug_fiber_run(fn, arg, &o);
}
