/* SPDX-License-Identifier: MIT */
/* Addresses: every family, every limit, comparing. */
#include "test_addr.h"
#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/un.h>

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

/* Binds to a and tells what the kernel made of it. */
static struct plug_addr bound(const struct plug_addr *a)
{
    struct plug_addr got = {.len = sizeof got.ss};
    int fd = (int)T_OK(plug_sys()->socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));

    t_own_fd(fd);
    T_OK(plug_sys()->bind(fd, &a->sa, a->len));
    T_OK(plug_sys()->getsockname(fd, &got.sa, &got.len));
    return got;
}

T_TEST_PLAIN(unix_names_survive_the_kernel)
{
    char name[108] = "\0plug test";
    struct plug_addr a, got, again;
    size_t len;

    for (size_t n = 11; n <= sizeof name; n += sizeof name - 11) { /* all of the NULs count */
        T_OK(plug_addr_unix(name, n, &a));
        got = bound(&a);
        T_TRUE(plug_addr_equal(&got, &a));
        T_EQ(got.len, a.len);
    }
    T_OK(plug_addr_unix(NULL, 0, &a)); /* autobind: "\0" and five hexadecimal digits */
    got = bound(&a);
    T_EQ(((const char *)plug_addr_bytes(&got, &len))[0], '\0');
    T_EQ(len, 6);
    T_OK(plug_addr_from_sockaddr(&got.sa, got.len, &again));
    T_TRUE(plug_addr_equal(&got, &again));
    memset(name, 'x', sizeof name); /* a path as long as may be */
    memcpy(name, "/tmp/plug-test-", 15);
    T_OK(plug_addr_unix(name, 107, &a));
    name[107] = '\0';
    (void)plug_sys()->unlink(name);
    got = bound(&a);
    T_OK(plug_sys()->unlink(name));
    T_TRUE(plug_addr_equal(&got, &a));
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
