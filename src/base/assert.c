/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plug__assert_failed(const char *cond, const char *message, const char *file, int line,
                         const char *function)
{
    const char *slash = strrchr(file, '/');

    fprintf(stderr, "plug: %s:%d: %s: %s%s%s\n", slash ? slash + 1 : file, line, function, message,
            *message ? ": " : "", cond);
    fflush(stderr);
    abort();
}
