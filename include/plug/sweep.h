/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SWEEP_H
#define PLUG_SWEEP_H
/*
 * Which of many hosts answer? An echo request (RFC 792, RFC 4443) to each address of a set, as fast
 * as the answers allow.
 *
 * Layer: app.
 *
 * The caller:
 *   1. plug_sweep_open(&s, &opts)          opens the sockets; then plug_privilege_drop()
 *   2. plug_targets_open ... plug_targets_seal(t)
 *   3. plug_sweep_run(s, t, event, arg)    calls event for each host that answers, and at the end
 *                                          for each that did not; waits as any other operation
 *   4. plug_sweep_stats(s, &stats); plug_sweep_close(s)
 *
 * Pace: probes that an answer is still expected to occupy a window, as the segments of a TCP
 * connection do. It begins small and grows with every probe whose fate is known: answered, or
 * silent for longer than answers take. It is halved when this machine loses packets (its receive
 * queue overflows, its interface refuses more), when the share of hosts that answer falls to less
 * than half of what it was, and when a repeated probe is answered whose first one was not. Never
 * are more than opts.window probes without an answer and not timed out. opts.rate bounds all of
 * that; where a slow link lies between here and there, set it.
 *
 * Order: ascending for up to PLUG_SWEEP_ASCENDING addresses, else a permutation, so that no network
 * is hammered and each stretch of the sweep is a fair sample.
 *
 * Truth: a request carries a code, made of a secret and the address it goes to; what comes back
 * without the code of its source counts as unmatched and changes nothing. Round-trip times run from
 * a local table to the kernel's time of arrival; larger sets than PLUG_SWEEP_ASCENDING are sent in
 * batches, in which the moment of each request is known to some microseconds. When this machine
 * itself lost packets, hosts that did not answer are asked again, up to PLUG_SWEEP_AGAIN times and
 * besides their tries; those of which it still cannot tell are unknown, not lost.
 *
 * A sweep takes some 5 bytes for each host. It belongs to one thread or fiber.
 */
#include <plug/targets.h>
#include <plug/time.h>

PLUG_BEGIN_DECLS

struct plug_sweep;

#define PLUG_SWEEP_ASCENDING   256       /* sets up to this size are visited in their order */
#define PLUG_SWEEP_AGAIN       5         /* rounds repeated because of local drops */
#define PLUG_SWEEP_TRIES       2         /* requests to each host, unless told otherwise */
#define PLUG_SWEEP_TRIES_MAX   30        /* most of them */
#define PLUG_SWEEP_WINDOW      65536     /* requests without an answer at once */
#define PLUG_SWEEP_TIMEOUT     PLUG_S(1) /* for each request, unless told otherwise */
#define PLUG_SWEEP_TIMEOUT_MAX PLUG_MIN(5)
#define PLUG_SWEEP_DATA        56    /* bytes behind the ICMP header, unless told otherwise */
#define PLUG_SWEEP_DATA_MIN    16    /* what the code takes */
#define PLUG_SWEEP_DATA_MAX    65507 /* what an IPv4 packet can carry */
#define PLUG_SWEEP_RATE_MAX    100000000

enum plug_sweep_socket {
    PLUG_SWEEP_AUTO,  /* ping sockets where the system allows them to the caller, else raw ones */
    PLUG_SWEEP_DGRAM, /* ping sockets (net.ipv4.ping_group_range) */
    PLUG_SWEEP_RAW    /* raw sockets (CAP_NET_RAW) */
};

struct plug_sweep_opts {
    size_t size;
    enum plug_sweep_socket socket;
    int family;              /* AF_INET, AF_INET6: only that; AF_UNSPEC: what there is of both */
    unsigned tries;          /* requests to a host that does not answer; 0: PLUG_SWEEP_TRIES */
    int64_t timeout;         /* wait for an answer to each; 0: PLUG_SWEEP_TIMEOUT */
    uint64_t rate;           /* most requests a second; 0: no limit but the pace */
    uint32_t window;         /* most without an answer at once; 0: PLUG_SWEEP_WINDOW */
    size_t data_len;         /* bytes behind the ICMP header; 0: PLUG_SWEEP_DATA */
    uint64_t seed;           /* of the order; 0: chosen by chance, and not with shards */
    struct plug_shard shard; /* {0, 0}: all of it */
    int ttl;                 /* 0: the system's */
    int tos;                 /* DSCP and ECN bits */
    unsigned ifindex;        /* send through this interface; 0: as routed */
    const struct plug_addr *source; /* send from this address; NULL: as routed; borrowed by open */
};
#define PLUG_SWEEP_OPTS                                                                            \
    {                                                                                              \
        sizeof(struct plug_sweep_opts), PLUG_SWEEP_AUTO, 0, 0, 0, 0, 0, 0, 0, {0, 0}, 0, 0, 0,     \
            NULL                                                                                   \
    }

/*
 * Opens the sockets; opts NULL: defaults. gives *ret. -EACCES or -EPERM: neither ping sockets nor
 * raw ones are allowed; -EAFNOSUPPORT: no family is there; PLUG_EOPTS: another size, or a value out
 * of range; -EADDRNOTAVAIL, -ENODEV (source, ifindex); -ENOMEM; what socket(2) said. close: NULL
 * does nothing.
 */
PLUG_API PLUG_MUST int plug_sweep_open(struct plug_sweep **ret, const struct plug_sweep_opts *opts);
PLUG_API void plug_sweep_close(struct plug_sweep *s);

/* What the requests of a family go through: PLUG_SWEEP_DGRAM, PLUG_SWEEP_RAW; -EAFNOSUPPORT. */
PLUG_API PLUG_MUST int plug_sweep_kind(const struct plug_sweep *s, int family);

enum plug_sweep_event_type {
    PLUG_SWEEP_REPLY,     /* a host answers, for the first time */
    PLUG_SWEEP_DUPLICATE, /* and again */
    PLUG_SWEEP_ERROR,     /* an ICMP error about a request of ours; it is waited for all the same */
    PLUG_SWEEP_SEND_FAILED, /* the request could not be sent; not tried again */
    PLUG_SWEEP_LOST,        /* no answer to any request; at the end, in ascending order */
    PLUG_SWEEP_UNKNOWN,     /* the same, but this machine has lost packets; likewise */
    PLUG_SWEEP_IDLE         /* after others: it is going to wait, so what was written may go out */
};

struct plug_sweep_event {
    enum plug_sweep_event_type type;
    uint32_t target;       /* its number in the set; of IDLE nothing but its type counts */
    struct plug_addr addr; /* the target's */
    struct plug_addr from; /* ERROR: who says so; else {0} */
    unsigned tries;        /* requests sent to it so far */
    int64_t rtt;           /* REPLY, DUPLICATE: round-trip time; else 0 */
    int ttl;               /* REPLY, DUPLICATE: hop limit of the answer; -1: not known */
    size_t bytes;          /* REPLY, DUPLICATE: length of the answer from its ICMP header on */
    int error;             /* ERROR, SEND_FAILED: -EHOSTUNREACH ...; else 0 */
    uint8_t icmp_type, icmp_code; /* ERROR */
};

/* e is borrowed during the call. Other than 0: plug_sweep_run ends at once with this result. */
typedef int plug_sweep_fn(const struct plug_sweep_event *e, void *arg);

/*
 * Visits the (sealed) set, once. borrows t and arg. 0; what fn said; PLUG_ETIMEOUT (a deadline
 * scope), -ECANCELED, -EINTR (plug_eintr_set); -EAFNOSUPPORT: the set has a family that no socket
 * was opened for; -EINVAL: the set is not sealed or empty; -EBUSY: it runs, or ran already;
 * -ENOMEM. However it ended, plug_sweep_stats tells how far it came. Parks a fiber.
 */
PLUG_API PLUG_MUST int plug_sweep_run(struct plug_sweep *s, const struct plug_targets *t,
                                      plug_sweep_fn *fn, void *arg);

struct plug_sweep_stats {
    uint64_t targets;     /* of this shard */
    uint64_t sent;        /* requests */
    uint64_t asked;       /* hosts that at least one was sent to */
    uint64_t answered;    /* hosts */
    uint64_t lost;        /* hosts, likewise unknown and failed; all 0 before the end */
    uint64_t unknown;     /* no answer, but local drops */
    uint64_t send_failed; /* hosts */
    uint64_t duplicates;  /* answers, likewise: */
    uint64_t unmatched;   /* forged, damaged, or somebody else's */
    uint64_t errors;      /* ICMP errors about our requests */
    uint64_t local_drops; /* packets this machine lost: receive queue, interface */
    uint32_t window;      /* the pace: probes it lets go without an answer */
    int64_t elapsed;
    int64_t min, avg, max, p50, p95, p99; /* round-trip times of the first answers; 0: none */
};

/* At any time, also from fn. */
PLUG_API void plug_sweep_stats(const struct plug_sweep *s, struct plug_sweep_stats *ret_stats);

PLUG_END_DECLS
#endif
