/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FIBER_SAY_H
#define PLUG_FIBER_SAY_H
/* A line for stderr, put together without locks and memory: also in a signal handler. */
#include <plug/base.h>

struct plug__say {
    size_t len;
    char text[256];
};

/* Our own words; and a fiber's name, escaped. What does not fit is left out. */
void plug__say_text(struct plug__say *line, const char *text);
void plug__say_name(struct plug__say *line, const char *name);
void plug__say_number(struct plug__say *line, uint64_t number);
void plug__say_end(struct plug__say *line);

#endif
