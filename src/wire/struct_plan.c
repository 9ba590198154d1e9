/* SPDX-License-Identifier: MIT */
/* From a format text to a plan. */
#include "wire/struct_plan.h"
#include <plug/err.h>

/* What a format character means in one mode. */
struct plug__struct_code {
    uint8_t op, size, align;
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LITTLE(op) PLUG__OP_##op
#define BIG(op)    PLUG__OP_##op##_SWAP
#else
#define LITTLE(op) PLUG__OP_##op##_SWAP
#define BIG(op)    PLUG__OP_##op
#endif

/* What every mode has in common. */
#define BYTE_CODES                                                                                 \
    [' '] = {PLUG__OP_SPACE, 0, 0}, ['\t' ... '\r'] = {PLUG__OP_SPACE, 0, 0},                      \
    ['0' ... '9'] = {PLUG__OP_DIGIT, 0, 0}, ['x'] = {PLUG__OP_PAD, 1, 1},                          \
    ['c'] = {PLUG__OP_CHAR, 1, 1}, ['b'] = {PLUG__OP_I8, 1, 1}, ['B'] = {PLUG__OP_U8, 1, 1},       \
    ['?'] = {PLUG__OP_BOOL, 1, 1}, ['s'] = {PLUG__OP_STRING, 1, 1},                                \
    ['p'] = {PLUG__OP_PASCAL, 1, 1}

#define STANDARD_CODES(ORDER)                                                                      \
    {                                                                                              \
        BYTE_CODES,                                                                                \
            ['h'] = {ORDER(I16), 2, 1}, ['H'] = {ORDER(U16), 2, 1}, ['e'] = {ORDER(F16), 2, 1},    \
            ['i'] = {ORDER(I32), 4, 1}, ['I'] = {ORDER(U32), 4, 1}, ['l'] = {ORDER(I32), 4, 1},    \
            ['L'] = {ORDER(U32), 4, 1}, ['q'] = {ORDER(I64), 8, 1}, ['Q'] = {ORDER(U64), 8, 1},    \
            ['f'] = {ORDER(F32), 4, 1}, ['d'] = {ORDER(F64), 8, 1},                                \
            ['n'] = {PLUG__OP_NATIVE_ONLY, 0, 0}, ['N'] = {PLUG__OP_NATIVE_ONLY, 0, 0}, ['P'] = {  \
                PLUG__OP_NATIVE_ONLY,                                                              \
                0,                                                                                 \
                0                                                                                  \
            }                                                                                      \
    }

/* Alignment inside a struct, which on some machines is less than that of a variable. */
#define ALIGN(type)                                                                                \
    offsetof(                                                                                      \
        struct {                                                                                   \
            char c;                                                                                \
            type x;                                                                                \
        },                                                                                         \
        x)
#define NATIVE(op, type)                                                                           \
    {                                                                                              \
        PLUG__OP_##op, sizeof(type), ALIGN(type)                                                   \
    }
#define NATIVE_BY_SIZE(sign, type)                                                                 \
    {                                                                                              \
        sizeof(type) == 8 ? PLUG__OP_##sign##64 : PLUG__OP_##sign##32, sizeof(type), ALIGN(type)   \
    }

static const struct plug__struct_code codes_native[256] = {
    BYTE_CODES,
    ['h'] = NATIVE(I16, short),
    ['H'] = NATIVE(U16, unsigned short),
    ['i'] = NATIVE(I32, int),
    ['I'] = NATIVE(U32, unsigned),
    ['l'] = NATIVE_BY_SIZE(I, long),
    ['L'] = NATIVE_BY_SIZE(U, unsigned long),
    ['q'] = NATIVE(I64, long long),
    ['Q'] = NATIVE(U64, unsigned long long),
    ['n'] = NATIVE_BY_SIZE(I, ssize_t),
    ['N'] = NATIVE_BY_SIZE(U, size_t),
    ['P'] = {PLUG__OP_POINTER, sizeof(void *), ALIGN(void *)},
    ['e'] = NATIVE(F16, short),
    ['f'] = NATIVE(F32, float),
    ['d'] = NATIVE(F64, double),
};
static const struct plug__struct_code codes_little[256] = STANDARD_CODES(LITTLE);
static const struct plug__struct_code codes_big[256] = STANDARD_CODES(BIG);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define codes_host codes_little
#else
#define codes_host codes_big
#endif

/* Tells where in the text the reader stopped. */
static int fail(struct plug_struct_error *ret_error, int code, const struct plug__struct_reader *r,
                const char *at)
{
    return plug__struct_fail_format(ret_error, code, *r->at, (size_t)(at - r->text));
}

static inline void reader_init(struct plug__struct_reader *r, const char *text)
{
    *r = (struct plug__struct_reader){.text = text, .at = text + 1};
    switch (*text) {
    case '<':
        r->codes = codes_little;
        break;
    case '>':
    case '!':
        r->codes = codes_big;
        break;
    case '=':
        r->codes = codes_host;
        break;
    case '@':
        r->codes = codes_native;
        break;
    default:
        r->codes = codes_native;
        r->at = text;
    }
}

/* The repeat count at r->at. 0, or PLUG_ESTRUCT_OVERFLOW, PLUG_ESTRUCT_REPEAT. */
static int read_repeat(struct plug__struct_reader *r, size_t *ret_repeat)
{
    size_t n = 0;
    for (; *r->at >= '0' && *r->at <= '9'; r->at++) {
        size_t digit = (size_t)(*r->at - '0');
        if (n > (SSIZE_MAX - digit) / 10)
            return PLUG_ESTRUCT_OVERFLOW;
        n = n * 10 + digit;
    }
    if (!*r->at)
        return PLUG_ESTRUCT_REPEAT;
    *ret_repeat = n;
    return 0;
}

/* Gives a part its place behind what there is. false: the record becomes too large. */
static inline bool place(struct plug__struct_reader *r, struct plug__struct_code code,
                         struct plug__struct_part *part)
{
    size_t offset = (r->size + code.align - 1) & ~((size_t)code.align - 1);
    size_t bytes;
    if (__builtin_mul_overflow(part->repeat, (size_t)code.size, &bytes) || offset > SSIZE_MAX ||
        bytes > SSIZE_MAX - offset)
        return false;
    part->op = code.op;
    part->item_size = code.size;
    part->offset = offset;
    part->padding = offset - r->end;
    part->first = r->count;
    size_t items = plug__struct_part_items(part);
    r->count += items;
    r->size = offset + bytes;
    if (items)
        r->end = r->size;
    return true;
}

static inline int reader_next(struct plug__struct_reader *r, struct plug__struct_part *part,
                              struct plug_struct_error *ret_error)
{
    struct plug__struct_code code = r->codes[(uint8_t)*r->at];
    while (code.op == PLUG__OP_SPACE)
        code = r->codes[(uint8_t) * ++r->at];
    if (!*r->at)
        return 0;
    const char *start = r->at;
    part->repeat = 1;
    if (code.op == PLUG__OP_DIGIT) {
        int err = read_repeat(r, &part->repeat);
        if (err < 0)
            return fail(ret_error, err, r, start);
        code = r->codes[(uint8_t)*r->at];
    }
    if (PLUG__UNLIKELY(code.op < PLUG__OP_PAD)) {
        int err = code.op == PLUG__OP_NATIVE_ONLY ? PLUG_ESTRUCT_NATIVE : PLUG_ESTRUCT_FORMAT;
        return fail(ret_error, err, r, r->at);
    }
    if (PLUG__UNLIKELY(!place(r, code, part)))
        return fail(ret_error, PLUG_ESTRUCT_OVERFLOW, r, start);
    part->code = *r->at;
    part->at = (uint32_t)(r->at - r->text);
    r->at++;
    return 1;
}

void plug__struct_reader_init(struct plug__struct_reader *r, const char *text)
{
    reader_init(r, text);
}

int plug__struct_reader_next(struct plug__struct_reader *r, struct plug__struct_part *ret_part,
                             struct plug_struct_error *ret_error)
{
    return reader_next(r, ret_part, ret_error);
}

/* Adds to the last run what continues it, and begins a new one with the rest. */
static inline void add_run(struct plug__struct_plan *plan, struct plug__struct_run *last,
                           uint8_t op, size_t offset, size_t count)
{
    if (last->op == op && op < PLUG__OP_STRING) {
        last->count += count;
        if (plan->run_count <= plan->run_room)
            plan->run[plan->run_count - 1].count = last->count;
        return;
    }
    *last = (struct plug__struct_run){.offset = offset, .count = count, .op = op};
    if (plan->run_count < plan->run_room)
        plan->run[plan->run_count] = *last;
    plan->run_count++;
}

int plug__struct_plan_make(struct plug__struct_plan *plan, struct plug_struct_error *ret_error)
{
    struct plug__struct_reader r;
    struct plug__struct_part part;
    struct plug__struct_run last = {.op = PLUG__OP_BAD};
    int got;
    plan->run_count = plan->part_count = 0;
    reader_init(&r, plan->text);
    for (size_t end = 0; (got = reader_next(&r, &part, ret_error)) > 0; end = r.size) {
        if (part.offset > end)
            add_run(plan, &last, PLUG__OP_PAD, end, part.offset - end);
        if (part.repeat || part.op >= PLUG__OP_STRING)
            add_run(plan, &last, part.op, part.offset, part.repeat);
        if (plug__struct_part_items(&part) && plan->part_count++ < plan->part_room)
            plan->part[plan->part_count - 1] = part;
    }
    if (got < 0)
        return got;
    if ((size_t)(r.at - r.text) > PLUG_STRUCT_FORMAT_MAX)
        return fail(ret_error, PLUG_ELIMIT, &r, r.text);
    plan->size = r.size;
    plan->count = r.count;
    return 0;
}

void plug__struct_plan_find(const struct plug__struct_plan *plan, size_t item,
                            struct plug__struct_part *ret_part)
{
    struct plug__struct_reader r;
    reader_init(&r, plan->text);
    while (reader_next(&r, ret_part, NULL) > 0 && r.count <= item)
        ;
}
