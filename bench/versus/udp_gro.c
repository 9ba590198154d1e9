/* SPDX-License-Identifier: MIT */
/* Trains stay trains: recvmmsg(2) with UDP_GRO, sendmmsg(2) with UDP_SEGMENT. */
#include "versus.h"

#include <netinet/udp.h>

enum { BATCH = 32, ROOM = 65536, CONTROL = 64 };

static char buf[BATCH][ROOM], control[BATCH][CONTROL] __attribute__((aligned(16)));
static struct sockaddr_in from[BATCH];
static struct iovec iov[BATCH];
static struct mmsghdr m[BATCH];

static void ready(int i)
{
    iov[i] = (struct iovec){buf[i], ROOM};
    m[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                   .msg_namelen = sizeof from[i],
                                   .msg_iov = &iov[i],
                                   .msg_iovlen = 1,
                                   .msg_control = control[i],
                                   .msg_controllen = CONTROL};
}

/* The size of a train's datagrams, as the kernel told it, becomes what the kernel is told. */
static void turn_round(int i)
{
    struct msghdr *h = &m[i].msg_hdr;
    struct cmsghdr *c = CMSG_FIRSTHDR(h);
    int size = c && c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO ? *(int *)CMSG_DATA(c) : 0;
    iov[i].iov_len = m[i].msg_len;
    h->msg_flags = 0;
    h->msg_controllen = 0;
    if (!size || (unsigned)size >= m[i].msg_len)
        return;
    *c = (struct cmsghdr){CMSG_LEN(sizeof(uint16_t)), SOL_UDP, UDP_SEGMENT};
    *(uint16_t *)CMSG_DATA(c) = (uint16_t)size;
    h->msg_controllen = CMSG_SPACE(sizeof(uint16_t));
}

int main(void)
{
    int on = 1, fd = versus_bind(SOCK_DGRAM), n = BATCH;
    need(setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on), "UDP_GRO");
    versus_announce(fd, "udp");
    for (;;) {
        for (int i = 0; i < n; i++)
            ready(i);
        n = recvmmsg(fd, m, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < n; i++)
            turn_round(i);
        for (int done = 0, r; done<n; done += r> 0 ? r : 1)
            r = sendmmsg(fd, m + done, (unsigned)(n - done), 0);
    }
}
