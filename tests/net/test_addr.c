/* SPDX-License-Identifier: MIT */
/* Addresses: text both ways against libc's own, every family, every limit. */
#include "t.h"
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct plug_addr parse(const char *text)
{
    struct plug_addr a = {0};

    if (plug_addr_parse(text, &a) < 0)
        T_FAIL("%s: not parsed", text);
    return a;
}

static const char *text_of(const struct plug_addr *a)
{
    static char text[PLUG_ADDR_TEXT];

    T_TRUE(plug_addr_text(a, text, sizeof text) < sizeof text);
    return text;
}

/* --- text to address and back ------------------------------------------------------------- */

T_TEST_PLAIN(parse_gives_canonical_text)
{
    static const char *const cases[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1:80", "192.0.2.1:80"},
        {"192.0.2.1:0", "192.0.2.1"},
        {"255.255.255.255:65535", "255.255.255.255:65535"},
        {"::", "::"},
        {"[::]:1", "[::]:1"},
        {"[::1]", "::1"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"1:0:0:2:0:0:3:4", "1::2:0:0:3:4"},
        {"0:0:0:0:1:0:0:0", "::1:0:0:0"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"::FFFF:c000:201", "::ffff:192.0.2.1"},
        {"::192.0.2.1", "::c000:201"},
        {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"},
        {"0001:0002:0003:0004:0005:0006:0007:0008", "1:2:3:4:5:6:7:8"},
        {"2002:ac10:10a:1234:21e:52ff:fe74:40e", "2002:ac10:10a:1234:21e:52ff:fe74:40e"},
        {"[fe80::1%7777]:53", "[fe80::1%7777]:53"},
        {"fe80::1%0", "fe80::1"},
        {"fe80::1%4294967295", "fe80::1%4294967295"},
        {"2001:db8::1%7", "2001:db8::1%7"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct plug_addr a = parse(cases[i][0]), again;

        T_STR(text_of(&a), cases[i][1]);
        again = parse(text_of(&a));
        T_TRUE(plug_addr_equal(&a, &again));
    }
}

T_TEST_PLAIN(parse_refuses)
{
    static const struct {
        const char *text;
        int err;
    } cases[] = {
        {"", PLUG_EADDR},
        {" 192.0.2.1", PLUG_EADDR},
        {"192.0.2.1 ", PLUG_EADDR},
        {"192.0.2", PLUG_EADDR},
        {"192.0.2.1.", PLUG_EADDR},
        {"192.0.2.1.5", PLUG_EADDR},
        {"192.0.2.256", PLUG_EADDR},
        {"192.0.2.01", PLUG_EADDR},
        {"192.0.2.00", PLUG_EADDR},
        {"192..2.1", PLUG_EADDR},
        {".192.0.2.1", PLUG_EADDR},
        {"-1.0.0.1", PLUG_EADDR},
        {"+1.0.0.1", PLUG_EADDR},
        {"0x7f.0.0.1", PLUG_EADDR},
        {"127.1", PLUG_EADDR},
        {"2130706433", PLUG_EADDR},
        {"192.0.2.1:", PLUG_EPORT},
        {"192.0.2.1:65536", PLUG_EPORT},
        {"192.0.2.1:-1", PLUG_EPORT},
        {"192.0.2.1:+80", PLUG_EPORT},
        {"192.0.2.1:80x", PLUG_EPORT},
        {"192.0.2.1: 80", PLUG_EPORT},
        {"192.0.2.1:0x50", PLUG_EPORT},
        {"192.0.2.1:99999999999999999999", PLUG_EPORT},
        {"[192.0.2.1]:80", PLUG_EADDR},
        {"[::1", PLUG_EADDR},
        {"::1]", PLUG_EADDR},
        {"[::1]80", PLUG_EADDR},
        {"[::1]:", PLUG_EPORT},
        {"[::1]:x", PLUG_EPORT},
        {"[]:80", PLUG_EADDR},
        {"[[::1]]:80", PLUG_EADDR},
        {":", PLUG_EADDR},
        {":::", PLUG_EADDR},
        {"1::2::3", PLUG_EADDR},
        {":1:2:3:4:5:6:7:8", PLUG_EADDR},
        {"1:2:3:4:5:6:7:8:", PLUG_EADDR},
        {"1:2:3:4:5:6:7", PLUG_EADDR},
        {"1:2:3:4:5:6:7:8:9", PLUG_EADDR},
        {"1:2:3:4::5:6:7:8", PLUG_EADDR},
        {"12345::", PLUG_EADDR},
        {"g::", PLUG_EADDR},
        {"::1.2.3", PLUG_EADDR},
        {"::1.2.3.4.5", PLUG_EADDR},
        {"::1.2.3.4:5", PLUG_EADDR},
        {"1:2:3:4:5:6:7:1.2.3.4", PLUG_EADDR},
        {"::01.2.3.4", PLUG_EADDR},
        {"::%", PLUG_ESCOPE},
        {"fe80::1%", PLUG_ESCOPE},
        {"fe80::1%nonexistent0", PLUG_ESCOPE},
        {"fe80::1%4294967296", PLUG_ESCOPE},
        {"fe80::1%-1", PLUG_ESCOPE},
        {"fe80::1%a%b", PLUG_ESCOPE},
        {"fe80::1%fifteen-letters0", PLUG_ESCOPE},
        {"fe80::1%sixteen-letters0", PLUG_ESCOPE},
        {"2001:db8::1%lo", PLUG_ESCOPE},
        {"192.0.2.1%1", PLUG_EADDR},
        {"localhost", PLUG_EADDR},
        {"\xff\xfe", PLUG_EADDR},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct plug_addr a, before;

        memset(&a, 0x5A, sizeof a);
        before = a;
        if (plug_addr_parse(cases[i].text, &a) != cases[i].err)
            T_FAIL("\"%s\": %d, expected %s", cases[i].text, plug_addr_parse(cases[i].text, &a),
                   plug_err_name(cases[i].err));
        T_MEM(&a, &before, sizeof a); /* untouched on failure */
    }
}

T_TEST_PLAIN(scope_names_are_interfaces)
{
    struct plug_addr a;
    char name[IF_NAMESIZE];

    if (!if_indextoname(1, name) || strcmp(name, "lo") != 0)
        T_SKIP("interface 1 is not lo");
    a = parse("[fe80::1%lo]:53");
    T_EQ(plug_addr_scope(&a), 1);
    T_STR(text_of(&a), "[fe80::1%lo]:53");
    a = parse("fe80::1%1");
    T_STR(text_of(&a), "fe80::1%lo");
    a = parse("ff02::1%lo");
    T_EQ(plug_addr_scope(&a), 1);
    a = parse("::1%1"); /* no link-local scope: names mean nothing there */
    T_STR(text_of(&a), "::1%1");
    T_OK(plug_addr_parse_ip("fe80::2%lo", AF_INET6, 7, &a));
    T_EQ(plug_addr_port(&a), 7);
}

T_TEST_PLAIN(parse_ip_takes_one_family)
{
    struct plug_addr a;

    T_OK(plug_addr_parse_ip("192.0.2.1", AF_INET, 80, &a));
    T_STR(text_of(&a), "192.0.2.1:80");
    T_OK(plug_addr_parse_ip("::1", AF_UNSPEC, 80, &a));
    T_STR(text_of(&a), "[::1]:80");
    T_ERR(plug_addr_parse_ip("192.0.2.1", AF_INET6, 80, &a), PLUG_EADDR);
    T_ERR(plug_addr_parse_ip("::1", AF_INET, 80, &a), PLUG_EADDR);
    T_ERR(plug_addr_parse_ip("192.0.2.1:80", AF_UNSPEC, 0, &a), PLUG_EADDR);
    T_ERR(plug_addr_parse_ip("[::1]", AF_UNSPEC, 0, &a), PLUG_EADDR);
    T_ERR(plug_addr_parse_ip("192.0.2.1", AF_UNIX, 0, &a), -EAFNOSUPPORT);
}

/* --- against libc ------------------------------------------------------------------------- */

/* Text that is an address, or nearly one. */
static void random_text(char *text, size_t size)
{
    static const char *const pieces[] = {"0",  "1", "00",     "ff",   "ffff", "12345", ":",
                                         "::", ".", "255",    "256",  "01",   "g",     "%",
                                         "-",  "[", "1.2",    "abcd", "ABC",  ":0:",   ":1",
                                         "9.", " ", ".1.2.3", "::ff", "10.",  ":0",    "1.2.3.4"};
    size_t n = t_below(14), len = 0;

    text[0] = '\0';
    while (n-- > 0 && len + 8 < size) {
        strcpy(text + len, pieces[t_below(COUNT(pieces))]);
        len += strlen(text + len);
    }
}

static void same_as_pton(const char *text)
{
    uint8_t ours[16] = {0}, theirs[16] = {0};

    for (int i = 0; i < 2; i++) {
        int family = i ? AF_INET6 : AF_INET;
        bool ok = plug_inet_pton(family, text, ours, sizeof ours) == 0;

        if (ok != (inet_pton(family, text, theirs) == 1))
            T_FAIL("inet_pton(%d, \"%s\"): we say %d", family, text, ok);
        if (ok)
            T_MEM(ours, theirs, i ? 16 : 4);
    }
}

T_TEST_PLAIN(pton_is_libcs_on_random_text)
{
    char text[160];

    for (int i = 0; i < 500000; i++) {
        random_text(text, sizeof text);
        same_as_pton(text);
    }
}

T_TEST_PLAIN(pton_is_libcs_on_broken_addresses)
{
    char text[INET6_ADDRSTRLEN + 2];
    uint8_t bytes[16];

    for (int i = 0; i < 500000; i++) {
        size_t len, at;

        for (size_t k = 0; k < 16; k++)
            bytes[k] = t_below(2) ? 0 : (uint8_t)t_random();
        inet_ntop(t_below(3) ? AF_INET6 : AF_INET, bytes, text, INET6_ADDRSTRLEN);
        len = strlen(text);
        at = t_below(len);
        if (t_below(2))
            text[at] = "0123456789abcdefABCDEFg:.%"[t_below(26)];
        else if (t_below(2))
            memmove(text + at, text + at + 1, len - at);
        else
            memmove(text + at + 1, text + at, len - at + 1);
        same_as_pton(text);
    }
}

/* libc writes the deprecated ::a.b.c.d with dots; RFC 5952 has them for mapped addresses only. */
static bool ip6_compatible(const uint8_t *b)
{
    static const uint8_t zero[12];

    return memcmp(b, zero, 12) == 0 && (b[12] || b[13]);
}

T_TEST_PLAIN(ntop_is_libcs_and_reads_back)
{
    char ours[INET6_ADDRSTRLEN], theirs[INET6_ADDRSTRLEN];
    uint8_t bytes[16], again[16];

    for (int i = 0; i < 1000000; i++) {
        unsigned zeros = (unsigned)t_below(9);

        for (size_t k = 0; k < 16; k += 2) {
            bytes[k] = t_below(8) < zeros ? 0 : (uint8_t)t_random();
            bytes[k + 1] = bytes[k] == 0 && t_below(8) < zeros ? 0 : (uint8_t)t_random();
        }
        if (t_below(50) == 0)
            memcpy(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
        T_OK(plug_inet_ntop(AF_INET6, bytes, 16, ours, sizeof ours));
        T_OK(plug_inet_pton(AF_INET6, ours, again, sizeof again));
        T_MEM(again, bytes, 16);
        inet_ntop(AF_INET6, bytes, theirs, sizeof theirs);
        if (!ip6_compatible(bytes))
            T_STR(ours, theirs);
        else
            T_TRUE(!strchr(ours, '.') && strchr(theirs, '.'));
    }
}

T_TEST_PLAIN(ip4_text_is_libcs)
{
    char ours[INET_ADDRSTRLEN], theirs[INET_ADDRSTRLEN];
    uint8_t bytes[4];

    for (int i = 0; i < 200000; i++) {
        uint32_t r = (uint32_t)t_random();
        int n;

        memcpy(bytes, &r, 4);
        n = plug_inet_ntoa(bytes, ours, sizeof ours);
        T_EQ(n, strlen(ours));
        T_STR(ours, inet_ntop(AF_INET, bytes, theirs, sizeof theirs));
    }
}

T_TEST_PLAIN(pton_and_ntop_check_their_room)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t bytes[16] = {1, 2, 3, 4};

    T_ERR(plug_inet_pton(AF_INET, "1.2.3.4", bytes, 3), -ENOSPC);
    T_EQ(plug_inet_pton(AF_INET, "1.2.3.4", bytes, 4), 0);
    T_ERR(plug_inet_pton(AF_INET6, "::1", bytes, 15), -ENOSPC);
    T_ERR(plug_inet_pton(AF_UNIX, "1.2.3.4", bytes, 16), -EAFNOSUPPORT);
    T_ERR(plug_inet_pton(AF_UNSPEC, "1.2.3.4", bytes, 16), -EAFNOSUPPORT);
    T_ERR(plug_inet_ntop(AF_INET, bytes, 3, text, sizeof text), -EINVAL);
    T_ERR(plug_inet_ntop(AF_INET, bytes, 16, text, sizeof text), -EINVAL);
    T_ERR(plug_inet_ntop(AF_INET6, bytes, 4, text, sizeof text), -EINVAL);
    T_ERR(plug_inet_ntop(AF_UNIX, bytes, 4, text, sizeof text), -EAFNOSUPPORT);
    T_ERR(plug_inet_ntop(AF_INET, bytes, 4, text, 7), -ENOSPC);
    T_EQ(plug_inet_ntop(AF_INET, bytes, 4, text, 8), 7);
    T_STR(text, "1.2.3.4");
    T_ERR(plug_inet_ntoa(bytes, text, 0), -ENOSPC);
}

T_TEST_PLAIN(aton_is_lenient)
{
    static const struct {
        const char *text;
        uint8_t bytes[4];
    } cases[] = {
        {"127.1", {127, 0, 0, 1}},       {"0x7f.1", {127, 0, 0, 1}},
        {"010.0.0.1", {8, 0, 0, 1}},     {"1.2.3.4 x", {1, 2, 3, 4}},
        {"2130706433", {127, 0, 0, 1}},  {"0", {0, 0, 0, 0}},
        {"1.2.65535", {1, 2, 255, 255}}, {"1.16777215", {1, 255, 255, 255}},
    };
    uint8_t bytes[4];

    for (size_t i = 0; i < COUNT(cases); i++) {
        T_OK(plug_inet_aton(cases[i].text, bytes));
        T_MEM(bytes, cases[i].bytes, 4);
        T_ERR(plug_inet_pton(AF_INET, cases[i].text, bytes, 4), PLUG_EADDR);
    }
    T_ERR(plug_inet_aton("1.2.3.256", bytes), PLUG_EADDR);
    T_ERR(plug_inet_aton("", bytes), PLUG_EADDR);
    T_ERR(plug_inet_aton("::1", bytes), PLUG_EADDR);
}

T_TEST_PLAIN(parse_reads_nothing_behind_its_text)
{
    static const char *const texts[] = {"192.0.2.1", "192.0.2.1:80", "2001:db8::1",
                                        "[::1]:80",  "fe80::1%lo",   "1:2:3:4:5:6:1.2.3.4"};
    struct plug_addr a;
    uint8_t bytes[16];

    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t len = 0; len <= strlen(texts[i]); len++) {
            char cut[64] = "";
            char *guarded;

            memcpy(cut, texts[i], len);
            guarded = t_guarded(cut, len + 1);
            T_EQ(plug_addr_parse(guarded, &a), plug_addr_parse(cut, &a));
            T_EQ(plug_inet_pton(AF_INET6, guarded, bytes, sizeof bytes),
                 plug_inet_pton(AF_INET6, cut, bytes, sizeof bytes));
        }
}

/* --- parts -------------------------------------------------------------------------------- */

T_TEST_PLAIN(ip_parts)
{
    static const uint8_t ip4[4] = {192, 0, 2, 1};
    uint8_t ip6[16] = {0x20, 1, 0x0D, 0xB8, [15] = 9};
    struct plug_addr a;
    size_t len;

    plug_addr_ip4(ip4, 443, &a);
    T_EQ(plug_addr_family(&a), AF_INET);
    T_EQ(a.len, sizeof(struct sockaddr_in));
    T_EQ(plug_addr_port(&a), 443);
    T_MEM(plug_addr_bytes(&a, &len), ip4, 4);
    T_EQ(len, 4);
    T_EQ(plug_addr_scope(&a) + plug_addr_flowinfo(&a), 0);
    T_OK(plug_addr_set_port(&a, 65535));
    T_STR(text_of(&a), "192.0.2.1:65535");

    T_OK(plug_addr_ip6(ip6, 53, 0xFFFFF, 3, &a));
    T_EQ(a.len, sizeof(struct sockaddr_in6));
    T_EQ(plug_addr_flowinfo(&a), 0xFFFFF);
    T_EQ(plug_addr_scope(&a), 3);
    T_MEM(plug_addr_bytes(&a, NULL), ip6, 16);
    T_ERR(plug_addr_ip6(ip6, 53, 0x100000, 3, &a), PLUG_ERANGE);
    T_EQ(plug_addr_port(&a), 53);
    T_OK(plug_addr_set_port(&a, 54));
    T_EQ(plug_addr_port(&a), 54);

    T_OK(plug_addr_any(AF_INET, 1, &a));
    T_STR(text_of(&a), "0.0.0.0:1");
    T_OK(plug_addr_any(AF_INET6, 0, &a));
    T_STR(text_of(&a), "::");
    T_OK(plug_addr_loopback(AF_INET, 0, &a));
    T_STR(text_of(&a), "127.0.0.1");
    T_OK(plug_addr_loopback(AF_INET6, 2, &a));
    T_STR(text_of(&a), "[::1]:2");
    T_ERR(plug_addr_any(AF_UNIX, 0, &a), -EAFNOSUPPORT);
    T_ERR(plug_addr_loopback(AF_UNSPEC, 0, &a), -EAFNOSUPPORT);
}

T_TEST_PLAIN(no_address_is_a_value)
{
    struct plug_addr none = {0}, other = {0};

    T_EQ(plug_addr_family(&none), AF_UNSPEC);
    T_STR(text_of(&none), "");
    T_TRUE(plug_addr_equal(&none, &other));
    T_TRUE(!plug_addr_bytes(&none, NULL));
    T_ERR(plug_addr_set_port(&none, 1), -EAFNOSUPPORT);
    T_EQ(plug_addr_class(&none), PLUG_ADDR_LOCAL);
    T_TRUE(!plug_addr_block(&none));
}

T_TEST_PLAIN(unix_names)
{
    char name[110];
    struct plug_addr a, b;
    size_t len;

    T_OK(plug_addr_unix("/run/x", 6, &a));
    T_EQ(a.len, offsetof(struct sockaddr_un, sun_path) + 7);
    T_STR(text_of(&a), "/run/x");
    T_EQ(plug_addr_port(&a), 0);
    T_OK(plug_addr_unix("@x", 2, &a)); /* a file in this directory */
    T_STR(text_of(&a), "./@x");
    T_OK(plug_addr_unix("\0a\0b", 4, &a));
    T_EQ(a.len, offsetof(struct sockaddr_un, sun_path) + 4);
    T_STR(text_of(&a), "@a\\x00b");
    T_MEM(plug_addr_bytes(&a, &len), "\0a\0b", 4);
    T_EQ(len, 4);
    T_OK(plug_addr_unix("\0a", 2, &b));
    T_TRUE(!plug_addr_equal(&a, &b));
    T_OK(plug_addr_unix("\0", 1, &b)); /* a name of its own */
    T_STR(text_of(&b), "@");
    T_OK(plug_addr_unix(NULL, 0, &a));
    T_EQ(a.len, offsetof(struct sockaddr_un, sun_path));
    T_STR(text_of(&a), "");
    T_TRUE(!plug_addr_equal(&a, &b));
    T_ERR(plug_addr_unix("a\0b", 3, &a), -EINVAL);
    T_ERR(plug_addr_unix("a\0", 2, &a), -EINVAL);

    memset(name, 'x', sizeof name);
    T_OK(plug_addr_unix(name, 106, &a));
    T_OK(plug_addr_unix(name, 107, &a));
    T_EQ(a.len, sizeof(struct sockaddr_un));
    T_ERR(plug_addr_unix(name, 108, &a), -ENAMETOOLONG);
    T_ERR(plug_addr_unix(name, SIZE_MAX, &a), -ENAMETOOLONG);
    name[0] = '\0';
    T_OK(plug_addr_unix(name, 107, &a));
    T_OK(plug_addr_unix(name, 108, &a));
    T_ERR(plug_addr_unix(name, 109, &a), -ENAMETOOLONG);
    memset(name + 1, 0x01, sizeof name - 1); /* the longest text there is */
    T_OK(plug_addr_unix(name, 108, &a));
    T_EQ(strlen(text_of(&a)), 1 + 107 * 4);
}

T_TEST_PLAIN(unix_names_as_the_kernel_gives_them)
{
    struct {
        struct sockaddr_un un;
        char more;
    } k = {.un.sun_family = AF_UNIX};
    struct plug_addr a;
    size_t len;

    memset(k.un.sun_path, 'x', sizeof k.un.sun_path); /* 108 bytes, and the NUL behind them */
    T_OK(plug_addr_from_sockaddr((void *)&k, sizeof k.un + 1, &a));
    (void)plug_addr_bytes(&a, &len);
    T_EQ(len, 108);
    T_OK(plug_addr_from_sockaddr((void *)&k, sizeof k.un, &a));
    (void)plug_addr_bytes(&a, &len);
    T_EQ(len, 108);
    T_OK(plug_addr_from_sockaddr((void *)&k, offsetof(struct sockaddr_un, sun_path), &a));
    (void)plug_addr_bytes(&a, &len);
    T_EQ(len, 0);
}

T_TEST_PLAIN(other_families)
{
    int64_t n[PLUG_ADDR_NUMBERS];
    struct plug_addr a, b;
    size_t len;

    plug_addr_netlink(77, 0x80000001, &a);
    T_STR(text_of(&a), "netlink:77:2147483649");
    T_EQ(plug_addr_numbers(&a, n), 2);
    T_EQ(n[1], 0x80000001);
    T_EQ(plug_addr_class(&a), PLUG_ADDR_LOCAL);
    T_ERR(plug_addr_set_port(&a, 1), -EAFNOSUPPORT);

    T_OK(plug_addr_packet(0x7FFFFFF0, ETH_P_IP, "\x02\x42\xac\x11\x00\x02", 6, &a));
    T_STR(text_of(&a), "packet:2147483632:0x0800:0242ac110002");
    T_EQ(plug_addr_numbers(&a, n), 4);
    T_EQ(n[0], 0x7FFFFFF0);
    T_EQ(n[1], ETH_P_IP);
    T_MEM(plug_addr_bytes(&a, &len), "\x02\x42\xac\x11\x00\x02", 6);
    T_EQ(len, 6);
    T_OK(plug_addr_packet(0, 0, NULL, 0, &a));
    T_STR(text_of(&a), "packet:0:0x0000");
    T_OK(plug_addr_packet(1, 1, "12345678", 8, &a));
    T_ERR(plug_addr_packet(1, 1, "123456789", 9, &a), PLUG_ERANGE);
    T_ERR(plug_addr_packet(0x80000000, 1, NULL, 0, &a), PLUG_ERANGE);

    plug_addr_vsock(VMADDR_CID_ANY, 1024, &a);
    T_STR(text_of(&a), "vsock:4294967295:1024");
    plug_addr_vsock(2, 1024, &b);
    T_TRUE(plug_addr_compare(&a, &b) > 0 && plug_addr_compare(&b, &a) < 0);

    T_OK(plug_addr_tipc(TIPC_ADDR_NAMESEQ, TIPC_CLUSTER_SCOPE, 18888, 1, 9, &a));
    T_STR(text_of(&a), "tipc:nameseq:18888:1:9");
    T_EQ(plug_addr_numbers(&a, n), 5);
    T_EQ(n[1], TIPC_CLUSTER_SCOPE);
    T_OK(plug_addr_tipc(TIPC_ADDR_NAME, 0, 18888, 17, 0, &b));
    T_STR(text_of(&b), "tipc:name:18888:17:0");
    T_TRUE(!plug_addr_equal(&a, &b));
    T_OK(plug_addr_tipc(TIPC_ADDR_ID, -1, 5, 6, 0, &a));
    T_STR(text_of(&a), "tipc:id:5:6");
    T_EQ(plug_addr_numbers(&a, n), 4);
    T_EQ(n[1], -1);
    T_ERR(plug_addr_tipc(9, 0, 1, 2, 3, &a), -EINVAL);
}

T_TEST_PLAIN(from_sockaddr_checks_lengths)
{
    static const struct {
        int family;
        socklen_t min;
    } cases[] = {
        {AF_INET, sizeof(struct sockaddr_in)},
        {AF_INET6, offsetof(struct sockaddr_in6, sin6_scope_id)},
        {AF_UNIX, sizeof(sa_family_t)},
        {AF_NETLINK, sizeof(struct sockaddr_nl)},
        {AF_PACKET, offsetof(struct sockaddr_ll, sll_addr)},
        {AF_VSOCK, sizeof(struct sockaddr_vm)},
        {AF_TIPC, sizeof(struct sockaddr_tipc)},
        {AF_ALG, sizeof(sa_family_t)},
    };
    struct sockaddr_storage ss = {0};
    struct plug_addr a;

    for (size_t i = 0; i < COUNT(cases); i++) {
        ss.ss_family = (sa_family_t)cases[i].family;
        T_ERR(plug_addr_from_sockaddr((void *)&ss, cases[i].min - 1, &a), -EINVAL);
        T_OK(plug_addr_from_sockaddr((void *)&ss, cases[i].min, &a));
        T_EQ(plug_addr_family(&a), cases[i].family);
        T_OK(plug_addr_from_sockaddr((void *)&ss, sizeof ss, &a));
        T_ERR(plug_addr_from_sockaddr((void *)&ss, sizeof ss + 1, &a), -EINVAL);
        T_TRUE(strlen(text_of(&a)) < PLUG_ADDR_TEXT);
    }
    T_TRUE(strncmp(text_of(&a), "family-38:0000", 14) == 0);
    T_OK(plug_addr_from_sockaddr(NULL, 0, &a));
    T_EQ(plug_addr_family(&a), AF_UNSPEC);
}

/* Whatever bytes a sockaddr has: no reading outside, text within its room. */
T_TEST_PLAIN(any_sockaddr_has_text)
{
    static const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET, AF_VSOCK,
                                   AF_TIPC, AF_CAN,   AF_ALG,  AF_UNSPEC,  999};

    for (int i = 0; i < 200000; i++) {
        struct sockaddr_storage ss;
        struct plug_addr a;
        socklen_t len = (socklen_t)t_below(sizeof ss + 1);

        for (size_t k = 0; k < sizeof ss; k++)
            ((uint8_t *)&ss)[k] = (uint8_t)t_random();
        ss.ss_family = (sa_family_t)families[t_below(COUNT(families))];
        if (plug_addr_from_sockaddr((void *)&ss, len, &a) < 0)
            continue;
        T_TRUE(strlen(text_of(&a)) < PLUG_ADDR_TEXT);
        T_TRUE(plug_addr_equal(&a, &a) && plug_addr_same_host(&a, &a));
    }
}

/* --- comparing ---------------------------------------------------------------------------- */

T_TEST_PLAIN(comparing)
{
    struct plug_addr a = parse("192.0.2.1:80"), b = parse("192.0.2.1:81");
    struct plug_addr m = parse("[::ffff:192.0.2.1]:90"), s = parse("fe80::1%7"),
                     t = parse("fe80::1");

    T_TRUE(plug_addr_equal(&a, &a) && !plug_addr_equal(&a, &b) && !plug_addr_equal(&a, &m));
    T_TRUE(plug_addr_same_host(&a, &b) && plug_addr_same_host(&a, &m));
    T_TRUE(!plug_addr_same_host(&s, &t)); /* another link, another machine */
    T_TRUE(plug_addr_compare(&a, &b) < 0 && plug_addr_compare(&b, &a) > 0);
    T_TRUE(plug_addr_hash(&a) != plug_addr_hash(&b));
    b = a;
    ((struct sockaddr_in *)(void *)&b.ss)->sin_zero[3] = 9; /* padding is no part of it */
    T_TRUE(plug_addr_equal(&a, &b) && plug_addr_hash(&a) == plug_addr_hash(&b));
    T_OK(plug_addr_ip6(plug_addr_bytes(&t, NULL), 0, 5, 0, &s));
    T_TRUE(plug_addr_equal(&s, &t) && plug_addr_hash(&s) == plug_addr_hash(&t));
}

T_TEST_PLAIN(order_is_total)
{
    static const char *const texts[] = {"0.0.0.0",   "10.0.0.1",  "10.0.0.1:1", "10.0.0.2",
                                        "255.0.0.1", "::",        "::1",        "[::1]:5",
                                        "fe80::1%3", "fe80::1%4", "ff00::"};
    struct plug_addr a[COUNT(texts)];

    for (size_t i = 0; i < COUNT(texts); i++)
        a[i] = parse(texts[i]);
    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t k = 0; k < COUNT(texts); k++)
            T_EQ(plug_addr_compare(&a[i], &a[k]), i < k ? -1 : i > k);
}

T_TEST_PLAIN(hash_is_the_same_everywhere)
{
    struct plug_addr a = parse("[2001:db8::1]:443");

    T_TRUE(plug_addr_hash(&a) == 0xFBB5020C804202F3u);
}

T_TEST_PLAIN(mapping)
{
    struct plug_addr a = parse("192.0.2.1:80"), u;

    T_TRUE(!plug_addr_unmap(&a));
    T_TRUE(plug_addr_map(&a));
    T_STR(text_of(&a), "[::ffff:192.0.2.1]:80");
    T_TRUE(!plug_addr_map(&a));
    T_TRUE(plug_addr_unmap(&a));
    T_STR(text_of(&a), "192.0.2.1:80");
    T_EQ(a.len, sizeof(struct sockaddr_in));
    T_OK(plug_addr_unix("/x", 2, &u));
    T_TRUE(!plug_addr_map(&u) && !plug_addr_unmap(&u));
}

/* --- classes ------------------------------------------------------------------------------ */

static const struct {
    const char *text, *class, *prefix;
    bool global;
} class_cases[] = {
    {"0.0.0.0", "unspecified", "0.0.0.0/32", false},
    {"0.0.0.1", "reserved", "0.0.0.0/8", false},
    {"1.1.1.1", "global", "0.0.0.0/0", true},
    {"10.255.255.255", "private", "10.0.0.0/8", false},
    {"11.0.0.0", "global", "0.0.0.0/0", true},
    {"100.63.255.255", "global", "0.0.0.0/0", true},
    {"100.64.0.0", "shared", "100.64.0.0/10", false},
    {"100.127.255.255", "shared", "100.64.0.0/10", false},
    {"100.128.0.0", "global", "0.0.0.0/0", true},
    {"127.0.0.1", "loopback", "127.0.0.0/8", false},
    {"127.255.255.255", "loopback", "127.0.0.0/8", false},
    {"169.254.1.1", "link-local", "169.254.0.0/16", false},
    {"172.15.255.255", "global", "0.0.0.0/0", true},
    {"172.16.0.0", "private", "172.16.0.0/12", false},
    {"172.31.255.255", "private", "172.16.0.0/12", false},
    {"172.32.0.0", "global", "0.0.0.0/0", true},
    {"192.0.0.7", "reserved", "192.0.0.0/29", false},
    {"192.0.0.8", "reserved", "192.0.0.8/32", false},
    {"192.0.0.9", "global", "192.0.0.9/32", true},
    {"192.0.0.10", "global", "192.0.0.10/32", true},
    {"192.0.0.11", "reserved", "192.0.0.0/24", false},
    {"192.0.0.171", "reserved", "192.0.0.171/32", false},
    {"192.0.2.77", "documentation", "192.0.2.0/24", false},
    {"192.31.196.1", "global", "192.31.196.0/24", true},
    {"192.88.99.1", "tunnel", "192.88.99.0/24", false},
    {"192.88.99.2", "tunnel", "192.88.99.2/32", false},
    {"192.168.1.1", "private", "192.168.0.0/16", false},
    {"192.175.48.6", "global", "192.175.48.0/24", true},
    {"198.17.255.255", "global", "0.0.0.0/0", true},
    {"198.18.0.0", "benchmarking", "198.18.0.0/15", false},
    {"198.19.255.255", "benchmarking", "198.18.0.0/15", false},
    {"198.51.100.1", "documentation", "198.51.100.0/24", false},
    {"203.0.113.1", "documentation", "203.0.113.0/24", false},
    {"224.0.0.1", "multicast", "224.0.0.0/4", false},
    {"239.255.255.255", "multicast", "224.0.0.0/4", false},
    {"240.0.0.0", "reserved", "240.0.0.0/4", false},
    {"255.255.255.254", "reserved", "240.0.0.0/4", false},
    {"255.255.255.255", "broadcast", "255.255.255.255/32", false},
    {"::", "unspecified", "::/128", false},
    {"::1", "loopback", "::1/128", false},
    {"::2", "reserved", "::/96", false},
    {"::ffff:127.0.0.1", "mapped", "::ffff:0:0/96", false},
    {"64:ff9b::8.8.8.8", "translation", "64:ff9b::/96", true},
    {"64:ff9b:1:ffff::", "translation", "64:ff9b:1::/48", false},
    {"64:ff9b:2::", "reserved", "::/0", false},
    {"100::1", "reserved", "100::/64", false},
    {"100:0:0:1::1", "reserved", "100:0:0:1::/64", false},
    {"2001:0:1::", "tunnel", "2001::/32", false},
    {"2001:1::1", "global", "2001:1::1/128", true},
    {"2001:1::4", "reserved", "2001::/23", false},
    {"2001:2:0:1::", "benchmarking", "2001:2::/48", false},
    {"2001:2:1::", "reserved", "2001::/23", false},
    {"2001:4:112::1", "global", "2001:4:112::/48", true},
    {"2001:1f:ffff::", "reserved", "2001:10::/28", false},
    {"2001:20::", "global", "2001:20::/28", true},
    {"2001:3f::", "global", "2001:30::/28", true},
    {"2001:40::", "reserved", "2001::/23", false},
    {"2001:200::", "global", "2000::/3", true},
    {"2001:db8:ffff::", "documentation", "2001:db8::/32", false},
    {"2002:c000:201::", "tunnel", "2002::/16", false},
    {"2606:4700::1111", "global", "2000::/3", true},
    {"2620:4f:8000::1", "global", "2620:4f:8000::/48", true},
    {"3fff:fff::", "documentation", "3fff::/20", false},
    {"3fff:1000::", "global", "2000::/3", true},
    {"4000::", "reserved", "::/0", false},
    {"5f00::1", "reserved", "5f00::/16", false},
    {"fbff::", "reserved", "::/0", false},
    {"fc00::", "unique-local", "fc00::/7", false},
    {"fdff::1", "unique-local", "fc00::/7", false},
    {"fe80::1", "link-local", "fe80::/10", false},
    {"febf::1", "link-local", "fe80::/10", false},
    {"fec0::1", "reserved", "fec0::/10", false},
    {"ff02::1", "multicast", "ff00::/8", false},
};

T_TEST_PLAIN(classes)
{
    for (size_t i = 0; i < COUNT(class_cases); i++) {
        struct plug_addr a = parse(class_cases[i].text);
        const struct plug_addr_block *block = plug_addr_block(&a);

        T_STR(block->prefix, class_cases[i].prefix);
        T_STR(plug_addr_class_name(plug_addr_class(&a)), class_cases[i].class);
        T_EQ(block->global, class_cases[i].global);
        T_EQ(block->kind, plug_addr_class(&a));
        T_TRUE(block->name[0] && strncmp(block->rfc, "RFC ", 4) == 0);
    }
}

/* The text of the prefix and the bits that are compared say the same. */
static void check_block(const struct plug_addr *a, const struct plug_addr_block *block)
{
    char text[64] = "";
    const char *slash = strchr(block->prefix, '/');
    uint64_t bits;
    struct plug_addr base;
    size_t len;
    const uint8_t *x, *y;

    memcpy(text, block->prefix, (size_t)(slash - block->prefix));
    T_OK(plug_uint_parse(slash + 1, strlen(slash + 1), 128, &bits));
    base = parse(text);
    x = plug_addr_bytes(a, &len);
    y = plug_addr_bytes(&base, NULL);
    for (size_t i = 0; i < 8 * len; i++) {
        int mask = 0x80 >> i % 8;

        if (i < bits ? (x[i / 8] ^ y[i / 8]) & mask : y[i / 8] & mask)
            T_FAIL("%s is not in %s", text_of(a), block->prefix);
    }
}

T_TEST_PLAIN(blocks_hold_what_their_prefix_says)
{
    for (int i = 0; i < 300000; i++) {
        uint8_t bytes[16];
        struct plug_addr a;
        size_t len;

        a = parse(t_below(2) ? class_cases[t_below(COUNT(class_cases))].text : "2001::");
        memcpy(bytes, plug_addr_bytes(&a, &len), plug_addr_family(&a) == AF_INET ? 4 : 16);
        bytes[t_below(len)] ^= (uint8_t)(1 << t_below(8));
        bytes[t_below(len)] ^= (uint8_t)t_random();
        if (len == 4)
            plug_addr_ip4(bytes, 0, &a);
        else
            T_OK(plug_addr_ip6(bytes, 0, 0, 0, &a));
        check_block(&a, plug_addr_block(&a));
    }
}

T_TEST_PLAIN(class_names)
{
    for (int c = PLUG_ADDR_UNSPECIFIED; c <= PLUG_ADDR_LOCAL; c++)
        T_TRUE(strlen(plug_addr_class_name((enum plug_addr_class)c)) > 3);
    T_STR(plug_addr_class_name((enum plug_addr_class)99), "unknown");
    T_STR(plug_addr_class_name((enum plug_addr_class) - 1), "unknown");
}

/* --- room --------------------------------------------------------------------------------- */

T_TEST_PLAIN(text_is_cut_like_snprintf)
{
    struct plug_addr a = parse("[fe80::1%12345]:80");
    const char *whole = "[fe80::1%12345]:80";
    size_t want = strlen(whole);

    T_EQ(plug_addr_text(&a, NULL, 0), want);
    for (size_t room = 1; room <= want + 2; room++) {
        char *buf = t_guarded_room(room);
        size_t n = room - 1 < want ? room - 1 : want;

        T_EQ(plug_addr_text(&a, buf, room), want);
        T_EQ(strlen(buf), n);
        T_MEM(buf, whole, n);
    }
    T_EQ(plug_addr_host_text(&a, NULL, 0), strlen("fe80::1%12345"));
}

/* A scope whose name cannot be had is shown by number, whatever fails. */
T_TEST(text_survives_failures)
{
    struct plug_addr a;
    char text[PLUG_ADDR_TEXT];

    T_OK(plug_addr_parse("fe80::1%1", &a));
    T_TRUE(plug_addr_text(&a, text, sizeof text) > 0);
    T_TRUE(strcmp(text, "fe80::1%lo") == 0 || strcmp(text, "fe80::1%1") == 0);
}
