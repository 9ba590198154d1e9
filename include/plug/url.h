/* SPDX-License-Identifier: MIT */
#ifndef PLUG_URL_H
#define PLUG_URL_H
/*
 * URLs (RFC 3986), split strictly and joined again; and endpoints, the URLs that name a socket.
 *
 * Layer: net. Pure; allocates nothing: the parts point into the caller's text.
 *
 * The caller:
 *   1. struct plug_url u; plug_url_parse("https://user@[::1]:8443/a%20b?q=1#f", &u, NULL)
 *   2. reads u.scheme, u.host, plug_url_port(&u) ...; decodes parts with plug_url_decode
 *
 * Refused, because other parsers disagree about them: control characters, spaces, backslashes,
 * "%" without two hex digits, userinfo with an unescaped "@", ports above 65535, a host that looks
 * like IPv4 but is not strict. All functions: any thread, any fiber.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

/* A piece of somebody else's text; not NUL-terminated. ptr NULL: the part is absent. */
struct plug_span {
    const char *ptr;
    size_t len;
};

struct plug_url {
    struct plug_span scheme;    /* as written; compare without case */
    struct plug_span userinfo;
    struct plug_span host;      /* without brackets */
    struct plug_span port_text;
    struct plug_span path;      /* never absent, may be empty */
    struct plug_span query;     /* without "?" */
    struct plug_span fragment;  /* without "#" */
    int port;                   /* the number, -1 when absent */
    bool bracketed;             /* host was [ ... ] */
};

/* borrows text for as long as *ret_url is used. 0, PLUG_EURL, PLUG_EPORT; *ret_where: the offset. */
PLUG_API PLUG_MUST int plug_url_parse(const char *text, struct plug_url *ret_url,
                                      size_t *ret_where);

/*
 * The port of the URL, else the scheme's default: built-in table first (http 80, https 443, ftp 21,
 * gopher 70, smtp 25, imap 143, imaps 993, pop3 110, pop3s 995, ws, wss, ssh, ...), then the
 * system's services for tcp, then for udp. PLUG_ESCHEME when there is none.
 */
PLUG_API PLUG_MUST int plug_url_port(const struct plug_url *u);
/* The default alone, by scheme name. Port, or PLUG_ESCHEME. */
PLUG_API PLUG_MUST int plug_url_default_port(const char *scheme, size_t len);
/* The scheme whose default a port is, "http" for 80: built-in first; NULL when there is none. */
PLUG_API const char *plug_url_scheme_of_port(int port);

/* Joins the parts again; whole length as snprintf. Brackets are added where the host needs them. */
PLUG_API size_t plug_url_text(const struct plug_url *u, char *buf, size_t len);
/* RFC 3986 5.2: ref against base, dot segments removed; whole length, or PLUG_EURL. */
PLUG_API PLUG_MUST ssize_t plug_url_resolve(const struct plug_url *base, const char *ref, char *buf,
                                            size_t len);

/* %HH to bytes; "%00" is decoded like any other. Length written, PLUG_EURL, or -ENOSPC. */
PLUG_API PLUG_MUST ssize_t plug_url_decode(const char *text, size_t len, void *ret_buf,
                                           size_t buflen);
/* Everything but unreserved characters (and those in keep) to %HH; whole length as snprintf. */
PLUG_API size_t plug_url_encode(const void *bytes, size_t len, const char *keep, char *buf,
                                size_t buflen);

/*
 * An endpoint: what plug listens on and connects to. Accepted:
 *   tcp://HOST:PORT  tcp4:// tcp6://  udp://HOST:PORT udp4:// udp6://
 *   unix:///PATH  unix:PATH  unix:@ABSTRACT  (also unix-dgram: and seqpacket:)
 *   HOST:PORT  [V6]:PORT  (tcp)   PORT is a number or a service name; HOST "" or "*" is any
 * host and service are decoded copies; for UNIX names host holds the name, a leading NUL when
 * abstract, host_len bytes of it.
 */
struct plug_endpoint {
    int family;   /* AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX */
    int type;     /* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
    char scheme[16];
    char host[256];
    size_t host_len;
    char service[64];
    bool tls; /* tls:// : known to the grammar, for the layer that has TLS */
};
/* 0, PLUG_EURL, PLUG_ESCHEME, PLUG_EPORT, PLUG_EADDR, -ENAMETOOLONG. */
PLUG_API PLUG_MUST int plug_endpoint_parse(const char *text, struct plug_endpoint *ret_endpoint);
/* The two-argument form "host port" of netcat. */
PLUG_API PLUG_MUST int plug_endpoint_host_port(const char *host, const char *port, int type,
                                               struct plug_endpoint *ret_endpoint);
/* Canonical text, "tcp://127.0.0.1:80", "unix:///run/x", "unix:@name" (escaped). As snprintf. */
PLUG_API size_t plug_endpoint_text(const struct plug_endpoint *e, char *buf, size_t len);

PLUG_END_DECLS
#endif
