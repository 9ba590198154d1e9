/* SPDX-License-Identifier: MIT */
/*
 * Shows    a TCP client: dial by name, send, end the sending half, receive; one deadline for it all
 * Needs    a server that answers, such as upper_server
 * Run      upper_client tcp://127.0.0.1:8888 TEXT
 * Try with upper_server tcp://127.0.0.1:8888
 */
#include <plug.h>
#include <stdio.h>
#include <string.h>

static int ask(const char *endpoint, const char *text)
{
    struct plug_sock *s;
    char b[4096];
    ssize_t n = plug_dial(&s, endpoint, NULL, NULL);
    if (n < 0)
        return (int)n;
    if ((n = plug_sock_send_all(s, text, strlen(text), NULL)) >= 0)
        n = plug_sock_shutdown(s, SHUT_WR);
    while (n >= 0 && (n = plug_sock_recv(s, b, sizeof b, 0)) > 0)
        fwrite(b, 1, (size_t)n, stdout);
    plug_sock_close(s);
    return (int)n;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: upper_client ENDPOINT TEXT\n");
        return 2;
    }
    struct plug_deadline all;
    plug_deadline_enter(&all, PLUG_S(5));
    int rc = ask(argv[1], argv[2]);
    plug_deadline_leave(&all);
    if (rc < 0) {
        fprintf(stderr, "upper_client: %s: %s\n", argv[1], plug_strerror(rc));
        return 1;
    }
    puts("");
    return 0;
}
