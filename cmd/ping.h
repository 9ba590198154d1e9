/* SPDX-License-Identifier: MIT */
#ifndef PING_H
#define PING_H
/*
 * plug ping: hosts from the operands, an engine of the library, and a view that shows what happens.
 *
 * What is told by the engine goes through ping_tell: it counts, waits for a name where one is
 * wanted, and hands the event to the view. A view is a const table: the text of iputils for one
 * host, lines and a table for several, NDJSON.
 */
#include "cmd.h"

#define PING_NAME 256                                /* bytes of a host's name with its NUL */
#define PING_LINE (PING_NAME + PLUG_ADDR_TEXT + 192) /* of what is said of one reply */

struct ping_opts {
    uint64_t count, size, ttl, rate, expect;
    int64_t interval, deadline, timeout, window;
    const char *from;    /* -I: an address or an interface */
    const char *metrics; /* where they are told, or NULL */
    bool v4, v6, numeric, stamps, outstanding, broadcast, tcp, graph;
    int socket;
    struct cmd_list files; /* the rest is for sweeps, see ping_sweep.h */
    const char *shard;
    uint64_t seed, max;
};

#define PING_TIMEOUT PLUG_S(4) /* -W, unless it is given; a sweep has another default */

struct ping_host {
    char shown[PING_NAME]; /* as it is called in all output; escaped */
    bool named;            /* it was given by a name */
    bool answered;
    struct plug_histogram recent; /* round trips of the window that runs */
    struct plug_ping_stats since; /* the figures at its beginning */
};

struct metrics;
struct ping_graph;
struct ping_names;
struct ping_view;

struct ping {
    struct cmd *c;
    const struct ping_opts *o;
    const struct ping_view *view;
    struct plug_loop *loop;
    struct plug_ping *engine;
    struct plug_addr source; /* -I */
    unsigned ifindex;
    char ifname[64];
    struct ping_host *host;
    size_t hosts, host_room, answered, unknown; /* unknown: could not be looked up or added */
    uint64_t pipe;                              /* most requests on their way at once */
    int64_t smooth;                             /* a running average of round trips, for SIGQUIT */
    struct ping_names *names;
    struct ping_graph *graph; /* what that view draws */
    struct metrics *metrics;
    struct plug_timer window;
    const char *end_reason;
};

struct ping_view {
    void (*begin)(struct ping *g);
    void (*event)(struct ping *g, const struct plug_ping_event *e);
    void (*window)(struct ping *g, uint32_t host, const struct plug_ping_stats *s);
    void (*end)(struct ping *g);
};
extern const struct ping_view ping_text_one, ping_text_many, ping_json, ping_graph;

/* The sockets could not be opened: why, and how they could be. CMD_UNKNOWN. */
int ping_refused(struct cmd *c, int err, const char *from);

/* --- ping_hosts.c: each CMD_YES, or a failure that has been told */

/* Fills in what -I means. */
int ping_source(struct cmd *c, struct ping *g);
/* A host by its name, address, or with --tcp HOST:PORT. */
int ping_add_operand(struct ping *g, const char *text);
/* shown: what it is called; named: by a name, so that names are looked up for its replies. */
int ping_add(struct ping *g, const struct plug_addr *addr, const char *shown, bool named);

/* --- ping_names.c: what addresses are called, off the timing path */

void ping_names_open(struct ping *g);
/* The pool works on a name; an event waits for one. */
bool ping_names_asking(const struct ping *g);
bool ping_names_held(const struct ping *g);
/* Shows the event, now or as soon as the name in it is known; in the order they came. */
void ping_show(struct ping *g, const struct plug_ping_event *e);
/* What is still held back is shown, with addresses instead of names. */
void ping_show_rest(struct ping *g);
/* "name (192.0.2.1)", or the address alone for a host that was given by its address; a static
 * ring of 2. */
const char *ping_called(struct ping *g, uint32_t host, const struct plug_addr *a);

/* --- ping_metrics.c */

/* Begins to serve them at this endpoint, and says so. CMD_YES, or a failure that has been told. */
int ping_metrics_open(struct ping *g, const char *address);

/* --- ping_words.c: the words of iputils */

/* "Destination Host Unreachable", without a line end. */
void ping_error_words(char *buf, size_t len, int family, const struct plug_ping_event *e);
/* "64 bytes from NAME: icmp_seq=1", or for a connection "connected to NAME: tcp_seq=1". */
void ping_answer_words(struct ping *g, const struct plug_ping_event *e, char *buf, size_t len);
/* "From NAME icmp_seq=1 WORDS". */
void ping_refusal_words(struct ping *g, const struct plug_ping_event *e, char *buf, size_t len);
/* "0.023", "1.25", "12.3", "123": as many figures as ping(8) shows. */
void ping_time_words(char *buf, size_t len, int64_t rtt);
/* "0.023": milliseconds with all their microseconds, cut as ping(8) cuts them. */
void ping_ms_words(char *buf, size_t len, int64_t time);

#endif
