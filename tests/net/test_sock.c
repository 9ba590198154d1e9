/* SPDX-License-Identifier: MIT */
/* Sockets: life, facts, bytes, ends. */
#include "sock_pair.h"
#include <t.h>

#include <netinet/in.h>
#include <string.h>

T_TEST(pair_carries_bytes_both_ways)
{
    struct plug_sock *p[2];
    char b[8];
    pair(p, SOCK_STREAM);
    T_EQ(T_OK(plug_sock_send(p[0], "ping", 4, 0)), 4);
    T_EQ(T_OK(plug_sock_recv(p[1], b, sizeof b, 0)), 4);
    T_MEM(b, "ping", 4);
    T_OK(plug_sock_send_all(p[1], "pong!", 5, NULL));
    T_OK(plug_sock_recv_exact(p[0], b, 5, NULL));
    T_MEM(b, "pong!", 5);
}

T_TEST(tcp_connects_and_accepts)
{
    struct plug_sock *c, *s;
    struct plug_addr a, b;
    tcp_pair(&c, &s);
    T_OK(plug_sock_local(c, &a));
    T_OK(plug_sock_peer(s, &b));
    T_TRUE(plug_addr_equal(&a, &b));
    T_EQ(plug_sock_family(s), AF_INET);
    T_EQ(plug_sock_type(s), SOCK_STREAM);
    T_TRUE(plug_sock_timeout(s) == PLUG_FOREVER);
}
