/* SPDX-License-Identifier: MIT */
/* One host: the text of ping(8) from iputils, which scripts read. */
#include "ping.h"
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static int family_of(struct ping *g)
{
    return plug_addr_family(plug_ping_addr(g->engine, 0));
}

static void print_source(struct ping *g)
{
    char text[PLUG_ADDR_TEXT];

    if (!g->o->from)
        return;
    plug_addr_host_text(&g->source, text, sizeof text);
    cmd_print(g->c, "from %s %s: ", text, g->ifname);
}

static void begin(struct ping *g)
{
    unsigned long long size = g->o->size;
    const struct plug_addr *a = plug_ping_addr(g->engine, 0);
    char text[PLUG_ADDR_TEXT];

    plug_addr_host_text(a, text, sizeof text);
    if (g->o->tcp) {
        cmd_print(g->c, "PING %s (%s) ", g->host[0].shown, text);
        print_source(g);
        cmd_print(g->c, "TCP connections to port %u.\n", plug_addr_port(a));
    } else if (family_of(g) == AF_INET) {
        cmd_print(g->c, "PING %s (%s) ", g->host[0].shown, text);
        print_source(g);
        cmd_print(g->c, "%llu(%llu) bytes of data.\n", size, size + 28);
    } else {
        cmd_print(g->c, "PING %s(%s) ", g->host[0].shown, ping_called(g, 0, a));
        print_source(g);
        cmd_print(g->c, "%llu data bytes\n", size);
    }
}

static void print_stamp(struct ping *g, const struct plug_ping_event *e)
{
    int64_t now = e->wall ? e->wall : plug_sys()->now(CLOCK_REALTIME);

    if (g->o->stamps)
        cmd_print(g->c, "[%lld.%06lld] ", (long long)(now / PLUG_S(1)),
                  (long long)(now % PLUG_S(1) / 1000));
}

static void reply(struct ping *g, const struct plug_ping_event *e)
{
    char time[32], words[PING_LINE];

    ping_answer_words(g, e, words, sizeof words);
    print_stamp(g, e);
    cmd_print(g->c, "%s", words);
    if (e->ttl >= 0)
        cmd_print(g->c, " ttl=%d", e->ttl);
    if (e->truncated) {
        cmd_print(g->c, " (truncated)\n");
        return;
    }
    ping_time_words(time, sizeof time, e->rtt);
    cmd_print(g->c, " time=%s ms%s%s%s", time, e->type == PLUG_PING_DUPLICATE ? " (DUP!)" : "",
              e->type == PLUG_PING_LATE ? " (LATE!)" : "", e->reordered ? " (REORDERED!)" : "");
    if (e->wrong_byte >= 0)
        cmd_print(g->c, "\nwrong data byte #%lld", (long long)e->wrong_byte);
    cmd_print(g->c, "\n");
}

static void error(struct ping *g, const struct plug_ping_event *e)
{
    char words[PING_LINE];

    ping_refusal_words(g, e, words, sizeof words);
    print_stamp(g, e);
    cmd_print(g->c, "%s\n", words);
}

static void event(struct ping *g, const struct plug_ping_event *e)
{
    if (g->c->quiet)
        return;
    switch (e->type) {
    case PLUG_PING_REPLY:
    case PLUG_PING_DUPLICATE:
    case PLUG_PING_LATE:
        reply(g, e);
        break;
    case PLUG_PING_ERROR:
        error(g, e);
        break;
    case PLUG_PING_OVERDUE:
        if (g->o->outstanding) {
            print_stamp(g, e);
            cmd_print(g->c, "no answer yet for %s_seq=%u\n", g->o->tcp ? "tcp" : "icmp",
                      (unsigned)(uint16_t)e->seq);
        }
        break;
    default:
        break;
    }
    (void)cmd_flush(g->c);
}

static void window(struct ping *g, uint32_t host, const struct plug_ping_stats *s)
{
    struct plug_histogram *h = &g->host[host].recent;

    cmd_print(g->c, "--- window: %llu sent, %llu received, %g%% packet loss",
              (unsigned long long)s->sent, (unsigned long long)s->received,
              plug_ping_loss(s) * 100);
    if (h->total)
        cmd_print(g->c, ", rtt min/avg/max = %.3f/%.3f/%.3f ms", (double)h->min / 1e6,
                  plug_histogram_mean(h) / 1e6, (double)h->max / 1e6);
    cmd_print(g->c, " ---\n");
    (void)cmd_flush(g->c);
}

static void print_counts(struct ping *g, const struct plug_ping_stats *s, uint64_t damaged)
{
    uint64_t tries = s->sent + s->send_failed, errors = s->errors + s->send_failed;

    cmd_print(g->c, "%llu packets transmitted, %llu received", (unsigned long long)tries,
              (unsigned long long)s->received);
    if (s->duplicates)
        cmd_print(g->c, ", +%llu duplicates", (unsigned long long)s->duplicates);
    if (damaged)
        cmd_print(g->c, ", +%llu corrupted", (unsigned long long)damaged);
    if (errors)
        cmd_print(g->c, ", +%llu errors", (unsigned long long)errors);
    if (s->late)
        cmd_print(g->c, ", +%llu late", (unsigned long long)s->late);
    if (s->local_drops)
        cmd_print(g->c, ", +%llu dropped here", (unsigned long long)s->local_drops);
    if (tries)
        cmd_print(g->c, ", %g%% packet loss, time %lldms", plug_ping_loss(s) * 100,
                  (long long)((s->span + PLUG_US(500)) / PLUG_MS(1)));
    cmd_print(g->c, "\n");
}

static void end(struct ping *g)
{
    struct plug_ping_stats s;
    uint64_t damaged;
    const char *comma = "";

    plug_ping_stats(g->engine, 0, &s);
    plug_ping_unmatched(g->engine, &damaged);
    cmd_print(g->c, "\n--- %s ping statistics ---\n", g->host[0].shown);
    print_counts(g, &s, damaged);
    if (s.received) {
        char min[32], avg[32], max[32], mdev[32];
        ping_ms_words(min, sizeof min, s.min);
        ping_ms_words(avg, sizeof avg, s.avg);
        ping_ms_words(max, sizeof max, s.max);
        ping_ms_words(mdev, sizeof mdev, s.mdev);
        cmd_print(g->c, "rtt min/avg/max/mdev = %s/%s/%s/%s ms", min, avg, max, mdev);
        comma = ", ";
    }
    if (g->pipe > 1)
        cmd_print(g->c, "%spipe %llu", comma, (unsigned long long)g->pipe);
    cmd_print(g->c, "\n");
}

const struct ping_view ping_text_one = {begin, event, window, end};
