/* SPDX-License-Identifier: MIT */
/*
 * UDP without privileges: a connected socket a flow. The kernel gives ICMP errors to the socket
 * whose addresses and ports they quote, with what they quote of the payload: there is the nonce.
 */
#include "app/traceroute.h"

#include <errno.h>
#include <netinet/in.h>
#include <plug/err.h>

#define HEADER 8

static void hear_error(struct plug__tr_flow *f, struct plug__tr_message *m)
{
    struct plug_traceroute *t = f->trace;
    struct plug__tr_probe *p;

    if (!m->answer.icmp || !plug__tr_ends(t, m->answer.type))
        return; /* our own packet was too long: sending has told so, too */
    plug__tr_judge_icmp(t, &m->answer);
    p = m->len < PLUG__TR_NONCE ? plug__tr_only_one(t, f)
                                : plug__tr_by_nonce(t, f, m->bytes, m->len);
    plug__tr_answered(t, p, &m->answer);
}

/* Somebody serves that port: his answer need not repeat anything, so it may be one to any probe
 * that got so far; it counts for the only one, else for the first. */
void plug__tr_udp_data(struct plug__tr_flow *f, struct plug__tr_message *m)
{
    struct plug_traceroute *t = f->trace;
    struct plug__tr_probe *p = plug__tr_by_nonce(t, f, m->bytes, m->len);

    m->answer.meaning = PLUG_TRACEROUTE_REACHED;
    if (p == NULL)
        p = plug__tr_only_one(t, f);
    plug__tr_answered(t, p, &m->answer);
}

static void heard(void *arg, struct plug__tr_message *m)
{
    if (m->has_err)
        hear_error(arg, m);
    else
        plug__tr_udp_data(arg, m);
}

static void readable(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    struct plug__tr_flow *f = arg;

    (void)l, (void)fd, (void)events;
    plug__tr_drain(f->trace, f->sock, heard, f);
}

static int open_udp(struct plug_traceroute *t, struct plug__tr_flow *f)
{
    int r = plug__tr_connected(t, plug__tr_port(t, f), &f->sock, &f->from);

    return r < 0 ? r : plug_loop_watch(t->loop, plug_sock_fd(f->sock), PLUG_READ, readable, f);
}

static int send_udp(struct plug_traceroute *t, struct plug__tr_probe *p)
{
    size_t len = t->packet_len - plug__tr_ip_header(t) - HEADER;

    plug__tr_fill(p, t->packet, len);
    return plug__tr_write(t, t->flow[p->flow].sock, p, NULL, len);
}

const struct plug__tr_way plug__tr_udp = {
    .name = "udp", .header = HEADER, .open = open_udp, .send = send_udp};
