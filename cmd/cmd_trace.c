/* SPDX-License-Identifier: MIT */
/* plug trace: the routers on the way to a host. */
#include "trace.h"
#include <inttypes.h>
#include <net/if.h>
#include <string.h>

static const struct trace_opts *opts_of(struct cmd *c)
{
    return c->opts;
}

/* --- options to the library's ----------------------------------------------------------------- */

/* MAX[,HERE,NEAR], as traceroute has it: MAX alone is waited in every case. */
static int wait_option(struct cmd *c, struct plug_traceroute_opts *to)
{
    const char *text = opts_of(c)->wait;
    char part[3][32] = {"", "", ""};
    size_t n = 0, len;

    if (text == NULL)
        return CMD_YES;
    for (const char *p = text; n < 3; n++, p += len + 1) {
        len = strcspn(p, ",/");
        if (len >= sizeof part[n])
            break;
        memcpy(part[n], p, len);
        if (p[len] == '\0') {
            n++;
            break;
        }
    }
    double *factor[] = {&to->wait_here, &to->wait_near};
    bool good = plug_duration_parse(part[0], &to->wait) >= 0 && to->wait != 0 && n != 2;
    to->wait_here = to->wait_near = -1;
    for (size_t i = 1; good && i < n; i++)
        good = plug_double_parse(part[i], strlen(part[i]), factor[i - 1]) >= 0 &&
               *factor[i - 1] >= 0 && *factor[i - 1] <= 1e6;
    for (size_t i = 0; i < 2; i++)
        if (*factor[i] == 0)
            *factor[i] = -1;
    if (strlen(text) != strlen(part[0]) + (n > 1) * (2 + strlen(part[1]) + strlen(part[2])))
        good = false;
    return good ? CMD_YES
                : cmd_usage(c, "--wait: '%s' is not MAX or MAX,HERE,NEAR", cmd_safe_str(text));
}

static int method_option(struct cmd *c, struct plug_traceroute_opts *to)
{
    const struct trace_opts *o = c->opts;

    if (o->icmp + o->tcp + o->udp > 1)
        return cmd_usage(c, "--icmp, --tcp and --udp do not go together");
    if (o->mtu && o->tcp)
        return cmd_usage(c, "--mtu and --tcp do not go together: a SYN carries nothing");
    if (o->csv + o->dot + o->live + c->json > 1)
        return cmd_usage(c, "--live, --json, --csv and --dot do not go together");
    if (o->v4 && o->v6)
        return cmd_usage(c, "--ipv4 and --ipv6 do not go together");
    if (o->first > o->max)
        return cmd_usage(c, "--first %" PRIu64 " is behind --max %" PRIu64, o->first, o->max);
    to->method = o->icmp  ? PLUG_TRACEROUTE_ICMP
                 : o->tcp ? PLUG_TRACEROUTE_TCP
                          : PLUG_TRACEROUTE_UDP;
    return CMD_YES;
}

static int interface_option(struct cmd *c, struct plug_traceroute_opts *to)
{
    const char *name = opts_of(c)->iface;
    int index = name != NULL ? plug_iface_index(name) : 0;

    if (index < 0)
        return cmd_fail(c, index, "interface", name, NULL);
    to->ifindex = (unsigned)index;
    return CMD_YES;
}

static int length_operand(struct cmd *c, struct plug_traceroute_opts *to)
{
    uint64_t len = 0;

    if (c->argc < 2)
        return CMD_YES;
    if (plug_uint_parse(c->argv[1], strlen(c->argv[1]), PLUG_TRACEROUTE_PACKET, &len) < 0)
        return cmd_usage(c, "'%s' is not a length of packets up to %d", cmd_safe_str(c->argv[1]),
                         PLUG_TRACEROUTE_PACKET);
    to->packet_len = len == 0 ? 1 : (size_t)len;
    return CMD_YES;
}

static int fill(struct cmd *c, struct plug_traceroute_opts *to)
{
    const struct trace_opts *o = c->opts;
    int code = method_option(c, to);

    to->socket = (enum plug_traceroute_socket)o->socket;
    to->first_ttl = (unsigned)o->first;
    to->max_ttl = (unsigned)o->max;
    to->probes = (unsigned)(o->queries != 0 ? o->queries : o->live ? 1 : 3);
    to->flows = (unsigned)o->flows;
    to->in_flight = (unsigned)o->in_flight;
    to->port = (uint16_t)o->port;
    to->source_port = (uint16_t)o->source_port;
    to->tos = (uint8_t)o->tos;
    to->dont_fragment = o->dont_fragment;
    to->mtu = o->mtu;
    to->interval = o->interval == 0 ? PLUG_NS(1) : o->interval;
    to->rounds = o->rounds != 0 ? o->rounds : o->live ? PLUG_TRACEROUTE_FOREVER : 1;
    to->silent_max = o->live ? 5 : 0;
    if (code == CMD_YES)
        code = wait_option(c, to);
    if (code == CMD_YES)
        code = interface_option(c, to);
    return code == CMD_YES ? length_operand(c, to) : code;
}

/* --- whereto ---------------------------------------------------------------------------------- */

static int family_of(const struct trace_opts *o)
{
    return o->v4 ? AF_INET : o->v6 ? AF_INET6 : AF_UNSPEC;
}

/* As traceroute does, the first IPv4 address, if there is one. */
static void choose(const struct plug_resolve_list *list, struct plug_addr *ret)
{
    *ret = list->item[0].addr;
    for (size_t i = list->count; i-- > 0;)
        if (list->item[i].family == AF_INET)
            *ret = list->item[i].addr;
}

/* What waits for a name; static, since a look-up that hangs may outlive the command's frame. */
struct name {
    const char *host;
    struct plug_resolve_opts opts;
    struct plug_resolve_list *list;
    int err;
    bool over;
};

/* Name servers are strangers: the thread that reads what they say has no privilege. */
static int look_up(void *arg)
{
    struct name *n = arg;
    int err = plug_privilege_drop();

    return err < 0 ? err : plug_resolve(n->host, NULL, &n->opts, &n->list);
}

static void found(struct plug_loop *l, int result, void *arg)
{
    struct name *n = arg;

    (void)l;
    n->err = result;
    n->over = true;
}

static int target(struct trace *x, struct plug_addr *ret)
{
    static struct name n;
    struct cmd *c = x->c;

    if (x->host[0] == '\0')
        return cmd_usage(c, "empty host");
    if (plug_addr_parse_ip(x->host, family_of(x->o), 0, ret) == 0)
        return CMD_YES;
    n = (struct name){.host = x->host, .opts = PLUG_RESOLVE_OPTS};
    n.opts.family = family_of(x->o);
    n.opts.type = SOCK_DGRAM;
    int err = plug_loop_offload(x->loop, look_up, found, &n);
    while (err >= 0 && !n.over)
        err = plug_loop_turn(x->loop, PLUG_FOREVER);
    x->asking = err < 0 && !n.over;
    if (err >= 0)
        err = n.err;
    if (err < 0)
        return cmd_fail(c, err, "look up", x->host, NULL);
    choose(n.list, ret);
    plug_resolve_free(n.list);
    return CMD_YES;
}

static int source(struct cmd *c, const struct plug_addr *to, struct plug_addr *ret)
{
    const char *text = opts_of(c)->source;
    int err = text == NULL ? 0 : plug_addr_parse_ip(text, plug_addr_family(to), 0, ret);

    return err < 0 ? cmd_fail(c, err, "source", text, NULL) : CMD_YES;
}

/* --- the run ---------------------------------------------------------------------------------- */

static void event(struct plug_traceroute *t, const struct plug_traceroute_event *e, void *arg)
{
    struct trace *x = arg;
    bool wait;

    (void)t;
    x->over = e->type == PLUG_TRACEROUTE_END;
    if (x->c->json)
        trace_json_event(x, e);
    else if (x->cell != NULL)
        trace_text_event(x, e);
    else if (x->graph != NULL)
        trace_live_event(x, e);
    else if (e->type == PLUG_TRACEROUTE_ANSWER)
        (void)trace_name(x, &e->from, &wait); /* for the table or the graph at the end */
    if (x->graph != NULL && e->type == PLUG_TRACEROUTE_ROUND)
        trace_live_draw(x);
    if (x->c->out_error != 0 && !x->over)
        plug_traceroute_stop(x->t);
    if (x->over && (x->cell == NULL || trace_text_go(x)) && (x->names_asked == 0 || x->o->live))
        plug_loop_stop(x->loop);
}

static const char *hint_of(int err, const struct trace_opts *o)
{
    if (err != -EPERM && err != -EACCES)
        return NULL;
    if (o->icmp && o->socket != PLUG_TRACEROUTE_RAW)
        return "leave --icmp out: UDP needs no privilege; or, as root,\n"
               "    sysctl -w net.ipv4.ping_group_range='0 2147483647'\n"
               "    setcap cap_net_raw+ep \"$(command -v plug)\"";
    return "raw sockets need a privilege: leave --socket raw out; or, as root,\n"
           "    setcap cap_net_raw+ep \"$(command -v plug)\"";
}

/* Privileged sockets first, then no privilege, then strangers' bytes. */
static int open_all(struct trace *x, const struct plug_addr *to)
{
    int err = plug_traceroute_open(&x->t, x->loop, to, &x->to, event, x);
    if (err < 0)
        return cmd_fail(x->c, err, "trace", x->host, hint_of(err, x->o));
    err = plug_privilege_drop();
    if (err < 0)
        return cmd_fail(x->c, err, "give privileges up", NULL, NULL);
    if (x->o->live)
        err = trace_live_open(x);
    else if (!x->c->json && !x->o->csv && !x->o->dot)
        err = trace_text_open(x);
    return err < 0 ? cmd_fail(x->c, err, NULL, NULL, NULL) : CMD_YES;
}

static int code_of(struct trace *x, int err)
{
    struct plug_traceroute_summary s;

    plug_traceroute_summary(x->t, &s);
    if (cmd_signal())
        return cmd_signal_exit();
    if (err >= 0)
        err = s.error;
    if (err < 0)
        return cmd_fail(x->c, err, "trace", x->host, NULL);
    return s.end == PLUG_TRACEROUTE_END_REACHED ? CMD_YES : CMD_NO;
}

static int run_all(struct trace *x)
{
    int err = plug_traceroute_start(x->t);

    if (err >= 0)
        err = plug_loop_run(x->loop);
    if (cmd_signal() && !x->over) {
        plug_traceroute_stop(x->t);
        if (x->cell != NULL)
            cmd_print(x->c, "\n");
    }
    int code = code_of(x, err);
    if (x->c->json)
        trace_json_end(x, code);
    if (x->o->csv)
        trace_csv(x);
    if (x->o->dot)
        trace_dot(x);
    if (!x->c->json && !x->graph)
        trace_notes(x);
    return code;
}

static void close_all(struct trace *x)
{
    plug_traceroute_close(x->t);
    if (!x->asking)
        plug_loop_close(x->loop); /* else it would wait for libc; the process ends anyway */
    trace_names_free(x);
    plug_free(x->cell);
    plug_free(x->graph);
}

static int trace_host(struct trace *x)
{
    struct plug_addr to, from;
    int err = plug_loop_open(&x->loop, PLUG_BACKEND_AUTO);
    int code = err < 0 ? cmd_fail(x->c, err, "open", "event loop", NULL) : target(x, &to);

    if (code == CMD_YES)
        code = source(x->c, &to, &from);
    if (x->o->source != NULL)
        x->to.source = &from;
    if (code == CMD_YES)
        code = open_all(x, &to);
    return code == CMD_YES ? run_all(x) : code;
}

static int run(struct cmd *c)
{
    struct trace x = {.c = c, .o = c->opts, .to = PLUG_TRACEROUTE_OPTS};
    int code = cmd_operands(c, 1, 2);

    if (code == CMD_YES)
        code = fill(c, &x.to);
    if (code != CMD_YES)
        return code;
    x.host = c->argv[0];
    code = trace_host(&x);
    close_all(&x);
    return code;
}

#define FIELD(name) offsetof(struct trace_opts, name)

static const struct cmd_opt opts[] = {
    {"udp", 'U', CMD_FLAG, NULL, "UDP probes to --port (default)", FIELD(udp), 0, 0},
    {"icmp", 'I', CMD_FLAG, NULL, "ICMP echo probes", FIELD(icmp), 0, 0},
    {"tcp", 'T', CMD_FLAG, NULL, "TCP SYN probes to --port", FIELD(tcp), 0, 0},
    {"port", 'p', CMD_UINT, "N", "destination port (default 33434, TCP 80)", FIELD(port), 1, 65535},
    {"ipv4", '4', CMD_FLAG, NULL, "IPv4 only", FIELD(v4), 0, 0},
    {"ipv6", '6', CMD_FLAG, NULL, "IPv6 only", FIELD(v6), 0, 0},
    {"numeric", 'n', CMD_FLAG, NULL, "addresses only, no names", FIELD(numeric), 0, 0},
    {"first", 'f', CMD_UINT, "N", "first hop (default 1)", FIELD(first), 1, PLUG_TRACEROUTE_TTL},
    {"max", 'm', CMD_UINT, "N", "last hop (default 30)", FIELD(max), 1, PLUG_TRACEROUTE_TTL},
    {"queries", 'q', CMD_UINT, "N", "probes for each hop (default 3, --live 1)", FIELD(queries), 1,
     PLUG_TRACEROUTE_PROBES},
    {"in-flight", 'N', CMD_UINT, "N", "probes under way at once (default 16)", FIELD(in_flight), 1,
     PLUG_TRACEROUTE_FLIGHT},
    {"wait", 'w', CMD_STRING, "MAX[,HERE,NEAR]",
     "time for an answer, and at most so many times what the same or a later hop took (5,3,10)",
     FIELD(wait), 0, 0},
    {"flows", 0, CMD_UINT, "N", "so many paths, where routers share load", FIELD(flows), 1,
     PLUG_TRACEROUTE_FLOWS},
    {"mtu", 0, CMD_FLAG, NULL, "find the MTU of the path", FIELD(mtu), 0, 0},
    {"dont-fragment", 'F', CMD_FLAG, NULL, "no probe may be fragmented", FIELD(dont_fragment), 0,
     0},
    {"extensions", 'e', CMD_FLAG, NULL, "show MPLS labels", FIELD(extensions), 0, 0},
    {"back", 0, CMD_FLAG, NULL, "show the length of the way back where it differs", FIELD(back), 0,
     0},
    {"live", 0, CMD_FLAG, NULL, "a table, drawn anew each round until Ctrl-C", FIELD(live), 0, 0},
    {"rounds", 'c', CMD_UINT, "N", "so many rounds (default 1, --live without end)", FIELD(rounds),
     1, UINT32_MAX},
    {"interval", 0, CMD_DURATION, "TIME", "from round to round (default 1s)", FIELD(interval), 0,
     0},
    {"csv", 0, CMD_FLAG, NULL, "a line for each hop, at the end", FIELD(csv), 0, 0},
    {"dot", 0, CMD_FLAG, NULL, "a graph for dot(1), at the end", FIELD(dot), 0, 0},
    {"source", 's', CMD_STRING, "ADDRESS", "send from this address", FIELD(source), 0, 0},
    {"source-port", 0, CMD_UINT, "N", "and from this port", FIELD(source_port), 1, 65535},
    {"interface", 'i', CMD_STRING, "NAME", "send through this interface", FIELD(iface), 0, 0},
    {"tos", 't', CMD_UINT, "N", "type of service, traffic class", FIELD(tos), 0, 255},
    {"socket", 0, CMD_CHOICE, "auto|plain|raw", "which sockets: raw ones need a privilege",
     FIELD(socket), 0, 0},
    {NULL, 0, CMD_FLAG, NULL, NULL, 0, 0, 0},
};

static const struct trace_opts defaults = {
    .first = 1, .max = 30, .in_flight = 16, .flows = 1, .interval = PLUG_S(1)};

const struct cmd_info cmd_trace = {
    .name = "trace",
    .summary = "the routers on the way to a host",
    .operands = "HOST [LENGTH]",
    .examples = "plug trace 127.0.0.1                  # as traceroute shows it\n"
                "plug trace --live -c 3 localhost      # a table, drawn anew each round\n"
                "plug trace --tcp -p 443 -n 127.0.0.1  # where a firewall stops other probes\n"
                "plug trace --json ::1                 # an object for each probe and hop\n",
    .notes = "Exit 0: the host was reached; 1: it was not; 2: it could not be told. UDP and TCP "
             "probes need no privilege. All probes of a flow take one path (Paris traceroute).\n",
    .opts = opts,
    .opts_size = sizeof(struct trace_opts),
    .defaults = &defaults,
    .summary_event = true,
    .run = run,
};
