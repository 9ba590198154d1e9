/* SPDX-License-Identifier: MIT */
#include "net/out.h"
#include <plug/text.h>
#include <string.h>

static size_t out_room(const struct plug__out *o)
{
    return o->len < o->size ? o->size - o->len : 0;
}

void plug__out_bytes(struct plug__out *o, const void *bytes, size_t len)
{
    size_t room = out_room(o);
    size_t n = len < room ? len : room;

    if (n > 0)
        memcpy(o->buf + o->len, bytes, n);
    o->len += len;
}

void plug__out_whole(struct plug__out *o, const void *bytes, size_t len)
{
    size_t room = out_room(o);

    if (len < room || room == 0) {
        plug__out_bytes(o, bytes, len);
        return;
    }
    o->buf[o->len] = '\0';
    o->size = o->len + 1;
    o->len += len;
}

void plug__out_text(struct plug__out *o, const char *text)
{
    plug__out_bytes(o, text, strlen(text));
}

static void out_number(struct plug__out *o, uint64_t value, unsigned base, unsigned digits)
{
    char text[20];
    size_t at = sizeof text;

    do {
        text[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0 || sizeof text - at < digits);
    plug__out_bytes(o, text + at, sizeof text - at);
}

void plug__out_uint(struct plug__out *o, uint64_t value)
{
    out_number(o, value, 10, 1);
}

void plug__out_hex(struct plug__out *o, uint64_t value, unsigned digits)
{
    out_number(o, value, 16, digits);
}

void plug__out_escaped(struct plug__out *o, const void *bytes, size_t len)
{
    size_t room = out_room(o);

    o->len += plug_text_escape(PLUG_TEXT_TTY, bytes, len, room > 0 ? o->buf + o->len : NULL, room);
}

size_t plug__out_end(struct plug__out *o)
{
    if (o->size > 0)
        o->buf[o->len < o->size ? o->len : o->size - 1] = '\0';
    return o->len;
}
