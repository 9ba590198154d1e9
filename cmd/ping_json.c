/* SPDX-License-Identifier: MIT */
/* NDJSON: an object for each event, for each window, and a summary of each host. */
#include "ping.h"
#include <stdio.h>
#include <string.h>

static const char *type_of(const struct plug_ping_event *e)
{
    static const char *const name[] = {"reply", "duplicate", "late",    "lost",      "dropped",
                                       "error", "error",     "overdue", "unmatched", "done"};

    return name[e->type];
}

static void start(struct ping *g, struct plug_json *j, const char *type, uint32_t host,
                  const struct plug_addr *address)
{
    char text[PLUG_ADDR_TEXT];

    plug_addr_host_text(address, text, sizeof text);
    cmd_event(g->c, j, type);
    plug_json_string(j, "host", g->host[host].shown);
    plug_json_string(j, "address", text);
}

static void ms(struct plug_json *j, const char *key, int64_t time)
{
    if (time < 0)
        plug_json_null(j, key);
    else
        plug_json_double(j, key, (double)time / 1e6);
}

static void reply(struct plug_json *j, const struct plug_ping_event *e)
{
    if (e->ttl >= 0)
        plug_json_int(j, "ttl", e->ttl);
    else
        plug_json_null(j, "ttl");
    plug_json_uint(j, "bytes", e->bytes);
    ms(j, "rtt_ms", e->rtt);
    if (e->reordered)
        plug_json_bool(j, "reordered", true);
    if (e->truncated)
        plug_json_bool(j, "truncated", true);
    if (e->wrong_byte >= 0)
        plug_json_int(j, "wrong_byte", e->wrong_byte);
}

static void error(struct ping *g, struct plug_json *j, const struct plug_ping_event *e)
{
    char text[PLUG_ADDR_TEXT], words[128];

    if (e->type == PLUG_PING_ERROR) {
        ping_error_words(words, sizeof words, plug_addr_family(plug_ping_addr(g->engine, e->host)),
                         e);
        plug_addr_host_text(&e->from, text, sizeof text);
        plug_json_string(j, "from", text);
        plug_json_uint(j, "icmp_type", e->icmp_type);
        plug_json_uint(j, "icmp_code", e->icmp_code);
        if (e->error == -EMSGSIZE)
            plug_json_uint(j, "mtu", e->info);
    }
    plug_json_string(j, "code", plug_err_name(e->error));
    plug_json_string(j, "message", e->type == PLUG_PING_ERROR ? words : plug_strerror(e->error));
}

static void unmatched(struct ping *g, const struct plug_ping_event *e)
{
    char text[PLUG_ADDR_TEXT];
    struct plug_json j;

    plug_addr_host_text(&e->from, text, sizeof text);
    cmd_event(g->c, &j, "unmatched");
    plug_json_string(&j, "from", text);
    plug_json_uint(&j, "bytes", e->bytes);
    plug_json_bool(&j, "bad_checksum", e->bad_checksum);
    cmd_event_end(g->c, &j);
}

static void event(struct ping *g, const struct plug_ping_event *e)
{
    struct plug_json j;
    bool answer = e->type <= PLUG_PING_LATE;

    if (e->type == PLUG_PING_DONE || (e->type == PLUG_PING_OVERDUE && !g->o->outstanding) ||
        g->c->quiet)
        return;
    if (e->type == PLUG_PING_UNMATCHED) {
        unmatched(g, e);
        return;
    }
    start(g, &j, type_of(e), e->host, answer ? &e->from : plug_ping_addr(g->engine, e->host));
    plug_json_uint(&j, "seq", e->seq);
    if (answer)
        reply(&j, e);
    else if (e->type == PLUG_PING_ERROR || e->type == PLUG_PING_SEND_FAILED)
        error(g, &j, e);
    cmd_event_end(g->c, &j);
}

static void begin(struct ping *g)
{
    (void)g;
}

static void window(struct ping *g, uint32_t host, const struct plug_ping_stats *s)
{
    struct plug_histogram *h = &g->host[host].recent;
    struct plug_json j;

    start(g, &j, "window", host, plug_ping_addr(g->engine, host));
    plug_json_uint(&j, "sent", s->sent);
    plug_json_uint(&j, "received", s->received);
    plug_json_uint(&j, "lost", s->lost);
    plug_json_double(&j, "loss_pct", plug_ping_loss(s) * 100);
    ms(&j, "min_ms", h->total ? h->min : -1);
    ms(&j, "avg_ms", h->total ? (int64_t)plug_histogram_mean(h) : -1);
    ms(&j, "max_ms", h->total ? h->max : -1);
    ms(&j, "p95_ms", h->total ? plug_histogram_at(h, 0.95) : -1);
    cmd_event_end(g->c, &j);
}

static void summary(struct ping *g, uint32_t host)
{
    struct plug_ping_stats s;
    struct plug_json j;

    plug_ping_stats(g->engine, host, &s);
    start(g, &j, "summary", host, plug_ping_addr(g->engine, host));
    plug_json_string(&j, "end_reason", g->end_reason);
    plug_json_uint(&j, "sent", s.sent);
    plug_json_uint(&j, "received", s.received);
    plug_json_uint(&j, "lost", s.lost);
    plug_json_uint(&j, "duplicates", s.duplicates);
    plug_json_uint(&j, "late", s.late);
    plug_json_uint(&j, "reordered", s.reordered);
    plug_json_uint(&j, "errors", s.errors);
    plug_json_uint(&j, "send_failed", s.send_failed);
    plug_json_uint(&j, "local_drops", s.local_drops);
    plug_json_double(&j, "loss_pct", plug_ping_loss(&s) * 100);
    ms(&j, "min_ms", s.min);
    ms(&j, "avg_ms", s.avg);
    ms(&j, "max_ms", s.max);
    ms(&j, "mdev_ms", s.mdev);
    ms(&j, "p50_ms", s.p50);
    ms(&j, "p95_ms", s.p95);
    ms(&j, "p99_ms", s.p99);
    ms(&j, "jitter_ms", s.jitter);
    cmd_event_end(g->c, &j);
}

static void end(struct ping *g)
{
    for (uint32_t i = 0; i < g->hosts; i++)
        summary(g, i);
}

const struct ping_view ping_json = {begin, event, window, end};
