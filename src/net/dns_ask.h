/* SPDX-License-Identifier: MIT */
#ifndef NET_DNS_ASK_H
#define NET_DNS_ASK_H
/*
 * The transport of plug_dns_query: c-ares on our sockets, our waiter and our allocator, one
 * question to one server at a time.
 */
#include <plug/dns.h>

struct plug__dns_ask {
    const char *name;
    unsigned type;
    const struct plug_dns_opts *opts;
    int64_t deadline;
    /* results */
    uint8_t *reply; /* given: plug_free */
    size_t reply_len;
    bool tcp;
};

/* The servers of resolv.conf(5), at most max. How many, or the error. */
int plug__dns_servers(struct plug_addr *ret_servers, size_t max);
/* 0 with a reply, whatever it says; else why there is none. */
int plug__dns_ask(struct plug__dns_ask *ask, const struct plug_addr *server);

#endif
