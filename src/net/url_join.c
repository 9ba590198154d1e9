/* SPDX-License-Identifier: MIT */
#include "net/url_parts.h"
#include <plug/err.h>
#include <string.h>

/* --- the parts around the path ---------------------------------------------------------- */

static void url_out_span(struct plug__out *o, const char *before, struct plug_span s)
{
    if (!s.ptr)
        return;
    plug__out_text(o, before);
    plug__out_bytes(o, s.ptr, s.len);
}

static void url_out_authority(struct plug__out *o, const struct plug_url *u)
{
    bool brackets = u->bracketed || (u->host.len > 0 && memchr(u->host.ptr, ':', u->host.len));

    if (!u->host.ptr)
        return;
    plug__out_text(o, "//");
    if (u->userinfo.ptr) {
        plug__out_bytes(o, u->userinfo.ptr, u->userinfo.len);
        plug__out_text(o, "@");
    }
    url_out_span(o, brackets ? "[" : "", u->host);
    if (brackets)
        plug__out_text(o, "]");
    url_out_span(o, ":", u->port_text);
    if (!u->port_text.ptr && u->port >= 0) {
        plug__out_text(o, ":");
        plug__out_uint(o, (uint64_t)u->port);
    }
}

static void url_out_head(struct plug__out *o, const struct plug_url *u)
{
    if (u->scheme.ptr) {
        plug__out_bytes(o, u->scheme.ptr, u->scheme.len);
        plug__out_text(o, ":");
    }
    url_out_authority(o, u);
}

/* Would the path be read as something else here? Then this goes before it. */
static const char *url_path_guard(const struct plug_url *u, struct plug_span path)
{
    const char *slash = path.len > 0 ? memchr(path.ptr, '/', path.len) : NULL;
    size_t segment = slash ? (size_t)(slash - path.ptr) : path.len;

    if (u->host.ptr)
        return path.len > 0 && path.ptr[0] != '/' ? "/" : "";
    if (path.len >= 2 && path.ptr[0] == '/' && path.ptr[1] == '/')
        return "/.";
    if (!u->scheme.ptr && segment > 0 && memchr(path.ptr, ':', segment))
        return "./";
    return "";
}

size_t plug_url_text(const struct plug_url *u, char *buf, size_t len)
{
    struct plug__out o = {buf, len, 0};

    url_out_head(&o, u);
    plug__out_text(&o, url_path_guard(u, u->path));
    plug__out_bytes(&o, u->path.ptr, u->path.len);
    url_out_span(&o, "?", u->query);
    url_out_span(&o, "#", u->fragment);
    return plug__out_end(&o);
}

/* --- RFC 3986 5.2.4 without a buffer ---------------------------------------------------- */

/*
 * The merged path is two pieces of text, read as one. Walking it from its end, each ".." takes away
 * the nearest segment before it that is still there; what remains is written from the end too, so
 * its length is measured first.
 */
struct url_merge {
    struct plug_span head, tail;
};

static size_t merge_len(const struct url_merge *m)
{
    return m->head.len + m->tail.len;
}

static char merge_at(const struct url_merge *m, size_t i)
{
    return i < m->head.len ? m->head.ptr[i] : m->tail.ptr[i - m->head.len];
}

/* 1 or 2 when the segment [start, end) is "." or "..", else 0. */
static int merge_dots(const struct url_merge *m, size_t start, size_t end)
{
    if (end - start < 1 || end - start > 2)
        return 0;
    for (size_t i = start; i < end; i++)
        if (merge_at(m, i) != '.')
            return 0;
    return (int)(end - start);
}

/* RFC 3986 5.2.4 A and D: where the path begins after leading "./" and "../". */
static size_t merge_start(const struct url_merge *m)
{
    size_t len = merge_len(m), start = 0, end;

    for (;;) {
        for (end = start; end < len && merge_at(m, end) != '/';)
            end++;
        if (!merge_dots(m, start, end))
            return start;
        if (end == len)
            return len;
        start = end + 1;
    }
}

/* Writes bytes [start, end) so that they end at *at, which moves down; o NULL: only measures. */
static void merge_put(struct plug__out *o, const struct url_merge *m, size_t start, size_t end,
                      size_t *at)
{
    *at -= end - start;
    for (size_t i = start; o && i < end; i++)
        if (*at + i - start < o->size)
            o->buf[*at + i - start] = merge_at(m, i);
}

/* One walk from the end; `at` is where the result ends. Returns where it begins. */
static size_t merge_walk(struct plug__out *o, const struct url_merge *m, size_t at)
{
    static const struct url_merge slash = {{"/", 1}, {NULL, 0}};
    size_t first = merge_start(m), end = merge_len(m), start, up = 0;
    bool last = true;

    for (; end > first; end = start, last = false) {
        int dots;

        for (start = end; start > first && merge_at(m, start - 1) != '/';)
            start--;
        dots = start > first ? merge_dots(m, start, end) : 0;
        start -= start > first; /* the slash belongs to its segment */
        if (last && dots)
            merge_put(o, &slash, 0, 1, &at);
        if (dots == 2)
            up++;
        else if (dots == 0 && up > 0)
            up--;
        else if (dots == 0)
            merge_put(o, m, start, end, &at);
    }
    return at;
}

static size_t merge_text(struct plug__out *o, const struct url_merge *m)
{
    size_t whole = merge_len(m) + 1; /* "/" may be added once */
    size_t len = whole - merge_walk(NULL, m, whole);

    (void)merge_walk(o, m, o->len + len);
    o->len += len;
    return len;
}

/* --- RFC 3986 5.2.2 --------------------------------------------------------------------- */

/* RFC 3986 5.2.3. */
static struct url_merge url_merge(const struct plug_url *base, struct plug_span path)
{
    struct url_merge m = {base->path, path};

    if (base->host.ptr && base->path.len == 0) {
        m.head = (struct plug_span){"/", 1};
        return m;
    }
    while (m.head.len > 0 && m.head.ptr[m.head.len - 1] != '/')
        m.head.len--;
    return m;
}

/* A path without a host must not begin with "//": measured first, for it is known only then. */
static void url_out_merged(struct plug__out *o, const struct plug_url *u, const struct url_merge *m)
{
    char begin[3] = "";
    struct plug__out probe = {begin, sizeof begin, 0};
    size_t len = merge_text(&probe, m);

    plug__out_text(o, url_path_guard(u, (struct plug_span){begin, len < 2 ? len : 2}));
    (void)merge_text(o, m);
}

/* Writes what fits into o; the whole length or an error. */
static ssize_t url_resolve(const struct plug_url *base, const char *ref, struct plug__out *o)
{
    struct plug_url r, t = *base;
    struct url_merge m = {{NULL, 0}, {NULL, 0}};
    int err = plug_url_parse_reference(ref, &r, NULL);

    if (err || !base->scheme.ptr)
        return err ? err : PLUG_EURL;
    t.fragment = r.fragment;
    if (r.scheme.ptr || r.host.ptr) {
        struct plug_span scheme = r.scheme.ptr ? r.scheme : base->scheme;

        t = r;
        t.scheme = scheme;
        m.tail = r.path;
        if (t.host.len == 0 && plug__url_needs_host(&scheme))
            return PLUG_EURL;
    } else if (r.path.len == 0) {
        t.query = r.query.ptr ? r.query : base->query;
    } else {
        t.query = r.query;
        m = r.path.ptr[0] == '/' ? (struct url_merge){{NULL, 0}, r.path} : url_merge(base, r.path);
    }
    url_out_head(o, &t);
    if (r.scheme.ptr || r.host.ptr || r.path.len > 0)
        url_out_merged(o, &t, &m);
    else
        plug__out_bytes(o, base->path.ptr, base->path.len);
    url_out_span(o, "?", t.query);
    url_out_span(o, "#", t.fragment);
    return (ssize_t)plug__out_end(o);
}

ssize_t plug_url_resolve(const struct plug_url *base, const char *ref, char *buf, size_t len)
{
    struct plug__out measure = {NULL, 0, 0}, o = {buf, len, 0};
    ssize_t n = url_resolve(base, ref, &measure);

    if (n < 0 || !buf)
        return n;
    return (size_t)n < len ? url_resolve(base, ref, &o) : -ENOSPC;
}
