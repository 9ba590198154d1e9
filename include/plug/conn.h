/* SPDX-License-Identifier: MIT */
#ifndef PLUG_CONN_H
#define PLUG_CONN_H
/*
 * What a handler of a server talks through: one connection, or one datagram and its sender.
 *
 * Layer: server.
 *
 * A handler is straight-line code:
 *   1. n = plug_conn_recv(c, buf, sizeof buf) until it gives 0 (the peer's end) or an error
 *   2. plug_conn_send_all(c, buf, n)
 *   3. returns 0, or the error: the server closes the connection
 * It is the same under all models and for all kinds of socket. On a datagram socket each datagram
 * is one call of the handler: the first receive gives it (a length of 0 is an empty datagram, too),
 * the next says 0 = end, and a send is one datagram back to whoever sent it, from the address it
 * was sent to.
 *
 * Waiting: no operation waits longer than the server's idle limit, nor past the handler's deadline
 * (PLUG_ETIMEOUT), and all end with -ECANCELED when the server is stopped and its drain time over.
 *
 * A conn belongs to its handler and the thread or fiber that runs it; it ends when the handler
 * returns. Errors of every call are those of plug_sock_recv and plug_sock_send.
 */
#include <plug/addr.h>
#include <plug/sock.h>
#include <plug/stream.h>

PLUG_BEGIN_DECLS

struct plug_conn;
struct plug_server;

/*
 * One receive: how many bytes; 0: the peer has ended; an error. On datagrams ret_flags of
 * plug_conn_flags tells truncation (the rest is lost).
 */
PLUG_API PLUG_MUST ssize_t plug_conn_recv(struct plug_conn *c, void *buf, size_t len);

/* Exactly len bytes; PLUG_EEOF when the peer ends before; what came until then is in buf. */
PLUG_API PLUG_MUST ssize_t plug_conn_recv_exact(struct plug_conn *c, void *buf, size_t len);

/* All of it: returns len, or an error. On a datagram socket one datagram. */
PLUG_API PLUG_MUST ssize_t plug_conn_send_all(struct plug_conn *c, const void *buf, size_t len);

/* Several pieces as one: how many bytes in all, or an error. count <= 64. */
PLUG_API PLUG_MUST ssize_t plug_conn_sendv_all(struct plug_conn *c, const struct iovec *iov,
                                               size_t count);

/* No more sends: the peer reads the end of file. Nothing on datagrams. */
PLUG_API PLUG_MUST int plug_conn_shutdown_write(struct plug_conn *c);

/* When the handler returns, the connection is reset (RST) instead of closed in order. */
PLUG_API void plug_conn_abort(struct plug_conn *c);

/* Who is at the other end (AF_UNSPEC for an unnamed UNIX peer), and at this one; borrowed. */
PLUG_API const struct plug_addr *plug_conn_peer(const struct plug_conn *c);
PLUG_API PLUG_MUST int plug_conn_local(struct plug_conn *c, struct plug_addr *ret_addr);

/* "tcp://127.0.0.1:40000": the peer as an endpoint, for logs. As snprintf. */
PLUG_API size_t plug_conn_describe(const struct plug_conn *c, char *buf, size_t len);

/*
 * The socket: borrowed, for options and for everything plug_sock_* offers; do not close it. Of a
 * datagram server it is the server's own socket, shared by all its conns.
 */
PLUG_API struct plug_sock *plug_conn_sock(struct plug_conn *c);

/*
 * A buffered stream over the connection, made at the first call (StreamRequestHandler's rfile and
 * wfile): borrowed, flushed and ended when the handler has returned. -EOPNOTSUPP on datagrams.
 */
PLUG_API PLUG_MUST int plug_conn_stream(struct plug_conn *c, struct plug_stream **ret);

/* SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET; MSG_TRUNC in flags: the datagram did not fit. */
PLUG_API int plug_conn_type(const struct plug_conn *c);
PLUG_API int plug_conn_flags(const struct plug_conn *c);

/* A number that no other conn of this server process has; from 1. */
PLUG_API uint64_t plug_conn_id(const struct plug_conn *c);

/* The server it came through; borrowed. In a forked child it only tells facts. */
PLUG_API struct plug_server *plug_conn_server(const struct plug_conn *c);

/* A pointer of the handler's own, NULL at first: from setup to handle to finish. borrows. */
PLUG_API void plug_conn_data_set(struct plug_conn *c, void *data);
PLUG_API void *plug_conn_data(const struct plug_conn *c);

/* True when the server is stopping: a good moment for the last reply. */
PLUG_API bool plug_conn_stopping(const struct plug_conn *c);

PLUG_END_DECLS
#endif
