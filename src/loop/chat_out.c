/* SPDX-License-Identifier: MIT */
/* The queue of what is to be sent: data, producers, and the wish to close. */
#include "loop/chat.h"
#include "loop/dispatcher.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/time.h>
#include <string.h>

enum kind { DATA, PRODUCER, CLOSE };

struct plug__chat_out {
    struct plug__chat_out *next;
    enum kind kind;
    struct plug_chat_producer producer;
    const uint8_t *bytes; /* its own, behind it, or the producer's */
    size_t len;
    uint8_t own[];
};

static struct plug__chat_out *add(struct plug_chat *c, enum kind kind, const void *bytes,
                                  size_t len)
{
    struct plug__chat_out *o = plug_alloc(sizeof *o + len);

    if (!o)
        return NULL;
    *o = (struct plug__chat_out){.kind = kind, .bytes = o->own, .len = len};
    if (len)
        memcpy(o->own, bytes, len);
    *(c->last ? &c->last->next : &c->first) = o;
    c->last = o;
    c->waiting += len;
    return o;
}

static void remove_first(struct plug_chat *c)
{
    struct plug__chat_out *o = c->first;

    c->first = o->next;
    if (!c->first)
        c->last = NULL;
    if (o->kind == DATA)
        c->waiting -= o->len;
    if (o->kind == PRODUCER && o->producer.done)
        o->producer.done(o->producer.arg);
    plug_free(o);
}

void plug__chat_out_clear(struct plug_chat *c)
{
    while (c->first)
        remove_first(c);
}

/* 1: there is something to send; 0: it has ended and is gone. */
static int ask_producer(struct plug_chat *c, struct plug__chat_out *o)
{
    const void *bytes = NULL;
    size_t len = 0;
    int r = o->producer.more(o->producer.arg, &bytes, &len);

    if (r < 0)
        return r;
    if (c->first != o) /* it has discarded the queue */
        return 0;
    o->bytes = bytes;
    o->len = len;
    if (len == 0)
        remove_first(c);
    return len > 0;
}

static int send_some(struct plug_chat *c, struct plug__chat_out *o)
{
    size_t len = o->len < PLUG_DISPATCHER_CHUNK ? o->len : PLUG_DISPATCHER_CHUNK;
    ssize_t n = plug_dispatcher_send(c->d, o->bytes, len);

    if (n <= 0 || c->closed || c->first != o)
        return n < 0 ? (int)n : 0;
    c->active = plug_now();
    o->bytes += n;
    o->len -= (size_t)n;
    if (o->kind == DATA)
        c->waiting -= (size_t)n;
    if (o->len == 0 && o->kind == DATA)
        remove_first(c);
    return 0;
}

static int send_one(struct plug_chat *c)
{
    while (c->first && !c->closed && plug_dispatcher_connected(c->d)) {
        struct plug__chat_out *o = c->first;
        int r = 1;
        if (o->kind == CLOSE) {
            remove_first(c);
            return plug__dispatcher_end(c->d);
        }
        if (o->kind == PRODUCER && o->len == 0)
            r = ask_producer(c, o);
        if (r < 0)
            return r;
        if (r > 0)
            return send_some(c, o);
    }
    return 0;
}

/* Hooks that are called meanwhile may close the chat. */
int plug__chat_send(struct plug_chat *c)
{
    struct plug_dispatcher *d = c->d;
    int r;

    plug__dispatcher_hold(d);
    r = send_one(c);
    plug__dispatcher_release(d);
    return r;
}

int plug_chat_push(struct plug_chat *c, const void *bytes, size_t len)
{
    if (c->closed)
        return -EBADF;
    if (len > c->max_out - c->waiting)
        return PLUG_ELIMIT;
    if (len == 0)
        return 0;
    return add(c, DATA, bytes, len) ? plug__chat_send(c) : -ENOMEM;
}

int plug_chat_push_producer(struct plug_chat *c, const struct plug_chat_producer *producer)
{
    struct plug__chat_out *o = c->closed ? NULL : add(c, PRODUCER, NULL, 0);

    if (!o) {
        if (producer->done)
            producer->done(producer->arg);
        return c->closed ? -EBADF : -ENOMEM;
    }
    o->producer = *producer;
    return plug__chat_send(c);
}

int plug_chat_close_when_done(struct plug_chat *c)
{
    if (c->closed)
        return -EBADF;
    return add(c, CLOSE, NULL, 0) ? 0 : -ENOMEM;
}

size_t plug_chat_waiting(const struct plug_chat *c)
{
    return c->waiting;
}
