/* SPDX-License-Identifier: MIT */
/* The terminator machine: what was received becomes collect and found. It knows no descriptor. */
#include "loop/chat.h"
#include "loop/dispatcher.h"
#include <errno.h>
#include <plug/bytes.h>
#include <plug/err.h>
#include <string.h>

int plug_chat_set_terminator(struct plug_chat *c, const void *bytes, size_t len)
{
    if (len == 0)
        return -EINVAL;
    if (len > PLUG_CHAT_TERMINATOR)
        return PLUG_ELIMIT;
    memcpy(c->terminator, bytes, len);
    c->terminator_len = len;
    c->end = PLUG__CHAT_BYTES;
    return 0;
}

void plug_chat_set_length(struct plug_chat *c, size_t len)
{
    c->left = len;
    c->end = len ? PLUG__CHAT_LENGTH : PLUG__CHAT_RAW;
}

void plug_chat_set_raw(struct plug_chat *c)
{
    c->end = PLUG__CHAT_RAW;
}

/* A hook may have discarded the rest. */
static void consume(struct plug_chat *c, size_t len)
{
    size_t there = plug_buf_len(&c->in);

    plug_buf_consume(&c->in, len < there ? len : there);
}

static int collect(struct plug_chat *c, size_t len)
{
    int r;

    if (len == 0)
        return 0;
    if (c->end != PLUG__CHAT_RAW && len > c->max_message - c->collected)
        return PLUG_ELIMIT;
    c->collected = c->end == PLUG__CHAT_RAW ? 0 : c->collected + len;
    r = plug__hook_result(c->ops->collect(c, plug_buf_data(&c->in), len));
    consume(c, len);
    return r;
}

static int found(struct plug_chat *c)
{
    c->collected = 0;
    return c->closed ? 0 : plug__hook_result(c->ops->found(c));
}

static int feed_length(struct plug_chat *c)
{
    size_t len = plug_buf_len(&c->in);
    size_t n = len < c->left ? len : c->left;
    bool ends = n == c->left;
    int r;

    c->left -= n;
    r = collect(c, n);
    if (r != 0 || !ends)
        return r;
    if (c->end == PLUG__CHAT_LENGTH && c->left == 0)
        c->end = PLUG__CHAT_RAW;
    return found(c);
}

/* The end is there: what precedes it, then itself. */
static int feed_found(struct plug_chat *c, size_t before)
{
    size_t terminator_len = c->terminator_len;
    int r = collect(c, before);

    if (r != 0)
        return r;
    consume(c, terminator_len);
    return found(c);
}

/* *ret_held: what is left may be the beginning of the terminator. */
static int feed_bytes(struct plug_chat *c, bool *ret_held)
{
    const uint8_t *data = plug_buf_data(&c->in);
    size_t len = plug_buf_len(&c->in), held;
    const uint8_t *end = memmem(data, len, c->terminator, c->terminator_len);

    if (end)
        return feed_found(c, (size_t)(end - data));
    held = plug_find_prefix_at_end(data, len, c->terminator, c->terminator_len);
    *ret_held = held > 0;
    return collect(c, len - held);
}

int plug__chat_feed(struct plug_chat *c, const void *bytes, size_t len)
{
    bool held = false;
    int r = plug_buf_append(&c->in, bytes, len);

    while (r == 0 && !held && !c->closed && plug_buf_len(&c->in))
        switch (c->end) {
        case PLUG__CHAT_RAW:
            r = collect(c, plug_buf_len(&c->in));
            break;
        case PLUG__CHAT_LENGTH:
            r = feed_length(c);
            break;
        case PLUG__CHAT_BYTES:
            r = feed_bytes(c, &held);
            break;
        }
    return r;
}
