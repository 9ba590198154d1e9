/* SPDX-License-Identifier: MIT */
/* Formats, names, values and tables of plug pack and plug unpack. */
#include "record.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- the format ---------------------------------------------------------------------------- */

static int refuse_format(struct cmd *c, const char *format, const struct plug_struct_error *e)
{
    char hint[160];
    plug_struct_error_text(e, hint, sizeof hint);
    return cmd_fail(c, e->code, "read format", *format ? format : "''",
                    e->code == -ENOMEM || e->code == PLUG_ELIMIT ? NULL : hint);
}

char record_mode(const struct record *r)
{
    char first = *plug_struct_format(r->s);
    return first && strchr("=<>!", first) ? first : '@';
}

/* Bytes of "x" in a good format. */
static size_t written_padding(const char *format)
{
    size_t sum = 0, n = 0;
    bool counted = false;
    for (; *format; format++) {
        if (*format >= '0' && *format <= '9') {
            n = n * 10 + (size_t)(*format - '0');
            counted = true;
            continue;
        }
        if (*format == 'x')
            sum += counted ? n : 1;
        n = 0;
        counted = false;
    }
    return sum;
}

/* Bytes that alignment puts between and behind the items. */
static size_t alignment_padding(const struct record *r)
{
    struct plug_struct_item item;
    size_t bytes = written_padding(plug_struct_format(r->s));
    for (size_t i = 0; i < plug_struct_count(r->s); i += item.repeat) {
        if (plug_struct_item(r->s, i, &item) < 0)
            break;
        if (item.code == 's' || item.code == 'p') {
            bytes += item.size;
            item.repeat = 1;
        } else {
            bytes += item.size * item.repeat;
        }
    }
    return plug_struct_size(r->s) - bytes;
}

static void warn_of_padding(struct cmd *c, const struct record *r)
{
    const char *format = plug_struct_format(r->s);
    size_t padding = *format == '@' || record_mode(r) != '@' ? 0 : alignment_padding(r);
    if (padding > 0)
        cmd_warn(c,
                 "native alignment adds %zu byte%s of padding to '%s'; begin it with @ if that is "
                 "meant, or with = < > ! for none",
                 padding, padding == 1 ? "" : "s", cmd_safe_str(format));
}

/* --- names --------------------------------------------------------------------------------- */

static bool is_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    return *name && !(*name >= '0' && *name <= '9') && name[strspn(name, letters)] == '\0';
}

static int check_name(struct cmd *c, const struct record *r, size_t i)
{
    if (!is_name(r->names[i]))
        return cmd_usage(c, "--names: '%s' is not a name (letters, digits, '_')",
                         cmd_safe_str(r->names[i]));
    for (size_t k = 0; k < i; k++)
        if (strcmp(r->names[k], r->names[i]) == 0)
            return cmd_usage(c, "--names: '%s' is there twice", r->names[i]);
    return CMD_YES;
}

/* No more names than a command line holds; they are compared with each other. */
static int split_names(struct cmd *c, struct record *r, const char *names)
{
    size_t count = 1, items = plug_struct_count(r->s);
    for (const char *p = names; *p; p++)
        count += *p == ',';
    if (count != items || items == 0)
        return cmd_usage(c, "--names: %zu name%s for %zu item%s", count, count == 1 ? "" : "s",
                         items, items == 1 ? "" : "s");
    r->names = plug_calloc(count, sizeof *r->names);
    r->names_text = plug_strdup(names);
    if (!r->names || !r->names_text)
        return cmd_fail(c, -ENOMEM, "keep the names", NULL, NULL);
    char *p = r->names_text;
    for (size_t i = 0; i < count; i++) {
        r->names[i] = p;
        p += strcspn(p, ",");
        if (*p)
            *p++ = '\0';
        int code = check_name(c, r, i);
        if (code != CMD_YES)
            return code;
    }
    return CMD_YES;
}

int record_open(struct cmd *c, struct record *ret_record, const char *format, const char *names)
{
    struct plug_struct_error e;
    struct record r = {0};
    int code = CMD_YES;
    if (plug_struct_open(&r.s, format, &e) < 0)
        return refuse_format(c, format, &e);
    if (names)
        code = split_names(c, &r, names);
    if (code != CMD_YES) {
        record_close(&r);
        return code;
    }
    warn_of_padding(c, &r);
    *ret_record = r;
    return CMD_YES;
}

void record_close(struct record *r)
{
    plug_struct_close(r->s);
    plug_free(r->names);
    plug_free(r->names_text);
}

int record_check_limits(struct cmd *c, const struct record *r)
{
    char hint[128];
    if (plug_struct_size(r->s) <= RECORD_SIZE_MAX && plug_struct_count(r->s) <= RECORD_ITEMS_MAX)
        return CMD_YES;
    snprintf(hint, sizeof hint, "%zu bytes and %zu items; at most %zu bytes and %zu items are held",
             plug_struct_size(r->s), plug_struct_count(r->s), RECORD_SIZE_MAX, RECORD_ITEMS_MAX);
    return cmd_fail(c, PLUG_ELIMIT, "hold a record of", plug_struct_format(r->s), hint);
}

struct plug_value *record_values(struct cmd *c, const struct record *r)
{
    struct plug_value *v = plug_calloc(plug_struct_count(r->s) + 1, sizeof *v);
    if (!v)
        cmd_fail(c, -ENOMEM, "hold the values of", plug_struct_format(r->s), NULL);
    return v;
}

/* --- values -------------------------------------------------------------------------------- */

static bool is_text(const struct plug_value_bytes *b)
{
    bool like_hex = b->len >= 4 && memcmp(b->ptr, "hex:", 4) == 0;
    return plug_text_safe(b->ptr, b->len) && !like_hex;
}

static void print_hex(struct cmd *c, const uint8_t *p, size_t n)
{
    char text[2 * 64 + 1];
    for (size_t part; n > 0; p += part, n -= part) {
        part = n < 64 ? n : 64;
        plug_hex_encode(p, part, text, sizeof text);
        cmd_print(c, "%s", text);
    }
}

void record_print_value(struct cmd *c, const struct plug_value *v)
{
    char number[PLUG_DOUBLE_TEXT];
    switch (v->kind) {
    case PLUG_VALUE_INT:
        cmd_print(c, "%lld", (long long)v->i);
        break;
    case PLUG_VALUE_FLOAT:
        plug_double_text(v->f, number, sizeof number);
        cmd_print(c, "%s", number);
        break;
    case PLUG_VALUE_BOOL:
        cmd_print(c, "%s", v->u ? "true" : "false");
        break;
    case PLUG_VALUE_BYTES:
        if (is_text(&v->bytes)) {
            cmd_print_safe(c, PLUG_TEXT_TTY, v->bytes.ptr, v->bytes.len);
        } else {
            cmd_print(c, "hex:");
            print_hex(c, v->bytes.ptr, v->bytes.len);
        }
        break;
    default:
        cmd_print(c, "%llu", (unsigned long long)v->u);
    }
}

void record_json_value(struct plug_json *j, const char *key, const struct plug_value *v)
{
    switch (v->kind) {
    case PLUG_VALUE_INT:
        plug_json_int(j, key, v->i);
        break;
    case PLUG_VALUE_FLOAT:
        plug_json_double(j, key, v->f);
        break;
    case PLUG_VALUE_BOOL:
        plug_json_bool(j, key, v->u);
        break;
    case PLUG_VALUE_BYTES:
        plug_json_hex(j, key, v->bytes.ptr, v->bytes.len);
        break;
    default:
        plug_json_uint(j, key, v->u);
    }
}

/* --- the table ----------------------------------------------------------------------------- */

/* "char[3]", "uint16_t" */
static void type_text(const struct record *r, const struct plug_struct_item *item, char *buf,
                      size_t len)
{
    const char *type = record_c_type(r, item);
    if (item->code == 's' || item->code == 'p')
        snprintf(buf, len, "%s[%zu]", type, item->size);
    else
        snprintf(buf, len, "%s", type);
}

static void explain_line(struct cmd *c, const struct record *r, size_t i,
                         const struct plug_struct_item *item, const struct plug_value *value)
{
    char type[48];
    type_text(r, item, type, sizeof type);
    cmd_print(c, "%6zu %5zu %7zu  %s%-18s%s %s%-12s%s", item->offset, item->size, item->padding,
              cmd_style(c, CMD_DIM), type, cmd_style(c, CMD_PLAIN), cmd_style(c, CMD_NAME),
              r->names ? r->names[i] : "-", cmd_style(c, CMD_PLAIN));
    if (value) {
        cmd_print(c, " ");
        record_print_value(c, value);
    }
    cmd_print(c, "\n");
}

static void explain_event(struct cmd *c, const struct record *r, size_t i,
                          const struct plug_struct_item *item, const struct plug_value *value)
{
    struct plug_json j;
    char type[48], code[2] = {item->code, '\0'};
    type_text(r, item, type, sizeof type);
    cmd_event_bare(c, &j, "item");
    plug_json_uint(&j, "offset_bytes", item->offset);
    plug_json_uint(&j, "size_bytes", item->size);
    plug_json_uint(&j, "padding_bytes", item->padding);
    plug_json_string(&j, "code", code);
    plug_json_string(&j, "ctype", type);
    plug_json_string(&j, "name", r->names ? r->names[i] : NULL);
    if (value)
        record_json_value(&j, "value", value);
    cmd_event_end(c, &j);
}

static void explain_end(struct cmd *c, const struct record *r, size_t end)
{
    size_t size = plug_struct_size(r->s);
    struct plug_json j;
    if (!c->json) {
        cmd_print(c, "%6zu     - %7zu  %s\n", size, size - end, "end");
        return;
    }
    cmd_event_bare(c, &j, "record");
    plug_json_string(&j, "format", plug_struct_format(r->s));
    plug_json_uint(&j, "size_bytes", size);
    plug_json_uint(&j, "padding_bytes", size - end);
    cmd_event_end(c, &j);
}

void record_explain(struct cmd *c, const struct record *r, const struct plug_value *values)
{
    struct plug_struct_item item;
    size_t end = 0;
    if (!c->json)
        cmd_print(c, "%s%6s %5s %7s  %-18s %-12s%s%s\n", cmd_style(c, CMD_BOLD), "offset", "size",
                  "padding", "type", "name", values ? " value" : "", cmd_style(c, CMD_PLAIN));
    for (size_t i = 0; plug_struct_item(r->s, i, &item) == 0 && !cmd_signal(); i++) {
        (c->json ? explain_event : explain_line)(c, r, i, &item, values ? &values[i] : NULL);
        end = item.offset + item.size;
    }
    explain_end(c, r, end);
}
