/* SPDX-License-Identifier: MIT */
/* plug unpack: bytes to values */
#include "record.h"
#include <stdio.h>
#include <string.h>

#define CHUNK 4096 /* bytes read at a time */

struct options {
    bool hex, base64, repeat, explain, c;
    const char *names;
};

static const struct cmd_opt opts[] = {
    {.name = "hex",
     .letter = 'x',
     .kind = CMD_FLAG,
     .help = "standard input is hexadecimal text",
     .offset = offsetof(struct options, hex)},
    {.name = "base64",
     .letter = 'b',
     .kind = CMD_FLAG,
     .help = "the operand, or standard input, is base64",
     .offset = offsetof(struct options, base64)},
    {.name = "repeat",
     .letter = 'r',
     .kind = CMD_FLAG,
     .help = "unpack one record after the other",
     .offset = offsetof(struct options, repeat)},
    {.name = "names",
     .letter = 'n',
     .kind = CMD_STRING,
     .metavar = "A,B,...",
     .help = "names of the items, in front of each value",
     .offset = offsetof(struct options, names)},
    {.name = "explain",
     .letter = 'e',
     .kind = CMD_FLAG,
     .help = "print a table: offset, size, padding, type, name, value",
     .offset = offsetof(struct options, explain)},
    {.name = "c",
     .kind = CMD_FLAG,
     .help = "print the C struct with this layout; reads no bytes",
     .offset = offsetof(struct options, c)},
    {0},
};

/* --- one record ---------------------------------------------------------------------------- */

static void print_json(struct cmd *c, const struct record *r, const struct plug_value *values)
{
    struct plug_json j;
    cmd_event_bare(c, &j, "values");
    (r->names ? plug_json_object : plug_json_array)(&j, "values");
    for (size_t i = 0; i < plug_struct_count(r->s); i++)
        record_json_value(&j, r->names ? r->names[i] : NULL, &values[i]);
    plug_json_end(&j);
    cmd_event_end(c, &j);
}

static void print_lines(struct cmd *c, const struct record *r, const struct plug_value *values)
{
    for (size_t i = 0; i < plug_struct_count(r->s) && !cmd_signal(); i++) {
        if (r->names)
            cmd_print(c, "%s%s%s ", cmd_style(c, CMD_NAME), r->names[i], cmd_style(c, CMD_PLAIN));
        record_print_value(c, &values[i]);
        cmd_print(c, "\n");
    }
}

static int print_record(struct cmd *c, const struct record *r, const uint8_t *bytes,
                        struct plug_value *values)
{
    const struct options *o = c->opts;
    struct plug_struct_error e;
    ssize_t n = plug_struct_unpack(r->s, bytes, plug_struct_size(r->s), values,
                                   plug_struct_count(r->s), &e);
    if (n < 0)
        return cmd_fail(c, (int)n, "unpack", plug_struct_format(r->s), NULL);
    if (o->explain)
        record_explain(c, r, values);
    else if (c->json)
        print_json(c, r, values);
    else
        print_lines(c, r, values);
    return CMD_YES;
}

static int refuse_size(struct cmd *c, const struct record *r, size_t len, const char *more)
{
    const struct options *o = c->opts;
    size_t size = plug_struct_size(r->s);
    char hint[128];
    if (o->repeat && size == 0)
        snprintf(hint, sizeof hint, "cannot iteratively unpack with a struct of length 0");
    else if (o->repeat)
        snprintf(hint, sizeof hint, "needs a multiple of %zu bytes (got %zu)", size, len);
    else
        snprintf(hint, sizeof hint, "unpack requires a buffer of %zu byte%s (got %s%zu)", size,
                 size == 1 ? "" : "s", more, len);
    return cmd_fail(c, PLUG_ESTRUCT_SIZE, "unpack", plug_struct_format(r->s), hint);
}

/* --- all bytes at hand --------------------------------------------------------------------- */

static int print_records(struct cmd *c, const struct record *r, const uint8_t *bytes, size_t len)
{
    const struct options *o = c->opts;
    size_t size = plug_struct_size(r->s);
    struct plug_value *values;
    int code = CMD_YES;
    if (o->repeat ? size == 0 || len % size != 0 : len != size)
        return refuse_size(c, r, len, "");
    values = record_values(c, r);
    if (!values)
        return CMD_UNKNOWN;
    if (!o->repeat)
        code = print_record(c, r, bytes, values);
    for (size_t at = 0; o->repeat && at < len && code == CMD_YES && !cmd_signal(); at += size)
        code = print_record(c, r, bytes + at, values);
    plug_free(values);
    return code;
}

/* Text in the place of bytes, decoded where it stands. */
static ssize_t decode(const struct options *o, char *text, size_t len, size_t *ret_where)
{
    if (o->base64)
        return plug_base64_decode(text, len, PLUG_BASE64_SPACE, text, len, ret_where);
    return plug_hex_decode(text, len, PLUG_HEX_SPACE | PLUG_HEX_COLON, text, len, ret_where);
}

static int unpack_text(struct cmd *c, const struct record *r, char *text, size_t len)
{
    const struct options *o = c->opts;
    size_t where = 0;
    char hint[96];
    ssize_t n = decode(o, text, len, &where);
    if (n >= 0)
        return print_records(c, r, (const uint8_t *)text, (size_t)n);
    snprintf(hint, sizeof hint,
             where < len ? "the mistake is at character %zu" : "it ends too early", where + 1);
    return cmd_fail(c, (int)n, "decode", len == 0 ? "''" : len < 256 ? text : "the input", hint);
}

/* --- standard input ------------------------------------------------------------------------ */

/* Reads until there are more than want bytes or the end. 0, or the error. */
static int fill(struct cmd *c, struct plug_buf *in, size_t want)
{
    uint8_t *room;
    ssize_t n = 1;
    while (n > 0 && plug_buf_len(in) <= want) {
        n = plug_buf_reserve(in, CHUNK, &room);
        if (n == 0)
            n = cmd_read(c, room, CHUNK);
        if (n > 0)
            plug_buf_commit(in, (size_t)n);
    }
    return n < 0 ? (int)n : 0;
}

static int fail_read(struct cmd *c, int err)
{
    return cmd_fail(c, err, "read", "standard input",
                    err == PLUG_ELIMIT ? "text for more than the largest record" : NULL);
}

/* Hexadecimal text, such as plug pack prints, is told from bytes by its length. */
static bool is_hex(const struct record *r, const struct plug_buf *in)
{
    ssize_t n = plug_hex_decode((const char *)plug_buf_data(in), plug_buf_len(in), PLUG_HEX_SPACE,
                                NULL, 0, NULL);
    return plug_buf_len(in) != plug_struct_size(r->s) && n == (ssize_t)plug_struct_size(r->s);
}

static int unpack_one(struct cmd *c, const struct record *r, struct plug_buf *in)
{
    const struct options *o = c->opts;
    size_t size = plug_struct_size(r->s),
           most = 3 * size + 16; /* pairs of digits, each with a space */
    bool text = o->hex || o->base64;
    int err = fill(c, in, text ? 4 * RECORD_SIZE_MAX : most);
    if (err < 0)
        return fail_read(c, err);
    if (text || is_hex(r, in))
        return unpack_text(c, r, (char *)plug_buf_str(in), plug_buf_len(in));
    if (plug_buf_len(in) != size)
        return refuse_size(c, r, plug_buf_len(in), plug_buf_len(in) > most ? "at least " : "");
    return print_records(c, r, plug_buf_data(in), size);
}

/* Prints the records that have come so far, and writes them out before more is waited for. */
static int print_ready(struct cmd *c, const struct record *r, struct plug_buf *in,
                       struct plug_value *values)
{
    size_t size = plug_struct_size(r->s), at = 0;
    int code = CMD_YES;
    for (; plug_buf_len(in) - at >= size && code == CMD_YES && !cmd_signal(); at += size)
        code = print_record(c, r, plug_buf_data(in) + at, values);
    plug_buf_consume(in, at);
    cmd_flush(c);
    return code;
}

static int unpack_stream(struct cmd *c, const struct record *r, struct plug_buf *in,
                         struct plug_value *values)
{
    size_t had = 0, done = 0;
    int code = CMD_YES;
    if (plug_struct_size(r->s) == 0)
        return refuse_size(c, r, 0, "");
    while (code == CMD_YES && c->out_error == 0) {
        int err = fill(c, in, had);
        size_t len = plug_buf_len(in);
        if (err < 0)
            return fail_read(c, err);
        if (len == had)
            return had > 0 ? refuse_size(c, r, done + had, "") : CMD_YES;
        code = print_ready(c, r, in, values);
        had = plug_buf_len(in);
        done += len - had;
    }
    return code;
}

static int unpack_stdin(struct cmd *c, const struct record *r)
{
    const struct options *o = c->opts;
    struct plug_value *values;
    struct plug_buf in;
    int code = CMD_UNKNOWN;
    plug_buf_init(&in, 4 * RECORD_SIZE_MAX + 2 * CHUNK);
    if (!o->repeat || o->hex || o->base64) {
        code = unpack_one(c, r, &in);
    } else if ((values = record_values(c, r))) {
        code = unpack_stream(c, r, &in, values);
        plug_free(values);
    }
    plug_buf_clear(&in);
    return code;
}

/* --- the command --------------------------------------------------------------------------- */

static int check_options(struct cmd *c)
{
    const struct options *o = c->opts;
    if (o->hex && o->base64)
        return cmd_usage(c, "--hex and --base64 exclude each other");
    if (o->c && (o->explain || o->repeat || o->hex || o->base64 || c->json))
        return cmd_usage(c, "--c goes with --names only");
    if (o->c && c->argc > 1)
        return cmd_usage(c, "--c reads no bytes");
    return CMD_YES;
}

static int run(struct cmd *c)
{
    const struct options *o = c->opts;
    struct record r;
    int code = cmd_operands(c, 1, 2);
    if (code == CMD_YES)
        code = check_options(c);
    if (code == CMD_YES)
        code = record_open(c, &r, c->argv[0], o->names);
    if (code != CMD_YES)
        return code;
    if (o->c)
        code = record_print_c(c, &r);
    else
        code = record_check_limits(c, &r);
    if (code == CMD_YES && !o->c)
        code =
            c->argc > 1 ? unpack_text(c, &r, c->argv[1], strlen(c->argv[1])) : unpack_stdin(c, &r);
    record_close(&r);
    return code;
}

const struct cmd_info cmd_unpack = {
    .name = "unpack",
    .summary = "bytes to values, by a format of Python's struct",
    .operands = "FORMAT [HEX]",
    .examples =
        "plug unpack @I3sf 0100000061626300cdcc2c40            # 1, abc, 2.700000047683716\n"
        "plug unpack --names type,code,sum '!BBH' 0800f7ff     # type 8 ...\n"
        "plug unpack --json --repeat '<HH' <samples.bin        # one object a record\n"
        "plug unpack --c llh0l                                 # the C struct\n",
    .notes =
        "Without HEX, standard input is read: bytes, or hexadecimal text when its length says so; "
        "--hex and --base64 settle it. Bytes are printed as text where that is harmless, else "
        "as hex:6162, which plug pack takes.\n",
    .opts = opts,
    .opts_size = sizeof(struct options),
    .run = run,
};
