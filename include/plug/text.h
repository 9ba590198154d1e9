/* SPDX-License-Identifier: MIT */
#ifndef PLUG_TEXT_H
#define PLUG_TEXT_H
/*
 * Text from outside, made safe; and numbers read strictly.
 *
 * Layer: base.
 *
 * Names from DNS, file names, headers, chat lines, datagrams: whatever a stranger chose reaches a
 * terminal, a log or a page through plug_text_escape and nothing else. What it escapes: C0
 * controls, DEL, C1 (U+0080..9F), invalid UTF-8 byte by byte, bidirectional controls
 * (U+061C, U+200E/F, U+202A..E, U+2066..9), zero-width and invisible characters
 * (U+200B..D, U+2060..F, U+180E, U+FEFF, U+00AD), line and paragraph separators (U+2028/9), tags
 * (U+E0000..7F), interlinear annotation (U+FFF9..B), non-characters, and the backslash itself, so
 * that the result can be read back.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

enum plug_text_mode {
    PLUG_TEXT_TTY,   /* one line: \n \t \r \e, other C0 and invalid bytes \xhh, the rest \u{hhhh} */
    PLUG_TEXT_LOG,   /* as TTY, and the double quote as \" */
    PLUG_TEXT_LINES, /* as TTY, but line feed and tab stay: for payload shown on a terminal */
    PLUG_TEXT_JSON,  /* inside a JSON string (RFC 8259); an invalid byte becomes U+FFFD */
    PLUG_TEXT_HTML   /* as LINES, inside HTML text or a quoted attribute: & < > " ' as references */
};

/*
 * Escapes len bytes into out (at most outlen bytes with the NUL; whole escapes and whole
 * characters only). Returns the length the whole result has, without the NUL, as snprintf does:
 * a result >= outlen says that it was cut. borrows both. Any thread.
 */
PLUG_API size_t plug_text_escape(enum plug_text_mode mode, const void *bytes, size_t len, char *out,
                                 size_t outlen);

/* True when plug_text_escape in mode TTY would change nothing. Any thread. */
PLUG_API bool plug_text_safe(const void *bytes, size_t len);

/*
 * Length of the valid UTF-8 character at bytes (1..4), 0 when len is 0, -1 when invalid, -2 when
 * the bytes are a valid beginning that needs more. *ret_char (NULL: not wanted). Any thread.
 */
PLUG_API int plug_utf8_next(const void *bytes, size_t len, uint32_t *ret_char);

/*
 * Strict decimal: digits only, no sign, no space, no leading "0x"; the whole text.
 * 0, PLUG_ENUMBER (not digits, empty), PLUG_ERANGE (above max). Any thread.
 */
PLUG_API PLUG_MUST int plug_uint_parse(const char *text, size_t len, uint64_t max,
                                       uint64_t *ret_value);

/* Room for the text of any double, and the longest text that is read as one. */
#define PLUG_DOUBLE_TEXT     32
#define PLUG_DOUBLE_TEXT_MAX 1024

/*
 * Strict floating-point number, the same in every locale: "-1.5", ".5", "1e-3", "+2.", and "inf",
 * "infinity", "nan" in either case, with a sign; no space, no hexadecimal, the whole text. Rounds
 * to nearest. 0, PLUG_ENUMBER (anything else), PLUG_ERANGE (finite, but too large for a double),
 * PLUG_ELIMIT (longer than PLUG_DOUBLE_TEXT_MAX). Any thread.
 */
PLUG_API PLUG_MUST int plug_double_parse(const char *text, size_t len, double *ret_value);

/*
 * The shortest text that reads back as the same double: "2.7", "1e+39", "-0", "inf", "-inf", "nan".
 * Writes at most len bytes with the NUL; returns the whole length, below PLUG_DOUBLE_TEXT.
 */
PLUG_API size_t plug_double_text(double value, char *buf, size_t len);

/*
 * A host name we are ready to show and use (RFC 1123 2.1, with '_'): 1..253 bytes of labels of
 * 1..63 letters, digits, '-' and '_', not beginning or ending with '-', one trailing dot allowed.
 * Names that come back from DNS are judged by this. Any thread.
 */
PLUG_API bool plug_hostname_valid(const char *name, size_t len);

PLUG_END_DECLS
#endif
