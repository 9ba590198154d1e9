/* SPDX-License-Identifier: MIT */
/* plug help [COMMAND] */
#include "cmd.h"

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

static int run(struct cmd *c)
{
    const struct cmd_info *info = NULL;
    int code = cmd_operands(c, 0, 1);

    if (code != CMD_YES)
        return code;
    if (c->argc == 1 && !(info = cmd_find(c->argv[0])))
        return cmd_usage(c, "no such command '%s'", cmd_safe_str(c->argv[0]));
    if (c->json)
        tables(c, info);
    else
        cmd_help_page(c, info);
    return CMD_YES;
}

const struct cmd_info cmd_help = {
    .name = "help",
    .summary = "explain plug or one of its commands",
    .operands = "[COMMAND]",
    .examples = "plug help            # the commands\n"
                "plug help connect    # one of them, as plug connect --help\n"
                "plug help --json     # every command and option, for tools\n",
    .run = run,
};
