/* SPDX-License-Identifier: MIT */
/* plug connect: the calling half of netcat. */
#include "connect.h"
#include <stdio.h>
#include <string.h>

static const struct cmd_opt options[] = {
    {"connect-timeout", 'w', CMD_DURATION, "TIME", "give up connecting after TIME (default 30s)",
     offsetof(struct connect_opts, wait), 0, 0},
    {"ipv4", '4', CMD_FLAG, NULL, "IPv4 addresses only", offsetof(struct connect_opts, ipv4), 0, 0},
    {"ipv6", '6', CMD_FLAG, NULL, "IPv6 addresses only", offsetof(struct connect_opts, ipv6), 0, 0},
    {"udp", 'u', CMD_FLAG, NULL, "HOST PORT and HOST:PORT mean udp",
     offsetof(struct connect_opts, udp), 0, 0},
    {"source", 's', CMD_STRING, "ADDRESS", "connect from this address, IP[:PORT] or UNIX path",
     offsetof(struct connect_opts, source), 0, 0},
    {"test", 'z', CMD_FLAG, NULL, "only test whether ports are open; several ADDRESSes",
     offsetof(struct connect_opts, test), 0, 0},
    {"info", 'I', CMD_FLAG, NULL, "only connect, and report how that went",
     offsetof(struct connect_opts, info), 0, 0},
    {NULL, 0, CMD_FLAG, NULL, NULL, 0, 0, 0},
};

int connect_family(const struct connect_opts *o)
{
    if (o->ipv4 == o->ipv6)
        return AF_UNSPEC;
    return o->ipv4 ? AF_INET : AF_INET6;
}

int connect_failed(struct cmd *c, int err, const char *text, const struct plug_dial_report *report)
{
    static char lines[PLUG_DIAL_ATTEMPTS * 256];
    int code = cmd_fail(c, err, report->phase ? report->phase : "connect", text, address_hint(err));

    if (!cmd_signal() && (report->count > 1 || c->verbose)) {
        plug_dial_report_text(report, lines, sizeof lines);
        for (char *p = lines, *end; (end = strchr(p, '\n')); p = end + 1)
            cmd_err("  %.*s\n", (int)(end - p), p);
    }
    return code;
}

static void connected(struct cmd *c, const char *text, struct plug_sock *s,
                      const struct plug_dial_report *report, char *name)
{
    struct plug_addr local, peer;
    char from[PLUG_ADDR_TEXT];
    struct plug_json j;

    if (plug_sock_peer(s, &peer) < 0 || plug_addr_text(&peer, name, PLUG_ADDR_TEXT) == 0)
        snprintf(name, PLUG_ADDR_TEXT, "%s", cmd_safe_str(text));
    *from = 0;
    if (plug_sock_local(s, &local) == 0)
        plug_addr_text(&local, from, sizeof from);
    if (c->verbose)
        cmd_err("connected to %s%s%s\n", name, *from ? " from " : "", from);
    if (!c->json)
        return;
    cmd_event(c, &j, "connected");
    plug_json_string(&j, "address", text);
    plug_json_string(&j, "local", from);
    plug_json_string(&j, "peer", name);
    plug_json_double(&j, "resolve_ms", (double)report->resolve_took / 1e6);
    plug_json_double(&j, "connect_ms", (double)report->connect_took / 1e6);
    cmd_event_end(c, &j);
}

static int talk(struct cmd *c, struct relay *r, const char *text, const struct plug_dial_opts *dial)
{
    static struct plug_dial_report report;
    char name[PLUG_ADDR_TEXT];
    struct plug_sock *s;
    int code = relay_start(r), err;

    if (code != CMD_YES)
        return code;
    err = plug_dial(&s, text, dial, &report);
    if (err < 0)
        return connect_failed(c, err, text, &report);
    connected(c, text, s, &report, name);
    code = relay_add(r, s, name, true);
    return code == CMD_YES ? relay_run(r) : code;
}

static int talk_and_drop(struct cmd *c, const char *text, const struct plug_dial_opts *dial)
{
    const struct connect_opts *o = c->opts;
    struct relay r = {.c = c, .o = &o->relay, .max = 1};
    int code = talk(c, &r, text, dial);

    relay_drop(&r);
    return code;
}

static int run(struct cmd *c)
{
    struct connect_opts *o = c->opts;
    struct plug_dial_opts dial = PLUG_DIAL_OPTS;
    struct plug_endpoint e;
    struct plug_addr source;
    char text[ADDRESS_TEXT];
    int code;

    if (o->test)
        return connect_test(c);
    code = address_operands(c, o->udp, &e, text);
    if (code == CMD_YES && o->source)
        code = address_source(c, &e, o->source, &source);
    if (code != CMD_YES)
        return code;
    dial.timeout = o->wait < 0 ? PLUG_S(30) : o->wait;
    dial.family = connect_family(o);
    dial.source = o->source ? &source : NULL;
    /* A UNIX datagram gets an answer only when its sender has a name: the kernel makes one up. */
    if (!o->source && e.family == AF_UNIX && e.type == SOCK_DGRAM &&
        plug_addr_unix("", 0, &source) == 0)
        dial.source = &source;
    return o->info ? connect_info(c, &e, text, &dial) : talk_and_drop(c, text, &dial);
}

static const struct connect_opts defaults = {.relay = RELAY_OPTS, .wait = -1};

const struct cmd_info cmd_connect = {
    .name = "connect",
    .summary = "connect and pass bytes both ways; test ports; report on a connection",
    .operands = "ADDRESS | HOST PORT | -z ADDRESS...",
    .examples = "plug connect tcp://127.0.0.1:8888       # what you type goes there\n"
                "echo hello | plug connect udp://127.0.0.1:9999\n"
                "plug connect -z 127.0.0.1 22 80 443     # which ports are open?\n"
                "plug connect --info tcp://localhost:22  # how long each step takes\n",
    .notes = relay_notes,
    .opts = options,
    .more = relay_options,
    .opts_size = sizeof(struct connect_opts),
    .defaults = &defaults,
    .summary_event = true,
    .run = run,
};
