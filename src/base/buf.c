/* SPDX-License-Identifier: MIT */
#include "base/assert.h"
#include <plug/alloc.h>
#include <plug/buf.h>
#include <plug/err.h>
#include <stdio.h>
#include <string.h>

/* The block is always one byte larger than cap, so that a NUL fits behind the last byte. */

void plug_buf_init(struct plug_buf *b, size_t max)
{
    PLUG_ASSERT(max > 0 && max <= SIZE_MAX / 4, "a buffer needs a maximum");
    *b = (struct plug_buf){.max = max};
}

void plug_buf_clear(struct plug_buf *b)
{
    plug_free(b->data);
    *b = (struct plug_buf){.max = b->max};
}

const uint8_t *plug_buf_data(const struct plug_buf *b)
{
    return b->data ? b->data + b->off : (const uint8_t *)"";
}

size_t plug_buf_len(const struct plug_buf *b)
{
    return b->len;
}

size_t plug_buf_room(const struct plug_buf *b)
{
    return b->max - b->len;
}

static void to_front(struct plug_buf *b)
{
    if (b->off > 0)
        memmove(b->data, b->data + b->off, b->len);
    b->off = 0;
}

/* A new capacity for need bytes: twice that when the buffer has to grow once more. */
static size_t next_cap(const struct plug_buf *b, size_t need)
{
    size_t cap = b->cap ? 2 * need : need;

    return cap < b->max ? cap : b->max;
}

static int grow(struct plug_buf *b, size_t cap)
{
    uint8_t *data = plug_realloc(b->data, cap + 1);

    if (!data)
        return -ENOMEM;
    b->data = data;
    b->cap = cap;
    return 0;
}

int plug_buf_reserve(struct plug_buf *b, size_t len, uint8_t **ret_room)
{
    size_t need, cap;
    int r = 0;

    if (len > plug_buf_room(b))
        return PLUG_ELIMIT;
    need = b->len + len;
    cap = next_cap(b, need);
    if (!b->data) {
        r = grow(b, cap);
    } else if (b->off + need > b->cap) {
        /* Moving alone is fair when more has been consumed than is moved; else it would come back
         * for every few bytes. */
        bool enough = need <= b->cap && (b->off >= b->len || cap <= b->cap);
        to_front(b);
        r = enough ? 0 : grow(b, cap);
    }
    if (r == 0)
        *ret_room = b->data + b->off + b->len;
    return r;
}

void plug_buf_commit(struct plug_buf *b, size_t len)
{
    PLUG_ASSERT(b->off + b->len + len <= b->cap, "more committed than reserved");
    b->len += len;
}

int plug_buf_append(struct plug_buf *b, const void *bytes, size_t len)
{
    uint8_t *room;
    int r = plug_buf_reserve(b, len, &room);

    if (r < 0)
        return r;
    if (len > 0)
        memcpy(room, bytes, len);
    plug_buf_commit(b, len);
    return 0;
}

int plug_buf_printf(struct plug_buf *b, const char *fmt, ...)
{
    va_list ap;
    int r;

    va_start(ap, fmt);
    r = plug_buf_vprintf(b, fmt, ap);
    va_end(ap);
    return r;
}

int plug_buf_vprintf(struct plug_buf *b, const char *fmt, va_list ap)
{
    size_t spare = b->data ? b->cap - b->off - b->len + 1 : 0;
    uint8_t *room = spare ? b->data + b->off + b->len : NULL;
    va_list again;
    int n, r;

    va_copy(again, ap);
    n = vsnprintf((char *)room, spare, fmt, ap);
    r = n < 0 ? -EINVAL : 0;
    if (r == 0 && (size_t)n >= spare) {
        r = plug_buf_reserve(b, (size_t)n, &room);
        if (r == 0)
            vsnprintf((char *)room, (size_t)n + 1, fmt, again);
    }
    if (r == 0)
        plug_buf_commit(b, (size_t)n);
    va_end(again);
    return r;
}

void plug_buf_consume(struct plug_buf *b, size_t len)
{
    PLUG_ASSERT(len <= b->len, "more consumed than there is");
    b->off += len;
    b->len -= len;
    if (b->len == 0)
        b->off = 0;
}

const char *plug_buf_str(struct plug_buf *b)
{
    if (!b->data)
        return "";
    b->data[b->off + b->len] = '\0';
    return (const char *)b->data + b->off;
}
