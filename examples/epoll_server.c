/* SPDX-License-Identifier: MIT */
/*
 * Shows    many clients in one thread with plug_epoll, edge triggered: told once,
 *          so it reads until nothing is left
 * Needs    nothing
 * Run      epoll_server [tcp://127.0.0.1:8888]
 * Try with upper_client tcp://127.0.0.1:8888 hello
 */
#include "upper.h"

#define EDGE (EPOLLIN | EPOLLET)

static void welcome(struct plug_epoll *e, struct plug_sock *c)
{
    if (c && plug_epoll_add(e, plug_sock_fd(c), EDGE, c) < 0)
        plug_sock_close(c);
}

/* All there is; after a few pieces it is the others' turn, and the rest is told again. */
static int answer(struct plug_epoll *e, struct plug_sock *c)
{
    int rc = 1;
    for (int turn = 0; turn < 16 && rc > 0; turn++)
        rc = upper_answer(c);
    return rc > 0 ? plug_epoll_mod(e, plug_sock_fd(c), EDGE, c) : rc;
}

static int serve(struct plug_sock *l)
{
    struct plug_epoll *e;
    struct plug_event ev[64];
    int n, rc = plug_epoll_open(&e);
    if (rc >= 0)
        rc = plug_epoll_add(e, plug_sock_fd(l), EPOLLIN, l);
    while (rc >= 0 && (rc = n = plug_epoll_wait(e, ev, 64, PLUG_FOREVER)) >= 0)
        for (int i = 0; i < n && rc >= 0; i++)
            if (ev[i].data == l) {
                welcome(e, upper_accept(l));
            } else if (answer(e, ev[i].data) < 0) {
                rc = plug_epoll_del(e, ev[i].fd);
                plug_sock_close(ev[i].data);
            }
    return rc;
}

int main(int argc, char **argv)
{
    return upper_main(argc, argv, serve);
}
