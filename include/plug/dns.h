/* SPDX-License-Identifier: MIT */
#ifndef PLUG_DNS_H
#define PLUG_DNS_H
/*
 * Questions put directly to DNS servers: any record type, a chosen server, TTLs, response codes.
 *
 * Layer: net. Names for connecting come from plug_resolve, which answers as the rest of the system
 * does (hosts file, mDNS ...); this asks DNS alone. The transport is c-ares: several tries, TCP
 * when a reply was truncated, replies with a wrong id, question or source ignored. A name is
 * always absolute: no search list is applied.
 *
 * The caller:
 *   1. struct plug_dns_opts o = PLUG_DNS_OPTS; o.timeout = PLUG_S(2); o.server = &addr;
 *   2. plug_dns_query("example.com", plug_dns_type("MX"), &o, &reply, NULL)
 *   3. reads reply->record[0 .. reply->count - 1]
 *   4. plug_dns_free(reply)
 *
 * Works on every waiter: a fiber is parked, a plain thread polls. All functions: any thread, any
 * fiber. What c-ares allocates for itself comes from malloc(3), not from plug_alloc.
 */
#include <plug/resolve.h>

PLUG_BEGIN_DECLS

#define PLUG_DNS_MAX       256  /* most records kept of one reply */
#define PLUG_DNS_SERVERS   8    /* most servers asked one after the other */
#define PLUG_DNS_NAME_TEXT 1024 /* room for every domain name as text, escaped, with its NUL */

struct plug_dns_opts {
    size_t size;
    /* NULL: those of resolv.conf(5) in turn; port 0: 53; borrowed. */
    const struct plug_addr *server;
    int64_t timeout;     /* for everything together; 0: 5 s, PLUG_FOREVER: none */
    int64_t try_timeout; /* for the first try, doubled with each; 0: 1 s */
    unsigned tries;      /* for each server; 0: 2 */
    bool tcp;            /* TCP from the start */
    bool no_recurse;     /* ask only for what the server itself knows (RD off) */
};
#define PLUG_DNS_OPTS                                                                              \
    {                                                                                              \
        sizeof(struct plug_dns_opts), NULL, 0, 0, 0, false, false                                  \
    }

/* One record of the answer section. Texts belong to the reply. */
struct plug_dns_record {
    const char *name; /* owner, without the last dot; odd bytes as "\." and "\DDD" (RFC 1035 5.1) */
    unsigned type;    /* PLUG_DNS_x are plug_dns_type("x") */
    uint32_t ttl;     /* seconds */
    const char *text; /* the data as in a zone file: "10 mail.example.com" */
    const char *target;              /* the name in NS CNAME PTR DNAME MX SRV SOA; NULL in others */
    struct plug_addr addr;           /* of A and AAAA, port 0; {0} in others */
    uint16_t priority, weight, port; /* MX: priority; SRV: all three */
    const void *data;                /* as it came (names in it may be compressed) */
    size_t len;
};

struct plug_dns_reply {
    size_t count;
    bool cut;                             /* there were more than PLUG_DNS_MAX */
    bool authoritative;                   /* the server is one of the zone itself */
    const struct plug_dns_record *record; /* in the reply's order; one block with the reply */
};

/* How the answer was got, filled on success and failure. A value. */
struct plug_dns_report {
    struct plug_addr server; /* that answered, or was asked last */
    int rcode;               /* of its reply (RFC 1035 4.1.1); -1: there was none */
    bool tcp;                /* the reply came over TCP */
    int64_t took;
};

/*
 * Asks for records of one type. gives *ret_reply: end with plug_dns_free. report NULL: not wanted.
 * The reply holds the whole answer section: a CNAME chain with the records at its end.
 * PLUG_EDNS_NODATA (no such record), PLUG_EDNS_NXDOMAIN, _SERVFAIL, _REFUSED, _NOTIMP, _FORMERR,
 * _RCODE (another one: report->rcode), PLUG_EDNS_BADNAME, PLUG_EDNS_BADREPLY, PLUG_EDNS_NOSERVER
 * (none configured, or none takes packets), -EAFNOSUPPORT (server is no IP address), PLUG_ETIMEOUT,
 * -ECANCELED, -EINTR, -ENOMEM, PLUG_EOPTS, and what the system said of sending.
 * After SERVFAIL, REFUSED, NOTIMP or silence the next configured server is asked.
 */
PLUG_API PLUG_MUST int plug_dns_query(const char *name, unsigned type,
                                      const struct plug_dns_opts *opts,
                                      struct plug_dns_reply **ret_reply,
                                      struct plug_dns_report *report);
PLUG_API void plug_dns_free(struct plug_dns_reply *reply);

/* "MX", "mx" or "TYPE15" to 15; -1 when unknown. */
PLUG_API int plug_dns_type(const char *name);
/* 15 to "MX"; NULL when it has no name. Static text. */
PLUG_API const char *plug_dns_type_name(unsigned type);

/*
 * The name whose PTR records name the address: "1.2.0.192.in-addr.arpa", "....ip6.arpa" (RFC 3596
 * 2.5). The length, at most 72; -EAFNOSUPPORT, -ENOSPC.
 */
PLUG_API PLUG_MUST int plug_dns_reverse_name(const struct plug_addr *addr, char *buf, size_t len);

/* plug_confirm by DNS alone: the same outcomes; errors as plug_dns_query, -EAFNOSUPPORT. */
PLUG_API PLUG_MUST int plug_dns_confirm(const struct plug_addr *addr,
                                        const struct plug_dns_opts *opts, char **ret_name,
                                        int *ret_error);

PLUG_END_DECLS
#endif
