/* SPDX-License-Identifier: MIT */
/* ARP: RFC 826. */
#include <plug/arp.h>
#include <plug/bytes.h>
#include <plug/err.h>

#define FIXED_LEN     8
#define LINK_ETHERNET 1
#define TYPE_IP4      0x0800

static size_t message_len(const struct plug_arp *m)
{
    return FIXED_LEN + 2 * ((size_t)m->link_len + m->len);
}

int plug_arp_parse(const void *bytes, size_t len, struct plug_arp *ret_message)
{
    const uint8_t *b = bytes;

    if (len < FIXED_LEN)
        return PLUG_EPACKET_SHORT;
    struct plug_arp m = {.link_type = plug_get_be16(b),
                         .type = plug_get_be16(b + 2),
                         .link_len = b[4],
                         .len = b[5],
                         .op = plug_get_be16(b + 6)};
    if ((m.link_type == LINK_ETHERNET && m.link_len != 6) || (m.type == TYPE_IP4 && m.len != 4))
        return PLUG_EPACKET_BAD;
    if (len < message_len(&m))
        return PLUG_EPACKET_SHORT;
    m.sender_link = b + FIXED_LEN;
    m.sender = m.sender_link + m.link_len;
    m.target_link = m.sender + m.len;
    m.target = m.target_link + m.link_len;
    *ret_message = m;
    return (int)message_len(&m);
}

static uint8_t *put(uint8_t *to, const uint8_t *address, size_t len)
{
    if (address)
        memcpy(to, address, len);
    else
        memset(to, 0, len);
    return to + len;
}

int plug_arp_build(const struct plug_arp *m, void *buf, size_t size)
{
    uint8_t *b = buf;

    if (size < message_len(m))
        return -ENOSPC;
    plug_put_be16(b, m->link_type);
    plug_put_be16(b + 2, m->type);
    b[4] = m->link_len;
    b[5] = m->len;
    plug_put_be16(b + 6, m->op);
    b = put(b + FIXED_LEN, m->sender_link, m->link_len);
    b = put(b, m->sender, m->len);
    b = put(b, m->target_link, m->link_len);
    put(b, m->target, m->len);
    return (int)message_len(m);
}
