/* SPDX-License-Identifier: MIT */
/* The text form: fields and their values. */
#include "wire/packet_number.h"
#include "wire/packet_option.h"
#include "wire/packet_spec.h"

#include <arpa/inet.h>
#include <plug/err.h>
#include <plug/hex.h>
#include <stdio.h>
#include <string.h>

/* One value that is being read, for its messages. */
struct value {
    const char *text;
    size_t len, at;
    char safe[48];
};

/* --- names of values -------------------------------------------------------------------------- */

static int named(const struct plug__field *f, const uint8_t *header, const struct value *v,
                 uint64_t *ret_value)
{
    for (const struct plug__name *n = f->names; n && n->name; n++)
        if (plug__name_is(n->name, NULL, v->text, v->len)) {
            *ret_value = n->value;
            return 1;
        }
    for (unsigned i = 0; f->name_of && i < 256; i++) {
        const char *name = f->name_of(header, i);
        if (name && plug__name_is(name, NULL, v->text, v->len)) {
            *ret_value = i;
            return 1;
        }
    }
    return 0;
}

static void nearest_name(const struct plug__field *f, const uint8_t *header, struct plug_nearest *n)
{
    for (const struct plug__name *row = f->names; row && row->name; row++)
        plug_nearest_offer(n, row->name, strlen(row->name));
    for (unsigned i = 0; f->name_of && i < 256; i++) {
        const char *name = f->name_of(header, i);
        if (name)
            plug_nearest_offer(n, name, strlen(name));
    }
}

/* --- kinds of values -------------------------------------------------------------------------- */

static int read_number(struct plug__spec *s, const struct plug__field *f, struct value *v)
{
    uint64_t max = f->bits < 64 ? (UINT64_C(1) << f->bits) - 1 : UINT64_MAX, number;
    struct plug_nearest near = {.typed = v->text, .len = v->len};
    char hint[64];
    int err = plug__number(v->text, v->len, max, &number);
    if (err == PLUG_ENUMBER && f->kind == PLUG_PACKET_NAME && named(f, s->header, v, &number))
        err = 0;
    if (err == PLUG_ERANGE)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, v->at,
                               "%s=%s does not fit its %u bits: at most %llu", f->name, v->safe,
                               f->bits, (unsigned long long)max);
    if (err < 0) {
        nearest_name(f, s->header, &near);
        return plug__spec_fail(
            s, PLUG_EPACKET_SPEC, v->at, "%s=%s: a number from 0 to %llu%s is wanted%s", f->name,
            v->safe, (unsigned long long)max, f->kind == PLUG_PACKET_NAME ? " or a name" : "",
            plug__spec_hint(&near, hint));
    }
    plug__bits_put(s->header, f->bit, f->bits, number);
    return 0;
}

/* The bits of names with + or | between them, of letters, or -1. */
static int64_t flag_names(const struct plug__field *f, const char *text, size_t len)
{
    int64_t bits = 0;
    while (len > 0) {
        const char *word;
        size_t n = 0, known;
        int64_t bit = 0;
        while (n < len && text[n] != '+' && text[n] != '|')
            n++;
        for (unsigned i = 0; (known = plug__word(f->flags, i, &word)) > 0; i++)
            if (known == n && memcmp(word, text, n) == 0)
                bit = 1 << (f->bits - 1 - i);
        if (bit == 0 || n + 1 == len)
            return -1;
        bits |= bit;
        text += n + (n < len);
        len -= n + (n < len);
    }
    return bits;
}

static int64_t flag_letters(const struct plug__field *f, const char *text, size_t len)
{
    int64_t bits = 0;
    for (size_t k = 0; k < len; k++) {
        const char *word;
        int64_t bit = 0;
        for (unsigned i = 0; plug__word(f->flags, i, &word) > 0; i++)
            if (word[0] == text[k])
                bit = 1 << (f->bits - 1 - i);
        if (bit == 0 || bits & bit)
            return -1; /* twice: "ECE" is a name */
        bits |= bit;
    }
    return bits;
}

static int read_flags(struct plug__spec *s, const struct plug__field *f, struct value *v)
{
    uint64_t number;
    int64_t bits = f->bits > 3 ? flag_letters(f, v->text, v->len) : -1;
    if (bits < 0)
        bits = flag_names(f, v->text, v->len);
    if (v->len == 0 ||
        (bits < 0 && plug__number(v->text, v->len, (1U << f->bits) - 1, &number) < 0))
        return plug__spec_fail(
            s, PLUG_EPACKET_SPEC, v->at, "%s=%s: wanted are %s of '%s', or a number", f->name,
            v->safe, f->bits > 3 ? "the first letters" : "names with + between them", f->flags);
    plug__bits_put(s->header, f->bit, f->bits, bits < 0 ? number : (uint64_t)bits);
    return 0;
}

static int read_address(struct plug__spec *s, const struct plug__field *f, struct value *v)
{
    char text[INET6_ADDRSTRLEN] = "";
    int family = f->kind == PLUG_PACKET_ADDRESS4 ? AF_INET : AF_INET6;
    uint8_t *to = s->header + f->bit / 8;
    if (v->len < sizeof text)
        memcpy(text, v->text, v->len);
    if (f->kind == PLUG_PACKET_MAC
            ? v->len != 17 || plug_hex_decode(v->text, v->len, PLUG_HEX_COLON, to, 6, NULL) != 6
            : strlen(text) != v->len || inet_pton(family, text, to) != 1)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, v->at,
                               "%s=%s: an address such as %s is wanted", f->name, v->safe,
                               f->kind == PLUG_PACKET_MAC        ? "02:00:00:00:00:01"
                               : f->kind == PLUG_PACKET_ADDRESS4 ? "192.0.2.1"
                                                                 : "2001:db8::1");
    return 0;
}

static int read_value(struct plug__spec *s, const struct plug__field *f)
{
    struct value v = {.at = 0};
    v.len = plug__spec_value(s, ",)/", &v.text);
    v.at = (size_t)(v.text - s->text);
    plug__spec_safe(v.text, v.len, v.safe);
    switch (f->kind) {
    case PLUG_PACKET_FLAGS:
        return read_flags(s, f, &v);
    case PLUG_PACKET_MAC:
    case PLUG_PACKET_ADDRESS4:
    case PLUG_PACKET_ADDRESS6:
        return read_address(s, f, &v);
    default:
        return read_number(s, f, &v);
    }
}

/* --- fields ----------------------------------------------------------------------------------- */

/* The field of a name; where the variants of a header share one, that of this variant. */
static const struct plug__field *find(const struct plug__spec *s, const char *name, size_t len)
{
    const struct plug__field *found = NULL;
    for (const struct plug__field *f = s->proto->fields; f->name; f++)
        if (plug__name_is(f->name, f->aliases, name, len)) {
            if (plug__field_applies(s->proto, f, s->header))
                return f;
            found = found ? found : f;
        }
    return found;
}

static int unknown(struct plug__spec *s, const char *name, size_t len)
{
    struct plug_nearest near = {.typed = name, .len = len};
    char safe[48], hint[64];
    const char *word;
    size_t n;
    for (const struct plug__field *f = s->proto->fields; f->name; f++) {
        plug_nearest_offer(&near, f->name, strlen(f->name));
        for (unsigned i = 0; (n = plug__word(f->aliases, i, &word)) > 0; i++)
            plug_nearest_offer(&near, word, n);
    }
    if (s->proto->list_name)
        plug_nearest_offer(&near, s->proto->list_name, strlen(s->proto->list_name));
    return plug__spec_fail(s, PLUG_EPACKET_SPEC, (size_t)(name - s->text), "%s has no field '%s'%s",
                           s->proto->name, plug__spec_safe(name, len, safe),
                           plug__spec_hint(&near, hint));
}

static int twice(struct plug__spec *s, const char *name, size_t len)
{
    return plug__spec_fail(s, PLUG_EPACKET_SPEC, (size_t)(name - s->text), "%.*s is given twice",
                           (int)len, name);
}

static int read_cut(struct plug__spec *s)
{
    const char *text;
    size_t len = plug__spec_value(s, ",)/", &text);
    uint64_t value;
    if (plug__number(text, len, PLUG_PACKET_MAX, &value) < 0 || value == 0)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, (size_t)(text - s->text),
                               "cut: how many bytes of the header to keep is wanted");
    s->cut = value;
    s->has_cut = true;
    return 0;
}

static int one_field(struct plug__spec *s)
{
    const char *name;
    size_t len = plug__spec_word(s, &name);
    if (len == 0)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, s->at, "the name of a field of %s is wanted",
                               s->proto->name);
    const struct plug__field *f = find(s, name, len);
    bool list = !f && s->proto->list_name && plug__name_is(s->proto->list_name, NULL, name, len);
    bool cut = !f && plug__name_is("cut", NULL, name, len);
    if (!f && !list && !cut)
        return unknown(s, name, len);
    if (!plug__spec_take(s, '='))
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, s->at,
                               "'=' and a value are wanted behind %.*s", (int)len, name);
    if (cut)
        return s->has_cut ? twice(s, name, len) : read_cut(s);
    if (list) {
        s->list_at = (size_t)(name - s->text);
        return s->has_list ? twice(s, name, len) : plug__spec_list(s);
    }
    unsigned number = (unsigned)(f - s->proto->fields);
    if (s->given[s->p.count] >> number & 1)
        return twice(s, name, len);
    s->given[s->p.count] |= UINT32_C(1) << number;
    s->field_at[number] = (size_t)(name - s->text);
    return read_value(s, f);
}

int plug__spec_fields(struct plug__spec *s)
{
    if (plug__spec_take(s, ')'))
        return 0;
    do {
        if (one_field(s) < 0)
            return s->err;
    } while (plug__spec_take(s, ','));
    if (!plug__spec_take(s, ')'))
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, s->at, "',' or ')' is wanted behind a field");
    return 0;
}
