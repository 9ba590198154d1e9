/* SPDX-License-Identifier: MIT */
#ifndef CMD_RECORD_H
#define CMD_RECORD_H
/* What plug pack and plug unpack have in common: a format, its items and their names. */
#include "cmd.h"

#define RECORD_SIZE_MAX  ((size_t)64 << 20) /* bytes of a record that is packed or unpacked */
#define RECORD_ITEMS_MAX ((size_t)1 << 20)

struct record {
    struct plug_struct *s;
    const char **names; /* one for each item, or NULL */
    char *names_text;   /* what they point into */
};

/*
 * Compiles the format, warns once when native alignment pads it and no "@" says that this is meant,
 * splits names ("a,b,c", or NULL). CMD_YES, or an exit code after its message.
 */
int record_open(struct cmd *c, struct record *ret_record, const char *format, const char *names);
void record_close(struct record *r);

/* Refuses what is too large to be held. */
int record_check_limits(struct cmd *c, const struct record *r);

/* An array for the values of one record; NULL after a message. plug_free. */
struct plug_value *record_values(struct cmd *c, const struct record *r);

/* The text of a value, without a line end: bytes as text if that is harmless, else as hex:... */
void record_print_value(struct cmd *c, const struct plug_value *v);
/* The value under key (NULL: in an array): bytes as {"hex":"..."}. */
void record_json_value(struct plug_json *j, const char *key, const struct plug_value *v);

/* Where each item is, and what it holds (values NULL: only where). */
void record_explain(struct cmd *c, const struct record *r, const struct plug_value *values);

/* The C struct with the same bytes. CMD_YES, or an exit code after its message. */
int record_print_c(struct cmd *c, const struct record *r);

/* The C type of an item, "uint16_t" or "char"; text is an array of it. */
const char *record_c_type(const struct record *r, const struct plug_struct_item *item);
/* '@' also when there is no order character. */
char record_mode(const struct record *r);

#endif
