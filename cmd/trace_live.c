/* SPDX-License-Identifier: MIT */
/* The table that is drawn again after each round. */
#include "trace.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NARROW     60 /* columns below which only the loss, the last time and a spark are shown */
#define ABOVE      2  /* lines above the hops */
#define SPARK_WIDE 14
#define SPARK_MIN  8
#define HOST_MIN   12

struct layout {
    bool narrow;
    unsigned host, spark; /* columns */
};

int trace_live_open(struct trace *x)
{
    size_t hops = (size_t)x->to.max_ttl * x->to.flows;

    x->graph = plug_calloc(hops, sizeof *x->graph);
    return x->graph != NULL ? 0 : -ENOMEM;
}

static struct graph *graph_of(struct trace *x, unsigned ttl, unsigned flow)
{
    return &x->graph[(size_t)(ttl - 1) * x->to.flows + flow];
}

void trace_live_event(struct trace *x, const struct plug_traceroute_event *e)
{
    bool answer = e->type == PLUG_TRACEROUTE_ANSWER;
    bool wait;

    if (!answer && e->type != PLUG_TRACEROUTE_LOST && e->type != PLUG_TRACEROUTE_SEND_FAILED)
        return;
    graph_put(graph_of(x, e->ttl, e->flow), e->round * x->to.probes + e->probe,
              answer ? e->rtt : GRAPH_LOST);
    if (answer)
        (void)trace_name(x, &e->from, &wait);
}

/* --- one line ------------------------------------------------------------------------------- */

static struct layout lay_out(const struct screen *s)
{
    struct layout l = {.narrow = s->columns < NARROW};
    unsigned numbers = l.narrow ? 3 + 6 + 7 : 3 + 7 + 5 + 4 * 7; /* with the blanks before them */
    unsigned left = s->columns > numbers ? s->columns - numbers : 0;

    l.spark = left >= HOST_MIN + SPARK_WIDE + 1 ? SPARK_WIDE : SPARK_MIN;
    l.host = left > l.spark + 1 + HOST_MIN ? left - l.spark - 1 : HOST_MIN;
    if (l.host > 40) {
        l.spark += l.host - 40;
        l.host = 40;
    }
    return l;
}

static void host_text(struct trace *x, const struct plug_traceroute_hop *h, unsigned width,
                      char *buf, size_t len)
{
    char addr[PLUG_ADDR_TEXT];
    const char *name = NULL;
    bool wait;

    snprintf(addr, sizeof addr, "*");
    if (h->host_count > 0) {
        name = trace_name(x, &h->host[h->host_count - 1].addr, &wait);
        plug_addr_host_text(&h->host[h->host_count - 1].addr, addr, sizeof addr);
    }
    snprintf(buf, len, "%.*s", (int)width, name != NULL ? cmd_safe_str(name) : addr);
}

/* In at most six places. */
static const char *ms(const struct plug_traceroute_hop *h, int64_t ns, char buf[16])
{
    double value = (double)ns / 1e6;

    if (h->received == 0)
        snprintf(buf, 16, "-");
    else
        snprintf(buf, 16, "%.*f", value < 100 ? 2 : value < 1000 ? 1 : 0, value);
    return buf;
}

static const char *loss_style(struct trace *x, const struct plug_traceroute_hop *h)
{
    return cmd_style(x->c, h->loss == PLUG_TRACEROUTE_LOSS_REAL      ? CMD_BAD
                           : h->loss == PLUG_TRACEROUTE_LOSS_LIMITED ? CMD_WARN
                                                                     : CMD_PLAIN);
}

static const char *loss_mark(const struct plug_traceroute_hop *h)
{
    return h->loss == PLUG_TRACEROUTE_LOSS_LIMITED || h->loss == PLUG_TRACEROUTE_LOSS_SILENT ? "~"
                                                                                             : "%";
}

static void hop_line(struct trace *x, const struct layout *l, unsigned ttl, unsigned flow)
{
    const struct graph_look look = {.utf8 = *cmd_mark("u", "") != '\0',
                                    .line = "",
                                    .lost = cmd_style(x->c, CMD_BAD),
                                    .plain = cmd_style(x->c, CMD_PLAIN)};
    const char *plain = cmd_style(x->c, CMD_PLAIN);
    struct plug_traceroute_hop h;
    char host[CMD_SAFE_MAX], t[4][16];
    struct plug_buf spark;

    if (plug_traceroute_hop(x->t, ttl, flow, &h) < 0)
        return;
    double lost = h.sent > 0 ? 100.0 * (double)h.lost / (double)h.sent : 0;
    plug_buf_init(&spark, 8192);
    host_text(x, &h, l->host, host, sizeof host);
    (void)!graph_spark(graph_of(x, ttl, flow), &look, l->spark, &spark);
    (void)!plug_buf_append(&spark, "", 1);
    const char *line = plug_buf_len(&spark) > 0 ? (const char *)plug_buf_data(&spark) : "";
    if (l->narrow)
        screen_line(x->c, &x->screen, "%2u %-*s%s%5.0f%s%s%7s %s", ttl, (int)l->host, host,
                    loss_style(x, &h), lost, loss_mark(&h), plain, ms(&h, h.last, t[0]), line);
    else
        screen_line(x->c, &x->screen, "%2u %-*s%s%6.1f%s%s%5" PRIu64 "%7s%7s%7s%7s %s", ttl,
                    (int)l->host, host, loss_style(x, &h), lost, loss_mark(&h), plain, h.sent,
                    ms(&h, h.last, t[0]), ms(&h, h.avg, t[1]), ms(&h, h.best, t[2]),
                    ms(&h, h.worst, t[3]), line);
    plug_buf_clear(&spark);
}

/* --- the picture ---------------------------------------------------------------------------- */

static void header(struct trace *x, const struct layout *l, const struct plug_traceroute_summary *s)
{
    const char *bold = cmd_style(x->c, CMD_BOLD), *plain = cmd_style(x->c, CMD_PLAIN);
    char addr[PLUG_ADDR_TEXT];

    plug_addr_host_text(&s->to, addr, sizeof addr);
    if (l->narrow)
        screen_line(x->c, &x->screen, "%s  round %" PRIu64, addr, s->rounds);
    else
        screen_line(x->c, &x->screen, "plug trace %s (%s)  round %" PRIu64, cmd_safe_str(x->host),
                    addr, s->rounds);
    if (l->narrow)
        screen_line(x->c, &x->screen, "%s # %-*s loss%%   last ms%s", bold, (int)l->host, "host",
                    plain);
    else
        screen_line(x->c, &x->screen, "%s # %-*s  loss%% sent   last    avg   best  worst ms%s",
                    bold, (int)l->host, "host", plain);
}

/* Of more hops than there are lines for, the first and the last ones. */
static void hops(struct trace *x, const struct layout *l, const struct plug_traceroute_summary *s,
                 unsigned flow, unsigned room)
{
    unsigned last = s->flow_last[flow], count = last >= s->first_ttl ? last - s->first_ttl + 1 : 0;
    unsigned first = count > room && room > 2 ? (room - 1) / 2 : count;
    unsigned rest = count > room && room > 2 ? room - 1 - first : 0;

    for (unsigned i = 0; i < count; i++) {
        if (i == first && rest > 0)
            screen_line(x->c, &x->screen, "   ... %u more hops", count - first - rest);
        if (i < first || i >= count - rest)
            hop_line(x, l, s->first_ttl + i, flow);
    }
}

static bool rate_limited(const struct trace *x, const struct plug_traceroute_summary *s)
{
    struct plug_traceroute_hop h;

    for (unsigned f = 0; f < x->to.flows; f++)
        for (unsigned ttl = s->first_ttl; ttl <= s->flow_last[f]; ttl++)
            if (plug_traceroute_hop(x->t, ttl, f, &h) >= 0 &&
                (h.loss == PLUG_TRACEROUTE_LOSS_LIMITED || h.loss == PLUG_TRACEROUTE_LOSS_SILENT))
                return true;
    return false;
}

void trace_live_draw(struct trace *x)
{
    struct plug_traceroute_summary s;

    plug_traceroute_summary(x->t, &s);
    screen_begin(x->c, &x->screen);
    struct layout l = lay_out(&x->screen);
    bool note = rate_limited(x, &s);
    unsigned above = ABOVE + note + 1 + (x->to.flows > 1 ? x->to.flows : 0);
    unsigned room = x->screen.rows > above ? (x->screen.rows - above) / x->to.flows : 1;
    header(x, &l, &s);
    for (unsigned f = 0; f < x->to.flows; f++) {
        if (x->to.flows > 1)
            screen_line(x->c, &x->screen, "flow %u", f + 1);
        hops(x, &l, &s, f, x->c->tty_out ? room : PLUG_TRACEROUTE_TTL);
    }
    if (note)
        screen_line(
            x->c, &x->screen, "%s",
            l.narrow ? "~ answers rate-limited, traffic passes"
                     : "~ rate-limited: it drops answers, not traffic; hops behind it lose less");
    screen_end(x->c, &x->screen);
}
