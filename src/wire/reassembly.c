/* SPDX-License-Identifier: MIT */
/* Fragments put together: RFC 791 3.2, RFC 8200 4.5, RFC 5722. */
#include "wire/fragment_parts.h"
#include <netinet/in.h>
#include <plug/alloc.h>
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/fragment.h>

/* A fragment as it came. header and data borrow the packet. */
struct view {
    int family;
    const uint8_t *header; /* what every fragment has */
    size_t header_len, next_at;
    uint8_t protocol;
    uint32_t id;
    const uint8_t *addresses; /* source, destination */
    size_t offset, len;
    const uint8_t *data;
    bool last;
};

struct piece {
    size_t offset, len;
    uint8_t *data;
};

struct plug_reassembly {
    struct piece pieces[PLUG_REASSEMBLY_MAX]; /* by offset */
    unsigned count;
    int family; /* 0: nothing came */
    uint8_t protocol, addresses[32];
    uint32_t id;
    size_t total, arrived; /* total: 0 while the last one has not come */
    uint8_t *header;       /* of the first fragment */
    size_t header_len, next_at;
    uint8_t *packet; /* when it is complete */
    size_t packet_len;
    bool lost;
};

int plug_reassembly_open(struct plug_reassembly **ret_reassembly)
{
    struct plug_reassembly *r = plug_calloc(1, sizeof *r);

    if (!r)
        return -ENOMEM;
    *ret_reassembly = r;
    return 0;
}

static void drop_pieces(struct plug_reassembly *r)
{
    while (r->count > 0)
        plug_free(r->pieces[--r->count].data);
    plug_free(r->header);
    r->header = NULL;
}

void plug_reassembly_close(struct plug_reassembly *r)
{
    if (!r)
        return;
    drop_pieces(r);
    plug_free(r->packet);
    plug_free(r);
}

static int view4(const uint8_t *b, size_t len, struct view *v)
{
    struct plug_ip4 h;
    int r = plug_ip4_parse(b, len, &h);

    if (r < 0 || (r = plug_ip4_payload_len(&h, len)) < 0)
        return r;
    if (h.fragment == 0 && !(h.flags & PLUG_IP4_MF))
        return -EINVAL;
    *v = (struct view){.family = AF_INET,
                       .header = b,
                       .header_len = h.header_len,
                       .protocol = h.protocol,
                       .id = h.id,
                       .addresses = b + 12,
                       .offset = h.fragment,
                       .len = (size_t)r,
                       .data = b + h.header_len,
                       .last = !(h.flags & PLUG_IP4_MF)};
    return 0;
}

static int view6(const uint8_t *b, size_t len, struct view *v)
{
    struct plug__ip6_parts p;
    int r = plug__ip6_parts(b, len, &p);

    if (r < 0)
        return r;
    const struct plug_ip6_ext *e = &p.fragment;
    if (!p.fragmented || (e->fragment == 0 && !e->more_fragments))
        return -EINVAL;
    *v = (struct view){.family = AF_INET6,
                       .header = b,
                       .header_len = p.every,
                       .next_at = p.next_at,
                       .protocol = e->next_header,
                       .id = e->id,
                       .addresses = b + 8,
                       .offset = e->fragment,
                       .len = p.len - p.chain,
                       .data = b + p.chain,
                       .last = !e->more_fragments};
    return 0;
}

static int view(const uint8_t *b, size_t len, struct view *v)
{
    int r = len == 0 ? PLUG_EPACKET_SHORT : b[0] >> 4 == 6 ? view6(b, len, v) : view4(b, len, v);

    if (r < 0)
        return r;
    if (v->len == 0 || (!v->last && v->len % 8))
        return PLUG_EPACKET_BAD;
    return 0;
}

static size_t addresses_len(int family)
{
    return family == AF_INET ? 8 : 32;
}

/* Does it belong to the datagram? The first one decides which that is. */
static int belongs(struct plug_reassembly *r, const struct view *v)
{
    size_t n = addresses_len(v->family);

    if (r->family == 0) {
        r->family = v->family;
        r->protocol = v->protocol;
        r->id = v->id;
        memcpy(r->addresses, v->addresses, n);
        return 0;
    }
    bool same = r->family == v->family && r->id == v->id &&
                (v->family == AF_INET6 || r->protocol == v->protocol) &&
                memcmp(r->addresses, v->addresses, n) == 0;
    return same ? 0 : -EINVAL;
}

/* Where among the pieces it goes. 1: it is there already; PLUG_EPACKET_BAD: it overlaps. */
static int place(const struct plug_reassembly *r, const struct view *v, unsigned *ret_at)
{
    unsigned at = 0;

    while (at < r->count && r->pieces[at].offset + r->pieces[at].len <= v->offset)
        at++;
    *ret_at = at;
    if (at == r->count || v->offset + v->len <= r->pieces[at].offset)
        return 0;
    const struct piece *p = &r->pieces[at];
    bool last = p->offset + p->len == r->total;
    bool same = p->offset == v->offset && p->len == v->len && last == v->last &&
                memcmp(p->data, v->data, v->len) == 0;
    return same ? 1 : PLUG_EPACKET_BAD;
}

/* Do its end and the datagram's agree? */
static bool ends_well(const struct plug_reassembly *r, const struct view *v)
{
    size_t end = v->offset + v->len;

    if (end > UINT16_MAX)
        return false;
    if (r->total)
        return v->last ? end == r->total : end <= r->total;
    if (!v->last || r->count == 0)
        return true;
    const struct piece *highest = &r->pieces[r->count - 1];
    return highest->offset + highest->len <= end;
}

static int keep(struct plug_reassembly *r, const struct view *v, unsigned at)
{
    uint8_t *data = plug_memdup(v->data, v->len);
    uint8_t *header = v->offset == 0 && data ? plug_memdup(v->header, v->header_len) : NULL;

    if (!data || (v->offset == 0 && !header)) {
        plug_free(data);
        return -ENOMEM;
    }
    if (header) {
        r->header = header;
        r->header_len = v->header_len;
        r->next_at = v->next_at;
        r->protocol = v->protocol;
    }
    memmove(r->pieces + at + 1, r->pieces + at, (r->count - at) * sizeof *r->pieces);
    r->pieces[at] = (struct piece){v->offset, v->len, data};
    r->count++;
    r->arrived += v->len;
    if (v->last)
        r->total = v->offset + v->len;
    return 0;
}

/* The header of the first fragment, as that of the whole. */
static int mend_header(const struct plug_reassembly *r, uint8_t *packet)
{
    struct plug_ip4 h;

    if (r->family == AF_INET6) {
        plug_put_be16(packet + 4, (uint16_t)(r->header_len - PLUG_IP6_LEN + r->total));
        packet[r->next_at] = r->protocol;
        return 0;
    }
    int n = plug_ip4_parse(r->header, r->header_len, &h);
    h.flags &= (uint8_t)~PLUG_IP4_MF;
    return n < 0 ? n : plug_ip4_build(&h, r->total, packet, r->header_len);
}

static int lose(struct plug_reassembly *r)
{
    r->lost = true;
    drop_pieces(r);
    return PLUG_EPACKET_BAD;
}

static int complete(struct plug_reassembly *r)
{
    size_t most = r->family == AF_INET ? PLUG_IP4_MAX : PLUG_IP6_MAX;

    if (r->header_len + r->total > most)
        return lose(r);
    uint8_t *packet = plug_alloc(r->header_len + r->total), *to;
    if (!packet)
        return -ENOMEM;
    memcpy(packet, r->header, r->header_len);
    int n = mend_header(r, packet);
    if (n < 0) {
        plug_free(packet);
        return n;
    }
    to = packet + r->header_len;
    for (unsigned i = 0; i < r->count; i++)
        to = (uint8_t *)memcpy(to, r->pieces[i].data, r->pieces[i].len) + r->pieces[i].len;
    r->packet = packet;
    r->packet_len = r->header_len + r->total;
    drop_pieces(r);
    return 1;
}

int plug_reassembly_add(struct plug_reassembly *r, const void *packet, size_t len)
{
    struct view v = {.len = 0}; /* said for compilers that cannot see that it is filled in */
    unsigned at;
    int n = view(packet, len, &v);

    if (r->lost)
        return PLUG_EPACKET_BAD;
    if (n < 0 || (n = belongs(r, &v)) < 0)
        return n;
    if (r->packet)
        return 0;
    n = place(r, &v, &at);
    if (n == 1)
        return r->total && r->arrived == r->total ? complete(r) : 0;
    if (n == 0 && r->count == PLUG_REASSEMBLY_MAX)
        return PLUG_ELIMIT;
    if (n < 0 || !ends_well(r, &v))
        return lose(r);
    if ((n = keep(r, &v, at)) < 0)
        return n;
    return r->total && r->arrived == r->total ? complete(r) : 0;
}

int plug_reassembly_packet(const struct plug_reassembly *r, const uint8_t **ret_packet,
                           size_t *ret_len)
{
    if (!r->packet)
        return -EAGAIN;
    *ret_packet = r->packet;
    *ret_len = r->packet_len;
    return 0;
}
