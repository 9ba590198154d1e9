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
 * closed, as in Python. It has the socket's timeout of the moment it was opened. After one time-out
 * (or cancellation) in the middle of reading, the read side answers PLUG_EPOISONED, because nobody
 * can tell how much of a line is lost; what is buffered already can still be read with plug_stream_peek.
 * One thread or fiber reads, one writes.
 */
#include <plug/sock.h>
#include <stdarg.h>

PLUG_BEGIN_DECLS

struct plug_stream;

enum plug_stream_mode { PLUG_STREAM_READ = 1, PLUG_STREAM_WRITE = 2 };
enum plug_stream_buffering {
    PLUG_STREAM_FULL, /* written out when the buffer is full, at flush and close */
    PLUG_STREAM_LINE, /* also after each line feed */
    PLUG_STREAM_NONE  /* every write goes out at once; reads take no more than asked for */
};

struct plug_stream_opts {
    size_t size;
    enum plug_stream_buffering buffering;
    size_t buffer; /* bytes for each direction; 0: 8192; at most 1 GiB */
};
#define PLUG_STREAM_OPTS {sizeof(struct plug_stream_opts), PLUG_STREAM_FULL, 0}

/* mode is an or of enum plug_stream_mode. borrows s during the call only. gives *ret. -EINVAL. */
PLUG_API PLUG_MUST int plug_stream_open(struct plug_stream **ret, struct plug_sock *s, int mode,
                                        const struct plug_stream_opts *opts);
/* Flushes, then ends it; takes f. The error of the flush, or 0. NULL is 0. */
PLUG_API int plug_stream_close(struct plug_stream *f);
/* Up to len bytes, at least one, 0 at the end: what is there, or one receive. */
PLUG_API PLUG_MUST ssize_t plug_stream_read(struct plug_stream *f, void *buf, size_t len);
/* Exactly len, or PLUG_EEOF with *ret_got (NULL: not wanted) bytes placed. */
PLUG_API PLUG_MUST int plug_stream_read_exact(struct plug_stream *f, void *buf, size_t len,
                                              size_t *ret_got);
/* To the end, at most max bytes; gives *ret_bytes (plug_free). Length, or PLUG_ELIMIT. */
PLUG_API PLUG_MUST ssize_t plug_stream_read_all(struct plug_stream *f, size_t max, void **ret_bytes);
/*
 * One line with its line feed (and a NUL behind it, not counted); the last one may lack the line feed.
 * Length, 0 at the end, PLUG_ELIMIT when no line feed came within len - 1 bytes (nothing is consumed).
 */
PLUG_API PLUG_MUST ssize_t plug_stream_readline(struct plug_stream *f, char *buf, size_t len);
/*
 * All lines to the end, each at most line_max and together at most max bytes; fn gets each, with its line
 * feed; a result other than 0 stops and is returned. Python's readlines, without its list.
 */
typedef int plug_stream_line_fn(const char *line, size_t len, void *arg);
PLUG_API PLUG_MUST int plug_stream_readlines(struct plug_stream *f, size_t line_max, size_t max,
                                             plug_stream_line_fn *fn, void *arg);
/* Shows buffered bytes without taking them, receiving once if there are none. borrowed until the next read. */
PLUG_API PLUG_MUST ssize_t plug_stream_peek(struct plug_stream *f, const void **ret_bytes);
/* copies len bytes; all or an error. *ret_sent of the last flush: plug_stream_unsent. */
PLUG_API PLUG_MUST int plug_stream_write(struct plug_stream *f, const void *bytes, size_t len);
PLUG_API PLUG_MUST int plug_stream_printf(struct plug_stream *f, const char *fmt, ...)
    PLUG_PRINTF(2, 3);
PLUG_API PLUG_MUST int plug_stream_vprintf(struct plug_stream *f, const char *fmt, va_list ap)
    PLUG_PRINTF(2, 0);
/* Sends what is buffered. After a failure the unsent rest stays and can be tried again. */
PLUG_API PLUG_MUST int plug_stream_flush(struct plug_stream *f);
PLUG_API size_t plug_stream_unsent(const struct plug_stream *f);
PLUG_API bool plug_stream_eof(const struct plug_stream *f);
/* The first error of reading (0: none). */
PLUG_API int plug_stream_error(const struct plug_stream *f);
PLUG_API int plug_stream_fd(const struct plug_stream *f);

PLUG_END_DECLS
#endif
