/* SPDX-License-Identifier: MIT */
/* What dispatcher and chat_service share: a dispatcher that listens, and the loop. */
#ifndef DISPATCH_H
#define DISPATCH_H
#include <plug.h>
#include <stdio.h>

static inline int dispatch_serve(struct plug_dispatcher_map *m, struct plug_addr *at,
                                 const struct plug_dispatcher_ops *ops)
{
    struct plug_dispatcher *d;
    char text[PLUG_ADDR_TEXT];
    int r = plug_dispatcher_open(&d, m, ops, NULL);
    if (r < 0 || (r = plug_dispatcher_create(d, plug_addr_family(at), SOCK_STREAM)) < 0 ||
        (r = plug_dispatcher_reuse_addr(d)) < 0 || (r = plug_dispatcher_bind(d, at)) < 0 ||
        (r = plug_dispatcher_listen(d, 128)) < 0 ||
        (r = plug_sock_local(plug_dispatcher_sock(d), at)) < 0)
        return r;
    plug_addr_text(at, text, sizeof text);
    fprintf(stderr, "listening on tcp://%s\n", text);
    return plug_dispatcher_loop(m, PLUG_S(30), PLUG_FOREVER_TURNS);
}

/* Serves at argv[1] with the listener's hooks; for main to return. */
static inline int dispatch_main(int argc, char **argv, const struct plug_dispatcher_ops *ops)
{
    struct plug_dispatcher_map *m;
    struct plug_addr at;
    int r = plug_addr_parse(argc > 1 ? argv[1] : "127.0.0.1:8888", &at);
    if (r == 0 && (r = plug_dispatcher_map_open(&m, PLUG_BACKEND_AUTO)) == 0) {
        r = dispatch_serve(m, &at, ops);
        plug_dispatcher_map_close(m);
    }
    fprintf(stderr, "%s: %s\n", argv[0], plug_strerror(r));
    return 1;
}
#endif
