/* SPDX-License-Identifier: MIT */
#ifndef PLUG_NET_DATAGRAM_IMPL_H
#define PLUG_NET_DATAGRAM_IMPL_H
/* The inside of struct plug_datagrams: what came, and what waits to be sent. For net and server. */
#include "net/sock_impl.h"

#include <netinet/in.h>
#include <plug/datagram.h>
#include <stdatomic.h>

/* Room for what the kernel tells of one message: source, train, credentials, times, TTL, TOS. */
#define PLUG__DATAGRAM_CONTROL 256

/* Longest payload of UDP over IPv4 and IPv6; as long as a train may get over both. */
#define PLUG__DATAGRAM_UDP4  (65535 - 20 - 8)
#define PLUG__DATAGRAM_UDP6  (65535 - 8)
#define PLUG__DATAGRAM_TRAIN (65535 - 40 - 8)

/* Replies that are not sent from the place of their question: so many bytes, so many pieces. */
#define PLUG__DATAGRAM_ROOM   (128 * 1024)
#define PLUG__DATAGRAM_PIECES 256

/* Control data that makes a datagram leave from an address; len 0: the kernel chooses. */
struct plug__source {
    size_t len;
    uint8_t item[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* One received message: a datagram or a train of them. */
struct plug__message {
    uint8_t *data;
    size_t len;
    size_t segment; /* of each but the last, which may be shorter */
    int flags;
    struct plug_addr peer;
    struct plug__source source;
};

/* One message to be sent: a datagram, or a train of them to one peer, equally long. */
struct plug__train {
    const struct plug_addr *peer;
    const struct plug__source *source;
    size_t segment, len;
    unsigned count;         /* datagrams in it */
    unsigned piece, pieces; /* its slice of the pieces */
    bool ended;             /* its last one is shorter: none may follow */
};

struct plug_datagrams {
    struct plug_sock *sock;
    struct plug_addr local;
    size_t longest, most; /* of what is received, of what can be sent */
    bool takes_trains;
    size_t room, stride; /* of a message's buffer, and to the next */
    struct plug_datagram_stats stats;

    /* received */
    unsigned batch, count, at; /* at: the message whose datagrams are being told */
    const uint8_t *next, *end; /* in it */
    bool emptied;              /* the last receive has seen the end of the queue */
    struct plug__message *in;
    struct mmsghdr *in_hdr;
    struct iovec *in_iov;
    uint8_t *in_control, *memory;

    /* to be sent */
    size_t join_max, join_full; /* longest datagram that may go in a train, now and usually */
    unsigned flushes;
    unsigned trains, pieces, done; /* done: trains that are gone already */
    size_t used;                   /* of room */
    struct plug__train train[PLUG_DATAGRAM_PENDING];
    struct iovec piece[PLUG__DATAGRAM_PIECES];
    struct plug_addr to[PLUG_DATAGRAM_PENDING];
    struct plug__source from[PLUG_DATAGRAM_PENDING];
    uint8_t *out;
};

/* What makes a datagram leave from an address, for a peer of this family. */
void plug__source_of(struct plug__source *s, int family, const struct plug_pktinfo *info);

/*
 * Receives without a flush, against a deadline. dry: the last receive has emptied the socket, and
 * the caller has not waited for anything since, so that to look again before a wait is in vain.
 */
int plug__datagram_recv(struct plug_datagrams *d, int64_t deadline, bool dry);

/* plug_datagram_flush against a deadline; and the end of what could not be sent until then. */
int plug__datagram_flush(struct plug_datagrams *d, int64_t deadline);
void plug__datagram_drop(struct plug_datagrams *d, int error);

/* Sends one datagram by itself. Its length, or an error. */
ssize_t plug__datagram_send(struct plug_sock *sock, const struct plug_addr *to,
                            const struct plug__source *from, const struct iovec *iov, size_t count,
                            int64_t deadline);

#endif
