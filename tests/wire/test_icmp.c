/* SPDX-License-Identifier: MIT */
#include "golden.h"
#include <netinet/in.h>
#include <stdio.h>

#define QUOTE  "45000021000900000111cd8cc0000201c63364029c40829a000dafec70726f6265"
#define TTL4   "0b00e15500000000" QUOTE
#define ECHO6  "8000fe64123456787061796c6f6164"
#define LABELS "000c010103e84a0105dc1102"

static const uint8_t src6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
static const uint8_t dst6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 2};
static const struct plug_pseudo over6 = {AF_INET6, src6, dst6};

T_TEST(icmp_builds_what_scapy_builds)
{
    uint8_t *room = t_guarded_room(15);
    struct plug_icmp m = {.family = AF_INET,
                          .type = PLUG_ICMP_ECHO_REQUEST,
                          .id = 0x1234,
                          .seq = 0x5678,
                          .word = 99,
                          .body = (const uint8_t *)"payload",
                          .body_len = 7};

    T_EQ(plug_icmp_build(&m, NULL, room, 15), 15);
    golden_same(room, 15, "0800d223123456787061796c6f6164");
    T_ERR(plug_icmp_build(&m, NULL, room, 14), -ENOSPC);
    m.family = AF_INET6;
    m.type = PLUG_ICMP6_ECHO_REQUEST;
    T_EQ(plug_icmp_build(&m, &over6, room, 15), 15);
    golden_same(room, 15, ECHO6);
    T_EQ(plug_icmp_build(&m, NULL, room, 15), 15); /* the kernel's turn */
    T_EQ(plug_get_be16(room + 2), 0);
    m.given = PLUG_GIVEN_CHECKSUM;
    m.checksum = 0xdead;
    T_EQ(plug_icmp_build(&m, &over6, room, 15), 15);
    T_EQ(plug_get_be16(room + 2), 0xdead);
    m.family = AF_UNIX;
    T_ERR(plug_icmp_build(&m, NULL, room, 15), -EAFNOSUPPORT);
}

T_TEST(icmp_parses_and_verifies)
{
    size_t len;
    const uint8_t *b = golden(ECHO6, &len);
    struct plug_icmp m = {.id = 99};
    uint16_t right = 0;

    for (size_t n = 0; n < 8; n++)
        T_ERR(plug_icmp_parse(AF_INET6, t_guarded(b, n), n, &m), PLUG_EPACKET_SHORT);
    T_ERR(plug_icmp_parse(AF_UNIX, b, len, &m), -EAFNOSUPPORT);
    T_EQ(m.id, 99);
    T_EQ(plug_icmp_parse(AF_INET6, b, len, &m), 8);
    T_EQ(m.type, 128);
    T_EQ(m.code, 0);
    T_EQ(m.checksum, 0xfe64);
    T_EQ(m.id, 0x1234);
    T_EQ(m.seq, 0x5678);
    T_EQ(m.word, 0x12345678);
    T_EQ(m.body_len, 7);
    T_MEM(m.body, "payload", 7);
    T_EQ(plug_icmp_verify(AF_INET6, &over6, b, len, &right), 1);
    T_EQ(right, 0xfe64);
    T_EQ(plug_icmp_verify(AF_INET6, &over6, golden_changed(b, len, 8, 'P'), len, NULL), 0);
    b = golden(TTL4, &len);
    T_EQ(plug_icmp_verify(AF_INET, NULL, b, len, NULL), 1);
    T_EQ(plug_icmp_verify(AF_INET, NULL, golden_changed(b, len, 2, 0), len, &right), 0);
    T_EQ(right, 0xe155);
    T_EQ(plug_icmp_parse(AF_INET, b, len, &m), 8);
    T_EQ(m.id, 0); /* a time exceeded has none */
    T_ERR(plug_icmp_verify(AF_INET, NULL, b, 7, NULL), PLUG_EPACKET_SHORT);
    b = golden("0000000000000000", &len); /* all zero: the sum is not, and 0 is wrong */
    T_EQ(plug_icmp_verify(AF_INET, NULL, b, len, &right), 0);
    T_EQ(right, 0xffff);
}

T_TEST(icmp_quotes)
{
    size_t len;
    const uint8_t *b = golden(TTL4, &len);
    struct plug_icmp m;
    struct plug_icmp_quote q;

    T_EQ(plug_icmp_parse(AF_INET, b, len, &m), 8);
    T_EQ(plug_icmp_quote(&m, &q), 20);
    T_EQ(q.family, AF_INET);
    T_EQ(q.protocol, 17);
    T_EQ(q.ttl, 1);
    T_MEM(q.header.ip4.dst, "\xc6\x33\x64\2", 4);
    T_TRUE(q.has_ports && q.has_udp && !q.has_tcp && !q.has_echo);
    T_EQ(q.sport, 40000);
    T_EQ(q.dport, 33434);
    T_EQ(q.udp_len, 13);
    T_EQ(q.udp_checksum, 0xafec);
    T_EQ(q.transport_len, 13);
}

/* A message of family, type 11 or 3 (time exceeded), around a quote in hexadecimal. */
static struct plug_icmp around(int family, const char *quote)
{
    struct plug_icmp m = {.family = family, .type = family == AF_INET ? 11 : 3};
    m.body = golden(quote, &m.body_len);
    return m;
}

T_TEST(icmp_quotes_cut_off)
{
    size_t len;
    const uint8_t *b = golden(QUOTE, &len);
    struct plug_icmp_quote q = {.ttl = 99};

    for (size_t n = 0; n <= len; n++) {
        struct plug_icmp m = {.family = AF_INET, .type = 11, .body = t_guarded(b, n)};
        m.body_len = n;
        if (n < 20) {
            T_ERR(plug_icmp_quote(&m, &q), PLUG_EPACKET_SHORT);
            T_EQ(q.ttl, 99);
            continue;
        }
        struct plug_icmp_quote got;
        T_EQ(plug_icmp_quote(&m, &got), 20);
        T_EQ(got.has_ports, n >= 24);
        T_EQ(got.has_udp, n >= 28);
        T_EQ(got.transport_len, n - 20);
    }
}

T_TEST(icmp_quotes_with_ip_options)
{
    static const char *const tcp = "9c400050010203040000";
    char text[200];
    struct plug_icmp_quote q;

    for (unsigned words = 0; words <= 10; words++) {
        size_t at = (size_t)snprintf(text, sizeof text,
                                     "4%x00000000000000010600"
                                     "00c0000201c6336402",
                                     5 + words);
        for (unsigned i = 0; i < words; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "01010101");
        snprintf(text + at, sizeof text - at, "%s", tcp);
        struct plug_icmp m = around(AF_INET, text);
        T_EQ(plug_icmp_quote(&m, &q), 20 + 4 * words); /* total length 0: not judged */
        T_EQ(q.header.ip4.options_len, 4 * words);
        T_TRUE(q.has_tcp && q.has_ports);
        T_EQ(q.sport, 40000);
        T_EQ(q.tcp_seq, 0x01020304);
        m.body_len = 20 + 4 * words - (words > 0);
        T_EQ(plug_icmp_quote(&m, &q), words > 0 ? PLUG_EPACKET_SHORT : 20);
    }
}

T_TEST(icmp_quotes_that_are_malformed)
{
    size_t len;
    const uint8_t *b = golden(TTL4, &len);
    struct plug_icmp m;
    struct plug_icmp_quote q;

    T_OK(plug_icmp_parse(AF_INET, golden_changed(b, len, 8, 0x44), len, &m));
    T_ERR(plug_icmp_quote(&m, &q), PLUG_EPACKET_BAD);
    T_OK(plug_icmp_parse(AF_INET, golden_changed(b, len, 8, 0x65), len, &m));
    T_ERR(plug_icmp_quote(&m, &q), PLUG_EPACKET_BAD);
    T_OK(plug_icmp_parse(AF_INET, golden_changed(b, len, 0, 8), len, &m));
    T_ERR(plug_icmp_quote(&m, &q), -EINVAL);
    T_OK(plug_icmp_parse(AF_INET6, golden_changed(b, len, 0, 3), len, &m));
    T_ERR(plug_icmp_quote(&m, &q), PLUG_EPACKET_BAD); /* IPv4 in ICMPv6 */
    T_OK(plug_icmp_parse(AF_INET, golden_changed(b, len, 15, 1), len, &m));
    T_EQ(plug_icmp_quote(&m, &q), 20); /* a later fragment: no transport header */
    T_EQ(q.fragment, 8);
    T_TRUE(!q.has_ports && !q.has_udp);
}

#define ADDRESSES "20010db800000000000000000000000120010db8000000000000000000000002"

T_TEST(icmp6_quotes_extension_headers)
{
    struct plug_icmp m = around(AF_INET6, "60000000ffff3c01" ADDRESSES "3a00010400000000"
                                          "8000000012345678");
    struct plug_icmp_quote q;

    T_EQ(plug_icmp_quote(&m, &q), 48);
    T_EQ(q.protocol, 58);
    T_EQ(q.ttl, 1);
    T_TRUE(q.has_echo && !q.has_ports);
    T_EQ(q.icmp_type, 128);
    T_EQ(q.echo_id, 0x1234);
    T_EQ(q.echo_seq, 0x5678);
    m.body_len = 47;
    T_ERR(plug_icmp_quote(&m, &q), PLUG_EPACKET_SHORT);
    m.body_len = 39;
    T_ERR(plug_icmp_quote(&m, &q), PLUG_EPACKET_SHORT);
    m.body_len = 55;
    T_EQ(plug_icmp_quote(&m, &q), 48);
    T_TRUE(!q.has_echo);
    m = around(AF_INET6, "60000000ffff2c01" ADDRESSES "1100000900000007"
                         "0001000200080000");
    T_EQ(plug_icmp_quote(&m, &q), 48);
    T_EQ(q.fragment, 8);
    T_TRUE(!q.has_ports);
}

/* An ICMP error with a quote of 128 bytes and the extension behind it. */
static int with_labels(struct plug_icmp m, uint8_t *room, size_t size)
{
    static const uint8_t labels[] = {3, 0xe8, 0x4a, 1, 5, 0xdc, 0x11, 2};
    static uint8_t objects[12];
    struct plug_icmp_ext e = {PLUG_ICMP_CLASS_MPLS, 1, labels, sizeof labels};

    m.objects = objects;
    m.objects_len = (size_t)T_OK(plug_icmp_ext_put(objects, sizeof objects, 0, &e));
    golden_same(objects, sizeof objects, LABELS);
    return plug_icmp_build(&m, NULL, room, size);
}

T_TEST(icmp_extensions_with_mpls_labels)
{
    uint8_t *room = t_guarded_room(8 + 128 + 16);
    struct plug_icmp m = around(AF_INET, QUOTE);
    struct plug_icmp_ext e;
    struct plug_mpls_label l;
    struct plug_icmp_quote q;
    size_t at = 0;

    T_EQ(with_labels(m, room, 152), 152);
    golden_same(room, 8, "0b00e13500200000");
    golden_same(room + 136, 16, "20007a2b" LABELS);
    T_EQ(plug_icmp_verify(AF_INET, NULL, room, 152, NULL), 1);
    T_ERR(with_labels(m, room, 151), -ENOSPC);
    T_EQ(plug_icmp_parse(AF_INET, room, 152, &m), 8);
    T_EQ(plug_icmp_quote(&m, &q), 20);
    T_EQ(q.transport_len, 108);
    T_EQ(plug_icmp_ext_next(&m, &at, &e), 1);
    T_EQ(e.class_num, 1);
    T_EQ(e.c_type, 1);
    T_EQ(plug_icmp_mpls(&e, 0, &l), 1);
    T_EQ(l.label, 16004);
    T_EQ(l.tc, 5);
    T_EQ(l.ttl, 1);
    T_TRUE(!l.bottom);
    T_EQ(plug_icmp_mpls(&e, 1, &l), 1);
    T_EQ(l.label, 24001);
    T_EQ(l.ttl, 2);
    T_TRUE(l.bottom);
    T_EQ(plug_icmp_mpls(&e, 2, &l), 0);
    T_EQ(plug_icmp_ext_next(&m, &at, &e), 0);
    T_EQ(plug_icmp_ext_next(&m, &at, &e), 0);
    e.c_type = 2;
    T_EQ(plug_icmp_mpls(&e, 0, &l), 0);
}

T_TEST(icmp6_extensions_count_in_eights)
{
    uint8_t room[256];
    struct plug_icmp m = around(AF_INET6, "60000000ffff3a01" ADDRESSES "8000000012345678");
    struct plug_icmp_ext e;
    size_t at = 0;

    T_EQ(with_labels(m, room, sizeof room), 152);
    T_EQ(room[4], 16);
    T_EQ(plug_icmp_parse(AF_INET6, room, 152, &m), 8);
    T_EQ(plug_icmp_ext_next(&m, &at, &e), 1);
    T_EQ(e.len, 8);
    m.type = PLUG_ICMP6_PACKET_TOO_BIG; /* which has none */
    at = 0;
    T_EQ(plug_icmp_ext_next(&m, &at, &e), 0);
    T_ERR(with_labels(m, room, sizeof room), PLUG_EPACKET_BAD);
}

/* Without a length: 128 bytes of quote are assumed if what follows is right. */
T_TEST(icmp_extensions_of_old_routers)
{
    uint8_t room[256];
    struct plug_icmp m = around(AF_INET, QUOTE);
    struct plug_icmp_ext e;
    struct plug_icmp_quote q;
    size_t at = 0;

    m.given = PLUG_GIVEN_LEN;
    T_EQ(with_labels(m, room, sizeof room), 152);
    T_EQ(room[5], 0);
    T_EQ(plug_icmp_parse(AF_INET, room, 152, &m), 8);
    T_EQ(plug_icmp_ext_next(&m, &at, &e), 1);
    T_EQ(e.len, 8);
    T_EQ(plug_icmp_quote(&m, &q), 20);
    T_EQ(q.transport_len, 108);
    room[151]++; /* a wrong checksum: then it is all quote */
    at = 0;
    T_EQ(plug_icmp_ext_next(&m, &at, &e), 0);
    T_EQ(plug_icmp_quote(&m, &q), 20);
    T_EQ(q.transport_len, 124);
    room[151]--;
    plug_put_be16(room + 138, 0); /* none is not enough here */
    T_EQ(plug_icmp_ext_next(&m, &at, &e), 0);
    m.body_len = 131;
    T_EQ(plug_icmp_ext_next(&m, &at, &e), 0);
    m.body_len = 0;
    T_EQ(plug_icmp_ext_next(&m, &at, &e), 0);
}

T_TEST(icmp_extensions_that_lie)
{
    uint8_t room[256];
    struct plug_icmp m = around(AF_INET, QUOTE);
    struct plug_icmp_ext e;
    struct plug_icmp_quote q;

    T_EQ(with_labels(m, room, sizeof room), 152);
    static const struct {
        uint8_t offset, value;
        int result;
    } cases[] = {
        {5, 31, PLUG_EPACKET_BAD},     /* a quote below 128 bytes */
        {5, 36, 0},                    /* all of the body: nothing behind it */
        {5, 37, PLUG_EPACKET_BAD},     /* past the end */
        {5, 255, PLUG_EPACKET_BAD},    /* far past it */
        {136, 0x10, PLUG_EPACKET_BAD}, /* another version */
        {138, 0, PLUG_EPACKET_BAD},    /* a wrong checksum */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t at = 0;
        const uint8_t *b = golden_changed(room, 152, cases[i].offset, cases[i].value);
        T_EQ(plug_icmp_parse(AF_INET, b, 152, &m), 8);
        T_EQ(plug_icmp_ext_next(&m, &at, &e), cases[i].result);
        T_EQ(plug_icmp_quote(&m, &q), 20); /* the quote is good all the same */
    }
    plug_put_be16(room + 138, 0); /* no checksum: then lengths can be tried */
    for (uint8_t len = 0; len < 20; len++) {
        size_t at = 0;
        const uint8_t *b = golden_changed(room, 152, 141, len);
        T_EQ(plug_icmp_parse(AF_INET, b, 152, &m), 8);
        int r = plug_icmp_ext_next(&m, &at, &e);
        T_EQ(r, len == 4 || len == 8 || len == 12 ? 1 : PLUG_EPACKET_BAD);
        if (r > 0)
            T_EQ(e.len, len - 4);
    }
}

T_TEST(icmp_limits)
{
    static uint8_t room[65536], body[65536];
    struct plug_icmp m = {.family = AF_INET, .type = 11, .body = body, .body_len = 65526};

    T_EQ(plug_icmp_build(&m, NULL, room, sizeof room), 65534);
    m.body_len++;
    T_EQ(plug_icmp_build(&m, NULL, room, sizeof room), 65535);
    T_EQ(plug_icmp_verify(AF_INET, NULL, room, 65535, NULL), 1);
    m.body_len++;
    T_ERR(plug_icmp_build(&m, NULL, room, sizeof room), PLUG_ERANGE);
    m.body_len = SIZE_MAX;
    T_ERR(plug_icmp_build(&m, NULL, room, sizeof room), PLUG_ERANGE);
    m.objects = body; /* the length counts to 255 words */
    m.objects_len = 4;
    m.body_len = 4 * 254 + 1;
    T_EQ(plug_icmp_build(&m, NULL, room, sizeof room), 8 + 1020 + 8);
    m.body_len = 4 * 255;
    T_EQ(plug_icmp_build(&m, NULL, room, sizeof room), 8 + 1020 + 8);
    m.body_len++;
    T_ERR(plug_icmp_build(&m, NULL, room, sizeof room), PLUG_ERANGE);
    m.body_len = 1;
    m.objects_len = 6;
    T_ERR(plug_icmp_build(&m, NULL, room, sizeof room), PLUG_EPACKET_BAD);
    m.objects_len = 65536;
    T_ERR(plug_icmp_build(&m, NULL, room, sizeof room), PLUG_ERANGE);
    struct plug_icmp_ext e = {.data = body, .len = 65528};
    T_EQ(plug_icmp_ext_put(room, sizeof room, 0, &e), 65532);
    T_ERR(plug_icmp_ext_put(room, 65531, 0, &e), -ENOSPC);
    T_ERR(plug_icmp_ext_put(room, sizeof room, 65537, &e), -ENOSPC);
    e.len++;
    T_ERR(plug_icmp_ext_put(room, sizeof room, 0, &e), PLUG_ERANGE);
    e.len = 5;
    T_EQ(plug_icmp_ext_put(room, sizeof room, 0, &e), 12);
}

T_TEST(icmp_words_of_errors)
{
    struct plug_icmp m = {.family = AF_INET, .type = 3, .code = 4, .word = 0x002005dc};

    T_EQ(plug_icmp_mtu(&m), 1500);
    m.code = 3;
    T_EQ(plug_icmp_mtu(&m), 0);
    m.type = 12;
    m.code = 0;
    m.word = 0x14200000;
    T_EQ(plug_icmp_pointer(&m), 20);
    m.code = 1; /* an option is missing, no byte is wrong */
    T_EQ(plug_icmp_pointer(&m), -1);
    m = (struct plug_icmp){.family = AF_INET6, .type = 2, .word = 1280};
    T_EQ(plug_icmp_mtu(&m), 1280);
    T_EQ(plug_icmp_pointer(&m), -1);
    m.type = 4;
    T_EQ(plug_icmp_mtu(&m), 0);
    T_EQ(plug_icmp_pointer(&m), 1280);
}

T_TEST(icmp_names)
{
    T_STR(plug_icmp_type_name(AF_INET, 11), "time-exceeded");
    T_STR(plug_icmp_type_name(AF_INET6, 128), "echo-request");
    T_STR(plug_icmp_code_name(AF_INET, 3, 0), "net-unreachable");
    T_STR(plug_icmp_code_name(AF_INET6, 1, 4), "port-unreachable");
    T_TRUE(!plug_icmp_type_name(AF_INET, 7) && !plug_icmp_type_name(AF_UNIX, 0));
    T_TRUE(!plug_icmp_code_name(AF_INET, 3, 16) && !plug_icmp_code_name(AF_INET6, 3, 2));
    T_ERR(plug_icmp_type_value(AF_INET, "net-unreachable"), -EINVAL);
    T_ERR(plug_icmp_code_value(AF_INET, 3, "destination-unreachable"), -EINVAL);
    T_ERR(plug_icmp_type_value(AF_UNIX, "echo-reply"), -EINVAL);
    static const int families[] = {AF_INET, AF_INET6};
    for (size_t f = 0; f < 2; f++)
        for (int type = 0; type < 256; type++) {
            const char *name = plug_icmp_type_name(families[f], (uint8_t)type);
            T_EQ(name ? plug_icmp_type_value(families[f], name) : type, type);
            for (int code = 0; code < 256; code++) {
                name = plug_icmp_code_name(families[f], (uint8_t)type, (uint8_t)code);
                if (name)
                    T_EQ(plug_icmp_code_value(families[f], (uint8_t)type, name), code);
            }
        }
}

T_TEST(icmp_kinds)
{
    T_TRUE(plug_icmp_is_error(AF_INET, 3) && plug_icmp_is_error(AF_INET, 5));
    T_TRUE(!plug_icmp_is_error(AF_INET, 0) && !plug_icmp_is_error(AF_INET, 8));
    T_TRUE(plug_icmp_is_error(AF_INET6, 127) && !plug_icmp_is_error(AF_INET6, 128));
    T_TRUE(plug_icmp_has_id(AF_INET, 13) && plug_icmp_has_id(AF_INET, 18));
    T_TRUE(!plug_icmp_has_id(AF_INET, 12) && !plug_icmp_has_id(AF_INET, 19));
    T_TRUE(plug_icmp_has_id(AF_INET6, 129) && !plug_icmp_has_id(AF_INET6, 8));
}

T_TEST_PLAIN(icmp_build_parse_build)
{
    uint8_t body[200], one[208], two[208];

    for (unsigned round = 0; round < 20000; round++) {
        struct plug_icmp m = {.family = round % 2 ? AF_INET : AF_INET6,
                              .type = (uint8_t)t_random(),
                              .code = (uint8_t)t_random(),
                              .id = (uint16_t)t_random(),
                              .seq = (uint16_t)t_random(),
                              .word = (uint32_t)t_random(),
                              .body = body,
                              .body_len = t_below(sizeof body)},
                         got;
        for (size_t i = 0; i < m.body_len; i++)
            body[i] = (uint8_t)t_random();
        int len = plug_icmp_build(&m, &over6, one, sizeof one);
        T_EQ(len, 8 + m.body_len);
        T_EQ(plug_icmp_verify(m.family, &over6, one, (size_t)len, NULL), 1);
        T_EQ(plug_icmp_parse(m.family, one, (size_t)len, &got), 8);
        T_EQ(plug_icmp_build(&got, &over6, two, sizeof two), len);
        T_MEM(one, two, (size_t)len);
    }
}
