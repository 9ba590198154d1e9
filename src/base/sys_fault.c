/* SPDX-License-Identifier: MIT */
/* Fault plans: the grammar of plug_sys_fault, and the decision about each call. */
#include "base/sys_tap.h"
#include <plug/sys.h>
#include <plug/text.h>
#include <string.h>
#include <unistd.h>

#define RULES_MAX 64
#define ANY_ENTRY PLUG__SYS_COUNT

struct rule {
    int entry; /* enum plug__sys_entry or ANY_ENTRY */
    uint64_t from, to;
    uint64_t percent; /* 0: by number */
    enum { USUAL, ERROR, SHORT, END } what;
    int error;
    size_t limit;
};

static struct {
    struct rule rule[RULES_MAX];
    atomic_uint_fast64_t seen[RULES_MAX];
    size_t count;
    uint64_t seed;
    atomic_uint_fast64_t fired;
    atomic_int error[PLUG__FIRED_MAX];
    atomic_int thread; /* the first that met a fault */
    atomic_bool more_threads;
} plan;

/* --- reading ---------------------------------------------------------------------------------- */

struct reader {
    const char *text, *at;
};

static bool eat(struct reader *r, char c)
{
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static bool eat_number(struct reader *r, uint64_t min, uint64_t max, uint64_t *ret)
{
    size_t n = strspn(r->at, "0123456789");
    uint64_t value;

    if (plug_uint_parse(r->at, n, max, &value) < 0 || value < min)
        return false;
    r->at += n;
    *ret = value;
    return true;
}

static bool eat_entry(struct reader *r, int *ret)
{
    size_t n = strcspn(r->at, ":;");

    *ret = n == 1 && *r->at == '*' ? ANY_ENTRY : plug__sys_find(r->at, n);
    if (*ret < 0 || (*ret != ANY_ENTRY && !plug__sys_info[*ret].errors[0]))
        return false;
    r->at += n;
    return true;
}

static bool eat_when(struct reader *r, struct rule *rule)
{
    uint64_t n;

    rule->from = 1;
    rule->to = UINT64_MAX;
    if (eat(r, '*'))
        return true;
    if (!eat_number(r, 0, UINT64_MAX, &n))
        return false;
    if (n <= 100 && eat(r, '%')) {
        rule->percent = n;
        return n > 0;
    }
    rule->from = n;
    if (eat(r, '+'))
        return n > 0;
    if (eat(r, '-'))
        return n > 0 && eat_number(r, n, UINT64_MAX, &rule->to);
    rule->to = n;
    return n > 0;
}

/* Whether the entry can do what the rule says; for "*" the question comes with each call. */
static bool fits(const struct rule *rule, int entry)
{
    const struct plug__sys_info *info = &plug__sys_info[entry];

    if (rule->what == SHORT)
        return info->can & PLUG__SYS_SHORTENS;
    if (rule->what == END)
        return info->can & PLUG__SYS_ENDS;
    if (rule->what == USUAL || rule->entry != ANY_ENTRY)
        return entry != PLUG__SYS_MALLOC || rule->what == USUAL || rule->error == -ENOMEM;
    for (const int *e = info->errors; *e; e++)
        if (*e == rule->error)
            return true;
    return false;
}

static bool eat_what(struct reader *r, struct rule *rule)
{
    const char *start = r->at;
    size_t n = strcspn(start, ";");
    char name[40];
    uint64_t limit;

    if (n == 3 && memcmp(r->at, "eof", 3) == 0) {
        rule->what = END;
    } else if (n > 6 && memcmp(r->at, "short(", 6) == 0) {
        rule->what = SHORT;
        r->at += 6;
        if (!eat_number(r, 1, SIZE_MAX - 1, &limit) || !eat(r, ')'))
            return false;
        rule->limit = (size_t)limit;
        n = 0;
    } else {
        if (n >= sizeof name)
            return false;
        memcpy(name, r->at, n);
        name[n] = '\0';
        rule->what = ERROR;
        rule->error = plug_err_value(name);
        if (rule->error == 0)
            return false;
    }
    if (rule->entry != ANY_ENTRY && !fits(rule, rule->entry)) {
        r->at = start;
        return false;
    }
    r->at += n;
    return true;
}

static bool eat_rule(struct reader *r, struct rule *rule)
{
    memset(rule, 0, sizeof *rule);
    return eat_entry(r, &rule->entry) && eat(r, ':') && eat_when(r, rule) &&
           (!eat(r, '=') || eat_what(r, rule));
}

static int eat_plan(struct reader *r, struct rule rule[RULES_MAX], size_t *ret_count,
                    uint64_t *ret_seed)
{
    size_t count = 0;

    do {
        if (strncmp(r->at, "seed:", 5) == 0) {
            r->at += 5;
            if (!eat_number(r, 0, UINT64_MAX, ret_seed))
                return PLUG_EFAULTPLAN;
            continue;
        }
        if (count == RULES_MAX)
            return PLUG_ELIMIT;
        if (!eat_rule(r, &rule[count]))
            return PLUG_EFAULTPLAN;
        count++;
    } while (eat(r, ';'));
    *ret_count = count;
    return *r->at ? PLUG_EFAULTPLAN : 0;
}

int plug__fault_parse(const char *text, size_t *ret_where)
{
    struct reader r = {text, text};
    struct rule rule[RULES_MAX];
    size_t count = 0;
    uint64_t seed = 0;
    int error = eat_plan(&r, rule, &count, &seed);

    if (error < 0) {
        *ret_where = (size_t)(r.at - r.text);
        return error;
    }
    memset(&plan, 0, sizeof plan);
    memcpy(plan.rule, rule, count * sizeof *rule);
    plan.count = count;
    plan.seed = seed;
    return 0;
}

void plug__fault_forget(void)
{
    memset(&plan, 0, sizeof plan);
}

/* --- deciding --------------------------------------------------------------------------------- */

/* splitmix64: the n-th call of a rule draws the same number in every run. */
static uint64_t draw(uint64_t seed, uint64_t n)
{
    uint64_t z = seed + n * 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static bool fires(const struct rule *rule, size_t index, uint64_t n)
{
    if (rule->percent > 0)
        return draw(plan.seed + index, n) % 100 < rule->percent;
    return n >= rule->from && n <= rule->to;
}

static void note(int error)
{
    int nobody = 0, me = gettid();

    atomic_fetch_add(&plan.fired, 1);
    if (!atomic_compare_exchange_strong(&plan.thread, &nobody, me) && nobody != me)
        atomic_store(&plan.more_threads, true);
    for (size_t i = 0; error && i < PLUG__FIRED_MAX; i++) {
        int none = 0;
        if (atomic_compare_exchange_strong(&plan.error[i], &none, error) || none == error)
            return;
    }
}

static struct plug__verdict verdict(const struct rule *rule, enum plug__sys_entry entry)
{
    struct plug__verdict v = {0, rule->what == END, SIZE_MAX};

    if (rule->what == SHORT)
        v.limit = rule->limit;
    if (rule->what == ERROR)
        v.error = rule->error;
    if (rule->what == USUAL)
        v.error = plug__sys_info[entry].errors[0];
    note(v.error);
    return v;
}

struct plug__verdict plug__fault_decide(enum plug__sys_entry entry)
{
    struct plug__verdict v = {0, false, SIZE_MAX};
    bool decided = false;

    if (!plug__sys_info[entry].errors[0])
        return v;
    /* Every rule counts the call; the first that fires decides. */
    for (size_t i = 0; i < plan.count; i++) {
        const struct rule *rule = &plan.rule[i];
        uint64_t n;

        if ((rule->entry != ANY_ENTRY && rule->entry != (int)entry) || !fits(rule, (int)entry))
            continue;
        n = atomic_fetch_add(&plan.seen[i], 1) + 1;
        if (!decided && fires(rule, i, n)) {
            v = verdict(rule, entry);
            decided = true;
        }
    }
    return v;
}

/* --- asking afterwards ------------------------------------------------------------------------ */

uint64_t plug_sys_fault_fired(void)
{
    return atomic_load(&plan.fired);
}

size_t plug__fault_errors(int *ret_errors, size_t max)
{
    size_t n = 0;

    while (n < max && n < PLUG__FIRED_MAX && plan.error[n] != 0) {
        ret_errors[n] = plan.error[n];
        n++;
    }
    return n;
}

bool plug__fault_elsewhere(void)
{
    int first = plan.thread;

    return plan.more_threads || (first != 0 && first != gettid());
}
