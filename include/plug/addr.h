/* SPDX-License-Identifier: MIT */
#ifndef PLUG_ADDR_H
#define PLUG_ADDR_H
/*
 * Socket addresses as plain values: any family, no heap, no destructor.
 *
 * Layer: net. Pure but for interface names of scopes (fe80::1%eth0), which ask the system.
 *
 * The caller:
 *   1. struct plug_addr a; plug_addr_parse("[2001:db8::1]:80", &a)      strict, never DNS
 *      or plug_addr_ip4/_ip6/_unix/... or plug_addr_from_sockaddr
 *   2. hands &a to plug_sock_bind, plug_sock_connect, plug_sock_sendto ...
 *   3. char t[PLUG_ADDR_TEXT]; plug_addr_text(&a, t, sizeof t)          canonical, RFC 5952
 *
 * All functions: any thread, any fiber.
 */
#include <plug/base.h>
#include <sys/socket.h>

PLUG_BEGIN_DECLS

#define PLUG_ADDR_TEXT 512 /* room for every text form, escaped, with its NUL */

/* {0} is the valid "no address" (family AF_UNSPEC). Copy it freely. */
struct plug_addr {
    union {
        struct sockaddr sa;
        struct sockaddr_storage ss;
    };
    socklen_t len; /* length of the sockaddr; tells unnamed from abstract UNIX names */
};

/* --- from text ------------------------------------------------------------------------- */

/*
 * Strict numeric text, with or without a port:
 *   192.0.2.1  192.0.2.1:80  2001:db8::1  [2001:db8::1]:80  fe80::1%eth0  [fe80::1%2]:80
 * Four decimal parts without leading zeros for IPv4 (RFC 6943 3.1.1); RFC 4291 2.2 for IPv6; a
 * missing port is 0. A scope is an interface's index (not checked) or, for link-local addresses,
 * its name. 0, PLUG_EADDR, PLUG_EPORT, PLUG_ESCOPE (no such interface).
 */
PLUG_API PLUG_MUST int plug_addr_parse(const char *text, struct plug_addr *ret_addr);

/*
 * The address part alone (no port, no brackets), of one family or of any (AF_UNSPEC).
 * 0, PLUG_EADDR, PLUG_ESCOPE, -EAFNOSUPPORT.
 */
PLUG_API PLUG_MUST int plug_addr_parse_ip(const char *text, int family, uint16_t port,
                                          struct plug_addr *ret_addr);

/*
 * inet_aton(3): what old programs accept as IPv4 ("127.1", "0x7f.1", octal "010.0.0.1", trailing
 * text after white space). Never use it to validate. 0 or PLUG_EADDR. bytes in network order.
 */
PLUG_API PLUG_MUST int plug_inet_aton(const char *text, uint8_t ret_bytes[4]);
/* Four bytes to "a.b.c.d". The length written (< len), or -ENOSPC. */
PLUG_API PLUG_MUST int plug_inet_ntoa(const uint8_t bytes[4], char *buf, size_t len);
/*
 * inet_pton(3), strict. AF_INET writes 4 bytes, AF_INET6 16; len is the room in ret_bytes.
 * 0, PLUG_EADDR, -ENOSPC, -EAFNOSUPPORT.
 */
PLUG_API PLUG_MUST int plug_inet_pton(int family, const char *text, void *ret_bytes, size_t len);
/*
 * The reverse, RFC 5952: lower case, the longest run of zero groups shortened (the first of equals,
 * never a single one), ::ffff:192.0.2.1 for mapped addresses and for no others (inet_ntop(3) writes
 * the deprecated ::192.0.2.1 too). byteslen must be 4 or 16. The length written (< len), -EINVAL,
 * -ENOSPC, -EAFNOSUPPORT.
 */
PLUG_API PLUG_MUST int plug_inet_ntop(int family, const void *bytes, size_t byteslen, char *buf,
                                      size_t len);

/* --- from parts ------------------------------------------------------------------------ */

/* bytes in network order (copied), port in host order. */
PLUG_API void plug_addr_ip4(const uint8_t bytes[4], uint16_t port, struct plug_addr *ret_addr);
/* scope is an interface index, 0 for none. flowinfo <= 0xFFFFF or PLUG_ERANGE. */
PLUG_API PLUG_MUST int plug_addr_ip6(const uint8_t bytes[16], uint16_t port, uint32_t flowinfo,
                                     uint32_t scope, struct plug_addr *ret_addr);
/* 0.0.0.0 or ::, and 127.0.0.1 or ::1, by family. 0 or -EAFNOSUPPORT. */
PLUG_API PLUG_MUST int plug_addr_any(int family, uint16_t port, struct plug_addr *ret_addr);
PLUG_API PLUG_MUST int plug_addr_loopback(int family, uint16_t port, struct plug_addr *ret_addr);
/*
 * A UNIX name of len bytes, copied: a path; an abstract name when its first byte is NUL (all len
 * bytes count, further NULs included); len 0 asks bind for autobind. At most 107 bytes for a path
 * (108 for abstract names). 0, -ENAMETOOLONG, -EINVAL (NUL inside a path).
 */
PLUG_API PLUG_MUST int plug_addr_unix(const void *name, size_t len, struct plug_addr *ret_addr);
/* netlink(7): pid 0 lets the kernel choose; groups is a bit mask. */
PLUG_API void plug_addr_netlink(uint32_t pid, uint32_t groups, struct plug_addr *ret_addr);
/*
 * packet(7): an interface index (0: any), an ethertype in host order, and at most 8 bytes of
 * hardware address (hwaddr may be NULL with hwlen 0), copied. 0 or PLUG_ERANGE.
 */
PLUG_API PLUG_MUST int plug_addr_packet(unsigned ifindex, uint16_t ethertype, const void *hwaddr,
                                        size_t hwlen, struct plug_addr *ret_addr);
/* vsock(7): VMADDR_CID_ANY and VMADDR_PORT_ANY are (uint32_t)-1. */
PLUG_API void plug_addr_vsock(uint32_t cid, uint32_t port, struct plug_addr *ret_addr);
/*
 * TIPC: type is TIPC_ADDR_NAMESEQ (a, b, c: type, lower, upper), TIPC_ADDR_NAME (type, instance,
 * domain) or TIPC_ADDR_ID (node, ref, unused); scope is TIPC_x_SCOPE. 0 or -EINVAL.
 */
PLUG_API PLUG_MUST int plug_addr_tipc(uint8_t type, int8_t scope, uint32_t a, uint32_t b,
                                      uint32_t c, struct plug_addr *ret_addr);
/*
 * copies a sockaddr of any family; len 0 is "no address", as recvmsg(2) says it. 0, -EINVAL (too
 * short for its family, or too long).
 */
PLUG_API PLUG_MUST int plug_addr_from_sockaddr(const struct sockaddr *sa, socklen_t len,
                                               struct plug_addr *ret_addr);

/* --- parts ----------------------------------------------------------------------------- */

/* AF_INET, AF_INET6, AF_UNIX ...; AF_UNSPEC for no address. */
PLUG_API int plug_addr_family(const struct plug_addr *a);
/* Host order; 0 for families without ports. */
PLUG_API uint16_t plug_addr_port(const struct plug_addr *a);
/* Sets it; -EAFNOSUPPORT for families without ports. */
PLUG_API PLUG_MUST int plug_addr_set_port(struct plug_addr *a, uint16_t port);
/*
 * The packed address: 4 or 16 bytes, the UNIX name (an abstract one with its leading NUL), the
 * hardware address of a packet socket; NULL and 0 for others. Borrowed from a; ret_len may be NULL.
 */
PLUG_API const void *plug_addr_bytes(const struct plug_addr *a, size_t *ret_len);
#define PLUG_ADDR_NUMBERS 5 /* most numbers an address has */
/*
 * The numbers of the other families, in host order; their count (0 for IP and UNIX).
 * NETLINK: pid, groups. PACKET: interface, ethertype, packet type, hardware type. VSOCK: cid, port.
 * TIPC: address type, scope, then a, b, c as plug_addr_tipc has them.
 */
PLUG_API size_t plug_addr_numbers(const struct plug_addr *a, int64_t ret_number[PLUG_ADDR_NUMBERS]);
/* IPv6 only; 0 for all others. */
PLUG_API uint32_t plug_addr_flowinfo(const struct plug_addr *a);
PLUG_API uint32_t plug_addr_scope(const struct plug_addr *a);

/* Same family, address, scope and port; the flow label does not count. */
PLUG_API bool plug_addr_equal(const struct plug_addr *a, const struct plug_addr *b);
/*
 * The same machine address: the port does not count, and ::ffff:192.0.2.1 is 192.0.2.1.
 * What a check "is this the peer I asked for" needs.
 */
PLUG_API bool plug_addr_same_host(const struct plug_addr *a, const struct plug_addr *b);
/* A total order for sorting: below, equal to or above 0; 0 exactly when plug_addr_equal. */
PLUG_API int plug_addr_compare(const struct plug_addr *a, const struct plug_addr *b);
/*
 * For tables; equal addresses hash alike, on every machine. It has no secret: a table of strangers'
 * addresses needs a maximum.
 */
PLUG_API uint64_t plug_addr_hash(const struct plug_addr *a);
/* ::ffff:192.0.2.1 to 192.0.2.1 and back, keeping the port; true when something changed. */
PLUG_API bool plug_addr_unmap(struct plug_addr *a);
PLUG_API bool plug_addr_map(struct plug_addr *a);

/* Special-purpose registries of IANA (RFC 6890 and successors): what kind of address is this? */
enum plug_addr_class {
    PLUG_ADDR_UNSPECIFIED,
    PLUG_ADDR_LOOPBACK,
    PLUG_ADDR_LINK_LOCAL,
    PLUG_ADDR_PRIVATE,      /* RFC 1918 */
    PLUG_ADDR_UNIQUE_LOCAL, /* fc00::/7 */
    PLUG_ADDR_SHARED,       /* 100.64.0.0/10 */
    PLUG_ADDR_DOCUMENTATION,
    PLUG_ADDR_BENCHMARKING,
    PLUG_ADDR_MULTICAST,
    PLUG_ADDR_BROADCAST,
    PLUG_ADDR_MAPPED,      /* ::ffff:0:0/96 */
    PLUG_ADDR_TRANSLATION, /* 64:ff9b::/96, 64:ff9b:1::/48 */
    PLUG_ADDR_TUNNEL,      /* 2002::/16 (6to4), 2001::/32 (Teredo) */
    PLUG_ADDR_RESERVED,
    PLUG_ADDR_GLOBAL,
    PLUG_ADDR_LOCAL /* not an IP address: UNIX, netlink ... */
};
PLUG_API enum plug_addr_class plug_addr_class(const struct plug_addr *a);
/*
 * The most special block of the registries that holds the address; static. The class of a mapped
 * address is PLUG_ADDR_MAPPED: plug_addr_unmap first, to judge the IPv4 address inside. NULL when a
 * is not an IP address.
 */
struct plug_addr_block {
    const char *prefix; /* "192.0.2.0/24" */
    const char *name;   /* "TEST-NET-1" */
    const char *rfc;    /* "RFC 5737" */
    enum plug_addr_class kind;
    bool global; /* a unicast address that the whole Internet may reach */
};
PLUG_API const struct plug_addr_block *plug_addr_block(const struct plug_addr *a);
/* "loopback", "private" ...; static text. */
PLUG_API const char *plug_addr_class_name(enum plug_addr_class c);

/* --- to text --------------------------------------------------------------------------- */

/*
 * Canonical text with the port when it is not 0: "192.0.2.1:80", "[2001:db8::1]:80", "2001:db8::1",
 * "[fe80::1%eth0]:80"; UNIX "/run/x", abstract "@name" (escaped by plug_text_escape), unnamed "";
 * others "netlink:PID:GROUPS", "packet:IF:0xETHERTYPE[:HWADDR]", "vsock:CID:PORT",
 * "tipc:name:TYPE:INSTANCE:DOMAIN"; "family-N:HEX" for what plug does not know.
 * Writes at most len bytes with the NUL; returns the whole length (< PLUG_ADDR_TEXT always).
 */
PLUG_API size_t plug_addr_text(const struct plug_addr *a, char *buf, size_t len);
/* The address alone, without port and brackets. */
PLUG_API size_t plug_addr_host_text(const struct plug_addr *a, char *buf, size_t len);

PLUG_END_DECLS
#endif
