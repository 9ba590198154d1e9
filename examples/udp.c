/* SPDX-License-Identifier: MIT */
/*
 * Shows    datagrams: boundaries, the sender's address, truncation that is told, an answer that
 * nobody
 *          gives (the ICMP error comes back on a connected socket)
 * Needs    nothing
 * Run      udp
 * Try with udp
 */
#include <plug.h>
#include <stdio.h>

static int exchange(struct plug_sock *server, struct plug_sock *client)
{
    struct plug_addr to, from;
    char b[8], text[PLUG_ADDR_TEXT];
    int flags, err = plug_sock_local(server, &to);
    ssize_t n = err < 0 ? err : plug_sock_sendto(client, "short", 5, 0, &to);
    if (n >= 0)
        n = plug_sock_sendto(client, "longer than eight", 17, 0, &to);
    for (int i = 0; i < 2 && n >= 0; i++) {
        n = plug_sock_recvfrom(server, b, sizeof b, 0, &from, &flags);
        if (n < 0)
            break;
        plug_addr_text(&from, text, sizeof text);
        printf("%zd bytes%s from %s: %.*s\n", n, flags & MSG_TRUNC ? ", the rest is lost," : "",
               plug_addr_same_host(&from, &to) ? "this machine" : text, (int)n, b);
    }
    return n < 0 ? (int)n : 0;
}

/* The port of a closed socket: the kernel answers for nobody. */
static int nobody(struct plug_sock *server, struct plug_sock *client)
{
    struct plug_addr to;
    char b[8];
    int err = plug_sock_local(server, &to);
    plug_sock_close(server);
    if (err < 0 || (err = plug_sock_connect(client, &to)) < 0)
        return err;
    ssize_t n = plug_sock_send(client, "hello?", 6, 0);
    n = n < 0 ? n : plug_sock_recv(client, b, sizeof b, 0);
    printf("and from nobody: %s\n", plug_strerror((int)n));
    return n == -ECONNREFUSED ? 0 : -EPROTO;
}

int main(void)
{
    struct plug_sock *server, *client;
    int err = plug_listen(&server, "udp://127.0.0.1:0", NULL);
    if (err >= 0 && (err = plug_listen(&client, "udp://127.0.0.1:0", NULL)) >= 0) {
        err = exchange(server, client);
        err = err < 0 ? err : nobody(server, client);
        plug_sock_close(client);
    }
    if (err < 0)
        fprintf(stderr, "udp: %s\n", plug_strerror(err));
    return err < 0;
}
