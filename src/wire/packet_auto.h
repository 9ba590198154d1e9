/* SPDX-License-Identifier: MIT */
#ifndef WIRE_PACKET_AUTO_H
#define WIRE_PACKET_AUTO_H
/* What the text form leaves open, from the rest of the packet: to fill in, leave out, judge. */
#include "wire/packet_table.h"

/*
 * The ends of the layers as a text form means them: the end of the packet, of the padding's
 * beginning, of the quote.
 */
void plug__packet_ends(struct plug_packet *p);

/* Does the layer quote a datagram? */
bool plug__packet_quotes(enum plug_packet_proto proto, const uint8_t *header);

/* The value that a computed field of a layer should have; false when it cannot be told. */
bool plug__auto_value(const struct plug_packet *p, unsigned layer, const struct plug__field *field,
                      uint64_t *ret_value);

/* Writes what a field that nobody sets begins with. */
void plug__field_preset(const struct plug__field *field, const struct plug_packet_opts *opts,
                        uint8_t *header);

/* The beginning of a layer's header, filled up with zeros. */
void plug__packet_head(const struct plug_packet *p, unsigned layer,
                       uint8_t ret_head[PLUG__PACKET_HEADER]);

#endif
