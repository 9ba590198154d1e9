/* SPDX-License-Identifier: MIT */
#ifndef NET_ADDR_PARTS_H
#define NET_ADDR_PARTS_H
/*
 * What the files of struct plug_addr share.
 *
 * Layer: net, private.
 */
#include "net/out.h"
#include <plug/addr.h>
#include <linux/netlink.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/un.h>

#define ADDR_UNIX_AT offsetof(struct sockaddr_un, sun_path)

/* The address under the eyes of its family; may_alias, for its declared type is another one. */
#define ADDR_AS(type, a) ((struct type __attribute__((may_alias)) *)(void *)&(a)->ss)
#define ADDR_IN(a)       ADDR_AS(sockaddr_in, a)
#define ADDR_IN6(a)      ADDR_AS(sockaddr_in6, a)
#define ADDR_UN(a)       ADDR_AS(sockaddr_un, a)
#define ADDR_NL(a)       ADDR_AS(sockaddr_nl, a)
#define ADDR_LL(a)       ADDR_AS(sockaddr_ll, a)
#define ADDR_VM(a)       ADDR_AS(sockaddr_vm, a)
#define ADDR_TIPC(a)     ADDR_AS(sockaddr_tipc, a)

/* Strict text of one IP address, len bytes of it; 0 or PLUG_EADDR (*ret_bytes then undefined). */
int plug__ip4_parse(const char *text, size_t len, uint8_t ret_bytes[4]);
int plug__ip6_parse(const char *text, size_t len, uint8_t ret_bytes[16]);
/* The same of either family with a scope, and a port; len bytes of text. */
int plug__addr_parse_ip(const char *text, size_t len, int family, uint16_t port,
                        struct plug_addr *ret_addr);
/* Do names of interfaces name a scope of this address (link-local unicast and multicast)? */
bool plug__ip6_scoped(const uint8_t bytes[16]);

void plug__ip4_text(struct plug__out *o, const uint8_t bytes[4]);
void plug__ip6_text(struct plug__out *o, const uint8_t bytes[16]);

#endif
