/* SPDX-License-Identifier: MIT */
/* The text form: lists of options. */
#include "wire/packet_number.h"
#include "wire/packet_option.h"
#include "wire/packet_spec.h"

#include <plug/err.h>
#include <string.h>

/* What is wanted as the value of an option. */
static const char *const examples[] = {
    [FORM_BARE] = "no value",
    [FORM_U8] = "a number from 0 to 255",
    [FORM_U16] = "a number from 0 to 65535",
    [FORM_U32] = "a number from 0 to 4294967295",
    [FORM_STAMPS] = "two numbers such as 1:0",
    [FORM_EDGES] = "edges of blocks such as 1-2:5-9",
    [FORM_ROUTE] = "a pointer and addresses such as 4:192.0.2.1:192.0.2.2",
    [FORM_MAC] = "an address such as 02:00:00:00:00:01",
    [FORM_LABELS] = "label-class-bottom-ttl such as 24001-0-1-255",
    [FORM_MTU] = "a number from 0 to 4294967295",
    [FORM_HEX] = "bytes such as hex:00ff",
};

static int does_not_fit(struct plug__spec *s, size_t at)
{
    return plug__spec_fail(s, PLUG_EPACKET_SPEC, at, "%s longer than %u bytes", s->proto->list_name,
                           s->proto->list_max);
}

static int append_raw(struct plug__spec *s, const char *text, size_t len)
{
    size_t at = (size_t)(text - s->text);
    int n = plug__form_read(FORM_HEX, text, len, s->list + s->list_len,
                            s->proto->list_max - s->list_len);
    if (n < 0 && len > 4 + 2 * (s->proto->list_max - s->list_len))
        return does_not_fit(s, at);
    if (n < 0)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, at, "bytes such as hex:00ff are wanted");
    s->list_len += (size_t)n;
    return 0;
}

static int append(struct plug__spec *s, size_t at, uint16_t kind, const uint8_t *data, size_t len)
{
    int n =
        plug__opt_put(s->proto->list, s->list, s->proto->list_max, s->list_len, kind, data, len);
    if (n < 0)
        return does_not_fit(s, at);
    s->list_len = (size_t)n;
    return 0;
}

static const struct plug__option *find(const struct plug__proto *proto, const char *name,
                                       size_t len)
{
    for (const struct plug__option *o = proto->options; o->name; o++)
        if (plug__name_is(o->name, NULL, name, len))
            return o;
    return NULL;
}

/* "254", of an object "1.1"; false when it is neither. */
static bool kind_number(const struct plug__proto *proto, const char *text, size_t len,
                        uint16_t *ret_kind)
{
    const char *dot = proto->list == LIST_OBJECT ? memchr(text, '.', len) : NULL;
    uint64_t high = 0, low;
    size_t head = dot ? (size_t)(dot - text) + 1 : 0;
    if (proto->list == LIST_OBJECT && (!dot || plug__number(text, head - 1, 255, &high) < 0))
        return false;
    if (plug__number(text + head, len - head, 255, &low) < 0)
        return false;
    *ret_kind = (uint16_t)(high << 8 | low);
    return true;
}

static int unknown(struct plug__spec *s, const char *name, size_t len)
{
    struct plug_nearest near = {.typed = name, .len = len};
    char safe[48], hint[64];
    for (const struct plug__option *o = s->proto->options; o->name; o++)
        plug_nearest_offer(&near, o->name, strlen(o->name));
    return plug__spec_fail(s, PLUG_EPACKET_SPEC, (size_t)(name - s->text),
                           "%s has no option '%s'%s", s->proto->name,
                           plug__spec_safe(name, len, safe), plug__spec_hint(&near, hint));
}

static int value_of(struct plug__spec *s, const char *name, size_t name_len, enum plug__form form,
                    uint16_t kind)
{
    uint8_t data[PLUG__PACKET_LIST];
    const char *text;
    size_t len = plug__spec_value(s, ",])", &text), at = (size_t)(text - s->text);
    int n = plug__form_read(form, text, len, data, sizeof data);
    if (n < 0)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, at, "%.*s wants %s", (int)name_len, name,
                               examples[form]);
    return append(s, (size_t)(name - s->text), kind, data, (size_t)n);
}

static int one_option(struct plug__spec *s)
{
    const char *name;
    size_t len = plug__spec_word(s, &name), begin = (size_t)(name - s->text);
    if (len == 3 && memcmp(name, "hex", 3) == 0) {
        s->at = begin;
        len = plug__spec_value(s, ",])", &name);
        return append_raw(s, name, len);
    }
    if (len == 0)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, s->at, "an option of %s is wanted",
                               s->proto->name);
    const struct plug__option *o = find(s->proto, name, len);
    enum plug__form form = o ? (enum plug__form)o->form : FORM_HEX;
    uint16_t kind = o ? o->kind : 0;
    if (!o && !kind_number(s->proto, name, len, &kind))
        return unknown(s, name, len);
    if (plug__spec_take(s, '='))
        return value_of(s, name, len, form, kind);
    if (form != FORM_BARE)
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, s->at, "%.*s wants %s", (int)len, name,
                               examples[form]);
    return append(s, begin, kind, s->list, 0);
}

int plug__spec_list(struct plug__spec *s)
{
    s->has_list = true;
    if (s->proto->list == LIST_DATA) {
        const char *text;
        size_t len = plug__spec_value(s, ",)/", &text);
        return append_raw(s, text, len);
    }
    if (!plug__spec_take(s, '['))
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, s->at, "a list such as %s=[...] is wanted",
                               s->proto->list_name);
    if (plug__spec_take(s, ']'))
        return 0;
    do {
        if (one_option(s) < 0)
            return s->err;
    } while (plug__spec_take(s, ','));
    if (!plug__spec_take(s, ']'))
        return plug__spec_fail(s, PLUG_EPACKET_SPEC, s->at,
                               "',' or ']' is wanted behind an option");
    return 0;
}
