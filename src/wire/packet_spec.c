/* SPDX-License-Identifier: MIT */
/* The text form: a cursor over it, and what is said when it is wrong. */
#include "wire/packet_spec.h"

#include <plug/err.h>
#include <plug/text.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int plug__spec_fail(struct plug__spec *s, int err, size_t at, const char *fmt, ...)
{
    va_list ap;
    if (s->err != 0)
        return s->err;
    s->err = err;
    if (s->error) {
        s->error->column = at + 1;
        va_start(ap, fmt);
        vsnprintf(s->error->what, sizeof s->error->what, fmt, ap);
        va_end(ap);
    }
    return err;
}

const char *plug__spec_safe(const char *text, size_t len, char room[48])
{
    plug_text_escape(PLUG_TEXT_TTY, text, len, room, 48);
    return room;
}

void plug__spec_blank(struct plug__spec *s)
{
    while (s->at < s->len && memchr(" \t\r\n", s->text[s->at], 4))
        s->at++;
}

bool plug__spec_take(struct plug__spec *s, char c)
{
    plug__spec_blank(s);
    if (s->at == s->len || s->text[s->at] != c)
        return false;
    s->at++;
    return true;
}

static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

size_t plug__spec_word(struct plug__spec *s, const char **ret_word)
{
    plug__spec_blank(s);
    size_t begin = s->at;
    while (s->at < s->len && in_word(s->text[s->at]))
        s->at++;
    *ret_word = s->text + begin;
    return s->at - begin;
}

size_t plug__spec_value(struct plug__spec *s, const char *stop, const char **ret_value)
{
    plug__spec_blank(s);
    size_t begin = s->at, end;
    while (s->at < s->len && !strchr(stop, s->text[s->at]))
        s->at++;
    for (end = s->at; end > begin && memchr(" \t\r\n", s->text[end - 1], 4);)
        end--;
    *ret_value = s->text + begin;
    return end - begin;
}

/* --- did you mean ----------------------------------------------------------------------------- */

const char *plug__spec_hint(const struct plug_nearest *n, char room[64])
{
    room[0] = '\0';
    if (n->best)
        snprintf(room, 64, "; did you mean '%.*s'?", (int)n->best_len, n->best);
    return room;
}
