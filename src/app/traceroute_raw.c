/* SPDX-License-Identifier: MIT */
/*
 * Raw sockets: one hears every ICMP message that comes to this machine, one sends what is built
 * here, headers and checksums. For TCP that one also hears the host. A socket of the transport
 * holds the flow's port meanwhile, so that the system gives it to nobody else.
 */
#include "app/traceroute.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <plug/bytes.h>
#include <plug/err.h>
#include <plug/sockopt.h>
#include <plug/sys.h>
#include <plug/tcp.h>
#include <plug/udp.h>
#include <string.h>

#define RECEIVE_ROOM (1 << 20) /* answers of a whole flight, and other programs' */
#define ID_TRIES     64

#ifndef ICMP_FILTER
#define ICMP_FILTER 1 /* <linux/icmp.h>, which does not go with <netinet/ip_icmp.h> */
#endif

static void pseudo(const struct plug_traceroute *t, const struct plug__tr_flow *f,
                   struct plug_pseudo *ret)
{
    ret->family = t->family;
    ret->src = plug_addr_bytes(&f->from, NULL);
    ret->dst = plug_addr_bytes(&t->to, NULL);
}

/* --- hearing --------------------------------------------------------------------------- */

/* Raw sockets of IPv4 give the IP header, too. */
static const uint8_t *behind_header(const struct plug_traceroute *t, struct plug__tr_message *m,
                                    size_t *ret_len)
{
    struct plug_ip4 ip;

    *ret_len = m->len;
    if (t->family == AF_INET6)
        return m->bytes;
    if (plug_ip4_parse(m->bytes, m->len, &ip) < 0)
        return NULL;
    int n = plug_ip4_payload_len(&ip, m->len); /* of one that was cut, what there is */
    *ret_len = n < 0 ? m->len - ip.header_len : (size_t)n;
    m->answer.reply_ttl = ip.ttl;
    return m->bytes + ip.header_len;
}

static void heard_icmp(void *arg, struct plug__tr_message *m)
{
    struct plug_traceroute *t = arg;
    struct plug__tr_probe *p = NULL;
    size_t len;
    const uint8_t *bytes = behind_header(t, m, &len);

    if (bytes != NULL && plug__tr_icmp_whose(t, bytes, len, &m->answer, &p))
        plug__tr_answered(t, p, &m->answer);
}

static void icmp_ready(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    struct plug_traceroute *t = arg;

    (void)l, (void)fd, (void)events;
    plug__tr_drain(t, t->raw[0], heard_icmp, t);
}

/* SYN-ACK, or RST with the acknowledgement of our SYN. */
static bool answers_syn(const struct plug_tcp *tcp)
{
    return tcp->flags & PLUG_TCP_ACK && tcp->flags & (PLUG_TCP_SYN | PLUG_TCP_RST);
}

static void heard_tcp(void *arg, struct plug__tr_message *m)
{
    struct plug_traceroute *t = arg;
    struct plug_tcp tcp;
    size_t len;
    const uint8_t *bytes = behind_header(t, m, &len);

    if (bytes == NULL || plug_tcp_parse(bytes, len, &tcp) < 0 || tcp.sport != t->o.port ||
        !plug_addr_same_host(&m->answer.from, &t->to))
        return;
    for (unsigned i = 0; i < t->o.flows; i++)
        if (tcp.dport == plug_addr_port(&t->flow[i].from)) {
            struct plug__tr_probe *p = plug__tr_by_number(t, &t->flow[i], tcp.ack - 1);
            m->answer.meaning = PLUG_TRACEROUTE_REACHED;
            plug__tr_answered(t, answers_syn(&tcp) ? p : NULL, &m->answer);
            return;
        }
}

static void tcp_ready(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    struct plug_traceroute *t = arg;

    (void)l, (void)fd, (void)events;
    plug__tr_drain(t, t->raw[1], heard_tcp, t);
}

static void heard_udp(void *arg, struct plug__tr_message *m)
{
    if (!m->has_err) /* ICMP has been heard already */
        plug__tr_udp_data(arg, m);
}

static void udp_ready(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    struct plug__tr_flow *f = arg;

    (void)l, (void)fd, (void)events;
    plug__tr_drain(f->trace, f->sock, heard_udp, f);
}

/* --- opening --------------------------------------------------------------------------- */

/* Only what may be an answer: the machine's other ICMP does not fill the socket's queue. */
static void filter_icmp(const struct plug_traceroute *t, struct plug_sock *s)
{
    uint32_t blocked4 = ~(1u << PLUG_ICMP_ECHO_REPLY | 1u << PLUG_ICMP_UNREACHABLE |
                          1u << PLUG_ICMP_TIME_EXCEEDED | 1u << PLUG_ICMP_PARAMETER_PROBLEM);
    struct icmp6_filter six;

    ICMP6_FILTER_SETBLOCKALL(&six);
    for (int type = PLUG_ICMP6_UNREACHABLE; type <= PLUG_ICMP6_PARAMETER_PROBLEM; type++)
        ICMP6_FILTER_SETPASS(type, &six);
    ICMP6_FILTER_SETPASS(PLUG_ICMP6_ECHO_REPLY, &six);
    if (t->family == AF_INET)
        (void)!plug_sock_setopt(s, SOL_RAW, ICMP_FILTER, &blocked4, sizeof blocked4);
    else
        (void)!plug_sock_setopt(s, IPPROTO_ICMPV6, ICMP6_FILTER, &six, sizeof six);
}

/* Segments from this port; none at all for port 0. */
static void filter_port(const struct plug_traceroute *t, struct plug_sock *s, uint16_t port)
{
    struct sock_filter four[] = {{BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0},
                                 {BPF_LD | BPF_H | BPF_IND, 0, 0, 0},
                                 {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, port},
                                 {BPF_RET | BPF_K, 0, 0, port != 0 ? UINT32_MAX : 0},
                                 {BPF_RET | BPF_K, 0, 0, 0}};
    struct sock_filter *code = t->family == AF_INET ? four : four + 1;
    struct sock_fprog program = {.len = (unsigned short)(four + 5 - code), .filter = code};

    if (t->family == AF_INET6)
        four[1].code = BPF_LD | BPF_H | BPF_ABS;
    (void)!plug_sock_setopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* The socket that hears ICMP; of the whole trace. */
static int open_icmp(struct plug_traceroute *t)
{
    int proto = t->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    int r;

    if (t->raw[0] != NULL)
        return 0;
    r = plug__tr_socket(t, SOCK_RAW, proto, 0, &t->raw[0]);
    if (r < 0)
        return r;
    filter_icmp(t, t->raw[0]);
    (void)!plug_sock_setopt_int(t->raw[0], SOL_SOCKET, SO_RCVBUF, RECEIVE_ROOM);
    return plug_loop_watch(t->loop, plug_sock_fd(t->raw[0]), PLUG_READ, icmp_ready, t);
}

static int open_sender(struct plug_traceroute *t, int proto, uint16_t port)
{
    if (t->raw[1] != NULL)
        return 0;
    int r = plug__tr_socket(t, SOCK_RAW, proto, 0, &t->raw[1]);
    if (r >= 0)
        filter_port(t, t->raw[1], port);
    return r;
}

static int open_udp(struct plug_traceroute *t, struct plug__tr_flow *f)
{
    int r = open_icmp(t);

    if (r >= 0)
        r = open_sender(t, IPPROTO_UDP, 0);
    if (r >= 0)
        r = plug__tr_connected(t, plug__tr_port(t, f), &f->sock, &f->from);
    return r < 0 ? r : plug_loop_watch(t->loop, plug_sock_fd(f->sock), PLUG_READ, udp_ready, f);
}

static int open_tcp(struct plug_traceroute *t, struct plug__tr_flow *f)
{
    int r = open_icmp(t);

    if (r >= 0)
        r = open_sender(t, IPPROTO_TCP, t->o.port);
    if (r >= 0)
        r = plug__tr_hold_tcp(t, f, &f->sock);
    return r < 0 ? r : plug_loop_watch(t->loop, plug_sock_fd(t->raw[1]), PLUG_READ, tcp_ready, t);
}

static bool taken(const struct plug_traceroute *t, const struct plug__tr_flow *f)
{
    for (const struct plug__tr_flow *other = t->flow; other < f; other++)
        if (other->id == f->id)
            return true;
    return f->id == 0;
}

static int open_echo(struct plug_traceroute *t, struct plug__tr_flow *f)
{
    int r = open_icmp(t);

    for (unsigned i = 0; r >= 0 && taken(t, f) && i < ID_TRIES; i++)
        r = (int)plug_sys()->getrandom(&f->id, sizeof f->id, 0);
    if (r >= 0)
        r = plug__tr_connected(t, 0, &f->sock, &f->from);
    return r < 0 ? r : plug_addr_set_port(&f->from, 0);
}

/* --- sending --------------------------------------------------------------------------- */

static int send_udp(struct plug_traceroute *t, struct plug__tr_probe *p)
{
    const struct plug__tr_flow *f = &t->flow[p->flow];
    struct plug_udp udp = {.sport = plug_addr_port(&f->from), .dport = t->o.port};
    size_t len = t->packet_len - plug__tr_ip_header(t), payload = len - PLUG_UDP_LEN;
    struct plug_pseudo ps;

    pseudo(t, f, &ps);
    plug__tr_fill(p, t->packet + PLUG_UDP_LEN, payload);
    int r = plug_udp_build(&udp, &ps, t->packet + PLUG_UDP_LEN, payload, t->packet, len);
    if (r < 0)
        return r;
    p->number = plug_get_be16(t->packet + 6);
    return plug__tr_write(t, t->raw[1], p, &t->to, len);
}

static int send_echo(struct plug_traceroute *t, struct plug__tr_probe *p)
{
    size_t len = plug__tr_echo_request(t, &t->flow[p->flow], p);

    return plug__tr_write(t, t->raw[0], p, &t->to, len);
}

static int send_tcp(struct plug_traceroute *t, struct plug__tr_probe *p)
{
    const struct plug__tr_flow *f = &t->flow[p->flow];
    struct plug_tcp_options syn = {.has_mss = true,
                                   .mss = t->family == AF_INET ? 1460 : 1440,
                                   .sack_permitted = true,
                                   .has_window_scale = true,
                                   .window_scale = 7};
    uint8_t options[PLUG_OPTIONS_MAX];
    int n = plug_tcp_options_build(&syn, options, sizeof options);
    struct plug_pseudo ps;

    if (n < 0)
        return n;
    p->number = plug_get_be32(p->nonce);
    struct plug_tcp tcp = {.sport = plug_addr_port(&f->from),
                           .dport = t->o.port,
                           .seq = p->number,
                           .flags = PLUG_TCP_SYN,
                           .window = 64240,
                           .options = options,
                           .options_len = (size_t)n};
    pseudo(t, f, &ps);
    int len = plug_tcp_build(&tcp, &ps, NULL, 0, t->packet, t->o.packet_len);
    return len < 0 ? len : plug__tr_write(t, t->raw[1], p, &t->to, (size_t)len);
}

const struct plug__tr_way plug__tr_raw_udp = {
    .name = "udp", .raw = true, .header = PLUG_UDP_LEN, .open = open_udp, .send = send_udp};
const struct plug__tr_way plug__tr_raw_echo = {
    .name = "icmp", .raw = true, .header = PLUG_ICMP_LEN, .open = open_echo, .send = send_echo};
const struct plug__tr_way plug__tr_raw_tcp = {
    .name = "tcp", .raw = true, .header = PLUG_TCP_LEN, .open = open_tcp, .send = send_tcp};
