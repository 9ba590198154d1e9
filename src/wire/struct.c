/* SPDX-License-Identifier: MIT */
/* plug_struct: compiled formats, and formats read on each call. */
#include "wire/struct_plan.h"
#include <plug/alloc.h>
#include <plug/err.h>

struct plug_struct {
    struct plug__struct_plan plan;
    /* the runs, the parts and the text follow in the same block */
};

/* --- a format that has more runs than fit the stack: executed part by part ----------------------
 */

enum job { PACK, UNPACK, CHECK, STORE };

/* The items of one executor; those that a job does not use are NULL. */
struct items {
    const struct plug_value *in;
    struct plug_value *out;
    const struct plug_ref *refs;
};

/* The index of the item that does not suit, or -1. Writes to base only when packing. */
static ssize_t run_part(enum job job, const struct plug__struct_part *part, struct items items,
                        uint8_t *base)
{
    struct plug__struct_run run = {part->offset, part->repeat, part->op};
    const struct plug_value *v = NULL;
    const struct plug_ref *ref = NULL;
    switch (job) {
    case PACK:
        v = plug__struct_run_pack(&run, &run + 1, items.in + part->first, base);
        return v ? v - items.in : -1;
    case UNPACK:
        plug__struct_run_unpack(&run, &run + 1, base, items.out + part->first);
        return -1;
    case CHECK:
        ref = plug__struct_run_check(&run, &run + 1, base, items.refs + part->first);
        return ref ? ref - items.refs : -1;
    default:
        plug__struct_run_store(&run, &run + 1, base, items.refs + part->first);
        return -1;
    }
}

static ssize_t run_parts(enum job job, const struct plug__struct_plan *plan, struct items items,
                         uint8_t *base)
{
    struct plug__struct_reader r;
    struct plug__struct_part part;
    ssize_t bad = -1;
    if (job == PACK)
        memset(base, 0, plan->size);
    plug__struct_reader_init(&r, plan->text);
    while (bad < 0 && plug__struct_reader_next(&r, &part, NULL) > 0)
        if (plug__struct_part_items(&part))
            bad = run_part(job, &part, items, base);
    return bad;
}

/* --- one record --------------------------------------------------------------------------------
 */

static inline bool is_whole(const struct plug__struct_plan *plan)
{
    return PLUG__LIKELY(plan->run_count <= plan->run_room);
}

static inline ssize_t pack(const struct plug__struct_plan *plan, const struct plug_value *values,
                           uint8_t *base, struct plug_struct_error *ret_error)
{
    ssize_t at = -1;
    if (is_whole(plan)) {
        const struct plug_value *bad =
            plug__struct_run_pack(plan->run, plan->run + plan->run_count, values, base);
        if (PLUG__UNLIKELY(bad))
            at = bad - values;
    } else {
        at = run_parts(PACK, plan, (struct items){.in = values}, base);
    }
    if (PLUG__UNLIKELY(at >= 0))
        return plug__struct_fail_value(ret_error, plan, (size_t)at, &values[at]);
    return (ssize_t)plan->size;
}

static inline ssize_t unpack(const struct plug__struct_plan *plan, const uint8_t *base,
                             struct plug_value *values)
{
    if (is_whole(plan))
        plug__struct_run_unpack(plan->run, plan->run + plan->run_count, base, values);
    else
        run_parts(UNPACK, plan, (struct items){.out = values}, (uint8_t *)base);
    return (ssize_t)plan->count;
}

static inline ssize_t unpack_refs(const struct plug__struct_plan *plan, const uint8_t *base,
                                  const struct plug_ref *refs, struct plug_struct_error *ret_error)
{
    const struct plug__struct_run *end = plan->run + plan->run_count;
    struct items items = {.refs = refs};
    ssize_t at = -1;
    if (is_whole(plan)) {
        const struct plug_ref *bad = plug__struct_run_check(plan->run, end, base, refs);
        if (PLUG__UNLIKELY(bad))
            at = bad - refs;
    } else {
        at = run_parts(CHECK, plan, items, (uint8_t *)base);
    }
    if (PLUG__UNLIKELY(at >= 0))
        return plug__struct_fail_ref(ret_error, plan, (size_t)at, &refs[at]);
    if (is_whole(plan))
        plug__struct_run_store(plan->run, end, base, refs);
    else
        run_parts(STORE, plan, items, (uint8_t *)base);
    return (ssize_t)plan->count;
}

/* --- what has to be so before a record is touched ----------------------------------------------
 */

#define FAIL_COUNT(step, actual)                                                                   \
    plug__struct_fail_count(ret_error, PLUG_STRUCT_STEP_##step, plan->count, actual)
#define FAIL_SIZE(step)                                                                            \
    plug__struct_fail_place(ret_error, PLUG_ESTRUCT_SIZE, PLUG_STRUCT_STEP_##step, plan->size,     \
                            len, 0)

/* Where a record at offset begins, in Python's way of counting; the record then fits. */
static ssize_t place(const struct plug__struct_plan *plan, size_t len, ptrdiff_t offset,
                     enum plug_struct_step step, struct plug_struct_error *ret_error)
{
    size_t size = plan->size;
    if (offset < 0) {
        size_t back = -(size_t)offset;
        if (back < size || back > len)
            return plug__struct_fail_place(ret_error, PLUG_ESTRUCT_OFFSET, step, size, len, offset);
        return (ssize_t)(len - back);
    }
    if ((size_t)offset > len || len - (size_t)offset < size)
        return plug__struct_fail_place(ret_error, PLUG_ESTRUCT_SIZE, step, size, len, offset);
    return offset;
}

static inline ssize_t pack_first(const struct plug__struct_plan *plan,
                                 const struct plug_value *values, size_t count, void *buf,
                                 size_t len, struct plug_struct_error *ret_error)
{
    if (PLUG__UNLIKELY(count != plan->count))
        return FAIL_COUNT(PACK, count);
    if (PLUG__UNLIKELY(len < plan->size))
        return FAIL_SIZE(PACK);
    return pack(plan, values, buf, ret_error);
}

static ssize_t pack_at(const struct plug__struct_plan *plan, const struct plug_value *values,
                       size_t count, void *buf, size_t len, ptrdiff_t offset,
                       struct plug_struct_error *ret_error)
{
    if (count != plan->count)
        return FAIL_COUNT(PACK_INTO, count);
    ssize_t at = place(plan, len, offset, PLUG_STRUCT_STEP_PACK_INTO, ret_error);
    return at < 0 ? at : pack(plan, values, (uint8_t *)buf + at, ret_error);
}

static inline ssize_t unpack_all(const struct plug__struct_plan *plan, const void *buf, size_t len,
                                 struct plug_value *ret_values, size_t room,
                                 struct plug_struct_error *ret_error)
{
    if (PLUG__UNLIKELY(len != plan->size))
        return FAIL_SIZE(UNPACK);
    if (PLUG__UNLIKELY(room < plan->count))
        return FAIL_COUNT(UNPACK, room);
    return unpack(plan, buf, ret_values);
}

static ssize_t unpack_at(const struct plug__struct_plan *plan, const void *buf, size_t len,
                         ptrdiff_t offset, struct plug_value *ret_values, size_t room,
                         struct plug_struct_error *ret_error)
{
    ssize_t at = place(plan, len, offset, PLUG_STRUCT_STEP_UNPACK_FROM, ret_error);
    if (at < 0)
        return at;
    if (room < plan->count)
        return FAIL_COUNT(UNPACK_FROM, room);
    return unpack(plan, (const uint8_t *)buf + at, ret_values);
}

static inline ssize_t unpack_all_refs(const struct plug__struct_plan *plan, const void *buf,
                                      size_t len, const struct plug_ref *refs, size_t count,
                                      struct plug_struct_error *ret_error)
{
    if (PLUG__UNLIKELY(len != plan->size))
        return FAIL_SIZE(UNPACK);
    if (PLUG__UNLIKELY(count != plan->count))
        return FAIL_COUNT(UNPACK, count);
    return unpack_refs(plan, buf, refs, ret_error);
}

/* --- compiled ----------------------------------------------------------------------------------
 */

/* One block for the object, its runs, its parts and its text, sized by a first reading. */
static int compile(struct plug_struct **ret_struct, const char *text,
                   struct plug_struct_error *ret_error)
{
    struct plug__struct_plan plan = {.text = text};
    int err = plug__struct_plan_make(&plan, ret_error);
    if (err < 0)
        return err;
    size_t text_size = strlen(text) + 1;
    size_t runs = plan.run_count * sizeof *plan.run, parts = plan.part_count * sizeof *plan.part;
    struct plug_struct *s = plug_alloc(sizeof *s + runs + parts + text_size);
    if (!s)
        return plug__struct_fail_format(ret_error, -ENOMEM, 0, 0);
    plan.run = (struct plug__struct_run *)(s + 1);
    plan.part = (struct plug__struct_part *)(plan.run + plan.run_count);
    plan.text = memcpy(plan.part + plan.part_count, text, text_size);
    plan.run_room = plan.run_count;
    plan.part_room = plan.part_count;
    s->plan = plan;
    err = plug__struct_plan_make(&s->plan, NULL);
    *ret_struct = s;
    return err;
}

int plug_struct_open(struct plug_struct **ret_struct, const char *format,
                     struct plug_struct_error *ret_error)
{
    return compile(ret_struct, format, ret_error);
}

int plug_struct_open_len(struct plug_struct **ret_struct, const char *format, size_t len,
                         struct plug_struct_error *ret_error)
{
    if (len > PLUG_STRUCT_FORMAT_MAX)
        return plug__struct_fail_format(ret_error, PLUG_ELIMIT, 0, 0);
    const char *nul = memchr(format, '\0', len);
    if (nul)
        return plug__struct_fail_format(ret_error, PLUG_ESTRUCT_FORMAT, '\0',
                                        (size_t)(nul - format));
    char *text = plug_alloc(len + 1);
    if (!text)
        return plug__struct_fail_format(ret_error, -ENOMEM, 0, 0);
    memcpy(text, format, len);
    text[len] = '\0';
    int err = compile(ret_struct, text, ret_error);
    plug_free(text);
    return err;
}

void plug_struct_close(struct plug_struct *s)
{
    plug_free(s);
}

const char *plug_struct_format(const struct plug_struct *s)
{
    return s->plan.text;
}

size_t plug_struct_size(const struct plug_struct *s)
{
    return s->plan.size;
}

size_t plug_struct_count(const struct plug_struct *s)
{
    return s->plan.count;
}

int plug_struct_item(const struct plug_struct *s, size_t i, struct plug_struct_item *ret_item)
{
    if (i >= s->plan.count)
        return -EINVAL;
    size_t low = 0, high = s->plan.part_count;
    while (high - low > 1) { /* part[low].first <= i < part[high].first */
        size_t middle = low + (high - low) / 2;
        if (s->plan.part[middle].first <= i)
            low = middle;
        else
            high = middle;
    }
    const struct plug__struct_part *part = &s->plan.part[low];
    size_t nth = i - part->first;
    *ret_item = (struct plug_struct_item){
        .code = part->code,
        .offset = part->offset + nth * part->item_size,
        .size = part->op >= PLUG__OP_STRING ? part->repeat : part->item_size,
        .repeat = part->repeat,
        .padding = nth ? 0 : part->padding,
        .format_offset = part->at,
    };
    return 0;
}

ssize_t plug_struct_pack(const struct plug_struct *s, const struct plug_value *values, size_t count,
                         void *buf, size_t len, struct plug_struct_error *ret_error)
{
    return pack_first(&s->plan, values, count, buf, len, ret_error);
}

ssize_t plug_struct_pack_into(const struct plug_struct *s, const struct plug_value *values,
                              size_t count, void *buf, size_t len, ptrdiff_t offset,
                              struct plug_struct_error *ret_error)
{
    return pack_at(&s->plan, values, count, buf, len, offset, ret_error);
}

ssize_t plug_struct_unpack(const struct plug_struct *s, const void *buf, size_t len,
                           struct plug_value *ret_values, size_t room,
                           struct plug_struct_error *ret_error)
{
    return unpack_all(&s->plan, buf, len, ret_values, room, ret_error);
}

ssize_t plug_struct_unpack_from(const struct plug_struct *s, const void *buf, size_t len,
                                ptrdiff_t offset, struct plug_value *ret_values, size_t room,
                                struct plug_struct_error *ret_error)
{
    return unpack_at(&s->plan, buf, len, offset, ret_values, room, ret_error);
}

ssize_t plug_struct_unpack_refs(const struct plug_struct *s, const void *buf, size_t len,
                                const struct plug_ref *refs, size_t count,
                                struct plug_struct_error *ret_error)
{
    return unpack_all_refs(&s->plan, buf, len, refs, count, ret_error);
}

int plug_struct_iter_init(struct plug_struct_iter *ret_iter, const struct plug_struct *s,
                          const void *buf, size_t len, struct plug_struct_error *ret_error)
{
    const struct plug__struct_plan *plan = &s->plan;
    if (!plan->size || len % plan->size)
        return FAIL_SIZE(ITERATE);
    *ret_iter = (struct plug_struct_iter){s, buf, (const uint8_t *)buf + len};
    return 0;
}

int plug_struct_iter_next(struct plug_struct_iter *iter, struct plug_value *ret_values, size_t room,
                          struct plug_struct_error *ret_error)
{
    const struct plug__struct_plan *plan = &iter->s->plan;
    if (iter->at == iter->end)
        return 0;
    if (room < plan->count)
        return FAIL_COUNT(ITERATE, room);
    unpack(plan, iter->at, ret_values);
    iter->at += plan->size;
    return 1;
}

/* --- read on each call -------------------------------------------------------------------------
 */

/* 3 KiB of stack, of which a call touches what the format needs. */
#define STACK_RUNS 128

/* Declares a plan of the caller's format, or returns the error of it. */
#define PLAN(name)                                                                                 \
    struct plug__struct_run runs[STACK_RUNS];                                                      \
    struct plug__struct_plan name = {.text = format, .run = runs, .run_room = STACK_RUNS};         \
    int bad_format = plug__struct_plan_make(&name, ret_error);                                     \
    if (PLUG__UNLIKELY(bad_format < 0))                                                            \
    return bad_format

ssize_t plug_calcsize(const char *format, struct plug_struct_error *ret_error)
{
    struct plug__struct_plan plan = {.text = format};
    int err = plug__struct_plan_make(&plan, ret_error);
    return err < 0 ? err : (ssize_t)plan.size;
}

ssize_t plug_pack(const char *format, const struct plug_value *values, size_t count, void *buf,
                  size_t len, struct plug_struct_error *ret_error)
{
    PLAN(plan);
    return pack_first(&plan, values, count, buf, len, ret_error);
}

ssize_t plug_pack_into(const char *format, const struct plug_value *values, size_t count, void *buf,
                       size_t len, ptrdiff_t offset, struct plug_struct_error *ret_error)
{
    PLAN(plan);
    return pack_at(&plan, values, count, buf, len, offset, ret_error);
}

ssize_t plug_unpack(const char *format, const void *buf, size_t len, struct plug_value *ret_values,
                    size_t room, struct plug_struct_error *ret_error)
{
    PLAN(plan);
    return unpack_all(&plan, buf, len, ret_values, room, ret_error);
}

ssize_t plug_unpack_from(const char *format, const void *buf, size_t len, ptrdiff_t offset,
                         struct plug_value *ret_values, size_t room,
                         struct plug_struct_error *ret_error)
{
    PLAN(plan);
    return unpack_at(&plan, buf, len, offset, ret_values, room, ret_error);
}

ssize_t plug_unpack_refs(const char *format, const void *buf, size_t len,
                         const struct plug_ref *refs, size_t count,
                         struct plug_struct_error *ret_error)
{
    PLAN(plan);
    return unpack_all_refs(&plan, buf, len, refs, count, ret_error);
}
