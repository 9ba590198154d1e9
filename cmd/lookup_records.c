/* SPDX-License-Identifier: MIT */
/* DNS records of any type. */
#include "lookup.h"

#include <stdio.h>

static const char *type_text(unsigned type)
{
    static char number[16];
    const char *name = plug_dns_type_name(type);

    snprintf(number, sizeof number, "TYPE%u", type);
    return name ? name : number;
}

static void json_record(struct cmd *c, const struct plug_dns_record *r,
                        const struct plug_dns_report *report)
{
    char server[PLUG_ADDR_TEXT];
    struct plug_json j;

    plug_addr_text(&report->server, server, sizeof server);
    cmd_event(c, &j, "record");
    plug_json_string(&j, "name", r->name);
    plug_json_string(&j, "rrtype", type_text(r->type));
    plug_json_uint(&j, "ttl_s", r->ttl);
    plug_json_string(&j, "data", r->text);
    if (r->target)
        plug_json_string(&j, "target", r->target);
    plug_json_string(&j, "server", server);
    plug_json_string(&j, "transport", report->tcp ? "tcp" : "udp");
    plug_json_double(&j, "took_ms", (double)report->took / 1e6);
    cmd_event_end(c, &j);
}

static void print_footer(struct cmd *c, const struct plug_dns_report *report)
{
    char server[PLUG_ADDR_TEXT], took[32];

    if (!c->verbose || c->json)
        return;
    plug_addr_text(&report->server, server, sizeof server);
    plug_duration_text(report->took, took, sizeof took);
    cmd_warn(c, "%s answered over %s in %s", server, report->tcp ? "tcp" : "udp", took);
}

/* "example.com 300 MX 10 mail.example.com": as in a zone file; the library has escaped it. */
static int records_of(struct cmd *c, const char *name, unsigned type)
{
    struct plug_dns_opts o = lookup_dns_opts(c->opts);
    struct plug_dns_report report;
    struct plug_dns_reply *reply;
    int err = plug_dns_query(name, type, &o, &reply, &report);

    if (err < 0)
        return lookup_fail(c, err, name);
    for (size_t i = 0; i < reply->count; i++) {
        const struct plug_dns_record *r = &reply->record[i];
        if (c->json)
            json_record(c, r, &report);
        else
            cmd_print(c, "%s%s%s %u %s %s\n", cmd_style(c, CMD_NAME), r->name,
                      cmd_style(c, CMD_PLAIN), r->ttl, type_text(r->type), r->text);
    }
    if (reply->cut)
        cmd_warn(c, "%s: only the first %d records are shown", cmd_safe_str(name), PLUG_DNS_MAX);
    print_footer(c, &report);
    plug_dns_free(reply);
    return CMD_YES;
}

int lookup_check_types(struct cmd *c)
{
    const struct cmd_list *types = &lookup_opts(c)->types;

    for (size_t i = 0; i < types->count; i++) {
        if (plug_dns_type(types->item[i]) < 0)
            return cmd_usage(c, "--type: '%s' is not a record type such as MX or TYPE65",
                             cmd_safe_str(types->item[i]));
    }
    return CMD_YES;
}

int lookup_records(struct cmd *c, const char *text)
{
    const struct cmd_list *types = &lookup_opts(c)->types;
    char name[PLUG_DNS_NAME_TEXT];
    struct plug_addr addr;
    int code = CMD_YES;

    if (lookup_is_address(text, &addr) && plug_dns_reverse_name(&addr, name, sizeof name) > 0)
        text = name;
    for (size_t i = 0; i < types->count; i++)
        code = lookup_worse(code, records_of(c, text, (unsigned)plug_dns_type(types->item[i])));
    return code;
}
