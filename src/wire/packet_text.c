/* SPDX-License-Identifier: MIT */
/* Layers back to the text form. */
#include "wire/packet_auto.h"
#include "wire/packet_option.h"

#include <plug/icmp.h>
#include <string.h>

/* Would the field be the same if the text said nothing? */
static bool implied(const struct plug_packet_field *f, const uint8_t *head)
{
    static const struct plug_packet_opts none = PLUG_PACKET_OPTS;
    const struct plug__field *row = f->row;
    uint8_t made[PLUG__PACKET_HEADER] = {0};
    uint64_t value = 0, unit = f->packet->layers[f->layer].proto == PLUG_PACKET_ICMP ? 4 : 8;
    if (row->computed == AUTO_QUOTE_LEN && f->number > 0 && f->number * unit < PLUG_ICMP_QUOTE_MIN)
        return false; /* it says that the quote is not to be filled up */
    if (row->computed >= AUTO_LEN && row->computed <= AUTO_QUOTE_LEN) {
        (void)plug__auto_value(f->packet, f->layer, row, &value);
        return value == f->number;
    }
    plug__field_preset(row, &none, made);
    if (row->bits <= 64)
        return plug__bits_get(made, row->bit, row->bits) == f->number;
    return memcmp(made + row->bit / 8, head + row->bit / 8, row->bits / 8) == 0;
}

/* How much of a list has to be written: not what would be filled up anyway. */
static size_t list_needed(const struct plug__proto *proto, const uint8_t *list, size_t fixed,
                          size_t len)
{
    struct plug__opt o;
    uint8_t pad[8];
    for (size_t at = 0, begin = 0; plug__opt_next(proto->list, list, len, &at, &o); begin = at) {
        size_t n = plug__opt_pad(proto, fixed + begin, pad);
        if (begin + n == len && memcmp(list + begin, pad, n) == 0)
            return begin;
    }
    return len;
}

static void list_text(struct plug__print *out, const struct plug__proto *proto, const uint8_t *list,
                      size_t needed, size_t len)
{
    struct plug__opt o;
    if (proto->list == LIST_DATA) {
        plug__print_hex(out, "hex:", list, needed);
        return;
    }
    plug__print_char(out, '[', 1);
    for (size_t at = 0; at < needed && plug__opt_next(proto->list, list, len, &at, &o);) {
        plug__print(out, o.at > 0 ? "," : "");
        plug__opt_text(out, proto, &o);
    }
    plug__print_char(out, ']', 1);
}

/* Begins one more item between the parentheses. */
static void item(struct plug__print *out, bool *first, const char *name)
{
    plug__print(out, "%c%s=", *first ? '(' : ',', name);
    *first = false;
}

static void header_text(struct plug__print *out, const struct plug_packet *p, unsigned layer)
{
    const struct plug_packet_layer *l = &p->layers[layer];
    const struct plug__proto *proto = plug__packet_proto(l->proto);
    struct plug_packet_field f;
    uint8_t head[PLUG__PACKET_HEADER];
    bool first = true;
    plug__packet_head(p, layer, head);
    size_t fixed = plug__packet_fixed(proto, head);
    plug__print(out, "%s", proto->name);
    for (unsigned at = 0; plug_packet_field_next(p, layer, &at, &f);) {
        char value[PLUG_PACKET_VALUE];
        if (f.kind == PLUG_PACKET_OPTION || implied(&f, head))
            continue;
        plug_packet_field_value(&f, value, sizeof value);
        item(out, &first, f.name);
        plug__print(out, "%s", value);
    }
    if (plug__packet_lists(proto, head) && l->len > fixed) {
        const uint8_t *list = p->bytes + l->offset + fixed;
        size_t needed = list_needed(proto, list, fixed, l->len - fixed);
        if (needed > 0) {
            item(out, &first, proto->list_name);
            list_text(out, proto, list, needed, l->len - fixed);
        }
    }
    if (l->len < fixed || (plug__packet_lists(proto, head) && l->len % proto->unit != 0)) {
        item(out, &first, "cut");
        plug__print(out, "%zu", l->len);
    }
    plug__print(out, first ? "" : ")");
}

size_t plug_packet_text(const struct plug_packet *p, char *buf, size_t len)
{
    struct plug__print out = {buf, len, 0};
    struct plug_packet as_text = *p;
    plug__packet_ends(&as_text);
    for (unsigned i = 0; i < p->count; i++) {
        const struct plug_packet_layer *l = &p->layers[i];
        plug__print(&out, i > 0 ? "/" : "");
        if (l->proto == PLUG_PACKET_DATA)
            plug__print_payload(&out, p->bytes + l->offset, l->len);
        else if (l->proto == PLUG_PACKET_PADDING)
            plug__print_hex(&out, "pad:", p->bytes + l->offset, l->len);
        else
            header_text(&out, &as_text, i);
    }
    return plug__print_end(&out);
}
