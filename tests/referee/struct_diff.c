/* SPDX-License-Identifier: MIT */
/*
 * Makes up cases for plug_struct, answers them, and writes both for struct_diff.py,
 * in Python's marshal format (version 2): struct_diff SEED COUNT. Each batch is a length of four
 * bytes, little-endian, and a list of tuples
 *
 *     (operation, format, values, buffer, offset, code, result)
 *
 * where code is 0 or our error, and result bytes, a number or a tuple of values. Every question is
 * asked twice, of the compiled format and of the text, and both must say the same.
 */
#include <plug.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH     5000
#define SIZE_MOST 2048 /* of a record that is packed */
#define VALUES    600

enum operation { CALCSIZE, PACK, PACK_INTO, UNPACK, UNPACK_FROM, ITERATE, OPERATIONS };

static uint64_t state;

static uint64_t chance(void)
{
    state += 0x9e3779b97f4a7c15;
    uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static size_t below(size_t n)
{
    return (size_t)(chance() % n);
}

static void must(bool cond, const char *what, const char *format)
{
    if (cond)
        return;
    fprintf(stderr, "%s, format \"%s\"\n", what, format);
    exit(3);
}

/* --- marshal ------------------------------------------------------------------------------- */

static uint8_t *out;
static size_t out_len, out_cap;

static void put(const void *bytes, size_t n)
{
    if (out_len + n > out_cap) {
        out_cap = 2 * (out_len + n);
        out = realloc(out, out_cap);
        must(out != NULL, "out of memory", "");
    }
    if (n > 0)
        memcpy(out + out_len, bytes, n);
    out_len += n;
}

static void put_head(char type, size_t n)
{
    uint8_t b[5] = {(uint8_t)type};
    plug_put_le32(b + 1, (uint32_t)n);
    put(b, 5);
}

static void put_bytes(const void *bytes, size_t n)
{
    put_head('s', n);
    put(bytes, n);
}

/* Small ones as 'i'; others in digits of 15 bits. */
static void put_number(bool negative, uint64_t size)
{
    uint8_t digits[10];
    size_t n = 0;
    if (size <= INT32_MAX) {
        put_head('i', negative ? -size : size);
        return;
    }
    for (uint64_t rest = size; rest; rest >>= 15)
        plug_put_le16(digits + 2 * n++, rest & 0x7fff);
    put_head('l', negative ? -n : n);
    put(digits, 2 * n);
}

static void put_value(const struct plug_value *v)
{
    uint8_t b[8];
    switch (v->kind) {
    case PLUG_VALUE_INT:
        put_number(v->i < 0, v->i < 0 ? -v->u : v->u);
        break;
    case PLUG_VALUE_UINT:
        put_number(false, v->u);
        break;
    case PLUG_VALUE_BOOL:
        put(v->u ? "T" : "F", 1);
        break;
    case PLUG_VALUE_FLOAT:
        put("g", 1);
        plug_put_le64(b, v->u);
        put(b, 8);
        break;
    default:
        put_bytes(v->bytes.ptr, v->bytes.len);
    }
}

static void put_values(const struct plug_value *v, size_t n)
{
    put_head('(', n);
    for (size_t i = 0; i < n; i++)
        put_value(&v[i]);
}

/* --- formats ------------------------------------------------------------------------------- */

static void append(char *format, size_t size, const char *text)
{
    size_t n = strlen(format);
    snprintf(format + n, size - n, "%s", text);
}

static void random_format(char *format, size_t size)
{
    static const char *const orders[] = {"", "@", "=", "<", ">", "!"};
    static const char codes[] = "xcbB?hHiIlLqQefdspbBhHiIlLqQefdsHHIInNP";
    static const char *const odd[] = {"z",
                                      "!",
                                      "5",
                                      "1",
                                      "\x80",
                                      "999999999999999999999",
                                      "k",
                                      " <",
                                      "9223372036854775807",
                                      "1152921504606846975",
                                      "%n",
                                      "-1"};
    static const char spaces[] = " \t\n\v\f\r";
    format[0] = '\0';
    size_t order = below(6);
    size_t usable = sizeof codes - 1 - (order > 1 && below(8) ? 3 : 0); /* without n, N and P */
    append(format, size, orders[order]);
    for (size_t n = below(9); n > 0; n--) {
        char item[32];
        size_t count = below(20) ? below(6) : below(300), kind = below(200);
        if (below(12) == 0)
            append(format, size, (char[]){spaces[below(6)], 0});
        if (kind < 2)
            snprintf(item, sizeof item, "%s", odd[below(sizeof odd / sizeof *odd)]);
        else if (kind < 80)
            snprintf(item, sizeof item, "%zu%c", count, codes[below(usable)]);
        else
            snprintf(item, sizeof item, "%c", codes[below(usable)]);
        append(format, size, item);
    }
}

/* --- values -------------------------------------------------------------------------------- */

static uint8_t pool[1024];

static struct plug_value random_int(void)
{
    static const uint64_t edges[] = {0x7f,
                                     0x80,
                                     0xff,
                                     0x100,
                                     0x7fff,
                                     0x8000,
                                     0xffff,
                                     0x10000,
                                     0x7fffffff,
                                     0x80000000,
                                     0xffffffff,
                                     0x100000000,
                                     0x7fffffffffffffff,
                                     0x8000000000000000,
                                     UINT64_MAX,
                                     0,
                                     1};
    uint64_t u = below(2) ? edges[below(17)] : chance() >> below(64);
    if (below(8) == 0)
        u += below(3) - 1;
    if (below(3) == 0)
        return plug_value_int((int64_t)-u);
    return u > INT64_MAX || below(8) == 0 ? plug_value_uint(u) : plug_value_int((int64_t)u);
}

static double random_double(void)
{
    static const double edges[] = {0.0,
                                   1.0,
                                   -1.5,
                                   65504,
                                   65519.99,
                                   65520,
                                   6e-8,
                                   2.98e-8,
                                   6.1e-5,
                                   1e39,
                                   3.4028235677973362e38,
                                   3.4028235677973366e38,
                                   1e-46,
                                   1e-310,
                                   2.7};
    uint64_t bits = chance();
    double x;
    switch (below(6)) {
    case 0: /* any bits, NaN and infinity among them */
        memcpy(&x, &bits, sizeof x);
        return x;
    case 1: /* about the range of half floats */
        bits = (bits & ~(0x7ffULL << 52)) | (1023 - 27 + below(45)) << 52;
        memcpy(&x, &bits, sizeof x);
        return x;
    case 2: /* between two half floats, where rounding matters */
        bits = (bits & 1ULL << 63) | (1023 - 26 + below(43)) << 52 | (bits & 0x7ff) << 41;
        memcpy(&x, &bits, sizeof x);
        return x;
    case 3:
        return (double)(float)(below(100000) / 7.0);
    case 4:
        return (below(2) ? 1 : -1) * (below(2) ? __builtin_inf() : __builtin_nan(""));
    default:
        return (below(2) ? 1 : -1) * edges[below(sizeof edges / sizeof *edges)];
    }
}

static struct plug_value random_value(char code)
{
    if (below(40) == 0)
        code = "cHds?"[below(5)];
    switch (code) {
    case 'c':
        return plug_value_bytes(pool + below(512), below(60) ? 1 : below(3));
    case 's':
    case 'p':
        return plug_value_bytes(pool + below(512), below(30) ? below(12) : below(400));
    case '?':
        return below(3) ? plug_value_bool(below(2)) : random_value("Hds"[below(3)]);
    case 'e':
    case 'f':
    case 'd':
        return below(8) ? plug_value_float(random_double()) : random_int();
    default:
        return below(40) ? random_int() : plug_value_bool(below(2));
    }
}

/* Mostly values that suit, so that later items are reached as well. */
static struct plug_value suitable_value(char code)
{
    struct plug_value v;
    struct plug_struct_error e;
    uint8_t b[16];
    char format[] = {'@', code, 0};
    bool is_text = code == 's' || code == 'p';
    for (int tries = 0; tries < 20; tries++) {
        v = random_value(code);
        if (is_text ? v.kind == PLUG_VALUE_BYTES : plug_pack(format, &v, 1, b, sizeof b, &e) >= 0)
            break;
    }
    return v;
}

static size_t random_values(const struct plug_struct *s, struct plug_value *v)
{
    size_t n = plug_struct_count(s);
    bool careful = below(3) > 0;
    struct plug_struct_item item;
    for (size_t i = 0; i < n; i++) {
        must(plug_struct_item(s, i, &item) == 0, "no item", plug_struct_format(s));
        v[i] = careful ? suitable_value(item.code) : random_value(item.code);
    }
    if (below(50) == 0)
        n = n && below(2) ? n - 1 : (v[n] = plug_value_int(1), n + 1);
    return n;
}

/* --- questions ----------------------------------------------------------------------------- */

struct question {
    enum operation operation;
    const char *format;
    struct plug_struct *s; /* NULL: the format is bad */
    struct plug_value values[VALUES + 1];
    size_t count;
    uint8_t buf[2 * SIZE_MOST + 64];
    size_t len;
    ptrdiff_t offset;
};

static void put_question(const struct question *q)
{
    put_head('(', 7);
    put_number(false, q->operation);
    put_bytes(q->format, strlen(q->format));
    put_values(q->values, q->count);
    put_bytes(q->buf, q->len);
    put_number(q->offset < 0, (uint64_t)(q->offset < 0 ? -q->offset : q->offset));
}

static void put_code(ssize_t code)
{
    put_number(code < 0, code < 0 ? (uint64_t)-code : 0);
}

static void same_error(const struct question *q, ssize_t a, ssize_t b,
                       const struct plug_struct_error *x, const struct plug_struct_error *y)
{
    char one[200], two[200];
    must(a == b, "compiled and read on each call differ", q->format);
    if (a >= 0)
        return;
    must(x->code == a && y->code == a, "the error's code is another", q->format);
    plug_struct_error_text(x, one, sizeof one);
    plug_struct_error_text(y, two, sizeof two);
    must(strcmp(one, two) == 0, "texts differ", q->format);
}

static void ask_pack(struct question *q)
{
    static uint8_t a[sizeof q->buf], b[sizeof q->buf];
    struct plug_struct_error x, y;
    ssize_t n, m;
    memcpy(a, q->buf, sizeof a);
    memcpy(b, q->buf, sizeof b);
    if (q->operation == PACK) {
        n = plug_struct_pack(q->s, q->values, q->count, a, sizeof a, &x);
        m = plug_pack(q->format, q->values, q->count, b, sizeof b, &y);
    } else {
        n = plug_struct_pack_into(q->s, q->values, q->count, a, q->len, q->offset, &x);
        m = plug_pack_into(q->format, q->values, q->count, b, q->len, q->offset, &y);
    }
    same_error(q, n, m, &x, &y);
    put_code(n);
    if (n >= 0)
        must(memcmp(a, b, sizeof a) == 0, "bytes differ", q->format);
    put_bytes(a, n < 0 ? 0 : q->operation == PACK ? (size_t)n : q->len);
}

static void ask_unpack(struct question *q)
{
    static struct plug_value a[VALUES + 1], b[VALUES + 1];
    struct plug_struct_error x, y;
    ssize_t n, m;
    if (q->operation == UNPACK) {
        n = plug_struct_unpack(q->s, q->buf, q->len, a, VALUES, &x);
        m = plug_unpack(q->format, q->buf, q->len, b, VALUES, &y);
    } else {
        n = plug_struct_unpack_from(q->s, q->buf, q->len, q->offset, a, VALUES, &x);
        m = plug_unpack_from(q->format, q->buf, q->len, q->offset, b, VALUES, &y);
    }
    same_error(q, n, m, &x, &y);
    put_code(n);
    for (ssize_t i = 0; i < n; i++) {
        must(a[i].kind == b[i].kind && a[i].u == b[i].u, "values differ", q->format);
        if (a[i].kind == PLUG_VALUE_BYTES)
            must(a[i].bytes.len == b[i].bytes.len, "lengths differ", q->format);
    }
    put_values(a, n < 0 ? 0 : (size_t)n);
}

static void ask_iterate(struct question *q)
{
    static struct plug_value v[VALUES + 1];
    struct plug_struct_iter it;
    int n = plug_struct_iter_init(&it, q->s, q->buf, q->len, NULL);
    put_code(n);
    put_head('(', n < 0 ? 0 : q->len / plug_struct_size(q->s));
    while (n >= 0 && plug_struct_iter_next(&it, v, VALUES, NULL) > 0)
        put_values(v, plug_struct_count(q->s));
}

/* A length and an offset, mostly such that it works. */
static void random_place(struct question *q, size_t size)
{
    q->offset = below(4) ? 0 : (ptrdiff_t)below(40) - 20;
    q->len = size;
    if (q->operation == PACK_INTO || q->operation == UNPACK_FROM)
        q->len += below(3) ? below(24) : 0;
    if (q->operation == ITERATE)
        q->len = size * below(4) <= SIZE_MOST ? size * below(4) : size;
    if (below(30) == 0)
        q->len = below(size + 10);
    if (q->len > sizeof q->buf)
        q->len = size;
    if (q->operation == PACK)
        q->len = 0;
}

static void random_case(void)
{
    static struct question q;
    char format[256];
    struct plug_struct_error e;
    random_format(format, sizeof format);
    q.format = format;
    q.operation = (enum operation)below(OPERATIONS);
    q.count = q.len = 0;
    q.offset = 0;
    q.s = NULL;
    int err = plug_struct_open(&q.s, format, &e);
    ssize_t size = plug_calcsize(format, &e);
    must(err < 0 ? size == err : size == (ssize_t)plug_struct_size(q.s), "sizes differ", format);
    if (err < 0 || size > SIZE_MOST || plug_struct_count(q.s) > VALUES - 1)
        q.operation = CALCSIZE;
    if (q.operation == PACK || q.operation == PACK_INTO)
        q.count = random_values(q.s, q.values);
    if (q.operation != CALCSIZE)
        random_place(&q, (size_t)size);
    for (size_t i = 0; i < q.len; i++)
        q.buf[i] = (uint8_t)chance();
    put_question(&q);
    if (q.operation == CALCSIZE) {
        put_code(size);
        put_number(false, size < 0 ? 0 : (uint64_t)size);
    } else if (q.operation == PACK || q.operation == PACK_INTO) {
        ask_pack(&q);
    } else if (q.operation == ITERATE) {
        ask_iterate(&q);
    } else {
        ask_unpack(&q);
    }
    plug_struct_close(q.s);
}

int main(int argc, char **argv)
{
    uint64_t count;
    if (argc != 3 || plug_uint_parse(argv[1], strlen(argv[1]), UINT64_MAX, &state) < 0 ||
        plug_uint_parse(argv[2], strlen(argv[2]), UINT64_MAX, &count) < 0)
        return 2;
    for (size_t i = 0; i < sizeof pool; i++)
        pool[i] = (uint8_t)chance();
    while (count > 0) {
        size_t batch = count < BATCH ? (size_t)count : BATCH;
        uint8_t head[4] = {0};
        out_len = 0;
        put(head, 4);
        put_head('[', batch);
        for (size_t i = 0; i < batch; i++)
            random_case();
        plug_put_le32(out, (uint32_t)(out_len - 4));
        if (fwrite(out, out_len, 1, stdout) != 1)
            return 2;
        count -= batch;
    }
    free(out);
    return fflush(stdout) ? 2 : 0;
}
