/* SPDX-License-Identifier: MIT */
#ifndef WIRE_PACKET_SPEC_H
#define WIRE_PACKET_SPEC_H
/* Reading the text form: a cursor, the packet so far, and the layer that is being read. */
#include "wire/packet_auto.h"

#include <plug/nearest.h>
#include <stdint.h>

struct plug__spec {
    const char *text;
    size_t len, at;
    const struct plug_packet_opts *opts;
    struct plug_packet_error *error; /* NULL: not wanted */
    int err;                         /* the first one */

    uint8_t *buf;
    size_t size;
    struct plug_packet p;                /* bytes: buf */
    uint32_t given[PLUG_PACKET_LAYERS];  /* fields by their number in the table */
    size_t column[PLUG_PACKET_LAYERS];   /* where each layer begins */
    size_t field_at[32];                 /* where each field of this layer is named */
    const struct plug__proto *proto;     /* of this layer */
    uint8_t header[PLUG__PACKET_HEADER]; /* its header so far */
    uint8_t list[PLUG__PACKET_LIST + 8]; /* its options so far */
    size_t list_len, list_at, cut;
    bool has_list, has_cut;
};

/* Notes the first mistake, at an offset of the text; returns its code. */
int plug__spec_fail(struct plug__spec *s, int err, size_t at, const char *fmt, ...)
    PLUG_PRINTF(4, 5);

/* A piece of the text made safe to be quoted in a message; a static ring would not be, so the
 * caller brings the room. */
const char *plug__spec_safe(const char *text, size_t len, char room[48]);

void plug__spec_blank(struct plug__spec *s);
/* Is c next? Then it is taken. */
bool plug__spec_take(struct plug__spec *s, char c);
/* A name: letters, digits and - _ . Its length, 0 when there is none. */
size_t plug__spec_word(struct plug__spec *s, const char **ret_word);
/* Up to one of the characters of stop, without blanks around. */
size_t plug__spec_value(struct plug__spec *s, const char *stop, const char **ret_value);

/* The fields between the parentheses of a layer. 0 or s->err. */
int plug__spec_fields(struct plug__spec *s);
/* The value of a list, "[mss=1460,nop]" or hex:00ff. */
int plug__spec_list(struct plug__spec *s);

/* "; did you mean 'ttl'?" or nothing. */
const char *plug__spec_hint(const struct plug_nearest *n, char room[64]);

#endif
