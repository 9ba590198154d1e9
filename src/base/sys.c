/* SPDX-License-Identifier: MIT */
#include "base/at_hand.h"
#include "base/sys_tap.h"
#include <plug/sys.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An entry of the struct that is missing in the list, or the other way round, stops here. */
_Static_assert(sizeof(struct plug_sys) ==
                   offsetof(struct plug_sys, socket) + PLUG__SYS_MALLOC * sizeof(void (*)(void)),
               "struct plug_sys and PLUG__SYS_ENTRIES must have the same entries");

const struct plug_sys *_Atomic plug__sys_in_force = &plug__kernel_table;
atomic_bool plug__sys_is_kernel = true;
static const struct plug_sys *_Atomic installed = &plug__kernel_table; /* by plug_sys_set */

const struct plug_sys *plug_sys(void)
{
    return plug__sys();
}

const struct plug_sys *plug__sys_beneath(void)
{
    return atomic_load(&installed);
}

static bool tracing;

/* From the caller down: trace, tap, the user's table or the kernel's; each only when it is on. */
static void settle(unsigned taps)
{
    const struct plug_sys *table = installed;

    atomic_store(&plug__sys_is_kernel, table == &plug__kernel_table && !(taps & PLUG__TAP_FAULT));
    plug__tap_behind(table);
    atomic_store(&plug__taps, taps);
    if (taps)
        table = &plug__tap_table;
    plug__trace_table_behind(table);
    atomic_store_explicit(&plug__sys_in_force, tracing ? &plug__trace_table : table,
                          memory_order_release);
}

void plug__sys_trace(bool on)
{
    tracing = on;
    settle(plug__taps);
}

int plug_sys_set(const struct plug_sys *sys)
{
    if (sys) {
        if (sys->size != sizeof *sys)
            return -EINVAL;
#define CHECK(kernel, tap, result, name, ...)                                                      \
    if (!sys->name)                                                                                \
        return -EINVAL;
        PLUG__SYS_ENTRIES(CHECK)
#undef CHECK
    }
    installed = sys ? sys : &plug__kernel_table;
    settle(plug__taps);
    return 0;
}

int plug_sys_fault(const char *plan, size_t *ret_where)
{
    bool any = plan && *plan;
    size_t where = 0;
    int r = any ? plug__fault_parse(plan, &where) : 0;

    if (r < 0) {
        if (ret_where)
            *ret_where = where;
        return r;
    }
    settle(any ? plug__taps | PLUG__TAP_FAULT : plug__taps & ~(unsigned)PLUG__TAP_FAULT);
    if (!any)
        plug__fault_forget();
    return 0;
}

void plug_sys_record(bool on)
{
    if (on)
        plug__record_reset();
    settle(on ? plug__taps | PLUG__TAP_RECORD : plug__taps & ~(unsigned)PLUG__TAP_RECORD);
}

uint64_t plug_sys_recorded(const char *entry)
{
    uint64_t sum = 0;
    int one = entry ? plug__sys_find(entry, strlen(entry)) : -1;

    if (entry)
        return one < 0 ? 0 : plug__recorded((enum plug__sys_entry)one);
    for (int i = 0; i < PLUG__SYS_COUNT; i++)
        if (plug__sys_info[i].errors[0])
            sum += plug__recorded((enum plug__sys_entry)i);
    return sum;
}

#ifdef PLUG_TESTING
/* A test build obeys PLUG_FAULT from the first call on; a plan it cannot read is not ignored. */
__attribute__((constructor)) static void fault_from_environment(void)
{
    const char *plan = getenv("PLUG_FAULT");
    size_t where = 0;

    if (plan && plug_sys_fault(plan, &where) < 0) {
        fprintf(stderr, "plug: PLUG_FAULT: not a valid fault plan at offset %zu\n", where);
        _exit(2);
    }
}
#endif
