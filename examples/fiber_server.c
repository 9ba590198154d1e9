/* SPDX-License-Identifier: MIT */
/*
 * Shows    a fiber for each client, a queue that they share, and the end of all by cancellation
 * Needs    nothing
 * Run      fiber_server [tcp://127.0.0.1:8888]
 * Try with upper_client tcp://127.0.0.1:8888 hello, then: upper_client tcp://127.0.0.1:8888 quit
 */
#include "upper.h"

static struct plug_queue *sizes; /* of what clients sent */
static struct plug_scope clients;

static int answer(void *c)
{
    char b[4096];
    for (ssize_t n; (n = plug_sock_recv(c, b, sizeof b, 0)) > 0;) {
        if (n >= 4 && memcmp(b, "quit", 4) == 0)
            plug_queue_end(sizes);
        upper_case(b, n);
        if (plug_queue_put(sizes, &n) < 0 || plug_sock_send_all(c, b, (size_t)n, NULL) < 0)
            break;
    }
    plug_sock_close(c);
    return 0; /* a client that fails is no failure of the server */
}

static int accept_all(void *listener)
{
    int rc;
    for (struct plug_sock *c; (rc = plug_sock_accept(listener, &c, NULL)) >= 0;)
        if (plug_fiber_spawn(&clients, answer, c, "client", NULL) < 0)
            plug_sock_close(c);
    plug_queue_end(sizes);
    return rc == -ECANCELED ? 0 : rc;
}

static int serve(void *listener)
{
    ssize_t n, sum = 0;
    plug_scope_open(&clients, PLUG_FOREVER);
    int rc = plug_fiber_spawn(&clients, accept_all, listener, "accept", NULL);
    while (rc >= 0 && plug_queue_get(sizes, &n) >= 0) /* until somebody says quit */
        sum += n;
    plug_scope_cancel(&clients);             /* every wait of theirs ends, */
    int failed = plug_scope_close(&clients); /* and so do they */
    return printf("%zd bytes\n", sum) < 0 ? -EIO : rc < 0 ? rc : failed;
}

static int run(struct plug_sock *l)
{
    int rc = plug_sock_set_timeout(l, PLUG_FOREVER);
    if (rc >= 0 && (rc = plug_queue_open(&sizes, sizeof(ssize_t), 16)) >= 0)
        rc = plug_fiber_run(serve, l, NULL);
    return rc;
}

int main(int argc, char **argv)
{
    return upper_main(argc, argv, run);
}
