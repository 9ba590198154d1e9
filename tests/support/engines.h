/* SPDX-License-Identifier: MIT */
#ifndef ENGINES_H
#define ENGINES_H
/* Tests of fibers on each of the ways to wait. */
#include <t.h>

/*
 * Skips the test where io_uring is missing: in the build, in the kernel, or by somebody's will.
 * Under injected faults it does not look.
 */
void need_uring(void);

/* Runs fn as the main fiber of a scheduler over that back-end. */
int run_on(enum plug_backend backend, plug_fiber_fn *fn, void *arg);

/* The test's body is the main fiber; it returns >= 0, or an error. */
#define ON_ONE_ENGINE(kind, name, BACKEND)                                                         \
    kind(name##_on_##BACKEND)                                                                      \
    {                                                                                              \
        T_OK(run_on(PLUG_BACKEND_##BACKEND, name, NULL));                                          \
    }
#define ON_EACH_ENGINE(kind, name)                                                                 \
    static int name(void *arg);                                                                    \
    ON_ONE_ENGINE(kind, name, EPOLL)                                                               \
    ON_ONE_ENGINE(kind, name, POLL)                                                                \
    ON_ONE_ENGINE(kind, name, SELECT)                                                              \
    ON_ONE_ENGINE(kind, name, URING)                                                               \
    static int name(void *arg __attribute__((unused)))

#endif
