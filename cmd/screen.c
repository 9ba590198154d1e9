/* SPDX-License-Identifier: MIT */
#include "screen.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096

void screen_begin(struct cmd *c, struct screen *s)
{
    struct winsize size;

    s->columns = 80;
    s->rows = 24;
    if (c->tty_out && plug_sys()->ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) >= 0 && size.ws_col > 0) {
        s->columns = size.ws_col;
        s->rows = size.ws_row;
    }
    s->lines = 0;
    s->held = c->hold;
    c->hold = true;
    if (c->tty_out && s->drawn > 0)
        cmd_print(c, "\033[%uA\r", s->drawn);
}

/* The bytes of text that fill at most columns places; escape sequences take none. */
static size_t fitting(const char *text, size_t len, unsigned columns)
{
    size_t at = 0;

    while (at < len) {
        uint32_t character;
        if (text[at] == '\033') {
            while (at < len && text[at] != 'm')
                at++;
            at += at < len;
            continue;
        }
        int n = plug_utf8_next(text + at, len - at, &character);
        if (columns-- == 0)
            break;
        at += n > 0 ? (size_t)n : 1;
    }
    return at;
}

void screen_line(struct cmd *c, struct screen *s, const char *fmt, ...)
{
    char text[LINE_MAX_BYTES];
    va_list ap;

    if (c->tty_out && s->lines + 1 >= s->rows) /* the cursor stands below the last one */
        return;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : strnlen(text, sizeof text);
    size_t fits = fitting(text, len, s->columns);
    cmd_write(c, text, fits);
    if (fits < len)
        cmd_print(c, "%s", cmd_style(c, CMD_PLAIN));
    cmd_print(c, "%s\n", c->tty_out ? "\033[K" : "");
    s->lines++;
}

void screen_end(struct cmd *c, struct screen *s)
{
    if (c->tty_out)
        cmd_print(c, "\033[J");
    s->drawn = s->lines;
    c->hold = s->held;
    (void)cmd_flush(c);
}
