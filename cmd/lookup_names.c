/* SPDX-License-Identifier: MIT */
/* Names to addresses, addresses to names, forward confirmation. */
#include "lookup.h"

#include <stdio.h>
#include <string.h>

/* How an answer was got; by the system nothing is known but the time. */
struct source {
    int64_t took;
    const struct plug_dns_report *dns; /* NULL: by the system */
    uint32_t ttl;
};

/* --- printing --------------------------------------------------------------------------------- */

static void json_source(struct plug_json *j, const struct source *s)
{
    char server[PLUG_ADDR_TEXT];

    plug_json_string(j, "via", s->dns ? "dns" : "system");
    plug_json_double(j, "took_ms", (double)s->took / 1e6);
    if (!s->dns)
        return;
    plug_addr_text(&s->dns->server, server, sizeof server);
    plug_json_string(j, "server", server);
}

/* With -v: "  (ttl 300 s, 127.0.0.1:53 over udp, 0.3 ms)" */
static void print_source(struct cmd *c, const struct source *s)
{
    char server[PLUG_ADDR_TEXT], took[32];

    if (!c->verbose) {
        cmd_print(c, "\n");
        return;
    }
    plug_duration_text(s->took, took, sizeof took);
    if (s->dns) {
        plug_addr_text(&s->dns->server, server, sizeof server);
        cmd_print(c, "  (ttl %u s, %s over %s, %s)\n", s->ttl, server, s->dns->tcp ? "tcp" : "udp",
                  took);
    } else {
        cmd_print(c, "  (by the system, %s)\n", took);
    }
}

static void print_address(struct cmd *c, const char *name, const struct plug_addr *addr,
                          const struct source *s)
{
    char text[PLUG_ADDR_TEXT];
    struct plug_json j;

    plug_addr_host_text(addr, text, sizeof text);
    if (!c->json) {
        cmd_print(c, "%s%s%s %s", cmd_style(c, CMD_NAME), cmd_safe_str(name),
                  cmd_style(c, CMD_PLAIN), text);
        print_source(c, s);
        return;
    }
    cmd_event(c, &j, "address");
    plug_json_string(&j, "name", name);
    plug_json_string(&j, "address", text);
    plug_json_string(&j, "family", plug_constant_name("AF_", plug_addr_family(addr)));
    json_source(&j, s);
    if (s->dns)
        plug_json_uint(&j, "ttl_s", s->ttl);
    cmd_event_end(c, &j);
}

/* --- names to addresses ----------------------------------------------------------------------- */

static int addresses_by_system(struct cmd *c, const char *name)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    struct source s = {.took = -plug_now()};

    o.family = lookup_family(lookup_opts(c));
    o.type = SOCK_STREAM;
    int err = plug_resolve(name, NULL, &o, &list);
    if (err < 0)
        return lookup_fail(c, err, name);
    s.took += plug_now();
    for (size_t i = 0; i < list->count; i++)
        print_address(c, name, &list->item[i].addr, &s);
    if (list->cut)
        cmd_warn(c, "%s: only the first %d addresses are shown", cmd_safe_str(name),
                 PLUG_RESOLVE_MAX);
    size_t count = list->count;
    plug_resolve_free(list);
    return count ? CMD_YES : lookup_fail(c, PLUG_EAI_NODATA, name);
}

/* One type; how many addresses were printed, or the error. */
static int addresses_of_type(struct cmd *c, const char *name, const char *type)
{
    struct plug_dns_opts o = lookup_dns_opts(c->opts);
    struct plug_dns_report report;
    struct plug_dns_reply *reply;
    int count = 0;
    int err = plug_dns_query(name, (unsigned)plug_dns_type(type), &o, &reply, &report);

    if (err < 0)
        return err;
    for (size_t i = 0; i < reply->count; i++) {
        const struct plug_dns_record *r = &reply->record[i];
        struct source s = {report.took, &report, r->ttl};
        if (r->addr.len == 0)
            continue;
        print_address(c, name, &r->addr, &s);
        count++;
    }
    if (reply->cut)
        cmd_warn(c, "%s: only the first %d records are shown", cmd_safe_str(name), PLUG_DNS_MAX);
    plug_dns_free(reply);
    return count;
}

/* A name may have addresses of one family only: that the other has none is no failure then. */
static int addresses_by_dns(struct cmd *c, const char *name)
{
    static const char *const types[] = {"A", "AAAA"};
    int family = lookup_family(lookup_opts(c)), failure = 0, count = 0;

    for (int i = 0; i < 2; i++) {
        if (family != AF_UNSPEC && family != (i ? AF_INET6 : AF_INET))
            continue;
        int n = addresses_of_type(c, name, types[i]);
        if (n > 0)
            count += n;
        if (n < 0 && (failure == 0 || failure == PLUG_EDNS_NODATA))
            failure = n;
        if (n < 0 && n != PLUG_EDNS_NODATA)
            break;
    }
    bool bad = failure && failure != PLUG_EDNS_NODATA;
    return count && !bad ? CMD_YES : lookup_fail(c, failure, name);
}

/* --- addresses to names ----------------------------------------------------------------------- */

/* What plug_confirm found out about one address. */
struct verdict {
    const char *address;
    const char *name; /* NULL: none; not to be used when it is no valid host name */
    int outcome;      /* enum plug_confirm */
    int error;
    struct source source;
};

static int confirm(struct cmd *c, const struct plug_addr *addr, char **ret_name, struct verdict *v)
{
    const struct lookup_opts *o = c->opts;
    struct plug_dns_opts d = lookup_dns_opts(o);
    int64_t start = plug_now();
    int r = o->via == LOOKUP_DNS ? plug_dns_confirm(addr, &d, ret_name, &v->error)
                                 : plug_confirm(addr, ret_name, &v->error);

    v->source.took = plug_now() - start;
    v->outcome = r;
    v->name = r < 0 ? NULL : *ret_name;
    return r;
}

static bool name_is_valid(const struct verdict *v)
{
    return v->name && plug_hostname_valid(v->name, strlen(v->name));
}

/* The four outcomes, in the words of the program they come from. */
static void verdict_text(const struct cmd *c, const struct verdict *v, char *buf, size_t len)
{
    const char *name = v->name ? lookup_name_text(c->opts, v->name) : "";

    switch (v->outcome) {
    case PLUG_CONFIRMED:
        snprintf(buf, len, "Validated hostname: %s", name);
        break;
    case PLUG_CONFIRM_FAIL:
        snprintf(buf, len, "Got hostname %s, but it could not be forward-resolved: %s", name,
                 plug_strerror(v->error));
        break;
    case PLUG_CONFIRM_DIFFER:
        snprintf(buf, len,
                 "Got hostname %s, but on forward lookup, original IP %s did not appear in IP "
                 "address list.",
                 name, v->address);
        break;
    default:
        snprintf(buf, len, "No host names available for %s; this may be normal.", v->address);
        break;
    }
}

static void json_verdict(struct cmd *c, const struct verdict *v, const char *message)
{
    static const char *const outcomes[] = {"confirmed", "none", "unresolvable", "mismatch"};
    struct plug_json j;

    cmd_event(c, &j, "reverse");
    plug_json_string(&j, "address", v->address);
    plug_json_string(&j, "name", name_is_valid(v) ? v->name : NULL);
    plug_json_bool(&j, "confirmed", v->outcome == PLUG_CONFIRMED);
    plug_json_string(&j, "outcome", outcomes[v->outcome]);
    if (v->name && !name_is_valid(v))
        plug_json_string(&j, "invalid_name", v->name);
    if (v->error)
        plug_json_string(&j, "code", plug_err_name(v->error));
    plug_json_string(&j, "message", message);
    plug_json_string(&j, "via", lookup_opts(c)->via == LOOKUP_DNS ? "dns" : "system");
    plug_json_double(&j, "took_ms", (double)v->source.took / 1e6);
    cmd_event_end(c, &j);
}

/* "127.0.0.1 localhost confirmed"; a name we would not use is shown as "?". */
static void print_verdict(struct cmd *c, const struct verdict *v)
{
    bool good = v->outcome == PLUG_CONFIRMED;

    cmd_print(c, "%s%s%s %s %s%s%s%s", cmd_style(c, CMD_NAME), v->address, cmd_style(c, CMD_PLAIN),
              name_is_valid(v) ? v->name : "?", cmd_style(c, good ? CMD_GOOD : CMD_BAD),
              good                                ? "confirmed"
              : v->outcome == PLUG_CONFIRM_DIFFER ? "not confirmed: leads to other addresses"
                                                  : "not confirmed: ",
              v->error ? plug_strerror(v->error) : "", cmd_style(c, CMD_PLAIN));
    if (v->name && !name_is_valid(v))
        cmd_print(c, " (%s)", lookup_name_text(c->opts, v->name));
    if (c->verbose) {
        char took[32];
        plug_duration_text(v->source.took, took, sizeof took);
        cmd_print(c, "  (%s)", took);
    }
    cmd_print(c, "\n");
}

static int name_of_address(struct cmd *c, const struct plug_addr *addr)
{
    char text[PLUG_ADDR_TEXT], message[2 * CMD_SAFE_MAX];
    struct verdict v = {.address = text};
    char *name = NULL;

    plug_addr_host_text(addr, text, sizeof text);
    if (confirm(c, addr, &name, &v) < 0)
        return lookup_fail(c, v.outcome, text);
    if (v.outcome == PLUG_CONFIRM_NONE)
        return lookup_fail(c, PLUG_EHOST_NOT_FOUND, text);
    verdict_text(c, &v, message, sizeof message);
    if (c->json)
        json_verdict(c, &v, message);
    else
        print_verdict(c, &v);
    plug_free(name);
    return v.outcome == PLUG_CONFIRMED ? CMD_YES : CMD_NO;
}

int lookup_default(struct cmd *c, const char *text)
{
    struct plug_addr addr;

    if (lookup_is_address(text, &addr))
        return name_of_address(c, &addr);
    return lookup_opts(c)->via == LOOKUP_DNS ? addresses_by_dns(c, text)
                                             : addresses_by_system(c, text);
}

int lookup_confirm(struct cmd *c, const char *text)
{
    char message[2 * CMD_SAFE_MAX];
    struct verdict v = {.address = text};
    struct plug_addr addr;
    char *name = NULL;
    int err = plug_addr_parse_ip(text, AF_UNSPEC, 0, &addr);

    if (err < 0)
        return cmd_fail(c, err, "confirm", text, "--confirm wants addresses, not names");
    if (confirm(c, &addr, &name, &v) < 0)
        return lookup_fail(c, v.outcome, text);
    verdict_text(c, &v, message, sizeof message);
    if (c->json)
        json_verdict(c, &v, message);
    else
        cmd_print(c, "%s\n", message);
    plug_free(name);
    if (v.outcome == PLUG_CONFIRM_NONE)
        return lookup_opts(c)->strict ? CMD_NO : CMD_YES;
    return v.outcome == PLUG_CONFIRMED ? CMD_YES : CMD_NO;
}
