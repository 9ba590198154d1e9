/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FRAGMENT_H
#define PLUG_FRAGMENT_H
/*
 * Packets cut into fragments, and put together again (RFC 791 3.2, RFC 8200 4.5).
 *
 * Layer: wire. Pure; a reassembly keeps what it was given.
 *
 * The caller, to cut:
 *   1. size_t at = 0
 *   2. while ((n = plug_ip4_fragment(packet, len, 576, &at, buf, size)) > 0) sends n bytes of buf
 * to put together:
 *   1. plug_reassembly_open(&r)                         one for each datagram
 *   2. plug_reassembly_add(r, bytes, len) for each fragment of the same source, destination,
 *      protocol and id, until it returns 1
 *   3. plug_reassembly_packet(r, &packet, &len)
 *   4. plug_reassembly_close(r): now, or when the fragments took too long
 *
 * All functions: any thread, any fiber; a reassembly belongs to one at a time.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

/*
 * Writes the next fragment of a packet of IPv4, none longer than mtu; *at begins as 0. A packet
 * that fits comes as it is; fragments may be cut again. Options go where they belong. Returns the
 * length; 0 after the last. -EMSGSIZE (it does not fit and may not be cut, or mtu has no room for
 * the headers and 8 bytes), -ENOSPC, PLUG_EPACKET_SHORT, PLUG_EPACKET_BAD.
 */
PLUG_API PLUG_MUST int plug_ip4_fragment(const void *packet, size_t len, size_t mtu, size_t *at,
                                         void *buf, size_t size);

/*
 * Writes the next fragment of a packet of IPv6, as plug_ip4_fragment does: headers up to a routing
 * header go into every fragment, all others into the first (RFC 7112). id names the datagram, and
 * should be hard to guess. A packet that is a fragment already is PLUG_EPACKET_BAD.
 */
PLUG_API PLUG_MUST int plug_ip6_fragment(const void *packet, size_t len, uint32_t id, size_t mtu,
                                         size_t *at, void *buf, size_t size);

#define PLUG_REASSEMBLY_MAX 128 /* most fragments of a datagram */

/* A datagram of which fragments come in any order. Opaque. */
struct plug_reassembly;

/* Begins a datagram. 0, -ENOMEM. Gives a handle, to be ended with plug_reassembly_close. */
PLUG_API PLUG_MUST int plug_reassembly_open(struct plug_reassembly **ret_reassembly);
PLUG_API void plug_reassembly_close(struct plug_reassembly *r); /* NULL is fine */

/*
 * Copies a fragment: an IPv4 or an IPv6 packet of len bytes. 1: the datagram is complete; 0: not
 * yet, or it was there already. -EINVAL: no fragment, or one of another datagram than the first;
 * PLUG_ELIMIT: more than PLUG_REASSEMBLY_MAX; -ENOMEM; PLUG_EPACKET_SHORT, and PLUG_EPACKET_BAD: it
 * is malformed. With one that overlaps another, disagrees about the end, or ends past the longest
 * packet the whole datagram is lost (RFC 5722): PLUG_EPACKET_BAD, now and from then on.
 */
PLUG_API PLUG_MUST int plug_reassembly_add(struct plug_reassembly *r, const void *packet,
                                           size_t len);

/*
 * The packet that was put together, with its header made right; borrowed until the reassembly is
 * closed. 0, -EAGAIN (not complete).
 */
PLUG_API PLUG_MUST int plug_reassembly_packet(const struct plug_reassembly *r,
                                              const uint8_t **ret_packet, size_t *ret_len);

PLUG_END_DECLS
#endif
