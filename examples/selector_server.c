/* SPDX-License-Identifier: MIT */
/*
 * Shows    many clients in one thread with plug_selector; PLUG_BACKEND=poll chooses another way
 * Needs    nothing
 * Run      selector_server [tcp://127.0.0.1:8888]
 * Try with upper_client tcp://127.0.0.1:8888 hello
 */
#include "upper.h"

static void welcome(struct plug_selector *s, struct plug_sock *c)
{
    if (c && plug_selector_add(s, plug_sock_fd(c), PLUG_READ, c) < 0)
        plug_sock_close(c);
}

static int serve(struct plug_sock *l)
{
    struct plug_selector *s;
    struct plug_event ready[64];
    int n, rc = plug_selector_open(&s, PLUG_BACKEND_AUTO);
    if (rc >= 0)
        rc = plug_selector_add(s, plug_sock_fd(l), PLUG_READ, l);
    while (rc >= 0 && (rc = n = plug_selector_wait(s, ready, 64, PLUG_FOREVER)) >= 0)
        for (int i = 0; i < n && rc >= 0; i++)
            if (ready[i].data == l) {
                welcome(s, upper_accept(l));
            } else if (upper_answer(ready[i].data) < 0) {
                rc = plug_selector_del(s, ready[i].fd);
                plug_sock_close(ready[i].data);
            }
    return rc;
}

int main(int argc, char **argv)
{
    return upper_main(argc, argv, serve);
}
