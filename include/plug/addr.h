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
 * missing port is 0. 0, PLUG_EADDR, PLUG_EPORT, PLUG_ESCOPE (no such interface).
 */
PLUG_API PLUG_MUST int plug_addr_parse(const char *text, struct plug_addr *ret_addr);

/* The address part alone (no port, no brackets), of one family or of any (AF_UNSPEC). */
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
/* The reverse, RFC 5952. byteslen must be 4 or 16. Length written; -EINVAL, -ENOSPC, -EAFNOSUPPORT. */
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
/* netlink(7), packet(7), vsock(7), tipc(7): -EAFNOSUPPORT where the headers of the build lack it. */
PLUG_API void plug_addr_netlink(uint32_t pid, uint32_t groups, struct plug_addr *ret_addr);
PLUG_API PLUG_MUST int plug_addr_packet(unsigned ifindex, uint16_t ethertype, const void *hwaddr,
                                        size_t hwlen, struct plug_addr *ret_addr);
PLUG_API void plug_addr_vsock(uint32_t cid, uint32_t port, struct plug_addr *ret_addr);
/* type is TIPC_ADDR_NAMESEQ, _NAME or _ID; a, b, c as in the three union members of tipc(7). */
PLUG_API PLUG_MUST int plug_addr_tipc(uint8_t type, int8_t scope, uint32_t a, uint32_t b,
                                      uint32_t c, struct plug_addr *ret_addr);
/* copies a sockaddr of any family. 0, -EINVAL (too short for its family, or too long). */
PLUG_API PLUG_MUST int plug_addr_from_sockaddr(const struct sockaddr *sa, socklen_t len,
                                               struct plug_addr *ret_addr);

/* --- parts ----------------------------------------------------------------------------- */

PLUG_API int plug_addr_family(const struct plug_addr *a);
/* Host order; 0 for families without ports. */
PLUG_API uint16_t plug_addr_port(const struct plug_addr *a);
/* Sets it; -EAFNOSUPPORT for families without ports. */
PLUG_API PLUG_MUST int plug_addr_set_port(struct plug_addr *a, uint16_t port);
/* The packed address (4, 16, or the UNIX name) and its length; borrowed from a. */
PLUG_API const void *plug_addr_bytes(const struct plug_addr *a, size_t *ret_len);
PLUG_API uint32_t plug_addr_flowinfo(const struct plug_addr *a);
PLUG_API uint32_t plug_addr_scope(const struct plug_addr *a);

/* Equal family, address, scope, and port (or without the port: _same_host). */
PLUG_API bool plug_addr_equal(const struct plug_addr *a, const struct plug_addr *b);
/*
 * The same machine address: the port does not count, and ::ffff:192.0.2.1 is 192.0.2.1.
 * What a check "is this the peer I asked for" needs.
 */
PLUG_API bool plug_addr_same_host(const struct plug_addr *a, const struct plug_addr *b);
/* A total order for sorting; and a hash for tables. */
PLUG_API int plug_addr_compare(const struct plug_addr *a, const struct plug_addr *b);
PLUG_API uint64_t plug_addr_hash(const struct plug_addr *a);
/* ::ffff:192.0.2.1 to 192.0.2.1 and back; true when something changed. */
PLUG_API bool plug_addr_unmap(struct plug_addr *a);
PLUG_API bool plug_addr_map(struct plug_addr *a);

/* Special-purpose registries of IANA (RFC 6890 and successors): what kind of address is this? */
enum plug_addr_class {
    PLUG_ADDR_UNSPECIFIED,
    PLUG_ADDR_LOOPBACK,
    PLUG_ADDR_LINK_LOCAL,
    PLUG_ADDR_PRIVATE,       /* RFC 1918 */
    PLUG_ADDR_UNIQUE_LOCAL,  /* fc00::/7 */
    PLUG_ADDR_SHARED,        /* 100.64.0.0/10 */
    PLUG_ADDR_DOCUMENTATION,
    PLUG_ADDR_BENCHMARKING,
    PLUG_ADDR_MULTICAST,
    PLUG_ADDR_BROADCAST,
    PLUG_ADDR_MAPPED,        /* ::ffff:0:0/96 */
    PLUG_ADDR_TRANSLATION,   /* 64:ff9b::/96, 64:ff9b:1::/48 */
    PLUG_ADDR_TUNNEL,        /* 2002::/16 (6to4), 2001::/32 (Teredo) */
    PLUG_ADDR_RESERVED,
    PLUG_ADDR_GLOBAL,
    PLUG_ADDR_LOCAL          /* not an IP address: UNIX, netlink ... */
};
PLUG_API enum plug_addr_class plug_addr_class(const struct plug_addr *a);
/* "loopback", "private" ...; static text. */
PLUG_API const char *plug_addr_class_name(enum plug_addr_class c);

/* --- to text --------------------------------------------------------------------------- */

/*
 * Canonical text with the port when it is not 0: "192.0.2.1:80", "[2001:db8::1]:80", "2001:db8::1",
 * "[fe80::1%eth0]:80"; UNIX "/run/x", abstract "@name" (escaped by plug_text_escape), unnamed "";
 * others "netlink:PID:GROUPS", "packet:IF:ETHERTYPE", "vsock:CID:PORT", "tipc:...".
 * Writes at most len bytes with the NUL; returns the whole length.
 */
PLUG_API size_t plug_addr_text(const struct plug_addr *a, char *buf, size_t len);
/* The address alone, without port and brackets. */
PLUG_API size_t plug_addr_host_text(const struct plug_addr *a, char *buf, size_t len);

PLUG_END_DECLS
#endif
