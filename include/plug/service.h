/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SERVICE_H
#define PLUG_SERVICE_H
/*
 * Names of ports and of protocols: /etc/services, /etc/protocols and whatever else the system's NSS
 * asks.
 *
 * Layer: net.
 *
 * The caller:
 *   1. port = plug_service_port("http", "tcp"), 80; plug_protocol_number("icmp"), 1
 *   2. char name[PLUG_SERVICE_NAME]; plug_service_name(80, "tcp", name, sizeof name), "http"
 *
 * A system without those files (a small container, a chroot) has no such database at all. So after
 * it a small table inside plug is asked: the services and protocols that every system has the same
 * numbers for. Names are compared as the database does: with case, aliases count ("ICMP" is an
 * alias of "icmp").
 *
 * Errors of all: -ENOMEM, and the database's own (-EMFILE ...) where it kept it from answering and
 * the table does not know either. All functions: any thread, any fiber; they read files, and may
 * wait for a name server where the system's configuration has one.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

#define PLUG_SERVICE_NAME 256 /* room for every name, with its NUL */

/*
 * The port of a service, in host order. proto is "tcp", "udp" ... or NULL for the first that fits.
 * PLUG_ESERVICE (unknown, or an empty name).
 */
PLUG_API PLUG_MUST int plug_service_port(const char *name, const char *proto);
/*
 * The official name of the service on a port ("imap2" for 143, where "imap" is the alias); its
 * length, below len. PLUG_EPORT (not 0..65535), PLUG_ESERVICE, -ENOSPC. Names are what the system's
 * files say: escape them before showing.
 */
PLUG_API PLUG_MUST int plug_service_name(int port, const char *proto, char *buf, size_t len);

/* The number of a protocol; may exceed 255 ("mptcp" is 262). PLUG_EPROTOCOL. */
PLUG_API PLUG_MUST int plug_protocol_number(const char *name);
/* The official name of a protocol, "icmp" for 1; its length, below len. PLUG_EPROTOCOL, -ENOSPC. */
PLUG_API PLUG_MUST int plug_protocol_name(int number, char *buf, size_t len);

PLUG_END_DECLS
#endif
