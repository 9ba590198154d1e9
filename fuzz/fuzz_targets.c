/* SPDX-License-Identifier: MIT */
/* plug_target_parse and sets: what is taken reads back, is counted right, and is found again. */
#include "fuzz.h"
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/targets.h>

/* The same target, written out as a range. */
static void check_reads_back(const struct plug_target *t)
{
    char text[2 * PLUG_ADDR_TEXT + 2];
    size_t len = plug_addr_host_text(&t->first, text, PLUG_ADDR_TEXT);
    struct plug_target again;

    text[len++] = '-';
    len += plug_addr_host_text(&t->last, text + len, PLUG_ADDR_TEXT);
    FUZZ_CHECK(plug_target_parse(text, len, &again) == 0);
    FUZZ_CHECK(plug_addr_equal(&t->first, &again.first) && plug_addr_equal(&t->last, &again.last));
}

static void check_count(const struct plug_target *t)
{
    char got[PLUG_TARGET_COUNT_TEXT], want[32];
    const void *first = plug_addr_bytes(&t->first, NULL), *last = plug_addr_bytes(&t->last, NULL);

    FUZZ_CHECK(plug_target_count_text(t, got, sizeof got) == strlen(got));
    if (plug_addr_family(&t->first) != AF_INET || plug_addr_family(&t->last) != AF_INET)
        return;
    snprintf(want, sizeof want, "%llu",
             (unsigned long long)plug_get_be32(last) - plug_get_be32(first) + 1);
    FUZZ_CHECK(strcmp(got, want) == 0);
}

/* Alone in a set, if that may be so large: its ends are where they belong. */
static void check_set(const char *text, const struct plug_target *t)
{
    struct plug_targets *set;
    struct plug_addr a;
    uint32_t i, count;

    FUZZ_CHECK(plug_targets_open(&set, NULL) == 0);
    int r = plug_targets_add(set, text);
    FUZZ_CHECK(r == 0 || r == PLUG_ELIMIT);
    if (r == 0) {
        FUZZ_CHECK(plug_targets_add(set, text) == 0 && plug_targets_seal(set) == 0);
        count = plug_targets_count(set);
        FUZZ_CHECK(count >= 1 && count <= PLUG_TARGETS_MAX);
        plug_targets_at(set, 0, &a);
        FUZZ_CHECK(plug_addr_equal(&a, &t->first));
        plug_targets_at(set, count - 1, &a);
        FUZZ_CHECK(plug_addr_equal(&a, &t->last));
        FUZZ_CHECK(plug_targets_find(set, &a, &i) == 0 && i == count - 1);
    }
    plug_targets_close(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct plug_target t;

    /* scopes ask the system; a set takes whole texts */
    if (strlen(text) == size && !strchr(text, '%') && plug_target_parse(text, size, &t) == 0) {
        bool one_family = plug_addr_family(&t.first) == plug_addr_family(&t.last);

        check_count(&t);
        if (one_family)
            FUZZ_CHECK(plug_addr_compare(&t.first, &t.last) <= 0);
        if (one_family)
            check_reads_back(&t);
        check_set(text, &t);
    }
    free(text);
    return 0;
}
