/* SPDX-License-Identifier: MIT */
/* Lines as those of traceroute 2.1.2. */
#include "trace.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct trace_cell *cell(const struct trace *x, unsigned flow, unsigned ttl, unsigned nth)
{
    size_t hops = x->to.max_ttl - x->to.first_ttl + 1;

    return &x->cell[((size_t)flow * hops + (ttl - x->to.first_ttl)) * x->to.probes + nth];
}

int trace_text_open(struct trace *x)
{
    size_t hops = x->to.max_ttl - x->to.first_ttl + 1;
    struct plug_traceroute_summary s;
    char addr[PLUG_ADDR_TEXT];

    x->cell = plug_calloc(hops * x->to.flows * x->to.probes, sizeof *x->cell);
    if (x->cell == NULL)
        return -ENOMEM;
    x->ttl = x->to.first_ttl;
    plug_traceroute_summary(x->t, &s);
    plug_addr_host_text(&s.to, addr, sizeof addr);
    cmd_print(x->c, "traceroute to %s (%s), %u hops max, %zu byte packets\n", cmd_safe_str(x->host),
              addr, x->to.max_ttl, s.packet_len);
    return 0;
}

void trace_mark(int family, bool icmp, uint8_t type, uint8_t code, uint32_t mtu, char mark[16])
{
    bool reply = type == (family == AF_INET ? 0 : 129);

    mark[0] = '\0';
    if (icmp && !reply)
        plug_traceroute_mark(family, type, code, mtu, mark, 16);
}

/* --- one probe ------------------------------------------------------------------------------ */

static bool same_labels(const struct plug_traceroute_event *a,
                        const struct plug_traceroute_event *b)
{
    bool same = a->label_count == b->label_count;

    for (size_t i = 0; same && i < a->label_count; i++)
        same = a->label[i].label == b->label[i].label && a->label[i].ttl == b->label[i].ttl;
    return same;
}

/* Who answered is told once, and again when it is another one. */
static bool as_before(const struct trace *x, const struct plug_traceroute_event *e)
{
    for (unsigned i = x->nth; i-- > 0;) {
        const struct plug_traceroute_event *b = &cell(x, x->flow, x->ttl, i)->e;
        if (b->type == PLUG_TRACEROUTE_ANSWER)
            return plug_addr_equal(&b->from, &e->from) &&
                   (!x->o->extensions || same_labels(b, e)) &&
                   (!x->o->back || b->reply_ttl == e->reply_ttl);
    }
    return false;
}

static void print_labels(struct trace *x, const struct plug_traceroute_event *e)
{
    for (size_t i = 0; i < e->label_count; i++)
        cmd_print(x->c, "%sL=%u,E=%u,S=%d,T=%u", i == 0 ? " <MPLS:" : "/",
                  (unsigned)e->label[i].label, e->label[i].tc, e->label[i].bottom, e->label[i].ttl);
    if (e->label_count > 0)
        cmd_print(x->c, ">");
}

static void print_back(struct trace *x, const struct plug_traceroute_event *e)
{
    int begun = e->reply_ttl <= 64 ? 64 : e->reply_ttl <= 128 ? 128 : 255;
    int back = begun - e->reply_ttl + 1;

    if (e->reply_ttl >= 0 && back != (int)e->ttl)
        cmd_print(x->c, " '-%d'", back);
}

/* False: the name is not known yet. */
static bool print_who(struct trace *x, const struct plug_traceroute_event *e)
{
    char addr[PLUG_ADDR_TEXT];
    bool wait;
    const char *name = trace_name(x, &e->from, &wait);

    if (wait)
        return false;
    if (x->nth == 0)
        cmd_print(x->c, "%2u ", e->ttl);
    plug_addr_host_text(&e->from, addr, sizeof addr);
    if (x->o->numeric)
        cmd_print(x->c, " %s", addr);
    else
        cmd_print(x->c, " %s (%s)", name != NULL ? cmd_safe_str(name) : addr, addr);
    if (x->o->extensions)
        print_labels(x, e);
    if (x->o->back)
        print_back(x, e);
    return true;
}

static bool print_answer(struct trace *x, const struct plug_traceroute_event *e)
{
    char mark[16];

    if (as_before(x, e))
        cmd_print(x->c, "%s", "");
    else if (!print_who(x, e))
        return false;
    cmd_print(x->c, "  %.3f ms", (double)e->rtt / 1e6);
    if (x->o->mtu && e->mtu != x->shown_mtu)
        cmd_print(x->c, " F=%u", (unsigned)(x->shown_mtu = e->mtu));
    trace_mark(plug_addr_family(&e->from), e->icmp, e->icmp_type, e->icmp_code, e->mtu, mark);
    cmd_print(x->c, "%s%s", mark[0] ? " " : "", mark);
    return true;
}

static bool print_cell(struct trace *x, const struct trace_cell *p)
{
    if (!p->settled)
        return false;
    if (p->e.type == PLUG_TRACEROUTE_ANSWER)
        return print_answer(x, &p->e);
    if (x->nth == 0)
        cmd_print(x->c, "%2u ", p->e.ttl);
    cmd_print(x->c, " *");
    return true;
}

/* --- all ------------------------------------------------------------------------------------ */

/* Once, however often its first line has to wait for a name. */
static void begin_flow(struct trace *x)
{
    if (x->to.flows > 1 && x->headed == x->flow)
        cmd_print(x->c, "flow %u\n", ++x->headed);
}

bool trace_text_go(struct trace *x)
{
    struct plug_traceroute_summary s;

    plug_traceroute_summary(x->t, &s);
    while (x->flow < x->to.flows) {
        struct trace_cell *p = x->ttl <= x->to.max_ttl ? cell(x, x->flow, x->ttl, x->nth) : NULL;
        if (p == NULL || (x->nth == 0 && x->over && x->ttl > s.flow_last[x->flow])) {
            x->flow++;
            x->ttl = x->to.first_ttl;
            continue;
        }
        if (p->settled)
            begin_flow(x);
        if (!print_cell(x, p))
            break;
        if (++x->nth < x->to.probes)
            continue;
        x->nth = 0;
        cmd_print(x->c, "\n");
        if (x->ttl++ >= s.flow_last[x->flow] && x->over)
            x->ttl = x->to.max_ttl + 1;
    }
    (void)cmd_flush(x->c);
    return x->flow == x->to.flows;
}

void trace_text_event(struct trace *x, const struct plug_traceroute_event *e)
{
    bool wait;

    if (e->type != PLUG_TRACEROUTE_ANSWER && e->type != PLUG_TRACEROUTE_LOST &&
        e->type != PLUG_TRACEROUTE_SEND_FAILED)
        return;
    struct trace_cell *p = cell(x, e->flow, e->ttl, e->probe);
    p->settled = true;
    p->e = *e;
    if (e->type == PLUG_TRACEROUTE_ANSWER)
        (void)trace_name(x, &e->from, &wait);
    (void)trace_text_go(x);
}

/* --- notes ---------------------------------------------------------------------------------- */

bool trace_note(const struct trace *x, unsigned ttl, unsigned flow, char *buf, size_t len)
{
    struct plug_traceroute_hop h;

    if (plug_traceroute_hop(x->t, ttl, flow, &h) < 0 || h.loss != PLUG_TRACEROUTE_LOSS_LIMITED)
        return false;
    snprintf(buf, len,
             "hop %u is rate-limited: it answered %" PRIu64 " of %" PRIu64
             ", hops behind it lose less, so it drops answers, not traffic",
             ttl, h.received, h.sent);
    return true;
}

static void note_translation(struct trace *x, unsigned flow, unsigned last)
{
    struct plug_traceroute_hop h;

    for (unsigned ttl = x->to.first_ttl; ttl <= last; ttl++)
        if (plug_traceroute_hop(x->t, ttl, flow, &h) >= 0 && h.translated) {
            cmd_warn(x->c, "addresses are translated (NAT) before hop %u", ttl);
            return;
        }
}

void trace_notes(struct trace *x)
{
    struct plug_traceroute_summary s;
    char text[160];

    plug_traceroute_summary(x->t, &s);
    for (unsigned f = 0; f < x->to.flows; f++) {
        for (unsigned ttl = s.first_ttl; ttl <= s.flow_last[f]; ttl++)
            if (trace_note(x, ttl, f, text, sizeof text))
                cmd_warn(x->c, "%s", text);
        note_translation(x, f, s.flow_last[f]);
    }
    if (s.end == PLUG_TRACEROUTE_END_LOOP)
        cmd_warn(x->c, "ended at hop %u: the same routers answer again and again", s.last_ttl);
    if (s.end == PLUG_TRACEROUTE_END_SILENT)
        cmd_warn(x->c, "ended at hop %u: nobody answers any more", s.last_ttl);
    if (s.unmatched > 0)
        cmd_warn(x->c, "%" PRIu64 " answers were to nothing that was sent", s.unmatched);
}
