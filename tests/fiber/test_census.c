/* SPDX-License-Identifier: MIT */
/* Who is there and what each waits for; how much stack was used; the trace. */
#include "t.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct plug_queue *q;
static int ends[2];
static char seen[512];

static int note(const struct plug_fiber_census *c, void *arg)
{
    size_t len = strlen(seen);
    (void)arg;
    snprintf(seen + len, sizeof seen - len, "%s: %s\n", c->name, c->doing);
    bool waits = strcmp(c->doing, "runs") != 0 && strcmp(c->doing, "ready") != 0;
    return waits ? c->waited < 0 || c->waited > PLUG_S(20) : c->waited != 0 || c->stack_depth != 0;
}

static int stop_at_once(const struct plug_fiber_census *c, void *arg)
{
    (void)c;
    ++*(int *)arg;
    return -7;
}

static int get(void *unused)
{
    int item;
    (void)unused;
    return plug_queue_get(q, &item);
}

static int wait_for_pipe(void *unused)
{
    (void)unused;
    return plug_wait(ends[0], POLLIN, PLUG_NEVER);
}

static int nap(void *unused)
{
    (void)unused;
    return plug_sleep(PLUG_S(10));
}

static int look(void *unused)
{
    static plug_fiber_fn *const fns[] = {get, wait_for_pipe, nap};
    static const char *const names[] = {"getter", "waiter", "sleeper"};
    struct plug_scope s;
    int r = 0, asked = 0;
    plug_scope_open(&s, PLUG_FOREVER);
    for (int i = 0; i < 3 && r >= 0; i++)
        r = plug_fiber_spawn(&s, fns[i], NULL, names[i], NULL);
    (void)plug_fiber_yield();
    if (r >= 0)
        r = plug_fiber_spawn(&s, nap, unused, "new", NULL);
    seen[0] = '\0';
    if (r >= 0)
        r = plug_fiber_census(note, NULL);
    if (r >= 0 && (plug_fiber_census(stop_at_once, &asked) != -7 || asked != 1))
        r = -1;
    plug_scope_cancel(&s);
    (void)plug_scope_close(&s);
    return r;
}

T_TEST(census_tells_what_all_wait_for)
{
    char want[200];
    T_OK(plug_queue_open(&q, sizeof(int), 1));
    T_OWN(plug_queue_close, q);
    T_OK(plug_sys()->pipe2(ends, 0));
    t_own_fd(ends[0]);
    t_own_fd(ends[1]);
    T_EQ(plug_fiber_census(note, NULL), 0); /* no scheduler: nobody */
    T_EQ(plug_fiber_stack_high(), 0);
    T_OK(plug_fiber_run(look, NULL, NULL));
    if (t_tortured())
        return;
    snprintf(want, sizeof want,
             "main: runs\nnew: ready\nsleeper: sleep\nwaiter: wait fd %d\ngetter: queue get\n",
             ends[0]);
    T_STR(seen, want);
}

/* --- stacks ----------------------------------------------------------------------------------- */

static int use(void *bytes)
{
    volatile char room[20000];
    size_t n = *(size_t *)bytes;
    for (size_t i = 0; i < n; i++)
        room[sizeof room - 1 - i] = 1;
    return n ? room[sizeof room - n] - 1 : 0;
}

static size_t high_before, high_after;

static int use_stacks(void *unused)
{
    size_t much = 20000;
    struct plug_scope s;
    (void)unused;
    high_before = plug_fiber_stack_high();
    plug_scope_open(&s, PLUG_FOREVER);
    int r = plug_fiber_spawn(&s, use, &much, NULL, NULL);
    int closed = plug_scope_close(&s);
    high_after = plug_fiber_stack_high();
    return r < 0 ? r : closed;
}

T_TEST(census_of_stacks)
{
    T_OK(plug_fiber_run(use_stacks, NULL, NULL));
    if (t_tortured())
        return;
    T_TRUE(high_before > 0 && high_before < PLUG_FIBER_STACK);
    T_TRUE(high_after >= 20000 && high_after <= PLUG_FIBER_STACK);
}

/* --- the trace -------------------------------------------------------------------------------- */

static char traced[2000];

static void keep(const char *line, size_t len, void *unused)
{
    (void)len, (void)unused;
    strncat(traced, line, sizeof traced - strlen(traced) - 1);
    strncat(traced, "\n", sizeof traced - strlen(traced) - 1);
}

static void trace_off(void *unused)
{
    (void)unused;
    (void)!plug_trace_set(NULL);
    plug_trace_sink(NULL, NULL);
}

T_TEST(census_in_the_trace)
{
    size_t none = 0;
    traced[0] = '\0';
    plug_trace_sink(keep, NULL);
    T_OWN(trace_off, NULL);
    T_OK(plug_trace_set("fiber"));
    T_OK(plug_fiber_run(use, &none, NULL));
    T_TRUE(strstr(traced, "main begins\n") != NULL);
    T_TRUE(strstr(traced, "main ends: 0\n") != NULL);
    T_TRUE(strstr(traced, "done: 1 fibers, 1 at once, ") != NULL);
}
