/* SPDX-License-Identifier: MIT */
/* plug lookup: options, and which question they ask. */
#include "lookup.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_DEFAULT PLUG_S(10)
#define PORT_DNS        53

/* --- shared by the questions ------------------------------------------------------------------ */

int lookup_family(const struct lookup_opts *o)
{
    return o->v4 == o->v6 ? AF_UNSPEC : o->v4 ? AF_INET : AF_INET6;
}

bool lookup_is_address(const char *text, struct plug_addr *ret_addr)
{
    return plug_addr_parse_ip(text, AF_UNSPEC, 0, ret_addr) == 0;
}

struct plug_dns_opts lookup_dns_opts(const struct lookup_opts *o)
{
    struct plug_dns_opts d = PLUG_DNS_OPTS;

    d.server = o->server_text ? &o->server : NULL;
    d.timeout = PLUG_FOREVER; /* the scope around the question bounds it */
    d.tcp = o->tcp;
    return d;
}

/* The question was asked and answered: there is no such thing. */
static bool is_no(int err)
{
    switch (err) {
    case PLUG_EAI_NONAME:
    case PLUG_EAI_NODATA:
    case PLUG_EAI_ADDRFAMILY:
    case PLUG_EAI_SERVICE:
    case PLUG_EHOST_NOT_FOUND:
    case PLUG_EHOST_NO_DATA:
    case PLUG_EDNS_NXDOMAIN:
    case PLUG_EDNS_NODATA:
    case PLUG_ESERVICE:
    case PLUG_EPROTOCOL:
    case PLUG_ECONSTANT:
        return true;
    default:
        return false;
    }
}

static const char *hint_of(int err, const struct lookup_opts *o)
{
    if (err == PLUG_ETIMEOUT)
        return "--timeout TIME waits longer";
    if (err == PLUG_EAI_AGAIN || err == PLUG_EHOST_TRY_AGAIN)
        return "no name server answered: see /etc/resolv.conf, or ask another one with @SERVER";
    if (plug_err_domain(err) == PLUG_DOMAIN_DNS && !is_no(err) && !o->server_text)
        return "another server can be asked with @SERVER";
    return NULL;
}

int lookup_fail(struct cmd *c, int err, const char *text)
{
    const struct lookup_opts *o = c->opts;
    char object[CMD_SAFE_MAX];

    if (o->server_text && !is_no(err))
        snprintf(object, sizeof object, "%s at %s", text, o->server_text);
    else
        snprintf(object, sizeof object, "%s", text);
    int code = cmd_fail(c, err, "look up", object, hint_of(err, o));
    return code == CMD_UNKNOWN && is_no(err) ? CMD_NO : code;
}

const char *lookup_name_text(const struct lookup_opts *o, const char *name)
{
    return o->via == LOOKUP_DNS ? name : cmd_safe_str(name);
}

int lookup_worse(int a, int b)
{
    return a > b ? a : b;
}

/* --- the server ------------------------------------------------------------------------------- */

/* "192.0.2.1", "192.0.2.1:5353", "[::1]:5353", "::1", or a name (of the system's) for port 53. */
static int server_parse(const char *text, struct plug_addr *ret_addr)
{
    struct plug_resolve_opts o = PLUG_RESOLVE_OPTS;
    struct plug_resolve_list *list;
    int err = plug_addr_parse(text, ret_addr);

    if (err == PLUG_EADDR && plug_hostname_valid(text, strlen(text))) {
        o.type = SOCK_DGRAM;
        err = plug_resolve(text, NULL, &o, &list);
        if (err < 0)
            return err;
        if (list->count)
            *ret_addr = list->item[0].addr;
        else
            err = PLUG_EAI_NODATA;
        plug_resolve_free(list);
    }
    if (err == 0 && plug_addr_port(ret_addr) == 0)
        err = plug_addr_set_port(ret_addr, PORT_DNS);
    return err;
}

/* Takes the operands that begin with "@" out; the last one counts. */
static int take_server(struct cmd *c)
{
    struct lookup_opts *o = c->opts;
    struct plug_deadline scope;
    int kept = 0, err = 0;

    for (int i = 0; i < c->argc; i++) {
        if (c->argv[i][0] == '@')
            o->server_text = c->argv[i] + 1;
        else
            c->argv[kept++] = c->argv[i];
    }
    c->argv[c->argc = kept] = NULL;
    if (!o->server_text)
        return CMD_YES;
    o->via = LOOKUP_DNS;
    plug_deadline_enter(&scope, o->timeout);
    err = server_parse(o->server_text, &o->server);
    plug_deadline_leave(&scope);
    return err < 0 ? cmd_fail(c, err, "server", o->server_text, NULL) : CMD_YES;
}

/* --- which question --------------------------------------------------------------------------- */

struct mode {
    const char *name;
    lookup_fn *fn;
    int min;
    bool by_dns; /* goes with --via dns */
};

static const struct mode modes[] = {{"--confirm", lookup_confirm, 1, true},
                                    {"--service", lookup_service, 1, false},
                                    {"--protocol", lookup_protocol, 1, false},
                                    {"--constants", lookup_constants, 1, false},
                                    {"--tuples", NULL, 1, false},
                                    {"--fqdn", lookup_fqdn, 0, false},
                                    {"--aliases", lookup_aliases, 1, false},
                                    {"--type", lookup_records, 1, true},
                                    {NULL, lookup_default, 1, true}};

#define MODES (sizeof modes / sizeof modes[0] - 1)

static int choose_mode(struct cmd *c, const struct mode **ret_mode)
{
    const struct lookup_opts *o = c->opts;
    const bool on[MODES] = {o->confirm, o->service, o->protocol, o->constants,
                            o->tuples,  o->fqdn,    o->aliases,  o->types.count > 0};
    const struct mode *chosen = &modes[MODES];

    for (size_t i = 0; i < MODES; i++) {
        if (on[i] && chosen->name)
            return cmd_usage(c, "%s and %s do not go together", chosen->name, modes[i].name);
        if (on[i])
            chosen = &modes[i];
    }
    if (o->via == LOOKUP_DNS && !chosen->by_dns)
        return cmd_usage(c, "%s asks the system: it does not go with %s", chosen->name,
                         o->server_text ? "@SERVER" : "--via dns");
    *ret_mode = chosen;
    return CMD_YES;
}

static int check_operands(struct cmd *c, const struct mode *mode)
{
    struct plug_addr addr;
    int flags;

    for (int i = 0; i < c->argc; i++) {
        if (!c->argv[i][0] && mode->fn)
            return cmd_usage(c, "empty operand");
        if (lookup_opts(c)->reverse && !lookup_is_address(c->argv[i], &addr))
            return cmd_usage(c, "-x: '%s' is not an address", cmd_safe_str(c->argv[i]));
    }
    int code = cmd_operands(c, mode->min, mode->fn ? INT_MAX : 2);
    if (code == CMD_YES)
        code = lookup_check_types(c);
    return code == CMD_YES ? lookup_flags(c, &flags) : code;
}

/* --- asking ----------------------------------------------------------------------------------- */

static void print_summary(struct cmd *c, const unsigned count[3], int code)
{
    struct plug_json j;

    if (!c->json)
        return;
    cmd_event(c, &j, "summary");
    plug_json_string(&j, "end_reason", cmd_signal() ? "signal" : "done");
    plug_json_uint(&j, "yes", count[CMD_YES]);
    plug_json_uint(&j, "no", count[CMD_NO]);
    plug_json_uint(&j, "unknown", count[CMD_UNKNOWN]);
    plug_json_int(&j, "exit", code);
    cmd_event_end(c, &j);
}

/* One question within its own deadline. */
static int ask(struct cmd *c, const struct mode *mode, const char *text)
{
    struct plug_deadline scope;
    int code;

    plug_deadline_enter(&scope, lookup_opts(c)->timeout);
    code = mode->fn ? mode->fn(c, text) : lookup_tuples(c, c->argv[0], c->argv[1]);
    plug_deadline_leave(&scope);
    return code;
}

static int ask_all(struct cmd *c, const struct mode *mode)
{
    unsigned count[3] = {0};
    int questions = mode->fn && c->argc ? c->argc : 1, code = CMD_YES;

    for (int i = 0; i < questions && !c->out_error; i++) {
        int one = ask(c, mode, c->argc ? c->argv[i] : "");
        if (cmd_signal()) {
            code = cmd_signal_exit();
            break;
        }
        count[one]++;
        code = lookup_worse(code, one);
        if (i + 1 < questions)
            (void)cmd_flush(c);
    }
    print_summary(c, count, code);
    return code;
}

static int run(struct cmd *c)
{
    const struct mode *mode = NULL;
    int code = take_server(c);

    if (code == CMD_YES)
        code = choose_mode(c, &mode);
    if (code == CMD_YES)
        code = check_operands(c, mode);
    return code == CMD_YES ? ask_all(c, mode) : code;
}

#define FIELD(name) offsetof(struct lookup_opts, name)

static const struct cmd_opt opts[] = {
    {"confirm", 'c', CMD_FLAG, NULL, "does a name of the address lead back to it", FIELD(confirm),
     0, 0},
    {"strict", 0, CMD_FLAG, NULL, "with --confirm: exit 1 for an address without a name",
     FIELD(strict), 0, 0},
    {"service", 's', CMD_FLAG, NULL, "operands are services: NAME[/PROTO] or PORT[/PROTO]",
     FIELD(service), 0, 0},
    {"protocol", 'p', CMD_FLAG, NULL, "operands are protocols: NAME or NUMBER", FIELD(protocol), 0,
     0},
    {"constants", 0, CMD_FLAG, NULL, "operands are prefixes of constants: IPPROTO_, AF_",
     FIELD(constants), 0, 0},
    {"tuples", 0, CMD_FLAG, NULL, "the 5-tuples of getaddrinfo for HOST [SERVICE]", FIELD(tuples),
     0, 0},
    {"fqdn", 0, CMD_FLAG, NULL, "full names of the operands, or of this machine", FIELD(fqdn), 0,
     0},
    {"aliases", 0, CMD_FLAG, NULL, "official name, aliases and addresses", FIELD(aliases), 0, 0},
    {"type", 't', CMD_LIST, "TYPE", "DNS records of a type (A MX TXT SRV ...), by DNS",
     FIELD(types), 0, 0},
    {"reverse", 'x', CMD_FLAG, NULL, "operands must be addresses; they are looked up so anyway",
     FIELD(reverse), 0, 0},
    {"ipv4", '4', CMD_FLAG, NULL, "IPv4 only", FIELD(v4), 0, 0},
    {"ipv6", '6', CMD_FLAG, NULL, "IPv6 only", FIELD(v6), 0, 0},
    {"via", 0, CMD_CHOICE, "system|dns",
     "who is asked: the system (hosts file, DNS ...) or DNS alone", FIELD(via), 0, 0},
    {"tcp", 0, CMD_FLAG, NULL, "ask DNS over TCP", FIELD(tcp), 0, 0},
    {"socktype", 0, CMD_CHOICE, "any|stream|dgram|raw|seqpacket",
     "with --tuples: one type of socket", FIELD(socktype), 0, 0},
    {"flags", 0, CMD_LIST, "AI_NAME", "with --tuples: a flag of getaddrinfo; may be repeated",
     FIELD(flags), 0, 0},
    {"timeout", 'w', CMD_DURATION, "TIME", "for each operand (default 10s)", FIELD(timeout), 0, 0},
    {NULL, 0, CMD_FLAG, NULL, NULL, 0, 0, 0},
};

static const struct lookup_opts defaults = {.timeout = TIMEOUT_DEFAULT};

const struct cmd_info cmd_lookup = {
    .name = "lookup",
    .summary = "names to addresses and back, services, protocols, DNS records",
    .operands = "[@SERVER] NAME|ADDRESS...",
    .examples = "plug lookup localhost                 # its addresses\n"
                "plug lookup 127.0.0.1                 # its name, and whether that leads back\n"
                "plug lookup --confirm 127.0.0.1       # forward-confirmed reverse DNS, in words\n"
                "plug lookup --service https 53/udp    # ports and services\n"
                "plug lookup --tuples localhost http   # what getaddrinfo says\n"
                "plug lookup -t MX @9.9.9.9 debian.org # a DNS record from a chosen server\n",
    .notes =
        "Exit 0: every operand was found (and confirmed, where it is an address); 1: one was not; "
        "2: it could not be asked. @SERVER is ADDRESS, ADDRESS:PORT, [V6]:PORT or a name, and "
        "means --via dns.\n",
    .opts = opts,
    .opts_size = sizeof(struct lookup_opts),
    .defaults = &defaults,
    .summary_event = true,
    .run = run,
};
