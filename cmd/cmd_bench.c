/* SPDX-License-Identifier: MIT */
/* plug bench: how fast does an echo server answer, and does it answer right? */
#include "address.h"
#include "load.h"
#include <stdio.h>
#include <string.h>

#define UDP_MAX  65507     /* longest payload of a UDP datagram over IPv4 */
#define NOT_SAID INT64_MIN /* PLUG_FOREVER can be said */

struct bench_opts {
    uint64_t connections, size, messages, rate;
    int64_t duration, warmup, timeout; /* duration, warmup: or NOT_SAID */
    int framing;
};

static const struct cmd_opt options[] = {
    {"connections", 'c', CMD_UINT, "N", "connections at once (default 50)",
     offsetof(struct bench_opts, connections), 1, LOAD_CONNECTIONS_MAX},
    {"size", 's', CMD_UINT, "BYTES", "payload of a message (default 64)",
     offsetof(struct bench_opts, size), 1, LOAD_SIZE_MAX},
    {"duration", 'd', CMD_DURATION, "TIME", "measure for TIME (default 5s without -n)",
     offsetof(struct bench_opts, duration), 0, 0},
    {"messages", 'n', CMD_UINT, "N", "end after N messages, over all connections",
     offsetof(struct bench_opts, messages), 1, UINT64_MAX},
    {"rate", 'r', CMD_UINT, "N", "open loop: N messages a second in all, due when they are due",
     offsetof(struct bench_opts, rate), 1, 1000000000},
    {"framing", 'f', CMD_CHOICE, "none|line|len32", "frame messages as plug echo --framing does",
     offsetof(struct bench_opts, framing), 0, 0},
    {"warmup", 'w', CMD_DURATION, "TIME",
     "compare, do not measure yet (default a tenth of -d, at most 1s; with -n 0)",
     offsetof(struct bench_opts, warmup), 0, 0},
    {"timeout", 't', CMD_DURATION, "TIME", "a reply that takes longer is lost (default 5s)",
     offsetof(struct bench_opts, timeout), 0, 0},
    {NULL, 0, CMD_FLAG, NULL, NULL, 0, 0, 0},
};

static const struct {
    double share;
    const char *name, *key;
} shown[] = {
    {0.5, "p50", "p50"}, {0.9, "p90", "p90"}, {0.99, "p99", "p99"}, {0.999, "p99.9", "p99_9"}};
#define SHOWN (sizeof shown / sizeof shown[0])

/* A datagram socket connects to anything; that nobody is there only shows when it has sent. */
static bool nobody_there(const struct load *l)
{
    return l->right + l->warm + l->wrong == 0 && l->errors == 1 && l->error[0].err == -ECONNREFUSED;
}

static int exit_code(const struct load *l)
{
    if (l->connected == 0 || nobody_there(l))
        return CMD_UNKNOWN;
    return l->wrong || l->lost || l->late || l->unsent || l->errors ? CMD_NO : CMD_YES;
}

static double per_second(const struct load *l, uint64_t count)
{
    int64_t took = load_took(l);

    return took > 0 ? (double)count * 1e9 / (double)took : 0;
}

/* --- for people ------------------------------------------------------------------------------- */

/* "15.4 MB" */
static const char *bytes_text(double bytes, char *buf, size_t len)
{
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB"};
    size_t i = 0;

    while (bytes >= 999.5 && i < 4) {
        bytes /= 1000;
        i++;
    }
    snprintf(buf, len, i == 0 || bytes >= 100 ? "%.0f %s" : "%.3g %s", bytes, unit[i]);
    return buf;
}

static void show_latency(struct cmd *c, const struct plug_histogram *h)
{
    char text[32];

    cmd_print(c, "latency  ");
    for (size_t i = 0; i < SHOWN; i++) {
        plug_duration_text(plug_histogram_at(h, shown[i].share), text, sizeof text);
        cmd_print(c, "%s %s  ", shown[i].name, text);
    }
    plug_duration_text(h->max, text, sizeof text);
    cmd_print(c, "max %s\n", text);
}

static void show_errors(struct cmd *c, const struct load *l)
{
    const struct {
        const char *name;
        uint64_t count;
    } kinds[] = {{"wrong", l->wrong}, {"lost", l->lost}, {"late", l->late}, {"unsent", l->unsent}};
    const char *separator = "errors   ";

    for (size_t i = 0; i < 4; i++)
        if (kinds[i].count) {
            cmd_print(c, "%s%s%llu %s%s", separator, cmd_style(c, CMD_BAD),
                      (unsigned long long)kinds[i].count, kinds[i].name, cmd_style(c, CMD_PLAIN));
            separator = "  ";
        }
    for (size_t i = 0; i < l->errors; i++) {
        cmd_print(c, "%s%llu connection%s: %s", separator, (unsigned long long)l->error[i].count,
                  l->error[i].count == 1 ? "" : "s", plug_strerror(l->error[i].err));
        separator = "\n         ";
    }
    if (exit_code(l) == CMD_YES)
        cmd_print(c, "%s%snone%s", separator, cmd_style(c, CMD_GOOD), cmd_style(c, CMD_PLAIN));
    cmd_print(c, "\n");
}

static void show(struct cmd *c, const struct load *l, const char *address)
{
    char rate[32], took[32];

    plug_duration_text(load_took(l), took, sizeof took);
    cmd_print(c, "%s%s%s: ", cmd_style(c, CMD_NAME), cmd_safe_str(address),
              cmd_style(c, CMD_PLAIN));
    cmd_print(c, "%llu connection%s, %zu byte%s, ", (unsigned long long)l->connected,
              l->connected == 1 ? "" : "s", l->o.size, l->o.size == 1 ? "" : "s");
    if (l->o.rate > 0)
        cmd_print(c, "%.0f/s, %s\n", l->o.rate, took);
    else
        cmd_print(c, "closed loop, %s\n", took);
    if (l->right == 0 && l->warm)
        cmd_print(c, "warm-up  %llu right, then it was over: nothing was measured\n",
                  (unsigned long long)l->warm);
    cmd_print(c, "replies  %llu right  %s%.0f/s%s  %s/s each way\n", (unsigned long long)l->right,
              cmd_style(c, CMD_BOLD), per_second(l, l->right), cmd_style(c, CMD_PLAIN),
              bytes_text(per_second(l, l->right * l->whole), rate, sizeof rate));
    if (l->latency.total)
        show_latency(c, &l->latency);
    show_errors(c, l);
}

/* --- for programs ----------------------------------------------------------------------------- */

static void latency_event(struct plug_json *j, const struct plug_histogram *h)
{
    plug_json_object(j, "latency_us");
    plug_json_double(j, "min", (double)h->min / 1e3);
    plug_json_double(j, "mean", plug_histogram_mean(h) / 1e3);
    for (size_t i = 0; i < SHOWN; i++)
        plug_json_double(j, shown[i].key, (double)plug_histogram_at(h, shown[i].share) / 1e3);
    plug_json_double(j, "max", (double)h->max / 1e3);
    plug_json_end(j);
}

static void errors_event(struct plug_json *j, const struct load *l)
{
    plug_json_array(j, "errors");
    for (size_t i = 0; i < l->errors; i++) {
        plug_json_object(j, NULL);
        plug_json_string(j, "code", plug_err_name(l->error[i].err));
        plug_json_uint(j, "connections", l->error[i].count);
        plug_json_end(j);
    }
    plug_json_end(j);
}

static void summary(struct cmd *c, const struct load *l, const char *address, int code)
{
    const struct bench_opts *o = c->opts;
    static const char *const framing[] = {"none", "line", "len32"};
    struct plug_json j;

    cmd_event(c, &j, "summary");
    plug_json_string(&j, "end_reason", l->end_reason);
    plug_json_string(&j, "address", address);
    plug_json_uint(&j, "connections", l->connected);
    plug_json_uint(&j, "size_bytes", o->size);
    plug_json_string(&j, "framing", framing[o->framing]);
    plug_json_string(&j, "loop", o->rate ? "open" : "closed");
    if (o->rate)
        plug_json_uint(&j, "target_per_s", o->rate);
    plug_json_double(&j, "warmup_s", (double)l->o.warmup / 1e9);
    plug_json_double(&j, "elapsed_s", (double)load_took(l) / 1e9);
    plug_json_uint(&j, "right", l->right);
    plug_json_uint(&j, "right_in_warmup", l->warm);
    plug_json_uint(&j, "wrong", l->wrong);
    plug_json_uint(&j, "lost", l->lost);
    plug_json_uint(&j, "late", l->late);
    plug_json_uint(&j, "unsent", l->unsent);
    plug_json_double(&j, "replies_per_s", per_second(l, l->right));
    plug_json_double(&j, "bytes_per_s", per_second(l, l->right * l->whole));
    latency_event(&j, &l->latency);
    errors_event(&j, l);
    plug_json_int(&j, "exit", code);
    cmd_event_end(c, &j);
}

/* --- each second ------------------------------------------------------------------------------ */

static void tick(struct load *l, void *arg)
{
    struct cmd *c = arg;
    double seconds = (double)(l->now - l->ticked) / 1e9;
    char p50[32], p99[32];
    struct plug_json j;

    plug_duration_text(plug_histogram_at(&l->recent, 0.5), p50, sizeof p50);
    plug_duration_text(plug_histogram_at(&l->recent, 0.99), p99, sizeof p99);
    if (c->json) {
        cmd_event(c, &j, "interval");
        plug_json_double(&j, "at_s", (double)(l->now - l->began) / 1e9);
        plug_json_double(&j, "replies_per_s", (double)l->recent.total / seconds);
        latency_event(&j, &l->recent);
        cmd_event_end(c, &j);
    } else if (c->tty_err && !c->quiet) {
        cmd_err("\r\033[K%.0f s  %.0f/s  p50 %s  p99 %s", (double)(l->now - l->began) / 1e9,
                (double)l->recent.total / seconds, p50, p99);
    }
    plug_histogram_clear(&l->recent);
}

/* --- the command ------------------------------------------------------------------------------ */

static void settle(const struct bench_opts *o, struct load_opts *l)
{
    *l = (struct load_opts){.connections = (size_t)o->connections,
                            .size = (size_t)o->size,
                            .framing = (enum transform_framing)o->framing,
                            .messages = o->messages,
                            .duration = o->duration,
                            .warmup = o->warmup,
                            .timeout = o->timeout,
                            .rate = (double)o->rate};
    if (o->messages && o->messages < o->connections)
        l->connections = (size_t)o->messages;
    if (o->duration == NOT_SAID)
        l->duration = o->messages ? PLUG_FOREVER : PLUG_S(5);
    if (o->warmup == NOT_SAID && o->messages)
        l->warmup = 0;
    else if (o->warmup == NOT_SAID)
        l->warmup = l->duration < 0 || l->duration > PLUG_S(10) ? PLUG_S(1) : l->duration / 10;
}

static int check(struct cmd *c, struct plug_endpoint *e, char text[ADDRESS_TEXT])
{
    const struct bench_opts *o = c->opts;
    int code = address_operands(c, false, e, text);

    if (code != CMD_YES)
        return code;
    if (o->duration == 0 || o->timeout <= 0)
        return cmd_usage(c, "%s: a time above 0 is needed", o->timeout > 0 ? "-d" : "-t");
    if (o->warmup == PLUG_FOREVER)
        return cmd_usage(c, "-w: nothing would ever be measured");
    if (e->type == SOCK_DGRAM && e->family != AF_UNIX && o->size > UDP_MAX)
        return cmd_usage(c, "-s %llu: a datagram has at most %d bytes", (unsigned long long)o->size,
                         UDP_MAX);
    return CMD_YES;
}

static int measure(struct cmd *c, struct load *l, const char *address)
{
    int code = load_start(c, l, address), err;

    if (code != CMD_YES)
        return code;
    err = load_run(l);
    if (l->tick && c->tty_err && !c->json && !c->quiet)
        cmd_err("\r\033[K");
    if (err < 0)
        return cmd_fail(c, err, "wait", address, NULL);
    code = cmd_signal() ? cmd_signal_exit() : exit_code(l);
    if (c->json)
        summary(c, l, address, code);
    else
        show(c, l, address);
    return code;
}

static int run(struct cmd *c)
{
    static struct load l;
    char text[ADDRESS_TEXT];
    struct plug_endpoint e;
    int code = check(c, &e, text);

    if (code != CMD_YES)
        return code;
    settle(c->opts, &l.o);
    l.tick = tick;
    l.arg = c;
    code = measure(c, &l, text);
    load_drop(&l);
    return code;
}

static const struct bench_opts defaults = {
    .connections = 50, .size = 64, .duration = NOT_SAID, .warmup = NOT_SAID, .timeout = PLUG_S(5)};

const struct cmd_info cmd_bench = {
    .name = "bench",
    .summary = "load an echo server, compare every reply, tell rate and latencies",
    .operands = "ADDRESS | HOST PORT",
    .examples = "plug bench tcp://127.0.0.1:8888                # 50 connections for 5 s\n"
                "plug bench -c 1000 -s 4096 -d 10s tcp://127.0.0.1:8888\n"
                "plug bench -r 20000 tcp://127.0.0.1:8888       # latency at 20,000 a second\n"
                "plug bench -n 1000 --json udp://127.0.0.1:8888 # losses are counted\n",
    .notes = "Without --rate a connection sends again when its reply has come (closed loop): a "
             "server that stalls then holds back the questions that would have measured it. With "
             "--rate a latency counts from when the message was due.\n"
             "wrong: other bytes than were sent; lost: no reply in --timeout, or the connection "
             "failed; late: a datagram's reply after it was given up; unsent: due with --rate, "
             "or left of -n by failed connections.\n",
    .opts = options,
    .opts_size = sizeof(struct bench_opts),
    .defaults = &defaults,
    .summary_event = true,
    .run = run,
};
