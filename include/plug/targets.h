/* SPDX-License-Identifier: MIT */
#ifndef PLUG_TARGETS_H
#define PLUG_TARGETS_H
/*
 * Sets of addresses to be visited: prefixes, ranges and single ones, counted without being
 * expanded, and the orders in which machines that share the work visit them.
 *
 * Layer: app.
 *
 * The caller:
 *   1. plug_targets_open(&t, NULL)
 *   2. plug_targets_add(t, "10.0.0.0/24"), plug_targets_add(t, "10.0.1.1-9") ..., or
 *      plug_targets_read(t, fd, ...), a line each
 *   3. plug_targets_seal(t): sorted, each address once
 *   4. plug_targets_at(t, i, &addr) for i in 0 .. plug_targets_count(t) - 1
 *   5. plug_targets_close(t)
 *
 * What a text means:
 *   192.0.2.1  2001:db8::1  fe80::1%eth0   one address
 *   192.0.2.0/24  2001:db8::/120           all addresses of a prefix, for IPv4 the network and the
 *                                          broadcast address included; bits behind it do not count
 *   192.0.2.1-192.0.2.9                    a range, both ends included
 *   192.0.2.1-9  2001:db8::1-1f            the same: behind the hyphen the last part (IPv4,
 *                                          decimal) or the last group (IPv6, hexadecimal)
 * ::ffff:192.0.2.1 is 192.0.2.1. A set has no order of its own and no address twice, so that
 * machines which were given the same set in another order agree on it.
 *
 * A set belongs to one thread or fiber at a time; sealed, any number may ask it.
 */
#include <plug/addr.h>

PLUG_BEGIN_DECLS

struct plug_targets;

#define PLUG_TARGETS_MAX       65536   /* addresses of a set, unless it has a limit of its own */
#define PLUG_TARGETS_RANGES    1048576 /* most texts of a set; neighbours are one */
#define PLUG_TARGET_TEXT_MAX   512     /* longest text of a target */
#define PLUG_TARGET_COUNT_TEXT 40      /* room for the number of addresses of any target */

/* What one text means: all addresses from first to last. */
struct plug_target {
    struct plug_addr first, last;
};

/*
 * Reads one text, strictly; a name is none. 0, PLUG_ETARGET (no address, prefix or range; its ends
 * are of two families or the wrong way round), PLUG_ESCOPE (no such interface). Any thread, any
 * fiber.
 */
PLUG_API PLUG_MUST int plug_target_parse(const char *text, size_t len,
                                         struct plug_target *ret_target);

/*
 * How many addresses that is, as decimal text, 2^128 included. Writes at most len bytes with the
 * NUL; returns the whole length, below PLUG_TARGET_COUNT_TEXT. Any thread, any fiber.
 */
PLUG_API size_t plug_target_count_text(const struct plug_target *target, char *buf, size_t len);

struct plug_targets_opts {
    size_t size;
    uint32_t max; /* most addresses; 0: PLUG_TARGETS_MAX */
    int family;   /* AF_INET or AF_INET6: no others; AF_UNSPEC: both */
};
#define PLUG_TARGETS_OPTS                                                                          \
    {                                                                                              \
        sizeof(struct plug_targets_opts), 0, 0                                                     \
    }

/*
 * An empty set; opts NULL: defaults. gives *ret. -ENOMEM, PLUG_EOPTS. close: NULL does nothing.
 */
PLUG_API PLUG_MUST int plug_targets_open(struct plug_targets **ret,
                                         const struct plug_targets_opts *opts);
PLUG_API void plug_targets_close(struct plug_targets *t);

/*
 * Adds what a text means. 0; PLUG_ETARGET, PLUG_ESCOPE as plug_target_parse; PLUG_ELIMIT: it alone
 * has more addresses than the set may have, or these are too many texts; -EAFNOSUPPORT: not the
 * family of the set; -EBUSY: sealed; -ENOMEM. The set is unchanged after an error.
 */
PLUG_API PLUG_MUST int plug_targets_add(struct plug_targets *t, const char *text);

/*
 * Adds one address (its port does not count) and remembers the name it was found by, which may be
 * NULL. copies both. Errors as plug_targets_add; -EAFNOSUPPORT: not IPv4 or IPv6.
 */
PLUG_API PLUG_MUST int plug_targets_add_addr(struct plug_targets *t, const struct plug_addr *addr,
                                             const char *name);

/*
 * Looks a name up (plug_resolve, within the open deadline scopes), adds the address that the system
 * prefers, and remembers the name. Errors as plug_resolve and plug_targets_add; PLUG_ETARGET: it
 * cannot be a name ("10.0.0.256"). Parks a fiber.
 */
PLUG_API PLUG_MUST int plug_targets_add_name(struct plug_targets *t, const char *name);

/* What plug_targets_read does with a name: plug_targets_add_name, or take a note; < 0 ends it. */
typedef int plug_targets_name_fn(struct plug_targets *t, const char *name, size_t line, void *arg);

/*
 * Adds what stands in a file, a text in each line; blank lines and what follows a '#' do not count.
 * Reads fd to its end, waiting as any other operation. Names go to fn, without one to
 * plug_targets_add_name; borrows arg. 0, errors as those, PLUG_ELIMIT also for a line longer than
 * PLUG_TARGET_TEXT_MAX, PLUG_ETIMEOUT, -ECANCELED, -EINTR, and what read(2) said. After an error
 * *ret_line is the line it is about, from 1, or 0 when it is about none (NULL: not wanted); lines
 * before it stay added.
 */
PLUG_API PLUG_MUST int plug_targets_read(struct plug_targets *t, int fd, plug_targets_name_fn *fn,
                                         void *arg, size_t *ret_line);

/*
 * Sorts the set and merges what occurs twice; nothing can be added any more. Sealed already: does
 * nothing. 0, or PLUG_ELIMIT: more addresses than its limit; then it is as it was.
 */
PLUG_API PLUG_MUST int plug_targets_seal(struct plug_targets *t);

/* How many addresses; before it is sealed 0. */
PLUG_API uint32_t plug_targets_count(const struct plug_targets *t);

/* The i-th address, port 0; i below plug_targets_count, another one is a mistake and aborts. */
PLUG_API void plug_targets_at(const struct plug_targets *t, uint32_t i, struct plug_addr *ret_addr);

/* The reverse; the port does not count. 0, or -ENOENT: not in the (sealed) set. */
PLUG_API PLUG_MUST int plug_targets_find(const struct plug_targets *t, const struct plug_addr *addr,
                                         uint32_t *ret_i);

/* The name that the i-th address was found by, the first of several; NULL: none. The set's. */
PLUG_API const char *plug_targets_name(const struct plug_targets *t, uint32_t i);

/* --- the order of visits --------------------------------------------------------------- */

/*
 * A permutation of 0 .. count - 1, made of a seed, without a table: every number once, far apart
 * from its neighbours, so that no network is hammered. It hides nothing: no cipher. A value; its
 * fields are the library's.
 */
struct plug_permutation {
    uint64_t count, rows, columns;
    uint64_t key[4];
};

/*
 * The same count and seed give the same permutation on every machine. 0; PLUG_ERANGE: count is 0
 * or above 2^62.
 */
PLUG_API PLUG_MUST int plug_permutation_init(struct plug_permutation *ret_permutation,
                                             uint64_t count, uint64_t seed);

/* Where i goes, and back; i below count, another one is a mistake and aborts. Any thread. */
PLUG_API uint64_t plug_permutation_at(const struct plug_permutation *p, uint64_t i);
PLUG_API uint64_t plug_permutation_find(const struct plug_permutation *p, uint64_t i);

/*
 * One machine's part of the work: shard 3 of 8, say. The parts are disjoint, differ in size by one
 * at most, and make up the whole.
 */
struct plug_shard {
    uint32_t shard, shards; /* 1 .. shards */
};

/* "3/8": 0; PLUG_ENUMBER (no such text), PLUG_ERANGE (a shard of 0, or behind the last one). */
PLUG_API PLUG_MUST int plug_shard_parse(const char *text, struct plug_shard *ret_shard);

/*
 * How many of count places belong to the shard, and which place of the whole its i-th is: what
 * plug_permutation_at is then asked for. Any thread.
 */
PLUG_API uint64_t plug_shard_count(struct plug_shard s, uint64_t count);
PLUG_API uint64_t plug_shard_at(struct plug_shard s, uint64_t i);

PLUG_END_DECLS
#endif
