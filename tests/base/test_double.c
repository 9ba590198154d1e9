/* SPDX-License-Identifier: MIT */
#include "t.h"
#include <math.h>
#include <string.h>

static void reads(const char *text, double want)
{
    size_t len = strlen(text);
    double got = 7;
    T_OK(plug_double_parse(t_guarded(text, len), len, &got));
    T_TRUE(memcmp(&got, &want, sizeof got) == 0 || (isnan(got) && isnan(want)));
}

static void refuses(const char *text, int err)
{
    size_t len = strlen(text);
    double got = 7;
    T_ERR(plug_double_parse(t_guarded(text, len), len, &got), err);
    T_TRUE(got == 7);
}

T_TEST(double_is_read_strictly)
{
    reads("0", 0.0);
    reads("-0", -0.0);
    reads("2.7", 2.7);
    reads("+2.", 2.0);
    reads(".5", 0.5);
    reads("-1e-3", -0.001);
    reads("1E+3", 1000.0);
    reads("00012", 12.0);
    reads("4.9e-324", 4.9e-324);
    reads("1e-400", 0.0);
    reads("1.7976931348623157e308", 1.7976931348623157e308);
    reads("9007199254740993", 9007199254740992.0); /* halfway, to even */
    reads("inf", (double)INFINITY);
    reads("-Infinity", -(double)INFINITY);
    reads("+NaN", (double)NAN);
    static const char *const bad[] = {"",      "+",      "-",   ".",    "e5",    "1e",
                                      "1e+",   "1.5.",   "1 ",  " 1",   "0x1p3", "1,5",
                                      "infin", "nan(1)", "--1", "1e5x", "1_000", "\xd9\xa1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(bad[i], PLUG_ENUMBER);
    refuses("1e309", PLUG_ERANGE);
    refuses("-1.8e308", PLUG_ERANGE);
}

T_TEST(double_text_has_a_limit)
{
    char text[PLUG_DOUBLE_TEXT_MAX + 2];
    double x;
    memset(text, '0', sizeof text);
    text[PLUG_DOUBLE_TEXT_MAX - 2] = '1';
    T_OK(plug_double_parse(text, PLUG_DOUBLE_TEXT_MAX - 1, &x));
    T_TRUE(x == 1);
    T_OK(plug_double_parse(text, PLUG_DOUBLE_TEXT_MAX, &x));
    T_TRUE(x == 10);
    T_ERR(plug_double_parse(text, PLUG_DOUBLE_TEXT_MAX + 1, &x), PLUG_ELIMIT);
}

static void writes(double value, const char *want)
{
    char text[PLUG_DOUBLE_TEXT], cut[3];
    T_EQ(plug_double_text(value, text, sizeof text), strlen(want));
    T_STR(text, want);
    T_EQ(plug_double_text(value, cut, sizeof cut), strlen(want));
    T_TRUE(strncmp(cut, want, 2) == 0 && cut[2 < strlen(want) ? 2 : strlen(want)] == 0);
}

T_TEST(double_is_written_shortest)
{
    writes(0.0, "0");
    writes(-0.0, "-0");
    writes(2.7, "2.7");
    writes((double)2.7f, "2.700000047683716");
    writes(0.1 + 0.2, "0.30000000000000004");
    writes(1e39, "1e+39");
    writes(4.9e-324, "5e-324");
    writes(-1.7976931348623157e308, "-1.7976931348623157e+308");
    writes((double)INFINITY, "inf");
    writes(-(double)INFINITY, "-inf");
    writes((double)NAN, "nan");
}

T_TEST(double_reads_back_what_it_writes)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = t_random();
        double x, back;
        char text[PLUG_DOUBLE_TEXT];
        memcpy(&x, &bits, sizeof x);
        if (isnan(x))
            continue;
        size_t n = plug_double_text(x, text, sizeof text);
        T_TRUE(n < sizeof text);
        T_OK(plug_double_parse(text, n, &back));
        T_MEM(&back, &x, sizeof x);
    }
}
