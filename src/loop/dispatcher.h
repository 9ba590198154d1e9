/* SPDX-License-Identifier: MIT */
#ifndef PLUG_LOOP_DISPATCHER_H
#define PLUG_LOOP_DISPATCHER_H
/* The inside of dispatchers and their maps, for the files dispatcher*.c. */
#include <plug/buf.h>
#include <plug/dispatcher.h>

#define PLUG__DISPATCHER_BATCH 128 /* that one turn deals with at most */

struct plug_dispatcher_map {
    struct plug_selector *selector;
    struct plug_dispatcher *first, *last;
    size_t count; /* with a socket */
    bool exit;
    bool polling;
    struct plug_event ready[PLUG__DISPATCHER_BATCH];
    struct pollfd now[PLUG__DISPATCHER_BATCH];
};

struct plug_dispatcher {
    struct plug_dispatcher_map *map;
    const struct plug_dispatcher_ops *ops;
    void *arg;
    struct plug_dispatcher *next, *before;
    struct plug_sock *sock;
    int fd;         /* -1: none */
    unsigned asked; /* what the selector has it for */
    unsigned holds; /* hooks that run, and the turn that looks at it */
    bool connected, connecting, accepting, closed;
    struct plug_buf out;
    bool keeps_out;
};

/* What a hook's result says: 0, an error, or PLUG_DISPATCHER_EXIT. */
static inline int plug__hook_result(int r)
{
    return r > 0 && r != PLUG_DISPATCHER_EXIT ? 0 : r;
}

/* While it is held, a dispatcher that is closed keeps its memory, and until the end of a turn. */
void plug__dispatcher_hold(struct plug_dispatcher *d);
void plug__dispatcher_release(struct plug_dispatcher *d);
void plug__dispatcher_bury(struct plug_dispatcher_map *m);

/* What the selector is asked for when it reads and writes: PLUG_READ, PLUG_WRITE, PLUG_URGENT. */
unsigned plug__dispatcher_asks(const struct plug_dispatcher *d, bool reads, bool writes);

/* What it wants to hear of in this turn: calls readable and writable. */
unsigned plug__dispatcher_wants(struct plug_dispatcher *d);

/* Calls hooks for revents of poll(2). */
void plug__dispatcher_event(struct plug_dispatcher *d, unsigned revents);

/* What a hook's result asks for, until a hook is content. */
void plug__dispatcher_settle(struct plug_dispatcher *d, int r);

/* The connection is over: handle_close. 0, or its error. */
int plug__dispatcher_end(struct plug_dispatcher *d);

#endif
