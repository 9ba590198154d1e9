/* SPDX-License-Identifier: MIT */
/* Datagrams served where their batch lies, without an allocation or a copy for each. */
#include "server/lane.h"

#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/wait.h>
#include <stddef.h>
#include <string.h>

#define SLOW PLUG_US(20) /* a handler's time from which on its answer is sent at once */
#define IDS  64          /* numbers taken at once */

/* --- life --------------------------------------------------------------------------------- */

int plug__lane_open(struct plug__lane **ret, struct plug__endpoint *e, struct plug_sock *sock)
{
    const struct plug_server_hooks *asked = &e->server->asked;
    struct plug_datagram_opts o = PLUG_DATAGRAM_OPTS;
    struct plug__lane *l = plug_calloc(1, sizeof *l);
    if (!l)
        return -ENOMEM;
    o.longest = e->server->o.datagram;
    o.batch = e->server->model->by_one;
    o.train_off = e->server->model->by_one;
    int r = plug_datagram_open(&l->d, sock, &o);
    if (r < 0) {
        plug_free(l);
        return r;
    }
    l->e = e;
    l->sock = sock;
    l->collects = plug_sock_family(sock) != AF_UNIX;
    l->eager = true;
    l->in_place = e->server->model->in_place && !asked->get_request && !asked->process_request;
    *ret = l;
    return 0;
}

void plug__lane_close(struct plug__lane *l)
{
    if (!l)
        return;
    plug_datagram_close(l->d);
    plug_free(l);
}

/* --- receiving and sending ---------------------------------------------------------------- */

/* News of datagrams sent before (ICMP), where the socket asks for them: nothing to end for. */
static bool passes(struct plug__lane *l, int error)
{
    struct plug_sock_err news;
    switch (error) {
    case -ECONNREFUSED:
    case -ECONNRESET:
    case -EHOSTUNREACH:
    case -EHOSTDOWN:
    case -ENETUNREACH:
    case -ENETDOWN:
    case -EMSGSIZE:
    case -EPROTO:
    case -ENOPROTOOPT:
    case -ENOMEM:
    case -ENOBUFS:
        for (int i = 0; i < 64 && plug_sock_recv_err(l->sock, NULL, 0, &news) >= 0; i++) {
        }
        return true;
    default:
        return false;
    }
}

int plug__lane_fill(struct plug__lane *l, int64_t deadline, bool dry)
{
    int r = plug__datagram_recv(l->d, deadline, dry);
    l->pending = r > 0;
    return r == -EAGAIN || passes(l, r) ? 0 : r;
}

static int flush_patiently(struct plug__lane *l)
{
    bool serving = l->serving;
    l->serving = false; /* nobody else may use the lane meanwhile */
    l->waits = true;
    int r = plug__datagram_flush(l->d, plug_deadline_after(l->e->server->o.idle));
    l->waits = false;
    l->serving = serving;
    if (serving && l->runner)
        plug__lane_rouse(l); /* who stood by has seen that there was nothing to take over */
    return r;
}

static void count_unsent(struct plug__lane *l)
{
    uint64_t unsent = l->d->stats.unsent;
    if (unsent == l->unsent)
        return;
    atomic_fetch_add_explicit(&l->e->server->shared->unsent, unsent - l->unsent,
                              memory_order_relaxed);
    l->unsent = unsent;
}

bool plug__lane_flush(struct plug__lane *l)
{
    if (l->waits)
        return false;
    int r = plug__datagram_flush(l->d, PLUG__TRY_ONCE);
    bool full = r == -EAGAIN;
    if (full)
        r = flush_patiently(l);
    if (r < 0)
        plug__datagram_drop(l->d, r);
    count_unsent(l);
    return full;
}

/* --- clerks ------------------------------------------------------------------------------- */

void plug__clerk_init(struct plug__clerk *k, struct plug__lane *l)
{
    memset(k, 0, sizeof *k);
    k->conn.server = l->e->server;
    k->conn.transport = &plug__datagram_transport;
    k->conn.sock = l->sock;
    k->conn.packet = &k->packet;
}

void plug__clerk_begin(struct plug__clerk *k)
{
    struct plug_server *s = k->conn.server;
    k->conn.began = plug_now();
    k->conn.deadline = s->o.handler < 0 ? PLUG_NEVER : k->conn.began + s->o.handler;
    k->message = UINT32_MAX;
    k->before = plug__serving_enter(s);
    plug_defer_enter(&k->frame);
}

static void add(_Atomic uint64_t *counter, uint64_t *n)
{
    if (*n)
        atomic_fetch_add_explicit(counter, *n, memory_order_relaxed);
    *n = 0;
}

/* Adds what the clerk has counted to the server's, in one go for a batch. */
void plug__clerk_end(struct plug__clerk *k)
{
    struct plug__shared *p = k->conn.server->shared;
    plug_defer_leave(&k->frame);
    plug__serving_leave(k->before);
    int64_t took = plug_now() - k->conn.began;
    int64_t longest = atomic_load_explicit(&p->longest, memory_order_relaxed);
    while (longest < took && !atomic_compare_exchange_weak(&p->longest, &longest, took)) {
    }
    atomic_fetch_add_explicit(&p->total, took, memory_order_relaxed);
    add(&p->accepted, &k->accepted);
    add(&p->handled, &k->handled);
    add(&p->failed, &k->failed);
    add(&p->timed_out, &k->timed_out);
    add(&p->truncated, &k->truncated);
    add(&p->bytes_in, &k->conn.in);
    add(&p->bytes_out, &k->conn.out);
}

static uint64_t next_id(struct plug__lane *l)
{
    if (l->id == l->ids_end) {
        l->id = atomic_fetch_add_explicit(&l->e->server->shared->ids, IDS, memory_order_relaxed);
        l->ids_end = l->id + IDS;
    }
    return ++l->id;
}

static void begin_conn(struct plug__lane *l, struct plug__clerk *k)
{
    struct plug_conn *c = &k->conn;
    if (k->message != k->packet.g.message) {
        k->message = k->packet.g.message;
        c->peer = *k->packet.g.peer;
    }
    k->packet.lane = l;
    k->packet.read = k->packet.answered = false;
    k->truncated += k->packet.g.flags != 0;
    c->data = NULL;
    c->id = next_id(l);
    c->flags = 0;
    c->timed_out = false;
    atomic_store_explicit(&c->ended, 0, memory_order_relaxed);
}

void plug__clerk_part(struct plug__clerk *k)
{
    struct plug__packet *p = &k->packet;
    if (p->lane && plug__packet_own(p, p->lane) < 0)
        p->bytes = NULL; /* told by the receive, should there be one */
}

/* --- handlers ----------------------------------------------------------------------------- */

static int call(struct plug_server *s, struct plug__clerk *k)
{
    const struct plug_server_hooks *asked = &s->asked;
    if (asked->finish_request)
        return asked->finish_request(s, &k->conn, s->arg);
    int r = asked->setup ? asked->setup(&k->conn, s->arg) : 0;
    if (r >= 0) {
        r = s->handler(&k->conn, s->arg);
        if (asked->finish)
            asked->finish(&k->conn, s->arg);
    }
    if (k->frame.last) {
        plug_defer_leave(&k->frame);
        plug_defer_enter(&k->frame);
    }
    return r;
}

/* The clerk's datagram, from verify_request to close_request. */
static void serve(struct plug_server *s, struct plug__clerk *k)
{
    struct plug_conn *c = &k->conn;
    if (s->asked.verify_request && !s->asked.verify_request(s, c, s->arg)) {
        plug__count(&s->shared->refused_verify);
    } else {
        int r = call(s, k);
        k->handled++;
        k->timed_out += c->timed_out;
        if (r < 0) {
            k->failed++;
            s->hooks.handle_error(s, c, r, s->arg);
        }
    }
    if (s->asked.shutdown_request || s->asked.close_request)
        s->hooks.shutdown_request(s, c, s->arg);
    if (k->packet.bytes)
        plug__packet_end(&k->packet);
}

/* One more request of those that are wanted, within the limits; false: it is passed over. */
static bool admit(struct plug_server *s, struct plug__clerk *k)
{
    if (!s->o.requests)
        k->accepted++;
    else if (!plug__wanted(s, atomic_fetch_add(&s->shared->accepted, 1) + 1))
        return false;
    if (!s->sources)
        return true;
    if (plug__sources_enter(s->sources, k->packet.g.peer) >= 0)
        return true;
    plug__count(&s->shared->refused_source);
    return false;
}

unsigned plug__lane_serve(struct plug__lane *l, struct plug__clerk *k, unsigned budget)
{
    struct plug_server *s = l->e->server;
    unsigned n = 0;
    int64_t began = k->conn.began;
    while (n < budget && l->clerk == k && !plug__stopping(s)) {
        if (!plug_datagram_next(l->d, &k->packet.g)) {
            l->pending = false;
            break;
        }
        n++;
        begin_conn(l, k);
        if (!admit(s, k))
            continue;
        serve(s, k);
        if (s->sources)
            plug__sources_leave(s->sources, &k->conn.peer);
        if (l->eager && l->clerk == k && plug__lane_flush(l))
            break;
    }
    if (l->clerk == k && n)
        l->eager = (plug_now() - began) / n > SLOW;
    return n;
}

/* --- serial ------------------------------------------------------------------------------- */

/* The thread's waiter while handlers run: before they wait, answers leave. */
struct politeness {
    struct plug_waiter waiter, *inner;
    struct plug__lane *lane;
};

static struct politeness *polite(struct plug_waiter *w)
{
    return (struct politeness *)(void *)w;
}

static int polite_wait(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    struct politeness *p = polite(w);
    (void)plug__lane_flush(p->lane);
    return p->inner->wait(p->inner, fd, events, deadline);
}

static int polite_wait_many(struct plug_waiter *w, struct pollfd *fds, size_t count,
                            int64_t deadline)
{
    struct politeness *p = polite(w);
    (void)plug__lane_flush(p->lane);
    return p->inner->wait_many(p->inner, fds, count, deadline);
}

static unsigned serve_politely(struct plug__lane *l, struct plug__clerk *k, unsigned budget)
{
    struct plug_waiter *before = plug_waiter();
    struct politeness p = {.waiter = {.size = sizeof p.waiter,
                                      .name = before->name,
                                      .wait = polite_wait,
                                      .own = before->own},
                           .inner = before,
                           .lane = l};
    if (before->wait_many)
        p.waiter.wait_many = polite_wait_many;
    struct plug_waiter *set = plug_waiter_set(&p.waiter);
    unsigned n = plug__lane_serve(l, k, budget);
    plug_waiter_set(set);
    return n;
}

int plug__lane_turn(struct plug__lane *l, int budget)
{
    struct plug_server *s = l->e->server;
    int r = l->pending ? 1 : plug__lane_fill(l, PLUG__TRY_ONCE, false);
    if (r <= 0)
        return r;
    struct plug__clerk k;
    plug__clerk_init(&k, l);
    atomic_fetch_add(&s->shared->live, 1);
    l->clerk = &k;
    plug__clerk_begin(&k);
    unsigned n = serve_politely(l, &k, (unsigned)budget);
    plug__clerk_end(&k);
    (void)plug__lane_flush(l);
    atomic_fetch_sub(&s->shared->live, 1);
    return (int)n;
}
