/* SPDX-License-Identifier: MIT */
#ifndef PLUG_NET_TRACE_ADDR_H
#define PLUG_NET_TRACE_ADDR_H
/* Trace lines of src/net: an operation, what it was about, how it went. */
#include <plug/addr.h>
#include <plug/trace.h>

/* "connect 127.0.0.1:81: connection refused (110 us)"; took < 0: no time is told. */
void plug__trace_addr(const char *file, int line, const char *op, const struct plug_addr *addr,
                      int result, int64_t took);
/* The same about a name. */
void plug__trace_name(const char *file, int line, const char *op, const char *name, int result,
                      int64_t took);

/* Off, they cost one load and a branch, and the arguments are not looked at. */
#define PLUG__TRACE_NET(op, addr, result, took)                                                    \
    do {                                                                                           \
        if (plug_trace_on(PLUG_TRACE_NET))                                                         \
            plug__trace_addr(__FILE__, __LINE__, (op), (addr), (result), (took));                  \
    } while (0)
#define PLUG__TRACE_RESOLVE(op, name, result, took)                                                \
    do {                                                                                           \
        if (plug_trace_on(PLUG_TRACE_RESOLVE))                                                     \
            plug__trace_name(__FILE__, __LINE__, (op), (name), (result), (took));                  \
    } while (0)

#endif
