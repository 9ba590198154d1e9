/* SPDX-License-Identifier: MIT */
/* The changes of plug echo: any cuts give the same replies, and none is cut in a character. */
#include "fuzz.h"
#include "transform.h"

struct result {
    struct plug_buf out;
    int last, replies;
    bool valid; /* the input, as UTF-8 */
};

/* Characters, the last of which may be cut off. */
static bool is_utf8(const uint8_t *text, size_t len)
{
    int width = 1;

    for (size_t i = 0; i < len && width > 0; i += width > 0 ? (size_t)width : 0)
        width = plug_utf8_next(text + i, len - i, NULL);
    return width > 0 || width == -2;
}

/* Does text end inside a character that is valid so far? */
static bool ends_inside(const uint8_t *text, size_t len)
{
    for (size_t n = 1; n <= 3 && n <= len; n++)
        if (plug_utf8_next(text + len - n, n, NULL) == -2)
            return true;
    return false;
}

static void drain(struct transform *t, bool ended, struct result *r)
{
    do {
        size_t before = plug_buf_len(&r->out);

        r->last = transform_next(t, ended, &r->out);
        r->replies += r->last > 0;
        FUZZ_CHECK(plug_buf_len(&r->out) - before <= transform_reply_max(t->opts));
        FUZZ_CHECK(r->last > 0 || plug_buf_len(&r->out) == before);
        if (r->last > 0 && !ended && r->valid && t->opts->framing == TRANSFORM_NONE &&
            t->opts->mode == TRANSFORM_UPPER)
            FUZZ_CHECK(!ends_inside(plug_buf_data(&r->out), plug_buf_len(&r->out)));
    } while (r->last > 0);
}

static void feed(const struct transform_opts *o, const uint8_t *data, size_t size, size_t step,
                 struct result *r)
{
    struct transform t;

    *r = (struct result){.valid = is_utf8(data, size)};
    plug_buf_init(&r->out, 1 << 24);
    transform_init(&t, o);
    for (size_t at = 0; at < size && r->last == 0; at += step) {
        size_t len = size - at < step ? size - at : step;
        uint8_t *room;

        FUZZ_CHECK(transform_room(&t, len, &room) == 0);
        memcpy(room, data + at, len);
        transform_commit(&t, len);
        drain(&t, false, r);
    }
    if (r->last == 0)
        drain(&t, true, r);
    transform_clear(&t);
}

static void same(const struct transform_opts *o, const struct result *a, const struct result *b)
{
    FUZZ_CHECK(a->last == b->last);
    FUZZ_CHECK(plug_buf_len(&a->out) == plug_buf_len(&b->out));
    FUZZ_CHECK(memcmp(plug_buf_data(&a->out), plug_buf_data(&b->out), plug_buf_len(&a->out)) == 0);
    FUZZ_CHECK(o->framing == TRANSFORM_NONE || a->replies == b->replies);
}

/* What is known of the whole output without doing the same again. */
static void plausible(const struct transform_opts *o, const uint8_t *data, size_t size,
                      const struct result *r)
{
    size_t len = plug_buf_len(&r->out);

    if (r->last < 0)
        return;
    if (!o->unicode)
        FUZZ_CHECK(len == size);
    if (o->mode == TRANSFORM_ECHO && size > 0)
        FUZZ_CHECK(memcmp(plug_buf_data(&r->out), data, size) == 0);
}

/* Reversed twice it is the input again, when every character was one. */
static void back_again(const struct transform_opts *o, const uint8_t *data, size_t size,
                       const struct result *r)
{
    struct result twice;

    if (o->mode != TRANSFORM_REVERSE || o->framing != TRANSFORM_NONE || r->last < 0)
        return;
    for (size_t i = 0; i < size;) {
        int width = plug_utf8_next(data + i, size - i, NULL);

        if (width < 1)
            return;
        i += (size_t)width;
    }
    feed(o, plug_buf_data(&r->out), plug_buf_len(&r->out), size + 1, &twice);
    FUZZ_CHECK(plug_buf_len(&twice.out) == size);
    FUZZ_CHECK(size == 0 || memcmp(plug_buf_data(&twice.out), data, size) == 0);
    plug_buf_clear(&twice.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t kind = fuzz_choice(&data, &size), most = fuzz_choice(&data, &size);
    uint8_t step = fuzz_choice(&data, &size);
    struct transform_opts o = {kind % 3u, kind / 3 % 3u, kind & 0x80,
                               most == 255 ? 1 << 20 : most + 1u};
    struct result whole, cut;

    o.unicode = o.unicode && o.mode == TRANSFORM_UPPER;
    feed(&o, data, size, size + 1, &whole);
    plausible(&o, data, size, &whole);
    back_again(&o, data, size, &whole);
    for (int i = 0; i < 2; i++) {
        feed(&o, data, size, i ? step + 1u : 1, &cut);
        same(&o, &whole, &cut);
        plug_buf_clear(&cut.out);
    }
    plug_buf_clear(&whole.out);
    return 0;
}
