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

/* The same under a fault plan. */
enum t_verdict t_run_faulty(const struct t_case *c, const char *plan);

/* Leaves the test (or the thread, or the fiber) after t_judge. */
void t_stop(void) __attribute__((noreturn));

/* Ends the calling fiber, and cancels all others of its scheduler. */
void t_leave_fiber(void) __attribute__((noreturn));

/* Takes down the verdict of the run, with the message made so far; the worst one stays. */
void t_judge(enum t_verdict verdict, const char *message);

/* Whether the calling thread runs the test (and not a thread of t_thread). */
bool t_in_main(void);

/* Forgets what t_accept was told. */
void t_accept_none(void);

/* Is err what the fault in force injects (or documented to become)? False when none is. */
bool t_injected(int64_t err);

/* To be called before cmocka: keeps the handlers of crashes for torture's children. */
void t_keep_handlers(void);

/* Torture as the environment wants it (PLUG_TORTURE=off|sample|all|errno)? */
bool t_torture_wanted(void);

/* Why this build cannot do it, or NULL. */
const char *t_torture_impossible(void);

/*
 * Tortures one test. Returns the verdict; *ret_note is what was done, "37 of 37 calls fail, 83
 * runs", or what is wrong, with a reproducer; nothing when there is nothing that can fail.
 */
enum t_verdict t_torture(const struct t_case *c, char *ret_note, size_t len);

/* Runs the tests under cmocka with TAP output; the exit code. */
int t_report(const struct t_case *cases, size_t count);

#endif
