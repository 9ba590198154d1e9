/* SPDX-License-Identifier: MIT */
#ifndef PLUG_CONSTANT_H
#define PLUG_CONSTANT_H
/*
 * The numbers of the socket headers by their names, both ways: AF_ PF_ SOCK_ IPPROTO_ SOL_ SO_
 * SHUT_ MSG_ SCM_ AI_ NI_ EAI_ INADDR_ IPPORT_ IP_ MCAST_ IPV6_ TCP_ UDP_ UDPLITE_ NETLINK_ PACKET_
 * ETH_P_ ETHERTYPE_ IFF_ TIPC_ VMADDR_ ALG_ CAN_ J1939_ POLL EPOLL, SOMAXCONN and others: for
 * bindings, for messages, for tables.
 *
 * Layer: net. Static tables; numbers are those of the headers plug was built with.
 *
 * The caller:
 *   1. plug_constant_text("IPPROTO_", 132, b, sizeof b) gives "IPPROTO_SCTP", or "132" without a
 *      name: it never fails
 *   2. for (c = NULL; (c = plug_constant_next("AF_", c));) ... c->name, c->value
 *
 * A prefix is everything before the part that varies, with its underscore: "SO_", not "SO". Several
 * names of one prefix may share a number; the canonical one is AF_UNIX (not AF_LOCAL), AF_NETLINK
 * (not AF_ROUTE), IPPROTO_IP, SOCK_STREAM, INADDR_BROADCAST: the name of the thing itself before
 * its aliases and before names of another kind that only begin alike (TCP_NODELAY before
 * TCP_ESTABLISHED). All functions: any thread, any fiber.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

struct plug_constant {
    const char *name;
    int64_t value;
};

/*
 * The one after prev (NULL: the first) whose name begins with prefix (NULL or "": any); NULL at the
 * end. Canonical names come before their aliases. prev must come from this function.
 */
PLUG_API const struct plug_constant *plug_constant_next(const char *prefix,
                                                        const struct plug_constant *prev);
/* The number of a name, with case. 0, PLUG_ECONSTANT. */
PLUG_API PLUG_MUST int plug_constant_value(const char *name, int64_t *ret_value);
/* The canonical name of a number among those with the prefix; static; NULL when it has none. */
PLUG_API const char *plug_constant_name(const char *prefix, int64_t value);
/* The same, with the number in decimal where there is no name. The whole length, as snprintf. */
PLUG_API size_t plug_constant_text(const char *prefix, int64_t value, char *buf, size_t len);
/*
 * A set of flags, "AI_PASSIVE|AI_CANONNAME", what has no name in hexadecimal at the end
 * ("MSG_PEEK|0x80000000"), "0" for none. The whole length, as snprintf.
 */
PLUG_API size_t plug_constant_flags(const char *prefix, uint64_t flags, char *buf, size_t len);

PLUG_END_DECLS
#endif
