/* SPDX-License-Identifier: MIT */
/* Clean-up: order, limits, taking back, frames in frames. */
#include "t.h"
#include <string.h>

static char said[64];

static void say(void *arg)
{
    strncat(said, arg, sizeof said - strlen(said) - 1);
}

/* A frame that the test leaves, or that is left after it. */
static struct plug_defer_frame outer;

static void enter(void)
{
    said[0] = '\0';
    plug_defer_enter(&outer);
    T_OWN(plug_defer_leave, &outer);
}

static void leave(void)
{
    t_disown(&outer);
    plug_defer_leave(&outer);
}

T_TEST(defer_runs_last_first)
{
    enter();
    for (int i = 0; i < 6; i++) {
        static char names[6][2] = {"a", "b", "c", "d", "e", "f"};
        T_OK(plug_defer(say, names[i]));
    }
    T_STR(said, "");
    leave();
    T_STR(said, "fedcba");
}

T_TEST(defer_in_functions_called_from_here)
{
    struct plug_defer_frame inner;
    enter();
    T_OK(plug_defer(say, "o"));
    plug_defer_enter(&inner);
    int rc = plug_defer(say, "i");
    plug_defer_leave(&inner);
    T_STR(said, "i");
    T_OK(rc);
    leave();
    T_STR(said, "io");
}

T_TEST(defer_taken_back)
{
    static char a[] = "a", b[] = "b";
    enter();
    T_TRUE(!plug_defer_cancel(say, a));
    for (int i = 0; i < 3; i++) {
        T_OK(plug_defer(say, a));
        T_OK(plug_defer(say, b));
    }
    T_TRUE(plug_defer_cancel(say, a)); /* the latest */
    T_TRUE(!plug_defer_cancel(plug_free, a));
    T_TRUE(!plug_defer_cancel(say, said));
    T_OK(plug_defer(say, a)); /* in its place, but last */
    leave();
    T_STR(said, "abbaba");
}

T_TEST(defer_taken_back_all)
{
    static char a[] = "a";
    enter();
    for (int i = 0; i < 10; i++)
        T_OK(plug_defer(say, a));
    for (int i = 0; i < 10; i++)
        T_TRUE(plug_defer_cancel(say, a));
    T_TRUE(!plug_defer_cancel(say, a));
    T_EQ(outer.count, 0);
    leave();
    T_STR(said, "");
}

static void defer_again(void *arg)
{
    say(arg);
    if (plug_defer(say, "2") < 0)
        say("!");
}

T_TEST(defer_within_a_clean_up)
{
    enter();
    T_OK(plug_defer(say, "3"));
    T_OK(plug_defer(defer_again, "1"));
    leave();
    T_STR(said, "123");
}

static size_t counted;

static void count(void *unused)
{
    (void)unused;
    counted++;
}

T_TEST(defer_at_its_limit)
{
    counted = 0;
    enter();
    for (size_t i = 0; i < PLUG_DEFER_MAX - 1; i++)
        T_OK(plug_defer(count, NULL));
    T_OK(plug_defer(count, NULL));
    T_EQ(counted, 0);
    T_ERR(plug_defer(count, NULL), PLUG_ELIMIT);
    T_EQ(counted, 1); /* what could not wait was done at once */
    T_TRUE(plug_defer_cancel(count, NULL));
    T_OK(plug_defer(count, NULL));
    leave();
    T_EQ(counted, 1 + PLUG_DEFER_MAX);
}

T_TEST_PLAIN(defer_without_memory_runs_at_once)
{
    enter();
    for (size_t i = 0; i < PLUG_DEFER_OWN; i++)
        T_OK(plug_defer(say, "."));
    T_OK(plug_sys_fault("malloc:*", NULL));
    int rc = plug_defer(say, "now");
    T_OK(plug_sys_fault(NULL, NULL));
    T_ERR(rc, -ENOMEM);
    T_STR(said, "now");
    leave();
    T_STR(said, "now....");
}

T_TEST(defer_a_few_need_no_memory)
{
    struct plug_alloc_stats before, after;
    enter();
    plug_alloc_stats(&before);
    for (size_t i = 0; i < PLUG_DEFER_OWN; i++)
        T_OK(plug_defer(say, "."));
    plug_alloc_stats(&after);
    T_EQ(after.calls, before.calls);
    leave();
    T_STR(said, "....");
}

static void in_thread(void *unused)
{
    struct plug_defer_frame f;
    (void)unused;
    T_TRUE(!plug_defer_cancel(count, NULL)); /* the other thread's frame is not ours */
    plug_defer_enter(&f);
    int rc = plug_defer(count, NULL);
    plug_defer_leave(&f);
    T_OK(rc);
}

T_TEST(defer_belongs_to_its_thread)
{
    counted = 0;
    enter();
    T_OK(plug_defer(count, NULL));
    t_thread(in_thread, NULL);
    t_join();
    T_EQ(counted, 1);
    leave();
    T_EQ(counted, 2);
}
