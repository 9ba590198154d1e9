/* SPDX-License-Identifier: MIT */
/* The life of a request, hook by hook, in the order of Python's socketserver. */
#include "server/server_impl.h"

#include <plug/defer.h>
#include <plug/err.h>
#include <plug/stream.h>
#include <stddef.h>
#include <string.h>

void plug__request_new(struct plug_conn *c, struct plug__endpoint *e, struct plug_sock *sock,
                       const struct plug_addr *peer)
{
    struct plug_server *s = e->server;
    memset(c, 0, offsetof(struct plug_conn, peer));
    c->server = s;
    c->transport = e->transport;
    c->sock = sock;
    c->peer = *peer;
    c->id = atomic_fetch_add_explicit(&s->shared->ids, 1, memory_order_relaxed) + 1;
    c->began = plug_now();
    c->deadline = s->o.handler < 0 ? PLUG_NEVER : c->began + s->o.handler;
}

void plug__request_process(struct plug_conn *c)
{
    struct plug_server *s = c->server;
    if (!s->hooks.verify_request(s, c, s->arg)) {
        plug__count(&s->shared->refused_verify);
        s->hooks.shutdown_request(s, c, s->arg);
        plug__request_end(c);
        return;
    }
    int r = s->hooks.process_request(s, c, s->arg);
    if (c->given)
        return;
    if (r < 0) {
        plug__count(&s->shared->failed);
        s->hooks.handle_error(s, c, r, s->arg);
        s->hooks.shutdown_request(s, c, s->arg);
    }
    plug__request_end(c);
}

/* Handlers on fibers come and go in any order: the thread serves until the last one has ended. */
struct plug__serving plug__serving_enter(const struct plug_server *s)
{
    struct plug__serving before = plug__server_here;
    if (before.server == s)
        plug__server_here.handlers++;
    else
        plug__server_here = (struct plug__serving){s, 1};
    return before.server == s ? (struct plug__serving){NULL, 0} : before;
}

void plug__serving_leave(struct plug__serving before)
{
    if (--plug__server_here.handlers == 0)
        plug__server_here = before;
}

int plug__request_serve(struct plug_conn *c)
{
    struct plug_server *s = c->server;
    struct plug__serving before = plug__serving_enter(s);
    int r = s->hooks.finish_request(s, c, s->arg);
    plug__count(&s->shared->handled);
    if (r < 0) {
        plug__count(&s->shared->failed);
        s->hooks.handle_error(s, c, r, s->arg);
    }
    if (s->model->closing)
        s->model->closing(c);
    s->hooks.shutdown_request(s, c, s->arg);
    plug__request_end(c);
    plug__serving_leave(before);
    return r;
}

static void raise_to(_Atomic int64_t *most, int64_t value)
{
    int64_t old = atomic_load_explicit(most, memory_order_relaxed);
    while (old < value && !atomic_compare_exchange_weak(most, &old, value)) {
    }
}

static void add(_Atomic uint64_t *counter, uint64_t n)
{
    if (n)
        atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void plug__request_end(struct plug_conn *c)
{
    struct plug__shared *p = c->server->shared;
    if (c->sock)
        c->transport->close(c);
    int64_t took = plug_now() - c->began;
    raise_to(&p->longest, took);
    atomic_fetch_add_explicit(&p->total, took, memory_order_relaxed);
    add(&p->bytes_in, c->in);
    add(&p->bytes_out, c->out);
    add(&p->timed_out, c->timed_out);
    add(&p->cut_off, atomic_load(&c->ended) == -ECANCELED);
    plug__limits_leave(c->server, &c->peer);
}

/* --- the defaults ------------------------------------------------------------------------- */

int plug_server_default_get_request(struct plug_server *s, struct plug_sock *listener,
                                    struct plug_sock **ret_sock, struct plug_addr *ret_peer,
                                    void *arg)
{
    (void)arg;
    const struct plug__transport *t = plug__transport_of(plug_sock_type(listener));
    return t ? t->take(s, listener, ret_sock, ret_peer) : -EOPNOTSUPP;
}

int plug_server_default_process_request(struct plug_server *s, struct plug_conn *c, void *arg)
{
    (void)arg;
    return s->model->process(s, c);
}

/* rfile and wfile end with the handler, as in StreamRequestHandler. */
static int end_stream(struct plug_conn *c)
{
    if (!c->stream)
        return 0;
    int r = plug_stream_flush(c->stream);
    c->out += plug_stream_written(c->stream) - plug_stream_unsent(c->stream);
    (void)plug_stream_close(c->stream);
    c->stream = NULL;
    return r;
}

int plug_server_default_finish_request(struct plug_server *s, struct plug_conn *c, void *arg)
{
    struct plug_defer_frame frame;
    plug_defer_enter(&frame);
    int r = s->hooks.setup ? s->hooks.setup(c, arg) : 0;
    if (r >= 0) {
        r = s->handler(c, arg);
        if (s->hooks.finish)
            s->hooks.finish(c, arg);
    }
    plug_defer_leave(&frame);
    int flushed = end_stream(c);
    return r < 0 ? r : flushed;
}

void plug_server_default_handle_error(struct plug_server *s, struct plug_conn *c, int error,
                                      void *arg)
{
    char peer[PLUG_ADDR_TEXT];
    (void)s, (void)arg;
    if (!plug_trace_on(PLUG_TRACE_SERVER))
        return;
    plug_addr_text(plug_conn_peer(c), peer, sizeof peer);
    plug_trace(PLUG_TRACE_SERVER, __FILE__, __LINE__, "request %llu of %s: %s",
               (unsigned long long)plug_conn_id(c), peer, plug_strerror(error));
}

void plug_server_default_shutdown_request(struct plug_server *s, struct plug_conn *c, void *arg)
{
    if (c->sock)
        c->transport->finish(c);
    s->hooks.close_request(s, c, arg);
}

void plug_server_default_close_request(struct plug_server *s, struct plug_conn *c, void *arg)
{
    (void)s, (void)arg;
    if (c->sock)
        c->transport->close(c);
}
