/* SPDX-License-Identifier: MIT */
#ifndef PLUG_CHAT_H
#define PLUG_CHAT_H
/*
 * Python's asynchat: a dispatcher for protocols of commands and replies. What comes is collected up
 * to a terminator, what goes waits in a queue of data and producers.
 *
 * Layer: loop.
 *
 * The caller:
 *   1. plug_chat_open(&c, m, &ops, self, &opts); plug_chat_set_sock(c, conn), or _connect
 *   2. plug_chat_set_terminator(c, "\r\n", 2)
 *   3. plug_dispatcher_loop(m, ...): ops.collect gets data, ops.found the end of a message
 *   4. in them: plug_chat_push(c, reply, len), plug_chat_close_when_done(c)
 *
 * Order and effect are those of Python 3.11; but all buffers have limits; a chat that has been
 * closed is not called any more; a terminator set in collect stays; bytes given to a collect that
 * fails are not given again; an error of sending is what plug_chat_push returns, and calls
 * handle_error only as the result of a hook. Life and threads as in plug/dispatcher.h.
 */
#include <plug/dispatcher.h>

PLUG_BEGIN_DECLS

struct plug_chat;

/* Results as in plug/dispatcher.h. */
struct plug_chat_ops {
    size_t size;
    /* Part of a message, len > 0; borrowed until it returns. Needed. */
    int (*collect)(struct plug_chat *c, const void *bytes, size_t len);
    /* The terminator came. Needed. */
    int (*found)(struct plug_chat *c);
    int (*handle_connect)(struct plug_chat *c);
    int (*handle_close)(struct plug_chat *c);            /* default: plug_chat_close */
    int (*handle_error)(struct plug_chat *c, int error); /* default: logs, handle_close */
    void (*freed)(void *arg);
};
#define PLUG_CHAT_OPS                                                                              \
    {                                                                                              \
        sizeof(struct plug_chat_ops), NULL, NULL, NULL, NULL, NULL, NULL                           \
    }

#define PLUG_CHAT_MESSAGE    (1024 * 1024)
#define PLUG_CHAT_OUT        (1024 * 1024)
#define PLUG_CHAT_IDLE       PLUG_MIN(5)
#define PLUG_CHAT_TERMINATOR 256 /* longest terminator */

struct plug_chat_opts {
    size_t size;
    size_t max_message; /* bytes collected for one terminator; 0: PLUG_CHAT_MESSAGE */
    size_t max_out;     /* bytes that wait to be sent; 0: PLUG_CHAT_OUT */
    int64_t idle;       /* longest silence in both directions, looked at in each turn of the map;
                           0: PLUG_CHAT_IDLE; PLUG_FOREVER: none. Then handle_error gets
                           PLUG_ETIMEOUT */
};
#define PLUG_CHAT_OPTS                                                                             \
    {                                                                                              \
        sizeof(struct plug_chat_opts), 0, 0, 0                                                     \
    }

/* gives *ret. borrows ops and arg. PLUG_EOPTS, -EINVAL (no collect or found), -ENOMEM. */
PLUG_API PLUG_MUST int plug_chat_open(struct plug_chat **ret, struct plug_dispatcher_map *m,
                                      const struct plug_chat_ops *ops, void *arg,
                                      const struct plug_chat_opts *opts);

/* As plug_dispatcher_close, _set_sock, _create and _connect in one. */
PLUG_API void plug_chat_close(struct plug_chat *c);
PLUG_API PLUG_MUST int plug_chat_set_sock(struct plug_chat *c, struct plug_sock *s);
PLUG_API PLUG_MUST int plug_chat_connect(struct plug_chat *c, const struct plug_addr *addr);

/*
 * What ends a message: these bytes (copied; they may arrive in pieces), that many bytes (once; then
 * none, until it is set anew), or nothing at all, which is how it begins. Also from collect and
 * found, for what comes next. -EINVAL: len 0; PLUG_ELIMIT: more than PLUG_CHAT_TERMINATOR.
 */
PLUG_API PLUG_MUST int plug_chat_set_terminator(struct plug_chat *c, const void *bytes, size_t len);
PLUG_API void plug_chat_set_length(struct plug_chat *c, size_t len);
PLUG_API void plug_chat_set_raw(struct plug_chat *c);

/*
 * Queues data (copied) and sends what can be sent. 0; PLUG_ELIMIT: max_out would be exceeded,
 * nothing was queued; -ENOMEM, -EBADF (closed); else the error of sending.
 */
PLUG_API PLUG_MUST int plug_chat_push(struct plug_chat *c, const void *bytes, size_t len);

/*
 * A source of data, asked when everything before it has been sent: *ret_len 0 is its end. The bytes
 * are borrowed until it is asked again. done (NULL: nothing) is called once, whatever happens.
 */
struct plug_chat_producer {
    int (*more)(void *arg, const void **ret_bytes, size_t *ret_len);
    void (*done)(void *arg);
    void *arg;
};
/* copies *producer; calls done on failure, too. Errors as plug_chat_push. */
PLUG_API PLUG_MUST int plug_chat_push_producer(struct plug_chat *c,
                                               const struct plug_chat_producer *producer);

/*
 * asynchat.simple_producer: bytes (copied) in pieces of chunk; 0: 512. gives *ret, whose done frees
 * it: hand it to plug_chat_push_producer. -ENOMEM. Any thread.
 */
PLUG_API PLUG_MUST int plug_chat_simple_producer(struct plug_chat_producer *ret, const void *bytes,
                                                 size_t len, size_t chunk);

/* Closes after all that is queued was sent: handle_close. -ENOMEM, -EBADF. */
PLUG_API PLUG_MUST int plug_chat_close_when_done(struct plug_chat *c);

/* Forgets what was received and what waits to be sent. */
PLUG_API void plug_chat_discard(struct plug_chat *c);

/* Bytes that wait to be sent; what it was opened with; its dispatcher (borrowed). */
PLUG_API size_t plug_chat_waiting(const struct plug_chat *c);
PLUG_API void *plug_chat_arg(const struct plug_chat *c);
PLUG_API struct plug_dispatcher *plug_chat_dispatcher(const struct plug_chat *c);

PLUG_END_DECLS
#endif
