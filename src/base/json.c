/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include <inttypes.h>
#include <math.h>
#include <plug/buf.h>
#include <plug/err.h>
#include <plug/json.h>
#include <plug/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plug_json_init(struct plug_json *j, struct plug_buf *buf)
{
    *j = (struct plug_json){.buf = buf, .first = {true}};
}

int plug_json_error(const struct plug_json *j)
{
    return j->error;
}

static void raw(struct plug_json *j, const char *text, size_t len)
{
    if (j->error == 0)
        j->error = plug_buf_append(j->buf, text, len);
}

static void text(struct plug_json *j, const char *s)
{
    raw(j, s, strlen(s));
}

static void quoted(struct plug_json *j, const void *bytes, size_t len)
{
    size_t n = plug_text_escape(PLUG_TEXT_JSON, bytes, len, NULL, 0);
    uint8_t *room;

    text(j, "\"");
    if (j->error == 0)
        j->error = plug_buf_reserve(j->buf, n, &room);
    if (j->error == 0) {
        /* The byte behind the reserved ones is the buffer's own, for a NUL. */
        plug_text_escape(PLUG_TEXT_JSON, bytes, len, (char *)room, n + 1);
        plug_buf_commit(j->buf, n);
    }
    text(j, "\"");
}

/* What comes before each value: the comma and the key. */
static void before(struct plug_json *j, const char *key)
{
    bool inside = j->depth > 0 && !j->array[j->depth];

    PLUG_ASSERT(inside == (key != NULL), "members of an object have a key, others have none");
    PLUG_ASSERT(j->depth > 0 || j->first[0], "one value at the top");
    if (!j->first[j->depth])
        text(j, ",");
    j->first[j->depth] = false;
    if (key) {
        quoted(j, key, strlen(key));
        text(j, ":");
    }
}

/* A value at the top is a line of its own, whatever it is. */
static void after(struct plug_json *j)
{
    if (j->depth == 0)
        text(j, "\n");
}

static void scalar(struct plug_json *j, const char *key, const char *value)
{
    before(j, key);
    text(j, value);
    after(j);
}

static void open_with(struct plug_json *j, const char *key, bool array)
{
    PLUG_ASSERT(j->depth < PLUG_JSON_DEPTH, "too deep");
    before(j, key);
    text(j, array ? "[" : "{");
    j->depth++;
    j->first[j->depth] = true;
    j->array[j->depth] = array;
}

void plug_json_object(struct plug_json *j, const char *key)
{
    open_with(j, key, false);
}

void plug_json_array(struct plug_json *j, const char *key)
{
    open_with(j, key, true);
}

void plug_json_end(struct plug_json *j)
{
    PLUG_ASSERT(j->depth > 0, "nothing is open");
    text(j, j->array[j->depth] ? "]" : "}");
    j->depth--;
    after(j);
}

void plug_json_bytes(struct plug_json *j, const char *key, const void *bytes, size_t len)
{
    before(j, key);
    quoted(j, bytes, len);
    after(j);
}

void plug_json_string(struct plug_json *j, const char *key, const char *value)
{
    if (value)
        plug_json_bytes(j, key, value, strlen(value));
    else
        plug_json_null(j, key);
}

void plug_json_hex(struct plug_json *j, const char *key, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = bytes;
    uint8_t *room = NULL;

    before(j, key);
    text(j, "{\"hex\":\"");
    if (j->error == 0)
        j->error = len > SIZE_MAX / 4 ? PLUG_ELIMIT : plug_buf_reserve(j->buf, 2 * len, &room);
    if (j->error == 0) {
        for (size_t i = 0; i < len; i++) {
            *room++ = (uint8_t)digits[p[i] >> 4];
            *room++ = (uint8_t)digits[p[i] & 15];
        }
        plug_buf_commit(j->buf, 2 * len);
    }
    text(j, "\"}");
    after(j);
}

void plug_json_int(struct plug_json *j, const char *key, int64_t value)
{
    char number[24];

    snprintf(number, sizeof number, "%" PRId64, value);
    scalar(j, key, number);
}

void plug_json_uint(struct plug_json *j, const char *key, uint64_t value)
{
    char number[24];

    snprintf(number, sizeof number, "%" PRIu64, value);
    scalar(j, key, number);
}

void plug_json_double(struct plug_json *j, const char *key, double value)
{
    char number[PLUG_DOUBLE_TEXT];

    if (isnan(value)) {
        plug_json_string(j, key, "NaN");
    } else if (isinf(value)) {
        plug_json_string(j, key, value > 0 ? "Infinity" : "-Infinity");
    } else {
        plug_double_text(value, number, sizeof number);
        scalar(j, key, number);
    }
}

void plug_json_bool(struct plug_json *j, const char *key, bool value)
{
    scalar(j, key, value ? "true" : "false");
}

void plug_json_null(struct plug_json *j, const char *key)
{
    scalar(j, key, "null");
}
