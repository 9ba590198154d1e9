/* SPDX-License-Identifier: MIT */
/* A packet for a person, and for a program: every field a line; as JSON. */
#include "wire/packet_print.h"
#include "wire/packet_table.h"

#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/hex.h>
#include <plug/json.h>
#include <stdio.h>
#include <string.h>

#define SHOWN 56 /* characters of a value that are shown */

static void show_field(struct plug__print *o, const struct plug_packet_field *f)
{
    char where[32], value[SHOWN + 1];
    size_t byte = f->bit / 8, bit = f->bit % 8;
    snprintf(where, sizeof where, bit ? "%zu.%zu" : "%zu", byte, bit);
    size_t n = plug_packet_field_text(f, value, sizeof value);
    bool cut = n >= sizeof value;
    plug__print(o, "  %-7s %-12s %s%s", where, f->name, value, cut ? "..." : "");
    if (cut)
        plug__print(o, " (%zu bytes)", f->len);
    plug__print_char(o, '\n', 1);
}

size_t plug_packet_show(const struct plug_packet *p, char *buf, size_t len)
{
    struct plug__print o = {buf, len, 0};
    for (unsigned i = 0; i < p->count; i++) {
        const struct plug_packet_layer *l = &p->layers[i];
        const struct plug__proto *proto = plug__packet_proto(l->proto);
        struct plug_packet_field f;
        plug__print(&o, "%s: %s%soffset %zu, %zu byte%s\n", plug_packet_proto_name(l->proto),
                    proto ? proto->label : "", proto ? ", " : "", l->offset, l->len,
                    l->len == 1 ? "" : "s");
        for (unsigned at = 0; plug_packet_field_next(p, i, &at, &f);)
            show_field(&o, &f);
    }
    if (p->error)
        plug__print(&o, "malformed at byte %zu: %s\n", p->error_at, p->error_what);
    return plug__print_end(&o);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static bool is_number(const struct plug_packet_field *f)
{
    return f->kind == PLUG_PACKET_NUMBER || f->kind == PLUG_PACKET_HEX ||
           f->kind == PLUG_PACKET_NAME || f->kind == PLUG_PACKET_FLAGS;
}

static void json_value(struct plug_json *j, const struct plug_packet_field *f)
{
    char text[PLUG_PACKET_VALUE];
    if (f->kind == PLUG_PACKET_BYTES) {
        plug_json_hex(j, "value", f->bytes, f->len);
        return;
    }
    size_t n = plug_packet_field_value(f, text, sizeof text);
    if (f->kind == PLUG_PACKET_OPTION) {
        plug_json_hex(j, "value", f->bytes, f->len);
        if (n < sizeof text)
            plug_json_string(j, "text", text);
        return;
    }
    if (!is_number(f)) {
        plug_json_string(j, "value", text);
        return;
    }
    plug_json_uint(j, "value", f->number);
    if (f->kind != PLUG_PACKET_NUMBER)
        plug_json_string(j, "text", text);
}

static void json_field(struct plug_json *j, const struct plug_packet_field *f)
{
    static const char *const verdicts[] = {NULL, "correct", "wrong", "unknown"};
    plug_json_object(j, NULL);
    plug_json_string(j, "name", f->name);
    plug_json_uint(j, "offset", f->bit / 8);
    plug_json_uint(j, "bit", f->bit % 8);
    plug_json_uint(j, "bits", f->bits);
    json_value(j, f);
    if (verdicts[f->verdict])
        plug_json_string(j, "verdict", verdicts[f->verdict]);
    if (f->verdict == PLUG_PACKET_WRONG)
        plug_json_uint(j, "expected", f->expected);
    plug_json_end(j);
}

static void json_hex(struct plug_json *j, const uint8_t *bytes, size_t len)
{
    char *text = plug_alloc(2 * len + 1);
    if (!text) {
        j->error = j->error ? j->error : -ENOMEM;
        return;
    }
    plug_hex_encode(bytes, len, text, 2 * len + 1);
    plug_json_string(j, "hex", text);
    plug_free(text);
}

void plug_packet_json(const struct plug_packet *p, struct plug_json *j)
{
    json_hex(j, p->bytes, p->len);
    plug_json_array(j, "layers");
    for (unsigned i = 0; i < p->count; i++) {
        const struct plug_packet_layer *l = &p->layers[i];
        struct plug_packet_field f;
        plug_json_object(j, NULL);
        plug_json_string(j, "name", plug_packet_proto_name(l->proto));
        plug_json_uint(j, "offset", l->offset);
        plug_json_uint(j, "length", l->len);
        plug_json_array(j, "fields");
        for (unsigned at = 0; plug_packet_field_next(p, i, &at, &f);)
            json_field(j, &f);
        plug_json_end(j);
        plug_json_end(j);
    }
    plug_json_end(j);
    if (p->error) {
        plug_json_object(j, "error");
        plug_json_uint(j, "offset", p->error_at);
        plug_json_string(j, "message", p->error_what);
        plug_json_end(j);
    }
}
