/* SPDX-License-Identifier: MIT */
/* Buffered streams: the reader's half. */
#include "net/stream.h"
#include "base/assert.h"

#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <string.h>

bool plug_stream_eof(const struct plug_stream *f)
{
    PLUG_ASSERT(f);
    return f->eof;
}

int plug_stream_error(const struct plug_stream *f)
{
    PLUG_ASSERT(f);
    return f->error;
}

/* Errors after which the same read can simply be called again. */
static bool passing(ssize_t r)
{
    return r == -EAGAIN || r == -EINTR || r == -ENOMEM || r == -ENOBUFS;
}

/* Keeps the end and the first error in mind: after a reset, the kernel would tell of an end. */
static ssize_t note(struct plug_stream *f, ssize_t n)
{
    f->eof = f->eof || n == 0;
    if (n < 0 && !passing(n) && !f->error)
        f->error = (int)n;
    if (n == PLUG_ETIMEOUT || n == -ECANCELED)
        f->poisoned = true;
    return n;
}

/* May the reader go on? */
static int ready(const struct plug_stream *f)
{
    PLUG_ASSERT(f);
    if (!(f->mode & PLUG_STREAM_READ))
        return -EBADF;
    return f->poisoned ? PLUG_EPOISONED : 0;
}

/* One receive of at most len bytes (flags: MSG_PEEK or 0); 0 at the end. */
static ssize_t receive(struct plug_stream *f, void *buf, size_t len, int flags, int64_t deadline)
{
    if (f->eof || f->error)
        return f->error;
    return note(f, plug__sock_recv(f->s, buf, len, flags, deadline));
}

/* How much to receive at once into the buffer: a buffer's worth, or as much again as is there. */
static size_t step(const struct plug_stream *f, size_t most)
{
    size_t n = plug_buf_len(&f->in);
    size_t usual = f->cap < PLUG_STREAM_BUFFER ? f->cap : PLUG_STREAM_BUFFER;
    n = n > usual ? n : usual;
    return n < most ? n : most;
}

/* Receives once into the buffer, at most most bytes. */
static ssize_t fill(struct plug_stream *f, size_t most, int64_t deadline)
{
    uint8_t *room;
    size_t len = step(f, most);
    int r = plug_buf_reserve(&f->in, len, &room);
    if (r < 0)
        return r;
    ssize_t n = receive(f, room, len, 0, deadline);
    if (n > 0)
        plug_buf_commit(&f->in, (size_t)n);
    return n;
}

static size_t take(struct plug_stream *f, void *buf, size_t len)
{
    size_t n = plug_buf_len(&f->in);
    n = n < len ? n : len;
    if (n)
        memcpy(buf, plug_buf_data(&f->in), n);
    plug_buf_consume(&f->in, n);
    return n;
}

static ssize_t read_some(struct plug_stream *f, void *buf, size_t len, int64_t deadline)
{
    if (plug_buf_len(&f->in) == 0) {
        if (f->buffering == PLUG_STREAM_NONE || len >= f->cap)
            return receive(f, buf, len, 0, deadline);
        ssize_t n = fill(f, f->cap, deadline);
        if (n <= 0)
            return n;
    }
    return (ssize_t)take(f, buf, len);
}

ssize_t plug_stream_read(struct plug_stream *f, void *buf, size_t len)
{
    int r = ready(f);
    if (r < 0 || len == 0)
        return r;
    return read_some(f, buf, len, plug__sock_deadline(f->s, 0));
}

static int read_exact(struct plug_stream *f, uint8_t *buf, size_t len, size_t *got)
{
    int64_t deadline = plug__sock_deadline(f->s, 0);
    while (*got < len) {
        ssize_t n = read_some(f, buf + *got, len - *got, deadline);
        if (n <= 0)
            return n < 0 ? (int)n : PLUG_EEOF;
        *got += (size_t)n;
        int r = *got < len ? plug__sock_expired(deadline) : 0;
        if (r < 0)
            return (int)note(f, r);
    }
    return 0;
}

int plug_stream_read_exact(struct plug_stream *f, void *buf, size_t len, size_t *ret_got)
{
    size_t got = 0;
    int r = ready(f);
    if (r >= 0)
        r = read_exact(f, buf, len, &got);
    if (ret_got)
        *ret_got = got;
    return r;
}

/* --- all ------------------------------------------------------------------------------- */

/* The buffer holds all it may: is there more? 0: no, it is the end. */
static ssize_t more(struct plug_stream *f, int64_t deadline)
{
    uint8_t probe;
    ssize_t n = receive(f, &probe, 1, MSG_PEEK, deadline);
    return n > 0 ? PLUG_ELIMIT : n;
}

static ssize_t fill_to_end(struct plug_stream *f, size_t max)
{
    int64_t deadline = plug__sock_deadline(f->s, 0);
    for (;;) {
        size_t len = plug_buf_len(&f->in);
        if (len > max)
            return PLUG_ELIMIT;
        ssize_t n = len < max ? fill(f, max - len, deadline) : more(f, deadline);
        if (n <= 0)
            return n;
        int r = plug__sock_expired(deadline);
        if (r < 0)
            return note(f, r);
    }
}

ssize_t plug_stream_read_all(struct plug_stream *f, size_t max, void **ret_bytes)
{
    int r = ready(f);
    if (r < 0)
        return r;
    ssize_t n = fill_to_end(f, max);
    if (n < 0)
        return n;
    size_t len = plug_buf_len(&f->in);
    void *bytes = len ? plug_memdup(plug_buf_data(&f->in), len) : NULL;
    if (len && !bytes)
        return -ENOMEM;
    plug_buf_clear(&f->in);
    *ret_bytes = bytes;
    return (ssize_t)len;
}

/* --- lines ----------------------------------------------------------------------------- */

/* Unbuffered: looks at what has come, then takes no more of it than the line. */
static ssize_t fill_line(struct plug_stream *f, size_t most, int64_t deadline)
{
    uint8_t *room;
    size_t len = step(f, most);
    int r = plug_buf_reserve(&f->in, len, &room);
    if (r < 0)
        return r;
    ssize_t n = receive(f, room, len, MSG_PEEK, deadline);
    if (n <= 0)
        return n;
    const uint8_t *feed = memchr(room, '\n', (size_t)n);
    n = receive(f, room, feed ? (size_t)(feed - room) + 1 : (size_t)n, 0, deadline);
    if (n > 0)
        plug_buf_commit(&f->in, (size_t)n);
    return n;
}

/* Fills until a whole line of at most max bytes is there; its length, 0 at the end. */
static ssize_t find_line(struct plug_stream *f, size_t max)
{
    int64_t deadline = plug__sock_deadline(f->s, 0);
    size_t seen = 0;
    for (;;) {
        size_t len = plug_buf_len(&f->in) < max ? plug_buf_len(&f->in) : max;
        const uint8_t *start = plug_buf_data(&f->in);
        const uint8_t *feed = memchr(start + seen, '\n', len - seen);
        if (feed)
            return feed - start + 1;
        if (len == max)
            return PLUG_ELIMIT;
        seen = len;
        ssize_t n = f->buffering == PLUG_STREAM_NONE ? fill_line(f, max - len, deadline)
                                                     : fill(f, f->cap, deadline);
        if (n <= 0)
            return n < 0 ? n : (ssize_t)len;
        int r = plug__sock_expired(deadline);
        if (r < 0)
            return note(f, r);
    }
}

ssize_t plug_stream_readline(struct plug_stream *f, char *buf, size_t len)
{
    int r = ready(f);
    if (r < 0)
        return r;
    if (len < 2)
        return -EINVAL;
    ssize_t n = find_line(f, len - 1);
    if (n < 0)
        return n;
    take(f, buf, (size_t)n);
    buf[n] = '\0';
    return n;
}

int plug_stream_readlines(struct plug_stream *f, size_t line_max, size_t max,
                          plug_stream_line_fn *fn, void *arg)
{
    size_t total = 0;
    ssize_t n;
    int r = ready(f);
    if (r < 0)
        return r;
    while ((n = find_line(f, line_max)) > 0) {
        total += (size_t)n;
        if (total > max)
            return PLUG_ELIMIT;
        r = fn((const char *)plug_buf_data(&f->in), (size_t)n, arg);
        plug_buf_consume(&f->in, (size_t)n);
        if (r != 0)
            return r;
    }
    return (int)n;
}

ssize_t plug_stream_peek(struct plug_stream *f, const void **ret_bytes)
{
    PLUG_ASSERT(f);
    if (!(f->mode & PLUG_STREAM_READ))
        return -EBADF;
    ssize_t n = (ssize_t)plug_buf_len(&f->in);
    if (n == 0 && f->poisoned)
        return PLUG_EPOISONED;
    if (n == 0 && f->buffering == PLUG_STREAM_NONE) {
        uint8_t *room; /* shown, but neither taken from the socket nor counted as buffered */
        size_t len = step(f, f->cap);
        n = plug_buf_reserve(&f->in, len, &room);
        if (n >= 0)
            n = receive(f, room, len, MSG_PEEK, plug__sock_deadline(f->s, 0));
    } else if (n == 0) {
        n = fill(f, f->cap, plug__sock_deadline(f->s, 0));
    }
    if (n >= 0)
        *ret_bytes = plug_buf_data(&f->in);
    return n;
}
