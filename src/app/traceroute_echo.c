/* SPDX-License-Identifier: MIT */
/*
 * ICMP echo requests through a ping socket: the kernel chooses the identifier and gives this socket
 * the answers with it. Quotes begin with the ICMP header, so the shortest has the sequence number.
 */
#include "app/traceroute.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <plug/bytes.h>
#include <plug/checksum.h>
#include <string.h>

#define HEADER 8

static uint8_t request(const struct plug_traceroute *t)
{
    return t->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
}

static uint8_t reply(const struct plug_traceroute *t)
{
    return t->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
}

struct plug__tr_probe *plug__tr_echo_whose(const struct plug__tr_flow *f, const uint8_t *b,
                                           size_t len, uint8_t type)
{
    if (len < HEADER || b[0] != type || b[1] != 0 || plug_get_be16(b + 4) != f->id)
        return NULL;
    struct plug__tr_probe *p = plug__tr_by_number(f->trace, f, plug_get_be16(b + 6));
    size_t quoted = len - HEADER < PLUG__TR_NONCE ? len - HEADER : PLUG__TR_NONCE;
    if (p == NULL || memcmp(b + HEADER, p->nonce, quoted) != 0)
        return NULL;
    return type == reply(f->trace) && quoted < PLUG__TR_NONCE ? NULL : p;
}

static void hear_error(struct plug__tr_flow *f, struct plug__tr_message *m)
{
    struct plug_traceroute *t = f->trace;

    if (!m->answer.icmp || !plug__tr_ends(t, m->answer.type))
        return;
    plug__tr_judge_icmp(t, &m->answer);
    bool right = plug_addr_same_host(&m->err.dest, &t->to); /* the kernel does not look at it */
    plug__tr_answered(t, right ? plug__tr_echo_whose(f, m->bytes, m->len, request(t)) : NULL,
                      &m->answer);
}

static void hear_reply(struct plug__tr_flow *f, struct plug__tr_message *m)
{
    struct plug_traceroute *t = f->trace;
    bool right = plug_addr_same_host(&m->answer.from, &t->to);

    m->answer.meaning = PLUG_TRACEROUTE_REACHED;
    m->answer.icmp = m->len >= 2;
    m->answer.type = m->len >= 2 ? m->bytes[0] : 0;
    m->answer.code = m->len >= 2 ? m->bytes[1] : 0;
    plug__tr_answered(t, right ? plug__tr_echo_whose(f, m->bytes, m->len, reply(t)) : NULL,
                      &m->answer);
}

static void heard(void *arg, struct plug__tr_message *m)
{
    if (m->has_err)
        hear_error(arg, m);
    else
        hear_reply(arg, m);
}

static void readable(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    struct plug__tr_flow *f = arg;

    (void)l, (void)fd, (void)events;
    plug__tr_drain(f->trace, f->sock, heard, f);
}

static int open_echo(struct plug_traceroute *t, struct plug__tr_flow *f)
{
    struct plug_addr local;
    int r = plug__tr_socket(t, SOCK_DGRAM, t->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6, 0,
                            &f->sock);

    if (r >= 0)
        r = plug_sock_connect(f->sock, &t->to);
    if (r >= 0)
        r = plug_sock_local(f->sock, &local);
    if (r < 0)
        return r;
    f->from = local;
    f->id = plug_addr_port(&local);
    (void)!plug_addr_set_port(&f->from, 0);
    return plug_loop_watch(t->loop, plug_sock_fd(f->sock), PLUG_READ, readable, f);
}

/* Two bytes behind the nonce make up for what differs, so that all checksums are the same. */
size_t plug__tr_echo_request(struct plug_traceroute *t, const struct plug__tr_flow *f,
                             struct plug__tr_probe *p)
{
    size_t len = t->packet_len - plug__tr_ip_header(t);
    uint8_t *b = t->packet;

    p->number = ++t->sequence;
    memset(b, 0, HEADER);
    b[0] = request(t);
    plug_put_be16(b + 4, f->id);
    plug_put_be16(b + 6, (uint16_t)p->number);
    plug__tr_fill(p, b + HEADER, len - HEADER);
    uint32_t balance = plug_checksum(b, len) + (uint16_t)~f->checksum;
    plug_put_be16(b + HEADER + PLUG__TR_NONCE, (uint16_t)(balance + (balance >> 16)));
    plug_put_be16(b + 2, f->checksum);
    return len;
}

static int send_echo(struct plug_traceroute *t, struct plug__tr_probe *p)
{
    const struct plug__tr_flow *f = &t->flow[p->flow];
    size_t len = plug__tr_echo_request(t, f, p);

    return plug__tr_write(t, f->sock, p, NULL, len);
}

const struct plug__tr_way plug__tr_echo = {
    .name = "icmp", .header = HEADER, .open = open_echo, .send = send_echo};
