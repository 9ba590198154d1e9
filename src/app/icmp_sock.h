/* SPDX-License-Identifier: MIT */
#ifndef PLUG_APP_ICMP_SOCK_H
#define PLUG_APP_ICMP_SOCK_H
/*
 * A socket for ICMP or ICMPv6: unprivileged where that is allowed, else raw. What differs between
 * the two is known here and nowhere else: who checks sums, who writes the identifier, whether an IP
 * header comes first. For src/app only.
 */
#include <plug/msg.h>
#include <plug/ping.h>

#define PLUG__ICMP_HEADER  8
#define PLUG__ICMP_CONTROL 512 /* room for control data of a receive */

struct plug__icmp_sock {
    struct plug_sock *sock; /* PLUG_NOWAIT; NULL: not open */
    int family;
    bool raw;
    uint16_t id;      /* of our echo requests, host order */
    bool stamps;      /* the kernel stamps what is sent */
    uint32_t sends;   /* packets handed over since stamps were switched on: the next one's key */
    uint32_t awaited; /* stamps that have not come yet */
};

/* gives s. -EPERM: neither kind is allowed; -EACCES: the one asked for is not; others of socket. */
int plug__icmp_sock_open(struct plug__icmp_sock *s, int family, enum plug_ping_socket kind);
void plug__icmp_sock_close(struct plug__icmp_sock *s);
/* To be done once, before the first send; from is an address of the family, or NULL: any. */
int plug__icmp_sock_bind(struct plug__icmp_sock *s, const struct plug_addr *from);

/*
 * Sends an ICMP message whose checksum is 0; it is filled in (in msg itself) where the kernel would
 * not. *ret_key is the key of its stamp. 0, -EAGAIN, -ENOBUFS, other errors of sendto(2).
 */
int plug__icmp_sock_send(struct plug__icmp_sock *s, uint8_t *msg, size_t len,
                         const struct plug_addr *to, uint32_t *ret_key);

struct plug__icmp_in {
    const uint8_t *icmp; /* the message; borrows the buffer */
    size_t len;          /* how much of it is there */
    size_t whole;        /* its true length */
    struct plug_addr from;
    int ttl;       /* -1: not told */
    int64_t stamp; /* when the kernel got it, ns since 1970; 0: not told */
    bool bad;      /* no ICMP message inside, or a wrong checksum */
};
/* One message without waiting. 0, -EAGAIN, others of recvmsg(2). */
int plug__icmp_sock_recv(struct plug__icmp_sock *s, void *buf, size_t len,
                         struct plug__icmp_in *ret_in);

/*
 * Messages that found the socket's queue full since it was opened, 0 where that is not told. By
 * SO_MEMINFO: ping sockets do not give SO_RXQ_OVFL.
 */
uint32_t plug__icmp_sock_drops(const struct plug__icmp_sock *s);

/* The ICMP message in an IPv4 datagram as raw sockets give it: its offset, PLUG_ETRUNC. Pure. */
int plug__icmp_unwrap(const uint8_t *bytes, size_t len);

struct plug__icmp_queued {
    bool is_stamp;
    uint32_t key;             /* of the packet that was stamped */
    int64_t stamp;            /* when it left, ns since 1970 */
    struct plug_sock_err err; /* else; err.len bytes of our own message are in buf */
};
/* The next item of the error queue: 0, -EAGAIN, others of recvmsg(2). */
int plug__icmp_sock_queued(struct plug__icmp_sock *s, void *buf, size_t len,
                           struct plug__icmp_queued *ret_item);

#endif
