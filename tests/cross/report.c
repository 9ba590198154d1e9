/* SPDX-License-Identifier: MIT */
/* Runs the registered tests without cmocka, where there is none (another architecture). TAP. */
#include "t_internal.h"
#include <stdio.h>

int t_report(const struct t_case *cases, size_t count)
{
    int failed = 0;
    printf("1..%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        enum t_verdict verdict = t_run_case(&cases[i]);
        failed += verdict == T_FAILED;
        printf("%s %zu - %s%s%s\n", verdict == T_FAILED ? "not ok" : "ok", i + 1, cases[i].name,
               verdict == T_SKIPPED ? " # SKIP " : "", verdict == T_SKIPPED ? t_run.message : "");
        if (verdict == T_FAILED)
            printf("# %s (PLUG_SEED=%llu)\n", t_run.message, (unsigned long long)t_run.seed);
        fflush(stdout);
    }
    return failed > 0;
}
