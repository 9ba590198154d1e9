/* SPDX-License-Identifier: MIT */
/* What comes back: whose answer it is, if it is one. */
#include "app/sweep_impl.h"
#include <linux/errqueue.h>
#include <plug/alloc.h>
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <string.h>

#define REPLY4   0
#define REPLY6   129
#define TURNS    8 /* calls in a row, so that a flood of foreign packets does not stop the clock */
#define ATTEMPTS 3 /* an error is that of an earlier packet; the queue behind it is looked at */

/* What the control data of a message tells. */
struct told {
    int64_t arrived; /* nanoseconds since 1970; 0: not told */
    int ttl;         /* -1: not told */
    bool has_drops;
    uint32_t drops;
    const struct sock_extended_err *error; /* NULL: none */
};

/* A message that may be an answer, from its ICMP header on. */
struct answer {
    const uint8_t *icmp;
    size_t len;
    int ttl;
    plug__ip peer;
};

int plug__sweep_room(struct plug_sweep *s)
{
    size_t take;

    s->room = PLUG__SWEEP_LONGEST_IP + PLUG__SWEEP_ICMP + s->opts.data_len;
    take = PLUG__SWEEP_TAKE_ROOM / s->room;
    s->take = take < PLUG__SWEEP_TAKE ? (unsigned)take : PLUG__SWEEP_TAKE;
    s->in = plug_alloc(s->take * s->room);
    s->control = plug_alloc(s->take * PLUG__SWEEP_CONTROL);
    s->in_hdr = plug_calloc(s->take, sizeof *s->in_hdr);
    s->in_iov = plug_calloc(s->take, sizeof *s->in_iov);
    s->in_from = plug_calloc(s->take, sizeof *s->in_from);
    if (!s->in || !s->control || !s->in_hdr || !s->in_iov || !s->in_from)
        return -ENOMEM;
    for (unsigned i = 0; i < s->take; i++) {
        s->in_iov[i] = (struct iovec){s->in + i * s->room, s->room};
        s->in_hdr[i].msg_hdr = (struct msghdr){.msg_iov = &s->in_iov[i],
                                               .msg_iovlen = 1,
                                               .msg_control = s->control + i * PLUG__SWEEP_CONTROL,
                                               .msg_controllen = PLUG__SWEEP_CONTROL};
    }
    return 0;
}

/* --- control data ----------------------------------------------------------------------------- */

static void read_item(const struct cmsghdr *c, struct told *t)
{
    const void *data = CMSG_DATA(c);

    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
        struct timespec time;

        memcpy(&time, data, sizeof time);
        t->arrived = PLUG_S(time.tv_sec) + time.tv_nsec;
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
        memcpy(&t->drops, data, sizeof t->drops);
        t->has_drops = true;
    } else if ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_TTL) ||
               (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
        memcpy(&t->ttl, data, sizeof t->ttl);
    } else if ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
               (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR)) {
        t->error = data;
    }
}

static void read_control(struct msghdr *h, struct told *ret_told)
{
    *ret_told = (struct told){.ttl = -1};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
        read_item(c, ret_told);
}

/* The kernel's count of what our queue had no room for: it is our pace that is wrong. */
static void notice_drops(struct plug_sweep *s, struct plug__sweep_lane *l, uint32_t drops)
{
    uint32_t more = drops - l->queue_drops;

    if (more == 0)
        return;
    l->queue_drops = drops;
    s->stats.local_drops += more;
    s->round_drops += more;
    plug__window_cut(&s->window, s->now);
}

/* --- whose it is ------------------------------------------------------------------------------ */

static plug__ip ip_from(const union plug__sweep_peer *from, int family)
{
    return plug__ip_of_bytes(family, family == AF_INET ? (const void *)&from->in.sin_addr
                                                       : (const void *)&from->in6.sin6_addr);
}

/*
 * The place that an echo of ours speaks of. icmp has at least PLUG__SWEEP_HEAD bytes; peer is the
 * address that the request went to, if it is true. False: it is not, or not ours.
 */
static bool code_holds(const struct plug_sweep *s, const uint8_t *icmp, plug__ip peer,
                       uint32_t *ret_place, uint32_t *ret_tick)
{
    const uint8_t *code = icmp + PLUG__SWEEP_ICMP;
    uint32_t place = plug_get_be32(code), tick = plug_get_be32(code + 4);

    if (place >= s->count || plug_get_be16(icmp + 6) != (uint16_t)place ||
        plug_get_be64(code + 8) != plug__sweep_mac(s, peer, place, tick) ||
        s->state[place] <= PLUG__SWEEP_STATE) /* nobody has been asked there */
        return false;
    *ret_place = place;
    *ret_tick = tick;
    return true;
}

/* A raw socket of IPv4 gives the header, which tells the sender as well. */
static bool has_header(const struct plug__sweep_lane *l)
{
    return l->raw && l->family == AF_INET;
}

static bool strip(struct answer *a)
{
    size_t header;

    header = a->len > 0 ? (a->icmp[0] & 0x0Fu) * 4u : 0;
    if (header < 20 || header > a->len)
        return false;
    a->ttl = a->icmp[8];
    a->peer = plug__ip_of_bytes(AF_INET, a->icmp + 12);
    a->icmp += header;
    a->len -= header;
    /* this one is handed to us before the kernel has judged its checksum */
    return plug_checksum(a->icmp, a->len) == 0;
}

/* Other programs' echoes arrive at a raw socket as well: they are no business of ours. */
static bool is_foreign(const struct plug__sweep_lane *l, const struct answer *a)
{
    return l->raw && a->len >= PLUG__SWEEP_ICMP && plug_get_be16(a->icmp + 4) != l->id;
}

static bool is_reply(const struct plug__sweep_lane *l, const struct answer *a)
{
    return a->len >= PLUG__SWEEP_HEAD && a->icmp[0] == (l->family == AF_INET ? REPLY4 : REPLY6) &&
           a->icmp[1] == 0;
}

/* --- answers ---------------------------------------------------------------------------------- */

/*
 * From the request's time in the table to the kernel's arrival. When an earlier request to the host
 * is answered late, the table has the last one: then the (authentic) tick of its batch serves.
 */
static int64_t round_trip(const struct plug_sweep *s, uint32_t place, uint32_t tick,
                          int64_t arrived)
{
    uint32_t sent = s->sent[place];
    int64_t rtt, longest = plug__sweep_between(plug__sweep_tick(s, s->now), tick);

    if (plug__sweep_between(sent, tick) >= s->opts.timeout)
        sent = tick;
    rtt = arrived - (s->now - plug__sweep_between(plug__sweep_tick(s, s->now), sent));
    if (rtt > longest)
        return longest;
    return rtt < 0 ? 0 : rtt;
}

static void first_answer(struct plug_sweep *s, uint32_t place, int64_t rtt)
{
    enum plug__sweep_state before = plug__sweep_state(s, place);
    bool waited_for = before == PLUG__SWEEP_OUT || before == PLUG__SWEEP_SILENT;

    plug__window_answered(&s->window, waited_for ? rtt : -1, before == PLUG__SWEEP_OUT);
    s->waiting -= waited_for;
    if (waited_for && !s->first) /* the one before got lost on the way */
        plug__window_cut(&s->window, s->now);
    plug__sweep_set(s, place, PLUG__SWEEP_ANSWERED);
    s->stats.answered++;
    (void)!plug_histogram_add(&s->rtts, rtt); /* its memory is reserved */
}

static void take_answer(struct plug_sweep *s, struct plug__sweep_lane *l, unsigned i,
                        int64_t since_1970)
{
    struct told told;
    struct answer a = {s->in_iov[i].iov_base, s->in_hdr[i].msg_len, -1, 0};
    struct plug_sweep_event e = {.type = PLUG_SWEEP_REPLY};
    uint32_t place, tick;
    int64_t arrived;

    read_control(&s->in_hdr[i].msg_hdr, &told);
    if (told.has_drops)
        notice_drops(s, l, told.drops);
    a.ttl = told.ttl;
    if (!has_header(l))
        a.peer = ip_from(&s->in_from[i], l->family);
    else if (!strip(&a)) {
        s->stats.unmatched++;
        return;
    }
    if (is_foreign(l, &a))
        return;
    if (s->in_hdr[i].msg_hdr.msg_flags & MSG_TRUNC || !is_reply(l, &a) ||
        !code_holds(s, a.icmp, a.peer, &place, &tick)) {
        s->stats.unmatched++;
        return;
    }
    arrived = told.arrived ? s->now - (since_1970 - told.arrived) : s->now;
    e.rtt = round_trip(s, place, tick, arrived);
    e.ttl = a.ttl;
    e.bytes = a.len;
    if (plug__sweep_state(s, place) == PLUG__SWEEP_ANSWERED) {
        e.type = PLUG_SWEEP_DUPLICATE;
        s->stats.duplicates++;
    } else {
        first_answer(s, place, e.rtt);
    }
    plug__sweep_tell(s, &e, place);
}

/* --- ICMP errors ------------------------------------------------------------------------------ */

/* The offender stands behind the error, in the control data. */
static void offender_of(const struct sock_extended_err *error, struct plug_addr *ret_addr)
{
    const struct sockaddr *sa = SO_EE_OFFENDER(error);

    if (sa->sa_family == AF_INET)
        (void)!plug_addr_from_sockaddr(sa, sizeof(struct sockaddr_in), ret_addr);
    else if (sa->sa_family == AF_INET6)
        (void)!plug_addr_from_sockaddr(sa, sizeof(struct sockaddr_in6), ret_addr);
}

/* The request comes back as far as it was quoted, from its ICMP header on. */
static void take_error(struct plug_sweep *s, struct plug__sweep_lane *l, unsigned i)
{
    struct told told;
    struct plug_sweep_event e = {.type = PLUG_SWEEP_ERROR};
    uint32_t place, tick;

    read_control(&s->in_hdr[i].msg_hdr, &told);
    if (!told.error || s->in_hdr[i].msg_len < PLUG__SWEEP_HEAD ||
        !code_holds(s, s->in_iov[i].iov_base, ip_from(&s->in_from[i], l->family), &place, &tick))
        return;
    e.error = -(int)told.error->ee_errno;
    e.icmp_type = told.error->ee_type;
    e.icmp_code = told.error->ee_code;
    offender_of(told.error, &e.from);
    s->stats.errors++;
    plug__sweep_tell(s, &e, place);
}

/* --- the sockets ------------------------------------------------------------------------------ */

static int receive(struct plug_sweep *s, struct plug__sweep_lane *l, int flags, unsigned last)
{
    bool unnamed = has_header(l) && flags == 0;

    for (unsigned i = 0; i < last; i++) {
        s->in_hdr[i].msg_hdr.msg_name = unnamed ? NULL : &s->in_from[i];
        s->in_hdr[i].msg_hdr.msg_namelen = unnamed ? 0 : sizeof s->in_from[i];
        s->in_hdr[i].msg_hdr.msg_controllen = PLUG__SWEEP_CONTROL;
    }
    return plug_sys()->recvmmsg(l->fd, s->in_hdr, s->take, MSG_DONTWAIT | flags);
}

void plug__sweep_receive(struct plug_sweep *s, struct plug__sweep_lane *l)
{
    unsigned attempts = 0, last = s->take;

    for (unsigned turn = 0; turn < TURNS && s->end == 0; turn++) {
        int n = receive(s, l, 0, last);

        s->now = plug_now();
        if (n < 0 && n != -EAGAIN && attempts++ < ATTEMPTS)
            continue;
        if (n <= 0)
            return;
        int64_t since_1970 = plug_sys()->now(CLOCK_REALTIME);
        for (int i = 0; i < n && s->end == 0; i++)
            take_answer(s, l, (unsigned)i, since_1970);
        last = (unsigned)n;
        if (last < s->take)
            return;
    }
}

void plug__sweep_receive_errors(struct plug_sweep *s, struct plug__sweep_lane *l)
{
    for (unsigned turn = 0; turn < TURNS && s->end == 0; turn++) {
        int n = receive(s, l, MSG_ERRQUEUE, s->take);

        for (int i = 0; i < n && s->end == 0; i++)
            take_error(s, l, (unsigned)i);
        if (n < (int)s->take)
            return;
    }
}
