/* SPDX-License-Identifier: MIT */
/* plug_frame_decode: any cuts give the same; a naive decoder gives the same; and back again. */
#include "fuzz.h"
#include <plug/err.h>
#include <plug/frame.h>

static struct plug_frame framing(uint8_t kind, size_t max)
{
    switch (kind % 12) {
    case 0:
        return plug_frame_len8(max);
    case 1:
        return plug_frame_len16be(max);
    case 2:
        return plug_frame_len16le(max);
    case 3:
        return plug_frame_len32be(max);
    case 4:
        return plug_frame_len32le(max);
    case 5:
        return plug_frame_len64be(max);
    case 6:
        return plug_frame_len64le(max);
    case 7:
        return plug_frame_netstring(max);
    case 8:
        return plug_frame_line(max);
    case 9:
        return plug_frame_crlf(max);
    case 10:
        return plug_frame_delim("abcab", 5, max);
    default:
        return plug_frame_delim("aa", 2, max);
    }
}

/* Where the payload of the frame at b lies and where the frame ends, once it is complete. */
struct frame {
    size_t from, to, used;
};

/* 1 when complete, 0 when not, -1 when wrong. Slow and simple, from the manual. */
static int naive_length(const struct plug_frame *f, const uint8_t *b, size_t len, struct frame *r)
{
    uint64_t n = 0;
    if (len < f->width)
        return 0;
    for (unsigned i = 0; i < f->width; i++)
        n = n << 8 | b[f->little ? f->width - 1u - i : i];
    if (n > f->max)
        return -1;
    *r = (struct frame){f->width, f->width + (size_t)n, f->width + (size_t)n};
    return len >= r->used;
}

static int naive_netstring(const struct plug_frame *f, const uint8_t *b, size_t len,
                           struct frame *r)
{
    unsigned __int128 n = 0;
    size_t i = 0;
    while (i < len && b[i] >= '0' && b[i] <= '9') {
        n = 10 * n + (b[i++] - '0');
        if (n > f->max || (i > 1 && b[0] == '0'))
            return -1;
    }
    if (i == len)
        return 0;
    if (i == 0 || b[i] != ':')
        return -1;
    *r = (struct frame){i + 1, i + 1 + (size_t)n, i + 2 + (size_t)n};
    if (len < r->used)
        return 0;
    return b[r->to] == ',' ? 1 : -1;
}

static int naive_delim(const struct plug_frame *f, const uint8_t *b, size_t len, struct frame *r)
{
    size_t n = f->delim_len;
    for (size_t i = 0; i <= f->max && i + n <= len; i++)
        if (memcmp(b + i, f->delim, n) == 0) {
            *r = (struct frame){0, i, i + n};
            return 1;
        }
    return len >= f->max + n ? -1 : 0;
}

static int naive_line(const struct plug_frame *f, const uint8_t *b, size_t len, struct frame *r)
{
    for (size_t i = 0; i < len && i < f->max + 2; i++)
        if (b[i] == '\n') {
            *r = (struct frame){0, i > 0 && b[i - 1] == '\r' ? i - 1 : i, i + 1};
            return r->to <= f->max ? 1 : -1;
        }
    return len >= f->max + 2 ? -1 : 0;
}

static int naive_crlf(const struct plug_frame *f, const uint8_t *b, size_t len, struct frame *r)
{
    for (size_t i = 0; i < len; i++) {
        if (b[i] == '\n' || (i == f->max && b[i] != '\r'))
            return -1;
        if (b[i] != '\r')
            continue;
        *r = (struct frame){0, i, i + 2};
        return i + 1 == len ? 0 : b[i + 1] == '\n' ? 1 : -1;
    }
    return 0;
}

static int naive(const struct plug_frame *f, const uint8_t *b, size_t len, struct frame *r)
{
    switch (f->kind) {
    case PLUG_FRAME_LENGTH:
        return naive_length(f, b, len, r);
    case PLUG_FRAME_NETSTRING:
        return naive_netstring(f, b, len, r);
    case PLUG_FRAME_LINE:
        return naive_line(f, b, len, r);
    case PLUG_FRAME_CRLF:
        return naive_crlf(f, b, len, r);
    default:
        return naive_delim(f, b, len, r);
    }
}

/* What was taken is what is sent, but for the line end that is normalised. */
static void encodes_back(const struct plug_frame *f, const uint8_t *bytes,
                         const struct plug_frame_view *v)
{
    uint8_t *again = malloc(v->used);
    ssize_t n = plug_frame_encode(f, v->payload, v->len, again, v->used);

    FUZZ_CHECK(again != NULL);
    if (f->kind == PLUG_FRAME_LINE && (v->used > v->len + 1 || n == PLUG_EFRAME_DELIM))
        FUZZ_CHECK(bytes[v->used - 2] == '\r');
    else
        FUZZ_CHECK(n == (ssize_t)v->used && memcmp(again, bytes, v->used) == 0);
    free(again);
}

/* All frames of data, given to the decoder step by step; returns a hash of all that was found. */
static uint64_t decode_all(const struct plug_frame *f, const uint8_t *data, size_t size,
                           size_t step, bool check)
{
    uint64_t hash = 14695981039346656037u;
    size_t at = 0, have = 0, scanned = 0, needed = 0;
    int r = PLUG_FRAME_MORE;

    while (have < size) {
        have = size - have < step ? size : have + step;
        struct plug_frame_view v = {0};
        while ((r = plug_frame_decode(f, data + at, have - at, &scanned, &v)) == PLUG_FRAME_DONE) {
            FUZZ_CHECK(v.used > 0 && v.used <= have - at && v.len <= f->max);
            FUZZ_CHECK(at + v.used >= needed);
            hash = (hash ^ v.len) * 1099511628211u;
            hash = (hash ^ (uint64_t)(v.payload - data)) * 1099511628211u;
            if (check)
                encodes_back(f, data + at, &v);
            at += v.used;
            needed = 0;
        }
        if (r < 0)
            return (hash ^ (uint64_t)r) * 1099511628211u + at + v.where;
        FUZZ_CHECK(v.need > 0);
        needed = have + v.need;
    }
    return hash + at;
}

static void against_naive(const struct plug_frame *f, const uint8_t *data, size_t size)
{
    for (size_t at = 0;;) {
        struct plug_frame_view v = {0};
        struct frame want = {0};
        int r = plug_frame_decode(f, data + at, size - at, NULL, &v);
        int n = naive(f, data + at, size - at, &want);
        FUZZ_CHECK((r < 0 ? -1 : r) == n);
        if (r != PLUG_FRAME_DONE)
            break;
        FUZZ_CHECK(v.payload == data + at + want.from && v.len == want.to - want.from);
        FUZZ_CHECK(v.used == want.used);
        at += v.used;
    }
}

/* The whole input as one payload: refused, or read back as it was. */
static void as_payload(const struct plug_frame *f, const uint8_t *data, size_t size)
{
    struct plug_frame_view v = {0};
    ssize_t n = plug_frame_encode(f, data, size, NULL, 0);

    if (n < 0) {
        FUZZ_CHECK(n == (size > f->max ? PLUG_EFRAME_TOOLONG : PLUG_EFRAME_DELIM));
        return;
    }
    uint8_t *wire = malloc((size_t)n);
    FUZZ_CHECK(wire && plug_frame_encode(f, data, size, wire, (size_t)n) == n);
    FUZZ_CHECK(plug_frame_decode(f, wire, (size_t)n, NULL, &v) == PLUG_FRAME_DONE);
    FUZZ_CHECK(v.used == (size_t)n && v.len == size);
    FUZZ_CHECK(size == 0 || memcmp(v.payload, data, size) == 0);
    free(wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t kind = fuzz_choice(&data, &size), most = fuzz_choice(&data, &size);
    uint8_t step = fuzz_choice(&data, &size);
    struct plug_frame f = framing(kind, most == 255 ? PLUG_FRAME_MAX : most);

    uint64_t whole = decode_all(&f, data, size, size, true);
    FUZZ_CHECK(decode_all(&f, data, size, 1, false) == whole);
    FUZZ_CHECK(decode_all(&f, data, size, 1u + step, false) == whole);
    against_naive(&f, data, size);
    as_payload(&f, data, size);
    return 0;
}
