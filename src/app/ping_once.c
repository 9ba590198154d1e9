/* SPDX-License-Identifier: MIT */
/* One request, straight-line: a loop of its own, which parks a fiber. */
#include "app/ping_impl.h"
#include <errno.h>
#include <plug/err.h>

struct once {
    struct plug_ping_event *reply;
    int result;
};

static void told(struct plug_ping *p, const struct plug_ping_event *e, void *arg)
{
    struct once *o = arg;

    (void)p;
    if (e->type == PLUG_PING_REPLY || (e->type == PLUG_PING_ERROR && e->ended)) {
        *o->reply = *e;
        o->result = e->error;
    } else if (e->type == PLUG_PING_SEND_FAILED) {
        o->result = e->error;
    }
}

static int run(struct plug_ping *p, struct plug_loop *l, const struct plug_addr *addr)
{
    int r = plug_ping_add(p, addr);

    if (r >= 0)
        r = plug_ping_start(p);
    return r < 0 ? r : plug_loop_run(l);
}

int plug_ping_once(const struct plug_addr *addr, const struct plug_ping_opts *opts,
                   struct plug_ping_event *ret_reply)
{
    struct plug_ping_opts one = PLUG_PING_OPTS;
    struct once o = {ret_reply, PLUG_ETIMEOUT};
    struct plug_loop *l;
    struct plug_ping *p;
    int r = plug_loop_open(&l, PLUG_BACKEND_AUTO);

    if (r < 0)
        return r;
    if (opts)
        one = *opts;
    one.count = 1;
    r = plug_ping_open(&p, l, &one, told, &o);
    if (r >= 0) {
        r = run(p, l, addr);
        plug_ping_close(p);
    }
    plug_loop_close(l);
    return r < 0 ? r : o.result;
}
