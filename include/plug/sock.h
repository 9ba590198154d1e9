/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SOCK_H
#define PLUG_SOCK_H
/*
 * A socket: the object of Python's socket module, with C's costs.
 *
 * Layer: net.
 *
 * The caller:
 *   1. plug_sock_open(&s, AF_INET, SOCK_STREAM, 0), or plug_dial / plug_listen, which do more
 *   2. plug_sock_set_timeout(s, PLUG_S(5)) when it should not wait for ever
 *   3. plug_sock_connect(s, &addr); plug_sock_send_all(s, p, n, NULL); plug_sock_recv(s, b, max, 0)
 *   4. plug_sock_close(s)
 *
 * Time: the handle's timeout (PLUG_FOREVER by default, PLUG_NOWAIT for non-blocking) bounds each
 * whole call; an open deadline scope bounds it too. A passed deadline is PLUG_ETIMEOUT; in
 * non-blocking mode an operation that would wait is -EAGAIN (connect: -EINPROGRESS).
 * Signals: waits go on with the time left, unless plug_eintr_set(true): then -EINTR, whatever
 * SA_RESTART says.
 * SIGPIPE never happens: a closed peer is -EPIPE. Descriptors are CLOEXEC from the start.
 * Threads: one reader and one writer at once; plug_sock_shutdown from any thread wakes both.
 * Fibers: every call parks the fiber instead of blocking its thread.
 * Errors: -errno of the system call throughout, plus those named at each function. A call with
 * NULL for the handle is a programming mistake and aborts.
 */
#include <plug/addr.h>
#include <plug/time.h>
#include <sys/uio.h>

PLUG_BEGIN_DECLS

struct plug_sock;

/* --- life ------------------------------------------------------------------------------ */

/* gives *ret. The process-wide default timeout applies. SOCK_NONBLOCK in type: PLUG_NOWAIT. */
PLUG_API PLUG_MUST int plug_sock_open(struct plug_sock **ret, int family, int type, int proto);
/*
 * Makes a handle of an open descriptor; takes fd. -1 for family, type or proto means: detect it
 * (getsockname, SO_TYPE, SO_PROTOCOL). O_NONBLOCK already set means PLUG_NOWAIT. -EBADF, -ENOTSOCK.
 */
PLUG_API PLUG_MUST int plug_sock_adopt(struct plug_sock **ret, int fd, int family, int type,
                                       int proto);
/* The same on a duplicate; borrows fd (Python's fromfd). */
PLUG_API PLUG_MUST int plug_sock_from_fd(struct plug_sock **ret, int fd, int family, int type,
                                         int proto);
/* Two connected sockets; AF_UNIX normally. gives both or none. */
PLUG_API PLUG_MUST int plug_sock_pair(struct plug_sock *ret[2], int family, int type, int proto);
/* A second handle on a duplicated descriptor, same timeout. gives. */
PLUG_API PLUG_MUST int plug_sock_dup(struct plug_sock *s, struct plug_sock **ret);
/*
 * Ends the handle; takes s. For a connected stream with nothing unread it is close(2). It never
 * waits; plug_sock_close_graceful does. NULL does nothing. Errors of close(2) are not reported:
 * the descriptor is gone in every case.
 */
PLUG_API void plug_sock_close(struct plug_sock *s);
/*
 * The end that loses no reply: sends FIN, reads and drops what still comes until the peer's FIN or
 * the timeout (at most PLUG_SOCK_DRAIN_MAX bytes), then closes. Without it, unread data turns
 * close(2) into a reset that can destroy data the peer has not read yet. takes s in every case.
 * 0, PLUG_ETIMEOUT (closed, but the peer had not), PLUG_ELIMIT (it kept sending), -ECONNRESET ...
 */
#define PLUG_SOCK_DRAIN_MAX (1024 * 1024)
PLUG_API int plug_sock_close_graceful(struct plug_sock *s, int64_t timeout);
/* The opposite: reset the connection (SO_LINGER 0), drop what is queued. takes s. NULL-safe. */
PLUG_API void plug_sock_abort(struct plug_sock *s);
/* gives the descriptor and ends the handle. */
PLUG_API int plug_sock_detach(struct plug_sock *s);

/* --- facts ----------------------------------------------------------------------------- */

/*
 * The descriptor (borrowed), and what the socket was made as: AF_x, SOCK_x without flag bits,
 * IPPROTO_x (0: the family's usual one). They cannot fail.
 */
PLUG_API int plug_sock_fd(const struct plug_sock *s);
PLUG_API int plug_sock_family(const struct plug_sock *s);
PLUG_API int plug_sock_type(const struct plug_sock *s);
PLUG_API int plug_sock_proto(const struct plug_sock *s);

/*
 * How long a call may take: PLUG_FOREVER, PLUG_NOWAIT or a duration. Setting: any negative value is
 * PLUG_FOREVER; O_NONBLOCK is set unless PLUG_FOREVER, as Python does it. That flag is shared with
 * duplicates of the descriptor; a handle whose timeout is PLUG_FOREVER waits all the same.
 */
PLUG_API int64_t plug_sock_timeout(const struct plug_sock *s);
PLUG_API PLUG_MUST int plug_sock_set_timeout(struct plug_sock *s, int64_t timeout);
PLUG_API bool plug_sock_blocking(const struct plug_sock *s);
PLUG_API PLUG_MUST int plug_sock_set_blocking(struct plug_sock *s, bool blocking);

/* 1 or 0; and setting it (FD_CLOEXEC the other way round). */
PLUG_API PLUG_MUST int plug_sock_inheritable(const struct plug_sock *s);
PLUG_API PLUG_MUST int plug_sock_set_inheritable(struct plug_sock *s, bool inheritable);

/* The timeout that sockets made later get, accepted ones too; process-wide, atomic. */
PLUG_API int64_t plug_default_timeout(void);
PLUG_API void plug_default_timeout_set(int64_t timeout);

/* The address of this end (with the port the kernel chose) and of the other. -ENOTCONN. */
PLUG_API PLUG_MUST int plug_sock_local(const struct plug_sock *s, struct plug_addr *ret_addr);
PLUG_API PLUG_MUST int plug_sock_peer(const struct plug_sock *s, struct plug_addr *ret_addr);

/* "tcp 127.0.0.1:40000 -> 127.0.0.1:80 fd 5": for logs. As snprintf. */
PLUG_API size_t plug_sock_describe(const struct plug_sock *s, char *buf, size_t len);

/* --- connecting ------------------------------------------------------------------------ */

/* UNIX paths, ports and scopes are checked by plug_addr_*. */
PLUG_API PLUG_MUST int plug_sock_bind(struct plug_sock *s, const struct plug_addr *addr);
/* backlog < 0: min(SOMAXCONN, 128). Linux queues backlog + 1. */
PLUG_API PLUG_MUST int plug_sock_listen(struct plug_sock *s, int backlog);
/*
 * gives *ret_conn, with the default timeout (not the listener's). ret_addr NULL: not wanted.
 * Connections that died in the queue (ECONNABORTED, EPROTO, network errors of accept(2)) are
 * skipped. -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM come through: back off before trying again.
 */
PLUG_API PLUG_MUST int plug_sock_accept(struct plug_sock *s, struct plug_sock **ret_conn,
                                        struct plug_addr *ret_addr);
/*
 * Connects within the timeout. An interrupting signal does not restart it: the connection goes on
 * and is waited for. PLUG_ESELF when a TCP socket met itself.
 */
PLUG_API PLUG_MUST int plug_sock_connect(struct plug_sock *s, const struct plug_addr *addr);
/* SHUT_RD, SHUT_WR, SHUT_RDWR. Returns at once; delivery is only proved by the peer. */
PLUG_API PLUG_MUST int plug_sock_shutdown(struct plug_sock *s, int how);

/* --- bytes ----------------------------------------------------------------------------- */

/*
 * One receive; flags are MSG_x. On a stream 0 is the end, on datagrams an empty message. len 0 is
 * 0 at once, without a system call (with MSG_TRUNC it asks for the length of the next datagram).
 * MSG_WAITALL on a stream waits for all of len in every mode but PLUG_NOWAIT; what came before an
 * error or the deadline is the result. MSG_DONTWAIT and MSG_ERRQUEUE never wait: -EAGAIN.
 */
PLUG_API PLUG_MUST ssize_t plug_sock_recv(struct plug_sock *s, void *buf, size_t len, int flags);

/* One send: how many bytes the kernel has taken, on a stream perhaps fewer than len. */
PLUG_API PLUG_MUST ssize_t plug_sock_send(struct plug_sock *s, const void *buf, size_t len,
                                          int flags);

/*
 * The same with the sender's or receiver's address (AF_UNSPEC when there is none, as on a stream).
 * ret_addr and ret_flags may be NULL; *ret_flags has MSG_TRUNC when the datagram was longer than
 * len.
 */
PLUG_API PLUG_MUST ssize_t plug_sock_recvfrom(struct plug_sock *s, void *buf, size_t len, int flags,
                                              struct plug_addr *ret_addr, int *ret_flags);
PLUG_API PLUG_MUST ssize_t plug_sock_sendto(struct plug_sock *s, const void *buf, size_t len,
                                            int flags, const struct plug_addr *addr);
/* All of it within one deadline. *ret_sent (NULL: not wanted) is right on success and failure. */
PLUG_API PLUG_MUST int plug_sock_send_all(struct plug_sock *s, const void *buf, size_t len,
                                          size_t *ret_sent);
/*
 * Exactly len bytes; PLUG_EEOF when the peer ends before. *ret_got is right on success and failure.
 */
PLUG_API PLUG_MUST int plug_sock_recv_exact(struct plug_sock *s, void *buf, size_t len,
                                            size_t *ret_got);
/*
 * Up to and with a delimiter, without reading past it (MSG_PEEK): for handing the socket on after
 * a header line. Length with the delimiter; PLUG_EEOF (the peer ended before), PLUG_ELIMIT (not
 * within len bytes), -EINVAL (delimlen 0), -EOPNOTSUPP (not a stream). *ret_got (NULL: not wanted)
 * is how many bytes are in buf and gone from the socket, on success and failure.
 */
PLUG_API PLUG_MUST ssize_t plug_sock_recv_until(struct plug_sock *s, void *buf, size_t len,
                                                const void *delim, size_t delimlen,
                                                size_t *ret_got);

/* writev/readv of the socket world; may be partial. count <= IOV_MAX (1024) or -EMSGSIZE. */
PLUG_API PLUG_MUST ssize_t plug_sock_sendv(struct plug_sock *s, const struct iovec *iov,
                                           size_t count, int flags);
PLUG_API PLUG_MUST ssize_t plug_sock_recvv(struct plug_sock *s, const struct iovec *iov,
                                           size_t count, int flags);

/* All of any number of pieces, as plug_sock_send_all does it for one; iov stays as it is. */
PLUG_API PLUG_MUST int plug_sock_sendv_all(struct plug_sock *s, const struct iovec *iov,
                                           size_t count, size_t *ret_sent);

/*
 * count bytes of a file (0: to its end) from *offset (NULL: from its position) with sendfile(2),
 * by reading and sending where the kernel will not (a pipe, say). *offset or the position, and
 * *ret_sent (NULL: not wanted), say how far it came, on success and failure; only what was read of
 * something that cannot seek is lost with a failing send. One deadline for all, waiting for a pipe
 * included.
 * PLUG_EEOF when the file ends before count bytes; -EOPNOTSUPP when s is not a stream.
 */
PLUG_API PLUG_MUST int plug_sock_sendfile(struct plug_sock *s, int file_fd, off_t *offset,
                                          uint64_t count, uint64_t *ret_sent);
/* Bytes that wait in the receive queue (FIONREAD) and unsent in the send queue (SIOCOUTQ). */
PLUG_API PLUG_MUST int plug_sock_pending(const struct plug_sock *s, int *ret_in, int *ret_out);
/* 1 when the next byte to be read is the urgent one (SIOCATMARK), else 0. */
PLUG_API PLUG_MUST int plug_sock_atmark(const struct plug_sock *s);
/* Waits until POLLIN or POLLOUT within the timeout; revents. */
PLUG_API PLUG_MUST int plug_sock_wait(struct plug_sock *s, short events);

/* --- raw descriptors ------------------------------------------------------------------- */

/* socket.close and socket.dup of Python: -EBADF; dup is CLOEXEC. */
PLUG_API PLUG_MUST int plug_fd_close(int fd);
PLUG_API PLUG_MUST int plug_fd_dup(int fd);

PLUG_END_DECLS
#endif
