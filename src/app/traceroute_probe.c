/* SPDX-License-Identifier: MIT */
/* Which probe goes next, how long it is waited for, and when it is over. */
#include "app/traceroute.h"

#include <errno.h>
#include <netinet/in.h>
#include <plug/err.h>
#include <plug/iface.h>
#include <plug/sockopt.h>
#include <plug/sys.h>
#include <string.h>

#define WAIT_LEAST  PLUG_MS(100) /* a busy machine is no loss */
#define SEND_AGAIN  4            /* a socket may report old ICMP errors before it sends */
#define QUEUE_PAUSE PLUG_MS(5)
#define MTU_STEPS   16
#define VAIN_MAX    3 /* rounds without the end, and it is looked for behind */

void plug__tr_tell(struct plug_traceroute *t, const struct plug_traceroute_event *e)
{
    if (t->fn == NULL)
        return;
    t->calling++;
    t->fn(t, e, t->arg);
    t->calling--;
}

/* --- the end --------------------------------------------------------------------------- */

void plug__tr_land(struct plug_traceroute *t, struct plug__tr_probe *p, enum plug__tr_state state)
{
    if (p->state == PLUG__TR_FLYING)
        t->flying--;
    p->state = state;
    if (p->sock != NULL)
        (void)!plug_loop_unwatch(t->loop, plug_sock_fd(p->sock));
    plug_sock_abort(p->sock);
    p->sock = NULL;
}

void plug__tr_finish(struct plug_traceroute *t, enum plug_traceroute_end end, int error)
{
    struct plug_traceroute_event e = {
        .type = PLUG_TRACEROUTE_END, .round = t->round, .reply_ttl = -1, .error = error};

    t->over = true;
    t->sum.end = end;
    t->sum.error = error;
    (void)plug_loop_timer_stop(t->loop, &t->timer);
    plug__tr_close_sockets(t);
    plug__tr_tell(t, &e);
}

/* What is under way behind the end of a flow no longer matters. */
static void end_flow(struct plug_traceroute *t, unsigned flow, unsigned ttl,
                     enum plug_traceroute_end end)
{
    struct plug__tr_flow *f = &t->flow[flow];

    if (ttl > f->last || (ttl == f->last && f->end != PLUG_TRACEROUTE_RUNNING && f->end <= end))
        return;
    f->last = ttl;
    f->end = end;
    t->sum.flow_last[flow] = ttl;
    for (unsigned i = 0; i < 2 * t->o.in_flight; i++) {
        struct plug__tr_probe *p = &t->probe[i];
        if (p->state == PLUG__TR_FLYING && p->flow == flow && p->ttl > ttl)
            plug__tr_land(t, p, PLUG__TR_FORGOTTEN);
    }
    for (unsigned behind = ttl + 1; behind <= t->o.max_ttl; behind++)
        memset(plug__tr_hop_at(t, behind, flow), 0, sizeof(struct plug__tr_hop));
}

static void note_last(struct plug_traceroute *t)
{
    t->sum.last_ttl = 0;
    for (unsigned i = 0; i < t->o.flows; i++)
        if (t->sum.flow_last[i] > t->sum.last_ttl)
            t->sum.last_ttl = t->sum.flow_last[i];
}

void plug__tr_settled(struct plug_traceroute *t, unsigned ttl, unsigned flow,
                      enum plug_traceroute_end end)
{
    unsigned at;

    plug__tr_hop_at(t, ttl, flow)->settled++;
    if (ttl > t->sum.flow_last[flow])
        t->sum.flow_last[flow] = ttl;
    if (end != PLUG_TRACEROUTE_RUNNING)
        end_flow(t, flow, ttl, end);
    if ((at = plug__tr_loop(t, flow)) != 0)
        end_flow(t, flow, at, PLUG_TRACEROUTE_END_LOOP);
    if ((at = plug__tr_silence(t, flow)) != 0)
        end_flow(t, flow, at, PLUG_TRACEROUTE_END_SILENT);
    note_last(t);
}

/* --- rounds ---------------------------------------------------------------------------- */

void plug__tr_round_begin(struct plug_traceroute *t)
{
    t->round_at = plug_now();
    t->resting = false;
    t->next_ttl = t->o.first_ttl;
    t->next_flow = t->next_nth = 0;
    for (unsigned i = 0; i < t->o.flows; i++) {
        struct plug__tr_flow *f = &t->flow[i];
        if (f->vain >= VAIN_MAX || f->end == PLUG_TRACEROUTE_END_MAX_TTL)
            f->end = PLUG_TRACEROUTE_RUNNING;
        if (f->end == PLUG_TRACEROUTE_RUNNING)
            f->last = t->o.max_ttl; /* else: as far as last time, at first */
        f->before = f->end;
        f->end = PLUG_TRACEROUTE_RUNNING;
        for (unsigned ttl = t->o.first_ttl; ttl <= t->o.max_ttl; ttl++) {
            struct plug__tr_hop *h = plug__tr_hop_at(t, ttl, i);
            h->asked = h->settled = h->answered = 0;
            h->longest = 0;
            h->heard = (struct plug_addr){.len = 0};
        }
    }
}

static void round_end(struct plug_traceroute *t)
{
    struct plug_traceroute_event e = {
        .type = PLUG_TRACEROUTE_ROUND, .round = t->round, .reply_ttl = -1};
    enum plug_traceroute_end end = PLUG_TRACEROUTE_END_ERROR;

    for (unsigned i = 0; i < t->o.flows; i++) {
        struct plug__tr_flow *f = &t->flow[i];
        f->vain = f->end == PLUG_TRACEROUTE_RUNNING ? f->vain + 1 : 0;
        if (f->end == PLUG_TRACEROUTE_RUNNING)
            f->end = f->before != PLUG_TRACEROUTE_RUNNING ? f->before : PLUG_TRACEROUTE_END_MAX_TTL;
        if (f->end < end)
            end = f->end;
    }
    t->round++;
    t->sum.rounds = t->round;
    t->resting = true;
    plug__tr_tell(t, &e);
    if (t->over)
        return;
    if (t->launched == 0)
        plug__tr_finish(t, PLUG_TRACEROUTE_END_ERROR, t->sum.error);
    else if (t->round == t->o.rounds)
        plug__tr_finish(t, end, 0);
}

/* --- the next probe -------------------------------------------------------------------- */

static void step(struct plug_traceroute *t)
{
    if (++t->next_nth < t->o.probes)
        return;
    t->next_nth = 0;
    if (++t->next_flow < t->o.flows)
        return;
    t->next_flow = 0;
    t->next_ttl++;
}

/* The way is longer than it was: where the end of the round before is now a router, flows go on,
 * when all else is done. Where it is silent, it may have kept its answer back. */
static bool go_further(struct plug_traceroute *t)
{
    unsigned from = t->o.max_ttl;

    for (unsigned i = 0; i < t->o.flows && t->flying == 0; i++) {
        struct plug__tr_flow *f = &t->flow[i];
        if (f->end != PLUG_TRACEROUTE_RUNNING || f->last == t->o.max_ttl ||
            plug__tr_hop_at(t, f->last, i)->answered == 0)
            continue;
        from = f->last < from ? f->last : from;
        f->last = t->o.max_ttl;
    }
    if (from == t->o.max_ttl)
        return false;
    t->next_ttl = from + 1;
    return true;
}

/* The next one that is still wanted; false: none at this moment. */
static bool pick(struct plug_traceroute *t, struct plug__tr_probe *ret)
{
    do {
        for (; t->next_ttl <= t->o.max_ttl; step(t)) {
            struct plug__tr_hop *h = plug__tr_hop_at(t, t->next_ttl, t->next_flow);
            if (t->next_ttl > t->flow[t->next_flow].last || h->asked >> t->next_nth & 1)
                continue;
            *ret = (struct plug__tr_probe){.ttl = (uint8_t)t->next_ttl,
                                           .nth = (uint8_t)t->next_nth,
                                           .flow = (uint16_t)t->next_flow};
            h->asked |= 1u << t->next_nth;
            return true;
        }
    } while (go_further(t));
    return false;
}

/* Half of the slots are not under way: the one that was used longest ago. */
static struct plug__tr_probe *slot(struct plug_traceroute *t)
{
    do
        t->turn = (t->turn + 1) % (2 * t->o.in_flight);
    while (t->probe[t->turn].state == PLUG__TR_FLYING);
    return &t->probe[t->turn];
}

void plug__tr_repeat(struct plug_traceroute *t, struct plug__tr_probe *p)
{
    plug__tr_hop_at(t, p->ttl, p->flow)->asked &= ~(1u << p->nth);
    plug__tr_land(t, p, PLUG__TR_FORGOTTEN);
    if (p->ttl <= t->next_ttl) { /* what lies between has been asked, and is passed over */
        t->next_ttl = p->ttl;
        t->next_flow = t->next_nth = 0;
    }
}

/* RFC 1191 7.1, and what came since. */
bool plug__tr_shrink(struct plug_traceroute *t, uint32_t mtu)
{
    static const uint16_t plateau[] = {32000, 17914, 9000, 8166, 4352, 2002, 1500, 1492,
                                       1480,  1400,  1280, 1006, 508,  296,  68};
    uint32_t least = t->family == AF_INET ? 68 : 1280;
    uint32_t carries = t->family == AF_INET ? 20 + 8 + PLUG__TR_PAYLOAD : 40 + 8 + PLUG__TR_PAYLOAD;

    if (mtu < least || mtu < carries || mtu >= t->packet_len) {
        mtu = 0;
        for (size_t i = 0; i < sizeof plateau / sizeof plateau[0] && mtu == 0; i++)
            if (plateau[i] < t->packet_len && plateau[i] >= least)
                mtu = plateau[i];
    }
    if (mtu == 0)
        return false;
    t->packet_len = mtu;
    return true;
}

/* --- sending --------------------------------------------------------------------------- */

/* The MTU of the interface that has the source address; 0: unknown. */
static uint32_t interface_mtu(const struct plug__tr_flow *f)
{
    struct plug_iface_list *list;
    int mtu = 0;

    if (plug_iface_list(&list) < 0)
        return 0;
    for (size_t i = 0; i < list->count; i++)
        for (size_t k = 0; k < list->item[i].addr_count; k++)
            if (plug_addr_same_host(&list->item[i].addr[k].addr, &f->from))
                mtu = list->item[i].mtu;
    plug_iface_free(list);
    return mtu > 0 ? (uint32_t)mtu : 0;
}

/* What the kernel remembers of the path, from earlier probes too; 0: nothing. */
static uint32_t known_mtu(const struct plug_traceroute *t, const struct plug__tr_flow *f)
{
    int mtu = 0;
    bool four = t->family == AF_INET;

    if (f->sock == NULL || plug_sock_getopt_int(f->sock, four ? IPPROTO_IP : IPPROTO_IPV6,
                                                four ? IP_MTU : IPV6_MTU, &mtu) < 0)
        return 0;
    return mtu > 0 ? (uint32_t)mtu : 0;
}

static int send_probe(struct plug_traceroute *t, struct plug__tr_probe *p)
{
    const struct plug__tr_flow *f = &t->flow[p->flow];
    int r, old = 0, steps = 0;

    for (;;) {
        r = t->way->send(t, p);
        if (plug__tr_old_news(r) && r != -EMSGSIZE && ++old < SEND_AGAIN)
            continue;
        if (r != -EMSGSIZE || !t->o.mtu || ++steps > MTU_STEPS)
            return r;
        if (!plug__tr_shrink(t, steps == 1 ? interface_mtu(f) : steps == 2 ? known_mtu(t, f) : 0))
            return r;
    }
}

static void send_failed(struct plug_traceroute *t, struct plug__tr_probe *p, int error)
{
    struct plug_traceroute_event e = {.type = PLUG_TRACEROUTE_SEND_FAILED,
                                      .ttl = p->ttl,
                                      .flow = p->flow,
                                      .probe = p->nth,
                                      .round = p->round,
                                      .reply_ttl = -1,
                                      .error = error};
    struct plug__tr_hop *h = plug__tr_hop_at(t, p->ttl, p->flow);

    plug__tr_land(t, p, PLUG__TR_FORGOTTEN);
    h->sent++;
    h->lost++;
    t->sum.send_failed++;
    t->sum.error = error;
    plug__tr_settled(t, p->ttl, p->flow, PLUG_TRACEROUTE_RUNNING);
    plug__tr_tell(t, &e);
}

static bool queue_full(int error)
{
    return error == -EAGAIN || error == -ENOBUFS || error == -EINTR;
}

static int launch(struct plug_traceroute *t, struct plug__tr_probe *p)
{
    int r = (int)plug_sys()->getrandom(p->nonce, sizeof p->nonce, 0);

    p->round = t->round;
    p->trace = t;
    p->side_by_side = t->flying > 0;
    for (unsigned i = 0; p->side_by_side && i < 2 * t->o.in_flight; i++)
        t->probe[i].side_by_side |= t->probe[i].state == PLUG__TR_FLYING;
    p->state = PLUG__TR_FLYING;
    t->flying++;
    if (r >= 0)
        r = send_probe(t, p);
    if (r >= 0)
        t->launched++;
    return r;
}

static void send_what_may_go(struct plug_traceroute *t)
{
    struct plug__tr_probe next;

    while (!t->over && t->flying < (t->one_by_one ? 1 : t->o.in_flight) && pick(t, &next)) {
        struct plug__tr_probe *p = slot(t);
        *p = next;
        int r = launch(t, p);
        if (queue_full(r)) {
            plug__tr_repeat(t, p);
            t->hold = plug_now() + QUEUE_PAUSE;
            return;
        }
        if (r < 0)
            send_failed(t, p, r);
    }
}

/* --- waiting --------------------------------------------------------------------------- */

/* As traceroute judges it: by what is known of this hop, else of the nearest one behind it. */
static int64_t patience(const struct plug_traceroute *t, const struct plug__tr_probe *p)
{
    int64_t wait = t->way->wait_max, longest = plug__tr_hop_at(t, p->ttl, p->flow)->longest;
    double times = t->o.wait_here;

    if (wait == 0 || (t->o.wait > 0 && t->o.wait < wait))
        wait = t->o.wait;
    for (unsigned ttl = p->ttl + 1u; longest == 0 && ttl <= t->o.max_ttl; ttl++) {
        longest = plug__tr_hop_at(t, ttl, p->flow)->longest;
        times = t->o.wait_near;
    }
    if (longest == 0 || times < 0)
        return wait;
    double shorter = (double)longest * times;
    if (shorter < (double)WAIT_LEAST)
        shorter = (double)WAIT_LEAST;
    return wait < 0 || shorter < (double)wait ? (int64_t)shorter : wait;
}

static int64_t due(const struct plug_traceroute *t, const struct plug__tr_probe *p)
{
    int64_t wait = patience(t, p);

    return wait < 0 || wait > PLUG_NEVER - p->sent ? PLUG_NEVER : p->sent + wait;
}

static void lose(struct plug_traceroute *t, struct plug__tr_probe *p)
{
    struct plug_traceroute_event e = {.type = PLUG_TRACEROUTE_LOST,
                                      .ttl = p->ttl,
                                      .flow = p->flow,
                                      .probe = p->nth,
                                      .round = p->round,
                                      .reply_ttl = -1};
    struct plug__tr_hop *h = plug__tr_hop_at(t, p->ttl, p->flow);

    if (t->one_by_one && p->side_by_side) { /* its answer may be one that could not be told */
        plug__tr_repeat(t, p);
        return;
    }
    plug__tr_land(t, p, PLUG__TR_LOST);
    h->sent++;
    h->lost++;
    plug__tr_settled(t, p->ttl, p->flow, PLUG_TRACEROUTE_RUNNING);
    plug__tr_tell(t, &e);
}

static void lose_what_is_late(struct plug_traceroute *t)
{
    int64_t now = plug_now();

    for (unsigned i = 0; i < 2 * t->o.in_flight && !t->over; i++)
        if (t->probe[i].state == PLUG__TR_FLYING && due(t, &t->probe[i]) <= now)
            lose(t, &t->probe[i]);
}

static void timer(struct plug_loop *l, struct plug_timer *timer, void *arg)
{
    (void)l, (void)timer;
    plug__tr_go(arg);
}

static void set_timer(struct plug_traceroute *t)
{
    int64_t at = t->hold != 0 ? t->hold : PLUG_NEVER, now = plug_now();

    if (t->resting && t->o.interval <= PLUG_NEVER - t->round_at)
        at = t->round_at + t->o.interval;
    for (unsigned i = 0; i < 2 * t->o.in_flight; i++)
        if (t->probe[i].state == PLUG__TR_FLYING && due(t, &t->probe[i]) < at)
            at = due(t, &t->probe[i]);
    int64_t left = at == PLUG_NEVER ? PLUG_FOREVER : at > now ? at - now : 0;
    int r = plug_loop_timer(t->loop, &t->timer, left, timer, t);
    if (r < 0)
        plug__tr_finish(t, PLUG_TRACEROUTE_END_ERROR, r);
}

void plug__tr_go(struct plug_traceroute *t)
{
    if (t->over || !t->started)
        return;
    lose_what_is_late(t);
    if (t->hold != 0 && plug_now() >= t->hold)
        t->hold = 0;
    if (t->resting && !t->over && plug_now() - t->round_at >= t->o.interval)
        plug__tr_round_begin(t);
    if (!t->resting && !t->over && t->hold == 0)
        send_what_may_go(t);
    if (!t->resting && !t->over && t->flying == 0 && t->hold == 0)
        round_end(t);
    if (!t->over)
        set_timer(t);
}
