/* SPDX-License-Identifier: MIT */
#ifndef LOAD_H
#define LOAD_H
/*
 * Load for an echo server: many connections over one epoll set in one thread, one message at a time
 * on each, every reply compared byte for byte.
 *
 * The caller:
 *   1. struct load l = {.o = options}; load_start(&l, address): connection 0 stands
 *   2. load_run(&l): connects the others, sends, compares; l has the figures then
 *   3. load_drop(&l)
 *
 * Time. In a closed loop a connection sends when its last reply has come, and a latency counts from
 * then: a server that stalls holds the questions back that would have measured the stall. With
 * a rate, message k of all is due k / rate after the start, whatever the server does; a latency
 * counts from when it was due, also when it could only be sent later.
 */
#include "cmd.h"
#include "transform.h"

#define LOAD_CONNECTIONS_MAX 1000000
#define LOAD_SIZE_MAX        ((size_t)16 << 20)
#define LOAD_CONNECTING_MAX  100                 /* connections that are being made at once */
#define LOAD_PER_SOURCE      16384               /* of one loopback source address */
#define LOAD_RECEIVE         ((size_t)256 << 10) /* most bytes of one receive */
#define LOAD_KINDS           16                  /* kinds of errors that are told apart */

struct load_opts {
    size_t connections, size;
    enum transform_framing framing;
    uint64_t messages; /* in all; 0: no limit */
    int64_t duration;  /* without the warm-up; or PLUG_FOREVER */
    int64_t warmup;    /* replies before that are compared, not measured */
    int64_t timeout;   /* for a connection to be made, and for a reply */
    double rate;       /* messages a second in all; 0: closed loop */
};

enum load_state { LOAD_NEW, LOAD_CONNECTING, LOAD_IDLE, LOAD_BUSY, LOAD_OVER };

struct load_conn {
    int fd;
    enum load_state state;
    bool wants_out;   /* the kernel took no more */
    uint64_t seq;     /* of the message in flight, or of the next one */
    size_t sent, got; /* bytes of it */
    int64_t since;    /* from when its latency counts */
    int64_t sent_at;  /* from when its reply is waited for */
};

struct load_error {
    int err;
    uint64_t count;
};

struct load {
    struct load_opts o;
    /* called about each second; NULL: not wanted */
    void (*tick)(struct load *l, void *arg);
    void *arg;

    /* the figures */
    uint64_t connected; /* ever */
    uint64_t right;     /* replies measured */
    uint64_t warm;      /* right ones before */
    uint64_t wrong, lost, late, unsent;
    struct load_error error[LOAD_KINDS];
    size_t errors;
    int64_t began, measured, ended; /* plug_now(); measured: the warm-up was over */
    struct plug_histogram latency, recent;
    const char *end_reason; /* "duration", "messages", "signal", "dead" */

    /* the engine's */
    struct plug_addr addr;
    int type, epfd;
    struct load_conn *conn;
    size_t started, pending, live; /* connections begun; being made; not over */
    uint8_t *messages, *in;        /* variants of the message; what is received */
    size_t whole, variants;        /* bytes of a message with its framing */
    int64_t now, stop_at, last_reply, scanned, ticked;
    uint64_t due; /* with a rate: the next message of all that is due */
    bool stopping;
};

/* Memory and the first connection. CMD_YES, or a failure that has been told. */
int load_start(struct cmd *c, struct load *l, const char *address);
/* 0, or an error of epoll. */
int load_run(struct load *l);
void load_drop(struct load *l);

size_t load_whole(const struct load_opts *o);
int64_t load_took(const struct load *l);
bool load_datagrams(const struct load *l);

/* --- load_conn.c --------------------------------------------------------------------------- */

/* takes fd, a connected socket, as connection 0. */
void load_adopt(struct load *l, int fd);
/* Begins further connections, as many as may be at once. */
void load_connect(struct load *l);
/* Its descriptor has events of epoll. */
void load_ready(struct load *l, struct load_conn *n, unsigned events);
/* Sends its next message; since: from when its latency counts. */
void load_send(struct load *l, struct load_conn *n, int64_t since);
/* It will not be used again: err has happened, or 0: it is done. */
void load_end(struct load *l, struct load_conn *n, int err);
/* Its reply has not come in time. */
void load_give_up(struct load *l, struct load_conn *n);

/* --- load.c -------------------------------------------------------------------------------- */

/* The connection has had its reply, or lost it: what is next? */
void load_next(struct load *l, struct load_conn *n);
/* A right reply has come. */
void load_count(struct load *l, struct load_conn *n);
void load_error(struct load *l, int err);

#endif
