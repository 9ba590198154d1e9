/* SPDX-License-Identifier: MIT */
/* Buffered streams: opening, writing, closing. */
#include "net/stream.h"
#include "base/assert.h"

#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <stdio.h>
#include <string.h>

static int check(int mode, const struct plug_stream_opts *o)
{
    if (mode <= 0 || (mode & ~(PLUG_STREAM_READ | PLUG_STREAM_WRITE)))
        return -EINVAL;
    if (o->size != sizeof *o || (unsigned)o->buffering > PLUG_STREAM_NONE ||
        o->buffer > PLUG_STREAM_BUFFER_MAX)
        return PLUG_EOPTS;
    return 0;
}

int plug_stream_open(struct plug_stream **ret, struct plug_sock *s, int mode,
                     const struct plug_stream_opts *opts)
{
    static const struct plug_stream_opts none = PLUG_STREAM_OPTS;
    const struct plug_stream_opts *o = opts ? opts : &none;
    int r = check(mode, o);
    if (r < 0)
        return r;
    struct plug_stream *f = plug_calloc(1, sizeof *f);
    if (!f)
        return -ENOMEM;
    r = plug_sock_dup(s, &f->s);
    if (r < 0) {
        plug_free(f);
        return r;
    }
    f->mode = mode;
    f->buffering = o->buffering;
    f->cap = o->buffer ? o->buffer : PLUG_STREAM_BUFFER;
    plug_buf_init(&f->in, SIZE_MAX / 4); /* what a call may put into it, the call limits */
    plug_buf_init(&f->out, f->cap);
    *ret = f;
    return 0;
}

int plug_stream_close(struct plug_stream *f)
{
    if (!f)
        return 0;
    int r = f->mode & PLUG_STREAM_WRITE ? plug_stream_flush(f) : 0;
    plug_sock_close(f->s);
    plug_buf_clear(&f->in);
    plug_buf_clear(&f->out);
    plug_free(f);
    return r;
}

int plug_stream_fd(const struct plug_stream *f)
{
    PLUG_ASSERT(f);
    return f->s->fd;
}

/* --- writing --------------------------------------------------------------------------- */

uint64_t plug_stream_written(const struct plug_stream *f)
{
    PLUG_ASSERT(f);
    return f->written;
}

size_t plug_stream_unsent(const struct plug_stream *f)
{
    PLUG_ASSERT(f);
    return plug_buf_len(&f->out);
}

static int flush(struct plug_stream *f, int64_t deadline)
{
    size_t sent = 0;
    if (plug_buf_len(&f->out) == 0)
        return 0;
    int r =
        plug__sock_send_all(f->s, plug_buf_data(&f->out), plug_buf_len(&f->out), deadline, &sent);
    plug_buf_consume(&f->out, sent);
    return r;
}

static int send_straight(struct plug_stream *f, const void *bytes, size_t len, int64_t deadline)
{
    size_t sent = 0;
    int r = len ? plug__sock_send_all(f->s, bytes, len, deadline, &sent) : 0;
    f->written += sent;
    return r;
}

static int append(struct plug_stream *f, const void *bytes, size_t len)
{
    int r = plug_buf_append(&f->out, bytes, len);
    if (r >= 0)
        f->written += len;
    return r;
}

static int write_buffered(struct plug_stream *f, const void *bytes, size_t len, int64_t deadline)
{
    if (len > plug_buf_room(&f->out)) {
        int r = flush(f, deadline);
        if (r < 0)
            return r;
        if (len >= f->cap)
            return send_straight(f, bytes, len, deadline);
    }
    return append(f, bytes, len);
}

int plug_stream_write(struct plug_stream *f, const void *bytes, size_t len)
{
    PLUG_ASSERT(f);
    if (!(f->mode & PLUG_STREAM_WRITE))
        return -EBADF;
    int64_t deadline = plug__sock_deadline(f->s, 0);
    if (f->buffering == PLUG_STREAM_NONE)
        return send_straight(f, bytes, len, deadline);
    int r = write_buffered(f, bytes, len, deadline);
    bool line = r >= 0 && f->buffering == PLUG_STREAM_LINE && len && memchr(bytes, '\n', len);
    return line ? flush(f, deadline) : r;
}

int plug_stream_flush(struct plug_stream *f)
{
    PLUG_ASSERT(f);
    if (!(f->mode & PLUG_STREAM_WRITE))
        return -EBADF;
    return flush(f, plug__sock_deadline(f->s, 0));
}

int plug_stream_vprintf(struct plug_stream *f, const char *fmt, va_list ap)
{
    struct plug_buf text;
    plug_buf_init(&text, PLUG_STREAM_PRINTF_MAX);
    int r = plug_buf_vprintf(&text, fmt, ap);
    if (r >= 0)
        r = plug_stream_write(f, plug_buf_data(&text), plug_buf_len(&text));
    plug_buf_clear(&text);
    return r;
}

int plug_stream_printf(struct plug_stream *f, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int r = plug_stream_vprintf(f, fmt, ap);
    va_end(ap);
    return r;
}
