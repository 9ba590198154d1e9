/* SPDX-License-Identifier: MIT */
/* Questions to DNS servers: which server, what its reply means, the reply as one owned block. */
#include "net/dns_ask.h"
#include "net/trace_addr.h"
#include "wire/dns_message.h"

#include <netinet/in.h>
#include <plug/alloc.h>
#include <plug/bytes.h>
#include <plug/err.h>
#include <stdio.h>
#include <string.h>

#define TIMEOUT_DEFAULT PLUG_S(5)
#define CLASS_IN        1

/* --- the reply as one block: first measured (at NULL), then filled -------------------------- */

struct arena {
    char *at;
    size_t used;
};

static char *arena_take(struct arena *a, size_t len)
{
    char *p = a->at ? a->at + a->used : NULL;

    a->used += len;
    return p;
}

static const char *arena_copy(struct arena *a, const void *bytes, size_t len)
{
    char *p = arena_take(a, len);

    return p ? memcpy(p, bytes, len) : NULL;
}

static int put_name(struct arena *a, const struct plug__dns *m, size_t at, const char **ret_name)
{
    char text[PLUG__DNS_NAME_TEXT];
    int len = plug__dns_name(m, &at, text);

    if (len >= 0)
        *ret_name = arena_copy(a, text, (size_t)len + 1);
    return len;
}

static int put_text(struct arena *a, const struct plug__dns *m, const struct plug__dns_rr *rr,
                    const char **ret_text)
{
    ssize_t len = plug__dns_data_text(m, rr, NULL, 0);

    if (len < 0)
        return (int)len;
    char *text = arena_take(a, (size_t)len + 1);
    if (text)
        plug__dns_data_text(m, rr, text, (size_t)len + 1);
    *ret_text = text;
    return 0;
}

/* Where in the data of a type its name lies; -1: it has none. */
static int target_offset(unsigned type)
{
    switch (type) {
    case PLUG__DNS_NS:
    case PLUG__DNS_CNAME:
    case PLUG__DNS_PTR:
    case PLUG__DNS_DNAME:
    case PLUG__DNS_SOA:
        return 0;
    case PLUG__DNS_MX:
        return 2;
    case PLUG__DNS_SRV:
        return 6;
    default:
        return -1;
    }
}

/* The lengths of the data were checked when its text was made. */
static int put_fields(struct plug_dns_record *r, const uint8_t *data)
{
    switch (r->type) {
    case PLUG__DNS_A:
        plug_addr_ip4(data, 0, &r->addr);
        return 0;
    case PLUG__DNS_AAAA:
        return plug_addr_ip6(data, 0, 0, 0, &r->addr);
    case PLUG__DNS_SRV:
        r->weight = plug_get_be16(data + 2);
        r->port = plug_get_be16(data + 4);
        r->priority = plug_get_be16(data);
        return 0;
    case PLUG__DNS_MX:
        r->priority = plug_get_be16(data);
        return 0;
    default:
        return 0;
    }
}

static int record_make(struct arena *a, const struct plug__dns *m, const struct plug__dns_rr *rr,
                       struct plug_dns_record *r)
{
    const uint8_t *data = m->bytes + rr->data_at;
    int offset = target_offset(rr->type), err;

    *r = (struct plug_dns_record){.type = rr->type, .ttl = rr->ttl, .len = rr->data_len};
    if (r->ttl > INT32_MAX)
        r->ttl = 0; /* RFC 2181 8 */
    if ((err = put_name(a, m, rr->name_at, &r->name)) < 0 ||
        (err = put_text(a, m, rr, &r->text)) < 0 || (err = put_fields(r, data)) < 0)
        return err;
    if (offset >= 0)
        err = put_name(a, m, rr->data_at + (size_t)offset, &r->target);
    r->data = arena_copy(a, data, r->len);
    return err < 0 ? err : 0;
}

/* The IN records of the answer section, at most PLUG_DNS_MAX; records NULL: only measures. */
static int records_make(struct arena *a, struct plug__dns m, struct plug_dns_record *records,
                        struct plug_dns_reply *reply)
{
    struct plug_dns_record ignored;
    struct plug__dns_rr rr;
    int err;

    reply->count = 0;
    while ((err = plug__dns_next(&m, &rr)) > 0) {
        if (rr.cls != CLASS_IN)
            continue;
        if (reply->count == PLUG_DNS_MAX) {
            reply->cut = true;
            return 0;
        }
        err = record_make(a, &m, &rr, records ? &records[reply->count] : &ignored);
        if (err < 0)
            return err;
        reply->count++;
    }
    return err;
}

static int reply_make(const struct plug__dns *m, struct plug_dns_reply **ret_reply)
{
    struct plug_dns_reply measured = {.authoritative = m->authoritative, .cut = m->truncated};
    struct arena arena = {0};
    int err = records_make(&arena, *m, NULL, &measured);

    if (err < 0)
        return err;
    size_t head = sizeof measured + measured.count * sizeof(struct plug_dns_record);
    struct plug_dns_reply *reply = plug_alloc(head + arena.used);
    if (!reply)
        return -ENOMEM;
    struct plug_dns_record *records = (struct plug_dns_record *)(reply + 1);
    arena = (struct arena){(char *)reply + head, 0};
    *reply = measured;
    reply->record = records;
    err = records_make(&arena, *m, records, reply);
    if (err < 0) {
        plug_free(reply);
        return err;
    }
    *ret_reply = reply;
    return 0;
}

/* --- what a reply means --------------------------------------------------------------------- */

/* RFC 1035 4.1.1 */
static int rcode_error(unsigned rcode)
{
    static const int known[] = {0,
                                PLUG_EDNS_FORMERR,
                                PLUG_EDNS_SERVFAIL,
                                PLUG_EDNS_NXDOMAIN,
                                PLUG_EDNS_NOTIMP,
                                PLUG_EDNS_REFUSED};

    return rcode < sizeof known / sizeof known[0] ? known[rcode] : PLUG_EDNS_RCODE;
}

static bool has_type(const struct plug_dns_reply *reply, unsigned type)
{
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->record[i].type == type || type == PLUG__DNS_ANY)
            return true;
    }
    return false;
}

static int reply_read(const struct plug__dns_ask *ask, struct plug_dns_reply **ret_reply,
                      int *ret_rcode)
{
    struct plug__dns m;
    struct plug_dns_reply *reply;
    int err = plug__dns_open(&m, ask->reply, ask->reply_len);

    if (err < 0)
        return err;
    *ret_rcode = m.rcode;
    if (m.rcode)
        return rcode_error(m.rcode);
    err = reply_make(&m, &reply);
    if (err < 0)
        return err;
    if (!has_type(reply, ask->type)) {
        plug_free(reply);
        return PLUG_EDNS_NODATA;
    }
    *ret_reply = reply;
    return 0;
}

/* --- asking ---------------------------------------------------------------------------------- */

static int ask_one(struct plug__dns_ask *ask, const struct plug_addr *server,
                   struct plug_dns_reply **ret_reply, struct plug_dns_report *report)
{
    report->server = *server;
    report->rcode = -1;
    int err = plug__dns_ask(ask, server);
    if (err == 0)
        err = reply_read(ask, ret_reply, &report->rcode);
    report->tcp = ask->reply && ask->tcp;
    plug_free(ask->reply);
    ask->reply = NULL;
    return err;
}

/* Another server may know better: this one is silent, broken, or does not serve us. */
static bool try_next(int err, int64_t deadline)
{
    switch (err) {
    case PLUG_EDNS_SERVFAIL:
    case PLUG_EDNS_REFUSED:
    case PLUG_EDNS_NOTIMP:
    case PLUG_EDNS_FORMERR:
    case PLUG_EDNS_RCODE:
    case PLUG_EDNS_BADREPLY:
    case PLUG_EDNS_NOSERVER:
    case -ECONNREFUSED:
    case -EHOSTUNREACH:
    case -ENETUNREACH:
        return true;
    case PLUG_ETIMEOUT:
        if (plug_deadline_current() < deadline)
            deadline = plug_deadline_current();
        return plug_deadline_left(deadline) != 0;
    default:
        return false;
    }
}

static int ask_all(struct plug__dns_ask *ask, const struct plug_addr *servers, size_t count,
                   struct plug_dns_reply **ret_reply, struct plug_dns_report *report)
{
    int err = PLUG_EDNS_NOSERVER;

    for (size_t i = 0; i < count; i++) {
        err = ask_one(ask, &servers[i], ret_reply, report);
        if (!try_next(err, ask->deadline))
            break;
    }
    return err;
}

/* Where it is used as a host name's, a name of 255 bytes has 253 characters; escapes take more. */
static bool name_fits(const char *name)
{
    size_t len = strnlen(name, PLUG_DNS_NAME_TEXT);

    return len > 0 && len < PLUG_DNS_NAME_TEXT;
}

static int query(struct plug__dns_ask *ask, struct plug_dns_reply **ret_reply,
                 struct plug_dns_report *report)
{
    struct plug_addr servers[PLUG_DNS_SERVERS];
    int64_t start = plug_now();
    int count = 1;

    if (ask->opts->server)
        servers[0] = *ask->opts->server;
    else
        count = plug__dns_servers(servers, PLUG_DNS_SERVERS);
    int err = count < 0 ? count : ask_all(ask, servers, (size_t)count, ret_reply, report);
    report->took = plug_now() - start;
    PLUG__TRACE_RESOLVE("DNS records of", ask->name, err, report->took);
    return err;
}

int plug_dns_query(const char *name, unsigned type, const struct plug_dns_opts *opts,
                   struct plug_dns_reply **ret_reply, struct plug_dns_report *report)
{
    static const struct plug_dns_opts defaults = PLUG_DNS_OPTS;
    struct plug_dns_report unwanted;

    if (!opts)
        opts = &defaults;
    if (!report)
        report = &unwanted;
    *report = (struct plug_dns_report){.rcode = -1};
    if (opts->size != sizeof *opts || type > UINT16_MAX)
        return PLUG_EOPTS;
    if (!name_fits(name))
        return PLUG_EDNS_BADNAME;
    if (opts->server && opts->server->sa.sa_family != AF_INET &&
        opts->server->sa.sa_family != AF_INET6)
        return -EAFNOSUPPORT;
    struct plug__dns_ask ask = {
        .name = name,
        .type = type,
        .opts = opts,
        .deadline = plug_deadline_after(opts->timeout ? opts->timeout : TIMEOUT_DEFAULT)};
    return query(&ask, ret_reply, report);
}

void plug_dns_free(struct plug_dns_reply *reply)
{
    plug_free(reply);
}

/* --- names --------------------------------------------------------------------------------- */

int plug_dns_type(const char *name)
{
    return plug__dns_type_number(name);
}

const char *plug_dns_type_name(unsigned type)
{
    return plug__dns_type_name(type);
}

#define PTR_NAME_MAX (16 * 4 + sizeof "ip6.arpa")

/* RFC 3596 2.5: the sixteen bytes from the last to the first, each as two digits. */
static size_t nibbles(const uint8_t bytes[16], char text[PTR_NAME_MAX])
{
    char *p = text;

    for (size_t i = 16; i-- > 0;) {
        *p++ = "0123456789abcdef"[bytes[i] & 15];
        *p++ = '.';
        *p++ = "0123456789abcdef"[bytes[i] >> 4];
        *p++ = '.';
    }
    memcpy(p, "ip6.arpa", sizeof "ip6.arpa");
    return PTR_NAME_MAX - 1;
}

int plug_dns_reverse_name(const struct plug_addr *addr, char *buf, size_t len)
{
    struct plug_addr plain = *addr;
    char text[PTR_NAME_MAX];
    size_t n;

    plug_addr_unmap(&plain);
    const uint8_t *b = plug_addr_bytes(&plain, &n);
    if (plain.sa.sa_family == AF_INET)
        n = (size_t)snprintf(text, sizeof text, "%u.%u.%u.%u.in-addr.arpa", b[3], b[2], b[1], b[0]);
    else if (plain.sa.sa_family == AF_INET6)
        n = nibbles(b, text);
    else
        return -EAFNOSUPPORT;
    if (n >= len)
        return -ENOSPC;
    memcpy(buf, text, n + 1);
    return (int)n;
}
