/* SPDX-License-Identifier: MIT */
#ifndef PLUG_DISPATCHER_H
#define PLUG_DISPATCHER_H
/*
 * Python's asyncore: an object with hooks for each socket, and a map of them that is polled.
 *
 * Layer: loop.
 *
 * The caller:
 *   1. plug_dispatcher_map_open(&m, PLUG_BACKEND_AUTO)
 *   2. plug_dispatcher_open(&d, m, &ops, self); plug_dispatcher_create(d, AF_INET, SOCK_STREAM)
 *   3. plug_dispatcher_bind, _listen, or _connect
 *   4. plug_dispatcher_loop(m, PLUG_S(30), PLUG_FOREVER_TURNS): hooks are called
 *   5. plug_dispatcher_map_close(m) closes all that are left
 *
 * Hooks and their order are those of asyncore.poll2 in Python 3.11, where it was last found, but:
 * a hang-up closes only when what had arrived before has been read (asyncore loses it); after a
 * dispatcher was closed none of its other hooks is called; handle_connect comes always from a turn
 * of the map, as soon as there is a connection whatever writable says, and never after connecting
 * has failed; -EAGAIN is no error; a hook that fails while it deals with an error closes; urgent
 * data alone wake also who only writes, as in asyncore.poll, but only where handle_expt is set, or
 * one byte would keep every turn from waiting; who is called first of several that are ready is not
 * told.
 *
 * Life: plug_dispatcher_close ends a dispatcher: its socket is closed at once, no hook is called
 * any more; its memory is given back at the end of a turn of the map, after the hook freed.
 *
 * Threads: a map and its dispatchers belong to one thread or fiber.
 */
#include <limits.h>
#include <plug/selector.h>
#include <plug/sock.h>

PLUG_BEGIN_DECLS

struct plug_dispatcher;
struct plug_dispatcher_map;

/* A hook's result: asyncore.ExitNow. plug_dispatcher_loop and _poll return it at once. */
#define PLUG_DISPATCHER_EXIT INT_MAX

/*
 * Hooks; NULL is asyncore's default. Those with a result return >= 0 (all is well; a count of
 * bytes, say), PLUG_DISPATCHER_EXIT, or an error: that of a connection that is over (-ECONNRESET,
 * -ENOTCONN, -ESHUTDOWN, -ECONNABORTED, -EPIPE, -EBADF) calls handle_close, -EAGAIN nothing, any
 * other handle_error.
 */
struct plug_dispatcher_ops {
    size_t size;
    bool (*readable)(struct plug_dispatcher *d); /* default: true */
    bool (*writable)(struct plug_dispatcher *d); /* default: true; no matter while listening */
    int (*handle_read)(struct plug_dispatcher *d);
    int (*handle_write)(struct plug_dispatcher *d);
    int (*handle_connect)(struct plug_dispatcher *d);
    int (*handle_expt)(struct plug_dispatcher *d); /* comes again until MSG_OOB has received them */
    int (*handle_accept)(struct plug_dispatcher *d); /* default: accepts, calls handle_accepted */
    /* takes conn; default: closes it */
    int (*handle_accepted)(struct plug_dispatcher *d, struct plug_sock *conn,
                           const struct plug_addr *peer);
    int (*handle_close)(struct plug_dispatcher *d);            /* default: closes */
    int (*handle_error)(struct plug_dispatcher *d, int error); /* default: logs, handle_close */
    /* type is "warning", "error" or "info"; default: a line by PLUG_TRACE=loop */
    void (*log)(struct plug_dispatcher *d, const char *type, const char *message);
    void (*freed)(void *arg); /* the last that is heard of it */
};
#define PLUG_DISPATCHER_OPS                                                                        \
    {                                                                                              \
        sizeof(struct plug_dispatcher_ops), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,  \
            NULL, NULL, NULL                                                                       \
    }

/* --- maps --------------------------------------------------------------------------------- */

/* gives *ret. Errors of plug_selector_open. close ends all in it; not from a hook; NULL-safe. */
PLUG_API PLUG_MUST int plug_dispatcher_map_open(struct plug_dispatcher_map **ret,
                                                enum plug_backend backend);
PLUG_API void plug_dispatcher_map_close(struct plug_dispatcher_map *m);

/* How many are in it; and closes them all (asyncore.close_all), also from a hook. */
PLUG_API size_t plug_dispatcher_map_count(const struct plug_dispatcher_map *m);
PLUG_API void plug_dispatcher_close_all(struct plug_dispatcher_map *m);

/*
 * One turn (asyncore.poll): asks who wants to read and write, waits at most timeout, calls hooks.
 * 0; PLUG_DISPATCHER_EXIT; -EBUSY (from a hook); errors of plug_selector_wait.
 */
PLUG_API PLUG_MUST int plug_dispatcher_poll(struct plug_dispatcher_map *m, int64_t timeout);

/* Turns until the map is empty, or count of them; PLUG_FOREVER_TURNS: any number. As _poll. */
#define PLUG_FOREVER_TURNS UINT64_MAX
PLUG_API PLUG_MUST int plug_dispatcher_loop(struct plug_dispatcher_map *m, int64_t timeout,
                                            uint64_t count);

/* --- dispatchers -------------------------------------------------------------------------- */

/* gives *ret, without a socket. borrows ops and arg. PLUG_EOPTS (size of ops), -ENOMEM. */
PLUG_API PLUG_MUST int plug_dispatcher_open(struct plug_dispatcher **ret,
                                            struct plug_dispatcher_map *m,
                                            const struct plug_dispatcher_ops *ops, void *arg);

/* Closes the socket, leaves the map; see Life above. NULL and a second time do nothing. */
PLUG_API void plug_dispatcher_close(struct plug_dispatcher *d);

/*
 * The socket: a new one, one that is there (takes it), or a duplicate of any descriptor that can be
 * waited for (file_dispatcher; borrows fd, which becomes non-blocking with it). All are put into
 * the map, non-blocking. -EISCONN: it has one; errors of plug_sock_open, plug_sock_peer (but
 * -ENOTCONN and -EINVAL: it is just not connected), plug_selector_add.
 */
PLUG_API PLUG_MUST int plug_dispatcher_create(struct plug_dispatcher *d, int family, int type);
PLUG_API PLUG_MUST int plug_dispatcher_set_sock(struct plug_dispatcher *d, struct plug_sock *s);
PLUG_API PLUG_MUST int plug_dispatcher_set_file(struct plug_dispatcher *d, int fd);

/* -ENOTSOCK without a socket, else as the functions of plug_sock; reuse_addr: SO_REUSEADDR. */
PLUG_API PLUG_MUST int plug_dispatcher_reuse_addr(struct plug_dispatcher *d);
PLUG_API PLUG_MUST int plug_dispatcher_bind(struct plug_dispatcher *d,
                                            const struct plug_addr *addr);
PLUG_API PLUG_MUST int plug_dispatcher_listen(struct plug_dispatcher *d, int backlog);

/* Begins to connect: 0; handle_connect tells when it is. Errors as plug_sock_connect. */
PLUG_API PLUG_MUST int plug_dispatcher_connect(struct plug_dispatcher *d,
                                               const struct plug_addr *addr);

/* 1 and gives *ret_conn; 0: nobody was there; errors as plug_sock_accept. */
PLUG_API PLUG_MUST int plug_dispatcher_accept(struct plug_dispatcher *d,
                                              struct plug_sock **ret_conn,
                                              struct plug_addr *ret_peer);

/*
 * How many bytes. send: 0 when there was no room. A connection that is over calls handle_close and
 * is 0, in recv so is the peer's end; recv with nothing there is -EAGAIN. Other errors as
 * plug_sock_send and plug_sock_recv.
 */
PLUG_API PLUG_MUST ssize_t plug_dispatcher_send(struct plug_dispatcher *d, const void *bytes,
                                                size_t len);
PLUG_API PLUG_MUST ssize_t plug_dispatcher_recv(struct plug_dispatcher *d, void *buf, size_t len);

/*
 * dispatcher_with_send: keeps what cannot be sent now and sends it when there is room, at most
 * PLUG_DISPATCHER_CHUNK at a time, whatever writable says. handle_write is called only when nothing
 * is kept. max_out bounds it (> 0); buffered tells how much is kept.
 * write: 0; PLUG_ELIMIT: it would be more than max_out, nothing of it was taken; -ENOMEM.
 */
#define PLUG_DISPATCHER_CHUNK 65536
PLUG_API void plug_dispatcher_set_max_out(struct plug_dispatcher *d, size_t max_out);
PLUG_API PLUG_MUST int plug_dispatcher_write(struct plug_dispatcher *d, const void *bytes,
                                             size_t len);
PLUG_API size_t plug_dispatcher_buffered(const struct plug_dispatcher *d);

/* What it was opened with; its socket (borrowed; NULL: none, or a file) and descriptor (or -1). */
PLUG_API void *plug_dispatcher_arg(const struct plug_dispatcher *d);
PLUG_API struct plug_dispatcher_map *plug_dispatcher_map(const struct plug_dispatcher *d);
PLUG_API struct plug_sock *plug_dispatcher_sock(const struct plug_dispatcher *d);
PLUG_API int plug_dispatcher_fd(const struct plug_dispatcher *d);

/* asyncore's attributes. */
PLUG_API bool plug_dispatcher_connected(const struct plug_dispatcher *d);
PLUG_API bool plug_dispatcher_connecting(const struct plug_dispatcher *d);
PLUG_API bool plug_dispatcher_accepting(const struct plug_dispatcher *d);

PLUG_END_DECLS
#endif
