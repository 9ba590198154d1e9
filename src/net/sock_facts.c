/* SPDX-License-Identifier: MIT */
/* What a socket handle can tell about itself, and its timeout. */
#include "net/sock_impl.h"
#include "base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <plug/sys.h>
#include <stdio.h>
#include <sys/ioctl.h>

int plug_sock_fd(const struct plug_sock *s)
{
    PLUG_ASSERT(s);
    return s->fd;
}

int plug_sock_family(const struct plug_sock *s)
{
    PLUG_ASSERT(s);
    return s->family;
}

int plug_sock_type(const struct plug_sock *s)
{
    PLUG_ASSERT(s);
    return s->type;
}

int plug_sock_proto(const struct plug_sock *s)
{
    PLUG_ASSERT(s);
    return s->proto;
}

int64_t plug_sock_timeout(const struct plug_sock *s)
{
    PLUG_ASSERT(s);
    return s->timeout;
}

int plug_sock_set_timeout(struct plug_sock *s, int64_t timeout)
{
    PLUG_ASSERT(s);
    if (timeout < 0)
        timeout = PLUG_FOREVER;
    int r = plug__sock_nonblock(s, timeout != PLUG_FOREVER);
    if (r >= 0)
        s->timeout = timeout;
    return r;
}

bool plug_sock_blocking(const struct plug_sock *s)
{
    PLUG_ASSERT(s);
    return s->timeout != PLUG_NOWAIT;
}

int plug_sock_set_blocking(struct plug_sock *s, bool blocking)
{
    return plug_sock_set_timeout(s, blocking ? PLUG_FOREVER : PLUG_NOWAIT);
}

int plug_sock_inheritable(const struct plug_sock *s)
{
    PLUG_ASSERT(s);
    int flags = plug_sys()->fcntl(s->fd, F_GETFD, 0);
    return flags < 0 ? flags : !(flags & FD_CLOEXEC);
}

int plug_sock_set_inheritable(struct plug_sock *s, bool inheritable)
{
    PLUG_ASSERT(s);
    int flags = plug_sys()->fcntl(s->fd, F_GETFD, 0);
    if (flags < 0)
        return flags;
    flags = inheritable ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC;
    return plug_sys()->fcntl(s->fd, F_SETFD, flags);
}

int plug_sock_local(const struct plug_sock *s, struct plug_addr *ret_addr)
{
    PLUG_ASSERT(s);
    struct plug_addr a = PLUG__ADDR_ROOM;
    int r = plug_sys()->getsockname(s->fd, &a.sa, &a.len);
    if (r >= 0)
        *ret_addr = a;
    return r;
}

int plug_sock_peer(const struct plug_sock *s, struct plug_addr *ret_addr)
{
    PLUG_ASSERT(s);
    struct plug_addr a = PLUG__ADDR_ROOM;
    int r = plug_sys()->getpeername(s->fd, &a.sa, &a.len);
    if (r >= 0)
        *ret_addr = a;
    return r;
}

int plug_sock_pending(const struct plug_sock *s, int *ret_in, int *ret_out)
{
    PLUG_ASSERT(s);
    int in = 0, out = 0, r = 0;
    if (ret_in)
        r = plug_sys()->ioctl(s->fd, FIONREAD, &in);
    if (r >= 0 && ret_out)
        r = plug_sys()->ioctl(s->fd, SIOCOUTQ, &out);
    if (r < 0)
        return r;
    if (ret_in)
        *ret_in = in;
    if (ret_out)
        *ret_out = out;
    return 0;
}

int plug_sock_atmark(const struct plug_sock *s)
{
    PLUG_ASSERT(s);
    int mark = 0;
    int r = plug_sys()->ioctl(s->fd, SIOCATMARK, &mark);
    return r < 0 ? r : mark != 0;
}

static const char *kind_name(const struct plug_sock *s)
{
    bool ip = s->family == AF_INET || s->family == AF_INET6;
    switch (s->type) {
    case SOCK_STREAM:
        return ip ? "tcp" : "stream";
    case SOCK_DGRAM:
        return ip && s->proto != IPPROTO_ICMP && s->proto != IPPROTO_ICMPV6 ? "udp" : "dgram";
    case SOCK_SEQPACKET:
        return "seqpacket";
    case SOCK_RAW:
        return "raw";
    default:
        return "socket";
    }
}

/* "127.0.0.1:80", "-" where the socket has no such name. */
static void name_text(int r, const struct plug_addr *a, char text[PLUG_ADDR_TEXT])
{
    if (r < 0 || plug_addr_text(a, text, PLUG_ADDR_TEXT) == 0)
        snprintf(text, PLUG_ADDR_TEXT, "-");
}

size_t plug_sock_describe(const struct plug_sock *s, char *buf, size_t len)
{
    PLUG_ASSERT(s);
    struct plug_addr a;
    char local[PLUG_ADDR_TEXT], peer[PLUG_ADDR_TEXT];
    name_text(plug_sock_local(s, &a), &a, local);
    int r = plug_sock_peer(s, &a);
    name_text(r, &a, peer);
    int n = r < 0 ? snprintf(buf, len, "%s %s fd %d", kind_name(s), local, s->fd)
                  : snprintf(buf, len, "%s %s -> %s fd %d", kind_name(s), local, peer, s->fd);
    return (size_t)n;
}
