/* SPDX-License-Identifier: MIT */
/* One connection: made, sent through, received from, ended. */
#include "load.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>

static void watch(struct load *l, struct load_conn *n, int op, unsigned events)
{
    struct epoll_event e = {.events = events, .data.u64 = (uint64_t)(n - l->conn)};
    int err = plug_sys()->epoll_ctl(l->epfd, op, n->fd, &e);

    if (err < 0)
        load_end(l, n, err);
}

void load_end(struct load *l, struct load_conn *n, int err)
{
    if (n->state == LOAD_OVER)
        return;
    l->pending -= n->state == LOAD_CONNECTING;
    if (err < 0) {
        load_error(l, err);
        l->lost += n->state == LOAD_BUSY;
    }
    n->seq += n->state == LOAD_BUSY;
    n->state = LOAD_OVER;
    l->live--;
    (void)plug_sys()->close(n->fd);
}

/* --- connecting ------------------------------------------------------------------------------- */

/* One source address has some 28,000 ports; 127.0.0.0/8 has many addresses. */
static int bind_source(const struct load *l, size_t index, int fd)
{
    uint8_t host[4] = {127, 0, (uint8_t)(index / LOAD_PER_SOURCE >> 8),
                       (uint8_t)(index / LOAD_PER_SOURCE + 1)};
    const uint8_t *to = plug_addr_bytes(&l->addr, NULL);
    struct plug_addr source;
    int on = 1, err;

    if (plug_addr_family(&l->addr) == AF_UNIX && l->type == SOCK_DGRAM) {
        err = plug_addr_unix("", 0, &source); /* without a name there is no answer */
        return err < 0 ? err : plug_sys()->bind(fd, &source.sa, source.len);
    }
    if (index < LOAD_PER_SOURCE || plug_addr_family(&l->addr) != AF_INET || to[0] != 127)
        return 0;
    plug_addr_ip4(host, 0, &source);
    (void)plug_sys()->setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    return plug_sys()->bind(fd, &source.sa, source.len);
}

/* >= 0: it has begun; -EAGAIN: later. */
static int begin(struct load *l, struct load_conn *n)
{
    int family = plug_addr_family(&l->addr), on = 1, err;

    n->fd = plug_sys()->socket(family, l->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (n->fd < 0)
        return n->fd;
    if (l->type == SOCK_STREAM && family != AF_UNIX)
        (void)plug_sys()->setsockopt(n->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    err = bind_source(l, (size_t)(n - l->conn), n->fd);
    if (err == 0)
        err = plug_sys()->connect(n->fd, &l->addr.sa, l->addr.len);
    if (err == 0 || err == -EINPROGRESS)
        return 0;
    (void)plug_sys()->close(n->fd);
    return err;
}

void load_adopt(struct load *l, int fd)
{
    l->conn[0] = (struct load_conn){.fd = fd, .state = LOAD_CONNECTING, .sent_at = plug_now()};
    l->started = l->pending = l->live = 1;
    watch(l, &l->conn[0], EPOLL_CTL_ADD, EPOLLOUT);
}

void load_connect(struct load *l)
{
    while (l->started < l->o.connections && l->pending < LOAD_CONNECTING_MAX) {
        struct load_conn *n = &l->conn[l->started];
        int err = begin(l, n);

        if (err == -EAGAIN)
            return;
        l->started++;
        *n = (struct load_conn){.fd = n->fd, .state = LOAD_CONNECTING, .sent_at = l->now};
        if (err < 0) {
            n->state = LOAD_OVER;
            load_error(l, err);
            continue;
        }
        l->pending++;
        l->live++;
        watch(l, n, EPOLL_CTL_ADD, EPOLLOUT);
    }
}

static void connected(struct load *l, struct load_conn *n)
{
    socklen_t len = sizeof(int);
    int error = 0, err = plug_sys()->getsockopt(n->fd, SOL_SOCKET, SO_ERROR, &error, &len);

    err = err < 0 ? err : -error;
    if (err < 0) {
        load_end(l, n, err);
        return;
    }
    l->pending--;
    l->connected++;
    n->state = LOAD_IDLE;
    watch(l, n, EPOLL_CTL_MOD, EPOLLIN);
}

/* --- sending ---------------------------------------------------------------------------------- */

static const uint8_t *message(const struct load *l, const struct load_conn *n, uint64_t seq)
{
    uint64_t variant = seq * 2654435761u + (uint64_t)(n - l->conn) * 40503u;

    return l->messages + variant % l->variants * l->whole;
}

static void push(struct load *l, struct load_conn *n)
{
    const uint8_t *m = message(l, n, n->seq);

    while (n->sent < l->whole) {
        ssize_t sent = plug_sys()->send(n->fd, m + n->sent, l->whole - n->sent, MSG_NOSIGNAL);

        if (sent == -EINTR)
            continue;
        if (sent == -EAGAIN) {
            if (!n->wants_out)
                watch(l, n, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            n->wants_out = true;
            return;
        }
        if (sent < 0) {
            load_end(l, n, (int)sent);
            return;
        }
        n->sent += (size_t)sent;
    }
    if (n->wants_out) {
        n->wants_out = false;
        watch(l, n, EPOLL_CTL_MOD, EPOLLIN);
    }
}

void load_send(struct load *l, struct load_conn *n, int64_t since)
{
    n->state = LOAD_BUSY;
    n->sent = n->got = 0;
    n->since = since;
    n->sent_at = l->now;
    push(l, n);
}

static void done(struct load *l, struct load_conn *n)
{
    n->seq++;
    load_next(l, n);
}

void load_give_up(struct load *l, struct load_conn *n)
{
    if (!load_datagrams(l) || n->state != LOAD_BUSY || n->sent < l->whole) {
        load_end(l, n, PLUG_ETIMEOUT);
        return;
    }
    l->lost++;
    done(l, n);
}

/* --- receiving -------------------------------------------------------------------------------- */

static void wrong(struct load *l, struct load_conn *n)
{
    l->wrong++;
    load_end(l, n, 0);
}

/* Part of a reply on a stream, or more than the reply. */
static void got_bytes(struct load *l, struct load_conn *n, size_t len)
{
    if (n->state != LOAD_BUSY || len > n->sent - n->got ||
        memcmp(l->in, message(l, n, n->seq) + n->got, len) != 0) {
        wrong(l, n);
        return;
    }
    n->got += len;
    if (n->got == l->whole) {
        load_count(l, n);
        done(l, n);
    }
}

/* Is it the reply to a message before? */
static bool is_late(const struct load *l, const struct load_conn *n)
{
    for (uint64_t back = 1; back <= l->variants && back <= n->seq; back++)
        if (memcmp(l->in, message(l, n, n->seq - back), l->whole) == 0)
            return true;
    return false;
}

static void got_datagram(struct load *l, struct load_conn *n, size_t len)
{
    if (n->state == LOAD_BUSY && len == l->whole &&
        memcmp(l->in, message(l, n, n->seq), len) == 0) {
        load_count(l, n);
        done(l, n);
    } else if (len == l->whole && is_late(l, n)) {
        l->late++;
    } else {
        l->wrong++;
        if (n->state == LOAD_BUSY)
            done(l, n);
    }
}

static void pull(struct load *l, struct load_conn *n)
{
    ssize_t len = plug_sys()->recv(n->fd, l->in, LOAD_RECEIVE, MSG_DONTWAIT);

    if (len == -EAGAIN || len == -EINTR)
        return;
    if (len < 0 || (len == 0 && l->type == SOCK_STREAM))
        load_end(l, n, len < 0 ? (int)len : PLUG_EEOF);
    else if (load_datagrams(l))
        got_datagram(l, n, (size_t)len);
    else
        got_bytes(l, n, (size_t)len);
}

void load_ready(struct load *l, struct load_conn *n, unsigned events)
{
    if (n->state == LOAD_CONNECTING) {
        connected(l, n);
        return;
    }
    if (n->state == LOAD_BUSY && events & EPOLLOUT && n->wants_out)
        push(l, n);
    if (n->state != LOAD_OVER && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        pull(l, n);
}
