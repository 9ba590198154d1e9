/* SPDX-License-Identifier: MIT */
#ifndef NET_SERVICE_TABLE_H
#define NET_SERVICE_TABLE_H
/*
 * The services and protocols that are the same everywhere: for systems without a database of them.
 *
 * Layer: net, private.
 */
#include <plug/base.h>

struct plug__service {
    const char *name, *alias; /* alias may be NULL */
    uint16_t port;
    uint8_t protos;
};

struct plug__protocol {
    const char *name;
    int number;
};

/* proto "tcp", "udp", or NULL: any. NULL when unknown. */
const struct plug__service *plug__service_by_name(const char *name, const char *proto);
const struct plug__service *plug__service_by_port(int port, const char *proto);
/* Without case: the upper-case name is the usual alias. */
const struct plug__protocol *plug__protocol_by_name(const char *name);
const struct plug__protocol *plug__protocol_by_number(int number);

#endif
