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

/* Tells where in the text the reading stopped. */
static int fail(struct plug_struct_error *ret_error, int code, const char *text, const char *at)
{
    return plug__struct_fail_format(ret_error, code, *at, (size_t)(at - text));
}

/* The codes that hold for a format; *at is moved behind its order character, if it has one. */
static inline const struct plug__struct_code *read_order(const char **at)
{
    switch (*(*at)++) {
    case '<':
        return codes_little;
    case '>':
    case '!':
        return codes_big;
    case '=':
        return codes_host;
    case '@':
        return codes_native;
    default:
        --*at;
        return codes_native;
    }
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

/* Anything but a code without a repeat count. */
static struct token read_rest(const char *at, const struct plug__struct_code *codes)
{
    struct token t = {.repeat = 1};
    while (codes[(uint8_t)*at].op == PLUG__OP_SPACE)
        at++;
    if (codes[(uint8_t)*at].op == PLUG__OP_DIGIT)
        t.got = read_repeat(&at, &t.repeat);
    t.at = at;
    t.code = codes[(uint8_t)*at];
    if (t.got < 0 || !*at)
        return t;
    t.got = 1;
    if (t.code.op < PLUG__OP_PAD)
        t.got = t.code.op == PLUG__OP_NATIVE_ONLY ? PLUG_ESTRUCT_NATIVE : PLUG_ESTRUCT_FORMAT;
    return t;
}

/* By value, so that all of it stays in registers. */
static inline struct token read_code(const char *at, const struct plug__struct_code *codes)
{
    struct token t = {.at = at, .repeat = 1, .code = codes[(uint8_t)*at], .got = 1};
    if (PLUG__UNLIKELY(t.code.op < PLUG__OP_PAD))
        t = read_rest(at, codes);
    return t;
}

/* Where items of a code begin when the record has size bytes so far, and where they end. */
static inline bool place(size_t size, struct plug__struct_code code, size_t repeat,
                         size_t *ret_begin, size_t *ret_end)
{
    size_t bytes;
    *ret_begin = (size + code.align - 1) & ~((size_t)code.align - 1);
    return !__builtin_mul_overflow(repeat, (size_t)code.size, &bytes) &&
           !__builtin_add_overflow(*ret_begin, bytes, ret_end) && *ret_end <= SSIZE_MAX;
}

/* --- parts ------------------------------------------------------------------------------------- */

void plug__struct_reader_init(struct plug__struct_reader *r, const char *text)
{
    *r = (struct plug__struct_reader){.text = text, .at = text};
    r->codes = read_order(&r->at);
}

bool plug__struct_reader_next(struct plug__struct_reader *r, struct plug__struct_part *ret_part)
{
    size_t begin, end;
    do {
        struct token t = read_code(r->at, r->codes);
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

/* --- runs -------------------------------------------------------------------------------------- */

/* The runs made so far; those that found no room are only counted. */
struct runs {
    struct plug__struct_run *run;
    size_t count, room;
    size_t items;
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
    else if (runs->op < PLUG__OP_STRING)
        runs->items += n;
    else
        runs->items++;
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

int plug__struct_plan(struct plug_struct *s, struct plug_struct_error *ret_error)
{
    struct runs runs = {.run = s->run, .room = s->run_room};
    const char *at = s->text;
    const struct plug__struct_code *codes = read_order(&at);
    size_t size = 0, begin, end;
    struct token t;
    for (; (t = read_code(at, codes)).got > 0; at = t.at + 1) {
        if (PLUG__UNLIKELY(!place(size, t.code, t.repeat, &begin, &end)))
            return fail(ret_error, PLUG_ESTRUCT_OVERFLOW, s->text, at);
        if (PLUG__UNLIKELY(begin != size))
            add_padding(&runs, begin - size);
        if (PLUG__UNLIKELY(t.code.op == PLUG__OP_PAD && t.repeat))
            add_padding(&runs, t.repeat);
        else if (t.repeat || t.code.op >= PLUG__OP_STRING)
            add_run(&runs, t.code.op, t.repeat);
        size = end;
    }
    if (PLUG__UNLIKELY(t.got < 0))
        return fail(ret_error, t.got, s->text, t.at);
    if (PLUG__UNLIKELY((size_t)(t.at - s->text) > PLUG_STRUCT_FORMAT_MAX))
        return fail(ret_error, PLUG_ELIMIT, s->text, s->text);
    if (runs.op != PLUG__OP_BAD)
        store_last(&runs);
    s->size = size;
    s->count = runs.items;
    s->run_count = runs.count;
    s->pack_plain = runs.count - 1 < runs.room && !runs.pack_slow;
    s->unpack_plain = runs.count - 1 < runs.room && !runs.unpack_slow;
    return 0;
}
