/* SPDX-License-Identifier: MIT */
/* plug url: the parts of a URL */
#include "cmd.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define JOINED_MAX (1u << 20) /* longest URL that --base makes */

enum field { ALL, SCHEME, USERINFO, HOST, PORT, PATH, QUERY, FRAGMENT };

struct options {
    int field;
    const char *base;
    unsigned printed; /* no option: how many URLs are printed */
};

static const struct cmd_opt opts[] = {
    {.name = "field",
     .letter = 'f',
     .kind = CMD_CHOICE,
     .metavar = "all|scheme|userinfo|host|port|path|query|fragment",
     .help = "print this part only, one line for each URL",
     .offset = offsetof(struct options, field)},
    {.name = "base",
     .letter = 'b',
     .kind = CMD_STRING,
     .metavar = "URL",
     .help = "operands are references seen from URL: print what they lead to (RFC 3986 5)",
     .offset = offsetof(struct options, base)},
    {0},
};

/* --- what is wrong with it -------------------------------------------------------------------- */

static bool begins_host(const char *text, size_t where)
{
    if (text[where - 1] == '@')
        return true;
    return where >= 2 && strncmp(text + where - 2, "//", 2) == 0 &&
           (where == 2 || text[where - 3] == ':');
}

/* The buffer is for the next message only. */
static const char *hint_of(const char *text, size_t where, int err)
{
    static char hint[160];
    unsigned char at = (unsigned char)text[where];
    const char *what = " cannot stand there";

    if (err == PLUG_EPORT)
        return NULL;
    if (where == 0 || (at == '\0' && !strchr(text, ':')))
        return "a URL begins with a scheme and a colon, as in https://example.com/";
    if (at == '\0' || (text[where - 1] == '/' && at == ':'))
        return "it ends too early, or a part is missing";
    if (at <= ' ' || at >= 0x7F || strchr("\"<>\\^`{|}", at))
        what = " has to be written as % and two hexadecimal digits";
    else if (begins_host(text, where))
        what = " begins a host that is no name, no strict IPv4 and no bracketed IPv6";
    else if (at == '%')
        what = " needs two hexadecimal digits behind it";
    snprintf(hint, sizeof hint, "byte %zu, '%s',%s", where + 1, cmd_safe(&at, 1), what);
    return hint;
}

static int refuse(struct cmd *c, int err, const char *text, size_t where)
{
    return cmd_fail(c, err, "parse", *text ? text : "''", hint_of(text, where, err));
}

/* --- its parts -------------------------------------------------------------------------------- */

static const char *safe(struct plug_span s)
{
    return cmd_safe(s.ptr ? s.ptr : "", s.len);
}

static struct plug_span part_of(const struct plug_url *u, int field)
{
    const struct plug_span parts[] = {
        [SCHEME] = u->scheme, [USERINFO] = u->userinfo, [HOST] = u->host,
        [PATH] = u->path,     [QUERY] = u->query,       [FRAGMENT] = u->fragment,
    };

    return parts[field];
}

static void print_part(struct cmd *c, const char *name, struct plug_span s)
{
    if (!s.ptr)
        return;
    cmd_print(c, "%s%-*s%s", cmd_style(c, CMD_NAME), s.len > 0 ? 10 : 0, name,
              cmd_style(c, CMD_PLAIN));
    cmd_print_safe(c, PLUG_TEXT_TTY, s.ptr, s.len);
    cmd_print(c, "\n");
}

static void print_all(struct cmd *c, const struct plug_url *u, int port)
{
    print_part(c, "scheme", u->scheme);
    print_part(c, "userinfo", u->userinfo);
    print_part(c, "host", u->host);
    if (port >= 0)
        cmd_print(c, "%sport%s      %d%s%s%s\n", cmd_style(c, CMD_NAME), cmd_style(c, CMD_PLAIN),
                  port, u->port < 0 ? " (default of " : "", u->port < 0 ? safe(u->scheme) : "",
                  u->port < 0 ? ")" : "");
    print_part(c, "path", u->path);
    print_part(c, "query", u->query);
    print_part(c, "fragment", u->fragment);
}

static void print_field(struct cmd *c, const struct plug_url *u, int port)
{
    const struct options *o = c->opts;
    struct plug_span s = {NULL, 0};

    if (o->field != PORT)
        s = part_of(u, o->field);
    else if (port >= 0)
        cmd_print(c, "%d", port);
    if (s.ptr)
        cmd_print_safe(c, PLUG_TEXT_TTY, s.ptr, s.len);
    cmd_print(c, "\n");
}

static void json_part(struct plug_json *j, const char *name, struct plug_span s)
{
    if (s.ptr)
        plug_json_bytes(j, name, s.ptr, s.len);
    else
        plug_json_null(j, name);
}

static void print_json(struct cmd *c, const char *text, const struct plug_url *u, int port)
{
    struct plug_json j;

    cmd_event(c, &j, "url");
    plug_json_string(&j, "text", text);
    json_part(&j, "scheme", u->scheme);
    json_part(&j, "userinfo", u->userinfo);
    json_part(&j, "host", u->host);
    if (port >= 0)
        plug_json_int(&j, "port", port);
    else
        plug_json_null(&j, "port");
    plug_json_bool(&j, "port_is_default", port >= 0 && u->port < 0);
    json_part(&j, "path", u->path);
    json_part(&j, "query", u->query);
    json_part(&j, "fragment", u->fragment);
    cmd_event_end(c, &j);
}

/* A scheme without a port (mailto:) is no mistake; a services database that fails is. */
static int print(struct cmd *c, const char *text, const struct plug_url *u)
{
    struct options *o = c->opts;
    int port = plug_url_port(u);

    if (port < 0 && port != PLUG_ESCHEME)
        return cmd_fail(c, port, "look up the default port of", text, NULL);
    if (c->json)
        print_json(c, text, u, port);
    else if (o->field != ALL)
        print_field(c, u, port);
    else if (o->base) {
        cmd_print_safe(c, PLUG_TEXT_TTY, text, strlen(text));
        cmd_print(c, "\n");
    } else {
        cmd_print(c, "%s", o->printed++ > 0 ? "\n" : "");
        print_all(c, u, port);
    }
    return CMD_YES;
}

/* --- reading them ----------------------------------------------------------------------------- */

static int one(struct cmd *c, const char *text)
{
    struct plug_url u;
    size_t where = 0;
    int err = plug_url_parse(text, &u, &where);

    return err < 0 ? refuse(c, err, text, where) : print(c, text, &u);
}

static int joined(struct cmd *c, const struct plug_url *base, const char *ref)
{
    struct plug_url u;
    size_t where = 0;
    ssize_t len;
    char *text;
    int code = plug_url_parse_reference(ref, &u, &where);

    if (code < 0)
        return refuse(c, code, ref, where);
    len = plug_url_resolve(base, ref, NULL, 0);
    if (len < 0 || len > (ssize_t)JOINED_MAX)
        return cmd_fail(c, len < 0 ? (int)len : PLUG_ELIMIT, "resolve", ref, NULL);
    text = plug_alloc((size_t)len + 1);
    if (!text)
        return cmd_fail(c, -ENOMEM, "resolve", ref, NULL);
    len = plug_url_resolve(base, ref, text, (size_t)len + 1);
    code = len < 0 ? cmd_fail(c, (int)len, "resolve", ref, NULL) : one(c, text);
    plug_free(text);
    return code;
}

static int run(struct cmd *c)
{
    const struct options *o = c->opts;
    int code = cmd_operands(c, 1, INT_MAX), done = 0, failed = 0, err;
    struct plug_url base = PLUG_URL;
    size_t where = 0;

    if (code != CMD_YES)
        return code;
    err = o->base ? plug_url_parse(o->base, &base, &where) : 0;
    if (err < 0)
        return refuse(c, err, o->base, where);
    for (; done < c->argc && !cmd_signal(); done++)
        failed += (o->base ? joined(c, &base, c->argv[done]) : one(c, c->argv[done])) != CMD_YES;
    return cmd_sum_up(c, "urls", done, failed);
}

const struct cmd_info cmd_url = {
    .name = "url",
    .summary = "the parts of URLs, and their default port",
    .operands = "URL...",
    .examples = "plug url 'https://user@[::1]/a?q=1'            # every part, port 443 by default\n"
                "plug url --field port imap://h/ pop3://h/     # 143, 110\n"
                "plug url --base http://a/b/c ../d '?q'        # references: http://a/d ...\n",
    .notes = "Strict (RFC 3986): refused is what parsers disagree about, such as 'http://127.1/', "
             "'http://a@b@c/', spaces and backslashes. The exit status is 2 when one is no URL.\n",
    .opts = opts,
    .opts_size = sizeof(struct options),
    .summary_event = true,
    .run = run,
};
