/* SPDX-License-Identifier: MIT */
#ifndef NET_URL_PARTS_H
#define NET_URL_PARTS_H
/*
 * What the files of URLs and endpoints share.
 *
 * Layer: net, private.
 */
#include "net/out.h"
#include <plug/url.h>

/* Characters that RFC 3986 names (2.2, 2.3), without case and locale. */
bool plug__url_alpha(char c);
bool plug__url_digit(char c);
bool plug__url_unreserved(char c);
bool plug__url_subdelim(char c);
/* 0..15, or -1. */
int plug__url_hex(char c);

/* RFC 9110 4.2.1: an http URL without a host must be refused. */
bool plug__url_needs_host(const struct plug_span *scheme);

/* Does a name look like an IPv4 address: is its last label a number, decimal or 0x...? */
bool plug__host_numeric(const char *host, size_t len);
/*
 * A decoded host that is not in brackets: no controls, no spaces, no delimiters; strict if numeric.
 */
bool plug__host_name_valid(const char *host, size_t len);

void plug__out_encoded(struct plug__out *o, const void *bytes, size_t len, const char *keep);

#endif
