/* SPDX-License-Identifier: MIT */
#ifndef PLUG_RESOLVE_H
#define PLUG_RESOLVE_H
/*
 * Names to addresses and back, as the system answers (NSS: hosts file, DNS, mDNS ...), with a
 * deadline that is kept.
 *
 * Layer: net.
 *
 * The caller:
 *   1. struct plug_resolve_opts o = PLUG_RESOLVE_OPTS; o.type = SOCK_STREAM; o.timeout = PLUG_S(2)
 *   2. plug_resolve("example.com", "http", &o, &list)
 *   3. uses list->item[0 .. list->count - 1]: .family, .type, .proto, .addr
 *   4. plug_resolve_free(list)
 *
 * All functions: any thread, any fiber (which is parked meanwhile).
 *
 * libc's look-ups cannot be interrupted. Where no deadline is in force, the thread is a plain one
 * and does not want to hear of signals (plug_eintr_set), they run right here: no thread is made.
 * Otherwise they run in the pool of plug/offload.h (on PLUG_RESOLVE_WORKERS of its threads at most,
 * besides those for other work); a caller whose deadline passes leaves at once, and the worker
 * frees the abandoned result when libc returns. When all workers hang, further look-ups wait for
 * one within their own deadline. After fork(2) the child starts with a fresh, empty pool.
 *
 * Errors of all look-ups: PLUG_EAI_x, PLUG_EHOST_x, PLUG_ETIMEOUT, -ECANCELED, -EINTR, -ENOMEM,
 * PLUG_ELIMIT (name longer than 253 bytes, PLUG_RESOLVE_QUEUE look-ups waiting already), the error
 * of starting a worker. More than PLUG_RESOLVE_MAX answers are cut, not failed.
 */
#include <plug/addr.h>
#include <plug/time.h>

PLUG_BEGIN_DECLS

#define PLUG_RESOLVE_MAX     64  /* most answers kept of one look-up */
#define PLUG_RESOLVE_WORKERS 4   /* most threads blocked in libc at once */
#define PLUG_RESOLVE_QUEUE   256 /* most look-ups that wait for a worker */

struct plug_resolve_opts {
    size_t size;
    int family;      /* AF_UNSPEC, AF_INET, AF_INET6 */
    int type;        /* 0 any, SOCK_STREAM ... */
    int proto;       /* 0 any */
    int flags;       /* AI_x of <netdb.h>: passed on */
    int64_t timeout; /* 0: none of its own; the deadline scopes always count */
};
#define PLUG_RESOLVE_OPTS                                                                          \
    {                                                                                              \
        sizeof(struct plug_resolve_opts), 0, 0, 0, 0, 0                                            \
    }

/* One 5-tuple of getaddrinfo(3). */
struct plug_addrinfo {
    int family, type, proto;
    const char *canonname; /* NULL except on the first with AI_CANONNAME; the list's */
    struct plug_addr addr;
};

struct plug_resolve_list {
    size_t count;
    bool cut;                         /* there were more than PLUG_RESOLVE_MAX */
    const struct plug_addrinfo *item; /* count of them; one allocation with the list */
};

/*
 * host NULL: this machine (or any address with AI_PASSIVE); service NULL: port 0; not both NULL.
 * gives *ret_list, never an empty one: end with plug_resolve_free. opts NULL: all defaults. An
 * address as text is never looked up anywhere. For names in other scripts opts->flags has AI_IDN.
 * PLUG_EAI_NONAME (no such name), PLUG_EAI_AGAIN (no answer now), PLUG_EAI_SERVICE, PLUG_EPORT (a
 * service that is a number above 65535), PLUG_EOPTS.
 */
PLUG_API PLUG_MUST int plug_resolve(const char *host, const char *service,
                                    const struct plug_resolve_opts *opts,
                                    struct plug_resolve_list **ret_list);
PLUG_API void plug_resolve_free(struct plug_resolve_list *list);

/*
 * getnameinfo(3) of an address; flags NI_x. host and serv may be NULL with length 0: not wanted.
 * 0, PLUG_EAI_NONAME (no name, with NI_NAMEREQD; or neither wanted), -ENOSPC (does not fit: neither
 * is written), and the errors of all look-ups. Text is what the system gave: judge a host with
 * plug_hostname_valid before using it.
 */
PLUG_API PLUG_MUST int plug_nameinfo(const struct plug_addr *addr, int flags, char *host,
                                     size_t hostlen, char *serv, size_t servlen);

/* A host entry: official name, other names, addresses (port 0). One allocation. */
struct plug_hostent {
    const char *name;
    size_t alias_count;
    const char *const *aliases;
    size_t addr_count;
    const struct plug_addr *addrs;
};
/*
 * gethostbyname_ex: family AF_INET or AF_INET6, -EAFNOSUPPORT for others. gives: end with
 * plug_hostent_free. PLUG_EHOST_NOT_FOUND (also for an empty name) and other PLUG_EHOST_x.
 */
PLUG_API PLUG_MUST int plug_hostent_by_name(const char *name, int family,
                                            struct plug_hostent **ret_ent);
/*
 * gethostbyaddr: the names of an INET or INET6 address; the port does not count. gives: end with
 * plug_hostent_free. -EAFNOSUPPORT, PLUG_EHOST_NOT_FOUND (it has no name) and other PLUG_EHOST_x.
 */
PLUG_API PLUG_MUST int plug_hostent_by_addr(const struct plug_addr *addr,
                                            struct plug_hostent **ret_ent);
/*
 * The same as Python's gethostbyaddr takes it: an address as text, or a name, whose first address
 * is then the question. gives. PLUG_EAI_x in addition, where the text leads to no address.
 */
PLUG_API PLUG_MUST int plug_hostent_by_text(const char *text, struct plug_hostent **ret_ent);
/* Frees it; NULL does nothing. */
PLUG_API void plug_hostent_free(struct plug_hostent *ent);

/*
 * gethostbyname: one IPv4 address; a literal is itself; "" is 0.0.0.0, "<broadcast>" all ones.
 * PLUG_EAI_x and the errors of all look-ups.
 */
PLUG_API PLUG_MUST int plug_host_ip4(const char *name, struct plug_addr *ret_addr);

/*
 * getfqdn: "", "0.0.0.0" and "::" mean this machine; the official name, else the first alias with a
 * dot, else name (or the host name) unchanged. Never fails: length as snprintf.
 */
PLUG_API size_t plug_fqdn(const char *name, char *buf, size_t len);
/* gethostname(2), always terminated. The length; -ENOSPC when it does not fit len. */
PLUG_API PLUG_MUST int plug_hostname(char *buf, size_t len);
/* sethostname(2): 0, -EPERM, -EINVAL. */
PLUG_API PLUG_MUST int plug_hostname_set(const char *name, size_t len);

/* Forward-confirmed reverse DNS of one address. */
enum plug_confirm {
    PLUG_CONFIRMED,     /* a name of the address leads back to it */
    PLUG_CONFIRM_NONE,  /* the address has no name; this may be normal */
    PLUG_CONFIRM_FAIL,  /* it has a name that cannot be looked up: *ret_error says why */
    PLUG_CONFIRM_DIFFER /* its names lead elsewhere */
};
/*
 * Looks at the official name and the aliases, PLUG_CONFIRM_NAMES at most; compares binary addresses
 * (plug_addr_same_host). A name that plug_hostname_valid refuses is not looked up: FAIL with
 * PLUG_EDNS_BADNAME. The result >= 0 is an enum plug_confirm, with the name that decided in
 * *ret_name (gives: plug_free; NULL for NONE), and for FAIL the reason in *ret_error (else 0). An
 * error < 0 means that the question could not be asked: time, memory, no name server.
 */
#define PLUG_CONFIRM_NAMES 8
PLUG_API PLUG_MUST int plug_confirm(const struct plug_addr *addr, char **ret_name, int *ret_error);

/* Ends the workers: plug_offload_trim, as look-ups share its pool. Returns how many are left. */
PLUG_API size_t plug_resolve_trim(int64_t timeout);

PLUG_END_DECLS
#endif
