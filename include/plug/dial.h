/* SPDX-License-Identifier: MIT */
#ifndef PLUG_DIAL_H
#define PLUG_DIAL_H
/*
 * From a name to a connected socket: resolve, try every address (Happy Eyeballs v2, RFC 8305),
 * one overall deadline, every attempt's error kept.
 *
 * Layer: net.
 *
 * The caller:
 *   1. struct plug_dial_opts o = PLUG_DIAL_OPTS; o.timeout = PLUG_S(5);
 *   2. plug_dial(&s, "tcp://example.com:80", &o, NULL)
 *   3. on failure, with a report: plug_dial_report_text says what was tried and why it failed
 *
 * The addresses are tried in the system's order (RFC 6724), families in turn (RFC 8305 4): a new
 * one joins after opts->delay, or at once when one has failed; the first connection wins, the
 * others are closed. Works on every waiter: fibers are parked. Any thread, any fiber.
 */
#include <plug/sock.h>

PLUG_BEGIN_DECLS

#define PLUG_DIAL_ATTEMPTS 64 /* most addresses tried: PLUG_RESOLVE_MAX */

struct plug_dial_opts {
    size_t size;
    int64_t timeout; /* for everything together; 0: 30 s, PLUG_FOREVER: none */
    int family;      /* AF_UNSPEC, AF_INET, AF_INET6 */
    int64_t delay;   /* before the next address joins; 0: 250 ms; PLUG_FOREVER: one by one */
    const struct plug_addr *source; /* bind to it first; borrowed during the call */
    const char *device;             /* SO_BINDTODEVICE; borrowed during the call */
    bool nodelay_off;               /* leave Nagle's algorithm on (it is switched off for TCP) */
    bool keepalive;
};
#define PLUG_DIAL_OPTS                                                                             \
    {                                                                                              \
        sizeof(struct plug_dial_opts), 0, 0, 0, NULL, NULL, false, false                           \
    }

struct plug_dial_attempt {
    struct plug_addr addr;
    int error;         /* 0: this one won; -ECANCELED: another one won first */
    const char *phase; /* where it failed: "socket", "bind", "connect"; static */
    int64_t started;   /* since the call began */
    int64_t took;
};
/* Phase times and attempts, filled on success and failure; {0} before. A value. */
struct plug_dial_report {
    int64_t resolve_took;
    int64_t connect_took;
    size_t count;
    struct plug_dial_attempt attempt[PLUG_DIAL_ATTEMPTS];
    /* The last one: "endpoint", "resolve", "socket", "bind", "connect"; static. */
    const char *phase;
};

/*
 * endpoint as plug_endpoint_parse reads it. gives *ret, with the default timeout. report NULL: not
 * wanted. On failure: the error of the endpoint or of the look-up; that of the attempts when all
 * failed alike, else PLUG_EALLFAILED; PLUG_ETIMEOUT when time ran out; PLUG_ESELF when a TCP socket
 * met itself; PLUG_EUNSUPPORTED for tls://, -ECANCELED, -EINTR (plug_eintr_set; all attempts are
 * closed), -ENOMEM, PLUG_EOPTS.
 * A source address chooses the family; an empty host or "*" is this machine.
 */
PLUG_API PLUG_MUST int plug_dial(struct plug_sock **ret, const char *endpoint,
                                 const struct plug_dial_opts *opts,
                                 struct plug_dial_report *report);
/* The same from parts: create_connection of Python. type SOCK_STREAM or SOCK_DGRAM. */
PLUG_API PLUG_MUST int plug_dial_host(struct plug_sock **ret, const char *host, const char *service,
                                      int type, const struct plug_dial_opts *opts,
                                      struct plug_dial_report *report);
/* One line an attempt, "connect 127.0.0.1:81: connection refused (0.1 ms)\n". As snprintf. */
PLUG_API size_t plug_dial_report_text(const struct plug_dial_report *report, char *buf, size_t len);

PLUG_END_DECLS
#endif
