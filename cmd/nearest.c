/* SPDX-License-Identifier: MIT */
/* "did you mean": the known word with the fewest typing mistakes. */
#include "cmd.h"
#include <string.h>

#define WORD_MAX 32

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned d = a < b ? a : b;

    return d < c ? d : c;
}

/* Optimal string alignment: insert, delete, replace, swap neighbours; each costs 1. */
static unsigned distance(const char *a, size_t alen, const char *b, size_t blen)
{
    unsigned row[WORD_MAX + 1][WORD_MAX + 1];

    for (size_t i = 0; i <= alen; i++)
        for (size_t j = 0; j <= blen; j++) {
            if (i == 0 || j == 0) {
                row[i][j] = (unsigned)(i + j);
                continue;
            }
            row[i][j] = least(row[i - 1][j] + 1, row[i][j - 1] + 1,
                              row[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[i][j] = least(row[i][j], row[i - 2][j - 2] + 1, row[i][j]);
        }
    return row[alen][blen];
}

/* At most one mistake in three letters; a beginning of at least two letters counts as one. */
void cmd_nearest_offer(struct cmd_nearest *n, const char *candidate)
{
    size_t typed = strlen(n->typed), known = strlen(candidate);
    unsigned d;

    if (typed == 0 || typed > WORD_MAX || known > WORD_MAX)
        return;
    d = distance(n->typed, typed, candidate, known);
    if (typed >= 2 && known > typed && memcmp(n->typed, candidate, typed) == 0)
        d = 1;
    if (d > (known < 6 ? 1 : known / 3) || (n->best && d >= n->distance))
        return;
    n->best = candidate;
    n->distance = d;
}
