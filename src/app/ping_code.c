/* SPDX-License-Identifier: MIT */
/* What a request carries so that its reply can be known. */
#include "app/ping_impl.h"
#include <plug/bytes.h>

static void code_of(const struct plug__sipkey *key, uint32_t host, uint64_t seq,
                    uint8_t ret_code[PLUG__PING_CODE])
{
    uint8_t text[12];

    plug_put_be32(text, host);
    plug_put_be64(text + 4, seq);
    plug_put_be64(ret_code, plug__siphash(key, text, sizeof text));
}

/* Behind the code each byte is its own offset, as ping(8) has it. */
static uint8_t byte_at(const uint8_t *code, size_t at)
{
    return at < PLUG__PING_CODE ? code[at] : (uint8_t)at;
}

void plug__ping_fill(const struct plug__sipkey *key, uint32_t host, uint64_t seq, uint8_t *data,
                     size_t len)
{
    uint8_t code[PLUG__PING_CODE];

    code_of(key, host, seq, code);
    for (size_t i = 0; i < len; i++)
        data[i] = byte_at(code, i);
}

int64_t plug__ping_differs(const struct plug__sipkey *key, uint32_t host, uint64_t seq,
                           const uint8_t *data, size_t len)
{
    uint8_t code[PLUG__PING_CODE];

    code_of(key, host, seq, code);
    for (size_t i = 0; i < len; i++)
        if (data[i] != byte_at(code, i))
            return (int64_t)i;
    return -1;
}
