/* SPDX-License-Identifier: MIT */
/* Frames that tell their length first: as a binary number, or as a netstring. */
#include "wire/frame.h"
#include <plug/bytes.h>
#include <stdio.h>

static uint64_t get_length(const struct plug_frame *f, const uint8_t *b)
{
    switch (f->width) {
    case 1:
        return *b;
    case 2:
        return f->little ? plug_get_le16(b) : plug_get_be16(b);
    case 4:
        return f->little ? plug_get_le32(b) : plug_get_be32(b);
    default:
        return f->little ? plug_get_le64(b) : plug_get_be64(b);
    }
}

static size_t put_length(const struct plug_frame *f, size_t len, uint8_t *ret_head)
{
    for (unsigned i = 0; i < f->width; i++)
        ret_head[f->little ? i : f->width - 1u - i] = (uint8_t)((uint64_t)len >> 8 * i);
    return f->width;
}

static int decode_length(const struct plug_frame *f, const uint8_t *bytes, size_t len,
                         size_t *scanned, struct plug_frame_view *ret_view)
{
    (void)scanned;
    if (len < f->width)
        return plug__frame_more(ret_view, f->width - len);
    uint64_t n = get_length(f, bytes);
    if (n > f->max)
        return plug__frame_error(ret_view, PLUG_EFRAME_TOOLONG, 0);
    size_t whole = f->width + (size_t)n;
    if (len < whole)
        return plug__frame_more(ret_view, whole - len);
    return plug__frame_done(ret_view, bytes + f->width, (size_t)n, whole);
}

const struct plug__framing plug__frame_length = {.decode = decode_length, .head = put_length};

static size_t put_digits(const struct plug_frame *f, size_t len, uint8_t *ret_head)
{
    (void)f;
    return (size_t)snprintf((char *)ret_head, PLUG_FRAME_HEAD_MAX, "%zu:", len);
}

static bool digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static int decode_netstring(const struct plug_frame *f, const uint8_t *bytes, size_t len,
                            size_t *scanned, struct plug_frame_view *ret_view)
{
    size_t at = 0, n = 0;

    (void)scanned;
    for (; at < len && digit(bytes[at]); at++) {
        size_t d = bytes[at] - '0';
        if (at == 1 && n == 0)
            return plug__frame_error(ret_view, PLUG_EFRAME_BAD, 1); /* a leading zero */
        if (d > f->max || n > (f->max - d) / 10)
            return plug__frame_error(ret_view, PLUG_EFRAME_TOOLONG, at);
        n = 10 * n + d;
    }
    size_t whole = at + 1 + n + 1;
    if (at == len)
        return plug__frame_more(ret_view, at == 0 ? 3 : whole - len);
    if (at == 0 || bytes[at] != ':')
        return plug__frame_error(ret_view, PLUG_EFRAME_BAD, at);
    if (len < whole)
        return plug__frame_more(ret_view, whole - len);
    if (bytes[whole - 1] != ',')
        return plug__frame_error(ret_view, PLUG_EFRAME_BAD, whole - 1);
    return plug__frame_done(ret_view, bytes + at + 1, n, whole);
}

const struct plug__framing plug__frame_netstring = {.decode = decode_netstring, .head = put_digits};
