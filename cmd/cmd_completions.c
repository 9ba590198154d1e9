/* SPDX-License-Identifier: MIT */
/* plug completions bash|zsh|fish: scripts written from the option tables. */
#include "cmd.h"
#include <string.h>

static bool takes_value(const struct cmd_opt *o)
{
    return o->kind != CMD_FLAG && o->kind != CMD_COUNT && o->kind != CMD_WITHIN;
}

static void commands(struct cmd *c)
{
    const struct cmd_info *info;

    for (size_t i = 0; (info = cmd_at(i)); i++)
        cmd_print(c, "%s%s", i ? " " : "", info->name);
}

/* text in single quotes, for any of the shells */
static void quoted(struct cmd *c, const char *text)
{
    cmd_print(c, "'");
    for (; *text; text++)
        cmd_print(c, *text == '\'' ? "'\\''" : "%c", *text);
    cmd_print(c, "'");
}

static void spaced(struct cmd *c, const char *choices)
{
    for (; *choices; choices++)
        cmd_print(c, "%c", *choices == '|' ? ' ' : *choices);
}

/* Are the operands known words: a command, or one of "bash|zsh|fish"? */
static bool has_words(const struct cmd_info *info)
{
    const char *o = info->operands;

    return strcmp(o, "[COMMAND]") == 0 || (*o && o[strspn(o, "abcdefghijklmnopqrstuvwxyz|")] == 0);
}

static void words(struct cmd *c, const struct cmd_info *info)
{
    if (*info->operands == '[')
        commands(c);
    else
        spaced(c, info->operands);
}

/* --- bash ------------------------------------------------------------------------------------- */

static void bash_command(struct cmd *c, const struct cmd_info *info)
{
    const struct cmd_opt *o;
    char letter;

    for (size_t i = 0; (o = cmd_opt_at(info, i, &letter)); i++)
        if (o->kind == CMD_CHOICE) {
            cmd_print(c, "        %s,--%s) words='", info->name, o->name);
            spaced(c, o->metavar);
            cmd_print(c, "' ;;\n");
        } else if (takes_value(o)) {
            cmd_print(c, "        %s,--%s) return ;;\n", info->name, o->name);
        }
    cmd_print(c, "        %s,*) words='", info->name);
    if (has_words(info))
        words(c, info);
    cmd_print(c, "'; [[ $cur == -* ]] && words='");
    for (size_t i = 0; (o = cmd_opt_at(info, i, &letter)); i++)
        cmd_print(c, "%s--%s", i ? " " : "", o->name);
    cmd_print(c, "' ;;\n");
}

static void bash(struct cmd *c)
{
    const struct cmd_info *info;

    cmd_print(c, "# bash completion of plug: source <(plug completions bash)\n"
                 "_plug() {\n"
                 "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
                 "    COMPREPLY=()\n"
                 "    # --option=value comes as three words\n"
                 "    if [ \"$cur\" = = ]; then cur=\n"
                 "    elif [ \"$prev\" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]}\n"
                 "    fi\n"
                 "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                 "        COMPREPLY=($(compgen -W '");
    commands(c);
    cmd_print(c, "' -- \"$cur\"))\n        return\n    fi\n    case ${COMP_WORDS[1]},$prev in\n");
    for (size_t i = 0; (info = cmd_at(i)); i++)
        bash_command(c, info);
    cmd_print(c, "    esac\n"
                 "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                 "}\n"
                 "complete -o default -F _plug plug\n");
}

/* --- zsh -------------------------------------------------------------------------------------- */

static void zsh_option(struct cmd *c, const struct cmd_opt *o)
{
    cmd_print(c, "            '--%s%s[", o->name, takes_value(o) ? "=" : "");
    for (const char *p = o->help; *p; p++)
        cmd_print(c,
                  *p == '\''                            ? "'\\''"
                  : *p == '[' || *p == ']' || *p == ':' ? "\\%c"
                                                        : "%c",
                  *p);
    cmd_print(c, "]");
    if (o->kind == CMD_CHOICE) {
        cmd_print(c, ":%s:(", o->name);
        spaced(c, o->metavar);
        cmd_print(c, ")");
    } else if (takes_value(o)) {
        cmd_print(c, ":%s:_default", o->metavar);
    }
    cmd_print(c, "' \\\n");
}

static void zsh_operands(struct cmd *c, const struct cmd_info *info)
{
    cmd_print(c, "            '*:operand:");
    if (has_words(info)) {
        cmd_print(c, "(");
        words(c, info);
        cmd_print(c, ")' ;;\n");
    } else {
        cmd_print(c, "_default' ;;\n");
    }
}

static void zsh(struct cmd *c)
{
    const struct cmd_info *info;
    const struct cmd_opt *o;
    char letter;

    cmd_print(c, "#compdef plug\n"
                 "# zsh completion of plug: plug completions zsh >~/.zfunc/_plug\n"
                 "_plug() {\n"
                 "    if (( CURRENT == 2 )); then\n"
                 "        local -a commands=(\n");
    for (size_t i = 0; (info = cmd_at(i)); i++) {
        cmd_print(c, "            %s:", info->name);
        quoted(c, info->summary);
        cmd_print(c, "\n");
    }
    cmd_print(c, "        )\n        _describe command commands\n        return\n    fi\n"
                 "    case $words[2] in\n");
    for (size_t i = 0; (info = cmd_at(i)); i++) {
        cmd_print(c, "        %s) _arguments \\\n", info->name);
        for (size_t k = 0; (o = cmd_opt_at(info, k, &letter)); k++)
            zsh_option(c, o);
        zsh_operands(c, info);
    }
    cmd_print(c,
              "    esac\n}\n"
              "if [ \"$funcstack[1]\" = _plug ]; then _plug \"$@\"; else compdef _plug plug; fi\n");
}

/* --- fish ------------------------------------------------------------------------------------- */

static void fish_option(struct cmd *c, const struct cmd_info *info, const struct cmd_opt *o,
                        char letter)
{
    cmd_print(c, "complete -c plug -n '__fish_seen_subcommand_from %s' -l %s", info->name, o->name);
    if (letter)
        cmd_print(c, " -s %c", letter);
    if (takes_value(o))
        cmd_print(c, " -r");
    if (o->kind == CMD_CHOICE) {
        cmd_print(c, " -f -a '");
        spaced(c, o->metavar);
        cmd_print(c, "'");
    }
    cmd_print(c, " -d ");
    quoted(c, o->help);
    cmd_print(c, "\n");
}

static void fish(struct cmd *c)
{
    const struct cmd_info *info;
    const struct cmd_opt *o;
    char letter;

    cmd_print(c, "# fish completion of plug: plug completions fish | source\n");
    for (size_t i = 0; (info = cmd_at(i)); i++) {
        cmd_print(c, "complete -c plug -f -n __fish_use_subcommand -a %s -d ", info->name);
        quoted(c, info->summary);
        cmd_print(c, "\n");
        if (has_words(info)) {
            cmd_print(c, "complete -c plug -f -n '__fish_seen_subcommand_from %s' -a '",
                      info->name);
            words(c, info);
            cmd_print(c, "'\n");
        }
        for (size_t k = 0; (o = cmd_opt_at(info, k, &letter)); k++)
            fish_option(c, info, o, letter);
    }
}

/* The script was printed as text; as JSON it is one event. */
static void as_event(struct cmd *c, const char *shell)
{
    struct plug_buf script = c->out;
    struct plug_json j;

    plug_buf_init(&c->out, plug_buf_room(&script) + plug_buf_len(&script));
    cmd_event(c, &j, "script");
    plug_json_string(&j, "shell", shell);
    plug_json_bytes(&j, "text", plug_buf_data(&script), plug_buf_len(&script));
    cmd_event_end(c, &j);
    plug_buf_clear(&script);
}

static int run(struct cmd *c)
{
    static const struct {
        const char *name;
        void (*write)(struct cmd *c);
    } shell[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    int code = cmd_operands(c, 1, 1);

    if (code != CMD_YES)
        return code;
    for (size_t i = 0; i < sizeof shell / sizeof shell[0]; i++)
        if (strcmp(c->argv[0], shell[i].name) == 0) {
            c->hold = c->json;
            shell[i].write(c);
            c->hold = false;
            if (c->json)
                as_event(c, shell[i].name);
            return CMD_YES;
        }
    return cmd_usage(c, "'%s' is not one of bash|zsh|fish", cmd_safe_str(c->argv[0]));
}

const struct cmd_info cmd_completions = {
    .name = "completions",
    .summary = "print the completion script of a shell",
    .operands = "bash|zsh|fish",
    .examples = "plug completions bash               # to be sourced by bash\n"
                "plug completions zsh >~/.zfunc/_plug\n"
                "plug completions fish              # to be sourced by fish\n",
    .summary_event = true,
    .run = run,
};
