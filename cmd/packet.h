/* SPDX-License-Identifier: MIT */
#ifndef CMD_PACKET_H
#define CMD_PACKET_H
/* plug packet: describe, show, send, decode. */
#include "cmd.h"
#include <fcntl.h>

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

#define PACKET_PERMISSION "run it as root, or once: sudo setcap cap_net_raw+ep $(command -v plug)"

/* Gives up all privileges, before anything from outside is read. */
int packet_drop(struct cmd *c);

/* One packet in full: fields, drawings, bytes. */
void packet_print(struct cmd *c, const struct plug_packet *p);
void packet_print_fields(struct cmd *c, const struct plug_packet *p);
/* The same, or with --json one object. */
void packet_show(struct cmd *c, const struct plug_packet *p);

/* "0000  45 00 ...  |E...|", 16 bytes a line, 8 on narrow terminals. */
void packet_print_bytes(struct cmd *c, const uint8_t *bytes, size_t len);

/* A pcap file that is written; it takes shape with the first packet. */
struct packet_output {
    struct plug_capture_file *file;
    const char *path;
    int fd;
    bool open, ip;
};
int packet_output_open(struct cmd *c, struct packet_output *out, const char *path);
int packet_output_write(struct cmd *c, struct packet_output *out, const struct plug_packet *p,
                        size_t wire_len, int64_t time);
void packet_output_close(struct packet_output *out);
/* With --output: a file of one packet. */
int packet_output_one(struct cmd *c, const struct packet_opts *o, const struct plug_packet *p);

/* The sub-commands behind cmd_packet.c. */
int packet_decode(struct cmd *c);
int packet_send(struct cmd *c, const char *spec);

#endif
