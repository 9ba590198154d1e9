/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BASE_H
#define PLUG_BASE_H
/*
 * What every other header stands on: visibility, attributes, version.
 *
 * Layer: base. Knows nobody.
 *
 * Ownership is told in four words in every header:
 *   borrows  the callee reads or keeps the pointer only until the stated moment
 *   copies   the callee keeps its own copy; yours is yours again at return
 *   takes    the callee owns it after success (and only after success)
 *   gives    the caller owns the result and ends it with the named function
 *
 * Results: >= 0 is success, < 0 an error (err.h); outputs are the parameters called ret_*, at the
 * end, and untouched on failure. Those that are there to explain a failure, or to tell how far it
 * came, are the only exceptions, and say so: ret_where (the offset of the mistake in a text),
 * ret_error of struct.h (the details), report (what was tried), ret_sent, ret_got and offset (bytes
 * transferred).
 * Where "NULL: not wanted" stands, and for every report and ret_error of struct.h, NULL is allowed.
 *
 * Texts and bytes that are written to (buf, len) come in two kinds, told apart by the result:
 *   size_t        cannot fail, works like snprintf(3): writes at most len bytes with the NUL and
 *                 returns the length of the whole text, so that a result >= len says it was cut;
 *                 buf may be NULL when len is 0
 *   int, ssize_t  can fail: returns the length (of a text without its NUL), or -ENOSPC when len is
 *                 too small; it is never cut
 *
 * Options are a struct that starts as PLUG_x_OPTS; NULL means all defaults. Its first member is its
 * size, so that later versions can append members; another size is PLUG_EOPTS. Every member that is
 * zero stands for the default, which its comment names. So a timeout of 0 is the default there, and
 * not PLUG_NOWAIT: see time.h.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <sys/types.h>

#ifdef __cplusplus
#define PLUG_BEGIN_DECLS extern "C" {
#define PLUG_END_DECLS   }
#else
#define PLUG_BEGIN_DECLS
#define PLUG_END_DECLS
#endif

/* PLUG_API marks a public symbol; PLUG_MUST one whose result must be looked at. */
#define PLUG_API                __attribute__((visibility("default")))
#define PLUG_MUST               __attribute__((warn_unused_result))
#define PLUG_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

#define PLUG_VERSION_MAJOR 0
#define PLUG_VERSION_MINOR 1
#define PLUG_VERSION_PATCH 0

PLUG_BEGIN_DECLS

/* The version of the library that runs, "0.1.0"; static text. Any thread, any fiber. */
PLUG_API const char *plug_version(void);

/*
 * What this build can do, for a run-time question instead of an #ifdef.
 * Returns an or of enum plug_feature. Any thread, any fiber.
 */
enum plug_feature {
    PLUG_FEATURE_DNS = 1 << 0,  /* plug_dns_*: look-ups at a chosen server (c-ares) */
    PLUG_FEATURE_FAULT = 1 << 1 /* PLUG_FAULT in the environment is obeyed (test builds) */
};
PLUG_API unsigned plug_features(void);

PLUG_END_DECLS
#endif
