/* SPDX-License-Identifier: MIT */
/* From a format text to a plan. */
#include "wire/struct_plan.h"
#include <plug/err.h>

/* Tells where in the text the reading stopped. */
static int fail(struct plug_struct_error *ret_error, int code, const char *text, const char *at)
{
    return plug__struct_fail_format(ret_error, code, *at, (size_t)(at - text));
}

/* The repeat count at *at, which is moved behind it. PLUG_ESTRUCT_OVERFLOW, PLUG_ESTRUCT_REPEAT. */
static int read_repeat(const char **at, size_t *ret_repeat)
{
    const char *p = *at;
    size_t n = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        size_t digit = (size_t)(*p - '0');
        if (n > (SSIZE_MAX - digit) / 10)
            return PLUG_ESTRUCT_OVERFLOW;
        n = n * 10 + digit;
    }
    if (!*p)
        return PLUG_ESTRUCT_REPEAT;
    *at = p;
    *ret_repeat = n;
    return 0;
}

/* A code with its repeat count; at is where the code stands. got: 1, 0 at the end, or an error. */
struct token {
    const char *at;
    size_t repeat;
    struct plug__struct_code code;
    int got;
};

/* Passed by value, so that all of it stays in registers where that matters. */
static inline struct token read_token(const char *at, const struct plug__struct_code *codes)
{
    struct token t = {.repeat = 1};
    while (codes[(uint8_t)*at].op == PLUG__OP_SPACE)
        at++;
    if (codes[(uint8_t)*at].op == PLUG__OP_DIGIT)
        t.got = read_repeat(&at, &t.repeat);
    t.at = at;
    t.code = codes[(uint8_t)*at];
    if (t.got < 0 || t.code.op == PLUG__OP_END)
        return t;
    t.got = 1;
    if (t.code.op < PLUG__OP_PAD)
        t.got = t.code.op == PLUG__OP_NATIVE_ONLY ? PLUG_ESTRUCT_NATIVE : PLUG_ESTRUCT_FORMAT;
    return t;
}

/* Where items of a code begin when the record has size bytes so far, and where they end. */
static inline bool place(size_t size, struct plug__struct_code code, size_t repeat,
                         size_t *ret_begin, size_t *ret_end)
{
    size_t bytes;
    *ret_begin = (size + code.mask) & ~(size_t)code.mask;
    return !__builtin_mul_overflow(repeat, (size_t)code.size, &bytes) &&
           !__builtin_add_overflow(*ret_begin, bytes, ret_end) && *ret_end <= SSIZE_MAX;
}

/* --- parts --------------------------------------------------------------------------------- */

void plug__struct_reader_init(struct plug__struct_reader *r, const char *text)
{
    *r = (struct plug__struct_reader){.text = text, .at = text};
    r->codes = plug__struct_order(&r->at);
}

bool plug__struct_reader_next(struct plug__struct_reader *r, struct plug__struct_part *ret_part)
{
    size_t begin, end;
    do {
        struct token t = read_token(r->at, r->codes);
        if (t.got <= 0 || !place(r->size, t.code, t.repeat, &begin, &end))
            return false;
        *ret_part = (struct plug__struct_part){
            .offset = begin,
            .repeat = t.repeat,
            .padding = begin - r->item_end,
            .first = r->count,
            .at = (uint32_t)(t.at - r->text),
            .code = *t.at,
            .op = t.code.op,
            .item_size = t.code.size,
        };
        r->at = t.at + 1;
        r->size = end;
    } while (plug__struct_part_items(ret_part) == 0);
    r->count += plug__struct_part_items(ret_part);
    r->item_end = r->size;
    return true;
}

void plug__struct_find(const struct plug_struct *s, size_t item, struct plug__struct_part *ret_part)
{
    struct plug__struct_reader r;
    plug__struct_reader_init(&r, s->text);
    while (plug__struct_reader_next(&r, ret_part) && r.count <= item)
        ;
}

/* --- runs ---------------------------------------------------------------------------------- */

/* The runs made so far; those that found no room are only counted. */
struct runs {
    struct plug__struct_run *run;
    size_t count, room;
    bool pack_slow, unpack_slow; /* the fast executors do not know one of them */
    /* the last one, not stored yet */
    size_t n;
    uint8_t op, padding;
};

/* The way to an item that is text, or that the fast executors do not know. */
static inline uint8_t special_jump(struct runs *runs)
{
    size_t n = runs->n;
    bool is_short = runs->op == PLUG__OP_STRING && n - 1 < 8;
    runs->pack_slow |= !is_short;
    runs->unpack_slow |= runs->op != PLUG__OP_STRING;
    if (is_short)
        return (uint8_t)(runs->padding ? PLUG__JUMP_PADDED(n) : PLUG__JUMP_STRING(n));
    return (uint8_t)PLUG__JUMP(runs->op);
}

static inline void store_last(struct runs *runs)
{
    size_t n = runs->n, way = n < PLUG__JUMP_WAYS ? n : PLUG__JUMP_WAYS;
    uint8_t jump = (uint8_t)(PLUG__JUMP(runs->op) + way - 1);
    if (runs->op == PLUG__OP_PAD)
        runs->pack_slow |= n > 16;
    if (PLUG__UNLIKELY(runs->op >= PLUG__OP_F16))
        jump = special_jump(runs);
    if (PLUG__LIKELY(runs->count < runs->room)) {
        struct plug__struct_run *run = &runs->run[runs->count];
        run->count = n;
        run->op = runs->op;
        run->padding = runs->padding;
        run->jump = jump;
    }
    runs->count++;
}

/* Adds to the last run what continues it, and begins a new one with anything else. */
static inline void add_run(struct runs *runs, uint8_t op, size_t n)
{
    if (runs->op == op && op < PLUG__OP_STRING) {
        runs->n += n;
        return;
    }
    if (runs->op != PLUG__OP_BAD)
        store_last(runs);
    runs->op = op;
    runs->n = n;
    runs->padding = 0;
}

/* Padding that fills a short string up to 4 or 8 bytes is packed with it. */
static inline void add_padding(struct runs *runs, size_t n)
{
    if (PLUG__UNLIKELY(runs->op == PLUG__OP_STRING && runs->n && !runs->padding) && runs->n < 8 &&
        n == (runs->n < 4 ? 4 : 8) - runs->n)
        runs->padding = (uint8_t)n;
    else
        add_run(runs, PLUG__OP_PAD, n);
}

static inline void add_items(struct runs *runs, uint8_t op, size_t repeat)
{
    if (op == PLUG__OP_PAD) {
        if (repeat)
            add_padding(runs, repeat);
    } else if (repeat || op >= PLUG__OP_STRING) {
        add_run(runs, op, repeat);
    }
}

/* Places the items of a token behind what there is. false: the record becomes too large. */
static inline bool add_token(struct plug_struct *s, struct runs *runs,
                             struct plug__struct_code code, size_t repeat)
{
    size_t begin, end;
    if (PLUG__UNLIKELY(!place(s->size, code, repeat, &begin, &end)))
        return false;
    if (runs) {
        if (PLUG__UNLIKELY(begin != s->size))
            add_padding(runs, begin - s->size);
        add_items(runs, code.op, repeat);
    }
    s->size = end;
    if (code.op >= PLUG__OP_STRING)
        s->count++;
    else if (code.op != PLUG__OP_PAD)
        s->count += repeat;
    return true;
}

/* Reads all of s->text: size, count, and the runs where they are wanted. */
static inline int read_format(struct plug_struct *s, struct runs *runs,
                              struct plug_struct_error *ret_error)
{
    const char *at = s->text;
    const struct plug__struct_code *codes = plug__struct_order(&at);
    struct token t;
    s->size = s->count = 0;
    for (; (t = read_token(at, codes)).got > 0; at = t.at + 1)
        if (PLUG__UNLIKELY(!add_token(s, runs, t.code, t.repeat)))
            return fail(ret_error, PLUG_ESTRUCT_OVERFLOW, s->text, at);
    if (PLUG__UNLIKELY(t.got < 0))
        return fail(ret_error, t.got, s->text, t.at);
    if (PLUG__UNLIKELY((size_t)(t.at - s->text) > PLUG_STRUCT_FORMAT_MAX))
        return fail(ret_error, PLUG_ELIMIT, s->text, s->text);
    return 0;
}

/* Not inline, so that those who call it last need no frame for it. */
static __attribute__((noinline)) int measure_with_care(struct plug_struct *s,
                                                       struct plug_struct_error *ret_error)
{
    return read_format(s, NULL, ret_error);
}

static inline size_t add_size(size_t size, const struct plug__struct_code *code, size_t n,
                              bool align)
{
    if (align)
        size = (size + code->mask) & ~(size_t)code->mask;
    return size + n * code->size;
}

/* Most formats are far from every limit; then no step needs to watch for overflow. */
static inline __attribute__((always_inline)) int measure(struct plug_struct *s, const char *at,
                                                         const struct plug__struct_code *codes,
                                                         struct plug_struct_error *ret_error)
{
    const size_t far = SSIZE_MAX / 2;
    const bool align = codes == plug__struct_codes_native;
    const struct plug__struct_code *code;
    size_t size = 0, count = 0;
    for (;; at++) {
        for (; PLUG__LIKELY((code = &codes[(uint8_t)*at])->op >= PLUG__OP_PAD); at++) {
            size = add_size(size, code, 1, align);
            count += code->items;
        }
        if (code->op == PLUG__OP_DIGIT) {
            at++;
            size_t n = plug__struct_repeat(&at);
            code = &codes[(uint8_t)*at];
            if (code->op < PLUG__OP_PAD || size > far)
                return measure_with_care(s, ret_error);
            size = add_size(size, code, n, align);
            count += code->op >= PLUG__OP_STRING ? 1 : n * code->items;
        } else if (code->op == PLUG__OP_END) {
            break;
        } else if (code->op != PLUG__OP_SPACE) {
            return measure_with_care(s, ret_error);
        }
    }
    if (PLUG__UNLIKELY((size_t)(at - s->text) > PLUG_STRUCT_FORMAT_MAX))
        return measure_with_care(s, ret_error);
    s->size = size;
    s->count = count;
    return 0;
}

int plug__struct_measure(struct plug_struct *s, struct plug_struct_error *ret_error)
{
    const char *at = s->text;
    const struct plug__struct_code *codes = plug__struct_order(&at);
    if (codes == plug__struct_codes_native) /* one copy aligns, the other needs not */
        return measure(s, at, plug__struct_codes_native, ret_error);
    return measure(s, at, codes, ret_error);
}

int plug__struct_plan(struct plug_struct *s, struct plug_struct_error *ret_error)
{
    struct runs runs = {.run = s->run, .room = s->run_room};
    int err = read_format(s, &runs, ret_error);
    if (err < 0)
        return err;
    if (runs.op != PLUG__OP_BAD)
        store_last(&runs);
    bool is_whole = runs.count - 1 < runs.room; /* and there are some */
    s->run_count = runs.count;
    s->last = is_whole ? &s->run[runs.count - 1] : NULL;
    s->pack_count = is_whole && !runs.pack_slow ? s->count : SIZE_MAX;
    s->unpack_size = is_whole && !runs.unpack_slow ? s->size : SIZE_MAX;
    return 0;
}
