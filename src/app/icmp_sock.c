/* SPDX-License-Identifier: MIT */
#include "app/icmp_sock.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/icmp.h> /* and linux/if.h with it */
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <netinet/icmp6.h>
#include <plug/bytes.h>
#include <plug/checksum.h>
#include <plug/err.h>
#include <plug/sockopt.h>
#include <plug/sys.h>
#include <string.h>

#define RECV_BUFFER (1 << 20) /* replies of a thousand hosts at once; the system may allow less */

/* --- opening ------------------------------------------------------------------------------- */

static int open_kind(struct plug__icmp_sock *s, int type)
{
    int r = plug_sock_open(&s->sock, s->family, type,
                           s->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);

    s->raw = type == SOCK_RAW;
    return r < 0 ? r : plug_sock_set_timeout(s->sock, PLUG_NOWAIT);
}

static bool refused(int err)
{
    return err == -EACCES || err == -EPERM;
}

static int open_any(struct plug__icmp_sock *s, enum plug_ping_socket kind)
{
    int r = -EACCES;

    if (kind != PLUG_PING_RAW)
        r = open_kind(s, SOCK_DGRAM);
    if (kind != PLUG_PING_DGRAM && (kind == PLUG_PING_RAW || refused(r) || r == -EPROTONOSUPPORT))
        r = open_kind(s, SOCK_RAW);
    if (refused(r))
        return kind == PLUG_PING_AUTO ? -EPERM : -EACCES;
    return r;
}

/* Stamps and counts are good to have; without them the clock before and after must do. */
static void want_extras(struct plug__icmp_sock *s)
{
    unsigned on = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
    unsigned out =
        SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;

    /* only when it is switched on does the kernel begin to count */
    (void)!plug_sock_setopt_int(s->sock, SOL_SOCKET, SO_TIMESTAMPING, 0);
    s->stamps = plug_sock_setopt_int(s->sock, SOL_SOCKET, SO_TIMESTAMPING, (int)(on | out)) == 0;
    s->sends = s->awaited = 0;
    if (!s->stamps)
        (void)!plug_sockopt_set(s->sock, PLUG_SO_TIMESTAMPS, 1);
}

static int want(struct plug__icmp_sock *s)
{
    int r = plug_sockopt_set(s->sock, PLUG_SO_RECVERR, 1);

    if (r >= 0)
        r = plug_sockopt_set(s->sock, PLUG_SO_RECV_TTL, 1);
    (void)!plug_sockopt_set(s->sock, PLUG_SO_RECV_BUFFER, RECV_BUFFER);
    want_extras(s);
    return r < 0 ? r : 0;
}

int plug__icmp_sock_open(struct plug__icmp_sock *s, int family, enum plug_ping_socket kind)
{
    *s = (struct plug__icmp_sock){.family = family};
    int r = open_any(s, kind);

    if (r >= 0)
        r = want(s);
    if (r < 0)
        plug__icmp_sock_close(s);
    return r < 0 ? r : 0;
}

void plug__icmp_sock_close(struct plug__icmp_sock *s)
{
    plug_sock_close(s->sock);
    s->sock = NULL;
}

/* --- raw sockets see everybody's ------------------------------------------------------------ */

/* Only echo replies: errors come through the error queue. */
static int filter_types(struct plug__icmp_sock *s)
{
    struct icmp_filter four = {~(1u << ICMP_ECHOREPLY)};
    struct icmp6_filter six;

    ICMP6_FILTER_SETBLOCKALL(&six);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &six);
    if (s->family == AF_INET)
        return plug_sock_setopt(s->sock, SOL_RAW, ICMP_FILTER, &four, sizeof four);
    return plug_sock_setopt(s->sock, IPPROTO_ICMPV6, ICMP6_FILTER, &six, sizeof six);
}

/* Only those with our identifier. IPv4: behind a header of any length. */
static int filter_id(struct plug__icmp_sock *s)
{
    struct sock_filter four[] = {
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, s->id, 0, 1), BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0)};
    struct sock_filter six[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, s->id, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX), BPF_STMT(BPF_RET | BPF_K, 0)};
    struct sock_fprog program = {sizeof four / sizeof four[0], four};

    if (s->family == AF_INET6)
        program = (struct sock_fprog){sizeof six / sizeof six[0], six};
    return plug_sock_setopt(s->sock, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* Replies that came before the filter was there are not ours: no request has left yet. */
static int make_own(struct plug__icmp_sock *s)
{
    ssize_t n = plug_sys()->getrandom(&s->id, sizeof s->id, 0);
    int r = n < 0 ? (int)n : filter_types(s);

    return r < 0 ? r : filter_id(s);
}

int plug__icmp_sock_bind(struct plug__icmp_sock *s, const struct plug_addr *from)
{
    struct plug_addr local;
    int r = plug_addr_any(s->family, 0, &local);

    if (r >= 0 && (from || !s->raw))
        r = plug_sock_bind(s->sock, from ? from : &local);
    if (r >= 0)
        r = s->raw ? make_own(s) : plug_sock_local(s->sock, &local);
    if (r >= 0 && !s->raw)
        s->id = plug_addr_port(&local);
    return r < 0 ? r : 0;
}

/* --- sending ------------------------------------------------------------------------------- */

int plug__icmp_sock_send(struct plug__icmp_sock *s, uint8_t *msg, size_t len,
                         const struct plug_addr *to, uint32_t *ret_key)
{
    if (s->raw && s->family == AF_INET)
        plug_put_be16(msg + 2, plug_checksum(msg, len));
    ssize_t n = plug_sock_sendto(s->sock, msg, len, MSG_DONTWAIT, to);

    if (n < 0) {
        want_extras(s); /* whether the failing one has got a key is not known: count anew */
        return (int)n;
    }
    *ret_key = s->sends++;
    s->awaited += s->stamps;
    return 0;
}

/* --- receiving ----------------------------------------------------------------------------- */

int plug__icmp_unwrap(const uint8_t *bytes, size_t len)
{
    size_t header = len < 20 ? 0 : (size_t)(bytes[0] & 15) * 4;

    if (header < 20 || bytes[0] >> 4 != 4 || len < header + PLUG__ICMP_HEADER)
        return PLUG_ETRUNC;
    return (int)header;
}

static void take_control(const struct plug_msg *m, struct plug__icmp_in *in)
{
    struct plug_cmsg c;
    int number;

    for (size_t at = 0; plug_msg_next(m, &at, &c);) {
        if (plug_cmsg_time(&c, &in->stamp) || !plug_cmsg_int(&c, &number))
            continue;
        if (c.type == (c.level == IPPROTO_IP ? IP_TTL : IPV6_HOPLIMIT))
            in->ttl = number;
    }
}

/* Raw IPv4 sockets get the datagram before anybody has looked at it. */
static void unwrap(const struct plug__icmp_sock *s, struct plug__icmp_in *in)
{
    int header = s->raw && s->family == AF_INET ? plug__icmp_unwrap(in->icmp, in->len) : 0;

    if (header < 0 || in->len < (size_t)header + PLUG__ICMP_HEADER) {
        in->bad = true;
        return;
    }
    in->icmp += header;
    in->len -= (size_t)header;
    in->whole -= (size_t)header;
    if (header > 0 && in->len == in->whole)
        in->bad = plug_checksum(in->icmp, in->len) != 0;
}

int plug__icmp_sock_recv(struct plug__icmp_sock *s, void *buf, size_t len,
                         struct plug__icmp_in *ret_in)
{
    uint8_t control[PLUG__ICMP_CONTROL];
    struct plug_msg m = {
        .buf = buf, .len = len, .control = control, .control_room = sizeof control};
    ssize_t n = plug_sock_recvmsg(s->sock, &m, MSG_DONTWAIT | MSG_TRUNC);

    if (n < 0)
        return (int)n;
    struct plug__icmp_in in = {.icmp = buf,
                               .len = (size_t)n < len ? (size_t)n : len,
                               .whole = (size_t)n,
                               .from = m.addr,
                               .ttl = -1};
    take_control(&m, &in);
    unwrap(s, &in);
    *ret_in = in;
    return 0;
}

uint32_t plug__icmp_sock_drops(const struct plug__icmp_sock *s)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    size_t len = sizeof info;

    if (!s->sock || plug_sock_getopt(s->sock, SOL_SOCKET, SO_MEMINFO, info, &len) < 0)
        return 0;
    return info[SK_MEMINFO_DROPS];
}

int plug__icmp_sock_queued(struct plug__icmp_sock *s, void *buf, size_t len,
                           struct plug__icmp_queued *ret_item)
{
    uint8_t control[PLUG__ICMP_CONTROL];
    struct plug_msg m = {
        .buf = buf, .len = len, .control = control, .control_room = sizeof control};
    struct plug__icmp_queued item = {0};
    struct plug_cmsg c;
    ssize_t n = plug_sock_recvmsg(s->sock, &m, MSG_ERRQUEUE | MSG_DONTWAIT);

    if (n < 0)
        return (int)n;
    for (size_t at = 0; plug_msg_next(&m, &at, &c);)
        if (!plug_cmsg_time(&c, &item.stamp))
            (void)plug_cmsg_err(&c, &item.err);
    item.err.dest = m.addr;
    item.err.len = (size_t)n;
    item.is_stamp = item.err.origin == PLUG_ORIGIN_TXSTATUS;
    item.key = item.err.data;
    if (item.is_stamp && s->awaited > 0)
        s->awaited--;
    *ret_item = item;
    return 0;
}
