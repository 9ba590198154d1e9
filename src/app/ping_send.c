/* SPDX-License-Identifier: MIT */
/* Requests leave when they are due; what is not answered in time is lost. */
#include "app/ping_impl.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <plug/alloc.h>
#include <plug/bytes.h>
#include <plug/sys.h>
#include <string.h>

#define AGAIN    PLUG_MS(5) /* the system had no room: try again so much later */
#define SAMPLES  3
#define CLOSE_BY PLUG_US(2) /* two clocks read this close together are one moment */

/* The wall clock between two readings of the monotonic one; the closest pair of a few. */
struct plug__ping_moment plug__ping_now(void)
{
    struct plug__ping_moment best = {0, 0};
    int64_t gap = INT64_MAX;

    for (int i = 0; i < SAMPLES && gap > CLOSE_BY; i++) {
        int64_t before = plug_now();
        int64_t wall = plug_sys()->now(CLOCK_REALTIME);
        int64_t now = plug_now() - before;
        if (now < gap) {
            gap = now;
            best = (struct plug__ping_moment){before + now / 2, wall};
        }
    }
    return best;
}

struct plug_ping_event plug__ping_event(enum plug_ping_event_type type,
                                        const struct plug__ping_host *h, uint64_t seq)
{
    return (struct plug_ping_event){.type = type,
                                    .host = h ? h->number : PLUG_PING_NO_HOST,
                                    .seq = seq,
                                    .ttl = -1,
                                    .rtt = -1,
                                    .wrong_byte = -1};
}

/* --- what is remembered -------------------------------------------------------------------- */

struct plug__ping_probe *plug__ping_probe(const struct plug__ping_host *h, uint64_t seq)
{
    if (seq == 0 || seq > h->tries || h->tries - seq >= h->room)
        return NULL;
    struct plug__ping_probe *probe = &h->ring[(seq - 1) & (h->room - 1)];
    return probe->state == PLUG__PING_UNUSED ? NULL : probe;
}

static int widen(struct plug__ping_host *h)
{
    size_t room = h->room ? h->room * 2 : PLUG__PING_RING;
    struct plug__ping_probe *ring = plug_calloc(room, sizeof *ring);

    if (!ring)
        return -ENOMEM;
    for (uint64_t seq = h->tries; seq > 0 && h->tries - seq < h->room; seq--)
        ring[(seq - 1) & (room - 1)] = h->ring[(seq - 1) & (h->room - 1)];
    plug_free(h->ring);
    h->ring = ring;
    h->room = room;
    return 0;
}

/*
 * The place for the next probe. The one that lies there is remembered for twice the timeout, so
 * that late replies are known, if the window allows it; and until it is over in any case.
 */
static int place(struct plug__ping_host *h, int64_t now)
{
    uint64_t seq = h->tries + 1;

    while (h->room == 0 || seq > h->room) {
        const struct plug__ping_probe *old = h->room ? &h->ring[(seq - 1) & (h->room - 1)] : NULL;
        bool waits = old && old->state == PLUG__PING_WAITING;
        if (old && !waits && now - old->sent >= 2 * h->ping->o.timeout)
            return 0;
        if (h->room == PLUG_PING_WINDOW)
            return waits ? -EAGAIN : 0;
        if (widen(h) < 0)
            return waits || !old ? -ENOMEM : 0;
    }
    return 0;
}

/* --- time-outs ----------------------------------------------------------------------------- */

/*
 * When the probe is given up. After the last request a host that has answered before is waited for
 * two of its longest round trips, and at least an interval.
 */
static int64_t gives_up(const struct plug__ping_host *h, const struct plug__ping_probe *probe)
{
    const struct plug_ping_opts *o = &h->ping->o;
    int64_t at = probe->sent + o->timeout, patience = 2 * h->rtt.max;

    if (h->received == 0 || o->count == 0 || h->tries < o->count)
        return at;
    patience = h->last_sent + (patience > o->interval ? patience : o->interval);
    return patience < at ? patience : at;
}

static struct plug__icmp_sock *socket_of(struct plug__ping_host *h)
{
    return plug_addr_family(&h->addr) == AF_INET ? &h->ping->four : &h->ping->six;
}

/* Has our own queue been full since the probe left? Each drop excuses one probe. */
static bool may_be_dropped(struct plug__ping_host *h, const struct plug__ping_probe *probe)
{
    uint64_t *excused = &h->ping->excused[plug_addr_family(&h->addr) == AF_INET6];
    uint32_t drops = plug__icmp_sock_drops(socket_of(h));

    if (drops == probe->drops || *excused >= drops)
        return false;
    ++*excused;
    return true;
}

/* No reply: a loss, unless our own queue was full since the probe left. */
static void give_up(struct plug__ping_host *h, struct plug__ping_probe *probe, uint64_t seq)
{
    struct plug_ping *p = h->ping;
    bool dropped = may_be_dropped(h, probe);
    struct plug_ping_event e =
        plug__ping_event(dropped ? PLUG_PING_DROPPED : PLUG_PING_LOST, h, seq);

    probe->state = PLUG__PING_GONE;
    plug__ping_tcp_end(p, probe);
    h->local_drops += dropped;
    h->lost += !dropped;
    plug__ping_tell(p, &e);
}

static void expired(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    struct plug__ping_host *h = arg;
    int64_t now = plug_now();

    (void)l;
    (void)t;
    if (h->ping->o.socket != PLUG_PING_TCP) /* we may be late ourselves: the reply lies there */
        plug__ping_read(h->ping, socket_of(h));
    while (h->ping->running && h->oldest <= h->tries) {
        struct plug__ping_probe *probe = plug__ping_probe(h, h->oldest);
        if (probe && probe->state == PLUG__PING_WAITING) {
            if (gives_up(h, probe) > now)
                break;
            if (plug__ping_tcp_stands(probe))
                continue;
            h->oldest++;
            give_up(h, probe, h->oldest - 1);
        } else {
            h->oldest++;
        }
    }
    plug__ping_expect(h);
}

void plug__ping_expect(struct plug__ping_host *h)
{
    struct plug_ping *p = h->ping;
    struct plug__ping_probe *probe = NULL;

    for (; h->oldest <= h->tries; h->oldest++) {
        probe = plug__ping_probe(h, h->oldest);
        if (probe && probe->state == PLUG__PING_WAITING)
            break;
    }
    if (!p->running)
        return;
    if (h->oldest > h->tries) {
        (void)plug_loop_timer_stop(p->loop, &h->expire);
        plug__ping_settle(h);
        return;
    }
    int64_t left = gives_up(h, probe) - plug_now();
    if (plug_loop_timer(p->loop, &h->expire, left > 0 ? left : 0, expired, h) < 0)
        plug_ping_stop(p); /* no memory for a timer: better an end than a wait without one */
}

/* --- sending ------------------------------------------------------------------------------- */

static int send_echo(struct plug__ping_host *h, uint64_t seq)
{
    struct plug_ping *p = h->ping;
    uint32_t key;
    int r =
        plug__icmp_sock_send(socket_of(h), p->out, p->data_len + PLUG__ICMP_HEADER, &h->addr, &key);

    if (r >= 0)
        p->stamp[key % PLUG__PING_STAMPS] = (struct plug__ping_stamp){key, h->number, seq};
    return r;
}

static void write_echo(struct plug__ping_host *h, uint64_t seq)
{
    struct plug_ping *p = h->ping;
    const struct plug__icmp_sock *s = socket_of(h);

    memset(p->out, 0, PLUG__ICMP_HEADER);
    p->out[0] = s->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
    plug_put_be16(p->out + 4, s->id);
    plug_put_be16(p->out + 6, (uint16_t)seq);
    plug__ping_fill(&p->key, h->number, seq, p->out + PLUG__ICMP_HEADER, p->data_len);
}

/* All that can be done before is done before the clocks are read. */
static int hand_over(struct plug__ping_host *h, struct plug__ping_probe *probe, uint64_t seq)
{
    bool tcp = h->ping->o.socket == PLUG_PING_TCP;
    uint32_t drops = tcp ? 0 : plug__icmp_sock_drops(socket_of(h));

    if (!tcp)
        write_echo(h, seq);
    struct plug__ping_moment now = plug__ping_now();
    *probe = (struct plug__ping_probe){now.mono, now.wall, 0, PLUG__PING_WAITING, drops, NULL};
    return tcp ? plug__ping_tcp_send(h, seq, &probe->tcp) : send_echo(h, seq);
}

static bool short_of_room(int err)
{
    return err == -EAGAIN || err == -ENOBUFS || err == -ENOMEM || err == -EINTR;
}

/* An error may be an earlier packet's, that waited to be told: then the second try succeeds. */
static int send_probe(struct plug__ping_host *h)
{
    struct plug_ping *p = h->ping;
    struct plug__ping_probe probe;
    uint64_t seq = h->tries + 1;
    int r = place(h, plug_now());

    if (r < 0)
        return r;
    r = hand_over(h, &probe, seq);
    if (r < 0 && !short_of_room(r) && p->o.socket != PLUG_PING_TCP) {
        plug__ping_drain_queue(p, socket_of(h));
        r = p->running ? hand_over(h, &probe, seq) : -EAGAIN;
    }
    if (r < 0 && short_of_room(r))
        return r;
    h->tries = seq;
    h->first_sent = h->first_sent ? h->first_sent : probe.sent;
    h->last_sent = probe.sent;
    h->sent += r >= 0;
    h->failed += r < 0;
    probe.state = r < 0 ? PLUG__PING_GONE : PLUG__PING_WAITING;
    h->ring[(seq - 1) & (h->room - 1)] = probe;
    if (r < 0) {
        struct plug_ping_event e = plug__ping_event(PLUG_PING_SEND_FAILED, h, seq);
        e.error = r;
        plug__ping_tell(p, &e);
    }
    return 0;
}

static void due(struct plug_loop *l, struct plug_timer *t, void *arg);

static void at(struct plug__ping_host *h, int64_t when)
{
    int64_t left = when - plug_now();

    if (!h->ping->running)
        return;
    if (plug_loop_timer(h->ping->loop, &h->send, left > 0 ? left : 0, due, h) < 0)
        plug_ping_stop(h->ping);
}

/*
 * With a rate each request takes the next free place in time, and waits for it. Who comes late, as
 * the whole process did, puts off all that have a later one: there is no burst to catch up. True:
 * it is this moment.
 */
static bool has_slot(struct plug__ping_host *h, int64_t now)
{
    struct plug_ping *p = h->ping;

    if (p->o.rate <= 0)
        return true;
    int64_t gap = (int64_t)(1e9 / p->o.rate), clock = now - p->behind;
    if (h->slot == 0) {
        h->slot = p->next_slot > clock - gap ? p->next_slot : clock;
        p->next_slot = h->slot + gap;
    }
    if (h->slot > clock) {
        at(h, h->slot + p->behind);
        return false;
    }
    if (clock - h->slot > gap)
        p->behind += clock - h->slot;
    h->slot = 0;
    return true;
}

static void tell_overdue(struct plug__ping_host *h)
{
    const struct plug__ping_probe *probe = plug__ping_probe(h, h->tries);
    struct plug_ping_event e = plug__ping_event(PLUG_PING_OVERDUE, h, h->tries);

    if (!probe || probe->state != PLUG__PING_WAITING || h->overdue == h->tries)
        return;
    h->overdue = h->tries;
    plug__ping_tell(h->ping, &e);
}

static void due(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    struct plug__ping_host *h = arg;
    const struct plug_ping_opts *o = &h->ping->o;
    int64_t now = plug_now();

    (void)l;
    (void)t;
    if (!has_slot(h, now))
        return;
    tell_overdue(h);
    if (!h->ping->running)
        return;
    if (send_probe(h) < 0) {
        at(h, now + AGAIN);
        return;
    }
    h->due = h->due + o->interval > now ? h->due + o->interval : now;
    if (h->ping->running && (o->count == 0 || h->tries < o->count))
        at(h, h->due);
    plug__ping_expect(h);
}

int plug__ping_begin(struct plug__ping_host *h, int64_t when)
{
    int64_t left = when - plug_now();

    h->due = when;
    return plug_loop_timer(h->ping->loop, &h->send, left > 0 ? left : 0, due, h);
}
