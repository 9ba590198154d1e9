/* SPDX-License-Identifier: MIT */
/* Bytes to layers. */
#include "wire/packet_auto.h"
#include "wire/packet_option.h"

#include <plug/bytes.h>
#include <plug/checksum.h>
#include <plug/err.h>
#include <plug/icmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What the layers to come may use: up to where, and how much of it can be missing. */
struct window {
    size_t limit;
    bool whole;   /* a length of a lower layer says that it ends there */
    bool partial; /* a quote, a fragment, cut off: what is missing is no mistake of these layers */
    bool quote;   /* behind it: objects */
};

struct walk {
    struct plug_packet *p;
    size_t at;
    struct window now, outer[PLUG_PACKET_LAYERS];
    unsigned depth;
    const uint8_t *h; /* header of this layer, as far as it is there; then zeros */
    uint8_t head[PLUG__PACKET_HEADER];
};

PLUG_PRINTF(4, 5)
static void found(struct walk *w, int error, size_t at, const char *fmt, ...)
{
    va_list ap;
    if (w->p->error != 0)
        return;
    va_start(ap, fmt);
    vsnprintf(w->p->error_what, sizeof w->p->error_what, fmt, ap);
    va_end(ap);
    w->p->error = error;
    w->p->error_at = at;
}

/* A length tells of more than there is: a mistake where all is here, else it is only cut off. */
static void missing(struct walk *w, size_t at, const char *what, size_t told, size_t there)
{
    if (!w->now.partial)
        found(w, w->now.whole ? PLUG_EPACKET_BAD : PLUG_EPACKET_SHORT, at,
              "%s %zu, but only %zu bytes are there", what, told, there);
    w->now.partial = true;
}

/* From now on there is less; what lies behind comes later. */
static void narrow(struct walk *w, size_t limit, bool quote)
{
    w->outer[w->depth++] = w->now;
    w->now.limit = limit;
    w->now.quote = quote;
}

static size_t there(const struct walk *w)
{
    return w->now.limit - w->at;
}

/* --- one layer: each returns what comes next -------------------------------------------------- */

static enum plug_packet_proto by_ether_type(uint16_t type)
{
    for (unsigned i = 1; i < PLUG_PACKET_DATA; i++)
        if (plug__packet_proto((enum plug_packet_proto)i)->next4 == type && type != 0)
            return (enum plug_packet_proto)i;
    return type == 0x88a8 || type == 0x9100 ? PLUG_PACKET_VLAN : PLUG_PACKET_DATA;
}

static bool extension(enum plug_packet_proto proto)
{
    return proto >= PLUG_PACKET_HOPOPT && proto <= PLUG_PACKET_DSTOPT;
}

static enum plug_packet_proto by_number(uint8_t number, bool ip6)
{
    for (unsigned i = 1; i < PLUG_PACKET_DATA; i++)
        if (plug__packet_proto((enum plug_packet_proto)i)->next == number)
            return extension((enum plug_packet_proto)i) && !ip6 ? PLUG_PACKET_DATA
                                                                : (enum plug_packet_proto)i;
    return PLUG_PACKET_DATA;
}

static enum plug_packet_proto link_layer(struct walk *w, struct plug_packet_layer *l)
{
    uint16_t type = plug_get_be16(w->h + l->len - 2);
    if (type < 1536) { /* IEEE 802.3: a length */
        if (l->offset + l->len + type < w->now.limit) {
            narrow(w, l->offset + l->len + type, false);
            l->end = w->now.limit;
        }
        return PLUG_PACKET_DATA;
    }
    return by_ether_type(type);
}

static enum plug_packet_proto arp_layer(struct walk *w, struct plug_packet_layer *l)
{
    size_t len = 8 + 2u * (w->h[4] + w->h[5]);
    if (len > there(w))
        missing(w, l->offset + 4, "ARP addresses need", len, there(w));
    l->len = len < there(w) ? len : there(w);
    return PLUG_PACKET_PADDING;
}

static enum plug_packet_proto ip4_payload(struct walk *w, struct plug_packet_layer *l)
{
    uint16_t frag = plug_get_be16(w->h + 6);
    if (frag & 0x1fff)
        w->now.partial = true;
    if (frag & 0x1fff)
        return PLUG_PACKET_DATA;
    if (frag & 0x2000)
        w->now.partial = true;
    (void)l;
    return by_number(w->h[9], false);
}

static enum plug_packet_proto ip4_layer(struct walk *w, struct plug_packet_layer *l)
{
    size_t header = (w->h[0] & 15) * 4u, total = plug_get_be16(w->h + 2);
    if (w->h[0] >> 4 != 4 || header < 20) {
        if (w->h[0] >> 4 != 4)
            found(w, PLUG_EPACKET_BAD, l->offset, "IPv4 with version %d", w->h[0] >> 4);
        else
            found(w, PLUG_EPACKET_BAD, l->offset, "IPv4 header length %zu is less than 20", header);
        return PLUG_PACKET_DATA;
    }
    if (header > there(w)) {
        missing(w, l->offset, "IPv4 header length", header, there(w));
        l->len = there(w);
        return PLUG_PACKET_DATA;
    }
    l->len = header;
    if (total < header) {
        found(w, PLUG_EPACKET_BAD, l->offset + 2,
              "IPv4 total length %zu is less than the header's %zu", total, header);
        return PLUG_PACKET_DATA;
    }
    if (total > there(w)) {
        missing(w, l->offset + 2, "IPv4 total length", total, there(w));
    } else {
        narrow(w, l->offset + total, false);
        w->now.whole = !w->now.partial;
    }
    l->end = w->now.limit;
    return ip4_payload(w, l);
}

static enum plug_packet_proto ip6_layer(struct walk *w, struct plug_packet_layer *l)
{
    size_t payload = plug_get_be16(w->h + 4), rest = there(w) - 40;
    if (w->h[0] >> 4 != 6) {
        found(w, PLUG_EPACKET_BAD, l->offset, "IPv6 with version %d", w->h[0] >> 4);
        return PLUG_PACKET_DATA;
    }
    if (payload == 0 && w->h[6] == 0 && rest > 0)
        found(w, PLUG_EPACKET_BAD, l->offset + 4, "IPv6 payload length 0: jumbograms are not read");
    else if (payload > rest)
        missing(w, l->offset + 4, "IPv6 payload length", payload, rest);
    else {
        narrow(w, l->offset + 40 + payload, false);
        w->now.whole = !w->now.partial;
    }
    l->end = w->now.limit;
    return by_number(w->h[6], true);
}

static enum plug_packet_proto extension_layer(struct walk *w, struct plug_packet_layer *l)
{
    size_t len = l->proto == PLUG_PACKET_FRAGMENT ? 8 : (w->h[1] + 1u) * 8;
    if (l->proto == PLUG_PACKET_HOPOPT && l > w->p->layers && l[-1].proto != PLUG_PACKET_IP6)
        found(w, PLUG_EPACKET_BAD, l->offset, "hop-by-hop options behind another extension header");
    if (len > there(w)) {
        missing(w, l->offset + 1, "IPv6 extension header length", len, there(w));
        l->len = there(w);
        return PLUG_PACKET_DATA;
    }
    l->len = len;
    if (l->proto == PLUG_PACKET_FRAGMENT && plug_get_be16(w->h + 2) & 0xfff9)
        w->now.partial = true;
    if (l->proto == PLUG_PACKET_FRAGMENT && plug_get_be16(w->h + 2) & 0xfff8)
        return PLUG_PACKET_DATA;
    return by_number(w->h[0], true);
}

static enum plug_packet_proto tcp_layer(struct walk *w, struct plug_packet_layer *l)
{
    size_t len = (w->h[12] >> 4) * 4u;
    if (len < 20)
        found(w, PLUG_EPACKET_BAD, l->offset + 12, "TCP header length %zu is less than 20", len);
    else if (len > there(w)) {
        missing(w, l->offset + 12, "TCP header length", len, there(w));
        l->len = there(w);
    } else
        l->len = len;
    return PLUG_PACKET_DATA;
}

static enum plug_packet_proto udp_layer(struct walk *w, struct plug_packet_layer *l)
{
    size_t len = plug_get_be16(w->h + 4);
    if (len < 8)
        found(w, PLUG_EPACKET_BAD, l->offset + 4, "UDP length %zu is less than 8", len);
    else if (len > there(w))
        missing(w, l->offset + 4, "UDP length", len, there(w));
    else if (len < there(w)) {
        narrow(w, l->offset + len, false);
        l->end = w->now.limit;
    }
    return PLUG_PACKET_DATA;
}

/* Version 2 and a right checksum: this is an extension, whatever the length says. */
static bool begins_objects(const uint8_t *bytes, size_t len)
{
    return len >= 4 && bytes[0] >> 4 == 2 && plug_get_be16(bytes + 2) != 0 &&
           plug_checksum(bytes, len) == 0;
}

static enum plug_packet_proto quote(struct walk *w, struct plug_packet_layer *l)
{
    bool four = l->proto == PLUG_PACKET_ICMP;
    bool can = four ? w->h[0] == 3 || w->h[0] == 11 || w->h[0] == 12 : w->h[0] == 1 || w->h[0] == 3;
    size_t body = there(w) - l->len, len = four ? w->h[5] * 4u : w->h[4] * 8u;
    if (!can)
        len = 0;
    if (can && len == 0 && body > PLUG_ICMP_QUOTE_MIN &&
        begins_objects(w->p->bytes + w->at + l->len + PLUG_ICMP_QUOTE_MIN,
                       body - PLUG_ICMP_QUOTE_MIN))
        len = PLUG_ICMP_QUOTE_MIN;
    if (len > body)
        missing(w, l->offset + (four ? 5 : 4), "ICMP quote length", len, body);
    narrow(w, len > 0 && len <= body ? l->offset + l->len + len : w->now.limit, true);
    w->now.partial = true;
    w->now.whole = false;
    return body == 0 ? PLUG_PACKET_DATA : four ? PLUG_PACKET_IP4 : PLUG_PACKET_IP6;
}

static enum plug_packet_proto icmp_layer(struct walk *w, struct plug_packet_layer *l)
{
    const struct plug__proto *proto = plug__packet_proto(l->proto);
    if (plug__packet_quotes(l->proto, w->h))
        return quote(w, l);
    if (plug__packet_lists(proto, w->h))
        l->len = there(w);
    return PLUG_PACKET_DATA;
}

static enum plug_packet_proto objects_layer(struct walk *w, struct plug_packet_layer *l)
{
    if (w->h[0] >> 4 != 2)
        found(w, PLUG_EPACKET_BAD, l->offset, "ICMP extension of version %d", w->h[0] >> 4);
    l->len = there(w);
    return PLUG_PACKET_DATA;
}

static enum plug_packet_proto one_layer(struct walk *w, struct plug_packet_layer *l)
{
    switch (l->proto) {
    case PLUG_PACKET_ETHER:
    case PLUG_PACKET_VLAN:
        return link_layer(w, l);
    case PLUG_PACKET_ARP:
        return arp_layer(w, l);
    case PLUG_PACKET_IP4:
        return ip4_layer(w, l);
    case PLUG_PACKET_IP6:
        return ip6_layer(w, l);
    case PLUG_PACKET_TCP:
        return tcp_layer(w, l);
    case PLUG_PACKET_UDP:
        return udp_layer(w, l);
    case PLUG_PACKET_ICMP:
    case PLUG_PACKET_ICMP6:
        return icmp_layer(w, l);
    case PLUG_PACKET_ICMPEXT:
        return objects_layer(w, l);
    default:
        return extension_layer(w, l);
    }
}

/* --- the walk --------------------------------------------------------------------------------- */

static struct plug_packet_layer *add(struct walk *w, enum plug_packet_proto proto, size_t len)
{
    struct plug_packet_layer *l = &w->p->layers[w->p->count++];
    *l = (struct plug_packet_layer){proto, w->at, len, w->now.limit, false};
    return l;
}

/* How long the header is at least: what its variant says, as far as that can be seen. */
static size_t least(struct walk *w, enum plug_packet_proto proto)
{
    size_t n = there(w) < PLUG__PACKET_HEADER ? there(w) : PLUG__PACKET_HEADER;
    memset(w->head, 0, sizeof w->head);
    memcpy(w->head, w->p->bytes + w->at, n);
    w->h = w->head;
    return plug__packet_fixed(plug__packet_proto(proto), w->head);
}

static void check_options(struct walk *w, const struct plug_packet_layer *l, size_t fixed)
{
    const struct plug__proto *proto = plug__packet_proto(l->proto);
    struct plug__opt o;
    if (!plug__packet_lists(proto, w->h) || l->len <= fixed || l->partial)
        return;
    for (size_t at = 0;
         plug__opt_next(proto->list, w->p->bytes + l->offset + fixed, l->len - fixed, &at, &o);)
        if (o.bad)
            found(w, PLUG_EPACKET_BAD, l->offset + fixed + o.at, "%s option that cannot be read",
                  proto->name);
}

/* How much of a header that is cut off is whole fields and whole bytes. */
static size_t whole_fields(const struct walk *w, enum plug_packet_proto proto)
{
    const struct plug__proto *table = plug__packet_proto(proto);
    size_t keep = there(w);
    for (const struct plug__field *f = table->fields; f->name;) {
        bool across =
            f->bit < keep * 8 && f->bit + f->bits > keep * 8 && plug__field_applies(table, f, w->h);
        keep = across ? f->bit / 8 : keep;
        f = across ? table->fields : f + 1;
    }
    return keep;
}

/* A header that is cut off: the fields that are there; the rest is data. */
static enum plug_packet_proto cut_header(struct walk *w, enum plug_packet_proto proto, size_t fixed)
{
    size_t keep = whole_fields(w, proto), got = there(w);
    missing(w, w->at, plug__packet_proto(proto)->label, fixed, got);
    struct plug_packet_layer *l =
        add(w, keep > 0 ? proto : PLUG_PACKET_DATA, keep > 0 ? keep : got);
    l->partial = true;
    w->at += l->len;
    return PLUG_PACKET_DATA;
}

/* A layer with its header; returns what comes next. */
static enum plug_packet_proto header(struct walk *w, enum plug_packet_proto proto)
{
    size_t fixed = least(w, proto);
    if (fixed > there(w))
        return cut_header(w, proto, fixed);
    struct plug_packet_layer *l = add(w, proto, fixed);
    enum plug_packet_proto next = one_layer(w, l);
    l->partial = w->now.partial && !plug__packet_quotes(proto, w->h);
    w->at += l->len;
    check_options(w, l, fixed);
    return next;
}

static void data(struct walk *w, enum plug_packet_proto proto)
{
    struct plug_packet_layer *l = add(w, proto, there(w));
    l->partial = w->now.partial;
    w->at = w->now.limit;
}

/* Behind the innermost end: objects of the quote, or padding. */
static void leave(struct walk *w)
{
    bool was_quote = w->now.quote;
    w->now = w->outer[--w->depth];
    if (was_quote && there(w) >= 4)
        header(w, PLUG_PACKET_ICMPEXT);
    else if (there(w) > 0)
        data(w, PLUG_PACKET_PADDING);
}

static enum plug_packet_proto guess(const uint8_t *bytes, size_t len)
{
    if (len >= 20 && bytes[0] >> 4 == 4 && (bytes[0] & 15) >= 5 && plug_get_be16(bytes + 2) >= 20 &&
        plug_get_be16(bytes + 2) <= len)
        return PLUG_PACKET_IP4;
    if (len >= 40 && bytes[0] >> 4 == 6 && plug_get_be16(bytes + 4) <= len - 40)
        return PLUG_PACKET_IP6;
    return len < 14 ? PLUG_PACKET_DATA : PLUG_PACKET_ETHER;
}

/* At most one layer more; returns what comes next. */
static enum plug_packet_proto step(struct walk *w, enum plug_packet_proto next)
{
    if (there(w) == 0)
        leave(w);
    else if (next < PLUG_PACKET_DATA)
        return header(w, next);
    else
        data(w, next);
    return PLUG_PACKET_DATA;
}

/* The last layer takes all that is left. */
static void overflow(struct walk *w)
{
    struct plug_packet_layer *l = &w->p->layers[PLUG_PACKET_LAYERS - 1];
    *l = (struct plug_packet_layer){PLUG_PACKET_DATA, l->offset, w->p->len - l->offset, w->p->len,
                                    true};
    found(w, PLUG_ELIMIT, l->offset, "more than %d layers", PLUG_PACKET_LAYERS);
}

int plug_packet_parse(enum plug_packet_proto first, const void *bytes, size_t len,
                      struct plug_packet *ret)
{
    struct walk w = {.p = ret, .now = {.limit = len}};
    if (len > PLUG_PACKET_MAX)
        return PLUG_ELIMIT;
    if ((unsigned)first > PLUG_PACKET_PADDING)
        return -EINVAL;
    *ret = (struct plug_packet){.bytes = bytes, .len = len};
    if (first == PLUG_PACKET_NONE)
        first = guess(bytes, len);
    while (w.at < len && ret->count < PLUG_PACKET_LAYERS)
        first = step(&w, first);
    if (w.at < len)
        overflow(&w);
    return 0;
}
