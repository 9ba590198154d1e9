/* SPDX-License-Identifier: MIT */
/*
 * The limit: what a careful person writes by hand. Registered once, one hot buffer for everybody,
 * the reply sent at once, no read in vain: a short read was the last one.
 *
 * Edge-triggered, which is the faster way for small messages; where the argument says bulk, level-
 * triggered with one read for each event, or a connection that always has more starves the others.
 */
#include "versus.h"

#include <sys/epoll.h>

struct conn {
    int fd;
    bool ended;         /* the peer has said so, or failed */
    size_t begin, left; /* of what could not be sent yet */
    char *unsent;       /* VERSUS_HOT bytes, from the first time on */
};

static int epfd;
static bool bulk;
static char hot[VERSUS_HOT];

static void end(struct conn *c)
{
    close(c->fd);
    free(c->unsent);
    free(c);
}

static void watch(struct conn *c, int op, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = c};
    if (!bulk)
        e.events |= EPOLLRDHUP | EPOLLET;
    need(epoll_ctl(epfd, op, c->fd, &e), "epoll_ctl");
}

static void add(int fd)
{
    struct conn *c = calloc(1, sizeof *c);
    if (!c)
        die("calloc");
    c->fd = fd;
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

static void accept_all(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        add(fd);
}

static void keep(struct conn *c, const char *bytes, size_t len)
{
    if (!c->unsent) {
        c->unsent = malloc(VERSUS_HOT);
        if (!c->unsent)
            die("malloc");
        if (!bulk)
            watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    }
    if (bulk)
        watch(c, EPOLL_CTL_MOD, EPOLLOUT);
    memcpy(c->unsent, bytes, len);
    c->begin = 0;
    c->left = len;
}

/* False: the connection is over. */
static bool reply(struct conn *c, const char *bytes, size_t len)
{
    ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);
    if (n == (ssize_t)len)
        return true;
    if (n < 0 && errno != EAGAIN)
        return false;
    n = n < 0 ? 0 : n;
    keep(c, bytes + n, len - (size_t)n);
    return true;
}

/* Sends what was left; false: the connection is over. */
static bool flush(struct conn *c)
{
    ssize_t n = send(c->fd, c->unsent + c->begin, c->left, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN;
    c->begin += (size_t)n;
    c->left -= (size_t)n;
    if (bulk && !c->left)
        watch(c, EPOLL_CTL_MOD, EPOLLIN);
    return true;
}

static bool echo(struct conn *c)
{
    ssize_t n = sizeof hot;
    while (!c->left && (n == sizeof hot || c->ended)) {
        n = recv(c->fd, hot, sizeof hot, 0);
        if (n <= 0)
            return n < 0 && errno == EAGAIN;
        if (!reply(c, hot, (size_t)n))
            return false;
        if (bulk)
            return true;
    }
    return true;
}

static void serve(struct conn *c, uint32_t events)
{
    c->ended = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    if ((c->left && !flush(c)) || !echo(c))
        end(c);
}

int main(int argc, char **argv)
{
    struct epoll_event events[256];
    int listener = versus_listen(SOCK_NONBLOCK);
    bulk = versus_buffer(argc, argv) == VERSUS_HOT;
    epfd = need(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    need(epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &e), "epoll_ctl");
    for (;;) {
        int n = epoll_wait(epfd, events, 256, -1);
        for (int i = 0; i < n; i++)
            if (!events[i].data.ptr)
                accept_all(listener);
            else
                serve(events[i].data.ptr, events[i].events);
    }
}
