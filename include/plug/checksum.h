/* SPDX-License-Identifier: MIT */
#ifndef PLUG_CHECKSUM_H
#define PLUG_CHECKSUM_H
/*
 * The Internet checksum (RFC 1071) of IPv4, ICMP, UDP and TCP; updated in place (RFC 1624).
 *
 * Layer: wire. Pure.
 *
 * The caller, to fill in a header:
 *   1. plug_put_be16(p + 10, 0)                          the field itself counts as 0
 *   2. plug_put_be16(p + 10, plug_checksum(p, 20))
 * to verify one:
 *   1. plug_checksum(p, 20) == 0                         the field included
 * for bytes in several places, with a pseudo-header:
 *   1. struct plug_checksum c = {0}
 *   2. plug_checksum_add(&c, source, 4) ..., plug_checksum_add16(&c, length) ..., in any order
 *   3. plug_put_be16(p + 6, plug_checksum_udp(plug_checksum_finish(&c)))
 *
 * A checksum is a plain number here, to be stored with plug_put_be16 and read with plug_get_be16.
 * Long inputs run on the widest vectors the machine has; the result is the same on every one.
 *
 * All functions: any thread, any fiber; a struct plug_checksum belongs to one at a time.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

/*
 * The checksum of len bytes; of an odd number as if a zero byte followed. 0xffff when all are zero.
 */
PLUG_API uint16_t plug_checksum(const void *bytes, size_t len);

/* A running sum. {0} is the beginning; the fields are the library's. */
struct plug_checksum {
    uint64_t sum;
    bool odd;
};

/* Adds len bytes that follow those added before; pieces may have odd lengths. */
PLUG_API void plug_checksum_add(struct plug_checksum *c, const void *bytes, size_t len);

/*
 * Adds a field of the pseudo-header by its value, apart from the bytes: at any time, at no place.
 */
PLUG_API void plug_checksum_add16(struct plug_checksum *c, uint16_t value);
PLUG_API void plug_checksum_add32(struct plug_checksum *c, uint32_t value);

/* The checksum of all that was added. More may be added afterwards. */
PLUG_API uint16_t plug_checksum_finish(const struct plug_checksum *c);

/*
 * What UDP sends for a computed checksum (RFC 768): 0xffff for 0, because 0 says that there is
 * none. A received 0 is therefore not to be verified over IPv4, and an error over IPv6 (RFC
 * 8200 8.1).
 */
PLUG_API uint16_t plug_checksum_udp(uint16_t checksum);

/*
 * The new checksum after one aligned field changed from was to now, without looking at the rest
 * (RFC 1624, equation 3): a router's TTL, a translated address or port. Equal to a new computation
 * unless everything covered has become zero, which no header does. For UDP leave 0 (none) as it
 * is, and pass the result through plug_checksum_udp.
 */
PLUG_API uint16_t plug_checksum_update16(uint16_t checksum, uint16_t was, uint16_t now);
PLUG_API uint16_t plug_checksum_update32(uint16_t checksum, uint32_t was, uint32_t now);

/*
 * The implementations that this machine can run, the fastest first: "avx512", "avx2", "vector",
 * "word", "plain"; NULL past the last. plug_checksum uses number 0, and "word" for short inputs.
 */
PLUG_API const char *plug_checksum_variant(size_t index);

/*
 * plug_checksum by one implementation, for tests and benchmarks. 0, -EINVAL (no such name),
 * PLUG_EUNSUPPORTED (not on this machine).
 */
PLUG_API PLUG_MUST int plug_checksum_with(const char *variant, const void *bytes, size_t len,
                                          uint16_t *ret_checksum);

PLUG_END_DECLS
#endif
