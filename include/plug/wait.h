/* SPDX-License-Identifier: MIT */
#ifndef PLUG_WAIT_H
#define PLUG_WAIT_H
/*
 * The seam of plug: who waits.
 *
 * Layer: base.
 *
 * Every operation that can wait is written once as  try -> wait(fd, events, deadline) -> try again.
 * The waiter of the calling thread does the waiting. By default that is ppoll(2); a fiber
 * scheduler puts its own waiter in place, which parks the fiber and runs another one. So the same
 * plug_sock_recv serves a plain thread, a forked child and a fiber.
 *
 * A waiter belongs to one thread. The optional entries take over a whole operation (io_uring
 * submits it, a fiber sends blocking work to a pool); NULL means try-wait-try.
 */
#include <plug/base.h>
#include <poll.h>
#include <sys/socket.h>

PLUG_BEGIN_DECLS

struct plug_deadline;
struct plug_defer_frame;

/*
 * A descriptor that is waited for again and again. id is a number that no other opening of a
 * descriptor in this process ever has, so that a waiter may keep it registered: where the same fd
 * comes with another id, it was closed and opened anew. 0: not known, keep nothing. stream: a
 * receive that did not fill its buffer has emptied it (TCP; where descriptors or credentials can
 * cut a receive short, it is false).
 */
struct plug_wait_fd {
    int fd;
    bool stream;
    uint64_t id;
};

/* What belongs to the thread or fiber that a waiter serves; the library's. */
struct plug_wait_own {
    struct plug_deadline *scope;
    struct plug_defer_frame *defer;
    bool return_eintr;
};

struct plug_waiter {
    size_t size;
    const char *name;
    /*
     * Waits until fd is ready for one of events (POLLIN, POLLOUT ...) or deadline (absolute,
     * PLUG_NEVER) passes. Returns revents > 0, PLUG_ETIMEOUT, -ECANCELED, -EINTR, or another
     * -errno. fd -1 means: only time can end this.
     */
    int (*wait)(struct plug_waiter *w, int fd, short events, int64_t deadline);
    /*
     * Waits until one of count descriptors is ready, as poll(2) tells it in revents. Returns how
     * many are, else as wait. NULL: wait for a single one, for several look again every
     * millisecond.
     */
    int (*wait_many)(struct plug_waiter *w, struct pollfd *fds, size_t count, int64_t deadline);
    /* Runs fn(arg) where it may block without holding up others; NULL: it is simply called. */
    int (*call)(struct plug_waiter *w, int (*fn)(void *), void *arg, int64_t deadline);
    /*
     * As wait, for a descriptor that is waited for again and again, right after an attempt that
     * would have blocked, with no other wait between: the waiter may trust the kernel to tell it of
     * changes only. NULL: wait.
     */
    int (*ready)(struct plug_waiter *w, struct plug_wait_fd fd, short events, int64_t deadline);
    /* fd is about to be closed or given away: what waits for it returns -EBADF. NULL: nothing. */
    void (*forget)(struct plug_waiter *w, struct plug_wait_fd fd);
    /* Whole operations; each has its system call's meaning and -errno results. */
    ssize_t (*recv)(struct plug_waiter *w, struct plug_wait_fd fd, void *buf, size_t len, int flags,
                    int64_t deadline);
    ssize_t (*send)(struct plug_waiter *w, struct plug_wait_fd fd, const void *buf, size_t len,
                    int flags, int64_t deadline);
    int (*accept)(struct plug_waiter *w, struct plug_wait_fd fd, struct sockaddr *sa,
                  socklen_t *len, int flags, int64_t deadline);
    int (*connect)(struct plug_waiter *w, struct plug_wait_fd fd, const struct sockaddr *sa,
                   socklen_t len, int64_t deadline);
    struct plug_wait_own own;
};

/* A new id for struct plug_wait_fd, never 0. Any thread. */
PLUG_API uint64_t plug_wait_id(void);

/* The calling thread's waiter; never NULL. */
PLUG_API struct plug_waiter *plug_waiter(void);

/*
 * Puts a waiter in place for the calling thread; NULL goes back to ppoll. borrows w until replaced.
 * Returns the one before (NULL when it was the default), to be put back.
 */
PLUG_API struct plug_waiter *plug_waiter_set(struct plug_waiter *w);

/*
 * Waits through the calling thread's waiter, bounded by deadline and by the open deadline scopes;
 * a signal is waited out unless plug_eintr_set(true). Results as in struct plug_waiter.
 */
PLUG_API PLUG_MUST int plug_wait(int fd, short events, int64_t deadline);

/* The same for a descriptor that is waited for again and again, after an attempt in vain. */
PLUG_API PLUG_MUST int plug_wait_ready(struct plug_wait_fd fd, short events, int64_t deadline);

/*
 * The same for several descriptors at once. Returns how many have revents other than 0. borrows
 * fds. At most PLUG_WAIT_MAX descriptors, else -EINVAL; count 0: only time can end this.
 */
#define PLUG_WAIT_MAX 1024
PLUG_API PLUG_MUST int plug_wait_many(struct pollfd *fds, size_t count, int64_t deadline);

/*
 * With true, waits of the calling thread or fiber return -EINTR when a signal was handled, so
 * that an interpreter can run its signal handlers and call again inside the same deadline scope.
 * With false (the default) they go on with the time that is left. Returns the setting before.
 */
PLUG_API bool plug_eintr_set(bool return_eintr);

/*
 * True when a plain system call may simply block: default waiter, no deadline given, no scope open,
 * and no wish to hear of signals (a handler with SA_RESTART would let the call go on in silence).
 * The fast path of a blocking socket: one system call per operation.
 */
PLUG_API bool plug_wait_may_block(int64_t deadline);

PLUG_END_DECLS
#endif
