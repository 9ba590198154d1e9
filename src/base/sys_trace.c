/* SPDX-License-Identifier: MIT */
/*
 * PLUG_TRACE=sys: a table before all others that tells of every call and passes it on. What it
 * shows is what the library saw: an injected fault as well as the kernel's answer.
 */
#include "base/sys_tap.h"
#include <net/if.h>
#include <plug/sys.h>
#include <plug/time.h>
#include <plug/trace.h>
#include <stdio.h>

static const struct plug_sys *behind;

void plug__trace_table_behind(const struct plug_sys *sys)
{
    behind = sys;
}

/* fd < 0: the first argument is no number. Time from the kernel: tracing is not part of a plan. */
static void tell(const char *name, int64_t first, int64_t result, int64_t began)
{
    char what[64], took[32];

    plug_duration_text(plug__kernel_table.now(CLOCK_MONOTONIC) - began, took, sizeof took);
    snprintf(what, sizeof what, first < 0 ? "%s" : "%s(%lld)", name, (long long)first);
    if (result < 0)
        plug_trace(PLUG_TRACE_SYS, __FILE__, __LINE__, "%s = %s, %s (%s)", what,
                   plug_err_name((int)result), plug_strerror((int)result), took);
    else
        plug_trace(PLUG_TRACE_SYS, __FILE__, __LINE__, "%s = %lld (%s)", what, (long long)result,
                   took);
}

/* The first argument where it is a number: a descriptor, mostly. */
#define FIRST(...)       FIRST_(__VA_ARGS__ __VA_OPT__(, ) NULL)
#define FIRST_(one, ...) _Generic((one), int : (one), unsigned : (one), default : -1)
#define NUMBER(args)     (int64_t) FIRST args

#define TRACE_CALL(result, name, params, args)                                                     \
    static result trace_##name params                                                              \
    {                                                                                              \
        int64_t began = plug__kernel_table.now(CLOCK_MONOTONIC);                                   \
        result r = behind->name args;                                                              \
        tell(#name, NUMBER(args), (int64_t)r, began);                                              \
        return r;                                                                                  \
    }
#define TRACE_VOID(result, name, params, args)                                                     \
    static result trace_##name params                                                              \
    {                                                                                              \
        behind->name args;                                                                         \
    }
/* The clock and the process number are asked all the time and change nothing. */
#define TRACE_SURE(result, name, params, args)                                                     \
    static result trace_##name params                                                              \
    {                                                                                              \
        return behind->name args;                                                                  \
    }
#define TRACE_READ                                          TRACE_CALL
#define TRACE_WRITE                                         TRACE_CALL
#define TRACE_OWN                                           TRACE_CALL
#define TRACE_OWN_READ                                      TRACE_CALL
#define TRACE_OWN_WRITE                                     TRACE_CALL
#define TRACE(kernel, tap, result, name, params, args, ...) TRACE_##tap(result, name, params, args)
PLUG__SYS_ENTRIES(TRACE)

/* clang-format off */
const struct plug_sys plug__trace_table = {
    .size = sizeof(struct plug_sys),
    .name = "trace",
#define ENTRY(kernel, tap, result, name, ...) .name = trace_##name,
    PLUG__SYS_ENTRIES(ENTRY)
#undef ENTRY
};
