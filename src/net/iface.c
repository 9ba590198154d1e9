/* SPDX-License-Identifier: MIT */
#include "net/addr_parts.h"
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/iface.h>
#include <plug/sys.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* The list while it is made: one block, the list, then the interfaces, then their addresses. */
struct iface_block {
    struct plug_iface_list list;
    struct plug_iface *item;
    struct plug_iface_addr *addr;
    size_t items, addrs; /* room */
};

static bool iface_has_ip(const struct ifaddrs *e)
{
    return e->ifa_addr && (e->ifa_addr->sa_family == AF_INET || e->ifa_addr->sa_family == AF_INET6);
}

static struct plug_iface *iface_find(const struct iface_block *b, const char *name)
{
    for (size_t i = 0; i < b->list.count; i++)
        if (strncmp(b->item[i].name, name, IF_NAMESIZE) == 0)
            return &b->item[i];
    return NULL;
}

static struct plug_iface *iface_add(struct iface_block *b, const struct ifaddrs *e)
{
    struct plug_iface *i = iface_find(b, e->ifa_name);

    if (i)
        return i;
    if (b->list.count == b->items) {
        b->list.cut = true;
        return NULL;
    }
    i = &b->item[b->list.count++];
    memcpy(i->name, e->ifa_name, strnlen(e->ifa_name, sizeof i->name - 1));
    i->flags = e->ifa_flags;
    return i;
}

/* The AF_PACKET entry of an interface tells its index and hardware address. */
static void iface_hardware(struct plug_iface *i, const struct ifaddrs *e)
{
    struct sockaddr_ll ll;
    const uint8_t *bytes = (const uint8_t *)e->ifa_addr + offsetof(struct sockaddr_ll, sll_addr);

    memcpy(&ll, e->ifa_addr, sizeof ll);
    i->index = (unsigned)ll.sll_ifindex;
    i->hwtype = ll.sll_hatype;
    i->hwlen = ll.sll_halen <= PLUG_IFACE_HW_MAX ? ll.sll_halen : PLUG_IFACE_HW_MAX;
    memcpy(i->hw, bytes, i->hwlen); /* libc keeps room behind it for the longest ones */
}

static void iface_sockaddr(const struct sockaddr *sa, int family, struct plug_addr *ret_addr)
{
    socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

    if (sa && sa->sa_family == family && plug_addr_from_sockaddr(sa, len, ret_addr) < 0)
        *ret_addr = (struct plug_addr){0};
}

static unsigned iface_prefix(const struct plug_addr *netmask)
{
    size_t len;
    const uint8_t *bytes = plug_addr_bytes(netmask, &len);
    unsigned bits = 0;

    while (bits < 8 * len && bytes[bits / 8] & 0x80 >> bits % 8)
        bits++;
    return bits;
}

/* Those of one interface lie together: called interface by interface. */
static void iface_addresses(struct iface_block *b, struct plug_iface *i, const struct ifaddrs *e,
                            size_t *used)
{
    i->addr = &b->addr[*used];
    for (; e; e = e->ifa_next) {
        struct plug_iface_addr *a = &b->addr[*used];
        int family;

        if (!iface_has_ip(e) || strncmp(i->name, e->ifa_name, IF_NAMESIZE) != 0)
            continue;
        if (*used == b->addrs) {
            b->list.cut = true;
            return;
        }
        family = e->ifa_addr->sa_family;
        iface_sockaddr(e->ifa_addr, family, &a->addr);
        iface_sockaddr(e->ifa_netmask, family, &a->netmask);
        if (e->ifa_flags & (IFF_BROADCAST | IFF_POINTOPOINT))
            iface_sockaddr(e->ifa_dstaddr, family, &a->peer);
        a->prefix = iface_prefix(&a->netmask);
        i->addr_count++;
        ++*used;
    }
}

/* No socket, no right, no such request: then the MTU stays unknown. */
static void iface_mtus(const struct iface_block *b)
{
    int fd = plug_sys()->socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        fd = plug_sys()->socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    for (size_t i = 0; i < b->list.count; i++) {
        struct ifreq req = {0};

        memcpy(req.ifr_name, b->item[i].name, sizeof req.ifr_name);
        if (plug_sys()->ioctl(fd, SIOCGIFMTU, &req) >= 0)
            b->item[i].mtu = req.ifr_mtu;
    }
    (void)plug_sys()->close(fd);
}

static int iface_order(const void *a, const void *b)
{
    unsigned x = ((const struct plug_iface *)a)->index, y = ((const struct plug_iface *)b)->index;

    return x < y ? -1 : x > y;
}

static void iface_fill(struct iface_block *b, const struct ifaddrs *entries)
{
    size_t used = 0;

    for (const struct ifaddrs *e = entries; e; e = e->ifa_next) {
        struct plug_iface *i = iface_add(b, e);

        if (i && e->ifa_addr && e->ifa_addr->sa_family == AF_PACKET)
            iface_hardware(i, e);
    }
    for (size_t i = 0; i < b->list.count; i++)
        if (b->item[i].index == 0)
            b->item[i].index = plug_sys()->if_nametoindex(b->item[i].name);
    qsort(b->item, b->list.count, sizeof *b->item, iface_order);
    for (size_t i = 0; i < b->list.count; i++)
        iface_addresses(b, &b->item[i], entries, &used);
    iface_mtus(b);
}

/* At most as many interfaces as entries, and as many addresses. */
static struct iface_block *iface_room(const struct ifaddrs *entries)
{
    struct iface_block *b;
    size_t items = 0, addrs = 0;

    for (const struct ifaddrs *e = entries; e; e = e->ifa_next) {
        items += items < PLUG_IFACE_MAX;
        addrs += iface_has_ip(e) && addrs < PLUG_IFACE_ADDR_MAX;
    }
    b = plug_calloc(1, sizeof *b + items * sizeof *b->item + addrs * sizeof *b->addr);
    if (!b)
        return NULL;
    b->items = items;
    b->addrs = addrs;
    b->item = (struct plug_iface *)(void *)(b + 1);
    b->addr = (struct plug_iface_addr *)(void *)(b->item + items);
    b->list.item = b->item;
    return b;
}

int plug_iface_list(struct plug_iface_list **ret_list)
{
    struct ifaddrs *entries = NULL;
    struct iface_block *b;
    int err = plug_sys()->getifaddrs(&entries);

    if (err < 0)
        return err;
    b = iface_room(entries);
    if (b)
        iface_fill(b, entries);
    plug_sys()->freeifaddrs(entries);
    if (!b)
        return -ENOMEM;
    *ret_list = &b->list;
    return 0;
}

void plug_iface_free(struct plug_iface_list *list)
{
    plug_free(list);
}

int plug_iface_index(const char *name)
{
    unsigned index = plug_sys()->if_nametoindex(name);

    return index == 0 || index > INT32_MAX ? -ENXIO : (int)index;
}

int plug_iface_name(unsigned index, char *buf, size_t len)
{
    char name[IF_NAMESIZE];
    int err = plug_sys()->if_indextoname(index, name);
    size_t n;

    if (err < 0)
        return err;
    n = strlen(name);
    if (n >= len)
        return -ENOSPC;
    memcpy(buf, name, n + 1);
    return (int)n;
}
