/* SPDX-License-Identifier: MIT */
/* The option table over getopt_long(3): environment first, command line over it, last one wins. */
#include "cmd.h"
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_BASE 256 /* getopt's value of the i-th option is LONG_BASE + i */

static const struct cmd_opt common[] = {
    {"json", 'J', CMD_FLAG, NULL, "events on standard output, one JSON object a line",
     offsetof(struct cmd, json), 0, 0},
    {"color", 0, CMD_CHOICE, "auto|always|never", "colour (default auto: on a terminal)",
     offsetof(struct cmd, color), 0, 0},
    {"quiet", 'q', CMD_FLAG, NULL, "no remarks on standard error but errors",
     offsetof(struct cmd, quiet), 0, 0},
    {"verbose", 'v', CMD_COUNT, NULL, "tell more; may be repeated", offsetof(struct cmd, verbose),
     0, 0},
    {"help", 'h', CMD_FLAG, NULL, "this text", offsetof(struct cmd, help), 0, 0},
    {NULL, 0, CMD_FLAG, NULL, NULL, 0, 0, 0},
};

/* The i-th row of several tables; i is counted down past those before. */
static const struct cmd_opt *row(const struct cmd_opt *table, size_t *i)
{
    for (; table && table->name; table++)
        if ((*i)-- == 0)
            return table;
    return NULL;
}

/* The i-th option that is not common. */
static const struct cmd_opt *own(const struct cmd_info *info, size_t *i)
{
    const struct cmd_opt *o = row(info->opts, i);

    return o ? o : row(info->more, i);
}

static bool own_letter(const struct cmd_info *info, char letter)
{
    const struct cmd_opt *o;

    for (size_t k = 0, i = 0; (o = own(info, &i)); i = ++k)
        if (o->letter == letter)
            return true;
    return false;
}

const struct cmd_opt *cmd_opt_at(const struct cmd_info *info, size_t i, char *ret_letter)
{
    const struct cmd_opt *o = own(info, &i);

    if (o) {
        *ret_letter = o->letter;
        return o;
    }
    o = row(common, &i);
    if (o)
        *ret_letter = own_letter(info, o->letter) ? 0 : o->letter;
    return o;
}

void cmd_opt_env(const struct cmd_info *info, const struct cmd_opt *o, char *buf, size_t len)
{
    snprintf(buf, len, "PLUG_%s_%s", info->name, o->name);
    for (char *p = buf; *p; p++)
        *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
}

/* --- one value -------------------------------------------------------------------------------- */

static void *field_of(struct cmd *c, const struct cmd_opt *o)
{
    bool is_common = o >= common && o < common + sizeof common / sizeof common[0];

    return (char *)(is_common ? (void *)c : c->opts) + o->offset;
}

static int set_uint(struct cmd *c, const struct cmd_opt *o, const char *where, const char *text)
{
    uint64_t max = o->max ? o->max : UINT64_MAX, value;
    int err = plug_uint_parse(text, strlen(text), max, &value);

    if (err == 0 && value >= o->min) {
        *(uint64_t *)field_of(c, o) = value;
        return CMD_YES;
    }
    if (err == PLUG_ENUMBER)
        return cmd_usage(c, "%s: '%s' is not a number", where, cmd_safe_str(text));
    return cmd_usage(c, "%s: '%s' is not between %llu and %llu", where, cmd_safe_str(text),
                     (unsigned long long)o->min, (unsigned long long)max);
}

static int set_duration(struct cmd *c, const struct cmd_opt *o, const char *where, const char *text)
{
    int err = text ? plug_duration_parse(text, field_of(c, o)) : 0;

    if (!text)
        *(int64_t *)field_of(c, o) = (int64_t)o->min;
    if (err == 0)
        return CMD_YES;
    return cmd_usage(c, "%s: '%s': %s", where, cmd_safe_str(text), plug_strerror(err));
}

static int set_choice(struct cmd *c, const struct cmd_opt *o, const char *where, const char *text)
{
    const char *p = o->metavar;

    for (int i = 0; *p; i++) {
        size_t len = strcspn(p, "|");
        if (strlen(text) == len && memcmp(p, text, len) == 0) {
            *(int *)field_of(c, o) = i;
            return CMD_YES;
        }
        p += len + (p[len] == '|');
    }
    return cmd_usage(c, "%s: '%s' is not one of %s", where, cmd_safe_str(text), o->metavar);
}

static int set_list(struct cmd *c, const struct cmd_opt *o, const char *where, const char *text,
                    bool env)
{
    struct cmd_list *list = field_of(c, o);

    if (list->from_env && !env)
        list->count = 0;
    list->from_env = env;
    if (list->count == CMD_LIST_MAX)
        return cmd_usage(c, "%s: given more than %d times", where, CMD_LIST_MAX);
    list->item[list->count++] = text;
    return CMD_YES;
}

static int set_value(struct cmd *c, const struct cmd_opt *o, const char *where, const char *text,
                     bool env)
{
    switch (o->kind) {
    case CMD_FLAG:
        *(bool *)field_of(c, o) = true;
        return CMD_YES;
    case CMD_COUNT:
        ++*(unsigned *)field_of(c, o);
        return CMD_YES;
    case CMD_STRING:
        *(const char **)field_of(c, o) = text;
        return CMD_YES;
    case CMD_UINT:
        return set_uint(c, o, where, text);
    case CMD_DURATION:
    case CMD_WITHIN:
        return set_duration(c, o, where, text);
    case CMD_CHOICE:
        return set_choice(c, o, where, text);
    case CMD_LIST:
        return set_list(c, o, where, text, env);
    }
    return CMD_UNKNOWN;
}

static bool takes_value(const struct cmd_opt *o)
{
    return o->kind != CMD_FLAG && o->kind != CMD_COUNT;
}

/* --- the environment -------------------------------------------------------------------------- */

/* A flag's variable says yes or no; a count's says how often. */
static int set_switch(struct cmd *c, const struct cmd_opt *o, const char *where, const char *text)
{
    uint64_t count = 0;

    if (o->kind == CMD_COUNT) {
        if (plug_uint_parse(text, strlen(text), 9, &count) < 0)
            return cmd_usage(c, "%s: '%s' is not a number from 0 to 9", where, cmd_safe_str(text));
        *(unsigned *)field_of(c, o) = (unsigned)count;
        return CMD_YES;
    }
    if (strcmp(text, "1") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "true") == 0)
        *(bool *)field_of(c, o) = true;
    else if (strcmp(text, "0") == 0 || strcmp(text, "no") == 0 || strcmp(text, "false") == 0)
        *(bool *)field_of(c, o) = false;
    else
        return cmd_usage(c, "%s: '%s' is not one of 1|yes|true|0|no|false", where,
                         cmd_safe_str(text));
    return CMD_YES;
}

static int from_environment(struct cmd *c)
{
    const struct cmd_opt *o;
    char letter;
    int code = CMD_YES;

    for (size_t i = 0; code == CMD_YES && (o = cmd_opt_at(c->info, i, &letter)); i++) {
        char name[96];
        const char *text;

        cmd_opt_env(c->info, o, name, sizeof name);
        text = getenv(name);
        if (!text || !*text || strcmp(o->name, "help") == 0) /* which is asked for, not set */
            continue;
        code = takes_value(o) ? set_value(c, o, name, text, true) : set_switch(c, o, name, text);
    }
    return code;
}

/* --- the command line ------------------------------------------------------------------------- */

struct tables {
    struct option longs[CMD_OPTS_MAX + 1];
    char shorts[3 * CMD_OPTS_MAX + 3]; /* a letter and at most two colons */
};

/* getopt's number is also that of the colons behind a letter. */
static int argument(const struct cmd_opt *o)
{
    _Static_assert(no_argument == 0 && required_argument == 1 && optional_argument == 2, "getopt");
    return !takes_value(o)         ? no_argument
           : o->kind == CMD_WITHIN ? optional_argument
                                   : required_argument;
}

static void build(const struct cmd_info *info, struct tables *t)
{
    const struct cmd_opt *o;
    char letter, *s = t->shorts;
    size_t i;

    if (info->stop_at_operand)
        *s++ = '+';
    *s++ = ':';
    for (i = 0; i < CMD_OPTS_MAX && (o = cmd_opt_at(info, i, &letter)); i++) {
        t->longs[i] = (struct option){o->name, argument(o), NULL, LONG_BASE + (int)i};
        if (!letter)
            continue;
        *s++ = letter;
        for (int colons = argument(o); colons > 0; colons--)
            *s++ = ':';
    }
    t->longs[i] = (struct option){NULL, 0, NULL, 0};
    *s = 0;
}

/* The option that getopt's value stands for. */
static const struct cmd_opt *chosen(const struct cmd_info *info, int value, char *ret_letter)
{
    const struct cmd_opt *o;

    if (value >= LONG_BASE)
        return cmd_opt_at(info, (size_t)(value - LONG_BASE), ret_letter);
    for (size_t i = 0; (o = cmd_opt_at(info, i, ret_letter)); i++)
        if (*ret_letter == (char)value)
            return o;
    return NULL;
}

/* What to call it in a message: "-w" or "--timeout". */
static const char *spelled(const struct cmd_opt *o, int value)
{
    static char text[64];

    if (value >= LONG_BASE)
        snprintf(text, sizeof text, "--%s", o->name);
    else
        snprintf(text, sizeof text, "-%c", value);
    return text;
}

static bool is_ambiguous(const struct cmd_info *info, const char *typed, size_t len)
{
    const struct cmd_opt *o;
    size_t matches = 0;
    char letter;

    for (size_t i = 0; (o = cmd_opt_at(info, i, &letter)); i++)
        matches += strncmp(o->name, typed, len) == 0;
    return matches > 1;
}

static int unknown_long(struct cmd *c, const char *arg)
{
    size_t len = strcspn(arg + 2, "=");
    struct plug_nearest near = {.typed = arg + 2, .len = len};
    const struct cmd_opt *o;
    char letter;

    if (is_ambiguous(c->info, arg + 2, len))
        return cmd_usage(c, "option '%s' is ambiguous", cmd_safe(arg, len + 2));
    for (size_t i = 0; (o = cmd_opt_at(c->info, i, &letter)); i++)
        plug_nearest_offer(&near, o->name, strlen(o->name));
    if (near.best)
        return cmd_usage(c, "unknown option '%s': did you mean '--%s'?", cmd_safe(arg, len + 2),
                         near.best);
    return cmd_usage(c, "unknown option '%s'", cmd_safe(arg, len + 2));
}

static int refused(struct cmd *c, int value, char **argv)
{
    const struct cmd_opt *o;
    char letter, byte = (char)optopt;

    if (optopt == 0)
        return unknown_long(c, argv[optind - 1]);
    o = chosen(c->info, optopt, &letter);
    if (!o)
        return cmd_usage(c, "unknown option '-%s'", cmd_safe(&byte, 1));
    if (value == ':')
        return cmd_usage(c, "option '%s' needs %s", spelled(o, optopt), o->metavar);
    return cmd_usage(c, "option '%s' takes no value", spelled(o, optopt));
}

int cmd_options(struct cmd *c, int argc, char **argv)
{
    struct tables t;
    int code = from_environment(c), value;

    build(c->info, &t);
    opterr = 0;
    optind = 1;
    while (code == CMD_YES && (value = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
        char letter;
        const struct cmd_opt *o =
            value == '?' || value == ':' ? NULL : chosen(c->info, value, &letter);
        code = o ? set_value(c, o, spelled(o, value), optarg, false) : refused(c, value, argv);
    }
    c->argc = argc - optind;
    c->argv = argv + optind;
    return code;
}

int cmd_operands(struct cmd *c, int min, int max)
{
    if (c->argc < min)
        return cmd_usage(c, "missing operand: %s", c->info->operands);
    if (c->argc > max)
        return cmd_usage(c, "unexpected operand '%s'", cmd_safe_str(c->argv[max]));
    return CMD_YES;
}
