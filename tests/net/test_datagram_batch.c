/* SPDX-License-Identifier: MIT */
/* Batches of datagrams: trains, answers from the asked address, limits, refusals. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

static uint8_t bytes[70000], got[70000];

static struct plug_datagrams *batch_of(struct plug_sock *s, const struct plug_datagram_opts *o)
{
    struct plug_datagrams *d;
    T_OK(plug_datagram_open(&d, s, o));
    T_OWN(plug_datagram_close, d);
    return d;
}

/* A batch on a bound socket that does not wait for ever, and a client beside it. */
struct desk {
    struct plug_sock *server, *client;
    struct plug_addr at, from;
    struct plug_datagrams *d;
};

static struct desk desk(int family, const struct plug_datagram_opts *o)
{
    struct desk k;
    k.server = udp_bound(family, &k.at);
    k.client = udp_bound(family, &k.from);
    T_OK(plug_sock_set_timeout(k.server, PLUG_S(5)));
    T_OK(plug_sock_set_timeout(k.client, PLUG_S(5)));
    k.d = batch_of(k.server, o);
    return k;
}

/* count datagrams of len bytes, each begins with its number; with a train if the kernel can. */
static void send_train(struct desk *k, unsigned count, size_t len, size_t last)
{
    struct plug_datagrams *c;
    T_OK(plug_datagram_open(&c, k->client, NULL));
    for (unsigned i = 0; i < count; i++) {
        bytes[0] = (uint8_t)i;
        T_OK(plug_datagram_send(c, &k->at, NULL, bytes, i + 1 < count ? len : last));
    }
    T_OK(plug_datagram_flush(c));
    plug_datagram_close(c);
}

static struct plug_datagram take(struct desk *k)
{
    struct plug_datagram g;
    while (!plug_datagram_next(k->d, &g))
        T_OK(plug_datagram_recv(k->d, 0));
    return g;
}

T_TEST(an_echo_of_single_datagrams)
{
    struct desk k = desk(AF_INET, NULL);
    for (size_t len = 0; len < 4; len++) {
        T_OK(plug_sock_sendto(k.client, "abcd", len, 0, &k.at));
        struct plug_datagram g = take(&k);
        T_EQ(g.len, len);
        T_EQ(g.flags, 0);
        T_TRUE(plug_addr_equal(g.peer, &k.from));
        T_OK(plug_datagram_reply(k.d, &g, g.data, g.len));
        T_OK(plug_datagram_flush(k.d));
    }
    struct plug_datagram_stats st;
    plug_datagram_stats(k.d, &st);
    if (st.unsent) /* what was injected is told, and the others went */
        T_ERR(st.error, st.error);
    else
        for (size_t len = 0; len < 4; len++)
            T_EQ(T_OK(plug_sock_recv(k.client, got, sizeof got, 0)), len);
    T_EQ(st.received, 4);
}

T_TEST_PLAIN(a_train_comes_in_pieces_and_goes_as_one)
{
    for (unsigned count = 1; count <= PLUG_DATAGRAM_TRAIN + 1; count += 16) {
        struct desk k = desk(AF_INET, NULL);
        send_train(&k, count, 100, 7);
        for (unsigned i = 0; i < count; i++) {
            struct plug_datagram g = take(&k);
            T_EQ(g.len, i + 1 < count ? 100 : 7);
            T_EQ(g.data[0], i);
            g.data[1] = (uint8_t)(i + 1); /* answered in place */
            T_OK(plug_datagram_reply(k.d, &g, g.data, g.len));
        }
        T_OK(plug_datagram_flush(k.d));
        for (unsigned i = 0; i < count; i++) {
            T_EQ(T_OK(plug_sock_recv(k.client, got, sizeof got, 0)), i + 1 < count ? 100 : 7);
            T_EQ(got[0], i);
            T_EQ(got[1], i + 1);
        }
        struct plug_datagram_stats st;
        plug_datagram_stats(k.d, &st);
        T_EQ(st.sent, count);
        T_EQ(st.trains_in, count > 1);
        T_EQ(st.trains_out, count > 1);
        T_TRUE(st.calls <= 4);
        t_end_owned();
    }
}

T_TEST_PLAIN(single_datagrams_of_one_peer_are_answered_by_a_train)
{
    struct desk k = desk(AF_INET6, NULL);
    for (unsigned i = 0; i < 20; i++)
        T_OK(plug_sock_sendto(k.client, bytes, 50, 0, &k.at));
    for (unsigned i = 0; i < 20; i++) {
        struct plug_datagram g = take(&k);
        T_OK(plug_datagram_reply(k.d, &g, "answer", 6));
    }
    T_OK(plug_datagram_flush(k.d));
    for (unsigned i = 0; i < 20; i++)
        T_EQ(T_OK(plug_sock_recv(k.client, got, sizeof got, 0)), 6);
    struct plug_datagram_stats st;
    plug_datagram_stats(k.d, &st);
    T_EQ(st.sent, 20);
    T_EQ(st.trains_out, 1);
}

/* Any mixture of sizes and peers comes back in order, whatever was joined. */
T_TEST_PLAIN(a_random_mixture_arrives_unchanged)
{
    struct desk k = desk(AF_INET, NULL);
    struct plug_addr other_addr;
    struct plug_sock *to[2] = {k.client, udp_bound(AF_INET, &other_addr)};
    const struct plug_addr *addr[2] = {&k.from, &other_addr};
    static size_t size[2][40];
    T_OK(plug_sock_set_timeout(to[1], PLUG_S(5)));
    for (unsigned round = 0; round < 50; round++) {
        unsigned n[2] = {0, 0};
        for (unsigned i = 0; i < 40; i++) {
            unsigned who = (unsigned)t_below(2);
            size_t len = t_below(4) ? 100 : t_below(t_below(8) ? 300 : 9000);
            memset(bytes, (int)n[who], len);
            size[who][n[who]++] = len;
            T_OK(plug_datagram_send(k.d, addr[who], NULL, bytes, len));
        }
        T_OK(plug_datagram_flush(k.d));
        for (unsigned who = 0; who < 2; who++)
            for (unsigned i = 0; i < n[who]; i++) {
                size_t len = size[who][i];
                T_EQ(T_OK(plug_sock_recv(to[who], got, sizeof got, 0)), len);
                memset(bytes, (int)i, len);
                T_MEM(got, bytes, len);
            }
    }
}

T_TEST_PLAIN(truncation_is_told_for_each_datagram)
{
    struct plug_datagram_opts o = PLUG_DATAGRAM_OPTS;
    o.longest = 100;
    for (int train_off = 0; train_off < 2; train_off++) {
        o.train_off = train_off;
        struct desk k = desk(AF_INET, &o);
        for (size_t len = 99; len <= 101; len++) {
            T_OK(plug_sock_sendto(k.client, bytes, len, 0, &k.at));
            struct plug_datagram g = take(&k);
            T_EQ(g.len, len < 100 ? 99 : 100);
            T_EQ(g.flags, len > 100 ? MSG_TRUNC : 0);
        }
        send_train(&k, 10, 101, 100);
        for (unsigned i = 0; i < 10; i++) {
            struct plug_datagram g = take(&k);
            T_EQ(g.len, 100);
            T_EQ(g.data[0], i);
            T_EQ(g.flags, i < 9 ? MSG_TRUNC : 0);
        }
        struct plug_datagram_stats st;
        plug_datagram_stats(k.d, &st);
        T_EQ(st.truncated, 10);
    }
}

T_TEST_PLAIN(the_longest_datagram_and_one_more)
{
    struct desk k = desk(AF_INET, NULL);
    T_OK(plug_datagram_send(k.d, &k.from, NULL, bytes, 65507));
    T_OK(plug_datagram_send(k.d, &k.from, NULL, bytes, 65507)); /* no room for both: flushed */
    T_ERR(plug_datagram_send(k.d, &k.from, NULL, bytes, 65508), -EMSGSIZE);
    T_OK(plug_datagram_flush(k.d));
    for (int i = 0; i < 2; i++)
        T_EQ(T_OK(plug_sock_recv(k.client, got, sizeof got, 0)), 65507);
}

T_TEST_PLAIN(more_than_may_be_pending_is_flushed_before)
{
    struct desk k = desk(AF_INET, NULL);
    struct plug_datagram_stats st;
    for (unsigned i = 0; i <= PLUG_DATAGRAM_PENDING; i++) {
        T_OK(plug_datagram_send(k.d, &k.from, NULL, bytes, i & 1 ? 10 : 20 + i));
        T_OK(plug_datagram_send(k.d, &k.at, NULL, bytes, 0)); /* ends every train */
        plug_datagram_stats(k.d, &st);
        if (i < PLUG_DATAGRAM_PENDING / 2)
            T_EQ(st.sent, 0);
        else
            T_TRUE(st.sent >= PLUG_DATAGRAM_PENDING);
    }
}

/* --- addresses --------------------------------------------------------------------------- */

static void answer_from(const char *bound, const char *asked)
{
    struct plug_addr at, to, who;
    struct plug_sock *s, *c = udp_bound(AF_INET, &who);
    T_OK(plug_listen(&s, bound, NULL));
    own(s);
    T_OK(plug_sock_local(s, &at));
    T_OK(plug_addr_parse(asked, &to));
    T_OK(plug_addr_set_port(&to, plug_addr_port(&at)));
    T_OK(plug_sock_set_timeout(c, PLUG_S(5)));
    struct plug_datagrams *d = batch_of(s, NULL);
    T_OK(plug_sock_sendto(c, "q", 1, 0, &to));
    struct plug_datagram g;
    T_OK(plug_datagram_recv(d, 0));
    T_TRUE(plug_datagram_next(d, &g));
    struct plug_pktinfo local;
    plug_datagram_local(d, &g, &local);
    T_TRUE(plug_addr_same_host(&local.addr, &to));
    T_EQ(plug_addr_port(&local.addr), plug_addr_port(&to));
    T_OK(plug_datagram_reply(d, &g, "a", 1));
    T_OK(plug_datagram_send(d, g.peer, &local, "b", 1));
    T_OK(plug_datagram_flush(d));
    for (int i = 0; i < 2; i++) {
        T_EQ(T_OK(plug_sock_recvfrom(c, got, sizeof got, 0, &who, NULL)), 1);
        T_TRUE(plug_addr_equal(&who, &to));
    }
}

T_TEST_PLAIN(answers_leave_from_the_address_that_was_asked)
{
    answer_from("udp://0.0.0.0:0", "127.0.0.2");
    answer_from("udp://127.0.0.3:0", "127.0.0.3");
    if (plug_has_dual_stack())
        answer_from("udp://*:0", "127.0.0.4");
}

/* --- refusals ---------------------------------------------------------------------------- */

T_TEST_PLAIN(a_refused_datagram_loses_no_other)
{
    struct desk k = desk(AF_INET, NULL);
    struct plug_addr broadcast; /* -EACCES without SO_BROADCAST */
    T_OK(plug_addr_parse("255.255.255.255:9", &broadcast));
    T_OK(plug_datagram_send(k.d, &k.from, NULL, "1", 1));
    T_OK(plug_datagram_send(k.d, &broadcast, NULL, "x", 1));
    T_OK(plug_datagram_send(k.d, &k.from, NULL, "2", 1));
    T_OK(plug_datagram_send(k.d, &broadcast, NULL, "x", 1));
    T_OK(plug_datagram_flush(k.d));
    struct plug_datagram_stats st;
    plug_datagram_stats(k.d, &st);
    T_EQ(st.sent, 2);
    T_EQ(st.unsent, 2);
    T_EQ(st.error, -EACCES);
    for (uint8_t i = '1'; i <= '2'; i++) {
        T_EQ(T_OK(plug_sock_recv(k.client, got, sizeof got, 0)), 1);
        T_EQ(got[0], i);
    }
}

/* A train that nobody can send is sent apart: whatever the kernel says, nothing is lost. */
T_TEST_PLAIN(a_refused_train_goes_one_by_one)
{
    static const char *const plan[] = {
        "sendmmsg:1=EIO", "sendmmsg:1=EINVAL", "sendmmsg:1=EMSGSIZE",
        "sendmmsg:*=EIO", "sendmmsg:1=EINTR",  "sendmmsg:*=ENOBUFS;sendmsg:1=ECONNREFUSED"};
    for (size_t i = 0; i < sizeof plan / sizeof *plan; i++) {
        struct desk k = desk(AF_INET, NULL);
        for (unsigned n = 0; n < 30; n++) {
            bytes[0] = (uint8_t)n;
            T_OK(plug_datagram_send(k.d, &k.from, NULL, bytes, n < 29 ? 200 : 13));
        }
        T_OK(plug_sys_fault(plan[i], NULL));
        int r = plug_datagram_flush(k.d);
        T_TRUE(plug_sys_fault_fired() > 0);
        T_OK(plug_sys_fault(NULL, NULL));
        T_OK(r);
        for (unsigned n = 0; n < 30; n++) {
            T_EQ(T_OK(plug_sock_recv(k.client, got, sizeof got, 0)), n < 29 ? 200 : 13);
            T_EQ(got[0], n);
        }
        struct plug_datagram_stats st;
        plug_datagram_stats(k.d, &st);
        T_EQ(st.sent, 30);
        T_EQ(st.unsent, 0);
        t_end_owned();
    }
}

T_TEST_PLAIN(one_by_one_each_refusal_counts_for_itself)
{
    struct desk k = desk(AF_INET, NULL);
    for (unsigned n = 0; n < 5; n++)
        T_OK(plug_datagram_send(k.d, &k.from, NULL, bytes, 10 + n));
    T_OK(plug_sys_fault("sendmmsg:*=ENOBUFS;sendmsg:3=ENOBUFS", NULL));
    int r = plug_datagram_flush(k.d);
    T_OK(plug_sys_fault(NULL, NULL));
    T_OK(r);
    for (unsigned n = 0; n < 5; n++)
        if (n != 2)
            T_EQ(T_OK(plug_sock_recv(k.client, got, sizeof got, 0)), 10 + n);
    struct plug_datagram_stats st;
    plug_datagram_stats(k.d, &st);
    T_EQ(st.unsent, 1);
    T_EQ(st.error, -ENOBUFS);
}

T_TEST_PLAIN(what_cannot_go_now_stays_pending)
{
    struct desk k = desk(AF_INET, NULL);
    T_OK(plug_datagram_send(k.d, &k.from, NULL, "x", 1));
    T_OK(plug_sock_set_timeout(k.server, PLUG_NOWAIT));
    T_OK(plug_sys_fault("sendmmsg:1=EAGAIN", NULL));
    int r = plug_datagram_flush(k.d);
    T_OK(plug_sys_fault(NULL, NULL));
    T_ERR(r, -EAGAIN);
    T_ERR(plug_datagram_recv(k.d, 0), -EAGAIN); /* nothing came; but it has flushed */
    T_EQ(T_OK(plug_sock_recv(k.client, got, sizeof got, 0)), 1);
}

T_TEST_PLAIN(an_icmp_error_is_told_once)
{
    struct desk k = desk(AF_INET, NULL);
    struct plug_addr nobody;
    struct plug_sock *gone = udp_bound(AF_INET, &nobody);
    end(gone);
    T_OK(plug_sock_connect(k.server, &k.from));
    end(k.client);
    T_OK(plug_datagram_send(k.d, &k.from, NULL, "x", 1));
    T_OK(plug_datagram_flush(k.d));
    T_ERR(plug_datagram_recv(k.d, 0), -ECONNREFUSED);
    T_ERR(plug_datagram_recv(k.d, MSG_DONTWAIT), -EAGAIN);
}

/* --- UNIX -------------------------------------------------------------------------------- */

T_TEST(an_unnamed_peer_cannot_be_answered)
{
    struct plug_sock *p[2];
    struct plug_datagram g;
    pair(p, SOCK_DGRAM);
    struct plug_datagrams *d = batch_of(p[0], NULL);
    T_EQ(T_OK(plug_sock_send(p[1], "q", 1, 0)), 1);
    T_OK(plug_datagram_recv(d, 0));
    T_TRUE(plug_datagram_next(d, &g));
    T_EQ(g.len, 1);
    T_EQ(plug_addr_family(g.peer), AF_UNSPEC);
    T_ERR(plug_datagram_reply(d, &g, "a", 1), -EDESTADDRREQ);
    T_TRUE(!plug_datagram_next(d, &g));
}

T_TEST_PLAIN(passed_descriptors_are_closed_and_credentials_told)
{
    struct plug_sock *p[2];
    struct plug_datagram g;
    int ends[2], on = 1;
    T_OK(pipe(ends));
    pair(p, SOCK_DGRAM);
    T_OK(plug_sys()->setsockopt(plug_sock_fd(p[0]), SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    struct plug_datagrams *d = batch_of(p[0], NULL);
    struct plug_msg m = {.buf = bytes, .len = 3};
    T_OK(plug_sock_send_fds(p[1], &m, &ends[1], 1, 0));
    close(ends[1]);
    T_OK(plug_datagram_recv(d, 0));
    T_EQ(read(ends[0], got, 1), 0); /* nobody has the writing end any more */
    close(ends[0]);
    T_TRUE(plug_datagram_next(d, &g));
    struct plug_msg view;
    struct plug_cmsg item;
    struct plug_cred cred = {0, 0, 0};
    plug_datagram_control(d, &g, &view);
    for (size_t at = 0; plug_msg_next(&view, &at, &item);)
        (void)plug_cmsg_cred(&item, &cred);
    T_EQ(cred.pid, getpid());
}

/* A peer whose queue is full is waited for, without spinning, as long as the socket says. */
T_TEST_PLAIN(a_full_unix_peer_is_waited_for)
{
    struct plug_addr at, mine;
    struct plug_sock *s, *c;
    T_OK(plug_addr_unix("\0plug-batch-full", 16, &at));
    T_OK(plug_addr_unix("\0plug-batch-from", 16, &mine));
    T_OK(plug_listen_addr(&s, &at, SOCK_DGRAM, NULL));
    own(s);
    T_OK(plug_listen_addr(&c, &mine, SOCK_DGRAM, NULL));
    own(c);
    T_OK(plug_sock_set_timeout(c, PLUG_MS(100)));
    struct plug_datagrams *d = batch_of(c, NULL);
    int r = 0, sent;
    for (sent = 0; sent < 10000 && r >= 0; sent++) {
        T_OK(plug_datagram_send(d, &at, NULL, "x", 1));
        plug_sys_record(true);
        r = plug_datagram_flush(d);
    }
    T_TRUE(plug_sys_recorded("sendmmsg") < 500);
    plug_sys_record(false);
    T_ERR(r, PLUG_ETIMEOUT);
    T_EQ(T_OK(plug_sock_recv(s, got, sizeof got, 0)), 1);
    T_OK(plug_datagram_flush(d)); /* it was still pending */
}

/* --- options ----------------------------------------------------------------------------- */

T_TEST(options_are_checked)
{
    struct plug_addr a;
    struct plug_sock *s = udp_bound(AF_INET, &a), *t = tcp_listener(AF_INET, &a);
    struct plug_datagram_opts o = PLUG_DATAGRAM_OPTS;
    struct plug_datagrams *d = NULL;
    T_ERR(plug_datagram_open(&d, t, NULL), -EOPNOTSUPP);
    o.size--;
    T_ERR(plug_datagram_open(&d, s, &o), PLUG_EOPTS);
    o.size++;
    o.batch = PLUG_BATCH_MAX + 1;
    T_ERR(plug_datagram_open(&d, s, &o), -EINVAL);
    o.batch = PLUG_BATCH_MAX;
    o.longest = PLUG_DATAGRAM_MAX + 1;
    T_ERR(plug_datagram_open(&d, s, &o), -EINVAL);
    o.longest = 1;
    d = batch_of(s, &o);
    plug_datagram_close(NULL);
}
