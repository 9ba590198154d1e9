/* SPDX-License-Identifier: MIT */
#ifndef PLUG_TIME_H
#define PLUG_TIME_H
/*
 * Time: durations, the monotonic clock, deadlines, and deadline scopes.
 *
 * Layer: base.
 *
 * A duration is an int64_t of nanoseconds: PLUG_MS(500), PLUG_S(2), PLUG_FOREVER (-1),
 * PLUG_NOWAIT (0). A call turns it once into an absolute deadline on CLOCK_MONOTONIC that bounds
 * the whole call. The wall clock is never used for waiting.
 *
 * As a parameter, 0 means: do not wait. In a struct of options 0 means the default, as for every
 * member; PLUG_FOREVER (any negative value) means no limit of its own, and the shortest wait is
 * PLUG_NS(1). An open deadline scope bounds all of them.
 *
 * To bound a group of calls the caller:
 *   1. struct plug_deadline d;
 *   2. plug_deadline_enter(&d, PLUG_S(5));
 *   3. calls what it likes: dial, send, receive, resolve; none waits past the five seconds;
 *   4. plug_deadline_leave(&d).
 * Scopes nest; the earliest deadline wins, so no function needs a _timeout twin.
 */
#include <plug/base.h>

#define PLUG_NS(n)   ((int64_t)(n))
#define PLUG_US(n)   ((int64_t)(n)*1000)
#define PLUG_MS(n)   ((int64_t)(n)*1000000)
#define PLUG_S(n)    ((int64_t)(n)*1000000000)
#define PLUG_MIN(n)  ((int64_t)(n)*60000000000)
#define PLUG_FOREVER ((int64_t)-1) /* a duration: no limit */
#define PLUG_NOWAIT  ((int64_t)0)  /* a duration: try once, never wait */
#define PLUG_NEVER   INT64_MAX     /* a deadline: none */

PLUG_BEGIN_DECLS

/* Nanoseconds of CLOCK_MONOTONIC, from the sys table. Any thread, any fiber. */
PLUG_API int64_t plug_now(void);

/*
 * The absolute deadline of a duration that starts now: PLUG_NEVER for PLUG_FOREVER, any other
 * negative duration, and sums past the end of time; the past for PLUG_NOWAIT. Any thread, any
 * fiber.
 */
PLUG_API int64_t plug_deadline_after(int64_t timeout);

/* What is left: 0 when passed, PLUG_FOREVER for PLUG_NEVER. Any thread, any fiber. */
PLUG_API int64_t plug_deadline_left(int64_t deadline);

/* One scope; lives in the caller's frame. Its fields are the library's. */
struct plug_deadline {
    int64_t at;
    struct plug_deadline *outer;
};

/*
 * Opens a scope in the calling thread or fiber. borrows scope until plug_deadline_leave. A negative
 * timeout opens a scope that adds no limit. Scopes are left in reverse order; leaving another one
 * than the innermost is a programming mistake and aborts.
 */
PLUG_API void plug_deadline_enter(struct plug_deadline *scope, int64_t timeout);
PLUG_API void plug_deadline_leave(struct plug_deadline *scope);

/* The earliest deadline of all open scopes, PLUG_NEVER without one. Calling thread or fiber. */
PLUG_API int64_t plug_deadline_current(void);

/*
 * Sleeps for a duration, or to the scope's deadline if that comes first.
 * Returns 0, PLUG_ETIMEOUT when a scope ended it early, -ECANCELED when cancelled,
 * -EINTR where the caller asked for it (plug_eintr_set). Parks the fiber on a fiber.
 */
PLUG_API PLUG_MUST int plug_sleep(int64_t timeout);

/*
 * Strict text to duration: "500ms", "2s", "1m", "1h", "250us", "10ns", "1.5s", "0.5"; a bare
 * number means seconds; "forever" and "never" mean PLUG_FOREVER. No sign, no space, no exponent.
 * What is finer than a nanosecond is rounded up, so that only a true 0 means PLUG_NOWAIT.
 * Returns 0, PLUG_EDURATION, or PLUG_ERANGE (more than 292 years). Any thread.
 */
PLUG_API PLUG_MUST int plug_duration_parse(const char *text, int64_t *ret_timeout);

/*
 * Duration to short text for people, in three figures: "350 us", "12.3 ms", "1.25 s", "1.5 min",
 * "2 h"; a negative one is "forever".
 * Writes at most len bytes with the NUL; returns the whole length. Any thread.
 */
PLUG_API size_t plug_duration_text(int64_t timeout, char *buf, size_t len);

PLUG_END_DECLS
#endif
