/* SPDX-License-Identifier: MIT */
/*
 * Shows    many clients in one thread with plug_select: each call gets the list of all of them
 * Needs    nothing
 * Run      select_server [tcp://127.0.0.1:8888]
 * Try with upper_client tcp://127.0.0.1:8888 hello
 */
#include "upper.h"

#define MAX 1024
static struct plug_sock *conn[MAX]; /* by descriptor */

static void welcome(struct plug_sock *c)
{
    if (c && plug_sock_fd(c) < MAX)
        conn[plug_sock_fd(c)] = c;
    else
        plug_sock_close(c);
}

static int serve(struct plug_sock *l)
{
    int fds[MAX], rc = 0;
    conn[plug_sock_fd(l)] = l;
    while (rc >= 0) {
        struct plug_select_list r = {fds, 0, fds, 0}; /* the ready ones take the place of all */
        for (int fd = 0; fd < MAX; fd++)
            if (conn[fd])
                fds[r.count++] = fd;
        rc = plug_select(&r, NULL, NULL, PLUG_FOREVER, NULL);
        for (size_t i = 0; rc >= 0 && i < r.ret_count; i++) {
            struct plug_sock *c = conn[fds[i]];
            if (c == l) {
                welcome(upper_accept(l));
            } else if (upper_answer(c) < 0) {
                conn[fds[i]] = NULL;
                plug_sock_close(c);
            }
        }
    }
    return rc;
}

int main(int argc, char **argv)
{
    return upper_main(argc, argv, serve);
}
