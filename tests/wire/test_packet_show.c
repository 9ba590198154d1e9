/* SPDX-License-Identifier: MIT */
/* Packets shown: one line, fields, drawings, JSON; and which packet answers which. */
#include "t.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static uint8_t buf[PLUG_PACKET_MAX], other[PLUG_PACKET_MAX];
static char text[16384];

static void parse(const char *spec, uint8_t *bytes, struct plug_packet *ret)
{
    struct plug_packet_error e = {0, ""};
    ssize_t n = plug_packet_build(spec, NULL, bytes, PLUG_PACKET_MAX, &e);
    if (n < 0)
        T_FAIL("%s: column %zu: %s", spec, e.column, e.what);
    T_OK(plug_packet_parse(plug_packet_proto_find(spec, strcspn(spec, "(/")), bytes, (size_t)n,
                           ret));
}

static void summary_is(const char *spec, const char *want)
{
    struct plug_packet p;
    char line[400];
    parse(spec, buf, &p);
    size_t n = plug_packet_summary(&p, line, sizeof line);
    T_STR(line, want);
    T_EQ(n, strlen(line));
    T_EQ(plug_packet_summary(&p, line, 4), n); /* as snprintf */
    T_EQ(strlen(line), 3);
}

T_TEST(packet_in_one_line)
{
    summary_is("ip(dst=192.0.2.1)/tcp(seq=7,options=[mss=1460,nop])/\"hi\"",
               "IP 127.0.0.1.54321 > 192.0.2.1.80: Flags [S], seq 7, win 8192, options "
               "[mss=1460,nop], length 2");
    summary_is("ip/tcp(flags=SA,ack=9)", "IP 127.0.0.1.54321 > 127.0.0.1.80: Flags [S.], seq 0, "
                                         "ack 9, win 8192, length 0");
    summary_is("ip/tcp(flags=0)",
               "IP 127.0.0.1.54321 > 127.0.0.1.80: Flags [none], seq 0, win 8192, length 0");
    summary_is("eth/vlan/ip6(dst=::2)/udp/\"x\"", "IP6 ::1.54321 > ::2.53: UDP, length 1");
    summary_is("ip/icmp(seq=3)/\"ping\"",
               "IP 127.0.0.1 > 127.0.0.1: ICMP echo-request, id 1, seq 3, length 12");
    summary_is("ip/icmp(type=3,code=3)/ip(dst=192.0.2.9)/udp(dport=33434)",
               "IP 127.0.0.1 > 127.0.0.1: ICMP destination-unreachable port-unreachable for "
               "127.0.0.1.54321 > 192.0.2.9.33434 udp, length 36");
    summary_is("eth/arp(pdst=192.0.2.1)",
               "ARP, Request who-has 192.0.2.1 tell 127.0.0.1, length 28");
    summary_is("arp(op=2,psrc=192.0.2.1)",
               "ARP, Reply 192.0.2.1 is-at 02:00:00:00:00:01, length 28");
    summary_is("ip/\"x\"*7", "IP 127.0.0.1 > 127.0.0.1: data, length 7");
    summary_is("tcp/\"x\"", "tcp/data, length 21");
    summary_is("ip(ihl=4)", "IP 127.0.0.1 > 127.0.0.1: data, length 0 [malformed: IPv4 header "
                            "length 16 is less than 20]");
}

T_TEST(packet_shown_field_by_field)
{
    struct plug_packet p;
    parse("udp(checksum=1)/\"x\\x1b[31m\"/pad:00*3", buf, &p);
    plug_packet_show(&p, text, sizeof text);
    T_STR(text, "udp: UDP (RFC 768), offset 0, 8 bytes\n"
                "  0       sport        54321\n"
                "  2       dport        53\n"
                "  4       len          14\n"
                "  6       checksum     0x0001 (cannot be checked)\n"
                "data: offset 8, 6 bytes\n"
                "  8       data         \"x\\x1b[31m\"\n"
                "pad: offset 14, 3 bytes\n"
                "  14      data         hex:000000\n");
    parse("ip(version=5)/\"x\"*100/\"y\"", buf, &p);
    plug_packet_show(&p, text, sizeof text);
    T_TRUE(strstr(text, "... (101 bytes)\nmalformed at byte 0: IPv4 with version 5\n") != NULL);
}

/* The drawings of RFC 768 and RFC 793, with values in them. */
T_TEST(packet_drawn_as_in_the_rfcs)
{
    struct plug_packet p;
    parse("udp", buf, &p);
    plug_packet_diagram(&p, 0, 80, text, sizeof text);
    T_STR(text, " 0                   1                   2                   3\n"
                " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n"
                "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
                "|      Source Port: 54321       |     Destination Port: 53      |\n"
                "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
                "|           Length: 8           |       Checksum: 0x0000        |\n"
                "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n");
    parse("tcp(options=[mss=1460,nop,wscale=7])", buf, &p);
    plug_packet_diagram(&p, 0, 66, text, sizeof text);
    T_STR(strstr(text, "|       |     |N|C|"),
          "|       |     |N|C|E|U|A|P|R|S|F|                               |\n"
          "|dataofs|Rsrvd|S|W|C|R|C|S|S|Y|I|         Window: 8192          |\n"
          "|   7   |  0  | |R|E|G|K|H|T|N|N|                               |\n"
          "|       |     |0|0|0|0|0|0|0|1|0|                               |\n"
          "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
          "|       Checksum: 0x0000        |       Urgent Pointer: 0       |\n"
          "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
          "|                           mss=1460                            |\n"
          "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
          "|      nop      |                   wscale=7                    |\n"
          "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n");
}

T_TEST(packet_drawn_on_narrow_terminals)
{
    struct plug_packet p;
    parse("icmp(type=echo-reply)/\"hello\"", buf, &p);
    plug_packet_diagram(&p, 0, 40, text, sizeof text);
    T_STR(text, " 0                   1\n"
                " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5\n"
                "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
                "|     Type      |    Code: 0    |\n"
                "|0 (echo-reply) |               |\n"
                "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
                "|       Checksum: 0xbc2c        |\n"
                "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
                "|         Identifier: 1         |\n"
                "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
                "|      Sequence Number: 0       |\n"
                "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n");
    plug_packet_diagram(&p, 1, 40, text, sizeof text);
    T_STR(text, "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n"
                "|       5 bytes: \"hello\"        |\n"
                "+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+\n");
}

/* No line is wider than the terminal, whatever is drawn, and no width writes past the buffer. */
T_TEST(packet_drawings_keep_to_their_width)
{
    static const char *const specs[] = {
        "eth/vlan/ip6/hopopt(options=[router-alert=1])/routing/fragment",
        ("ip(options=[rr=4:1.2.3.4:5.6.7.8])/tcp(options=[sack=1-2:5-9,fastopen=hex:0011223344])/"
         "\"x\"*300"),
        "ip/icmp(type=3)/ip/udp/icmpext(objects=[mpls=1-2-0-3:4-5-1-6,3.1=hex:00*200])",
        "ip6/icmp6(type=137,options=[src-lladdr=02:00:00:00:00:01,prefix=hex:00*30])",
    };
    static const unsigned widths[] = {1, 20, 33, 34, 40, 65, 66, 80, 200};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++)
        for (size_t k = 0; k < sizeof widths / sizeof *widths; k++) {
            struct plug_packet p;
            parse(specs[i], buf, &p);
            for (unsigned layer = 0; layer < p.count; layer++) {
                size_t most = widths[k] >= 66 ? 65 : widths[k] >= 34 ? 33 : 17;
                size_t n = plug_packet_diagram(&p, layer, widths[k], text, sizeof text);
                T_TRUE(n < sizeof text);
                for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
                    T_TRUE(strcspn(line, "\n") <= most);
                char *cut = t_guarded_room(n / 2 + 1);
                T_EQ(plug_packet_diagram(&p, layer, widths[k], cut, n / 2 + 1), n);
                T_MEM(cut, text, n / 2);
                t_end_owned();
            }
        }
}

T_TEST(packet_as_json)
{
    struct plug_packet p;
    struct plug_json j;
    struct plug_buf *b = t_buf(65536);
    json_error_t e;
    parse("ip/udp(checksum=0xdead)/\"x\"", buf, &p);
    plug_json_init(&j, b);
    plug_json_object(&j, NULL);
    plug_packet_json(&p, &j);
    plug_json_end(&j);
    T_OK(plug_json_error(&j));
    json_t *root = json_loadb((const char *)plug_buf_data(b), plug_buf_len(b), 0, &e);
    T_TRUE(root != NULL);
    T_STR(json_string_value(json_object_get(root, "hex")),
          "4500001d0001000040117ccd7f0000017f000001d43100350009dead78");
    json_t *layers = json_object_get(root, "layers"), *udp = json_array_get(layers, 1);
    T_EQ(json_array_size(layers), 3);
    T_STR(json_string_value(json_object_get(udp, "name")), "udp");
    T_EQ(json_integer_value(json_object_get(udp, "offset")), 20);
    json_t *sum = json_array_get(json_object_get(udp, "fields"), 3);
    T_STR(json_string_value(json_object_get(sum, "name")), "checksum");
    T_EQ(json_integer_value(json_object_get(sum, "offset")), 26);
    T_EQ(json_integer_value(json_object_get(sum, "value")), 0xdead);
    T_STR(json_string_value(json_object_get(sum, "verdict")), "wrong");
    json_decref(root);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void answers(const char *sent, const char *got, enum plug_packet_answer want)
{
    struct plug_packet s, g;
    parse(sent, buf, &s);
    parse(got, other, &g);
    if (plug_packet_answers(&s, &g) != want)
        T_FAIL("%s -> %s: %d", sent, got, plug_packet_answers(&s, &g));
}

#define TO   "ip(src=10.0.0.1,dst=10.0.0.2)"
#define BACK "ip(src=10.0.0.2,dst=10.0.0.1)"

T_TEST(packet_answers_of_tcp)
{
    const char *syn = TO "/tcp(sport=1,dport=2,seq=100)";
    answers(syn, BACK "/tcp(sport=2,dport=1,flags=SA,ack=101)", PLUG_PACKET_REPLY);
    answers(syn, BACK "/tcp(sport=2,dport=1,flags=RA,ack=101)", PLUG_PACKET_REPLY);
    answers(syn, BACK "/tcp(sport=2,dport=1,flags=SA,ack=100)", PLUG_PACKET_UNRELATED);
    answers(syn, BACK "/tcp(sport=2,dport=1,flags=SA,ack=102)", PLUG_PACKET_UNRELATED);
    answers(syn, BACK "/tcp(sport=2,dport=3,flags=SA,ack=101)", PLUG_PACKET_UNRELATED);
    answers(syn, TO "/tcp(sport=2,dport=1,flags=SA,ack=101)", PLUG_PACKET_UNRELATED);
    answers(syn, "ip(src=10.0.0.3,dst=10.0.0.1)/tcp(sport=2,dport=1,flags=SA,ack=101)",
            PLUG_PACKET_UNRELATED);
    answers(syn, BACK "/tcp(sport=2,dport=1,flags=R)", PLUG_PACKET_UNRELATED);
    answers(TO "/tcp(sport=1,dport=2,flags=A,seq=5,ack=77)",
            BACK "/tcp(sport=2,dport=1,flags=R,seq=77)", PLUG_PACKET_REPLY);
    answers(TO "/tcp(sport=1,dport=2,flags=PA,seq=0xfffffffe)/\"abcd\"",
            BACK "/tcp(sport=2,dport=1,flags=A,ack=2)", PLUG_PACKET_REPLY);
}

T_TEST(packet_answers_of_the_others)
{
    answers(TO "/udp(sport=1,dport=2)", BACK "/udp(sport=2,dport=1)", PLUG_PACKET_REPLY);
    answers(TO "/udp(sport=1,dport=2)", BACK "/udp(sport=1,dport=2)", PLUG_PACKET_UNRELATED);
    answers("ip(src=10.0.0.1,dst=224.0.0.251)/udp(sport=1,dport=2)", BACK "/udp(sport=2,dport=1)",
            PLUG_PACKET_REPLY);
    answers(TO "/icmp(id=7,seq=2)", BACK "/icmp(type=0,id=7,seq=2)", PLUG_PACKET_REPLY);
    answers(TO "/icmp(id=7,seq=2)", BACK "/icmp(type=0,id=7,seq=3)", PLUG_PACKET_UNRELATED);
    answers(TO "/icmp(id=7,seq=2)", BACK "/icmp(type=8,id=7,seq=2)", PLUG_PACKET_UNRELATED);
    answers(TO "/icmp(type=13,id=7)", BACK "/icmp(type=14,id=7)", PLUG_PACKET_REPLY);
    answers("ip6(dst=::2)/icmp6(seq=1)", "ip6(src=::2)/icmp6(type=129,seq=1)", PLUG_PACKET_REPLY);
    answers("ip6(dst=ff02::1:ff00:9)/icmp6(type=135,target=fe80::9)",
            "ip6(src=fe80::9)/icmp6(type=136,target=fe80::9)", PLUG_PACKET_REPLY);
    answers("eth/arp(pdst=10.0.0.2)", "eth/arp(op=2,psrc=10.0.0.2)", PLUG_PACKET_REPLY);
    answers("eth/arp(pdst=10.0.0.2)", "eth/arp(op=2,psrc=10.0.0.3)", PLUG_PACKET_UNRELATED);
    answers("eth/arp(pdst=10.0.0.2)", "eth/arp(op=1,psrc=10.0.0.2)", PLUG_PACKET_UNRELATED);
}

#define ROUTER "ip(src=10.0.0.9,dst=10.0.0.1)/icmp(type=11)/"

T_TEST(packet_refused_by_an_error)
{
    const char *udp = TO "/udp(sport=1,dport=2)", *tcp = TO "/tcp(sport=1,dport=2,seq=100)";
    answers(udp, ROUTER TO "/udp(sport=1,dport=2)", PLUG_PACKET_REFUSAL);
    answers(udp, ROUTER TO "/udp(sport=1,dport=2,cut=4)", PLUG_PACKET_REFUSAL);
    answers(udp, ROUTER TO "/udp(sport=1,dport=3)", PLUG_PACKET_UNRELATED);
    answers(udp, ROUTER BACK "/udp(sport=1,dport=2)", PLUG_PACKET_UNRELATED);
    answers(udp, ROUTER "ip(src=10.0.0.1,dst=10.0.0.2,cut=12)", PLUG_PACKET_UNRELATED);
    answers(tcp, ROUTER TO "/tcp(sport=1,dport=2,seq=100,cut=8)", PLUG_PACKET_REFUSAL);
    answers(tcp, ROUTER TO "/tcp(sport=1,dport=2,seq=101,cut=8)", PLUG_PACKET_UNRELATED);
    answers(tcp, ROUTER TO "/udp(sport=1,dport=2)", PLUG_PACKET_UNRELATED);
    answers(TO "/icmp(id=7,seq=2)", ROUTER TO "/icmp(id=7,seq=2)", PLUG_PACKET_REFUSAL);
    answers(TO "/icmp(id=7,seq=2)", ROUTER TO "/icmp(id=8,seq=2)", PLUG_PACKET_UNRELATED);
    answers("ip6(dst=::2)/udp", "ip6(src=::9)/icmp6(type=1)/ip6(dst=::2)/udp", PLUG_PACKET_REFUSAL);
    answers("ip6(dst=::2)/udp", "ip6(src=::9,dst=::8)/icmp6(type=1)/ip6(dst=::2)/udp",
            PLUG_PACKET_UNRELATED);
}
