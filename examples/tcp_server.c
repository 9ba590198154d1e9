/* SPDX-License-Identifier: MIT */
/*
 * Shows    the four steps of a TCP server one by one: create, set options, bind, listen;
 *          then a straight loop that greets one client after the other
 * Needs    nothing (plug_listen does the four steps in one call: upper_server)
 * Run      tcp_server [ADDRESS]
 * Try with tcp_server 127.0.0.1:51423 & tcp_client 127.0.0.1:51423 'anybody there?'
 */
#include <plug.h>
#include <stdio.h>

static int four_steps(struct plug_sock *s, const struct plug_addr *addr)
{
    int err = plug_sockopt_set(s, PLUG_SO_REUSE_ADDR, 1); /* step 1, create, is in main */
    if (err >= 0)
        err = plug_sock_bind(s, addr);
    if (err >= 0)
        err =
            plug_sock_listen(s, 5); /* how many may wait to be accepted, not how many are served */
    return err;
}

static int greet(struct plug_sock *conn, const struct plug_addr *peer)
{
    char text[PLUG_ADDR_TEXT], request[512], safe[2048];
    plug_addr_text(peer, text, sizeof text);
    int err = plug_sock_set_timeout(conn, PLUG_S(5)); /* nobody keeps the others waiting */
    ssize_t n = err < 0 ? err : plug_sock_recv(conn, request, sizeof request, 0);
    if (n < 0)
        return (int)n;
    plug_text_escape(PLUG_TEXT_TTY, request, (size_t)n, safe, sizeof safe);
    printf("%s says: %s\n", text, safe);
    return plug_sock_send_all(conn, "welcome\n", 8, NULL);
}

int main(int argc, char **argv)
{
    struct plug_addr addr;
    char text[PLUG_ADDR_TEXT];
    struct plug_sock *s, *conn;
    int err = plug_addr_parse(argc > 1 ? argv[1] : "127.0.0.1:51423", &addr);
    if (err < 0 || (err = plug_sock_open(&s, plug_addr_family(&addr), SOCK_STREAM, 0)) < 0) {
        fprintf(stderr, "tcp_server: %s\n", plug_strerror(err));
        return 2;
    }
    if ((err = four_steps(s, &addr)) >= 0 && (err = plug_sock_local(s, &addr)) >= 0) {
        plug_addr_text(&addr, text, sizeof text);
        fprintf(stderr, "listening on tcp://%s\n", text);
    }
    while (err >= 0 && (err = plug_sock_accept(s, &conn, &addr)) >= 0) {
        int failed = greet(conn, &addr);
        if (failed < 0)
            fprintf(stderr, "client: %s\n", plug_strerror(failed));
        plug_sock_close_graceful(conn, PLUG_S(1)); /* the reply arrives, whatever is unread */
    }
    fprintf(stderr, "tcp_server: %s\n", plug_strerror(err));
    plug_sock_close(s);
    return 1;
}
