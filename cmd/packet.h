/* SPDX-License-Identifier: MIT */
#ifndef CMD_PACKET_H
#define CMD_PACKET_H
/* plug packet: describe, show, send, decode. */
#include "cmd.h"

struct packet_opts {
    bool send, yes;
    int64_t wait;         /* -1: not asked for */
    uint64_t count, rate; /* count 0: not given */
    const char *output, *iface, *hex, *filter;
    int from; /* index into PACKET_FROM */
};

#define PACKET_FROM "auto|eth|ip|ip6|tcp|udp|icmp|icmp6"

/* The protocol that --from names. */
enum plug_packet_proto packet_from(const struct packet_opts *o);

/* One packet in full: fields, drawings, bytes; with --json its members of the open event. */
void packet_print(struct cmd *c, const struct plug_packet *p);

/* "0000  45 00 ...  |E...|", 16 bytes a line, 8 on narrow terminals. */
void packet_print_bytes(struct cmd *c, const uint8_t *bytes, size_t len);

/* The sub-commands behind cmd_packet.c. */
int packet_decode(struct cmd *c);
int packet_send(struct cmd *c, const char *spec);

#endif
