/* SPDX-License-Identifier: MIT */
/* links: event_core */
/* libevent's bufferevents: what came in moves to the output buffer. */
#include "versus.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

static void on_data(struct bufferevent *b, void *arg)
{
    (void)arg;
    bufferevent_write_buffer(b, bufferevent_get_input(b));
}

static void on_event(struct bufferevent *b, short events, void *arg)
{
    (void)arg;
    if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        bufferevent_free(b);
}

static void on_connection(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa,
                          int len, void *base)
{
    struct bufferevent *b = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    (void)l;
    (void)sa;
    (void)len;
    if (!b)
        die("bufferevent_socket_new");
    bufferevent_setcb(b, on_data, NULL, on_event, NULL);
    bufferevent_enable(b, EV_READ | EV_WRITE);
}

int main(void)
{
    int fd = versus_listen(SOCK_NONBLOCK);
    struct event_base *base = event_base_new();
    if (!base || !evconnlistener_new(base, on_connection, base, LEV_OPT_CLOSE_ON_EXEC, 0, fd))
        die("evconnlistener_new");
    return event_base_dispatch(base);
}
