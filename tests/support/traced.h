/* SPDX-License-Identifier: MIT */
#ifndef TRACED_H
#define TRACED_H
/* A trace that is owned by the test, and all that it has told. */
#include <netns.h>
#include <t.h>

#define TRACED_EVENTS 4096

struct traced {
    struct plug_loop *loop;
    struct plug_traceroute *t;
    struct plug_traceroute_event event[TRACED_EVENTS];
    size_t count, kinds[PLUG_TRACEROUTE_END + 1];
    struct plug_traceroute_summary sum;
};

/* Opens a trace to an address as text, on a loop of its own. NULL opts: traced_opts by UDP. */
struct traced *traced_open(const char *to, const struct plug_traceroute_opts *opts);
/* Runs it to its end. */
void traced_run(struct traced *r);
/* Ends it before the test does. */
void traced_close(struct traced *r);
/* Opens and runs it. */
struct traced *traced(const char *to, const struct plug_traceroute_opts *opts);
/* The first event of a type for a hop (ttl 0: any); NULL: none. */
const struct plug_traceroute_event *traced_event(const struct traced *r,
                                                 enum plug_traceroute_event_type type,
                                                 unsigned ttl);
/* The addresses of the hops of a flow, "10.99.1.2 * 10.99.3.2"; static. */
const char *traced_path(const struct traced *r, unsigned flow);
struct plug_traceroute_hop traced_hop(const struct traced *r, unsigned ttl, unsigned flow);
/* Options for tests: nothing is lost because the machine is busy. */
struct plug_traceroute_opts traced_opts(enum plug_traceroute_method method,
                                        enum plug_traceroute_socket socket);

#endif
