/* SPDX-License-Identifier: MIT */
#ifndef VERSUS_H
#define VERSUS_H
/*
 * What every server here needs: a listener on loopback, and a line that says where.
 *
 * A server is NAME [BUFFER]: BUFFER is how many bytes it reads at once, where that is its own
 * choice. It says "listening on tcp://127.0.0.1:PORT" on stderr and serves until it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define VERSUS_BACKLOG 4096
#define VERSUS_HOT     65536 /* the buffer that callbacks share, and the largest there is */

static inline __attribute__((noreturn)) void die(const char *what)
{
    perror(what);
    exit(2);
}

/* A result that must not be negative: -1 with errno, or the error itself. */
static inline int need(int result, const char *what)
{
    if (result < -1)
        errno = -result;
    if (result < 0)
        die(what);
    return result;
}

/* The first argument, a number of bytes; 2048 without one. */
static inline size_t versus_buffer(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 2048;
    return n && n <= VERSUS_HOT ? n : VERSUS_HOT;
}

/* Allows as many descriptors as it may: how many. */
static inline unsigned versus_descriptors(void)
{
    struct rlimit r;
    need(getrlimit(RLIMIT_NOFILE, &r), "getrlimit");
    r.rlim_cur = r.rlim_max;
    need(setrlimit(RLIMIT_NOFILE, &r), "setrlimit");
    return r.rlim_cur < UINT16_MAX ? (unsigned)r.rlim_cur : UINT16_MAX;
}

static inline void versus_announce(int fd, const char *scheme)
{
    struct sockaddr_in sa;
    socklen_t len = sizeof sa;
    need(getsockname(fd, (struct sockaddr *)&sa, &len), "getsockname");
    fprintf(stderr, "listening on %s://127.0.0.1:%d\n", scheme, ntohs(sa.sin_port));
}

/* A bound socket on a port of the kernel's choice; flags: SOCK_STREAM or SOCK_DGRAM and more. */
static inline int versus_bind(int flags)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = need(socket(AF_INET, flags | SOCK_CLOEXEC, 0), "socket");
    need(bind(fd, (struct sockaddr *)&sa, sizeof sa), "bind");
    return fd;
}

/* A listener, announced; flags: SOCK_NONBLOCK or 0. */
static inline int versus_listen(int flags)
{
    signal(SIGPIPE, SIG_IGN);
    versus_descriptors();
    int fd = versus_bind(SOCK_STREAM | flags);
    need(listen(fd, VERSUS_BACKLOG), "listen");
    versus_announce(fd, "tcp");
    return fd;
}

#endif
