/* SPDX-License-Identifier: MIT */
/* plug ping over many addresses: a line for each that answers, then how many did. */
#include "ping_sweep.h"
#include <stdio.h>
#include <string.h>

#define ENOUGH  1 /* --expect is met */
#define REFRESH PLUG_MS(200)

struct sweep {
    struct cmd *c;
    const struct ping_opts *o;
    struct plug_targets *targets;
    struct plug_sweep *engine;
    int width;
    uint64_t answered;
    size_t unknown; /* names that could not be looked up */
    int64_t shown_at;
    const char *end_reason;
};

/* --- lines ----------------------------------------------------------------------------------- */

/* Addresses of one length stand below each other; in larger sets all of a family fit. */
static int width_of(const struct plug_targets *t)
{
    char first[PLUG_ADDR_TEXT], last[PLUG_ADDR_TEXT];
    struct plug_addr a;
    size_t one, other;

    plug_targets_at(t, 0, &a);
    one = plug_addr_text(&a, first, sizeof first);
    plug_targets_at(t, plug_targets_count(t) - 1, &a);
    other = plug_addr_text(&a, last, sizeof last);
    one = one > other ? one : other;
    return plug_targets_count(t) <= 256 || one > 15 ? (int)one : 15;
}

static void start_line(struct sweep *w, const struct plug_sweep_event *e)
{
    int64_t now = plug_sys()->now(CLOCK_REALTIME);
    char text[PLUG_ADDR_TEXT];

    plug_addr_text(&e->addr, text, sizeof text);
    if (w->o->stamps)
        cmd_print(w->c, "[%lld.%06lld] ", (long long)(now / PLUG_S(1)),
                  (long long)(now % PLUG_S(1) / 1000));
    cmd_print(w->c, "%-*s  ", w->width, text);
}

static void end_line(struct sweep *w, const struct plug_sweep_event *e)
{
    const char *name = plug_targets_name(w->targets, e->target);

    if (name)
        cmd_print(w->c, "  %s", cmd_safe_str(name));
    cmd_print(w->c, "\n");
}

static void answer_line(struct sweep *w, const struct plug_sweep_event *e)
{
    start_line(w, e);
    cmd_print(w->c, "%9.3f ms", (double)e->rtt / 1e6);
    if (e->ttl >= 0)
        cmd_print(w->c, "  ttl=%d", e->ttl);
    if (e->type == PLUG_SWEEP_DUPLICATE)
        cmd_print(w->c, "  (DUP!)");
    end_line(w, e);
}

static void line(struct sweep *w, const struct plug_sweep_event *e)
{
    char from[PLUG_ADDR_TEXT];

    if (e->type == PLUG_SWEEP_REPLY) {
        answer_line(w, e);
        return;
    }
    if (w->c->verbose == 0)
        return;
    if (e->type == PLUG_SWEEP_DUPLICATE) {
        answer_line(w, e);
        return;
    }
    start_line(w, e);
    if (e->type == PLUG_SWEEP_ERROR) {
        plug_addr_text(&e->from, from, sizeof from);
        cmd_print(w->c, "%s, says %s", plug_strerror(e->error), from);
    } else {
        cmd_print(w->c, "%s",
                  e->type == PLUG_SWEEP_SEND_FAILED ? plug_strerror(e->error)
                  : e->type == PLUG_SWEEP_UNKNOWN   ? "unknown: this machine lost packets"
                                                    : "no answer");
    }
    end_line(w, e);
}

/* --- NDJSON ---------------------------------------------------------------------------------- */

static void object(struct sweep *w, const struct plug_sweep_event *e)
{
    static const char *const types[] = {"reply", "duplicate", "error", "error", "lost", "unknown"};
    const char *name = plug_targets_name(w->targets, e->target);
    char address[PLUG_ADDR_TEXT], from[PLUG_ADDR_TEXT];
    struct plug_json j;

    plug_addr_text(&e->addr, address, sizeof address);
    cmd_event(w->c, &j, types[e->type]);
    plug_json_string(&j, "host", name ? name : address);
    plug_json_string(&j, "address", address);
    plug_json_uint(&j, "seq", e->tries);
    if (e->type <= PLUG_SWEEP_DUPLICATE) {
        if (e->ttl >= 0)
            plug_json_int(&j, "ttl", e->ttl);
        else
            plug_json_null(&j, "ttl");
        plug_json_uint(&j, "bytes", e->bytes);
        plug_json_double(&j, "rtt_ms", (double)e->rtt / 1e6);
    }
    if (e->type == PLUG_SWEEP_ERROR) {
        plug_addr_text(&e->from, from, sizeof from);
        plug_json_string(&j, "from", from);
        plug_json_uint(&j, "icmp_type", e->icmp_type);
        plug_json_uint(&j, "icmp_code", e->icmp_code);
    }
    if (e->error) {
        plug_json_string(&j, "code", plug_err_name(e->error));
        plug_json_string(&j, "message", plug_strerror(e->error));
    }
    cmd_event_end(w->c, &j);
}

static void ms(struct plug_json *j, const char *key, int64_t time, bool known)
{
    if (known)
        plug_json_double(j, key, (double)time / 1e6);
    else
        plug_json_null(j, key);
}

static void summary_object(struct sweep *w, const struct plug_sweep_stats *s)
{
    struct plug_json j;

    cmd_event(w->c, &j, "summary");
    plug_json_string(&j, "end_reason", w->end_reason);
    plug_json_uint(&j, "hosts", s->targets);
    plug_json_uint(&j, "asked", s->asked);
    plug_json_uint(&j, "answered", s->answered);
    plug_json_uint(&j, "lost", s->lost);
    plug_json_uint(&j, "unknown", s->unknown);
    plug_json_uint(&j, "send_failed", s->send_failed);
    plug_json_uint(&j, "not_found", w->unknown);
    plug_json_uint(&j, "sent", s->sent);
    plug_json_uint(&j, "duplicates", s->duplicates);
    plug_json_uint(&j, "unmatched", s->unmatched);
    plug_json_uint(&j, "errors", s->errors);
    plug_json_uint(&j, "local_drops", s->local_drops);
    ms(&j, "elapsed_ms", s->elapsed, true);
    ms(&j, "min_ms", s->min, s->answered > 0);
    ms(&j, "avg_ms", s->avg, s->answered > 0);
    ms(&j, "max_ms", s->max, s->answered > 0);
    ms(&j, "p50_ms", s->p50, s->answered > 0);
    ms(&j, "p95_ms", s->p95, s->answered > 0);
    ms(&j, "p99_ms", s->p99, s->answered > 0);
    cmd_event_end(w->c, &j);
}

/* --- how many -------------------------------------------------------------------------------- */

/* What there is some of, each with a comma before it. */
static size_t also(char *buf, size_t len, size_t at, uint64_t count, const char *what)
{
    if (count == 0 || at >= len)
        return at;
    return at + (size_t)snprintf(buf + at, len - at, ", %llu %s", (unsigned long long)count, what);
}

/* Behind the lines, on stderr, so that stdout has hosts only; with -q it is the result. */
static void summary_text(struct sweep *w, const struct plug_sweep_stats *s)
{
    char text[512], took[32];
    size_t at;

    plug_duration_text(s->elapsed, took, sizeof took);
    at = (size_t)snprintf(text, sizeof text, "%llu of %llu hosts answered",
                          (unsigned long long)s->answered, (unsigned long long)s->targets);
    at = also(text, sizeof text, at, s->unknown, "unknown");
    at = also(text, sizeof text, at, s->send_failed, "could not be sent to");
    at = also(text, sizeof text, at, s->targets - s->asked - s->send_failed, "not asked");
    at = also(text, sizeof text, at, s->duplicates, "duplicates");
    at = also(text, sizeof text, at, s->unmatched, "unmatched");
    at = also(text, sizeof text, at, s->local_drops, "local drops");
    at += (size_t)snprintf(text + at, sizeof text - at, " in %s", took);
    if (s->answered)
        snprintf(text + at, sizeof text - at, "; min/avg/max = %.3f/%.3f/%.3f ms",
                 (double)s->min / 1e6, (double)s->avg / 1e6, (double)s->max / 1e6);
    if (w->c->quiet)
        cmd_print(w->c, "%s\n", text);
    else
        cmd_err("%s\n", text);
}

/* Where stdout is not looked at, a long sweep tells how far it is. */
static void progress(struct sweep *w, bool last)
{
    struct plug_sweep_stats s;
    int64_t now;

    if (!w->c->tty_err || w->c->tty_out || w->c->quiet || (last && w->shown_at == 0))
        return;
    plug_sweep_stats(w->engine, &s);
    now = plug_now();
    if (!last && (s.elapsed < PLUG_S(1) || now - w->shown_at < REFRESH))
        return;
    w->shown_at = now;
    if (last)
        cmd_err("\r%60s\r", "");
    else
        cmd_err("\r%llu of %llu hosts asked, %llu answered", (unsigned long long)s.asked,
                (unsigned long long)s.targets, (unsigned long long)s.answered);
}

/* --- the run --------------------------------------------------------------------------------- */

static int told(const struct plug_sweep_event *e, void *arg)
{
    struct sweep *w = arg;

    if (e->type == PLUG_SWEEP_IDLE) {
        (void)cmd_flush(w->c);
        progress(w, false);
    } else if (!w->c->quiet) {
        if (w->c->json)
            object(w, e);
        else
            line(w, e);
    }
    w->answered += e->type == PLUG_SWEEP_REPLY;
    if (w->c->out_error)
        return w->c->out_error;
    return w->o->expect && w->answered >= w->o->expect ? ENOUGH : 0;
}

static int check(struct cmd *c)
{
    const struct ping_opts *o = c->opts;
    const char *other = o->tcp          ? "--tcp"
                        : o->broadcast  ? "-b"
                        : o->window > 0 ? "--window"
                        : o->graph      ? "--graph"
                        : o->metrics    ? "--metrics"
                                        : NULL;

    if (other)
        return cmd_usage(c, "%s is not for prefixes, ranges and files", other);
    if (o->count > PLUG_SWEEP_TRIES_MAX)
        return cmd_usage(c, "-c: at most %d requests to each host of a sweep",
                         PLUG_SWEEP_TRIES_MAX);
    if (o->size < PLUG_SWEEP_DATA_MIN)
        return cmd_usage(c, "-s: at least %d bytes in a sweep: they prove the answers",
                         PLUG_SWEEP_DATA_MIN);
    if (o->timeout > PLUG_SWEEP_TIMEOUT_MAX || o->timeout == PLUG_FOREVER)
        return cmd_usage(c, "-W: at most 5m in a sweep");
    return CMD_YES;
}

/* source: where the address of -I is kept. */
static int engine_opts(struct cmd *c, struct plug_addr *source, struct plug_sweep_opts *e)
{
    const struct ping_opts *o = c->opts;
    struct ping g = {.c = c, .o = o};
    int code = ping_source(c, &g);

    if (code != CMD_YES)
        return code;
    if (o->shard && plug_shard_parse(o->shard, &e->shard) < 0)
        return cmd_usage(c, "--shard: '%s' is not I/N with I from 1 to N", cmd_safe_str(o->shard));
    if (e->shard.shards > 1 && o->seed == 0)
        return cmd_usage(c, "--shard needs --seed, the same on every machine");
    e->socket = (enum plug_sweep_socket)o->socket;
    e->family = o->v4 ? AF_INET : o->v6 ? AF_INET6 : AF_UNSPEC;
    e->tries = (unsigned)o->count;
    e->timeout = o->timeout == PING_TIMEOUT ? 0 : o->timeout;
    e->rate = o->rate;
    e->data_len = o->size;
    e->seed = o->seed;
    e->ttl = (int)o->ttl;
    e->ifindex = g.ifindex;
    *source = g.source;
    if (g.ifindex == 0 && plug_addr_family(source) != AF_UNSPEC)
        e->source = source;
    return CMD_YES;
}

static const char *why(int r)
{
    return cmd_signal()         ? "signal"
           : r == ENOUGH        ? "expect"
           : r == PLUG_ETIMEOUT ? "deadline"
           : r < 0              ? "error"
                                : "done";
}

/* Somebody answered, or as many as were expected to. */
static int verdict(const struct sweep *w, const struct plug_sweep_stats *s)
{
    if (cmd_signal())
        return cmd_signal_exit();
    if (w->answered >= (w->o->expect ? w->o->expect : 1))
        return w->unknown && !w->o->expect ? CMD_UNKNOWN : CMD_YES;
    return w->unknown || s->unknown || s->asked == 0 ? CMD_UNKNOWN : CMD_NO;
}

static int go(struct sweep *w)
{
    struct plug_deadline scope;
    struct plug_sweep_stats s;
    int r;

    w->width = width_of(w->targets);
    plug_deadline_enter(&scope, w->o->deadline);
    r = plug_sweep_run(w->engine, w->targets, told, w);
    plug_deadline_leave(&scope);
    progress(w, true);
    plug_sweep_stats(w->engine, &s);
    w->end_reason = why(r);
    if (r < 0 && r != PLUG_ETIMEOUT && !cmd_signal() && !w->c->out_error)
        return cmd_fail(w->c, r, "ping", NULL, NULL);
    if (w->c->json)
        summary_object(w, &s);
    else
        summary_text(w, &s);
    return verdict(w, &s);
}

/* Sockets first, then privileges go, then names are looked up and answers read. */
int ping_sweep(struct cmd *c)
{
    struct plug_sweep_opts opts = PLUG_SWEEP_OPTS;
    struct sweep w = {.c = c, .o = c->opts};
    struct plug_addr source;
    int code = check(c), r;

    if (code == CMD_YES)
        code = engine_opts(c, &source, &opts);
    if (code != CMD_YES)
        return code;
    r = plug_sweep_open(&w.engine, &opts);
    if (r < 0)
        return ping_refused(c, r, w.o->from);
    r = plug_privilege_drop();
    code = r < 0 ? cmd_fail(c, r, "drop", "privileges", NULL)
                 : ping_targets(c, &w.targets, &w.unknown);
    if (code == CMD_YES)
        code = go(&w);
    plug_sweep_close(w.engine);
    plug_targets_close(w.targets);
    return code;
}
