/* SPDX-License-Identifier: MIT */
/* plug: one table of sub-commands, one way in, one way out. */
#include "cmd.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define OUT_MAX (64u << 20) /* most bytes of output that may wait to be written */

#define X(name) extern const struct cmd_info cmd_##name;
#include "commands.h"
#undef X

static const struct cmd_info *const table[] = {
#define X(name) &cmd_##name,
#include "commands.h"
#undef X
};

const struct cmd_info *cmd_at(size_t i)
{
    return i < sizeof table / sizeof table[0] ? table[i] : NULL;
}

const struct cmd_info *cmd_find(const char *name)
{
    const struct cmd_info *info;

    for (size_t i = 0; (info = cmd_at(i)); i++)
        if (strcmp(info->name, name) == 0)
            return info;
    return NULL;
}

/*
 * A closed descriptor 0, 1 or 2 would be given to the first socket. In its place comes /dev/null:
 * an empty stdin, a stderr that swallows, and a stdout that refuses, so that lost output is told.
 */
static void open_missing_fds(void)
{
    static const int mode[3] = {O_RDONLY, O_RDONLY, O_WRONLY};

    for (int fd = 0; fd < 3; fd++)
        if (plug_sys_kernel()->fcntl(fd, F_GETFD, 0) == -EBADF)
            (void)plug_sys_kernel()->openat(AT_FDCWD, "/dev/null", mode[fd], 0);
}

/* Does the command line ask for JSON? Known before the options are read, for mistakes in them. */
static bool asks_json(const struct cmd_info *info, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "-J") == 0)
            return true;
        if (info && info->stop_at_operand && argv[i][0] != '-')
            return false;
    }
    return false;
}

static int with_options(struct cmd *c, int argc, char **argv)
{
    bool json = asks_json(c->info, argc, argv);
    int code;

    c->json = json;
    code = cmd_options(c, argc, argv);
    c->json = c->json || json;
    cmd_terminal(c);
    if (code != CMD_YES)
        return code;
    if (c->help) {
        cmd_help_page(c, c->info);
        return CMD_YES;
    }
    return c->info->run(c);
}

static void last_summary(struct cmd *c, int code)
{
    struct plug_json j;

    if (!c->json || c->summarized || (c->info && !c->info->summary_event))
        return;
    cmd_event(c, &j, "summary");
    plug_json_string(&j, "end_reason", cmd_signal() ? "signal" : code ? "error" : "done");
    plug_json_int(&j, "exit", code);
    cmd_event_end(c, &j);
}

static int run(struct cmd *c, int argc, char **argv)
{
    int code;

    c->opts = plug_calloc(1, c->info->opts_size + 1);
    if (!c->opts)
        return cmd_fail(c, -ENOMEM, NULL, NULL, NULL);
    if (c->info->defaults)
        memcpy(c->opts, c->info->defaults, c->info->opts_size);
    code = with_options(c, argc, argv);
    if (cmd_signal() && code != CMD_YES)
        code = cmd_signal_exit();
    last_summary(c, code);
    plug_free(c->opts);
    return code;
}

static int unknown_command(struct cmd *c, const char *typed)
{
    struct plug_nearest near = {.typed = typed, .len = strlen(typed)};
    const struct cmd_info *info;

    if (typed[0] == '-')
        return cmd_usage(c, "unknown option '%s': options follow the command", cmd_safe_str(typed));
    for (size_t i = 0; (info = cmd_at(i)); i++)
        plug_nearest_offer(&near, info->name, strlen(info->name));
    if (near.best)
        return cmd_usage(c, "unknown command '%s': did you mean '%s'?", cmd_safe_str(typed),
                         near.best);
    return cmd_usage(c, "unknown command '%s'", cmd_safe_str(typed));
}

/* The options that plug itself has are sub-commands in disguise. */
static const char *command_name(const char *typed)
{
    if (strcmp(typed, "--version") == 0 || strcmp(typed, "-V") == 0)
        return "version";
    if (strcmp(typed, "--help") == 0 || strcmp(typed, "-h") == 0)
        return "help";
    return typed;
}

static int dispatch(struct cmd *c, int argc, char **argv)
{
    int code;

    if (argc > 1)
        c->info = cmd_find(command_name(argv[1]));
    if (c->info)
        return run(c, argc - 1, argv + 1);
    c->json = asks_json(NULL, argc, argv);
    code = argc > 1 ? unknown_command(c, argv[1]) : cmd_usage(c, "missing command");
    last_summary(c, code);
    return code;
}

/* Output that could not be written makes the whole answer unknown; a reader that went away (EPIPE)
 * knows that itself. */
static int finish(struct cmd *c, int code)
{
    int err = cmd_signal() ? cmd_flush_some(c) : cmd_flush(c);

    plug_buf_clear(&c->out);
    if (err == 0)
        return code;
    if (cmd_signal() && err == -EINTR)
        return cmd_signal_exit();
    if (err != -EPIPE)
        cmd_err("plug%s%s: write standard output: %s\n", c->info ? " " : "",
                c->info ? c->info->name : "", plug_strerror(err));
    return CMD_UNKNOWN;
}

int main(int argc, char **argv)
{
    struct cmd c = {0};

    open_missing_fds();
    plug_buf_init(&c.out, OUT_MAX);
    cmd_signals_start();
    cmd_terminal(&c);
    return finish(&c, dispatch(&c, argc, argv));
}
