/* SPDX-License-Identifier: MIT */
#ifndef WIRE_PACKET_TABLE_H
#define WIRE_PACKET_TABLE_H
/*
 * What a header is, told once: a table of fields for each protocol. From it come the text form in
 * both directions, the fields, the drawings and JSON. Behind the fields may lie a list of options,
 * whose table is here as well.
 */
#include <plug/packet.h>

#define PLUG__PACKET_HEADER 40   /* longest header without its options */
#define PLUG__PACKET_LIST   2048 /* longest list of options: of an IPv6 extension header */

/* What computes a field that the text leaves open. */
enum plug__auto {
    AUTO_NONE,
    AUTO_LEN,        /* header and payload; of ip6 the payload */
    AUTO_HEADER_LEN, /* in the protocol's own unit */
    AUTO_NEXT,       /* what comes next */
    AUTO_CHECKSUM,
    AUTO_QUOTE_LEN, /* RFC 4884: the quoted datagram's, when objects follow it */
    AUTO_SRC4,      /* these: from struct plug_packet_opts */
    AUTO_SRC6,
    AUTO_MAC,
    AUTO_GATEWAY,
    AUTO_SPORT,
    AUTO_ID,
    AUTO_SEQ
};

/* Which variants of a header have a field: a count, then their numbers. */
enum plug__when { WHEN_ALWAYS, WHEN_ONE_OF, WHEN_NONE_OF };

struct plug__name {
    uint32_t value;
    const char *name;
};

struct plug__field {
    const char *name, *aliases, *label; /* aliases: separated by a blank, or NULL */
    uint8_t bit;                        /* from the beginning of the header */
    uint8_t bits;
    uint8_t kind;     /* enum plug_packet_kind */
    uint8_t computed; /* enum plug__auto */
    uint8_t when;     /* enum plug__when */
    const uint8_t *variants;
    uint64_t preset;                /* of an address: its last byte */
    const struct plug__name *names; /* of values; ends with a NULL name */
    const char *(*name_of)(const uint8_t *header, uint64_t value); /* the same by a function */
    const char *flags; /* a name for each bit, the highest first, separated by blanks */
};

/* How the options of a list are laid out. */
enum plug__list {
    LIST_NONE,
    LIST_SHORT,  /* IPv4, TCP: kind, length of all, data; END and NOP alone */
    LIST_IP6,    /* kind, length of the data, data; Pad1 alone */
    LIST_ND,     /* kind, length of all in 8 bytes, data */
    LIST_OBJECT, /* length of all in 2 bytes, class, type, data */
    LIST_DATA    /* no options: bytes */
};

/* What the data of an option is. */
enum plug__form {
    FORM_BARE, /* nothing */
    FORM_U8,
    FORM_U16,
    FORM_U32,
    FORM_STAMPS, /* two numbers of 32 bits: 1:0 */
    FORM_EDGES,  /* pairs of them: 1-2:5-9 */
    FORM_ROUTE,  /* a pointer and addresses: 4:192.0.2.1:192.0.2.2 */
    FORM_MAC,
    FORM_LABELS, /* MPLS: label-class-bottom-ttl:... */
    FORM_MTU,    /* two bytes of zero, a number of 32 bits */
    FORM_HEX
};

struct plug__option {
    const char *name;
    uint16_t kind; /* of an object: class * 256 + type */
    uint8_t form;
};

struct plug__proto {
    const char *name, *aliases, *label;
    const struct plug__field *fields;           /* ends with a NULL name */
    uint16_t (*variant)(const uint8_t *header); /* NULL: there is only one */
    enum plug__list list;
    const char *list_name;              /* "options" */
    const struct plug__option *options; /* ends with a NULL name */
    uint8_t unit;                       /* the list ends at a multiple of it */
    uint16_t list_max;                  /* bytes */
    uint16_t next4;                     /* its number behind eth, or 0 */
    int16_t next;                       /* its number behind ip, or -1 */
};

/* The table of a protocol; NULL for those without one (payload, padding, none). */
const struct plug__proto *plug__packet_proto(enum plug_packet_proto proto);

extern const struct plug__name plug__ether_types[], plug__ip_protocols[], plug__arp_operations[];

/* Has the header this field? */
bool plug__field_applies(const struct plug__proto *proto, const struct plug__field *field,
                         const uint8_t *header);

/* How long the header is, without its options, as its variant says. */
size_t plug__packet_fixed(const struct plug__proto *proto, const uint8_t *header);

/* May options follow it? */
bool plug__packet_lists(const struct plug__proto *proto, const uint8_t *header);

/* Bits of a header as a number, at most 64. */
uint64_t plug__bits_get(const uint8_t *header, unsigned bit, unsigned bits);
void plug__bits_put(uint8_t *header, unsigned bit, unsigned bits, uint64_t value);

/* The name of a value; NULL when it has none. */
const char *plug__value_name(const struct plug__field *field, const uint8_t *header,
                             uint64_t value);

/* Is name, of len bytes, the name or one of the blank-separated aliases? */
bool plug__name_is(const char *known, const char *aliases, const char *name, size_t len);

/* The length of the i-th word of a blank-separated list, which *ret_word begins; 0: no more. */
size_t plug__word(const char *words, unsigned i, const char **ret_word);

#endif
