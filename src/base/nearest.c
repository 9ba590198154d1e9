/* SPDX-License-Identifier: MIT */
#include <plug/nearest.h>
#include <string.h>

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned d = a < b ? a : b;
    return d < c ? d : c;
}

/* Optimal string alignment: insert, delete, replace, swap neighbours; each costs 1. */
static unsigned distance(const char *a, size_t alen, const char *b, size_t blen)
{
    unsigned row[PLUG_NEAREST_MAX + 1][PLUG_NEAREST_MAX + 1];
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

void plug_nearest_offer(struct plug_nearest *n, const char *word, size_t len)
{
    if (n->len == 0 || n->len > PLUG_NEAREST_MAX || len > PLUG_NEAREST_MAX)
        return;
    unsigned d = distance(n->typed, n->len, word, len);
    if (n->len >= 2 && len > n->len && memcmp(n->typed, word, n->len) == 0)
        d = 1;
    if (d > (len < 6 ? 1 : len / 3) || (n->best && d >= n->distance))
        return;
    n->best = word;
    n->best_len = len;
    n->distance = d;
}
