/* SPDX-License-Identifier: MIT */
#ifndef SCREEN_H
#define SCREEN_H
/*
 * A picture on the terminal that is drawn again in place: live tables and plots.
 *
 * The caller:
 *   1. struct screen s = {0}; screen_begin(c, &s)         how large it may be: s.columns, s.rows
 *   2. screen_line(c, &s, "...") for each line            cut where the terminal ends
 *   3. screen_end(c, &s)                                  written in one piece
 *   4. screen_begin again for the next picture; nothing at the end
 *
 * It stands where the cursor was, and the last one stays there: nothing has to be put right when
 * the command ends, is stopped or killed. Where stdout is no terminal each picture stands below the
 * one before, 80 columns wide.
 */
#include "cmd.h"

struct screen {
    unsigned columns, rows; /* room for this picture */
    unsigned drawn;         /* lines of the one before */
    unsigned lines;         /* of this one, so far */
    bool held;              /* c->hold before */
};

void screen_begin(struct cmd *c, struct screen *s);

/*
 * One line of text that may be shown as it is (styles of cmd_style, what cmd_safe gave); lines
 * below the last row are left out.
 */
void screen_line(struct cmd *c, struct screen *s, const char *fmt, ...) PLUG_PRINTF(3, 4);

void screen_end(struct cmd *c, struct screen *s);

#endif
