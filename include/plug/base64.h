/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BASE64_H
#define PLUG_BASE64_H
/*
 * Bytes as base64 text (RFC 4648), and strictly back: exactly one text for each sequence of bytes.
 *
 * Layer: wire. Pure.
 *
 * The caller:
 *   1. n = plug_base64_encode(p, len, 0, NULL, 0)          the length of the text
 *   2. plug_base64_encode(p, len, 0, text, n + 1)          room for the NUL as well
 *   3. n = plug_base64_decode(text, n, 0, NULL, 0, &where) checks it, tells how many bytes it holds
 *   4. plug_base64_decode(text, n, 0, p, len, &where)
 *
 * All functions: any thread, any fiber.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

/* The same flags for both directions. */
enum plug_base64_flag {
    PLUG_BASE64_URL = 1 << 0,   /* "-" and "_" in place of "+" and "/" (RFC 4648 5) */
    PLUG_BASE64_NOPAD = 1 << 1, /* no "=" at the end: none written, none taken (RFC 4648 3.2) */
    PLUG_BASE64_SPACE = 1 << 2  /* decoding: space, tab, CR and LF are skipped (RFC 2045 6.8) */
};

/*
 * Four characters for each three bytes; flags is an or of enum plug_base64_flag. Writes at most
 * buflen bytes with the NUL, whole groups only; returns the length of the whole text, as snprintf
 * does. buf may be NULL when buflen is 0.
 */
PLUG_API size_t plug_base64_encode(const void *bytes, size_t len, unsigned flags, char *buf,
                                   size_t buflen);

/*
 * The bytes of base64 text; flags is an or of enum plug_base64_flag. Refused as well: missing,
 * extra or early padding (RFC 4648 3.1, 3.3), and unused bits that are not zero (3.5).
 * Returns the number of bytes, or
 *   PLUG_EBASE64  *ret_where (NULL: not wanted) is the offset of the first character that cannot
 *                 stand where it does; len when the text ends too early
 *   -ENOSPC       they do not fit buflen
 *   PLUG_EOPTS    an unknown flag
 * and then ret_buf is as it was. With ret_buf NULL it only checks and counts. ret_buf may be text.
 */
PLUG_API PLUG_MUST ssize_t plug_base64_decode(const char *text, size_t len, unsigned flags,
                                              void *ret_buf, size_t buflen, size_t *ret_where);

PLUG_END_DECLS
#endif
