/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BASE_SYS_TAP_H
#define PLUG_BASE_SYS_TAP_H
/*
 * The tap: a table that stands before the one in force while faults are injected or calls are
 * recorded. Off, nothing of it is touched: plug_sys() gives the table behind it.
 */
#include "base/sys_entries.h"
#include <stdatomic.h>

enum { PLUG__TAP_RECORD = 1, PLUG__TAP_FAULT = 2 };
extern atomic_uint plug__taps;

static inline bool plug__tap_on(void)
{
    return __builtin_expect(atomic_load_explicit(&plug__taps, memory_order_relaxed) != 0, 0);
}

/* What happens to one call: error < 0 instead of it, else its end, else at most limit bytes. */
struct plug__verdict {
    int error;
    bool eof;
    size_t limit;
};

/* Counts a call of the entry and decides about it. */
struct plug__verdict plug__tap(enum plug__sys_entry entry);

/* The kernel's table; the tap's, and the one behind it. */
extern const struct plug_sys plug__kernel_table;
extern const struct plug_sys plug__tap_table;
void plug__tap_behind(const struct plug_sys *sys);

/*
 * The table beneath tap and trace: for signal handlers, which can neither trace nor be part of a
 * plan of faults, and for the wake-ups they share with others.
 */
const struct plug_sys *plug__sys_beneath(void);

/* sys_trace.c: the table before all others while PLUG_TRACE=sys; and the switch of it, in sys.c. */
extern const struct plug_sys plug__trace_table;
void plug__trace_table_behind(const struct plug_sys *sys);
void plug__sys_trace(bool on);

/* Counters of the record switch. */
void plug__record_reset(void);
uint64_t plug__recorded(enum plug__sys_entry entry);

/* sys_fault.c: the plan. */
int plug__fault_parse(const char *plan, size_t *ret_where);
void plug__fault_forget(void);
struct plug__verdict plug__fault_decide(enum plug__sys_entry entry);

/* Names, errors (0 ends the list; an empty list: cannot fail), and what the entry can do. */
enum { PLUG__SYS_SHORTENS = 1, PLUG__SYS_ENDS = 2 };
struct plug__sys_info {
    const char *name;
    const int *errors;
    unsigned can;
};
extern const struct plug__sys_info plug__sys_info[PLUG__SYS_COUNT];

/* The entry of a name ("malloc" included), or -1. */
int plug__sys_find(const char *name, size_t len);

/*
 * Errors that the plan has injected since it was set, each once, at most max of them; and whether
 * any of it happened in another thread than the calling one. For tests that judge a result.
 */
#define PLUG__FIRED_MAX 32
size_t plug__fault_errors(int *ret_errors, size_t max);
bool plug__fault_elsewhere(void);

#endif
