/* SPDX-License-Identifier: MIT */
/* How connections begin and end: errors of connect and accept, FIN, RST, lost replies. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void no_faults(void *unused)
{
    (void)unused;
    (void)!plug_sys_fault(NULL, NULL);
}

static void fault(const char *plan)
{
    T_OWN(no_faults, NULL);
    T_OK(plug_sys_fault(plan, NULL));
}

static struct plug_sock *tcp(void)
{
    struct plug_sock *s;
    T_OK(plug_sock_open(&s, AF_INET, SOCK_STREAM, 0));
    return own(s);
}

/* A loopback port that nobody listens on, for as long as the socket lives. */
static void closed_port(struct plug_addr *ret_addr)
{
    struct plug_sock *s = tcp();
    T_OK(plug_addr_loopback(AF_INET, 0, ret_addr));
    T_OK(plug_sock_bind(s, ret_addr));
    T_OK(plug_sock_local(s, ret_addr));
}

/* --- beginnings ------------------------------------------------------------------------ */

T_TEST(connect_says_why_not_in_every_mode)
{
    static const int64_t timeouts[] = {PLUG_FOREVER, PLUG_S(5)};
    struct plug_addr addr;
    closed_port(&addr);
    for (size_t i = 0; i < 2; i++) {
        struct plug_sock *s = tcp();
        T_OK(plug_sock_set_timeout(s, timeouts[i]));
        T_ERR(plug_sock_connect(s, &addr), -ECONNREFUSED);
    }
    struct plug_sock *s = tcp();
    T_OK(plug_sock_set_blocking(s, false));
    int r = plug_sock_connect(s, &addr);
    if (r != -ECONNREFUSED)
        T_ERR(r, -EINPROGRESS);
}

T_TEST(connect_refuses_the_wrong_family_and_a_missing_path)
{
    struct plug_addr six, path;
    struct plug_sock *s = tcp(), *u;
    T_OK(plug_addr_loopback(AF_INET6, 1, &six));
    T_ERR(plug_sock_connect(s, &six), -EAFNOSUPPORT);
    T_OK(plug_sock_open(&u, AF_UNIX, SOCK_STREAM, 0));
    own(u);
    T_OK(plug_addr_unix("/nonexistent/socket", 19, &path));
    T_ERR(plug_sock_connect(u, &path), -ENOENT);
}

T_TEST_PLAIN(connect_passes_every_error_through)
{
    static const int errors[] = {ECONNREFUSED,  ETIMEDOUT, EHOSTUNREACH, ENETUNREACH,
                                 EADDRNOTAVAIL, EACCES,    EPERM,        EAFNOSUPPORT};
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr);
    (void)l;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        char plan[64];
        snprintf(plan, sizeof plan, "connect:1=%s", plug_err_name(-errors[i]));
        struct plug_sock *s = tcp();
        fault(plan);
        T_ERR(plug_sock_connect(s, &addr), -errors[i]);
        T_OK(plug_sys_fault(NULL, NULL));
    }
}

T_TEST(a_socket_that_meets_itself_is_no_connection)
{
    struct plug_addr addr;
    struct plug_sock *s = tcp();
    T_OK(plug_addr_loopback(AF_INET, 0, &addr));
    T_OK(plug_sock_bind(s, &addr));
    T_OK(plug_sock_local(s, &addr));
    T_ERR(plug_sock_connect(s, &addr), PLUG_ESELF);
}

T_TEST_PLAIN(backlog_n_holds_n_plus_one)
{
    static const int backlogs[] = {0, 1, 5};
    for (size_t b = 0; b < 3; b++) {
        struct plug_addr addr;
        struct plug_sock *l = tcp_listener(AF_INET, &addr);
        int done = 0;
        T_OK(plug_sock_listen(l, backlogs[b]));
        for (int i = 0; i < backlogs[b] + 4; i++) {
            struct plug_sock *c = tcp();
            T_OK(plug_sock_set_timeout(c, PLUG_MS(20)));
            int r = plug_sock_connect(c, &addr);
            if (r >= 0)
                done++;
            else
                T_ERR(r, PLUG_ETIMEOUT);
        }
        T_EQ(done, backlogs[b] + 1);
    }
}

T_TEST_PLAIN(accept_skips_connections_that_died_in_the_queue)
{
    static const char *const died[] = {"ECONNABORTED", "EPROTO",       "ENETDOWN",
                                       "EHOSTDOWN",    "EHOSTUNREACH", "ENETUNREACH"};
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *conn;
    for (size_t i = 0; i < sizeof died / sizeof *died; i++) {
        char plan[64];
        struct plug_sock *c = tcp();
        T_OK(plug_sock_connect(c, &addr));
        snprintf(plan, sizeof plan, "accept4:1-3=%s", died[i]);
        fault(plan);
        T_OK(plug_sock_accept(l, &conn, NULL));
        plug_sock_close(conn);
        T_OK(plug_sys_fault(NULL, NULL));
    }
    fault("accept4:*=ECONNABORTED"); /* but it does not spin for ever */
    T_ERR(plug_sock_accept(l, &conn, NULL), -ECONNABORTED);
}

T_TEST_PLAIN(accept_tells_when_the_process_has_run_out)
{
    static const char *const out[] = {"EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EPERM"};
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *conn;
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
        char plan[64];
        snprintf(plan, sizeof plan, "accept4:1=%s", out[i]);
        fault(plan);
        T_ERR(plug_sock_accept(l, &conn, NULL), plug_err_value(out[i]));
        T_OK(plug_sys_fault(NULL, NULL));
    }
}

static struct rlimit before;
static void limit_back(void *unused)
{
    (void)unused;
    setrlimit(RLIMIT_NOFILE, &before);
}

T_TEST_PLAIN(accept_goes_on_when_descriptors_are_free_again)
{
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *c = tcp(), *conn;
    T_OK(plug_sock_connect(c, &addr));
    getrlimit(RLIMIT_NOFILE, &before);
    T_OWN(limit_back, NULL);
    struct rlimit few = {(rlim_t)plug_sock_fd(c) + 1, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    int r = plug_sock_accept(l, &conn, NULL);
    setrlimit(RLIMIT_NOFILE, &before);
    if (r == 0) {
        own(conn);
        T_SKIP("the limit does not hold here"); /* under valgrind */
    }
    T_ERR(r, -EMFILE);
    T_OK(plug_sock_accept(l, &conn, NULL)); /* the connection still waits */
    own(conn);
}

T_TEST(accept_on_what_does_not_listen)
{
    struct plug_sock *p[2], *conn;
    struct plug_addr addr;
    pair(p, SOCK_STREAM);
    T_ERR(plug_sock_accept(p[0], &conn, NULL), -EINVAL);
    T_ERR(plug_sock_accept(udp_bound(AF_INET, &addr), &conn, NULL), -EOPNOTSUPP);
    T_ERR(plug_sock_listen(udp_bound(AF_INET, &addr), 1), -EOPNOTSUPP);
}

/* --- ends ------------------------------------------------------------------------------ */

T_TEST(fin_is_an_end_after_the_data)
{
    struct plug_sock *c, *s;
    char b[8];
    tcp_pair(&c, &s);
    T_OK(plug_sock_send_all(s, "bye", 3, NULL));
    end(s);
    T_EQ(T_OK(plug_sock_recv(c, b, sizeof b, MSG_WAITALL)), 3);
    T_EQ(T_OK(plug_sock_recv(c, b, sizeof b, 0)), 0);
    T_EQ(T_OK(plug_sock_recv(c, b, sizeof b, 0)), 0);
}

T_TEST(half_close_lets_the_answer_through)
{
    struct plug_sock *c, *s;
    char b[8];
    tcp_pair(&c, &s);
    T_OK(plug_sock_send_all(c, "ask", 3, NULL));
    T_OK(plug_sock_shutdown(c, SHUT_WR));
    T_ERR(plug_sock_send(c, "x", 1, 0), -EPIPE);
    T_EQ(T_OK(plug_sock_recv(s, b, sizeof b, MSG_WAITALL)), 3);
    T_OK(plug_sock_send_all(s, "answer", 6, NULL));
    T_EQ(T_OK(plug_sock_recv(c, b, 6, MSG_WAITALL)), 6);
}

T_TEST(abort_is_a_reset)
{
    struct plug_sock *c, *s;
    char b[8];
    tcp_pair(&c, &s);
    t_disown(s);
    plug_sock_abort(s);
    ssize_t n = plug_sock_recv(c, b, sizeof b, 0);
    if (!t_tortured() || n != 0) /* without SO_LINGER it is a plain end */
        T_ERR(n, -ECONNRESET);
}

T_TEST(data_before_a_reset_can_still_be_sent_but_the_reset_is_told)
{
    struct plug_sock *c, *s;
    char b[8];
    tcp_pair(&c, &s);
    T_OK(plug_sock_send_all(c, "unread", 6, NULL));
    T_OK(plug_sock_wait(s, POLLIN));
    end(s); /* unread data: close(2) becomes a reset */
    T_ERR(plug_sock_recv(c, b, sizeof b, 0), -ECONNRESET);
    T_ERR(plug_sock_send(c, "x", 1, 0), -EPIPE);
}

/*
 * The trap: a server answers before it has read all of the request, then closes. The answer is more
 * than the client's kernel takes, so that the rest of it waits in the server's kernel.
 */
enum { ANSWER = 200000 };

static void *read_answer(void *client)
{
    static char b[ANSWER];
    size_t got;
    usleep(20000); /* the server has closed meanwhile */
    (void)!plug_sock_set_timeout(client, PLUG_S(10));
    (void)!plug_sock_recv_exact(client, b, sizeof b, &got);
    (void)!plug_sock_shutdown(client, SHUT_RDWR);
    return (void *)got;
}

static size_t answer_with_request_unread(bool graceful, int *ret_closed)
{
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *c = tcp(), *s;
    static char request[1000], answer[ANSWER];
    pthread_t reader;
    void *got;
    T_OK(plug_sockopt_set(c, PLUG_SO_RECV_BUFFER, 4096));
    T_OK(plug_sock_connect(c, &addr));
    T_OK(plug_sock_accept(l, &s, NULL));
    own(s);
    T_OK(plug_sockopt_set(s, PLUG_SO_SEND_BUFFER, 2 * ANSWER));
    T_OK(plug_sock_send_all(c, request, sizeof request, NULL));
    T_OK(plug_sock_recv_exact(s, request, 10, NULL));
    T_OK(plug_sock_send_all(s, answer, ANSWER, NULL));
    if (pthread_create(&reader, NULL, read_answer, c) != 0)
        T_FAIL("pthread_create");
    t_disown(s);
    *ret_closed = 0;
    if (graceful)
        *ret_closed = plug_sock_close_graceful(s, PLUG_S(10));
    else
        plug_sock_close(s);
    pthread_join(reader, &got);
    return (size_t)got;
}

T_TEST_PLAIN(graceful_close_does_not_turn_unread_data_into_a_lost_reply)
{
    int closed;
    T_TRUE(answer_with_request_unread(false, &closed) < ANSWER); /* why it exists */
    T_EQ(answer_with_request_unread(true, &closed), ANSWER);
    T_OK(closed);
}

T_TEST(graceful_close_waits_for_the_peer_but_not_for_ever)
{
    struct plug_sock *c, *s;
    char b[8];
    tcp_pair(&c, &s);
    T_OK(plug_sock_send_all(s, "reply", 5, NULL));
    t_disown(s);
    int64_t start = plug_now();
    int r = plug_sock_close_graceful(s, PLUG_MS(10));
    if (t_tortured() && r == 0)
        return; /* shutdown(2) said -ENOTCONN: nothing to wait for */
    T_ERR(r, PLUG_ETIMEOUT);
    T_TRUE(plug_now() - start >= PLUG_MS(10));
    T_EQ(T_OK(plug_sock_recv(c, b, sizeof b, MSG_WAITALL)), 5);
    tcp_pair(&c, &s);
    t_disown(s);
    r = plug_sock_close_graceful(s, PLUG_NOWAIT);
    if (!t_tortured() || r != 0)
        T_ERR(r, PLUG_ETIMEOUT);
}

T_TEST(graceful_close_of_what_is_not_connected_is_a_close)
{
    struct plug_addr addr;
    struct plug_sock *s = tcp(), *u = udp_bound(AF_INET, &addr);
    t_disown(s);
    t_disown(u);
    T_OK(plug_sock_close_graceful(s, PLUG_S(1)));
    T_OK(plug_sock_close_graceful(u, PLUG_S(1)));
}

static int drain_of(size_t bytes)
{
    struct plug_sock *p[2];
    static char junk[65536];
    int room = 4 << 20;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_setopt_int(p[0], SOL_SOCKET, SO_SNDBUFFORCE, room));
    for (size_t sent = 0; sent < bytes;) {
        size_t n = bytes - sent < sizeof junk ? bytes - sent : sizeof junk;
        T_OK(plug_sock_send_all(p[0], junk, n, &n));
        sent += n;
    }
    T_OK(plug_sock_shutdown(p[0], SHUT_WR));
    t_disown(p[1]);
    return plug_sock_close_graceful(p[1], PLUG_S(10));
}

T_TEST_PLAIN(graceful_close_drains_up_to_its_limit)
{
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    if (plug_sock_setopt_int(p[0], SOL_SOCKET, SO_SNDBUFFORCE, 4 << 20) == -EPERM)
        T_SKIP("needs CAP_NET_ADMIN for a buffer of 4 MiB");
    T_OK(drain_of(PLUG_SOCK_DRAIN_MAX - 1));
    T_OK(drain_of(PLUG_SOCK_DRAIN_MAX));
    T_ERR(drain_of(PLUG_SOCK_DRAIN_MAX + 1), PLUG_ELIMIT);
}

/* A peer that has stopped answering: only a deadline ends the wait. */
T_TEST(a_silent_peer_costs_no_more_than_the_deadline)
{
    struct plug_sock *c, *s;
    static char big[8 << 20];
    char b[1];
    size_t sent;
    tcp_pair(&c, &s);
    T_OK(plug_sock_set_timeout(c, PLUG_MS(10)));
    int64_t start = plug_now();
    T_ERR(plug_sock_recv(c, b, 1, 0), PLUG_ETIMEOUT);
    T_ERR(plug_sock_send_all(c, big, sizeof big, &sent), PLUG_ETIMEOUT);
    T_TRUE(sent < sizeof big);
    T_TRUE(plug_now() - start < PLUG_S(5));
}

T_TEST_PLAIN(close_is_never_retried)
{
    struct plug_sock *p[2];
    T_OK(plug_sock_pair(p, AF_UNIX, SOCK_STREAM, 0));
    T_OWN(no_faults, NULL);
    T_OK(plug_sys_fault("close:*=EINTR", NULL));
    plug_sys_record(true);
    plug_sock_close(p[0]);
    T_EQ(plug_fd_close(plug_sock_detach(p[1])), 0);
    uint64_t closes = plug_sys_recorded("close");
    plug_sys_record(false);
    T_EQ(closes, 2);
}
