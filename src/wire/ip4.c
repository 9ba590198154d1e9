/* SPDX-License-Identifier: MIT */
/* The header of IPv4: RFC 791 3.1. */
#include "wire/packet_sum.h"
#include "wire/ip_parts.h"
#include <plug/err.h>

/*
 *   0 version, header length | 1 tos | 2 total length | 4 id | 6 flags, fragment
 *   8 ttl | 9 protocol | 10 checksum | 12 src | 16 dst
 */
int plug__ip4_read(const void *bytes, size_t len, struct plug_ip4 *ret_header)
{
    const uint8_t *b = bytes;
    struct plug_ip4 h = {0};

    if (len < 1)
        return PLUG_EPACKET_SHORT;
    h.version = b[0] >> 4;
    h.header_len = (uint8_t)((b[0] & 15) * 4);
    if (h.version != 4 || h.header_len < PLUG_IP4_LEN)
        return PLUG_EPACKET_BAD;
    if (len < h.header_len)
        return PLUG_EPACKET_SHORT;
    h.tos = b[1];
    h.total_len = plug_get_be16(b + 2);
    h.id = plug_get_be16(b + 4);
    h.flags = b[6] >> 5;
    h.fragment = (uint16_t)((plug_get_be16(b + 6) & 0x1fff) * 8);
    h.ttl = b[8];
    h.protocol = b[9];
    h.checksum = plug_get_be16(b + 10);
    memcpy(h.src, b + 12, 4);
    memcpy(h.dst, b + 16, 4);
    h.options = b + PLUG_IP4_LEN;
    h.options_len = h.header_len - PLUG_IP4_LEN;
    *ret_header = h;
    return h.header_len;
}

int plug_ip4_parse(const void *bytes, size_t len, struct plug_ip4 *ret_header)
{
    struct plug_ip4 h;
    int r = plug__ip4_read(bytes, len, &h);

    if (r < 0)
        return r;
    if (h.total_len < h.header_len)
        return PLUG_EPACKET_BAD;
    *ret_header = h;
    return r;
}

int plug_ip4_payload_len(const struct plug_ip4 *header, size_t len)
{
    return header->total_len > len ? PLUG_EPACKET_SHORT : header->total_len - header->header_len;
}

/* The lengths of the header: what it says of itself, and of the packet. */
static int lengths(const struct plug_ip4 *h, size_t payload_len, uint64_t *ret_words,
                   uint64_t *ret_total)
{
    size_t header_len = PLUG_IP4_LEN + h->options_len, total = header_len + payload_len;

    if (h->given & PLUG_GIVEN_HEADER_LEN)
        header_len = h->header_len;
    if (h->given & PLUG_GIVEN_LEN)
        total = h->total_len;
    if (header_len > 60 || header_len % 4 || total > PLUG_IP4_MAX || payload_len > PLUG_IP4_MAX)
        return PLUG_ERANGE;
    *ret_words = header_len / 4;
    *ret_total = total;
    return 0;
}

int plug_ip4_build(const struct plug_ip4 *h, size_t payload_len, void *buf, size_t size)
{
    uint8_t *b = buf;
    uint64_t version = h->given & PLUG_GIVEN_VERSION ? h->version : 4, words, total, checksum;

    if (!plug__options_fit(h->options_len))
        return PLUG_EPACKET_BAD;
    if (lengths(h, payload_len, &words, &total) < 0 || version > 15 || h->flags > 7 ||
        h->fragment % 8)
        return PLUG_ERANGE;
    if (size < PLUG_IP4_LEN + h->options_len)
        return -ENOSPC;
    uint64_t first = version << 60 | words << 56 | (uint64_t)h->tos << 48 | total << 32 |
                     (uint64_t)h->id << 16 | (uint64_t)h->flags << 13 | h->fragment / 8;
    uint64_t second = (uint64_t)h->ttl << 56 | (uint64_t)h->protocol << 48 | plug_get_be32(h->src);
    uint64_t dst = plug_get_be32(h->dst);
    checksum = h->checksum;
    if (!(h->given & PLUG_GIVEN_CHECKSUM))
        checksum = plug__sum_finish(
            plug__checksum_carry(plug__checksum_carry(first, second),
                                 dst + plug__sum_short(h->options, h->options_len)));
    plug_put_be64(b, first);
    plug_put_be64(b + 8, second | checksum << 32);
    plug_put_be32(b + 16, (uint32_t)dst);
    plug__payload_put(b + PLUG_IP4_LEN, h->options, h->options_len);
    return (int)(PLUG_IP4_LEN + h->options_len);
}

int plug_ip4_verify(const void *bytes, size_t len, uint16_t *ret_right)
{
    struct plug_ip4 h;
    int r = plug_ip4_parse(bytes, len, &h);

    return r < 0
               ? r
               : plug__sum_verdict(plug__sum_without(bytes, (size_t)r, 10), h.checksum, ret_right);
}
