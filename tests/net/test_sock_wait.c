/* SPDX-License-Identifier: MIT */
/* Waiting: signals, system calls counted, other waiters. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int64_t since(int64_t start)
{
    return plug_now() - start;
}

static void no_faults(void *unused)
{
    (void)unused;
    (void)!plug_sys_fault(NULL, NULL);
    plug_sys_record(false);
}

/* --- signals --------------------------------------------------------------------------- */

static atomic_int ticks;
static void tick(int sig)
{
    (void)sig;
    atomic_fetch_add(&ticks, 1);
}

static void storm_off(void *unused)
{
    struct itimerval none = {{0, 0}, {0, 0}};
    (void)unused;
    setitimer(ITIMER_REAL, &none, NULL);
    struct sigaction dfl = {.sa_handler = SIG_DFL};
    sigaction(SIGALRM, &dfl, NULL);
    plug_eintr_set(false);
}

/* SIGALRM without SA_RESTART, a thousand times a second. */
static void storm(void)
{
    struct sigaction sa = {.sa_handler = tick};
    struct itimerval every = {{0, 1000}, {0, 1000}};
    T_OWN(storm_off, NULL);
    atomic_store(&ticks, 0);
    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
}

T_TEST_PLAIN(a_storm_of_signals_does_not_move_a_deadline)
{
    struct plug_sock *p[2];
    char b[1];
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_set_timeout(p[0], PLUG_MS(200)));
    storm();
    int64_t start = plug_now();
    ssize_t r = plug_sock_recv(p[0], b, 1, 0);
    int64_t d = since(start);
    storm_off(NULL);
    T_ERR(r, PLUG_ETIMEOUT);
    T_TRUE(d >= PLUG_MS(200) && d < PLUG_S(3));
    T_TRUE(ticks > 20);
}

static void *send_later(void *arg)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    usleep(100000);
    (void)!plug_sock_send(arg, "x", 1, 0);
    return NULL;
}

T_TEST_PLAIN(a_blocking_receive_survives_a_storm_of_signals)
{
    struct plug_sock *p[2];
    pthread_t sender;
    char b[1];
    pair(p, SOCK_STREAM);
    if (pthread_create(&sender, NULL, send_later, p[1]) != 0)
        T_FAIL("pthread_create");
    storm();
    ssize_t r = plug_sock_recv(p[0], b, 1, 0);
    storm_off(NULL);
    pthread_join(sender, NULL);
    T_EQ(T_OK(r), 1);
    T_TRUE(ticks > 10);
}

/* Python's way: handle the signal, call again, inside the same deadline. */
T_TEST_PLAIN(interrupted_calls_return_where_asked_and_the_deadline_goes_on)
{
    struct plug_sock *p[2];
    struct plug_deadline scope;
    char b[1];
    int interrupts = 0;
    ssize_t r;
    pair(p, SOCK_STREAM);
    storm();
    plug_eintr_set(true);
    int64_t start = plug_now();
    plug_deadline_enter(&scope, PLUG_MS(100));
    while ((r = plug_sock_recv(p[0], b, 1, 0)) == -EINTR)
        interrupts++;
    plug_deadline_leave(&scope);
    int64_t d = since(start);
    ssize_t blocking = plug_sock_recv(p[0], b, 1, 0);
    storm_off(NULL);
    T_ERR(r, PLUG_ETIMEOUT);
    T_TRUE(interrupts > 5);
    T_TRUE(d >= PLUG_MS(100) && d < PLUG_S(3));
    T_ERR(blocking, -EINTR); /* a plain blocking call as well */
}

T_TEST_PLAIN(an_interrupted_connect_is_waited_for_and_not_started_again)
{
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *c;
    struct plug_deadline scope;
    fill_queue(l, &addr);
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    own(c);
    T_OWN(no_faults, NULL);
    plug_sys_record(true);
    storm();
    plug_deadline_enter(&scope, PLUG_MS(100));
    int r = plug_sock_connect(c, &addr);
    plug_deadline_leave(&scope);
    storm_off(NULL);
    uint64_t connects = plug_sys_recorded("connect");
    plug_sys_record(false);
    T_ERR(r, PLUG_ETIMEOUT);
    T_EQ(connects, 1);
}

static void *accept_after_a_while(void *arg)
{
    struct plug_sock *conn[6];
    sigset_t all;
    int n = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    usleep(100000);
    while (n < 6 && plug_sock_accept(arg, &conn[n], NULL) >= 0)
        n++;
    while (n > 0)
        plug_sock_close(conn[--n]);
    return NULL;
}

/* The blocking connect(2) itself is interrupted; the kernel retries the SYN after a second. */
T_TEST_PLAIN(a_blocking_connect_survives_a_storm_of_signals)
{
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *c;
    pthread_t acceptor;
    char b[1];
    fill_queue(l, &addr);
    T_OK(plug_sock_set_timeout(l, PLUG_S(2)));
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    own(c);
    if (pthread_create(&acceptor, NULL, accept_after_a_while, l) != 0)
        T_FAIL("pthread_create");
    T_OWN(no_faults, NULL);
    storm();
    int r = plug_sock_connect(c, &addr);
    storm_off(NULL);
    pthread_join(acceptor, NULL);
    T_OK(r);
    ssize_t n = plug_sock_recv(c, b, 1, 0); /* it really is connected: the end comes */
    if (n != -ECONNRESET)
        T_EQ(n, 0);
}

T_TEST_PLAIN(connect_that_a_signal_stopped_before_it_began_is_begun)
{
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *c;
    (void)l;
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    own(c);
    T_OWN(no_faults, NULL);
    T_OK(plug_sys_fault("connect:1=EINTR", NULL));
    T_OK(plug_sock_connect(c, &addr));
    T_OK(plug_sys_fault(NULL, NULL));
    T_OK(plug_sock_peer(c, &addr));
}

/* --- how many system calls ------------------------------------------------------------- */

T_TEST_PLAIN(a_ping_pong_needs_one_system_call_a_turn)
{
    enum { TURNS = 100 };
    struct plug_sock *c, *s;
    char b[64] = "ping";
    tcp_pair(&c, &s);
    T_OWN(no_faults, NULL);
    plug_sys_record(true);
    for (int i = 0; i < TURNS; i++) {
        T_EQ(plug_sock_send(c, b, sizeof b, 0), 64);
        T_EQ(plug_sock_recv(s, b, sizeof b, 0), 64);
        T_EQ(plug_sock_send(s, b, sizeof b, 0), 64);
        T_EQ(plug_sock_recv(c, b, sizeof b, 0), 64);
    }
    uint64_t sends = plug_sys_recorded("send"), recvs = plug_sys_recorded("recv");
    uint64_t all = plug_sys_recorded(NULL);
    plug_sys_record(false);
    T_EQ(sends, 2 * TURNS);
    T_EQ(recvs, 2 * TURNS);
    T_EQ(all, 4 * TURNS);
}

T_TEST_PLAIN(each_operation_needs_no_more_calls_than_it_must)
{
    struct plug_sock *c, *s, *p[2];
    struct plug_addr addr, from;
    char b[64];
    T_OWN(no_faults, NULL);

    plug_sys_record(true);
    T_OK(plug_sock_pair(p, AF_UNIX, SOCK_DGRAM, 0));
    own(p[0]);
    own(p[1]);
    T_EQ(plug_sys_recorded("socketpair"), 1);
    T_EQ(plug_sys_recorded("fcntl"), 0);

    plug_sys_record(true);
    T_OK(plug_sock_send_all(p[0], "x", 1, NULL));
    T_EQ(plug_sys_recorded(NULL), 1);
    plug_sys_record(true);
    T_OK(plug_sock_recvfrom(p[1], b, sizeof b, 0, &from, NULL));
    T_EQ(plug_sys_recorded(NULL), 1);

    plug_sys_record(true);
    struct plug_sock *l = tcp_listener(AF_INET, &addr);
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    own(c);
    plug_sys_record(true);
    T_OK(plug_sock_connect(c, &addr));
    T_EQ(plug_sys_recorded(NULL), 2); /* connect, and getsockname against self-connection */
    plug_sys_record(true);
    T_OK(plug_sock_accept(l, &s, NULL));
    own(s);
    T_EQ(plug_sys_recorded("accept4"), 1);
    T_EQ(plug_sys_recorded("fcntl") + plug_sys_recorded("getsockopt"), 0);

    /* with a deadline, data that is there costs no more either */
    T_OK(plug_sock_set_timeout(s, PLUG_S(5)));
    T_OK(plug_sock_send_all(c, "x", 1, NULL));
    T_OK(plug_sock_wait(s, POLLIN));
    plug_sys_record(true);
    T_OK(plug_sock_recv(s, b, sizeof b, 0));
    T_EQ(plug_sys_recorded("recv"), 1);
    T_EQ(plug_sys_recorded("ppoll"), 0);
    plug_sys_record(false);
}

/* --- another waiter -------------------------------------------------------------------- */

static int waits, recvs, sends, accepts, connects;

static int counted_wait(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    struct plug_waiter *mine = plug_waiter_set(NULL);
    (void)w;
    waits++;
    int r = plug_wait(fd, events, deadline);
    plug_waiter_set(mine);
    return r;
}

static ssize_t whole_recv(struct plug_waiter *w, struct plug_wait_fd fd, void *buf, size_t len,
                          int flags, int64_t deadline)
{
    (void)w;
    (void)deadline;
    return ++recvs == 1 ? -EINTR : plug_sys()->recv(fd.fd, buf, len, flags);
}

static ssize_t whole_send(struct plug_waiter *w, struct plug_wait_fd fd, const void *buf,
                          size_t len, int flags, int64_t deadline)
{
    (void)w;
    sends++;
    return deadline == PLUG_NEVER && (flags & MSG_NOSIGNAL)
               ? plug_sys()->send(fd.fd, buf, len, flags)
               : -EINVAL;
}

static int whole_accept(struct plug_waiter *w, struct plug_wait_fd fd, struct sockaddr *sa,
                        socklen_t *len, int flags, int64_t deadline)
{
    (void)w;
    (void)deadline;
    accepts++;
    return plug_sys()->accept4(fd.fd, sa, len, flags);
}

static int whole_connect(struct plug_waiter *w, struct plug_wait_fd fd, const struct sockaddr *sa,
                         socklen_t len, int64_t deadline)
{
    (void)w;
    (void)deadline;
    connects++;
    return plug_sys()->connect(fd.fd, sa, len);
}

static void default_waiter(void *unused)
{
    (void)unused;
    plug_waiter_set(NULL);
}

T_TEST(a_waiter_waits_for_a_blocking_socket)
{
    struct plug_waiter w = {.size = sizeof w, .name = "counted", .wait = counted_wait};
    struct plug_sock *p[2], *l, *conn;
    struct plug_addr addr;
    struct plug_deadline scope;
    char b[1];
    pair(p, SOCK_STREAM);
    l = tcp_listener(AF_INET, &addr);
    T_OWN(default_waiter, NULL);
    plug_waiter_set(&w);
    waits = 0;
    plug_deadline_enter(&scope, PLUG_MS(5));
    ssize_t r = plug_sock_recv(p[0], b, 1, 0);
    int a = plug_sock_accept(l, &conn, NULL);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
    T_ERR(a, PLUG_ETIMEOUT);
    T_EQ(waits, t_tortured() ? waits : 2);
    plug_waiter_set(NULL);
}

T_TEST(a_waiter_may_take_whole_operations)
{
    struct plug_waiter w = {.size = sizeof w,
                            .name = "whole",
                            .wait = counted_wait,
                            .recv = whole_recv,
                            .send = whole_send,
                            .accept = whole_accept,
                            .connect = whole_connect};
    struct plug_addr addr;
    struct plug_sock *l = tcp_listener(AF_INET, &addr), *c, *s;
    char b[4];
    waits = recvs = sends = accepts = connects = 0;
    T_OWN(default_waiter, NULL);
    plug_waiter_set(&w);
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    own(c);
    T_OK(plug_sock_connect(c, &addr));
    T_OK(plug_sock_accept(l, &s, NULL));
    own(s);
    T_OK(plug_sock_send_all(c, "abcd", 4, NULL));
    T_OK(plug_sock_recv_exact(s, b, 4, NULL));
    T_OK(plug_sock_set_blocking(s, false));
    T_ERR(plug_sock_recv(s, b, 1, 0), -EAGAIN); /* nothing to wait for: not the waiter's */
    plug_waiter_set(NULL);
    if (t_tortured())
        return; /* what is cut short takes more calls */
    T_EQ(connects, 1);
    T_EQ(accepts, 1);
    T_EQ(sends, 1);
    T_EQ(recvs, 2); /* once interrupted */
    T_EQ(waits, 0);
}
