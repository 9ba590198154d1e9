/* SPDX-License-Identifier: MIT */
/* The header of IPv6: RFC 8200 3. */
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/ip.h>

#define FLOW_LABEL_MAX 0xfffff

int plug_ip6_parse(const void *bytes, size_t len, struct plug_ip6 *ret_header)
{
    const uint8_t *b = bytes;

    if (len < 1)
        return PLUG_EPACKET_SHORT;
    if (b[0] >> 4 != 6)
        return PLUG_EPACKET_BAD;
    if (len < PLUG_IP6_LEN)
        return PLUG_EPACKET_SHORT;
    uint32_t first = plug_get_be32(b);
    struct plug_ip6 h = {.version = 6,
                         .traffic_class = (uint8_t)(first >> 20),
                         .flow_label = first & FLOW_LABEL_MAX,
                         .payload_len = plug_get_be16(b + 4),
                         .next_header = b[6],
                         .hop_limit = b[7]};
    memcpy(h.src, b + 8, 16);
    memcpy(h.dst, b + 24, 16);
    *ret_header = h;
    return PLUG_IP6_LEN;
}

int plug_ip6_payload_len(const struct plug_ip6 *header, size_t len)
{
    if (header->payload_len == 0 && header->next_header == PLUG_IP6_HOP_BY_HOP)
        return PLUG_EPACKET_BAD;
    if (len < PLUG_IP6_LEN || header->payload_len > len - PLUG_IP6_LEN)
        return PLUG_EPACKET_SHORT;
    return header->payload_len;
}

int plug_ip6_build(const struct plug_ip6 *h, size_t payload_len, void *buf, size_t size)
{
    uint8_t *b = buf;
    uint32_t version = h->given & PLUG_GIVEN_VERSION ? h->version : 6;

    if (h->given & PLUG_GIVEN_LEN)
        payload_len = h->payload_len;
    if (version > 15 || h->flow_label > FLOW_LABEL_MAX || payload_len > UINT16_MAX)
        return PLUG_ERANGE;
    if (size < PLUG_IP6_LEN)
        return -ENOSPC;
    plug_put_be32(b, version << 28 | (uint32_t)h->traffic_class << 20 | h->flow_label);
    plug_put_be16(b + 4, (uint16_t)payload_len);
    b[6] = h->next_header;
    b[7] = h->hop_limit;
    memcpy(b + 8, h->src, 16);
    memcpy(b + 24, h->dst, 16);
    return PLUG_IP6_LEN;
}
