/* SPDX-License-Identifier: MIT */
/*
 * plug_struct: compiled and read on each call say the same; what is unpacked packs to the same
 * bytes again, but for padding, truth values, NaN and Pascal strings, and then no more changes.
 */
#include "fuzz.h"
#include <plug/err.h>
#include <plug/struct.h>

#define FORMAT_MOST 512
#define SIZE_MOST   4096
#define ITEMS_MOST  1024

static void same_error(const struct plug_struct_error *a, const struct plug_struct_error *b,
                       ssize_t err)
{
    char x[256], y[256];
    FUZZ_CHECK(err < 0 && a->code == err && b->code == err);
    FUZZ_CHECK(plug_struct_error_text(a, x, sizeof x) < sizeof x);
    plug_struct_error_text(b, y, sizeof y);
    FUZZ_CHECK(strcmp(x, y) == 0);
}

/* Items lie in order, within the record, and apart. */
static void items(const struct plug_struct *s)
{
    struct plug_struct_item item;
    size_t end = 0;
    for (size_t i = 0; i < plug_struct_count(s); i++) {
        FUZZ_CHECK(plug_struct_item(s, i, &item) == 0);
        FUZZ_CHECK(item.offset == end + item.padding);
        FUZZ_CHECK(plug_struct_format(s)[item.format_offset] == item.code);
        end = item.offset + item.size;
    }
    FUZZ_CHECK(end <= plug_struct_size(s));
    FUZZ_CHECK(plug_struct_item(s, plug_struct_count(s), &item) == -EINVAL);
}

static size_t unpack_both(const struct plug_struct *s, const uint8_t *data, size_t size,
                          struct plug_value *v)
{
    static struct plug_value w[ITEMS_MOST];
    const char *format = plug_struct_format(s);
    ssize_t n = plug_struct_unpack(s, data, size, v, ITEMS_MOST, NULL);
    FUZZ_CHECK(n == (ssize_t)plug_struct_count(s));
    FUZZ_CHECK(plug_unpack(format, data, size, w, ITEMS_MOST, NULL) == n);
    for (ssize_t i = 0; i < n; i++) {
        FUZZ_CHECK(v[i].kind == w[i].kind && v[i].u == w[i].u);
        if (v[i].kind == PLUG_VALUE_BYTES)
            FUZZ_CHECK(v[i].bytes.len == w[i].bytes.len);
    }
    return (size_t)n;
}

static void pack_both(const struct plug_struct *s, const struct plug_value *v, size_t n,
                      uint8_t *to)
{
    static uint8_t other[SIZE_MOST];
    size_t size = plug_struct_size(s);
    memset(to, 0xaa, size);
    memset(other, 0x55, size);
    FUZZ_CHECK(plug_struct_pack(s, v, n, to, size, NULL) == (ssize_t)size);
    FUZZ_CHECK(plug_pack(plug_struct_format(s), v, n, other, size, NULL) == (ssize_t)size);
    FUZZ_CHECK(memcmp(to, other, size) == 0);
}

static void record(const struct plug_struct *s, const uint8_t *data)
{
    static struct plug_value v[ITEMS_MOST], w[ITEMS_MOST];
    static uint8_t once[SIZE_MOST], twice[SIZE_MOST];
    size_t size = plug_struct_size(s), n;
    struct plug_struct_item item;
    n = unpack_both(s, data, size, v);
    pack_both(s, v, n, once);
    for (size_t i = 0; i < n && plug_struct_item(s, i, &item) == 0; i++)
        if (!strchr("?pefd", item.code))
            FUZZ_CHECK(memcmp(once + item.offset, data + item.offset, item.size) == 0);
    FUZZ_CHECK(unpack_both(s, once, size, w) == n);
    pack_both(s, w, n, twice);
    FUZZ_CHECK(memcmp(once, twice, size) == 0);
}

/* Any values at all for the format: refused or not, by both alike. */
static void any_values(const struct plug_struct *s, const uint8_t *data, size_t size)
{
    static struct plug_value v[ITEMS_MOST];
    static uint8_t a[SIZE_MOST], b[SIZE_MOST];
    struct plug_struct_error x, y;
    size_t n = plug_struct_count(s);
    for (size_t i = 0; i < n; i++) {
        uint8_t kind = fuzz_choice(&data, &size) % 8, bytes[8] = {0};
        for (size_t k = 0; k < kind + 1u; k++)
            bytes[k] = fuzz_choice(&data, &size);
        v[i].kind = (enum plug_value_kind)kind;
        memcpy(&v[i].u, bytes, sizeof bytes);
        if (kind == PLUG_VALUE_BYTES)
            v[i] = plug_value_bytes(data, size < bytes[0] ? size : bytes[0]);
        if (kind == PLUG_VALUE_BOOL)
            v[i].u &= 1;
    }
    ssize_t got = plug_struct_pack(s, v, n, a, plug_struct_size(s), &x);
    FUZZ_CHECK(plug_pack(plug_struct_format(s), v, n, b, plug_struct_size(s), &y) == got);
    if (got < 0)
        same_error(&x, &y, got);
    else
        FUZZ_CHECK(memcmp(a, b, (size_t)got) == 0);
}

/* Exactly as long as it is, so that reading on is noticed. */
static void with_bytes(const struct plug_struct *s, const uint8_t *data, size_t size)
{
    size_t need = plug_struct_size(s);
    uint8_t *bytes = malloc(need + 1);
    FUZZ_CHECK(bytes != NULL);
    memset(bytes, 0, need);
    memcpy(bytes, data, size < need ? size : need);
    record(s, bytes);
    free(bytes);
    any_values(s, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len = fuzz_choice(&data, &size);
    struct plug_struct_error a, b;
    struct plug_struct *s = NULL;
    len = len < size ? len : size;
    char *format = fuzz_text(data, len);
    int err = plug_struct_open_len(&s, format, len, &a);
    ssize_t n = plug_calcsize(format, &b);
    if (err < 0 && !memchr(format, '\0', len)) {
        FUZZ_CHECK(n == err);
        same_error(&a, &b, err);
    }
    if (err == 0) {
        FUZZ_CHECK(n == (ssize_t)plug_struct_size(s));
        if (plug_struct_count(s) <= ITEMS_MOST)
            items(s);
        if (plug_struct_count(s) <= ITEMS_MOST && n <= SIZE_MOST)
            with_bytes(s, data + len, size - len);
        plug_struct_close(s);
    }
    free(format);
    return 0;
}
