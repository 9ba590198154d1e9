/* SPDX-License-Identifier: MIT */
/* Interfaces: the real ones against libc, invented ones for the limits. */
#include "t.h"
#include <ifaddrs.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

T_TEST(loopback_is_listed)
{
    struct plug_iface_list *list;
    const struct plug_iface *lo = NULL;
    bool found = false;

    T_OK(plug_iface_list(&list));
    T_OWN(plug_iface_free, list);
    for (size_t i = 0; i < list->count; i++)
        if (list->item[i].flags & IFF_LOOPBACK)
            lo = &list->item[i];
    if (!lo || lo->addr_count == 0)
        T_SKIP("no loopback interface with an address here");
    for (size_t i = 0; i < lo->addr_count; i++) {
        char text[PLUG_ADDR_TEXT];

        (void)plug_addr_text(&lo->addr[i].addr, text, sizeof text);
        if (strcmp(text, "127.0.0.1") != 0)
            continue;
        found = true;
        T_EQ(lo->addr[i].prefix, 8);
        (void)plug_addr_text(&lo->addr[i].netmask, text, sizeof text);
        T_STR(text, "255.0.0.0");
    }
    T_TRUE(found);
    T_EQ(lo->hwlen, 6);
    T_TRUE(t_tortured() || lo->mtu >= 1500);
    T_TRUE(!list->cut);
}

T_TEST_PLAIN(names_and_indexes_are_libcs)
{
    struct if_nameindex *all = if_nameindex();
    struct plug_iface_list *list;

    if (!all)
        T_SKIP("if_nameindex(3) does not work here");
    T_OWN(if_freenameindex, all);
    T_OK(plug_iface_list(&list));
    T_OWN(plug_iface_free, list);
    for (struct if_nameindex *n = all; n->if_index != 0; n++) {
        char name[IF_NAMESIZE];
        bool found = false;

        T_EQ(plug_iface_index(n->if_name), n->if_index);
        T_EQ(plug_iface_name(n->if_index, name, sizeof name), strlen(n->if_name));
        T_STR(name, n->if_name);
        for (size_t i = 0; i < list->count; i++)
            found = found || (list->item[i].index == n->if_index &&
                              strcmp(list->item[i].name, n->if_name) == 0);
        T_TRUE(found);
    }
}

T_TEST_PLAIN(what_is_not_there)
{
    char name[IF_NAMESIZE] = "before";

    T_ERR(plug_iface_index("nosuchiface0"), -ENXIO);
    T_ERR(plug_iface_index(""), -ENXIO);
    T_ERR(plug_iface_index("a-name-that-is-far-too-long-for-one"), -ENXIO);
    T_ERR(plug_iface_name(0, name, sizeof name), -ENXIO);
    T_ERR(plug_iface_name(0x7FFFFFFF, name, sizeof name), -ENXIO);
    T_ERR(plug_iface_name(UINT32_MAX, name, sizeof name), -ENXIO);
    if (plug_iface_index("lo") == 1) {
        T_ERR(plug_iface_name(1, name, 2), -ENOSPC);
        T_STR(name, "before");
        T_EQ(plug_iface_name(1, name, 3), 2);
    }
    plug_iface_free(NULL);
}

/* --- invented ones ------------------------------------------------------------------------ */

static struct plug_sys sys;
static struct ifaddrs *entries;
static unsigned ifaces, addrs_each;

static int fake_getifaddrs(struct ifaddrs **ret_list)
{
    *ret_list = entries;
    return 0;
}

static void fake_freeifaddrs(struct ifaddrs *list)
{
    (void)list;
}

static void back(void *unused)
{
    (void)unused;
    T_EQ(plug_sys_set(NULL), 0);
    free(entries);
}

struct fake {
    struct ifaddrs e;
    union {
        struct sockaddr_ll ll;
        struct sockaddr_in in;
        uint8_t room[64];
    };
    struct sockaddr_in mask;
    char name[IF_NAMESIZE];
};

/* First every interface with its hardware, then the addresses, one for each in turn. */
static void invent(unsigned count, unsigned each)
{
    size_t n = (size_t)count * (1 + each);
    struct fake *f = calloc(n + 1, sizeof *f);

    ifaces = count;
    addrs_each = each;
    entries = &f->e;
    for (size_t i = 0; i < n; i++) {
        f[i].e.ifa_next = i + 1 < n ? &f[i + 1].e : NULL;
        f[i].e.ifa_name = f[i].name;
        f[i].e.ifa_addr = (struct sockaddr *)&f[i].room;
        (void)snprintf(f[i].name, sizeof f[i].name, "if%zu", i % count);
        if (i < count) {
            f[i].ll = (struct sockaddr_ll){.sll_family = AF_PACKET, .sll_halen = 6};
            f[i].ll.sll_ifindex = (int)(count - i); /* not in their order */
            continue;
        }
        f[i].in = (struct sockaddr_in){.sin_family = AF_INET};
        f[i].in.sin_addr.s_addr = htonl((uint32_t)i);
        f[i].mask = (struct sockaddr_in){.sin_family = AF_INET};
        f[i].mask.sin_addr.s_addr = htonl(0xFFFFF000);
        f[i].e.ifa_netmask = (struct sockaddr *)&f[i].mask;
    }
    sys = *plug_sys_kernel();
    sys.name = "fake interfaces";
    sys.getifaddrs = fake_getifaddrs;
    sys.freeifaddrs = fake_freeifaddrs;
    T_OK(plug_sys_set(&sys));
}

static void check(const struct plug_iface_list *list)
{
    size_t total = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct plug_iface *f = &list->item[i];

        T_TRUE(i == 0 || f->index > list->item[i - 1].index);
        total += f->addr_count;
        for (size_t k = 0; k < f->addr_count; k++) {
            uint8_t ip[4];

            memcpy(ip, plug_addr_bytes(&f->addr[k].addr, NULL), 4);
            T_EQ(((unsigned)ip[1] << 16 | (unsigned)ip[2] << 8 | ip[3]) % ifaces,
                 ifaces - f->index);
            T_EQ(f->addr[k].prefix, 20);
            T_EQ(plug_addr_family(&f->addr[k].peer), AF_UNSPEC);
        }
    }
    T_EQ(total, (uint64_t)ifaces * addrs_each < PLUG_IFACE_ADDR_MAX ? ifaces * addrs_each
                                                                    : PLUG_IFACE_ADDR_MAX);
}

T_TEST_PLAIN(limits)
{
    static const unsigned counts[][2] = {
        {1, 0},
        {3, 2},
        {PLUG_IFACE_MAX - 1, 1},
        {PLUG_IFACE_MAX, 1},
        {PLUG_IFACE_MAX, PLUG_IFACE_ADDR_MAX / PLUG_IFACE_MAX},
        {1, PLUG_IFACE_ADDR_MAX - 1},
        {1, PLUG_IFACE_ADDR_MAX},
        {1, PLUG_IFACE_ADDR_MAX + 1},
    };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct plug_iface_list *list;

        invent(counts[i][0], counts[i][1]);
        T_OWN(back, &sys);
        T_OK(plug_iface_list(&list));
        T_EQ(list->count, ifaces);
        T_EQ(list->cut, counts[i][1] > PLUG_IFACE_ADDR_MAX);
        check(list);
        plug_iface_free(list);
        t_disown(&sys);
        back(NULL);
    }
    invent(PLUG_IFACE_MAX + 1, 0);
    T_OWN(back, &sys);
    struct plug_iface_list *list;
    T_OK(plug_iface_list(&list));
    T_EQ(list->count, PLUG_IFACE_MAX);
    T_TRUE(list->cut);
    plug_iface_free(list);
}

T_TEST_PLAIN(odd_entries)
{
    struct plug_iface_list *list;
    struct fake *f;

    invent(1, 1);
    T_OWN(back, &sys);
    f = (struct fake *)entries;
    f[0].e.ifa_addr = NULL; /* an interface without any address, and without an index */
    f[1].e.ifa_netmask = NULL;
    memcpy(f[0].name, "0123456789abcde", 16);
    f[0].e.ifa_flags = IFF_UP;
    T_OK(plug_iface_list(&list));
    T_OWN(plug_iface_free, list);
    T_EQ(list->count, 2);
    T_STR(list->item[0].name, "0123456789abcde");
    T_EQ(list->item[0].index + list->item[0].addr_count + (size_t)list->item[0].mtu, 0);
    T_EQ(list->item[0].flags, IFF_UP);
    T_EQ(list->item[1].addr[0].prefix, 0);
    T_EQ(plug_addr_family(&list->item[1].addr[0].netmask), AF_UNSPEC);
}
