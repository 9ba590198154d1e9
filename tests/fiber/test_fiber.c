/* SPDX-License-Identifier: MIT */
/* Fibers: starting, joining, scopes, cancelling, time. */
#include "t.h"

#include <errno.h>
#include <plug/err.h>
#include <string.h>
#include <sys/stat.h>

static int run(plug_fiber_fn *fn, void *arg)
{
    return plug_fiber_run(fn, arg, NULL);
}

static char log_text[256];

static int log_name(void *arg)
{
    strncat(log_text, arg, sizeof log_text - strlen(log_text) - 1);
    return 0;
}

static int give_back(void *arg)
{
    return *(int *)arg;
}

T_TEST(run_returns_what_main_returned)
{
    int seven = 7, bad = -EPROTO;
    T_EQ(T_OK(run(give_back, &seven)), 7);
    int r = run(give_back, &bad);
    T_ERR(r, -EPROTO);
    T_TRUE(plug_fiber_self() == NULL);
    T_EQ(plug_fiber_backend(), PLUG_BACKEND_AUTO);
}

static int run_again(void *arg)
{
    T_TRUE(plug_fiber_self() != NULL);
    T_STR(plug_fiber_name(plug_fiber_self()), "main");
    T_ERR(run(give_back, arg), -EBUSY);
    return 0;
}

T_TEST(run_is_not_for_fibers)
{
    T_OK(run(run_again, NULL));
}

static int spawn_three(void *arg)
{
    struct plug_scope s;
    (void)arg;
    plug_scope_open(&s, PLUG_FOREVER);
    T_EQ(plug_scope_live(&s), 0);
    static char a[] = "a", b[] = "b", c[] = "c", m[] = "m";
    int r = plug_fiber_spawn(&s, log_name, a, NULL, NULL);
    if (r >= 0)
        r = plug_fiber_spawn(&s, log_name, b, NULL, NULL);
    if (r >= 0)
        r = plug_fiber_spawn(&s, log_name, c, NULL, NULL);
    log_name(m);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

T_TEST(spawned_fibers_run_when_the_caller_waits_in_order)
{
    log_text[0] = '\0';
    T_OK(run(spawn_three, NULL));
    T_STR(log_text, "mabc");
}

static int join_one(void *arg)
{
    struct plug_scope s;
    struct plug_fiber *f;
    int got = 0, r;
    plug_scope_open(&s, PLUG_FOREVER);
    r = plug_fiber_spawn(&s, give_back, arg, "a name that is much too long for it", &f);
    if (r >= 0) {
        T_STR(plug_fiber_name(f), "a name that is much too");
        r = plug_fiber_join(f, &got);
    }
    if (r >= 0)
        T_EQ(got, -EPROTO);
    T_EQ(plug_scope_close(&s), 0);
    return r;
}

T_TEST(join_gives_the_result)
{
    int bad = -EPROTO;
    T_OK(run(join_one, &bad));
}

static int leave_one(void *arg)
{
    struct plug_scope s;
    struct plug_fiber *f;
    plug_scope_open(&s, PLUG_FOREVER);
    int r = plug_fiber_spawn(&s, give_back, arg, NULL, &f);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

T_TEST(a_handle_that_nobody_joins_goes_with_its_scope)
{
    int bad = -EPROTO;
    int r = run(leave_one, &bad);
    T_ERR(r, -EPROTO);
}

static int sleep_for(void *arg)
{
    return plug_sleep(*(int64_t *)arg);
}

static int sleep_in_order(void *arg)
{
    struct plug_scope s;
    (void)arg;
    static int64_t ms[] = {PLUG_MS(30), PLUG_MS(10), PLUG_MS(20)};
    int r = 0;
    plug_scope_open(&s, PLUG_FOREVER);
    for (int i = 0; i < 3 && r >= 0; i++)
        r = plug_fiber_spawn(&s, sleep_for, &ms[i], NULL, NULL);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

T_TEST(sleeping_fibers_sleep_at_once)
{
    int64_t before = plug_now();
    T_OK(run(sleep_in_order, NULL));
    T_TRUE(plug_now() - before >= PLUG_MS(30));
    T_TRUE(t_tortured() || plug_now() - before < PLUG_MS(500));
}

static int wait_for_ever(void *arg)
{
    (void)arg;
    int r = plug_sleep(PLUG_FOREVER);
    return plug_sleep(PLUG_FOREVER) < 0 ? r : 0; /* later waits end, too */
}

static int cancel_all(void *arg)
{
    struct plug_scope s;
    (void)arg;
    plug_scope_open(&s, PLUG_FOREVER);
    int r = plug_fiber_spawn(&s, wait_for_ever, NULL, NULL, NULL);
    if (r >= 0)
        r = plug_fiber_spawn(&s, wait_for_ever, NULL, NULL, NULL);
    if (r >= 0)
        r = plug_sleep(PLUG_MS(1));
    plug_scope_cancel(&s);
    T_ERR(plug_fiber_spawn(&s, wait_for_ever, NULL, NULL, NULL), -ECANCELED);
    T_TRUE(!plug_fiber_cancelled());
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

T_TEST(cancelled_fibers_wait_no_more)
{
    int r = run(cancel_all, NULL);
    T_ERR(r, -ECANCELED);
}

static int deadline_scope(void *arg)
{
    struct plug_scope s;
    (void)arg;
    plug_scope_open(&s, PLUG_MS(20));
    int r = plug_fiber_spawn(&s, wait_for_ever, NULL, NULL, NULL);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

T_TEST(a_scope_bounds_the_waits_of_its_fibers)
{
    int r = run(deadline_scope, NULL);
    T_ERR(r, PLUG_ETIMEOUT);
}

static int two_yields(void *arg)
{
    char two[3] = {*(char *)arg, *(char *)arg, 0}, one[2] = {*(char *)arg, 0};
    log_name(one);
    int r = plug_fiber_yield();
    log_name(two);
    return r;
}

static int yield_by_turns(void *arg)
{
    struct plug_scope s;
    (void)arg;
    static char a[] = "a", b[] = "b";
    plug_scope_open(&s, PLUG_FOREVER);
    int r = plug_fiber_spawn(&s, two_yields, a, NULL, NULL);
    if (r >= 0)
        r = plug_fiber_spawn(&s, two_yields, b, NULL, NULL);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

T_TEST(yield_lets_the_others_run)
{
    log_text[0] = '\0';
    T_OK(run(yield_by_turns, NULL));
    T_STR(log_text, "abaabb");
}

static int fail_first(void *arg)
{
    struct plug_scope s;
    plug_scope_open(&s, PLUG_FOREVER);
    plug_scope_cancel_on_error(&s, true);
    int r = plug_fiber_spawn(&s, wait_for_ever, NULL, NULL, NULL);
    if (r >= 0)
        r = plug_fiber_spawn(&s, give_back, arg, NULL, NULL);
    else
        plug_scope_cancel(&s);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

T_TEST(the_first_error_can_cancel_the_others)
{
    int bad = -EPROTO;
    int r = run(fail_first, &bad);
    T_ERR(r, -EPROTO);
}

static int shielded(void *arg)
{
    (void)arg;
    T_TRUE(!plug_fiber_cancelled());
    int r = plug_sleep(PLUG_MS(5));
    log_name("goodbye");
    return r;
}

static int say_goodbye(void *arg)
{
    (void)arg;
    int r = plug_sleep(PLUG_FOREVER);
    T_TRUE(plug_fiber_cancelled() || t_tortured());
    int bye = plug_fiber_shield(shielded, NULL);
    return bye < 0 ? bye : r;
}

static int cancel_one(void *arg)
{
    struct plug_scope s;
    struct plug_fiber *f;
    int r, result = 0;
    (void)arg;
    plug_scope_open(&s, PLUG_FOREVER);
    r = plug_fiber_spawn(&s, say_goodbye, NULL, NULL, &f);
    if (r >= 0) {
        r = plug_sleep(PLUG_MS(1));
        plug_fiber_cancel(f);
        int joined = plug_fiber_join(f, &result);
        r = r < 0 ? r : joined < 0 ? joined : result;
    }
    int closed = plug_scope_close(&s);
    return closed < 0 ? closed : r;
}

T_TEST(a_shield_holds_cancellation_back)
{
    log_text[0] = '\0';
    int r = run(cancel_one, NULL);
    T_ERR(r, -ECANCELED);
    T_STR(log_text, "goodbye");
}

static int deep(void *arg)
{
    struct plug_scope s;
    int left = *(int *)arg - 1;
    if (left < 0)
        return plug_sleep(PLUG_FOREVER);
    plug_scope_open(&s, PLUG_FOREVER);
    int r = plug_fiber_spawn(&s, deep, &left, NULL, NULL);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

static int cancel_deep(void *arg)
{
    struct plug_scope s;
    plug_scope_open(&s, PLUG_FOREVER);
    int r = plug_fiber_spawn(&s, deep, arg, NULL, NULL);
    if (r >= 0)
        r = plug_sleep(PLUG_MS(5));
    plug_scope_cancel(&s);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

T_TEST(cancelling_reaches_what_fibers_have_opened)
{
    int depth = 20;
    int r = run(cancel_deep, &depth);
    T_ERR(r, -ECANCELED);
}

T_TEST_PLAIN(cancelling_needs_no_stack_for_depth)
{
    int depth = 20000;
    int r = run(cancel_deep, &depth);
    T_ERR(r, -ECANCELED);
}

static struct plug_fiber *partner;

static int join_partner(void *arg)
{
    (void)arg;
    return plug_fiber_join(partner, NULL);
}

static int join_each_other(void *arg)
{
    struct plug_scope s;
    struct plug_fiber *f;
    (void)arg;
    plug_scope_open(&s, PLUG_FOREVER);
    partner = plug_fiber_self();
    int r = plug_fiber_spawn(&s, join_partner, NULL, NULL, &f);
    if (r >= 0)
        partner = f;
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

/* An emulator has threads of its own in the process: they might wake somebody, for all we know. */
static void need_no_other_threads(void)
{
#if !defined(__SANITIZE_THREAD__) && !defined(__clang__)
    struct stat st;
    if (stat("/proc/self/task", &st) == 0 && st.st_nlink > 3)
        T_SKIP("there are other threads");
#endif
}

T_TEST(fibers_that_wait_for_each_other_are_told)
{
    need_no_other_threads();
    int r = run(join_each_other, NULL);
    T_ERR(r, -EDEADLK);
}

static int stack_facts(void *arg)
{
    size_t left = plug_fiber_stack_left();
    (void)arg;
    T_TRUE(left > PLUG_FIBER_STACK / 2 && left < PLUG_FIBER_STACK);
    plug_fiber_rename("renamed");
    T_STR(plug_fiber_name(plug_fiber_self()), "renamed");
    struct plug_fiber_stats st;
    T_OK(plug_fiber_stats(&st));
    T_EQ(st.spawned, 1);
    T_EQ(st.live, 1);
    T_EQ(st.stacks, 1);
    return 0;
}

T_TEST(facts_about_fibers)
{
    struct plug_fiber_stats st;
    T_OK(run(stack_facts, NULL));
    T_EQ(plug_fiber_stack_left(), 0);
    T_ERR(plug_fiber_stats(&st), -EINVAL);
}

T_TEST(options_are_checked)
{
    struct plug_fiber_opts o = PLUG_FIBER_OPTS;
    int seven = 7;
    o.size--;
    T_ERR(plug_fiber_run(give_back, &seven, &o), PLUG_EOPTS);
    o.size++;
    o.stack = PLUG_FIBER_STACK_MIN - 1;
    T_ERR(plug_fiber_run(give_back, &seven, &o), PLUG_EOPTS);
    o.stack = PLUG_FIBER_STACK_MAX + 1;
    T_ERR(plug_fiber_run(give_back, &seven, &o), PLUG_EOPTS);
    o.stack = PLUG_FIBER_STACK_MAX;
    T_EQ(T_OK(plug_fiber_run(give_back, &seven, &o)), 7);
    o.max = PLUG_FIBER_MAX + 1;
    T_ERR(plug_fiber_run(give_back, &seven, &o), PLUG_EOPTS);
}

static int up_to_the_limit(void *arg)
{
    struct plug_scope s;
    int r = 0, n;
    (void)arg;
    plug_scope_open(&s, PLUG_FOREVER);
    for (n = 0; n < 4 && r >= 0; n++)
        r = plug_fiber_spawn(&s, wait_for_ever, NULL, NULL, NULL);
    if (r == PLUG_ELIMIT)
        T_EQ(n, 4); /* the fourth was refused: main is one of the four */
    plug_scope_cancel(&s);
    (void)plug_scope_close(&s);
    return r;
}

T_TEST(a_scheduler_has_a_limit)
{
    struct plug_fiber_opts o = PLUG_FIBER_OPTS;
    o.max = 4;
    int r = plug_fiber_run(up_to_the_limit, NULL, &o);
    T_ERR(r, PLUG_ELIMIT);
}

#define MANY 3000

static int touch_stack(void *arg)
{
    char room[8192];
    (void)arg;
    memset(room, 1, sizeof room);
    __asm__ volatile("" : : "r"(room) : "memory");
    return plug_fiber_yield();
}

static int spawn_many(void *arg)
{
    int r = 0;
    (void)arg;
    for (int round = 0; round < 3 && r >= 0; round++) {
        struct plug_scope s;
        plug_scope_open(&s, PLUG_FOREVER);
        for (int i = 0; i < MANY && r >= 0; i++)
            r = plug_fiber_spawn(&s, touch_stack, NULL, NULL, NULL);
        int closed = plug_scope_close(&s);
        r = r < 0 ? r : closed;
    }
    struct plug_fiber_stats st;
    T_OK(plug_fiber_stats(&st));
    if (r >= 0) {
        T_EQ(st.spawned, 3 * MANY + 1);
        T_EQ(st.live_max, MANY + 1);
        T_TRUE(st.stacks <= MANY + 2); /* used again */
    }
    return r;
}

T_TEST_PLAIN(stacks_are_used_again)
{
    T_OK(run(spawn_many, NULL));
}
