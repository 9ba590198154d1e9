/* SPDX-License-Identifier: MIT */
#ifndef WIRE_IP_PARTS_H
#define WIRE_IP_PARTS_H
#include <plug/ip.h>

/*
 * plug_ip4_parse without a look at the total length: in the datagram that an ICMP error quotes some
 * routers have swapped its bytes, or taken the header off.
 */
int plug__ip4_read(const void *bytes, size_t len, struct plug_ip4 *ret_header);

#endif
