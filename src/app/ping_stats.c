/* SPDX-License-Identifier: MIT */
/* Figures of a host, kept as its replies come. */
#include "app/ping_impl.h"
#include "base/assert.h"

void plug__ping_count_reply(struct plug__ping_host *h, uint64_t seq, int64_t rtt)
{
    double step = (double)rtt - h->mean;

    h->received++;
    h->mean += step / (double)h->received;
    h->squares += step * ((double)rtt - h->mean);
    if (h->last >= 0)
        h->differences += (double)(rtt > h->last ? rtt - h->last : h->last - rtt);
    h->last = rtt;
    if (seq < h->answered_last)
        h->reordered++;
    else
        h->answered_last = seq;
    (void)!plug_histogram_add(&h->rtt, rtt); /* without memory the percentiles are coarser */
}

/* Newton's, from above: the library stays without libm. */
static double root(double square)
{
    double x = square > 1 ? square : 1, before;

    if (square <= 0)
        return 0;
    do {
        before = x;
        x = (x + square / x) / 2;
    } while (x < before);
    return x;
}

static void times(const struct plug__ping_host *h, struct plug_ping_stats *s)
{
    s->min = h->rtt.min;
    s->max = h->rtt.max;
    s->avg = (int64_t)h->mean;
    s->mdev = (int64_t)root(h->squares / (double)h->received);
    s->p50 = plug_histogram_at(&h->rtt, 0.50);
    s->p95 = plug_histogram_at(&h->rtt, 0.95);
    s->p99 = plug_histogram_at(&h->rtt, 0.99);
    if (h->received > 1)
        s->jitter = (int64_t)(h->differences / (double)(h->received - 1));
    s->last = h->last;
}

void plug_ping_stats(const struct plug_ping *p, uint32_t host, struct plug_ping_stats *ret_stats)
{
    PLUG_ASSERT(host < p->hosts, "no host of this number");
    const struct plug__ping_host *h = p->host[host];
    struct plug_ping_stats s = {.sent = h->sent,
                                .send_failed = h->failed,
                                .received = h->received,
                                .lost = h->lost,
                                .local_drops = h->local_drops,
                                .duplicates = h->duplicates,
                                .late = h->late,
                                .reordered = h->reordered,
                                .errors = h->errors,
                                .span = h->last_sent - h->first_sent};

    s.min = s.avg = s.max = s.mdev = s.p50 = s.p95 = s.p99 = s.jitter = s.last = -1;
    if (h->received > 0)
        times(h, &s);
    *ret_stats = s;
}

double plug_ping_loss(const struct plug_ping_stats *s)
{
    uint64_t over = s->received + s->lost;

    return over ? (double)s->lost / (double)over : 0;
}

uint64_t plug_ping_unmatched(const struct plug_ping *p, uint64_t *ret_damaged)
{
    if (ret_damaged)
        *ret_damaged = p->damaged;
    return p->unmatched;
}
