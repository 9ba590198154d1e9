/* SPDX-License-Identifier: MIT */
/* Options as bytes and as text. */
#include "wire/packet_option.h"

#include <arpa/inet.h>
#include <plug/bytes.h>
#include <plug/option.h>
#include <string.h>

/* --- reading ---------------------------------------------------------------------------------- */

/* Options whose head tells kind and length: ND and objects. */
static bool next_long(enum plug__list list, const uint8_t *bytes, size_t len, size_t at,
                      struct plug__opt *o)
{
    size_t head = list == LIST_ND ? 2 : 4;
    const uint8_t *p = bytes + at;
    if (len - at < head)
        return false;
    o->kind = list == LIST_ND ? p[0] : plug_get_be16(p + 2);
    o->total = list == LIST_ND ? p[1] * 8u : plug_get_be16(p);
    o->data = p + head;
    o->len = o->total - head;
    return o->total >= head && o->total <= len - at;
}

static bool next_short(enum plug__list list, const uint8_t *bytes, size_t len, size_t *at,
                       struct plug__opt *o)
{
    struct plug_option got;
    size_t was = *at;
    int n = list == LIST_SHORT ? plug_option_next(bytes, len, at, &got)
                               : plug_ip6_option_next(bytes, len, at, &got);
    o->bad = n < 0;
    if (n <= 0)
        return false;
    o->kind = got.kind;
    o->data = got.data;
    o->len = got.len;
    o->total = *at - was;
    return true;
}

bool plug__opt_next(enum plug__list list, const uint8_t *bytes, size_t len, size_t *at,
                    struct plug__opt *ret)
{
    bool good;
    memset(ret, 0, sizeof *ret);
    ret->at = *at;
    if (*at >= len)
        return false;
    if (list == LIST_DATA) {
        good = false;
    } else if (list == LIST_SHORT || list == LIST_IP6) {
        good = next_short(list, bytes, len, at, ret);
    } else {
        good = next_long(list, bytes, len, *at, ret);
        ret->bad = !good;
    }
    if (!good) {
        ret->raw = true;
        ret->data = bytes + ret->at;
        ret->total = ret->len = len - ret->at;
    }
    *at = ret->at + ret->total;
    return true;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int put_nd(uint8_t *bytes, size_t size, size_t len, uint16_t kind, const uint8_t *data,
                  size_t data_len)
{
    size_t total = (2 + data_len + 7) / 8 * 8;
    if (total > 255 * 8 || size - len < total)
        return -1;
    memset(bytes + len, 0, total);
    bytes[len] = (uint8_t)kind;
    bytes[len + 1] = (uint8_t)(total / 8);
    memcpy(bytes + len + 2, data, data_len);
    return (int)(len + total);
}

static int put_object(uint8_t *bytes, size_t size, size_t len, uint16_t kind, const uint8_t *data,
                      size_t data_len)
{
    if (size - len < 4 + data_len)
        return -1;
    plug_put_be16(bytes + len, (uint16_t)(4 + data_len));
    plug_put_be16(bytes + len + 2, kind);
    memcpy(bytes + len + 4, data, data_len);
    return (int)(len + 4 + data_len);
}

int plug__opt_put(enum plug__list list, uint8_t *bytes, size_t size, size_t len, uint16_t kind,
                  const uint8_t *data, size_t data_len)
{
    if (list == LIST_ND)
        return put_nd(bytes, size, len, kind, data, data_len);
    if (list == LIST_OBJECT)
        return put_object(bytes, size, len, kind, data, data_len);
    if (list == LIST_IP6)
        return plug_ip6_option_put(bytes, size, len, (uint8_t)kind, data, data_len);
    return plug_option_put(bytes, size, len, (uint8_t)kind, data, data_len);
}

size_t plug__opt_pad(const struct plug__proto *proto, size_t len, uint8_t ret_pad[8])
{
    size_t more = (proto->unit - len % proto->unit) % proto->unit;
    memset(ret_pad, 0, 8);
    if (proto->list == LIST_IP6 && more > 1) {
        ret_pad[0] = PLUG_OPTION_PADN;
        ret_pad[1] = (uint8_t)(more - 2);
    }
    return more;
}

/* --- text ------------------------------------------------------------------------------------- */

static bool fits(enum plug__form form, const struct plug__opt *o)
{
    switch (form) {
    case FORM_BARE:
        return o->len == 0;
    case FORM_U8:
        return o->len == 1;
    case FORM_U16:
        return o->len == 2;
    case FORM_U32:
        return o->len == 4;
    case FORM_STAMPS:
        return o->len == 8;
    case FORM_EDGES:
        return o->len > 0 && o->len % 8 == 0;
    case FORM_ROUTE:
        return o->len % 4 == 1;
    case FORM_MAC:
        return o->len == 6;
    case FORM_LABELS:
        return o->len > 0 && o->len % 4 == 0;
    case FORM_MTU:
        return o->len == 6 && plug_get_be16(o->data) == 0;
    case FORM_HEX:
        break;
    }
    return true;
}

const struct plug__option *plug__opt_row(const struct plug__proto *proto, const struct plug__opt *o)
{
    for (const struct plug__option *row = proto->options; row && row->name && !o->raw; row++)
        if (row->kind == o->kind)
            return fits((enum plug__form)row->form, o) ? row : NULL;
    return NULL;
}

const char *plug__opt_name(const struct plug__proto *proto, const struct plug__opt *o)
{
    const struct plug__option *row = plug__opt_row(proto, o);
    if (row)
        return row->name;
    if (!o->raw)
        return "option";
    return o->bad ? "malformed" : proto->list == LIST_DATA ? proto->list_name : "padding";
}

static void labels_text(struct plug__print *out, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i += 4) {
        uint32_t entry = plug_get_be32(data + i);
        plug__print(out, "%s%u-%u-%u-%u", i ? ":" : "", entry >> 12, entry >> 9 & 7, entry >> 8 & 1,
                    entry & 255);
    }
}

static void edges_text(struct plug__print *out, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i += 8)
        plug__print(out, "%s%u-%u", i ? ":" : "", plug_get_be32(data + i),
                    plug_get_be32(data + i + 4));
}

static void route_text(struct plug__print *out, const uint8_t *data, size_t len)
{
    char text[INET_ADDRSTRLEN];
    plug__print(out, "%u", data[0]);
    for (size_t i = 1; i < len; i += 4)
        plug__print(out, ":%s", inet_ntop(AF_INET, data + i, text, sizeof text));
}

static void data_text(struct plug__print *out, enum plug__form form, const uint8_t *data,
                      size_t len)
{
    switch (form) {
    case FORM_BARE:
        break;
    case FORM_U8:
        plug__print(out, "=%u", data[0]);
        break;
    case FORM_U16:
        plug__print(out, "=%u", plug_get_be16(data));
        break;
    case FORM_U32:
        plug__print(out, "=%u", plug_get_be32(data));
        break;
    case FORM_MTU:
        plug__print(out, "=%u", plug_get_be32(data + 2));
        break;
    case FORM_STAMPS:
        plug__print(out, "=%u:%u", plug_get_be32(data), plug_get_be32(data + 4));
        break;
    case FORM_MAC:
        plug__print(out, "=%02x:%02x:%02x:%02x:%02x:%02x", data[0], data[1], data[2], data[3],
                    data[4], data[5]);
        break;
    case FORM_EDGES:
    case FORM_ROUTE:
    case FORM_LABELS:
        plug__print(out, "=");
        (form == FORM_EDGES   ? edges_text
         : form == FORM_ROUTE ? route_text
                              : labels_text)(out, data, len);
        break;
    case FORM_HEX:
        plug__print(out, "=");
        plug__print_hex(out, "hex:", data, len);
        break;
    }
}

void plug__opt_text(struct plug__print *out, const struct plug__proto *proto,
                    const struct plug__opt *o)
{
    const struct plug__option *row = plug__opt_row(proto, o);
    if (row) {
        plug__print(out, "%s", row->name);
        data_text(out, (enum plug__form)row->form, o->data, o->len);
        return;
    }
    if (!o->raw && proto->list == LIST_OBJECT)
        plug__print(out, "%u.%u=", o->kind >> 8, o->kind & 255);
    else if (!o->raw)
        plug__print(out, "%u=", o->kind);
    plug__print_hex(out, "hex:", o->data, o->len);
}
