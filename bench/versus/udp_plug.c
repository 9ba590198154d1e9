/* SPDX-License-Identifier: MIT */
/* links: plug */
/* plug: the handler of the stream servers; the server makes trains of its answers by itself. */
#include "versus.h"

#include <plug.h>

static size_t room;

static int echo(struct plug_conn *c, void *arg)
{
    char buf[room];
    ssize_t n;
    (void)arg;
    while ((n = plug_conn_recv(c, buf, room)) > 0)
        if ((n = plug_conn_send_all(c, buf, (size_t)n)) < 0)
            break;
    return (int)n;
}

static void needed(int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, plug_strerror(result));
    exit(2);
}

int main(int argc, char **argv)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    struct plug_server *s;
    room = versus_buffer(argc, argv);
    o.model = PLUG_MODEL_FIBER;
    o.stack = room > 16384 ? 256 * 1024 : 0;
    needed(plug_server_open(&s, echo, NULL, &o), "open");
    needed(plug_server_listen(s, "udp://127.0.0.1:0", NULL), "listen");
    versus_announce(plug_sock_fd(plug_server_sock(s, 0)), "udp");
    needed(plug_server_run(s), "run");
    return 0;
}
