/* SPDX-License-Identifier: MIT */
/* The JSON writer, with jansson as the referee. */
#include "t.h"
#include <float.h>
#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_MAX (1 << 20)

static struct plug_json json;
static struct plug_buf *buf;

static struct plug_json *start(void)
{
    buf = t_buf(BUF_MAX);
    plug_json_init(&json, buf);
    return &json;
}

static void expect(const char *want)
{
    T_OK(plug_json_error(&json));
    T_STR(plug_buf_str(buf), want);
}

T_TEST(json_writes_one_line_per_event)
{
    struct plug_json *j = start();
    plug_json_object(j, NULL);
    plug_json_string(j, "type", "reply");
    plug_json_int(j, "n", -5);
    plug_json_uint(j, "u", UINT64_MAX);
    plug_json_bool(j, "yes", true);
    plug_json_bool(j, "no", false);
    plug_json_null(j, "nil");
    plug_json_string(j, "none", NULL);
    plug_json_array(j, "list");
    plug_json_int(j, NULL, INT64_MIN);
    plug_json_object(j, NULL);
    plug_json_end(j);
    plug_json_array(j, NULL);
    plug_json_end(j);
    plug_json_end(j);
    plug_json_hex(j, "raw",
                  "\x00\xff"
                  "a",
                  3);
    plug_json_end(j);
    expect("{\"type\":\"reply\",\"n\":-5,\"u\":18446744073709551615,\"yes\":true,\"no\":false,"
           "\"nil\":null,\"none\":null,\"list\":[-9223372036854775808,{},[]],"
           "\"raw\":{\"hex\":\"00ff61\"}}\n");
}

T_TEST(json_scalar_at_the_top)
{
    plug_json_double(start(), NULL, 0.5);
    expect("0.5\n");
    plug_json_hex(start(), NULL, NULL, 0);
    expect("{\"hex\":\"\"}\n");
    plug_json_bytes(start(), NULL, "a\0\"", 3);
    expect("\"a\\u0000\\\"\"\n");
}

T_TEST(json_depth_has_a_limit)
{
    struct plug_json *j = start();
    char want[2 * PLUG_JSON_DEPTH + 2] = "";
    for (int i = 0; i < PLUG_JSON_DEPTH; i++) {
        plug_json_array(j, NULL);
        want[i] = '[';
        want[2 * PLUG_JSON_DEPTH - 1 - i] = ']';
    }
    for (int i = 0; i < PLUG_JSON_DEPTH; i++)
        plug_json_end(j);
    want[2 * PLUG_JSON_DEPTH] = '\n';
    expect(want);
}

/* A failure sticks, whichever call it hits, and nothing is written behind it. */
T_TEST(json_first_failure_sticks)
{
    for (size_t max = 1; max < 60; max++) {
        struct plug_buf *small = t_buf(max);
        struct plug_json j;
        plug_json_init(&j, small);
        plug_json_object(&j, NULL);
        plug_json_string(&j, "key", "a longer value\n");
        int error = plug_json_error(&j);
        size_t before = plug_buf_len(small);
        plug_json_hex(&j, "h", "abcd", 4);
        plug_json_double(&j, "d", 1e300);
        plug_json_end(&j);
        size_t len =
            strlen("{\"key\":\"a longer value\\n\",\"h\":{\"hex\":\"61626364\"},\"d\":1e+300}\n");
        if (max >= len) {
            T_OK(plug_json_error(&j));
            T_EQ(plug_buf_len(small), len);
            continue;
        }
        T_ERR(plug_json_error(&j), PLUG_ELIMIT);
        if (error < 0)
            T_EQ(plug_buf_len(small), before);
    }
}

/* --- doubles ------------------------------------------------------------------------------ */

static const char *write_double(double d)
{
    plug_json_double(start(), NULL, d);
    T_OK(plug_json_error(&json));
    return plug_buf_str(buf);
}

/* Reads back bit for bit, with the fewest figures that do; 400 is not written as 4e+02. */
static void check_double(double d)
{
    char fewest[48];
    const char *text = write_double(d);
    json_t *v = json_loadb(text, strlen(text), JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    if (!v)
        T_FAIL("jansson refuses %s", text);
    double back = json_real_value(v);
    json_decref(v);
    T_MEM(&back, &d, sizeof d);
    int p = 0;
    do
        snprintf(fewest, sizeof fewest, "%.*g\n", ++p, d);
    while (strtod(fewest, NULL) != d);
    if (p < 15 && fabs(d) >= DBL_MIN)
        snprintf(fewest, sizeof fewest, "%.15g\n", d);
    T_STR(text, fewest);
}

T_TEST(json_doubles)
{
    T_STR(write_double(0.1), "0.1\n");
    T_STR(write_double(100), "100\n");
    T_STR(write_double(-0.0), "-0\n");
    T_STR(write_double(5e-324), "5e-324\n");
    T_STR(write_double(DBL_MAX), "1.7976931348623157e+308\n");
    T_STR(write_double(1.0 / 3), "0.3333333333333333\n");
    T_STR(write_double(0.1 + 0.2), "0.30000000000000004\n");
    T_STR(write_double((double)NAN), "\"NaN\"\n");
    T_STR(write_double((double)INFINITY), "\"Infinity\"\n");
    T_STR(write_double(-(double)INFINITY), "\"-Infinity\"\n");
}

T_TEST_PLAIN(json_random_doubles_read_back)
{
    static const double edges[] = {0.0,
                                   -0.0,
                                   DBL_MIN,
                                   DBL_MAX,
                                   5e-324,
                                   2.2250738585072009e-308,
                                   1e21,
                                   1e22,
                                   1e23,
                                   9007199254740993.0,
                                   123456789012345680.0,
                                   4.35,
                                   0.3};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        check_double(edges[i]);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = t_random();
        double d;
        memcpy(&d, &bits, sizeof d);
        if (i % 4 == 0)
            d = (double)(int64_t)t_below(1000000) / 1000;
        if (isfinite(d))
            check_double(d);
        t_end_owned();
    }
}

T_TEST_PLAIN(json_doubles_in_a_locale_with_a_comma)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    bool found = false;
    for (size_t i = 0; i < 4 && !found; i++)
        found = setlocale(LC_ALL, names[i]) && localeconv()->decimal_point[0] == ',';
    if (!found) {
        setlocale(LC_ALL, "C");
        T_SKIP("no such locale here");
    }
    char got[40];
    snprintf(got, sizeof got, "%s", write_double(0.25));
    setlocale(LC_ALL, "C");
    T_STR(got, "0.25\n");
}

/* --- random events ------------------------------------------------------------------------ */

/* The text jansson must give back: invalid bytes become U+FFFD. */
static json_t *expected_string(const char *bytes, size_t len)
{
    char out[400];
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        int k = plug_utf8_next(bytes + i, len - i, NULL);
        memcpy(out + n, k > 0 ? bytes + i : "\xef\xbf\xbd", k > 0 ? (size_t)k : 3);
        n += k > 0 ? (size_t)k : 3;
        i += k > 0 ? (size_t)k : 1;
    }
    return json_stringn(out, n);
}

static json_t *random_string(struct plug_json *j, const char *key)
{
    char bytes[100];
    size_t len = t_below(sizeof bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(t_below(2) ? t_random() : 0x20 + t_below(0x60));
    plug_json_bytes(j, key, bytes, len);
    return expected_string(bytes, len);
}

static json_t *random_number(struct plug_json *j, const char *key)
{
    uint64_t bits = t_random();
    double d;
    if (t_below(2)) {
        plug_json_int(j, key, (int64_t)bits);
        return json_integer((int64_t)bits);
    }
    memcpy(&d, &bits, sizeof d);
    if (!isfinite(d) || d == floor(d))
        d = 0.5;
    plug_json_double(j, key, d);
    return json_real(d);
}

static json_t *random_value(struct plug_json *j, const char *key, int depth);

static json_t *random_container(struct plug_json *j, const char *key, int depth, bool array)
{
    json_t *all = array ? json_array() : json_object();
    size_t count = t_below(5);
    char name[24];
    if (array)
        plug_json_array(j, key);
    else
        plug_json_object(j, key);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "k\"%zu", i);
        if (array)
            json_array_append_new(all, random_value(j, NULL, depth + 1));
        else
            json_object_set_new(all, name, random_value(j, name, depth + 1));
    }
    plug_json_end(j);
    return all;
}

static json_t *random_value(struct plug_json *j, const char *key, int depth)
{
    switch (t_below(depth < PLUG_JSON_DEPTH - 1 ? 6 : 4)) {
    case 0:
        return random_number(j, key);
    case 1:
        plug_json_bool(j, key, depth & 1);
        return json_boolean(depth & 1);
    case 2:
        plug_json_null(j, key);
        return json_null();
    case 3:
        return random_string(j, key);
    case 4:
        return random_container(j, key, depth, true);
    default:
        return random_container(j, key, depth, false);
    }
}

T_TEST_PLAIN(json_random_events_agree_with_jansson)
{
    for (int i = 0; i < 3000; i++) {
        json_error_t why;
        json_t *want = random_container(start(), NULL, 0, i % 2);
        T_OK(plug_json_error(&json));
        const char *text = plug_buf_str(buf);
        size_t len = plug_buf_len(buf);
        T_TRUE(text[len - 1] == '\n' && memchr(text, '\n', len) == text + len - 1);
        json_t *got = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
        bool same = got && json_equal(got, want);
        json_decref(got);
        json_decref(want);
        if (!same)
            T_FAIL("%s in %s", got ? "another value" : why.text, text);
        t_end_owned();
    }
}
