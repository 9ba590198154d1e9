/* SPDX-License-Identifier: MIT */
/* Extension headers of IPv6: RFC 8200 4. */
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/ip.h>
#include <plug/option.h>

#define FRAGMENT_LEN 8
#define EXT_LEN_MAX  2048 /* 8 * (255 + 1) */

void plug_ip6_chain(const struct plug_ip6 *header, const void *payload, size_t len,
                    struct plug_ip6_chain *ret_chain)
{
    *ret_chain =
        (struct plug_ip6_chain){.bytes = payload, .len = len, .next_header = header->next_header};
}

static bool known(uint8_t kind)
{
    return kind == PLUG_IP6_HOP_BY_HOP || kind == PLUG_IP6_ROUTING || kind == PLUG_IP6_FRAGMENT ||
           kind == PLUG_IP6_DESTINATION;
}

/* How many bytes of a header come before its data. */
static size_t fixed_len(uint8_t kind)
{
    return kind == PLUG_IP6_ROUTING ? 4 : 2;
}

static void read_fragment(const uint8_t *b, struct plug_ip6_ext *e)
{
    e->fragment = plug_get_be16(b + 2) & 0xfff8;
    e->more_fragments = b[3] & 1;
    e->id = plug_get_be32(b + 4);
}

static void read_data(const uint8_t *b, struct plug_ip6_ext *e)
{
    size_t fixed = fixed_len(e->kind);

    if (e->kind == PLUG_IP6_ROUTING) {
        e->routing_type = b[2];
        e->segments_left = b[3];
    }
    e->data = b + fixed;
    e->data_len = e->header_len - fixed;
}

static int read_ext(uint8_t kind, const uint8_t *b, size_t len, struct plug_ip6_ext *ret_ext)
{
    struct plug_ip6_ext e = {.kind = kind};

    if (len < 8) /* the shortest of all kinds */
        return PLUG_EPACKET_SHORT;
    e.next_header = b[0];
    e.header_len = kind == PLUG_IP6_FRAGMENT ? FRAGMENT_LEN : (uint16_t)(8 * (b[1] + 1));
    if (len < e.header_len)
        return PLUG_EPACKET_SHORT;
    if (kind == PLUG_IP6_FRAGMENT)
        read_fragment(b, &e);
    else
        read_data(b, &e);
    *ret_ext = e;
    return e.header_len;
}

int plug_ip6_chain_next(struct plug_ip6_chain *c, struct plug_ip6_ext *ret_ext)
{
    if (c->middle || !known(c->next_header))
        return 0;
    if (c->count == PLUG_IP6_EXT_MAX || (c->next_header == PLUG_IP6_HOP_BY_HOP && c->count > 0))
        return PLUG_EPACKET_BAD;
    int r = read_ext(c->next_header, c->bytes + c->at, c->len - c->at, ret_ext);
    if (r < 0)
        return r;
    c->at += (size_t)r;
    c->next_header = ret_ext->next_header;
    c->middle = ret_ext->kind == PLUG_IP6_FRAGMENT && ret_ext->fragment > 0;
    c->count++;
    return 1;
}

static int build_fragment(const struct plug_ip6_ext *e, uint8_t *b, size_t size)
{
    if (e->fragment % 8)
        return PLUG_ERANGE;
    if (size < FRAGMENT_LEN)
        return -ENOSPC;
    b[0] = e->next_header;
    b[1] = 0;
    plug_put_be16(b + 2, (uint16_t)(e->fragment | (e->more_fragments ? 1 : 0)));
    plug_put_be32(b + 4, e->id);
    return FRAGMENT_LEN;
}

/* Options of no meaning, up to the next multiple of 8. */
static void pad(uint8_t *b, size_t len)
{
    if (len == 0)
        return;
    memset(b, 0, len);
    if (len > 1) {
        b[0] = PLUG_OPTION_PADN;
        b[1] = (uint8_t)(len - 2);
    }
}

/* The header's length, and what it says of itself. */
static int ext_len(const struct plug_ip6_ext *e, size_t *ret_said)
{
    size_t len = fixed_len(e->kind) + e->data_len;

    if (e->data_len > EXT_LEN_MAX)
        return PLUG_ERANGE;
    if (e->kind == PLUG_IP6_ROUTING && (len % 8 || len == 0))
        return PLUG_EPACKET_BAD;
    len = (len + 7) / 8 * 8;
    *ret_said = e->given & PLUG_GIVEN_HEADER_LEN ? e->header_len : len;
    if (len > EXT_LEN_MAX || *ret_said > EXT_LEN_MAX || *ret_said % 8 || *ret_said == 0)
        return PLUG_ERANGE;
    return (int)len;
}

int plug_ip6_ext_build(const struct plug_ip6_ext *e, void *buf, size_t size)
{
    uint8_t *b = buf;
    size_t said, fixed = fixed_len(e->kind);

    if (!known(e->kind))
        return PLUG_EPACKET_BAD;
    if (e->kind == PLUG_IP6_FRAGMENT)
        return build_fragment(e, b, size);
    int len = ext_len(e, &said);
    if (len < 0)
        return len;
    if (size < (size_t)len)
        return -ENOSPC;
    b[0] = e->next_header;
    b[1] = (uint8_t)(said / 8 - 1);
    if (e->kind == PLUG_IP6_ROUTING) {
        b[2] = e->routing_type;
        b[3] = e->segments_left;
    }
    if (e->data_len > 0)
        memmove(b + fixed, e->data, e->data_len);
    pad(b + fixed + e->data_len, (size_t)len - fixed - e->data_len);
    return len;
}
