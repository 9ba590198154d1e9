/* SPDX-License-Identifier: MIT */
#include "net/addr_parts.h"
#include "net/ascii.h"
#include "net/url_parts.h"
#include <plug/err.h>
#include <plug/text.h>
#include <string.h>

/* What a canonical UNIX name keeps unencoded: RFC 3986 path characters. */
#define ENDPOINT_PATH_KEEP "/!$&'()*+,;=:@"

static const struct endpoint_scheme {
    const char *name;
    int family, type;
    bool tls;
} schemes[] = {
    {"tcp", AF_UNSPEC, SOCK_STREAM, false},     {"tcp4", AF_INET, SOCK_STREAM, false},
    {"tcp6", AF_INET6, SOCK_STREAM, false},     {"tls", AF_UNSPEC, SOCK_STREAM, true},
    {"udp", AF_UNSPEC, SOCK_DGRAM, false},      {"udp4", AF_INET, SOCK_DGRAM, false},
    {"udp6", AF_INET6, SOCK_DGRAM, false},      {"unix", AF_UNIX, SOCK_STREAM, false},
    {"unix-dgram", AF_UNIX, SOCK_DGRAM, false}, {"seqpacket", AF_UNIX, SOCK_SEQPACKET, false},
};

static const struct endpoint_scheme *endpoint_scheme(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (plug__ascii_is(name, len, schemes[i].name))
            return &schemes[i];
    return NULL;
}

/* The first scheme of a socket of that kind: "tcp" before "tcp4". */
static const struct endpoint_scheme *endpoint_scheme_of(bool local, int type)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if ((schemes[i].family == AF_UNIX) == local && schemes[i].type == type)
            return &schemes[i];
    return NULL;
}

static void endpoint_init(struct plug_endpoint *e, const struct endpoint_scheme *scheme)
{
    memset(e, 0, sizeof *e);
    e->family = scheme->family;
    e->type = scheme->type;
    e->tls = scheme->tls;
    memcpy(e->scheme, scheme->name, strlen(scheme->name));
}

/* --- UNIX names ------------------------------------------------------------------------- */

static int endpoint_unix_name(const char *name, size_t len, struct plug_endpoint *e)
{
    struct plug_addr probe;
    int err = plug_addr_unix(name, len, &probe); /* it knows the limits */

    if (err)
        return err == -EINVAL ? PLUG_EURL : err;
    if (len > 0)
        memcpy(e->host, name, len);
    e->host_len = len;
    return 0;
}

/* text: what stands behind "unix:". */
static int endpoint_unix(const char *text, struct plug_endpoint *e)
{
    char name[sizeof e->host] = "";
    bool slashes = strncmp(text, "//", 2) == 0;
    bool abstract;
    ssize_t n;

    text += slashes ? 2 : 0;
    abstract = text[0] == '@';
    if (text[0] == '\0' || (slashes && text[0] != '/' && !abstract))
        return PLUG_EURL;
    n = plug_url_decode(text + abstract, strlen(text + abstract), name + abstract,
                        sizeof name - abstract, NULL);
    if (n == -ENOSPC)
        return -ENAMETOOLONG;
    if (n < 0 || (!abstract && name[0] == '\0'))
        return PLUG_EURL;
    return endpoint_unix_name(name, n == 0 ? 0 : (size_t)n + abstract, e);
}

/* --- host and port ---------------------------------------------------------------------- */

static int endpoint_service(const char *text, size_t len, struct plug_endpoint *e)
{
    struct plug__out o = {e->service, sizeof e->service, 0};
    uint64_t port;
    int err = plug_uint_parse(text, len, UINT16_MAX, &port);

    if (err == PLUG_ERANGE || len == 0 || len > PLUG_ENDPOINT_SERVICE_MAX || text[0] == '-')
        return PLUG_EPORT;
    if (!err) {
        plug__out_uint(&o, port);
        (void)plug__out_end(&o);
        return 0;
    }
    for (size_t i = 0; i < len; i++)
        if (!plug__url_unreserved(text[i]) && text[i] != '+')
            return PLUG_EPORT;
    plug__out_bytes(&o, text, len);
    (void)plug__out_end(&o);
    return 0;
}

/* A numeric host in its canonical form, of the family that the scheme wants. */
static int endpoint_numeric(const char *text, size_t len, struct plug_endpoint *e)
{
    struct plug_addr a;
    int err = plug__addr_parse_ip(text, len, AF_UNSPEC, 0, &a);

    if (err)
        return err;
    if (e->family != AF_UNSPEC && e->family != plug_addr_family(&a))
        return PLUG_EADDR;
    e->host_len = plug_addr_host_text(&a, e->host, sizeof e->host);
    return 0;
}

static int endpoint_host(const char *text, size_t len, bool literal, struct plug_endpoint *e)
{
    if (literal)
        return memchr(text, ':', len) ? endpoint_numeric(text, len, e) : PLUG_EADDR;
    if (len == 0)
        return 0;
    if (len > PLUG_URL_HOST_MAX)
        return -ENAMETOOLONG;
    bool any = len == 1 && *text == '*';
    if (!any && !plug__host_name_valid(text, len))
        return PLUG_EADDR;
    if (plug__host_numeric(text, len))
        return endpoint_numeric(text, len, e);
    memcpy(e->host, text, len);
    e->host_len = len;
    return 0;
}

/* "%25" before a scope is RFC 6874's, a bare "%" is accepted too; "%25" alone is interface 25. */
static int endpoint_literal(const char *text, size_t len, struct plug_endpoint *e)
{
    char host[INET6_ADDRSTRLEN + 64];
    const char *percent = memchr(text, '%', len);
    size_t head = percent ? (size_t)(percent - text) + 1 : len;
    size_t skip = len - head > 2 && memcmp(text + head, "25", 2) == 0 ? 2 : 0;

    if (len > sizeof host)
        return PLUG_EADDR;
    memcpy(host, text, head);
    memcpy(host + head, text + head + skip, len - head - skip);
    return endpoint_host(host, len - skip, true, e);
}

static int endpoint_name(const char *text, size_t len, bool url, struct plug_endpoint *e)
{
    char host[PLUG_URL_HOST_MAX];
    ssize_t n = (ssize_t)len;

    if (!url)
        return endpoint_host(text, len, false, e);
    n = plug_url_decode(text, len, host, sizeof host, NULL);
    if (n < 0)
        return n == -ENOSPC ? -ENAMETOOLONG : (int)n;
    return endpoint_host(host, (size_t)n, false, e);
}

/* HOST:PORT; url: with a scheme before it, so %HH is decoded. */
static int endpoint_internet(const char *text, bool url, struct plug_endpoint *e)
{
    const char *close = text[0] == '[' ? strchr(text, ']') : NULL;
    const char *colon = strchr(close ? close : text, ':');
    const char *stop = colon ? colon : text + strlen(text);
    int err;

    if (text[strcspn(text, "/?@#\\")] != '\0' || (close && stop != close + 1))
        return PLUG_EURL;
    if (text[0] == '[')
        err = close ? endpoint_literal(text + 1, (size_t)(close - text - 1), e) : PLUG_EURL;
    else
        err = endpoint_name(text, (size_t)(stop - text), url, e);
    if (err)
        return err;
    if (!colon)
        return PLUG_EPORT;
    if (strchr(colon + 1, ':'))
        return PLUG_EADDR; /* IPv6 without brackets: where would the port begin? */
    return endpoint_service(colon + 1, strlen(colon + 1), e);
}

/* --- public ----------------------------------------------------------------------------- */

int plug_endpoint_parse(const char *text, struct plug_endpoint *ret_endpoint)
{
    struct plug_endpoint e;
    const char *colon = strchr(text, ':');
    const struct endpoint_scheme *scheme =
        colon ? endpoint_scheme(text, (size_t)(colon - text)) : NULL;
    bool url = colon && colon[1] == '/' && colon[2] == '/';
    int err;

    if (url && !scheme)
        return PLUG_ESCHEME;
    if (!url && (!scheme || scheme->family != AF_UNIX))
        scheme = &schemes[0];
    endpoint_init(&e, scheme);
    if (scheme->family == AF_UNIX)
        err = endpoint_unix(colon + 1, &e);
    else
        err = endpoint_internet(url ? colon + 3 : text, url, &e);
    if (!err)
        *ret_endpoint = e;
    return err;
}

int plug_endpoint_host_port(const char *host, const char *port, int type,
                            struct plug_endpoint *ret_endpoint)
{
    const struct endpoint_scheme *scheme = endpoint_scheme_of(false, type);
    struct plug_endpoint e;
    size_t len = strlen(host);
    bool brackets = len >= 2 && host[0] == '[' && host[len - 1] == ']';
    int err;

    if (!scheme)
        return -EINVAL;
    endpoint_init(&e, scheme);
    if (brackets)
        err = endpoint_host(host + 1, len - 2, true, &e);
    else
        err = endpoint_host(host, len, strchr(host, ':') != NULL, &e);
    if (!err)
        err = endpoint_service(port, strlen(port), &e);
    if (!err)
        *ret_endpoint = e;
    return err;
}

int plug_endpoint_from_addr(const struct plug_addr *addr, int type,
                            struct plug_endpoint *ret_endpoint)
{
    int family = plug_addr_family(addr);
    const struct endpoint_scheme *scheme = endpoint_scheme_of(family == AF_UNIX, type);
    struct plug_endpoint e;
    size_t len;
    const void *name = plug_addr_bytes(addr, &len);

    if (family != AF_UNIX && family != AF_INET && family != AF_INET6)
        return -EAFNOSUPPORT;
    if (!scheme)
        return -EINVAL;
    endpoint_init(&e, scheme);
    if (family == AF_UNIX) {
        memcpy(e.host, name, len);
        e.host_len = len;
    } else {
        struct plug__out o = {e.service, sizeof e.service, 0};

        e.host_len = plug_addr_host_text(addr, e.host, sizeof e.host);
        plug__out_uint(&o, plug_addr_port(addr));
        (void)plug__out_end(&o);
    }
    *ret_endpoint = e;
    return 0;
}

static void endpoint_out_unix(struct plug__out *o, const struct plug_endpoint *e)
{
    bool abstract = e->host_len == 0 || e->host[0] == '\0';
    size_t skip = abstract && e->host_len > 0;

    plug__out_text(o, e->host[0] == '/' ? "://" : abstract ? ":@" : ":");
    if (!abstract && e->host[0] == '@') { /* "unix:%40x" is a file, "unix:@x" is not */
        plug__out_whole(o, "%40", 3);
        skip = 1;
    }
    plug__out_encoded(o, e->host + skip, e->host_len - skip, ENDPOINT_PATH_KEEP);
}

static void endpoint_out_host(struct plug__out *o, const struct plug_endpoint *e)
{
    const char *percent = memchr(e->host, '%', e->host_len);
    size_t head = percent ? (size_t)(percent - e->host) : e->host_len;

    if (!memchr(e->host, ':', e->host_len)) {
        plug__out_encoded(o, e->host, e->host_len, "!$&'()*+,;=");
        return;
    }
    plug__out_text(o, "[");
    plug__out_bytes(o, e->host, head);
    if (percent) {
        plug__out_text(o, "%25");
        plug__out_encoded(o, percent + 1, e->host_len - head - 1, NULL);
    }
    plug__out_text(o, "]");
}

size_t plug_endpoint_text(const struct plug_endpoint *e, char *buf, size_t len)
{
    struct plug__out o = {buf, len, 0};

    plug__out_text(&o, e->scheme);
    if (e->family == AF_UNIX) {
        endpoint_out_unix(&o, e);
        return plug__out_end(&o);
    }
    plug__out_text(&o, "://");
    endpoint_out_host(&o, e);
    plug__out_text(&o, ":");
    plug__out_encoded(&o, e->service, strlen(e->service), "+");
    return plug__out_end(&o);
}
