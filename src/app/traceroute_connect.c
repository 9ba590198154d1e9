/* SPDX-License-Identifier: MIT */
/*
 * TCP without privileges: an attempt to connect for each probe, all of a flow from one port, so one
 * after the other. The kernel gives an ICMP error to the attempt whose sequence number it quotes.
 */
#include "app/traceroute.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <plug/err.h>
#include <plug/sockopt.h>
#include <plug/sys.h>
#include <string.h>

/* The kernel repeats a SYN after a second; an answer to which of the two could not be told. */
#define WAIT PLUG_MS(900)

static int error_of(const struct plug_sock *s)
{
    int error = 0;
    socklen_t len = sizeof error;
    int r = plug_sys()->getsockopt(plug_sock_fd(s), SOL_SOCKET, SO_ERROR, &error, &len);

    return r < 0 ? r : -error;
}

/* The host itself: SYN-ACK or RST. Whatever else ended the attempt says nothing about the way. */
static void hear_host(struct plug_traceroute *t, struct plug__tr_probe *p)
{
    struct plug__tr_answer a = {
        .from = t->to, .at = plug_now(), .reply_ttl = -1, .meaning = PLUG_TRACEROUTE_REACHED};
    struct plug_addr peer;
    int error = error_of(p->sock);

    if (error == -ECONNREFUSED || (error == 0 && plug_sock_peer(p->sock, &peer) >= 0))
        plug__tr_answered(t, p, &a);
}

static void ready(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    struct plug__tr_probe *p = arg;
    struct plug_traceroute *t = p->trace;
    struct plug__tr_message m;

    (void)l, (void)fd, (void)events;
    while (!t->over && p->state == PLUG__TR_FLYING &&
           plug__tr_read(t, p->sock, MSG_ERRQUEUE, &m) >= 0)
        if (m.has_err && m.answer.icmp && plug__tr_ends(t, m.answer.type)) {
            plug__tr_judge_icmp(t, &m.answer);
            plug__tr_answered(t, p, &m.answer);
        }
    if (!t->over && p->state == PLUG__TR_FLYING)
        hear_host(t, p);
    if (!t->over && p->state == PLUG__TR_FLYING) /* nothing more will come: wait out its time */
        (void)!plug_loop_unwatch(t->loop, plug_sock_fd(p->sock));
    plug__tr_go(t);
}

int plug__tr_hold_tcp(struct plug_traceroute *t, struct plug__tr_flow *f, struct plug_sock **ret)
{
    struct plug_sock *s, *udp = NULL;
    struct plug_addr held;
    int r = plug__tr_socket(t, SOCK_STREAM, IPPROTO_TCP, plug__tr_port(t, f), &s);

    if (r < 0)
        return r;
    r = plug_sock_local(s, &held);
    if (r >= 0)
        r = plug__tr_connected(t, 0, &udp, &f->from);
    if (r >= 0)
        r = plug_addr_set_port(&f->from, plug_addr_port(&held));
    plug_sock_close(udp);
    if (r < 0)
        plug_sock_close(s);
    else
        *ret = s;
    return r;
}

static int open_connect(struct plug_traceroute *t, struct plug__tr_flow *f)
{
    struct plug_sock *s;
    int r = plug__tr_hold_tcp(t, f, &s);

    if (r >= 0)
        plug_sock_close(s); /* each attempt takes the port for itself */
    return r;
}

static int send_connect(struct plug_traceroute *t, struct plug__tr_probe *p)
{
    const struct plug__tr_flow *f = &t->flow[p->flow];
    struct plug_addr to = t->to;
    struct plug_sock *s;
    int r = plug__tr_socket(t, SOCK_STREAM, IPPROTO_TCP, plug_addr_port(&f->from), &s);

    if (r < 0)
        return r;
    (void)!plug_sock_setopt_int(s, IPPROTO_TCP, TCP_SYNCNT, 1);
    r = plug__tr_hop_limit(t, s, p->ttl);
    if (r >= 0)
        r = plug_addr_set_port(&to, t->o.port);
    p->sent = plug_now();
    if (r >= 0)
        r = plug_sock_connect(s, &to);
    if (r >= 0 || r == -EINPROGRESS || r == -ECONNREFUSED)
        r = plug_loop_watch(t->loop, plug_sock_fd(s), PLUG_READ | PLUG_WRITE, ready, p);
    if (r < 0) {
        plug_sock_close(s);
        return r;
    }
    p->sock = s;
    return 0;
}

const struct plug__tr_way plug__tr_connect = {.name = "tcp",
                                              .one_by_one = true,
                                              .wait_max = WAIT,
                                              .header = 20,
                                              .open = open_connect,
                                              .send = send_connect};
