/* SPDX-License-Identifier: MIT */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H
/* The kinds of framing: one const table each. */
#include "base/assert.h"
#include <plug/err.h>
#include <plug/frame.h>
#include <string.h>

struct plug__framing {
    /* plug_frame_decode, with scanned never NULL */
    int (*decode)(const struct plug_frame *f, const uint8_t *bytes, size_t len, size_t *scanned,
                  struct plug_frame_view *ret_view);
    /* writes the header of a payload of len bytes, gives its length; NULL: there is none */
    size_t (*head)(const struct plug_frame *f, size_t len, uint8_t *ret_head);
    /* may this payload be sent? NULL: any may */
    bool (*fits)(const struct plug_frame *f, const uint8_t *payload, size_t len);
};

extern const struct plug__framing plug__frame_length;
extern const struct plug__framing plug__frame_netstring;
extern const struct plug__framing plug__frame_delim;
extern const struct plug__framing plug__frame_line;
extern const struct plug__framing plug__frame_crlf;

static inline int plug__frame_done(struct plug_frame_view *v, const uint8_t *payload, size_t len,
                                   size_t used)
{
    v->payload = payload;
    v->len = len;
    v->used = used;
    return PLUG_FRAME_DONE;
}

static inline int plug__frame_more(struct plug_frame_view *v, size_t need)
{
    v->need = need;
    return PLUG_FRAME_MORE;
}

static inline int plug__frame_error(struct plug_frame_view *v, int err, size_t where)
{
    v->where = where;
    return err;
}

#endif
