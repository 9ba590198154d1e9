/* SPDX-License-Identifier: MIT */
/* Socket handles: life, facts, descriptors. */
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
#include <sys/wait.h>
#include <unistd.h>

T_TEST(pair_carries_bytes_both_ways)
{
    struct plug_sock *p[2];
    char b[8];
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_send_all(p[0], "ping", 4, NULL));
    T_OK(plug_sock_recv_exact(p[1], b, 4, NULL));
    T_MEM(b, "ping", 4);
    T_OK(plug_sock_send_all(p[1], "pong!", 5, NULL));
    T_OK(plug_sock_recv_exact(p[0], b, 5, NULL));
    T_MEM(b, "pong!", 5);
}

T_TEST_PLAIN(send_and_receive_count)
{
    struct plug_sock *p[2];
    char b[8];
    pair(p, SOCK_STREAM);
    T_EQ(plug_sock_send(p[0], "ping", 4, 0), 4);
    T_EQ(plug_sock_recv(p[1], b, 3, 0), 3);
    T_EQ(plug_sock_recv(p[1], b, sizeof b, 0), 1);
    T_EQ(plug_sock_recv(p[1], b, 0, 0), 0); /* nothing asked for, nothing waited for */
}

T_TEST(tcp_connects_and_accepts)
{
    struct plug_sock *c, *s;
    struct plug_addr a, b;
    tcp_pair(&c, &s);
    T_OK(plug_sock_local(c, &a));
    T_OK(plug_sock_peer(s, &b));
    T_TRUE(plug_addr_equal(&a, &b));
    T_EQ(plug_sock_family(s), AF_INET);
    T_EQ(plug_sock_type(s), SOCK_STREAM);
    T_TRUE(plug_sock_timeout(s) == PLUG_FOREVER);
}

T_TEST(type_is_told_without_flag_bits)
{
    struct plug_sock *s;
    T_OK(plug_sock_open(&s, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    own(s);
    T_EQ(plug_sock_type(s), SOCK_STREAM);
    T_EQ(plug_sock_timeout(s), PLUG_NOWAIT); /* as Python: SOCK_NONBLOCK is timeout 0 */
    T_TRUE(!plug_sock_blocking(s));
}

T_TEST(open_tells_what_the_kernel_lacks)
{
    struct plug_sock *s = NULL;
    T_ERR(plug_sock_open(&s, AF_INET, SOCK_RDM, 0), -ESOCKTNOSUPPORT);
    T_ERR(plug_sock_open(&s, 12345, SOCK_STREAM, 0), -EAFNOSUPPORT);
    T_TRUE(s == NULL);
}

/* --- adopting -------------------------------------------------------------------------- */

T_TEST_PLAIN(adopt_detects_family_type_and_protocol)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct plug_sock *s;
    T_OK(plug_sock_adopt(&s, fd, -1, -1, -1));
    own(s);
    T_EQ(plug_sock_fd(s), fd);
    T_EQ(plug_sock_family(s), AF_INET);
    T_EQ(plug_sock_type(s), SOCK_DGRAM);
    T_EQ(plug_sock_proto(s), IPPROTO_UDP);
    T_EQ(plug_sock_timeout(s), PLUG_FOREVER);
}

T_TEST_PLAIN(adopt_keeps_nonblocking_mode)
{
    struct plug_sock *s;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    T_OK(plug_sock_adopt(&s, fd, -1, -1, -1));
    own(s);
    T_EQ(plug_sock_timeout(s), PLUG_NOWAIT);
    T_OK(plug_sock_set_blocking(s, true));
    T_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

T_TEST_PLAIN(adopt_refuses_what_is_no_socket)
{
    struct plug_sock *s = NULL;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    t_own_fd(fd);
    T_ERR(plug_sock_adopt(&s, fd, -1, -1, -1), -ENOTSOCK);
    T_ERR(plug_sock_adopt(&s, fd, AF_INET, SOCK_STREAM, 0), -ENOTSOCK);
    T_ERR(plug_sock_adopt(&s, 9999, -1, -1, -1), -EBADF);
    T_ERR(plug_sock_adopt(&s, -1, AF_INET, SOCK_STREAM, 0), -EBADF);
    T_TRUE(s == NULL);
    T_EQ(fcntl(fd, F_GETFD) >= 0, 1); /* not taken */
}

T_TEST(from_fd_works_on_a_duplicate)
{
    struct plug_sock *p[2], *copy;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_from_fd(&copy, plug_sock_fd(p[0]), -1, -1, -1));
    own(copy);
    T_TRUE(plug_sock_fd(copy) != plug_sock_fd(p[0]));
    T_EQ(plug_sock_inheritable(copy), 0);
    end(p[0]);
    T_OK(plug_sock_send(copy, "x", 1, 0));
}

T_TEST(dup_has_the_same_timeout)
{
    struct plug_sock *p[2], *copy;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_set_timeout(p[0], PLUG_MS(1500)));
    T_OK(plug_sock_dup(p[0], &copy));
    own(copy);
    T_EQ(plug_sock_timeout(copy), PLUG_MS(1500));
    T_EQ(T_OK(plug_sock_inheritable(copy)), 0);
}

T_TEST(detach_gives_the_descriptor)
{
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    t_disown(p[0]);
    int fd = plug_sock_detach(p[0]);
    t_own_fd(fd);
    T_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

T_TEST(inheritable_is_close_on_exec_the_other_way_round)
{
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    T_EQ(T_OK(plug_sock_inheritable(p[0])), 0);
    T_OK(plug_sock_set_inheritable(p[0], true));
    T_EQ(T_OK(plug_sock_inheritable(p[0])), 1);
    T_OK(plug_sock_set_inheritable(p[0], false));
    T_EQ(T_OK(plug_sock_inheritable(p[0])), 0);
}

T_TEST(raw_descriptors_close_once)
{
    struct plug_sock *p[2];
    pair(p, SOCK_STREAM);
    int fd = (int)T_OK(plug_fd_dup(plug_sock_fd(p[0])));
    T_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    T_OK(plug_fd_close(fd));
    if (!t_tortured()) /* an injected error of close(2) is none: the descriptor is gone */
        T_ERR(plug_fd_close(fd), -EBADF);
    T_ERR(plug_fd_dup(fd), -EBADF);
}

T_TEST_PLAIN(close_takes_null)
{
    plug_sock_close(NULL);
    plug_sock_abort(NULL);
    T_EQ(plug_sock_close_graceful(NULL, PLUG_S(1)), 0);
}

/* --- facts ----------------------------------------------------------------------------- */

static void back_to_forever(void *unused)
{
    (void)unused;
    plug_default_timeout_set(PLUG_FOREVER);
}

T_TEST(default_timeout_is_for_sockets_made_later)
{
    struct plug_sock *before[2], *after[2];
    T_EQ(plug_default_timeout(), PLUG_FOREVER);
    pair(before, SOCK_STREAM);
    T_OWN(back_to_forever, NULL);
    plug_default_timeout_set(PLUG_S(7));
    pair(after, SOCK_STREAM);
    T_EQ(plug_sock_timeout(before[0]), PLUG_FOREVER);
    T_EQ(plug_sock_timeout(after[0]), PLUG_S(7));
    plug_default_timeout_set(-12345);
    T_EQ(plug_default_timeout(), PLUG_FOREVER);
}

T_TEST(describe_names_both_ends)
{
    struct plug_sock *c, *s;
    char text[256], want[256], la[PLUG_ADDR_TEXT], pa[PLUG_ADDR_TEXT];
    struct plug_addr l, p;
    tcp_pair(&c, &s);
    T_OK(plug_sock_local(c, &l));
    T_OK(plug_sock_peer(c, &p));
    plug_addr_text(&l, la, sizeof la);
    plug_addr_text(&p, pa, sizeof pa);
    size_t n = plug_sock_describe(c, text, sizeof text);
    if (t_tortured())
        return; /* a name that cannot be asked for shows as "-" */
    snprintf(want, sizeof want, "tcp %.60s -> %.60s fd %d", la, pa, plug_sock_fd(c));
    T_STR(text, want);
    T_EQ(n, strlen(want));
    T_EQ(plug_sock_describe(c, text, 4), n);
    T_STR(text, "tcp");
}

T_TEST(pending_counts_both_queues)
{
    struct plug_sock *c, *s;
    int in = -1, out = -1;
    tcp_pair(&c, &s);
    T_OK(plug_sock_send_all(c, "hello", 5, NULL));
    T_OK(plug_sock_wait(s, POLLIN));
    T_OK(plug_sock_pending(s, &in, &out));
    T_EQ(in, 5);
    T_EQ(out, 0);
    T_OK(plug_sock_pending(s, &in, NULL));
}

T_TEST(urgent_byte_has_a_mark)
{
    struct plug_sock *c, *s;
    char b[4];
    tcp_pair(&c, &s);
    T_OK(plug_sock_send_all(c, "ab", 2, NULL));
    T_OK(plug_sock_send(c, "!", 1, MSG_OOB));
    T_OK(plug_sock_wait(s, POLLPRI));
    T_EQ(T_OK(plug_sock_atmark(s)), 0);
    T_OK(plug_sock_recv_exact(s, b, 2, NULL));
    T_EQ(T_OK(plug_sock_atmark(s)), 1);
    T_EQ(T_OK(plug_sock_recv(s, b, 1, MSG_OOB)), 1);
    T_EQ(b[0], '!');
}

/* --- processes and signals ------------------------------------------------------------- */

/* Runs fn in a child with a second to live; its exit status, or 256 + the signal that ended it. */
static int in_child(int (*fn)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        alarm(10);
        _exit(fn());
    }
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        T_FAIL("fork");
    return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int write_to_the_gone(void)
{
    struct sigaction dfl = {.sa_handler = SIG_DFL};
    struct plug_sock *p[2];
    struct iovec iov = {(char *)"x", 1};
    sigaction(SIGPIPE, &dfl, NULL);
    if (plug_sock_pair(p, AF_UNIX, SOCK_STREAM, 0) < 0)
        return 1;
    plug_sock_close(p[1]);
    if (plug_sock_send(p[0], "x", 1, 0) != -EPIPE)
        return 2;
    if (plug_sock_send_all(p[0], "x", 1, NULL) != -EPIPE)
        return 3;
    if (plug_sock_sendv(p[0], &iov, 1, 0) != -EPIPE)
        return 4;
    if (plug_sock_sendv_all(p[0], &iov, 1, NULL) != -EPIPE)
        return 5;
    struct plug_msg m = {.iov = &iov, .iov_count = 1};
    if (plug_sock_sendmsg(p[0], &m, 0) != -EPIPE || plug_sock_send_batch(p[0], &m, 1, 0) != -EPIPE)
        return 6;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    off_t at = 0;
    if (plug_sock_sendfile(p[0], fd, &at, 10, NULL) != -EPIPE || at != 0)
        return 7;
    struct plug_stream *f;
    if (plug_stream_open(&f, p[0], PLUG_STREAM_WRITE, NULL) < 0)
        return 8;
    if (plug_stream_write(f, "x", 1) != 0 || plug_stream_close(f) != -EPIPE)
        return 9;
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) ? 10 : 0;
}

T_TEST_PLAIN(sigpipe_never_happens)
{
    T_EQ(in_child(write_to_the_gone), 0);
}

static int with_standard_closed(void)
{
    struct plug_sock *p[2];
    char b[2];
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    if (plug_sock_pair(p, AF_UNIX, SOCK_STREAM, 0) < 0 || plug_sock_fd(p[0]) > 2)
        return 1;
    if (plug_sock_send(p[0], "ok", 2, 0) != 2 || plug_sock_recv(p[1], b, 2, 0) != 2)
        return 2;
    plug_sock_close(p[0]);
    plug_sock_close(p[1]);
    return memcmp(b, "ok", 2) != 0;
}

T_TEST_PLAIN(descriptors_0_to_2_are_as_good_as_any)
{
    T_EQ(in_child(with_standard_closed), 0);
}

static atomic_bool stop_making;

static void *make_sockets(void *arg)
{
    struct plug_addr addr;
    struct plug_sock *s, *p[2], *copy;
    (void)arg;
    while (!atomic_load(&stop_making)) {
        if (plug_sock_pair(p, AF_UNIX, SOCK_STREAM, 0) < 0)
            continue;
        if (plug_sock_dup(p[0], &copy) >= 0)
            plug_sock_close(copy);
        plug_sock_close(p[0]);
        plug_sock_close(p[1]);
        if (plug_addr_loopback(AF_INET, 0, &addr) >= 0 &&
            plug_listen_addr(&s, &addr, SOCK_STREAM, NULL) >= 0)
            plug_sock_close(s);
    }
    return NULL;
}

/* The program itself, as a child: are there descriptors besides 0, 1, 2 and the directory's? */
static int exec_and_look(void)
{
    execl("/bin/sh", "sh", "-c",
          "for f in /proc/self/fd/*; do case $(readlink $f) in *socket*) "
          "exit 1;; esac; done",
          (char *)NULL);
    return 99;
}

T_TEST_PLAIN(no_descriptor_leaks_into_a_program_that_is_started_meanwhile)
{
    pthread_t maker;
    atomic_store(&stop_making, false);
    if (pthread_create(&maker, NULL, make_sockets, NULL) != 0)
        T_FAIL("pthread_create");
    int leaks = 0;
    for (int i = 0; i < 60; i++)
        leaks += in_child(exec_and_look) != 0;
    atomic_store(&stop_making, true);
    pthread_join(maker, NULL);
    T_EQ(leaks, 0);
}

/* --- threads --------------------------------------------------------------------------- */

static void *read_one(void *arg)
{
    char b[1];
    return (void *)(intptr_t)plug_sock_recv(arg, b, 1, 0);
}

static void *accept_one(void *arg)
{
    struct plug_sock *conn;
    return (void *)(intptr_t)plug_sock_accept(arg, &conn, NULL);
}

static void *run_then(struct plug_sock *s, void *(*fn)(void *))
{
    pthread_t t;
    void *result;
    if (pthread_create(&t, NULL, fn, s) != 0)
        T_FAIL("pthread_create");
    usleep(30000);
    int r = plug_sock_shutdown(s, SHUT_RDWR);
    pthread_join(t, &result);
    T_OK(r);
    return result;
}

T_TEST_PLAIN(shutdown_wakes_a_reader_in_another_thread)
{
    struct plug_sock *p[2], *c, *s;
    pair(p, SOCK_STREAM);
    T_EQ((intptr_t)run_then(p[0], read_one), 0);
    tcp_pair(&c, &s);
    T_EQ((intptr_t)run_then(s, read_one), 0);
    T_OK(plug_sock_set_timeout(c, PLUG_S(30)));
    T_EQ((intptr_t)run_then(c, read_one), 0);
}

T_TEST_PLAIN(shutdown_wakes_an_acceptor_in_another_thread)
{
    struct plug_addr addr;
    T_EQ((intptr_t)run_then(tcp_listener(AF_INET, &addr), accept_one), -EINVAL);
}

static int use_null_handle(void)
{
    close(2);
    return plug_sock_fd(NULL);
}

T_TEST_PLAIN(a_missing_handle_aborts)
{
    T_EQ(in_child(use_null_handle), 256 + SIGABRT);
}
