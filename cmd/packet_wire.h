/* SPDX-License-Identifier: MIT */
#ifndef CMD_PACKET_WIRE_H
#define CMD_PACKET_WIRE_H
/* plug packet --send: where it goes, from where, through which sockets. */
#include "packet.h"

struct packet_wire {
    enum plug_packet_proto first; /* ether, ip or ip6 */
    unsigned ifindex;             /* of --iface; 0: the route decides */
    struct plug_addr to;          /* of sending */
    struct plug_sock *out, *in;   /* in: only when an answer is awaited */
    unsigned late;                /* packets that were read since the time was up */
    uint8_t bytes[PLUG_PACKET_MAX];
};

/* Builds the text again, with what this machine fills in. */
int packet_build(struct cmd *c, const char *spec, const struct plug_packet_opts *fill,
                 struct plug_packet *ret);

/* Judges where p goes (--yes), finds the source, builds p again. CMD_YES, or a message was given.
 */
int packet_wire_plan(struct cmd *c, struct packet_wire *w, const char *spec, struct plug_packet *p);
int packet_wire_open(struct cmd *c, struct packet_wire *w, const struct plug_packet *p);
void packet_wire_close(struct packet_wire *w);

int packet_wire_send(struct packet_wire *w, const struct plug_packet *p);
/* The next packet that comes, and when (plug_now). 0, PLUG_ETIMEOUT, or an error. */
int packet_wire_receive(struct packet_wire *w, int64_t deadline, struct plug_packet *ret,
                        int64_t *ret_at);

#endif
