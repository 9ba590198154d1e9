/* SPDX-License-Identifier: MIT */
#ifndef WIRE_DNS_MESSAGE_H
#define WIRE_DNS_MESSAGE_H
/*
 * Reading DNS messages (RFC 1035 4), strictly: pure over (bytes, len), no allocation.
 *
 * The caller:
 *   1. struct plug__dns m; plug__dns_open(&m, bytes, len)
 *   2. plug__dns_next(&m, &rr) until it returns 0: the records of the answer section
 *   3. plug__dns_name for owner and data names, plug__dns_data_text for the data as text
 *
 * Every function returns PLUG_EDNS_BADREPLY for what does not parse. Compressed names must point
 * backwards, each pointer before the one that led there, so that none can loop.
 */
#include <plug/base.h>

#define PLUG__DNS_HEADER    12
#define PLUG__DNS_NAME_WIRE 255  /* RFC 1035 2.3.4 */
#define PLUG__DNS_NAME_TEXT 1024 /* 255 bytes, each as \DDD at worst, with the NUL */

/* X(name, number): the types known by name (RFC 1035 3.2.2 and successors). */
#define PLUG__DNS_TYPES(X)                                                                         \
    X(A, 1)                                                                                        \
    X(NS, 2)                                                                                       \
    X(CNAME, 5)                                                                                    \
    X(SOA, 6)                                                                                      \
    X(PTR, 12)                                                                                     \
    X(HINFO, 13)                                                                                   \
    X(MX, 15)                                                                                      \
    X(TXT, 16)                                                                                     \
    X(AAAA, 28)                                                                                    \
    X(SRV, 33)                                                                                     \
    X(NAPTR, 35)                                                                                   \
    X(DNAME, 39)                                                                                   \
    X(DS, 43)                                                                                      \
    X(RRSIG, 46)                                                                                   \
    X(NSEC, 47)                                                                                    \
    X(DNSKEY, 48)                                                                                  \
    X(TLSA, 52)                                                                                    \
    X(SVCB, 64)                                                                                    \
    X(HTTPS, 65)                                                                                   \
    X(ANY, 255)                                                                                    \
    X(CAA, 257)

enum plug__dns_type {
#define PLUG__DNS_TYPE_ENUM(name, number) PLUG__DNS_##name = number,
    PLUG__DNS_TYPES(PLUG__DNS_TYPE_ENUM)
#undef PLUG__DNS_TYPE_ENUM
};

struct plug__dns {
    const uint8_t *bytes;
    size_t len;
    size_t at;
    unsigned left; /* records of the answer section not yet read */
    uint16_t id;
    uint8_t rcode;
    bool response, authoritative, truncated;
};

struct plug__dns_rr {
    size_t name_at;
    uint16_t type, cls;
    uint32_t ttl;
    size_t data_at;
    uint16_t data_len;
};

/* Reads the header and skips the questions. 0 or the error. */
int plug__dns_open(struct plug__dns *m, const void *bytes, size_t len);
/* 1 with a record of the answer section, 0 after the last one, or the error. */
int plug__dns_next(struct plug__dns *m, struct plug__dns_rr *ret_rr);
/*
 * The name at *at as text (RFC 1035 5.1: "\." and "\DDD" inside labels, no dot at the end, "."
 * for the root) into out of PLUG__DNS_NAME_TEXT bytes; *at moves behind it. Length or the error.
 */
int plug__dns_name(const struct plug__dns *m, size_t *at, char *out);
/*
 * The data as text, as in a zone file: "10 mail.example.com" (MX), quoted strings (TXT, CAA),
 * "\# 3 0a0b0c" for types without a form here (RFC 3597 5). Writes at most len bytes with the
 * NUL; the whole length, or the error.
 */
ssize_t plug__dns_data_text(const struct plug__dns *m, const struct plug__dns_rr *rr, char *buf,
                            size_t len);
/* "MX" or NULL; and back, also from "TYPE15" and in any case of letters: the number or -1. */
const char *plug__dns_type_name(unsigned type);
int plug__dns_type_number(const char *name);

#endif
