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
    PLUG_TRACE_SYS = 1 << 0,
    PLUG_TRACE_NET = 1 << 1,
    PLUG_TRACE_RESOLVE = 1 << 2,
    PLUG_TRACE_LOOP = 1 << 3,
    PLUG_TRACE_FIBER = 1 << 4,
    PLUG_TRACE_SERVER = 1 << 5,
    PLUG_TRACE_APP = 1 << 6
};

/*
 * Sets what is traced from a list as in the environment variable; NULL or "" switches it off.
 * 0, or -EINVAL for an unknown component (nothing changed). Any thread.
 */
PLUG_API PLUG_MUST int plug_trace_set(const char *list);

/* Where lines go: fn gets one line without its line feed; NULL goes back to stderr. borrows arg. */
typedef void plug_trace_fn(const char *line, size_t len, void *arg);
PLUG_API void plug_trace_sink(plug_trace_fn *fn, void *arg);

/* True when the component is traced. Any thread. */
PLUG_API bool plug_trace_on(enum plug_trace_part part);

/* One line, when the component is on. Any thread. */
PLUG_API void plug_trace(enum plug_trace_part part, const char *file, int line, const char *fmt,
                         ...) PLUG_PRINTF(4, 5);

PLUG_END_DECLS
#endif
