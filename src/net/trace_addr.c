/* SPDX-License-Identifier: MIT */
#include "net/trace_addr.h"

#include <plug/err.h>
#include <plug/time.h>
#include <stdio.h>

static void tell(enum plug_trace_part part, const char *file, int line, const char *sentence,
                 int result, int64_t took)
{
    char time[40] = "", text[32];

    if (took >= 0) {
        plug_duration_text(took, text, sizeof text);
        snprintf(time, sizeof time, " (%s)", text);
    }
    plug_trace(part, file, line, "%s: %s%s", sentence, result < 0 ? plug_strerror(result) : "done",
               time);
}

void plug__trace_addr(const char *file, int line, const char *op, const struct plug_addr *addr,
                      int result, int64_t took)
{
    char sentence[PLUG_ADDR_TEXT + 32];
    int n = snprintf(sentence, sizeof sentence, "%s ", op);

    plug_addr_text(addr, sentence + n, sizeof sentence - (size_t)n);
    tell(PLUG_TRACE_NET, file, line, sentence, result, took);
}

void plug__trace_name(const char *file, int line, const char *op, const char *name, int result,
                      int64_t took)
{
    char sentence[320];

    snprintf(sentence, sizeof sentence, "%s %s", op, name);
    tell(PLUG_TRACE_RESOLVE, file, line, sentence, result, took);
}
