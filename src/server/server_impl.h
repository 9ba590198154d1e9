/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SERVER_SERVER_IMPL_H
#define PLUG_SERVER_SERVER_IMPL_H
/*
 * The inside of a server, and the way of a request through it:
 *
 *   accept.c     takes what a listener has         plug__accept, with limits.c at the door
 *   request.c    verify_request, process_request   plug__request_new, plug__request_process
 *   model_*.c    where it is served                struct plug__model
 *   request.c    finish_request ... close_request  plug__request_serve
 */
#include "server/conn_impl.h"
#include "server/model.h"
#include <plug/server.h>
#include <plug/trace.h>
#include <stdatomic.h>

struct plug__lane;
struct plug__sources;
struct plug__look;

/*
 * What the parent and one of its children both write. A kept child changes its state alone, with
 * one store for each step: however it is killed, live and kept, which are counted here, are right.
 */
enum {
    PLUG__SLOT_FREE,
    PLUG__SLOT_IDLE,  /* a kept child that waits for work, */
    PLUG__SLOT_BUSY,  /* and that serves a request */
    PLUG__SLOT_FRESH, /* for the one request that the parent has taken: the parent counts it */
    PLUG__SLOT_GONE   /* it ends, as it is to */
};
struct plug__slot {
    atomic_int state;
    atomic_int cut;           /* why what it serves shall end; 0: it shall not */
    _Atomic int64_t deadline; /* of its handler */
};

/* What forked children see, too: shared memory. */
struct plug__shared {
    atomic_bool stopping; /* plug_server_stop was called */
    atomic_bool cut;      /* and the drain time is over */
    _Atomic uint64_t ids;
    _Atomic uint64_t accepted, refused_max, refused_source, refused_verify;
    _Atomic uint64_t handled, failed, timed_out, cut_off, crashed;
    _Atomic uint64_t bytes_in, bytes_out, accept_pauses, truncated, unsent;
    atomic_size_t live, live_max, kept; /* but for those in slots */
    _Atomic int64_t longest, total;
    atomic_bool full;         /* there are as many children as there may be */
    atomic_size_t slots_used; /* those behind were never used */
    struct plug__slot slot[]; /* fork: max_children of them */
};

static inline void plug__count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

struct plug__endpoint {
    struct plug_server *server;
    struct plug_sock *sock;
    struct plug__lane *lane; /* of datagrams; else NULL */
    const struct plug__transport *transport;
    struct plug_addr local;
    bool adopted;       /* not made by plug_listen: others may use it, too */
    bool inherits;      /* connections have the options that were set on the listener */
    atomic_int without; /* but for so many, which were there before */
};

struct plug_server {
    plug_handler_fn *handler;
    void *arg;
    struct plug_server_opts o;      /* without defaults left to fill in */
    struct plug_server_hooks hooks; /* without NULL but where nothing is to be done */
    struct plug_server_hooks asked; /* as the caller gave them */
    const struct plug__model *model;
    void *state;             /* the model's, while it serves */
    struct plug__look *look; /* what the serving loop waits for */
    struct plug__endpoint endpoint[PLUG_SERVER_ENDPOINTS];
    size_t endpoints;
    struct plug__shared *shared;
    struct plug__slot *slot;       /* of this process, when it is a child; else NULL */
    bool waits_in_accept;          /* a kept child of one listener: accept(2) is its only wait */
    struct plug__sources *sources; /* who has how many connections; NULL: nobody counts */
    int stop_fd;                   /* readable once it is stopped, for everybody who serves */
    int bell_fd;                   /* wakes the serving loop: something has ended */
    int done_fd;                   /* readable while it does not run */
    atomic_bool running;
    int fd_max;                  /* descriptors above are kept in reserve */
    _Atomic int64_t pause_until; /* out of descriptors: nothing is accepted before */
    _Atomic int64_t said;        /* when that was last said */
};

/* --- server.c ---------------------------------------------------------------------------- */

static inline bool plug__stopping(const struct plug_server *s)
{
    return atomic_load_explicit(&s->shared->stopping, memory_order_relaxed);
}

/* The server that the calling thread serves (NULL: none), and how many of its handlers run here. */
struct plug__serving {
    const struct plug_server *server;
    size_t handlers;
};
extern __thread struct plug__serving plug__server_here;
/* Around handlers; leave gets what enter gave. */
struct plug__serving plug__serving_enter(const struct plug_server *s);
void plug__serving_leave(struct plug__serving before);

/* Wakes the serving loop. Any thread, a child, a signal handler. */
void plug__server_ring(const struct plug_server *s);
/* It has been heard. */
void plug__server_rung(const struct plug_server *s);

int plug__server_options(struct plug_server *s, const struct plug_server_opts *opts);

/* --- loop.c: for the models that have one thread to accept --------------------------------- */

/* What the loop needs, before and after the model has its state. */
int plug__loop_begin(struct plug_server *s);
void plug__loop_end(struct plug_server *s);
/* Serves until stopped; and for one request: 1, 0 when none came until the deadline. */
int plug__loop_run(struct plug_server *s);
int plug__loop_one(struct plug_server *s, int64_t deadline);
/* Waits for all that is being served; what has not ended within the drain time is cut. */
void plug__loop_drain(struct plug_server *s);

/* --- accept.c ---------------------------------------------------------------------------- */

/*
 * The next request of a listener, past the limits, in *c. PLUG__TAKEN; PLUG__REFUSED: there was
 * one, and it is closed; 0: there is none, or accepting pauses; or what makes serving impossible.
 */
enum { PLUG__TAKEN = 1, PLUG__REFUSED };
int plug__accept(struct plug__endpoint *e, struct plug_sock *listener, struct plug_conn *c);

/* Is the server's request of this number, from 1, still wanted? The last one stops it. */
bool plug__wanted(struct plug_server *s, uint64_t number);

/* --- model_fiber.c ------------------------------------------------------------------------- */

struct plug_scope;
/* The scope of the calling worker's requests, and how many there are that a drain waits for. */
struct plug_scope *plug__fiber_requests(void);
void plug__fiber_began(void);
void plug__fiber_ended(void);

/* The lane of the endpoint that plug__accept last asked for a request in this thread. */
extern __thread struct plug__lane *plug__lane_here;

/* --- limits.c ---------------------------------------------------------------------------- */

int plug__sources_open(struct plug__sources **ret, size_t max_per_source);
void plug__sources_close(struct plug__sources *t);
/* One more of this address: 0; PLUG_ELIMIT; -ENOMEM. NULL-safe: no limit. */
int plug__sources_enter(struct plug__sources *t, const struct plug_addr *peer);
void plug__sources_leave(struct plug__sources *t, const struct plug_addr *peer);

/* Connections now; and threads or processes that wait for work. */
size_t plug__live(const struct plug_server *s);
size_t plug__kept(const struct plug_server *s);

/* Counts a connection in, or refuses it: PLUG_ELIMIT, -ENOMEM. */
int plug__limits_enter(struct plug_server *s, const struct plug_addr *peer, int fd);
void plug__limits_leave(struct plug_server *s, const struct plug_addr *peer);

/* --- request.c ---------------------------------------------------------------------------- */

/* A request that came in. takes sock. */
void plug__request_new(struct plug_conn *c, struct plug__endpoint *e, struct plug_sock *sock,
                       const struct plug_addr *peer);
/* In the thread that accepts: verify_request, then process_request, or the end of it. */
void plug__request_process(struct plug_conn *c);
/* Where the model serves it: finish_request to close_request. Returns the handler's result. */
int plug__request_serve(struct plug_conn *c);
/* Closes what the hooks left open, and counts it out. */
void plug__request_end(struct plug_conn *c);

#endif
