/* SPDX-License-Identifier: MIT */
/*
 * Shows    a TCP server of four steps: listen, accept, receive, send; with a timeout per client
 * Needs    nothing
 * Run      upper_server [tcp://127.0.0.1:8888]
 * Try with upper_client tcp://127.0.0.1:8888 hello
 */
#include <plug.h>
#include <ctype.h>
#include <stdio.h>

static int upper(struct plug_sock *conn)
{
    char b[4096];
    ssize_t n;
    while ((n = plug_sock_recv(conn, b, sizeof b, 0)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            b[i] = (char)toupper((unsigned char)b[i]);
        if ((n = plug_sock_send_all(conn, b, (size_t)n, NULL)) < 0)
            break;
    }
    return (int)n;
}

static int serve(struct plug_sock *listener)
{
    struct plug_sock *conn;
    int rc;
    while ((rc = plug_sock_accept(listener, &conn, NULL)) >= 0) {
        if ((rc = plug_sock_set_timeout(conn, PLUG_S(10))) >= 0)
            rc = upper(conn);
        if (rc < 0)
            fprintf(stderr, "client: %s\n", plug_strerror(rc));
        plug_sock_close(conn);
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct plug_sock *listener;
    struct plug_addr addr;
    char text[PLUG_ADDR_TEXT];
    int rc = plug_listen(&listener, argc > 1 ? argv[1] : "tcp://127.0.0.1:8888", NULL);
    if (rc >= 0 && (rc = plug_sock_local(listener, &addr)) >= 0) {
        plug_addr_text(&addr, text, sizeof text);
        fprintf(stderr, "listening on tcp://%s\n", text);
        rc = serve(listener);
        plug_sock_close(listener);
    }
    fprintf(stderr, "upper_server: %s\n", plug_strerror(rc));
    return 1;
}
