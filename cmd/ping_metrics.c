/* SPDX-License-Identifier: MIT */
/* --metrics ADDRESS: the figures of every host for Prometheus. */
#include "address.h"
#include "metrics.h"
#include "ping.h"
#include <math.h>

static const struct {
    const char *name, *help;
    size_t offset; /* of a uint64_t in struct plug_ping_stats */
} counter[] = {
    {"plug_ping_sent_total", "Echo requests sent.", offsetof(struct plug_ping_stats, sent)},
    {"plug_ping_received_total", "Echo replies in time, duplicates apart.",
     offsetof(struct plug_ping_stats, received)},
    {"plug_ping_lost_total", "Echo requests without a reply in time.",
     offsetof(struct plug_ping_stats, lost)},
    {"plug_ping_local_drops_total", "Replies dropped by this machine's own queue; no losses.",
     offsetof(struct plug_ping_stats, local_drops)},
    {"plug_ping_duplicates_total", "Replies to a request that was answered before.",
     offsetof(struct plug_ping_stats, duplicates)},
    {"plug_ping_late_total", "Replies to a request that was counted as lost.",
     offsetof(struct plug_ping_stats, late)},
    {"plug_ping_reordered_total", "Replies behind one to a later request.",
     offsetof(struct plug_ping_stats, reordered)},
    {"plug_ping_errors_total", "ICMP errors.", offsetof(struct plug_ping_stats, errors)},
    {"plug_ping_send_failed_total", "Echo requests that this machine did not send.",
     offsetof(struct plug_ping_stats, send_failed)},
};

/* What all samples of a host begin with; its address tells hosts of one name apart. */
struct host {
    struct plug_ping_stats stats;
    char address[PLUG_ADDR_TEXT];
    struct metrics_label label[3];
};

static void look(const struct ping *g, uint32_t i, struct host *h)
{
    plug_ping_stats(g->engine, i, &h->stats);
    plug_addr_host_text(plug_ping_addr(g->engine, i), h->address, sizeof h->address);
    h->label[0] = (struct metrics_label){"host", g->host[i].shown};
    h->label[1] = (struct metrics_label){"address", h->address};
}

static int put_counters(const struct ping *g, struct plug_buf *text)
{
    int err = 0;

    for (size_t n = 0; err >= 0 && n < sizeof counter / sizeof *counter; n++) {
        err = metrics_family(text, counter[n].name, "counter", counter[n].help);
        for (uint32_t i = 0; err >= 0 && i < g->hosts; i++) {
            struct host h;
            look(g, i, &h);
            uint64_t value = *(uint64_t *)((char *)&h.stats + counter[n].offset);
            err = metrics_value(text, counter[n].name, h.label, 2, (double)value);
        }
    }
    return err;
}

static int put_quantile(struct plug_buf *text, struct host *h, const char *quantile, int64_t time)
{
    h->label[2] = (struct metrics_label){"quantile", quantile};
    return metrics_value(text, "plug_ping_rtt_seconds", h->label, 3,
                         time < 0 ? (double)NAN : (double)time / 1e9);
}

static int put_rtt(struct plug_buf *text, struct host *h)
{
    const struct plug_ping_stats *s = &h->stats;
    double sum = s->received ? (double)s->avg * (double)s->received / 1e9 : 0;
    int err = put_quantile(text, h, "0.5", s->p50);

    err = err < 0 ? err : put_quantile(text, h, "0.95", s->p95);
    err = err < 0 ? err : put_quantile(text, h, "0.99", s->p99);
    err = err < 0 ? err : metrics_value(text, "plug_ping_rtt_seconds_sum", h->label, 2, sum);
    return err < 0 ? err
                   : metrics_value(text, "plug_ping_rtt_seconds_count", h->label, 2,
                                   (double)s->received);
}

static int put_all(struct plug_buf *text, void *arg)
{
    const struct ping *g = arg;
    int err = put_counters(g, text);

    if (err >= 0)
        err = metrics_family(text, "plug_ping_rtt_seconds", "summary", "Round-trip time.");
    for (uint32_t i = 0; err >= 0 && i < g->hosts; i++) {
        struct host h;
        look(g, i, &h);
        err = put_rtt(text, &h);
    }
    return err;
}

int ping_metrics_open(struct ping *g, const char *address)
{
    struct plug_addr addr;
    struct plug_endpoint e;
    char text[ADDRESS_TEXT];
    int err = metrics_open(&g->metrics, g->loop, address, put_all, g);

    if (err >= 0)
        err = plug_endpoint_parse(address, &e);
    if (err >= 0)
        err = plug_sock_local(metrics_sock(g->metrics), &addr);
    if (err < 0)
        return cmd_fail(
            g->c, err, "listen", address,
            "an address is tcp://127.0.0.1:9427, say; http://127.0.0.1:9427/metrics then");
    address_of_socket(&e, &addr, text);
    if (!g->c->quiet)
        cmd_err("listening on %s\n", text);
    return CMD_YES;
}
