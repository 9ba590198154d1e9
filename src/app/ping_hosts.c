/* SPDX-License-Identifier: MIT */
/* The hosts of a ping, by number and by address. */
#include "app/ping_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <plug/err.h>
#include <plug/alloc.h>
#include <string.h>

#define ROOM_FIRST 8

/* The address alone: a reply has no port and perhaps another scope. */
size_t plug__ping_bucket(const struct plug_ping *p, const struct plug_addr *addr)
{
    size_t len;
    const void *bytes = plug_addr_bytes(addr, &len);

    return (size_t)plug__siphash(&p->key, bytes, len) & (p->buckets - 1);
}

static void link_host(struct plug_ping *p, struct plug__ping_host *h)
{
    size_t b = plug__ping_bucket(p, &h->addr);

    h->next_alike = p->bucket[b];
    p->bucket[b] = h->number + 1;
}

/* Room for one more, in the array and, at twice that, in the table. */
static int grow(struct plug_ping *p)
{
    size_t room = p->hosts_room ? p->hosts_room * 2 : ROOM_FIRST;

    if (p->hosts < p->hosts_room)
        return 0;
    struct plug__ping_host **host = plug_realloc(p->host, room * sizeof *host);
    if (!host)
        return -ENOMEM;
    p->host = host;
    uint32_t *bucket = plug_calloc(room * 2, sizeof *bucket);
    if (!bucket)
        return -ENOMEM;
    plug_free(p->bucket);
    p->bucket = bucket;
    p->buckets = room * 2;
    p->hosts_room = room;
    for (size_t i = 0; i < p->hosts; i++)
        link_host(p, p->host[i]);
    return 0;
}

static bool is_group(const struct plug_addr *addr)
{
    enum plug_addr_class class = plug_addr_class(addr);

    return class == PLUG_ADDR_MULTICAST || class == PLUG_ADDR_BROADCAST;
}

static int check(const struct plug_ping *p, struct plug_addr *addr)
{
    (void)plug_addr_unmap(addr);
    int family = plug_addr_family(addr);

    if (family != AF_INET && family != AF_INET6)
        return -EAFNOSUPPORT;
    uint16_t port = p->o.socket == PLUG_PING_TCP ? plug_addr_port(addr) : 0;
    if (port == 0 && p->o.socket == PLUG_PING_TCP)
        return -EINVAL;
    (void)!plug_addr_set_port(addr, port);
    if (plug_addr_class(addr) == PLUG_ADDR_UNSPECIFIED)
        (void)!plug_addr_loopback(family, port, addr);
    if (is_group(addr) && !p->o.broadcast)
        return -EACCES;
    return family == AF_INET ? p->no_four : p->no_six;
}

int plug_ping_add(struct plug_ping *p, const struct plug_addr *addr)
{
    struct plug_addr a = *addr;
    int r = check(p, &a);

    if (r < 0)
        return r;
    if (p->hosts == p->o.hosts_max)
        return PLUG_ELIMIT;
    if (grow(p) < 0)
        return -ENOMEM;
    struct plug__ping_host *h = plug_calloc(1, sizeof *h);
    if (!h)
        return -ENOMEM;
    h->ping = p;
    h->addr = a;
    h->number = (uint32_t)p->hosts;
    h->group = p->o.broadcast;
    h->oldest = 1;
    h->last = -1;
    p->groups += h->group;
    p->host[p->hosts++] = h;
    link_host(p, h);
    r = p->running ? plug__ping_begin(h, plug_now()) : 0;
    return r < 0 ? r : (int)h->number;
}

size_t plug_ping_hosts(const struct plug_ping *p)
{
    return p->hosts;
}

const struct plug_addr *plug_ping_addr(const struct plug_ping *p, uint32_t host)
{
    PLUG_ASSERT(host < p->hosts, "no host of this number");
    return &p->host[host]->addr;
}
