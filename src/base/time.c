/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include "base/at_hand.h"
#include "base/wait_with.h"
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/text.h>
#include <plug/time.h>
#include <plug/wait.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int64_t plug_now(void)
{
    return plug_sys()->now(CLOCK_MONOTONIC);
}

int64_t plug_deadline_after(int64_t timeout)
{
    int64_t at;

    if (timeout < 0)
        return PLUG_NEVER;
    if (timeout == PLUG_NOWAIT)
        return 0; /* long past; no need to ask the clock */
    return __builtin_add_overflow(plug_now(), timeout, &at) ? PLUG_NEVER : at;
}

int64_t plug_deadline_left(int64_t deadline)
{
    int64_t now, left;

    if (deadline == PLUG_NEVER)
        return PLUG_FOREVER;
    now = plug_now();
    if (deadline <= now)
        return 0;
    return __builtin_sub_overflow(deadline, now, &left) ? INT64_MAX : left;
}

void plug_deadline_enter(struct plug_deadline *scope, int64_t timeout)
{
    plug__deadline_enter_at(scope, plug_deadline_after(timeout));
}

void plug__deadline_enter_at(struct plug_deadline *scope, int64_t at)
{
    struct plug_waiter *w = plug__waiter();
    int64_t outer = plug_deadline_current();

    scope->at = at < outer ? at : outer;
    scope->outer = w->own.scope;
    w->own.scope = scope;
}

void plug_deadline_leave(struct plug_deadline *scope)
{
    struct plug_waiter *w = plug__waiter();

    PLUG_ASSERT(w->own.scope == scope, "deadline scopes are left innermost first");
    w->own.scope = scope->outer;
}

int64_t plug_deadline_current(void)
{
    const struct plug_deadline *scope = plug__waiter()->own.scope;

    return scope ? scope->at : PLUG_NEVER;
}

int plug_sleep(int64_t timeout)
{
    int64_t deadline = plug_deadline_after(timeout);

    return plug__wait_own(plug_wait(-1, 0, deadline), deadline);
}

/* --- durations as text ------------------------------------------------------------------------ */

static const struct unit {
    const char *name, *long_name;
    int64_t ns;
} units[] = {
    {"ns", "ns", 1},       {"us", "us", PLUG_US(1)},  {"ms", "ms", PLUG_MS(1)},
    {"s", "s", PLUG_S(1)}, {"m", "min", PLUG_MIN(1)}, {"h", "h", PLUG_MIN(60)},
};
#define UNITS (sizeof units / sizeof units[0])

static int64_t unit_of(const char *name)
{
    if (*name == '\0')
        return PLUG_S(1);
    for (size_t i = 0; i < UNITS; i++)
        if (strcmp(name, units[i].name) == 0)
            return units[i].ns;
    return 0;
}

/*
 * The part behind the point, in nanoseconds, rounded up: "0.1ns" must not become "do not wait".
 * Digits past the 18th only decide about that rounding.
 */
static int64_t fraction_ns(const char *digits, size_t n, int64_t unit)
{
    unsigned __int128 value = 0, scale = 1;
    bool rest = false;

    for (size_t i = 0; i < n; i++) {
        if (i < 18) {
            value = value * 10 + (unsigned)(digits[i] - '0');
            scale *= 10;
        } else {
            rest |= digits[i] != '0';
        }
    }
    value *= (uint64_t)unit;
    return (int64_t)(value / scale) + (value % scale != 0 || rest);
}

int plug_duration_parse(const char *text, int64_t *ret_timeout)
{
    size_t whole = strspn(text, "0123456789"), part = 0;
    const char *point = text + whole;
    int64_t unit, timeout;
    uint64_t value;

    if (strcmp(text, "forever") == 0 || strcmp(text, "never") == 0) {
        *ret_timeout = PLUG_FOREVER;
        return 0;
    }
    if (*point == '.')
        part = strspn(point + 1, "0123456789");
    unit = unit_of(part ? point + 1 + part : point);
    if (whole == 0 || unit == 0)
        return PLUG_EDURATION;
    if (plug_uint_parse(text, whole, INT64_MAX, &value) < 0 ||
        __builtin_mul_overflow((int64_t)value, unit, &timeout) ||
        (part && __builtin_add_overflow(timeout, fraction_ns(point + 1, part, unit), &timeout)))
        return PLUG_ERANGE;
    *ret_timeout = timeout;
    return 0;
}

size_t plug_duration_text(int64_t timeout, char *buf, size_t len)
{
    const struct unit *u = &units[0];
    int64_t scale, value;
    int digits;

    if (timeout < 0)
        return (size_t)snprintf(buf, len, "forever");
    /* The largest unit that shows no less than one of it: 999.6 us is 1 ms. */
    while (u + 1 < units + UNITS && timeout >= u[1].ns - u[1].ns / 2000)
        u++;
    /* Three figures: 1.25, 12.3, 350. */
    digits = u->ns == 1 || timeout / u->ns >= 100 ? 0 : timeout / u->ns >= 10 ? 1 : 2;
    scale = digits == 2 ? 100 : digits == 1 ? 10 : 1;
    value = timeout / u->ns * scale + (timeout % u->ns * scale + u->ns / 2) / u->ns;
    for (; digits > 0 && value % 10 == 0; digits--, value /= 10)
        scale /= 10;
    if (digits == 0)
        return (size_t)snprintf(buf, len, "%" PRId64 " %s", value, u->long_name);
    return (size_t)snprintf(buf, len, "%" PRId64 ".%0*" PRId64 " %s", value / scale, digits,
                            value % scale, u->long_name);
}
