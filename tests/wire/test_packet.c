/* SPDX-License-Identifier: MIT */
/* Packets as layers: text to bytes, bytes to layers and fields, and back to text. */
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t buf[PLUG_PACKET_MAX + 1], again[PLUG_PACKET_MAX + 1];
static char text[PLUG_PACKET_SPEC + 1], text2[PLUG_PACKET_SPEC + 1];

static size_t build(const char *spec)
{
    struct plug_packet_error e = {0, ""};
    ssize_t n = plug_packet_build(spec, NULL, buf, sizeof buf, &e);
    if (n < 0)
        T_FAIL("%s: column %zu: %s", spec, e.column, e.what);
    return (size_t)n;
}

static void is_hex(const char *spec, const char *hex)
{
    uint8_t want[256];
    ssize_t n = plug_hex_decode(hex, strlen(hex), PLUG_HEX_SPACE, want, sizeof want, NULL);
    T_OK(n);
    T_EQ(build(spec), n);
    T_MEM(buf, want, (size_t)n);
}

static enum plug_packet_proto first_of(const char *spec)
{
    return plug_packet_proto_find(spec, strcspn(spec, "(/"));
}

/* --- bytes of known packets ------------------------------------------------------------------- */

/* Bytes made by Scapy 2.5. */
T_TEST(packet_builds_what_scapy_builds)
{
    is_hex("ip(src=192.0.2.7,dst=192.0.2.1,ttl=3)/tcp(sport=20,dport=80,flags=S)/\"hi\"",
           "4500002a00010000030633c5c0000207c0000201 "
           "00140050000000000000000050022000a30a0000 6869");
    is_hex("ip6(src=fe80::1,dst=fe80::2)/udp(sport=53,dport=53)/hex:00ff",
           "60000000000a1140fe800000000000000000000000000001fe800000000000000000000000000002 "
           "00350035000a016d 00ff");
    is_hex("eth(dst=ff:ff:ff:ff:ff:ff,src=00:00:00:00:00:01)/arp(hwsrc=00:00:00:00:00:01,"
           "psrc=192.0.2.7,pdst=192.0.2.1)",
           "ffffffffffff0000000000010806 0001080006040001000000000001c0000207000000000000c0000201");
    is_hex("ip(src=192.0.2.7,dst=192.0.2.1)/icmp(type=echo-request,id=7,seq=1)/\"ping\"",
           "450000200001000040 01f6d3c0000207c0000201 0800192700070001 70696e67");
}

T_TEST(packet_takes_what_is_given)
{
    is_hex("udp(sport=1,dport=2,len=7,checksum=0xdead)", "000100020007dead");
    is_hex("ip(version=5,ihl=3,len=9,proto=6,chksum=0x1234)",
           "53000009000100004006 1234 7f0000017f000001");
    is_hex("tcp(sport=1,dport=2,dataofs=15,flags=SA,window=3,checksum=1)",
           "00010002000000000000 0000f012 0003 0001 0000");
    is_hex("tcp(flags=SYN|ACK,cut=14)", "d43100500000000000000000 5012");
    is_hex("ip(flags=DF+MF,frag=185,len=20,proto=0,checksum=0)",
           "45000014000160b940000000 7f0000017f000001");
}

T_TEST(packet_pads_options)
{
    is_hex("tcp(options=[mss=1460,sackok,ts=1:0,wscale=7],checksum=0)",
           "d43100500000000000000000a002200000000000 020405b40402080a0000000100000000030307 00");
    is_hex("ip6/hopopt(options=[router-alert=0])",
           "6000000000080040 00000000000000000000000000000001 00000000000000000000000000000001 "
           "3b00 05020000 0100");
    is_hex("tcp(options=[254=hex:f989,nop,hex:0500],checksum=0)",
           "d431005000000000000000007002200000000000 fe04f989 01 0500 00");
}

T_TEST(packet_payload)
{
    is_hex("\"a\\n\\r\\t\\0\\\\\\\"\\xff\"", "610a0d09005c22ff");
    is_hex(" hex:00:ff *3 / \"x\" * 2 /hex:", "00ff00ff00ff7878");
    is_hex("ip(len=20,checksum=0)/pad:00*3", "450000140001000040fd0000 7f0000017f000001 000000");
}

/* --- what it says when the text is wrong ------------------------------------------------------ */

static const struct {
    const char *spec;
    size_t column;
    const char *what;
} wrong[] = {
    {"", 1, "a protocol such as ip, or payload, is wanted"},
    {"ip/", 4, "a protocol such as ip, or payload, is wanted"},
    {"ipx", 1, "no protocol 'ipx'; did you mean 'ip'?"},
    {"ip/tpc", 4, "no protocol 'tpc'; did you mean 'tcp'?"},
    {"hello-world", 1, "no protocol 'hello-world'; payload is written \"text\" or hex:00ff"},
    {"ip(tll=3)", 4, "ip has no field 'tll'; did you mean 'ttl'?"},
    {"ip(ttl=256)", 8, "ttl=256 does not fit its 8 bits: at most 255"},
    {"ip(ttl=-1)", 8, "ttl=-1: a number from 0 to 255 is wanted"},
    {"ip(ttl=)", 8, "ttl=: a number from 0 to 255 is wanted"},
    {"ip(ttl)", 7, "'=' and a value are wanted behind ttl"},
    {"ip(ttl=1,ttl=2)", 10, "ttl is given twice"},
    {"ip(ttl=1", 9, "',' or ')' is wanted behind a field"},
    {"ip(dst=300.1.1.1)", 8, "dst=300.1.1.1: an address such as 192.0.2.1 is wanted"},
    {"ip6(dst=1.2.3.4)", 9, "dst=1.2.3.4: an address such as 2001:db8::1 is wanted"},
    {"eth(dst=1:2:3:4:5:6)", 9, "dst=1:2:3:4:5:6: an address such as 02:00:00:00:00:01 is wanted"},
    {"ip(proto=tpc)", 10,
     "proto=tpc: a number from 0 to 255 or a name is wanted; did you mean 'tcp'?"},
    {"tcp(flags=XY)", 11,
     "flags=XY: wanted are the first letters of 'NS CWR ECE URG ACK PSH RST SYN FIN', or a number"},
    {"tcp(options=[mss=65536])", 18, "mss wants a number from 0 to 65535"},
    {"tcp(options=[msss=1])", 14, "tcp has no option 'msss'; did you mean 'mss'?"},
    {"tcp(options=[mss=1)", 19, "',' or ']' is wanted behind an option"},
    {"tcp(options=[mss])", 17, "mss wants a number from 0 to 65535"},
    {"tcp(options=[nop=1])", 18, "nop wants no value"},
    {"tcp(options=mss)", 13, "a list such as options=[...] is wanted"},
    {"tcp(options=[9=hex:00*39])", 14, "options longer than 40 bytes"},
    {"icmp(mtu=3)", 6, "icmp has no mtu with these values of the others"},
    {"icmp6(options=[mtu=3])", 7, "icmp6 has no options with these values of the others"},
    {"\"abc", 1, "the text has no closing quote"},
    {"\"a\\q\"", 3, "escapes are \\n \\r \\t \\0 \\\\ \\\" and \\xhh"},
    {"hex:0", 6, "the last byte has only one digit"},
    {"hex:0g", 6, "a hexadecimal digit is wanted"},
    {"\"x\"*y", 5, "how often, a number up to 65575, is wanted behind '*'"},
    {"ip tcp", 4, "'/' is wanted between layers"},
    {"udp(cut=9)", 1, "cut=9 is more than the 8 bytes of udp"},
    {"udp(cut=0)", 9, "cut: how many bytes of the header to keep is wanted"},
    {"udp/\"x\"*65530", 1, "len of udp would be 65538, but has only 16 bits; say len=..."},
    {"ip(\x1b[31m=1)", 4, "the name of a field of ip is wanted"},
    {"ip(ttl=\x1b[31m)", 8, "ttl=\\e[31m: a number from 0 to 255 is wanted"},
};

T_TEST(packet_says_what_is_wrong_and_where)
{
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct plug_packet_error e = {0, ""};
        ssize_t n = plug_packet_build(wrong[i].spec, NULL, buf, sizeof buf, &e);
        if (n != PLUG_EPACKET_SPEC || e.column != wrong[i].column ||
            strcmp(e.what, wrong[i].what) != 0)
            T_FAIL("%s: %zd, column %zu: %s", wrong[i].spec, n, e.column, e.what);
    }
}

/* --- limits ----------------------------------------------------------------------------------- */

T_TEST(packet_layers_at_their_limit)
{
    for (unsigned layers = PLUG_PACKET_LAYERS - 1; layers <= PLUG_PACKET_LAYERS + 1; layers++) {
        struct plug_packet p;
        struct plug_packet_error e;
        size_t at = 0;
        for (unsigned i = 0; i < layers; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%sip", i ? "/" : "");
        ssize_t n = plug_packet_build(text, NULL, buf, sizeof buf, &e);
        if (layers > PLUG_PACKET_LAYERS) {
            T_ERR(n, PLUG_ELIMIT);
            T_STR(e.what, "more than 32 layers");
            /* such a packet all the same, by one more header in the payload */
            build("ip(proto=4)");
            memcpy(again, buf, 20);
            text[at - 3] = '\0';
            n = (ssize_t)build(text);
            memcpy(buf + n, again, 20);
            for (unsigned i = 0; i < PLUG_PACKET_LAYERS; i++)
                plug_put_be16(buf + (size_t)20 * i + 2, (uint16_t)(n + 20 - 20 * (ssize_t)i));
            buf[n - 11] = 4;
            n += 20;
        }
        T_OK(n);
        T_OK(plug_packet_parse(PLUG_PACKET_IP4, buf, (size_t)n, &p));
        T_EQ(p.count, layers < PLUG_PACKET_LAYERS ? layers : PLUG_PACKET_LAYERS);
        T_EQ(p.error, layers > PLUG_PACKET_LAYERS ? PLUG_ELIMIT : 0);
        T_EQ(p.layers[p.count - 1].offset + p.layers[p.count - 1].len, n);
    }
}

T_TEST(packet_length_at_its_limit)
{
    struct plug_packet p;
    struct plug_packet_error e;
    for (size_t len = PLUG_PACKET_MAX - 1; len <= PLUG_PACKET_MAX + 1; len++) {
        snprintf(text, sizeof text, "ip6(len=1)/\"x\"*%zu", len - 40);
        ssize_t n = plug_packet_build(text, NULL, buf, sizeof buf, &e);
        T_EQ(n, len <= PLUG_PACKET_MAX ? (ssize_t)len : (ssize_t)PLUG_ELIMIT);
        T_EQ(plug_packet_parse(PLUG_PACKET_IP6, buf, len, &p),
             len <= PLUG_PACKET_MAX ? 0 : PLUG_ELIMIT);
    }
    T_ERR(plug_packet_build("ip", NULL, buf, 19, &e), -ENOSPC);
    T_EQ(plug_packet_build("ip", NULL, buf, 20, &e), 20);
}

T_TEST(packet_text_at_its_limit)
{
    struct plug_packet_error e;
    for (size_t len = PLUG_PACKET_SPEC - 1; len <= PLUG_PACKET_SPEC + 1; len++) {
        char *spec = T_PTR(malloc(len + 1));
        memset(spec, ' ', len);
        memcpy(spec, "ip", 3);
        spec[2] = ' ';
        spec[len] = '\0';
        ssize_t n = plug_packet_build(spec, NULL, buf, sizeof buf, &e);
        free(spec);
        T_EQ(n, len <= PLUG_PACKET_SPEC ? 20 : (ssize_t)PLUG_ELIMIT);
    }
    struct plug_packet_opts o = PLUG_PACKET_OPTS;
    o.size--;
    T_ERR(plug_packet_build("ip", &o, buf, sizeof buf, NULL), PLUG_EOPTS);
}

/* --- what is left open ------------------------------------------------------------------------ */

T_TEST(packet_fills_in_from_options)
{
    const uint8_t src[4] = {192, 0, 2, 7}, mac[6] = {2, 0, 0, 0, 0, 9};
    struct plug_packet_opts o = PLUG_PACKET_OPTS;
    struct plug_packet p;
    o.src4 = src;
    o.mac = mac;
    o.sport = 1234;
    o.id = 77;
    o.seq = 0x01020304;
    ssize_t n = plug_packet_build("eth/ip/tcp/\"x\"", &o, buf, sizeof buf, NULL);
    T_OK(n);
    T_OK(plug_packet_parse(PLUG_PACKET_ETHER, buf, (size_t)n, &p));
    plug_packet_text(&p, text, sizeof text);
    T_STR(text, "eth(src=02:00:00:00:00:09)/ip(id=77,src=192.0.2.7)/tcp(sport=1234,seq=16909060)/"
                "\"x\"");
    n = plug_packet_build("ip(src=192.0.2.1)/icmp(type=11)/ip/udp(sport=5)", &o, buf, sizeof buf,
                          NULL);
    T_OK(plug_packet_parse(PLUG_PACKET_IP4, buf, (size_t)n, &p));
    plug_packet_text(&p, text, sizeof text); /* the quoted datagram is not ours to fill in */
    T_STR(text, "ip(id=77,src=192.0.2.1)/icmp(type=time-exceeded)/ip/udp(sport=5)");
}

/* --- fields ----------------------------------------------------------------------------------- */

static void is_field(const struct plug_packet *p, unsigned layer, const char *name, size_t bit,
                     size_t bits, const char *want)
{
    struct plug_packet_field f;
    char got[200];
    T_TRUE(plug_packet_field_find(p, layer, name, &f));
    T_EQ(f.bit, bit);
    T_EQ(f.bits, bits);
    plug_packet_field_text(&f, got, sizeof got);
    T_STR(got, want);
}

T_TEST(packet_fields)
{
    struct plug_packet p;
    struct plug_packet_field f;
    size_t n = build("ip(dst=192.0.2.1,frag=0,flags=DF)/tcp(flags=SA,checksum=0xdead,"
                     "options=[mss=1460,nop])/\"hi\"");
    T_OK(plug_packet_parse(PLUG_PACKET_NONE, buf, n, &p));
    T_EQ(p.count, 3);
    is_field(&p, 0, "ihl", 4, 4, "5 (20 bytes)");
    is_field(&p, 0, "flags", 48, 3, "DF");
    is_field(&p, 0, "protocol", 72, 8, "6 (tcp)");
    is_field(&p, 0, "chksum", 80, 16, "0xf9c2 (correct)");
    is_field(&p, 0, "dst", 128, 32, "192.0.2.1");
    is_field(&p, 1, "flags", 160 + 103, 9, "SYN|ACK");
    is_field(&p, 1, "checksum", 160 + 128, 16, "0xdead (wrong, should be 0xe922)");
    is_field(&p, 1, "mss", 320, 32, "mss=1460");
    is_field(&p, 1, "padding", 360, 24, "hex:000000");
    is_field(&p, 2, "data", 384, 16, "\"hi\"");
    char value[8];
    T_TRUE(plug_packet_field_find(&p, 1, "flags", &f));
    T_EQ(plug_packet_field_value(&f, value, sizeof value), 2);
    T_STR(value, "SA");
    T_TRUE(!plug_packet_field_find(&p, 2, "ttl", &f));
    unsigned at = 0;
    T_TRUE(!plug_packet_field_next(&p, 3, &at, &f));
}

T_TEST(packet_verdicts)
{
    struct plug_packet p;
    size_t n = build("ip/udp(checksum=0)/\"x\"");
    T_OK(plug_packet_parse(PLUG_PACKET_IP4, buf, n, &p));
    is_field(&p, 1, "checksum", 160 + 48, 16, "0x0000 (none)");
    T_OK(plug_packet_parse(PLUG_PACKET_IP4, buf, n - 1, &p));
    T_EQ(p.error, PLUG_EPACKET_SHORT);
    T_STR(p.error_what, "IPv4 total length 29, but only 28 bytes are there");
    is_field(&p, 1, "checksum", 160 + 48, 16, "0x0000 (none)");
    n = build("ip(len=27)/udp(checksum=0xdead)/\"x\"");
    T_OK(plug_packet_parse(PLUG_PACKET_IP4, buf, n, &p));
    T_EQ(p.error, PLUG_EPACKET_BAD);
    T_EQ(p.layers[p.count - 1].proto, PLUG_PACKET_PADDING);
}

/* Every bit of every variant of every header belongs to exactly one field. */
T_TEST(packet_tables_leave_no_gap)
{
    for (int proto = PLUG_PACKET_ETHER; proto < PLUG_PACKET_DATA; proto++)
        for (unsigned type = 0; type < 256; type++) {
            struct plug_packet p;
            struct plug_packet_field f;
            size_t bit = 0;
            memset(buf, 0, 64);
            buf[0] = (uint8_t)type;
            buf[12] = 0x50;
            T_OK(plug_packet_parse((enum plug_packet_proto)proto, buf, 64, &p));
            for (unsigned at = 0; plug_packet_field_next(&p, 0, &at, &f); bit += f.bits)
                T_EQ(f.bit, bit);
            T_EQ(bit, p.layers[0].len * 8);
        }
}

T_TEST(packet_lists_its_fields)
{
    const char *aliases, *label;
    unsigned bits;
    T_STR(plug_packet_list(PLUG_PACKET_IP4, 7, &aliases, &label, &bits), "ttl");
    T_STR(label, "Time to Live");
    T_EQ(bits, 8);
    T_STR(plug_packet_list(PLUG_PACKET_TCP, 8, &aliases, NULL, NULL), "checksum");
    T_STR(aliases, "chksum");
    T_TRUE(plug_packet_list(PLUG_PACKET_UDP, 4, NULL, NULL, NULL) == NULL);
    T_TRUE(plug_packet_list(PLUG_PACKET_DATA, 0, NULL, NULL, NULL) == NULL);
    T_EQ(plug_packet_proto_find("ipv6", 4), PLUG_PACKET_IP6);
    T_EQ(plug_packet_proto_find("ipv66", 5), PLUG_PACKET_NONE);
    T_STR(plug_packet_proto_name(PLUG_PACKET_PADDING), "pad");
    T_STR(plug_packet_proto_name((enum plug_packet_proto)99), "?");
}

/* --- malformed packets ------------------------------------------------------------------------ */

static const struct {
    const char *spec;
    int error;
    size_t at;
    const char *what;
} bad[] = {
    {"ip(ihl=4)/hex:00*8", PLUG_EPACKET_BAD, 0, "IPv4 header length 16 is less than 20"},
    {"ip(ihl=6)", PLUG_EPACKET_SHORT, 0, "IPv4 header length 24, but only 20 bytes are there"},
    {"ip(version=5)", PLUG_EPACKET_BAD, 0, "IPv4 with version 5"},
    {"ip(len=19)", PLUG_EPACKET_BAD, 2, "IPv4 total length 19 is less than the header's 20"},
    {"ip(len=21)", PLUG_EPACKET_SHORT, 2, "IPv4 total length 21, but only 20 bytes are there"},
    {"ip(options=[hex:0701])", PLUG_EPACKET_BAD, 20, "ip option that cannot be read"},
    {"ip(options=[hex:0700])", PLUG_EPACKET_BAD, 20, "ip option that cannot be read"},
    {"ip(options=[nop,hex:0704])", PLUG_EPACKET_BAD, 21, "ip option that cannot be read"},
    {"ip/tcp(dataofs=4)", PLUG_EPACKET_BAD, 32, "TCP header length 16 is less than 20"},
    {"ip/tcp(dataofs=6)", PLUG_EPACKET_BAD, 32,
     "TCP header length 24, but only 20 bytes are there"},
    {"ip/udp(len=7)", PLUG_EPACKET_BAD, 24, "UDP length 7 is less than 8"},
    {"ip/udp(len=9)", PLUG_EPACKET_BAD, 24, "UDP length 9, but only 8 bytes are there"},
    {"ip/udp(cut=6)", PLUG_EPACKET_BAD, 20, "UDP (RFC 768) 8, but only 6 bytes are there"},
    {"ip6(len=1)", PLUG_EPACKET_SHORT, 4, "IPv6 payload length 1, but only 0 bytes are there"},
    {"ip6/hopopt(len=1)", PLUG_EPACKET_BAD, 41,
     "IPv6 extension header length 16, but only 8 bytes are there"},
    {"ip6/dstopt/hopopt", PLUG_EPACKET_BAD, 48,
     "hop-by-hop options behind another extension header"},
    {"ip6(len=0)/hopopt/hex:00", PLUG_EPACKET_BAD, 4,
     "IPv6 payload length 0: jumbograms are not read"},
    {"ip6/icmp6(type=135,options=[hex:0100])", PLUG_EPACKET_BAD, 64,
     "icmp6 option that cannot be read"},
    {"arp(hwlen=200,plen=4,data=hex:00)", PLUG_EPACKET_SHORT, 4,
     "ARP addresses need 416, but only 9 bytes are there"},
    {"ip/icmp(type=3,length=200)/ip/udp", PLUG_EPACKET_BAD, 25,
     "ICMP quote length 800, but only 28 bytes are there"},
    {"ip/icmp(type=11)/ip/udp/icmpext(version=3)", PLUG_EPACKET_BAD, 156,
     "ICMP extension of version 3"},
    {"ip/icmp(type=3)/ip(len=900)/tcp(cut=8)", 0, 0, ""},
    {"ip(flags=MF)/udp(len=900)", 0, 0, ""},
};

T_TEST(packet_finds_what_is_malformed)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct plug_packet p;
        size_t n = build(bad[i].spec);
        void *bytes = t_guarded(buf, n);
        T_OK(plug_packet_parse(first_of(bad[i].spec), bytes, n, &p));
        if (p.error != bad[i].error || p.error_at != bad[i].at ||
            strcmp(p.error_what, bad[i].what) != 0)
            T_FAIL("%s: %d at %zu: %s", bad[i].spec, p.error, p.error_at, p.error_what);
        t_end_owned();
    }
}

/* --- there and back --------------------------------------------------------------------------- */

static const char *const specs[] = {
    "ip(dst=192.0.2.1,ttl=3)/tcp(dport=80,options=[mss=1460,sackok,ts=1:0,wscale=7])/\"hi\"",
    "eth/arp",
    "eth/vlan(id=7)/ip6(dst=::2)/icmp6(id=1,seq=2)/hex:00ff",
    "eth(type=0x88a8)/vlan/vlan(id=2)/ip/udp(cut=5)",
    "ip/icmp(type=time-exceeded)/ip(dst=192.0.2.9,ttl=1)/tcp(dport=33434,cut=8)",
    "ip/icmp(type=11)/ip/udp/\"xyz\"/icmpext(objects=[mpls=24001-0-1-255,2.1=hex:00112233])",
    "ip6/icmp6(type=3)/ip6/udp/\"xyz\"/icmpext(objects=[mpls=24001-0-1-255:3-1-0-1])",
    ("ip6/hopopt(options=[router-alert=0])/routing(type=0,segleft=1,data=hex:00000000 "
     "20010db8000000000000000000000001)/dstopt(options=[tunnel-limit=4,jumbo=5])/tcp/\"x\"*100"),
    "ip6/fragment(offset=100,more=1)/hex:0011",
    "ip(options=[rr=4:1.2.3.4:5.6.7.8,nop,router-alert=0])/udp(len=7)/\"abc\"",
    "eth/ip/udp/\"x\"/pad:00*17",
    "ip6/icmp6(type=135,target=fe80::1,options=[src-lladdr=02:00:00:00:00:05])",
    "ip6/icmp6(type=134,flags=0x80,options=[mtu=1500,prefix=hex:00*30])",
    "ip6/icmp6(type=136,flags=R+O,target=fe80::1)",
    "ip6/icmp6(type=137,dst=fe80::9)",
    "ip/icmp(type=13,originate=5)",
    "ip/icmp(type=5,gateway=192.0.2.3)/ip/icmp(cut=4)",
    "ip/tcp(options=[sack=1-2:5-9,nop,nop,md5=hex:00112233445566778899aabbccddeeff])",
    "ip/ip/ip6/udp/\"t\"",
    "eth(type=100)/hex:aa*120",
};

/* The layers cover the bytes; their text builds the same bytes, which have the same text. */
static void there_and_back(enum plug_packet_proto first, const uint8_t *bytes, size_t len)
{
    struct plug_packet p;
    struct plug_packet_error e = {0, ""};
    size_t at = 0;
    T_OK(plug_packet_parse(first, bytes, len, &p));
    for (unsigned i = 0; i < p.count; at += p.layers[i++].len)
        if (p.layers[i].offset != at || p.layers[i].len == 0)
            T_FAIL("layer %u at %zu, not %zu", i, p.layers[i].offset, at);
    T_EQ(at, len);
    T_TRUE(plug_packet_text(&p, text, sizeof text) < sizeof text);
    ssize_t n = plug_packet_build(text, NULL, again, sizeof again, &e);
    if (n != (ssize_t)len || memcmp(bytes, again, len) != 0)
        T_FAIL("%s: %zd, column %zu: %s", text, n, e.column, e.what);
    T_OK(plug_packet_parse(first, again, len, &p));
    plug_packet_text(&p, text2, sizeof text2);
    T_STR(text2, text);
}

static size_t mutate(uint8_t *bytes, size_t len)
{
    for (uint64_t n = t_below(4); n > 0; n--)
        bytes[t_below(len)] =
            (uint8_t)(t_below(3) ? t_random() : bytes[t_below(len)] ^ 1U << t_below(8));
    if (t_below(4) == 0)
        return 1 + t_below(len);
    for (uint64_t more = t_below(8) == 0 ? t_below(40) : 0; more > 0; more--)
        bytes[len++] = t_below(2) ? 0 : (uint8_t)t_random();
    return len;
}

T_TEST(packet_there_and_back)
{
    static uint8_t bytes[1024];
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        size_t len = build(specs[i]);
        struct plug_packet p;
        memcpy(bytes, buf, len);
        T_OK(plug_packet_parse(first_of(specs[i]), bytes, len, &p));
        there_and_back(first_of(specs[i]), bytes, len);
    }
}

T_TEST_PLAIN(packet_there_and_back_of_any_bytes)
{
    static uint8_t bytes[1024];
    for (unsigned round = 0; round < 400; round++)
        for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
            size_t len = build(specs[i]);
            memcpy(bytes, buf, len);
            len = mutate(bytes, len);
            there_and_back(t_below(10) ? first_of(specs[i])
                                       : (enum plug_packet_proto)(1 + t_below(16)),
                           t_guarded(bytes, len), len);
            t_end_owned();
        }
}
