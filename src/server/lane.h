/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SERVER_LANE_H
#define PLUG_SERVER_LANE_H
/*
 * Datagrams, one handler's call each.
 *
 * A lane is a socket, the batch of datagrams it gave last, and the answers that wait for their
 * flush. Two ways lead out of it:
 *
 *   lane.c           the handler is called where the batch lies: serial, fiber
 *   conn_datagram.c  each datagram becomes a request of its own, with a copy: thread, fork, and
 *                    wherever get_request or process_request are the caller's
 */
#include "net/datagram_impl.h"
#include "server/server_impl.h"
#include <plug/defer.h>

/* What a conn has of its datagram. */
struct plug__packet {
    struct plug__lane *lane;    /* the batch it lies in; NULL: bytes are its own */
    struct plug_datagram g;     /* data and len, until it is read */
    bool read;                  /* the handler has it */
    bool answered;              /* from the place where it lies */
    struct plug__source source; /* its answers leave from there; of an own one only */
    struct plug_addr local;     /* where it was sent to; of an own one only */
    uint8_t *bytes;             /* to be freed with it */
};

/* Who calls the handler: a conn that is used again for each datagram. */
struct plug__clerk {
    struct plug_conn conn;
    struct plug__packet packet;
    struct plug_defer_frame frame;
    struct plug__serving before;
    uint64_t accepted, handled, failed, truncated, timed_out; /* not yet added to the server's */
    unsigned message; /* conn.peer is that of this message */
};

struct plug__lane {
    struct plug__endpoint *e;
    struct plug_sock *sock;
    struct plug_datagrams *d;
    struct plug__clerk *clerk;  /* who serves the batch now */
    struct plug_datagram taken; /* by get_request, for its conn */
    bool pending;               /* the batch has more */
    bool collects;              /* answers wait for those that follow: UDP */
    bool waits;                 /* until its answers can be sent */
    bool eager;                 /* handlers are slow: answers do not wait for those that follow */
    bool in_place;              /* no hook wants to see each datagram's way */
    uint64_t unsent;            /* answers given up so far, as counted in the server's */
    uint64_t id, ids_end;       /* numbers taken from the server's */

    /* on fibers */
    struct plug__standby *standby;     /* clerks that wait for their turn */
    struct plug_fiber *receiver;       /* who waits for datagrams, */
    struct plug_fiber *waits_for_room; /* for handlers to end, */
    struct plug_fiber *runner;         /* for the lane's end */
    size_t standing_by, apart;         /* clerks; handlers that wait by themselves */
    uint64_t switches;                 /* of the scheduler, when the batch came */
    bool serving;                      /* the clerk is in a handler */
    bool roused;                       /* one that stands by gets to run next */
    bool tells;                        /* service_actions of its turns */
    bool ending;
    int error;
};

int plug__lane_open(struct plug__lane **ret, struct plug__endpoint *e, struct plug_sock *sock);
void plug__lane_close(struct plug__lane *l);

/* The next batch: how many messages; 0: nothing there; or what makes serving impossible. */
int plug__lane_fill(struct plug__lane *l, int64_t deadline, bool dry);

/*
 * Sends the answers; within the idle limit, or they are lost. True when it had to wait: then
 * nobody has stood by meanwhile.
 */
bool plug__lane_flush(struct plug__lane *l);

void plug__clerk_init(struct plug__clerk *k, struct plug__lane *l);
/* The clerk begins and stops calling handlers; in the thread or fiber that does. */
void plug__clerk_begin(struct plug__clerk *k);
void plug__clerk_end(struct plug__clerk *k);

/*
 * Calls the handler for at most budget datagrams of the batch; ends early when another clerk has
 * taken the lane over meanwhile, or the server stops. How many were served.
 */
unsigned plug__lane_serve(struct plug__lane *l, struct plug__clerk *k, unsigned budget);

/* k's handler waits: its conn gets what it still needs of the batch. */
void plug__clerk_part(struct plug__clerk *k);

/* lane_fiber.c: somebody goes on should the handler that is called next wait. */
void plug__lane_rouse(struct plug__lane *l);
/* Serves until the calling fiber is cancelled (-ECANCELED), or cannot any more. */
int plug__lane_run(struct plug__lane *l);

/* One turn of the serial model: fills if need be, then serves. As plug__lane_serve; or an error. */
int plug__lane_turn(struct plug__lane *l, int budget);

/* conn_datagram.c: makes g, of lane's batch, the conn's own: copies it. -ENOMEM. */
int plug__packet_own(struct plug__packet *p, struct plug__lane *l);
void plug__packet_end(struct plug__packet *p);

extern const struct plug__transport plug__datagram_transport;

#endif
