/* SPDX-License-Identifier: MIT */
/* The header of Ethernet and its VLAN tags. */
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/ether.h>

#define VLAN_ID_MAX  0xfff
#define PRIORITY_MAX 7

static bool announces_tag(uint16_t type)
{
    return type == PLUG_ETHER_VLAN || type == PLUG_ETHER_QINQ || type == PLUG_ETHER_QINQ_OLD;
}

int plug_ether_parse(const void *bytes, size_t len, struct plug_ether *ret_header)
{
    const uint8_t *b = bytes;
    struct plug_ether h = {.vlan_count = 0};
    size_t at = PLUG_ETHER_LEN;

    if (len < at)
        return PLUG_EPACKET_SHORT;
    memcpy(h.dst, b, 6);
    memcpy(h.src, b + 6, 6);
    h.type = plug_get_be16(b + 12);
    for (; announces_tag(h.type); at += PLUG_ETHER_VLAN_LEN) {
        if (h.vlan_count == PLUG_ETHER_VLAN_MAX)
            return PLUG_EPACKET_BAD;
        if (len - at < PLUG_ETHER_VLAN_LEN)
            return PLUG_EPACKET_SHORT;
        uint16_t tag = plug_get_be16(b + at);
        h.vlan[h.vlan_count++] = (struct plug_ether_vlan){.tpid = h.type,
                                                          .id = tag & VLAN_ID_MAX,
                                                          .priority = (uint8_t)(tag >> 13),
                                                          .dei = tag >> 12 & 1};
        h.type = plug_get_be16(b + at + 2);
    }
    *ret_header = h;
    return (int)at;
}

static uint16_t tpid(const struct plug_ether_vlan *v)
{
    return v->tpid ? v->tpid : PLUG_ETHER_VLAN;
}

static int check(const struct plug_ether *h)
{
    if (h->vlan_count > PLUG_ETHER_VLAN_MAX)
        return PLUG_ERANGE;
    for (unsigned i = 0; i < h->vlan_count; i++) {
        const struct plug_ether_vlan *v = &h->vlan[i];
        if (v->id > VLAN_ID_MAX || v->priority > PRIORITY_MAX)
            return PLUG_ERANGE;
        if (!announces_tag(tpid(v)))
            return PLUG_EPACKET_BAD;
    }
    return announces_tag(h->type) ? PLUG_EPACKET_BAD : 0;
}

int plug_ether_build(const struct plug_ether *h, void *buf, size_t size)
{
    uint8_t *b = buf;
    int r = check(h);

    if (r < 0)
        return r;
    size_t len = PLUG_ETHER_LEN + PLUG_ETHER_VLAN_LEN * (size_t)h->vlan_count;
    if (size < len)
        return -ENOSPC;
    memcpy(b, h->dst, 6);
    memcpy(b + 6, h->src, 6);
    b += 12;
    for (unsigned i = 0; i < h->vlan_count; i++, b += PLUG_ETHER_VLAN_LEN) {
        const struct plug_ether_vlan *v = &h->vlan[i];
        plug_put_be16(b, tpid(v));
        plug_put_be16(b + 2, (uint16_t)(v->priority << 13 | (v->dei ? 1 << 12 : 0) | v->id));
    }
    plug_put_be16(b, h->type);
    return (int)len;
}
