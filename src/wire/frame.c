/* SPDX-License-Identifier: MIT */
/* Framing: the constructors, and the way from a frame to its kind. */
#include "wire/frame.h"

static const struct plug__framing *const kinds[] = {
    [PLUG_FRAME_LENGTH] = &plug__frame_length,       [PLUG_FRAME_DELIM] = &plug__frame_delim,
    [PLUG_FRAME_LINE] = &plug__frame_line,           [PLUG_FRAME_CRLF] = &plug__frame_crlf,
    [PLUG_FRAME_NETSTRING] = &plug__frame_netstring,
};

static const struct plug__framing *kind(const struct plug_frame *f)
{
    PLUG_ASSERT(f->kind >= PLUG_FRAME_LENGTH && f->kind <= PLUG_FRAME_NETSTRING,
                "a struct plug_frame is made by plug_frame_len32be() and its like");
    return kinds[f->kind];
}

static struct plug_frame make(enum plug_frame_kind kind, size_t max, const void *delim, size_t len)
{
    struct plug_frame f = {.kind = kind, .max = max, .delim_len = (uint8_t)len};

    PLUG_ASSERT(max <= PLUG_FRAME_MAX, "maximum of a framing above PLUG_FRAME_MAX");
    PLUG_ASSERT(len <= PLUG_FRAME_DELIM_MAX, "delimiter longer than PLUG_FRAME_DELIM_MAX");
    memcpy(f.delim, delim, len);
    return f;
}

static struct plug_frame make_length(uint8_t width, bool little, size_t max)
{
    struct plug_frame f = make(PLUG_FRAME_LENGTH, max, "", 0);
    uint64_t most = UINT64_MAX >> (64 - 8 * width);

    f.width = width;
    f.little = little;
    if (f.max > most)
        f.max = (size_t)most;
    return f;
}

struct plug_frame plug_frame_len8(size_t max)
{
    return make_length(1, false, max);
}

struct plug_frame plug_frame_len16be(size_t max)
{
    return make_length(2, false, max);
}

struct plug_frame plug_frame_len16le(size_t max)
{
    return make_length(2, true, max);
}

struct plug_frame plug_frame_len32be(size_t max)
{
    return make_length(4, false, max);
}

struct plug_frame plug_frame_len32le(size_t max)
{
    return make_length(4, true, max);
}

struct plug_frame plug_frame_len64be(size_t max)
{
    return make_length(8, false, max);
}

struct plug_frame plug_frame_len64le(size_t max)
{
    return make_length(8, true, max);
}

struct plug_frame plug_frame_netstring(size_t max)
{
    return make(PLUG_FRAME_NETSTRING, max, ",", 1);
}

struct plug_frame plug_frame_delim(const void *delim, size_t len, size_t max)
{
    PLUG_ASSERT(len > 0, "delimiter of no bytes");
    return make(PLUG_FRAME_DELIM, max, delim, len);
}

struct plug_frame plug_frame_line(size_t max)
{
    return make(PLUG_FRAME_LINE, max, "\n", 1);
}

struct plug_frame plug_frame_crlf(size_t max)
{
    return make(PLUG_FRAME_CRLF, max, "\r\n", 2);
}

int plug_frame_decode(const struct plug_frame *f, const void *bytes, size_t len, size_t *scanned,
                      struct plug_frame_view *ret_view)
{
    size_t from = scanned ? *scanned : 0;

    PLUG_ASSERT(from <= len, "scanned belongs to other bytes: 0 at the beginning of a frame");
    if (len == 0)
        bytes = ""; /* never NULL further down */
    int r = kind(f)->decode(f, bytes, len, &from, ret_view);
    if (scanned)
        *scanned = r == PLUG_FRAME_MORE ? from : 0;
    return r;
}

int plug_frame_ends(const struct plug_frame *f, const void *payload, size_t len,
                    struct plug_frame_ends *ret_ends)
{
    const struct plug__framing *k = kind(f);

    if (len > f->max)
        return PLUG_EFRAME_TOOLONG;
    if (k->fits && !k->fits(f, payload, len))
        return PLUG_EFRAME_DELIM;
    ret_ends->head_len = k->head ? k->head(f, len, ret_ends->head) : 0;
    ret_ends->tail = f->delim;
    ret_ends->tail_len = f->delim_len;
    return 0;
}

ssize_t plug_frame_encode(const struct plug_frame *f, const void *payload, size_t len,
                          void *ret_buf, size_t buflen)
{
    struct plug_frame_ends e;
    uint8_t *out = ret_buf;
    int r = plug_frame_ends(f, payload, len, &e);

    if (r < 0)
        return r;
    size_t total = e.head_len + len + e.tail_len;
    if (!out)
        return (ssize_t)total;
    if (total > buflen)
        return -ENOSPC;
    memcpy(out, e.head, e.head_len);
    if (len > 0) /* payload may be NULL then */
        memcpy(out + e.head_len, payload, len);
    memcpy(out + e.head_len + len, e.tail, e.tail_len);
    return (ssize_t)total;
}
