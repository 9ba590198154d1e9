/* SPDX-License-Identifier: MIT */
#include "net/addr_parts.h"
#include "net/ascii.h"
#include "net/url_parts.h"
#include <plug/err.h>
#include <plug/text.h>
#include <string.h>

/* The parser goes from left to right; `at` is where it stands, and where a mistake is. */
struct url_parser {
    const char *text;
    size_t at;
    struct plug_url u;
};

static struct plug_span url_span(const char *ptr, size_t len)
{
    return (struct plug_span){ptr, len};
}

/* Walks over unreserved characters, sub-delims, %HH and those in more, up to end. */
static int url_walk(struct url_parser *p, size_t end, const char *more)
{
    while (p->at < end) {
        const char *c = p->text + p->at;

        if (*c == '%' && end - p->at >= 3 && plug__url_hex(c[1]) >= 0 && plug__url_hex(c[2]) >= 0)
            p->at += 3;
        else if (plug__url_unreserved(*c) || plug__url_subdelim(*c) || strchr(more, *c))
            p->at++;
        else
            return PLUG_EURL;
    }
    return 0;
}

/* The part from here to end. */
static int url_part(struct url_parser *p, size_t end, const char *more, struct plug_span *ret_part)
{
    *ret_part = url_span(p->text + p->at, end - p->at);
    return url_walk(p, end, more);
}

/* RFC 3986 3.2.2: "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ). */
static int url_future(struct url_parser *p, size_t end)
{
    size_t digits = ++p->at;

    while (p->at < end && plug__url_hex(p->text[p->at]) >= 0)
        p->at++;
    if (p->at == digits || p->at == end || p->text[p->at] != '.' || p->at + 1 == end)
        return PLUG_EURL;
    p->at++;
    if (memchr(p->text + p->at, '%', end - p->at))
        return PLUG_EURL;
    return url_walk(p, end, ":");
}

/* An IPv6 address, with a scope after "%25" (RFC 6874). */
static int url_ip6(struct url_parser *p, size_t end)
{
    const char *start = p->text + p->at;
    const char *percent = memchr(start, '%', end - p->at);
    size_t len = percent ? (size_t)(percent - start) : end - p->at;
    uint8_t bytes[16];

    if (plug__ip6_parse(start, len, bytes) < 0)
        return PLUG_EURL;
    p->at += len;
    if (!percent)
        return 0;
    if (end - p->at < 4 || memcmp(percent, "%25", 3) != 0)
        return PLUG_EURL;
    p->at += 3;
    return url_walk(p, end, "");
}

static int url_literal(struct url_parser *p, size_t end)
{
    const char *start = p->text + p->at + 1;
    const char *close = memchr(start, ']', end - p->at - 1);
    int err;

    if (!close)
        return PLUG_EURL;
    p->at++;
    p->u.bracketed = true;
    p->u.host = url_span(start, (size_t)(close - start));
    end = (size_t)(close - p->text);
    err = (*start | 0x20) == 'v' ? url_future(p, end) : url_ip6(p, end);
    if (!err)
        p->at = end + 1;
    return err;
}

static int url_name(struct url_parser *p, size_t end)
{
    const char *start = p->text + p->at;
    const char *colon = memchr(start, ':', end - p->at);
    char host[PLUG_URL_HOST_MAX];
    ssize_t n;
    int err = url_part(p, colon ? (size_t)(colon - p->text) : end, "", &p->u.host);

    if (err)
        return err;
    n = plug_url_decode(p->u.host.ptr, p->u.host.len, host, sizeof host, NULL);
    if (n < 0 || !plug__host_name_valid(host, (size_t)n)) {
        p->at = (size_t)(start - p->text);
        return PLUG_EURL;
    }
    return 0;
}

static int url_port_number(struct url_parser *p, size_t end)
{
    uint64_t port;

    if (p->at == end)
        return 0;
    if (p->text[p->at] != ':')
        return PLUG_EURL;
    p->at++;
    p->u.port_text = url_span(p->text + p->at, end - p->at);
    if (p->at == end)
        return 0;
    if (plug_uint_parse(p->text + p->at, end - p->at, UINT16_MAX, &port) < 0)
        return PLUG_EPORT;
    p->u.port = (int)port;
    p->at = end;
    return 0;
}

static int url_authority(struct url_parser *p)
{
    size_t end = p->at + strcspn(p->text + p->at, "/?#");
    const char *at = memchr(p->text + p->at, '@', end - p->at);
    int err = 0;

    if (at) {
        err = url_part(p, (size_t)(at - p->text), ":", &p->u.userinfo);
        p->at += err ? 0 : 1;
    }
    if (!err)
        err = p->text[p->at] == '[' ? url_literal(p, end) : url_name(p, end);
    return err ? err : url_port_number(p, end);
}

/* RFC 3986 4.2: the first segment of a relative path has no colon. */
static int url_path(struct url_parser *p)
{
    const char *start = p->text + p->at;
    size_t len = strcspn(start, "?#"), segment = strcspn(start, "/?#");

    if (!p->u.scheme.ptr && !p->u.host.ptr && memchr(start, ':', segment)) {
        p->at += strcspn(start, ":");
        return PLUG_EURL;
    }
    return url_part(p, p->at + len, ":@/", &p->u.path);
}

bool plug__url_needs_host(const struct plug_span *scheme)
{
    static const char *const names[] = {"http", "https", "ws", "wss"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (plug__ascii_is(scheme->ptr, scheme->len, names[i]))
            return true;
    return false;
}

static int url_hierarchy(struct url_parser *p)
{
    int err = 0;

    if (p->text[p->at] == '/' && p->text[p->at + 1] == '/') {
        p->at += 2;
        err = url_authority(p);
    }
    if (!err && p->u.host.len == 0 && p->u.scheme.ptr && plug__url_needs_host(&p->u.scheme))
        return PLUG_EURL;
    return err ? err : url_path(p);
}

static int url_tail(struct url_parser *p)
{
    int err = 0;

    if (p->text[p->at] == '?') {
        p->at++;
        err = url_part(p, p->at + strcspn(p->text + p->at, "#"), ":@/?", &p->u.query);
    }
    if (!err && p->text[p->at] == '#') {
        p->at++;
        err = url_part(p, p->at + strlen(p->text + p->at), ":@/?", &p->u.fragment);
    }
    return err;
}

/*
 * Length of the scheme at the beginning of text; 0 when there is none. *ret_end: where it stopped.
 */
static size_t url_scheme_len(const char *text, size_t *ret_end)
{
    size_t n = 0;

    if (plug__url_alpha(text[0]))
        while (plug__url_alpha(text[n]) || plug__url_digit(text[n]) ||
               (text[n] != '\0' && strchr("+-.", text[n])))
            n++;
    *ret_end = n;
    return text[n] == ':' ? n : 0;
}

static int url_parse(const char *text, bool need_scheme, struct plug_url *ret_url,
                     size_t *ret_where)
{
    struct url_parser p = {.text = text, .u = PLUG_URL};
    size_t scheme = url_scheme_len(text, &p.at);
    int err = need_scheme && scheme == 0 ? PLUG_EURL : 0;

    if (!err) {
        p.at = scheme > 0 ? scheme + 1 : 0;
        if (scheme > 0)
            p.u.scheme = url_span(text, scheme);
        err = url_hierarchy(&p);
    }
    if (!err)
        err = url_tail(&p);
    if (err && ret_where)
        *ret_where = p.at;
    if (!err)
        *ret_url = p.u;
    return err;
}

int plug_url_parse(const char *text, struct plug_url *ret_url, size_t *ret_where)
{
    return url_parse(text, true, ret_url, ret_where);
}

int plug_url_parse_reference(const char *text, struct plug_url *ret_url, size_t *ret_where)
{
    return url_parse(text, false, ret_url, ret_where);
}
