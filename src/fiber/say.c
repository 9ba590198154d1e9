/* SPDX-License-Identifier: MIT */
#include "fiber/say.h"
#include <plug/sys.h>
#include <plug/text.h>
#include <string.h>
#include <unistd.h>

void plug__say_text(struct plug__say *line, const char *text)
{
    size_t len = strlen(text), room = sizeof line->text - 1 - line->len;

    len = len < room ? len : room;
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

void plug__say_name(struct plug__say *line, const char *name)
{
    char safe[128];

    (void)plug_text_escape(PLUG_TEXT_TTY, name, strlen(name), safe, sizeof safe);
    plug__say_text(line, safe);
}

void plug__say_number(struct plug__say *line, uint64_t number)
{
    char digits[21], *p = digits + sizeof digits - 1;

    *p = '\0';
    do
        *--p = (char)('0' + number % 10);
    while (number /= 10);
    plug__say_text(line, p);
}

/* Straight to the kernel: no fault plan counts it. */
void plug__say_end(struct plug__say *line)
{
    line->text[line->len] = '\n';
    (void)!plug_sys_kernel()->write(STDERR_FILENO, line->text, line->len + 1);
    line->len = 0;
}
