/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SERVER_CONN_IMPL_H
#define PLUG_SERVER_CONN_IMPL_H
/* The inside of a conn, and the seam between connections and datagrams. */
#include <plug/conn.h>
#include <plug/time.h>
#include <stdatomic.h>

struct plug__endpoint;
struct plug__packet;

/* What a message needs comes first, in one line of the cache. */
struct plug_conn {
    struct plug_server *server;
    const struct plug__transport *transport;
    struct plug_sock *sock; /* NULL once it is closed, or given to another conn */
    uint64_t in, out;
    union {
        int64_t deadline;           /* of its handler */
        struct plug_deadline whole; /* a fiber's scope with it; at is the first there */
    };
    int blind;        /* operations whose waits cannot reach that: they need no clock */
    atomic_int ended; /* why nothing more goes through: PLUG_ETIMEOUT, -ECANCELED; or 0 */

    bool eof;     /* the peer's end was read */
    bool aborted; /* to be reset */
    bool failed;  /* an operation failed: there is nobody to be polite to */
    bool timed_out;
    bool given; /* the model has it: somewhere else, or already served */
    int flags;  /* MSG_TRUNC */
    void *data;
    struct plug_stream *stream;  /* rfile and wfile, made when asked for */
    struct plug__packet *packet; /* what a datagram transport keeps of this request */
    uint64_t id;
    int64_t began; /* when it was accepted */
    struct plug_addr peer;
};

/*
 * What differs between connections and datagrams: conn_stream.c, conn_datagram.c. An endpoint has
 * its transport from its socket's type, a conn from its endpoint.
 */
struct plug__transport {
    /* A new endpoint: options of its socket that conns inherit. */
    int (*prepare)(struct plug__endpoint *e);
    /* The default get_request: one request. -EAGAIN: none now. */
    int (*take)(struct plug_server *s, struct plug_sock *listener, struct plug_sock **ret_sock,
                struct plug_addr *ret_peer);
    /* A conn has been taken: what its socket still needs. */
    int (*begin)(struct plug_conn *c, struct plug__endpoint *e);
    ssize_t (*recv)(struct plug_conn *c, void *buf, size_t len);
    ssize_t (*sendv_all)(struct plug_conn *c, const struct iovec *iov, size_t count);
    ssize_t (*send_all)(struct plug_conn *c, const void *buf, size_t len);
    int (*shutdown_write)(struct plug_conn *c);
    int (*local)(const struct plug_conn *c, struct plug_addr *ret_addr);
    int (*open_stream)(struct plug_conn *c, struct plug_stream **ret);
    /* c->ended was set from another thread: whatever waits, ends. */
    void (*cut)(struct plug_conn *c);
    /* The default shutdown_request before it calls close_request: the end in order. */
    void (*finish)(struct plug_conn *c);
    /* The default close_request. */
    void (*close)(struct plug_conn *c);
};

extern const struct plug__transport plug__stream_transport, plug__datagram_transport;

/* The transport for sockets of this type; NULL: none serves it. */
const struct plug__transport *plug__transport_of(int type);

/* Ends every operation of the conn with why, waiting ones too; from another thread. */
void plug__conn_cut(struct plug_conn *c, int why);

#endif
