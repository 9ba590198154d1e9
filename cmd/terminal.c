/* SPDX-License-Identifier: MIT */
/* What may be shown: colour, width, UTF-8. */
#include "cmd.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

static bool given(const char *name)
{
    const char *value = getenv(name);

    return value && *value;
}

static bool wants_color(int choice, bool tty)
{
    const char *term = getenv("TERM");

    if (choice != COLOR_AUTO)
        return choice == COLOR_ALWAYS;
    if (given("FORCE_COLOR"))
        return true;
    if (given("NO_COLOR"))
        return false;
    return tty && term && strcmp(term, "dumb") != 0;
}

void cmd_terminal(struct cmd *c)
{
    c->tty_out = isatty(STDOUT_FILENO);
    c->tty_err = isatty(STDERR_FILENO);
    c->color_out = wants_color(c->color, c->tty_out);
    c->color_err = wants_color(c->color, c->tty_err);
}

const char *cmd_style(const struct cmd *c, enum cmd_style style)
{
    static const char *const sequence[] = {
        [CMD_PLAIN] = "\033[0m", [CMD_BOLD] = "\033[1m", [CMD_DIM] = "\033[2m",
        [CMD_GOOD] = "\033[32m", [CMD_BAD] = "\033[31m", [CMD_WARN] = "\033[33m",
        [CMD_NAME] = "\033[36m",
    };

    return c->color_out && !c->json ? sequence[style] : "";
}

unsigned cmd_width(const struct cmd *c)
{
    struct winsize size;

    if (!c->tty_out || plug_sys()->ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        return 80;
    return size.ws_col >= 20 && size.ws_col < 80 ? size.ws_col : 80;
}

/* As setlocale(3) chooses: the first of the three that is not empty. */
static bool utf8(void)
{
    static const char *const name[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < 3; i++)
        if (given(name[i])) {
            const char *dot = strchr(getenv(name[i]), '.');
            return dot && (strncasecmp(dot, ".utf-8", 6) == 0 || strncasecmp(dot, ".utf8", 5) == 0);
        }
    return false;
}

const char *cmd_mark(const char *utf8_text, const char *ascii)
{
    return utf8() ? utf8_text : ascii;
}
