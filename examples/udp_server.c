/* SPDX-License-Identifier: MIT */
/*
 * Shows    a UDP server: one call of the handler for each datagram; truncation is told, an answer
 *          leaves from the address that was asked, "exit" is a message like any other
 * Needs    nothing
 * Run      udp_server [udp://127.0.0.1:51423 [COUNT]]
 * Try with plug connect udp://127.0.0.1:51423
 */
#include <plug.h>
#include <stdio.h>
#include <string.h>

#define ROOM 8192

static int echo(struct plug_conn *c, void *arg)
{
    char b[ROOM], who[PLUG_ADDR_TEXT], text[4 * 64 + 1];
    (void)arg;
    ssize_t n = plug_conn_recv(c, b, sizeof b);
    if (n < 0)
        return (int)n;
    plug_addr_text(plug_conn_peer(c), who, sizeof who);
    plug_text_escape(PLUG_TEXT_TTY, b, n < 64 ? (size_t)n : 64, text, sizeof text);
    printf("%zd bytes%s from %s: %s\n", n,
           plug_conn_flags(c) & MSG_TRUNC ? ", the rest is lost," : "", who, text);
    (void)fflush(stdout);
    return (int)plug_conn_send_all(c, b, (size_t)n);
}

static int serve(const char *endpoint, uint64_t count)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    struct plug_server *s;
    struct plug_addr at;
    char text[PLUG_ADDR_TEXT];
    o.datagram = ROOM, o.requests = count; /* 0: for ever */
    int r = plug_server_open(&s, echo, NULL, &o);
    if (r < 0)
        return r;
    r = plug_server_listen(s, endpoint, NULL);
    if (r >= 0 && (r = plug_server_addr(s, 0, &at)) >= 0) {
        plug_addr_text(&at, text, sizeof text);
        fprintf(stderr, "listening on udp://%s\n", text);
        r = plug_server_run(s);
    }
    plug_server_close(s);
    return r;
}

int main(int argc, char **argv)
{
    uint64_t count = 0;
    int r = argc > 2 ? plug_uint_parse(argv[2], strlen(argv[2]), SIZE_MAX, &count) : 0;
    if (r >= 0)
        r = serve(argc > 1 ? argv[1] : "udp://127.0.0.1:51423", count);
    if (r < 0)
        fprintf(stderr, "udp_server: %s\n", plug_strerror(r));
    return r < 0;
}
