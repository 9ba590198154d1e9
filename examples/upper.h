/* SPDX-License-Identifier: MIT */
/* What select_server, poll_server, epoll_server, selector_server share: all but the waiting. */
#ifndef UPPER_H
#define UPPER_H
#include <plug.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static inline void upper_case(char *b, ssize_t n)
{
    for (ssize_t i = 0; i < n; i++)
        b[i] = (char)toupper((unsigned char)b[i]);
}

/*
 * One piece back in upper case: 1; 0: nothing there yet; < 0: the client ended it. It waits only
 * for a client that does not read, a second at most.
 */
static inline int upper_answer(struct plug_sock *c)
{
    char b[4096];
    ssize_t n = plug_sock_recv(c, b, sizeof b, MSG_DONTWAIT);
    if (n <= 0)
        return n == -EAGAIN ? 0 : -1;
    upper_case(b, n);
    return plug_sock_send_all(c, b, (size_t)n, NULL) < 0 ? -1 : 1;
}

/* The next client, or NULL: gone again, or no descriptors are left, then waiting a little helps. */
static inline struct plug_sock *upper_accept(struct plug_sock *l)
{
    struct plug_sock *c;
    int rc = plug_sock_accept(l, &c, NULL);
    if (rc >= 0 && plug_sock_set_timeout(c, PLUG_S(1)) >= 0)
        return c;
    if (rc >= 0)
        plug_sock_close(c);
    else if (rc != -EAGAIN)
        (void)!plug_sleep(PLUG_MS(10));
    return NULL;
}

/* Listens at argv[1], says where, serves; for main to return. */
static inline int upper_main(int argc, char **argv, int (*serve)(struct plug_sock *l))
{
    struct plug_sock *l = NULL;
    struct plug_addr at;
    char text[PLUG_ADDR_TEXT];
    int rc = plug_listen(&l, argc > 1 ? argv[1] : "tcp://127.0.0.1:8888", NULL);
    if (rc >= 0 && (rc = plug_sock_set_timeout(l, PLUG_NOWAIT)) >= 0 &&
        (rc = plug_sock_local(l, &at)) >= 0) {
        plug_addr_text(&at, text, sizeof text);
        fprintf(stderr, "listening on tcp://%s\n", text);
        rc = serve(l);
    }
    plug_sock_close(l);
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", argv[0], plug_strerror(rc));
    return rc < 0;
}
#endif
