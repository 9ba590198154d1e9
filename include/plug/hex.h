/* SPDX-License-Identifier: MIT */
#ifndef PLUG_HEX_H
#define PLUG_HEX_H
/*
 * Bytes as hexadecimal text, and strictly back.
 *
 * Layer: wire. Pure.
 *
 * The caller:
 *   1. n = plug_hex_encode(p, len, NULL, 0)             the length of the text, 2 * len
 *   2. plug_hex_encode(p, len, text, n + 1)             room for the NUL as well
 *   3. n = plug_hex_decode(text, n, 0, NULL, 0, &where) checks it, tells how many bytes it holds
 *   4. plug_hex_decode(text, n, 0, p, len, &where)
 *
 * All functions: any thread, any fiber.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

/* What plug_hex_decode takes between two bytes; never between the two digits of one. */
enum plug_hex_flag {
    PLUG_HEX_SPACE = 1 << 0, /* space, tab, CR and LF, any number, also before the first and after
                                the last byte */
    PLUG_HEX_COLON = 1 << 1  /* one colon between two bytes, as in "00:1b:21" */
};

/*
 * Two lower-case digits for each byte. Writes at most buflen bytes with the NUL, whole digit pairs
 * only; returns the length of the whole text, as snprintf does. buf may be NULL when buflen is 0.
 */
PLUG_API size_t plug_hex_encode(const void *bytes, size_t len, char *buf, size_t buflen);

/*
 * The bytes of hexadecimal text, digits in either case; flags is an or of enum plug_hex_flag.
 * Returns the number of bytes, or
 *   PLUG_EHEX   *ret_where (NULL: not wanted) is the offset of the first character that cannot
 *               stand where it does; len when the text ends after half a byte
 *   -ENOSPC     they do not fit buflen
 *   PLUG_EOPTS  an unknown flag
 * and then ret_buf is as it was. With ret_buf NULL it only checks and counts. ret_buf may be text.
 */
PLUG_API PLUG_MUST ssize_t plug_hex_decode(const char *text, size_t len, unsigned flags,
                                           void *ret_buf, size_t buflen, size_t *ret_where);

PLUG_END_DECLS
#endif
