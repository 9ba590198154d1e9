/* SPDX-License-Identifier: MIT */
/* Messages: control data, descriptors, credentials, batches, the error queue. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* --- control data ---------------------------------------------------------------------- */

T_TEST_PLAIN(lengths_are_those_of_the_macros_and_checked)
{
    size_t len, space;
    for (size_t n = 0; n < 40; n++) {
        T_OK(plug_cmsg_len(n, &len));
        T_OK(plug_cmsg_space(n, &space));
        T_EQ(len, CMSG_LEN(n));
        T_EQ(space, CMSG_SPACE(n));
    }
    T_OK(plug_cmsg_len(INT32_MAX - CMSG_LEN(0), &len));
    T_ERR(plug_cmsg_len(INT32_MAX - CMSG_LEN(0) + 1, &len), PLUG_ERANGE);
    T_OK(plug_cmsg_space(INT32_MAX - CMSG_SPACE(1), &space));
    T_ERR(plug_cmsg_space(INT32_MAX - CMSG_SPACE(1) + 1, &space), PLUG_ERANGE);
    T_ERR(plug_cmsg_len(SIZE_MAX, &len), PLUG_ERANGE);
    T_ERR(plug_cmsg_space(SIZE_MAX, &space), PLUG_ERANGE);
}

T_TEST_PLAIN(what_is_put_is_found_again_at_any_alignment)
{
    static uint8_t room[256];
    for (size_t shift = 0; shift < 8; shift++) {
        struct plug_msg m = {.control = room + shift, .control_room = 128};
        struct plug_cmsg c;
        size_t at = 0;
        T_OK(plug_msg_put(&m, 1, 2, "abc", 3));
        T_OK(plug_msg_put(&m, 3, 4, NULL, 0));
        T_OK(plug_msg_put(&m, 5, 6, "0123456789", 10));
        T_TRUE(plug_msg_next(&m, &at, &c));
        T_EQ(c.level * 10 + c.type, 12);
        T_EQ(c.len, 3);
        T_MEM(c.data, "abc", 3);
        T_TRUE(plug_msg_next(&m, &at, &c));
        T_EQ(c.level * 10 + c.type, 34);
        T_EQ(c.len, 0);
        T_TRUE(plug_msg_next(&m, &at, &c));
        T_EQ(c.len, 10);
        T_MEM(c.data, "0123456789", 10);
        T_TRUE(!c.cut);
        T_TRUE(!plug_msg_next(&m, &at, &c));
    }
}

T_TEST_PLAIN(the_room_for_control_data_is_a_limit)
{
    uint8_t room[CMSG_SPACE(4)];
    for (size_t have = sizeof room - 1; have <= sizeof room + 1; have++) {
        struct plug_msg m = {.control = room,
                             .control_room = have < sizeof room ? have : sizeof room};
        int r = plug_msg_put(&m, 1, 1, "abcd", 4);
        if (have < sizeof room)
            T_ERR(r, -ENOSPC);
        else
            T_OK(r);
        T_EQ(m.control_len, have < sizeof room ? 0 : sizeof room);
    }
}

/* Every truncation and every wrong length: never a byte outside, always an end. */
T_TEST_PLAIN(more_control_data_than_room_is_no_room)
{
    uint8_t room[64];
    struct plug_msg m = {.control = room, .control_room = 16, .control_len = 40};
    T_ERR(plug_msg_put(&m, 1, 1, "abcd", 4), -ENOSPC);
    T_EQ(m.control_len, 40);
}

T_TEST_PLAIN(nonsense_in_control_data_does_no_harm)
{
    uint8_t good[CMSG_SPACE(5) + CMSG_SPACE(8)];
    struct plug_msg m = {.control = good, .control_room = sizeof good};
    T_OK(plug_msg_put(&m, SOL_SOCKET, SCM_RIGHTS, "12345", 5));
    T_OK(plug_msg_put(&m, SOL_SOCKET, SCM_RIGHTS, "12345678", 8));
    for (size_t len = 0; len <= sizeof good; len++) {
        struct plug_msg cut = {.control = t_guarded(good, len), .control_len = len};
        struct plug_cmsg c;
        size_t n = 0;
        for (size_t at = 0; plug_msg_next(&cut, &at, &c); n++) {
            T_TRUE((const uint8_t *)c.data + c.len <= (uint8_t *)cut.control + len);
            T_TRUE(c.cut || c.len == 5 || c.len == 8);
        }
        T_TRUE(n <= 2);
    }
    for (int i = 0; i < 800; i++) {
        uint8_t bad[sizeof good];
        struct plug_cmsg c;
        size_t n = 0;
        memcpy(bad, good, sizeof bad);
        size_t lie = (size_t)(t_below(2) ? t_below(64) : t_random());
        memcpy(bad, &lie, sizeof lie);
        struct plug_msg b = {.control = t_guarded(bad, sizeof bad), .control_len = sizeof bad};
        for (size_t at = 0; plug_msg_next(&b, &at, &c); n++)
            T_TRUE((const uint8_t *)c.data + c.len <= (uint8_t *)b.control + sizeof bad);
        T_TRUE(n < 10);
    }
}

/* --- messages -------------------------------------------------------------------------- */

T_TEST(a_message_carries_its_address_and_flags)
{
    struct plug_addr to, from;
    struct plug_sock *r = udp_bound(AF_INET, &to), *s = udp_bound(AF_INET, &from);
    char a[2], b[2], out[] = "abcdef";
    struct iovec pieces[2] = {{out, 1}, {out + 1, 5}}, rooms[2] = {{a, 2}, {b, 2}};
    struct plug_msg m = {.iov = pieces, .iov_count = 2, .addr = to},
                    n = {.iov = rooms, .iov_count = 2};
    T_EQ(T_OK(plug_sock_sendmsg(s, &m, 0)), 6);
    T_EQ(T_OK(plug_sock_recvmsg(r, &n, 0)), 4);
    T_EQ(n.done, 4);
    T_MEM(b, "cd", 2);
    T_TRUE(n.flags & MSG_TRUNC);
    T_TRUE(plug_addr_equal(&n.addr, &from));
    T_EQ(n.control_len, 0);
}

T_TEST(control_data_without_room_is_flagged)
{
    struct plug_addr to, from;
    struct plug_sock *r = udp_bound(AF_INET, &to), *s = udp_bound(AF_INET, &from);
    char b[4];
    uint8_t room[CMSG_LEN(4)]; /* less than a struct in_pktinfo needs */
    struct plug_msg m = {.buf = b, .len = sizeof b, .control = room, .control_room = sizeof room};
    struct plug_cmsg c;
    size_t at = 0;
    T_OK(plug_sockopt_set(r, PLUG_SO_PKTINFO, 1));
    T_OK(plug_sock_sendto(s, "x", 1, 0, &to));
    T_EQ(T_OK(plug_sock_recvmsg(r, &m, 0)), 1);
    T_TRUE(m.flags & MSG_CTRUNC);
    T_TRUE(plug_msg_next(&m, &at, &c)); /* kept, and flagged */
    T_EQ(c.type, IP_PKTINFO);
    T_EQ(c.len, 4);
    T_TRUE(c.cut);
    struct plug_pktinfo info;
    T_TRUE(!plug_cmsg_pktinfo(&c, &info));
    T_TRUE(!plug_msg_next(&m, &at, &c));
}

static void recv_with_everything(int family)
{
    struct plug_addr to, from;
    struct plug_sock *r = udp_bound(family, &to), *s = udp_bound(family, &from);
    char b[8];
    uint8_t room[512];
    struct plug_msg m = {.buf = b, .len = sizeof b, .control = room, .control_room = sizeof room};
    struct plug_cmsg c;
    struct plug_pktinfo info = {0};
    int64_t when = 0;
    int ttl = -1, tos = -1, v;
    static const int wanted[] = {PLUG_SO_PKTINFO, PLUG_SO_RECV_TTL, PLUG_SO_RECV_TOS,
                                 PLUG_SO_TIMESTAMPS};
    for (size_t i = 0; i < 4; i++)
        T_OK(plug_sockopt_set(r, wanted[i], 1));
    T_OK(plug_sockopt_set(s, PLUG_SO_TTL, 42));
    T_OK(plug_sockopt_set(s, PLUG_SO_TOS, 0x28));
    T_OK(plug_sock_sendto(s, "x", 1, 0, &to));
    T_OK(plug_sock_recvmsg(r, &m, 0));
    for (size_t at = 0; plug_msg_next(&m, &at, &c);) {
        T_TRUE(!c.cut);
        (void)plug_cmsg_pktinfo(&c, &info);
        (void)plug_cmsg_time(&c, &when);
        if (plug_cmsg_int(&c, &v)) {
            if (c.type == (family == AF_INET ? IP_TTL : IPV6_HOPLIMIT))
                ttl = v;
            else
                tos = v;
        }
    }
    T_EQ(ttl, 42);
    T_EQ(tos, 0x28);
    T_TRUE(plug_addr_same_host(&info.addr, &to));
    T_TRUE(info.ifindex > 0);
    int64_t age = plug_sys()->now(CLOCK_REALTIME) - when;
    T_TRUE(age >= 0 && age < PLUG_S(60));
}

T_TEST(arrival_time_interface_ttl_and_tos_over_ipv4)
{
    recv_with_everything(AF_INET);
}

T_TEST(arrival_time_interface_ttl_and_tos_over_ipv6)
{
    need_ipv6();
    recv_with_everything(AF_INET6);
}

/* A server on 0.0.0.0 that answers from the address it was asked at. */
T_TEST(an_answer_can_leave_from_the_address_that_was_asked)
{
    struct plug_addr any, ask, from, who;
    struct plug_sock *server, *client = udp_bound(AF_INET, &from);
    char b[8];
    uint8_t room[128], out[128];
    struct plug_msg m = {.buf = b, .len = sizeof b, .control = room, .control_room = sizeof room};
    struct plug_pktinfo info = {0};
    struct plug_cmsg c;
    T_OK(plug_sock_open(&server, AF_INET, SOCK_DGRAM, 0));
    own(server);
    T_OK(plug_addr_any(AF_INET, 0, &any));
    T_OK(plug_sock_bind(server, &any));
    T_OK(plug_sock_local(server, &any));
    T_OK(plug_sockopt_set(server, PLUG_SO_PKTINFO, 1));
    plug_addr_ip4((const uint8_t[]){127, 0, 0, 9}, plug_addr_port(&any), &ask);
    T_OK(plug_sock_sendto(client, "?", 1, 0, &ask));
    T_OK(plug_sock_recvmsg(server, &m, 0));
    for (size_t at = 0; plug_msg_next(&m, &at, &c);)
        (void)plug_cmsg_pktinfo(&c, &info);
    T_TRUE(plug_addr_same_host(&info.addr, &ask));
    struct plug_msg answer = {
        .buf = b, .len = 1, .addr = m.addr, .control = out, .control_room = sizeof out};
    T_OK(plug_msg_put_pktinfo(&answer, &info));
    T_OK(plug_sock_sendmsg(server, &answer, 0));
    T_OK(plug_sock_recvfrom(client, b, 1, 0, &who, NULL));
    T_TRUE(plug_addr_equal(&who, &ask));
}

/* --- batches --------------------------------------------------------------------------- */

T_TEST(batches_carry_many_datagrams_in_few_calls)
{
    enum { N = PLUG_BATCH_MAX + 6 };
    struct plug_addr to, from;
    struct plug_sock *r = udp_bound(AF_INET, &to), *s = udp_bound(AF_INET, &from);
    static char out[N][4], in[N][4];
    struct plug_msg msgs[N] = {0}, rooms[N] = {0};
    for (int i = 0; i < N; i++) {
        snprintf(out[i], sizeof out[i], "%d", i);
        msgs[i] = (struct plug_msg){.buf = out[i], .len = 1 + (size_t)(i % 3), .addr = to};
        rooms[i] = (struct plug_msg){.buf = in[i], .len = 2};
    }
    T_OK(plug_sockopt_set(r, PLUG_SO_RECV_BUFFER, 200000));
    T_EQ(T_OK(plug_sock_send_batch(s, msgs, N, 0)), PLUG_BATCH_MAX);
    T_EQ(T_OK(plug_sock_send_batch(s, msgs + PLUG_BATCH_MAX, 6, 0)), 6);
    int got = 0;
    while (got < N)
        got += (int)T_OK(plug_sock_recv_batch(r, rooms + got, (size_t)(N - got), 0));
    for (int i = 0; i < N; i++) {
        size_t len = 1 + (size_t)(i % 3);
        T_EQ(msgs[i].done, len);
        T_EQ(rooms[i].done, len < 2 ? len : 2);
        T_EQ((rooms[i].flags & MSG_TRUNC) != 0, len > 2);
        T_MEM(in[i], out[i], rooms[i].done);
        T_TRUE(plug_addr_equal(&rooms[i].addr, &from));
    }
    T_EQ(plug_sock_send_batch(s, msgs, 0, 0), 0);
}

T_TEST(a_batch_does_not_wait_for_its_last_message)
{
    struct plug_addr to, from;
    struct plug_sock *r = udp_bound(AF_INET, &to), *s = udp_bound(AF_INET, &from);
    char b[2][4];
    struct plug_msg rooms[2] = {{.buf = b[0], .len = 4}, {.buf = b[1], .len = 4}};
    T_OK(plug_sock_sendto(s, "one", 3, 0, &to));
    T_EQ(T_OK(plug_sock_recv_batch(r, rooms, 2, 0)), 1);
    T_OK(plug_sock_set_timeout(r, PLUG_S(10)));
    T_OK(plug_sock_sendto(s, "one", 3, 0, &to));
    T_EQ(T_OK(plug_sock_recv_batch(r, rooms, 2, 0)), 1);
}

/* --- descriptors ----------------------------------------------------------------------- */

static int open_fds(void)
{
    int n = 0;
    for (int fd = 0; fd < 2000; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void send_some_fds(struct plug_sock *s, size_t count)
{
    int fds[PLUG_FDS_MAX];
    struct plug_msg m = {.buf = "x", .len = 1};
    for (size_t i = 0; i < count; i++)
        fds[i] = plug_sock_fd(s);
    T_EQ(T_OK(plug_sock_send_fds(s, &m, fds, count, 0)), 1);
}

T_TEST(descriptors_travel_and_close_on_exec)
{
    struct plug_sock *p[2], *q[2], *there;
    char b[4];
    int fds[4];
    size_t n = 4;
    struct plug_msg m = {.buf = b, .len = sizeof b}, out = {.buf = "h", .len = 1};
    pair(p, SOCK_STREAM);
    pair(q, SOCK_STREAM);
    T_EQ(T_OK(plug_sock_send_fds(p[0], &out, (int[]){plug_sock_fd(q[0])}, 1, 0)), 1);
    T_EQ(T_OK(plug_sock_recv_fds(p[1], &m, fds, &n, 0)), 1);
    T_EQ(n, 1);
    t_own_fd(fds[0]);
    T_TRUE(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
    T_EQ(m.flags & MSG_CTRUNC, 0);
    T_OK(plug_sock_from_fd(&there, fds[0], -1, -1, -1));
    own(there);
    T_OK(plug_sock_send_all(there, "ping", 4, NULL));
    T_OK(plug_sock_recv_exact(q[1], b, 4, NULL));
    T_MEM(b, "ping", 4);
}

T_TEST(descriptors_without_room_are_closed)
{
    for (size_t room = 2; room <= 4; room++) { /* N - 1, N, N + 1 of 3 */
        struct plug_sock *p[2];
        char b[4];
        int fds[4];
        size_t n = room;
        struct plug_msg m = {.buf = b, .len = sizeof b};
        pair(p, SOCK_STREAM);
        int before = open_fds();
        send_some_fds(p[0], 3);
        T_EQ(T_OK(plug_sock_recv_fds(p[1], &m, fds, &n, 0)), 1);
        for (size_t i = 0; i < n; i++)
            t_own_fd(fds[i]);
        T_EQ(n, room < 3 ? 2 : 3);
        T_EQ((m.flags & MSG_CTRUNC) != 0, room < 3);
        T_EQ(open_fds(), before + (int)n);
    }
}

T_TEST(plain_receives_never_leak_descriptors)
{
    struct plug_sock *p[2];
    char b[4];
    struct plug_msg m = {.buf = b, .len = sizeof b};
    pair(p, SOCK_STREAM);
    int before = open_fds();
    send_some_fds(p[0], 3);
    T_EQ(T_OK(plug_sock_recv(p[1], b, 1, 0)), 1);
    send_some_fds(p[0], 3);
    T_EQ(T_OK(plug_sock_recvmsg(p[1], &m, 0)), 1);
    T_TRUE(m.flags & MSG_CTRUNC);
    send_some_fds(p[0], 3);
    T_EQ(T_OK(plug_sock_recvfrom(p[1], b, 1, 0, NULL, NULL)), 1);
    T_EQ(open_fds(), before);
}

T_TEST(as_many_descriptors_as_the_kernel_takes_and_one_more)
{
    struct plug_sock *p[2];
    char b[4];
    static int fds[PLUG_FDS_MAX + 1];
    size_t n = PLUG_FDS_MAX;
    struct plug_msg m = {.buf = b, .len = 1};
    pair(p, SOCK_STREAM);
    send_some_fds(p[0], PLUG_FDS_MAX);
    T_OK(plug_sock_recv_fds(p[1], &m, fds, &n, 0));
    for (size_t i = 0; i < n; i++)
        t_own_fd(fds[i]);
    T_EQ(n, PLUG_FDS_MAX);
    T_ERR(plug_sock_send_fds(p[0], &m, fds, PLUG_FDS_MAX + 1, 0), -EINVAL);
    T_ERR(plug_sock_send_fds(p[0], &m, fds, 0, 0), -EINVAL);
    n = PLUG_FDS_MAX + 1;
    T_ERR(plug_sock_recv_fds(p[1], &m, fds, &n, 0), -EINVAL);
    m.control_len = 1;
    T_ERR(plug_sock_send_fds(p[0], &m, fds, 1, 0), -EINVAL);
}

static struct rlimit before_limit;
static void limit_back(void *unused)
{
    (void)unused;
    setrlimit(RLIMIT_NOFILE, &before_limit);
}

T_TEST_PLAIN(running_out_of_descriptors_is_flagged)
{
    struct plug_sock *p[2];
    char b[4];
    int fds[4];
    size_t n = 4;
    struct plug_msg m = {.buf = b, .len = 1};
    pair(p, SOCK_STREAM);
    send_some_fds(p[0], 3);
    getrlimit(RLIMIT_NOFILE, &before_limit);
    T_OWN(limit_back, NULL);
    int next = (int)T_OK(plug_fd_dup(plug_sock_fd(p[0])));
    close(next);
    struct rlimit few = {(rlim_t)next + 1, before_limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    ssize_t r = plug_sock_recv_fds(p[1], &m, fds, &n, 0);
    setrlimit(RLIMIT_NOFILE, &before_limit);
    for (size_t i = 0; i < n; i++)
        t_own_fd(fds[i]);
    T_EQ(T_OK(r), 1);
    if (n == 3)
        T_SKIP("the limit does not hold here"); /* under valgrind */
    T_EQ(n, 1);
    T_TRUE(m.flags & MSG_CTRUNC);
}

/* Descriptors beside other control data, put by hand. */
T_TEST(descriptors_beside_credentials)
{
    struct plug_sock *p[2];
    uint8_t room[256];
    char b[4];
    int fd = -1;
    size_t n = 1;
    struct plug_cred me;
    struct plug_msg m = {.buf = b, .len = sizeof b};
    struct plug_msg out = {.buf = "x", .len = 1, .control = room, .control_room = sizeof room};
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_peer_cred(p[0], &me));
    T_OK(plug_msg_put_cred(&out, &me));
    T_OK(plug_msg_put_fds(&out, (int[]){plug_sock_fd(p[0])}, 1));
    T_ERR(plug_msg_put_fds(&out, &fd, 0), -EINVAL);
    T_ERR(plug_msg_put_fds(&out, &fd, PLUG_FDS_MAX + 1), -EINVAL);
    T_OK(plug_sockopt_set(p[1], PLUG_SO_PASS_CRED, 1));
    T_OK(plug_sock_sendmsg(p[0], &out, 0));
    T_OK(plug_sock_recv_fds(p[1], &m, &fd, &n, 0));
    T_EQ(n, 1);
    t_own_fd(fd);
}

/* Python's send_fds drops flags and address; ours does not. */
T_TEST(send_fds_honours_flags_and_address)
{
    struct plug_sock *r, *s;
    struct plug_addr addr;
    char b[4];
    int fd;
    size_t n = 1;
    struct plug_msg m = {.buf = "x", .len = 1}, in = {.buf = b, .len = sizeof b};
    T_OK(plug_sock_open(&r, AF_UNIX, SOCK_DGRAM, 0));
    own(r);
    T_OK(plug_addr_unix("", 0, &addr));
    T_OK(plug_sock_bind(r, &addr));
    T_OK(plug_sock_local(r, &addr));
    T_OK(plug_sock_open(&s, AF_UNIX, SOCK_DGRAM, 0));
    own(s);
    T_ERR(plug_sock_send_fds(s, &m, (int[]){0}, 1, 0), -ENOTCONN);
    m.addr = addr;
    T_EQ(T_OK(plug_sock_send_fds(s, &m, (int[]){plug_sock_fd(s)}, 1, 0)), 1);
    T_EQ(T_OK(plug_sock_recv_fds(r, &in, &fd, &n, 0)), 1);
    t_own_fd(fd);
    T_EQ(n, 1);
    ssize_t q;
    while ((q = plug_sock_send_fds(s, &m, (int[]){0}, 1, MSG_DONTWAIT)) == 1)
        ;
    T_ERR(q, -EAGAIN);
}

/* --- credentials ----------------------------------------------------------------------- */

T_TEST(credentials_of_the_peer_and_of_the_message)
{
    struct plug_sock *p[2];
    struct plug_cred cred = {0};
    char b[4];
    uint8_t room[128], out_room[128];
    struct plug_msg m = {.buf = b, .len = sizeof b, .control = room, .control_room = sizeof room};
    struct plug_msg out = {
        .buf = "x", .len = 1, .control = out_room, .control_room = sizeof out_room};
    struct plug_cmsg c;
    bool found = false;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_peer_cred(p[0], &cred));
    T_EQ(cred.pid, getpid());
    T_EQ(cred.uid, getuid());
    T_EQ(cred.gid, getgid());
    T_OK(plug_sockopt_set(p[1], PLUG_SO_PASS_CRED, 1));
    T_OK(plug_msg_put_cred(&out, &cred));
    T_OK(plug_sock_sendmsg(p[0], &out, 0));
    T_OK(plug_sock_recvmsg(p[1], &m, 0));
    memset(&cred, 0, sizeof cred);
    for (size_t at = 0; plug_msg_next(&m, &at, &c);)
        found = plug_cmsg_cred(&c, &cred) || found;
    T_TRUE(found);
    T_EQ(cred.pid, getpid());
}

/* --- the error queue ------------------------------------------------------------------- */

static void unreachable(int family, enum plug_sock_err_origin origin, int type, int code)
{
    struct plug_addr nobody, from;
    struct plug_sock *r = udp_bound(family, &nobody), *s = udp_bound(family, &from);
    struct plug_sock_err e;
    char b[16];
    end(r);
    T_OK(plug_sockopt_set(s, PLUG_SO_RECVERR, 1));
    T_ERR(plug_sock_recv_err(s, b, sizeof b, &e), -EAGAIN); /* never waits */
    T_OK(plug_sock_sendto(s, "question", 8, 0, &nobody));
    T_OK(plug_sock_wait(s, POLLERR));
    T_OK(plug_sock_recv_err(s, b, sizeof b, &e));
    T_EQ(e.error, -ECONNREFUSED);
    T_EQ(e.origin, origin);
    T_EQ(e.type, type);
    T_EQ(e.code, code);
    T_TRUE(plug_addr_same_host(&e.offender, &nobody));
    T_TRUE(plug_addr_equal(&e.dest, &nobody));
    T_EQ(e.len, 8);
    T_MEM(b, "question", 8);
    T_EQ(e.flags, 0);
    T_ERR(plug_sock_recv_err(s, NULL, 0, &e), -EAGAIN);
}

T_TEST_PLAIN(an_error_item_that_is_cut_is_none)
{
    uint8_t bytes[16] = {0};
    struct plug_cmsg c = {.level = IPPROTO_IP, .type = IP_RECVERR, .data = bytes, .len = 15};
    struct plug_sock_err e;
    T_TRUE(!plug_cmsg_err(&c, &e));
    c.len = 16; /* without an offender behind it */
    T_TRUE(plug_cmsg_err(&c, &e));
    T_EQ(plug_addr_family(&e.offender), AF_UNSPEC);
    c.level = SOL_SOCKET;
    T_TRUE(!plug_cmsg_err(&c, &e));
}

T_TEST(error_queue_over_ipv4)
{
    unreachable(AF_INET, PLUG_ORIGIN_ICMP, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
}

T_TEST(error_queue_over_ipv6)
{
    need_ipv6();
    unreachable(AF_INET6, PLUG_ORIGIN_ICMP6, 1, 4); /* RFC 4443 3.1 */
}

T_TEST(error_queue_tells_the_mtu_of_a_datagram_too_long)
{
    need_ipv6();
    struct plug_addr to, from;
    struct plug_sock *r = udp_bound(AF_INET6, &to), *s = udp_bound(AF_INET6, &from);
    struct plug_sock_err e;
    char big[2000] = "";
    (void)r;
    T_OK(plug_sockopt_set(s, PLUG_SO_RECVERR, 1));
    T_OK(plug_sockopt_set(s, PLUG_SO_MTU, 1280));
    T_OK(plug_sock_setopt_int(s, IPPROTO_IPV6, IPV6_DONTFRAG, 1));
    T_ERR(plug_sock_sendto(s, big, sizeof big, 0, &to), -EMSGSIZE);
    T_OK(plug_sock_recv_err(s, NULL, 0, &e));
    T_EQ(e.error, -EMSGSIZE);
    T_EQ(e.origin, PLUG_ORIGIN_LOCAL);
    T_EQ(e.info, 1280);
    T_EQ(plug_addr_family(&e.offender), AF_UNSPEC);
}
