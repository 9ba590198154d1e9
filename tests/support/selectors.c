/* SPDX-License-Identifier: MIT */
#include "selectors.h"
#include "engines.h"

static void end_selector(void *s)
{
    plug_selector_close(s);
}

struct plug_selector *selectors_open(enum plug_backend backend)
{
    struct plug_selector *s;
    if (backend == PLUG_BACKEND_URING)
        need_uring();
    T_OK(plug_selector_open(&s, backend));
    T_OWN(end_selector, s);
    return s;
}
