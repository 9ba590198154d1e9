/* SPDX-License-Identifier: MIT */
/*
 * Shows    a TCP client of four steps: create, connect, send, receive until the end; one deadline
 *          for everything together
 * Needs    a server: tcp_server
 * Run      tcp_client ADDRESS TEXT
 * Try with tcp_client 127.0.0.1:51423 hello   (nobody there: connection refused)
 */
#include <plug.h>
#include <stdio.h>
#include <string.h>

static int talk(struct plug_sock *s, const struct plug_addr *addr, const char *text)
{
    char b[4096];
    ssize_t n;
    int err = plug_sock_connect(s, addr);
    if (err >= 0)
        err = plug_sock_send_all(s, text, strlen(text), NULL);
    if (err >= 0)
        err = plug_sock_shutdown(s, SHUT_WR); /* "that was all I have to say" */
    if (err < 0)
        return err;
    while ((n = plug_sock_recv(s, b, sizeof b, 0)) > 0)
        if (fwrite(b, 1, (size_t)n, stdout) < (size_t)n)
            return -EIO;
    return (int)n;
}

int main(int argc, char **argv)
{
    struct plug_addr addr;
    struct plug_sock *s;
    struct plug_deadline five_seconds;
    if (argc != 3) {
        fprintf(stderr, "usage: tcp_client ADDRESS TEXT\n");
        return 2;
    }
    int err = plug_addr_parse(argv[1], &addr);
    if (err >= 0 && (err = plug_sock_open(&s, plug_addr_family(&addr), SOCK_STREAM, 0)) >= 0) {
        plug_deadline_enter(&five_seconds, PLUG_S(5));
        err = talk(s, &addr, argv[2]);
        plug_deadline_leave(&five_seconds);
        plug_sock_close(s);
    }
    if (err < 0 || fflush(stdout) != 0)
        fprintf(stderr, "tcp_client: %s: %s\n", argv[1], plug_strerror(err < 0 ? err : -EIO));
    return err < 0;
}
