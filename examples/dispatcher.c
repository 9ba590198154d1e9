/* SPDX-License-Identifier: MIT */
/*
 * Shows    the echo server of asyncore's manual: a dispatcher that listens, one for each client
 * Needs    nothing
 * Run      dispatcher [127.0.0.1:8888]
 * Try with nc 127.0.0.1 8888
 */
#include "dispatch.h"

static int echo(struct plug_dispatcher *d)
{
    char b[8192];
    ssize_t n = plug_dispatcher_recv(d, b, sizeof b);
    return n > 0 ? plug_dispatcher_write(d, b, (size_t)n) : (int)n; /* at its end: handle_close */
}

static int welcome(struct plug_dispatcher *d, struct plug_sock *conn, const struct plug_addr *peer)
{
    static const struct plug_dispatcher_ops ops = {.size = sizeof ops, .handle_read = echo};
    struct plug_dispatcher *client = NULL;
    (void)peer;
    if (plug_dispatcher_open(&client, plug_dispatcher_map(d), &ops, NULL) == 0) {
        plug_dispatcher_set_max_out(client, 1 << 20); /* who reads less is closed */
        if (plug_dispatcher_set_sock(client, conn) == 0)
            return 0;
    }
    plug_dispatcher_close(client);
    plug_sock_close(conn);
    return 0; /* it goes on for the others */
}

int main(int argc, char **argv)
{
    static const struct plug_dispatcher_ops ops = {.size = sizeof ops, .handle_accepted = welcome};
    return dispatch_main(argc, argv, &ops);
}
