/* SPDX-License-Identifier: MIT */
/* Bytes: partial transfers, exact counts, delimiters, pieces, files. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
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

static const char text[] = "The quick brown fox jumps over the lazy dog.";
#define TEXT (sizeof text - 1)

T_TEST(send_all_counts_on_failure)
{
    struct plug_sock *p[2];
    static char big[1 << 20];
    size_t sent = 99;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_set_timeout(p[0], PLUG_MS(20)));
    T_ERR(plug_sock_send_all(p[0], big, sizeof big, &sent), PLUG_ETIMEOUT);
    T_TRUE(sent < sizeof big);
    T_OK(plug_sock_recv_exact(p[1], big, sent, NULL));
    T_OK(plug_sock_set_blocking(p[1], false));
    T_ERR(plug_sock_recv(p[1], big, 1, 0), -EAGAIN);
}

T_TEST(send_all_of_nothing_is_an_empty_datagram)
{
    struct plug_sock *p[2];
    size_t sent = 7;
    char b[4];
    pair(p, SOCK_DGRAM);
    T_OK(plug_sock_send_all(p[0], "", 0, &sent));
    T_EQ(sent, 0);
    T_OK(plug_sock_set_blocking(p[1], false));
    T_EQ(T_OK(plug_sock_recv(p[1], b, sizeof b, 0)), 0);
    T_ERR(plug_sock_recv(p[1], b, sizeof b, 0), -EAGAIN);
}

T_TEST(recv_exact_tells_how_far_it_came)
{
    struct plug_sock *p[2];
    char b[8];
    size_t got = 99;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_send_all(p[0], "abc", 3, NULL));
    T_OK(plug_sock_shutdown(p[0], SHUT_WR));
    T_ERR(plug_sock_recv_exact(p[1], b, sizeof b, &got), PLUG_EEOF);
    T_EQ(got, 3);
    T_MEM(b, "abc", 3);
    T_OK(plug_sock_recv_exact(p[1], b, 0, &got));
    T_EQ(got, 0);
}

T_TEST(recv_exact_keeps_what_came_before_the_time_out)
{
    struct plug_sock *p[2];
    char b[8];
    size_t got = 99;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_send_all(p[0], "abc", 3, NULL));
    T_OK(plug_sock_set_timeout(p[1], PLUG_MS(10)));
    T_ERR(plug_sock_recv_exact(p[1], b, sizeof b, &got), PLUG_ETIMEOUT);
    T_EQ(got, 3);
}

T_TEST_PLAIN(one_byte_at_a_time_is_enough)
{
    static const char *const plans[] = {
        "send:*=short(1);recv:*=short(1)", "send:*=short(3);recv:*=short(2)",
        "send:1-3=EINTR;recv:2-4=EINTR;recv:*=short(5)", "send:30%=EINTR;recv:30%=EINTR;seed:5"};
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        struct plug_sock *p[2];
        char b[TEXT];
        size_t n = 0;
        pair(p, SOCK_STREAM);
        fault(plans[i]);
        T_OK(plug_sock_send_all(p[0], text, TEXT, &n));
        T_EQ(n, TEXT);
        T_OK(plug_sock_recv_exact(p[1], b, TEXT, &n));
        T_EQ(n, TEXT);
        T_MEM(b, text, TEXT);
        T_OK(plug_sys_fault(NULL, NULL));
        end(p[0]);
        end(p[1]);
    }
}

/* With a deadline EAGAIN means wait, however often it comes. */
T_TEST_PLAIN(would_block_half_of_the_time)
{
    struct plug_sock *p[2];
    char b[TEXT];
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_set_timeout(p[0], PLUG_S(5)));
    T_OK(plug_sock_set_timeout(p[1], PLUG_S(5)));
    fault("send:50%=EAGAIN;recv:50%=EAGAIN;send:*=short(3);recv:*=short(2);seed:11");
    T_OK(plug_sock_send_all(p[0], text, TEXT, NULL));
    T_OK(plug_sock_recv_exact(p[1], b, TEXT, NULL));
    T_MEM(b, text, TEXT);
}

T_TEST_PLAIN(errors_are_told_as_they_are_with_the_count)
{
    struct plug_sock *p[2];
    size_t sent = 0, got = 0;
    char b[TEXT];
    pair(p, SOCK_STREAM);
    fault("send:3=ENOBUFS;send:*=short(10)");
    T_ERR(plug_sock_send_all(p[0], text, TEXT, &sent), -ENOBUFS);
    T_EQ(sent, 20);
    T_OK(plug_sys_fault("recv:2=ETIMEDOUT;recv:*=short(4)", NULL));
    T_ERR(plug_sock_recv_exact(p[1], b, TEXT, &got), -ETIMEDOUT); /* the kernel's, not ours */
    T_EQ(got, 4);
}

T_TEST(waitall_waits_for_all_with_a_deadline_too)
{
    struct plug_sock *p[2];
    struct plug_deadline scope;
    char b[6];
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_send_all(p[0], "abc", 3, NULL));
    T_OK(plug_sock_set_timeout(p[1], PLUG_MS(20)));
    T_EQ(T_OK(plug_sock_recv(p[1], b, sizeof b, MSG_WAITALL)), 3); /* what came in time */
    T_ERR(plug_sock_recv(p[1], b, sizeof b, MSG_WAITALL), PLUG_ETIMEOUT);
    T_OK(plug_sock_send_all(p[0], "abcdef", 6, NULL));
    plug_deadline_enter(&scope, PLUG_S(10));
    ssize_t n = plug_sock_recv(p[1], b, sizeof b, MSG_WAITALL);
    plug_deadline_leave(&scope);
    T_EQ(T_OK(n), 6);
}

/* --- up to a delimiter ----------------------------------------------------------------- */

T_TEST(recv_until_leaves_the_rest)
{
    struct plug_sock *p[2];
    char b[64];
    size_t got = 0;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_send_all(p[0], "GET /\r\n\r\nbody", 13, NULL));
    T_EQ(T_OK(plug_sock_recv_until(p[1], b, sizeof b, "\r\n\r\n", 4, &got)), 9);
    T_EQ(got, 9);
    T_MEM(b, "GET /\r\n\r\n", 9);
    T_OK(plug_sock_recv_exact(p[1], b, 4, NULL));
    T_MEM(b, "body", 4);
}

T_TEST_PLAIN(recv_until_finds_a_delimiter_cut_anywhere)
{
    for (size_t cut = 1; cut < 9; cut++)
        for (int shorten = 0; shorten < 3; shorten++) {
            struct plug_sock *p[2];
            char b[16];
            static const char *const plan[] = {NULL, "recv:*=short(1)", "recv:*=short(3)"};
            pair(p, SOCK_STREAM);
            fault(plan[shorten]);
            T_OK(plug_sock_send_all(p[0], "ab\r\r\n\r\ncd", cut, NULL));
            T_OK(plug_sock_set_timeout(p[1], PLUG_MS(10)));
            ssize_t n = plug_sock_recv_until(p[1], b, sizeof b, "\r\n\r\n", 4, NULL);
            size_t got = cut;
            if (cut >= 7) {
                T_EQ(n, 7);
            } else {
                T_ERR(n, PLUG_ETIMEOUT);
                /* the rest comes later; the caller goes on behind what it has */
                T_OK(plug_sock_send_all(p[0], &"ab\r\r\n\r\ncd"[cut], 9 - cut, NULL));
                T_OK(plug_sock_recv_exact(p[1], b + got, 7 - got, NULL));
            }
            T_MEM(b, "ab\r\r\n\r\n", 7);
            T_OK(plug_sys_fault(NULL, NULL));
            end(p[0]);
            end(p[1]);
        }
}

T_TEST(recv_until_has_a_limit)
{
    for (size_t room = 3; room <= 5; room++) { /* N - 1, N, N + 1 */
        struct plug_sock *p[2];
        char b[8];
        size_t got;
        pair(p, SOCK_STREAM);
        T_OK(plug_sock_send_all(p[0], "abc\nxyz", 7, NULL));
        ssize_t n = plug_sock_recv_until(p[1], b, room, "\n", 1, &got);
        if (room < 4)
            T_ERR(n, PLUG_ELIMIT);
        else
            T_EQ(T_OK(n), 4);
        T_EQ(got, room < 4 ? 3 : 4);
    }
}

T_TEST(recv_until_ends_with_the_stream)
{
    struct plug_sock *p[2], *d[2];
    char b[8];
    size_t got;
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_send_all(p[0], "abc", 3, NULL));
    T_OK(plug_sock_shutdown(p[0], SHUT_WR));
    T_ERR(plug_sock_recv_until(p[1], b, sizeof b, "\n", 1, &got), PLUG_EEOF);
    T_EQ(got, 3);
    T_ERR(plug_sock_recv_until(p[1], b, sizeof b, "", 0, NULL), -EINVAL);
    pair(d, SOCK_DGRAM);
    T_ERR(plug_sock_recv_until(d[1], b, sizeof b, "\n", 1, NULL), -EOPNOTSUPP);
}

/* --- pieces ---------------------------------------------------------------------------- */

/* Every way to cut 12 bytes into three pieces, at every size of partial send. */
T_TEST_PLAIN(sendv_all_survives_every_split_point)
{
    char plan[64], b[12];
    for (size_t one = 0; one <= 12; one++)
        for (size_t two = one; two <= 12; two++)
            for (int part = 1; part <= 12; part++) {
                struct plug_sock *p[2];
                struct iovec iov[3] = {{(char *)text, one},
                                       {(char *)text + one, two - one},
                                       {(char *)text + two, 12 - two}};
                struct iovec before[3];
                size_t sent = 0;
                memcpy(before, iov, sizeof iov);
                snprintf(plan, sizeof plan, "sendmsg:*=short(%d)", part);
                if (plug_sock_pair(p, AF_UNIX, SOCK_STREAM, 0) < 0)
                    T_FAIL("pair");
                int r = plug_sys_fault(plan, NULL);
                int s = plug_sock_sendv_all(p[0], iov, 3, &sent);
                int c = plug_sys_fault(NULL, NULL);
                int g = plug_sock_recv_exact(p[1], b, 12, NULL);
                plug_sock_close(p[0]);
                plug_sock_close(p[1]);
                T_OK(r);
                T_OK(s);
                T_OK(c);
                T_OK(g);
                T_EQ(sent, 12);
                T_MEM(b, text, 12);
                T_MEM(iov, before, sizeof iov);
            }
}

T_TEST_PLAIN(sendv_all_takes_more_pieces_than_the_kernel)
{
    enum { PIECES = 3000 };
    static struct iovec iov[PIECES];
    static char bytes[PIECES], got[PIECES];
    struct plug_sock *p[2];
    size_t sent = 0;
    for (int i = 0; i < PIECES; i++) {
        bytes[i] = (char)i;
        iov[i] = (struct iovec){&bytes[i], 1};
    }
    pair(p, SOCK_STREAM);
    T_ERR(plug_sock_sendv(p[0], iov, 1025, 0), -EMSGSIZE);
    T_OK(plug_sock_sendv_all(p[0], iov, PIECES, &sent));
    T_EQ(sent, PIECES);
    T_OK(plug_sock_recv_exact(p[1], got, PIECES, NULL));
    T_MEM(got, bytes, PIECES);
}

T_TEST_PLAIN(recvv_fills_pieces_in_order)
{
    struct plug_sock *p[2];
    char a[2], b[3], c[16];
    struct iovec iov[] = {{a, sizeof a}, {b, sizeof b}, {c, sizeof c}};
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_send_all(p[0], "abcdefgh", 8, NULL));
    T_EQ(T_OK(plug_sock_recvv(p[1], iov, 3, 0)), 8);
    T_MEM(a, "ab", 2);
    T_MEM(b, "cde", 3);
    T_MEM(c, "fgh", 3);
}

/* --- files ----------------------------------------------------------------------------- */

static int file_with(const char *bytes, size_t len)
{
    int fd = memfd_create("file", MFD_CLOEXEC);
    t_own_fd(fd);
    T_EQ(write(fd, bytes, len), len);
    T_EQ(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void expect(struct plug_sock *s, const char *bytes, size_t len)
{
    char b[128];
    T_OK(plug_sock_recv_exact(s, b, len, NULL));
    T_MEM(b, bytes, len);
}

T_TEST(sendfile_sends_to_the_end_from_the_position)
{
    struct plug_sock *p[2];
    uint64_t sent = 0;
    int fd = file_with(text, TEXT);
    pair(p, SOCK_STREAM);
    lseek(fd, 4, SEEK_SET);
    T_OK(plug_sock_sendfile(p[0], fd, NULL, 0, &sent));
    T_EQ(sent, TEXT - 4);
    T_EQ(lseek(fd, 0, SEEK_CUR), TEXT);
    expect(p[1], text + 4, TEXT - 4);
}

T_TEST(sendfile_keeps_the_position_when_given_an_offset)
{
    struct plug_sock *p[2];
    uint64_t sent = 0;
    off_t at = 10;
    int fd = file_with(text, TEXT);
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_sendfile(p[0], fd, &at, 5, &sent));
    T_EQ(sent, 5);
    T_EQ(at, 15);
    T_EQ(lseek(fd, 0, SEEK_CUR), 0);
    expect(p[1], text + 10, 5);
}

T_TEST(sendfile_tells_of_a_file_that_ends_early)
{
    struct plug_sock *p[2], *d[2];
    uint64_t sent = 0;
    off_t at = 40;
    int fd = file_with(text, TEXT);
    pair(p, SOCK_STREAM);
    T_ERR(plug_sock_sendfile(p[0], fd, &at, 100, &sent), PLUG_EEOF);
    T_EQ(sent, TEXT - 40);
    pair(d, SOCK_DGRAM);
    T_ERR(plug_sock_sendfile(d[0], fd, NULL, 0, NULL), -EOPNOTSUPP);
}

T_TEST_PLAIN(sendfile_reads_where_the_kernel_will_not)
{
    struct plug_sock *p[2];
    uint64_t sent = 0;
    int io[2];
    pair(p, SOCK_STREAM);
    T_EQ(pipe2(io, O_CLOEXEC), 0);
    t_own_fd(io[0]);
    T_EQ(write(io[1], text, TEXT), TEXT);
    close(io[1]);
    T_OK(plug_sock_sendfile(p[0], io[0], NULL, 0, &sent));
    T_EQ(sent, TEXT);
    expect(p[1], text, TEXT);
}

T_TEST_PLAIN(sendfile_by_hand_is_exact_on_failure)
{
    struct plug_sock *p[2];
    uint64_t sent = 0;
    off_t at = 0;
    int fd = file_with(text, TEXT);
    pair(p, SOCK_STREAM);
    fault("sendfile:*=ENOSYS;send:3=ENOBUFS;send:*=short(7)");
    T_ERR(plug_sock_sendfile(p[0], fd, &at, 0, &sent), -ENOBUFS);
    T_EQ(sent, 14);
    T_EQ(at, 14);
    T_OK(plug_sys_fault("sendfile:*=EINVAL;send:3=ENOBUFS;send:*=short(7)", NULL));
    T_ERR(plug_sock_sendfile(p[0], fd, NULL, 20, &sent), -ENOBUFS);
    T_EQ(sent, 14);
    T_EQ(lseek(fd, 0, SEEK_CUR), 14);
    T_OK(plug_sys_fault("sendfile:*=short(3)", NULL));
    T_OK(plug_sock_sendfile(p[0], fd, NULL, 20, &sent));
    T_EQ(sent, 20);
    T_OK(plug_sys_fault(NULL, NULL));
    expect(p[1], text, 14);
    expect(p[1], text, 34);
}

T_TEST(sendfile_keeps_its_deadline)
{
    struct plug_sock *p[2];
    uint64_t sent = 0;
    int fd = memfd_create("file", MFD_CLOEXEC);
    t_own_fd(fd);
    T_EQ(ftruncate(fd, 8 << 20), 0);
    pair(p, SOCK_STREAM);
    T_OK(plug_sock_set_timeout(p[0], PLUG_MS(20)));
    T_ERR(plug_sock_sendfile(p[0], fd, NULL, 0, &sent), PLUG_ETIMEOUT);
    T_TRUE(sent > 0 && sent < 8 << 20);
    T_EQ(lseek(fd, 0, SEEK_CUR), sent);
    T_OK(plug_sock_set_timeout(p[0], PLUG_FOREVER));
    struct plug_deadline scope;
    plug_deadline_enter(&scope, PLUG_MS(20));
    int r = plug_sock_sendfile(p[0], fd, NULL, 0, &sent);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
}
