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
