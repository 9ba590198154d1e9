/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SELECT_H
#define PLUG_SELECT_H
/*
 * select: three lists of descriptors in, three lists of ready ones out; Python's select.select.
 *
 * Layer: loop.
 *
 * The caller:
 *   1. int in[] = {a, b}, ready[2];
 *   2. struct plug_select_list readers = {in, 2, ready, 0};
 *   3. plug_select(&readers, NULL, NULL, PLUG_S(5), NULL)
 *   4. looks at ready[0] to ready[readers.ret_count - 1]
 *
 * The meaning of the lists is that of select(2):
 *   readers    a read would not wait: data, a connection to accept, end of file, a pending error
 *   writers    a write would not wait: room in the buffer, a finished connect, a pending error
 *   urgent     exceptional means out-of-band data (POLLPRI), not errors
 * Ready is told again by every call until it is dealt with (level triggered). Regular files are
 * always ready: no wait can tell that one has grown.
 *
 * The cost of a call grows with the number of descriptors, ready or not; plug_epoll and
 * plug_selector have no such cost.
 */
#include <plug/time.h>

PLUG_BEGIN_DECLS

struct plug_select_list {
    const int *fds;   /* in any order, several times if you like; borrowed during the call */
    size_t count;     /* at most PLUG_SELECT_MAX */
    int *ret_ready;   /* room for count; may be the same array as fds; NULL: only counted */
    size_t ret_count; /* how many are ready */
};
#define PLUG_SELECT_MAX (1024 * 1024)

struct plug_select_opts {
    size_t size;
    bool strict;          /* refuse descriptors from FD_SETSIZE (1024) on, as Python does */
    bool hang_up_writers; /* a hang-up makes writers ready, too, as it does in plug_selector */
};
#define PLUG_SELECT_OPTS                                                                           \
    {                                                                                              \
        sizeof(struct plug_select_opts), false, false                                              \
    }

/*
 * Waits until a descriptor of a list is ready, or for timeout; a negative timeout is PLUG_FOREVER.
 * The ready ones come out in the order and as often as they stand in the list. A list may be NULL;
 * without any descriptor the call sleeps. Ready lists are only written on success.
 *
 * Returns the sum of the three ret_count; 0 when timeout passed. -EBADF: one of the descriptors is
 * not open (a negative one never is). -EINVAL: a list is too long, or there are more descriptors
 * than RLIMIT_NOFILE. PLUG_ERANGE: opts->strict. PLUG_ETIMEOUT: a deadline scope ended the wait
 * before timeout. -EINTR (plug_eintr_set), -ECANCELED, -ENOMEM (more than 64 different
 * descriptors take memory during the call), PLUG_EOPTS. Any thread; on a fiber it parks the fiber.
 */
PLUG_API PLUG_MUST int plug_select(struct plug_select_list *readers,
                                   struct plug_select_list *writers,
                                   struct plug_select_list *urgent, int64_t timeout,
                                   const struct plug_select_opts *opts);

PLUG_END_DECLS
#endif
