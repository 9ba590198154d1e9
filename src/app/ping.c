/* SPDX-License-Identifier: MIT */
/* The life of a ping: opened, started, over. */
#include "app/ping_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sockopt.h>
#include <plug/sys.h>

#define INTERVAL PLUG_S(1)
#define TIMEOUT  PLUG_S(4)   /* a neighbour that does not exist is told after three seconds */
#define SPREAD   PLUG_MS(10) /* at most, between the first requests to two hosts */
#define SLOWEST  1e-6        /* requests a second */
#define LONGEST  PLUG_S(365 * 24 * 3600LL)

/* --- options ------------------------------------------------------------------------------- */

static int check(const struct plug_ping_opts *o)
{
    if (o->size != sizeof *o || (unsigned)o->socket > PLUG_PING_TCP)
        return PLUG_EOPTS;
    if (o->interval < 0 || o->timeout < 0 || o->interval > LONGEST || o->timeout > LONGEST)
        return -EINVAL;
    if (o->data_len < -1 || o->data_len > PLUG_PING_DATA_MAX || o->ttl < 0 || o->ttl > 255)
        return -EINVAL;
    if (o->tos < 0 || o->tos > 255 || o->hosts_max > PLUG_PING_HOSTS_MAX)
        return -EINVAL;
    if (o->rate != 0 && !(o->rate >= SLOWEST))
        return -EINVAL;
    return 0;
}

static void settle_opts(struct plug_ping_opts *o)
{
    o->interval = o->interval ? o->interval : INTERVAL;
    o->timeout = o->timeout ? o->timeout : TIMEOUT;
    o->hosts_max = o->hosts_max ? o->hosts_max : PLUG_PING_HOSTS;
}

/* --- sockets ------------------------------------------------------------------------------- */

int plug__ping_socket_options(const struct plug_ping *p, struct plug_sock *s)
{
    const struct plug_ping_opts *o = &p->o;
    char name[IFNAMSIZ];
    int r = 0;

    if (o->ttl)
        r = plug_sockopt_set(s, PLUG_SO_TTL, o->ttl);
    if (r >= 0 && o->tos)
        r = plug_sockopt_set(s, PLUG_SO_TOS, o->tos);
    if (r >= 0 && o->ifindex) {
        r = plug_sys()->if_indextoname(o->ifindex, name);
        r = r < 0 ? -ENODEV : plug_sockopt_set_text(s, PLUG_SO_BIND_DEVICE, name);
    }
    if (r >= 0 && o->socket == PLUG_PING_TCP && plug_addr_family(&p->source) != AF_UNSPEC)
        r = plug_sock_bind(s, &p->source);
    return r;
}

static int set_options(const struct plug_ping *p, struct plug__icmp_sock *s)
{
    const struct plug_ping_opts *o = &p->o;
    int probe = s->family == AF_INET ? IP_PMTUDISC_DO : IPV6_PMTUDISC_DO;
    int r = plug__ping_socket_options(p, s->sock);

    if (r >= 0 && o->ttl)
        r = plug_sockopt_set(s->sock, PLUG_SO_MULTICAST_TTL, o->ttl);
    if (r >= 0 && o->dont_fragment)
        r = plug_sockopt_set(s->sock, PLUG_SO_MTU_DISCOVER, probe);
    if (r >= 0 && o->broadcast && s->family == AF_INET)
        r = plug_sockopt_set(s->sock, PLUG_SO_BROADCAST, 1);
    return r;
}

/* 0, or why there is no socket of the family. */
static int open_family(struct plug_ping *p, struct plug__icmp_sock *s, int family)
{
    const struct plug_addr *from = plug_addr_family(&p->source) ? &p->source : NULL;

    if (from && plug_addr_family(from) != family)
        return -EADDRNOTAVAIL;
    if (p->o.socket == PLUG_PING_TCP)
        return 0;
    int r = plug__icmp_sock_open(s, family, p->o.socket);
    if (r >= 0)
        r = set_options(p, s);
    if (r >= 0)
        r = plug__icmp_sock_bind(s, from);
    if (r < 0)
        plug__icmp_sock_close(s);
    return r < 0 ? r : 0;
}

/* One family is enough; when both fail, IPv4's reason is told, unless the source is not of it. */
static int open_sockets(struct plug_ping *p)
{
    p->no_four = open_family(p, &p->four, AF_INET);
    p->no_six = open_family(p, &p->six, AF_INET6);
    if (p->no_four == 0 || p->no_six == 0)
        return 0;
    return plug_addr_family(&p->source) == AF_INET6 ? p->no_six : p->no_four;
}

static int make_room(struct plug_ping *p)
{
    p->data_len = p->o.data_len ? (size_t)(p->o.data_len > 0 ? p->o.data_len : 0) : PLUG_PING_DATA;
    p->in_room = p->data_len + PLUG__ICMP_HEADER + 64; /* and the longest IPv4 header */
    p->out = plug_alloc(p->data_len + PLUG__ICMP_HEADER);
    p->in = plug_alloc(p->in_room);
    return p->out && p->in ? 0 : -ENOMEM;
}

int plug_ping_open(struct plug_ping **ret, struct plug_loop *l, const struct plug_ping_opts *opts,
                   plug_ping_fn *fn, void *arg)
{
    static const struct plug_ping_opts defaults = PLUG_PING_OPTS;
    int r = check(opts ? opts : &defaults);

    if (r < 0)
        return r;
    struct plug_ping *p = plug_calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    p->loop = l;
    p->o = opts ? *opts : defaults;
    p->fn = fn;
    p->arg = arg;
    if (p->o.source)
        p->source = *p->o.source;
    p->o.source = NULL;
    settle_opts(&p->o);
    r = make_room(p);
    if (r >= 0)
        r = plug__sipkey_random(&p->key);
    if (r >= 0)
        r = open_sockets(p);
    if (r < 0) {
        plug_ping_close(p);
        return r;
    }
    *ret = p;
    return 0;
}

bool plug_ping_is_raw(const struct plug_ping *p, int family)
{
    return family == AF_INET ? p->four.raw : p->six.raw;
}

static void free_host(struct plug__ping_host *h)
{
    plug_histogram_free(&h->rtt);
    plug_free(h->ring);
    plug_free(h);
}

void plug_ping_close(struct plug_ping *p)
{
    if (!p)
        return;
    PLUG_ASSERT(!p->inside, "plug_ping_close in its own handler");
    plug_ping_stop(p);
    plug__icmp_sock_close(&p->four);
    plug__icmp_sock_close(&p->six);
    for (size_t i = 0; i < p->hosts; i++)
        free_host(p->host[i]);
    plug_free(p->host);
    plug_free(p->bucket);
    plug_free(p->out);
    plug_free(p->in);
    plug_free(p);
}

/* --- running ------------------------------------------------------------------------------- */

void plug__ping_tell(struct plug_ping *p, struct plug_ping_event *e)
{
    if (!p->fn)
        return;
    p->inside++;
    p->fn(p, e, p->arg);
    p->inside--;
}

static void too_late(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    (void)l;
    (void)t;
    plug_ping_stop(arg);
}

static int watch(struct plug_ping *p, struct plug__icmp_sock *s)
{
    if (!s->sock)
        return 0;
    return plug_loop_watch(p->loop, plug_sock_fd(s->sock), PLUG_READ, plug__ping_ready, p);
}

static void unwatch(struct plug_ping *p, struct plug__icmp_sock *s)
{
    if (s->sock)
        (void)!plug_loop_unwatch(p->loop, plug_sock_fd(s->sock));
}

/* The first requests of many hosts, evenly over the interval. */
static int begin_all(struct plug_ping *p)
{
    int64_t now = plug_now(), step = p->hosts ? p->o.interval / (int64_t)p->hosts : 0;
    int r = 0;

    step = step < SPREAD ? step : SPREAD;
    for (size_t i = 0; i < p->hosts && r >= 0 && p->running; i++)
        r = plug__ping_begin(p->host[i], now + (int64_t)i * step);
    return r;
}

int plug_ping_start(struct plug_ping *p)
{
    int r = 0;

    if (p->started)
        return -EALREADY;
    p->started = p->running = true;
    if (p->o.deadline > 0)
        r = plug_loop_timer(p->loop, &p->deadline, p->o.deadline, too_late, p);
    if (r >= 0)
        r = watch(p, &p->four);
    if (r >= 0)
        r = watch(p, &p->six);
    if (r >= 0)
        r = begin_all(p);
    if (r < 0 || p->hosts == 0)
        plug_ping_stop(p);
    return r < 0 ? r : 0;
}

/* What is still waiting, and has been for so long that a reply is not to be expected. */
static void write_off(struct plug__ping_host *h, int64_t now)
{
    for (; h->oldest <= h->tries; h->oldest++) {
        struct plug__ping_probe *probe = plug__ping_probe(h, h->oldest);
        if (!probe || probe->state != PLUG__PING_WAITING)
            continue;
        if (h->received > 0 && now - probe->sent <= 2 * h->rtt.max)
            break;
        probe->state = PLUG__PING_GONE;
        h->lost++;
    }
}

static void stop_host(struct plug_ping *p, struct plug__ping_host *h)
{
    write_off(h, plug_now());
    (void)plug_loop_timer_stop(p->loop, &h->send);
    (void)plug_loop_timer_stop(p->loop, &h->expire);
    for (size_t i = 0; i < h->room; i++)
        plug__ping_tcp_end(p, &h->ring[i]);
}

bool plug_ping_running(const struct plug_ping *p)
{
    return p->running;
}

void plug_ping_stop(struct plug_ping *p)
{
    if (!p->running)
        return;
    p->running = false;
    (void)plug_loop_timer_stop(p->loop, &p->deadline);
    for (size_t i = 0; i < p->hosts; i++)
        stop_host(p, p->host[i]);
    unwatch(p, &p->four);
    unwatch(p, &p->six);
}

void plug__ping_settle(struct plug__ping_host *h)
{
    struct plug_ping *p = h->ping;

    if (h->done || !p->running || p->o.count == 0 || h->tries < p->o.count || h->oldest <= h->tries)
        return;
    h->done = true;
    p->done++;
    struct plug_ping_event e = plug__ping_event(PLUG_PING_DONE, h, h->tries);
    plug__ping_tell(p, &e);
    if (p->running && p->done == p->hosts)
        plug_ping_stop(p);
}
