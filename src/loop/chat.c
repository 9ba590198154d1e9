/* SPDX-License-Identifier: MIT */
#include "loop/chat.h"
#include "loop/dispatcher.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/time.h>
#include <plug/trace.h>

#define READ_CHUNK 16384

static struct plug_chat *chat_of(struct plug_dispatcher *d)
{
    return plug_dispatcher_arg(d);
}

/* --- the dispatcher's hooks --------------------------------------------------------------- */

static int on_read(struct plug_dispatcher *d)
{
    struct plug_chat *c = chat_of(d);
    uint8_t bytes[READ_CHUNK];
    ssize_t n = plug_dispatcher_recv(d, bytes, sizeof bytes);

    if (n <= 0 || c->closed)
        return (int)n;
    c->active = plug_now();
    return plug__chat_feed(c, bytes, (size_t)n);
}

static int on_write(struct plug_dispatcher *d)
{
    return plug__chat_send(chat_of(d));
}

static bool wants_to_write(struct plug_dispatcher *d)
{
    return chat_of(d)->first || !plug_dispatcher_connected(d);
}

static int on_connect(struct plug_dispatcher *d)
{
    struct plug_chat *c = chat_of(d);

    return c->ops->handle_connect ? c->ops->handle_connect(c) : 0;
}

static int on_close(struct plug_dispatcher *d)
{
    struct plug_chat *c = chat_of(d);

    if (c->ops->handle_close)
        return c->ops->handle_close(c);
    plug_chat_close(c);
    return 0;
}

static int on_error(struct plug_dispatcher *d, int error)
{
    struct plug_chat *c = chat_of(d);

    if (c->ops->handle_error)
        return c->ops->handle_error(c, error);
    plug_trace(PLUG_TRACE_LOOP, __FILE__, __LINE__, "closing: %s", plug_strerror(error));
    return on_close(d);
}

/* Each turn asks this: the place where silence is noticed. */
static bool wants_to_read(struct plug_dispatcher *d)
{
    struct plug_chat *c = chat_of(d);

    if (c->idle >= 0 && plug_now() - c->active > c->idle) {
        c->active = plug_now(); /* told once */
        plug__dispatcher_settle(d, PLUG_ETIMEOUT);
    }
    return true;
}

static void on_freed(void *arg)
{
    struct plug_chat *c = arg;
    void (*freed)(void *) = c->ops->freed;
    void *own = c->arg;

    c->closed = true;
    plug__chat_out_clear(c);
    plug_buf_clear(&c->in);
    plug_free(c);
    if (freed)
        freed(own);
}

static const struct plug_dispatcher_ops hooks = {
    .size = sizeof hooks,
    .readable = wants_to_read,
    .writable = wants_to_write,
    .handle_read = on_read,
    .handle_write = on_write,
    .handle_connect = on_connect,
    .handle_close = on_close,
    .handle_error = on_error,
    .freed = on_freed,
};

/* --- life --------------------------------------------------------------------------------- */

static void set_limits(struct plug_chat *c, const struct plug_chat_opts *o)
{
    c->max_message = o->max_message ? o->max_message : PLUG_CHAT_MESSAGE;
    c->max_out = o->max_out ? o->max_out : PLUG_CHAT_OUT;
    c->idle = o->idle ? o->idle : PLUG_CHAT_IDLE;
    c->active = plug_now();
    plug_buf_init(&c->in, PLUG_CHAT_TERMINATOR + READ_CHUNK);
}

int plug_chat_open(struct plug_chat **ret, struct plug_dispatcher_map *m,
                   const struct plug_chat_ops *ops, void *arg, const struct plug_chat_opts *opts)
{
    static const struct plug_chat_opts defaults = PLUG_CHAT_OPTS;
    const struct plug_chat_opts *o = opts ? opts : &defaults;
    struct plug_chat *c;
    int r;

    if (ops->size != sizeof *ops || o->size != sizeof *o)
        return PLUG_EOPTS;
    if (!ops->collect || !ops->found)
        return -EINVAL;
    c = plug_calloc(1, sizeof *c);
    if (!c)
        return -ENOMEM;
    c->ops = ops;
    c->arg = arg;
    set_limits(c, o);
    r = plug_dispatcher_open(&c->d, m, &hooks, c);
    if (r < 0)
        plug_free(c);
    else
        *ret = c;
    return r;
}

void plug_chat_close(struct plug_chat *c)
{
    if (!c || c->closed)
        return;
    c->closed = true;
    plug_dispatcher_close(c->d);
}

int plug_chat_set_sock(struct plug_chat *c, struct plug_sock *s)
{
    return plug_dispatcher_set_sock(c->d, s);
}

int plug_chat_connect(struct plug_chat *c, const struct plug_addr *addr)
{
    int r = plug_dispatcher_create(c->d, plug_addr_family(addr), SOCK_STREAM);

    return r < 0 ? r : plug_dispatcher_connect(c->d, addr);
}

void plug_chat_discard(struct plug_chat *c)
{
    plug_buf_consume(&c->in, plug_buf_len(&c->in));
    plug__chat_out_clear(c);
}

void *plug_chat_arg(const struct plug_chat *c)
{
    return c->arg;
}

struct plug_dispatcher *plug_chat_dispatcher(const struct plug_chat *c)
{
    return c->d;
}
