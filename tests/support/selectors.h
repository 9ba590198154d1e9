/* SPDX-License-Identifier: MIT */
#ifndef SELECTORS_H
#define SELECTORS_H
/* A selector that ends with the test, and tests that run on each back-end. */
#include <t.h>

struct plug_selector *selectors_open(enum plug_backend backend);

#define SELECTORS_ON_ONE(kind, name, BACKEND)                                                      \
    kind(name##_on_##BACKEND)                                                                      \
    {                                                                                              \
        name(selectors_open(PLUG_BACKEND_##BACKEND));                                              \
    }
#define SELECTORS_ON_EACH(kind, name)                                                              \
    static void name(struct plug_selector *s);                                                     \
    SELECTORS_ON_ONE(kind, name, EPOLL)                                                            \
    SELECTORS_ON_ONE(kind, name, POLL)                                                             \
    SELECTORS_ON_ONE(kind, name, SELECT)                                                           \
    SELECTORS_ON_ONE(kind, name, URING)                                                            \
    static void name(struct plug_selector *s)

#endif
