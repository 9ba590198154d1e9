/* SPDX-License-Identifier: MIT */
/*
 * Shows    UNIX sockets: a listener with a path and permissions, message boundaries of
 * SOCK_SEQPACKET,
 *          who is on the other side, the path gone afterwards
 * Needs    a directory to write to
 * Run      unix [PATH]
 * Try with unix /tmp/plug-example
 */
#include <plug.h>
#include <stdio.h>

static int talk(struct plug_sock *server, struct plug_sock *client)
{
    struct plug_cred peer;
    char b[16];
    int err = plug_sock_peer_cred(server, &peer);
    ssize_t n = err < 0 ? err : plug_sock_send(client, "one", 3, 0);
    if (n >= 0)
        n = plug_sock_send(client, "two", 3, 0);
    for (int i = 0; i < 2 && n >= 0; i++)
        if ((n = plug_sock_recv(server, b, sizeof b, 0)) > 0)
            printf("a message of %zd bytes: %.*s\n", n, (int)n, b);
    if (n >= 0)
        printf("sent by %s\n", peer.pid > 0 ? "a process this machine vouches for" : "nobody");
    return n < 0 ? (int)n : 0;
}

static int meet(struct plug_sock *listener)
{
    struct plug_sock *client, *server;
    struct plug_addr addr;
    int err = plug_sock_local(listener, &addr);
    if (err < 0 || (err = plug_sock_open(&client, AF_UNIX, SOCK_SEQPACKET, 0)) < 0)
        return err;
    if ((err = plug_sock_connect(client, &addr)) >= 0 &&
        (err = plug_sock_accept(listener, &server, NULL)) >= 0) {
        err = talk(server, client);
        plug_sock_close(server);
    }
    plug_sock_close(client);
    return err;
}

int main(int argc, char **argv)
{
    struct plug_listen_opts o = PLUG_LISTEN_OPTS;
    struct plug_sock *listener;
    char endpoint[256];
    o.mode = 0600; /* of the file, from its first moment on */
    snprintf(endpoint, sizeof endpoint, "seqpacket:%s", argc > 1 ? argv[1] : "plug-example.sock");
    int err = plug_listen(&listener, endpoint, &o);
    if (err >= 0) {
        err = meet(listener);
        plug_listen_close(listener); /* removes the path */
    }
    if (err < 0)
        fprintf(stderr, "unix: %s: %s\n", endpoint, plug_strerror(err));
    return err < 0;
}
