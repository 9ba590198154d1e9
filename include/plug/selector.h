/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SELECTOR_H
#define PLUG_SELECTOR_H
/*
 * One set of descriptors over any of the kernel's ways to wait: Python's selectors.
 *
 * Layer: loop.
 *
 * The caller:
 *   1. plug_selector_open(&s, PLUG_BACKEND_AUTO)
 *   2. plug_selector_add(s, fd, PLUG_READ, client) for each descriptor
 *   3. n = plug_selector_wait(s, ready, 64, PLUG_S(5)); looks at ready[0] to ready[n - 1]
 *   4. plug_selector_del(s, fd) when it closes one; plug_selector_close(s)
 *
 * Level triggered. A hang-up or an error counts as whatever was asked for: PLUG_READ, PLUG_WRITE
 * or both; the read or write tells which it is. PLUG_URGENT is asked for beside one of these: TCP's
 * urgent data (POLLPRI), ready until received (MSG_OOB) or passed, never a hang-up. All back-ends
 * behave alike; epoll alone costs nothing for those that are not ready.
 *
 * Closing: a descriptor that was closed while registered is silent, and plug_selector_del takes it
 * out then too; but while a duplicate or a child keeps its file open, epoll and uring tell of it
 * until it is deleted. Delete it before its number is taken again: on select, poll and uring
 * nothing tells the new file from the old one, and uring may keep what was closed open until then.
 * Within a batch, where one answer may end the owner of the next, ask plug_selector_fresh before
 * each.
 *
 * Threads: one at a time. After fork(2) a child opens its own.
 */
#include <plug/poll.h>

PLUG_BEGIN_DECLS

struct plug_selector;

enum {
    PLUG_READ = 1, /* as Python's EVENT_READ and EVENT_WRITE */
    PLUG_WRITE = 2,
    PLUG_URGENT = 4
};

enum plug_backend {
    PLUG_BACKEND_AUTO, /* what the environment variable PLUG_BACKEND names, else epoll */
    PLUG_BACKEND_EPOLL,
    PLUG_BACKEND_POLL,
    PLUG_BACKEND_SELECT,
    PLUG_BACKEND_URING /* io_uring; only where it is asked for */
};

/* "epoll", "poll", "select", "uring", "auto", static; and back: -EINVAL for another word. Any
 * thread. */
PLUG_API const char *plug_backend_name(enum plug_backend backend);
PLUG_API PLUG_MUST int plug_backend_find(const char *name);

/*
 * An empty set. gives *ret: end with plug_selector_close. A back-end that was named is used or
 * fails. With PLUG_BACKEND_AUTO one that this machine refuses is replaced by the next of epoll,
 * poll, select; plug_selector_fallback tells. -EINVAL: PLUG_BACKEND, or backend, names none.
 * -EMFILE, -ENFILE, -ENOMEM; otherwise what the machine said.
 */
PLUG_API PLUG_MUST int plug_selector_open(struct plug_selector **ret, enum plug_backend backend);

/* Ends the set, not its descriptors; NULL does nothing. */
PLUG_API void plug_selector_close(struct plug_selector *s);

/* Which back-end it has, never PLUG_BACKEND_AUTO; and why not the one wanted: an error, or 0. */
PLUG_API enum plug_backend plug_selector_backend(const struct plug_selector *s);
PLUG_API int plug_selector_fallback(const struct plug_selector *s);

/* The epoll descriptor (borrowed), or -EOPNOTSUPP on another back-end. */
PLUG_API int plug_selector_fd(const struct plug_selector *s);

/*
 * Registers fd for PLUG_READ, PLUG_WRITE or both, and PLUG_URGENT; data comes back with its events
 * (borrows it until then). -EEXIST: it is registered; -EINVAL: no such events; -EBADF: not open;
 * -EPERM: always ready, such as a regular file, on every back-end; -EMFILE, -ENFILE, -ENOSPC,
 * -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_selector_add(struct plug_selector *s, int fd, unsigned events,
                                         void *data);

/*
 * Changes events and data; new data alone take no system call. -ENOENT: not registered; -EINVAL: no
 * such events. Any other failure (-EBADF: it was closed) ends the registration.
 */
PLUG_API PLUG_MUST int plug_selector_mod(struct plug_selector *s, int fd, unsigned events,
                                         void *data);

/* Ends the registration of fd, open or closed. -ENOENT: there is none. */
PLUG_API PLUG_MUST int plug_selector_del(struct plug_selector *s, int fd);

/* Fills *ret_key (fd, the events asked for, data, id) of a registered fd; -ENOENT. */
PLUG_API PLUG_MUST int plug_selector_get(const struct plug_selector *s, int fd,
                                         struct plug_event *ret_key);

/* How many are registered. */
PLUG_API size_t plug_selector_count(const struct plug_selector *s);

/*
 * Calls fn for each registration, in no order; a result other than 0 stops and is returned. fn may
 * delete the one it was given, and no other, and may not add.
 */
typedef int plug_selector_each_fn(const struct plug_event *key, void *arg);
PLUG_API int plug_selector_each(struct plug_selector *s, plug_selector_each_fn *fn, void *arg);

/*
 * Waits until a descriptor is ready, or for timeout; negative is PLUG_FOREVER. Each that is ready
 * comes once, events says for what. When more are ready than fit, later waits report the others
 * before the same again.
 *
 * Returns how many were written, at most max; 0 when timeout passed. -EINVAL: max is 0.
 * PLUG_ETIMEOUT: a deadline scope ended it before timeout. -EINTR (plug_eintr_set), -ECANCELED,
 * -ENOMEM; on epoll also the errors of plug_epoll_wait. Parks the fiber on a fiber.
 */
PLUG_API PLUG_MUST int plug_selector_wait(struct plug_selector *s, struct plug_event *ret_ready,
                                          size_t max, int64_t timeout);

/* False when the registration that the event came from is over. */
PLUG_API bool plug_selector_fresh(const struct plug_selector *s, const struct plug_event *ready);

PLUG_END_DECLS
#endif
