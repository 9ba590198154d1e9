/* SPDX-License-Identifier: MIT */
/*
 * Permutations without a table: an alternating Feistel network over a grid that is barely larger
 * than the range, with cycle walking (Black and Rogaway, "Ciphers with Arbitrary Finite Domains",
 * 2002). And shards.
 */
#include "base/assert.h"
#include <plug/err.h>
#include <plug/targets.h>
#include <plug/text.h>
#include <string.h>

#define ROUNDS (sizeof((struct plug_permutation *)0)->key / sizeof(uint64_t))

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014): every bit of x moves every bit. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* 0 .. below - 1, without a division */
static uint64_t round_value(uint64_t key, uint64_t half, uint64_t below)
{
    return (uint64_t)((unsigned __int128)mix(key ^ half) * below >> 64);
}

static uint64_t square_root_up(uint64_t n)
{
    uint64_t low = 1, high = (uint64_t)1 << 31;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (middle * middle >= n)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

int plug_permutation_init(struct plug_permutation *ret_permutation, uint64_t count, uint64_t seed)
{
    struct plug_permutation p = {.count = count};

    if (count == 0 || count > (uint64_t)1 << 62)
        return PLUG_ERANGE;
    p.rows = square_root_up(count);
    p.columns = (count + p.rows - 1) / p.rows;
    for (size_t i = 0; i < ROUNDS; i++)
        p.key[i] = mix(seed += 0x9E3779B97F4A7C15u);
    *ret_permutation = p;
    return 0;
}

/* Where i lies in the grid. Processors divide short numbers several times as fast. */
static uint64_t row_of(const struct plug_permutation *p, uint64_t i)
{
    return i <= UINT32_MAX ? (uint32_t)i / (uint32_t)p->columns : i / p->columns;
}

static uint64_t forward(const struct plug_permutation *p, uint64_t i)
{
    uint64_t row = row_of(p, i), column = i - row * p->columns;

    for (size_t n = 0; n < ROUNDS; n += 2) {
        row += round_value(p->key[n], column, p->rows);
        row -= row >= p->rows ? p->rows : 0;
        column += round_value(p->key[n + 1], row, p->columns);
        column -= column >= p->columns ? p->columns : 0;
    }
    return row * p->columns + column;
}

static uint64_t backward(const struct plug_permutation *p, uint64_t i)
{
    uint64_t row = row_of(p, i), column = i - row * p->columns;

    for (size_t n = ROUNDS; n > 0; n -= 2) {
        column += p->columns - round_value(p->key[n - 1], row, p->columns);
        column -= column >= p->columns ? p->columns : 0;
        row += p->rows - round_value(p->key[n - 2], column, p->rows);
        row -= row >= p->rows ? p->rows : 0;
    }
    return row * p->columns + column;
}

/* What falls outside the range walks on along its cycle, which leads back into it. */
uint64_t plug_permutation_at(const struct plug_permutation *p, uint64_t i)
{
    PLUG_ASSERT(i < p->count, "a number of the permutation is needed");
    do
        i = forward(p, i);
    while (i >= p->count);
    return i;
}

uint64_t plug_permutation_find(const struct plug_permutation *p, uint64_t i)
{
    PLUG_ASSERT(i < p->count, "a number of the permutation is needed");
    do
        i = backward(p, i);
    while (i >= p->count);
    return i;
}

/* --- shards ----------------------------------------------------------------------------------- */

int plug_shard_parse(const char *text, struct plug_shard *ret_shard)
{
    size_t len = strlen(text);
    const char *slash = memchr(text, '/', len);
    uint64_t shard, shards;
    int r;

    if (!slash)
        return PLUG_ENUMBER;
    r = plug_uint_parse(text, (size_t)(slash - text), UINT32_MAX, &shard);
    if (r == 0)
        r = plug_uint_parse(slash + 1, len - (size_t)(slash + 1 - text), UINT32_MAX, &shards);
    if (r < 0)
        return r;
    if (shard == 0 || shard > shards)
        return PLUG_ERANGE;
    *ret_shard = (struct plug_shard){(uint32_t)shard, (uint32_t)shards};
    return 0;
}

uint64_t plug_shard_count(struct plug_shard s, uint64_t count)
{
    return count / s.shards + (s.shard <= count % s.shards);
}

uint64_t plug_shard_at(struct plug_shard s, uint64_t i)
{
    return i * s.shards + s.shard - 1;
}
