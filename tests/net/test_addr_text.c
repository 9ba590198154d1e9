/* SPDX-License-Identifier: MIT */
/* The text of addresses, both ways, against libc's own. */
#include "test_addr.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

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
