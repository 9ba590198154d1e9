/* SPDX-License-Identifier: MIT */
/* Up to 64 datagrams in each system call: recvmmsg(2), sendmmsg(2). */
#include "versus.h"

enum { BATCH = 64, ROOM = 2048 };

int main(void)
{
    static char buf[BATCH][ROOM];
    static struct sockaddr_in from[BATCH];
    static struct iovec iov[BATCH];
    static struct mmsghdr m[BATCH];
    int fd = versus_bind(SOCK_DGRAM);
    versus_announce(fd, "udp");
    for (;;) {
        for (int i = 0; i < BATCH; i++) {
            iov[i] = (struct iovec){buf[i], ROOM};
            m[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                           .msg_namelen = sizeof from[i],
                                           .msg_iov = &iov[i],
                                           .msg_iovlen = 1};
        }
        int n = recvmmsg(fd, m, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < n; i++)
            iov[i].iov_len = m[i].msg_len;
        for (int done = 0, r; done<n; done += r> 0 ? r : 1)
            r = sendmmsg(fd, m + done, (unsigned)(n - done), 0);
    }
}
