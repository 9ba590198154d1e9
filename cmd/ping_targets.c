/* SPDX-License-Identifier: MIT */
/* plug ping: operands and files become the set of addresses of a sweep. */
#include "ping_sweep.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct reading {
    struct cmd *c;
    const char *file;
    size_t unknown;
};

static bool looks_like_range(const char *text)
{
    struct plug_addr a;

    if (strchr(text, '/'))
        return true;
    return strchr(text, '-') && plug_addr_parse_ip(text, AF_UNSPEC, 0, &a) < 0 &&
           (strchr(text, ':') || strspn(text, "0123456789.-") == strlen(text));
}

bool ping_is_sweep(const struct cmd *c)
{
    const struct ping_opts *o = c->opts;

    if (o->files.count > 0 || o->shard)
        return true;
    for (int i = 0; i < c->argc; i++)
        if (looks_like_range(c->argv[i]))
            return true;
    return false;
}

/* --- what is wrong --------------------------------------------------------------------------- */

/* Too many: how many they are, and what allows them. */
static int too_many(struct cmd *c, const char *text)
{
    const struct ping_opts *o = c->opts;
    char count[PLUG_TARGET_COUNT_TEXT] = "", what[PLUG_TARGET_TEXT_MAX + 64], hint[128];
    struct plug_target target;

    if (plug_target_parse(text, strlen(text), &target) == 0)
        plug_target_count_text(&target, count, sizeof count);
    snprintf(what, sizeof what, "%s%s%s%s", text, *count ? " (" : "", count,
             *count ? " addresses)" : "");
    if (strlen(count) > 10 || (strlen(count) == 10 && strcmp(count, "4294967295") > 0))
        snprintf(hint, sizeof hint, "no sweep visits more than 4294967295: name a part of it");
    else
        snprintf(hint, sizeof hint, "at most %llu are asked; --max %s allows it",
                 (unsigned long long)o->max, *count ? count : "N");
    return cmd_fail(c, PLUG_ELIMIT, "ping", what, hint);
}

static const char *hint_of(int err)
{
    switch (err) {
    case PLUG_ETARGET:
        return "192.0.2.0/24, 192.0.2.1-192.0.2.9, 192.0.2.1-9, 2001:db8::/120, an address, a name";
    case -EAFNOSUPPORT:
        return "-4 and -6 leave out the other family";
    default:
        return NULL;
    }
}

/* --- operands and files ---------------------------------------------------------------------- */

static int add(struct cmd *c, struct plug_targets *t, const char *text, size_t *unknown)
{
    int r = plug_targets_add(t, text);

    if (r == PLUG_ETARGET && !looks_like_range(text)) {
        r = plug_targets_add_name(t, text);
        if (r < 0 && r != PLUG_ETARGET && !cmd_signal()) {
            ++*unknown;
            (void)cmd_fail(c, r, "look up", text, NULL);
            return CMD_YES;
        }
    }
    if (r == PLUG_ELIMIT)
        return too_many(c, text);
    return r < 0 ? cmd_fail(c, r, "ping", text, hint_of(r)) : CMD_YES;
}

static void place(const struct reading *r, size_t line, const char *name, char *buf, size_t len)
{
    const char *file = strcmp(r->file, "-") == 0 ? "standard input" : r->file;

    if (line == 0)
        snprintf(buf, len, "%s", file);
    else
        snprintf(buf, len, "%s:%zu%s%s", file, line, name ? ": " : "", name ? name : "");
}

/* A name in a file; one that does not exist does not keep the others waiting. */
static int name_in_file(struct plug_targets *t, const char *name, size_t line, void *arg)
{
    struct reading *r = arg;
    char where[PLUG_TARGET_TEXT_MAX + 4200];
    int err = plug_targets_add_name(t, name);

    if (err >= 0 || cmd_signal())
        return err;
    place(r, line, name, where, sizeof where);
    (void)cmd_fail(r->c, err, "look up", where, NULL);
    r->unknown++;
    return 0;
}

static int add_file(struct cmd *c, struct plug_targets *t, const char *file, size_t *unknown)
{
    struct reading r = {c, file, 0};
    char where[4200];
    bool input = strcmp(file, "-") == 0;
    int fd = input ? 0 : plug_sys()->openat(AT_FDCWD, file, O_RDONLY | O_CLOEXEC, 0), err;
    size_t line = 0;

    if (fd < 0)
        return cmd_fail(c, fd, "open", file, NULL);
    err = plug_targets_read(t, fd, name_in_file, &r, &line);
    if (!input)
        plug_sys()->close(fd);
    *unknown += r.unknown;
    if (err >= 0)
        return CMD_YES;
    place(&r, line, NULL, where, sizeof where);
    return cmd_fail(c, err, "read", where,
                    err == PLUG_ELIMIT ? "--max N allows more addresses" : hint_of(err));
}

static int add_all(struct cmd *c, struct plug_targets *t, size_t *unknown)
{
    const struct ping_opts *o = c->opts;
    int code = CMD_YES;

    for (int i = 0; i < c->argc && code == CMD_YES && !cmd_signal(); i++)
        code = add(c, t, c->argv[i], unknown);
    for (size_t i = 0; i < o->files.count && code == CMD_YES && !cmd_signal(); i++)
        code = add_file(c, t, o->files.item[i], unknown);
    return cmd_signal() ? cmd_signal_exit() : code;
}

int ping_targets(struct cmd *c, struct plug_targets **ret_targets, size_t *ret_unknown)
{
    const struct ping_opts *o = c->opts;
    struct plug_targets_opts opts = PLUG_TARGETS_OPTS;
    struct plug_targets *t;
    int code, r;

    opts.max = (uint32_t)o->max;
    opts.family = o->v4 ? AF_INET : o->v6 ? AF_INET6 : AF_UNSPEC;
    r = plug_targets_open(&t, &opts);
    if (r < 0)
        return cmd_fail(c, r, "ping", NULL, NULL);
    code = add_all(c, t, ret_unknown);
    if (code == CMD_YES && plug_targets_seal(t) < 0)
        code = too_many(c, "all of them together");
    if (code == CMD_YES && plug_targets_count(t) == 0)
        code = *ret_unknown ? CMD_UNKNOWN : cmd_usage(c, "there is no address to ask");
    if (code == CMD_YES)
        *ret_targets = t;
    else
        plug_targets_close(t);
    return code;
}
