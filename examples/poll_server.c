/* SPDX-License-Identifier: MIT */
/*
 * Shows    many clients in one thread with plug_poll: a set, changed when they come and go
 * Needs    nothing
 * Run      poll_server [tcp://127.0.0.1:8888]
 * Try with upper_client tcp://127.0.0.1:8888 hello
 */
#include "upper.h"

#define MAX 1024
static struct plug_sock *conn[MAX]; /* by descriptor */

static void welcome(struct plug_poll *p, struct plug_sock *c)
{
    if (c && plug_sock_fd(c) < MAX && plug_poll_set(p, plug_sock_fd(c), POLLIN) >= 0)
        conn[plug_sock_fd(c)] = c;
    else
        plug_sock_close(c);
}

static int serve(struct plug_sock *l)
{
    struct plug_poll *p;
    struct plug_event ev[64];
    int n, rc = plug_poll_open(&p);
    if (rc >= 0)
        rc = plug_poll_set(p, plug_sock_fd(l), POLLIN);
    while (rc >= 0 && (rc = n = plug_poll_wait(p, ev, 64, PLUG_FOREVER)) >= 0)
        for (int i = 0; i < n && rc >= 0; i++) {
            struct plug_sock *c = conn[ev[i].fd];
            if (ev[i].fd == plug_sock_fd(l)) {
                welcome(p, upper_accept(l));
            } else if (upper_answer(c) < 0) {
                rc = plug_poll_remove(p, ev[i].fd);
                plug_sock_close(c);
            }
        }
    return rc;
}

int main(int argc, char **argv)
{
    return upper_main(argc, argv, serve);
}
