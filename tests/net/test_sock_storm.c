/* SPDX-License-Identifier: MIT */
/* Storms: readiness that leads to nothing, errors nobody fetches, signals that restart calls. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <fcntl.h>
#include <plug/dial.h>
#include <plug/msg.h>
#include <plug/sockopt.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#define SOON PLUG_MS(30)

static void no_faults(void *unused)
{
    (void)unused;
    (void)!plug_sys_fault(NULL, NULL);
    plug_sys_record(false);
}

static void fault(const char *plan)
{
    T_OWN(no_faults, NULL);
    T_OK(plug_sys_fault(plan, NULL));
}

/* poll(2) says ready, and the call says again, for ever: as when others are always quicker. */
T_TEST_PLAIN(readiness_without_success_does_not_move_a_deadline)
{
    struct plug_sock *p[2], *c, *conn;
    struct plug_addr addr;
    char b[8];
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_send_all(p[1], "hello", 5, NULL));
    T_OK(plug_sock_set_timeout(p[0], SOON));
    struct plug_sock *l = tcp_listener(AF_INET, &addr);
    T_OK(plug_sock_set_timeout(l, SOON));
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    own(c);
    T_OK(plug_sock_connect(c, &addr));
    fault("recv:*=EAGAIN;recvmsg:*=EAGAIN;send:*=EAGAIN;sendmsg:*=EAGAIN;accept4:*=EAGAIN;"
          "sendfile:*=EAGAIN");
    T_ERR(plug_sock_recv(p[0], b, sizeof b, 0), PLUG_ETIMEOUT);
    T_ERR(plug_sock_recvfrom(p[0], b, sizeof b, 0, NULL, NULL), PLUG_ETIMEOUT);
    T_ERR(plug_sock_send_all(p[0], "x", 1, NULL), PLUG_ETIMEOUT);
    T_ERR(plug_sock_accept(l, &conn, NULL), PLUG_ETIMEOUT);
    struct plug_deadline scope;
    T_OK(plug_sock_set_timeout(p[0], PLUG_FOREVER));
    plug_deadline_enter(&scope, SOON);
    ssize_t r = plug_sock_recv(p[0], b, sizeof b, 0);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
}

T_TEST_PLAIN(a_connection_that_is_always_under_way_ends_with_the_deadline)
{
    struct plug_sock *s;
    struct plug_addr addr;
    struct plug_dial_opts o = PLUG_DIAL_OPTS;
    char to[PLUG_ADDR_TEXT];
    tcp_listener(AF_INET, &addr);
    plug_addr_text(&addr, to, sizeof to);
    o.timeout = SOON;
    fault("connect:2+=EALREADY");
    T_ERR(plug_dial(&s, to, &o, NULL), PLUG_ETIMEOUT);
}

/* An ICMP error in the queue makes poll(2) say POLLERR at once, whatever was asked. */
T_TEST_PLAIN(an_error_queue_that_nobody_reads_costs_no_processor)
{
    struct plug_sock *s, *gone;
    struct plug_addr any, nobody;
    char b[8];
    T_OK(plug_addr_loopback(AF_INET, 0, &any));
    T_OK(plug_sock_open(&gone, AF_INET, SOCK_DGRAM, 0));
    own(gone);
    T_OK(plug_sock_bind(gone, &any));
    T_OK(plug_sock_local(gone, &nobody));
    T_OK(plug_sock_open(&s, AF_INET, SOCK_DGRAM, 0));
    own(s);
    T_OK(plug_sockopt_set(s, PLUG_SO_RECVERR, 1));
    end(gone);
    T_OK(plug_sock_sendto(s, "x", 1, 0, &nobody));
    T_OK(plug_sock_set_timeout(s, PLUG_MS(100)));
    T_ERR(plug_sock_recv(s, b, sizeof b, 0), -ECONNREFUSED); /* told once, but still queued */
    T_OWN(no_faults, NULL);
    plug_sys_record(true);
    T_ERR(plug_sock_recv(s, b, sizeof b, 0), PLUG_ETIMEOUT);
    uint64_t calls = plug_sys_recorded("recv");
    plug_sys_record(false);
    T_TRUE(calls < 200);
}

static void ring(int sig)
{
    (void)sig;
}

static void bell_off(void *unused)
{
    (void)unused;
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
    signal(SIGALRM, SIG_DFL);
    plug_eintr_set(false);
}

/* A handler with SA_RESTART: the kernel would go on receiving, and never tell. */
T_TEST_PLAIN(a_restarting_handler_interrupts_where_asked_for)
{
    struct plug_sock *p[2], *conn;
    struct plug_addr addr;
    struct sigaction sa = {.sa_handler = ring, .sa_flags = SA_RESTART};
    char b[1];
    pair(p, SOCK_STREAM);
    struct plug_sock *l = tcp_listener(AF_INET, &addr);
    T_OWN(bell_off, NULL);
    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){{0, 20000}, {0, 20000}}, NULL);
    plug_eintr_set(true);
    T_ERR(plug_sock_recv(p[0], b, 1, 0), -EINTR);
    T_ERR(plug_sock_recvfrom(p[0], b, 1, 0, NULL, NULL), -EINTR);
    T_ERR(plug_sock_accept(l, &conn, NULL), -EINTR);
}

T_TEST_PLAIN(sendfile_waits_for_a_pipe_no_longer_than_its_deadline)
{
    struct plug_sock *p[2];
    uint64_t sent = 7;
    int io[2];
    pair(p, SOCK_STREAM);
    T_EQ(pipe2(io, O_CLOEXEC), 0);
    t_own_fd(io[0]);
    t_own_fd(io[1]);
    T_EQ(write(io[1], "abc", 3), 3);
    T_OK(plug_sock_set_timeout(p[0], SOON));
    T_ERR(plug_sock_sendfile(p[0], io[0], NULL, 0, &sent), PLUG_ETIMEOUT);
    T_EQ(sent, 3);
    T_OK(plug_sock_set_timeout(p[0], PLUG_NOWAIT));
    T_ERR(plug_sock_sendfile(p[0], io[0], NULL, 0, &sent), -EAGAIN);
}

/* A plan that cuts transfers cuts the first piece that is not empty: else it would tell an end. */
T_TEST_PLAIN(an_empty_first_piece_is_no_end_of_the_stream)
{
    struct plug_sock *p[2];
    char a[4], b[4] = "";
    struct iovec iov[] = {{a, 0}, {b, sizeof b}};
    pair(p, SOCK_STREAM);
    fault("recvmsg:*=short(2);sendmsg:*=short(3)");
    T_EQ(plug_sock_sendv(p[1], (struct iovec[]){{a, 0}, {(char[]){"hello"}, 5}}, 2, 0), 3);
    T_EQ(plug_sock_recvv(p[0], iov, 2, 0), 2);
    T_MEM(b, "he", 2);
}

static int64_t late;
static int64_t late_now(clockid_t clock)
{
    return plug_sys_kernel()->now(clock) + late;
}

static ssize_t slow_recv(int fd, void *buf, size_t len, int flags)
{
    late += PLUG_MS(20);
    return plug_sys_kernel()->recv(fd, buf, len ? 1 : 0, flags);
}

static void kernel_again(void *unused)
{
    (void)unused;
    (void)!plug_sys_set(NULL);
}

T_TEST_PLAIN(waitall_of_a_trickle_ends_with_the_deadline)
{
    static struct plug_sys sys;
    struct plug_sock *p[2];
    char b[64];
    sys = *plug_sys_kernel();
    sys.now = late_now;
    sys.recv = slow_recv;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_send_all(p[1], b, sizeof b, NULL));
    T_OK(plug_sock_set_timeout(p[0], PLUG_MS(100)));
    T_OWN(kernel_again, NULL);
    T_OK(plug_sys_set(&sys));
    ssize_t n = plug_sock_recv(p[0], b, sizeof b, MSG_WAITALL);
    T_TRUE(n >= 1 && n <= 6);
}
