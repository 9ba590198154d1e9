/* SPDX-License-Identifier: MIT */
/* Stacks where the kernel has no guard pages of its own: before Linux 6.13 each takes a mapping. */
#include "child.h"
#include "t.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define OLD_KERNEL "madvise:*=EINVAL"

__attribute__((noinline)) static int deeper(volatile int *n)
{
    volatile char room[512];
    memset((char *)room, *n, sizeof room);
    ++*n;
    return *n < 1000000 ? deeper(n) + room[0] : 0;
}

static int overflow(void *arg)
{
    volatile int n = 0;
    (void)arg;
    plug_fiber_rename("dig");
    return deeper(&n);
}

static void overflow_main(void)
{
    (void)!plug_sys_fault(OLD_KERNEL, NULL);
    (void)!plug_fiber_run(overflow, NULL, NULL);
}

T_TEST_PLAIN(a_mapping_guards_as_well)
{
    child_needs_segv();
    char text[4096];
    int status = child_run(overflow_main, text, sizeof text);
    T_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    if (!strstr(text, "plug: fiber dig overflowed its 64 KiB stack\n"))
        T_FAIL("not named: %s", text);
}

/* --- no more mappings --------------------------------------------------------------------- */

static int nap(void *arg)
{
    ++*(int *)arg;
    return plug_sleep(PLUG_MS(1));
}

struct crowd {
    int wanted, began, ran;
};

/* As many as there may be; how the first one that may not was refused. */
static int fill(void *arg)
{
    struct crowd *c = arg;
    struct plug_scope s;
    int r = 0;
    plug_scope_open(&s, PLUG_FOREVER);
    for (c->began = 0; c->began < c->wanted && r >= 0; c->began += r >= 0)
        r = plug_fiber_spawn(&s, nap, &c->ran, NULL, NULL);
    (void)plug_scope_close(&s);
    return r;
}

/* What was refused once is possible again when others have ended. */
static int fill_twice(void *arg)
{
    struct crowd *c = arg;
    int first = fill(c), began = c->began;
    c->wanted = began;
    int again = fill(c);
    return again < 0 || c->ran != 2 * began ? -EPROTO : first;
}

T_TEST_PLAIN(without_a_guard_there_is_no_fiber)
{
    struct crowd c = {.wanted = 100};
    T_OK(plug_sys_fault(OLD_KERNEL ";mprotect:11+=ENOMEM", NULL));
    T_ERR(plug_fiber_run(fill_twice, &c, NULL), -ENOMEM);
    T_EQ(c.began, 9); /* and the main one */
    T_OK(plug_sys_fault(NULL, NULL));
}

T_TEST_PLAIN(without_room_for_a_stack_there_is_no_fiber)
{
    struct crowd c = {.wanted = 1000};
    T_OK(plug_sys_fault("mmap:3+=ENOMEM", NULL));
    T_ERR(plug_fiber_run(fill_twice, &c, NULL), -ENOMEM);
    T_OK(plug_sys_fault(NULL, NULL));
    T_TRUE(c.began > 10);
}

static int map_count_max(void)
{
    int max = 0;
    FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
    if (f && fscanf(f, "%d", &max) != 1)
        max = 0;
    if (f)
        (void)fclose(f);
    return max;
}

T_TEST_PLAIN(the_kernels_limit_of_mappings_is_an_error_like_others)
{
    child_needs_plain_build();
    struct plug_fiber_opts o = PLUG_FIBER_OPTS;
    struct crowd c = {.wanted = map_count_max() / 2 + 1000};
    if (c.wanted < 5000 || c.wanted > 40000)
        T_SKIP("vm.max_map_count is not the usual one");
    o.stack = PLUG_FIBER_STACK_MIN;
    T_OK(plug_sys_fault(OLD_KERNEL, NULL));
    T_ERR(plug_fiber_run(fill_twice, &c, &o), -ENOMEM);
    T_OK(plug_sys_fault(NULL, NULL));
    T_TRUE(c.began > 1000);
}
