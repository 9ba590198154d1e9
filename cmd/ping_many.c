/* SPDX-License-Identifier: MIT */
/* Several hosts: a line for each event with the host in front, a table at the end. */
#include "ping.h"
#include <stdio.h>
#include <string.h>

#define WIDEST 40 /* a longer name moves its line only */
#define WIDE   66 /* columns of the table at the end, without the hosts */
#define NARROW 25 /* and of the one with fewer figures */

static int width(struct ping *g)
{
    size_t most = 4;

    for (size_t i = 0; i < g->hosts; i++)
        if (strlen(g->host[i].shown) > most)
            most = strlen(g->host[i].shown);
    return (int)(most < WIDEST ? most : WIDEST);
}

static void begin(struct ping *g)
{
    if (g->o->tcp)
        cmd_print(g->c, "PING %zu hosts, TCP connections\n", g->hosts);
    else
        cmd_print(g->c, "PING %zu hosts, %llu data bytes\n", g->hosts,
                  (unsigned long long)g->o->size);
}

static void start_line(struct ping *g, const struct plug_ping_event *e)
{
    int64_t now = e->wall ? e->wall : plug_sys()->now(CLOCK_REALTIME);

    if (g->o->stamps)
        cmd_print(g->c, "[%lld.%06lld] ", (long long)(now / PLUG_S(1)),
                  (long long)(now % PLUG_S(1) / 1000));
    cmd_print(g->c, "%-*s  ", width(g), g->host[e->host].shown);
}

static void reply(struct ping *g, const struct plug_ping_event *e)
{
    const char *label = e->type == PLUG_PING_DUPLICATE ? " (DUP!)"
                        : e->type == PLUG_PING_LATE    ? " (LATE!)"
                        : e->reordered                 ? " (REORDERED!)"
                                                       : "";
    char time[32], words[PING_LINE];

    ping_time_words(time, sizeof time, e->rtt);
    ping_answer_words(g, e, words, sizeof words);
    start_line(g, e);
    cmd_print(g->c, "%s", words);
    if (e->ttl >= 0)
        cmd_print(g->c, " ttl=%d", e->ttl);
    cmd_print(g->c, " time=%s ms%s%s\n", time, label,
              e->truncated || e->wrong_byte >= 0 ? " (DAMAGED!)" : "");
}

static void event(struct ping *g, const struct plug_ping_event *e)
{
    unsigned seq = (uint16_t)e->seq;
    char words[PING_LINE];

    if (g->c->quiet)
        return;
    switch (e->type) {
    case PLUG_PING_REPLY:
    case PLUG_PING_DUPLICATE:
    case PLUG_PING_LATE:
        reply(g, e);
        break;
    case PLUG_PING_ERROR:
        ping_refusal_words(g, e, words, sizeof words);
        start_line(g, e);
        cmd_print(g->c, "%s\n", words);
        break;
    case PLUG_PING_OVERDUE:
    case PLUG_PING_LOST:
        if ((e->type == PLUG_PING_OVERDUE) != g->o->outstanding)
            break;
        start_line(g, e);
        cmd_print(g->c, "no answer %s%s_seq=%u\n", g->o->outstanding ? "yet for " : "",
                  g->o->tcp ? "tcp" : "icmp", seq);
        break;
    default:
        break;
    }
    (void)cmd_flush(g->c);
}

static void row(struct ping *g, uint32_t host, const struct plug_ping_stats *s)
{
    cmd_print(g->c, "%-*s  %6llu  %8llu  %5.4g%%", width(g), g->host[host].shown,
              (unsigned long long)(s->sent + s->send_failed), (unsigned long long)s->received,
              plug_ping_loss(s) * 100);
}

static void window(struct ping *g, uint32_t host, const struct plug_ping_stats *s)
{
    struct plug_histogram *h = &g->host[host].recent;

    if (host == 0)
        cmd_print(g->c, "--- window ---\n");
    row(g, host, s);
    if (h->total)
        cmd_print(g->c, "  %8.3f  %8.3f  %8.3f", (double)h->min / 1e6, plug_histogram_mean(h) / 1e6,
                  (double)h->max / 1e6);
    cmd_print(g->c, "\n");
    (void)cmd_flush(g->c);
}

/* A terminal that the table does not fit on: four columns, the host above them if need be. */
static void narrow(struct ping *g)
{
    struct plug_ping_stats s;
    int w = width(g);
    const char *gap = (unsigned)w + NARROW > cmd_width(g->c) ? "\n" : "";

    w = *gap ? 4 : w;
    cmd_print(g->c, "%-*s %6s %8s %8s\n", w, "host", "loss", "avg ms", "max");
    for (uint32_t i = 0; i < g->hosts; i++) {
        plug_ping_stats(g->engine, i, &s);
        cmd_print(g->c, "%-*s%s%*s %5.4g%%", *gap ? 0 : w, g->host[i].shown, gap, *gap ? w : 0, "",
                  plug_ping_loss(&s) * 100);
        if (s.received)
            cmd_print(g->c, " %8.3f %8.3f", (double)s.avg / 1e6, (double)s.max / 1e6);
        cmd_print(g->c, "\n");
    }
}

static void end(struct ping *g)
{
    struct plug_ping_stats s;

    cmd_print(g->c, "\n--- ping statistics: %zu of %zu hosts answered ---\n", g->answered,
              g->hosts);
    if (cmd_width(g->c) < 80 && (unsigned)width(g) + WIDE > cmd_width(g->c)) {
        narrow(g);
        return;
    }
    cmd_print(g->c, "%-*s  %6s  %8s  %6s  %8s  %8s  %8s  %8s\n", width(g), "host", "sent",
              "received", "loss", "min ms", "avg", "max", "mdev");
    for (uint32_t i = 0; i < g->hosts; i++) {
        plug_ping_stats(g->engine, i, &s);
        row(g, i, &s);
        if (s.received)
            cmd_print(g->c, "  %8.3f  %8.3f  %8.3f  %8.3f", (double)s.min / 1e6,
                      (double)s.avg / 1e6, (double)s.max / 1e6, (double)s.mdev / 1e6);
        cmd_print(g->c, "\n");
    }
}

const struct ping_view ping_text_many = {begin, event, window, end};
