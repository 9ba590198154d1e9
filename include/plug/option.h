/* SPDX-License-Identifier: MIT */
#ifndef PLUG_OPTION_H
#define PLUG_OPTION_H
/*
 * Options of IPv4 (RFC 791 3.1), TCP (RFC 9293 3.1) and IPv6 (RFC 8200 4.2): a kind, a length and
 * data, one after the other.
 *
 * Layer: wire. Pure.
 *
 * The caller, to read:
 *   1. size_t at = 0; struct plug_option o
 *   2. while ((r = plug_option_next(h.options, h.options_len, &at, &o)) > 0) uses o
 *   3. r < 0: malformed at offset at; 0: the end, and what lies behind at is padding
 * to write:
 *   1. uint8_t options[PLUG_OPTIONS_MAX]; int n = plug_option_put(options, sizeof options, 0, kind,
 *      data, len), n = plug_option_put(options, sizeof options, n, ...) ...
 *   2. n = plug_option_pad(options, sizeof options, n)
 *   3. h.options = options; h.options_len = n
 *
 * All functions: any thread, any fiber.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

#define PLUG_OPTIONS_MAX     40  /* most bytes of options of an IPv4 or a TCP header */
#define PLUG_OPTION_DATA_MAX 253 /* most bytes of data of one option; of IPv6 2 more */

/* Kinds that IPv4 and TCP share, and those of IPv6 that are padding. */
enum plug_option_kind {
    PLUG_OPTION_END = 0, /* the rest is padding */
    PLUG_OPTION_NOP = 1, /* one byte */
    PLUG_OPTION_PAD1 = 0,
    PLUG_OPTION_PADN = 1
};

/* One option. */
struct plug_option {
    uint8_t kind;
    const uint8_t *data; /* borrows the bytes that were read; without kind and length */
    size_t len;
};

/*
 * The next option of an IPv4 or a TCP header, from *at on; *at moves behind it. A NOP is an option
 * without data. 1; 0 at the end of the bytes, or at an END, where *at stays; PLUG_EPACKET_BAD (a
 * length of 0 or 1, or past the end; *at is where the option begins).
 */
PLUG_API PLUG_MUST int plug_option_next(const void *options, size_t len, size_t *at,
                                        struct plug_option *ret_option);

/*
 * The next option of an IPv6 extension header, as plug_option_next: but Pad1 is an option without
 * data, and there is no END.
 */
PLUG_API PLUG_MUST int plug_ip6_option_next(const void *options, size_t len, size_t *at,
                                            struct plug_option *ret_option);

/*
 * Appends an option of IPv4 or TCP to the len bytes already at options, which has room for size. A
 * NOP or END without data is one byte. Returns the new length; -ENOSPC, PLUG_ERANGE (more than
 * PLUG_OPTION_DATA_MAX bytes of data).
 */
PLUG_API PLUG_MUST int plug_option_put(void *options, size_t size, size_t len, uint8_t kind,
                                       const void *data, size_t data_len);

/*
 * Appends an option of IPv6, as plug_option_put: but Pad1 without data is one byte, and data may be
 * of 255 bytes.
 */
PLUG_API PLUG_MUST int plug_ip6_option_put(void *options, size_t size, size_t len, uint8_t kind,
                                           const void *data, size_t data_len);

/*
 * Appends END until the length is a multiple of 4, as headers of IPv4 and TCP need it. Returns the
 * new length; -ENOSPC.
 */
PLUG_API PLUG_MUST int plug_option_pad(void *options, size_t size, size_t len);

PLUG_END_DECLS
#endif
