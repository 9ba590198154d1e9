/* SPDX-License-Identifier: MIT */
/* Text to bytes. */
#include "wire/packet_number.h"
#include "wire/packet_option.h"
#include "wire/packet_spec.h"

#include <plug/err.h>
#include <plug/hex.h>
#include <plug/icmp.h>
#include <string.h>

/* --- layers ----------------------------------------------------------------------------------- */

/* len bytes more of the packet, as a layer; NULL when they do not fit. */
static uint8_t *add(struct plug__spec *s, enum plug_packet_proto proto, size_t len, size_t column)
{
    struct plug_packet *p = &s->p;
    if (p->count == PLUG_PACKET_LAYERS) {
        plug__spec_fail(s, PLUG_ELIMIT, column, "more than %d layers", PLUG_PACKET_LAYERS);
        return NULL;
    }
    if (len > PLUG_PACKET_MAX - p->len) {
        plug__spec_fail(s, PLUG_ELIMIT, column, "a packet has at most %d bytes", PLUG_PACKET_MAX);
        return NULL;
    }
    if (len > s->size - p->len) {
        plug__spec_fail(s, -ENOSPC, column, "the packet does not fit %zu bytes", s->size);
        return NULL;
    }
    s->column[p->count] = column;
    p->layers[p->count++] = (struct plug_packet_layer){proto, p->len, len, 0, false};
    p->len += len;
    return s->buf + p->len - len;
}

/* What nobody set: where the outermost layers have their values from. */
static const struct plug_packet_opts *opts_of(const struct plug__spec *s,
                                              enum plug_packet_proto proto)
{
    static const struct plug_packet_opts none = PLUG_PACKET_OPTS;
    for (unsigned i = 0; i < s->p.count; i++)
        if (s->p.layers[i].proto == proto)
            return &none;
    return s->opts;
}

static void preset(struct plug__spec *s, const struct plug_packet_opts *opts, bool variants)
{
    for (unsigned i = 0; s->proto->fields[i].name; i++) {
        const struct plug__field *f = &s->proto->fields[i];
        if ((f->when != WHEN_ALWAYS) == variants && !(s->given[s->p.count] >> i & 1) &&
            plug__field_applies(s->proto, f, s->header))
            plug__field_preset(f, opts, s->header);
    }
}

/* Fields that this variant of the header does not have. */
static int check_fields(struct plug__spec *s)
{
    for (unsigned i = 0; s->proto->fields[i].name; i++) {
        const struct plug__field *f = &s->proto->fields[i];
        if (s->given[s->p.count] >> i & 1 && !plug__field_applies(s->proto, f, s->header))
            return plug__spec_fail(s, PLUG_EPACKET_SPEC, s->field_at[i],
                                   "%s has no %s with these values of the others", s->proto->name,
                                   f->name);
    }
    if (s->list_len > 0 && !plug__packet_lists(s->proto, s->header))
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, s->list_at,
                               "%s has no %s with these values of the others", s->proto->name,
                               s->proto->list_name);
    return 0;
}

static int finish_layer(struct plug__spec *s, enum plug_packet_proto proto, size_t column)
{
    size_t fixed = plug__packet_fixed(s->proto, s->header), len = fixed + s->list_len;
    uint8_t pad[8];
    if (plug__packet_lists(s->proto, s->header)) {
        size_t more = plug__opt_pad(s->proto, len, pad);
        memcpy(s->list + s->list_len, pad, more);
        len += more;
    }
    if (s->has_cut && s->cut > len)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, column,
                               "cut=%zu is more than the %zu bytes of %s", s->cut, len,
                               s->proto->name);
    size_t keep = s->has_cut ? s->cut : len;
    uint8_t *to = add(s, proto, keep, column);
    if (!to)
        return s->err;
    memcpy(to, s->header, keep < fixed ? keep : fixed);
    if (keep > fixed)
        memcpy(to + fixed, s->list, keep - fixed);
    return 0;
}

/* Does the text say how long the quote is? */
static bool length_given(const struct plug__spec *s, unsigned layer)
{
    const struct plug__field *fields = plug__packet_proto(s->p.layers[layer].proto)->fields;
    for (unsigned i = 0; fields[i].name; i++)
        if (fields[i].computed == AUTO_QUOTE_LEN && s->given[layer] >> i & 1)
            return true;
    return false;
}

/* The innermost datagram that an error quotes is filled up before its objects, unless the text says
 * its length. */
static int fill_quote(struct plug__spec *s, size_t column)
{
    for (unsigned i = s->p.count; i-- > 0;) {
        uint8_t head[PLUG__PACKET_HEADER];
        enum plug_packet_proto proto = s->p.layers[i].proto;
        plug__packet_head(&s->p, i, head);
        if (!plug__packet_quotes(proto, head))
            continue;
        size_t unit = proto == PLUG_PACKET_ICMP ? 4 : 8;
        size_t len = s->p.len - s->p.layers[i].offset - s->p.layers[i].len;
        size_t want =
            len < PLUG_ICMP_QUOTE_MIN ? PLUG_ICMP_QUOTE_MIN : (len + unit - 1) / unit * unit;
        if (len == want || length_given(s, i))
            return 0;
        uint8_t *to = add(s, PLUG_PACKET_PADDING, want - len, column);
        if (to)
            memset(to, 0, want - len);
        return to ? 0 : s->err;
    }
    return 0;
}

static int header(struct plug__spec *s, enum plug_packet_proto proto, size_t column)
{
    if (s->p.count == PLUG_PACKET_LAYERS)
        return add(s, proto, 0, column) ? 0 : s->err;
    if (proto == PLUG_PACKET_ICMPEXT && fill_quote(s, column) < 0)
        return s->err;
    const struct plug_packet_opts *opts = opts_of(s, proto);
    s->proto = plug__packet_proto(proto);
    memset(s->header, 0, sizeof s->header);
    s->list_len = s->cut = 0;
    s->has_list = s->has_cut = false;
    preset(s, opts, false);
    if (plug__spec_take(s, '(') && plug__spec_fields(s) < 0)
        return s->err;
    preset(s, opts, true);
    if (check_fields(s) < 0)
        return s->err;
    return finish_layer(s, proto, column);
}

/* --- payload ---------------------------------------------------------------------------------- */

/* One character of quoted text; -1 at its end, -2 and an error. */
static int unescape(struct plug__spec *s)
{
    static const char from[] = "nrt0\\\"", to[] = "\n\r\t\0\\\"";
    size_t at = s->at;
    char c = s->text[s->at++];
    if (c == '"')
        return -1;
    if (c != '\\')
        return (uint8_t)c;
    char e = s->at < s->len ? s->text[s->at++] : '\0';
    const char *known = e ? strchr(from, e) : NULL;
    if (known)
        return (uint8_t)to[known - from];
    if (e == 'x' && s->len - s->at >= 2 && plug__digit(s->text[s->at]) >= 0 &&
        plug__digit(s->text[s->at + 1]) >= 0) {
        s->at += 2;
        return plug__digit(s->text[s->at - 2]) << 4 | plug__digit(s->text[s->at - 1]);
    }
    plug__spec_fail(s, PLUG_EPACKET_SPEC, at, "escapes are \\n \\r \\t \\0 \\\\ \\\" and \\xhh");
    return -2;
}

/* How many bytes the text between quotes has; they are written too when to is not NULL. */
static ssize_t quoted(struct plug__spec *s, uint8_t *to)
{
    size_t begin = s->at++;
    for (size_t n = 0; s->at < s->len; n++) {
        int c = unescape(s);
        if (c == -1)
            return (ssize_t)n;
        if (c < 0)
            return s->err;
        if (to)
            to[n] = (uint8_t)c;
    }
    return plug__spec_fail(s, PLUG_EPACKET_SPEC, begin, "the text has no closing quote");
}

static ssize_t digits(struct plug__spec *s, uint8_t *to)
{
    const char *text;
    size_t where = 0;
    s->at = s->at + 4;
    size_t len = plug__spec_value(s, "*/", &text), at = (size_t)(text - s->text);
    ssize_t n =
        plug_hex_decode(text, len, PLUG_HEX_SPACE | PLUG_HEX_COLON, to, to ? len / 2 : 0, &where);
    if (n < 0)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, at + where,
                               where < len ? "a hexadecimal digit is wanted"
                                           : "the last byte has only one digit");
    return n;
}

static int times(struct plug__spec *s, uint64_t *ret_times)
{
    const char *text;
    *ret_times = 1;
    if (!plug__spec_take(s, '*'))
        return 0;
    size_t len = plug__spec_value(s, "/", &text);
    if (plug__number(text, len, PLUG_PACKET_MAX, ret_times) < 0)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, (size_t)(text - s->text),
                               "how often, a number up to %d, is wanted behind '*'",
                               PLUG_PACKET_MAX);
    return 0;
}

static int payload(struct plug__spec *s, enum plug_packet_proto proto)
{
    ssize_t (*read)(struct plug__spec *, uint8_t *) = s->text[s->at] == '"' ? quoted : digits;
    size_t begin = s->at;
    uint64_t count;
    ssize_t n = read(s, NULL);
    if (n < 0 || times(s, &count) < 0)
        return s->err;
    if ((uint64_t)n * count == 0)
        return 0;
    uint8_t *to = add(s, proto, (uint64_t)n * count, begin);
    if (!to)
        return s->err;
    size_t end = s->at;
    s->at = begin;
    (void)read(s, to);
    s->at = end;
    for (uint64_t i = 1; i < count; i++)
        memcpy(to + i * (size_t)n, to, (size_t)n);
    return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

static int unknown(struct plug__spec *s, const char *name, size_t len)
{
    struct plug_nearest near = {.typed = name, .len = len};
    char safe[48], hint[64];
    const char *word;
    size_t n;
    for (unsigned i = 1; i < PLUG_PACKET_DATA; i++) {
        const struct plug__proto *p = plug__packet_proto((enum plug_packet_proto)i);
        plug_nearest_offer(&near, p->name, strlen(p->name));
        for (unsigned k = 0; (n = plug__word(p->aliases, k, &word)) > 0; k++)
            plug_nearest_offer(&near, word, n);
    }
    plug__spec_safe(name, len, safe);
    if (near.best)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, (size_t)(name - s->text), "no protocol '%s'%s",
                               safe, plug__spec_hint(&near, hint));
    return plug__spec_fail(s, PLUG_EPACKET_SPEC, (size_t)(name - s->text),
                           "no protocol '%s'; payload is written \"text\" or hex:00ff", safe);
}

static bool begins(const struct plug__spec *s, const char *word)
{
    size_t n = strlen(word);
    return s->len - s->at >= n && memcmp(s->text + s->at, word, n) == 0;
}

static int one_layer(struct plug__spec *s)
{
    const char *name;
    plug__spec_blank(s);
    if (begins(s, "\"") || begins(s, "hex:"))
        return payload(s, PLUG_PACKET_DATA);
    if (begins(s, "pad:"))
        return payload(s, PLUG_PACKET_PADDING);
    size_t column = s->at, len = plug__spec_word(s, &name);
    if (len == 0)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, column,
                               "a protocol such as ip, or payload, is wanted");
    enum plug_packet_proto proto = plug_packet_proto_find(name, len);
    return proto == PLUG_PACKET_NONE ? unknown(s, name, len) : header(s, proto, column);
}

/* Computed fields that were not given, in one layer; checksums on their own, as they cover others.
 */
static void compute(struct plug__spec *s, unsigned layer, bool checksums)
{
    const struct plug_packet_layer *l = &s->p.layers[layer];
    const struct plug__proto *proto = plug__packet_proto(l->proto);
    uint8_t head[PLUG__PACKET_HEADER];
    plug__packet_head(&s->p, layer, head);
    for (unsigned i = 0; proto && proto->fields[i].name; i++) {
        const struct plug__field *f = &proto->fields[i];
        uint64_t value;
        if (s->given[layer] >> i & 1 || (f->computed == AUTO_CHECKSUM) != checksums ||
            !plug__field_applies(proto, f, head) || !plug__auto_value(&s->p, layer, f, &value))
            continue;
        if (value >> f->bits)
            plug__spec_fail(s, PLUG_EPACKET_SPEC, s->column[layer],
                            "%s of %s would be %llu, but has only %u bits; say %s=...", f->name,
                            proto->name, (unsigned long long)value, f->bits, f->name);
        plug__bits_put(s->buf + l->offset, f->bit, f->bits, value);
    }
}

static int build(struct plug__spec *s)
{
    do {
        if (one_layer(s) < 0)
            return s->err;
    } while (plug__spec_take(s, '/'));
    if (s->at < s->len)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, s->at, "'/' is wanted between layers");
    plug__packet_ends(&s->p);
    for (unsigned i = 0; i < s->p.count; i++)
        compute(s, i, false);
    for (unsigned i = s->p.count; i-- > 0;)
        compute(s, i, true);
    return s->err;
}

ssize_t plug_packet_build(const char *spec, const struct plug_packet_opts *opts, void *buf,
                          size_t size, struct plug_packet_error *ret_error)
{
    static const struct plug_packet_opts none = PLUG_PACKET_OPTS;
    struct plug__spec s = {.text = spec, .len = strlen(spec), .opts = opts ? opts : &none};
    s.buf = buf;
    s.size = size;
    s.p.bytes = buf;
    s.error = ret_error;
    if (s.opts->size != sizeof *opts)
        return PLUG_EOPTS;
    if (s.len > PLUG_PACKET_SPEC)
        return plug__spec_fail(&s, PLUG_ELIMIT, PLUG_PACKET_SPEC,
                               "a text form has at most %d bytes", PLUG_PACKET_SPEC);
    return build(&s) < 0 ? s.err : (ssize_t)s.p.len;
}
