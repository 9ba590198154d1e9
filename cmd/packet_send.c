/* SPDX-License-Identifier: MIT */
/* plug packet SPEC: built and shown; sent when asked to. */
#include "packet_wire.h"
#include <stdio.h>
#include <string.h>

/* --- building --------------------------------------------------------------------------------- */

/* The text, cut to what a line holds, with a mark below the mistake. */
static void point_at(const char *spec, size_t column)
{
    char line[72];
    size_t len = strlen(spec), at = column - 1, n = 0;
    size_t from = at > sizeof line / 2 && len > sizeof line - 1 ? at - sizeof line / 2 : 0;
    for (; n < sizeof line - 1 && from + n < len; n++)
        line[n] = spec[from + n] >= 0x20 && spec[from + n] < 0x7f ? spec[from + n] : '?';
    line[n] = '\0';
    cmd_err("  %s\n  %*s^\n", line, (int)(at - from), "");
}

static int wrong_spec(struct cmd *c, const char *spec, int err, const struct plug_packet_error *e)
{
    char hint[PLUG_PACKET_WHAT + 32];
    snprintf(hint, sizeof hint, "column %zu: %s", e->column, e->what);
    int code = cmd_fail(c, err, "build", spec[0] ? spec : "''", hint);
    if (spec[0])
        point_at(spec, e->column);
    return code;
}

int packet_build(struct cmd *c, const char *spec, const struct plug_packet_opts *fill,
                 struct plug_packet *ret)
{
    static uint8_t bytes[PLUG_PACKET_MAX];
    struct plug_packet_error e = {1, ""};
    ssize_t n = plug_packet_build(spec, fill, bytes, sizeof bytes, &e);
    if (n < 0)
        return wrong_spec(c, spec, (int)n, &e);
    size_t blank = strspn(spec, " \t\r\n"), word = strcspn(spec + blank, "(/ \t\r\n");
    enum plug_packet_proto first = plug_packet_proto_find(spec + blank, word);
    int err = plug_packet_parse(first ? first : PLUG_PACKET_DATA, bytes, (size_t)n, ret);
    return err < 0 ? cmd_fail(c, err, "read", "what was built", NULL) : CMD_YES;
}

/* --- events ----------------------------------------------------------------------------------- */

static void event(struct cmd *c, const char *type, uint64_t seq, int64_t rtt,
                  const struct plug_packet *p)
{
    char summary[512];
    struct plug_json j;
    plug_packet_summary(p, summary, sizeof summary);
    cmd_event(c, &j, type);
    plug_json_uint(&j, "seq", seq);
    if (rtt >= 0)
        plug_json_double(&j, "rtt_ms", (double)(rtt / 1000) / 1000);
    plug_json_string(&j, "summary", summary);
    plug_packet_json(p, &j);
    cmd_event_end(c, &j);
}

static void tell(struct cmd *c, const char *type, uint64_t seq, int64_t rtt,
                 const struct plug_packet *p)
{
    char summary[512];
    if (c->json) {
        event(c, type, seq, rtt, p);
        return;
    }
    plug_packet_summary(p, summary, sizeof summary);
    cmd_print(c, "%s%s %llu%s", cmd_style(c, CMD_BOLD), type, (unsigned long long)seq,
              cmd_style(c, CMD_PLAIN));
    if (rtt >= 0)
        cmd_print(c, " in %.3f ms", (double)rtt / 1e6);
    cmd_print(c, ": %s\n", summary);
    if (c->verbose > 0)
        packet_print_fields(c, p);
    cmd_flush(c);
}

static void tell_lost(struct cmd *c, uint64_t seq, int64_t wait)
{
    struct plug_json j;
    char text[32];
    plug_duration_text(wait, text, sizeof text);
    if (!c->json) {
        cmd_print(c, "no answer to %llu within %s\n", (unsigned long long)seq, text);
        return;
    }
    cmd_event(c, &j, "lost");
    plug_json_uint(&j, "seq", seq);
    plug_json_double(&j, "waited_ms", (double)wait / 1e6);
    cmd_event_end(c, &j);
}

/* RFC 9293 3.5.2: the kernel does not know the connection that our SYN asked for. */
static void explain_reset(struct cmd *c, const struct plug_packet *sent,
                          const struct plug_packet *got)
{
    struct plug_packet_field flags, sport, dport;
    unsigned i = 0;
    while (i < got->count && got->layers[i].proto != PLUG_PACKET_TCP)
        i++;
    if (!plug_packet_field_find(got, i, "flags", &flags) || (flags.number & 0x12) != 0x12)
        return;
    for (i = 0; i < sent->count && sent->layers[i].proto != PLUG_PACKET_TCP;)
        i++;
    if (!plug_packet_field_find(sent, i, "sport", &sport) ||
        !plug_packet_field_find(sent, i, "dport", &dport))
        return;
    cmd_warn(c,
             "the kernel answers this SYN-ACK with a RST, because it knows of no such connection.\n"
             "  To keep it from that, drop the RST on its way out:\n"
             "    nft add table inet plug\n"
             "    nft add chain inet plug out '{ type filter hook output priority 0; }'\n"
             "    nft add rule inet plug out tcp sport %llu tcp dport %llu tcp flags rst drop\n"
             "  and afterwards: nft delete table inet plug. Or send from an address that the\n"
             "  kernel does not own: ip(src=...)",
             (unsigned long long)sport.number, (unsigned long long)dport.number);
}

/* --- sending ---------------------------------------------------------------------------------- */

struct run {
    struct cmd *c;
    const struct packet_opts *o;
    struct packet_wire wire;
    struct packet_output out;
    uint64_t sent, answered;
};

static int keep(struct run *r, const struct plug_packet *p)
{
    if (!r->o->output)
        return CMD_YES;
    return packet_output_write(r->c, &r->out, p, p->len, plug_sys()->now(CLOCK_REALTIME));
}

/* Waits for the answer to what was sent at began. */
static int await(struct run *r, const struct plug_packet *p, uint64_t seq, int64_t began)
{
    struct plug_packet got;
    int64_t deadline = plug_deadline_after(r->o->wait);
    for (;;) {
        int64_t at;
        int n = packet_wire_receive(&r->wire, deadline, &got, &at);
        if (n == PLUG_ETIMEOUT) {
            tell_lost(r->c, seq, r->o->wait);
            return CMD_YES;
        }
        if (n < 0)
            return cmd_fail(r->c, n, "receive", NULL, NULL);
        enum plug_packet_answer answer = plug_packet_answers(p, &got);
        if (answer == PLUG_PACKET_UNRELATED)
            continue;
        r->answered++;
        tell(r->c, answer == PLUG_PACKET_REPLY ? "reply" : "refusal", seq, at - began, &got);
        if (answer == PLUG_PACKET_REPLY && r->answered == 1)
            explain_reset(r->c, p, &got);
        return keep(r, &got);
    }
}

static int one(struct run *r, const struct plug_packet *p, uint64_t seq)
{
    int64_t began = plug_now();
    int err = packet_wire_send(&r->wire, p);
    if (err < 0)
        return cmd_fail(r->c, err, "send", NULL,
                        err == -EMSGSIZE ? "it is longer than the interface's MTU" : NULL);
    r->sent++;
    tell(r->c, "sent", seq, -1, p);
    int code = keep(r, p);
    return code == CMD_YES && r->o->wait >= 0 ? await(r, p, seq, began) : code;
}

static int all(struct run *r, const struct plug_packet *p)
{
    uint64_t count = r->o->count > 0 ? r->o->count : 1;
    int64_t next = plug_now();
    int code = CMD_YES;
    for (uint64_t i = 1; i <= count && code == CMD_YES; i++) {
        code = one(r, p, i);
        next += PLUG_S(1) / (int64_t)r->o->rate;
        if (code == CMD_YES && i < count && plug_sleep(plug_deadline_left(next)) < 0)
            code = cmd_signal() ? cmd_signal_exit() : CMD_UNKNOWN;
    }
    return code;
}

static int summary(struct run *r, int code)
{
    struct plug_json j;
    if (code == CMD_YES && r->o->wait >= 0 && r->answered == 0)
        code = CMD_NO;
    if (!r->c->json)
        return code;
    cmd_event(r->c, &j, "summary");
    plug_json_string(&j, "end_reason", cmd_signal() ? "signal" : code == 2 ? "error" : "done");
    plug_json_uint(&j, "sent", r->sent);
    plug_json_uint(&j, "answered", r->answered);
    plug_json_int(&j, "exit", code);
    cmd_event_end(r->c, &j);
    return code;
}

static int transmit(struct cmd *c, const char *spec, struct plug_packet *p)
{
    struct run r = {.c = c, .o = c->opts};
    int code = packet_wire_plan(c, &r.wire, spec, p);
    if (code == CMD_YES)
        code = packet_wire_open(c, &r.wire, p);
    if (code == CMD_YES && r.o->output)
        code = packet_output_open(c, &r.out, r.o->output);
    if (code == CMD_YES)
        code = packet_drop(c);
    if (code == CMD_YES)
        code = summary(&r, all(&r, p));
    packet_output_close(&r.out);
    packet_wire_close(&r.wire);
    return code;
}

int packet_send(struct cmd *c, const char *spec)
{
    const struct packet_opts *o = c->opts;
    struct plug_packet p;
    int code = packet_build(c, spec, NULL, &p);
    if (code == CMD_YES && o->send)
        return transmit(c, spec, &p);
    if (code == CMD_YES)
        code = packet_output_one(c, o, &p);
    if (code == CMD_YES)
        packet_show(c, &p);
    return code;
}
