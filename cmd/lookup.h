/* SPDX-License-Identifier: MIT */
#ifndef LOOKUP_H
#define LOOKUP_H
/* plug lookup: what its questions share. */
#include "cmd.h"

enum lookup_via { LOOKUP_SYSTEM, LOOKUP_DNS };

struct lookup_opts {
    bool confirm, service, protocol, constants, tuples, fqdn, aliases; /* at most one */
    bool v4, v6, reverse, strict, tcp;
    int via;
    int socktype; /* index in the choices of --socktype; 0: any */
    int64_t timeout;
    struct cmd_list types, flags;
    const char *server_text; /* the operand "@SERVER" without its "@"; NULL: the system's */
    struct plug_addr server;
};

/* One question: prints its answer or why there is none; CMD_YES, CMD_NO or CMD_UNKNOWN. */
typedef int lookup_fn(struct cmd *c, const char *text);

lookup_fn lookup_default; /* a name's addresses, an address's name */
lookup_fn lookup_confirm;
lookup_fn lookup_records; /* --type */
lookup_fn lookup_service;
lookup_fn lookup_protocol;
lookup_fn lookup_constants;
lookup_fn lookup_fqdn;
lookup_fn lookup_aliases;
/* service NULL: none */
int lookup_tuples(struct cmd *c, const char *host, const char *service);

/* --type and --flags, read. CMD_YES, or CMD_UNKNOWN after a usage message. */
int lookup_check_types(struct cmd *c);
int lookup_flags(struct cmd *c, int *ret_flags);

static inline struct lookup_opts *lookup_opts(struct cmd *c)
{
    return c->opts;
}

/* AF_UNSPEC, AF_INET or AF_INET6, from -4 and -6. */
int lookup_family(const struct lookup_opts *o);
/* An address without a port, IPv4 or IPv6. */
bool lookup_is_address(const char *text, struct plug_addr *ret_addr);
/* Options of plug_dns_query. */
struct plug_dns_opts lookup_dns_opts(const struct lookup_opts *o);
/* A name that was given as an answer, safe to show; the DNS library has escaped its own. */
const char *lookup_name_text(const struct lookup_opts *o, const char *name);
/* Says why there is no answer. CMD_NO when that is an answer (no such name), else CMD_UNKNOWN. */
int lookup_fail(struct cmd *c, int err, const char *text);
/* The worse of two results. */
int lookup_worse(int a, int b);

#endif
