/* SPDX-License-Identifier: MIT */
/* links: uv */
/* libuv as its guide shows it: a buffer and a write request for every message, both allocated. */
#include "versus.h"

#include <uv.h>

struct write {
    uv_write_t req;
    uv_buf_t buf;
};

static void on_closed(uv_handle_t *h)
{
    free(h);
}

static void on_room(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    (void)h;
    *buf = uv_buf_init(malloc(suggested), (unsigned)suggested);
}

static void on_written(uv_write_t *req, int status)
{
    struct write *w = (struct write *)req;
    (void)status;
    free(w->buf.base);
    free(w);
}

static void on_data(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    if (n > 0) {
        struct write *w = malloc(sizeof *w);
        w->buf = uv_buf_init(buf->base, (unsigned)n);
        uv_write(&w->req, s, &w->buf, 1, on_written);
        return;
    }
    if (n < 0)
        uv_close((uv_handle_t *)s, on_closed);
    free(buf->base);
}

static void on_connection(uv_stream_t *listener, int status)
{
    uv_tcp_t *c = malloc(sizeof *c);
    if (status < 0 || !c)
        die("accept");
    uv_tcp_init(listener->loop, c);
    if (uv_accept(listener, (uv_stream_t *)c) == 0)
        uv_read_start((uv_stream_t *)c, on_room, on_data);
    else
        uv_close((uv_handle_t *)c, on_closed);
}

int main(void)
{
    uv_tcp_t listener;
    int fd = versus_listen(SOCK_NONBLOCK);
    uv_tcp_init(uv_default_loop(), &listener);
    need(uv_tcp_open(&listener, fd), "uv_tcp_open");
    need(uv_listen((uv_stream_t *)&listener, VERSUS_BACKLOG, on_connection), "uv_listen");
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
