/* SPDX-License-Identifier: MIT */
#ifndef PLUG_POLL_H
#define PLUG_POLL_H
/*
 * A set of descriptors for poll(2): the object that Python's select.poll() gives.
 *
 * Layer: loop.
 *
 * The caller:
 *   1. plug_poll_open(&p)
 *   2. plug_poll_set(p, fd, POLLIN) for each descriptor
 *   3. n = plug_poll_wait(p, events, 16, PLUG_S(5)); looks at events[0] to events[n - 1]
 *   4. plug_poll_remove(p, fd) before it closes one; plug_poll_close(p)
 *
 * Events are those of poll(2), 16 bits, raw: POLLIN POLLPRI POLLOUT POLLRDHUP ..., and, asked for
 * or not, POLLHUP, POLLERR and POLLNVAL (not an open descriptor). Level triggered. The cost of a
 * wait grows with the number of descriptors.
 *
 * Threads: one at a time. While a thread (or a fiber) waits, every other call that uses the set is
 * -EBUSY.
 */
#include <plug/time.h>
#include <poll.h>

PLUG_BEGIN_DECLS

struct plug_poll;

/* What a wait reports, here and in epoll.h and selector.h. */
struct plug_event {
    int fd;
    unsigned events;
    void *data;  /* as given with the descriptor; NULL from plug_poll */
    uint64_t id; /* of the registration, never used twice: plug_epoll_fresh, plug_selector_fresh */
};

/* An empty set. gives *ret: end with plug_poll_close. -ENOMEM. */
PLUG_API PLUG_MUST int plug_poll_open(struct plug_poll **ret);

/* Ends the set, not its descriptors; NULL does nothing. Aborts while another thread waits. */
PLUG_API void plug_poll_close(struct plug_poll *p);

/*
 * Puts fd in, or changes its events when it is in. Whether fd is open shows in the wait (POLLNVAL).
 * -EBADF (negative), PLUG_ERANGE (more than 16 bits), -EBUSY, -ENOMEM.
 */
PLUG_API PLUG_MUST int plug_poll_set(struct plug_poll *p, int fd, unsigned events);

/* Changes the events of a descriptor that is in. -ENOENT: it is not; PLUG_ERANGE, -EBUSY. */
PLUG_API PLUG_MUST int plug_poll_modify(struct plug_poll *p, int fd, unsigned events);

/* Takes fd out, open or closed. -ENOENT: it is not in; -EBUSY. */
PLUG_API PLUG_MUST int plug_poll_remove(struct plug_poll *p, int fd);

/* How many are in. */
PLUG_API size_t plug_poll_count(const struct plug_poll *p);

/*
 * Waits until a descriptor has events, or for timeout; negative is PLUG_FOREVER. An empty set is a
 * sleep. When more than max are ready, the next wait begins with those that were left out.
 *
 * Returns how many events were written; 0 when timeout passed. -EINVAL: max is 0, or there are
 * more descriptors than RLIMIT_NOFILE. -EBUSY: another thread waits on this set. PLUG_ETIMEOUT: a
 * deadline scope ended it before timeout. -EINTR (plug_eintr_set), -ECANCELED, -ENOMEM. Parks the
 * fiber on a fiber.
 */
PLUG_API PLUG_MUST int plug_poll_wait(struct plug_poll *p, struct plug_event *ret_events,
                                      size_t max, int64_t timeout);

PLUG_END_DECLS
#endif
