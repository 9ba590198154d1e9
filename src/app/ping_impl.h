/* SPDX-License-Identifier: MIT */
#ifndef PLUG_APP_PING_IMPL_H
#define PLUG_APP_PING_IMPL_H
/* The inside of struct plug_ping. For src/app only. */
#include "app/icmp_sock.h"
#include "base/siphash.h"
#include <plug/histogram.h>

#define PLUG__PING_CODE   8   /* bytes of data that authenticate a reply */
#define PLUG__PING_STAMPS 256 /* packets whose stamps of sending are still looked for */
#define PLUG__PING_RING   16  /* probes remembered at first; doubled as needed */

enum plug__ping_state {
    PLUG__PING_UNUSED,
    PLUG__PING_WAITING,
    PLUG__PING_ANSWERED,
    PLUG__PING_GONE /* lost, dropped, failed, ended by an error */
};

struct plug__ping_tcp;
struct plug__ping_probe {
    int64_t sent;  /* plug_now() before it was handed over */
    int64_t wall;  /* the same moment since 1970 */
    int64_t stamp; /* when it left, by the kernel; 0: not told */
    enum plug__ping_state state;
    uint32_t drops;             /* of the socket's queue before it left */
    struct plug__ping_tcp *tcp; /* the connection while it is being made; else NULL */
};

struct plug__ping_host {
    struct plug_ping *ping;
    struct plug_addr addr;
    uint32_t number;
    uint32_t next_alike; /* number + 1 of the next host in the bucket; 0: none */
    bool group;          /* any member may answer */
    bool done;
    struct plug_timer send, expire;
    int64_t due;      /* when the next request is to leave */
    int64_t slot;     /* its place in time, with a rate; 0: none yet */
    uint64_t tries;   /* sequence number of the last request, failed ones included */
    uint64_t oldest;  /* the oldest that may still be waiting */
    uint64_t overdue; /* the last one that was told to be */
    struct plug__ping_probe *ring;
    size_t room; /* of the ring: a power of two; 0 before the first request */
    int64_t first_sent, last_sent;

    uint64_t sent, failed, received, lost, local_drops, duplicates, late, reordered, errors;
    uint64_t answered_last; /* the highest sequence number that was answered */
    double mean, squares;   /* Welford's */
    double differences;     /* sum of |rtt - the one before| */
    int64_t last;
    struct plug_histogram rtt; /* min and max, too */
};

struct plug__ping_stamp {
    uint32_t key, host;
    uint64_t seq;
};

struct plug_ping {
    struct plug_loop *loop;
    struct plug_ping_opts o;
    plug_ping_fn *fn;
    void *arg;
    struct plug__icmp_sock four, six;
    int no_four, no_six;     /* why there is none */
    struct plug_addr source; /* family AF_UNSPEC: any */
    struct plug__sipkey key;
    struct plug__ping_host **host;
    size_t hosts, hosts_room;
    uint32_t *bucket; /* number + 1 by address; 0: none */
    size_t buckets;   /* a power of two */
    uint32_t groups;  /* hosts whose members may answer */
    size_t data_len;
    uint8_t *out, *in; /* a request; what is received */
    size_t in_room;
    struct plug__ping_stamp stamp[PLUG__PING_STAMPS];
    int64_t next_slot;   /* with a rate: the first place in time that is free */
    int64_t behind;      /* so much later than their places requests leave */
    uint64_t excused[2]; /* probes for whose loss a drop of our own queue stands; IPv4, IPv6 */
    uint64_t unmatched, damaged;
    struct plug_timer deadline;
    size_t done;
    bool started, running;
    unsigned inside; /* handlers that run */
};

/* --- ping.c */
void plug__ping_tell(struct plug_ping *p, struct plug_ping_event *e);
/* Those of all sockets: hops, service, interface, and for TCP the source. */
int plug__ping_socket_options(const struct plug_ping *p, struct plug_sock *s);
/* The host is finished if nothing is waiting any more; stops all with the last one. */
void plug__ping_settle(struct plug__ping_host *h);

/* --- ping_send.c */
/* What an empty record of an event is. */
struct plug_ping_event plug__ping_event(enum plug_ping_event_type type,
                                        const struct plug__ping_host *h, uint64_t seq);
/* The probe with this number when it is remembered, else NULL. */
struct plug__ping_probe *plug__ping_probe(const struct plug__ping_host *h, uint64_t seq);
/* Lets the host begin at that time. */
int plug__ping_begin(struct plug__ping_host *h, int64_t at);
/* Sets the timer for the oldest probe that is waiting. */
void plug__ping_expect(struct plug__ping_host *h);

/* --- ping_tcp.c */
/* Begins to connect; gives *ret, ended by plug__ping_tcp_end, which does nothing without one. */
int plug__ping_tcp_send(struct plug__ping_host *h, uint64_t seq, struct plug__ping_tcp **ret);
void plug__ping_tcp_end(struct plug_ping *p, struct plug__ping_probe *probe);
/* It is decided already, and has been told now: the loop only came late to it. */
bool plug__ping_tcp_stands(const struct plug__ping_probe *probe);

/* --- ping_code.c: pure */
/* Data of a request: the code, as far as it fits, then a pattern. */
void plug__ping_fill(const struct plug__sipkey *key, uint32_t host, uint64_t seq, uint8_t *data,
                     size_t len);
/* -1: as it was filled in; else the offset of the first wrong byte (in the code: below 8). */
int64_t plug__ping_differs(const struct plug__sipkey *key, uint32_t host, uint64_t seq,
                           const uint8_t *data, size_t len);

/* --- ping_match.c */
/* Reads what the socket has, at most a burst of it; and as a handler of the loop. */
void plug__ping_read(struct plug_ping *p, struct plug__icmp_sock *s);
void plug__ping_ready(struct plug_loop *l, int fd, unsigned events, void *arg);
/* One message, one item of the error queue. Pure but for what they tell. */
void plug__ping_received(struct plug_ping *p, const struct plug__icmp_sock *s,
                         const struct plug__icmp_in *in);
void plug__ping_refused(struct plug_ping *p, const struct plug__icmp_sock *s,
                        const struct plug_sock_err *err, const uint8_t *quote);
/* Takes all items of the error queue. */
void plug__ping_drain_queue(struct plug_ping *p, struct plug__icmp_sock *s);

/* --- ping_stats.c */
void plug__ping_count_reply(struct plug__ping_host *h, uint64_t seq, int64_t rtt);

/* --- ping_hosts.c */
size_t plug__ping_bucket(const struct plug_ping *p, const struct plug_addr *addr);

/* Both clocks at one moment. */
struct plug__ping_moment {
    int64_t mono, wall;
};
struct plug__ping_moment plug__ping_now(void);

#endif
