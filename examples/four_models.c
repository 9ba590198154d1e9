/* SPDX-License-Identifier: MIT */
/*
 * Shows    one straight-line handler under four models of concurrency, chosen by one word
 * Needs    nothing
 * Run      four_models [serial|thread|fork|fiber [tcp://127.0.0.1:8888]]
 * Try with plug bench tcp://127.0.0.1:8888, or upper_client tcp://127.0.0.1:8888 hello
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

static int serve(const char *model, const char *endpoint)
{
    struct plug_server_opts o = PLUG_SERVER_OPTS;
    int rc = plug_model_find(model);
    if (rc < 0)
        return rc;
    o.model = (enum plug_model)rc; /* the handler does not change */
    return plug_serve(endpoint, upper, NULL, &o);
}

int main(int argc, char **argv)
{
    int rc = serve(argc > 1 ? argv[1] : "fiber", argc > 2 ? argv[2] : "tcp://127.0.0.1:8888");
    if (rc < 0)
        fprintf(stderr, "four_models: %s\n", plug_strerror(rc));
    return rc < 0;
}
