/* SPDX-License-Identifier: MIT */
#include "net/dial_race.h"

#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/url.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_DEFAULT PLUG_S(30)

/* What is dialled, once the endpoint's text is read. */
struct call {
    const char *host, *service;
    int family, type;
    const struct plug_dial_opts *opts;
    struct plug_dial_report *report;
};

/* --- names ------------------------------------------------------------------------------------ */

/* The one family that the caller, the endpoint and the source address agree on. */
static int family_of(const struct call *c, int *ret_family)
{
    const int wishes[] = {c->family, c->opts->family,
                          c->opts->source ? plug_addr_family(c->opts->source) : AF_UNSPEC};
    int family = AF_UNSPEC;

    for (size_t i = 0; i < 3; i++) {
        if (family != AF_UNSPEC && wishes[i] != AF_UNSPEC && wishes[i] != family)
            return PLUG_EAI_ADDRFAMILY;
        if (wishes[i] != AF_UNSPEC)
            family = wishes[i];
    }
    *ret_family = family;
    return 0;
}

static int resolve(const struct call *c, struct plug_resolve_list **ret_list)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    int64_t start = plug_now();
    int err = family_of(c, &o.family);

    o.type = c->type;
    if (err == 0)
        err = plug_resolve(c->host, c->service, &o, ret_list);
    c->report->resolve_took = plug_now() - start;
    return err;
}

/* --- one address or many ---------------------------------------------------------------------- */

static int race(const struct call *c, const struct plug_resolve_list *list, struct plug_sock **ret)
{
    struct plug__race *r = plug_calloc(1, sizeof *r);

    if (!r)
        return -ENOMEM;
    r->opts = c->opts;
    r->report = c->report;
    r->began = plug_now();
    plug__race_targets(r, list);
    int err = plug__race_run(r, ret);
    c->report->connect_took = plug_now() - r->began;
    plug_free(r);
    return err;
}

/* UNIX sockets: a full queue is waited for by plug_sock_connect, within the open scope. */
static int connect_one(struct plug_sock *s, const struct call *c, const struct plug_addr *addr)
{
    int err = plug_sock_set_timeout(s, PLUG_FOREVER);

    if (err == 0 && c->opts->source) {
        c->report->phase = "bind";
        err = plug_sock_bind(s, c->opts->source);
    }
    if (err < 0)
        return err;
    c->report->phase = "connect";
    return plug_sock_connect(s, addr);
}

static int dial_unix(const struct call *c, const struct plug_addr *addr, struct plug_sock **ret)
{
    struct plug_dial_attempt *a = &c->report->attempt[0];
    struct plug_sock *s;
    int64_t start = plug_now();

    c->report->phase = "socket";
    c->report->count = 1;
    a->addr = *addr;
    int err = plug_sock_open(&s, AF_UNIX, c->type, 0);
    if (err == 0) {
        err = connect_one(s, c, addr);
        if (err < 0)
            plug_sock_close(s);
        else
            *ret = s;
    }
    a->error = err;
    a->phase = c->report->phase;
    a->took = c->report->connect_took = plug_now() - start;
    return err;
}

static int dial_inet(const struct call *c, struct plug_sock **ret)
{
    struct plug_resolve_list *list;

    c->report->phase = "resolve";
    int err = resolve(c, &list);
    if (err < 0)
        return err;
    c->report->phase = "socket";
    err = race(c, list, ret);
    plug_resolve_free(list);
    return err;
}

/* One deadline over everything; what comes out has the default timeout, as a new socket has. */
static int dial(const struct call *c, const struct plug_addr *unix_addr, struct plug_sock **ret)
{
    struct plug_deadline scope;
    struct plug_sock *s;

    plug_deadline_enter(&scope, c->opts->timeout ? c->opts->timeout : TIMEOUT_DEFAULT);
    int err = unix_addr ? dial_unix(c, unix_addr, &s) : dial_inet(c, &s);
    plug_deadline_leave(&scope);
    if (err < 0)
        return err;
    err = plug_sock_set_timeout(s, plug_default_timeout());
    if (err < 0)
        plug_sock_close(s);
    else
        *ret = s;
    return err;
}

/* --- the public calls ------------------------------------------------------------------------- */

/* Runs fn with options and a report that exist. */
static int with_report(struct call *c, struct plug_sock **ret,
                       int (*fn)(struct call *, const void *, struct plug_sock **), const void *arg)
{
    static const struct plug_dial_opts defaults = PLUG_DIAL_OPTS;
    struct plug_dial_report *own = NULL;

    if (!c->opts)
        c->opts = &defaults;
    if (c->opts->size != sizeof *c->opts)
        return PLUG_EOPTS;
    if (!c->report) {
        c->report = own = plug_alloc(sizeof *own);
        if (!own)
            return -ENOMEM;
    }
    memset(c->report, 0, sizeof *c->report);
    int err = fn(c, arg, ret);
    plug_free(own);
    return err;
}

static int dial_endpoint(struct call *c, const void *endpoint, struct plug_sock **ret)
{
    struct plug_endpoint e;
    struct plug_addr addr;

    c->report->phase = "endpoint";
    int err = plug_endpoint_parse(endpoint, &e);
    if (err < 0)
        return err;
    if (e.tls)
        return PLUG_EUNSUPPORTED;
    c->type = e.type;
    c->family = e.family;
    if (e.family == AF_UNIX) {
        err = plug_addr_unix(e.host, e.host_len, &addr);
        return err < 0 ? err : dial(c, &addr, ret);
    }
    c->host = e.host[0] && strcmp(e.host, "*") != 0 ? e.host : NULL;
    c->service = e.service;
    return dial(c, NULL, ret);
}

static int dial_parts(struct call *c, const void *unused, struct plug_sock **ret)
{
    (void)unused;
    return dial(c, NULL, ret);
}

int plug_dial(struct plug_sock **ret, const char *endpoint, const struct plug_dial_opts *opts,
              struct plug_dial_report *report)
{
    struct call c = {.opts = opts, .report = report};

    return with_report(&c, ret, dial_endpoint, endpoint);
}

int plug_dial_host(struct plug_sock **ret, const char *host, const char *service, int type,
                   const struct plug_dial_opts *opts, struct plug_dial_report *report)
{
    struct call c = {host, service, AF_UNSPEC, type, opts, report};

    return with_report(&c, ret, dial_parts, NULL);
}

/* --- the report as text --------------------------------------------------------------------- */

static size_t attempt_text(const struct plug_dial_attempt *a, char *buf, size_t len)
{
    char addr[PLUG_ADDR_TEXT], took[32];

    plug_addr_text(&a->addr, addr, sizeof addr);
    plug_duration_text(a->took, took, sizeof took);
    const char *why = a->error == 0            ? "connected"
                      : a->error == -ECANCELED ? "not needed"
                                               : plug_strerror(a->error);
    int n = snprintf(buf, len, "%s %s: %s (%s)\n", a->phase, addr, why, took);
    return n < 0 ? 0 : (size_t)n;
}

size_t plug_dial_report_text(const struct plug_dial_report *report, char *buf, size_t len)
{
    size_t used = 0;

    if (len)
        buf[0] = 0;
    for (size_t i = 0; i < report->count; i++) {
        bool room = used < len;
        used += attempt_text(&report->attempt[i], room ? buf + used : NULL, room ? len - used : 0);
    }
    return used;
}
