/* SPDX-License-Identifier: MIT */
#ifndef CONNECT_H
#define CONNECT_H
/* The three things plug connect does: talk, test ports, report on a connection. */
#include "address.h"
#include "relay.h"

#define PORT_TEST_MAX  4096 /* addresses of one test */
#define PORT_TEST_JOBS 64   /* tried at once */

struct connect_opts {
    struct relay_opts relay; /* first: relay_options counts from here */
    int64_t wait;            /* -1: not said */
    bool ipv4, ipv6, udp, test, info;
    const char *source;
};

/* AF_UNSPEC, AF_INET, AF_INET6 */
int connect_family(const struct connect_opts *o);
/* plug connect -z: operands are addresses, or one host and its ports. */
int connect_test(struct cmd *c);
/* plug connect --info: one connection, described. */
int connect_info(struct cmd *c, const struct plug_endpoint *e, const char *text,
                 const struct plug_dial_opts *dial);
/* Tells why a connection could not be made: the phase, and each attempt where there were several.
 */
int connect_failed(struct cmd *c, int err, const char *text, const struct plug_dial_report *report);

#endif
