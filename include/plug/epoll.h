/* SPDX-License-Identifier: MIT */
#ifndef PLUG_EPOLL_H
#define PLUG_EPOLL_H
/*
 * A set of descriptors that the kernel keeps: epoll(7), Python's select.epoll.
 *
 * Layer: loop.
 *
 * The caller:
 *   1. plug_epoll_open(&e)
 *   2. plug_epoll_add(e, fd, EPOLLIN, client) for each descriptor
 *   3. n = plug_epoll_wait(e, events, 64, PLUG_S(5)); looks at events[0] to events[n - 1]
 *   4. plug_epoll_del(e, fd) before it closes one; plug_epoll_close(e)
 *
 * Events are those of epoll_ctl(2), raw, with EPOLLHUP and EPOLLERR asked for or not. Level
 * triggered, unless asked: EPOLLET tells only of what is new (then read until -EAGAIN),
 * EPOLLONESHOT once until plug_epoll_mod, EPOLLEXCLUSIVE wakes one of several sets instead of all.
 * The cost of a wait grows with what is ready, not with what is registered. (epoll never shared
 * memory with the kernel by mmap, whatever is told.)
 *
 * Closing a registered descriptor. The kernel registers open files, not numbers: as long as a
 * duplicate of it is open (dup, fork, a descriptor sent to another process), a closed one goes on
 * reporting, and cannot be taken out by its number any more. So delete before closing. Here a late
 * event never reaches anybody: each registration has a generation that the kernel gives back with
 * its events, and those of ended ones are dropped. When the kernel goes on reporting one,
 * plug_epoll_wait moves the living ones to a new set under the same descriptor (edge triggered ones
 * are then told again once), instead of waking for nothing for ever.
 * What was closed but never deleted and lives on in a duplicate still belongs to its registration.
 *
 * Within a batch. The events of one wait are a copy: when dealing with the first ends the owner of
 * the second, and its number is taken again, ask plug_epoll_fresh before dealing with the second.
 *
 * After fork(2) parent and child share the set: what one adds or deletes, and what it does with
 * one-shot and edge triggered events, the other sees. A child opens its own.
 *
 * Threads: one at a time.
 */
#include <plug/poll.h>
#include <sys/epoll.h>

PLUG_BEGIN_DECLS

struct plug_epoll;

/* An empty set, CLOEXEC. gives *ret: end with plug_epoll_close. -EMFILE, -ENFILE, -ENOMEM. */
PLUG_API PLUG_MUST int plug_epoll_open(struct plug_epoll **ret);

/*
 * Makes a handle of an epoll descriptor that was opened elsewhere; takes fd. Events of what was
 * registered before come with fd -1, id 0 and the 64 bits of their epoll_data in data. Such a set
 * may be somebody else's, too: it is never moved. -EBADF; -EINVAL: not an epoll descriptor.
 * gives *ret. -EMFILE, -ENFILE, -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_epoll_adopt(struct plug_epoll **ret, int fd);

/* Ends the set and closes its descriptor, not those in it. takes e; NULL does nothing. */
PLUG_API void plug_epoll_close(struct plug_epoll *e);

/* The epoll descriptor (borrowed): readable when a wait would report something. */
PLUG_API int plug_epoll_fd(const struct plug_epoll *e);

/* How many descriptors were added here and not deleted. */
PLUG_API size_t plug_epoll_count(const struct plug_epoll *e);

/*
 * Registers fd; data comes back with its events (borrows it until then). -EEXIST: it is registered;
 * -EBADF: not open; -EPERM: a file that is always ready, such as a regular file or a directory;
 * -ELOOP (sets within sets), -EINVAL (the set itself, or EPOLLEXCLUSIVE with what it forbids),
 * -ENOSPC (the user's limit of watches), -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_epoll_add(struct plug_epoll *e, int fd, unsigned events, void *data);

/*
 * Changes events and data; arms a one-shot anew. -ENOENT: not registered, or the number is another
 * file's by now; -EBADF: not open (both end a registration that was there); -EINVAL (exclusive
 * ones cannot be changed), -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_epoll_mod(struct plug_epoll *e, int fd, unsigned events, void *data);

/*
 * Ends the registration of fd, also when the answer is an error: -EBADF: it was closed before;
 * -ENOENT: it was not registered, or closed and the number taken again.
 */
PLUG_API PLUG_MUST int plug_epoll_del(struct plug_epoll *e, int fd);

/*
 * Waits until a descriptor has events, or for timeout; negative is PLUG_FOREVER. When more are
 * ready than fit, the next wait reports the others first.
 *
 * Returns how many events were written, at most max; 0 when timeout passed. -EINVAL: max is 0.
 * PLUG_ETIMEOUT: a deadline scope ended it before timeout. -EINTR (plug_eintr_set), -ECANCELED;
 * -EMFILE, -ENFILE, -ENOMEM, -ENOSPC: the set had to move and could not. Parks the fiber on a
 * fiber.
 */
PLUG_API PLUG_MUST int plug_epoll_wait(struct plug_epoll *e, struct plug_event *ret_events,
                                       size_t max, int64_t timeout);

/* False when the registration that the event came from is over. */
PLUG_API bool plug_epoll_fresh(const struct plug_epoll *e, const struct plug_event *event);

PLUG_END_DECLS
#endif
