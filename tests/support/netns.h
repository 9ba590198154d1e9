/* SPDX-License-Identifier: MIT */
#ifndef NETNS_H
#define NETNS_H
/*
 * Networks that a test makes for itself, in network namespaces: nothing leaves them, and they go
 * with the process. Needs root or user namespaces, and ip(8); what is missing skips the test.
 *
 * The test:
 *   1. netns_own()                      this thread, and children and threads made from now on
 *   2. netns_chain(ns, n): own - ns[0] - ... - ns[n - 1], or netns_new and netns_veth by hand
 *   3. netns_do(ns[0], "ip route add ..."), netns_sysctl, netns_tun
 *
 * NETNS_OWN in place of a namespace means the test's own.
 */
#include <t.h>

#define NETNS_OWN   (-1)
#define NETNS_CHAIN 16 /* most routers in a chain */

/*
 * Enters a fresh namespace with lo up, for the rest of the test; again: nothing. Ping sockets are
 * allowed to every group in it. Call it first, while the test has no thread.
 */
void netns_own(void);

/* Another namespace with lo up: its descriptor, owned by the test. It forwards IPv4 and IPv6. */
int netns_new(void);

/*
 * Runs a command in ns, its words parted by blanks ('...' holds a word together); an exit code
 * other than 0 fails the test with what the command said, one that is not installed skips it.
 * netns_try: gives the exit code.
 */
void netns_do(int ns, const char *fmt, ...) PLUG_PRINTF(2, 3);
int netns_try(int ns, const char *fmt, ...) PLUG_PRINTF(2, 3);

/* Runs a command in ns, its standard input this text ("nft -f -"). */
void netns_feed(int ns, const char *text, const char *fmt, ...) PLUG_PRINTF(3, 4);

/*
 * /proc/sys/net/KEY in ns, "ipv4/icmp_ratelimit" say, which is 0 to begin with: no ICMP message is
 * held back. netns_sysctl_try: false where it cannot be set.
 */
void netns_sysctl(int ns, const char *key, const char *value);
bool netns_sysctl_try(int ns, const char *key, const char *value);

/* Calls fn(arg) with this thread in ns: a socket made there belongs to ns, wherever it is used. */
void netns_in(int ns, void (*fn)(void *arg), void *arg);

/*
 * A pair of linked interfaces, up, each with an IPv4 address and prefix length ("10.0.1.1/24") and,
 * unless NULL, an IPv6 one.
 */
struct netns_end {
    int ns;
    const char *name, *ip4, *ip6;
};
void netns_veth(const struct netns_end *a, const struct netns_end *b);

/*
 * A line of n namespaces behind the own one, with routes both ways: link i (from 1) has 10.99.i.1
 * at the near end and 10.99.i.2 at the far one, and fd99:i::1, fd99:i::2. So 10.99.n.2 is n hops
 * away.
 */
void netns_chain(int *ret_ns, int n);

/*
 * A TUN interface in the own namespace, up, with this address and prefix: IP packets to its network
 * are read from the descriptor, which is owned by the test, and what is written to it arrives.
 * ip6 may be NULL.
 */
int netns_tun(const char *name, const char *ip4, const char *ip6);

#endif
