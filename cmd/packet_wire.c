/* SPDX-License-Identifier: MIT */
/*
 * plug packet --send: IP packets go through a raw socket that takes the whole header (IP_HDRINCL,
 * IPV6_HDRINCL; the kernel routes them), Ethernet frames through AF_PACKET. What comes is seen
 * through AF_PACKET, beside the kernel's own handling of it.
 */
#include "packet_wire.h"
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#ifndef IPV6_HDRINCL
#define IPV6_HDRINCL 36
#endif
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

#define LATE 4096 /* packets looked at when the time is up: what the queue may hold by then */

/* --- where it goes ---------------------------------------------------------------------------- */

static const struct plug_packet_layer *layer_of(const struct plug_packet *p,
                                                enum plug_packet_proto a, enum plug_packet_proto b)
{
    for (unsigned i = 0; i < p->count; i++)
        if (p->layers[i].proto == a || p->layers[i].proto == b)
            return &p->layers[i];
    return NULL;
}

static const struct plug_packet_layer *ip_layer(const struct plug_packet *p)
{
    return layer_of(p, PLUG_PACKET_IP4, PLUG_PACKET_IP6);
}

/* The destination of the outermost datagram, with the interface's scope where it needs one. */
static int destination(const struct packet_wire *w, const struct plug_packet *p,
                       struct plug_addr *ret)
{
    const struct plug_packet_layer *l = ip_layer(p);
    const uint8_t *h = p->bytes + (l ? l->offset : 0);
    if (!l || l->len < (l->proto == PLUG_PACKET_IP4 ? 20 : 40))
        return PLUG_EPACKET_SHORT;
    if (l->proto == PLUG_PACKET_IP6)
        return plug_addr_ip6(h + 24, 0, 0, w->ifindex, ret);
    plug_addr_ip4(h + 16, 0, ret);
    return 0;
}

/* A source route leads on to addresses that are not the destination. */
static bool has_route(const struct plug_packet *p)
{
    struct plug_packet_field f;
    for (unsigned i = 0; i < p->count; i++)
        if (plug_packet_field_find(p, i, "lsrr", &f) || plug_packet_field_find(p, i, "ssrr", &f))
            return true;
    return layer_of(p, PLUG_PACKET_ROUTING, PLUG_PACKET_ROUTING);
}

static bool is_near(const struct plug_addr *a)
{
    struct plug_addr plain = *a;
    (void)plug_addr_unmap(&plain);
    enum plug_addr_class kind = plug_addr_class(&plain);
    return kind == PLUG_ADDR_LOOPBACK || kind == PLUG_ADDR_LINK_LOCAL ||
           kind == PLUG_ADDR_PRIVATE || kind == PLUG_ADDR_UNIQUE_LOCAL;
}

static int judge(struct cmd *c, const struct packet_wire *w, const struct plug_packet *p)
{
    const struct packet_opts *o = c->opts;
    struct plug_addr to;
    char text[PLUG_ADDR_TEXT];
    if (o->yes || (!ip_layer(p) && w->first == PLUG_PACKET_ETHER))
        return CMD_YES;
    int err = destination(w, p, &to);
    if (err < 0)
        return cmd_fail(c, err, "send", "a packet without a whole IP header", NULL);
    plug_addr_host_text(&to, text, sizeof text);
    if (!is_near(&to))
        return cmd_usage(c,
                         "%s (%s) is neither loopback nor a private network: if you may send "
                         "there, say --yes",
                         text, plug_addr_class_name(plug_addr_class(&to)));
    if (has_route(p))
        return cmd_usage(c, "a source route can lead beyond %s: if you may send there, say --yes",
                         text);
    return CMD_YES;
}

/* --- what this machine fills in --------------------------------------------------------------- */

/* The source that the kernel's routes choose: that of a UDP socket connected there. */
static int source(const struct packet_wire *w, const struct plug_addr *to, struct plug_addr *ret)
{
    struct plug_addr there = *to;
    struct plug_sock *s;
    int err = plug_sock_open(&s, plug_addr_family(to), SOCK_DGRAM, 0);
    if (err < 0)
        return err;
    err = plug_addr_set_port(&there, 9);
    if (err == 0 && w->ifindex > 0)
        err = plug_sock_setopt_int(s, SOL_SOCKET, SO_BINDTOIFINDEX, (int)w->ifindex);
    if (err == 0)
        err = plug_sock_connect(s, &there);
    if (err == 0)
        err = plug_sock_local(s, ret);
    plug_sock_close(s);
    return err;
}

static int hardware(struct cmd *c, const struct packet_wire *w, uint8_t ret_mac[6])
{
    struct plug_iface_list *list;
    int err = plug_iface_list(&list);
    if (err < 0)
        return cmd_fail(c, err, "list", "interfaces", NULL);
    for (size_t i = 0; i < list->count; i++)
        if (list->item[i].index == w->ifindex && list->item[i].hwlen == 6)
            memcpy(ret_mac, list->item[i].hw, 6);
    plug_iface_free(list);
    return CMD_YES;
}

static int chance(struct cmd *c, struct plug_packet_opts *fill)
{
    uint16_t id = 0, port = 0;
    uint8_t random[8];
    if (plug_sys()->getrandom(random, sizeof random, 0) != sizeof random)
        return cmd_fail(c, -EIO, "draw", "random numbers", NULL);
    memcpy(&fill->seq, random, 4);
    memcpy(&port, random + 4, 2);
    memcpy(&id, random + 6, 2);
    fill->sport = (uint16_t)(32768 + port % 28232); /* Linux's own ephemeral ports */
    fill->id = id ? id : 1;
    return CMD_YES;
}

/* The kernel computes these of IPv4 itself, whatever a packet says (raw(7)). */
static void warn_filled(struct cmd *c, const struct packet_wire *w, const struct plug_packet *p)
{
    struct plug_packet_field f;
    if (w->first != PLUG_PACKET_IP4)
        return;
    bool wrong = plug_packet_field_find(p, 0, "checksum", &f) && f.verdict == PLUG_PACKET_WRONG;
    wrong |= plug_packet_field_find(p, 0, "len", &f) && f.verdict != PLUG_PACKET_CORRECT;
    if (wrong)
        cmd_warn(c, "the kernel writes checksum and total length of IPv4 itself; a frame sent "
                    "with --iface, 'eth/ip(...)', keeps them as they are");
}

static int fill_ip(struct cmd *c, struct packet_wire *w, const struct plug_packet *p,
                   struct plug_packet_opts *fill, struct plug_addr *src)
{
    char text[PLUG_ADDR_TEXT];
    size_t len;
    if (destination(w, p, &w->to) < 0)
        return CMD_YES;
    int err = source(w, &w->to, src);
    plug_addr_host_text(&w->to, text, sizeof text);
    if (err < 0 && w->first != PLUG_PACKET_ETHER)
        return cmd_fail(c, err, "find a route to", text, NULL);
    if (err < 0)
        return CMD_YES; /* a frame needs no route */
    const uint8_t *bytes = plug_addr_bytes(src, &len);
    fill->src4 = len == 4 ? bytes : NULL;
    fill->src6 = len == 16 ? bytes : NULL;
    return CMD_YES;
}

/* An ARP request asks for the sender's own address of that network. */
static int fill_arp(struct packet_wire *w, const struct plug_packet *p,
                    struct plug_packet_opts *fill, struct plug_addr *src)
{
    const struct plug_packet_layer *l = layer_of(p, PLUG_PACKET_ARP, PLUG_PACKET_ARP);
    struct plug_addr asked;
    size_t len;
    if (!l || l->len != 28)
        return CMD_YES;
    plug_addr_ip4(p->bytes + l->offset + 24, 0, &asked);
    if (source(w, &asked, src) == 0)
        fill->src4 = plug_addr_bytes(src, &len);
    return CMD_YES;
}

int packet_wire_plan(struct cmd *c, struct packet_wire *w, const char *spec, struct plug_packet *p)
{
    const struct packet_opts *o = c->opts;
    struct plug_packet_opts fill = PLUG_PACKET_OPTS;
    struct plug_addr src;
    uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    w->first = p->layers[0].proto;
    bool frame = w->first == PLUG_PACKET_ETHER;
    if (!frame && w->first != PLUG_PACKET_IP4 && w->first != PLUG_PACKET_IP6)
        return cmd_usage(c, "what is sent begins with ip, ip6 or eth");
    if (frame && !o->iface)
        return cmd_usage(c, "a frame needs --iface, the interface it leaves through");
    int n = o->iface ? plug_iface_index(o->iface) : 0;
    if (n < 0)
        return cmd_fail(c, n, "find interface", o->iface, NULL);
    w->ifindex = (unsigned)n;
    int code = judge(c, w, p);
    if (code == CMD_YES && frame)
        code = hardware(c, w, mac);
    if (code == CMD_YES)
        code = chance(c, &fill);
    fill.mac = mac;
    if (code == CMD_YES)
        code = ip_layer(p) ? fill_ip(c, w, p, &fill, &src) : fill_arp(w, p, &fill, &src);
    if (code == CMD_YES)
        code = packet_build(c, spec, &fill, p);
    if (code == CMD_YES)
        warn_filled(c, w, p);
    return code;
}

/* --- sockets ---------------------------------------------------------------------------------- */

static int open_ip(struct packet_wire *w)
{
    bool four = w->first == PLUG_PACKET_IP4;
    int err = plug_sock_open(&w->out, four ? AF_INET : AF_INET6, SOCK_RAW, IPPROTO_RAW);
    if (err == 0)
        err = plug_sock_setopt_int(w->out, four ? IPPROTO_IP : IPPROTO_IPV6,
                                   four ? IP_HDRINCL : IPV6_HDRINCL, 1);
    if (err == 0) /* --yes has allowed it */
        err = plug_sock_setopt_int(w->out, SOL_SOCKET, SO_BROADCAST, 1);
    if (err == 0 && w->ifindex > 0)
        err = plug_sock_setopt_int(w->out, SOL_SOCKET, SO_BINDTOIFINDEX, (int)w->ifindex);
    return err;
}

static int open_frame(struct packet_wire *w, const struct plug_packet *p)
{
    int err = plug_sock_open(&w->out, AF_PACKET, SOCK_RAW, 0);
    if (err == 0)
        err = plug_addr_packet(w->ifindex, 0, p->bytes, 6, &w->to);
    return err;
}

/* Frames as they are, or datagrams of all links without their headers. */
static int open_in(struct packet_wire *w)
{
    bool frame = w->first == PLUG_PACKET_ETHER;
    uint16_t type = frame ? ETH_P_ALL : w->first == PLUG_PACKET_IP4 ? ETH_P_IP : ETH_P_IPV6;
    struct plug_addr here;
    int err = plug_sock_open(&w->in, AF_PACKET, frame ? SOCK_RAW : SOCK_DGRAM, 0);
    if (err == 0)
        err = plug_addr_packet(w->ifindex, type, NULL, 0, &here);
    if (err == 0 && frame)
        err = plug_sock_setopt_int(w->in, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    return err == 0 ? plug_sock_bind(w->in, &here) : err;
}

int packet_wire_open(struct cmd *c, struct packet_wire *w, const struct plug_packet *p)
{
    const struct packet_opts *o = c->opts;
    int err = w->first == PLUG_PACKET_ETHER ? open_frame(w, p) : open_ip(w);
    if (err == 0 && o->wait >= 0)
        err = open_in(w);
    if (err == 0)
        return CMD_YES;
    return cmd_fail(c, err, "open", "a raw socket",
                    err == -EPERM || err == -EACCES ? PACKET_PERMISSION : NULL);
}

void packet_wire_close(struct packet_wire *w)
{
    plug_sock_close(w->out);
    plug_sock_close(w->in);
}

int packet_wire_send(struct packet_wire *w, const struct plug_packet *p)
{
    w->late = 0;
    ssize_t n = plug_sock_sendto(w->out, p->bytes, p->len, 0, &w->to);
    return n < 0 ? (int)n : 0;
}

int packet_wire_receive(struct packet_wire *w, int64_t deadline, struct plug_packet *ret,
                        int64_t *ret_at)
{
    for (;;) {
        int64_t left = plug_deadline_left(deadline);
        if (left <= 0 && w->late++ == LATE)
            return PLUG_ETIMEOUT;
        int err = plug_sock_set_timeout(w->in, left > 0 ? left : PLUG_NOWAIT);
        if (err < 0)
            return err;
        ssize_t n = plug_sock_recv(w->in, w->bytes, sizeof w->bytes, 0);
        *ret_at = plug_now();
        if (n == -EAGAIN)
            return PLUG_ETIMEOUT;
        if (n < 0 && n != -ENETDOWN)
            return (int)n;
        if (n >= 0 && plug_packet_parse(w->first, w->bytes, (size_t)n, ret) == 0)
            return 0;
    }
}
