/* SPDX-License-Identifier: MIT */
/* plug packet: packets written as text; shown, sent, decoded */
#include "packet.h"
#include <stdio.h>
#include <string.h>

#define RATE_MAX 1000 /* packets a second: to test a network, not to flood it */

static const struct cmd_opt opts[] = {
    {.name = "send",
     .letter = 's',
     .kind = CMD_FLAG,
     .help = "send it; without this nothing leaves",
     .offset = offsetof(struct packet_opts, send)},
    {.name = "wait",
     .letter = 'w',
     .kind = CMD_WITHIN,
     .metavar = "TIME",
     .min = PLUG_S(1),
     .help = "with --send: wait for the answer, alone for 1s",
     .offset = offsetof(struct packet_opts, wait)},
    {.name = "count",
     .letter = 'c',
     .kind = CMD_UINT,
     .metavar = "N",
     .help = "send it so often; decode so many (default 1; all)",
     .offset = offsetof(struct packet_opts, count),
     .min = 1,
     .max = 1000000},
    {.name = "rate",
     .letter = 'r',
     .kind = CMD_UINT,
     .metavar = "PPS",
     .help = "at most so many packets a second (default 100, at most 1000)",
     .offset = offsetof(struct packet_opts, rate),
     .min = 1,
     .max = RATE_MAX},
    {.name = "iface",
     .letter = 'i',
     .kind = CMD_STRING,
     .metavar = "IF",
     .help = "interface to send through, or to decode from",
     .offset = offsetof(struct packet_opts, iface)},
    {.name = "yes",
     .letter = 'y',
     .kind = CMD_FLAG,
     .help = "send beyond loopback and private networks",
     .offset = offsetof(struct packet_opts, yes)},
    {.name = "output",
     .letter = 'o',
     .kind = CMD_STRING,
     .metavar = "FILE",
     .help = "write what is built, sent, received or decoded to a pcap file",
     .offset = offsetof(struct packet_opts, output)},
    {.name = "hex",
     .letter = 'x',
     .kind = CMD_STRING,
     .metavar = "HEX",
     .help = "decode these bytes",
     .offset = offsetof(struct packet_opts, hex)},
    {.name = "from",
     .letter = 'p',
     .kind = CMD_CHOICE,
     .metavar = PACKET_FROM,
     .help = "what the bytes of --hex begin with (default auto)",
     .offset = offsetof(struct packet_opts, from)},
    {.name = "filter",
     .letter = 'f',
     .kind = CMD_STRING,
     .metavar = "EXPR",
     .help = "decode only what this pcap filter matches: 'tcp port 80'",
     .offset = offsetof(struct packet_opts, filter)},
    {0},
};

static const struct packet_opts defaults = {.wait = -1, .rate = 100};

enum plug_packet_proto packet_from(const struct packet_opts *o)
{
    static const enum plug_packet_proto protos[] = {
        PLUG_PACKET_NONE, PLUG_PACKET_ETHER, PLUG_PACKET_IP4,  PLUG_PACKET_IP6,
        PLUG_PACKET_TCP,  PLUG_PACKET_UDP,   PLUG_PACKET_ICMP, PLUG_PACKET_ICMP6};
    return protos[o->from];
}

/* What goes with what. */
static int check(struct cmd *c, bool decode)
{
    const struct packet_opts *o = c->opts;
    if (!decode && (o->hex || o->filter || o->from))
        return cmd_usage(c, "--hex, --filter and --from go with 'plug packet decode'");
    if (decode && (o->send || o->yes || o->wait >= 0))
        return cmd_usage(c, "--send, --wait and --yes do not go with decode");
    if (!decode && !o->send && (o->wait >= 0 || o->count > 0 || o->iface || o->yes))
        return cmd_usage(c, "--wait, --count, --iface and --yes go with --send");
    if (decode && (o->hex != NULL) + (o->iface != NULL) + (c->argc > 1) != 1)
        return cmd_usage(c, "decode wants one of FILE, -, --hex HEX and --iface IF");
    return CMD_YES;
}

static int run(struct cmd *c)
{
    int code = cmd_operands(c, 1, 2);
    if (code != CMD_YES)
        return code;
    bool decode = strcmp(c->argv[0], "decode") == 0;
    if (!decode && c->argc > 1)
        return cmd_usage(c, "one packet at a time: put the whole text in quotes");
    code = check(c, decode);
    if (code != CMD_YES)
        return code;
    return decode ? packet_decode(c) : packet_send(c, c->argv[0]);
}

const struct cmd_info cmd_packet = {
    .name = "packet",
    .summary = "packets written as text; shown, sent, decoded",
    .operands = "SPEC | decode [FILE|-]",
    .examples =
        "plug packet 'ip(dst=192.0.2.1,ttl=3)/tcp(dport=80,flags=S)/\"hi\"'   # only show it\n"
        "plug packet 'ip(dst=127.0.0.1)/icmp/\"ping\"' --send --wait          # send it, show the "
        "answer\n"
        "plug packet 'eth/arp(pdst=10.0.0.1)' -o request.pcap               # into a file\n"
        "plug packet decode request.pcap --filter arp                      # and out of it\n"
        "plug packet decode --hex 4500001400010000400600007f0000017f000001 --json # bytes to "
        "fields\n",
    .notes =
        "SPEC is layers with slashes between them: eth vlan arp ip ip6 hopopt routing fragment "
        "dstopt tcp udp icmp icmp6 icmpext, each with (field=value,...), then \"text\", hex:00ff "
        "or \"x\"*100. What is not said is filled in: lengths, checksums, source, ports. What is "
        "said is taken as it is, also len=7 and checksum=0xdead.\n"
        "Destinations beyond loopback and private networks need --yes. Sending needs the "
        "capability CAP_NET_RAW, which is given up before anything is received.\n",
    .opts = opts,
    .opts_size = sizeof(struct packet_opts),
    .defaults = &defaults,
    .run = run,
};
