/* SPDX-License-Identifier: MIT */
/* plug packet SPEC: built and shown; sent when asked to. */
#include "packet.h"
#include <stdio.h>
#include <string.h>

static uint8_t bytes[PLUG_PACKET_MAX];

/* The text, cut to what a line holds, with a mark below the mistake. */
static void point_at(struct cmd *c, const char *spec, size_t column)
{
    size_t width = cmd_width(c) - 4, len = strlen(spec), at = column - 1;
    size_t from = at > width * 2 / 3 ? at - width * 2 / 3 : 0;
    size_t n = len - from < width ? len - from : width;
    char line[80];
    for (size_t i = 0; i < n && i < sizeof line - 1; i++)
        line[i] = spec[from + i] >= 0x20 && spec[from + i] < 0x7f ? spec[from + i] : '?';
    line[n < sizeof line ? n : sizeof line - 1] = '\0';
    cmd_err("  %s\n  %*s^\n", line, (int)(at - from), "");
    (void)c;
}

static int wrong_spec(struct cmd *c, const char *spec, int err, const struct plug_packet_error *e)
{
    char what[PLUG_PACKET_WHAT + 64];
    snprintf(what, sizeof what, "column %zu: %s", e->column, e->what);
    int code =
        cmd_fail(c, err, "build", what, "'plug packet --help' shows what a packet looks like");
    point_at(c, spec, e->column);
    return code;
}

static int build(struct cmd *c, const char *spec, const struct plug_packet_opts *fill,
                 struct plug_packet *ret)
{
    struct plug_packet_error e = {1, ""};
    ssize_t n = plug_packet_build(spec, fill, bytes, sizeof bytes, &e);
    if (n < 0)
        return wrong_spec(c, spec, (int)n, &e);
    size_t word = strcspn(spec, "(/ \t\r\n");
    enum plug_packet_proto first = plug_packet_proto_find(spec, word);
    int err = plug_packet_parse(first ? first : PLUG_PACKET_DATA, bytes, (size_t)n, ret);
    return err < 0 ? cmd_fail(c, err, "read", "what was built", NULL) : CMD_YES;
}

static int show(struct cmd *c, const struct plug_packet *p)
{
    struct plug_json j;
    if (!c->json) {
        packet_print(c, p);
        return CMD_YES;
    }
    cmd_event_bare(c, &j, "packet");
    plug_packet_json(p, &j);
    cmd_event_end(c, &j);
    return CMD_YES;
}

int packet_send(struct cmd *c, const char *spec)
{
    const struct packet_opts *o = c->opts;
    struct plug_packet p;
    int code = build(c, spec, NULL, &p);
    if (code == CMD_YES && !o->send)
        code = show(c, &p);
    return code;
}
