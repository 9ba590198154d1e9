/* SPDX-License-Identifier: MIT */
#ifndef PLUG_DATAGRAM_H
#define PLUG_DATAGRAM_H
/*
 * Datagrams by the batch: many in one system call, trains of them as one (UDP_GRO, UDP_SEGMENT),
 * answers from the address that was asked.
 *
 * Layer: net.
 *
 * The caller:
 *   1. plug_datagram_open(&d, sock, NULL) on a bound UDP or UNIX datagram socket
 *   2. plug_datagram_recv(d, 0), then while (plug_datagram_next(d, &g)) for each that came:
 *      g.data, g.len, g.peer, and g.flags has MSG_TRUNC where it was longer than opts.longest
 *   3. plug_datagram_reply(d, &g, bytes, len), or plug_datagram_send to anybody: they are collected
 *   4. plug_datagram_flush(d) sends them; the next plug_datagram_recv does it, too
 *   5. plug_datagram_close(d), before the socket
 *
 * What arrives as a train (one peer's datagrams of one size) comes through the kernel at once, and
 * answers of one size to one peer leave at once; where kernel or device cannot do that they go one
 * by one. The caller sees single datagrams always. No memory is allocated after plug_datagram_open.
 *
 * A batch belongs to one thread or fiber at a time. Waiting is that of the socket (sock.h).
 */
#include <plug/msg.h>

PLUG_BEGIN_DECLS

struct plug_datagrams;

#define PLUG_DATAGRAM_BATCH   32 /* usual most messages, each a datagram or a train, of a receive */
#define PLUG_DATAGRAM_MAX     65535 /* longest datagram that is received whole, as long as any is */
#define PLUG_DATAGRAM_TRAIN   64 /* most datagrams in one train that is sent (UDP_MAX_SEGMENTS) */
#define PLUG_DATAGRAM_PENDING 64 /* most messages that wait for the flush, which then comes early */

struct plug_datagram_opts {
    size_t size;
    size_t batch;   /* messages of one receive, 1 to PLUG_BATCH_MAX; 0: PLUG_DATAGRAM_BATCH */
    size_t longest; /* bytes of a datagram that are kept; 0: PLUG_DATAGRAM_MAX */
    bool train_off; /* neither take trains nor send them */
};
#define PLUG_DATAGRAM_OPTS                                                                         \
    {                                                                                              \
        sizeof(struct plug_datagram_opts), 0, 0, false                                             \
    }

/*
 * gives *ret; borrows sock until plug_datagram_close: only the batch receives meanwhile. Asks the
 * socket for trains, and, where it is bound to a wildcard, for the address each datagram was sent
 * to. Takes 64 KiB of address space for each message of a batch, and memory as far as data come.
 * PLUG_EOPTS, -EINVAL (a number out of range), -EOPNOTSUPP (no datagram socket), -ENOMEM, errors of
 * setsockopt(2).
 */
PLUG_API PLUG_MUST int plug_datagram_open(struct plug_datagrams **ret, struct plug_sock *sock,
                                          const struct plug_datagram_opts *opts);

/* Ends it, not the socket; what was not flushed is lost. NULL does nothing. */
PLUG_API void plug_datagram_close(struct plug_datagrams *d);

/* One datagram of a batch; all it points to is borrowed until the next plug_datagram_recv. */
struct plug_datagram {
    uint8_t *data; /* may be changed in place */
    size_t len;
    const struct plug_addr *peer; /* who sent it; AF_UNSPEC: an unnamed UNIX socket */
    int flags;                    /* MSG_TRUNC: the rest is lost */
    unsigned message;             /* the library's */
};

/*
 * Flushes, then receives what there is, waiting for the first only; flags may have MSG_DONTWAIT.
 * How many messages came (> 0). Errors as plug_sock_recv; those of ICMP (-ECONNREFUSED ...) are
 * told once each, and the next call goes on. Descriptors that a UNIX peer passes are closed.
 */
PLUG_API PLUG_MUST int plug_datagram_recv(struct plug_datagrams *d, int flags);

/* The next datagram of the batch; false at its end. */
PLUG_API PLUG_MUST bool plug_datagram_next(struct plug_datagrams *d, struct plug_datagram *ret);

/* Where it was sent to (port included), and through which interface it came (0: not known). */
PLUG_API void plug_datagram_local(const struct plug_datagrams *d, const struct plug_datagram *g,
                                  struct plug_pktinfo *ret_info);

/*
 * Its control data, for plug_msg_next: credentials, arrival time, TTL ... as far as the socket's
 * options ask for them. borrowed; only control, control_len and flags are set.
 */
PLUG_API void plug_datagram_control(const struct plug_datagrams *d, const struct plug_datagram *g,
                                    struct plug_msg *ret_msg);

/*
 * An answer to g, from the address that g was sent to. copies bytes, unless they lie in g itself:
 * these are borrowed until the flush and cost no copy. Flushes, and so may wait, when much is
 * pending. 0; -EDESTADDRREQ (the peer has no name), -EMSGSIZE (longer than any datagram can be); as
 * plug_datagram_flush.
 */
PLUG_API PLUG_MUST int plug_datagram_reply(struct plug_datagrams *d, const struct plug_datagram *g,
                                           const void *bytes, size_t len);

/*
 * The same to anybody. from (NULL: the kernel chooses) is the address it leaves from, its ifindex
 * (0: the kernel chooses) the interface. copies all.
 */
PLUG_API PLUG_MUST int plug_datagram_send(struct plug_datagrams *d, const struct plug_addr *to,
                                          const struct plug_pktinfo *from, const void *bytes,
                                          size_t len);

/*
 * Sends what was collected, in order. A datagram that is refused (too long for the path, no route,
 * no buffer ...) is counted as unsent and the others go on. 0, or what kept it from going on
 * (PLUG_ETIMEOUT, -ECANCELED, -EINTR; -EAGAIN where it must not wait): the rest is still pending.
 */
PLUG_API PLUG_MUST int plug_datagram_flush(struct plug_datagrams *d);

struct plug_datagram_stats {
    uint64_t received, truncated; /* datagrams */
    uint64_t trains_in;           /* messages that held several */
    uint64_t sent, unsent;        /* datagrams */
    uint64_t trains_out;
    uint64_t calls; /* system calls that received or sent */
    int error;      /* why the last unsent one was; 0 */
};
/* Counters since it was opened. */
PLUG_API void plug_datagram_stats(const struct plug_datagrams *d,
                                  struct plug_datagram_stats *ret_stats);

PLUG_END_DECLS
#endif
