/* SPDX-License-Identifier: MIT */
/* Sets of addresses: ranges, sorted and merged once, then asked by number and by address. */
#include "app/targets_impl.h"
#include "base/assert.h"
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/resolve.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

static plug__ip ip_of(uint64_t high, uint64_t low)
{
    return (plug__ip)high << 64 | low;
}

static plug__ip range_ip(const struct plug__target_range *r)
{
    return ip_of(r->high, r->low);
}

int plug_targets_open(struct plug_targets **ret, const struct plug_targets_opts *opts)
{
    static const struct plug_targets_opts defaults = PLUG_TARGETS_OPTS;
    struct plug_targets *t;

    opts = opts ? opts : &defaults;
    if (opts->size != sizeof *opts ||
        (opts->family != AF_UNSPEC && opts->family != AF_INET && opts->family != AF_INET6))
        return PLUG_EOPTS;
    t = plug_calloc(1, sizeof *t);
    if (!t)
        return -ENOMEM;
    t->max = opts->max ? opts->max : PLUG_TARGETS_MAX;
    t->family = opts->family;
    *ret = t;
    return 0;
}

void plug_targets_close(struct plug_targets *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->names; i++)
        plug_free(t->name[i].name);
    plug_free(t->name);
    plug_free(t->range);
    plug_free(t);
}

/* --- adding ----------------------------------------------------------------------------------- */

/* Room for one more element of size bytes behind count; *block grows by doubling. */
static int room_for_one(void **block, size_t *room, size_t count, size_t size)
{
    size_t more = *room ? *room * 2 : FIRST_ROOM;
    void *grown;

    if (count < *room)
        return 0;
    grown = plug_realloc(*block, more * size);
    if (!grown)
        return -ENOMEM;
    *block = grown;
    *room = more;
    return 0;
}

/* A file that lists neighbours one by one is one range. */
static bool continues_last(const struct plug_targets *t, plug__ip first, uint32_t scope,
                           uint64_t count)
{
    const struct plug__target_range *last = t->ranges ? &t->range[t->ranges - 1] : NULL;

    return last && last->scope == scope && range_ip(last) + last->count == first &&
           last->count + count <= t->max;
}

static int range_add(struct plug_targets *t, plug__ip first, plug__ip last, uint32_t scope)
{
    uint32_t count;
    int r;

    if (last - first >= t->max)
        return PLUG_ELIMIT;
    count = (uint32_t)(last - first) + 1;
    if (continues_last(t, first, scope, count)) {
        t->range[t->ranges - 1].count += count;
        return 0;
    }
    if (t->ranges == PLUG_TARGETS_RANGES)
        return PLUG_ELIMIT;
    r = room_for_one((void **)&t->range, &t->room, t->ranges, sizeof *t->range);
    if (r < 0)
        return r;
    t->range[t->ranges++] =
        (struct plug__target_range){(uint64_t)(first >> 64), (uint64_t)first, scope, count, 0};
    return 0;
}

static int target_add(struct plug_targets *t, const struct plug_target *target)
{
    plug__ip first, last;
    uint32_t scope;

    if (t->sealed)
        return -EBUSY;
    if (!plug__ip_of_addr(&target->first, &first, &scope) ||
        (t->family != AF_UNSPEC && plug_addr_family(&target->first) != t->family))
        return -EAFNOSUPPORT;
    plug__ip_of_addr(&target->last, &last, &scope);
    return range_add(t, first, last, scope);
}

int plug_targets_add(struct plug_targets *t, const char *text)
{
    struct plug_target target;
    int r = plug_target_parse(text, strlen(text), &target);

    return r < 0 ? r : target_add(t, &target);
}

static int name_add(struct plug_targets *t, const struct plug_addr *addr, const char *name)
{
    struct plug__target_name n = {.order = (uint32_t)t->names};
    plug__ip ip;
    int r = room_for_one((void **)&t->name, &t->name_room, t->names, sizeof *t->name);

    if (r < 0)
        return r;
    plug__ip_of_addr(addr, &ip, &n.scope);
    n.high = (uint64_t)(ip >> 64);
    n.low = (uint64_t)ip;
    n.name = plug_strdup(name);
    if (!n.name)
        return -ENOMEM;
    t->name[t->names++] = n;
    return 0;
}

int plug_targets_add_addr(struct plug_targets *t, const struct plug_addr *addr, const char *name)
{
    struct plug_target target = {*addr, *addr};
    int r;

    plug_addr_unmap(&target.first);
    plug_addr_unmap(&target.last);
    r = target_add(t, &target);
    if (r < 0 || !name)
        return r;
    r = name_add(t, &target.first, name);
    if (r < 0 && --t->range[t->ranges - 1].count == 0)
        t->ranges--;
    return r;
}

/* --- sealing ---------------------------------------------------------------------------------- */

/* By scope, then by number: what one range holds of another then lies next to it. */
static int range_order(const void *a, const void *b)
{
    const struct plug__target_range *x = a, *y = b;
    plug__ip left = range_ip(x), right = range_ip(y);

    if (x->scope != y->scope)
        return x->scope < y->scope ? -1 : 1;
    return left == right ? 0 : left < right ? -1 : 1;
}

static int name_order(const void *a, const void *b)
{
    const struct plug__target_name *x = a, *y = b;
    plug__ip left = ip_of(x->high, x->low), right = ip_of(y->high, y->low);

    if (x->scope != y->scope)
        return x->scope < y->scope ? -1 : 1;
    if (left != right)
        return left < right ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void sort_ranges(struct plug_targets *t)
{
    for (size_t i = 1; i < t->ranges; i++) {
        if (range_order(&t->range[i - 1], &t->range[i]) > 0) {
            qsort(t->range, t->ranges, sizeof *t->range, range_order);
            return;
        }
    }
}

static plug__ip range_last(const struct plug__target_range *r)
{
    return range_ip(r) + (r->count - 1);
}

/* How many addresses of a range come behind last; of the ranges before it the last reached so far.
 */
static uint32_t new_in(const struct plug__target_range *r, plug__ip last)
{
    plug__ip first = range_ip(r);

    if (last < first)
        return r->count;
    return last - first >= r->count - 1 ? 0 : r->count - 1 - (uint32_t)(last - first);
}

/* The whole number of addresses, each once; the ranges are sorted. */
static uint64_t count_once(const struct plug_targets *t)
{
    uint64_t total = 0;
    plug__ip last = 0;

    for (size_t i = 0; i < t->ranges; i++) {
        const struct plug__target_range *r = &t->range[i];
        bool first = i == 0 || r[-1].scope != r->scope;

        total += first ? r->count : new_in(r, last);
        if (first || range_last(r) > last)
            last = range_last(r);
    }
    return total;
}

/* Each range gives up what one before it holds already; those that touch become one. */
static void merge(struct plug_targets *t)
{
    struct plug__target_range *last = NULL;
    uint32_t total = 0;

    for (size_t i = 0; i < t->ranges; i++) {
        struct plug__target_range r = t->range[i];
        uint32_t more = r.count;

        r.start = total;
        if (!last) {
            last = t->range;
            *last = r;
        } else if (last->scope == r.scope && range_ip(&r) - range_ip(last) <= last->count) {
            more = new_in(&r, range_last(last));
            last->count += more;
        } else {
            *++last = r;
        }
        total += more;
    }
    t->ranges = last ? (size_t)(last - t->range) + 1 : 0;
    t->count = total;
}

int plug_targets_seal(struct plug_targets *t)
{
    if (t->sealed)
        return 0;
    sort_ranges(t);
    if (count_once(t) > t->max)
        return PLUG_ELIMIT;
    merge(t);
    if (t->names > 1)
        qsort(t->name, t->names, sizeof *t->name, name_order);
    t->sealed = true;
    return 0;
}

/* --- asking ----------------------------------------------------------------------------------- */

uint32_t plug_targets_count(const struct plug_targets *t)
{
    return t->count;
}

/* The last range that begins at or before the i-th address. */
static const struct plug__target_range *range_of(const struct plug_targets *t, uint32_t i)
{
    size_t low = 0, high = t->ranges;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (t->range[middle].start <= i)
            low = middle;
        else
            high = middle;
    }
    return &t->range[low];
}

void plug_targets_at(const struct plug_targets *t, uint32_t i, struct plug_addr *ret_addr)
{
    PLUG_ASSERT(i < t->count, "a number of the set is needed");
    const struct plug__target_range *r = range_of(t, i);

    plug__addr_of_ip(range_ip(r) + (i - r->start), r->scope, ret_addr);
}

bool plug__targets_have(const struct plug_targets *t, int family)
{
    for (size_t i = 0; i < t->ranges; i++) {
        struct plug_addr first;

        plug__addr_of_ip(range_ip(&t->range[i]), t->range[i].scope, &first);
        if (plug_addr_family(&first) == family)
            return true;
    }
    return false;
}

int plug_targets_find(const struct plug_targets *t, const struct plug_addr *addr, uint32_t *ret_i)
{
    struct plug__target_range wanted = {0};
    size_t low = 0, high = t->sealed ? t->ranges : 0;
    plug__ip ip;

    if (!plug__ip_of_addr(addr, &ip, &wanted.scope))
        return -ENOENT;
    wanted.high = (uint64_t)(ip >> 64);
    wanted.low = (uint64_t)ip;
    while (low < high) { /* the first range that begins behind it */
        size_t middle = low + (high - low) / 2;

        if (range_order(&t->range[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return -ENOENT;
    const struct plug__target_range *r = &t->range[low - 1];
    if (r->scope != wanted.scope || ip - range_ip(r) >= r->count)
        return -ENOENT;
    *ret_i = r->start + (uint32_t)(ip - range_ip(r));
    return 0;
}

const char *plug_targets_name(const struct plug_targets *t, uint32_t i)
{
    struct plug__target_name wanted = {0};
    size_t low = 0, high = t->names;

    PLUG_ASSERT(i < t->count, "a number of the set is needed");
    const struct plug__target_range *r = range_of(t, i);
    plug__ip ip = range_ip(r) + (i - r->start);
    wanted.high = (uint64_t)(ip >> 64);
    wanted.low = (uint64_t)ip;
    wanted.scope = r->scope;
    while (low < high) { /* the first name of it, if there is one */
        size_t middle = low + (high - low) / 2;

        if (name_order(&t->name[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == t->names)
        return NULL;
    const struct plug__target_name *n = &t->name[low];
    return n->high == wanted.high && n->low == wanted.low && n->scope == wanted.scope ? n->name
                                                                                      : NULL;
}
