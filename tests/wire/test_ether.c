/* SPDX-License-Identifier: MIT */
#include "golden.h"

#define QINQ "02000000000202000000000188a860648100fffe0800"
#define ASK                                                                                        \
    "00010800060400010200000000"                                                                   \
    "01c0000201000000000000c0000202"

static const struct plug_ether qinq = {
    .dst = {2, 0, 0, 0, 0, 2},
    .src = {2, 0, 0, 0, 0, 1},
    .vlan = {{PLUG_ETHER_QINQ, 100, 3, false}, {0, 4094, 7, true}},
    .vlan_count = 2,
    .type = PLUG_ETHER_IP4,
};

T_TEST(ether_builds_what_scapy_builds)
{
    uint8_t *room = t_guarded_room(22);
    struct plug_ether e = qinq;

    T_EQ(plug_ether_build(&e, room, 22), 22);
    golden_same(room, 22, QINQ);
    T_ERR(plug_ether_build(&e, room, 21), -ENOSPC);
    e.vlan_count = 0;
    T_EQ(plug_ether_build(&e, room, 14), 14);
    golden_same(room, 14, "0200000000020200000000010800");
    T_ERR(plug_ether_build(&e, room, 13), -ENOSPC);
}

T_TEST(ether_parses_tags)
{
    size_t len;
    const uint8_t *b = golden(QINQ, &len);
    struct plug_ether e = {.type = 99};

    for (size_t n = 0; n < len; n++)
        T_ERR(plug_ether_parse(t_guarded(b, n), n, &e), PLUG_EPACKET_SHORT);
    T_EQ(e.type, 99);
    T_EQ(plug_ether_parse(b, len, &e), 22);
    T_MEM(e.dst, qinq.dst, 6);
    T_MEM(e.src, qinq.src, 6);
    T_EQ(e.vlan_count, 2);
    T_EQ(e.vlan[0].tpid, PLUG_ETHER_QINQ);
    T_EQ(e.vlan[0].id, 100);
    T_EQ(e.vlan[0].priority, 3);
    T_TRUE(!e.vlan[0].dei);
    T_EQ(e.vlan[1].tpid, PLUG_ETHER_VLAN);
    T_EQ(e.vlan[1].id, 4094);
    T_EQ(e.vlan[1].priority, 7);
    T_TRUE(e.vlan[1].dei);
    T_EQ(e.type, PLUG_ETHER_IP4);
}

T_TEST(ether_limits)
{
    uint8_t room[14 + 4 * 9] = {0};
    struct plug_ether e = qinq, got;

    for (unsigned n = 7; n <= 9; n++) {
        for (unsigned i = 0; i < n; i++)
            plug_put_be16(room + 12 + 4 * i, PLUG_ETHER_VLAN);
        plug_put_be16(room + 12 + 4 * n, PLUG_ETHER_IP6);
        T_EQ(plug_ether_parse(room, 14 + 4 * n, &got), n <= 8 ? 14 + 4 * (int)n : PLUG_EPACKET_BAD);
        e.vlan_count = n;
        T_EQ(plug_ether_build(&e, room, sizeof room), n <= 8 ? 14 + 4 * (int)n : PLUG_ERANGE);
    }
    e = qinq;
    e.vlan[1].id = 4095;
    T_EQ(plug_ether_build(&e, room, sizeof room), 22);
    e.vlan[1].id = 4096;
    T_ERR(plug_ether_build(&e, room, sizeof room), PLUG_ERANGE);
    e = qinq;
    e.vlan[1].priority = 8;
    T_ERR(plug_ether_build(&e, room, sizeof room), PLUG_ERANGE);
    e = qinq;
    e.vlan[1].tpid = PLUG_ETHER_IP4;
    T_ERR(plug_ether_build(&e, room, sizeof room), PLUG_EPACKET_BAD);
    e = qinq;
    e.type = PLUG_ETHER_VLAN;
    T_ERR(plug_ether_build(&e, room, sizeof room), PLUG_EPACKET_BAD);
}

T_TEST(ether_build_parse_build)
{
    uint8_t one[46], two[46];
    static const uint16_t tpids[] = {PLUG_ETHER_VLAN, PLUG_ETHER_QINQ, PLUG_ETHER_QINQ_OLD};
    struct plug_ether got;

    for (unsigned round = 0; round < 2000; round++) {
        struct plug_ether e = {.vlan_count = (unsigned)t_below(9),
                               .type = (uint16_t)t_below(0x8100)};
        for (unsigned i = 0; i < e.vlan_count; i++)
            e.vlan[i] = (struct plug_ether_vlan){tpids[t_below(3)], (uint16_t)t_below(4096),
                                                 (uint8_t)t_below(8), t_below(2)};
        int n = plug_ether_build(&e, one, sizeof one);
        T_EQ(plug_ether_parse(one, (size_t)T_OK(n), &got), n);
        T_EQ(plug_ether_build(&got, two, sizeof two), n);
        T_MEM(one, two, (size_t)n);
    }
}

T_TEST(arp_asks_as_scapy_asks)
{
    static const uint8_t mac[] = {2, 0, 0, 0, 0, 1}, from[] = {192, 0, 2, 1}, to[] = {192, 0, 2, 2};
    uint8_t *room = t_guarded_room(PLUG_ARP_LEN);
    struct plug_arp a = PLUG_ARP;

    a.op = PLUG_ARP_REQUEST;
    a.sender_link = mac;
    a.sender = from;
    a.target = to;
    T_EQ(plug_arp_build(&a, room, 28), 28);
    golden_same(room, 28, ASK);
    T_ERR(plug_arp_build(&a, room, 27), -ENOSPC);
}

T_TEST(arp_parses)
{
    size_t len;
    const uint8_t *b = golden(ASK, &len);
    struct plug_arp a = {.op = 99};

    for (size_t n = 0; n < len; n++)
        T_ERR(plug_arp_parse(t_guarded(b, n), n, &a), PLUG_EPACKET_SHORT);
    T_ERR(plug_arp_parse(golden_changed(b, len, 4, 7), len, &a), PLUG_EPACKET_BAD);
    T_ERR(plug_arp_parse(golden_changed(b, len, 5, 16), len, &a), PLUG_EPACKET_BAD);
    T_EQ(a.op, 99);
    T_EQ(plug_arp_parse(b, len, &a), 28);
    T_EQ(a.link_type, 1);
    T_EQ(a.type, 0x0800);
    T_EQ(a.op, PLUG_ARP_REQUEST);
    T_MEM(a.sender_link, "\2\0\0\0\0\1", 6);
    T_MEM(a.sender, "\xc0\0\2\1", 4);
    T_MEM(a.target_link, "\0\0\0\0\0\0", 6);
    T_MEM(a.target, "\xc0\0\2\2", 4);
    uint8_t again[28];
    T_EQ(plug_arp_build(&a, again, sizeof again), 28);
    T_MEM(again, b, 28);
}

/* Addresses of other kinds, of any length. */
T_TEST(arp_limits)
{
    static uint8_t room[8 + 4 * 255], addresses[255] = {7};
    struct plug_arp a = {.link_type = 32,
                         .type = 0x1234,
                         .link_len = 255,
                         .len = 255,
                         .sender_link = addresses,
                         .target = addresses},
                    got;

    T_EQ(plug_arp_build(&a, room, sizeof room), sizeof room);
    T_EQ(plug_arp_parse(t_guarded(room, sizeof room), sizeof room, &got), sizeof room);
    T_EQ(got.sender_link[0], 7);
    T_EQ(got.target[0], 7);
    a.link_len = a.len = 0;
    T_EQ(plug_arp_build(&a, room, 8), 8);
    T_EQ(plug_arp_parse(room, 8, &got), 8);
}
