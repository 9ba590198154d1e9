/* SPDX-License-Identifier: MIT */
#ifndef LOOPS_H
#define LOOPS_H
/* A loop that ends with the test, and tests that run on each back-end. */
#include "fds.h"

struct plug_loop *loops_open(enum plug_backend backend);

#define LOOPS_ON_ONE(kind, name, BACKEND)                                                          \
    kind(name##_on_##BACKEND)                                                                      \
    {                                                                                              \
        name(loops_open(PLUG_BACKEND_##BACKEND));                                                  \
    }
#define LOOPS_ON_EACH(kind, name)                                                                  \
    static void name(struct plug_loop *l);                                                         \
    LOOPS_ON_ONE(kind, name, EPOLL)                                                                \
    LOOPS_ON_ONE(kind, name, POLL)                                                                 \
    LOOPS_ON_ONE(kind, name, SELECT)                                                               \
    LOOPS_ON_ONE(kind, name, URING)                                                                \
    static void name(struct plug_loop *l)

#endif
