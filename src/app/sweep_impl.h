/* SPDX-License-Identifier: MIT */
#ifndef APP_SWEEP_IMPL_H
#define APP_SWEEP_IMPL_H
/*
 * What the files of struct plug_sweep share.
 *
 * Layer: app, private.
 *
 *   sweep.c          its life, and the rounds it goes
 *   sweep_socket.c   the sockets
 *   sweep_send.c     requests: batches, what the kernel says to them
 *   sweep_receive.c  answers and errors: whose they are
 *   sweep_window.c   the pace
 */
#include "app/sweep_window.h"
#include "app/targets_impl.h"
#include "base/siphash.h"
#include <netinet/in.h>
#include <plug/checksum.h>
#include <plug/histogram.h>
#include <plug/sweep.h>
#include <sys/uio.h>

#define PLUG__SWEEP_BATCH      64  /* requests in one system call */
#define PLUG__SWEEP_TAKE       128 /* answers: more than that, so that one call empties the queue */
#define PLUG__SWEEP_TAKE_ROOM  (1 << 20) /* bytes for them at most, where requests are long */
#define PLUG__SWEEP_CONTROL    256       /* bytes of control data of an answer */
#define PLUG__SWEEP_LONGEST_IP 60        /* an IPv4 header with options */
#define PLUG__SWEEP_ICMP       8         /* its header */
#define PLUG__SWEEP_HEAD       (PLUG__SWEEP_ICMP + PLUG_SWEEP_DATA_MIN)
#define PLUG__SWEEP_TICK       8 /* bits: a tick is 256 ns, 2^32 of them 18 minutes */

/* What is known of a host; in the low bits of its byte, the number of its last request above. */
enum plug__sweep_state {
    PLUG__SWEEP_IDLE,     /* not asked yet */
    PLUG__SWEEP_OUT,      /* asked, an answer is expected */
    PLUG__SWEEP_SILENT,   /* asked, an answer would be late */
    PLUG__SWEEP_OVER,     /* its time is up */
    PLUG__SWEEP_ANSWERED, /* and this stays, likewise: */
    PLUG__SWEEP_FAILED
};
#define PLUG__SWEEP_STATE 7

/*
 * The code, behind the ICMP header, big endian: the place in the order of visits (4 bytes), the
 * tick at which its batch was sent (4), and a MAC over both and the address it goes to (8).
 */

union plug__sweep_peer {
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

struct plug__sweep_slot {
    uint8_t bytes[PLUG__SWEEP_ICMP + PLUG_SWEEP_DATA];
    struct iovec iov[2]; /* all of it; or its head, and the rest that all requests share */
    union plug__sweep_peer to;
    uint32_t place;
};

/* One family's socket with its batch. */
struct plug__sweep_lane {
    int fd; /* -1: none */
    int family;
    bool raw;
    bool used; /* the set has addresses of the family */
    uint16_t id;
    uint32_t queue_drops; /* what the socket has counted */
    unsigned count;       /* requests in the batch */
    struct plug__sweep_slot slot[PLUG__SWEEP_BATCH];
};

struct plug_sweep {
    struct plug_sweep_opts opts;
    struct plug__sweep_lane lane[2];
    struct plug__sipkey key;
    bool started, ended;

    const struct plug_targets *targets;
    struct plug_permutation order;
    bool permuted;
    uint32_t count; /* places: hosts of this shard */
    uint32_t *sent; /* by place: the tick of its last request */
    uint8_t *state; /* by place */
    plug_sweep_fn *fn;
    void *arg;
    int end;   /* what fn said, or an error */
    bool told; /* since it was last idle */

    /* this round: each walks over the places in order */
    uint32_t next;  /* to be sent */
    uint32_t quiet; /* the first one that may be expected to be answered */
    uint32_t over;  /* the first one whose time is not up */
    bool first;     /* nobody was asked before */
    uint64_t round_drops;

    struct plug__window window;
    uint32_t waiting; /* requests neither answered nor timed out */
    int64_t resume;   /* not before: the interface has refused more */
    unsigned refused; /* how often in a row */
    int64_t due;      /* not before: rate */

    int64_t start, now;
    uint8_t *rest;     /* of all requests, behind their head */
    uint16_t rest_sum; /* what it adds to a checksum */
    size_t pieces;     /* of a request: 1 where it fits a slot */

    unsigned take; /* messages at once */
    size_t room;   /* bytes for each */
    uint8_t *in, *control;
    struct mmsghdr *in_hdr;
    struct iovec *in_iov;
    union plug__sweep_peer *in_from;

    struct plug_sweep_stats stats;
    struct plug_histogram rtts;
};

static inline uint32_t plug__sweep_tick(const struct plug_sweep *s, int64_t when)
{
    return (uint32_t)((uint64_t)(when - s->start) >> PLUG__SWEEP_TICK);
}

/* What lies between two ticks, the later one first. */
static inline int64_t plug__sweep_between(uint32_t later, uint32_t earlier)
{
    return (int64_t)(uint32_t)(later - earlier) << PLUG__SWEEP_TICK;
}

static inline enum plug__sweep_state plug__sweep_state(const struct plug_sweep *s, uint32_t place)
{
    return (enum plug__sweep_state)(s->state[place] & PLUG__SWEEP_STATE);
}

static inline void plug__sweep_set(struct plug_sweep *s, uint32_t place,
                                   enum plug__sweep_state state)
{
    s->state[place] = (uint8_t)((s->state[place] & ~PLUG__SWEEP_STATE) | state);
}

/* sweep.c */
uint32_t plug__sweep_target(const struct plug_sweep *s, uint32_t place);
void plug__sweep_tell(struct plug_sweep *s, struct plug_sweep_event *e, uint32_t place);

/* sweep_socket.c */
int plug__sweep_sockets(struct plug_sweep *s);
void plug__sweep_sockets_close(struct plug_sweep *s);
/* Packets that the socket's queue had no room for, since the last call. */
uint32_t plug__sweep_queue_drops(struct plug__sweep_lane *l);

/* sweep_send.c */
int plug__sweep_prepare(struct plug_sweep *s);
uint64_t plug__sweep_mac(const struct plug_sweep *s, plug__ip to, uint32_t place, uint32_t tick);
/* Requests as far as window and rate allow; true when it came further, failures included. */
bool plug__sweep_send(struct plug_sweep *s);

/* sweep_receive.c */
int plug__sweep_room(struct plug_sweep *s);
void plug__sweep_receive(struct plug_sweep *s, struct plug__sweep_lane *l);
void plug__sweep_receive_errors(struct plug_sweep *s, struct plug__sweep_lane *l);

#endif
