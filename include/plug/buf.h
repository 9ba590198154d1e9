/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BUF_H
#define PLUG_BUF_H
/*
 * A byte queue with a hard maximum: append at the end, consume from the front.
 *
 * Layer: base.
 *
 * The caller:
 *   1. struct plug_buf b; plug_buf_init(&b, 65536);      nothing is allocated yet
 *   2. plug_buf_append(&b, p, n), plug_buf_printf(&b, ...), or reserve + fill + commit
 *   3. reads plug_buf_data(&b), plug_buf_len(&b); plug_buf_consume(&b, n)
 *   4. plug_buf_clear(&b)                                 empty and reusable, memory freed
 *
 * Invariants: off + len <= cap <= max, with one byte more behind cap for the NUL of plug_buf_str;
 * the capacity never exceeds twice what has been asked for. Not safe for two threads at once.
 */
#include <plug/base.h>
#include <stdarg.h>

PLUG_BEGIN_DECLS

struct plug_buf {
    uint8_t *data; /* the library's: use the functions */
    size_t off, len, cap, max;
};

/* max > 0 is the most bytes it will ever hold; SIZE_MAX/4 is the highest allowed (aborts above). */
PLUG_API void plug_buf_init(struct plug_buf *b, size_t max);

/* Frees the memory; the buffer is empty, keeps its maximum, and can be used again. */
PLUG_API void plug_buf_clear(struct plug_buf *b);

/* The bytes (never NULL) and how many. borrowed until the next change of b. */
PLUG_API const uint8_t *plug_buf_data(const struct plug_buf *b);
PLUG_API size_t plug_buf_len(const struct plug_buf *b);

/* Room still allowed before the maximum. */
PLUG_API size_t plug_buf_room(const struct plug_buf *b);

/* copies len bytes (not of b itself) to the end. 0, -ENOMEM, PLUG_ELIMIT (nothing appended). */
PLUG_API PLUG_MUST int plug_buf_append(struct plug_buf *b, const void *bytes, size_t len);

/*
 * Appends formatted text, without its NUL. 0, -ENOMEM, PLUG_ELIMIT, -EINVAL (printf(3) refused);
 * nothing is appended on failure.
 */
PLUG_API PLUG_MUST int plug_buf_printf(struct plug_buf *b, const char *fmt, ...) PLUG_PRINTF(2, 3);
PLUG_API PLUG_MUST int plug_buf_vprintf(struct plug_buf *b, const char *fmt, va_list ap)
    PLUG_PRINTF(2, 0);

/*
 * Makes room for at least len more bytes and lends them in *ret_room until the next call; then
 * plug_buf_commit says how many were filled. 0, -ENOMEM, PLUG_ELIMIT.
 */
PLUG_API PLUG_MUST int plug_buf_reserve(struct plug_buf *b, size_t len, uint8_t **ret_room);
PLUG_API void plug_buf_commit(struct plug_buf *b, size_t len);

/* Removes len bytes from the front; more than there are aborts. */
PLUG_API void plug_buf_consume(struct plug_buf *b, size_t len);

/* The bytes as text with a NUL behind them. Never fails. borrowed until the next change of b. */
PLUG_API const char *plug_buf_str(struct plug_buf *b);

PLUG_END_DECLS
#endif
