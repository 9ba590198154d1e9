/* SPDX-License-Identifier: MIT */
/* Hands the registered tests to cmocka, which counts and prints them as TAP. */
#include "t_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* What cmocka runs: a test itself, or its torture when it has passed. */
struct entry {
    const struct t_case *c;
    bool torture;
    bool *passed;
    char name[160];
};

static void conclude(const struct entry *e, enum t_verdict verdict, const char *note)
{
    switch (verdict) {
    case T_SKIPPED:
        printf("# %s: skipped: %s\n", e->name, note);
        skip();
        break;
    case T_FAILED:
        fail_msg("%s: %s", e->name, note);
        break;
    default:
        break;
    }
}

static void run_one(struct entry *e)
{
    const char *plan = getenv("PLUG_FAULT");
    enum t_verdict verdict = plan ? t_run_faulty(e->c, plan) : t_run_case(e->c);
    char note[sizeof t_run.message + 300];
    snprintf(note, sizeof note, "%s", t_run.message);
    if (verdict == T_FAILED)
        snprintf(note, sizeof note, "%s (PLUG_SEED=%llu %s %s)", t_run.message,
                 (unsigned long long)t_run.seed, t_run.program, e->c->name);
    else if (verdict == T_CLEAN)
        printf("# %s failed cleanly\n", e->name);
    *e->passed = verdict == T_PASSED;
    conclude(e, verdict, note);
}

static void torture_one(struct entry *e)
{
    char note[4000] = "";
    enum t_verdict verdict;
    if (!*e->passed) {
        conclude(e, T_SKIPPED, "the test itself did not pass");
        return;
    }
    verdict = t_torture(e->c, note, sizeof note);
    if (verdict == T_PASSED)
        snprintf(e->name, sizeof e->name, "torture: %s (%.90s)", e->c->name, note);
    conclude(e, verdict, note);
}

static void run_entry(void **state)
{
    struct entry *e = *state;
    if (e->torture)
        torture_one(e);
    else
        run_one(e);
}

/* One entry for each test, two for those that are tortured. */
static size_t make_entries(const struct t_case *cases, size_t count, struct entry *entries,
                           bool *passed)
{
    bool torture = t_torture_wanted();
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        entries[n] = (struct entry){&cases[i], false, &passed[i], ""};
        snprintf(entries[n++].name, sizeof entries->name, "%s", cases[i].name);
        if (!torture || !cases[i].torture)
            continue;
        entries[n] = (struct entry){&cases[i], true, &passed[i], ""};
        snprintf(entries[n++].name, sizeof entries->name, "torture: %s", cases[i].name);
    }
    return n;
}

int t_report(const struct t_case *cases, size_t count)
{
    struct entry *entries = calloc(2 * count + 1, sizeof *entries);
    struct CMUnitTest *tests = calloc(2 * count + 1, sizeof *tests);
    bool *passed = calloc(count + 1, sizeof *passed);
    int failed = 1;
    if (entries && tests && passed) {
        size_t n = make_entries(cases, count, entries, passed);
        for (size_t i = 0; i < n; i++)
            tests[i] = (struct CMUnitTest){
                .name = entries[i].name, .test_func = run_entry, .initial_state = &entries[i]};
        cmocka_set_message_output(CM_OUTPUT_TAP);
        failed = _cmocka_run_group_tests("plug", tests, n, NULL, NULL);
    }
    free(passed);
    free(tests);
    free(entries);
    return failed ? 1 : 0;
}
