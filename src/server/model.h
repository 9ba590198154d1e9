/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SERVER_MODEL_H
#define PLUG_SERVER_MODEL_H
/* What differs between the concurrency models: one const table each, in model_NAME.c. */
#include <plug/server.h>
#include <poll.h>

struct plug__model {
    enum plug_model id;
    const char *name;

    /* Makes and ends s->state; end after everything has been drained. */
    int (*begin)(struct plug_server *s);
    void (*end)(struct plug_server *s);
    /* plug_server_run: until stopped. */
    int (*run)(struct plug_server *s);
    /* plug_server_handle_request: 1, 0 when none came until the deadline, or an error. */
    int (*one)(struct plug_server *s, int64_t deadline);
    /* Waits for what is being served; cuts it when the drain time is over. */
    void (*drain)(struct plug_server *s);
    /* The default process_request; sets c->given when it has taken the connection over. */
    int (*process)(struct plug_server *s, struct plug_conn *c);
    /* A handler has returned: c is about to be closed. NULL: nothing to do. */
    void (*closing)(struct plug_conn *c);
    /*
     * How long an operation of a conn may wait: an absolute deadline, PLUG_NEVER where the socket
     * itself knows the idle limit. Past the handler's deadline it sets c->ended.
     */
    int64_t (*deadline)(struct plug_conn *c);
    /* SO_RCVTIMEO and SO_SNDTIMEO hold the idle limit: operations block in the kernel. */
    bool blocking;
    int budget; /* requests of one listener in one turn of the loop */
    /* Handlers run in the thread that receives: datagrams can be served where they lie. */
    bool in_place;
    /* Who receives a datagram serves it before the next: more than one would have to wait. */
    bool by_one;

    /* --- for loop.c; NULL: nothing to do --- */

    /* May the loop accept another one now? */
    bool (*room)(struct plug_server *s);
    /* How many descriptors the loop waits for besides its own, at most; and which they are now. */
    size_t (*fds_max)(const struct plug_server *s);
    size_t (*fds)(const struct plug_server *s, struct pollfd *fds);
    /*
     * Each turn, for reaping and sweeping: when it wants the next one at the latest. fds: those it
     * gave for the last wait, with what came of it.
     */
    int64_t (*turn)(struct plug_server *s, int64_t now, const struct pollfd *fds, size_t count);
    /* The drain time is over: ends what still runs; when it wants to be called again. */
    int64_t (*cut)(struct plug_server *s, int64_t now);
};

extern const struct plug__model plug__model_serial, plug__model_thread, plug__model_fork,
    plug__model_fiber;

/* NULL: there is none. */
const struct plug__model *plug__model_get(enum plug_model id);

/* Operations that block in the kernel: the deadline of serial, thread and fork. */
int64_t plug__blocking_deadline(struct plug_conn *c);

#endif
