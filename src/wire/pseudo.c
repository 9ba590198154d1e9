/* SPDX-License-Identifier: MIT */
/* Pseudo-headers: RFC 9293 3.1, RFC 8200 8.1. */
#include "wire/packet_sum.h"

void plug_pseudo_ip4(const struct plug_ip4 *header, struct plug_pseudo *ret_pseudo)
{
    *ret_pseudo = (struct plug_pseudo){AF_INET, header->src, header->dst};
}

void plug_pseudo_ip6(const struct plug_ip6 *header, struct plug_pseudo *ret_pseudo)
{
    *ret_pseudo = (struct plug_pseudo){AF_INET6, header->src, header->dst};
}

void plug_checksum_pseudo(struct plug_checksum *c, const struct plug_pseudo *pseudo,
                          uint8_t protocol, uint32_t len)
{
    c->sum += plug__sum_pseudo(pseudo, protocol, len);
}
