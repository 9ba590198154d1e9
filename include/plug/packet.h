/* SPDX-License-Identifier: MIT */
#ifndef PLUG_PACKET_H
#define PLUG_PACKET_H
/*
 * Whole packets as layers: written as text, taken apart, shown, drawn.
 *
 * Layer: wire. Pure; only plug_packet_json allocates.
 *
 * The caller, to make a packet:
 *   1. n = plug_packet_build("ip(dst=192.0.2.1,ttl=3)/tcp(dport=80,flags=S)/\"hi\"", NULL,
 *                            buf, sizeof buf, &error)
 *   2. on PLUG_EPACKET_SPEC shows error.what at error.column
 * to look at one:
 *   1. plug_packet_parse(PLUG_PACKET_IP4, bytes, n, &packet)
 *   2. walks packet.layers, and the fields of each by plug_packet_field_next; or lets
 *      plug_packet_show, _diagram, _summary, _text, _json do it
 *   3. looks at packet.error: what is malformed, and where
 *
 * The text form is layers with a slash between them, the outermost first:
 *   layer    := protocol [ "(" [ field "=" value { "," field "=" value } ] ")" ]
 *             | bytes [ "*" times ]                payload
 *             | "pad:" digits [ "*" times ]        behind what the lengths of the layers count
 *   bytes    := "\"text\"" with \n \r \t \0 \\ \" \xhh, or hex:00ff
 *   protocol := eth vlan arp ip ip6 hopopt routing fragment dstopt tcp udp icmp icmp6 icmpext
 *   value    := 80, 0x50, an address, a name (icmp(type=time-exceeded)), letters of flags
 *               (tcp(flags=SA), ip(flags=DF)), a list (tcp(options=[mss=1460,sackok,ts=1:0]))
 * Fields have Scapy's names or those of the RFCs; plug_packet_list tells them. White space may
 * stand between any two of these.
 *
 * What is not written is filled in: lengths, checksums, header lengths and next protocols by what
 * the packet is, the rest by defaults. What is written is taken as it is, so len=7 and
 * checksum=0xdead make a deliberately wrong packet; checksums then cover what is really there.
 * "cut=8" in any layer keeps only its first 8 bytes, as an ICMP error may quote. Behind an ICMP
 * error the quoted datagram is written as more layers:
 *   ip/icmp(type=time-exceeded)/ip(dst=192.0.2.9,ttl=1)/udp(dport=33434,cut=8)
 *
 * A struct plug_packet borrows the bytes it was parsed from, a struct plug_packet_field the packet.
 *
 * All functions: any thread, any fiber.
 */
#include <plug/base.h>

struct plug_json;

PLUG_BEGIN_DECLS

#define PLUG_PACKET_LAYERS 32     /* most layers of a packet, payload and padding included */
#define PLUG_PACKET_MAX    65575  /* longest packet: 40 bytes of IPv6 and 65535 behind them */
#define PLUG_PACKET_SPEC   262300 /* longest text form: \xhh for each byte */
#define PLUG_PACKET_WHAT   160    /* room for what is wrong with a text form or a packet */
#define PLUG_PACKET_VALUE  128    /* room for the text of any field's value but lists and bytes */

enum plug_packet_proto {
    PLUG_PACKET_NONE, /* to plug_packet_parse: tell by the first byte (IPv4, IPv6) or Ethernet */
    PLUG_PACKET_ETHER,
    PLUG_PACKET_VLAN,
    PLUG_PACKET_ARP,
    PLUG_PACKET_IP4,
    PLUG_PACKET_IP6,
    PLUG_PACKET_HOPOPT,
    PLUG_PACKET_ROUTING,
    PLUG_PACKET_FRAGMENT,
    PLUG_PACKET_DSTOPT,
    PLUG_PACKET_TCP,
    PLUG_PACKET_UDP,
    PLUG_PACKET_ICMP,
    PLUG_PACKET_ICMP6,
    PLUG_PACKET_ICMPEXT, /* RFC 4884: objects behind the datagram that an ICMP error quotes */
    PLUG_PACKET_DATA,
    PLUG_PACKET_PADDING /* behind the end that the lengths tell */
};

/* The name of a protocol in the text form, "ip"; "?" for none. Static. */
PLUG_API const char *plug_packet_proto_name(enum plug_packet_proto proto);

/* The protocol of a name in the text form; PLUG_PACKET_NONE when unknown. */
PLUG_API enum plug_packet_proto plug_packet_proto_find(const char *name, size_t len);

/* --- text to bytes ------------------------------------------------------------------------- */

/* What a text form leaves open is taken from here. */
struct plug_packet_opts {
    size_t size;
    const uint8_t *src4;    /* 4 bytes: source of the outermost ip; default 127.0.0.1 */
    const uint8_t *src6;    /* 16 bytes: of the outermost ip6; default ::1 */
    const uint8_t *mac;     /* 6 bytes: source of eth and arp; default 02:00:00:00:00:01 */
    const uint8_t *gateway; /* 6 bytes: destination of eth; default ff:ff:ff:ff:ff:ff */
    uint16_t sport;         /* source port of tcp and udp; default 54321 */
    uint16_t id;            /* id of the outermost ip and of icmp echo; default 1 */
    uint32_t seq;           /* sequence number of tcp; default 0 */
};
/* clang-format off */
#define PLUG_PACKET_OPTS {sizeof(struct plug_packet_opts), NULL, NULL, NULL, NULL, 0, 0, 0}
/* clang-format on */

/* What is wrong with a text form, and where: column counts bytes from 1. */
struct plug_packet_error {
    size_t column;
    char what[PLUG_PACKET_WHAT]; /* "ip has no field 'tll'; did you mean 'ttl'?" */
};

/*
 * Writes the packet that the text says. opts NULL: all defaults. ret_error may be NULL. Returns its
 * length, or
 *   PLUG_EPACKET_SPEC  *ret_error says what is wrong, where, and what would be right
 *   PLUG_ELIMIT        more than PLUG_PACKET_LAYERS, _MAX or _SPEC; *ret_error says which
 *   -ENOSPC            the packet is longer than size
 *   PLUG_EOPTS
 * and then buf has an unspecified content.
 */
PLUG_API PLUG_MUST ssize_t plug_packet_build(const char *spec, const struct plug_packet_opts *opts,
                                             void *buf, size_t size,
                                             struct plug_packet_error *ret_error);

/* --- bytes to layers ----------------------------------------------------------------------- */

struct plug_packet_layer {
    enum plug_packet_proto proto;
    size_t offset; /* in the packet */
    size_t len;    /* of the header with its options; all of DATA and PADDING */
    size_t end;    /* offset behind its payload, as far as it is there */
    bool partial;  /* not all of its payload is here: quoted by an error, a fragment, cut off */
};

struct plug_packet {
    const uint8_t *bytes; /* borrowed */
    size_t len;
    unsigned count;
    struct plug_packet_layer layers[PLUG_PACKET_LAYERS];
    int error;       /* 0, PLUG_EPACKET_SHORT, PLUG_EPACKET_BAD or PLUG_ELIMIT: the first finding */
    size_t error_at; /* the offset of what is wrong */
    char error_what[PLUG_PACKET_WHAT]; /* "IPv4 header length 16 is less than 20" */
};

/*
 * Takes a packet apart, from the protocol first. borrows bytes as long as *ret is used. Whatever
 * the bytes are, the layers cover each of them exactly once: what cannot be understood is DATA, a
 * header that is cut off is a layer with the fields that are there. ret->error tells whether
 * anything is wrong:
 *   PLUG_EPACKET_SHORT  the bytes end before what a length says, or inside a header
 *   PLUG_EPACKET_BAD    a length, a version or an option cannot be right
 *   PLUG_ELIMIT         more than PLUG_PACKET_LAYERS layers; the last one has the rest
 * Quoted datagrams and fragments may be cut off without that. Checksums are not judged here (see
 * struct plug_packet_field). Returns 0, PLUG_ELIMIT (longer than PLUG_PACKET_MAX), -EINVAL (no such
 * protocol).
 */
PLUG_API PLUG_MUST int plug_packet_parse(enum plug_packet_proto first, const void *bytes,
                                         size_t len, struct plug_packet *ret);

/* --- fields -------------------------------------------------------------------------------- */

enum plug_packet_kind {
    PLUG_PACKET_NUMBER, /* 64 */
    PLUG_PACKET_HEX,    /* 0x1c46 */
    PLUG_PACKET_NAME,   /* a number whose values have names: tcp, echo-request */
    PLUG_PACKET_FLAGS,  /* letters: SA */
    PLUG_PACKET_MAC,
    PLUG_PACKET_ADDRESS4,
    PLUG_PACKET_ADDRESS6,
    PLUG_PACKET_OPTION, /* one option of a list, its kind and length included */
    PLUG_PACKET_BYTES
};

/* Of a checksum, a length, a header length: is it what it should be? */
enum plug_packet_verdict {
    PLUG_PACKET_UNJUDGED, /* not such a field */
    PLUG_PACKET_CORRECT,
    PLUG_PACKET_WRONG,  /* expected is what would be right */
    PLUG_PACKET_MISSING /* it cannot be told, because the packet is cut off; or UDP without one */
};

struct plug_packet_field {
    const char *name;  /* in the text form: "ttl"; of an option its name, "mss"; static */
    const char *label; /* in the RFC: "Time to Live"; static */
    enum plug_packet_kind kind;
    size_t bit, bits; /* where in the packet, counted in bits from its beginning */
    uint64_t number;  /* the value, of up to 64 bits; of an option its kind */
    const uint8_t *bytes;
    size_t len; /* the bytes it lies in */
    enum plug_packet_verdict verdict;
    uint64_t expected;
    const struct plug_packet *packet; /* borrowed */
    const void *row;                  /* the library's */
    unsigned layer;
};

/*
 * The next field of a layer, in the order of the header, options one by one behind the rest. *at is
 * 0 at the beginning and the library's then. False behind the last, and for no such layer.
 */
PLUG_API bool plug_packet_field_next(const struct plug_packet *p, unsigned layer, unsigned *at,
                                     struct plug_packet_field *ret);

/* The field of a layer by its name or another of its names; false when the layer has none. */
PLUG_API bool plug_packet_field_find(const struct plug_packet *p, unsigned layer, const char *name,
                                     struct plug_packet_field *ret);

/* The value as the text form has it: "64", "0x1c46", "tcp", "SA", "192.0.2.1", of an option all of
 * it: "mss=1460", of bytes "\"hi\"" or "hex:00ff". As snprintf(3). */
PLUG_API size_t plug_packet_field_value(const struct plug_packet_field *f, char *buf, size_t len);

/* For a person: "6 (tcp)", "SYN|ACK", "0xdead (wrong, should be 0x1c46)", "185 (byte 1480)". As
 * snprintf(3). Safe for a terminal. */
PLUG_API size_t plug_packet_field_text(const struct plug_packet_field *f, char *buf, size_t len);

/* The index-th field that a layer of the protocol can have (NULL behind the last): its name, other
 * names, label and width in bits. Static; any of the outputs may be NULL. */
PLUG_API const char *plug_packet_list(enum plug_packet_proto proto, unsigned index,
                                      const char **ret_aliases, const char **ret_label,
                                      unsigned *ret_bits);

/* --- whole packets ------------------------------------------------------------------------- */

/*
 * The text form of a packet, in its shortest: what would be filled in the same way is left out.
 * plug_packet_build makes exactly the same bytes of it, whatever they are, as long as its outermost
 * protocol is the same and it is not empty. As snprintf(3).
 */
PLUG_API size_t plug_packet_text(const struct plug_packet *p, char *buf, size_t len);

/* One line, as tcpdump's: "IP 127.0.0.1.1234 > 127.0.0.1.80: Flags [S], seq 0, win 8192, length 0".
 * As snprintf(3). Safe for a terminal. */
PLUG_API size_t plug_packet_summary(const struct plug_packet *p, char *buf, size_t len);

/* Every layer with its offset and length, and every field with offset, name and value, a line each.
 * As snprintf(3). Safe for a terminal. */
PLUG_API size_t plug_packet_show(const struct plug_packet *p, char *buf, size_t len);

/*
 * The header of a layer drawn as in the RFCs, with a ruler of bits, names and values: 32 bits a
 * row when columns are 66 or more, 16 from 34, 8 below. Lines end with a line feed. As snprintf(3).
 */
PLUG_API size_t plug_packet_diagram(const struct plug_packet *p, unsigned layer, unsigned columns,
                                    char *buf, size_t len);

/*
 * Members "hex" (the whole packet) and "layers" (each with name, offset, length and fields: name,
 * value, byte and bit offsets, verdicts), and "error" when there is one, into the open object of
 * j, whose errors are in plug_json_error().
 */
PLUG_API void plug_packet_json(const struct plug_packet *p, struct plug_json *j);

/* What a packet that came is to one that was sent. */
enum plug_packet_answer {
    PLUG_PACKET_UNRELATED,
    PLUG_PACKET_REPLY,  /* from the other end */
    PLUG_PACKET_REFUSAL /* an ICMP error that quotes it */
};

/*
 * Does got answer sent? TCP and UDP by addresses and ports turned round, TCP with an acknowledgment
 * of what was sent as well; echo by id and sequence number, ARP by its address, neighbour
 * solicitation by its target; an ICMP error by what it quotes.
 */
PLUG_API enum plug_packet_answer plug_packet_answers(const struct plug_packet *sent,
                                                     const struct plug_packet *got);

PLUG_END_DECLS
#endif
