/* SPDX-License-Identifier: MIT */
/* asynchat.simple_producer. */
#include <errno.h>
#include <plug/alloc.h>
#include <plug/chat.h>
#include <string.h>

struct simple {
    size_t len, at, chunk;
    uint8_t bytes[];
};

static int more(void *arg, const void **ret_bytes, size_t *ret_len)
{
    struct simple *p = arg;
    size_t left = p->len - p->at, n = left < p->chunk ? left : p->chunk;

    *ret_bytes = p->bytes + p->at;
    *ret_len = n;
    p->at += n;
    return 0;
}

int plug_chat_simple_producer(struct plug_chat_producer *ret, const void *bytes, size_t len,
                              size_t chunk)
{
    struct simple *p = len <= PTRDIFF_MAX - sizeof *p ? plug_alloc(sizeof *p + len) : NULL;

    if (!p)
        return -ENOMEM;
    *p = (struct simple){.len = len, .chunk = chunk ? chunk : 512};
    if (len)
        memcpy(p->bytes, bytes, len);
    *ret = (struct plug_chat_producer){more, plug_free, p};
    return 0;
}
