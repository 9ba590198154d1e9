/* SPDX-License-Identifier: MIT */
/* The tables of protocols: every field of every header, once. */
#include "wire/packet_table.h"

#include <plug/icmp.h>
#include <sys/socket.h>

#define VARIANTS(...) ((const uint8_t[]){sizeof((uint8_t[]){__VA_ARGS__}), __VA_ARGS__})
#define ONE_OF(...)   .when = WHEN_ONE_OF, .variants = VARIANTS(__VA_ARGS__)
#define NONE_OF(...)  .when = WHEN_NONE_OF, .variants = VARIANTS(__VA_ARGS__)
#define NUMBER        .kind = PLUG_PACKET_NUMBER
#define HEX           .kind = PLUG_PACKET_HEX
#define CHECKSUM      .kind = PLUG_PACKET_HEX, .computed = AUTO_CHECKSUM
#define AUTO(x)       .computed = AUTO_##x

/* name, aliases, label, bit, bits; then what is not the default */
#define F(n, a, l, b, w, ...)                                                                      \
    {                                                                                              \
        .name = n, .aliases = a, .label = l, .bit = b, .bits = w, __VA_ARGS__                      \
    }

/* --- names of values -------------------------------------------------------------------------- */

const struct plug__name plug__ether_types[] = {
    {0x0800, "ip"},   {0x0806, "arp"},  {0x86dd, "ip6"},        {0x8100, "vlan"},
    {0x88a8, "qinq"}, {0x8847, "mpls"}, {0x88b5, "experiment"}, {0, NULL},
};

const struct plug__name plug__ip_protocols[] = {
    {0, "hopopt"}, {1, "icmp"},   {2, "igmp"},         {4, "ip"},    {6, "tcp"},
    {17, "udp"},   {41, "ip6"},   {43, "routing"},     {47, "gre"},  {44, "fragment"},
    {50, "esp"},   {51, "ah"},    {58, "icmp6"},       {59, "none"}, {60, "dstopt"},
    {89, "ospf"},  {132, "sctp"}, {253, "experiment"}, {0, NULL},
};

const struct plug__name plug__arp_operations[] = {
    {1, "request"}, {2, "reply"}, {3, "rarp-request"}, {4, "rarp-reply"}, {0, NULL},
};

static const char *icmp_type(const uint8_t *header, uint64_t value)
{
    (void)header;
    return plug_icmp_type_name(AF_INET, (uint8_t)value);
}

static const char *icmp_code(const uint8_t *header, uint64_t value)
{
    return plug_icmp_code_name(AF_INET, header[0], (uint8_t)value);
}

static const char *icmp6_type(const uint8_t *header, uint64_t value)
{
    (void)header;
    return plug_icmp_type_name(AF_INET6, (uint8_t)value);
}

static const char *icmp6_code(const uint8_t *header, uint64_t value)
{
    return plug_icmp_code_name(AF_INET6, header[0], (uint8_t)value);
}

/* --- links ------------------------------------------------------------------------------------ */

#define NAMED(table) .kind = PLUG_PACKET_NAME, .names = table
#define MAC_ADDRESS  .kind = PLUG_PACKET_MAC
#define ADDRESS4     .kind = PLUG_PACKET_ADDRESS4
#define ADDRESS6     .kind = PLUG_PACKET_ADDRESS6

static const struct plug__field ether[] = {
    F("dst", NULL, "Destination", 0, 48, MAC_ADDRESS, AUTO(GATEWAY)),
    F("src", NULL, "Source", 48, 48, MAC_ADDRESS, AUTO(MAC)),
    F("type", NULL, "EtherType", 96, 16, NAMED(plug__ether_types), AUTO(NEXT)),
    {0},
};

static const struct plug__field vlan[] = {
    F("prio", "pcp", "PCP", 0, 3, NUMBER),
    F("dei", "cfi", "DEI", 3, 1, NUMBER),
    F("id", "vlan vid", "VLAN ID", 4, 12, NUMBER, .preset = 1),
    F("type", NULL, "EtherType", 16, 16, NAMED(plug__ether_types), AUTO(NEXT)),
    {0},
};

/* 0: addresses of Ethernet and IPv4; 1: others, which follow as bytes. */
static uint16_t arp_variant(const uint8_t *header)
{
    return header[4] != 6 || header[5] != 4;
}

static const struct plug__field arp[] = {
    F("hwtype", "htype", "Hardware Type", 0, 16, NUMBER, .preset = 1),
    F("ptype", NULL, "Protocol Type", 16, 16, NAMED(plug__ether_types), .preset = 0x0800),
    F("hwlen", "hlen", "HLen", 32, 8, NUMBER, .preset = 6),
    F("plen", NULL, "PLen", 40, 8, NUMBER, .preset = 4),
    F("op", "opcode", "Operation", 48, 16, NAMED(plug__arp_operations), .preset = 1),
    F("hwsrc", "sha", "Sender MAC", 64, 48, MAC_ADDRESS, AUTO(MAC), ONE_OF(0)),
    F("psrc", "spa", "Sender IP", 112, 32, ADDRESS4, AUTO(SRC4), ONE_OF(0)),
    F("hwdst", "tha", "Target MAC", 144, 48, MAC_ADDRESS, ONE_OF(0)),
    F("pdst", "tpa", "Target IP", 192, 32, ADDRESS4, .preset = 1, ONE_OF(0)),
    {0},
};

/* --- IP --------------------------------------------------------------------------------------- */

static const struct plug__field ip4[] = {
    F("version", NULL, "Version", 0, 4, NUMBER, .preset = 4),
    F("ihl", "header_len", "IHL", 4, 4, NUMBER, AUTO(HEADER_LEN)),
    F("tos", NULL, "Type of Service", 8, 8, HEX),
    F("len", "total_len", "Total Length", 16, 16, NUMBER, AUTO(LEN)),
    F("id", NULL, "Identification", 32, 16, NUMBER, AUTO(ID)),
    F("flags", NULL, "Flags", 48, 3, .kind = PLUG_PACKET_FLAGS, .flags = "R DF MF"),
    F("frag", "fragment", "Fragment Offset", 51, 13, NUMBER),
    F("ttl", NULL, "Time to Live", 64, 8, NUMBER, .preset = 64),
    F("proto", "protocol", "Protocol", 72, 8, NAMED(plug__ip_protocols), AUTO(NEXT)),
    F("checksum", "chksum", "Header Checksum", 80, 16, CHECKSUM),
    F("src", NULL, "Source Address", 96, 32, ADDRESS4, AUTO(SRC4)),
    F("dst", NULL, "Destination Address", 128, 32, ADDRESS4, .preset = 1),
    {0},
};

static const struct plug__option ip4_options[] = {
    {"eol", 0, FORM_BARE},       {"nop", 1, FORM_BARE},       {"rr", 7, FORM_ROUTE},
    {"lsrr", 131, FORM_ROUTE},   {"ssrr", 137, FORM_ROUTE},   {"router-alert", 148, FORM_U16},
    {"timestamp", 68, FORM_HEX}, {"security", 130, FORM_HEX}, {NULL, 0, 0},
};

static const struct plug__field ip6[] = {
    F("version", NULL, "Version", 0, 4, NUMBER, .preset = 6),
    F("tc", "traffic_class", "Traffic Class", 4, 8, HEX),
    F("flow", "fl flow_label", "Flow Label", 12, 20, HEX),
    F("len", "plen payload_len", "Payload Length", 32, 16, NUMBER, AUTO(LEN)),
    F("nh", "next_header", "Next Header", 48, 8, NAMED(plug__ip_protocols), AUTO(NEXT)),
    F("hlim", "hop_limit ttl", "Hop Limit", 56, 8, NUMBER, .preset = 64),
    F("src", NULL, "Source Address", 64, 128, ADDRESS6, AUTO(SRC6)),
    F("dst", NULL, "Destination Address", 192, 128, ADDRESS6, .preset = 1),
    {0},
};

#define EXTENSION                                                                                  \
    F("nh", "next_header", "Next Header", 0, 8, NAMED(plug__ip_protocols), AUTO(NEXT)),            \
        F("len", "hdr_len", "Hdr Ext Len", 8, 8, NUMBER, AUTO(HEADER_LEN))

static const struct plug__field options6[] = {EXTENSION, {0}};

static const struct plug__option ip6_options[] = {
    {"pad1", 0, FORM_BARE},        {"padn", 1, FORM_HEX},    {"tunnel-limit", 4, FORM_U8},
    {"router-alert", 5, FORM_U16}, {"jumbo", 194, FORM_U32}, {NULL, 0, 0},
};

static const struct plug__field routing[] = {
    EXTENSION,
    F("type", NULL, "Routing Type", 16, 8, NUMBER, .preset = 4),
    F("segleft", "segments_left", "Segments Left", 24, 8, NUMBER),
    {0},
};

static const struct plug__field fragment[] = {
    F("nh", "next_header", "Next Header", 0, 8, NAMED(plug__ip_protocols), AUTO(NEXT)),
    F("reserved", "res1", "Reserved", 8, 8, NUMBER),
    F("offset", "frag", "Fragment Offset", 16, 13, NUMBER),
    F("reserved2", "res2", "Res", 29, 2, NUMBER),
    F("more", "m", "M", 31, 1, NUMBER),
    F("id", NULL, "Identification", 32, 32, HEX),
    {0},
};

/* --- transport -------------------------------------------------------------------------------- */

static const struct plug__field tcp[] = {
    F("sport", NULL, "Source Port", 0, 16, NUMBER, AUTO(SPORT)),
    F("dport", NULL, "Destination Port", 16, 16, NUMBER, .preset = 80),
    F("seq", NULL, "Sequence Number", 32, 32, NUMBER, AUTO(SEQ)),
    F("ack", NULL, "Acknowledgment Number", 64, 32, NUMBER),
    F("dataofs", "data_offset doff", "Data Offset", 96, 4, NUMBER, AUTO(HEADER_LEN)),
    F("reserved", NULL, "Rsrvd", 100, 3, NUMBER),
    F("flags", NULL, "Flags", 103, 9, .kind = PLUG_PACKET_FLAGS,
      .flags = "NS CWR ECE URG ACK PSH RST SYN FIN", .preset = 2),
    F("window", "win", "Window", 112, 16, NUMBER, .preset = 8192),
    F("checksum", "chksum", "Checksum", 128, 16, CHECKSUM),
    F("urgent", "urgptr", "Urgent Pointer", 144, 16, NUMBER),
    {0},
};

static const struct plug__option tcp_options[] = {
    {"eol", 0, FORM_BARE},
    {"nop", 1, FORM_BARE},
    {"mss", 2, FORM_U16},
    {"wscale", 3, FORM_U8},
    {"sackok", 4, FORM_BARE},
    {"sack", 5, FORM_EDGES},
    {"ts", 8, FORM_STAMPS},
    {"md5", 19, FORM_HEX},
    {"uto", 28, FORM_U16},
    {"fastopen", 34, FORM_HEX},
    {NULL, 0, 0},
};

static const struct plug__field udp[] = {
    F("sport", NULL, "Source Port", 0, 16, NUMBER, AUTO(SPORT)),
    F("dport", NULL, "Destination Port", 16, 16, NUMBER, .preset = 53),
    F("len", "length", "Length", 32, 16, NUMBER, AUTO(LEN)),
    F("checksum", "chksum", "Checksum", 48, 16, CHECKSUM),
    {0},
};

/* --- ICMP ------------------------------------------------------------------------------------- */

static uint16_t icmp_variant(const uint8_t *header)
{
    return header[0];
}

static const struct plug__field icmp[] = {
    F("type", NULL, "Type", 0, 8, .kind = PLUG_PACKET_NAME, .name_of = icmp_type, .preset = 8),
    F("code", NULL, "Code", 8, 8, .kind = PLUG_PACKET_NAME, .name_of = icmp_code),
    F("checksum", "chksum", "Checksum", 16, 16, CHECKSUM),
    F("id", NULL, "Identifier", 32, 16, NUMBER, AUTO(ID), ONE_OF(0, 8, 13, 14, 15, 16, 17, 18)),
    F("seq", NULL, "Sequence Number", 48, 16, NUMBER, ONE_OF(0, 8, 13, 14, 15, 16, 17, 18)),
    F("unused", NULL, "Unused", 32, 8, NUMBER, ONE_OF(3, 11)),
    F("pointer", "ptr", "Pointer", 32, 8, NUMBER, ONE_OF(12)),
    F("length", NULL, "Length", 40, 8, NUMBER, AUTO(QUOTE_LEN), ONE_OF(3, 11, 12)),
    F("mtu", "nexthopmtu", "Next-Hop MTU", 48, 16, NUMBER, ONE_OF(3)),
    F("unused2", NULL, "Unused", 48, 16, NUMBER, ONE_OF(11, 12)),
    F("unused4", NULL, "Unused", 32, 32, NUMBER, ONE_OF(4)),
    F("gateway", "gw", "Gateway Internet Address", 32, 32, ADDRESS4, ONE_OF(5)),
    F("addresses", "num", "Num Addrs", 32, 8, NUMBER, ONE_OF(9)),
    F("entry_size", NULL, "Entry Size", 40, 8, NUMBER, .preset = 2, ONE_OF(9)),
    F("lifetime", NULL, "Lifetime", 48, 16, NUMBER, ONE_OF(9)),
    F("originate", "ts_ori", "Originate Timestamp", 64, 32, NUMBER, ONE_OF(13, 14)),
    F("receive", "ts_rx", "Receive Timestamp", 96, 32, NUMBER, ONE_OF(13, 14)),
    F("transmit", "ts_tx", "Transmit Timestamp", 128, 32, NUMBER, ONE_OF(13, 14)),
    F("mask", "addr_mask", "Address Mask", 64, 32, ADDRESS4, ONE_OF(17, 18)),
    F("rest", NULL, "Rest of Header", 32, 32, HEX,
      NONE_OF(0, 3, 4, 5, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18)),
    {0},
};

static const struct plug__field icmp6[] = {
    F("type", NULL, "Type", 0, 8, .kind = PLUG_PACKET_NAME, .name_of = icmp6_type, .preset = 128),
    F("code", NULL, "Code", 8, 8, .kind = PLUG_PACKET_NAME, .name_of = icmp6_code),
    F("checksum", "chksum cksum", "Checksum", 16, 16, CHECKSUM),
    F("id", NULL, "Identifier", 32, 16, NUMBER, AUTO(ID), ONE_OF(128, 129)),
    F("seq", NULL, "Sequence Number", 48, 16, NUMBER, ONE_OF(128, 129)),
    F("length", NULL, "Length", 32, 8, NUMBER, AUTO(QUOTE_LEN), ONE_OF(1, 3)),
    F("unused", NULL, "Unused", 40, 24, NUMBER, ONE_OF(1, 3)),
    F("mtu", NULL, "MTU", 32, 32, NUMBER, .preset = 1280, ONE_OF(2)),
    F("pointer", "ptr", "Pointer", 32, 32, NUMBER, ONE_OF(4)),
    F("delay", "mrd", "Maximum Response Delay", 32, 16, NUMBER, ONE_OF(130, 131, 132)),
    F("reserved2", NULL, "Reserved", 48, 16, NUMBER, ONE_OF(130, 131, 132)),
    F("group", "mladdr", "Multicast Address", 64, 128, ADDRESS6, ONE_OF(130, 131, 132)),
    F("reserved", "res", "Reserved", 32, 32, NUMBER, ONE_OF(133, 135, 137)),
    F("hlim", "chlim", "Cur Hop Limit", 32, 8, NUMBER, ONE_OF(134)),
    F("flags", NULL, "Flags", 40, 8, HEX, ONE_OF(134)),
    F("lifetime", "routerlifetime", "Router Lifetime", 48, 16, NUMBER, .preset = 1800, ONE_OF(134)),
    F("reachable", "reachabletime", "Reachable Time", 64, 32, NUMBER, ONE_OF(134)),
    F("retrans", "retranstimer", "Retrans Timer", 96, 32, NUMBER, ONE_OF(134)),
    F("flags", NULL, "Flags", 32, 3, .kind = PLUG_PACKET_FLAGS, .flags = "R S O", ONE_OF(136)),
    F("reserved", "res", "Reserved", 35, 29, NUMBER, ONE_OF(136)),
    F("target", "tgt", "Target Address", 64, 128, ADDRESS6, .preset = 1, ONE_OF(135, 136, 137)),
    F("dst", NULL, "Destination Address", 192, 128, ADDRESS6, .preset = 1, ONE_OF(137)),
    F("rest", NULL, "Rest of Header", 32, 32, HEX,
      NONE_OF(1, 2, 3, 4, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137)),
    {0},
};

static const struct plug__option nd_options[] = {
    {"src-lladdr", 1, FORM_MAC}, {"tgt-lladdr", 2, FORM_MAC}, {"prefix", 3, FORM_HEX},
    {"redirected", 4, FORM_HEX}, {"mtu", 5, FORM_MTU},        {NULL, 0, 0},
};

static const struct plug__field icmpext[] = {
    F("version", NULL, "Version", 0, 4, NUMBER, .preset = 2),
    F("reserved", NULL, "Reserved", 4, 12, NUMBER),
    F("checksum", "chksum", "Checksum", 16, 16, CHECKSUM),
    {0},
};

static const struct plug__option objects[] = {
    {"mpls", 0x0101, FORM_LABELS},
    {NULL, 0, 0},
};

/* --- protocols -------------------------------------------------------------------------------- */

static const struct plug__proto protos[] = {
    [PLUG_PACKET_ETHER] = {.name = "eth",
                           .aliases = "ether ethernet",
                           .label = "Ethernet",
                           .fields = ether,
                           .next = -1},
    [PLUG_PACKET_VLAN] = {.name = "vlan",
                          .aliases = "dot1q",
                          .label = "VLAN (802.1Q)",
                          .fields = vlan,
                          .next4 = 0x8100,
                          .next = -1},
    [PLUG_PACKET_ARP] = {.name = "arp",
                         .label = "ARP (RFC 826)",
                         .fields = arp,
                         .variant = arp_variant,
                         .list = LIST_DATA,
                         .list_name = "data",
                         .unit = 1,
                         .list_max = 1020,
                         .next4 = 0x0806,
                         .next = -1},
    [PLUG_PACKET_IP4] = {.name = "ip",
                         .aliases = "ip4 ipv4",
                         .label = "IPv4 (RFC 791)",
                         .fields = ip4,
                         .list = LIST_SHORT,
                         .list_name = "options",
                         .options = ip4_options,
                         .unit = 4,
                         .list_max = 40,
                         .next4 = 0x0800,
                         .next = 4},
    [PLUG_PACKET_IP6] = {.name = "ip6",
                         .aliases = "ipv6",
                         .label = "IPv6 (RFC 8200)",
                         .fields = ip6,
                         .next4 = 0x86dd,
                         .next = 41},
    [PLUG_PACKET_HOPOPT] = {.name = "hopopt",
                            .aliases = "hbh",
                            .label = "IPv6 Hop-by-Hop Options",
                            .fields = options6,
                            .list = LIST_IP6,
                            .list_name = "options",
                            .options = ip6_options,
                            .unit = 8,
                            .list_max = 2046,
                            .next = 0},
    [PLUG_PACKET_ROUTING] = {.name = "routing",
                             .aliases = "rh",
                             .label = "IPv6 Routing Header",
                             .fields = routing,
                             .list = LIST_DATA,
                             .list_name = "data",
                             .unit = 8,
                             .list_max = 2044,
                             .next = 43},
    [PLUG_PACKET_FRAGMENT] = {.name = "fragment",
                              .aliases = "frag",
                              .label = "IPv6 Fragment",
                              .fields = fragment,
                              .next = 44},
    [PLUG_PACKET_DSTOPT] = {.name = "dstopt",
                            .aliases = "dest",
                            .label = "IPv6 Destination Options",
                            .fields = options6,
                            .list = LIST_IP6,
                            .list_name = "options",
                            .options = ip6_options,
                            .unit = 8,
                            .list_max = 2046,
                            .next = 60},
    [PLUG_PACKET_TCP] = {.name = "tcp",
                         .label = "TCP (RFC 9293)",
                         .fields = tcp,
                         .list = LIST_SHORT,
                         .list_name = "options",
                         .options = tcp_options,
                         .unit = 4,
                         .list_max = 40,
                         .next = 6},
    [PLUG_PACKET_UDP] = {.name = "udp", .label = "UDP (RFC 768)", .fields = udp, .next = 17},
    [PLUG_PACKET_ICMP] = {.name = "icmp",
                          .label = "ICMP (RFC 792)",
                          .fields = icmp,
                          .variant = icmp_variant,
                          .next = 1},
    [PLUG_PACKET_ICMP6] = {.name = "icmp6",
                           .aliases = "icmpv6",
                           .label = "ICMPv6 (RFC 4443)",
                           .fields = icmp6,
                           .variant = icmp_variant,
                           .list = LIST_ND,
                           .list_name = "options",
                           .options = nd_options,
                           .unit = 8,
                           .list_max = 2040,
                           .next = 58},
    [PLUG_PACKET_ICMPEXT] = {.name = "icmpext",
                             .label = "ICMP Extension (RFC 4884)",
                             .fields = icmpext,
                             .list = LIST_OBJECT,
                             .list_name = "objects",
                             .options = objects,
                             .unit = 4,
                             .list_max = 2040,
                             .next = -1},
};

const struct plug__proto *plug__packet_proto(enum plug_packet_proto proto)
{
    if ((unsigned)proto >= sizeof protos / sizeof *protos || !protos[proto].name)
        return NULL;
    return &protos[proto];
}
