/* SPDX-License-Identifier: MIT */
/* links: uv */
/* libuv, with its way to receive many at once and to send at once what can be. */
#include "versus.h"

#include <uv.h>

static char buf[20 * 65536];

static void room(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
    (void)h, (void)suggested;
    *ret = uv_buf_init(buf, sizeof buf);
}

static void got(uv_udp_t *u, ssize_t n, const uv_buf_t *b, const struct sockaddr *from, unsigned f)
{
    (void)f;
    if (n < 0 || !from)
        return;
    uv_buf_t out = uv_buf_init(b->base, (unsigned)n);
    uv_udp_try_send(u, &out, 1, from);
}

int main(void)
{
    uv_loop_t *loop = uv_default_loop();
    uv_udp_t u;
    struct sockaddr_in sa;
    uv_os_fd_t fd;
    need(uv_ip4_addr("127.0.0.1", 0, &sa), "uv_ip4_addr");
    need(uv_udp_init_ex(loop, &u, AF_INET | UV_UDP_RECVMMSG), "uv_udp_init_ex");
    need(uv_udp_bind(&u, (struct sockaddr *)&sa, 0), "uv_udp_bind");
    need(uv_udp_recv_start(&u, room, got), "uv_udp_recv_start");
    need(uv_fileno((uv_handle_t *)&u, &fd), "uv_fileno");
    versus_announce(fd, "udp");
    return uv_run(loop, UV_RUN_DEFAULT);
}
