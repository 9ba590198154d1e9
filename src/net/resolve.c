/* SPDX-License-Identifier: MIT */
/* getaddrinfo(3) as an owned list, within a deadline. */
#include "net/lookup.h"
#include "net/trace_addr.h"

#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/resolve.h>
#include <plug/sys.h>
#include <plug/text.h>
#include <plug/time.h>
#include <string.h>

struct question {
    struct addrinfo hints;
    bool has_host, has_service;
    char host[PLUG__NAME_MAX + 2];
    char service[PLUG__SERVICE_MAX + 2];
};

/* The list and its items are one block; the canonical name lies behind them. */
struct list_block {
    struct plug_resolve_list list;
    struct plug_addrinfo item[];
};

/* A sockaddr we cannot hold is left out, as if the system had not known it. */
static bool item_fill(struct plug_addrinfo *item, const struct addrinfo *ai)
{
    item->family = ai->ai_family;
    item->type = ai->ai_socktype;
    item->proto = ai->ai_protocol;
    item->canonname = NULL;
    return plug_addr_from_sockaddr(ai->ai_addr, ai->ai_addrlen, &item->addr) == 0;
}

/* Never an empty one. */
static int list_make(const struct addrinfo *found, void **ret_list)
{
    const char *canonname = found ? found->ai_canonname : NULL;
    size_t count = 0, canonlen = canonname ? strlen(canonname) + 1 : 0;

    for (const struct addrinfo *ai = found; ai && count < PLUG_RESOLVE_MAX; ai = ai->ai_next)
        count++;
    struct list_block *b = plug_calloc(1, sizeof *b + count * sizeof b->item[0] + canonlen);
    if (!b)
        return -ENOMEM;
    for (; found && b->list.count < count; found = found->ai_next)
        b->list.count += item_fill(&b->item[b->list.count], found);
    if (b->list.count == 0) {
        plug_free(b);
        return PLUG_EAI_NODATA;
    }
    b->list.cut = found != NULL;
    b->list.item = b->item;
    if (canonname)
        b->item[0].canonname = memcpy(&b->item[count], canonname, canonlen);
    *ret_list = b;
    return 0;
}

static int resolve_run(const void *question, void **ret_answer)
{
    const struct question *q = question;
    const struct plug_sys *sys = plug_sys();
    struct addrinfo *found = NULL;
    int err = sys->getaddrinfo(q->has_host ? q->host : NULL, q->has_service ? q->service : NULL,
                               &q->hints, &found);

    if (err < 0)
        return err;
    err = list_make(found, ret_answer);
    sys->freeaddrinfo(found);
    return err;
}

/* libc would take a port number modulo 65536. */
static int service_check(const char *service)
{
    uint64_t port;
    return plug_uint_parse(service, strlen(service), UINT16_MAX, &port) == PLUG_ERANGE ? PLUG_EPORT
                                                                                       : 0;
}

static int question_make(struct question *q, const char *host, const char *service,
                         const struct plug_resolve_opts *opts)
{
    int err = service ? service_check(service) : 0;

    q->hints = (struct addrinfo){.ai_family = opts->family,
                                 .ai_socktype = opts->type,
                                 .ai_protocol = opts->proto,
                                 .ai_flags = opts->flags};
    q->has_host = host != NULL;
    q->has_service = service != NULL;
    if (host && err == 0)
        err = plug__name_copy(q->host, host, PLUG__NAME_MAX);
    if (service && err == 0)
        err = plug__name_copy(q->service, service, PLUG__SERVICE_MAX);
    return err;
}

/* Nothing to ask anybody: libc only reads the text, and /etc/services for a service name. */
static bool is_literal(const struct question *q)
{
    struct plug_addr addr;
    return !q->has_host || (q->hints.ai_flags & AI_NUMERICHOST) ||
           plug_addr_parse_ip(q->host, AF_UNSPEC, 0, &addr) == 0;
}

int plug_resolve(const char *host, const char *service, const struct plug_resolve_opts *opts,
                 struct plug_resolve_list **ret_list)
{
    static const struct plug_resolve_opts defaults = PLUG_RESOLVE_OPTS;
    struct question q;
    void *answer = NULL;

    if (!opts)
        opts = &defaults;
    if (opts->size != sizeof *opts)
        return PLUG_EOPTS;
    int err = question_make(&q, host, service, opts);
    if (err < 0)
        return err;
    int64_t began = plug_trace_on(PLUG_TRACE_RESOLVE) ? plug_now() : 0;
    int64_t deadline = opts->timeout > 0 ? plug_deadline_after(opts->timeout) : PLUG_NEVER;
    err = is_literal(&q) ? resolve_run(&q, &answer)
                         : plug__lookup(resolve_run, &q, sizeof q, deadline, &answer);
    PLUG__TRACE_RESOLVE("addresses of", host ? host : "this machine", err, plug_now() - began);
    if (err < 0)
        return err;
    *ret_list = answer;
    return 0;
}

void plug_resolve_free(struct plug_resolve_list *list)
{
    plug_free(list);
}
