/* SPDX-License-Identifier: MIT */
#include "sock_pair.h"
#include "t.h"

struct plug_sock *own(struct plug_sock *s)
{
    T_OWN(plug_sock_close, s);
    return s;
}

void end(struct plug_sock *s)
{
    t_disown(s);
    plug_sock_close(s);
}

void pair(struct plug_sock *p[2], int type)
{
    T_OK(plug_sock_pair(p, AF_UNIX, type, 0));
    own(p[0]);
    own(p[1]);
}

static struct plug_sock *bound(int family, int type, struct plug_addr *ret_addr)
{
    struct plug_sock *s;
    T_OK(plug_sock_open(&s, family, type, 0));
    own(s);
    T_OK(plug_addr_loopback(family, 0, ret_addr));
    T_OK(plug_sock_bind(s, ret_addr));
    T_OK(plug_sock_local(s, ret_addr));
    return s;
}

struct plug_sock *tcp_listener(int family, struct plug_addr *ret_addr)
{
    struct plug_sock *s = bound(family, SOCK_STREAM, ret_addr);
    T_OK(plug_sock_listen(s, -1));
    return s;
}

struct plug_sock *udp_bound(int family, struct plug_addr *ret_addr)
{
    return bound(family, SOCK_DGRAM, ret_addr);
}

void tcp_pair(struct plug_sock **ret_client, struct plug_sock **ret_server)
{
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr);
    T_OK(plug_sock_open(ret_client, AF_INET, SOCK_STREAM, 0));
    own(*ret_client);
    T_OK(plug_sock_connect(*ret_client, &addr));
    T_OK(plug_sock_accept(l, ret_server, NULL));
    own(*ret_server);
    end(l);
}

void need_ipv6(void)
{
    struct plug_addr addr;
    struct plug_sock *s;
    T_OK(plug_addr_loopback(AF_INET6, 0, &addr));
    int r = plug_sock_open(&s, AF_INET6, SOCK_DGRAM, 0);
    if (r == -EAFNOSUPPORT)
        T_SKIP("no IPv6 here");
    T_OK(r);
    own(s);
    r = plug_sock_bind(s, &addr);
    if (r == -EADDRNOTAVAIL)
        T_SKIP("no IPv6 loopback here");
    T_OK(r);
    end(s);
}

void fill_queue(struct plug_sock *l, const struct plug_addr *addr)
{
    T_OK(plug_sock_listen(l, 0));
    for (int i = 0; i < 4; i++) {
        struct plug_sock *c;
        T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
        own(c);
        T_OK(plug_sock_set_blocking(c, false));
        int r = plug_sock_connect(c, addr);
        if (r != -EINPROGRESS)
            T_OK(r);
    }
}
