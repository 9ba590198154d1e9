/* SPDX-License-Identifier: MIT */
/* Socket options: one table, one setter, one getter. */
#include "net/sock_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <limits.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <plug/err.h>
#include <plug/sockopt.h>
#include <plug/sys.h>
#include <string.h>

struct option {
    const char *name;
    enum plug_sockopt_unit unit;
    int level, number;   /* level IPPROTO_IP: the IPv4 one; -1: the family has none */
    int number6;         /* the IPv6 twin at IPPROTO_IPV6; 0: none */
    int64_t kernel_unit; /* nanoseconds of one, for durations */
};

#define SOCKET(opt)   SOL_SOCKET, opt, 0, 0
#define TCP(opt)      IPPROTO_TCP, opt, 0, 0
#define IP(opt, opt6) IPPROTO_IP, opt, opt6, 0
#define IP6(opt6)     IPPROTO_IP, -1, opt6, 0

#define OF_REUSE_ADDR         SOCKET(SO_REUSEADDR)
#define OF_REUSE_PORT         SOCKET(SO_REUSEPORT)
#define OF_BROADCAST          SOCKET(SO_BROADCAST)
#define OF_KEEPALIVE          SOCKET(SO_KEEPALIVE)
#define OF_KEEPALIVE_IDLE     IPPROTO_TCP, TCP_KEEPIDLE, 0, PLUG_S(1)
#define OF_KEEPALIVE_INTERVAL IPPROTO_TCP, TCP_KEEPINTVL, 0, PLUG_S(1)
#define OF_KEEPALIVE_COUNT    TCP(TCP_KEEPCNT)
#define OF_USER_TIMEOUT       IPPROTO_TCP, TCP_USER_TIMEOUT, 0, PLUG_MS(1)
#define OF_LINGER             SOL_SOCKET, SO_LINGER, 0, PLUG_S(1)
#define OF_NODELAY            TCP(TCP_NODELAY)
#define OF_CORK               TCP(TCP_CORK)
#define OF_QUICKACK           TCP(TCP_QUICKACK)
#define OF_DEFER_ACCEPT       IPPROTO_TCP, TCP_DEFER_ACCEPT, 0, PLUG_S(1)
#define OF_FASTOPEN           TCP(TCP_FASTOPEN)
#define OF_FASTOPEN_CONNECT   TCP(TCP_FASTOPEN_CONNECT)
#define OF_SYN_COUNT          TCP(TCP_SYNCNT)
#define OF_MAX_SEGMENT        TCP(TCP_MAXSEG)
#define OF_NOTSENT_LOW        TCP(TCP_NOTSENT_LOWAT)
#define OF_CONGESTION         TCP(TCP_CONGESTION)
#define OF_SEND_BUFFER        SOCKET(SO_SNDBUF)
#define OF_RECV_BUFFER        SOCKET(SO_RCVBUF)
#define OF_RECV_LOW           SOCKET(SO_RCVLOWAT)
#define OF_PRIORITY           SOCKET(SO_PRIORITY)
#define OF_MARK               SOCKET(SO_MARK)
#define OF_INCOMING_CPU       SOCKET(SO_INCOMING_CPU)
#define OF_BUSY_POLL          SOL_SOCKET, SO_BUSY_POLL, 0, PLUG_US(1)
#define OF_BIND_DEVICE        SOCKET(SO_BINDTODEVICE)
#define OF_DONT_ROUTE         SOCKET(SO_DONTROUTE)
#define OF_OOB_INLINE         SOCKET(SO_OOBINLINE)
#define OF_TIMESTAMPS         SOCKET(SO_TIMESTAMPNS)
#define OF_DROP_COUNT         SOCKET(SO_RXQ_OVFL)
#define OF_PASS_CRED          SOCKET(SO_PASSCRED)
#define OF_V6ONLY             IP6(IPV6_V6ONLY)
#define OF_TTL                IP(IP_TTL, IPV6_UNICAST_HOPS)
#define OF_TOS                IP(IP_TOS, IPV6_TCLASS)
#define OF_RECV_TTL           IP(IP_RECVTTL, IPV6_RECVHOPLIMIT)
#define OF_RECV_TOS           IP(IP_RECVTOS, IPV6_RECVTCLASS)
#define OF_PKTINFO            IP(IP_PKTINFO, IPV6_RECVPKTINFO)
#define OF_RECVERR            IP(IP_RECVERR, IPV6_RECVERR)
#define OF_FREEBIND           IP(IP_FREEBIND, IPV6_FREEBIND)
#define OF_TRANSPARENT        IP(IP_TRANSPARENT, IPV6_TRANSPARENT)
#define OF_HEADER_INCLUDED    IP(IP_HDRINCL, IPV6_HDRINCL)
#define OF_MTU_DISCOVER       IP(IP_MTU_DISCOVER, IPV6_MTU_DISCOVER)
#define OF_MTU                IP(IP_MTU, IPV6_MTU)
#define OF_MULTICAST_TTL      IP(IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS)
#define OF_MULTICAST_LOOP     IP(IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP)
#define OF_MULTICAST_ALL      IP(IP_MULTICAST_ALL, IPV6_MULTICAST_ALL)
#define OF_DOMAIN             SOCKET(SO_DOMAIN)
#define OF_TYPE               SOCKET(SO_TYPE)
#define OF_PROTOCOL           SOCKET(SO_PROTOCOL)
#define OF_ACCEPTING          SOCKET(SO_ACCEPTCONN)

static const struct option options[PLUG_SO_COUNT] = {
#define OPTION(symbol, text, unit_) [PLUG_SO_##symbol] = {text, PLUG_UNIT_##unit_, OF_##symbol},
    PLUG_SOCKOPT_MAP(OPTION)
#undef OPTION
};

static const struct option *find(int opt)
{
    return opt >= 0 && opt < PLUG_SO_COUNT ? &options[opt] : NULL;
}

const char *plug_sockopt_name(int opt)
{
    const struct option *o = find(opt);
    return o ? o->name : NULL;
}

int plug_sockopt_find(const char *name)
{
    for (int i = 0; i < PLUG_SO_COUNT; i++)
        if (strcmp(options[i].name, name) == 0)
            return i;
    return -ENOPROTOOPT;
}

enum plug_sockopt_unit plug_sockopt_unit(int opt)
{
    const struct option *o = find(opt);
    return o ? o->unit : PLUG_UNIT_NUMBER;
}

/* --- by number ------------------------------------------------------------------------- */

int plug_sock_getopt(const struct plug_sock *s, int level, int name, void *ret_value, size_t *len)
{
    PLUG_ASSERT(s);
    if (*len > INT_MAX)
        return PLUG_ERANGE;
    socklen_t n = (socklen_t)*len;
    int r = plug_sys()->getsockopt(s->fd, level, name, ret_value, &n);
    if (r >= 0)
        *len = n;
    return r;
}

int plug_sock_setopt(struct plug_sock *s, int level, int name, const void *value, size_t len)
{
    PLUG_ASSERT(s);
    if (len > INT_MAX)
        return PLUG_ERANGE;
    return plug_sys()->setsockopt(s->fd, level, name, value, (socklen_t)len);
}

int plug_sock_getopt_int(const struct plug_sock *s, int level, int name, int *ret_value)
{
    int value = 0;
    size_t len = sizeof value;
    int r = plug_sock_getopt(s, level, name, &value, &len);
    if (r < 0)
        return r;
    *ret_value = len == 1 ? *(uint8_t *)&value : value; /* IP_MULTICAST_TTL and friends */
    return 0;
}

int plug_sock_setopt_int(struct plug_sock *s, int level, int name, int value)
{
    return plug_sock_setopt(s, level, name, &value, sizeof value);
}

int plug_sock_error(struct plug_sock *s, int *ret_error)
{
    int error;
    int r = plug_sock_getopt_int(s, SOL_SOCKET, SO_ERROR, &error);
    if (r >= 0)
        *ret_error = -error;
    return r;
}

/* --- by name --------------------------------------------------------------------------- */

/* Level and number for the family of s; false when it has no such option. */
static bool place(const struct plug_sock *s, const struct option *o, int *level, int *number)
{
    bool six = o->level == IPPROTO_IP && s->family == AF_INET6;
    *level = six ? IPPROTO_IPV6 : o->level;
    *number = six ? o->number6 : o->number;
    return six ? o->number6 != 0 : o->number >= 0;
}

/* The value in the kernel's unit, rounded up. */
static int to_kernel(const struct option *o, int64_t value, int *ret)
{
    if (o->unit == PLUG_UNIT_BOOL)
        value = value != 0;
    if (o->unit == PLUG_UNIT_DURATION && value > 0)
        value = (value - 1) / o->kernel_unit + 1;
    bool negative_ok = o->unit == PLUG_UNIT_NUMBER;
    /* marks are 32 bits without a sign */
    int64_t max = o->number == SO_MARK && o->level == SOL_SOCKET ? UINT32_MAX : INT_MAX;
    if (value > max || value < (negative_ok ? INT_MIN : 0))
        return PLUG_ERANGE;
    *ret = (int)(uint32_t)value;
    return 0;
}

static int64_t from_kernel(const struct option *o, int value)
{
    if (o->number == SO_MARK && o->level == SOL_SOCKET)
        return (uint32_t)value;
    return o->unit == PLUG_UNIT_DURATION ? value * o->kernel_unit : value;
}

static int set_linger(struct plug_sock *s, const struct option *o, int64_t value)
{
    struct linger l = {value != PLUG_FOREVER, 0};
    int r = l.l_onoff ? to_kernel(o, value, &l.l_linger) : 0;
    return r < 0 ? r : plug_sock_setopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof l);
}

static int get_linger(const struct plug_sock *s, int64_t *ret_value)
{
    struct linger l;
    size_t len = sizeof l;
    int r = plug_sock_getopt(s, SOL_SOCKET, SO_LINGER, &l, &len);
    if (r >= 0)
        *ret_value = l.l_onoff ? PLUG_S(l.l_linger) : PLUG_FOREVER;
    return r;
}

int plug_sockopt_set(struct plug_sock *s, int opt, int64_t value)
{
    PLUG_ASSERT(s);
    const struct option *o = find(opt);
    int level, number, v;
    if (!o || o->unit == PLUG_UNIT_TEXT || !place(s, o, &level, &number))
        return -ENOPROTOOPT;
    if (opt == PLUG_SO_LINGER)
        return set_linger(s, o, value);
    int r = to_kernel(o, value, &v);
    if (r < 0)
        return r;
    r = plug_sock_setopt_int(s, level, number, v);
    if (r >= 0 && level == IPPROTO_IPV6 && o->number >= 0) {
        int twin = plug_sock_setopt_int(s, IPPROTO_IP, o->number, v);
        (void)twin; /* an IPv6-only socket has no use for it */
    }
    return r;
}

int plug_sockopt_get(const struct plug_sock *s, int opt, int64_t *ret_value)
{
    PLUG_ASSERT(s);
    const struct option *o = find(opt);
    int level, number, v;
    if (!o || o->unit == PLUG_UNIT_TEXT || !place(s, o, &level, &number))
        return -ENOPROTOOPT;
    if (opt == PLUG_SO_LINGER)
        return get_linger(s, ret_value);
    int r = plug_sock_getopt_int(s, level, number, &v);
    if (r >= 0)
        *ret_value = from_kernel(o, v);
    return r;
}

int plug_sockopt_set_text(struct plug_sock *s, int opt, const char *text)
{
    PLUG_ASSERT(s);
    const struct option *o = find(opt);
    if (!o || o->unit != PLUG_UNIT_TEXT)
        return -ENOPROTOOPT;
    return plug_sock_setopt(s, o->level, o->number, text, strlen(text));
}

int plug_sockopt_get_text(const struct plug_sock *s, int opt, char *buf, size_t len)
{
    PLUG_ASSERT(s);
    const struct option *o = find(opt);
    if (!o || o->unit != PLUG_UNIT_TEXT)
        return -ENOPROTOOPT;
    char text[64] = "";
    size_t got = sizeof text - 1;
    int r = plug_sock_getopt(s, o->level, o->number, text, &got);
    if (r < 0)
        return r;
    size_t n = strnlen(text, got);
    if (n >= len)
        return -ENOSPC;
    memcpy(buf, text, n);
    buf[n] = '\0';
    return (int)n;
}
