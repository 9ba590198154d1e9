/* SPDX-License-Identifier: MIT */
/* What went wrong, in fields and in words. Never on the way of a call that succeeds. */
#include "wire/struct_plan.h"
#include <plug/err.h>
#include <inttypes.h>
#include <stdio.h>

/* Stores what is known in *ret_error, if there is one, and gives the code. */
static int fail(struct plug_struct_error *ret_error, struct plug_struct_error error)
{
    if (ret_error)
        *ret_error = error;
    return error.code;
}

int plug__struct_fail_format(struct plug_struct_error *ret_error, int code, char character,
                             size_t format_offset)
{
    return fail(ret_error, (struct plug_struct_error){.code = code,
                                                      .step = PLUG_STRUCT_STEP_PARSE,
                                                      .character = character,
                                                      .format_offset = format_offset,
                                                      .item = PLUG_STRUCT_NO_ITEM});
}

int plug__struct_fail_count(struct plug_struct_error *ret_error, enum plug_struct_step step,
                            size_t needed, size_t actual)
{
    return fail(ret_error, (struct plug_struct_error){.code = PLUG_ESTRUCT_COUNT,
                                                      .step = step,
                                                      .item = PLUG_STRUCT_NO_ITEM,
                                                      .needed = needed,
                                                      .actual = actual});
}

int plug__struct_fail_place(struct plug_struct_error *ret_error, int code,
                            enum plug_struct_step step, size_t needed, size_t actual,
                            ptrdiff_t offset)
{
    return fail(ret_error, (struct plug_struct_error){.code = code,
                                                      .step = step,
                                                      .item = PLUG_STRUCT_NO_ITEM,
                                                      .needed = needed,
                                                      .actual = actual,
                                                      .offset = offset});
}

static bool takes_integers(uint8_t op)
{
    return op >= PLUG__OP_I8 && op <= PLUG__OP_POINTER;
}

static bool takes_floats(uint8_t op)
{
    return op >= PLUG__OP_F32 && op <= PLUG__OP_F16_SWAP;
}

static bool is_integer(enum plug_value_kind kind)
{
    return kind == PLUG_VALUE_INT || kind == PLUG_VALUE_UINT || kind == PLUG_VALUE_BOOL;
}

/* Unsigned codes are upper case. P takes negative numbers too. */
static void fill_range(struct plug_struct_error *error, const struct plug__struct_part *part)
{
    unsigned bits = part->item_size * 8u;
    bool is_unsigned = part->code >= 'A' && part->code <= 'Z';
    error->max = UINT64_MAX >> (64 - bits + !is_unsigned);
    if (!is_unsigned || part->code == 'P')
        error->min = (int64_t)(UINT64_MAX << (bits - 1));
}

int plug__struct_fail_value(struct plug_struct_error *ret_error, const struct plug_struct *s,
                            size_t item, const struct plug_value *value)
{
    struct plug__struct_part part;
    plug__struct_find(s, item, &part);
    struct plug_struct_error error = {.code = PLUG_ESTRUCT_TYPE,
                                      .step = PLUG_STRUCT_STEP_PACK,
                                      .character = part.code,
                                      .format_offset = part.at,
                                      .item = item,
                                      .value = *value,
                                      .needed = part.item_size};
    if (value->kind == PLUG_VALUE_BYTES)
        error.value.bytes.ptr = NULL;
    if (takes_integers(part.op) && is_integer(value->kind)) {
        error.code = PLUG_ESTRUCT_RANGE;
        fill_range(&error, &part);
    } else if (takes_floats(part.op) &&
               (value->kind == PLUG_VALUE_FLOAT || is_integer(value->kind))) {
        error.code = PLUG_ESTRUCT_RANGE;
    }
    return fail(ret_error, error);
}

int plug__struct_fail_ref(struct plug_struct_error *ret_error, const struct plug_struct *s,
                          size_t item, const struct plug_ref *ref)
{
    struct plug__struct_part part;
    plug__struct_find(s, item, &part);
    struct plug_struct_error error = {.code = PLUG_ESTRUCT_TYPE,
                                      .step = PLUG_STRUCT_STEP_UNPACK,
                                      .character = part.code,
                                      .format_offset = part.at,
                                      .item = item,
                                      .wanted = plug__struct_op_wants(part.op),
                                      .given = ref->ptr ? ref->kind : PLUG_REF_NONE};
    if (part.op >= PLUG__OP_STRING && error.given == PLUG_REF_INTO) {
        error.code = PLUG_ESTRUCT_SIZE;
        error.needed = plug__struct_text_room(part.op, part.repeat);
        error.actual = ref->len;
    }
    return fail(ret_error, error);
}

/* --- names --------------------------------------------------------------------------------- */

const char *plug_value_kind_name(enum plug_value_kind kind)
{
    static const char *const names[] = {
        [PLUG_VALUE_NONE] = "none", [PLUG_VALUE_INT] = "int",     [PLUG_VALUE_UINT] = "unsigned",
        [PLUG_VALUE_BOOL] = "bool", [PLUG_VALUE_FLOAT] = "float", [PLUG_VALUE_BYTES] = "bytes",
        [PLUG_VALUE_CHAR] = "char"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "?";
}

const char *plug_ref_kind_name(enum plug_ref_kind kind)
{
    static const char *const names[] = {
        [PLUG_REF_NONE] = "nothing",     [PLUG_REF_I8] = "int8_t *",
        [PLUG_REF_U8] = "uint8_t *",     [PLUG_REF_I16] = "int16_t *",
        [PLUG_REF_U16] = "uint16_t *",   [PLUG_REF_I32] = "int32_t *",
        [PLUG_REF_U32] = "uint32_t *",   [PLUG_REF_I64] = "int64_t *",
        [PLUG_REF_U64] = "uint64_t *",   [PLUG_REF_F32] = "float *",
        [PLUG_REF_F64] = "double *",     [PLUG_REF_BOOL] = "bool *",
        [PLUG_REF_CHAR] = "char *",      [PLUG_REF_POINTER] = "void **",
        [PLUG_REF_INTO] = "plug_into()", [PLUG_REF_VALUE] = "struct plug_value *"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "?";
}

/* --- words --------------------------------------------------------------------------------- */

/* As CPython names the codes in its messages: the small ones by type, the others by character. */
static void code_name(char code, char *buf, size_t len)
{
    const char *name = code == 'b'   ? "byte"
                       : code == 'B' ? "ubyte"
                       : code == 'h' ? "short"
                       : code == 'H' ? "ushort"
                                     : NULL;
    if (name)
        snprintf(buf, len, "%s", name);
    else
        snprintf(buf, len, "'%c'", code);
}

static void value_text(const struct plug_value *v, char *buf, size_t len)
{
    if (v->kind == PLUG_VALUE_INT)
        snprintf(buf, len, "%" PRId64, v->i);
    else if (v->kind == PLUG_VALUE_FLOAT)
        snprintf(buf, len, "%g", v->f);
    else if (v->kind == PLUG_VALUE_BYTES)
        snprintf(buf, len, "%zu byte%s", v->bytes.len, v->bytes.len == 1 ? "" : "s");
    else
        snprintf(buf, len, "%" PRIu64, v->u);
}

static int range_text(const struct plug_struct_error *e, char *buf, size_t len)
{
    char name[8], value[32];
    code_name(e->character, name, sizeof name);
    value_text(&e->value, value, sizeof value);
    if (e->max == 0)
        return snprintf(buf, len, "item %zu: float too large to pack with %c format (got %s)",
                        e->item + 1, e->character, value);
    return snprintf(buf, len,
                    "item %zu: %s format requires %" PRId64 " <= number <= %" PRIu64 " (got %s)",
                    e->item + 1, name, e->min, e->max, value);
}

static int type_text(const struct plug_struct_error *e, char *buf, size_t len)
{
    if (e->wanted)
        return snprintf(buf, len, "item %zu: '%c' unpacks to %s (got %s)", e->item + 1,
                        e->character, plug_ref_kind_name(e->wanted), plug_ref_kind_name(e->given));
    char value[32] = "";
    if (e->value.kind == PLUG_VALUE_BYTES)
        value_text(&e->value, value, sizeof value);
    const char *given = *value ? value : plug_value_kind_name(e->value.kind);
    switch (e->character) {
    case 'c':
        return snprintf(buf, len,
                        "item %zu: char format requires a bytes object of length 1 (got %s)",
                        e->item + 1, given);
    case 's':
    case 'p':
        return snprintf(buf, len, "item %zu: argument for '%c' must be bytes (got %s)", e->item + 1,
                        e->character, given);
    case '?':
        return snprintf(buf, len, "item %zu: '?' needs a value (got none)", e->item + 1);
    }
    bool is_float = strchr("efd", e->character);
    return snprintf(buf, len, "item %zu: required argument is not %s (format '%c', got %s)",
                    e->item + 1, is_float ? "a float" : "an integer", e->character, given);
}

static int count_text(const struct plug_struct_error *e, char *buf, size_t len)
{
    switch (e->step) {
    case PLUG_STRUCT_STEP_PACK:
    case PLUG_STRUCT_STEP_PACK_INTO:
        return snprintf(buf, len, "%s expected %zu items for packing (got %zu)",
                        e->step == PLUG_STRUCT_STEP_PACK ? "pack" : "pack_into", e->needed,
                        e->actual);
    default:
        return snprintf(buf, len, "unpack expected room for %zu items (got %zu)", e->needed,
                        e->actual);
    }
}

static int size_text(const struct plug_struct_error *e, char *buf, size_t len)
{
    if (e->item != PLUG_STRUCT_NO_ITEM)
        return snprintf(buf, len, "item %zu: '%c' needs a buffer of %zu bytes (got %zu)",
                        e->item + 1, e->character, e->needed, e->actual);
    switch (e->step) {
    case PLUG_STRUCT_STEP_PACK_INTO:
    case PLUG_STRUCT_STEP_UNPACK_FROM:
        return snprintf(buf, len,
                        "%s requires a buffer of at least %zu bytes for %s %zu bytes at offset %td "
                        "(actual buffer size is %zu)",
                        e->step == PLUG_STRUCT_STEP_PACK_INTO ? "pack_into" : "unpack_from",
                        (size_t)e->offset + e->needed,
                        e->step == PLUG_STRUCT_STEP_PACK_INTO ? "packing" : "unpacking", e->needed,
                        e->offset, e->actual);
    case PLUG_STRUCT_STEP_ITERATE:
        if (e->needed == 0)
            return snprintf(buf, len, "cannot iteratively unpack with a struct of length 0");
        return snprintf(
            buf, len, "iterative unpacking requires a buffer of a multiple of %zu bytes (got %zu)",
            e->needed, e->actual);
    case PLUG_STRUCT_STEP_UNPACK:
        return snprintf(buf, len, "unpack requires a buffer of %zu bytes (got %zu)", e->needed,
                        e->actual);
    default:
        return snprintf(buf, len, "pack requires a buffer of at least %zu bytes (got %zu)",
                        e->needed, e->actual);
    }
}

static int offset_text(const struct plug_struct_error *e, char *buf, size_t len)
{
    if (e->offset + (ptrdiff_t)e->needed > 0)
        return snprintf(buf, len, "%s %zu bytes at offset %td",
                        e->step == PLUG_STRUCT_STEP_PACK_INTO ? "no space to pack"
                                                              : "not enough data to unpack",
                        e->needed, e->offset);
    return snprintf(buf, len, "offset %td out of range for %zu-byte buffer", e->offset, e->actual);
}

/* The character itself may be anything; only a printable one is shown as it is. */
static int format_text(const struct plug_struct_error *e, char *buf, size_t len)
{
    unsigned char c = (unsigned char)e->character;
    if (c == 0)
        return snprintf(buf, len, "embedded null character in struct format at offset %zu",
                        e->format_offset);
    if (c < ' ' || c > '~')
        return snprintf(buf, len, "bad char '\\x%02x' in struct format at offset %zu", c,
                        e->format_offset);
    return snprintf(buf, len, "bad char '%c' in struct format at offset %zu", c, e->format_offset);
}

size_t plug_struct_error_text(const struct plug_struct_error *e, char *buf, size_t len)
{
    int n;
    switch (e->code) {
    case PLUG_ESTRUCT_FORMAT:
        n = format_text(e, buf, len);
        break;
    case PLUG_ESTRUCT_NATIVE:
        n = snprintf(buf, len,
                     "bad char '%c' in struct format at offset %zu: only valid in native mode",
                     e->character, e->format_offset);
        break;
    case PLUG_ESTRUCT_REPEAT:
        n = snprintf(buf, len, "repeat count given without format specifier at offset %zu",
                     e->format_offset);
        break;
    case PLUG_ESTRUCT_OVERFLOW:
        n = snprintf(buf, len, "total struct size too long at offset %zu", e->format_offset);
        break;
    case PLUG_ESTRUCT_COUNT:
        n = count_text(e, buf, len);
        break;
    case PLUG_ESTRUCT_RANGE:
        n = range_text(e, buf, len);
        break;
    case PLUG_ESTRUCT_TYPE:
        n = type_text(e, buf, len);
        break;
    case PLUG_ESTRUCT_SIZE:
        n = size_text(e, buf, len);
        break;
    case PLUG_ESTRUCT_OFFSET:
        n = offset_text(e, buf, len);
        break;
    default:
        n = snprintf(buf, len, "%s", plug_strerror(e->code));
    }
    return (size_t)n;
}
