/* SPDX-License-Identifier: MIT */
#ifndef PLUG_ICMP_H
#define PLUG_ICMP_H
/*
 * Messages of ICMP (RFC 792) and ICMPv6 (RFC 4443), the datagrams that errors quote, and what
 * routers append to them (RFC 4884, MPLS: RFC 4950).
 *
 * Layer: wire. Pure. Conventions: ip.h. The family, AF_INET or AF_INET6, tells which of the two.
 *
 * The caller, to ask for an echo:
 *   1. struct plug_icmp m = {.family = AF_INET, .type = PLUG_ICMP_ECHO_REQUEST, .id = 7, .seq = 1,
 *      .body = data, .body_len = n}
 *   2. plug_icmp_build(&m, NULL, buf, size)
 * to understand an error:
 *   1. plug_icmp_verify(AF_INET, NULL, bytes, len, NULL) == 1; plug_icmp_parse(AF_INET, ...)
 *   2. plug_icmp_is_error(m.family, m.type); plug_icmp_quote(&m, &q): whose datagram it was
 *   3. size_t at = 0; while (plug_icmp_ext_next(&m, &at, &e) > 0) ...
 *
 * All functions: any thread, any fiber.
 */
#include <plug/ip.h>

PLUG_BEGIN_DECLS

#define PLUG_ICMP_LEN       8   /* the header that all messages have */
#define PLUG_ICMP_QUOTE_MIN 128 /* shortest quote before extensions (RFC 4884 3) */

/* The types that programs ask for most; plug_icmp_type_name knows all. */
enum plug_icmp_type {
    PLUG_ICMP_ECHO_REPLY = 0,
    PLUG_ICMP_UNREACHABLE = 3,
    PLUG_ICMP_REDIRECT = 5,
    PLUG_ICMP_ECHO_REQUEST = 8,
    PLUG_ICMP_TIME_EXCEEDED = 11,
    PLUG_ICMP_PARAMETER_PROBLEM = 12,
    PLUG_ICMP_TIMESTAMP_REQUEST = 13,
    PLUG_ICMP_TIMESTAMP_REPLY = 14,
    PLUG_ICMP6_UNREACHABLE = 1,
    PLUG_ICMP6_PACKET_TOO_BIG = 2,
    PLUG_ICMP6_TIME_EXCEEDED = 3,
    PLUG_ICMP6_PARAMETER_PROBLEM = 4,
    PLUG_ICMP6_ECHO_REQUEST = 128,
    PLUG_ICMP6_ECHO_REPLY = 129
};

/* A message. */
struct plug_icmp {
    int family;
    uint8_t type, code;
    uint16_t checksum;
    uint16_t id, seq;    /* of types that have them: plug_icmp_has_id; else 0 */
    uint32_t word;       /* bytes 4 to 7 as one number: gateway, MTU, pointer ... and id, seq */
    const uint8_t *body; /* borrows; what follows the first 8 bytes */
    size_t body_len;
    const uint8_t *objects; /* borrows; for the builder: extensions, see plug_icmp_ext_put */
    size_t objects_len;
    unsigned given; /* enum plug_given, for the builder */
};

/*
 * Reads a whole message of len bytes. Returns 8; PLUG_EPACKET_SHORT, -EAFNOSUPPORT (family).
 */
PLUG_API PLUG_MUST int plug_icmp_parse(int family, const void *bytes, size_t len,
                                       struct plug_icmp *ret_message);

/*
 * Writes a message; returns its length. Types that have id and seq get these, all others word. The
 * pseudo-header is for AF_INET6 only; without it (NULL) the checksum is 0, which the kernel fills
 * in on every socket of ICMPv6. The body may already lie at its place in buf.
 * With objects the body is padded to PLUG_ICMP_QUOTE_MIN bytes, its length put into word unless
 * PLUG_GIVEN_LEN, and the extension appended (RFC 4884). -ENOSPC, -EAFNOSUPPORT (family),
 * PLUG_ERANGE (more than 65535 bytes), PLUG_EPACKET_BAD (objects that are no multiple of 4 bytes,
 * or with a type that has no extensions).
 */
PLUG_API PLUG_MUST int plug_icmp_build(const struct plug_icmp *message,
                                       const struct plug_pseudo *pseudo, void *buf, size_t size);

/*
 * Is the checksum of a whole message right? The pseudo-header is for AF_INET6 only. 1, 0; errors as
 * plug_icmp_parse. *ret_right (NULL: not wanted) is what it should be.
 */
PLUG_API PLUG_MUST int plug_icmp_verify(int family, const struct plug_pseudo *pseudo,
                                        const void *bytes, size_t len, uint16_t *ret_right);

/* Does the type report an error about a datagram, which it quotes? */
PLUG_API bool plug_icmp_is_error(int family, uint8_t type);

/* Does the type have an identifier and a sequence number: echo, timestamp, information, mask? */
PLUG_API bool plug_icmp_has_id(int family, uint8_t type);

/*
 * The MTU that an error tells: "fragmentation needed" (RFC 1191) and "packet too big"; 0 when it
 * tells none.
 */
PLUG_API uint32_t plug_icmp_mtu(const struct plug_icmp *message);

/* The byte of the quote that a parameter problem points at; -1 for every other message. */
PLUG_API int64_t plug_icmp_pointer(const struct plug_icmp *message);

/*
 * Names of types and codes, "time-exceeded", "net-unreachable", after IANA's registries; static
 * text, NULL when unknown.
 */
PLUG_API const char *plug_icmp_type_name(int family, uint8_t type);
PLUG_API const char *plug_icmp_code_name(int family, uint8_t type, uint8_t code);

/* The numbers of these names: 0 to 255; -EINVAL when unknown. */
PLUG_API PLUG_MUST int plug_icmp_type_value(int family, const char *name);
PLUG_API PLUG_MUST int plug_icmp_code_value(int family, uint8_t type, const char *name);

/*
 * The datagram that an error quotes, as far as the quote goes. What identifies the sender's own
 * probe is read out; everything is untrusted, and to be compared with what was sent.
 */
struct plug_icmp_quote {
    int family;
    uint8_t protocol; /* of the transport header, behind options and extension headers */
    uint8_t ttl;      /* or hop limit: what was left of it */
    union {
        struct plug_ip4 ip4;
        struct plug_ip6 ip6;
    } header;
    uint16_t fragment;        /* offset in bytes; above 0 there is no transport header */
    const uint8_t *transport; /* borrows: what is left of it */
    size_t transport_len;
    bool has_ports, has_tcp, has_udp, has_echo; /* which of the following are there */
    uint16_t sport, dport;                      /* of TCP, UDP, SCTP, DCCP, UDP-Lite */
    uint32_t tcp_seq;
    uint16_t udp_len, udp_checksum;
    uint8_t icmp_type, icmp_code; /* of a message with id and seq: has_echo */
    uint16_t echo_id, echo_seq;
};

/*
 * Reads the quote of an error: its length as far as the transport header, IP options and extension
 * headers included. PLUG_EPACKET_SHORT (it is cut off before the transport header begins);
 * PLUG_EPACKET_BAD (its IP header is malformed or of the other family); -EINVAL (no error message).
 * The quoted total length is not judged: some routers change it.
 */
PLUG_API PLUG_MUST int plug_icmp_quote(const struct plug_icmp *message,
                                       struct plug_icmp_quote *ret_quote);

/* An extension object (RFC 4884 8). */
struct plug_icmp_ext {
    uint8_t class_num, c_type;
    const uint8_t *data; /* borrows; without the object's header */
    size_t len;
};

enum plug_icmp_class {
    PLUG_ICMP_CLASS_MPLS = 1,        /* RFC 4950 */
    PLUG_ICMP_CLASS_INTERFACE = 2,   /* RFC 5837 */
    PLUG_ICMP_CLASS_INTERFACE_ID = 3 /* RFC 8335 */
};

/*
 * The next extension object behind the quote; *at begins as 0. 1; 0 at the end, or when there is no
 * extension. PLUG_EPACKET_BAD: a length that lies, a wrong checksum, another version. Routers older
 * than RFC 4884 give no length: there 128 bytes of quote are assumed (its section 5.5), and what
 * follows is an extension only when version and checksum are right.
 */
PLUG_API PLUG_MUST int plug_icmp_ext_next(const struct plug_icmp *message, size_t *at,
                                          struct plug_icmp_ext *ret_ext);

/*
 * Appends an object to the len bytes already at objects, which has room for size; data is padded to
 * a multiple of 4. Returns the new length; -ENOSPC, PLUG_ERANGE (more than 65528 bytes of data).
 */
PLUG_API PLUG_MUST int plug_icmp_ext_put(void *objects, size_t size, size_t len,
                                         const struct plug_icmp_ext *ext);

/* An entry of an MPLS label stack (RFC 3032 2.1). */
struct plug_mpls_label {
    uint32_t label; /* 20 bits */
    uint8_t tc;     /* traffic class, 3 bits */
    bool bottom;    /* the last one */
    uint8_t ttl;
};

/* Entry number index of an incoming label stack (class 1, type 1). 1; 0 when there is none. */
PLUG_API PLUG_MUST int plug_icmp_mpls(const struct plug_icmp_ext *ext, size_t index,
                                      struct plug_mpls_label *ret_label);

PLUG_END_DECLS
#endif
