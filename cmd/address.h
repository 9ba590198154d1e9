/* SPDX-License-Identifier: MIT */
#ifndef ADDRESS_H
#define ADDRESS_H
/* Addresses on the command line of connect and listen. */
#include "cmd.h"

#define ADDRESS_TEXT 1024

/* The forms of an address, for messages about others. */
#define ADDRESS_FORMS "tcp://HOST:PORT, udp://HOST:PORT, unix:PATH, unix-dgram:PATH, seqpacket:PATH"

/* An endpoint; udp: one that names no protocol is for datagrams. 0, or the error. */
int address_parse(const char *text, bool udp, struct plug_endpoint *ret_endpoint);
/* What is wrong with an address that was refused with this error. */
const char *address_reason(int err, const char *text);
/* The one operand (an endpoint) or two operands (host, port) of c. text gets what names it in
 * messages and in plug_dial and plug_listen. CMD_YES, or a usage message. */
int address_operands(struct cmd *c, bool udp, struct plug_endpoint *ret_endpoint,
                     char text[ADDRESS_TEXT]);
/* "tcp://127.0.0.1:41213": the endpoint with the address a socket really has. */
void address_of_socket(const struct plug_endpoint *e, const struct plug_addr *addr,
                       char text[ADDRESS_TEXT]);
/* --source: an address with or without port, or a UNIX name. CMD_YES, or a usage message. */
int address_source(struct cmd *c, const struct plug_endpoint *e, const char *text,
                   struct plug_addr *ret_addr);
/* What to try next, for an error of connecting or listening; NULL: nothing comes to mind. */
const char *address_hint(int err);

#endif
