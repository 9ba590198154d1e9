/* SPDX-License-Identifier: MIT */
/* Sockets of a trace: what they are set to, what goes in, what comes out. */
#include "app/traceroute.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <net/if.h>
#include <netinet/in.h>
#include <plug/err.h>
#include <plug/sockopt.h>
#include <plug/sys.h>
#include <string.h>

#define STAMP_AGE_MAX PLUG_S(60) /* an older arrival is a wall clock that was set */

#define DRAIN_MAX 256 /* messages in one go: others have their turn, too */

/* Since Linux 5.9; not in every <linux/in.h>. */
#ifndef IP_RECVERR_RFC4884
#define IP_RECVERR_RFC4884 26
#endif
#ifndef IPV6_RECVERR_RFC4884
#define IPV6_RECVERR_RFC4884 31
#endif

/* --- setting up ------------------------------------------------------------------------ */

static int set(struct plug_sock *s, int level, int name, int value)
{
    return plug_sock_setopt_int(s, level, name, value);
}

/* What is good to have; an old kernel may lack it. */
static void wish(struct plug_sock *s, int level, int name, int value)
{
    (void)!set(s, level, name, value);
}

static int set_up4(const struct plug_traceroute *t, struct plug_sock *s)
{
    bool queue = plug_sock_type(s) != SOCK_RAW; /* which hears all there is to hear */
    int r = set(s, IPPROTO_IP, IP_RECVERR, queue);

    wish(s, IPPROTO_IP, IP_RECVERR_RFC4884, 1);
    wish(s, IPPROTO_IP, IP_RECVTTL, 1);
    if (r >= 0 && t->o.tos != 0)
        r = set(s, IPPROTO_IP, IP_TOS, t->o.tos);
    if (r >= 0)
        r = set(s, IPPROTO_IP, IP_MTU_DISCOVER,
                t->o.dont_fragment ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT);
    return r;
}

static int set_up6(const struct plug_traceroute *t, struct plug_sock *s)
{
    bool raw = plug_sock_type(s) == SOCK_RAW;
    int r = raw ? 0 : set(s, IPPROTO_IPV6, IPV6_V6ONLY, 1);

    if (r >= 0)
        r = set(s, IPPROTO_IPV6, IPV6_RECVERR, !raw);
    wish(s, IPPROTO_IPV6, IPV6_RECVERR_RFC4884, 1);
    wish(s, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    if (r >= 0 && t->o.tos != 0)
        r = set(s, IPPROTO_IPV6, IPV6_TCLASS, t->o.tos);
    if (r >= 0 && t->o.dont_fragment)
        r = set(s, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
    if (r >= 0)
        r = set(s, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
                t->o.dont_fragment ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_DONT);
    return r;
}

static int bind_to(const struct plug_traceroute *t, struct plug_sock *s, uint16_t port)
{
    struct plug_addr from = t->source;
    int r = 0;

    if (t->o.ifindex != 0) {
        char name[IF_NAMESIZE];
        r = plug_sys()->if_indextoname(t->o.ifindex, name);
        if (r >= 0)
            r = plug_sock_setopt(s, SOL_SOCKET, SO_BINDTODEVICE, name, strlen(name) + 1);
    }
    if (r >= 0 && plug_addr_family(&from) == AF_UNSPEC)
        r = plug_addr_any(t->family, port, &from);
    else if (r >= 0)
        r = plug_addr_set_port(&from, port);
    return r < 0 ? r : plug_sock_bind(s, &from);
}

int plug__tr_socket(struct plug_traceroute *t, int type, int proto, uint16_t port,
                    struct plug_sock **ret)
{
    struct plug_sock *s;
    int r = plug_sock_open(&s, t->family, type | SOCK_NONBLOCK, proto);

    if (r < 0)
        return r;
    r = t->family == AF_INET ? set_up4(t, s) : set_up6(t, s);
    if (type == SOCK_STREAM)
        wish(s, SOL_SOCKET, SO_REUSEADDR, 1); /* one attempt after the other from one port */
    wish(s, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    if (r >= 0)
        r = bind_to(t, s, port);
    if (r < 0) {
        plug_sock_close(s);
        return r;
    }
    *ret = s;
    return 0;
}

uint16_t plug__tr_port(const struct plug_traceroute *t, const struct plug__tr_flow *f)
{
    return t->o.source_port == 0 ? 0 : (uint16_t)(t->o.source_port + (f - t->flow));
}

int plug__tr_connected(struct plug_traceroute *t, uint16_t port, struct plug_sock **ret,
                       struct plug_addr *ret_from)
{
    struct plug_addr to = t->to;
    struct plug_sock *s;
    int r = plug__tr_socket(t, SOCK_DGRAM, IPPROTO_UDP, port, &s);

    if (r < 0)
        return r;
    r = plug_addr_set_port(&to, t->o.port);
    if (r >= 0)
        r = plug_sock_connect(s, &to);
    if (r >= 0)
        r = plug_sock_local(s, ret_from);
    if (r < 0)
        plug_sock_close(s);
    else
        *ret = s;
    return r;
}

int plug__tr_hop_limit(struct plug_traceroute *t, struct plug_sock *s, uint8_t ttl)
{
    return t->family == AF_INET ? set(s, IPPROTO_IP, IP_TTL, ttl)
                                : set(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
}

/* --- sending --------------------------------------------------------------------------- */

void plug__tr_fill(const struct plug__tr_probe *p, uint8_t *payload, size_t len)
{
    memcpy(payload, p->nonce, PLUG__TR_NONCE);
    memset(payload + PLUG__TR_NONCE, 0, PLUG__TR_BALANCE);
    for (size_t i = PLUG__TR_PAYLOAD; i < len; i++)
        payload[i] = (uint8_t)('@' + i % 32);
}

int plug__tr_write(struct plug_traceroute *t, struct plug_sock *s, struct plug__tr_probe *p,
                   const struct plug_addr *to, size_t len)
{
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))];
    struct plug_msg m = {
        .buf = t->packet, .len = len, .control = control, .control_room = sizeof control};
    bool four = t->family == AF_INET;
    int ttl = p->ttl;
    int r = plug_msg_put(&m, four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_TTL : IPV6_HOPLIMIT, &ttl,
                         sizeof ttl);

    if (r < 0)
        return r;
    if (to != NULL)
        m.addr = *to;
    p->sent = plug_now();
    ssize_t n = plug_sock_sendmsg(s, &m, MSG_DONTWAIT);
    return n < 0 ? (int)n : 0;
}

/* --- receiving ------------------------------------------------------------------------- */

/* When it arrived, on the clock of the probes. */
static int64_t arrival(int64_t stamp)
{
    int64_t now = plug_now(), age = plug_sys()->now(CLOCK_REALTIME) - stamp;

    return age > 0 && age < STAMP_AGE_MAX ? now - age : now;
}

/*
 * The kernel tells where in the payload the extensions begin. They are put behind a quote of zeros,
 * as the message had them.
 */
static void find_extensions(const struct plug_traceroute *t, struct plug__tr_message *m)
{
    struct sock_ee_data_rfc4884 found;

    memcpy(&found, &m->err.data, sizeof found);
    if (found.len == 0 || found.len >= m->len || found.flags & SO_EE_RFC4884_FLAG_INVALID)
        return;
    memset(m->quote, 0, PLUG_ICMP_QUOTE_MIN);
    memcpy(m->quote + PLUG_ICMP_QUOTE_MIN, m->bytes + found.len, m->len - found.len);
    m->answer.message = (struct plug_icmp){
        .family = t->family,
        .type = m->answer.type,
        .code = m->answer.code,
        .word =
            t->family == AF_INET ? PLUG_ICMP_QUOTE_MIN / 4 << 16 : PLUG_ICMP_QUOTE_MIN / 8 << 24,
        .body = m->quote,
        .body_len = PLUG_ICMP_QUOTE_MIN + m->len - found.len,
    };
    m->len = found.len;
}

static void note_error(const struct plug_traceroute *t, struct plug__tr_message *m)
{
    struct plug__tr_answer *a = &m->answer;

    a->from = m->err.offender;
    a->icmp = m->err.origin == PLUG_ORIGIN_ICMP || m->err.origin == PLUG_ORIGIN_ICMP6;
    a->type = m->err.type;
    a->code = m->err.code;
    a->mtu = m->err.error == -EMSGSIZE ? m->err.info : 0;
    if (a->icmp)
        find_extensions(t, m);
}

int plug__tr_read(struct plug_traceroute *t, struct plug_sock *s, int flags,
                  struct plug__tr_message *ret)
{
    _Alignas(struct cmsghdr) uint8_t control[PLUG__TR_CONTROL];
    struct plug_msg m = {.buf = ret->bytes,
                         .len = sizeof ret->bytes,
                         .control = control,
                         .control_room = sizeof control};
    ssize_t n = plug_sock_recvmsg(s, &m, flags | MSG_DONTWAIT);
    struct plug_cmsg c;
    int64_t stamp;

    if (n < 0)
        return (int)n;
    ret->len = (size_t)n;
    ret->has_err = false;
    ret->answer = (struct plug__tr_answer){.from = m.addr, .at = plug_now(), .reply_ttl = -1};
    for (size_t at = 0; plug_msg_next(&m, &at, &c);) {
        int value;
        if (plug_cmsg_err(&c, &ret->err))
            ret->has_err = true;
        else if (plug_cmsg_time(&c, &stamp))
            ret->answer.at = arrival(stamp);
        else if (c.type != SO_RXQ_OVFL && plug_cmsg_int(&c, &value))
            ret->answer.reply_ttl = value;
    }
    if (ret->has_err) {
        ret->err.dest = m.addr;
        note_error(t, ret);
    }
    return 0;
}

bool plug__tr_old_news(int error)
{
    return error == -ECONNREFUSED || error == -EHOSTUNREACH || error == -ENETUNREACH ||
           error == -EMSGSIZE || error == -EPROTO || error == -EACCES || error == -ENOPROTOOPT ||
           error == -EOPNOTSUPP;
}

static int drain(struct plug_traceroute *t, struct plug_sock *s, int flags,
                 plug__tr_heard_fn *heard, void *arg)
{
    struct plug__tr_message m;

    for (unsigned i = 0; i < DRAIN_MAX && !t->over; i++) {
        int r = plug__tr_read(t, s, flags, &m);
        if (r < 0 && !plug__tr_old_news(r))
            return r == -EAGAIN ? 0 : r;
        if (r >= 0 && m.has_err == !!flags)
            heard(arg, &m);
    }
    return 0;
}

void plug__tr_drain(struct plug_traceroute *t, struct plug_sock *s, plug__tr_heard_fn *heard,
                    void *arg)
{
    int r = drain(t, s, MSG_ERRQUEUE, heard, arg);

    if (r >= 0)
        r = drain(t, s, 0, heard, arg);
    if (r < 0 && !t->over)
        plug__tr_finish(t, PLUG_TRACEROUTE_END_ERROR, r);
    plug__tr_go(t);
}
