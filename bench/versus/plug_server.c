/* SPDX-License-Identifier: MIT */
/* links: plug */
/* plug: one handler; the first arguments are the model, the back-end, and tcp or udp. */
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

static int needed(int result, const char *what)
{
    if (result >= 0)
        return result;
    fprintf(stderr, "%s: %s\n", what, plug_strerror(result));
    exit(2);
}

int main(int argc, char **argv)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    struct plug_listen_opts l = PLUG_LISTEN_OPTS;
    struct plug_server *s;
    struct plug_addr at;
    char endpoint[32];
    if (argc < 4)
        return 2;
    versus_descriptors();
    room = versus_buffer(argc - 3, argv + 3);
    snprintf(endpoint, sizeof endpoint, "%s://127.0.0.1:0", argv[3]);
    o.model = (enum plug_model)needed(plug_model_find(argv[1]), "model");
    o.backend = (enum plug_backend)needed(plug_backend_find(argv[2]), "back-end");
    o.max = 32768;
    o.max_children = 1024;
    o.stack = room > 16384 ? 256 * 1024 : 0;
    l.backlog = VERSUS_BACKLOG;
    needed(plug_server_open(&s, echo, NULL, &o), "open");
    needed(plug_server_listen(s, endpoint, &l), "listen");
    needed(plug_server_addr(s, 0, &at), "address");
    fprintf(stderr, "listening on %s://127.0.0.1:%u\n", argv[3], (unsigned)plug_addr_port(&at));
    return needed(plug_server_run(s), "run");
}
