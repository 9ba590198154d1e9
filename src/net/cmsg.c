/* SPDX-License-Identifier: MIT */
/* Control data: building it, walking through it, and what the items mean. */
#include "net/sock_impl.h"

#include <errno.h>
#include <limits.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <plug/err.h>
#include <plug/msg.h>
#include <string.h>
#include <time.h>

#define HEADER CMSG_LEN(0)

int plug_cmsg_len(size_t n, size_t *ret_len)
{
    if (n > INT_MAX - HEADER)
        return PLUG_ERANGE;
    *ret_len = CMSG_LEN(n);
    return 0;
}

int plug_cmsg_space(size_t n, size_t *ret_space)
{
    if (n > INT_MAX - CMSG_SPACE(1)) /* the same bound as Python's */
        return PLUG_ERANGE;
    *ret_space = CMSG_SPACE(n);
    return 0;
}

int plug_msg_put(struct plug_msg *msg, int level, int type, const void *bytes, size_t len)
{
    size_t space;
    int r = plug_cmsg_space(len, &space);
    if (r < 0)
        return r;
    if (msg->control_len > msg->control_room || space > msg->control_room - msg->control_len)
        return -ENOSPC;
    struct cmsghdr h = {.cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type};
    uint8_t *to = (uint8_t *)msg->control + msg->control_len;
    memset(to, 0, space);
    memcpy(to, &h, sizeof h);
    if (len)
        memcpy(to + HEADER, bytes, len);
    msg->control_len += space;
    return 0;
}

bool plug_msg_next(const struct plug_msg *msg, size_t *at, struct plug_cmsg *ret_item)
{
    struct cmsghdr h;
    size_t left = *at < msg->control_len ? msg->control_len - *at : 0;
    if (left < HEADER)
        return false;
    const uint8_t *from = (const uint8_t *)msg->control + *at;
    memcpy(&h, from, sizeof h);
    if (h.cmsg_len < HEADER)
        return false; /* nonsense: there is no way to go on */
    bool beyond = h.cmsg_len > left;
    size_t len = beyond ? left : h.cmsg_len;
    size_t step = len >= left ? left : CMSG_ALIGN(len);
    bool last = step >= left;
    *ret_item = (struct plug_cmsg){.level = h.cmsg_level,
                                   .type = h.cmsg_type,
                                   .data = from + HEADER,
                                   .len = len - HEADER,
                                   .cut = beyond || (last && (msg->flags & MSG_CTRUNC))};
    *at += last ? left : step;
    return true;
}

/* --- what items mean ------------------------------------------------------------------- */

static bool is(const struct plug_cmsg *c, int level, int type, size_t len)
{
    return c->level == level && c->type == type && c->len >= len;
}

/* The kernel gives a TOS as one byte and everything else as an int. */
bool plug_cmsg_int(const struct plug_cmsg *item, int *ret_value)
{
    int value;
    if (is(item, IPPROTO_IP, IP_TOS, 1)) {
        *ret_value = *(const uint8_t *)item->data;
        return true;
    }
    if (!is(item, IPPROTO_IP, IP_TTL, sizeof value) &&
        !is(item, IPPROTO_IPV6, IPV6_HOPLIMIT, sizeof value) &&
        !is(item, IPPROTO_IPV6, IPV6_TCLASS, sizeof value) &&
        !is(item, SOL_SOCKET, SO_RXQ_OVFL, sizeof value))
        return false;
    memcpy(&value, item->data, sizeof value);
    *ret_value = value;
    return true;
}

/* False past the year 2262, which no honest kernel tells. */
static bool nanoseconds(int64_t seconds, int64_t rest, int64_t *ret_time)
{
    int64_t time;

    if (__builtin_mul_overflow(seconds, PLUG_S(1), &time) ||
        __builtin_add_overflow(time, rest, &time))
        return false;
    *ret_time = time;
    return true;
}

bool plug_cmsg_time(const struct plug_cmsg *item, int64_t *ret_time)
{
    struct timespec ts;
    struct timeval tv;
    if (is(item, SOL_SOCKET, SO_TIMESTAMP, sizeof tv)) {
        memcpy(&tv, item->data, sizeof tv);
        return tv.tv_usec >= 0 && tv.tv_usec < 1000000 &&
               nanoseconds(tv.tv_sec, PLUG_US(tv.tv_usec), ret_time);
    }
    if (!is(item, SOL_SOCKET, SO_TIMESTAMPNS, sizeof ts) &&
        !is(item, SOL_SOCKET, SO_TIMESTAMPING, sizeof ts))
        return false;
    memcpy(&ts, item->data, sizeof ts); /* the first of three is the software's */
    return nanoseconds(ts.tv_sec, ts.tv_nsec, ret_time);
}

bool plug_cmsg_pktinfo(const struct plug_cmsg *item, struct plug_pktinfo *ret_info)
{
    struct in_pktinfo four;
    struct in6_pktinfo six;
    if (is(item, IPPROTO_IP, IP_PKTINFO, sizeof four)) {
        memcpy(&four, item->data, sizeof four);
        plug_addr_ip4((const uint8_t *)&four.ipi_addr, 0, &ret_info->addr);
        ret_info->ifindex = (unsigned)four.ipi_ifindex;
        return true;
    }
    if (!is(item, IPPROTO_IPV6, IPV6_PKTINFO, sizeof six))
        return false;
    memcpy(&six, item->data, sizeof six);
    unsigned scope = IN6_IS_ADDR_LINKLOCAL(&six.ipi6_addr) ? six.ipi6_ifindex : 0;
    ret_info->ifindex = six.ipi6_ifindex;
    return plug_addr_ip6(six.ipi6_addr.s6_addr, 0, 0, scope, &ret_info->addr) >= 0;
}

int plug_msg_put_pktinfo(struct plug_msg *msg, const struct plug_pktinfo *info)
{
    struct in_pktinfo four = {.ipi_ifindex = (int)info->ifindex};
    struct in6_pktinfo six = {.ipi6_ifindex = info->ifindex};
    size_t len;
    const void *bytes = plug_addr_bytes(&info->addr, &len);
    switch (plug_addr_family(&info->addr)) {
    case AF_INET:
        memcpy(&four.ipi_spec_dst, bytes, sizeof four.ipi_spec_dst);
        return plug_msg_put(msg, IPPROTO_IP, IP_PKTINFO, &four, sizeof four);
    case AF_INET6:
        memcpy(&six.ipi6_addr, bytes, sizeof six.ipi6_addr);
        return plug_msg_put(msg, IPPROTO_IPV6, IPV6_PKTINFO, &six, sizeof six);
    default:
        return -EAFNOSUPPORT;
    }
}

bool plug_cmsg_cred(const struct plug_cmsg *item, struct plug_cred *ret_cred)
{
    struct ucred u;
    if (!is(item, SOL_SOCKET, SCM_CREDENTIALS, sizeof u))
        return false;
    memcpy(&u, item->data, sizeof u);
    *ret_cred = (struct plug_cred){u.pid, u.uid, u.gid};
    return true;
}

int plug_msg_put_cred(struct plug_msg *msg, const struct plug_cred *cred)
{
    struct ucred u = {cred->pid, cred->uid, cred->gid};
    return plug_msg_put(msg, SOL_SOCKET, SCM_CREDENTIALS, &u, sizeof u);
}

/* --- errors of sent datagrams ---------------------------------------------------------- */

static enum plug_sock_err_origin origin_of(uint8_t origin)
{
    switch (origin) {
    case SO_EE_ORIGIN_LOCAL:
        return PLUG_ORIGIN_LOCAL;
    case SO_EE_ORIGIN_ICMP:
        return PLUG_ORIGIN_ICMP;
    case SO_EE_ORIGIN_ICMP6:
        return PLUG_ORIGIN_ICMP6;
    case SO_EE_ORIGIN_TXSTATUS: /* and timestamping, which shares the number */
        return PLUG_ORIGIN_TXSTATUS;
    case SO_EE_ORIGIN_ZEROCOPY:
        return PLUG_ORIGIN_ZEROCOPY;
    case SO_EE_ORIGIN_TXTIME:
        return PLUG_ORIGIN_TXTIME;
    default:
        return PLUG_ORIGIN_NONE;
    }
}

/* The address behind the struct; its family says how long it is. */
static void offender_of(const uint8_t *bytes, size_t len, struct plug_addr *ret_addr)
{
    struct sockaddr_storage ss;
    memset(&ss, 0, sizeof ss);
    memcpy(&ss, bytes, len < sizeof ss ? len : sizeof ss);
    socklen_t want = ss.ss_family == AF_INET    ? sizeof(struct sockaddr_in)
                     : ss.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                : 0;
    memset(ret_addr, 0, sizeof *ret_addr);
    if (want && want <= len)
        (void)!plug_addr_from_sockaddr((struct sockaddr *)&ss, want, ret_addr);
}

bool plug_cmsg_err(const struct plug_cmsg *item, struct plug_sock_err *ret_err)
{
    struct sock_extended_err e;
    if (!is(item, IPPROTO_IP, IP_RECVERR, sizeof e) &&
        !is(item, IPPROTO_IPV6, IPV6_RECVERR, sizeof e))
        return false;
    memcpy(&e, item->data, sizeof e);
    memset(ret_err, 0, sizeof *ret_err);
    ret_err->error = -(int)e.ee_errno;
    ret_err->origin = origin_of(e.ee_origin);
    ret_err->type = e.ee_type;
    ret_err->code = e.ee_code;
    ret_err->info = e.ee_info;
    ret_err->data = e.ee_data;
    offender_of((const uint8_t *)item->data + sizeof e, item->len - sizeof e, &ret_err->offender);
    return true;
}

int plug_sock_recv_err(struct plug_sock *s, void *buf, size_t len, struct plug_sock_err *ret_err)
{
    uint8_t control[512];
    struct plug_msg m = {
        .buf = buf, .len = buf ? len : 0, .control = control, .control_room = sizeof control};
    ssize_t n = plug_sock_recvmsg(s, &m, MSG_ERRQUEUE);
    if (n < 0)
        return (int)n;
    struct plug_cmsg item;
    struct plug_sock_err err = {0};
    for (size_t at = 0; plug_msg_next(&m, &at, &item);)
        if (plug_cmsg_err(&item, &err))
            break;
    err.dest = m.addr;
    err.len = (size_t)n;
    err.flags = m.flags & MSG_TRUNC;
    *ret_err = err;
    return 0;
}
