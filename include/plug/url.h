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
 * The grammar is RFC 3986, appendix A, to the letter; text in other scripts has to be %-encoded
 * first. Refused beyond it, because parsers disagree about them: a host that looks like IPv4 but is
 * not strict ("127.1", "0x7f.1", also when %-encoded), a %-encoded control or delimiter in a host,
 * a host longer than PLUG_URL_HOST_MAX, ports above 65535, and http, https, ws, wss without a host.
 * Accepted beyond it: a scope in a literal, [fe80::1%25eth0] (RFC 6874).
 *
 * All functions: any thread, any fiber.
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

#define PLUG_URL_HOST_MAX 255 /* longest host, decoded */

/* A piece of somebody else's text; not NUL-terminated. ptr NULL: the part is absent. */
struct plug_span {
    const char *ptr;
    size_t len;
};

/* Parts are as written: compare scheme and host without case, decode the others when needed. */
struct plug_url {
    struct plug_span scheme;
    struct plug_span userinfo;
    struct plug_span host;      /* without brackets; not absent when there is an authority */
    struct plug_span port_text; /* "" in "http://host:/" */
    struct plug_span path;      /* never absent, may be empty */
    struct plug_span query;     /* without "?" */
    struct plug_span fragment;  /* without "#" */
    int port;                   /* the number, -1 when absent or empty */
    bool bracketed;             /* host was [ ... ] */
};
/* No parts at all, to fill in for plug_url_text. */
#define PLUG_URL                                                                                   \
    {                                                                                              \
        {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}, -1, false                          \
    }

/*
 * A URL with its scheme. borrows text for as long as *ret_url is used. 0, PLUG_EURL, PLUG_EPORT; on
 * failure *ret_where (NULL: not wanted) is the offset of the mistake.
 */
PLUG_API PLUG_MUST int plug_url_parse(const char *text, struct plug_url *ret_url,
                                      size_t *ret_where);
/* The same, or a relative reference ("../a?b", "//host/", ""): then scheme is absent. */
PLUG_API PLUG_MUST int plug_url_parse_reference(const char *text, struct plug_url *ret_url,
                                                size_t *ret_where);

/*
 * The port of the URL, else the scheme's default: built-in table first (http 80, https 443, ftp 21,
 * gopher 70, smtp 25, imap 143, imaps 993, pop3 110, pop3s 995, ws, wss, ssh, ...), then the
 * system's services for tcp, then for udp. PLUG_ESCHEME when there is none; -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_url_port(const struct plug_url *u);
/* The default alone, by scheme name (without case). Port, PLUG_ESCHEME, -ENOMEM. */
PLUG_API PLUG_MUST int plug_url_default_port(const char *scheme, size_t len);
/*
 * The scheme whose default a port is, "http" for 80: built-in first ("imap" for 143, where the
 * services may say "imap2"), then the services for tcp, then for udp. The length of the name, below
 * len; PLUG_ESCHEME, PLUG_EPORT (not 0..65535), -ENOSPC, -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_url_scheme_of_port(int port, char *buf, size_t len);

/*
 * Joins the parts again; the whole length, as snprintf. Adds what keeps the meaning: brackets
 * around a host with colons, "/." before a path that begins with "//" where there is no host, "./"
 * before a relative path whose first segment has a colon. port counts where port_text is absent.
 */
PLUG_API size_t plug_url_text(const struct plug_url *u, char *buf, size_t len);
/*
 * RFC 3986 5.2 (strict): the reference ref seen from base, dot segments removed. The length; with
 * buf NULL it only measures. PLUG_EURL (also for a base without scheme, and "//" against an http
 * one), PLUG_EPORT, -ENOSPC.
 */
PLUG_API PLUG_MUST ssize_t plug_url_resolve(const struct plug_url *base, const char *ref, char *buf,
                                            size_t len);

/*
 * %HH to bytes ("%00" too; "+" stays). Returns the length written (no NUL is added), or
 *   PLUG_EURL  a "%" without two hexadecimal digits; its offset is in *ret_where (NULL: not wanted)
 *   -ENOSPC    the bytes do not fit buflen
 * and then the contents of ret_buf are unspecified. ret_buf may be text itself.
 */
PLUG_API PLUG_MUST ssize_t plug_url_decode(const char *text, size_t len, void *ret_buf,
                                           size_t buflen, size_t *ret_where);
/*
 * All but unreserved characters (RFC 3986 2.3) and those in keep (NULL: none) to %HH, upper case;
 * the whole length, as snprintf; cut only between whole codes.
 */
PLUG_API size_t plug_url_encode(const void *bytes, size_t len, const char *keep, char *buf,
                                size_t buflen);

/*
 * An endpoint: what plug listens on and connects to. Accepted, schemes without case:
 *   tcp://HOST:PORT  tcp4:// tcp6:// tls://  udp://HOST:PORT udp4:// udp6://
 *   unix:///PATH  unix:PATH (relative too)  unix:@ABSTRACT  unix://@ABSTRACT
 *   unix-dgram:... and seqpacket:... alike
 *   HOST:PORT  [V6]:PORT  :PORT   (tcp)
 * PORT is a number or a service name. HOST is a name, strict IPv4 or bracketed IPv6
 * ([fe80::1%25eth0] or [fe80::1%eth0]); "*" is any, "" is left to the user of the endpoint
 * (plug_listen: loopback). "unix:@" alone asks bind for a name of its own (autobind). With a
 * scheme, %HH is decoded; "?" and "#" are ordinary in UNIX names. "unix://NAME" is refused: it
 * would read as a host.
 */
#define PLUG_ENDPOINT_SERVICE_MAX 63
struct plug_endpoint {
    int family;      /* AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX */
    int type;        /* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
    bool tls;        /* tls:// : known to the grammar, for the layer that has TLS */
    char scheme[16]; /* lower case */
    char host[PLUG_URL_HOST_MAX + 1]; /* decoded, numeric ones canonical; or the UNIX name */
    size_t host_len;                  /* counts the leading NUL of an abstract name */
    char service[PLUG_ENDPOINT_SERVICE_MAX + 1]; /* a number without leading zeros, or a name */
};
/*
 * A value, copies. 0; PLUG_EURL (form), PLUG_ESCHEME (not one of those above), PLUG_EPORT (missing
 * or not valid), PLUG_EADDR (HOST is no name and no address, or of the wrong family), PLUG_ESCOPE,
 * -ENAMETOOLONG.
 */
PLUG_API PLUG_MUST int plug_endpoint_parse(const char *text, struct plug_endpoint *ret_endpoint);
/*
 * The two-argument form "host port" of netcat, brackets optional; type SOCK_STREAM or SOCK_DGRAM.
 * Errors as above; -EINVAL for another type.
 */
PLUG_API PLUG_MUST int plug_endpoint_host_port(const char *host, const char *port, int type,
                                               struct plug_endpoint *ret_endpoint);
/* The endpoint of an address: INET, INET6, UNIX. 0, -EAFNOSUPPORT, -EINVAL (type). */
struct plug_addr;
PLUG_API PLUG_MUST int plug_endpoint_from_addr(const struct plug_addr *addr, int type,
                                               struct plug_endpoint *ret_endpoint);
/*
 * Canonical text, safe to show and to parse again: "tcp://127.0.0.1:80",
 * "tcp://[fe80::1%25eth0]:80", "unix:///run/x", "unix:rel", "unix:@name". The whole length, as
 * snprintf.
 */
PLUG_API size_t plug_endpoint_text(const struct plug_endpoint *e, char *buf, size_t len);

PLUG_END_DECLS
#endif
