/* SPDX-License-Identifier: MIT */
/* For programs: JSON, CSV, dot. */
#include "trace.h"
#include <inttypes.h>
#include <string.h>

static double in_ms(int64_t ns)
{
    return (double)ns / 1e6;
}

static const char *addr_text(const struct plug_addr *addr)
{
    static char text[PLUG_ADDR_TEXT];

    plug_addr_host_text(addr, text, sizeof text);
    return text;
}

/* A name that a program may be handed: one that could be a host's. */
static const char *name_of(struct trace *x, const struct plug_addr *addr)
{
    bool wait;
    const char *name = trace_name(x, addr, &wait);

    return name != NULL && plug_hostname_valid(name, strlen(name)) ? name : NULL;
}

/* --- JSON ----------------------------------------------------------------------------------- */

static const char *const result_name[] = {
    [PLUG_TRACEROUTE_ANSWER] = "answer",       [PLUG_TRACEROUTE_LOST] = "lost",
    [PLUG_TRACEROUTE_LATE] = "late",           [PLUG_TRACEROUTE_DUPLICATE] = "duplicate",
    [PLUG_TRACEROUTE_UNMATCHED] = "unmatched", [PLUG_TRACEROUTE_MTU] = "mtu",
    [PLUG_TRACEROUTE_SEND_FAILED] = "failed",
};

static const char *const loss_name[] = {
    [PLUG_TRACEROUTE_LOSS_NONE] = "none",
    [PLUG_TRACEROUTE_LOSS_REAL] = "real",
    [PLUG_TRACEROUTE_LOSS_LIMITED] = "rate_limited",
    [PLUG_TRACEROUTE_LOSS_SILENT] = "silent",
};

static void put_labels(struct plug_json *j, const struct plug_traceroute_label *label, size_t count)
{
    plug_json_object(j, "extensions");
    plug_json_array(j, "mpls");
    for (size_t i = 0; i < count; i++) {
        plug_json_object(j, NULL);
        plug_json_uint(j, "label", label[i].label);
        plug_json_uint(j, "tc", label[i].tc);
        plug_json_bool(j, "bottom", label[i].bottom);
        plug_json_uint(j, "ttl", label[i].ttl);
        plug_json_end(j);
    }
    plug_json_end(j);
    plug_json_end(j);
}

static void put_icmp(struct plug_json *j, int family, bool icmp, uint8_t type, uint8_t code,
                     uint32_t mtu)
{
    char mark[16];

    if (!icmp)
        return;
    trace_mark(family, icmp, type, code, mtu, mark);
    plug_json_uint(j, "icmp_type", type);
    plug_json_uint(j, "icmp_code", code);
    plug_json_string(j, "mark", mark);
}

static void put_answer(struct plug_json *j, const struct plug_traceroute_event *e)
{
    plug_json_string(j, "address", addr_text(&e->from));
    if (e->rtt > 0)
        plug_json_double(j, "rtt_ms", in_ms(e->rtt));
    if (e->reply_ttl >= 0)
        plug_json_int(j, "reply_ttl", e->reply_ttl);
    put_icmp(j, plug_addr_family(&e->from), e->icmp, e->icmp_type, e->icmp_code, e->mtu);
    if (e->mtu > 0)
        plug_json_uint(j, "mtu_bytes", e->mtu);
    plug_json_bool(j, "translated", e->translated);
    put_labels(j, e->label, e->label_count);
}

void trace_json_event(struct trace *x, const struct plug_traceroute_event *e)
{
    struct plug_json j;
    bool wait;

    if (e->type >= PLUG_TRACEROUTE_ROUND)
        return;
    cmd_event(x->c, &j, "probe");
    plug_json_string(&j, "result", result_name[e->type]);
    plug_json_uint(&j, "round", e->round);
    if (e->ttl > 0) {
        plug_json_uint(&j, "ttl", e->ttl);
        plug_json_uint(&j, "flow", e->flow);
        plug_json_uint(&j, "probe", e->probe);
    }
    if (plug_addr_family(&e->from) != AF_UNSPEC) {
        put_answer(&j, e);
        (void)trace_name(x, &e->from, &wait);
    }
    if (e->error < 0)
        plug_json_string(&j, "error", plug_err_name(e->error));
    cmd_event_end(x->c, &j);
}

static void put_hosts(struct trace *x, struct plug_json *j, const struct plug_traceroute_hop *h)
{
    plug_json_array(j, "hosts");
    for (size_t i = 0; i < h->host_count; i++) {
        plug_json_object(j, NULL);
        plug_json_string(j, "address", addr_text(&h->host[i].addr));
        plug_json_string(j, "hostname", name_of(x, &h->host[i].addr));
        plug_json_uint(j, "recv", h->host[i].received);
        plug_json_end(j);
    }
    plug_json_end(j);
}

static double loss_pct(const struct plug_traceroute_hop *h)
{
    return h->sent > 0 ? 100.0 * (double)h->lost / (double)h->sent : 0;
}

static void json_hop(struct trace *x, unsigned ttl, unsigned flow,
                     const struct plug_traceroute_hop *h)
{
    struct plug_json j;

    cmd_event(x->c, &j, "hop");
    plug_json_uint(&j, "ttl", ttl);
    plug_json_uint(&j, "flow", flow);
    put_hosts(x, &j, h);
    plug_json_uint(&j, "sent", h->sent);
    plug_json_uint(&j, "recv", h->received);
    plug_json_double(&j, "loss_pct", loss_pct(h));
    plug_json_string(&j, "loss", loss_name[h->loss]);
    if (h->received > 0) {
        plug_json_double(&j, "last_ms", in_ms(h->last));
        plug_json_double(&j, "avg_ms", in_ms(h->avg));
        plug_json_double(&j, "best_ms", in_ms(h->best));
        plug_json_double(&j, "worst_ms", in_ms(h->worst));
        plug_json_double(&j, "stddev_ms", in_ms(h->stddev));
        plug_json_double(&j, "jitter_ms", in_ms(h->jitter));
        put_icmp(&j, plug_addr_family(&h->host[0].addr), h->icmp, h->icmp_type, h->icmp_code,
                 h->mtu);
    }
    if (h->back >= 0)
        plug_json_int(&j, "hops_back", h->back);
    if (h->mtu > 0)
        plug_json_uint(&j, "mtu_bytes", h->mtu);
    plug_json_bool(&j, "translated", h->translated);
    put_labels(&j, h->label, h->label_count);
    cmd_event_end(x->c, &j);
}

/* Calls fn for each hop of each flow. */
typedef void hop_fn(struct trace *x, unsigned ttl, unsigned flow,
                    const struct plug_traceroute_hop *h);
static void each_hop(struct trace *x, hop_fn *fn)
{
    struct plug_traceroute_summary s;
    struct plug_traceroute_hop h;

    plug_traceroute_summary(x->t, &s);
    for (unsigned f = 0; f < x->to.flows; f++)
        for (unsigned ttl = s.first_ttl; ttl <= s.flow_last[f]; ttl++)
            if (plug_traceroute_hop(x->t, ttl, f, &h) >= 0)
                fn(x, ttl, f, &h);
}

void trace_json_end(struct trace *x, int code)
{
    static const char *const method[] = {"udp", "icmp", "tcp"};
    struct plug_traceroute_summary s;
    struct plug_json j;

    each_hop(x, json_hop);
    plug_traceroute_summary(x->t, &s);
    cmd_event(x->c, &j, "summary");
    plug_json_string(&j, "end_reason", cmd_signal() ? "signal" : plug_traceroute_end_name(s.end));
    plug_json_string(&j, "host", x->host);
    plug_json_string(&j, "address", addr_text(&s.to));
    plug_json_string(&j, "source", addr_text(&s.from));
    plug_json_string(&j, "method", method[x->to.method]);
    plug_json_bool(&j, "raw", s.raw);
    plug_json_bool(&j, "reached", s.end == PLUG_TRACEROUTE_END_REACHED);
    plug_json_uint(&j, "flows", x->to.flows);
    plug_json_uint(&j, "hops", s.last_ttl);
    plug_json_uint(&j, "rounds", s.rounds);
    plug_json_uint(&j, "packet_bytes", s.packet_len);
    if (s.mtu > 0)
        plug_json_uint(&j, "mtu_bytes", s.mtu);
    plug_json_uint(&j, "sent", s.sent);
    plug_json_uint(&j, "recv", s.received);
    plug_json_uint(&j, "late", s.late);
    plug_json_uint(&j, "duplicates", s.duplicates);
    plug_json_uint(&j, "unmatched", s.unmatched);
    plug_json_uint(&j, "failed", s.send_failed);
    plug_json_int(&j, "exit", code);
    cmd_event_end(x->c, &j);
}

/* --- CSV ------------------------------------------------------------------------------------ */

static void csv_times(struct trace *x, const struct plug_traceroute_hop *h)
{
    const int64_t ns[] = {h->last, h->avg, h->best, h->worst, h->stddev, h->jitter};

    for (size_t i = 0; i < sizeof ns / sizeof ns[0]; i++)
        if (h->received > 0)
            cmd_print(x->c, ",%.3f", in_ms(ns[i]));
        else
            cmd_print(x->c, ",");
}

static void csv_hop(struct trace *x, unsigned ttl, unsigned flow,
                    const struct plug_traceroute_hop *h)
{
    char mark[16] = "";
    const char *name = h->host_count > 0 ? name_of(x, &h->host[0].addr) : NULL;

    cmd_print(x->c, "%u,%u,%s,%s,%" PRIu64 ",%" PRIu64 ",%.1f,%s", flow, ttl,
              h->host_count > 0 ? addr_text(&h->host[0].addr) : "", name != NULL ? name : "",
              h->sent, h->received, loss_pct(h), loss_name[h->loss]);
    csv_times(x, h);
    if (h->received > 0)
        trace_mark(plug_addr_family(&h->host[0].addr), h->icmp, h->icmp_type, h->icmp_code, h->mtu,
                   mark);
    cmd_print(x->c, ",%s\n", mark);
}

void trace_csv(struct trace *x)
{
    cmd_print(x->c, "flow,ttl,address,hostname,sent,recv,loss_pct,loss,last_ms,avg_ms,best_ms,"
                    "worst_ms,stddev_ms,jitter_ms,mark\n");
    each_hop(x, csv_hop);
}

/* --- dot ------------------------------------------------------------------------------------ */

/* Hops without an answer are nodes of their own, for each flow. */
static void dot_node(struct trace *x, unsigned ttl, unsigned flow,
                     const struct plug_traceroute_hop *h)
{
    if (h == NULL)
        cmd_print(x->c, "\"source\"");
    else if (h->host_count > 0)
        cmd_print(x->c, "\"%s\"", addr_text(&h->host[0].addr));
    else
        cmd_print(x->c, "\"flow %u hop %u\"", flow, ttl);
}

static void dot_hop(struct trace *x, unsigned ttl, unsigned flow,
                    const struct plug_traceroute_hop *h)
{
    struct plug_traceroute_hop before;
    bool first = plug_traceroute_hop(x->t, ttl - 1, flow, &before) < 0;
    const char *name = h->host_count > 0 ? name_of(x, &h->host[0].addr) : NULL;

    cmd_print(x->c, "    ");
    dot_node(x, ttl, flow, h);
    if (h->host_count == 0)
        cmd_print(x->c, " [label=\"*\", style=dashed];\n");
    else
        cmd_print(x->c, " [label=\"%s%s%s\\n%.3f ms, loss %.0f %%\"];\n", name != NULL ? name : "",
                  name != NULL ? "\\n" : "", addr_text(&h->host[0].addr), in_ms(h->avg),
                  loss_pct(h));
    cmd_print(x->c, "    ");
    dot_node(x, ttl - 1, flow, first ? NULL : &before);
    cmd_print(x->c, " -> ");
    dot_node(x, ttl, flow, h);
    cmd_print(x->c, " [label=\"%u\"];\n", ttl);
}

void trace_dot(struct trace *x)
{
    cmd_print(x->c, "digraph trace {\n    rankdir=LR;\n    node [shape=box];\n");
    each_hop(x, dot_hop);
    cmd_print(x->c, "}\n");
}
