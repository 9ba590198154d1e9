/* SPDX-License-Identifier: MIT */
/* Frames that end with a mark: any delimiter, a line feed, or CR LF. */
#include "wire/frame.h"
#include <plug/bytes.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The delimiter is searched where it can stand after at most max bytes, and nowhere else. */
static int decode_delim(const struct plug_frame *f, const uint8_t *bytes, size_t len,
                        size_t *scanned, struct plug_frame_view *ret_view)
{
    size_t n = f->delim_len, limit = least(len, f->max + n);
    const uint8_t *end = memmem(bytes + *scanned, limit - *scanned, f->delim, n);

    if (end) {
        size_t payload = (size_t)(end - bytes);
        return plug__frame_done(ret_view, bytes, payload, payload + n);
    }
    if (limit == f->max + n)
        return plug__frame_error(ret_view, PLUG_EFRAME_TOOLONG, f->max);
    size_t begun = plug_find_prefix_at_end(bytes, len, f->delim, n);
    *scanned = len - begun;
    return plug__frame_more(ret_view, n - begun);
}

/* True when the first place where the delimiter stands in the frame is its end ("aa" after "a"). */
static bool without_delim(const struct plug_frame *f, const uint8_t *payload, size_t len)
{
    uint8_t joint[2 * PLUG_FRAME_DELIM_MAX];
    size_t n = f->delim_len, before = least(len, n - 1u);

    if (len == 0)
        return true;
    memcpy(joint, payload + len - before, before);
    memcpy(joint + before, f->delim, n);
    return !memmem(payload, len, f->delim, n) &&
           memmem(joint, before + n, f->delim, n) == joint + before;
}

const struct plug__framing plug__frame_delim = {.decode = decode_delim, .fits = without_delim};

/* A payload of max bytes and CR LF are the most that is looked at. */
static int decode_line(const struct plug_frame *f, const uint8_t *bytes, size_t len,
                       size_t *scanned, struct plug_frame_view *ret_view)
{
    size_t limit = least(len, f->max + 2);
    const uint8_t *lf = memchr(bytes + *scanned, '\n', limit - *scanned);

    if (!lf && limit < f->max + 2) {
        *scanned = len;
        return plug__frame_more(ret_view, 1);
    }
    size_t payload = lf ? (size_t)(lf - bytes) : limit;
    size_t used = payload + 1;
    if (payload > 0 && bytes[payload - 1] == '\r')
        payload--;
    if (payload > f->max)
        return plug__frame_error(ret_view, PLUG_EFRAME_TOOLONG, f->max);
    return plug__frame_done(ret_view, bytes, payload, used);
}

static bool without_line_end(const struct plug_frame *f, const uint8_t *payload, size_t len)
{
    (void)f;
    return len == 0 || (payload[len - 1] != '\r' && !memchr(payload, '\n', len));
}

const struct plug__framing plug__frame_line = {.decode = decode_line, .fits = without_line_end};

/* Where the first CR or LF is, or end. */
static size_t find_line_end(const uint8_t *bytes, size_t from, size_t end)
{
    const uint8_t *p = memchr(bytes + from, '\r', end - from);
    if (p)
        end = (size_t)(p - bytes);
    p = memchr(bytes + from, '\n', end - from);
    return p ? (size_t)(p - bytes) : end;
}

static int decode_crlf(const struct plug_frame *f, const uint8_t *bytes, size_t len,
                       size_t *scanned, struct plug_frame_view *ret_view)
{
    size_t at = find_line_end(bytes, *scanned, least(len, f->max + 1));

    *scanned = at;
    if (at > f->max)
        return plug__frame_error(ret_view, PLUG_EFRAME_TOOLONG, f->max);
    if (at == len)
        return plug__frame_more(ret_view, 2);
    if (bytes[at] == '\n')
        return plug__frame_error(ret_view, PLUG_EFRAME_BAD, at);
    if (at + 1 == len)
        return plug__frame_more(ret_view, 1);
    if (bytes[at + 1] != '\n')
        return plug__frame_error(ret_view, PLUG_EFRAME_BAD, at + 1);
    return plug__frame_done(ret_view, bytes, at, at + 2);
}

static bool without_cr_lf(const struct plug_frame *f, const uint8_t *payload, size_t len)
{
    (void)f;
    return len == 0 || find_line_end(payload, 0, len) == len;
}

const struct plug__framing plug__frame_crlf = {.decode = decode_crlf, .fits = without_cr_lf};
