/* SPDX-License-Identifier: MIT */
/* Packets of IPv6 cut into fragments: RFC 8200 4.5. */
#include "wire/fragment_parts.h"
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/fragment.h>

#define PAYLOAD_LEN_AT  4
#define NEXT_HEADER_AT  6
#define FRAGMENT_HEADER 8

/* Up to the fragment header, behind which comes what was cut, or to the last. */
static int walk(struct plug_ip6_chain *c, struct plug__ip6_parts *p)
{
    size_t named_at = NEXT_HEADER_AT;
    struct plug_ip6_ext e;
    int r = 0;

    while (!p->fragmented && (r = plug_ip6_chain_next(c, &e)) > 0) {
        size_t begin = PLUG_IP6_LEN + c->at - e.header_len;
        if (e.kind == PLUG_IP6_FRAGMENT) {
            p->fragmented = true;
            p->fragment = e;
            p->every = begin;
            p->next_at = named_at;
        } else if (e.kind != PLUG_IP6_DESTINATION) {
            p->every = begin + e.header_len;
            p->next_at = begin;
        }
        named_at = begin;
    }
    p->chain = PLUG_IP6_LEN + c->at;
    return r < 0 ? r : 0;
}

int plug__ip6_parts(const void *packet, size_t len, struct plug__ip6_parts *ret_parts)
{
    struct plug__ip6_parts p = {.every = PLUG_IP6_LEN, .next_at = NEXT_HEADER_AT};
    struct plug_ip6 h;
    struct plug_ip6_chain c;
    int r = plug_ip6_parse(packet, len, &h);

    if (r < 0 || (r = plug_ip6_payload_len(&h, len)) < 0)
        return r;
    p.len = PLUG_IP6_LEN + (size_t)r;
    plug_ip6_chain(&h, (const uint8_t *)packet + PLUG_IP6_LEN, (size_t)r, &c);
    r = walk(&c, &p);
    if (r == 0)
        *ret_parts = p;
    return r;
}

/* How many bytes behind the headers of every fragment go into the one that begins at done. */
static int share(const struct plug__ip6_parts *p, size_t mtu, size_t done, bool *ret_last)
{
    size_t headers = p->every + FRAGMENT_HEADER, left = p->len - p->every - done;

    if (mtu < headers + 8)
        return -EMSGSIZE;
    size_t room = mtu - headers;
    *ret_last = left <= room;
    size_t n = *ret_last ? left : room & ~(size_t)7;
    return done == 0 && n < p->chain - p->every ? -EMSGSIZE : (int)n;
}

int plug_ip6_fragment(const void *packet, size_t len, uint32_t id, size_t mtu, size_t *at,
                      void *buf, size_t size)
{
    const uint8_t *from = packet;
    uint8_t *b = buf;
    struct plug__ip6_parts p;
    bool last;
    int r = plug__ip6_parts(packet, len, &p);

    if (r < 0)
        return r;
    if (p.fragmented)
        return PLUG_EPACKET_BAD;
    if (*at == 0 && p.len <= mtu)
        return plug__fragment_whole(packet, p.len, at, buf, size);
    if (*at >= p.len)
        return 0;
    size_t done = *at ? *at - p.every : 0;
    if ((r = share(&p, mtu, done, &last)) < 0)
        return r;
    size_t n = (size_t)r, total = p.every + FRAGMENT_HEADER + n;
    if (size < total)
        return -ENOSPC;
    memcpy(b, from, p.every);
    b[p.next_at] = PLUG_IP6_FRAGMENT;
    plug_put_be16(b + PAYLOAD_LEN_AT, (uint16_t)(total - PLUG_IP6_LEN));
    struct plug_ip6_ext e = {.kind = PLUG_IP6_FRAGMENT,
                             .next_header = from[p.next_at],
                             .fragment = (uint16_t)done,
                             .more_fragments = !last,
                             .id = id};
    r = plug_ip6_ext_build(&e, b + p.every, FRAGMENT_HEADER);
    if (r < 0)
        return r;
    memcpy(b + p.every + r, from + p.every + done, n);
    *at = p.every + done + n;
    return (int)total;
}
