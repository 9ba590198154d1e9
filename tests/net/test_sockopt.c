/* SPDX-License-Identifier: MIT */
/* Options by name and by number, TCP_INFO, multicast over loopback. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

static struct plug_sock *sock(int family, int type)
{
    struct plug_sock *s;
    T_OK(plug_sock_open(&s, family, type, 0));
    return own(s);
}

T_TEST_PLAIN(the_table_has_no_holes)
{
    for (int i = 0; i < PLUG_SO_COUNT; i++) {
        T_TRUE(plug_sockopt_name(i) != NULL);
        T_EQ(plug_sockopt_find(plug_sockopt_name(i)), i);
    }
    T_TRUE(plug_sockopt_name(-1) == NULL && plug_sockopt_name(PLUG_SO_COUNT) == NULL);
    T_EQ(plug_sockopt_find("nosuch"), -ENOPROTOOPT);
    T_EQ(plug_sockopt_unit(PLUG_SO_LINGER), PLUG_UNIT_DURATION);
    T_EQ(plug_sockopt_unit(PLUG_SO_CONGESTION), PLUG_UNIT_TEXT);
}

T_TEST(numbers_are_those_of_the_kernel)
{
    struct plug_sock *s = sock(AF_INET, SOCK_STREAM);
    static const struct {
        int opt;
        int64_t value;
        int level, name, kernel;
    } rows[] = {
        {PLUG_SO_REUSE_ADDR, 1, SOL_SOCKET, SO_REUSEADDR, 1},
        {PLUG_SO_REUSE_PORT, 5, SOL_SOCKET, SO_REUSEPORT, 1},
        {PLUG_SO_NODELAY, 1, IPPROTO_TCP, TCP_NODELAY, 1},
        {PLUG_SO_KEEPALIVE, 1, SOL_SOCKET, SO_KEEPALIVE, 1},
        {PLUG_SO_KEEPALIVE_IDLE, PLUG_S(61), IPPROTO_TCP, TCP_KEEPIDLE, 61},
        {PLUG_SO_KEEPALIVE_IDLE, PLUG_MS(1001), IPPROTO_TCP, TCP_KEEPIDLE, 2},
        {PLUG_SO_KEEPALIVE_INTERVAL, 1, IPPROTO_TCP, TCP_KEEPINTVL, 1},
        {PLUG_SO_KEEPALIVE_COUNT, 4, IPPROTO_TCP, TCP_KEEPCNT, 4},
        {PLUG_SO_USER_TIMEOUT, PLUG_US(1500), IPPROTO_TCP, TCP_USER_TIMEOUT, 2},
        {PLUG_SO_SYN_COUNT, 3, IPPROTO_TCP, TCP_SYNCNT, 3},
        {PLUG_SO_TTL, 7, IPPROTO_IP, IP_TTL, 7},
        {PLUG_SO_TOS, 0x10, IPPROTO_IP, IP_TOS, 0x10},
        {PLUG_SO_PRIORITY, 6, SOL_SOCKET, SO_PRIORITY, 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int v = -1;
        int r = plug_sockopt_set(s, rows[i].opt, rows[i].value);
        if (r < 0 && !t_tortured())
            T_FAIL("%s: %s", plug_sockopt_name(rows[i].opt), plug_strerror(r));
        T_OK(r);
        T_OK(plug_sock_getopt_int(s, rows[i].level, rows[i].name, &v));
        T_EQ(v, rows[i].kernel);
    }
}

T_TEST(durations_come_back_in_nanoseconds)
{
    struct plug_sock *s = sock(AF_INET, SOCK_STREAM);
    int64_t v = 0;
    T_OK(plug_sockopt_set(s, PLUG_SO_KEEPALIVE_IDLE, PLUG_S(90)));
    T_OK(plug_sockopt_get(s, PLUG_SO_KEEPALIVE_IDLE, &v));
    T_EQ(v, PLUG_S(90));
    T_OK(plug_sockopt_set(s, PLUG_SO_USER_TIMEOUT, PLUG_MS(2500)));
    T_OK(plug_sockopt_get(s, PLUG_SO_USER_TIMEOUT, &v));
    T_EQ(v, PLUG_MS(2500));
    T_OK(plug_sockopt_get(s, PLUG_SO_LINGER, &v));
    T_EQ(v, PLUG_FOREVER);
    T_OK(plug_sockopt_set(s, PLUG_SO_LINGER, 0));
    T_OK(plug_sockopt_get(s, PLUG_SO_LINGER, &v));
    T_EQ(v, 0);
    T_OK(plug_sockopt_set(s, PLUG_SO_LINGER, PLUG_MS(2100)));
    T_OK(plug_sockopt_get(s, PLUG_SO_LINGER, &v));
    T_EQ(v, PLUG_S(3));
    T_OK(plug_sockopt_set(s, PLUG_SO_LINGER, PLUG_FOREVER));
    T_OK(plug_sockopt_get(s, PLUG_SO_LINGER, &v));
    T_EQ(v, PLUG_FOREVER);
}

T_TEST(values_out_of_range_are_refused_before_the_kernel)
{
    struct plug_sock *s = sock(AF_INET, SOCK_STREAM);
    T_ERR(plug_sockopt_set(s, PLUG_SO_RECV_BUFFER, (int64_t)1 << 31), PLUG_ERANGE);
    T_ERR(plug_sockopt_set(s, PLUG_SO_RECV_BUFFER, -1), PLUG_ERANGE);
    T_ERR(plug_sockopt_set(s, PLUG_SO_KEEPALIVE_IDLE, INT64_MAX), PLUG_ERANGE);
    T_ERR(plug_sockopt_set(s, PLUG_SO_KEEPALIVE_IDLE, -5), PLUG_ERANGE);
    T_ERR(plug_sockopt_set(s, PLUG_SO_LINGER, -2), PLUG_ERANGE);
    T_ERR(plug_sockopt_set(s, PLUG_SO_TTL, INT64_MIN), PLUG_ERANGE);
    T_ERR(plug_sockopt_set(s, PLUG_SO_KEEPALIVE_IDLE, PLUG_S(40000)), -EINVAL); /* the kernel's */
    T_ERR(plug_sockopt_set(s, -1, 0), -ENOPROTOOPT);
    T_ERR(plug_sockopt_set(s, PLUG_SO_COUNT, 0), -ENOPROTOOPT);
    int64_t v;
    T_ERR(plug_sockopt_get(s, PLUG_SO_CONGESTION, &v), -ENOPROTOOPT);
    T_ERR(plug_sockopt_set_text(s, PLUG_SO_NODELAY, "1"), -ENOPROTOOPT);
    size_t len = (size_t)INT32_MAX + 1;
    T_ERR(plug_sock_setopt(s, SOL_SOCKET, SO_RCVBUF, "", len), PLUG_ERANGE);
    T_ERR(plug_sock_getopt(s, SOL_SOCKET, SO_RCVBUF, NULL, &len), PLUG_ERANGE);
}

T_TEST(options_of_another_family_say_so)
{
    struct plug_sock *p[2], *s = sock(AF_INET, SOCK_STREAM);
    int64_t v;
    pair(p, SOCK_STREAM);
    T_ERR(plug_sockopt_set(s, PLUG_SO_V6ONLY, 1), -ENOPROTOOPT);
    T_ERR(plug_sockopt_get(s, PLUG_SO_V6ONLY, &v), -ENOPROTOOPT);
    T_TRUE(plug_sockopt_set(p[0], PLUG_SO_NODELAY, 1) < 0);
}

T_TEST(ipv6_sockets_get_the_ipv6_options)
{
    need_ipv6();
    struct plug_sock *s = sock(AF_INET6, SOCK_DGRAM);
    int v = 0;
    T_OK(plug_sockopt_set(s, PLUG_SO_TTL, 9));
    T_OK(plug_sock_getopt_int(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &v));
    T_EQ(v, 9);
    T_OK(plug_sockopt_set(s, PLUG_SO_TOS, 0x20));
    T_OK(plug_sock_getopt_int(s, IPPROTO_IPV6, IPV6_TCLASS, &v));
    T_EQ(v, 0x20);
    T_OK(plug_sockopt_set(s, PLUG_SO_V6ONLY, 1));
    T_OK(plug_sock_getopt_int(s, IPPROTO_IPV6, IPV6_V6ONLY, &v));
    T_EQ(v, 1);
    if (!t_tortured()) { /* the twin is set as well as it can be */
        T_OK(plug_sock_getopt_int(s, IPPROTO_IP, IP_TTL, &v));
        T_EQ(v, 9);
    }
}

T_TEST(buffers_tell_what_the_kernel_made_of_them)
{
    struct plug_sock *s = sock(AF_INET, SOCK_STREAM);
    int64_t v = 0;
    T_OK(plug_sockopt_set(s, PLUG_SO_SEND_BUFFER, 20000));
    T_OK(plug_sockopt_get(s, PLUG_SO_SEND_BUFFER, &v));
    T_EQ(v, 40000);
}

T_TEST(facts_of_the_socket)
{
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr);
    int64_t v = 0;
    T_OK(plug_sockopt_get(l, PLUG_SO_DOMAIN, &v));
    T_EQ(v, AF_INET);
    T_OK(plug_sockopt_get(l, PLUG_SO_TYPE, &v));
    T_EQ(v, SOCK_STREAM);
    T_OK(plug_sockopt_get(l, PLUG_SO_PROTOCOL, &v));
    T_EQ(v, IPPROTO_TCP);
    T_OK(plug_sockopt_get(l, PLUG_SO_ACCEPTING, &v));
    T_EQ(v, 1);
}

T_TEST(every_switch_can_be_switched_or_says_why_not)
{
    static const int may_fail[] = {-ENOPROTOOPT, -EPERM,  -EINVAL,        -ENOTCONN,
                                   -EOPNOTSUPP,  -ENODEV, -EADDRNOTAVAIL, -EACCES};
    struct plug_sock *s = sock(AF_INET, SOCK_STREAM), *u = sock(AF_INET, SOCK_DGRAM);
    for (int opt = 0; opt < PLUG_SO_COUNT; opt++) {
        if (plug_sockopt_unit(opt) != PLUG_UNIT_BOOL)
            continue;
        int r = plug_sockopt_set(s, opt, 1), q = plug_sockopt_set(u, opt, 1);
        for (size_t i = 0; i < sizeof may_fail / sizeof *may_fail; i++) {
            r = r == may_fail[i] ? 0 : r;
            q = q == may_fail[i] ? 0 : q;
        }
        T_OK(r);
        T_OK(q);
    }
}

T_TEST(text_options)
{
    struct plug_sock *s = sock(AF_INET, SOCK_STREAM);
    char text[32];
    int64_t n = T_OK(plug_sockopt_get_text(s, PLUG_SO_CONGESTION, text, sizeof text));
    T_EQ(n, strlen(text));
    T_TRUE(text[0] != '\0');
    T_ERR(plug_sockopt_get_text(s, PLUG_SO_CONGESTION, text, strlen(text)), -ENOSPC);
    T_OK(plug_sockopt_set_text(s, PLUG_SO_CONGESTION, text));
    T_ERR(plug_sockopt_set_text(s, PLUG_SO_CONGESTION, "nosuch"), -ENOENT);
    int r = plug_sockopt_set_text(s, PLUG_SO_BIND_DEVICE, "lo");
    if (r == -EPERM)
        return;
    T_OK(r);
    T_OK(plug_sockopt_get_text(s, PLUG_SO_BIND_DEVICE, text, sizeof text));
    T_STR(text, "lo");
    r = plug_sockopt_set_text(s, PLUG_SO_BIND_DEVICE, "");
    if (r == -EPERM) /* to bind is everybody's right, to undo it is not */
        return;
    T_OK(r);
    T_EQ(T_OK(plug_sockopt_get_text(s, PLUG_SO_BIND_DEVICE, text, sizeof text)), 0);
    T_ERR(plug_sockopt_set_text(s, PLUG_SO_BIND_DEVICE, "nosuch0"), -ENODEV);
}

T_TEST(marks_use_all_their_32_bits)
{
    struct plug_sock *s = sock(AF_INET, SOCK_STREAM);
    int64_t v = 0;
    int r = plug_sockopt_set(s, PLUG_SO_MARK, 0xFFFFFFFE);
    if (r == -EPERM)
        T_SKIP("marks need CAP_NET_ADMIN");
    T_OK(r);
    T_OK(plug_sockopt_get(s, PLUG_SO_MARK, &v));
    T_EQ(v, 0xFFFFFFFE);
    T_ERR(plug_sockopt_set(s, PLUG_SO_MARK, 0x100000000), PLUG_ERANGE);
}

T_TEST(raw_forms_take_bytes)
{
    struct plug_sock *s = sock(AF_INET, SOCK_STREAM);
    struct linger l = {1, 5}, got;
    size_t len = sizeof got;
    T_OK(plug_sock_setopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof l));
    T_OK(plug_sock_getopt(s, SOL_SOCKET, SO_LINGER, &got, &len));
    T_EQ(len, sizeof got);
    T_MEM(&got, &l, sizeof l);
    T_ERR(plug_sock_setopt_int(s, SOL_SOCKET, 9999, 1), -ENOPROTOOPT);
}

T_TEST(pending_error_is_told_once)
{
    struct plug_addr nobody, from;
    struct plug_sock *r = udp_bound(AF_INET, &nobody), *s = udp_bound(AF_INET, &from);
    int error = 1;
    end(r);
    T_OK(plug_sock_connect(s, &nobody));
    T_OK(plug_sock_send(s, "x", 1, 0));
    T_OK(plug_sock_wait(s, POLLERR));
    T_OK(plug_sock_error(s, &error));
    T_EQ(error, -ECONNREFUSED);
    T_OK(plug_sock_error(s, &error));
    T_EQ(error, 0);
}

T_TEST(tcp_info_is_about_the_connection)
{
    struct plug_sock *c, *s, *p[2];
    struct plug_tcp_info info;
    char b[1000] = "";
    tcp_pair(&c, &s);
    T_OK(plug_sock_send_all(c, b, sizeof b, NULL));
    T_OK(plug_sock_recv_exact(s, b, sizeof b, NULL));
    T_OK(plug_tcp_info(c, &info));
    T_STR(info.state, "established");
    T_TRUE(info.congestion[0] != '\0');
    T_TRUE(info.rtt > 0 && info.rtt < PLUG_S(1));
    T_TRUE(info.send_mss > 500 && info.cwnd > 0);
    T_TRUE(info.rto > info.rttvar);
    T_OK(plug_tcp_info(s, &info));
    T_EQ(info.bytes_received, 1000);
    end(c);
    T_OK(plug_sock_wait(s, POLLRDHUP));
    T_OK(plug_tcp_info(s, &info));
    T_STR(info.state, "close_wait");
    pair(p, SOCK_STREAM);
    T_TRUE(plug_tcp_info(p[0], &info) < 0);
}

/* --- multicast ------------------------------------------------------------------------- */

/* A socket on a port of every address; group gets the same port. */
static struct plug_sock *member(struct plug_addr *group, struct plug_addr *ret_any)
{
    int family = plug_addr_family(group);
    struct plug_sock *s = sock(family, SOCK_DGRAM);
    T_OK(plug_addr_any(family, 0, ret_any));
    T_OK(plug_sock_bind(s, ret_any));
    T_OK(plug_sock_local(s, ret_any));
    T_OK(plug_addr_set_port(group, plug_addr_port(ret_any)));
    T_OK(plug_sock_set_timeout(s, PLUG_S(2)));
    return s;
}

/* Of scope "this machine" or with no hop to go: nothing leaves it, whatever the interface. */
static struct plug_sock *sender(int family, unsigned ifindex)
{
    struct plug_sock *s = sock(family, SOCK_DGRAM);
    T_OK(plug_multicast_interface(s, ifindex));
    T_OK(plug_sockopt_set(s, PLUG_SO_MULTICAST_LOOP, 1));
    T_OK(plug_sockopt_set(s, PLUG_SO_MULTICAST_TTL, 0));
    return s;
}

/* An interface over which a message to group comes back: loopback, where it can do that. */
static unsigned interface_for(struct plug_addr *group)
{
    struct if_nameindex *list = if_nameindex();
    unsigned found = 0;
    for (struct if_nameindex *i = list; i && i->if_index && !found; i++) {
        struct plug_sock *s = sender(plug_addr_family(group), i->if_index);
        found = plug_sock_sendto(s, "?", 1, 0, group) == 1 ? i->if_index : 0;
        end(s);
    }
    if_freenameindex(list);
    if (!found)
        T_SKIP("no interface here takes multicast");
    return found;
}

static void heard(struct plug_sock *s, const char *want, struct plug_addr *ret_from)
{
    char b[16] = "";
    T_EQ(T_OK(plug_sock_recvfrom(s, b, sizeof b - 1, 0, ret_from, NULL)), strlen(want));
    T_STR(b, want);
}

static void not_heard(struct plug_sock *s)
{
    char b[16];
    T_OK(plug_sock_set_timeout(s, PLUG_MS(20)));
    T_ERR(plug_sock_recv(s, b, sizeof b, 0), PLUG_ETIMEOUT);
    T_OK(plug_sock_set_timeout(s, PLUG_S(2)));
}

static void multicast(int family, const char *text)
{
    struct plug_addr group, any, from, wrong;
    T_OK(plug_addr_parse(text, &group));
    struct plug_sock *r = member(&group, &any);
    unsigned ifindex = interface_for(&group);
    struct plug_sock *s = sender(family, ifindex);
    T_OK(plug_multicast_join(r, &group, NULL, ifindex));
    T_ERR(plug_multicast_join(r, &group, NULL, ifindex), -EADDRINUSE);
    T_OK(plug_sock_sendto(s, "all", 3, 0, &group));
    heard(r, "all", &from);
    T_OK(plug_multicast_block(r, &group, &from, ifindex));
    T_OK(plug_sock_sendto(s, "blocked", 7, 0, &group));
    not_heard(r);
    T_OK(plug_multicast_unblock(r, &group, &from, ifindex));
    T_OK(plug_sock_sendto(s, "again", 5, 0, &group));
    heard(r, "again", &from);
    T_OK(plug_multicast_leave(r, &group, NULL, ifindex));
    T_ERR(plug_multicast_leave(r, &group, NULL, ifindex), -EADDRNOTAVAIL);
    T_OK(plug_sockopt_set(r, PLUG_SO_MULTICAST_ALL, 0));
    T_OK(plug_sock_sendto(s, "gone", 4, 0, &group));
    not_heard(r);
    T_OK(plug_multicast_join(r, &group, &from, ifindex)); /* source-specific */
    T_OK(plug_sock_sendto(s, "ours", 4, 0, &group));
    heard(r, "ours", &from);
    T_OK(plug_multicast_leave(r, &group, &from, ifindex));
    T_OK(plug_addr_loopback(family == AF_INET ? AF_INET6 : AF_INET, 1, &wrong));
    T_ERR(plug_multicast_join(r, &wrong, NULL, ifindex), -EAFNOSUPPORT);
    T_ERR(plug_multicast_join(r, &group, &wrong, ifindex), -EAFNOSUPPORT);
    T_ERR(plug_multicast_join(r, &from, NULL, ifindex), -EINVAL);
}

T_TEST_PLAIN(multicast_over_ipv4)
{
    multicast(AF_INET, "239.255.77.1");
}

T_TEST_PLAIN(multicast_over_ipv6)
{
    need_ipv6();
    multicast(AF_INET6, "ff01::77:1");
}
