/* SPDX-License-Identifier: MIT */
/* Floating-point numbers from and to text, whatever locale the program has set. */
#include <plug/err.h>
#include <plug/text.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* digits [ "." digits ] [ "e" sign digits ], with a digit before or after the point */
static bool is_decimal(const char *p, const char *end)
{
    const char *whole = p;
    p = digits(p, end);
    size_t count = (size_t)(p - whole);
    if (p < end && *p == '.') {
        const char *fraction = ++p;
        p = digits(p, end);
        count += (size_t)(p - fraction);
    }
    if (count == 0)
        return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        const char *exponent = p;
        p = digits(p, end);
        if (p == exponent)
            return false;
    }
    return p == end;
}

static bool is_word(const char *p, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(p, word, len) == 0;
}

/* The C library reads the decimal point of the locale. */
static double read_decimal(const char *text, size_t len)
{
    char number[PLUG_DOUBLE_TEXT_MAX + 16];
    const char *point = localeconv()->decimal_point;
    const char *dot = memchr(text, '.', len);
    size_t whole = dot ? (size_t)(dot - text) : len;
    snprintf(number, sizeof number, "%.*s%s%.*s", (int)whole, text, dot ? point : "",
             dot ? (int)(len - whole - 1) : 0, dot ? dot + 1 : "");
    return strtod(number, NULL);
}

int plug_double_parse(const char *text, size_t len, double *ret_value)
{
    if (len > PLUG_DOUBLE_TEXT_MAX)
        return PLUG_ELIMIT;
    bool sign = len > 0 && (*text == '-' || *text == '+');
    const char *p = text + sign;
    size_t rest = len - sign;
    double value;
    if (is_word(p, rest, "inf") || is_word(p, rest, "infinity"))
        value = HUGE_VAL;
    else if (is_word(p, rest, "nan"))
        value = (double)NAN;
    else if (!is_decimal(p, p + rest))
        return PLUG_ENUMBER;
    else if (isinf(value = read_decimal(p, rest)))
        return PLUG_ERANGE;
    *ret_value = sign && *text == '-' ? -value : value;
    return 0;
}

static void plain_point(char *number)
{
    const char *point = localeconv()->decimal_point;
    size_t n = strlen(point);
    char *at = strstr(number, point);

    if (at && n > 0) {
        *at = '.';
        memmove(at + 1, at + n, strlen(at + n) + 1);
    }
}

/*
 * 15 digits are always exact enough to show a shorter number as such, except among the denormals;
 * 17 are always enough.
 */
size_t plug_double_text(double value, char *buf, size_t len)
{
    char number[PLUG_DOUBLE_TEXT + 16];
    if (isnan(value))
        return (size_t)snprintf(buf, len, "nan");
    for (int precision = fabs(value) < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
        snprintf(number, sizeof number, "%.*g", precision, value);
        if (strtod(number, NULL) == value)
            break;
    }
    plain_point(number);
    return (size_t)snprintf(buf, len, "%s", number);
}
