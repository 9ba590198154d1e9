/* SPDX-License-Identifier: MIT */
/*
 * Shows    ThreadingTCPServer of Python: a thread for each client, kept for the next one;
 *          which hook runs when and where; the third client is refused, "fail" fails the handler
 * Needs    nothing
 * Run      threading_server [tcp://127.0.0.1:8888 [serial|thread|fork|fiber]]
 * Try with upper_client tcp://127.0.0.1:8888 hello
 */
#include "hooks.h"
#include <ctype.h>
#include <string.h>

static int handle(struct plug_conn *c, void *arg)
{
    char b[4096];
    ssize_t n = 0;
    SAY("handle");
    while (!arg && (n = plug_conn_recv(c, b, sizeof b)) > 0) {
        if (n >= 4 && memcmp(b, "fail", 4) == 0)
            return -EINVAL;
        for (ssize_t i = 0; i < n; i++)
            b[i] = (char)toupper((unsigned char)b[i]);
        if ((n = plug_conn_send_all(c, b, (size_t)n)) < 0)
            break;
    }
    return (int)n;
}

static int serve(struct plug_server *s, const char *endpoint)
{
    struct plug_addr addr;
    char text[PLUG_ADDR_TEXT];
    int r = plug_server_listen(s, endpoint, NULL);
    if (r >= 0 && (r = plug_server_addr(s, 0, &addr)) >= 0) {
        plug_addr_text(&addr, text, sizeof text);
        fprintf(stderr, "listening on tcp://%s\n", text);
        r = plug_server_run(s);
    }
    plug_server_close(s);
    return r;
}

int main(int argc, char **argv)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    struct plug_server_hooks hooks = PLUG_SERVER_HOOKS;
    struct plug_server *s;
    int model = argc > 2 ? plug_model_find(argv[2]) : PLUG_MODEL_THREAD;
    o.model = (enum plug_model)model;
    o.hooks = &hooks;
    hooks_fill(&hooks);
    int r = model < 0 ? model : plug_server_open(&s, handle, NULL, &o);
    if (r >= 0)
        r = serve(s, argc > 1 ? argv[1] : "tcp://127.0.0.1:8888");
    if (r < 0)
        fprintf(stderr, "threading_server: %s\n", plug_strerror(r));
    return r < 0;
}
