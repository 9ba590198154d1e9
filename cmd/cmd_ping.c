/* SPDX-License-Identifier: MIT */
/* plug ping: options, the run, the exit code. */
#include "metrics.h"
#include "ping_sweep.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define SHORTEST PLUG_MS(1)                /* -i: less would be a flood */
#define LONGEST  PLUG_S(365 * 24 * 3600LL) /* longer waits are this long */
#define DATA     56

static const struct cmd_opt options[] = {
    {"count", 'c', CMD_UINT, "N", "stop after N requests to each host (default: never)",
     offsetof(struct ping_opts, count), 1, UINT64_MAX},
    {"interval", 'i', CMD_DURATION, "TIME", "between two requests to a host (default 1s)",
     offsetof(struct ping_opts, interval), 0, 0},
    {"deadline", 'w', CMD_DURATION, "TIME", "end after TIME, whatever came",
     offsetof(struct ping_opts, deadline), 0, 0},
    {"timeout", 'W', CMD_DURATION, "TIME",
     "a request that is not answered within TIME is lost (default 4s)",
     offsetof(struct ping_opts, timeout), 0, 0},
    {"size", 's', CMD_UINT, "BYTES", "data in a request (default 56)",
     offsetof(struct ping_opts, size), 0, PLUG_PING_DATA_MAX},
    {"ttl", 't', CMD_UINT, "N", "hops that a request may go", offsetof(struct ping_opts, ttl), 1,
     255},
    {"ipv4", '4', CMD_FLAG, NULL, "IPv4 only", offsetof(struct ping_opts, v4), 0, 0},
    {"ipv6", '6', CMD_FLAG, NULL, "IPv6 only", offsetof(struct ping_opts, v6), 0, 0},
    {"interface", 'I', CMD_STRING, "ADDRESS|IFACE",
     "send from this address, or through this interface", offsetof(struct ping_opts, from), 0, 0},
    {"numeric", 'n', CMD_FLAG, NULL, "addresses only: look up no names of them",
     offsetof(struct ping_opts, numeric), 0, 0},
    {"timestamp", 'D', CMD_FLAG, NULL, "begin each line with the time: seconds since 1970",
     offsetof(struct ping_opts, stamps), 0, 0},
    {"outstanding", 'O', CMD_FLAG, NULL,
     "tell when there is no answer yet and the next one is sent",
     offsetof(struct ping_opts, outstanding), 0, 0},
    {"broadcast", 'b', CMD_FLAG, NULL, "groups and broadcast addresses may be asked",
     offsetof(struct ping_opts, broadcast), 0, 0},
    {"rate", 0, CMD_UINT, "N", "at most N requests a second, over all hosts",
     offsetof(struct ping_opts, rate), 1, 1000000},
    {"expect", 0, CMD_UINT, "N", "end as soon as N hosts have answered: that is a yes",
     offsetof(struct ping_opts, expect), 1, PLUG_PING_HOSTS_MAX},
    {"window", 0, CMD_DURATION, "TIME", "tell the figures of each TIME apart, too",
     offsetof(struct ping_opts, window), 0, 0},
    {"graph", 0, CMD_FLAG, NULL, "draw the round trips of each host while they come",
     offsetof(struct ping_opts, graph), 0, 0},
    {"metrics", 0, CMD_STRING, "ADDRESS", "tell Prometheus at ADDRESS: tcp://127.0.0.1:9427, say",
     offsetof(struct ping_opts, metrics), 0, 0},
    {"tcp", 0, CMD_FLAG, NULL, "time connections to HOST:PORT instead of echoes",
     offsetof(struct ping_opts, tcp), 0, 0},
    {"socket", 0, CMD_CHOICE, "auto|dgram|raw", "which kind of ICMP socket (default auto)",
     offsetof(struct ping_opts, socket), 0, 0},
    {"file", 0, CMD_LIST, "FILE", "sweep the hosts and ranges in FILE, one a line; - is stdin",
     offsetof(struct ping_opts, files), 0, 0},
    {"max", 0, CMD_UINT, "N", "most addresses of a sweep (default 65536)",
     offsetof(struct ping_opts, max), 1, UINT32_MAX},
    {"shard", 0, CMD_STRING, "I/N", "sweep the I-th of N parts; needs --seed",
     offsetof(struct ping_opts, shard), 0, 0},
    {"seed", 0, CMD_UINT, "S", "order of a sweep: the same on every machine with the same S",
     offsetof(struct ping_opts, seed), 1, UINT64_MAX},
    {NULL, 0, CMD_FLAG, NULL, NULL, 0, 0, 0},
};

/* --- options --------------------------------------------------------------------------------- */

static int check(struct cmd *c)
{
    struct ping_opts *o = c->opts;

    if (o->interval < SHORTEST)
        return cmd_usage(c, o->interval < 0 ? "-i: a time is needed"
                                            : "-i: below 1ms it would be a flood");
    if (o->timeout == 0)
        return cmd_usage(c, "-W: a time above 0 is needed");
    if (o->deadline == 0)
        return cmd_usage(c, "-w: a time above 0 is needed");
    if (o->window != PLUG_FOREVER && o->window < PLUG_MS(10))
        return cmd_usage(c, "--window: at least 10ms");
    if (o->v4 && o->v6)
        return cmd_usage(c, "-4 and -6: one of them");
    if (o->graph && c->json)
        return cmd_usage(c, "--graph and --json: one of them");
    if (o->tcp && (o->broadcast || o->socket))
        return cmd_usage(c, "--tcp goes without %s", o->broadcast ? "-b" : "--socket");
    return CMD_YES;
}

static int64_t bounded(int64_t time)
{
    return time < 0 || time > LONGEST ? LONGEST : time;
}

static struct plug_ping_opts engine_opts(const struct ping *g)
{
    const struct ping_opts *o = g->o;
    struct plug_ping_opts e = PLUG_PING_OPTS;

    e.socket = o->tcp ? PLUG_PING_TCP : (enum plug_ping_socket)o->socket;
    e.count = o->count;
    e.interval = bounded(o->interval);
    e.timeout = bounded(o->timeout);
    e.deadline = o->deadline > 0 ? bounded(o->deadline) : 0;
    e.data_len = o->size ? (ssize_t)o->size : -1;
    e.ttl = (int)o->ttl;
    e.ifindex = g->ifindex;
    e.source = g->source.len && !g->ifname[0] ? &g->source : NULL;
    e.broadcast = o->broadcast;
    e.rate = (double)o->rate;
    return e;
}

/* --- what the engine tells ------------------------------------------------------------------- */

static void count(struct ping *g, const struct plug_ping_event *e)
{
    struct ping_host *h = &g->host[e->host];
    struct plug_ping_stats s;

    plug_ping_stats(g->engine, e->host, &s);
    uint64_t under_way = s.sent + s.send_failed - e->seq + 1;
    g->pipe = under_way > g->pipe ? under_way : g->pipe;
    if (e->type != PLUG_PING_REPLY)
        return;
    g->smooth = g->smooth ? g->smooth + (e->rtt - g->smooth) / 8 : e->rtt;
    if (g->o->window > 0)
        (void)!plug_histogram_add(&h->recent, e->rtt);
    g->answered += !h->answered;
    h->answered = true;
}

static void told(struct plug_ping *p, const struct plug_ping_event *e, void *arg)
{
    struct ping *g = arg;

    if (e->type == PLUG_PING_REPLY || (e->type == PLUG_PING_ERROR && e->ended))
        count(g, e);
    if (e->type == PLUG_PING_SEND_FAILED && !g->c->json)
        (void)cmd_fail(g->c, e->error, "send to", g->host[e->host].shown, NULL);
    if (e->type != PLUG_PING_UNMATCHED || g->c->verbose)
        ping_show(g, e);
    if (g->o->expect && g->answered >= g->o->expect) {
        g->end_reason = "expect";
        plug_ping_stop(p);
    }
}

/* --- windows, SIGQUIT ------------------------------------------------------------------------ */

static struct plug_ping_stats since(const struct plug_ping_stats *now,
                                    const struct plug_ping_stats *then)
{
    return (struct plug_ping_stats){.sent = now->sent - then->sent,
                                    .send_failed = now->send_failed - then->send_failed,
                                    .received = now->received - then->received,
                                    .lost = now->lost - then->lost};
}

static void window_over(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    struct ping *g = arg;

    (void)l;
    (void)t;
    for (uint32_t i = 0; i < g->hosts; i++) {
        struct plug_ping_stats now, in;
        plug_ping_stats(g->engine, i, &now);
        in = since(&now, &g->host[i].since);
        g->view->window(g, i, &in);
        g->host[i].since = now;
        plug_histogram_clear(&g->host[i].recent);
    }
}

/* SIGQUIT: where it stands, on stderr, in ping(8)'s words. */
static void status(struct plug_loop *l, int sig, void *arg)
{
    struct ping *g = arg;
    struct plug_ping_stats s;

    (void)l;
    (void)sig;
    for (uint32_t i = 0; i < g->hosts; i++) {
        char times[128] = "", who[PING_NAME + 4] = "";
        plug_ping_stats(g->engine, i, &s);
        if (g->hosts > 1)
            snprintf(who, sizeof who, "%s: ", g->host[i].shown);
        if (s.received)
            snprintf(times, sizeof times, ", min/avg/ewma/max = %.3f/%.3f/%.3f/%.3f ms",
                     (double)s.min / 1e6, (double)s.avg / 1e6, (double)g->smooth / 1e6,
                     (double)s.max / 1e6);
        cmd_err("\r%s%llu/%llu packets, %d%% loss%s\n", who, (unsigned long long)s.received,
                (unsigned long long)(s.sent + s.send_failed), (int)(plug_ping_loss(&s) * 100),
                times);
    }
}

/* --- the run --------------------------------------------------------------------------------- */

int ping_refused(struct cmd *c, int err, const char *from)
{
    static const char fixes[] = "as root: setcap cap_net_raw+ep \"$(command -v plug)\"; or "
                                "sysctl -w net.ipv4.ping_group_range='0 2147483647'; "
                                "or run this as root";

    if (err == -EPERM || err == -EACCES)
        return cmd_fail(c, err, "open", "ICMP socket", fixes);
    return cmd_fail(c, err, "open ICMP socket", from, NULL);
}

/* Sockets first, then privileges go, and only then is anything read that strangers wrote. */
static int open_engine(struct cmd *c, struct ping *g)
{
    struct plug_ping_opts e;
    int r = ping_source(c, g);

    if (r != CMD_YES)
        return r;
    e = engine_opts(g);
    r = plug_loop_open(&g->loop, PLUG_BACKEND_AUTO);
    if (r < 0)
        return cmd_fail(c, r, "open", "event loop", NULL);
    r = plug_ping_open(&g->engine, g->loop, &e, told, g);
    if (r < 0)
        return ping_refused(c, r, g->o->from);
    r = g->o->metrics ? ping_metrics_open(g, g->o->metrics) : CMD_YES;
    if (r != CMD_YES)
        return r;
    (void)plug_resolve_trim(PLUG_S(1)); /* its threads would keep their capabilities */
    r = plug_privilege_drop();
    return r < 0 ? cmd_fail(c, r, "drop", "privileges", NULL) : CMD_YES;
}

static int start(struct ping *g)
{
    int r = plug_loop_signal(g->loop, SIGQUIT, status, g);

    if (r >= 0 && g->o->window > 0)
        r = plug_loop_every(g->loop, &g->window, g->o->window, window_over, g);
    g->view->begin(g);
    (void)cmd_flush(g->c);
    return r < 0 ? r : plug_ping_start(g->engine);
}

/* Until the engine is done, then as long as lines wait for names; look-ups that hang do not count.
 */
static int run_loop(struct ping *g)
{
    int r = 0;

    while (r >= 0 && plug_ping_running(g->engine) && g->c->out_error == 0)
        r = plug_loop_turn(g->loop, PLUG_FOREVER);
    while (r >= 0 && ping_names_held(g))
        r = plug_loop_turn(g->loop, PLUG_FOREVER);
    plug_ping_stop(g->engine);
    ping_show_rest(g);
    return r == -EINTR && cmd_signal() ? 0 : r;
}

static const char *why(const struct ping *g)
{
    struct plug_ping_stats s;

    if (cmd_signal())
        return "signal";
    if (g->end_reason)
        return g->end_reason;
    for (uint32_t i = 0; i < g->hosts; i++) {
        plug_ping_stats(g->engine, i, &s);
        if (g->o->count == 0 || s.sent + s.send_failed < g->o->count)
            return "deadline";
    }
    return "count";
}

/* Every host has answered, and with -c and -w as often as it was to. */
static int verdict(const struct ping *g)
{
    uint64_t sent = 0;
    struct plug_ping_stats s;
    int code = g->answered == g->hosts ? CMD_YES : CMD_NO;

    if (cmd_signal())
        return cmd_signal_exit();
    if (g->o->expect)
        return g->answered >= g->o->expect ? CMD_YES : g->unknown ? CMD_UNKNOWN : CMD_NO;
    for (uint32_t i = 0; i < g->hosts; i++) {
        plug_ping_stats(g->engine, i, &s);
        sent += s.sent;
        if (g->o->deadline > 0 && s.received < g->o->count)
            code = CMD_NO;
    }
    return g->unknown || sent == 0 ? CMD_UNKNOWN : code;
}

static const struct ping_view *view_of(const struct ping *g)
{
    if (g->c->json)
        return &ping_json;
    if (g->o->graph)
        return &ping_graph;
    return g->hosts == 1 ? &ping_text_one : &ping_text_many;
}

static int ping_hosts(struct cmd *c, struct ping *g)
{
    int code = CMD_YES, r;

    for (int i = 0; i < c->argc && !cmd_signal(); i++)
        code = ping_add_operand(g, c->argv[i]);
    if (cmd_signal())
        return cmd_signal_exit();
    if (g->hosts == 0)
        return code;
    g->view = view_of(g);
    r = start(g);
    if (r >= 0)
        r = run_loop(g);
    if (r < 0)
        return cmd_fail(c, r, "ping", NULL, NULL);
    g->end_reason = why(g);
    g->view->end(g);
    return verdict(g);
}

static void drop(struct ping *g)
{
    metrics_close(g->metrics);
    plug_ping_close(g->engine);
    if (!ping_names_asking(g))
        plug_loop_close(g->loop); /* else it would wait for libc; the process ends anyway */
    for (size_t i = 0; i < g->hosts; i++)
        plug_histogram_free(&g->host[i].recent);
    plug_free(g->host);
}

static int run(struct cmd *c)
{
    static struct ping g;
    const struct ping_opts *o = c->opts;
    int code = cmd_operands(c, o->files.count ? 0 : 1, PLUG_PING_HOSTS);

    if (code == CMD_YES)
        code = check(c);
    if (code != CMD_YES || ping_is_sweep(c))
        return code == CMD_YES ? ping_sweep(c) : code;
    g = (struct ping){.c = c, .o = c->opts};
    ping_names_open(&g);
    code = open_engine(c, &g);
    if (code == CMD_YES)
        code = ping_hosts(c, &g);
    drop(&g);
    return code;
}

static const struct ping_opts defaults = {.size = DATA,
                                          .interval = PLUG_S(1),
                                          .timeout = PING_TIMEOUT,
                                          .max = PLUG_TARGETS_MAX,
                                          .deadline = PLUG_FOREVER,
                                          .window = PLUG_FOREVER};

const struct cmd_info cmd_ping = {
    .name = "ping",
    .summary = "ask hosts for an echo: who answers, how fast, what is lost",
    .operands = "HOST...",
    .examples = "plug ping -c 3 127.0.0.1                # the text that ping(8) has\n"
                "plug ping -c 3 127.0.0.1 ::1            # several hosts, a table at the end\n"
                "plug ping -c 3 --json 127.0.0.1         # an object for each reply, a summary\n"
                "plug ping 127.0.0.0/28                  # who answers? one line each\n"
                "plug ping --expect 1 -w 5s 127.0.0.1    # is one of them there? exit 0 at once\n",
    .notes = "Exit: 0 every host answered (or --expect N did), 1 not, 2 could not tell.\n"
             "Without privileges where net.ipv4.ping_group_range allows it, else with CAP_NET_RAW, "
             "which is given up before the first reply is read.\n",
    .opts = options,
    .opts_size = sizeof(struct ping_opts),
    .defaults = &defaults,
    .summary_event = true,
    .run = run,
};
