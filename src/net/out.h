/* SPDX-License-Identifier: MIT */
#ifndef NET_OUT_H
#define NET_OUT_H
/*
 * Text written as snprintf does it: what fits is written, what there would be is counted.
 *
 * Layer: net, private.
 */
#include <plug/base.h>

struct plug__out {
    char *buf;
    size_t size;
    size_t len; /* of the whole text, without its NUL */
};

void plug__out_bytes(struct plug__out *o, const void *bytes, size_t len);
/* All of them or, where the room ends, none: the text then ends before them. */
void plug__out_whole(struct plug__out *o, const void *bytes, size_t len);
void plug__out_text(struct plug__out *o, const char *text);
void plug__out_uint(struct plug__out *o, uint64_t value);
/* Lower-case hexadecimal; at least `digits` of them. */
void plug__out_hex(struct plug__out *o, uint64_t value, unsigned digits);
/* Made safe by plug_text_escape(PLUG_TEXT_TTY). */
void plug__out_escaped(struct plug__out *o, const void *bytes, size_t len);
/* Ends the text with a NUL where there is room for any; the whole length. */
size_t plug__out_end(struct plug__out *o);

#endif
