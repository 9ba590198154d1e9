/* SPDX-License-Identifier: MIT */
/* Options: kind, length, data. */
#include <plug/err.h>
#include <plug/option.h>
#include <string.h>

/* One option of more than a byte; its length counts from skip bytes before its data on. */
static int next(const uint8_t *b, size_t left, unsigned counted, struct plug_option *o)
{
    if (left < 2 || b[1] < counted || b[1] - counted > left - 2)
        return PLUG_EPACKET_BAD;
    *o = (struct plug_option){b[0], b + 2, b[1] - counted};
    return (int)(2 + o->len);
}

static int single(const uint8_t *b, size_t *at, struct plug_option *o)
{
    *o = (struct plug_option){.kind = b[*at]};
    ++*at;
    return 1;
}

static int read_at(const uint8_t *b, size_t len, unsigned counted, size_t *at,
                   struct plug_option *o)
{
    int r = next(b + *at, len - *at, counted, o);

    if (r < 0)
        return r;
    *at += (size_t)r;
    return 1;
}

int plug_option_next(const void *options, size_t len, size_t *at, struct plug_option *ret_option)
{
    const uint8_t *b = options;

    if (*at >= len || b[*at] == PLUG_OPTION_END)
        return 0;
    if (b[*at] == PLUG_OPTION_NOP)
        return single(b, at, ret_option);
    return read_at(b, len, 2, at, ret_option);
}

int plug_ip6_option_next(const void *options, size_t len, size_t *at,
                         struct plug_option *ret_option)
{
    const uint8_t *b = options;

    if (*at >= len)
        return 0;
    if (b[*at] == PLUG_OPTION_PAD1)
        return single(b, at, ret_option);
    return read_at(b, len, 0, at, ret_option);
}

static int put(uint8_t *to, size_t room, struct plug_option o, bool bare, unsigned counted)
{
    if (o.len > UINT8_MAX - counted)
        return PLUG_ERANGE;
    if (room < (bare ? 1 : 2 + o.len))
        return -ENOSPC;
    to[0] = o.kind;
    if (bare)
        return 1;
    to[1] = (uint8_t)(o.len + counted);
    if (o.len > 0)
        memcpy(to + 2, o.data, o.len);
    return (int)(2 + o.len);
}

static int put_at(uint8_t *options, size_t size, size_t len, struct plug_option o, bool bare,
                  unsigned counted)
{
    if (len > size)
        return -ENOSPC;
    int r = put(options + len, size - len, o, bare, counted);
    return r < 0 ? r : (int)len + r;
}

int plug_option_put(void *options, size_t size, size_t len, uint8_t kind, const void *data,
                    size_t data_len)
{
    bool bare = data_len == 0 && (kind == PLUG_OPTION_END || kind == PLUG_OPTION_NOP);
    return put_at(options, size, len, (struct plug_option){kind, data, data_len}, bare, 2);
}

int plug_ip6_option_put(void *options, size_t size, size_t len, uint8_t kind, const void *data,
                        size_t data_len)
{
    bool bare = data_len == 0 && kind == PLUG_OPTION_PAD1;
    return put_at(options, size, len, (struct plug_option){kind, data, data_len}, bare, 0);
}

int plug_option_pad(void *options, size_t size, size_t len)
{
    uint8_t *b = options;

    if (len > size || size - len < -len % 4)
        return -ENOSPC;
    while (len % 4)
        b[len++] = PLUG_OPTION_END;
    return (int)len;
}
