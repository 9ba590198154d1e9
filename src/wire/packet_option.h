/* SPDX-License-Identifier: MIT */
#ifndef WIRE_PACKET_OPTION_H
#define WIRE_PACKET_OPTION_H
/* The options behind a header, of every layout, one by one. */
#include "wire/packet_print.h"
#include "wire/packet_table.h"

struct plug__opt {
    uint16_t kind;
    size_t at, total; /* in the list, kind and length included */
    const uint8_t *data;
    size_t len;
    bool raw; /* no option: what lies behind the end of the options, or cannot be read */
    bool bad; /* it cannot be read */
};

/*
 * The option at *at, which moves behind it. False at the end. What cannot be read, and what lies
 * behind an END, comes as one last raw option.
 */
bool plug__opt_next(enum plug__list list, const uint8_t *bytes, size_t len, size_t *at,
                    struct plug__opt *ret);

/* Appends one; its new length, or < 0 when it does not fit. */
int plug__opt_put(enum plug__list list, uint8_t *bytes, size_t size, size_t len, uint16_t kind,
                  const uint8_t *data, size_t data_len);

/* What a header of len bytes with its list is filled up with, to a multiple of the protocol's unit,
 * where a text form says nothing. Returns how many bytes. */
size_t plug__opt_pad(const struct plug__proto *proto, size_t len, uint8_t ret_pad[8]);

/* The table's row of an option; NULL when it has none, or its data is not of the row's form. */
const struct plug__option *plug__opt_row(const struct plug__proto *proto,
                                         const struct plug__opt *o);

/* Its name for a field: the row's, "option", "padding" or "malformed". */
const char *plug__opt_name(const struct plug__proto *proto, const struct plug__opt *o);

/* "mss=1460", "254=hex:00", "hex:0500". */
void plug__opt_text(struct plug__print *out, const struct plug__proto *proto,
                    const struct plug__opt *o);

/* Reads the text of an option's data in a form into data; its length, or -1. */
int plug__form_read(enum plug__form form, const char *text, size_t len, uint8_t *data, size_t size);

#endif
