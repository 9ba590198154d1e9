/* SPDX-License-Identifier: MIT */
/* What libc's own functions say: 5-tuples, full names, host entries. */
#include "lookup.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 32

/* --- 5-tuples --------------------------------------------------------------------------------- */

struct tuple_text {
    char family[NUMBER_MAX], type[NUMBER_MAX], proto[NUMBER_MAX];
    char address[PLUG_ADDR_TEXT];
};

/* Whatever has no name is its number: a protocol nobody has heard of is no failure. */
static void tuple_names(const struct plug_addrinfo *i, struct tuple_text *t)
{
    plug_constant_text("AF_", i->family, t->family, sizeof t->family);
    plug_constant_text("SOCK_", i->type, t->type, sizeof t->type);
    plug_constant_text("IPPROTO_", i->proto, t->proto, sizeof t->proto);
    plug_addr_text(&i->addr, t->address, sizeof t->address);
}

static void print_tuple(struct cmd *c, const struct plug_addrinfo *i)
{
    struct tuple_text t;
    struct plug_json j;

    tuple_names(i, &t);
    if (!c->json) {
        cmd_print(c, "%s %s %s %s %s\n", t.family, t.type, t.proto,
                  i->canonname ? cmd_safe_str(i->canonname) : "-", t.address);
        return;
    }
    plug_addr_host_text(&i->addr, t.address, sizeof t.address);
    cmd_event(c, &j, "tuple");
    plug_json_string(&j, "family", t.family);
    plug_json_string(&j, "socktype", t.type);
    plug_json_string(&j, "protocol", t.proto);
    plug_json_string(&j, "canonname", i->canonname);
    plug_json_string(&j, "address", t.address);
    plug_json_uint(&j, "port", plug_addr_port(&i->addr));
    cmd_event_end(c, &j);
}

int lookup_flags(struct cmd *c, int *ret_flags)
{
    const struct cmd_list *flags = &lookup_opts(c)->flags;

    *ret_flags = 0;
    for (size_t i = 0; i < flags->count; i++) {
        int64_t value;
        if (strncmp(flags->item[i], "AI_", 3) != 0 ||
            plug_constant_value(flags->item[i], &value) < 0)
            return cmd_usage(c, "--flags: '%s' is not a flag such as AI_CANONNAME",
                             cmd_safe_str(flags->item[i]));
        *ret_flags |= (int)value;
    }
    return CMD_YES;
}

int lookup_tuples(struct cmd *c, const char *host, const char *service)
{
    static const int types[] = {0, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET};
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    char both[CMD_SAFE_MAX];

    o.family = lookup_family(lookup_opts(c));
    o.type = types[lookup_opts(c)->socktype];
    int err = lookup_flags(c, &o.flags);
    if (err != CMD_YES)
        return err;
    err = plug_resolve(host[0] ? host : NULL, service, &o, &list);
    if (err < 0) {
        snprintf(both, sizeof both, "%s%s%s", host, service ? " " : "", service ? service : "");
        return lookup_fail(c, err, both);
    }
    for (size_t i = 0; i < list->count; i++)
        print_tuple(c, &list->item[i]);
    plug_resolve_free(list);
    return CMD_YES;
}

/* --- full names ------------------------------------------------------------------------------- */

int lookup_fqdn(struct cmd *c, const char *text)
{
    char name[NI_MAXHOST];
    struct plug_json j;

    plug_fqdn(text, name, sizeof name);
    if (c->json) {
        cmd_event(c, &j, "fqdn");
        plug_json_string(&j, "name", text);
        plug_json_string(&j, "fqdn", name);
        cmd_event_end(c, &j);
    } else if (text[0]) {
        cmd_print(c, "%s %s\n", cmd_safe_str(text), cmd_safe_str(name));
    } else {
        cmd_print(c, "%s\n", cmd_safe_str(name));
    }
    return CMD_YES;
}

/* --- host entries ----------------------------------------------------------------------------- */

static void json_entry(struct cmd *c, const struct plug_hostent *e)
{
    char text[PLUG_ADDR_TEXT];
    struct plug_json j;

    cmd_event(c, &j, "host");
    plug_json_string(&j, "name", e->name);
    plug_json_array(&j, "aliases");
    for (size_t i = 0; i < e->alias_count; i++)
        plug_json_string(&j, NULL, e->aliases[i]);
    plug_json_end(&j);
    plug_json_array(&j, "addresses");
    for (size_t i = 0; i < e->addr_count; i++) {
        plug_addr_host_text(&e->addrs[i], text, sizeof text);
        plug_json_string(&j, NULL, text);
    }
    plug_json_end(&j);
    cmd_event_end(c, &j);
}

static void print_entry(struct cmd *c, const struct plug_hostent *e)
{
    char text[PLUG_ADDR_TEXT];

    cmd_print(c, " Hostname: %s%s%s\n  Aliases:", cmd_style(c, CMD_NAME), cmd_safe_str(e->name),
              cmd_style(c, CMD_PLAIN));
    for (size_t i = 0; i < e->alias_count; i++)
        cmd_print(c, " %s", cmd_safe_str(e->aliases[i]));
    cmd_print(c, "\nAddresses:");
    for (size_t i = 0; i < e->addr_count; i++) {
        plug_addr_host_text(&e->addrs[i], text, sizeof text);
        cmd_print(c, " %s", text);
    }
    cmd_print(c, "\n");
}

int lookup_aliases(struct cmd *c, const char *text)
{
    struct plug_hostent *entry;
    struct plug_addr addr;
    int family = lookup_family(lookup_opts(c));
    int err = lookup_is_address(text, &addr)
                  ? plug_hostent_by_addr(&addr, &entry)
                  : plug_hostent_by_name(text, family == AF_UNSPEC ? AF_INET : family, &entry);

    if (err < 0)
        return lookup_fail(c, err, text);
    if (c->json)
        json_entry(c, entry);
    else
        print_entry(c, entry);
    plug_hostent_free(entry);
    return CMD_YES;
}
