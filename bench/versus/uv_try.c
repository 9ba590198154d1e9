/* SPDX-License-Identifier: MIT */
/* links: uv */
/* libuv at its fastest: one hot buffer, uv_try_write at once, uv_write only for what is left. */
#include "versus.h"

#include <uv.h>

struct write {
    uv_write_t req;
    char bytes[];
};

static char hot[VERSUS_HOT];

static void on_closed(uv_handle_t *h)
{
    free(h);
}

static void on_room(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    (void)h;
    (void)suggested;
    *buf = uv_buf_init(hot, sizeof hot);
}

static void on_written(uv_write_t *req, int status)
{
    (void)status;
    free(req);
}

static void write_later(uv_stream_t *s, const char *bytes, size_t len)
{
    struct write *w = malloc(sizeof *w + len);
    if (!w)
        die("malloc");
    memcpy(w->bytes, bytes, len);
    uv_buf_t b = uv_buf_init(w->bytes, (unsigned)len);
    uv_write(&w->req, s, &b, 1, on_written);
}

static void on_data(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    if (n > 0) {
        uv_buf_t b = uv_buf_init(buf->base, (unsigned)n);
        int sent = uv_try_write(s, &b, 1);
        sent = sent == UV_EAGAIN ? 0 : sent;
        if (sent >= 0 && sent < n)
            write_later(s, buf->base + sent, (size_t)(n - sent));
    } else if (n < 0) {
        uv_close((uv_handle_t *)s, on_closed);
    }
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
