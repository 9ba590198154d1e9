/* SPDX-License-Identifier: MIT */
/* plug help [COMMAND] */
#include "cmd.h"

static int run(struct cmd *c)
{
    const struct cmd_info *info = NULL;
    int code = cmd_operands(c, 0, 1);

    if (code != CMD_YES)
        return code;
    if (c->argc == 1 && !(info = cmd_find(c->argv[0])))
        return cmd_usage(c, "no such command '%s'", cmd_safe_str(c->argv[0]));
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
    .summary_event = true,
    .run = run,
};
