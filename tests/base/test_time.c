/* SPDX-License-Identifier: MIT */
/* Durations, deadlines and scopes, on a clock that stands where we want it. */
#include "t.h"
#include <limits.h>
#include <string.h>

static int64_t fake_time;

static int64_t fake_now(clockid_t clock)
{
    return clock == CLOCK_MONOTONIC ? fake_time : -EINVAL;
}

static void fake_clock(int64_t now)
{
    static struct plug_sys sys;
    sys = *plug_sys_kernel();
    sys.now = fake_now;
    fake_time = now;
    T_OK(plug_sys_set(&sys));
}

T_TEST_PLAIN(time_deadlines_on_a_fake_clock)
{
    fake_clock(PLUG_S(100));
    T_EQ(plug_now(), PLUG_S(100));
    T_EQ(plug_deadline_after(PLUG_S(2)), PLUG_S(102));
    T_EQ(plug_deadline_after(1), PLUG_S(100) + 1);
    T_TRUE(plug_deadline_after(PLUG_NOWAIT) < PLUG_S(100));
    T_EQ(plug_deadline_after(PLUG_FOREVER), PLUG_NEVER);
    T_EQ(plug_deadline_after(-2), PLUG_NEVER);
    T_EQ(plug_deadline_after(INT64_MIN), PLUG_NEVER);
    T_EQ(plug_deadline_after(INT64_MAX), PLUG_NEVER);
    T_EQ(plug_deadline_left(PLUG_S(102)), PLUG_S(2));
    T_EQ(plug_deadline_left(PLUG_S(100) + 1), 1);
    T_EQ(plug_deadline_left(PLUG_S(100)), 0);
    T_EQ(plug_deadline_left(PLUG_S(99)), 0);
    T_EQ(plug_deadline_left(0), 0);
    T_EQ(plug_deadline_left(INT64_MIN), 0);
    T_EQ(plug_deadline_left(PLUG_NEVER), PLUG_FOREVER);
}

T_TEST_PLAIN(time_near_the_end_of_time)
{
    fake_clock(INT64_MAX - PLUG_S(1));
    T_EQ(plug_deadline_after(PLUG_S(1) - 1), INT64_MAX - 1);
    T_EQ(plug_deadline_after(PLUG_S(1)), PLUG_NEVER);
    T_EQ(plug_deadline_after(PLUG_S(2)), PLUG_NEVER);
    T_EQ(plug_deadline_left(INT64_MAX - 1), PLUG_S(1) - 1);
    fake_time = -PLUG_S(5);
    T_EQ(plug_deadline_left(INT64_MAX - 1), INT64_MAX); /* saturates */
    T_EQ(plug_deadline_after(PLUG_S(1)), -PLUG_S(4));
}

T_TEST_PLAIN(time_scopes_nest)
{
    struct plug_deadline outer, inner, none;
    fake_clock(PLUG_S(10));
    T_EQ(plug_deadline_current(), PLUG_NEVER);
    plug_deadline_enter(&outer, PLUG_S(5));
    T_EQ(plug_deadline_current(), PLUG_S(15));
    plug_deadline_enter(&inner, PLUG_S(9)); /* a later one adds nothing */
    T_EQ(plug_deadline_current(), PLUG_S(15));
    plug_deadline_leave(&inner);
    plug_deadline_enter(&inner, PLUG_S(1));
    T_EQ(plug_deadline_current(), PLUG_S(11));
    plug_deadline_enter(&none, PLUG_FOREVER);
    T_EQ(plug_deadline_current(), PLUG_S(11));
    T_TRUE(!plug_wait_may_block(PLUG_NEVER));
    plug_deadline_leave(&none);
    plug_deadline_leave(&inner);
    T_EQ(plug_deadline_current(), PLUG_S(15));
    plug_deadline_leave(&outer);
    T_EQ(plug_deadline_current(), PLUG_NEVER);
    plug_deadline_enter(&none, PLUG_FOREVER);
    T_EQ(plug_deadline_current(), PLUG_NEVER);
    T_TRUE(plug_wait_may_block(PLUG_NEVER));
    plug_deadline_leave(&none);
}

static void in_thread(void *arg)
{
    *(int64_t *)arg = plug_deadline_current();
}

T_TEST_PLAIN(time_scopes_belong_to_their_thread)
{
    static int64_t seen;
    struct plug_deadline scope;
    seen = 0;
    plug_deadline_enter(&scope, PLUG_S(5));
    t_thread(in_thread, &seen);
    t_join();
    plug_deadline_leave(&scope);
    T_TRUE(seen == PLUG_NEVER);
}

/* --- durations ---------------------------------------------------------------------------- */

static void duration(const char *text, int want, int64_t value)
{
    int64_t got = 77;
    T_EQ(plug_duration_parse(t_guarded(text, strlen(text) + 1), &got), want);
    T_EQ(got, want == 0 ? value : 77);
}

T_TEST(time_durations_are_read)
{
    duration("500ms", 0, PLUG_MS(500));
    duration("2s", 0, PLUG_S(2));
    duration("1m", 0, PLUG_MIN(1));
    duration("1h", 0, PLUG_MIN(60));
    duration("250us", 0, PLUG_US(250));
    duration("10ns", 0, 10);
    duration("1.5s", 0, PLUG_MS(1500));
    duration("0.5", 0, PLUG_MS(500));
    duration("3", 0, PLUG_S(3));
    duration("0", 0, PLUG_NOWAIT);
    duration("0.000", 0, PLUG_NOWAIT);
    duration("007.50m", 0, PLUG_S(450));
    duration("forever", 0, PLUG_FOREVER);
    duration("never", 0, PLUG_FOREVER);
    duration("1.123456789s", 0, 1123456789);
    duration("1.1234567891s", 0, 1123456790);
    duration("0.1ns", 0, 1);
    duration("0.00000000000000000000000001h", 0, 1);
    duration("0.00000000000000000000000000h", 0, 0);
    duration("0.3333333333333333333333333333h", 0, 1200000000000);
    duration("9223372036.854775807", 0, INT64_MAX);
    duration("9223372036854775807ns", 0, INT64_MAX);
}

T_TEST(time_durations_too_long)
{
    duration("9223372036.854775808", PLUG_ERANGE, 0);
    duration("9223372036.8547758071", PLUG_ERANGE, 0);
    duration("9223372037s", PLUG_ERANGE, 0);
    duration("9223372036854775808ns", PLUG_ERANGE, 0);
    duration("99999999999999999999999999h", PLUG_ERANGE, 0);
    duration("2562048h", PLUG_ERANGE, 0);
    duration("2562047h", 0, 2562047 * PLUG_MIN(60));
}

T_TEST(time_durations_are_strict)
{
    static const char *const wrong[] = {
        "",    "s",   ".5",  "1.",   "1.s",     "+1",       "-1",    "1 s",   " 1",
        "1s ", "1e3", "1d",  "1S",   "1ms2",    "1,5s",     "0x10",  "1.5.5", "1min",
        "inf", "nan", "1µs", "1s\n", "Forever", "forever ", "1h30m", "ms"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        duration(wrong[i], PLUG_EDURATION, 0);
}

static void shown(int64_t timeout, const char *want)
{
    char buf[40];
    T_EQ(plug_duration_text(timeout, buf, sizeof buf), strlen(want));
    T_STR(buf, want);
}

T_TEST(time_durations_are_shown)
{
    shown(0, "0 ns");
    shown(1, "1 ns");
    shown(999, "999 ns");
    shown(1000, "1 us");
    shown(1234, "1.23 us");
    shown(1005, "1.01 us");
    shown(12345, "12.3 us");
    shown(350000, "350 us");
    shown(999499, "999 us");
    shown(999500, "1 ms");
    shown(PLUG_US(12300), "12.3 ms");
    shown(PLUG_MS(1250), "1.25 s");
    shown(PLUG_MS(999), "999 ms");
    shown(PLUG_US(99960), "100 ms");
    shown(PLUG_S(59), "59 s");
    shown(PLUG_S(90), "1.5 min");
    shown(PLUG_MIN(90), "1.5 h");
    shown(INT64_MAX, "2562048 h");
    shown(PLUG_FOREVER, "forever");
    shown(INT64_MIN, "forever");
}

T_TEST(time_duration_text_is_cut_like_snprintf)
{
    for (size_t len = 0; len < 10; len++) {
        char *buf = t_guarded_room(len);
        T_EQ(plug_duration_text(PLUG_MS(1250), buf, len), 6);
        if (len > 0)
            T_EQ(strlen(buf), len < 7 ? len - 1 : 6);
    }
}

/* Shown to three figures, it reads back within half a unit of the third. */
T_TEST(time_durations_shown_are_near)
{
    for (int i = 0; i < 10000; i++) {
        int64_t t = (int64_t)(t_random() >> (1 + t_below(62))), back = -1;
        char buf[40], *space;
        plug_duration_text(t, buf, sizeof buf);
        space = strchr(buf, ' ');
        memmove(space, space + 1, strlen(space));
        if (strlen(buf) > 3 && strcmp(buf + strlen(buf) - 3, "min") == 0)
            buf[strlen(buf) - 2] = '\0';
        int r = plug_duration_parse(buf, &back);
        if (r == PLUG_ERANGE) /* rounded up past the end */
            continue;
        T_OK(r);
        if ((back > t ? back - t : t - back) > t / 190)
            T_FAIL("%lld is shown as %s", (long long)t, buf);
    }
}

T_TEST(time_macros)
{
    T_EQ(PLUG_NS(1), 1);
    T_EQ(PLUG_US(1), 1000);
    T_EQ(PLUG_MS(1), 1000000);
    T_EQ(PLUG_S(1), 1000000000);
    T_EQ(PLUG_MIN(2), 120000000000);
}
