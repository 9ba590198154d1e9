/* SPDX-License-Identifier: MIT */
/* Datagrams: boundaries, truncation, errors that come back; UNIX names of every kind. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

static char big[70000], got[70000];

T_TEST(an_empty_datagram_is_a_message)
{
    struct plug_addr to, from;
    struct plug_sock *r = udp_bound(AF_INET, &to), *s = udp_bound(AF_INET, &from);
    struct plug_addr who;
    int flags = -1;
    T_EQ(T_OK(plug_sock_sendto(s, "", 0, 0, &to)), 0);
    T_EQ(T_OK(plug_sock_recvfrom(r, got, sizeof got, 0, &who, &flags)), 0);
    T_EQ(flags & MSG_TRUNC, 0);
    T_TRUE(plug_addr_equal(&who, &from));
}

T_TEST(the_largest_datagram_and_one_more)
{
    struct plug_addr to, from;
    struct plug_sock *r = udp_bound(AF_INET, &to), *s = udp_bound(AF_INET, &from);
    memset(big, 'x', sizeof big);
    T_EQ(T_OK(plug_sock_sendto(s, big, 65507, 0, &to)), 65507);
    T_EQ(T_OK(plug_sock_recvfrom(r, got, sizeof got, 0, NULL, NULL)), 65507);
    T_MEM(got, big, 65507);
    T_ERR(plug_sock_sendto(s, big, 65508, 0, &to), -EMSGSIZE);
}

T_TEST(truncation_is_never_silent)
{
    struct plug_addr to, from;
    struct plug_sock *r = udp_bound(AF_INET, &to), *s = udp_bound(AF_INET, &from);
    for (size_t room = 99; room <= 101; room++) { /* N - 1, N, N + 1 */
        int flags = 0;
        T_OK(plug_sock_sendto(s, big, 100, 0, &to));
        T_EQ(T_OK(plug_sock_recvfrom(r, got, room, 0, NULL, &flags)), room < 100 ? 99 : 100);
        T_EQ((flags & MSG_TRUNC) != 0, room < 100);
    }
    T_OK(plug_sock_sendto(s, big, 5000, 0, &to));
    T_EQ(T_OK(plug_sock_recv(r, got, 1024, MSG_TRUNC)), 5000); /* the true length, on request */
    T_OK(plug_sock_sendto(s, big, 5000, 0, &to));
    T_EQ(T_OK(plug_sock_recv(r, NULL, 0, MSG_TRUNC | MSG_PEEK)), 5000);
}

T_TEST(recvfrom_on_a_stream_has_no_address)
{
    struct plug_sock *c, *s;
    struct plug_addr who;
    tcp_pair(&c, &s);
    T_OK(plug_sock_send_all(c, "x", 1, NULL));
    T_EQ(T_OK(plug_sock_recvfrom(s, got, 1, 0, &who, NULL)), 1);
    T_EQ(plug_addr_family(&who), AF_UNSPEC);
}

T_TEST(a_refused_datagram_shows_on_a_later_call)
{
    struct plug_addr nobody, from;
    struct plug_sock *r = udp_bound(AF_INET, &nobody), *s = udp_bound(AF_INET, &from);
    end(r);
    T_OK(plug_sock_connect(s, &nobody));
    T_OK(plug_sock_send(s, "x", 1, 0));
    T_OK(plug_sock_set_timeout(s, PLUG_S(5)));
    T_ERR(plug_sock_recv(s, got, sizeof got, 0), -ECONNREFUSED);
    T_OK(plug_sock_send(s, "x", 1, 0)); /* and goes on */
}

T_TEST(a_connected_socket_hears_only_its_peer)
{
    struct plug_addr a, b, c;
    struct plug_sock *r = udp_bound(AF_INET, &a), *s = udp_bound(AF_INET, &b),
                     *other = udp_bound(AF_INET, &c);
    T_OK(plug_sock_connect(r, &b));
    T_OK(plug_sock_sendto(other, "other", 5, 0, &a));
    T_OK(plug_sock_sendto(s, "peer", 4, 0, &a));
    T_EQ(T_OK(plug_sock_recv(r, got, sizeof got, 0)), 4);
    T_MEM(got, "peer", 4);
}

T_TEST(ipv6_datagrams_and_streams)
{
    need_ipv6();
    struct plug_addr to, from, who;
    struct plug_sock *r = udp_bound(AF_INET6, &to), *s = udp_bound(AF_INET6, &from), *l, *c, *conn;
    T_OK(plug_sock_sendto(s, "six", 3, 0, &to));
    T_EQ(T_OK(plug_sock_recvfrom(r, got, sizeof got, 0, &who, NULL)), 3);
    T_TRUE(plug_addr_equal(&who, &from));
    l = tcp_listener(AF_INET6, &to);
    T_OK(plug_sock_open(&c, AF_INET6, SOCK_STREAM, 0));
    own(c);
    T_OK(plug_sock_connect(c, &to));
    T_OK(plug_sock_accept(l, &conn, &who));
    own(conn);
    T_OK(plug_sock_local(c, &from));
    T_TRUE(plug_addr_equal(&who, &from));
}

/* --- UNIX ------------------------------------------------------------------------------ */

static struct plug_sock *unix_bound(int type, const void *name, size_t len,
                                    struct plug_addr *ret_addr)
{
    struct plug_sock *s;
    T_OK(plug_sock_open(&s, AF_UNIX, type, 0));
    own(s);
    T_OK(plug_addr_unix(name, len, ret_addr));
    T_OK(plug_sock_bind(s, ret_addr));
    T_OK(plug_sock_local(s, ret_addr));
    return s;
}

static void remove_path(void *path)
{
    unlink(path);
}

T_TEST(unix_datagrams_over_every_kind_of_name)
{
    static char path[] = "/tmp/plug-test-dgram";
    static const struct {
        const char *name;
        size_t len;
    } names[] = {{path, sizeof path - 1}, {"\0plug\0test\0dgram", 16}, {"", 0}};
    T_OWN(remove_path, path);
    unlink(path);
    for (size_t i = 0; i < 3; i++) {
        struct plug_addr to, who;
        size_t len;
        struct plug_sock *r = unix_bound(SOCK_DGRAM, names[i].name, names[i].len, &to), *s;
        const char *name = plug_addr_bytes(&to, &len);
        if (names[i].len == 0) { /* the kernel chose an abstract name */
            T_EQ(len, 6);
            T_EQ(name[0], 0);
        } else {
            T_EQ(len, names[i].len);
            T_MEM(name, names[i].name, len);
        }
        T_OK(plug_sock_open(&s, AF_UNIX, SOCK_DGRAM, 0));
        own(s);
        T_OK(plug_sock_sendto(s, "hi", 2, 0, &to));
        T_EQ(T_OK(plug_sock_recvfrom(r, got, sizeof got, 0, &who, NULL)), 2);
        T_EQ(plug_addr_family(&who) == AF_UNSPEC || who.len <= sizeof(sa_family_t), 1);
    }
}

T_TEST(seqpacket_keeps_boundaries_and_has_an_end)
{
    struct plug_sock *p[2];
    int flags = 0;
    pair(p, SOCK_SEQPACKET);
    T_OK(plug_sock_send(p[0], "one", 3, 0));
    T_OK(plug_sock_send(p[0], "second", 6, 0));
    T_EQ(T_OK(plug_sock_recv(p[1], got, sizeof got, 0)), 3);
    T_EQ(T_OK(plug_sock_recvfrom(p[1], got, 2, 0, NULL, &flags)), 2);
    T_TRUE(flags & MSG_TRUNC);
    end(p[0]);
    T_EQ(T_OK(plug_sock_recv(p[1], got, sizeof got, 0)), 0);
}

T_TEST(seqpacket_listens_and_accepts_on_an_abstract_name)
{
    struct plug_addr addr;
    struct plug_sock *l = unix_bound(SOCK_SEQPACKET, "", 0, &addr), *c, *s;
    T_OK(plug_sock_listen(l, 1));
    T_OK(plug_sock_open(&c, AF_UNIX, SOCK_SEQPACKET, 0));
    own(c);
    T_OK(plug_sock_connect(c, &addr));
    T_OK(plug_sock_accept(l, &s, NULL));
    own(s);
    T_EQ(plug_sock_type(s), SOCK_SEQPACKET);
    T_OK(plug_sock_send(c, "x", 1, 0));
    T_EQ(T_OK(plug_sock_recv(s, got, sizeof got, 0)), 1);
}

T_TEST(a_full_unix_datagram_queue_is_waited_for)
{
    struct plug_sock *p[2];
    pair(p, SOCK_DGRAM);
    T_OK(plug_sock_set_timeout(p[0], PLUG_MS(20)));
    ssize_t n;
    while ((n = plug_sock_send(p[0], "x", 1, 0)) == 1)
        ;
    T_ERR(n, PLUG_ETIMEOUT);
    T_OK(plug_sock_set_blocking(p[1], false));
    while ((n = plug_sock_recv(p[1], got, 1, 0)) == 1)
        ;
    T_ERR(n, -EAGAIN);
    T_OK(plug_sock_send(p[0], "x", 1, 0));
}
