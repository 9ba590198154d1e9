/* SPDX-License-Identifier: MIT */
#ifndef PLUG_TRACE_H
#define PLUG_TRACE_H
/*
 * Component tracing: PLUG_TRACE=net,resolve or PLUG_TRACE=all,-sys in the environment.
 *
 * Layer: base. The only way the library prints; off, it costs one load and a branch.
 * A line is "HH:MM:SS.uuuuuu net sock.c:120 connect 127.0.0.1:81: connection refused", in UTC, on
 * stderr or wherever plug_trace_sink says. Text from outside is escaped.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

enum plug_trace_part {
    PLUG_TRACE_SYS = 1 << 0,     /* every call of the sys table but the clock's, with its time */
    PLUG_TRACE_NET = 1 << 1,     /* bind, accept, connect, each attempt of a dial */
    PLUG_TRACE_RESOLVE = 1 << 2, /* look-ups: whose, how they ended, how long they took */
    PLUG_TRACE_LOOP = 1 << 3,    /* known to the list already, for the layers above net */
    PLUG_TRACE_FIBER = 1 << 4,
    PLUG_TRACE_SERVER = 1 << 5,
    PLUG_TRACE_APP = 1 << 6
};

/*
 * Sets what is traced from a list as in the environment variable; NULL or "" switches it off.
 * 0, or -EINVAL for an unknown component (nothing changed). Any thread; component sys is switched
 * while no other thread is inside the library, as every change of the sys table.
 */
PLUG_API PLUG_MUST int plug_trace_set(const char *list);

/*
 * Where lines go: fn gets one line without its line feed; NULL goes back to stderr. borrows arg: no
 * call of the sink before is under way any more on return. One call at a time; what fn itself does
 * is not traced; fn must not fork, nor set the sink. Any thread.
 */
typedef void plug_trace_fn(const char *line, size_t len, void *arg);
PLUG_API void plug_trace_sink(plug_trace_fn *fn, void *arg);

/* True when the component is traced. Any thread. */
PLUG_API bool plug_trace_on(enum plug_trace_part part);

/* One line, when the component is on. Any thread. */
PLUG_API void plug_trace(enum plug_trace_part part, const char *file, int line, const char *fmt,
                         ...) PLUG_PRINTF(4, 5);

PLUG_END_DECLS
#endif
