/* SPDX-License-Identifier: MIT */
/* The header of UDP: RFC 768. */
#include "wire/packet_sum.h"
#include <plug/err.h>
#include <plug/udp.h>

int plug_udp_parse(const void *bytes, size_t len, struct plug_udp *ret_header)
{
    const uint8_t *b = bytes;

    if (len < PLUG_UDP_LEN)
        return PLUG_EPACKET_SHORT;
    struct plug_udp h = {.sport = plug_get_be16(b),
                         .dport = plug_get_be16(b + 2),
                         .len = plug_get_be16(b + 4),
                         .checksum = plug_get_be16(b + 6)};
    if (h.len < PLUG_UDP_LEN)
        return PLUG_EPACKET_BAD;
    *ret_header = h;
    return PLUG_UDP_LEN;
}

int plug_udp_payload_len(const struct plug_udp *header, size_t len)
{
    return header->len > len ? PLUG_EPACKET_SHORT : header->len - PLUG_UDP_LEN;
}

int plug_udp_build(const struct plug_udp *h, const struct plug_pseudo *pseudo, const void *payload,
                   size_t payload_len, void *buf, size_t size)
{
    uint8_t *b = buf;
    uint64_t len = PLUG_UDP_LEN + payload_len, checksum = 0;

    if (payload_len > UINT16_MAX - PLUG_UDP_LEN)
        return PLUG_ERANGE;
    if (size < len)
        return -ENOSPC;
    uint64_t said = h->given & PLUG_GIVEN_LEN ? h->len : len;
    uint64_t all = (uint64_t)h->sport << 48 | (uint64_t)h->dport << 32 | said << 16;
    if (h->given & PLUG_GIVEN_CHECKSUM)
        checksum = h->checksum;
    else if (pseudo)
        checksum = plug_checksum_udp(plug__sum_finish(
            plug__checksum_carry(all, plug__sum_pseudo(pseudo, IPPROTO_UDP, (uint32_t)len) +
                                          plug__sum(payload, payload_len))));
    plug__payload_put(b + PLUG_UDP_LEN, payload, payload_len);
    plug_put_be64(b, all | checksum);
    return (int)len;
}

int plug_udp_verify(const struct plug_pseudo *pseudo, const void *bytes, size_t len,
                    uint16_t *ret_right)
{
    struct plug_udp h;
    uint16_t right;
    int r = plug_udp_parse(bytes, len, &h);

    if (r < 0 || (r = plug_udp_payload_len(&h, len)) < 0)
        return r;
    r = plug__sum_verdict(plug__sum_pseudo(pseudo, IPPROTO_UDP, h.len) +
                              plug__sum_without(bytes, h.len, 6),
                          h.checksum, &right);
    if (ret_right)
        *ret_right = plug_checksum_udp(right);
    return h.checksum == 0 ? pseudo->family == AF_INET : r;
}
