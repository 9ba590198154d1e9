/* SPDX-License-Identifier: MIT */
#ifndef PLUG_MSG_H
#define PLUG_MSG_H
/*
 * Whole messages: sendmsg(2) and recvmsg(2) with addresses and control data (RFC 3542 20, 21), in
 * one or in batches; descriptors, credentials, arrival times and ICMP errors that travel in them.
 *
 * Layer: net.
 *
 * The caller, receiving:
 *   1. struct plug_msg m = {.buf = data, .len = sizeof data,
 *                           .control = room, .control_room = sizeof room};
 *   2. n = plug_sock_recvmsg(s, &m, 0);      m.addr, m.flags (MSG_TRUNC, MSG_CTRUNC), m.control_len
 *   3. size_t at = 0; struct plug_cmsg c; while (plug_msg_next(&m, &at, &c)) ...
 * and sending:
 *   1. struct plug_msg m = {.buf = ..., .len = ..., .control = room, .control_room = sizeof room};
 *   2. m.addr = to;   plug_msg_put(&m, level, type, bytes, len) for each item
 *   3. plug_sock_sendmsg(s, &m, 0)
 *
 * Time, signals, threads and fibers: as in sock.h. Received descriptors are always CLOEXEC. Control
 * buffers need no alignment.
 */
#include <plug/sock.h>

PLUG_BEGIN_DECLS

#define PLUG_FDS_MAX   253 /* most descriptors in one message: the kernel's SCM_MAX_FD */
#define PLUG_BATCH_MAX 64  /* most messages in one system call; a longer array is served in part */

/* {0} is an empty message to the connected peer. All pointers are borrowed during the calls. */
struct plug_msg {
    void *buf; /* the bytes, where one piece is enough; not written to by sending */
    size_t len;
    const struct iovec *iov; /* the bytes in pieces, when not NULL; then buf and len do not count */
    size_t iov_count;
    struct plug_addr addr; /* to whom (family AF_UNSPEC: the connected peer); from whom */
    void *control;         /* room for control data */
    size_t control_room;
    size_t control_len; /* how much of it is used */
    int flags;          /* received: MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_OOB, MSG_ERRQUEUE */
    size_t done;        /* bytes transferred; the result of the call */
};

/*
 * One message; flags are MSG_x. The result is the number of bytes; msg is changed on success only.
 * -EMSGSIZE: more than IOV_MAX pieces, or too long for the protocol.
 */
PLUG_API PLUG_MUST ssize_t plug_sock_sendmsg(struct plug_sock *s, const struct plug_msg *msg,
                                             int flags);
PLUG_API PLUG_MUST ssize_t plug_sock_recvmsg(struct plug_sock *s, struct plug_msg *msg, int flags);

/*
 * Several datagrams in one system call (sendmmsg(2), recvmmsg(2)), at most PLUG_BATCH_MAX.
 * Receiving waits for the first only; the result is how many went or came, with done, addr, flags
 * and control_len of each in msgs. An error is that of the first; one that strikes later is told
 * by the next call.
 */
PLUG_API PLUG_MUST int plug_sock_send_batch(struct plug_sock *s, struct plug_msg *msgs,
                                            size_t count, int flags);
PLUG_API PLUG_MUST int plug_sock_recv_batch(struct plug_sock *s, struct plug_msg *msgs,
                                            size_t count, int flags);

/* --- control data ---------------------------------------------------------------------- */

/* CMSG_LEN and CMSG_SPACE of n bytes of data. PLUG_ERANGE above what socklen_t can hold. */
PLUG_API PLUG_MUST int plug_cmsg_len(size_t n, size_t *ret_len);
PLUG_API PLUG_MUST int plug_cmsg_space(size_t n, size_t *ret_space);

/*
 * Appends one item, copies bytes. -ENOSPC (control_room is too small: nothing appended),
 * PLUG_ERANGE.
 */
PLUG_API PLUG_MUST int plug_msg_put(struct plug_msg *msg, int level, int type, const void *bytes,
                                    size_t len);

/* One item of received control data; data is borrowed from the message and need not be aligned. */
struct plug_cmsg {
    int level, type;
    const void *data;
    size_t len;
    bool cut; /* the item did not fit the room, or may not have (the last one under MSG_CTRUNC) */
};

/*
 * Steps through the items; *at is 0 before the first. False at the end. What is cut off is told
 * as far as it came, with cut set, never skipped: descriptors may be in it. Never reads
 * outside control_len, whatever the lengths in it say.
 */
PLUG_API bool plug_msg_next(const struct plug_msg *msg, size_t *at, struct plug_cmsg *ret_item);

/*
 * An int of an item (IP_TTL, IPV6_HOPLIMIT, IP_TOS, IPV6_TCLASS, SO_RXQ_OVFL); false: it has none.
 */
PLUG_API bool plug_cmsg_int(const struct plug_cmsg *item, int *ret_value);

/*
 * The arrival time of an item (SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMPING): nanoseconds since
 * 1970. False when it is none.
 */
PLUG_API bool plug_cmsg_time(const struct plug_cmsg *item, int64_t *ret_time);

/* Where a datagram was sent to, and through which interface it came (IP_PKTINFO, IPV6_PKTINFO). */
struct plug_pktinfo {
    struct plug_addr addr; /* port 0 */
    unsigned ifindex;
};
/* False when the item is none. */
PLUG_API bool plug_cmsg_pktinfo(const struct plug_cmsg *item, struct plug_pktinfo *ret_info);
/*
 * The reverse: send from this address, through this interface (0: the kernel chooses). An answer
 * that takes both from its question leaves from the address that was asked. -EAFNOSUPPORT; as
 * plug_msg_put.
 */
PLUG_API PLUG_MUST int plug_msg_put_pktinfo(struct plug_msg *msg, const struct plug_pktinfo *info);

/* --- descriptors ----------------------------------------------------------------------- */

/* Appends descriptors (borrowed until the message is sent). -EINVAL: none, or over PLUG_FDS_MAX. */
PLUG_API PLUG_MUST int plug_msg_put_fds(struct plug_msg *msg, const int *fds, size_t count);

/*
 * Sends msg (without control data of its own) together with descriptors, honouring flags and
 * msg->addr. A stream needs at least one byte to carry them. As plug_sock_sendmsg; -EINVAL:
 * count 0 or over PLUG_FDS_MAX, or msg has control data.
 */
PLUG_API PLUG_MUST ssize_t plug_sock_send_fds(struct plug_sock *s, const struct plug_msg *msg,
                                              const int *fds, size_t count, int flags);

/*
 * Receives msg and descriptors with it. *count is the room in ret_fds, then how many came; gives
 * them, CLOEXEC. Those for which there is no room are closed, and msg->flags has MSG_CTRUNC (as it
 * has when the process could not open more). msg->control is not used. -EINVAL: room over
 * PLUG_FDS_MAX.
 */
PLUG_API PLUG_MUST ssize_t plug_sock_recv_fds(struct plug_sock *s, struct plug_msg *msg,
                                              int *ret_fds, size_t *count, int flags);

/* --- credentials ----------------------------------------------------------------------- */

struct plug_cred {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/* Who called connect or socketpair on the other side of a UNIX socket (SO_PEERCRED). */
PLUG_API PLUG_MUST int plug_sock_peer_cred(const struct plug_sock *s, struct plug_cred *ret_cred);

/* Who sent this message: of SCM_CREDENTIALS, switched on by PLUG_SO_PASS_CRED. False: none. */
PLUG_API bool plug_cmsg_cred(const struct plug_cmsg *item, struct plug_cred *ret_cred);

/* Sends credentials; others than one's own need a capability (-EPERM). As plug_msg_put. */
PLUG_API PLUG_MUST int plug_msg_put_cred(struct plug_msg *msg, const struct plug_cred *cred);

/* --- the error queue ------------------------------------------------------------------- */

enum plug_sock_err_origin {
    PLUG_ORIGIN_NONE,
    PLUG_ORIGIN_LOCAL, /* this machine: too long for the path's MTU, say */
    PLUG_ORIGIN_ICMP,
    PLUG_ORIGIN_ICMP6,
    PLUG_ORIGIN_TXSTATUS,
    PLUG_ORIGIN_ZEROCOPY,
    PLUG_ORIGIN_TXTIME
};

/* What the error queue of a socket with PLUG_SO_RECVERR holds (ip(7), IP_RECVERR). */
struct plug_sock_err {
    int error; /* -ECONNREFUSED, -EHOSTUNREACH, -EMSGSIZE ... */
    enum plug_sock_err_origin origin;
    uint8_t type, code; /* of ICMP (RFC 792) or ICMPv6 (RFC 4443) */
    uint32_t info;      /* the MTU for -EMSGSIZE */
    uint32_t data;
    struct plug_addr offender; /* who sent the ICMP message; AF_UNSPEC when unknown */
    struct plug_addr dest;     /* where the failed datagram was going */
    size_t len;                /* how much of that datagram came back into buf */
    int flags;                 /* MSG_TRUNC when more than that */
};

/* The struct out of an item of control data (IP_RECVERR, IPV6_RECVERR). False when it is none. */
PLUG_API bool plug_cmsg_err(const struct plug_cmsg *item, struct plug_sock_err *ret_err);

/*
 * Takes the next error from the queue. 0; -EAGAIN when there is none: it never waits. buf may be
 * NULL.
 */
PLUG_API PLUG_MUST int plug_sock_recv_err(struct plug_sock *s, void *buf, size_t len,
                                          struct plug_sock_err *ret_err);

PLUG_END_DECLS
#endif
