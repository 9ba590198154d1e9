/* SPDX-License-Identifier: MIT */
/* Who holds the thread is named, once; who waits is not. */
#include "child.h"
#include "fiber/context.h"
#include "t.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

static int run(plug_fiber_fn *fn, void *arg, int64_t hog)
{
    struct plug_fiber_opts o = PLUG_FIBER_OPTS;
    o.hog = hog;
    return plug_fiber_run(fn, arg, &o);
}

static void spin(int64_t time)
{
    int64_t end = plug_now() + time;
    while (plug_now() < end)
        ;
}

static int hold(void *arg)
{
    spin(*(int64_t *)arg);
    return 0;
}

static int spawn_holders(void *arg)
{
    struct plug_scope s;
    plug_scope_open(&s, PLUG_FOREVER);
    (void)!plug_fiber_spawn(&s, hold, arg, "greedy", NULL);
    return plug_scope_close(&s);
}

static int64_t long_time = PLUG_MS(400);

static void hold_long(void)
{
    (void)!run(spawn_holders, &long_time, PLUG_MS(40));
}

static int block(void *arg)
{
    struct timespec time = {0, PLUG_MS(400)};
    (void)arg;
    nanosleep(&time, NULL);
    return 0;
}

static void hold_blocked(void)
{
    (void)!run(block, NULL, PLUG_MS(40));
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    while ((text = strstr(text, what)) != NULL) {
        text += strlen(what);
        n++;
    }
    return n;
}

T_TEST_PLAIN(watch_names_who_holds_the_thread_once)
{
    char text[1000];
    T_EQ(child_run(hold_long, text, sizeof text), 0);
    if (count(text, "plug: fiber greedy has held its thread for ") != 1)
        T_FAIL("not named once: %s", text);
    T_EQ(count(text, "\n"), 1);
    T_EQ(child_run(hold_blocked, text, sizeof text), 0);
    T_EQ(count(text, "plug: fiber main has held its thread for "), 1);
}

/* --- who is not named ------------------------------------------------------------------------- */

static int give_way(void *arg)
{
    int64_t end = plug_now() + PLUG_MS(900);
    int r = 0;
    (void)arg;
    while (plug_now() < end && r >= 0) {
        spin(PLUG_US(100));
        r = plug_fiber_yield();
    }
    return r;
}

static int sleep_long(void *arg)
{
    (void)arg;
    return plug_sleep(PLUG_MS(900));
}

static void be_decent(void)
{
    (void)!run(give_way, NULL, PLUG_MS(400));
    (void)!run(sleep_long, NULL, PLUG_MS(400));
}

static void unwatched(void)
{
    (void)!run(spawn_holders, &long_time, PLUG_FOREVER);
}

T_TEST_PLAIN(watch_leaves_others_alone)
{
    char text[1000];
    T_EQ(child_run(be_decent, text, sizeof text), 0);
    T_STR(text, "");
    T_EQ(child_run(unwatched, text, sizeof text), 0);
    T_STR(text, "");
}

/* --- several schedulers, and a fork ----------------------------------------------------------- */

static void run_holder(void *name)
{
    (void)!run(name ? spawn_holders : sleep_long, &long_time, PLUG_MS(40));
}

static void one_of_three(void)
{
    t_thread(run_holder, NULL);
    t_thread(run_holder, &long_time);
    t_thread(run_holder, NULL);
    t_join();
}

static int fork_and_hold(void *arg)
{
    pid_t pid = plug_sys()->fork();
    if (pid != 0) {
        int status;
        return waitpid(pid, &status, 0) == pid ? status : -1;
    }
    spin(*(int64_t *)arg); /* nobody watches here, and nobody is waited for */
    return 0;
}

static void fork_within(void)
{
    if (run(fork_and_hold, &long_time, PLUG_MS(1000)) != 0)
        abort();
}

T_TEST_PLAIN(watch_of_several_schedulers)
{
    char text[1000];
    T_EQ(child_run(one_of_three, text, sizeof text), 0);
    T_EQ(count(text, "plug: fiber greedy has held its thread for "), 1);
}

T_TEST_PLAIN(watch_stays_with_the_parent_of_a_fork)
{
    char text[1000];
#ifdef PLUG__TSAN
    T_SKIP("TSan ends a child of several threads");
#endif
    T_EQ(child_run(fork_within, text, sizeof text), 0);
}
