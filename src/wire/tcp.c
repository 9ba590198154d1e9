/* SPDX-License-Identifier: MIT */
/* The header of TCP: RFC 9293 3.1. */
#include "wire/packet_sum.h"
#include <plug/err.h>
#include <plug/tcp.h>

/*
 *   0 source port | 2 destination port | 4 sequence number | 8 acknowledgment number
 *   12 data offset, reserved, flags | 14 window | 16 checksum | 18 urgent pointer
 */
int plug_tcp_parse(const void *bytes, size_t len, struct plug_tcp *ret_header)
{
    const uint8_t *b = bytes;

    if (len < PLUG_TCP_LEN)
        return PLUG_EPACKET_SHORT;
    size_t header_len = 4u * (b[12] >> 4);
    if (header_len < PLUG_TCP_LEN)
        return PLUG_EPACKET_BAD;
    if (len < header_len)
        return PLUG_EPACKET_SHORT;
    *ret_header = (struct plug_tcp){.sport = plug_get_be16(b),
                                    .dport = plug_get_be16(b + 2),
                                    .seq = plug_get_be32(b + 4),
                                    .ack = plug_get_be32(b + 8),
                                    .header_len = (uint8_t)header_len,
                                    .reserved = b[12] >> 1 & 7,
                                    .flags = plug_get_be16(b + 12) & 0x1ff,
                                    .window = plug_get_be16(b + 14),
                                    .checksum = plug_get_be16(b + 16),
                                    .urgent = plug_get_be16(b + 18),
                                    .options = b + PLUG_TCP_LEN,
                                    .options_len = header_len - PLUG_TCP_LEN};
    return (int)header_len;
}

static int check(const struct plug_tcp *h, size_t payload_len, uint64_t *ret_words)
{
    size_t header_len = PLUG_TCP_LEN + h->options_len;

    if (!plug__options_fit(h->options_len))
        return PLUG_EPACKET_BAD;
    if (payload_len > UINT16_MAX - header_len || h->reserved > 7 || h->flags > 0x1ff)
        return PLUG_ERANGE;
    if (h->given & PLUG_GIVEN_HEADER_LEN)
        header_len = h->header_len;
    if (header_len > 60 || header_len % 4)
        return PLUG_ERANGE;
    *ret_words = header_len / 4;
    return 0;
}

int plug_tcp_build(const struct plug_tcp *h, const struct plug_pseudo *pseudo, const void *payload,
                   size_t payload_len, void *buf, size_t size)
{
    uint8_t *b = buf;
    uint64_t words, checksum = 0;
    int r = check(h, payload_len, &words);
    size_t header_len = PLUG_TCP_LEN + h->options_len, len = header_len + payload_len;

    if (r < 0)
        return r;
    if (size < len)
        return -ENOSPC;
    uint64_t first = (uint64_t)h->sport << 48 | (uint64_t)h->dport << 32 | h->seq;
    uint64_t second = (uint64_t)h->ack << 32 | words << 28 | (uint64_t)h->reserved << 25 |
                      (uint64_t)h->flags << 16 | h->window;
    if (h->given & PLUG_GIVEN_CHECKSUM)
        checksum = h->checksum;
    else if (pseudo)
        checksum = plug__sum_finish(plug__checksum_carry(
            plug__checksum_carry(first, second),
            plug__sum_pseudo(pseudo, IPPROTO_TCP, (uint32_t)len) + h->urgent +
                plug__sum_short(h->options, h->options_len) + plug__sum(payload, payload_len)));
    plug__payload_put(b + header_len, payload, payload_len);
    plug_put_be64(b, first);
    plug_put_be64(b + 8, second);
    plug_put_be32(b + 16, (uint32_t)(checksum << 16 | h->urgent));
    plug__payload_put(b + PLUG_TCP_LEN, h->options, h->options_len);
    return (int)len;
}

int plug_tcp_verify(const struct plug_pseudo *pseudo, const void *bytes, size_t len,
                    uint16_t *ret_right)
{
    struct plug_tcp h;
    int r = plug_tcp_parse(bytes, len, &h);

    if (r < 0)
        return r;
    return plug__sum_verdict(plug__sum_pseudo(pseudo, IPPROTO_TCP, (uint32_t)len) +
                                 plug__sum_without(bytes, len, 16),
                             h.checksum, ret_right);
}
