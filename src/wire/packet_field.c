/* SPDX-License-Identifier: MIT */
/* The fields of a layer and their values as text. */
#include "wire/packet_auto.h"
#include "wire/packet_option.h"

#include <arpa/inet.h>
#include <plug/bytes.h>
#include <string.h>

#define OPTIONS_FROM 64 /* *at from here on: options, at that many bytes of the list */

static const struct plug__field payload = {
    .name = "data", .label = "Data", .kind = PLUG_PACKET_BYTES};
static const struct plug__field an_option = {.name = "option", .kind = PLUG_PACKET_OPTION};

static void judge(struct plug_packet_field *f, const struct plug__field *row)
{
    const struct plug_packet_layer *l = &f->packet->layers[f->layer];
    bool checksum = row->computed == AUTO_CHECKSUM;
    if (!checksum && row->computed != AUTO_LEN && row->computed != AUTO_HEADER_LEN)
        return;
    f->verdict = PLUG_PACKET_MISSING;
    if (!plug__auto_value(f->packet, f->layer, row, &f->expected))
        return;
    if (f->number == f->expected || (checksum && f->number == 0xffff && f->expected == 0))
        f->verdict = PLUG_PACKET_CORRECT; /* 0 has two forms */
    else if (checksum && l->proto == PLUG_PACKET_IP4)
        f->verdict = PLUG_PACKET_WRONG; /* its header is here, whatever else is missing */
    else if (!l->partial && !(checksum && l->proto == PLUG_PACKET_UDP && f->number == 0))
        f->verdict = PLUG_PACKET_WRONG;
}

static void fill(struct plug_packet_field *f, const struct plug__field *row)
{
    size_t offset = f->packet->layers[f->layer].offset;
    f->name = row->name;
    f->label = row->label;
    f->kind = (enum plug_packet_kind)row->kind;
    f->row = row;
    f->bit = offset * 8 + row->bit;
    f->bits = row->bits;
    f->bytes = f->packet->bytes + f->bit / 8;
    f->len = (f->bit % 8 + f->bits + 7) / 8;
    if (f->bits <= 64)
        f->number = plug__bits_get(f->packet->bytes + offset, row->bit, row->bits);
    judge(f, row);
}

static bool whole(struct plug_packet_field *f, unsigned *at)
{
    const struct plug_packet_layer *l = &f->packet->layers[f->layer];
    if (*at > 0)
        return false;
    *at = 1;
    fill(f, &payload);
    f->bits = l->len * 8;
    f->len = l->len;
    f->number = 0;
    return true;
}

static bool option(struct plug_packet_field *f, const struct plug__proto *proto,
                   const uint8_t *head, unsigned *at)
{
    const struct plug_packet_layer *l = &f->packet->layers[f->layer];
    size_t fixed = plug__packet_fixed(proto, head), from = *at - OPTIONS_FROM;
    const uint8_t *list = f->packet->bytes + l->offset + fixed;
    struct plug__opt o;
    if (!plug__packet_lists(proto, head) || l->len <= fixed ||
        !plug__opt_next(proto->list, list, l->len - fixed, &from, &o))
        return false;
    *at = OPTIONS_FROM + (unsigned)from;
    fill(f, &an_option);
    f->name = f->label = plug__opt_name(proto, &o);
    f->bit = (l->offset + fixed + o.at) * 8;
    f->bits = o.total * 8;
    f->number = o.kind;
    f->bytes = list + o.at;
    f->len = o.total;
    return true;
}

bool plug_packet_field_next(const struct plug_packet *p, unsigned layer, unsigned *at,
                            struct plug_packet_field *ret)
{
    struct plug_packet_field f = {.packet = p, .layer = layer};
    uint8_t head[PLUG__PACKET_HEADER];
    if (layer >= p->count)
        return false;
    const struct plug__proto *proto = plug__packet_proto(p->layers[layer].proto);
    bool more = false;
    if (!proto) {
        more = whole(&f, at);
    } else {
        plug__packet_head(p, layer, head);
        while (!more && *at < OPTIONS_FROM && proto->fields[*at].name) {
            const struct plug__field *row = &proto->fields[(*at)++];
            more = row->bit + row->bits <= p->layers[layer].len * 8 &&
                   plug__field_applies(proto, row, head);
            if (more)
                fill(&f, row);
        }
        if (!more) {
            *at = *at < OPTIONS_FROM ? OPTIONS_FROM : *at;
            more = option(&f, proto, head, at);
        }
    }
    if (more)
        *ret = f;
    return more;
}

bool plug_packet_field_find(const struct plug_packet *p, unsigned layer, const char *name,
                            struct plug_packet_field *ret)
{
    struct plug_packet_field f;
    for (unsigned at = 0; plug_packet_field_next(p, layer, &at, &f);)
        if (plug__name_is(f.name, ((const struct plug__field *)f.row)->aliases, name,
                          strlen(name))) {
            *ret = f;
            return true;
        }
    return false;
}

/* --- values ----------------------------------------------------------------------------------- */

/* Nine flags are written by their first letters, as Scapy does: SA. Few by their names. */
static void flags_value(struct plug__print *o, const struct plug_packet_field *f,
                        const struct plug__field *row, bool person)
{
    bool letters = f->bits > 3 && !person, first = true;
    for (unsigned i = 0; i < f->bits; i++) {
        const char *word;
        size_t len = plug__word(row->flags, (unsigned)f->bits - 1 - i, &word);
        if (!(f->number >> i & 1))
            continue;
        if (!first && !letters)
            plug__print(o, person ? "|" : "+");
        plug__print_text(o, word, letters ? 1 : len);
        first = false;
    }
    if (first)
        plug__print(o, person ? "none" : "0");
}

static void name_value(struct plug__print *o, const struct plug_packet_field *f,
                       const struct plug__field *row, bool person)
{
    uint8_t head[PLUG__PACKET_HEADER];
    plug__packet_head(f->packet, f->layer, head);
    const char *name = plug__value_name(row, head, f->number);
    const char *number = row->names == plug__ether_types ? "0x%04llx" : "%llu";
    if (name && !person) {
        plug__print(o, "%s", name);
        return;
    }
    if (number[0] == '0')
        plug__print(o, "0x%04llx", (unsigned long long)f->number);
    else
        plug__print(o, "%llu", (unsigned long long)f->number);
    if (name)
        plug__print(o, " (%s)", name);
}

static void address_value(struct plug__print *o, const struct plug_packet_field *f)
{
    char text[INET6_ADDRSTRLEN];
    int family = f->kind == PLUG_PACKET_ADDRESS4 ? AF_INET : AF_INET6;
    plug__print(o, "%s", inet_ntop(family, f->bytes, text, sizeof text));
}

static void option_value(struct plug__print *o, const struct plug_packet_field *f)
{
    const struct plug__proto *proto = plug__packet_proto(f->packet->layers[f->layer].proto);
    struct plug__opt opt;
    size_t at = 0;
    if (plug__opt_next(proto->list, f->bytes, f->len, &at, &opt))
        plug__opt_text(o, proto, &opt);
}

static void value(struct plug__print *o, const struct plug_packet_field *f, bool person)
{
    const struct plug__field *row = f->row;
    const uint8_t *b = f->bytes;
    switch (f->kind) {
    case PLUG_PACKET_NUMBER:
        plug__print(o, "%llu", (unsigned long long)f->number);
        break;
    case PLUG_PACKET_HEX:
        plug__print(o, "0x%0*llx", (int)(f->bits + 3) / 4, (unsigned long long)f->number);
        break;
    case PLUG_PACKET_NAME:
        name_value(o, f, row, person);
        break;
    case PLUG_PACKET_FLAGS:
        flags_value(o, f, row, person);
        break;
    case PLUG_PACKET_MAC:
        plug__print(o, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
        break;
    case PLUG_PACKET_ADDRESS4:
    case PLUG_PACKET_ADDRESS6:
        address_value(o, f);
        break;
    case PLUG_PACKET_OPTION:
        option_value(o, f);
        break;
    case PLUG_PACKET_BYTES:
        plug__print_payload(o, b, f->len);
        break;
    }
}

size_t plug_packet_field_value(const struct plug_packet_field *f, char *buf, size_t len)
{
    struct plug__print o = {buf, len, 0};
    value(&o, f, false);
    return plug__print_end(&o);
}

/* What a number counts, where it does not count ones. */
static void unit(struct plug__print *o, const struct plug_packet_field *f,
                 const struct plug__field *row)
{
    unsigned long long n = f->number;
    enum plug_packet_proto proto = f->packet->layers[f->layer].proto;
    bool words = proto == PLUG_PACKET_IP4 || proto == PLUG_PACKET_TCP;
    if (row->computed == AUTO_HEADER_LEN)
        plug__print(o, " (%llu bytes)", words ? n * 4 : (n + 1) * 8);
    else if (row->bits == 13 && n > 0)
        plug__print(o, " (byte %llu)", n * 8);
}

static void verdict(struct plug__print *o, const struct plug_packet_field *f,
                    const struct plug__field *row)
{
    bool none = f->packet->layers[f->layer].proto == PLUG_PACKET_UDP && f->number == 0 &&
                f->verdict == PLUG_PACKET_MISSING;
    bool checksum = row->computed == AUTO_CHECKSUM;
    if (f->verdict == PLUG_PACKET_CORRECT && checksum)
        plug__print(o, " (correct)");
    else if (f->verdict == PLUG_PACKET_WRONG && checksum)
        plug__print(o, " (wrong, should be 0x%04llx)", (unsigned long long)f->expected);
    else if (f->verdict == PLUG_PACKET_WRONG)
        plug__print(o, " (wrong, should be %llu)", (unsigned long long)f->expected);
    else if (f->verdict == PLUG_PACKET_MISSING && checksum)
        plug__print(o, none ? " (none)" : " (cannot be checked)");
}

size_t plug_packet_field_text(const struct plug_packet_field *f, char *buf, size_t len)
{
    struct plug__print o = {buf, len, 0};
    value(&o, f, true);
    unit(&o, f, f->row);
    verdict(&o, f, f->row);
    return plug__print_end(&o);
}
