/* SPDX-License-Identifier: MIT */
#include "traced.h"
#include <stdio.h>
#include <string.h>

static struct traced run_of;

static void note(struct plug_traceroute *t, const struct plug_traceroute_event *e, void *arg)
{
    struct traced *r = arg;

    (void)t;
    r->kinds[e->type]++;
    if (r->count < TRACED_EVENTS)
        r->event[r->count++] = *e;
}

struct plug_traceroute_opts traced_opts(enum plug_traceroute_method method,
                                        enum plug_traceroute_socket socket)
{
    struct plug_traceroute_opts o = PLUG_TRACEROUTE_OPTS;

    o.method = method;
    o.socket = socket;
    o.wait = PLUG_S(10);
    o.wait_here = o.wait_near = -1;
    return o;
}

struct traced *traced_open(const char *to, const struct plug_traceroute_opts *opts)
{
    struct plug_traceroute_opts usual = traced_opts(PLUG_TRACEROUTE_UDP, PLUG_TRACEROUTE_AUTO);
    struct plug_addr addr;

    memset(&run_of, 0, sizeof run_of);
    T_OK(plug_addr_parse(to, &addr));
    T_OK(plug_loop_open(&run_of.loop, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, run_of.loop);
    T_OK(plug_traceroute_open(&run_of.t, run_of.loop, &addr, opts != NULL ? opts : &usual, note,
                              &run_of));
    T_OWN(plug_traceroute_close, run_of.t);
    return &run_of;
}

void traced_close(struct traced *r)
{
    t_disown(r->t);
    t_disown(r->loop);
    plug_traceroute_close(r->t);
    plug_loop_close(r->loop);
}

void traced_run(struct traced *r)
{
    T_OK(plug_traceroute_run(r->t));
    plug_traceroute_summary(r->t, &r->sum);
    T_EQ(r->kinds[PLUG_TRACEROUTE_END], 1);
}

struct traced *traced(const char *to, const struct plug_traceroute_opts *opts)
{
    struct traced *r = traced_open(to, opts);

    traced_run(r);
    return r;
}

const struct plug_traceroute_event *traced_event(const struct traced *r,
                                                 enum plug_traceroute_event_type type, unsigned ttl)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->event[i].type == type && (ttl == 0 || r->event[i].ttl == ttl))
            return &r->event[i];
    return NULL;
}

struct plug_traceroute_hop traced_hop(const struct traced *r, unsigned ttl, unsigned flow)
{
    struct plug_traceroute_hop hop;

    T_OK(plug_traceroute_hop(r->t, ttl, flow, &hop));
    return hop;
}

const char *traced_path(const struct traced *r, unsigned flow)
{
    static char text[PLUG_TRACEROUTE_TTL * 48];
    size_t len = 0;

    text[0] = '\0';
    for (unsigned ttl = r->sum.first_ttl; ttl <= r->sum.flow_last[flow]; ttl++) {
        struct plug_traceroute_hop hop = traced_hop(r, ttl, flow);
        char addr[PLUG_ADDR_TEXT] = "*";
        if (hop.host_count > 0)
            plug_addr_host_text(&hop.host[0].addr, addr, sizeof addr);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len > 0 ? " " : "", addr);
    }
    return text;
}
