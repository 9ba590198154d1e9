/* SPDX-License-Identifier: MIT */
/* plug echo: one handler, four models, several addresses. */
#include "address.h"
#include "descriptors.h"
#include "echo.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define DEFAULT_ADDRESS "tcp://127.0.0.1:8888"
#define BACKLOG         4096                /* somaxconn(7) may allow less */
#define STACK           ((size_t)256 << 10) /* with room for a datagram */
#define SPARE           64                  /* descriptors besides those of connections */

struct echo_opts {
    int mode, framing, model, backend; /* model, backend: -1: not said */
    bool unicode, stats, once;
    uint64_t workers, max, limit, cut_after, seed;
    int64_t delay, idle;
    const char *drop;
};

static const struct cmd_opt options[] = {
    {"mode", 'm', CMD_CHOICE, "echo|upper|reverse", "what is done to the bytes (default echo)",
     offsetof(struct echo_opts, mode), 0, 0},
    {"unicode", 'u', CMD_FLAG, NULL, "upper: all letters of Unicode, not only ASCII's",
     offsetof(struct echo_opts, unicode), 0, 0},
    {"framing", 'f', CMD_CHOICE, "none|line|len32",
     "messages: as bytes come, lines, or frames with a 32-bit length (default none)",
     offsetof(struct echo_opts, framing), 0, 0},
    {"limit", 0, CMD_UINT, "BYTES",
     "longest line, frame or input that is reversed (default 1048576)",
     offsetof(struct echo_opts, limit), 1, TRANSFORM_MAX},
    {"model", 0, CMD_CHOICE, "serial|thread|fork|fiber",
     "how connections are served at once (default fiber)", offsetof(struct echo_opts, model), 0, 0},
    {"backend", 0, CMD_CHOICE, "select|poll|epoll|uring", "what fibers wait with (default epoll)",
     offsetof(struct echo_opts, backend), 0, 0},
    {"workers", 'w', CMD_UINT, "N", "fiber: threads that serve (default 1)",
     offsetof(struct echo_opts, workers), 1, 256},
    {"max", 0, CMD_UINT, "N", "most connections at once (default 10000; fork: 40)",
     offsetof(struct echo_opts, max), 1, 1000000},
    {"idle-timeout", 'i', CMD_DURATION, "TIME",
     "end a connection that waits longer for bytes (default 60s)", offsetof(struct echo_opts, idle),
     0, 0},
    {"delay", 0, CMD_DURATION, "TIME", "wait before each reply", offsetof(struct echo_opts, delay),
     0, 0},
    {"drop", 0, CMD_STRING, "PERCENT", "leave so many messages without a reply, by chance",
     offsetof(struct echo_opts, drop), 0, 0},
    {"seed", 0, CMD_UINT, "N", "the chances of --drop, to have the same again",
     offsetof(struct echo_opts, seed), 0, UINT64_MAX},
    {"cut-after", 0, CMD_UINT, "BYTES",
     "end each connection after so many bytes of reply; cut longer datagrams off",
     offsetof(struct echo_opts, cut_after), 1, UINT64_MAX},
    {"once", '1', CMD_FLAG, NULL, "end after the first connection or datagram",
     offsetof(struct echo_opts, once), 0, 0},
    {"stats", 0, CMD_FLAG, NULL, "at the end, tell what was counted",
     offsetof(struct echo_opts, stats), 0, 0},
    {NULL, 0, CMD_FLAG, NULL, NULL, 0, 0, 0},
};

/* --- what is counted -------------------------------------------------------------------------- */

static const struct {
    const char *name, *key; /* in text; in JSON */
    size_t offset;
    bool always; /* also when it is 0 */
} counted[] = {
    {"connections", "connections", offsetof(struct echo_counts, connections), true},
    {"datagrams", "datagrams", offsetof(struct echo_counts, datagrams), false},
    {"messages", "messages", offsetof(struct echo_counts, messages), true},
    {"bytes in", "in_bytes", offsetof(struct echo_counts, bytes_in), true},
    {"bytes out", "out_bytes", offsetof(struct echo_counts, bytes_out), true},
    {"dropped", "dropped", offsetof(struct echo_counts, dropped), false},
    {"cut", "cut", offsetof(struct echo_counts, cut), false},
    {"ignored", "ignored", offsetof(struct echo_counts, ignored), false},
    {"truncated", "truncated", offsetof(struct echo_counts, truncated), false},
    {"bad frames", "bad_frames", offsetof(struct echo_counts, bad_frames), false},
    {"time-outs", "timeouts", offsetof(struct echo_counts, timeouts), false},
    {"resets", "resets", offsetof(struct echo_counts, resets), false},
    {"failures", "failures", offsetof(struct echo_counts, failures), false},
};
#define COUNTED (sizeof counted / sizeof counted[0])

static uint64_t count_at(const struct echo *e, size_t i)
{
    return *(const uint64_t *)((const char *)e->shared + counted[i].offset);
}

static uint64_t refused(const struct plug_server_stats *s)
{
    return s->refused_max + s->refused_source + s->refused_verify;
}

static void show_stats(struct cmd *c, const struct echo *e, const struct plug_server_stats *s)
{
    for (size_t i = 0; i < COUNTED; i++)
        if (counted[i].always || count_at(e, i))
            cmd_print(c, "%-12s %llu\n", counted[i].name, (unsigned long long)count_at(e, i));
    cmd_print(c, "%-12s %zu\n", "at once", s->live_max);
    if (refused(s))
        cmd_print(c, "%-12s %llu\n", "refused", (unsigned long long)refused(s));
}

static void summary(struct cmd *c, const struct echo *e, const struct plug_server_stats *s,
                    int code)
{
    struct plug_json j;

    cmd_event(c, &j, "summary");
    plug_json_string(&j, "end_reason", cmd_signal() ? "signal" : "done");
    for (size_t i = 0; i < COUNTED; i++)
        plug_json_uint(&j, counted[i].key, count_at(e, i));
    plug_json_uint(&j, "at_once", s->live_max);
    plug_json_uint(&j, "refused", refused(s));
    plug_json_int(&j, "exit", code);
    cmd_event_end(c, &j);
}

/* --- options ---------------------------------------------------------------------------------- */

/* "12.5" or "12.5%" to 0.125. */
static int parse_drop(struct cmd *c, const char *text, double *ret_share)
{
    size_t len = strlen(text);
    double percent;

    if (len > 0 && text[len - 1] == '%')
        len--;
    if (plug_double_parse(text, len, &percent) < 0 || !(percent >= 0 && percent <= 100))
        return cmd_usage(c, "--drop: '%s' is not a number from 0 to 100", cmd_safe_str(text));
    *ret_share = percent / 100;
    return CMD_YES;
}

static int check(struct cmd *c, struct echo *e)
{
    const struct echo_opts *o = c->opts;
    int fiber = 3;

    if (o->model >= 0 && o->model != fiber && (o->backend >= 0 || o->workers))
        return cmd_usage(c, "%s is for --model fiber", o->workers ? "--workers" : "--backend");
    if (o->unicode && o->mode != TRANSFORM_UPPER)
        return cmd_usage(c, "--unicode is for --mode upper");
    if (o->idle == 0)
        return cmd_usage(c, "--idle-timeout: a time above 0 is needed, or never");
    if (o->delay < 0)
        return cmd_usage(c, "--delay: nobody would ever be answered");
    e->t = (struct transform_opts){(enum transform_mode)o->mode, (enum transform_framing)o->framing,
                                   o->unicode, (size_t)o->limit};
    e->delay = o->delay;
    e->cut_after = o->cut_after;
    e->seed = o->seed;
    return o->drop ? parse_drop(c, o->drop, &e->drop) : CMD_YES;
}

static void server_options(const struct echo_opts *o, struct plug_server_opts *s)
{
    static const enum plug_model model[] = {PLUG_MODEL_SERIAL, PLUG_MODEL_THREAD, PLUG_MODEL_FORK,
                                            PLUG_MODEL_FIBER};
    static const enum plug_backend backend[] = {PLUG_BACKEND_SELECT, PLUG_BACKEND_POLL,
                                                PLUG_BACKEND_EPOLL, PLUG_BACKEND_URING};

    s->model = o->model < 0 ? PLUG_MODEL_AUTO : model[o->model];
    s->backend = o->backend < 0 ? PLUG_BACKEND_AUTO : backend[o->backend];
    s->workers = (size_t)o->workers;
    s->max = s->max_children = (size_t)o->max;
    s->idle = o->idle;
    s->stack = STACK;
    s->requests = o->once;
}

/* --- serving ---------------------------------------------------------------------------------- */

static int announce(struct cmd *c, struct plug_server *s, size_t i, const struct plug_endpoint *e)
{
    char text[ADDRESS_TEXT];
    struct plug_addr addr;
    struct plug_json j;
    struct echo *echo = plug_server_arg(s);
    int err = plug_server_addr(s, i, &addr);

    if (err < 0)
        return cmd_fail(c, err, "getsockname", NULL, NULL);
    if (e->type == SOCK_DGRAM)
        echo->own_port[plug_addr_port(&addr) / 8] |= (uint8_t)(1u << plug_addr_port(&addr) % 8);
    address_of_socket(e, &addr, text);
    if (!c->quiet)
        cmd_err("listening on %s\n", text);
    if (!c->json)
        return CMD_YES;
    cmd_event(c, &j, "listening");
    plug_json_string(&j, "address", text);
    plug_json_string(&j, "model", plug_model_name(plug_server_model(s)));
    cmd_event_end(c, &j);
    return cmd_flush(c) < 0 ? CMD_UNKNOWN : CMD_YES;
}

static const char *address_at(const struct cmd *c, int i)
{
    return c->argc ? c->argv[i] : DEFAULT_ADDRESS;
}

static const char *listen_hint(const struct cmd *c, int i, const struct plug_endpoint *e, int err)
{
    for (int before = 0; err == -EADDRINUSE && before < i; before++)
        if (strcmp(c->argv[before], c->argv[i]) == 0)
            return "it is given twice";
    return err == -EADDRINUSE && e->family == AF_UNIX ? "another process serves it"
                                                      : address_hint(err);
}

static int listen_on(struct cmd *c, struct plug_server *s, int i, struct plug_endpoint *ret)
{
    struct plug_listen_opts lo = PLUG_LISTEN_OPTS;
    const char *text = address_at(c, i);
    int err = address_parse(text, false, ret);

    if (err < 0)
        return cmd_usage(c, "'%s': %s; write " ADDRESS_FORMS " or HOST:PORT", cmd_safe_str(text),
                         address_reason(err, text));
    lo.backlog = BACKLOG;
    err = plug_server_listen(s, text, &lo);
    return err < 0 ? cmd_fail(c, err, "listen", text, listen_hint(c, i, ret, err)) : CMD_YES;
}

/* Nobody is told of an address before all of them can be served. */
static int listen_on_all(struct cmd *c, struct plug_server *s)
{
    static struct plug_endpoint endpoint[PLUG_SERVER_ENDPOINTS];
    int count = c->argc ? c->argc : 1, code = CMD_YES, err;

    if (count > PLUG_SERVER_ENDPOINTS)
        return cmd_usage(c, "more than %d addresses", PLUG_SERVER_ENDPOINTS);
    for (int i = 0; code == CMD_YES && i < count; i++)
        code = listen_on(c, s, i, &endpoint[i]);
    if (code != CMD_YES)
        return code;
    err = plug_server_begin(s);
    if (err < 0)
        return cmd_fail(c, err, "serve", NULL, NULL);
    for (int i = 0; code == CMD_YES && i < count; i++)
        code = announce(c, s, (size_t)i, &endpoint[i]);
    return code;
}

static void stop(void *arg)
{
    plug_server_stop(arg);
}

/* The server hears of signals by stop(), and waits as a library does: without being interrupted. */
static int serve(struct plug_server *s)
{
    struct plug_waiter *before = plug_waiter_set(NULL);
    int err;

    cmd_signal_tell(stop, s);
    err = plug_server_run(s);
    cmd_signal_tell(NULL, NULL);
    (void)plug_waiter_set(before);
    return err;
}

static int sum_up(struct cmd *c, const struct echo *e, struct plug_server *s)
{
    const struct echo_opts *o = c->opts;
    const struct echo_counts *n = e->shared;
    struct plug_server_stats stats;
    int code = CMD_YES;

    if (cmd_signal() && cmd_signal() != SIGTERM)
        code = cmd_signal_exit();
    else if (o->once && n->bad_frames + n->timeouts + n->resets + n->failures > 0)
        code = CMD_NO;
    plug_server_stats(s, &stats);
    if (c->json)
        summary(c, e, &stats, code);
    else if (o->stats)
        show_stats(c, e, &stats);
    return code;
}

static int with_server(struct cmd *c, const struct echo *e, struct plug_server *s)
{
    int code = listen_on_all(c, s), err;

    if (code != CMD_YES)
        return code;
    err = serve(s);
    return err < 0 ? cmd_fail(c, err, "serve", NULL, NULL) : sum_up(c, e, s);
}

static int run(struct cmd *c)
{
    static struct echo e;
    const struct echo_opts *o = c->opts;
    struct plug_server_opts so = PLUG_SERVER_OPTS;
    struct plug_server *s;
    void *shared;
    int code = check(c, &e), err;

    if (code != CMD_YES)
        return code;
    e.c = c;
    server_options(o, &so);
    (void)descriptors_raise((o->max ? o->max : PLUG_SERVER_MAX) + SPARE);
    err = plug_sys()->mmap(sizeof *e.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                           &shared);
    if (err < 0)
        return cmd_fail(c, err, "share memory", NULL, NULL);
    e.shared = shared;
    err = plug_server_open(&s, echo_handler, &e, &so);
    if (err < 0)
        return cmd_fail(c, err, "serve", NULL,
                        err == -EINVAL ? "do PLUG_MODEL and PLUG_BACKEND name such?" : NULL);
    if (o->workers && plug_server_model(s) != PLUG_MODEL_FIBER) /* PLUG_MODEL's word */
        code = cmd_usage(c, "--workers is for --model fiber");
    else
        code = with_server(c, &e, s);
    plug_server_close(s);
    return code;
}

static const struct echo_opts defaults = {
    .model = -1, .backend = -1, .limit = 1048576, .idle = PLUG_S(60)};

const struct cmd_info cmd_echo = {
    .name = "echo",
    .summary = "serve what comes back: as it is, in upper case, or reversed",
    .operands = "[ADDRESS]...",
    .examples = "plug echo                                       # on " DEFAULT_ADDRESS "\n"
                "plug echo --mode upper --model thread tcp://127.0.0.1:0 udp://127.0.0.1:0\n"
                "plug echo --framing line --mode reverse unix:/tmp/plug.sock\n"
                "plug echo --drop 1% --delay 20ms udp://127.0.0.1:9999   # a bad network\n",
    .notes = "Serves until SIGTERM (exit 0) or SIGINT; connections may finish before. Replies to "
             "datagrams leave from the address that was asked; those from ports below 1024 or "
             "from one of its own are not answered, since they could go round for ever.\n"
             "No reply ends inside a UTF-8 character. reverse turns characters round: of each "
             "line, frame or datagram, without framing of the whole input when it has ended.\n",
    .opts = options,
    .opts_size = sizeof(struct echo_opts),
    .defaults = &defaults,
    .summary_event = true,
    .run = run,
};
