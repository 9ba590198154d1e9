/* SPDX-License-Identifier: MIT */
/* Hands the registered tests to cmocka, which counts and prints them as TAP. */
#include "t_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void run_one(void **state)
{
    const struct t_case *c = *state;
    switch (t_run_case(c)) {
    case T_SKIPPED:
        printf("# %s: skipped: %s\n", c->name, t_run.message);
        skip();
        break;
    case T_FAILED:
        fail_msg("%s: %s (PLUG_SEED=%llu %s %s)", c->name, t_run.message,
                 (unsigned long long)t_run.seed, t_run.program, c->name);
        break;
    default:
        break;
    }
}

int t_report(const struct t_case *cases, size_t count)
{
    struct CMUnitTest *tests = calloc(count + 1, sizeof *tests);
    if (!tests)
        return 2;
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){.name = cases[i].name,
                                       .test_func = run_one,
                                       .initial_state = (void *)(uintptr_t)&cases[i]};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = _cmocka_run_group_tests("plug", tests, count, NULL, NULL);
    free(tests);
    return failed ? 1 : 0;
}
