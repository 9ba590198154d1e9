/* SPDX-License-Identifier: MIT */
#ifndef T_INTERNAL_H
#define T_INTERNAL_H
/* Shared by the files of the test frame only. */
#include "t.h"
#include <setjmp.h>

struct t_case {
    const char *name;
    t_fn *fn;
    bool torture;
};

enum t_verdict {
    T_PASSED,
    T_FAILED,
    T_SKIPPED,
    T_CLEAN /* cut short by the injected fault, and honest about it */
};

struct t_census {
    int fds, threads;
    uint64_t blocks;
};

extern struct t_run {
    jmp_buf out;
    enum t_verdict verdict;
    char message[1024];
    uint64_t seed;
    const char *program;
} t_run;

/* Runs one test with its clean-up and invariants; the message is in t_run. */
enum t_verdict t_run_case(const struct t_case *c);

/* Is err what the fault in force injects (or documented to become)? False when none is. */
bool t_injected(int err);

/* Runs the tests under cmocka with TAP output; the exit code. */
int t_report(const struct t_case *cases, size_t count);

#endif
