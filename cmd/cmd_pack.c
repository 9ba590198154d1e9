/* SPDX-License-Identifier: MIT */
/* plug pack: values to bytes */
#include "record.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

struct options {
    bool raw, base64, size, explain, c;
    const char *names;
};

static const struct cmd_opt opts[] = {
    {.name = "raw",
     .letter = 'r',
     .kind = CMD_FLAG,
     .help = "write the bytes themselves",
     .offset = offsetof(struct options, raw)},
    {.name = "base64",
     .letter = 'b',
     .kind = CMD_FLAG,
     .help = "write base64 in place of hexadecimal",
     .offset = offsetof(struct options, base64)},
    {.name = "size",
     .letter = 's',
     .kind = CMD_FLAG,
     .help = "print the size of FORMAT; takes no values",
     .offset = offsetof(struct options, size)},
    {.name = "explain",
     .letter = 'x',
     .kind = CMD_FLAG,
     .help = "print where each item is; values may be left out",
     .offset = offsetof(struct options, explain)},
    {.name = "c",
     .kind = CMD_FLAG,
     .help = "print the C struct with this layout; takes no values",
     .offset = offsetof(struct options, c)},
    {.name = "names",
     .letter = 'n',
     .kind = CMD_STRING,
     .metavar = "A,B,...",
     .help = "names of the items, for --explain and --c",
     .offset = offsetof(struct options, names)},
    {0},
};

/* --- values from text ---------------------------------------------------------------------- */

/* Digits of base 16 behind "0x". 0, PLUG_ENUMBER, PLUG_ERANGE. */
static int parse_hex_number(const char *text, uint64_t *ret_value)
{
    uint8_t bytes[8];
    char digits[17];
    size_t n = strlen(text);
    for (; n > 1 && *text == '0'; n--)
        text++;
    if (n == 0 || text[strspn(text, "0123456789abcdefABCDEF")] != '\0')
        return PLUG_ENUMBER;
    if (n > 16)
        return PLUG_ERANGE;
    memset(digits, '0', 16);
    memcpy(digits + 16 - n, text, n);
    if (plug_hex_decode(digits, 16, 0, bytes, 8, NULL) < 0)
        return PLUG_ENUMBER;
    *ret_value = plug_get_be64(bytes);
    return 0;
}

/* "-5", "0x1f". Beyond 64 bits (PLUG_ERANGE) *ret_value is the nearest number there is. */
static int parse_integer(const char *text, struct plug_value *ret_value)
{
    bool negative = *text == '-';
    const char *digits = text + (negative || *text == '+');
    bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    uint64_t size = UINT64_MAX;
    int err = hex ? parse_hex_number(digits + 2, &size)
                  : plug_uint_parse(digits, strlen(digits), UINT64_MAX, &size);
    if (negative && (err == PLUG_ERANGE || size > (uint64_t)INT64_MAX + 1)) {
        size = (uint64_t)INT64_MAX + 1;
        err = err == PLUG_ENUMBER ? err : PLUG_ERANGE;
    }
    *ret_value = negative            ? plug_value_int((int64_t)-size)
                 : size <= INT64_MAX ? plug_value_int((int64_t)size)
                                     : plug_value_uint(size);
    return err;
}

static int parse_number(const char *text, struct plug_value *ret_value)
{
    double x;
    int err = parse_integer(text, ret_value);
    if (err == 0)
        return 0;
    err = plug_double_parse(text, strlen(text), &x);
    *ret_value = plug_value_float(err < 0 ? 0 : x);
    return err;
}

static int parse_truth(const char *text, struct plug_value *ret_value)
{
    bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    *ret_value = plug_value_bool(yes);
    return yes || strcmp(text, "false") == 0 || strcmp(text, "0") == 0 ? 0 : PLUG_ESTRUCT_TYPE;
}

/* Bytes are taken as text, or "hex:6162", which is decoded where it stands. */
static int parse_bytes(char *text, struct plug_value *ret_value)
{
    size_t len = strlen(text);
    ssize_t n = (ssize_t)len;
    if (strncmp(text, "hex:", 4) == 0)
        n = plug_hex_decode(text + 4, len - 4, 0, text, len, NULL);
    *ret_value = plug_value_bytes(text, n < 0 ? 0 : (size_t)n);
    return n < 0 ? (int)n : 0;
}

/* What the code takes, for a message; parsing has failed. */
static int refuse_argument(struct cmd *c, int err, size_t i, char code, const char *text)
{
    const char *wanted = strchr("efd", code) ? "takes a number such as 2.7, 1e-3, inf or nan"
                         : code == '?'       ? "takes true, false, 1 or 0"
                         : strchr("csp", code)
                             ? "takes text, or hex: and pairs of hexadecimal digits"
                         : err == PLUG_ENUMBER ? "takes an integer such as -5 or 0x1f"
                                               : "takes an integer of at most 64 bits";
    char hint[128];
    snprintf(hint, sizeof hint, "item %zu: '%c' %s", i + 1, code, wanted);
    return cmd_fail(c, err == PLUG_ENUMBER ? PLUG_ESTRUCT_TYPE : err, "pack", *text ? text : "''",
                    hint);
}

/* A value is beyond 64 bits: what the code's range would have been. */
static void fill_range(char code, struct plug_struct_error *e)
{
    struct plug_value v = code >= 'a' ? plug_value_uint(UINT64_MAX) : plug_value_int(-1);
    char format[] = {'@', code, '\0'};
    uint8_t buf[8];
    if (plug_pack(format, &v, 1, buf, sizeof buf, e) >= 0)
        e->code = PLUG_ERANGE;
}

/* "item 2: ushort format requires 0 <= number <= 65535", beside the text as it was given. */
static int refuse_value(struct cmd *c, const struct plug_struct_error *e, const char *text)
{
    char hint[256], *got;
    plug_struct_error_text(e, hint, sizeof hint);
    got = strstr(hint, " (got ");
    if (got)
        *got = '\0';
    return cmd_fail(c, e->code, "pack", *text ? text : "''", hint);
}

static int parse_value(struct cmd *c, size_t i, char code, char *text, struct plug_value *ret_value)
{
    struct plug_struct_error e;
    int err;
    if (strchr("csp", code))
        err = parse_bytes(text, ret_value);
    else if (code == '?')
        err = parse_truth(text, ret_value);
    else if (strchr("efd", code))
        err = parse_number(text, ret_value);
    else
        err = parse_integer(text, ret_value);
    if (err == PLUG_ERANGE && !strchr("efdP", code)) {
        fill_range(code, &e);
        e.item = i;
        if (e.code == PLUG_ESTRUCT_RANGE)
            return refuse_value(c, &e, text);
    }
    return err < 0 ? refuse_argument(c, err, i, code, text) : CMD_YES;
}

/* --- output -------------------------------------------------------------------------------- */

static void print_json(struct cmd *c, const struct record *r, const uint8_t *buf, size_t size)
{
    struct plug_json j;
    cmd_event(c, &j, "packed");
    plug_json_string(&j, "format", plug_struct_format(r->s));
    plug_json_uint(&j, "size_bytes", size);
    plug_json_hex(&j, "bytes", buf, size);
    cmd_event_end(c, &j);
}

/* In pieces that are whole groups of three bytes, so that base64 can be joined. */
static void print_encoded(struct cmd *c, const uint8_t *buf, size_t size, bool base64)
{
    char text[2 * 768 + 1];
    for (size_t part; size > 0 && !cmd_signal(); buf += part, size -= part) {
        part = size < 768 ? size : 768;
        if (base64)
            plug_base64_encode(buf, part, 0, text, sizeof text);
        else
            plug_hex_encode(buf, part, text, sizeof text);
        cmd_print(c, "%s", text);
    }
    cmd_print(c, "\n");
}

static void print_packed(struct cmd *c, const struct record *r, const struct plug_value *values,
                         const uint8_t *buf, size_t size)
{
    const struct options *o = c->opts;
    if (o->explain)
        record_explain(c, r, values);
    else if (c->json)
        print_json(c, r, buf, size);
    else if (o->raw)
        cmd_write(c, buf, size);
    else
        print_encoded(c, buf, size, o->base64);
}

/* --- packing ------------------------------------------------------------------------------- */

static int pack_into(struct cmd *c, const struct record *r, struct plug_value *values, uint8_t *buf)
{
    size_t size = plug_struct_size(r->s), count = plug_struct_count(r->s);
    struct plug_struct_error e;
    if (plug_struct_pack(r->s, values, count, buf, size, &e) < 0)
        return refuse_value(c, &e, c->argv[1 + e.item]);
    /* what was packed, not what was typed: text may have been cut, floats rounded */
    if (plug_struct_unpack(r->s, buf, size, values, count, &e) < 0)
        return cmd_fail(c, e.code, "read back", plug_struct_format(r->s), NULL);
    print_packed(c, r, values, buf, size);
    return CMD_YES;
}

static int pack_values(struct cmd *c, const struct record *r, struct plug_value *values)
{
    struct plug_struct_item item;
    for (size_t i = 0; plug_struct_item(r->s, i, &item) == 0; i++) {
        int code = parse_value(c, i, item.code, c->argv[1 + i], &values[i]);
        if (code != CMD_YES)
            return code;
    }
    uint8_t *buf = plug_calloc(plug_struct_size(r->s) + 1, 1);
    if (!buf)
        return cmd_fail(c, -ENOMEM, "pack", plug_struct_format(r->s), NULL);
    int code = pack_into(c, r, values, buf);
    plug_free(buf);
    return code;
}

static int pack(struct cmd *c, const struct record *r)
{
    size_t count = plug_struct_count(r->s), given = (size_t)c->argc - 1;
    struct plug_value *values;
    char hint[96];
    snprintf(hint, sizeof hint, "pack expected %zu item%s for packing (got %zu)", count,
             count == 1 ? "" : "s", given);
    if (count != given)
        return cmd_fail(c, PLUG_ESTRUCT_COUNT, "pack", plug_struct_format(r->s), hint);
    int code = record_check_limits(c, r);
    if (code != CMD_YES)
        return code;
    values = record_values(c, r);
    code = values ? pack_values(c, r, values) : CMD_UNKNOWN;
    plug_free(values);
    return code;
}

static int print_size(struct cmd *c, const struct record *r)
{
    struct plug_json j;
    if (c->argc > 1)
        return cmd_usage(c, "--size takes a format and no values");
    if (!c->json) {
        cmd_print(c, "%zu\n", plug_struct_size(r->s));
        return CMD_YES;
    }
    cmd_event(c, &j, "size");
    plug_json_string(&j, "format", plug_struct_format(r->s));
    plug_json_uint(&j, "size_bytes", plug_struct_size(r->s));
    plug_json_uint(&j, "items", plug_struct_count(r->s));
    cmd_event_end(c, &j);
    return CMD_YES;
}

static int run(struct cmd *c)
{
    const struct options *o = c->opts;
    struct record r;
    int code = cmd_operands(c, 1, INT_MAX);
    if (code != CMD_YES)
        return code;
    if (o->raw + o->base64 + o->size + o->explain + o->c + (c->json && !o->size && !o->explain) > 1)
        return cmd_usage(c, "one of --raw, --base64, --size, --explain, --c and --json is enough");
    if (o->names && !o->explain && !o->c)
        return cmd_usage(c, "--names is for --explain and --c");
    if (o->c && c->argc > 1)
        return cmd_usage(c, "--c takes no values");
    code = record_open(c, &r, c->argv[0], o->names);
    if (code != CMD_YES)
        return code;
    if (o->size)
        code = print_size(c, &r);
    else if (o->c)
        code = record_print_c(c, &r);
    else if (o->explain && c->argc == 1)
        record_explain(c, &r, NULL);
    else
        code = pack(c, &r);
    record_close(&r);
    return code;
}

const struct cmd_info cmd_pack = {
    .name = "pack",
    .summary = "values to bytes, by a format of Python's struct",
    .operands = "FORMAT VALUE...",
    .examples = "plug pack I3sf 1 abc 2.7              # 0100000061626300cdcc2c40\n"
                "plug pack --raw '!BBHHh' 8 0 0 77 -1  # an ICMP header, as bytes\n"
                "plug pack --size llh0l                # 24\n"
                "plug pack --explain '<IH10s'          # where each item is\n",
    .notes = "Options come before FORMAT; everything behind it is a value, so -5 is a number.\n"
             "Integers may be written 0x1f, floats inf and nan; ? takes true and false; "
             "c, s and p take text, or bytes as hex:6162. A value out of range is an error.\n",
    .opts = opts,
    .opts_size = sizeof(struct options),
    .stop_at_operand = true,
    .run = run,
};
