/* SPDX-License-Identifier: MIT */
/* Whose reply is it, whose error, and how long did it take. */
#include "app/ping_impl.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <plug/bytes.h>
#include <string.h>

#define BURST  64          /* messages of one turn of the loop */
#define NEARLY PLUG_US(50) /* clocks that moved apart by more were set */
#define EARLY  PLUG_US(5)  /* stamps and our clock are not read at the same moment */
#define QUOTE  128         /* bytes of our own message in an error that are looked at */

/* --- time ---------------------------------------------------------------------------------- */

static int64_t apart(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* From the kernel's stamps while they are believable: the wall clock may have been set. */
static int64_t round_trip(const struct plug__ping_probe *probe, int64_t stamp)
{
    struct plug__ping_moment now = plug__ping_now();
    int64_t most = now.mono - probe->sent;
    int64_t from = probe->stamp ? probe->stamp : probe->wall;
    bool set = apart(now.wall - now.mono, probe->wall - probe->sent) > NEARLY;

    if (stamp == 0 || set || from < probe->wall - EARLY || stamp < from ||
        stamp - from > most + EARLY)
        return most;
    return stamp - from;
}

static void take_stamp(struct plug_ping *p, uint32_t key, int64_t stamp)
{
    const struct plug__ping_stamp *known = &p->stamp[key % PLUG__PING_STAMPS];

    if (known->key != key || known->seq == 0 || known->host >= p->hosts)
        return;
    struct plug__ping_probe *probe = plug__ping_probe(p->host[known->host], known->seq);
    if (probe && probe->state == PLUG__PING_WAITING)
        probe->stamp = stamp;
}

/* --- whose --------------------------------------------------------------------------------- */

/* The only number with these low 16 bits that may be remembered. 0: none. */
static uint64_t whole_seq(const struct plug__ping_host *h, uint16_t low)
{
    uint64_t back = (uint16_t)((uint16_t)h->tries - low);

    return back < h->tries ? h->tries - back : 0;
}

struct match {
    struct plug__ping_host *host;
    struct plug__ping_probe *probe;
    uint64_t seq;
};

/* data: what came back of ours, as far as it goes. */
static bool fits(const struct plug_ping *p, struct plug__ping_host *h, uint16_t low,
                 const uint8_t *data, size_t len, struct match *m)
{
    uint64_t seq = whole_seq(h, low);

    *m = (struct match){h, plug__ping_probe(h, seq), seq};
    if (!m->probe)
        return false;
    len = len < PLUG__PING_CODE ? len : PLUG__PING_CODE;
    return plug__ping_differs(&p->key, h->number, seq, data, len) < 0;
}

static bool same_address(const struct plug_addr *a, const struct plug_addr *b)
{
    size_t len, other;
    const void *x = plug_addr_bytes(a, &len), *y = plug_addr_bytes(b, &other);

    return plug_addr_family(a) == plug_addr_family(b) && len == other && memcmp(x, y, len) == 0;
}

static bool find(const struct plug_ping *p, const struct plug_addr *addr, uint16_t low,
                 const uint8_t *data, size_t len, struct match *m)
{
    if (p->buckets == 0)
        return false;
    for (uint32_t i = p->bucket[plug__ping_bucket(p, addr)]; i; i = p->host[i - 1]->next_alike) {
        struct plug__ping_host *h = p->host[i - 1];
        if (same_address(&h->addr, addr) && fits(p, h, low, data, len, m))
            return true;
    }
    for (size_t i = 0; p->groups > 0 && i < p->hosts; i++)
        if (p->host[i]->group && plug_addr_family(&p->host[i]->addr) == plug_addr_family(addr) &&
            fits(p, p->host[i], low, data, len, m))
            return true;
    return false;
}

/* --- replies ------------------------------------------------------------------------------- */

static void tell_unmatched(struct plug_ping *p, const struct plug__icmp_in *in)
{
    struct plug_ping_event e = plug__ping_event(PLUG_PING_UNMATCHED, NULL, 0);

    e.from = in->from;
    e.ttl = in->ttl;
    e.bytes = in->whole;
    e.wall = in->stamp;
    e.bad_checksum = in->bad;
    if (in->len >= 2) {
        e.icmp_type = in->icmp[0];
        e.icmp_code = in->icmp[1];
    }
    p->unmatched++;
    p->damaged += in->bad;
    plug__ping_tell(p, &e);
}

static bool is_reply(const struct plug_ping *p, const struct plug__icmp_sock *s,
                     const struct plug__icmp_in *in)
{
    uint8_t type = s->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
    size_t least = p->data_len < PLUG__PING_CODE ? p->data_len : PLUG__PING_CODE;

    return !in->bad && in->len >= PLUG__ICMP_HEADER + least && in->icmp[0] == type &&
           in->icmp[1] == 0 && plug_get_be16(in->icmp + 4) == s->id &&
           in->whole <= PLUG__ICMP_HEADER + p->data_len;
}

static enum plug_ping_event_type label(const struct match *m)
{
    if (m->probe->state == PLUG__PING_WAITING)
        return PLUG_PING_REPLY;
    return m->probe->state == PLUG__PING_ANSWERED ? PLUG_PING_DUPLICATE : PLUG_PING_LATE;
}

static void count(struct match *m, struct plug_ping_event *e)
{
    struct plug__ping_host *h = m->host;

    if (e->type == PLUG_PING_REPLY) {
        m->probe->state = PLUG__PING_ANSWERED;
        e->reordered = m->seq < h->answered_last;
        plug__ping_count_reply(h, m->seq, e->rtt);
    }
    h->duplicates += e->type == PLUG_PING_DUPLICATE;
    h->late += e->type == PLUG_PING_LATE;
}

static void answered(struct plug_ping *p, const struct plug__icmp_in *in, struct match *m)
{
    const uint8_t *data = in->icmp + PLUG__ICMP_HEADER;
    struct plug_ping_event e = plug__ping_event(label(m), m->host, m->seq);

    e.from = in->from;
    e.ttl = in->ttl;
    e.bytes = in->whole;
    e.rtt = round_trip(m->probe, in->stamp);
    e.wall = in->stamp ? in->stamp : plug__ping_now().wall;
    e.truncated = in->whole < PLUG__ICMP_HEADER + p->data_len;
    e.wrong_byte =
        plug__ping_differs(&p->key, m->host->number, m->seq, data, in->len - PLUG__ICMP_HEADER);
    count(m, &e);
    plug__ping_tell(p, &e);
    if (e.type == PLUG_PING_REPLY && p->running)
        plug__ping_expect(m->host);
}

void plug__ping_received(struct plug_ping *p, const struct plug__icmp_sock *s,
                         const struct plug__icmp_in *in)
{
    struct match m;

    if (is_reply(p, s, in) && find(p, &in->from, plug_get_be16(in->icmp + 6),
                                   in->icmp + PLUG__ICMP_HEADER, in->len - PLUG__ICMP_HEADER, &m))
        answered(p, in, &m);
    else
        tell_unmatched(p, in);
}

/* --- errors -------------------------------------------------------------------------------- */

/* Does this kind of message say that the request will never be answered? */
static bool ends_probe(const struct plug_sock_err *err)
{
    if (err->origin == PLUG_ORIGIN_ICMP)
        return err->type == ICMP_UNREACH || err->type == ICMP_TIMXCEED ||
               err->type == ICMP_PARAMPROB;
    return err->type >= ICMP6_DST_UNREACH && err->type <= ICMP6_PARAM_PROB;
}

/* The quote is of a request of ours: its header, and the code as far as it is quoted. */
static bool quotes_us(const struct plug__icmp_sock *s, const struct plug_sock_err *err,
                      const uint8_t *quote)
{
    uint8_t type = s->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
    enum plug_sock_err_origin origin = s->family == AF_INET ? PLUG_ORIGIN_ICMP : PLUG_ORIGIN_ICMP6;

    return err->origin == origin && err->len >= PLUG__ICMP_HEADER && quote[0] == type &&
           quote[1] == 0 && plug_get_be16(quote + 4) == s->id;
}

static void refused(struct plug_ping *p, const struct plug_sock_err *err, struct match *m)
{
    struct plug_ping_event e = plug__ping_event(PLUG_PING_ERROR, m->host, m->seq);

    e.from = err->offender;
    e.error = err->error;
    e.icmp_type = err->type;
    e.icmp_code = err->code;
    e.info = err->info;
    e.wall = plug__ping_now().wall;
    e.ended = m->probe->state == PLUG__PING_WAITING && ends_probe(err);
    m->host->errors++;
    if (e.ended) {
        m->probe->state = PLUG__PING_GONE;
        m->host->lost++;
    }
    plug__ping_tell(p, &e);
    if (e.ended && p->running)
        plug__ping_expect(m->host);
}

void plug__ping_refused(struct plug_ping *p, const struct plug__icmp_sock *s,
                        const struct plug_sock_err *err, const uint8_t *quote)
{
    struct match m;
    size_t data = err->len > PLUG__ICMP_HEADER ? err->len - PLUG__ICMP_HEADER : 0;

    if (err->origin == PLUG_ORIGIN_LOCAL)
        return; /* told by the send that failed */
    if (data > p->data_len)
        data = p->data_len;
    if (quotes_us(s, err, quote) &&
        find(p, &err->dest, plug_get_be16(quote + 6), quote + PLUG__ICMP_HEADER, data, &m)) {
        refused(p, err, &m);
        return;
    }
    struct plug__icmp_in in = {.from = err->offender, .ttl = -1};
    tell_unmatched(p, &in);
}

/* --- the socket ---------------------------------------------------------------------------- */

static int queued(struct plug_ping *p, struct plug__icmp_sock *s)
{
    uint8_t quote[QUOTE];
    struct plug__icmp_queued item;
    int r = plug__icmp_sock_queued(s, quote, sizeof quote, &item);

    if (r < 0)
        return r;
    if (item.is_stamp)
        take_stamp(p, item.key, item.stamp);
    else
        plug__ping_refused(p, s, &item.err, quote);
    return 0;
}

void plug__ping_drain_queue(struct plug_ping *p, struct plug__icmp_sock *s)
{
    for (int i = 0; i < BURST && p->running; i++)
        if (queued(p, s) < 0)
            break;
}

static int received(struct plug_ping *p, struct plug__icmp_sock *s)
{
    struct plug__icmp_in in;
    int r = plug__icmp_sock_recv(s, p->in, p->in_room, &in);

    if (r < 0)
        return r;
    plug__ping_received(p, s, &in);
    return 0;
}

/*
 * The stamp of what was sent comes through the error queue, at once; it must have been read when
 * the reply is looked at. An error that is pending for the socket is told by the first receive:
 * what it is about lies in the queue.
 */
void plug__ping_read(struct plug_ping *p, struct plug__icmp_sock *s)
{
    bool awaited = s->awaited > 0;
    int came = 0, r = 0;

    if (awaited)
        plug__ping_drain_queue(p, s);
    for (int i = 0; i < BURST && p->running && r != -EAGAIN; i++) {
        r = received(p, s);
        came += r == 0;
        if (r < 0 && r != -EAGAIN)
            plug__ping_drain_queue(p, s);
    }
    if (!awaited && came == 0)
        plug__ping_drain_queue(p, s);
}

void plug__ping_ready(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    struct plug_ping *p = arg;

    (void)l;
    (void)events;
    plug__ping_read(p, p->four.sock && fd == plug_sock_fd(p->four.sock) ? &p->four : &p->six);
}
