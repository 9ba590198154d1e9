/* SPDX-License-Identifier: MIT */
#include "fds.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

static void own_both(int p[2])
{
    t_own_fd(p[0]);
    t_own_fd(p[1]);
}

void fds_pipe(int p[2])
{
    T_OK(plug_sys()->pipe2(p, O_CLOEXEC | O_NONBLOCK));
    own_both(p);
}

void fds_pair(int p[2])
{
    T_OK(plug_sys()->socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, p));
    own_both(p);
}

void fds_disown(int fd)
{
    t_disown((void *)(intptr_t)fd);
}

void fds_close(int fd)
{
    fds_disown(fd);
    (void)!plug_fd_close(fd);
}

void fds_put(int fd)
{
    T_EQ(T_OK(plug_sys()->write(fd, "x", 1)), 1);
}

void fds_take(int fd)
{
    char x;
    T_EQ(T_OK(plug_sys()->read(fd, &x, 1)), 1);
}

void fds_fill(int fd)
{
    static const char zeros[4096];
    ssize_t n;
    t_whole_transfers();
    while ((n = plug_sys()->write(fd, zeros, sizeof zeros)) > 0) {
    }
    T_ERR(n, -EAGAIN);
}

static struct rlimit before;

static void limit_back(void *unused)
{
    (void)unused;
    setrlimit(RLIMIT_NOFILE, &before);
}

void fds_need(unsigned n)
{
    struct rlimit want;
    getrlimit(RLIMIT_NOFILE, &before);
    want = before;
    if (want.rlim_max < n)
        T_SKIP("the hard limit of descriptors is %llu", (unsigned long long)want.rlim_max);
    if (want.rlim_cur < n)
        want.rlim_cur = n;
    T_OWN(limit_back, NULL);
    setrlimit(RLIMIT_NOFILE, &want);
}
