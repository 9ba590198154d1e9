/* SPDX-License-Identifier: MIT */
#ifndef TRACE_H
#define TRACE_H
/*
 * The inside of plug trace.
 *
 *   cmd_trace.c      options, target, the run
 *   trace_names.c    names of addresses, looked up beside the probes
 *   trace_text.c     lines as those of traceroute
 *   trace_live.c     the table that is drawn again and again
 *   trace_report.c   JSON, CSV, dot
 */
#include "cmd.h"
#include "graph.h"
#include "screen.h"

struct trace_opts {
    bool v4, v6, numeric, icmp, tcp, udp, dont_fragment, mtu, back, extensions;
    bool live, csv, dot;
    uint64_t first, max, queries, in_flight, port, source_port, tos, flows, rounds;
    const char *wait, *source, *iface;
    int64_t interval;
    int socket;
};

/* What became of one probe of the one round that is printed. */
struct trace_cell {
    bool settled;
    struct plug_traceroute_event e;
};

#define TRACE_NAMES 512 /* most addresses whose names are asked for */

enum trace_name_state { TRACE_ASKED, TRACE_NAMED, TRACE_NAMELESS };

struct trace;
struct trace_name {
    struct trace *trace;
    struct plug_addr addr;
    char text[256];
    char found[256]; /* the worker's, until it is done */
    enum trace_name_state state;
};

struct trace {
    struct cmd *c;
    const struct trace_opts *o;
    const char *host; /* as it was typed */
    struct plug_loop *loop;
    bool asking; /* a look-up was left behind */
    struct plug_traceroute *t;
    struct plug_traceroute_opts to;
    struct trace_name *name[TRACE_NAMES];
    size_t name_count, names_asked; /* asked: those still under way */
    bool over;

    struct trace_cell *cell; /* of text */
    unsigned flow, ttl, nth; /* what is printed next */
    unsigned headed;         /* flows whose heading is printed */
    uint32_t shown_mtu;

    struct graph *graph; /* of live, one a hop */
    struct screen screen;
};

/* --- trace_names.c --- */
/* The name of an address, NULL: none, or not yet (*ret_wait is set then). Asks for it at first. */
const char *trace_name(struct trace *x, const struct plug_addr *addr, bool *ret_wait);
void trace_names_free(struct trace *x);

/* --- trace_text.c --- */
int trace_text_open(struct trace *x);
void trace_text_event(struct trace *x, const struct plug_traceroute_event *e);
/* Prints as far as everything is known. True: all of it. */
bool trace_text_go(struct trace *x);
/* What has to be said about the hops: one line each, on stderr. */
void trace_notes(struct trace *x);
/* "hop 3 ..." why a hop's loss is none; false: there is nothing to say. */
bool trace_note(const struct trace *x, unsigned ttl, unsigned flow, char *buf, size_t len);
/* The mark of a hop, or of an answer: traceroute's. */
void trace_mark(int family, bool icmp, uint8_t type, uint8_t code, uint32_t mtu, char mark[16]);

/* --- trace_live.c --- */
int trace_live_open(struct trace *x);
void trace_live_event(struct trace *x, const struct plug_traceroute_event *e);
void trace_live_draw(struct trace *x);

/* --- trace_report.c --- */
void trace_json_event(struct trace *x, const struct plug_traceroute_event *e);
void trace_json_end(struct trace *x, int code);
void trace_csv(struct trace *x);
void trace_dot(struct trace *x);

#endif
