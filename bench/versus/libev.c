/* SPDX-License-Identifier: MIT */
/* links: ev */
/* libev: a watcher for each connection, one hot buffer, the reply sent at once. */
#include "versus.h"

#include <ev.h>

struct conn {
    ev_io io;
    size_t begin, left; /* of what could not be sent yet */
    char *unsent;       /* VERSUS_HOT bytes, from the first time on */
};

static char hot[VERSUS_HOT];

static void end(struct ev_loop *loop, struct conn *c)
{
    ev_io_stop(loop, &c->io);
    close(c->io.fd);
    free(c->unsent);
    free(c);
}

static void watch(struct ev_loop *loop, struct conn *c, int events)
{
    ev_io_stop(loop, &c->io);
    ev_io_set(&c->io, c->io.fd, events);
    ev_io_start(loop, &c->io);
}

static void keep(struct ev_loop *loop, struct conn *c, const char *bytes, size_t len)
{
    if (!c->unsent)
        c->unsent = malloc(VERSUS_HOT);
    if (!c->unsent)
        die("malloc");
    memcpy(c->unsent, bytes, len);
    c->begin = 0;
    c->left = len;
    watch(loop, c, EV_WRITE);
}

static void on_readable(struct ev_loop *loop, struct conn *c)
{
    ssize_t n = recv(c->io.fd, hot, sizeof hot, 0), sent;
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        end(loop, c);
        return;
    }
    sent = send(c->io.fd, hot, (size_t)n, MSG_NOSIGNAL);
    if (sent == n)
        return;
    if (sent < 0 && errno != EAGAIN)
        end(loop, c);
    else
        keep(loop, c, hot + (sent < 0 ? 0 : sent), (size_t)(sent < 0 ? n : n - sent));
}

static void on_writable(struct ev_loop *loop, struct conn *c)
{
    ssize_t n = send(c->io.fd, c->unsent + c->begin, c->left, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) {
        end(loop, c);
        return;
    }
    c->begin += n > 0 ? (size_t)n : 0;
    c->left -= n > 0 ? (size_t)n : 0;
    if (!c->left)
        watch(loop, c, EV_READ);
}

static void on_ready(struct ev_loop *loop, ev_io *io, int events)
{
    struct conn *c = (struct conn *)io;
    if (events & EV_WRITE)
        on_writable(loop, c);
    else
        on_readable(loop, c);
}

static void on_connection(struct ev_loop *loop, ev_io *listener, int events)
{
    int fd;
    (void)events;
    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct conn *c = calloc(1, sizeof *c);
        if (!c)
            die("calloc");
        ev_io_init(&c->io, on_ready, fd, EV_READ);
        ev_io_start(loop, &c->io);
    }
}

int main(void)
{
    ev_io listener;
    struct ev_loop *loop = ev_default_loop(0);
    ev_io_init(&listener, on_connection, versus_listen(SOCK_NONBLOCK), EV_READ);
    ev_io_start(loop, &listener);
    return !ev_run(loop, 0);
}
