/* SPDX-License-Identifier: MIT */
#ifndef ECHO_H
#define ECHO_H
/* What plug echo does with one connection or datagram, the same under every model. */
#include "cmd.h"
#include "transform.h"

#define ECHO_PORT_GUARD 1024 /* a datagram from below is from a service, and would be answered */

/*
 * Counted in the handler, wherever it runs: in memory that forked children share. Each field is one
 * uint64_t.
 */
struct echo_counts {
    uint64_t connections, datagrams;
    uint64_t messages;           /* answered, or dropped on purpose */
    uint64_t dropped, cut;       /* --drop, --cut-after */
    uint64_t ignored, truncated; /* datagrams: by the loop guard; longer than the limit */
    uint64_t bytes_in, bytes_out;
    uint64_t bad_frames, timeouts, resets, failures;
};
#define ECHO_COUNTS (sizeof(struct echo_counts) / sizeof(uint64_t))

struct echo {
    struct cmd *c;
    struct transform_opts t;
    double drop; /* 0 to 1 */
    int64_t delay;
    uint64_t cut_after; /* 0: never */
    uint64_t seed;
    uint8_t own_port[65536 / 8]; /* a bit for each UDP port that is ours */
    struct echo_counts *shared;
};

/* The handler; arg is the struct echo. */
int echo_handler(struct plug_conn *conn, void *arg);

#endif
