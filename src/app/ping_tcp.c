/* SPDX-License-Identifier: MIT */
/* The probe is a connection: how long until it stands. It carries no byte and is closed at once. */
#include "app/ping_impl.h"

#include <errno.h>
#include <poll.h>
#include <plug/alloc.h>
#include <plug/sockopt.h>

struct plug__ping_tcp {
    struct plug__ping_host *host;
    uint64_t seq;
    struct plug_sock *sock;
    int refused; /* what connect(2) said at once */
};

void plug__ping_tcp_end(struct plug_ping *p, struct plug__ping_probe *probe)
{
    if (!probe->tcp)
        return;
    (void)!plug_loop_unwatch(p->loop, plug_sock_fd(probe->tcp->sock));
    plug_sock_close(probe->tcp->sock);
    plug_free(probe->tcp);
    probe->tcp = NULL;
}

static void connected(struct plug__ping_host *h, struct plug__ping_probe *probe, uint64_t seq)
{
    struct plug__ping_moment now = plug__ping_now();
    struct plug_ping_event e = plug__ping_event(PLUG_PING_REPLY, h, seq);

    e.from = h->addr;
    e.rtt = now.mono - probe->sent;
    e.wall = now.wall;
    e.reordered = seq < h->answered_last;
    probe->state = PLUG__PING_ANSWERED;
    plug__ping_count_reply(h, seq, e.rtt);
    plug__ping_tell(h->ping, &e);
}

static void failed(struct plug__ping_host *h, struct plug__ping_probe *probe, uint64_t seq, int err)
{
    struct plug_ping_event e = plug__ping_event(PLUG_PING_ERROR, h, seq);

    e.from = h->addr;
    e.wall = plug__ping_now().wall;
    e.error = err;
    e.ended = true;
    probe->state = PLUG__PING_GONE;
    h->lost++;
    h->errors++;
    plug__ping_tell(h->ping, &e);
}

static void ready(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    struct plug__ping_tcp *t = arg;
    struct plug__ping_host *h = t->host;
    uint64_t seq = t->seq;
    struct plug__ping_probe *probe = plug__ping_probe(h, seq);
    int err = t->refused, r = err < 0 ? 0 : plug_sock_error(t->sock, &err);

    (void)l;
    (void)fd;
    (void)events;
    err = r < 0 ? r : err;
    plug__ping_tcp_end(h->ping, probe);
    if (err < 0)
        failed(h, probe, seq, err);
    else
        connected(h, probe, seq);
    if (h->ping->running)
        plug__ping_expect(h);
}

bool plug__ping_tcp_stands(const struct plug__ping_probe *probe)
{
    struct plug_ping *p = probe->tcp ? probe->tcp->host->ping : NULL;

    if (!p || plug_sock_wait(probe->tcp->sock, POLLOUT) <= 0)
        return false;
    ready(p->loop, plug_sock_fd(probe->tcp->sock), PLUG_WRITE, probe->tcp);
    return true;
}

/* 0 also when it was refused: that is told like a refusal that comes later. */
static int connect_now(struct plug__ping_tcp *t)
{
    struct plug_ping *p = t->host->ping;
    int r = plug_sock_set_timeout(t->sock, PLUG_NOWAIT);

    if (r >= 0)
        r = plug__ping_socket_options(p, t->sock);
    if (r >= 0)
        r = plug_sock_connect(t->sock, &t->host->addr);
    if (r == -ECONNREFUSED)
        t->refused = r;
    return r == -EINPROGRESS || r == -ECONNREFUSED ? 0 : r;
}

int plug__ping_tcp_send(struct plug__ping_host *h, uint64_t seq, struct plug__ping_tcp **ret)
{
    struct plug__ping_tcp *t = plug_calloc(1, sizeof *t);

    if (!t)
        return -ENOMEM;
    t->host = h;
    t->seq = seq;
    int r = plug_sock_open(&t->sock, plug_addr_family(&h->addr), SOCK_STREAM, 0);
    if (r >= 0)
        r = connect_now(t);
    if (r >= 0)
        r = plug_loop_watch(h->ping->loop, plug_sock_fd(t->sock), PLUG_WRITE, ready, t);
    if (r < 0) {
        plug_sock_close(t->sock);
        plug_free(t);
        return r;
    }
    *ret = t;
    return 0;
}
