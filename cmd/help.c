/* SPDX-License-Identifier: MIT */
/* Help pages, laid out from the tables: examples first, never wider than the terminal. */
#include "cmd.h"
#include <stdio.h>
#include <string.h>

#define OPTION_COLUMN  28
#define COMMAND_COLUMN 15

void cmd_wrap(struct cmd *c, const char *text, unsigned column, unsigned indent)
{
    unsigned width = cmd_width(c);

    for (bool first = true; *text; first = false) {
        unsigned len = (unsigned)strcspn(text, " \n");

        if (!first && column + 1 + len > width) {
            cmd_print(c, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            cmd_print(c, " ");
            column++;
        }
        cmd_print(c, "%.*s", (int)len, text);
        column += len;
        text += len + (text[len] != 0);
    }
    cmd_print(c, "\n");
}

/* "left      right", or right on a line of its own where the terminal is narrow. */
static void row(struct cmd *c, const char *left, const char *right, unsigned column)
{
    unsigned len = (unsigned)strlen(left), indent = cmd_width(c) < column + 30 ? 6 : column;

    if (len + 1 < indent)
        cmd_print(c, "%s%s%s%*s", cmd_style(c, CMD_NAME), left, cmd_style(c, CMD_PLAIN),
                  (int)(indent - len), "");
    else
        cmd_print(c, "%s%s%s\n%*s", cmd_style(c, CMD_NAME), left, cmd_style(c, CMD_PLAIN),
                  (int)indent, "");
    cmd_wrap(c, right, indent, indent);
}

/* One "plug ...  # remark"; the remark goes above it where both do not fit. */
static void example(struct cmd *c, const char *line, size_t len)
{
    const char *remark = memchr(line, '#', len);
    size_t code = remark ? (size_t)(remark - line) : len;

    while (code > 0 && line[code - 1] == ' ')
        code--;
    if (len + 2 <= cmd_width(c) || !remark) {
        cmd_print(c, "  %.*s", (int)code, line);
        cmd_print(c, "%s%.*s%s\n", cmd_style(c, CMD_DIM), (int)(len - code), line + code,
                  cmd_style(c, CMD_PLAIN));
        return;
    }
    cmd_print(c, "  %s%.*s%s\n  %.*s\n", cmd_style(c, CMD_DIM),
              (int)(len - (size_t)(remark - line)), remark, cmd_style(c, CMD_PLAIN), (int)code,
              line);
}

static void each_line(struct cmd *c, const char *text,
                      void (*fn)(struct cmd *c, const char *line, size_t len))
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        fn(c, text, len);
        text += len + (text[len] == '\n');
    }
}

/* A note that starts with a blank is laid out already; another one is a paragraph to wrap. */
static void note(struct cmd *c, const char *line, size_t len)
{
    char text[1024];

    if (len == 0 || *line == ' ' || len >= sizeof text) {
        cmd_print(c, "%.*s\n", (int)len, line);
        return;
    }
    memcpy(text, line, len);
    text[len] = 0;
    cmd_wrap(c, text, 0, 0);
}

static void option(struct cmd *c, const struct cmd_opt *o, char letter)
{
    char left[96];
    bool value = o->kind != CMD_FLAG && o->kind != CMD_COUNT;

    snprintf(left, sizeof left, "  %c%c%c --%s%s%s%s", letter ? '-' : ' ', letter ? letter : ' ',
             letter ? ',' : ' ', o->name,
             !value                  ? ""
             : o->kind == CMD_WITHIN ? "[="
                                     : " ",
             value ? o->metavar : "", o->kind == CMD_WITHIN ? "]" : "");
    row(c, left, o->help, OPTION_COLUMN);
}

static void options(struct cmd *c, const struct cmd_info *info)
{
    const struct cmd_opt *o;
    char letter, env[64], heading[128];

    cmd_opt_env(info, &(struct cmd_opt){.name = "option"}, env, sizeof env);
    snprintf(heading, sizeof heading, "Options (each also as %s in the environment):", env);
    cmd_print(c, "\n");
    cmd_wrap(c, heading, 0, 0);
    for (size_t i = 0; (o = cmd_opt_at(info, i, &letter)); i++)
        option(c, o, letter);
}

static void page(struct cmd *c, const struct cmd_info *info)
{
    char usage[256];

    each_line(c, info->examples, example);
    cmd_print(c, "\n%splug %s%s: ", cmd_style(c, CMD_BOLD), info->name, cmd_style(c, CMD_PLAIN));
    cmd_wrap(c, info->summary, (unsigned)strlen(info->name) + 7, 4);
    snprintf(usage, sizeof usage, "usage: plug %s [OPTION]... %s", info->name, info->operands);
    cmd_wrap(c, usage, 0, 4);
    options(c, info);
    if (info->notes) {
        cmd_print(c, "\n");
        each_line(c, info->notes, note);
    }
    cmd_print(c, "\n");
    cmd_wrap(c, "Exit status: 0 yes, 1 no, 2 could not tell, 130/143 ended by a signal.", 0, 0);
}

static void overview(struct cmd *c)
{
    const struct cmd_info *info;

    each_line(c,
              "plug connect tcp://example.com:80   # talk to a server, as netcat does\n"
              "plug lookup example.com 192.0.2.1   # names to addresses and back\n"
              "plug pack I3sf 1 abc 2.7            # values to bytes, as Python's struct\n",
              example);
    cmd_print(c, "\n%splug%s: network programming and its tools\n", cmd_style(c, CMD_BOLD),
              cmd_style(c, CMD_PLAIN));
    cmd_print(c, "usage: plug COMMAND [OPTION]... [OPERAND]...\n\nCommands:\n");
    for (size_t i = 0; (info = cmd_at(i)); i++) {
        char left[40];
        snprintf(left, sizeof left, "  %s", info->name);
        row(c, left, info->summary, COMMAND_COLUMN);
    }
    cmd_print(c, "\n'plug COMMAND --help' or 'plug help COMMAND' tells more; 'plug --version'.\n"
                 "Exit status: 0 yes, 1 no, 2 could not tell, 130/143 ended by a signal.\n");
}

/* --- for tools -------------------------------------------------------------------------------- */

static void command_event(struct cmd *c, const struct cmd_info *info)
{
    struct plug_json j;

    cmd_event_bare(c, &j, "command");
    plug_json_string(&j, "name", info->name);
    plug_json_string(&j, "summary", info->summary);
    plug_json_string(&j, "operands", info->operands);
    cmd_event_end(c, &j);
}

static void option_events(struct cmd *c, const struct cmd_info *info)
{
    const struct cmd_opt *o;
    char letter, env[96];

    for (size_t i = 0; (o = cmd_opt_at(info, i, &letter)); i++) {
        struct plug_json j;

        cmd_opt_env(info, o, env, sizeof env);
        cmd_event_bare(c, &j, "option");
        plug_json_string(&j, "command", info->name);
        plug_json_string(&j, "name", o->name);
        if (letter)
            plug_json_bytes(&j, "letter", &letter, 1);
        plug_json_string(&j, "value", o->metavar);
        plug_json_string(&j, "env", env);
        plug_json_string(&j, "help", o->help);
        cmd_event_end(c, &j);
    }
}

static void tables(struct cmd *c, const struct cmd_info *only)
{
    const struct cmd_info *info;

    for (size_t i = 0; (info = cmd_at(i)); i++)
        if (!only || only == info) {
            command_event(c, info);
            option_events(c, info);
        }
}

void cmd_help_page(struct cmd *c, const struct cmd_info *info)
{
    if (c->json)
        tables(c, info);
    else if (info)
        page(c, info);
    else
        overview(c);
}
