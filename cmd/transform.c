/* SPDX-License-Identifier: MIT */
#include "transform.h"
#include <string.h>

void transform_init(struct transform *t, const struct transform_opts *opts)
{
    *t = (struct transform){.opts = opts};
    t->frame = opts->framing == TRANSFORM_LEN32 ? plug_frame_len32be(opts->max)
                                                : plug_frame_line(opts->max);
    plug_buf_init(&t->in, opts->max + PLUG_FRAME_HEAD_MAX + TRANSFORM_ROOM_MAX);
}

void transform_clear(struct transform *t)
{
    plug_buf_clear(&t->in);
}

int transform_room(struct transform *t, size_t len, uint8_t **ret_room)
{
    return plug_buf_reserve(&t->in, len, ret_room);
}

void transform_commit(struct transform *t, size_t len)
{
    plug_buf_commit(&t->in, len);
}

/* A letter may need three bytes where it had two; none needs more. */
static size_t grown(const struct transform_opts *o, size_t len)
{
    return o->mode == TRANSFORM_UPPER && o->unicode ? len + len / 2 + 1 : len;
}

size_t transform_reply_max(const struct transform_opts *o)
{
    size_t len =
        o->framing == TRANSFORM_NONE && o->mode != TRANSFORM_REVERSE ? TRANSFORM_ROOM_MAX : o->max;

    return grown(o, len + TRANSFORM_CHAR_MAX) + PLUG_FRAME_HEAD_MAX;
}

/* --- the modes: len bytes from, at least grown(len) to; how many came out -------------------- */

static size_t upper_ascii(const uint8_t *from, size_t len, uint8_t *to)
{
    for (size_t i = 0; i < len; i++)
        to[i] = from[i] >= 'a' && from[i] <= 'z' ? (uint8_t)(from[i] - 32) : from[i];
    return len;
}

static size_t encode(uint32_t c, uint8_t *to)
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0x00, 0xc0, 0xe0, 0xf0};

    for (size_t i = len; i-- > 1; c >>= 6)
        to[i] = (uint8_t)(0x80 | (c & 0x3f));
    to[0] = (uint8_t)(lead[len] | c);
    return len;
}

static size_t upper_unicode(const uint8_t *from, size_t len, uint8_t *to)
{
    size_t n = 0;

    for (size_t i = 0; i < len;) {
        uint32_t c;
        int width = plug_utf8_next(from + i, len - i, &c);

        if (width < 1)
            to[n++] = from[i++];
        else
            n += encode(transform_upper(c), to + n);
        i += width < 1 ? 0 : (size_t)width;
    }
    return n;
}

static size_t reverse(const uint8_t *from, size_t len, uint8_t *to)
{
    for (size_t i = 0; i < len;) {
        int width = plug_utf8_next(from + i, len - i, NULL);
        size_t step = width < 1 ? 1 : (size_t)width;

        memcpy(to + len - i - step, from + i, step);
        i += step;
    }
    return len;
}

static size_t change(const struct transform_opts *o, const uint8_t *from, size_t len, uint8_t *to)
{
    if (o->mode == TRANSFORM_UPPER)
        return o->unicode ? upper_unicode(from, len, to) : upper_ascii(from, len, to);
    if (o->mode == TRANSFORM_REVERSE)
        return reverse(from, len, to);
    if (len > 0)
        memcpy(to, from, len);
    return len;
}

/* --- one reply -------------------------------------------------------------------------------- */

/* How many bytes at the end are the beginning of a character whose rest has not come. */
static size_t unfinished(const uint8_t *bytes, size_t len)
{
    size_t most = len < TRANSFORM_CHAR_MAX - 1 ? len : TRANSFORM_CHAR_MAX - 1;

    for (size_t n = 1; n <= most; n++)
        if (plug_utf8_next(bytes + len - n, n, NULL) == -2)
            return n;
    return 0;
}

/* The first len bytes of the input, changed, with the length in front in len32 framing and the line
 * end behind in line framing; then used bytes of it are gone. */
static int reply(struct transform *t, size_t skip, size_t len, size_t used, struct plug_buf *out)
{
    const uint8_t *from = plug_buf_data(&t->in) + skip, *end = from + len;
    size_t head = t->opts->framing == TRANSFORM_LEN32 ? 4 : 0, tail = used - skip - len, n;
    uint8_t *to;

    if (out) {
        int err = plug_buf_reserve(out, head + grown(t->opts, len) + tail, &to);

        if (err < 0)
            return err;
        n = change(t->opts, from, len, to + head);
        if (head)
            plug_put_be32(to, (uint32_t)n);
        if (tail)
            memcpy(to + n, end, tail);
        plug_buf_commit(out, head + n + tail);
    }
    plug_buf_consume(&t->in, used);
    t->scanned = 0;
    return 1;
}

static int next_bytes(struct transform *t, bool ended, struct plug_buf *out)
{
    size_t len = plug_buf_len(&t->in);

    if (t->opts->mode == TRANSFORM_REVERSE) {
        if (len > t->opts->max)
            return PLUG_EFRAME_TOOLONG;
        len = ended ? len : 0;
    } else {
        bool whole = ended && len <= TRANSFORM_ROOM_MAX;

        len = len < TRANSFORM_ROOM_MAX ? len : TRANSFORM_ROOM_MAX;
        if (!whole && t->opts->mode == TRANSFORM_UPPER)
            len -= unfinished(plug_buf_data(&t->in), len);
    }
    return len == 0 ? 0 : reply(t, 0, len, len, out);
}

/* What is left when the input ends: a last line without its end; a frame without its rest is no
 * frame. */
static int last_frame(struct transform *t, struct plug_buf *out)
{
    size_t len = plug_buf_len(&t->in);

    if (len == 0)
        return 0;
    if (t->opts->framing == TRANSFORM_LEN32)
        return PLUG_EEOF;
    return len > t->opts->max ? PLUG_EFRAME_TOOLONG : reply(t, 0, len, len, out);
}

int transform_next(struct transform *t, bool ended, struct plug_buf *out)
{
    struct plug_frame_view v;
    int r;

    if (t->opts->framing == TRANSFORM_NONE)
        return next_bytes(t, ended, out);
    r = plug_frame_decode(&t->frame, plug_buf_data(&t->in), plug_buf_len(&t->in), &t->scanned, &v);
    if (r == PLUG_FRAME_DONE)
        return reply(t, (size_t)(v.payload - plug_buf_data(&t->in)), v.len, v.used, out);
    return r == PLUG_FRAME_MORE && ended ? last_frame(t, out) : r;
}
