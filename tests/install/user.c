/* SPDX-License-Identifier: MIT */
/* What a user of the installed library writes: a greeting over loopback. */
#include <plug.h>
#include <stdio.h>

static int greet(struct plug_sock *listener, char *line, size_t len)
{
    struct plug_addr addr;
    struct plug_sock *client = NULL, *conn = NULL;
    char text[PLUG_ADDR_TEXT];
    int rc = plug_sock_local(listener, &addr);
    if (rc >= 0) {
        plug_addr_text(&addr, text, sizeof text);
        rc = plug_dial(&client, text, NULL, NULL);
    }
    if (rc >= 0)
        rc = plug_sock_accept(listener, &conn, NULL);
    if (rc >= 0)
        rc = plug_sock_send_all(client, "hello", 5, NULL);
    if (rc >= 0)
        rc = plug_sock_recv_exact(conn, line, len, NULL);
    plug_sock_close(conn);
    plug_sock_close(client);
    return rc;
}

int main(void)
{
    struct plug_sock *listener;
    char line[6] = "";
    int rc = plug_listen(&listener, "tcp://127.0.0.1:0", NULL);
    if (rc >= 0) {
        rc = greet(listener, line, 5);
        plug_sock_close(listener);
    }
    if (rc < 0) {
        fprintf(stderr, "greeting: %s\n", plug_strerror(rc));
        return 1;
    }
    printf("plug %s over loopback: %s\n", plug_version(), line);
    return 0;
}
