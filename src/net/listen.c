/* SPDX-License-Identifier: MIT */
/* The four steps of a server in one: create, set options, bind, listen. */
#include "net/unix_file.h"
#include "base/assert.h"

#include <errno.h>
#include <netinet/in.h>
#include <plug/err.h>
#include <plug/resolve.h>
#include <plug/sockopt.h>
#include <plug/sys.h>
#include <plug/url.h>
#include <string.h>

static bool is_ip(int family)
{
    return family == AF_INET || family == AF_INET6;
}

static int set_options(struct plug_sock *s, const struct plug_listen_opts *o)
{
    int r = 0;
    if (is_ip(s->family) && s->type == SOCK_STREAM && !o->reuse_addr_off)
        r = plug_sockopt_set(s, PLUG_SO_REUSE_ADDR, 1);
    if (r >= 0 && o->reuse_port)
        r = plug_sockopt_set(s, PLUG_SO_REUSE_PORT, 1);
    if (r >= 0 && s->family == AF_INET6)
        r = plug_sockopt_set(s, PLUG_SO_V6ONLY, !o->dual_stack); /* whatever the sysctl says */
    if (r >= 0 && o->device)
        r = plug_sockopt_set_text(s, PLUG_SO_BIND_DEVICE, o->device);
    return r;
}

static int bind_and_listen(struct plug_sock *s, const struct plug_addr *addr,
                           const struct plug_listen_opts *o)
{
    int backlog = o->backlog > 0 ? o->backlog : -1;
    if (plug__unix_file_named(addr))
        return plug__unix_file_listen(s, addr, backlog, o);
    int r = plug_sock_bind(s, addr);
    return r < 0 || s->type == SOCK_DGRAM ? r : plug_sock_listen(s, backlog);
}

static int defaults(const struct plug_listen_opts *opts, struct plug_listen_opts *ret)
{
    static const struct plug_listen_opts none = PLUG_LISTEN_OPTS;
    if (opts && opts->size != sizeof *opts)
        return PLUG_EOPTS;
    *ret = opts ? *opts : none;
    return ret->mode & ~07777u ? PLUG_EOPTS : 0;
}

int plug_listen_addr(struct plug_sock **ret, const struct plug_addr *addr, int type,
                     const struct plug_listen_opts *opts)
{
    struct plug_listen_opts o;
    struct plug_sock *s;
    int r = defaults(opts, &o);
    if (r < 0)
        return r;
    r = plug_sock_open(&s, plug_addr_family(addr), type, 0);
    if (r < 0)
        return r;
    r = set_options(s, &o);
    if (r >= 0)
        r = bind_and_listen(s, addr, &o);
    if (r < 0)
        plug_sock_close(s);
    else
        *ret = s;
    return r;
}

/* --- from an endpoint ------------------------------------------------------------------ */

/* Should the next address of a name be tried after this error? */
static bool not_here(int r)
{
    return r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL;
}

/* At the first address of the host that this machine can bind; else the first error. */
static int listen_host(struct plug_sock **ret, const struct plug_endpoint *e, const char *host,
                       const struct plug_listen_opts *o)
{
    struct plug_resolve_opts ro = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    ro.family = e->family;
    ro.type = e->type;
    ro.flags = AI_PASSIVE;
    int r = plug_resolve(host, e->service, &ro, &list);
    if (r < 0)
        return r;
    r = plug_listen_addr(ret, &list->item[0].addr, e->type, o);
    for (size_t i = 1; i < list->count && not_here(r); i++)
        if (plug_listen_addr(ret, &list->item[i].addr, e->type, o) >= 0)
            r = 0;
    plug_resolve_free(list);
    return r;
}

/* Every address: [::] for both families where the machine has it. */
static int listen_any(struct plug_sock **ret, const struct plug_endpoint *e,
                      struct plug_listen_opts *o)
{
    o->dual_stack = o->dual_stack || (e->family == AF_UNSPEC && plug_has_dual_stack());
    bool six = o->dual_stack || e->family == AF_INET6;
    return listen_host(ret, e, six ? "::" : "0.0.0.0", o);
}

static int listen_unix(struct plug_sock **ret, const struct plug_endpoint *e,
                       const struct plug_listen_opts *o)
{
    struct plug_addr addr;
    int r = plug_addr_unix(e->host, e->host_len, &addr);
    return r < 0 ? r : plug_listen_addr(ret, &addr, e->type, o);
}

int plug_listen(struct plug_sock **ret, const char *endpoint, const struct plug_listen_opts *opts)
{
    struct plug_listen_opts o;
    struct plug_endpoint e;
    int r = defaults(opts, &o);
    if (r < 0)
        return r;
    r = plug_endpoint_parse(endpoint, &e);
    if (r < 0)
        return r;
    if (e.tls)
        return PLUG_EUNSUPPORTED;
    if (e.family == AF_UNIX)
        return listen_unix(ret, &e, &o);
    if (e.host_len == 0)
        return listen_host(ret, &e, e.family == AF_INET6 ? "::1" : "127.0.0.1", &o);
    return strcmp(e.host, "*") == 0 ? listen_any(ret, &e, &o) : listen_host(ret, &e, e.host, &o);
}

void plug_listen_close(struct plug_sock *s)
{
    if (!s)
        return;
    plug__unix_file_remove(s->file);
    plug_sock_close(s);
}

/* --- what the machine can do ----------------------------------------------------------- */

static bool can_bind_ipv6(const char *host, bool dual_stack)
{
    struct plug_sock *s;
    struct plug_addr addr;
    if (plug_addr_parse_ip(host, AF_INET6, 0, &addr) < 0)
        return false;
    struct plug_listen_opts o = PLUG_LISTEN_OPTS;
    o.dual_stack = dual_stack;
    if (plug_listen_addr(&s, &addr, SOCK_DGRAM, &o) < 0)
        return false;
    plug_sock_close(s);
    return true;
}

bool plug_has_ipv6(void)
{
    return can_bind_ipv6("::1", false);
}

bool plug_has_dual_stack(void)
{
    return can_bind_ipv6("::", true);
}
