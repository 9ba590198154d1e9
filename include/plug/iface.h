/* SPDX-License-Identifier: MIT */
#ifndef PLUG_IFACE_H
#define PLUG_IFACE_H
/*
 * The network interfaces of this machine (of this network namespace) and their addresses.
 *
 * Layer: net.
 *
 * The caller:
 *   1. plug_iface_list(&list)
 *   2. list->item[i].name, .index, .addr[j] ...; plug_constant_flags("IFF_", item->flags, ...)
 *   3. plug_iface_free(list)
 *
 * All functions: any thread, any fiber.
 */
#include <plug/addr.h>
#include <net/if.h>

PLUG_BEGIN_DECLS

#define PLUG_IFACE_MAX      1024 /* most interfaces listed */
#define PLUG_IFACE_ADDR_MAX 8192 /* most addresses of all of them together */
#define PLUG_IFACE_HW_MAX   24   /* longest hardware address */

struct plug_iface_addr {
    struct plug_addr addr;    /* link-local IPv6 with its scope */
    struct plug_addr netmask; /* no address (AF_UNSPEC) where the system gives none */
    struct plug_addr peer;    /* broadcast address, or the other end of a point-to-point link */
    unsigned prefix;          /* leading one bits of netmask */
};

struct plug_iface {
    char name[IF_NAMESIZE]; /* as the system says it: escape before showing */
    unsigned index;
    unsigned flags;  /* IFF_UP, IFF_LOOPBACK ... */
    int mtu;         /* 0: could not be asked */
    uint16_t hwtype; /* ARPHRD_x of <net/if_arp.h> */
    uint8_t hwlen;
    uint8_t hw[PLUG_IFACE_HW_MAX];
    size_t addr_count;
    const struct plug_iface_addr *addr; /* of INET and INET6 */
};

struct plug_iface_list {
    size_t count;
    bool cut;                      /* there were more interfaces or addresses than the limits */
    const struct plug_iface *item; /* by index; one allocation with the list */
};

/* gives *ret_list: end with plug_iface_free. -ENOMEM, -errno of getifaddrs(3). */
PLUG_API PLUG_MUST int plug_iface_list(struct plug_iface_list **ret_list);
/* NULL does nothing. */
PLUG_API void plug_iface_free(struct plug_iface_list *list);

/* The index (> 0) of a name; -ENXIO when there is none. */
PLUG_API PLUG_MUST int plug_iface_index(const char *name);
/* The name of an index: its length (< len); -ENXIO, -ENOSPC. */
PLUG_API PLUG_MUST int plug_iface_name(unsigned index, char *buf, size_t len);

PLUG_END_DECLS
#endif
