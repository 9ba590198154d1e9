/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SERVER_H
#define PLUG_SERVER_H
/*
 * One straight-line handler, run by four concurrency models, chosen by one word.
 *
 * Layer: server.
 *
 * The caller:
 *   1. writes a handler: static int upper(struct plug_conn *c, void *arg)   (plug/conn.h)
 *   2. return plug_serve("tcp://127.0.0.1:8888", upper, NULL, NULL);
 * or, step by step:
 *   1. plug_server_open(&s, handler, arg, &opts)
 *   2. plug_server_listen(s, "tcp://127.0.0.1:0", NULL), as many endpoints as it likes
 *   3. plug_server_begin(s), where addresses are announced before it serves
 *   4. plug_server_addr(s, 0, &addr); plug_server_run(s)      another thread, a handler or a signal
 *   5. plug_server_close(s)                                   handler may call plug_server_stop(s)
 *
 * Models:
 *   serial   one connection after the other, in the thread of plug_server_run
 *   thread   a kept thread for each connection, at most opts.max of them
 *   fork     a kept process for each connection, at most opts.max_children of them
 *   fiber    a fiber for each connection, on select, poll, epoll or io_uring; opts.workers
 *            schedulers, each with a listener of its own (SO_REUSEPORT)
 *
 * Limits are on by default: connections, connections of one source, idle time, time of a handler,
 * time to drain. What is refused is closed at once and counted. Out of descriptors (EMFILE, ENFILE)
 * the server stops accepting for a moment instead of spinning, and says so once a second at most.
 *
 * Hooks are those of Python's socketserver, in its order:
 *   get_request, verify_request, process_request,
 *   [in the thread, child or fiber:] finish_request (setup, handle, finish), handle_error on
 *   failure, shutdown_request, close_request
 *   [back in the serving loop:] service_actions, each turn
 * handle_timeout when handle_request waited in vain. Under the fork model the parent calls
 * close_request, too, for its copy of the connection, as in Python.
 */
#include <plug/conn.h>
#include <plug/listen.h>
#include <plug/selector.h>

PLUG_BEGIN_DECLS

enum plug_model {
    PLUG_MODEL_AUTO, /* what the environment variable PLUG_MODEL names, else fiber */
    PLUG_MODEL_SERIAL,
    PLUG_MODEL_THREAD,
    PLUG_MODEL_FORK,
    PLUG_MODEL_FIBER
};

/* "serial", "thread", "fork", "fiber", "auto", static; and back: -EINVAL for another word. */
PLUG_API const char *plug_model_name(enum plug_model model);
PLUG_API PLUG_MUST int plug_model_find(const char *name);

/* The handler. Its result: >= 0 all went well, < 0 an error, which handle_error gets. */
typedef int plug_handler_fn(struct plug_conn *c, void *arg);

/* --- hooks -------------------------------------------------------------------------------- */

/*
 * Every hook may be NULL: then the default, which is exported as plug_server_default_*, so that a
 * hook of one's own can do its bit and call it. arg is the handler's.
 */
struct plug_server_hooks {
    size_t size;
    /* Each turn of the serving loop, at least every opts.service_every. */
    void (*service_actions)(struct plug_server *s, void *arg);
    /* The next connection from a listener: accept. gives *ret_sock. */
    int (*get_request)(struct plug_server *s, struct plug_sock *listener,
                       struct plug_sock **ret_sock, struct plug_addr *ret_peer, void *arg);
    /* False: it is closed unserved. */
    bool (*verify_request)(struct plug_server *s, struct plug_conn *c, void *arg);
    /* Hands it to the model. The default is the model's. */
    int (*process_request)(struct plug_server *s, struct plug_conn *c, void *arg);
    /* In its thread, child or fiber. The default: setup, handler, finish. */
    int (*finish_request)(struct plug_server *s, struct plug_conn *c, void *arg);
    /* Around the handler. A failing setup skips the handler; finish always runs after a setup that
     * worked. */
    int (*setup)(struct plug_conn *c, void *arg);
    void (*finish)(struct plug_conn *c, void *arg);
    /* The handler, setup or the model failed. The default: one line by PLUG_TRACE=server. */
    void (*handle_error)(struct plug_server *s, struct plug_conn *c, int error, void *arg);
    /* plug_server_handle_request waited in vain. */
    void (*handle_timeout)(struct plug_server *s, void *arg);
    /* The default shutdown_request ends the sending side and calls close_request. */
    void (*shutdown_request)(struct plug_server *s, struct plug_conn *c, void *arg);
    void (*close_request)(struct plug_server *s, struct plug_conn *c, void *arg);
};
#define PLUG_SERVER_HOOKS                                                                          \
    {                                                                                              \
        sizeof(struct plug_server_hooks), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,    \
            NULL, NULL                                                                             \
    }

/* What is done where a hook is NULL: results and errors are the hook's. */
PLUG_API int plug_server_default_get_request(struct plug_server *s, struct plug_sock *listener,
                                             struct plug_sock **ret_sock,
                                             struct plug_addr *ret_peer, void *arg);
PLUG_API int plug_server_default_process_request(struct plug_server *s, struct plug_conn *c,
                                                 void *arg);
PLUG_API int plug_server_default_finish_request(struct plug_server *s, struct plug_conn *c,
                                                void *arg);
PLUG_API void plug_server_default_handle_error(struct plug_server *s, struct plug_conn *c,
                                               int error, void *arg);
PLUG_API void plug_server_default_shutdown_request(struct plug_server *s, struct plug_conn *c,
                                                   void *arg);
PLUG_API void plug_server_default_close_request(struct plug_server *s, struct plug_conn *c,
                                                void *arg);

/* --- options ------------------------------------------------------------------------------ */

#define PLUG_SERVER_MAX          10000        /* connections at once: serial, thread, fiber */
#define PLUG_SERVER_MAX_CHILDREN 40           /* processes at once, as in Python */
#define PLUG_SERVER_IDLE         PLUG_S(60)   /* longest wait of one receive or send */
#define PLUG_SERVER_HANDLER      PLUG_MIN(60) /* longest run of one handler */
#define PLUG_SERVER_DRAIN        PLUG_S(10)   /* for handlers that run when it stops */
#define PLUG_SERVER_KEEP_AGE     PLUG_MIN(5)  /* a kept thread or process serves no longer */
#define PLUG_SERVER_ENDPOINTS    64           /* most listeners of one server */
#define PLUG_SERVER_DATAGRAM     65535        /* longest datagram */

/* 0 is the default everywhere; PLUG_FOREVER in a duration is no limit. */
struct plug_server_opts {
    size_t size;
    enum plug_model model;
    enum plug_backend backend;             /* of the fiber model */
    const struct plug_server_hooks *hooks; /* copied; NULL: none */
    size_t workers;        /* fiber: schedulers, one thread each; 0: 1; at most 256 */
    size_t max;            /* connections at once; thread: threads; 0: PLUG_SERVER_MAX */
    size_t max_children;   /* fork; 0: PLUG_SERVER_MAX_CHILDREN; at most 65536 */
    size_t max_per_source; /* of one IPv4 address or IPv6 /64; 0: max; UNIX peers: no limit */
    int64_t idle;          /* 0: PLUG_SERVER_IDLE */
    int64_t handler;       /* 0: PLUG_SERVER_HANDLER */
    int64_t drain;         /* 0: PLUG_SERVER_DRAIN */
    int64_t keep_age;      /* thread, fork; 0: PLUG_SERVER_KEEP_AGE; PLUG_NS(1): never kept */
    int64_t service_every; /* 0: 1 s; how often service_actions runs at least */
    size_t stack;          /* of a thread or fiber; 0: 256 KiB, PLUG_FIBER_STACK */
    size_t datagram;       /* longest datagram that is received whole; 0: PLUG_SERVER_DATAGRAM */
    size_t send_max;       /* bytes that may wait unsent in the kernel (SO_SNDBUF); 0: its own */
    size_t requests;       /* stop by itself after this many; 0: go on */
    bool nodelay_off;      /* TCP_NODELAY is set on connections unless this is */
    bool signals_off;      /* plug_serve: leave SIGINT and SIGTERM alone */
};
#define PLUG_SERVER_OPTS                                                                           \
    {                                                                                              \
        sizeof(struct plug_server_opts), PLUG_MODEL_AUTO, PLUG_BACKEND_AUTO, NULL, 0, 0, 0, 0, 0,  \
            0, 0, 0, 0, 0, 0, 0, 0, false, false                                                   \
    }

/* --- all in one --------------------------------------------------------------------------- */

/*
 * Serves one endpoint (tcp://, udp://, unix:, unix-dgram:, unix-seqpacket: as plug_endpoint_parse
 * reads it) until SIGINT or SIGTERM comes (unless opts->signals_off) or plug_server_stop is called,
 * then drains: 0. Announces nothing; where the port was 0, plug_server_addr tells it, through
 * plug_conn_server.
 * Errors: those of plug_server_open, plug_server_listen and plug_server_run.
 */
PLUG_API PLUG_MUST int plug_serve(const char *endpoint, plug_handler_fn *handler, void *arg,
                                  const struct plug_server_opts *opts);

/* --- step by step ------------------------------------------------------------------------- */

/*
 * gives *ret. borrows arg. PLUG_EOPTS, -EINVAL (model or back-end, or PLUG_MODEL or PLUG_BACKEND
 * names none), -ENOMEM, -EMFILE.
 */
PLUG_API PLUG_MUST int plug_server_open(struct plug_server **ret, plug_handler_fn *handler,
                                        void *arg, const struct plug_server_opts *opts);

/* Ends it: stops, drains, closes listeners and removes their UNIX paths; NULL does nothing. */
PLUG_API void plug_server_close(struct plug_server *s);

/*
 * Binds one more endpoint, before it runs. Errors of plug_listen; -EADDRINUSE, too, when the server
 * has that address already, whatever opts allow; PLUG_ELIMIT; -EBUSY (it runs).
 */
PLUG_API PLUG_MUST int plug_server_listen(struct plug_server *s, const char *endpoint,
                                          const struct plug_listen_opts *opts);

/* Serves a socket that is bound (and, but for datagrams, listening) already; takes sock. */
PLUG_API PLUG_MUST int plug_server_adopt(struct plug_server *s, struct plug_sock *sock);

/*
 * How many endpoints; the address of one, with its chosen port (-ENOENT: no such); its listener,
 * borrowed (NULL: no such).
 */
PLUG_API size_t plug_server_endpoints(const struct plug_server *s);
PLUG_API PLUG_MUST int plug_server_addr(const struct plug_server *s, size_t index,
                                        struct plug_addr *ret_addr);
PLUG_API struct plug_sock *plug_server_sock(const struct plug_server *s, size_t index);

/*
 * Does all that can fail before the first request is served, so that who announces an address keeps
 * the promise: the listeners of further workers are bound, memory is taken. plug_server_run does it
 * by itself otherwise. No endpoint can be added from then on. -EBUSY (as plug_server_run), -ENOMEM,
 * -EMFILE, errors of plug_listen.
 */
PLUG_API PLUG_MUST int plug_server_begin(struct plug_server *s);

/*
 * serve_forever: serves until plug_server_stop, then drains for at most opts.drain. 0; -EBUSY (it
 * runs, or the fork model in a process with other threads); PLUG_ETIMEOUT (a deadline scope), or
 * what made serving impossible. When drain time is over, handlers that still run are cut off:
 * fibers are cancelled, connections of threads shut down, children sent SIGTERM, then SIGKILL.
 * Operations say -ECANCELED from then on; a handler in a thread or fiber that goes on all the same
 * keeps the server from returning. In the serial model nobody is there to cut off the one handler:
 * its idle and handler limits bound it. A stop that came before ends this run as soon as it begins.
 */
PLUG_API PLUG_MUST int plug_server_run(struct plug_server *s);

/*
 * handle_request: serves one request and returns 1 when its handler has been started (serial,
 * fiber: has returned); 0 and handle_timeout when none came within timeout.
 */
PLUG_API PLUG_MUST int plug_server_handle_request(struct plug_server *s, int64_t timeout);

/*
 * Makes plug_server_run stop accepting and drain; returns at once. Any thread, a handler under any
 * model (from a forked child it reaches the parent), a signal handler (async-signal-safe).
 */
PLUG_API void plug_server_stop(struct plug_server *s);

/*
 * Waits until plug_server_run, in another thread, has returned. 0; PLUG_ETIMEOUT. From a handler
 * of the same server: -EDEADLK.
 */
PLUG_API PLUG_MUST int plug_server_join(struct plug_server *s, int64_t timeout);

/* The model and the handler's argument. */
PLUG_API enum plug_model plug_server_model(const struct plug_server *s);
PLUG_API void *plug_server_arg(const struct plug_server *s);

/*
 * accepted: requests past the limits (max, sources), each of which ends as refused_verify, handled,
 * failed before its handler was called, or crashed. handled: handlers (or setups) that have
 * returned, those with an error included. failed: errors of them and of process_request.
 * timed_out: requests of which an operation met the idle limit or the handler's deadline.
 * live: requests from accept to close; datagrams: those whose handler waits by itself are not in
 * it, under the fiber model.
 */
struct plug_server_stats {
    uint64_t accepted, refused_max, refused_source, refused_verify;
    uint64_t handled, failed, timed_out, cut; /* cut: ended by force after the drain time */
    uint64_t bytes_in, bytes_out;             /* fork: of this process only */
    uint64_t accept_pauses;                   /* EMFILE and the like */
    uint64_t truncated;                       /* datagrams longer than opts.datagram */
    size_t live, live_max;                    /* connections now, and the most there were */
    uint64_t crashed;                         /* fork: children that ended otherwise than asked */
    size_t kept;                              /* threads or processes that wait for work */
    int64_t longest;                          /* accept to close, nanoseconds */
    int64_t total;                            /* the same, summed over all handled */
    uint64_t unsent;                          /* datagrams: answers collected, then given up */
};
/* Counters since it was opened. Any thread, handlers too. */
PLUG_API void plug_server_stats(const struct plug_server *s, struct plug_server_stats *ret_stats);

PLUG_END_DECLS
#endif
