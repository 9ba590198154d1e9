/* SPDX-License-Identifier: MIT */
#ifndef PLUG_STREAM_H
#define PLUG_STREAM_H
/*
 * A buffered stream over a socket: the makefile of Python.
 *
 * Layer: net.
 *
 * The caller:
 *   1. plug_stream_open(&f, s, PLUG_STREAM_READ | PLUG_STREAM_WRITE, NULL)
 *   2. plug_stream_readline(f, line, sizeof line), plug_stream_write(f, p, n), plug_stream_flush(f)
 *   3. plug_stream_close(f)     flushes
 *
 * The stream works on a duplicate of the descriptor, so it stays valid when the socket handle is
 * closed, as in Python. It has the socket's timeout of the moment it was opened. After a time-out
 * (or cancellation) of a read, the read side answers PLUG_EPOISONED, because nobody can tell how
 * much of a message is lost; what is buffered already can still be seen with plug_stream_peek.
 * -EAGAIN (timeout PLUG_NOWAIT) and -EINTR do not poison.
 *
 * One thread or fiber reads, one writes. Errors of every call: those of plug_sock_recv and
 * plug_sock_send, -EBADF (the stream was not opened for that direction), -ENOMEM.
 */
#include <plug/sock.h>
#include <stdarg.h>

PLUG_BEGIN_DECLS

struct plug_stream;

#define PLUG_STREAM_BUFFER     8192                 /* the usual size of each buffer */
#define PLUG_STREAM_BUFFER_MAX (1024 * 1024 * 1024) /* the most that may be asked for */
#define PLUG_STREAM_PRINTF_MAX (1024 * 1024)        /* longest text of one plug_stream_printf */

enum plug_stream_mode { PLUG_STREAM_READ = 1, PLUG_STREAM_WRITE = 2 };
enum plug_stream_buffering {
    PLUG_STREAM_FULL, /* written out when the buffer is full, at flush and close */
    PLUG_STREAM_LINE, /* also after each write that has a line feed in it */
    PLUG_STREAM_NONE  /* every write goes out at once; reads take no more than asked for */
};

struct plug_stream_opts {
    size_t size;
    enum plug_stream_buffering buffering;
    /* Bytes for each direction, allocated when first needed; 0: PLUG_STREAM_BUFFER; at most
     * PLUG_STREAM_BUFFER_MAX. */
    size_t buffer;
};
#define PLUG_STREAM_OPTS                                                                           \
    {                                                                                              \
        sizeof(struct plug_stream_opts), PLUG_STREAM_FULL, 0                                       \
    }

/*
 * mode is an or of enum plug_stream_mode. borrows s during the call only. gives *ret.
 * -EINVAL (mode), PLUG_EOPTS, -ENOMEM, and the errors of plug_sock_dup.
 */
PLUG_API PLUG_MUST int plug_stream_open(struct plug_stream **ret, struct plug_sock *s, int mode,
                                        const struct plug_stream_opts *opts);

/*
 * Flushes, then ends it; takes f in every case. The error of the flush, or 0: what could not be
 * sent is lost, so flush before, where that matters. NULL is 0.
 */
PLUG_API int plug_stream_close(struct plug_stream *f);

/* --- reading --------------------------------------------------------------------------- */

/* Up to len bytes, at least one, 0 at the end: what is buffered, or one receive. */
PLUG_API PLUG_MUST ssize_t plug_stream_read(struct plug_stream *f, void *buf, size_t len);

/*
 * Exactly len, or PLUG_EEOF. *ret_got (NULL: not wanted) is the number of bytes placed, on success
 * and failure. One deadline for all.
 */
PLUG_API PLUG_MUST int plug_stream_read_exact(struct plug_stream *f, void *buf, size_t len,
                                              size_t *ret_got);

/*
 * To the end, at most max bytes; gives *ret_bytes (plug_free; NULL when the length is 0). Length,
 * or PLUG_ELIMIT when there is more. After an error what came stays buffered, up to max bytes.
 */
PLUG_API PLUG_MUST ssize_t plug_stream_read_all(struct plug_stream *f, size_t max,
                                                void **ret_bytes);

/*
 * One line with its line feed (and a NUL behind it, not counted); the last one may lack the line
 * feed. Length; 0 at the end; PLUG_ELIMIT when no line feed came within len - 1 bytes. After any
 * error nothing is consumed. len < 2 is -EINVAL. A NUL in the line is data: go by the length.
 */
PLUG_API PLUG_MUST ssize_t plug_stream_readline(struct plug_stream *f, char *buf, size_t len);

/*
 * All lines to the end, each at most line_max and together at most max bytes (else PLUG_ELIMIT); fn
 * gets each, with its line feed, borrowed until it returns; a result other than 0 stops and is
 * returned. Python's readlines, without its list. One deadline for each line.
 */
typedef int plug_stream_line_fn(const char *line, size_t len, void *arg);
PLUG_API PLUG_MUST int plug_stream_readlines(struct plug_stream *f, size_t line_max, size_t max,
                                             plug_stream_line_fn *fn, void *arg);

/*
 * Shows buffered bytes without taking them, receiving once if there are none. borrowed until the
 * next read. How many; 0 at the end.
 */
PLUG_API PLUG_MUST ssize_t plug_stream_peek(struct plug_stream *f, const void **ret_bytes);

/* True once a read has met the end; and the first error of reading (0: none). */
PLUG_API bool plug_stream_eof(const struct plug_stream *f);
PLUG_API int plug_stream_error(const struct plug_stream *f);

/* --- writing --------------------------------------------------------------------------- */

/*
 * copies len bytes into the buffer, sending as it fills; more than a buffer's worth goes out
 * straight. After a failure plug_stream_written tells how many bytes have been taken over, sent or
 * still waiting in the buffer.
 */
PLUG_API PLUG_MUST int plug_stream_write(struct plug_stream *f, const void *bytes, size_t len);

/* The same with formatted text of at most PLUG_STREAM_PRINTF_MAX bytes (PLUG_ELIMIT). */
PLUG_API PLUG_MUST int plug_stream_printf(struct plug_stream *f, const char *fmt, ...)
    PLUG_PRINTF(2, 3);
PLUG_API PLUG_MUST int plug_stream_vprintf(struct plug_stream *f, const char *fmt, va_list ap)
    PLUG_PRINTF(2, 0);

/* Sends what is buffered. After a failure the unsent rest stays and can be tried again. */
PLUG_API PLUG_MUST int plug_stream_flush(struct plug_stream *f);

/* Bytes taken over since the stream was opened, and how many of them wait in the buffer. */
PLUG_API uint64_t plug_stream_written(const struct plug_stream *f);
PLUG_API size_t plug_stream_unsent(const struct plug_stream *f);

/* The stream's own descriptor; borrowed. */
PLUG_API int plug_stream_fd(const struct plug_stream *f);

PLUG_END_DECLS
#endif
