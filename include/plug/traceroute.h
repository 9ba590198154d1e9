/* SPDX-License-Identifier: MIT */
#ifndef PLUG_TRACEROUTE_H
#define PLUG_TRACEROUTE_H
/*
 * The routers on the way to a host: probes whose time to live ends early, and who says so.
 *
 * Layer: app.
 *
 * The caller, straight-line:
 *   1. plug_traceroute_open(&t, NULL, &to, NULL, NULL, NULL)    its own loop, all defaults
 *   2. plug_traceroute_run(t)
 *   3. plug_traceroute_summary(t, &s);
 *      for ttl s.first_ttl .. s.last_ttl: plug_traceroute_hop(t, ttl, 0, &hop)
 *   4. plug_traceroute_close(t)
 * or on an event loop, any number at once:
 *   1. plug_traceroute_open(&t, loop, &to, &opts, event, arg)   opens the sockets: capabilities can
 *                                                               be dropped now
 *   2. plug_traceroute_start(t); plug_loop_run(loop)            event() is called for each answer
 *   3. plug_traceroute_close(t)
 *
 * Flows: routers that share load choose the path by addresses, protocol and ports (for ICMP: the
 * checksum). All probes of a flow have the same of these, so that they take one path and the hops
 * told are neighbours (Paris traceroute). Several flows show several paths.
 *
 * An answer counts only when it quotes what was sent: addresses, ports or identifier, and a random
 * number that nobody off the path can know. Others are told as unmatched.
 *
 * Privilege: UDP and TCP need none. ICMP needs a group in net.ipv4.ping_group_range or
 * CAP_NET_RAW. Raw sockets, where they are allowed, add several TCP probes at once, probes told
 * apart by the shortest quote (28 bytes), and the sign of address translation.
 * Without them TCP probes go one at a time and wait 900 ms at most (the kernel would repeat its SYN
 * after a second), and so do UDP probes after a quote that is too short to tell them apart.
 *
 * Threads: as its loop. Fibers: plug_traceroute_run parks.
 */
#include <plug/addr.h>
#include <plug/loop.h>

PLUG_BEGIN_DECLS

struct plug_traceroute;

enum plug_traceroute_method { PLUG_TRACEROUTE_UDP, PLUG_TRACEROUTE_ICMP, PLUG_TRACEROUTE_TCP };

enum plug_traceroute_socket {
    PLUG_TRACEROUTE_AUTO, /* raw for TCP where allowed, else plain; raw for ICMP if plain is not */
    PLUG_TRACEROUTE_PLAIN,
    PLUG_TRACEROUTE_RAW
};

#define PLUG_TRACEROUTE_TTL     255        /* largest max_ttl */
#define PLUG_TRACEROUTE_PROBES  10         /* most probes for a hop in a round */
#define PLUG_TRACEROUTE_FLOWS   16         /* most flows */
#define PLUG_TRACEROUTE_FLIGHT  256        /* most probes under way at once */
#define PLUG_TRACEROUTE_HOSTS   8          /* most addresses kept of a hop */
#define PLUG_TRACEROUTE_LABELS  8          /* most MPLS labels kept of an answer */
#define PLUG_TRACEROUTE_PACKET  65535      /* longest packet, with its IP header */
#define PLUG_TRACEROUTE_FOREVER UINT64_MAX /* rounds: until plug_traceroute_stop */

struct plug_traceroute_opts {
    size_t size;
    enum plug_traceroute_method method;
    enum plug_traceroute_socket socket;
    unsigned first_ttl;   /* 0: 1 */
    unsigned max_ttl;     /* 0: 30 */
    unsigned probes;      /* for a hop, flow and round; 0: 3 */
    unsigned flows;       /* 0: 1 */
    unsigned in_flight;   /* probes under way at once; 0: 16 */
    unsigned silent_max;  /* this many hops in a row without an answer end a flow; 0: none do */
    uint64_t rounds;      /* 0: 1 */
    int64_t interval;     /* from the beginning of a round to that of the next; 0: 1 s */
    int64_t wait;         /* for an answer, at most; 0: 5 s */
    double wait_here;     /* at most this many times what an answer of the same hop took; 0: 3 */
    double wait_near;     /* else, one of a later hop; 0: 10. Negative: neither shortens it */
    uint16_t port;        /* 0: 33434 for UDP, 80 for TCP */
    uint16_t source_port; /* of the first flow, the others count up; 0: the kernel chooses */
    const struct plug_addr *source; /* NULL: the kernel chooses; copied */
    unsigned ifindex;               /* 0: by the routes */
    uint8_t tos;                    /* type of service, traffic class */
    size_t packet_len;              /* with its IP header; 0: 60 (IPv6: 80). Not for TCP */
    bool dont_fragment;
    bool mtu; /* finds the path's MTU: large packets, one at a time, not to be fragmented; no TCP */
};
#define PLUG_TRACEROUTE_OPTS                                                                       \
    {                                                                                              \
        sizeof(struct plug_traceroute_opts), PLUG_TRACEROUTE_UDP, PLUG_TRACEROUTE_AUTO, 0, 0, 0,   \
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, 0, 0, 0, false, false                              \
    }

/* An entry of an MPLS label stack (RFC 3032, RFC 4950). */
struct plug_traceroute_label {
    uint32_t label;
    uint8_t tc, ttl;
    bool bottom;
};

enum plug_traceroute_event_type {
    PLUG_TRACEROUTE_ANSWER,
    PLUG_TRACEROUTE_LOST,      /* no answer in time */
    PLUG_TRACEROUTE_LATE,      /* an answer to one that was told lost */
    PLUG_TRACEROUTE_DUPLICATE, /* another answer to the same probe */
    PLUG_TRACEROUTE_UNMATCHED, /* an answer to nothing that was sent: forged, foreign, too short */
    PLUG_TRACEROUTE_MTU,       /* from says that packets longer than mtu do not pass */
    PLUG_TRACEROUTE_SEND_FAILED, /* error; counts as lost */
    PLUG_TRACEROUTE_ROUND,       /* a round is over */
    PLUG_TRACEROUTE_END          /* the last event */
};

/* What an answer means. */
enum plug_traceroute_answer {
    PLUG_TRACEROUTE_HOP,         /* time exceeded: a router on the way */
    PLUG_TRACEROUTE_REACHED,     /* the host: port unreachable, echo reply, SYN-ACK, RST, data */
    PLUG_TRACEROUTE_UNREACHABLE, /* the end, but not the host: an ICMP error told by its mark */
};

struct plug_traceroute_event {
    enum plug_traceroute_event_type type;
    unsigned ttl, flow, probe; /* probe: which of the hop's, from 0 */
    uint64_t round;            /* from 0 */
    enum plug_traceroute_answer answer;
    struct plug_addr from; /* who answered; port 0 */
    int64_t rtt;           /* nanoseconds */
    int reply_ttl;         /* the time to live that the answer came with; -1: unknown */
    bool icmp;             /* the answer is an ICMP message of this type and code */
    uint8_t icmp_type, icmp_code;
    uint32_t mtu;    /* of type MTU, and where an answer says one; else 0 */
    bool translated; /* the quote is not what was sent: addresses are translated */
    size_t label_count;
    struct plug_traceroute_label label[PLUG_TRACEROUTE_LABELS];
    unsigned objects; /* other ICMP extension objects (RFC 4884) */
    int error;        /* of SEND_FAILED, and of END when it ended by an error */
};

/*
 * borrows e during the call. It may call anything of t but plug_traceroute_close. As probes to
 * several hops are under way at once, there may be answers from behind the last hop before that is
 * known: plug_traceroute_summary tells at the end of the round how far it goes.
 */
typedef void plug_traceroute_fn(struct plug_traceroute *t, const struct plug_traceroute_event *e,
                                void *arg);

/*
 * Opens the sockets for probes to an IPv4 or IPv6 address (its port does not count). loop NULL: one
 * of its own; else borrowed until closed. borrows arg; copies to and opts; fn NULL: no events.
 * gives *ret. PLUG_EOPTS, PLUG_ERANGE (an option above its maximum, max_ttl below first_ttl,
 * packets too short or too long), -EAFNOSUPPORT (no IP address), -EINVAL (mtu with TCP), -EACCES,
 * -EPERM (not allowed: see above), -ENETUNREACH (no route), -EADDRINUSE, -EADDRNOTAVAIL (source),
 * -ENOMEM, -errno of socket(2), and the errors of plug_loop_open, plug_loop_watch.
 */
PLUG_API PLUG_MUST int plug_traceroute_open(struct plug_traceroute **ret, struct plug_loop *loop,
                                            const struct plug_addr *to,
                                            const struct plug_traceroute_opts *opts,
                                            plug_traceroute_fn *fn, void *arg);

/* Ends it, without an event; NULL does nothing. Aborts when its own fn does it. */
PLUG_API void plug_traceroute_close(struct plug_traceroute *t);

/* Sends the first probes. 0, -EALREADY. */
PLUG_API PLUG_MUST int plug_traceroute_start(struct plug_traceroute *t);

/*
 * Starts it unless it runs, and turns its loop until it has ended. 0; the error that ended it;
 * PLUG_ETIMEOUT, -EINTR, -ECANCELED of the wait: it may be called again then.
 */
PLUG_API PLUG_MUST int plug_traceroute_run(struct plug_traceroute *t);

/* Ends it now, with its last event. What is under way is not told. */
PLUG_API void plug_traceroute_stop(struct plug_traceroute *t);

/* --- what was found --------------------------------------------------------------------- */

/* Loss of a hop beside that of the hops behind it. */
enum plug_traceroute_loss {
    PLUG_TRACEROUTE_LOSS_NONE,
    PLUG_TRACEROUTE_LOSS_REAL,    /* it persists behind it, or nothing is behind it */
    PLUG_TRACEROUTE_LOSS_LIMITED, /* later hops lose less: it limits its answers, and forwards */
    PLUG_TRACEROUTE_LOSS_SILENT   /* it never answers, later hops do: it forwards */
};

struct plug_traceroute_host {
    struct plug_addr addr; /* port 0 */
    uint64_t received;
};

/* A hop of one flow, over all rounds. Times in nanoseconds, 0 without an answer. */
struct plug_traceroute_hop {
    uint64_t sent, received, lost; /* sent: those that are answered or lost */
    uint64_t late;
    size_t host_count;
    struct plug_traceroute_host host[PLUG_TRACEROUTE_HOSTS]; /* as they came */
    int64_t last, best, avg, worst, stddev;
    int64_t jitter; /* mean difference between one answer and the next */
    enum plug_traceroute_loss loss;
    enum plug_traceroute_answer answer; /* the last one's */
    bool icmp;
    uint8_t icmp_type, icmp_code;
    uint32_t mtu;  /* the largest packet known to reach it, with opts.mtu; else 0 */
    int reply_ttl; /* the last one's; -1: unknown */
    int back;      /* hops of the way back, judged by reply_ttl; -1: unknown */
    bool translated;
    size_t label_count;
    struct plug_traceroute_label label[PLUG_TRACEROUTE_LABELS];
};

/* ttl from first_ttl to last_ttl. -EINVAL: outside that, or no such flow. */
PLUG_API PLUG_MUST int plug_traceroute_hop(const struct plug_traceroute *t, unsigned ttl,
                                           unsigned flow, struct plug_traceroute_hop *ret_hop);

/* Why a flow, or the whole, ended. */
enum plug_traceroute_end {
    PLUG_TRACEROUTE_RUNNING,
    PLUG_TRACEROUTE_END_REACHED,
    PLUG_TRACEROUTE_END_UNREACHABLE, /* somebody said that there is no way on */
    PLUG_TRACEROUTE_END_MAX_TTL,
    PLUG_TRACEROUTE_END_LOOP,   /* the same routers again and again */
    PLUG_TRACEROUTE_END_SILENT, /* silent_max */
    PLUG_TRACEROUTE_END_STOPPED,
    PLUG_TRACEROUTE_END_ERROR
};

struct plug_traceroute_summary {
    enum plug_traceroute_end
        end; /* of flows that ended differently the first in the enum's order */
    unsigned first_ttl, last_ttl;              /* the hops there are; last_ttl 0: none yet */
    unsigned flow_last[PLUG_TRACEROUTE_FLOWS]; /* of each flow */
    uint64_t rounds;                           /* that are over */
    uint64_t sent, received, lost, late, duplicates, unmatched, send_failed;
    uint32_t mtu;    /* of the path, as far as it was followed; 0: not asked for */
    bool raw;        /* through raw sockets */
    bool one_by_one; /* probes go one at a time */
    struct plug_addr to, from;
    size_t packet_len;
    int error; /* of END_ERROR */
};
/* What is known so far, at any time. */
PLUG_API void plug_traceroute_summary(const struct plug_traceroute *t,
                                      struct plug_traceroute_summary *ret_summary);

/* "reached", "max_ttl" ...; static text. */
PLUG_API const char *plug_traceroute_end_name(enum plug_traceroute_end end);

/*
 * traceroute's mark of an ICMP error: "!H", "!N", "!P", "!X", "!F-1400", "!<13>" ...; "" for time
 * exceeded on the way and for what the host itself says. As snprintf.
 */
PLUG_API size_t plug_traceroute_mark(int family, uint8_t type, uint8_t code, uint32_t mtu,
                                     char *buf, size_t len);

PLUG_END_DECLS
#endif
