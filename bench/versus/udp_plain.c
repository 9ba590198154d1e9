/* SPDX-License-Identifier: MIT */
/* One datagram after the other: recvfrom(2), sendto(2). */
#include "versus.h"

int main(void)
{
    static char buf[65536];
    int fd = versus_bind(SOCK_DGRAM);
    versus_announce(fd, "udp");
    for (;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &len);
        if (n >= 0)
            (void)!sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len);
    }
}
