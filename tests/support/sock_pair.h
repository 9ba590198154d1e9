/* SPDX-License-Identifier: MIT */
#ifndef SOCK_PAIR_H
#define SOCK_PAIR_H
/* Sockets that the frame closes after the test. */
#include <plug.h>

/* Two connected UNIX sockets. */
void pair(struct plug_sock *p[2], int type);
/* A listener on 127.0.0.1 or ::1, and its address. */
struct plug_sock *tcp_listener(int family, struct plug_addr *ret_addr);
/* Client and accepted server side of a TCP connection over loopback. */
void tcp_pair(struct plug_sock **ret_client, struct plug_sock **ret_server);
/* A UDP socket bound to an ephemeral loopback port, and its address. */
struct plug_sock *udp_bound(int family, struct plug_addr *ret_addr);
/* Fills the queue of a TCP listener: further SYNs are dropped, so that connect hangs. */
void fill_queue(struct plug_sock *l, const struct plug_addr *addr);
/* Closed by the frame: s itself. */
struct plug_sock *own(struct plug_sock *s);
/* Closes it now. */
void end(struct plug_sock *s);
/* Skips the test where the machine has no IPv6. */
void need_ipv6(void);

#endif
