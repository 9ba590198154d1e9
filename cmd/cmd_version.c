/* SPDX-License-Identifier: MIT */
/* plug version, plug --version */
#include "cmd.h"

static int run(struct cmd *c)
{
    int code = cmd_operands(c, 0, 0);
    struct plug_json j;

    if (code != CMD_YES)
        return code;
    if (!c->json) {
        cmd_print(c, "plug %s\n", plug_version());
        return CMD_YES;
    }
    cmd_event_bare(c, &j, "version");
    plug_json_string(&j, "version", plug_version());
    plug_json_bool(&j, "dns", plug_features() & PLUG_FEATURE_DNS);
    plug_json_bool(&j, "fault", plug_features() & PLUG_FEATURE_FAULT);
    cmd_event_end(c, &j);
    return CMD_YES;
}

const struct cmd_info cmd_version = {
    .name = "version",
    .summary = "print the version",
    .operands = "",
    .examples = "plug version          # plug and its version\n"
                "plug --version        # the same\n"
                "plug version --json   # with what this build can do\n",
    .summary_event = true,
    .run = run,
};
