/* SPDX-License-Identifier: MIT */
/* plug ping: operands become hosts of the engine. */
#include "ping.h"
#include <netdb.h>
#include <stdio.h>
#include <string.h>

/* --- where from ------------------------------------------------------------------------------ */

int ping_source(struct cmd *c, struct ping *g)
{
    const char *from = g->o->from;
    int index;

    if (!from)
        return CMD_YES;
    if (plug_addr_parse_ip(from, AF_UNSPEC, 0, &g->source) == 0)
        return CMD_YES;
    index = plug_iface_index(from);
    if (index < 0)
        return cmd_fail(c, index, "-I", from,
                        "an address of this machine or an interface is needed");
    g->ifindex = (unsigned)index;
    snprintf(g->ifname, sizeof g->ifname, "%s", cmd_safe_str(from));
    return CMD_YES;
}

/* --- is there a way -------------------------------------------------------------------------- */

static int connect_probe(struct ping *g, struct plug_sock *s, struct plug_addr *to)
{
    struct plug_addr local;
    int r = g->o->broadcast ? plug_sockopt_set(s, PLUG_SO_BROADCAST, 1) : 0;

    if (r >= 0 && g->ifname[0])
        r = plug_sockopt_set_text(s, PLUG_SO_BIND_DEVICE, g->o->from);
    if (r >= 0 && !g->ifname[0] && g->o->from)
        r = plug_sock_bind(s, &g->source);
    if (r >= 0)
        r = plug_sock_connect(s, to);
    if (r >= 0)
        r = plug_sock_local(s, &local);
    if (r >= 0 && g->ifname[0])
        g->source = local;
    return r < 0 ? r : 0;
}

/* Asks the routes by connecting a datagram socket: nothing is sent. */
static int ask_routes(struct ping *g, const struct plug_addr *addr)
{
    struct plug_addr to = *addr;
    struct plug_sock *s;
    int r = plug_sock_open(&s, plug_addr_family(addr), SOCK_DGRAM, 0);

    if (r < 0)
        return r;
    (void)!plug_addr_set_port(&to, 1025);
    r = connect_probe(g, s, &to);
    plug_sock_close(s);
    return r;
}

/* --- adding ---------------------------------------------------------------------------------- */

static const char *hint_of(const struct ping *g, int err)
{
    switch (err) {
    case -EACCES:
        return g->o->broadcast
                   ? NULL
                   : "every machine of a group or network would answer: -b if that is wanted";
    case -EADDRNOTAVAIL:
        return g->o->from ? "-I names an address of the other family, or none of this machine"
                          : NULL;
    case PLUG_EAI_NONAME:
        return "addresses, names, or with --tcp HOST:PORT";
    default:
        return NULL;
    }
}

static int refuse(struct ping *g, int err, const char *op, const char *text)
{
    g->unknown++;
    return cmd_fail(g->c, err, op, text, hint_of(g, err));
}

static int remember(struct ping *g, const char *shown, bool named)
{
    if (g->hosts == g->host_room) {
        size_t room = g->host_room ? g->host_room * 2 : 16;
        struct ping_host *host = plug_realloc(g->host, room * sizeof *host);
        if (!host)
            return -ENOMEM;
        g->host = host;
        g->host_room = room;
    }
    struct ping_host *h = &g->host[g->hosts++];
    memset(h, 0, sizeof *h);
    snprintf(h->shown, sizeof h->shown, "%s", cmd_safe_str(shown));
    h->named = named;
    return 0;
}

int ping_add(struct ping *g, const struct plug_addr *addr, const char *shown, bool named)
{
    enum plug_addr_class class = plug_addr_class(addr);
    bool group = class == PLUG_ADDR_MULTICAST || class == PLUG_ADDR_BROADCAST;
    int r = group && !g->o->broadcast ? -EACCES : ask_routes(g, addr);

    if (r < 0)
        return refuse(g, r, "connect", shown);
    r = plug_ping_add(g->engine, addr);
    if (r >= 0)
        r = remember(g, shown, named);
    return r < 0 ? refuse(g, r, "ping", shown) : CMD_YES;
}

/* --- operands -------------------------------------------------------------------------------- */

static int family_of(const struct ping_opts *o)
{
    return o->v4 == o->v6 ? AF_UNSPEC : o->v4 ? AF_INET : AF_INET6;
}

/* The first address of a name; its full name is shown, as ping(8) does it. */
static int add_name(struct ping *g, const char *text, const char *service)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    int r;

    o.family = family_of(g->o);
    if (g->source.len && !g->ifname[0])
        o.family = plug_addr_family(&g->source);
    o.type = service ? SOCK_STREAM : SOCK_RAW;
    o.flags = AI_CANONNAME;
    r = plug_resolve(text, service, &o, &list);
    if (r < 0)
        return refuse(g, r, "look up", text);
    const char *name = list->item[0].canonname;
    char shown[PING_NAME];
    snprintf(shown, sizeof shown, "%s%s%s", name && *name && !service ? name : text,
             service ? ":" : "", service ? service : "");
    r = ping_add(g, &list->item[0].addr, shown, true);
    plug_resolve_free(list);
    return r;
}

static int add_address(struct ping *g, const struct plug_addr *a, const char *text)
{
    int family = family_of(g->o);

    if (family != AF_UNSPEC && plug_addr_family(a) != family)
        return refuse(g, PLUG_EAI_ADDRFAMILY, "ping", text);
    return ping_add(g, a, text, false);
}

/* HOST:PORT of --tcp. */
static int add_service(struct ping *g, const char *text)
{
    const char *colon = strrchr(text, ':');
    struct plug_addr a;
    char host[PING_NAME];

    if (plug_addr_parse(text, &a) == 0 && plug_addr_port(&a))
        return add_address(g, &a, text);
    if (!colon || colon == text || !colon[1] || (size_t)(colon - text) >= sizeof host) {
        g->unknown++;
        return cmd_usage(g->c, "--tcp: '%s' is not HOST:PORT", cmd_safe_str(text));
    }
    snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
    return add_name(g, host, colon + 1);
}

int ping_add_operand(struct ping *g, const char *text)
{
    struct plug_addr a;

    if (g->o->tcp)
        return add_service(g, text);
    if (plug_addr_parse_ip(text, AF_UNSPEC, 0, &a) == 0)
        return add_address(g, &a, text);
    if (text[0] && strspn(text, "0123456789") == strlen(text)) /* libc takes 42 for 0.0.0.42 */
        return refuse(g, PLUG_EADDR, "ping", text);
    return add_name(g, text, NULL);
}
