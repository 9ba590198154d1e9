/* SPDX-License-Identifier: MIT */
#ifndef PLUG_IP_H
#define PLUG_IP_H
/*
 * Headers of IPv4 (RFC 791) and IPv6 (RFC 8200) with its extension headers; pseudo-headers;
 * fragments. Sister headers: ether.h, arp.h, option.h, tcp.h, udp.h, icmp.h.
 *
 * Layer: wire. Pure.
 *
 * The caller, to read a packet:
 *   1. plug_ip4_parse(bytes, len, &ip)                   the length of the header
 *   2. n = plug_ip4_payload_len(&ip, len)                what lies behind it, without padding
 *   3. plug_pseudo_ip4(&ip, &p); plug_tcp_verify(&p, bytes + ip.header_len, n, NULL) == 1
 * to build one (SYN; see tcp.h):
 *   1. struct plug_ip4 ip = {.ttl = 64, .protocol = 6, .src = {...}, .dst = {...}}
 *   2. h = plug_ip4_build(&ip, 20, buf, size)            20 bytes will follow
 *   3. plug_pseudo_ip4(&ip, &p); plug_tcp_build(&tcp, &p, NULL, 0, buf + h, size - h)
 *
 * One convention for the headers of ether, arp, ip4, ip6, tcp, udp and icmp:
 *   plug_H_parse   returns the length of the header with its options. PLUG_EPACKET_SHORT: the bytes
 *                  end inside it; PLUG_EPACKET_BAD: it is malformed. Pointers in the struct borrow
 *                  the bytes. Checksums are not judged. Lengths are judged as far as the header
 *                  goes; against the bytes that follow by plug_H_payload_len.
 *   plug_H_build   returns the length written. -ENOSPC: buf is too small; PLUG_ERANGE: a field does
 *                  not hold its value; PLUG_EPACKET_BAD: options that no header can have. Nothing
 *                  is written then.
 *   plug_H_verify  is the checksum right?
 * In the structs numbers are in the machine's order and addresses in the network's. What a header
 * tells about itself or what follows (version, lengths, checksum) is computed, and the member
 * ignored, unless its bit is set in given: so wrong packets can be built on purpose.
 *
 * All functions: any thread, any fiber.
 */
#include <plug/base.h>
#include <plug/checksum.h>

PLUG_BEGIN_DECLS

/* Members that a builder takes as they are, instead of computing them. */
enum plug_given {
    PLUG_GIVEN_VERSION = 1 << 0,    /* ip4, ip6 */
    PLUG_GIVEN_HEADER_LEN = 1 << 1, /* ip4, tcp: a multiple of 4 up to 60; ip6_ext: of 8 */
    PLUG_GIVEN_LEN = 1 << 2,        /* ip4 total_len, ip6 payload_len, udp len, icmp RFC 4884 */
    PLUG_GIVEN_CHECKSUM = 1 << 3    /* ip4, tcp, udp, icmp */
};

/* --- IPv4 ------------------------------------------------------------------------------------- */

#define PLUG_IP4_LEN 20    /* shortest header */
#define PLUG_IP4_MAX 65535 /* longest packet */

enum plug_ip4_flag { PLUG_IP4_MF = 1, PLUG_IP4_DF = 2, PLUG_IP4_RESERVED = 4 };

/* A header of IPv4. */
struct plug_ip4 {
    uint8_t version;
    uint8_t header_len; /* bytes */
    uint8_t tos, ttl, protocol;
    uint8_t flags; /* enum plug_ip4_flag */
    uint16_t total_len, id;
    uint16_t fragment; /* offset in bytes, a multiple of 8 */
    uint16_t checksum;
    uint8_t src[4], dst[4];
    const uint8_t *options; /* borrows; a multiple of 4 bytes, see option.h */
    size_t options_len;
    unsigned given; /* enum plug_given, for the builder */
};

/*
 * Reads a header (RFC 791 3.1): its length, 20 to 60. PLUG_EPACKET_SHORT; PLUG_EPACKET_BAD (another
 * version, header length below 20, total length below the header's). Options are left to
 * plug_option_next.
 */
PLUG_API PLUG_MUST int plug_ip4_parse(const void *bytes, size_t len, struct plug_ip4 *ret_header);

/*
 * How many bytes behind the header belong to the packet, when len bytes begin with it: the rest is
 * padding of the link. PLUG_EPACKET_SHORT when total_len tells of more than there are.
 */
PLUG_API PLUG_MUST int plug_ip4_payload_len(const struct plug_ip4 *header, size_t len);

/*
 * Writes the header with its options, for payload_len bytes to follow; returns its length. -ENOSPC,
 * PLUG_ERANGE (flags, fragment, a packet above PLUG_IP4_MAX), PLUG_EPACKET_BAD (options that are no
 * multiple of 4, or more than 40 bytes).
 */
PLUG_API PLUG_MUST int plug_ip4_build(const struct plug_ip4 *header, size_t payload_len, void *buf,
                                      size_t size);

/*
 * Is the header's checksum right? 1, 0; errors as plug_ip4_parse. *ret_right (NULL: not wanted) is
 * what it should be.
 */
PLUG_API PLUG_MUST int plug_ip4_verify(const void *bytes, size_t len, uint16_t *ret_right);

/* --- IPv6 ------------------------------------------------------------------------------------- */

#define PLUG_IP6_LEN     40           /* the header, without extensions */
#define PLUG_IP6_MAX     (40 + 65535) /* longest packet; jumbograms (RFC 2675) are malformed here */
#define PLUG_IP6_EXT_MAX 16           /* most extension headers of a packet */

/* The header of IPv6. */
struct plug_ip6 {
    uint8_t version;
    uint8_t traffic_class, next_header, hop_limit;
    uint32_t flow_label;  /* 20 bits */
    uint16_t payload_len; /* extension headers included */
    uint8_t src[16], dst[16];
    unsigned given; /* enum plug_given, for the builder */
};

/*
 * Reads the header (RFC 8200 3). Returns 40; PLUG_EPACKET_SHORT, PLUG_EPACKET_BAD (another
 * version).
 */
PLUG_API PLUG_MUST int plug_ip6_parse(const void *bytes, size_t len, struct plug_ip6 *ret_header);

/*
 * How many bytes behind the header belong to the packet, when len bytes begin with it.
 * PLUG_EPACKET_SHORT when payload_len tells of more than there are; PLUG_EPACKET_BAD for a
 * jumbogram: a length of 0 with a hop-by-hop header to follow.
 */
PLUG_API PLUG_MUST int plug_ip6_payload_len(const struct plug_ip6 *header, size_t len);

/*
 * Writes the header, for payload_len bytes to follow, extension headers among them: 40. -ENOSPC,
 * PLUG_ERANGE (flow_label, payload_len).
 */
PLUG_API PLUG_MUST int plug_ip6_build(const struct plug_ip6 *header, size_t payload_len, void *buf,
                                      size_t size);

/* Extension headers that are understood; every other next header is the upper layer's. */
enum plug_ip6_kind {
    PLUG_IP6_HOP_BY_HOP = 0,
    PLUG_IP6_ROUTING = 43,
    PLUG_IP6_FRAGMENT = 44,
    PLUG_IP6_DESTINATION = 60
};

/* An extension header (RFC 8200 4). */
struct plug_ip6_ext {
    uint8_t kind;        /* enum plug_ip6_kind: what the header before called it */
    uint8_t next_header; /* what follows it */
    uint16_t header_len; /* bytes, a multiple of 8 up to 2048 */
    const uint8_t *data; /* borrows: options behind 2 bytes, routing data behind 4; else NULL */
    size_t data_len;
    uint8_t routing_type, segments_left; /* of ROUTING */
    bool more_fragments;                 /* of FRAGMENT, and these: */
    uint16_t fragment;                   /* offset in bytes, a multiple of 8 */
    uint32_t id;
    unsigned given; /* PLUG_GIVEN_HEADER_LEN, for the builder */
};

/*
 * A walk along extension headers. plug_ip6_chain begins one behind a header; without it, begin with
 * bytes, len and next_header, and all else zero. All members may be read at any time.
 */
struct plug_ip6_chain {
    const uint8_t *bytes; /* borrows: what follows the IPv6 header */
    size_t len, at;       /* at: where what comes next begins */
    uint8_t next_header;  /* what comes next */
    bool middle;          /* what comes next is the middle of a datagram: a later fragment */
    unsigned count;       /* of extension headers so far */
};

/* Begins a walk at the len bytes behind a header: as many as plug_ip6_payload_len tells. */
PLUG_API void plug_ip6_chain(const struct plug_ip6 *header, const void *payload, size_t len,
                             struct plug_ip6_chain *ret_chain);

/*
 * Reads the next extension header. 1; 0: there is none, at chain->at comes the upper layer's
 * header, chain->next_header (59: nothing), or the middle of one. PLUG_EPACKET_SHORT;
 * PLUG_EPACKET_BAD (more than PLUG_IP6_EXT_MAX, hop-by-hop at another place than the first).
 */
PLUG_API PLUG_MUST int plug_ip6_chain_next(struct plug_ip6_chain *chain,
                                           struct plug_ip6_ext *ret_ext);

/*
 * Writes an extension header: its length. Options are padded to a multiple of 8 by Pad1 or PadN;
 * the data of a routing header must be 4 bytes more than a multiple of 8. -ENOSPC, PLUG_ERANGE
 * (fragment, data too long), PLUG_EPACKET_BAD (kind, length of routing data).
 */
PLUG_API PLUG_MUST int plug_ip6_ext_build(const struct plug_ip6_ext *ext, void *buf, size_t size);

/* --- pseudo-headers --------------------------------------------------------------------------- */

/*
 * The addresses that the checksums of TCP, UDP and ICMPv6 cover (RFC 9293 3.1, RFC 8200 8.1).
 * With a routing header, dst is the last destination.
 */
struct plug_pseudo {
    int family;               /* AF_INET or AF_INET6 */
    const uint8_t *src, *dst; /* borrows 4 or 16 bytes each */
};

/* The addresses of a header, which *ret_pseudo borrows. */
PLUG_API void plug_pseudo_ip4(const struct plug_ip4 *header, struct plug_pseudo *ret_pseudo);
PLUG_API void plug_pseudo_ip6(const struct plug_ip6 *header, struct plug_pseudo *ret_pseudo);

/* Adds the pseudo-header to a running checksum, for len bytes of protocol. */
PLUG_API void plug_checksum_pseudo(struct plug_checksum *c, const struct plug_pseudo *pseudo,
                                   uint8_t protocol, uint32_t len);

PLUG_END_DECLS
#endif
