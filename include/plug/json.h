/* SPDX-License-Identifier: MIT */
#ifndef PLUG_JSON_H
#define PLUG_JSON_H
/*
 * A small append-only writer of JSON (RFC 8259) for events: one object a line (NDJSON).
 *
 * Layer: base. Writes into a plug_buf, so the caller decides where the bytes go.
 *
 * The caller:
 *   1. struct plug_json j; plug_json_init(&j, &buf);
 *   2. plug_json_object(&j, NULL); plug_json_string(&j, "type", "reply"); ... plug_json_end(&j);
 *   3. looks at plug_json_error(&j) once, at the end.
 *
 * key is NULL inside an array and at the top, and a non-NULL ASCII text inside an object; a misuse
 * aborts. The first failure (-ENOMEM, PLUG_ELIMIT) sticks and makes the rest do nothing. Strings
 * are escaped by plug_text_escape(PLUG_TEXT_JSON): the result is always valid UTF-8. A value at the
 * top ends its line, so a scalar there is an event of its own.
 * Numbers: integers exactly; doubles in the shortest form that reads back the same; non-finite
 * doubles as the strings "NaN", "Infinity", "-Infinity".
 */
#include <plug/base.h>

struct plug_buf;

PLUG_BEGIN_DECLS

#define PLUG_JSON_DEPTH 16

struct plug_json {
    struct plug_buf *buf;
    int error;
    unsigned depth;
    bool first[PLUG_JSON_DEPTH + 1];
    bool array[PLUG_JSON_DEPTH + 1];
};

/* borrows buf until the last call on j. */
PLUG_API void plug_json_init(struct plug_json *j, struct plug_buf *buf);
PLUG_API void plug_json_object(struct plug_json *j, const char *key);
PLUG_API void plug_json_array(struct plug_json *j, const char *key);
/* Closes the innermost object or array; the outermost one ends with a line feed. */
PLUG_API void plug_json_end(struct plug_json *j);
/* value NULL writes null. */
PLUG_API void plug_json_string(struct plug_json *j, const char *key, const char *value);
PLUG_API void plug_json_bytes(struct plug_json *j, const char *key, const void *bytes, size_t len);
/* {"hex":"616263"}: bytes that need not be text. */
PLUG_API void plug_json_hex(struct plug_json *j, const char *key, const void *bytes, size_t len);
PLUG_API void plug_json_int(struct plug_json *j, const char *key, int64_t value);
PLUG_API void plug_json_uint(struct plug_json *j, const char *key, uint64_t value);
PLUG_API void plug_json_double(struct plug_json *j, const char *key, double value);
PLUG_API void plug_json_bool(struct plug_json *j, const char *key, bool value);
PLUG_API void plug_json_null(struct plug_json *j, const char *key);
/* 0, or the first failure. */
PLUG_API PLUG_MUST int plug_json_error(const struct plug_json *j);

PLUG_END_DECLS
#endif
