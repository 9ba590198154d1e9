/* SPDX-License-Identifier: MIT */
/* plug_struct: compiled formats, and formats read on each call. */
#include "wire/struct_plan.h"
#include <plug/alloc.h>
#include <plug/err.h>

/* --- a format that has more runs than fit the stack: executed part by part ----------------- */

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
    struct plug__struct_run run = {.count = part->repeat, .op = part->op};
    uint8_t *p = base + part->offset;
    const struct plug_value *v = NULL;
    const struct plug_ref *ref = NULL;
    switch (job) {
    case PACK:
        v = plug__struct_run_pack(&run, &run + 1, items.in + part->first, p);
        return v ? v - items.in : -1;
    case UNPACK:
        plug__struct_run_unpack(&run, &run + 1, p, items.out + part->first);
        return -1;
    case CHECK:
        ref = plug__struct_run_check(&run, &run + 1, items.refs + part->first);
        return ref ? ref - items.refs : -1;
    default:
        plug__struct_run_store(&run, &run + 1, p, items.refs + part->first);
        return -1;
    }
}

static ssize_t run_parts(enum job job, const struct plug_struct *s, struct items items,
                         uint8_t *base)
{
    struct plug__struct_reader r;
    struct plug__struct_part part;
    ssize_t bad = -1;
    if (job == PACK)
        memset(base, 0, s->size);
    plug__struct_reader_init(&r, s->text);
    while (bad < 0 && plug__struct_reader_next(&r, &part))
        bad = run_part(job, &part, items, base);
    return bad;
}

/* --- one record ---------------------------------------------------------------------------- */

static inline bool is_whole(const struct plug_struct *s)
{
    return PLUG__LIKELY(s->run_count <= s->run_room);
}

ssize_t plug__struct_pack(const struct plug_struct *s, const struct plug_value *values,
                          size_t count, void *buf, size_t len, struct plug_struct_error *ret_error)
{
    const struct plug__struct_run *end = s->run + s->run_count;
    const struct plug_value *bad;
    ssize_t at = -1;
    if (count != s->count)
        return plug__struct_fail_count(ret_error, PLUG_STRUCT_STEP_PACK, s->count, count);
    if (len < s->size)
        return plug__struct_fail_place(ret_error, PLUG_ESTRUCT_SIZE, PLUG_STRUCT_STEP_PACK, s->size,
                                       len, 0);
    if (!is_whole(s))
        at = run_parts(PACK, s, (struct items){.in = values}, buf);
    else if ((bad = plug__struct_run_pack(s->run, end, values, buf)))
        at = bad - values;
    if (at >= 0)
        return plug__struct_fail_value(ret_error, s, (size_t)at, &values[at]);
    return (ssize_t)s->size;
}

ssize_t plug__struct_unpack(const struct plug_struct *s, const void *buf, size_t len,
                            struct plug_value *ret_values, size_t room,
                            struct plug_struct_error *ret_error)
{
    if (len != s->size)
        return plug__struct_fail_place(ret_error, PLUG_ESTRUCT_SIZE, PLUG_STRUCT_STEP_UNPACK,
                                       s->size, len, 0);
    if (room < s->count)
        return plug__struct_fail_count(ret_error, PLUG_STRUCT_STEP_UNPACK, s->count, room);
    if (is_whole(s))
        plug__struct_run_unpack(s->run, s->run + s->run_count, buf, ret_values);
    else
        run_parts(UNPACK, s, (struct items){.out = ret_values}, (uint8_t *)buf);
    return (ssize_t)s->count;
}

static ssize_t unpack_refs(const struct plug_struct *s, const uint8_t *base,
                           const struct plug_ref *refs, struct plug_struct_error *ret_error)
{
    const struct plug__struct_run *end = s->run + s->run_count;
    struct items items = {.refs = refs};
    const struct plug_ref *bad;
    ssize_t at = -1;
    if (!is_whole(s))
        at = run_parts(CHECK, s, items, (uint8_t *)base);
    else if (PLUG__UNLIKELY((bad = plug__struct_run_check(s->run, end, refs))))
        at = bad - refs;
    if (PLUG__UNLIKELY(at >= 0))
        return plug__struct_fail_ref(ret_error, s, (size_t)at, &refs[at]);
    if (is_whole(s))
        plug__struct_run_store(s->run, end, base, refs);
    else
        run_parts(STORE, s, items, (uint8_t *)base);
    return (ssize_t)s->count;
}

/* --- where a record is --------------------------------------------------------------------- */

/* Where a record at offset begins, in Python's way of counting; the record then fits. */
static ssize_t place(const struct plug_struct *s, size_t len, ptrdiff_t offset,
                     enum plug_struct_step step, struct plug_struct_error *ret_error)
{
    size_t size = s->size;
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

/* --- compiled ------------------------------------------------------------------------------ */

static size_t read_parts(const char *text, struct plug__struct_part *ret_parts)
{
    struct plug__struct_reader r;
    struct plug__struct_part part;
    size_t n = 0;
    plug__struct_reader_init(&r, text);
    for (; plug__struct_reader_next(&r, &part); n++)
        if (ret_parts)
            ret_parts[n] = part;
    return n;
}

/* One block for the object, its parts, its runs and its text, sized by a first reading. */
static int compile(struct plug_struct **ret_struct, const char *text,
                   struct plug_struct_error *ret_error)
{
    struct plug_struct plan = {.text = text};
    int err = plug__struct_plan(&plan, ret_error);
    if (err < 0)
        return err;
    plan.part_count = read_parts(text, NULL);
    size_t parts = plan.part_count * sizeof *plan.part, runs = plan.run_count * sizeof *plan.run;
    size_t text_size = strlen(text) + 1;
    struct plug_struct *s = plug_alloc(sizeof *s + parts + runs + text_size);
    if (!s)
        return plug__struct_fail_format(ret_error, -ENOMEM, 0, 0);
    *s = plan;
    s->part = (struct plug__struct_part *)(s + 1);
    s->run = (struct plug__struct_run *)(s->part + plan.part_count);
    s->text = memcpy(s->run + plan.run_count, text, text_size);
    s->run_room = plan.run_count;
    read_parts(text, s->part);
    err = plug__struct_plan(s, NULL);
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
    return s->text;
}

size_t plug_struct_size(const struct plug_struct *s)
{
    return s->size;
}

size_t plug_struct_count(const struct plug_struct *s)
{
    return s->count;
}

int plug_struct_item(const struct plug_struct *s, size_t i, struct plug_struct_item *ret_item)
{
    if (i >= s->count)
        return -EINVAL;
    size_t low = 0, high = s->part_count;
    while (high - low > 1) { /* part[low].first <= i < part[high].first */
        size_t middle = low + (high - low) / 2;
        if (s->part[middle].first <= i)
            low = middle;
        else
            high = middle;
    }
    const struct plug__struct_part *part = &s->part[low];
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

ssize_t plug_struct_pack_into(const struct plug_struct *s, const struct plug_value *values,
                              size_t count, void *buf, size_t len, ptrdiff_t offset,
                              struct plug_struct_error *ret_error)
{
    if (count != s->count)
        return plug__struct_fail_count(ret_error, PLUG_STRUCT_STEP_PACK_INTO, s->count, count);
    ssize_t at = place(s, len, offset, PLUG_STRUCT_STEP_PACK_INTO, ret_error);
    if (at < 0)
        return at;
    return plug_struct_pack(s, values, count, (uint8_t *)buf + at, s->size, ret_error);
}

ssize_t plug_struct_unpack_from(const struct plug_struct *s, const void *buf, size_t len,
                                ptrdiff_t offset, struct plug_value *ret_values, size_t room,
                                struct plug_struct_error *ret_error)
{
    ssize_t at = place(s, len, offset, PLUG_STRUCT_STEP_UNPACK_FROM, ret_error);
    if (at < 0)
        return at;
    return plug_struct_unpack(s, (const uint8_t *)buf + at, s->size, ret_values, room, ret_error);
}

ssize_t plug_struct_unpack_refs(const struct plug_struct *s, const void *buf, size_t len,
                                const struct plug_ref *refs, size_t count,
                                struct plug_struct_error *ret_error)
{
    if (PLUG__UNLIKELY(len != s->size))
        return plug__struct_fail_place(ret_error, PLUG_ESTRUCT_SIZE, PLUG_STRUCT_STEP_UNPACK,
                                       s->size, len, 0);
    if (PLUG__UNLIKELY(count != s->count))
        return plug__struct_fail_count(ret_error, PLUG_STRUCT_STEP_UNPACK, s->count, count);
    return unpack_refs(s, buf, refs, ret_error);
}

int plug_struct_iter_init(struct plug_struct_iter *ret_iter, const struct plug_struct *s,
                          const void *buf, size_t len, struct plug_struct_error *ret_error)
{
    if (!s->size || len % s->size)
        return plug__struct_fail_place(ret_error, PLUG_ESTRUCT_SIZE, PLUG_STRUCT_STEP_ITERATE,
                                       s->size, len, 0);
    *ret_iter = (struct plug_struct_iter){s, buf, (const uint8_t *)buf + len};
    return 0;
}

int plug_struct_iter_next(struct plug_struct_iter *iter, struct plug_value *ret_values, size_t room,
                          struct plug_struct_error *ret_error)
{
    const struct plug_struct *s = iter->s;
    if (iter->at == iter->end)
        return 0;
    ssize_t n = plug_struct_unpack(s, iter->at, s->size, ret_values, room, ret_error);
    if (n < 0)
        return (int)n;
    iter->at += s->size;
    return 1;
}

/* --- read on each call --------------------------------------------------------------------- */

/* 2 KiB of stack, of which a call touches what the format needs. */
#define STACK_RUNS 128

/* Declares a plan of the caller's format, or returns the error of it. */
#define PLAN(s, text_, ret_error)                                                                  \
    struct plug__struct_run runs[STACK_RUNS];                                                      \
    struct plug_struct s;                                                                          \
    s.text = (text_);                                                                              \
    s.run = runs;                                                                                  \
    s.run_room = STACK_RUNS;                                                                       \
    int bad_format = plug__struct_plan(&s, ret_error);                                             \
    if (PLUG__UNLIKELY(bad_format < 0))                                                            \
    return bad_format

ssize_t plug_calcsize(const char *format, struct plug_struct_error *ret_error)
{
    struct plug_struct s = {.text = format};
    int err = plug__struct_measure(&s, ret_error);
    return err < 0 ? err : (ssize_t)s.size;
}

ssize_t plug__struct_pack_text(const char *format, const struct plug_value *values, size_t count,
                               void *buf, size_t len, struct plug_struct_error *ret_error)
{
    PLAN(s, format, ret_error);
    return plug_struct_pack(&s, values, count, buf, len, ret_error);
}

ssize_t plug__struct_unpack_text(const char *format, const void *buf, size_t len,
                                 struct plug_value *ret_values, size_t room,
                                 struct plug_struct_error *ret_error)
{
    PLAN(s, format, ret_error);
    return plug_struct_unpack(&s, buf, len, ret_values, room, ret_error);
}

ssize_t plug_pack_into(const char *format, const struct plug_value *values, size_t count, void *buf,
                       size_t len, ptrdiff_t offset, struct plug_struct_error *ret_error)
{
    PLAN(s, format, ret_error);
    return plug_struct_pack_into(&s, values, count, buf, len, offset, ret_error);
}

ssize_t plug_unpack_from(const char *format, const void *buf, size_t len, ptrdiff_t offset,
                         struct plug_value *ret_values, size_t room,
                         struct plug_struct_error *ret_error)
{
    PLAN(s, format, ret_error);
    return plug_struct_unpack_from(&s, buf, len, offset, ret_values, room, ret_error);
}

ssize_t plug_unpack_refs(const char *format, const void *buf, size_t len,
                         const struct plug_ref *refs, size_t count,
                         struct plug_struct_error *ret_error)
{
    PLAN(s, format, ret_error);
    return plug_struct_unpack_refs(&s, buf, len, refs, count, ret_error);
}
