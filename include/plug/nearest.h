/* SPDX-License-Identifier: MIT */
#ifndef PLUG_NEAREST_H
#define PLUG_NEAREST_H
/*
 * "Did you mean": of the words that are known, the one with the fewest typing mistakes.
 *
 * Layer: base.
 *
 * The caller:
 *   1. struct plug_nearest n = {.typed = "tpc", .len = 3}
 *   2. plug_nearest_offer(&n, "tcp", 3) for every word
 *   3. n.best, unless it is NULL
 */
#include <plug/base.h>

PLUG_BEGIN_DECLS

#define PLUG_NEAREST_MAX 32 /* bytes of the longest word that is compared */

struct plug_nearest {
    const char *typed; /* borrowed */
    size_t len;
    const char *best; /* of the words offered; NULL: none is near */
    size_t best_len;
    unsigned distance; /* its mistakes: letters too many, missing, wrong, or two swapped */
};

/*
 * Compares one word more; the first of several that are equally near stays. Near is one mistake in
 * three letters, and a beginning of at least two. borrows word for n->best. Any thread; n belongs
 * to one at a time.
 */
PLUG_API void plug_nearest_offer(struct plug_nearest *n, const char *word, size_t len);

PLUG_END_DECLS
#endif
