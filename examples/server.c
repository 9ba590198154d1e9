/* SPDX-License-Identifier: MIT */
/*
 * Shows    one straight-line handler under four models: the second word of the command line chooses
 * Needs    nothing
 * Run      server [tcp://127.0.0.1:8888 [serial|thread|fork|fiber]]
 * Try with upper_client tcp://127.0.0.1:8888 hello
 */
#include <plug.h>
#include <ctype.h>
#include <stdio.h>

static int upper(struct plug_conn *c, void *arg)
{
    char b[4096];
    ssize_t n;
    (void)arg;
    while ((n = plug_conn_recv(c, b, sizeof b)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            b[i] = (char)toupper((unsigned char)b[i]);
        if ((n = plug_conn_send_all(c, b, (size_t)n)) < 0)
            break;
    }
    return (int)n;
}

int main(int argc, char **argv)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    int r = argc > 2 ? plug_model_find(argv[2]) : PLUG_MODEL_FIBER;
    if (r >= 0) {
        o.model = (enum plug_model)r;
        r = plug_serve(argc > 1 ? argv[1] : "tcp://127.0.0.1:8888", upper, NULL, &o);
    }
    if (r < 0)
        fprintf(stderr, "server: %s\n", plug_strerror(r));
    return r < 0;
}
