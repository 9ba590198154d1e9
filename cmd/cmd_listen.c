/* SPDX-License-Identifier: MIT */
/* plug listen: the serving half of netcat. */
#include "address.h"
#include "relay.h"

struct listen_opts {
    struct relay_opts relay; /* first: relay_options counts from here */
    bool keep, udp, reuse_port;
    uint64_t max;
    int64_t wait;
    const char *mode;
};

static const struct cmd_opt options[] = {
    {"keep", 'k', CMD_FLAG, NULL, "many clients, also after the last one has gone",
     offsetof(struct listen_opts, keep), 0, 0},
    {"max", 'm', CMD_UINT, "N", "with --keep, most clients at once (default 100)",
     offsetof(struct listen_opts, max), 1, RELAY_PEERS_MAX},
    {"wait", 'w', CMD_DURATION, "TIME", "give up when no client comes within TIME",
     offsetof(struct listen_opts, wait), 0, 0},
    {"udp", 'u', CMD_FLAG, NULL, "HOST PORT and HOST:PORT mean udp",
     offsetof(struct listen_opts, udp), 0, 0},
    {"reuse-port", 0, CMD_FLAG, NULL, "share the port with others (SO_REUSEPORT)",
     offsetof(struct listen_opts, reuse_port), 0, 0},
    {"mode", 0, CMD_STRING, "OCTAL", "permissions of a UNIX socket file (default 600)",
     offsetof(struct listen_opts, mode), 0, 0},
    {NULL, 0, CMD_FLAG, NULL, NULL, 0, 0, 0},
};

static int parse_mode(struct cmd *c, const char *text, unsigned *ret_mode)
{
    unsigned mode = 0;
    size_t n = 0;

    if (!text)
        return CMD_YES;
    for (; text[n] >= '0' && text[n] <= '7' && n < 4; n++)
        mode = mode * 8 + (unsigned)(text[n] - '0');
    if (n == 0 || text[n] || mode == 0 || mode > 0777)
        return cmd_usage(c, "--mode: '%s' is not an octal mode from 1 to 777", cmd_safe_str(text));
    *ret_mode = mode;
    return CMD_YES;
}

static int announce(struct cmd *c, struct plug_sock *s, const struct plug_endpoint *e,
                    char text[ADDRESS_TEXT])
{
    struct plug_addr addr;
    struct plug_json j;
    int err = plug_sock_local(s, &addr);

    if (err < 0)
        return cmd_fail(c, err, "getsockname", NULL, NULL);
    address_of_socket(e, &addr, text);
    if (!c->quiet)
        cmd_err("listening on %s\n", text);
    if (!c->json)
        return CMD_YES;
    cmd_event(c, &j, "listening");
    plug_json_string(&j, "address", text);
    cmd_event_end(c, &j);
    return cmd_flush(c) < 0 ? CMD_UNKNOWN : CMD_YES;
}

/* A datagram socket is its own only peer; the others accept theirs. */
static int open_up(struct relay *r, struct plug_sock *s, const char *text)
{
    int err;

    if (plug_sock_type(s) == SOCK_DGRAM)
        return relay_add(r, s, text, false);
    err = plug_sock_set_timeout(s, PLUG_NOWAIT);
    r->listener = s;
    return err < 0 ? cmd_fail(r->c, err, "listen", text, NULL) : CMD_YES;
}

static int serve(struct relay *r, struct plug_sock *s, const struct plug_endpoint *e)
{
    char text[ADDRESS_TEXT];
    int code = relay_start(r);

    if (code == CMD_YES)
        code = announce(r->c, s, e, text);
    if (code != CMD_YES) {
        plug_listen_close(s);
        return code;
    }
    code = open_up(r, s, text);
    return code == CMD_YES ? relay_run(r) : code;
}

static int run(struct cmd *c)
{
    struct listen_opts *o = c->opts;
    struct plug_listen_opts lo = PLUG_LISTEN_OPTS;
    struct relay r = {.c = c, .o = &o->relay, .keep = o->keep, .is_listen = true};
    char text[ADDRESS_TEXT];
    struct plug_endpoint e;
    struct plug_sock *s;
    int code = address_operands(c, o->udp, &e, text), err;

    if (code == CMD_YES)
        code = parse_mode(c, o->mode, &lo.mode);
    if (code != CMD_YES)
        return code;
    lo.reuse_port = o->reuse_port;
    err = plug_listen(&s, text, &lo);
    if (err < 0)
        return cmd_fail(c, err, "listen", text, address_hint(err));
    r.max = o->keep ? o->max : 1;
    r.first_wait = o->wait;
    code = serve(&r, s, &e);
    relay_drop(&r);
    return code;
}

static const struct listen_opts defaults = {.relay = RELAY_OPTS, .max = 100};

const struct cmd_info cmd_listen = {
    .name = "listen",
    .summary = "wait for clients or datagrams and pass bytes both ways",
    .operands = "ADDRESS | HOST PORT",
    .examples = "plug listen tcp://127.0.0.1:8888 >file   # one client's bytes to a file\n"
                "plug listen -k tcp://127.0.0.1:0         # many clients, a free port\n"
                "plug listen udp://127.0.0.1:9999         # datagrams and where they come from\n"
                "plug listen unix:/tmp/plug.sock --hex    # dump what a UNIX client says\n",
    .notes = relay_notes,
    .opts = options,
    .more = relay_options,
    .opts_size = sizeof(struct listen_opts),
    .defaults = &defaults,
    .summary_event = true,
    .run = run,
};
