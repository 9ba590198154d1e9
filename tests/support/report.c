/* SPDX-License-Identifier: MIT */
/* Hands the registered tests to cmocka, which counts and prints them as TAP. */
#include "t_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* What cmocka runs; c NULL stands for the torture that this build cannot do. */
struct entry {
    const struct t_case *c;
    char name[160];
};

static void conclude(const struct entry *e, enum t_verdict verdict, const char *note)
{
    if (verdict == T_SKIPPED) {
        printf("# %s: skipped: %s\n", e->name, note);
        skip();
    }
    if (verdict == T_FAILED)
        fail_msg("%s: %s", e->name, note);
}

/* Under the plan of the environment, as a reproducer has it. */
static void repeat(struct entry *e, const char *plan)
{
    enum t_verdict verdict = t_run_faulty(e->c, plan);
    if (verdict == T_CLEAN)
        printf("# %s failed cleanly\n", e->name);
    conclude(e, verdict, t_run.message);
}

static void torture(struct entry *e)
{
    char note[4000] = "";
    enum t_verdict verdict = t_torture(e->c, note, sizeof note);
    if (verdict == T_PASSED && *note)
        snprintf(e->name, sizeof e->name, "%.80s (%.60s)", e->c->name, note);
    conclude(e, verdict, note);
}

static void run(struct entry *e)
{
    char note[sizeof t_run.message + 300];
    enum t_verdict verdict = t_run_case(e->c);
    snprintf(note, sizeof note, "%s", t_run.message);
    if (verdict == T_FAILED)
        snprintf(note, sizeof note, "%s (PLUG_SEED=%llu %s %s)", t_run.message,
                 (unsigned long long)t_run.seed, t_run.program, e->c->name);
    conclude(e, verdict, note);
    if (e->c->torture && t_torture_wanted() && !t_torture_impossible())
        torture(e);
}

static void run_entry(void **state)
{
    struct entry *e = *state;
    const char *plan = getenv("PLUG_FAULT");
    if (!e->c)
        conclude(e, T_SKIPPED, t_torture_impossible());
    else if (plan)
        repeat(e, plan);
    else
        run(e);
}

static size_t make_entries(const struct t_case *cases, size_t count, struct entry *entries)
{
    bool missing = false;
    for (size_t i = 0; i < count; i++) {
        entries[i].c = &cases[i];
        snprintf(entries[i].name, sizeof entries->name, "%s", cases[i].name);
        missing |= cases[i].torture && t_torture_wanted() && t_torture_impossible();
    }
    if (missing)
        snprintf(entries[count].name, sizeof entries->name, "torture");
    return count + missing;
}

int t_report(const struct t_case *cases, size_t count)
{
    struct entry *entries = calloc(count + 1, sizeof *entries);
    struct CMUnitTest *tests = calloc(count + 1, sizeof *tests);
    int failed = 1;
    if (entries && tests) {
        size_t n = make_entries(cases, count, entries);
        for (size_t i = 0; i < n; i++)
            tests[i] = (struct CMUnitTest){
                .name = entries[i].name, .test_func = run_entry, .initial_state = &entries[i]};
        cmocka_set_message_output(CM_OUTPUT_TAP);
        failed = _cmocka_run_group_tests("plug", tests, n, NULL, NULL);
    }
    free(tests);
    free(entries);
    return failed ? 1 : 0;
}
