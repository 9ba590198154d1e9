/* SPDX-License-Identifier: MIT */
#ifndef PLUG_PING_H
#define PLUG_PING_H
/*
 * Echo requests (RFC 792, RFC 4443) to one host or to thousands, IPv4 and IPv6 mixed, on an event
 * loop: who answers, how fast, and what was lost.
 *
 * Layer: app.
 *
 * The caller:
 *   1. plug_ping_open(&p, loop, &opts, event, arg)   opens the sockets: privileges can go now
 *   2. plug_ping_add(p, &addr) for each host         its result is the host's number, from 0
 *   3. plug_ping_start(p); plug_loop_run(loop)       event() is called for each reply, loss, error
 *   4. plug_ping_stats(p, host, &s); plug_ping_close(p)
 * One probe, straight-line, in a thread or on a fiber: plug_ping_once(&addr, &opts, &reply).
 *
 * Sockets. An ICMP datagram socket where net.ipv4.ping_group_range allows it, else a raw one, which
 * needs CAP_NET_RAW: the same results from both.
 *
 * Which reply is ours. Type, code and identifier must be ours, the source the address that was
 * asked, the sequence number one that is remembered, the checksum right, and the first eight bytes
 * of the data a code (SipHash-2-4 under a key of this run) of host and sequence number: who has not
 * seen the request cannot make them. With fewer than eight bytes of data the code is cut to what
 * fits, with none the rest must do. What does not match is PLUG_PING_UNMATCHED and never a reply.
 *
 * Time. The send time stays here; nothing that comes back is taken for a time. Round trips are
 * measured between the kernel's own stamps of sending and of receiving; where it gives none, or its
 * wall clock was set meanwhile, with the monotonic clock, from before the send to after the
 * receive.
 *
 * Loss. A probe is lost when its timeout has passed, or an ICMP error has ended it; until then it
 * is neither. When replies may have been dropped because this socket's own queue was full, that
 * many unanswered probes are local_drops and not losses.
 *
 * Threads: one at a time, the loop's. A handler may call anything of this header but
 * plug_ping_close.
 */
#include <plug/addr.h>
#include <plug/loop.h>

PLUG_BEGIN_DECLS

#define PLUG_PING_DATA      56    /* bytes of data in a request, behind its 8 bytes of header */
#define PLUG_PING_DATA_MAX  65507 /* IPv6: 65527 would do, but one limit is for both */
#define PLUG_PING_WINDOW    32768 /* most probes of a host that are remembered */
#define PLUG_PING_HOSTS     65536 /* most hosts, unless hosts_max says more */
#define PLUG_PING_HOSTS_MAX 1000000

enum plug_ping_socket {
    PLUG_PING_AUTO, /* datagram where allowed, else raw */
    PLUG_PING_DGRAM,
    PLUG_PING_RAW,
    PLUG_PING_TCP /* no echo: how long a connection to addr's port takes; no privileges */
};

struct plug_ping_opts {
    size_t size;
    enum plug_ping_socket socket;
    uint64_t count;                 /* requests to each host; 0: without end */
    int64_t interval;               /* between two requests to a host; 0: 1 s */
    int64_t timeout;                /* a reply is waited for so long; 0: 4 s */
    int64_t deadline;               /* for all; 0: none */
    ssize_t data_len;               /* 0: PLUG_PING_DATA; -1: none */
    int ttl;                        /* 1..255; 0: the system's */
    int tos;                        /* 0..255: the byte of the IP header */
    unsigned ifindex;               /* through this interface; 0: the routes decide */
    const struct plug_addr *source; /* from this address; borrowed by plug_ping_open; NULL: any */
    bool dont_fragment;
    bool broadcast;   /* groups and broadcast addresses may be asked; any member may answer */
    size_t hosts_max; /* 0: PLUG_PING_HOSTS */
    double rate;      /* requests a second, over all hosts, >= 1e-6; 0: no limit but interval */
};
#define PLUG_PING_OPTS                                                                             \
    {                                                                                              \
        sizeof(struct plug_ping_opts), PLUG_PING_AUTO, 0, 0, 0, 0, 0, 0, 0, 0, NULL, false, false, \
            0, 0                                                                                   \
    }

enum plug_ping_event_type {
    PLUG_PING_REPLY,
    PLUG_PING_DUPLICATE,   /* of a probe that was answered before */
    PLUG_PING_LATE,        /* of a probe that was counted as lost before, and stays so */
    PLUG_PING_LOST,        /* no reply within the timeout */
    PLUG_PING_DROPPED,     /* the same, but this socket's queue had been full: no loss */
    PLUG_PING_ERROR,       /* an ICMP error for one of ours; ended: it counts as lost now */
    PLUG_PING_SEND_FAILED, /* the system would not send it: error */
    PLUG_PING_OVERDUE,     /* the next request leaves, and this one has no reply yet */
    PLUG_PING_UNMATCHED,   /* forged, damaged, foreign: host is not known */
    PLUG_PING_DONE         /* this host: all its probes are answered, lost or failed */
};

#define PLUG_PING_NO_HOST UINT32_MAX

/* What is not known is 0, ttl and rtt -1. */
struct plug_ping_event {
    enum plug_ping_event_type type;
    uint32_t host;         /* PLUG_PING_NO_HOST with UNMATCHED */
    uint64_t seq;          /* from 1, without end; on the wire its low 16 bits */
    struct plug_addr from; /* who answered, or sent the error */
    int ttl;               /* of the reply */
    size_t bytes;          /* of the ICMP message, header included */
    int64_t rtt;           /* nanoseconds */
    int64_t wall;          /* when it came: nanoseconds since 1970 */
    int64_t wrong_byte;    /* offset of the first damaged byte of data; -1: none */
    bool truncated;        /* the reply has less data than the request */
    bool reordered;        /* a later one was answered before */
    bool bad_checksum;     /* UNMATCHED for that reason alone */
    bool ended;            /* ERROR: the probe is over */
    int error;             /* -EHOSTUNREACH, -EMSGSIZE ...: of ERROR and SEND_FAILED */
    uint8_t icmp_type, icmp_code;
    uint32_t info; /* of an ICMP error: the MTU (-EMSGSIZE), gateway (redirect), pointer */
};

struct plug_ping;
typedef void plug_ping_fn(struct plug_ping *p, const struct plug_ping_event *e, void *arg);

/*
 * gives *ret. copies opts, borrows l and arg until plug_ping_close. One family may be missing on
 * this machine or refused; plug_ping_add tells it then. PLUG_EOPTS, -EINVAL (a number out of its
 * range), -EPERM (neither kind of socket is allowed, -EACCES when only the one in opts was tried),
 * -EADDRNOTAVAIL (source), -ENODEV (ifindex), -ENOMEM, -EMFILE, those of getrandom(2).
 */
PLUG_API PLUG_MUST int plug_ping_open(struct plug_ping **ret, struct plug_loop *l,
                                      const struct plug_ping_opts *opts, plug_ping_fn *fn,
                                      void *arg);

/* Ends it, and its watches and timers on the loop; NULL does nothing. Aborts in a handler. */
PLUG_API void plug_ping_close(struct plug_ping *p);

/* True when requests to this family leave through a raw socket. */
PLUG_API bool plug_ping_is_raw(const struct plug_ping *p, int family);

/*
 * One host more, before the start or while it runs; copies addr (its port counts with PLUG_PING_TCP
 * only; 0.0.0.0 and :: stand for this machine). Returns its number. PLUG_ELIMIT (hosts_max),
 * -EACCES (a group or broadcast address without opts.broadcast), -EINVAL (PLUG_PING_TCP and no
 * port), -EAFNOSUPPORT, -EADDRNOTAVAIL (not of the source's family), the reason why there is no
 * socket of its family, -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_ping_add(struct plug_ping *p, const struct plug_addr *addr);
PLUG_API size_t plug_ping_hosts(const struct plug_ping *p);
/* The address of a host; borrowed until the next plug_ping_add. Aborts for a number never given. */
PLUG_API const struct plug_addr *plug_ping_addr(const struct plug_ping *p, uint32_t host);

/*
 * Begins: the first requests leave in this call or soon, those of many hosts spread over the
 * interval. The loop is kept running until every host is done or plug_ping_stop. -EALREADY, those
 * of plug_loop_watch and plug_loop_timer.
 */
PLUG_API PLUG_MUST int plug_ping_start(struct plug_ping *p);

/* True from the start until every host is done, plug_ping_stop, or the deadline. */
PLUG_API bool plug_ping_running(const struct plug_ping *p);

/*
 * Nothing more is sent, waited for or told. What is under way counts as lost where the host has
 * never answered, or where it has been out for more than two of its longest round trips; else it is
 * neither answered nor lost. The deadline does the same.
 */
PLUG_API void plug_ping_stop(struct plug_ping *p);

/* Times in nanoseconds, -1 while there is no reply (jitter: fewer than two). */
struct plug_ping_stats {
    uint64_t sent;        /* the kernel has taken it */
    uint64_t send_failed; /* it would not; no loss */
    uint64_t received;    /* answered in time, duplicates apart */
    uint64_t lost;        /* timed out, or ended by an ICMP error */
    uint64_t local_drops; /* unanswered, but our own queue was full */
    uint64_t duplicates, late, reordered;
    uint64_t errors; /* ICMP errors, also those that did not end a probe */
    int64_t min, avg, max;
    int64_t mdev;          /* standard deviation of the population */
    int64_t p50, p95, p99; /* to within 1 % */
    int64_t jitter;        /* mean difference of one reply to the one before */
    int64_t last;          /* of the last reply */
    int64_t span;          /* from the first request to the last one */
};
/* Of a host at this moment. Aborts for a number that plug_ping_add never gave. */
PLUG_API void plug_ping_stats(const struct plug_ping *p, uint32_t host,
                              struct plug_ping_stats *ret_stats);

/* The share of lost probes among those answered or lost, 0 to 1; 0 before the first. */
PLUG_API double plug_ping_loss(const struct plug_ping_stats *s);

/* Messages that were nobody's: UNMATCHED events so far, and those of them damaged on the way. */
PLUG_API uint64_t plug_ping_unmatched(const struct plug_ping *p, uint64_t *ret_damaged);

/*
 * One request, one answer: waits for the first reply, error or loss. opts.count does not count. 0
 * with *ret_reply (a REPLY); PLUG_ETIMEOUT (lost), the error of an ICMP error or of sending, those
 * of plug_ping_open, plug_ping_add and plug_loop_run. *ret_reply is written for ICMP errors, too.
 * Any thread, any fiber (it parks).
 */
PLUG_API PLUG_MUST int plug_ping_once(const struct plug_addr *addr,
                                      const struct plug_ping_opts *opts,
                                      struct plug_ping_event *ret_reply);

PLUG_END_DECLS
#endif
