/* SPDX-License-Identifier: MIT */
#ifndef PLUG_NET_SOCK_IMPL_H
#define PLUG_NET_SOCK_IMPL_H
/* The inside of struct plug_sock, and how its operations wait. For src/net only. */
#include <netinet/in.h>
#include "base/at_hand.h"
#include <plug/sock.h>
#include <plug/wait.h>
#include <stdatomic.h>

struct plug__unix_file;

struct plug_sock {
    int fd;
    bool stream;                  /* as in struct plug_wait_fd */
    atomic_bool nonblock;         /* we have set O_NONBLOCK (a duplicate may have set it, too) */
    uint64_t id;                  /* of this opening of fd, for the waiter */
    int64_t timeout;              /* PLUG_FOREVER, PLUG_NOWAIT, or nanoseconds; nothing else */
    int family, type, proto;      /* type without flag bits */
    struct plug__unix_file *file; /* the path that plug_listen made; else NULL */
};

static inline struct plug_wait_fd plug__sock_wait_fd(const struct plug_sock *s)
{
    return (struct plug_wait_fd){s->fd, s->stream, s->id};
}

/* Where the kernel writes an address; zeroed, so that no byte of the value is ever undefined. */
#define PLUG__ADDR_ROOM                                                                            \
    {                                                                                              \
        .ss = {.ss_family = 0}, .len = sizeof(struct sockaddr_storage)                             \
    }

/* A deadline that stands for non-blocking mode: an operation that would wait is -EAGAIN. */
#define PLUG__TRY_ONCE INT64_MIN

/* The deadline of a call that starts now, from the handle's timeout and the flags of the call. */
int64_t plug__sock_deadline_set(const struct plug_sock *s, int flags);
static inline int64_t plug__sock_deadline(const struct plug_sock *s, int flags)
{
    bool plain = s->timeout == PLUG_FOREVER && !(flags & (MSG_DONTWAIT | MSG_ERRQUEUE));
    return __builtin_expect(plain, 1) ? PLUG_NEVER : plug__sock_deadline_set(s, flags);
}

/*
 * One attempt at an operation. dontwait is MSG_DONTWAIT or 0: with 0 it may block in the kernel.
 * Returns as a struct plug_sys entry; -EAGAIN means: wait, then try again.
 */
typedef ssize_t plug__try_fn(int fd, int dontwait, void *arg);

/* The one loop of try, wait and try again. */
ssize_t plug__sock_try(struct plug_sock *s, short events, int64_t deadline, plug__try_fn *fn,
                       void *arg);

/* The same for operations without MSG_DONTWAIT: puts the descriptor into O_NONBLOCK if need be. */
ssize_t plug__sock_try_nonblock(struct plug_sock *s, short events, int64_t deadline,
                                plug__try_fn *fn, void *arg);

/*
 * Operations that the thread's waiter may take over as a whole. Few instructions and one system
 * call that succeeds: a plain thread without a deadline simply blocks in it, elsewhere it is the
 * first try. slow: what follows when that said r < 0.
 */
ssize_t plug__sock_recv_slow(struct plug_sock *s, void *buf, size_t len, int flags,
                             int64_t deadline, ssize_t r);
static inline ssize_t plug__sock_recv(struct plug_sock *s, void *buf, size_t len, int flags,
                                      int64_t deadline)
{
    struct plug_waiter *w = plug__own_waiter;
    ssize_t r;
    if (w && w->recv && deadline != PLUG__TRY_ONCE) {
        r = w->recv(w, plug__sock_wait_fd(s), buf, len, flags, plug__deadline_bounded(w, deadline));
    } else {
        int dontwait = plug__may_block(deadline) ? 0 : MSG_DONTWAIT;
        r = plug__sys()->recv(s->fd, buf, len, flags | dontwait);
    }
    return r >= 0 ? r : plug__sock_recv_slow(s, buf, len, flags, deadline, r);
}

ssize_t plug__sock_send_slow(struct plug_sock *s, const void *buf, size_t len, int flags,
                             int64_t deadline, ssize_t r);
static inline ssize_t plug__sock_send(struct plug_sock *s, const void *buf, size_t len, int flags,
                                      int64_t deadline)
{
    struct plug_waiter *w = plug__own_waiter;
    ssize_t r;
    flags |= MSG_NOSIGNAL;
    if (w && w->send && deadline != PLUG__TRY_ONCE) {
        r = w->send(w, plug__sock_wait_fd(s), buf, len, flags, plug__deadline_bounded(w, deadline));
    } else {
        r = plug__may_block(deadline) ? plug__sys()->send(s->fd, buf, len, flags)
                                      : plug__sys_send(s->fd, buf, len, flags | MSG_DONTWAIT);
    }
    return r >= 0 ? r : plug__sock_send_slow(s, buf, len, flags, deadline, r);
}

int plug__sock_accept(struct plug_sock *s, struct plug_addr *ret_addr, int flags, int64_t deadline);
/*
 * accept(2) itself, which waits as the descriptor does; a signal ends it (-EINTR), whatever the
 * thread has asked for. -EAGAIN, too, when the connection was gone already. For handles that wait.
 */
int plug__sock_accept_once(struct plug_sock *s, struct plug_sock **ret_conn,
                           struct plug_addr *ret_addr);
/* What connect(2) says at once: -EINPROGRESS where the connection goes on in the background. */
int plug__sock_connect(struct plug_sock *s, const struct plug_addr *addr, int64_t deadline);

/* For loops of several operations: PLUG_ETIMEOUT when the deadline is over, else 0. */
int plug__sock_expired(int64_t deadline);

/* Lets time pass, but not beyond the deadline: 0, PLUG_ETIMEOUT, -EINTR, -ECANCELED. */
int plug__sock_pause(int64_t pause, int64_t deadline);

/* send_all against a deadline that is already running; adds to *sent. */
int plug__sock_send_all(struct plug_sock *s, const void *buf, size_t len, int64_t deadline,
                        size_t *sent);

/* recvmsg(2) and sendmsg(2); the out members of *hdr are set on success only. */
struct msghdr;
ssize_t plug__sock_recvmsg(struct plug_sock *s, struct msghdr *hdr, int flags, int64_t deadline);
ssize_t plug__sock_sendmsg(struct plug_sock *s, const struct msghdr *hdr, int flags,
                           int64_t deadline);

/* MSG_CMSG_CLOEXEC where descriptors can come; packet(7) refuses it. */
int plug__sock_cloexec(const struct plug_sock *s);

/* Makes a handle of fd (takes it on success); timeout decides about O_NONBLOCK. */
int plug__sock_make(struct plug_sock **ret, int fd, int family, int type, int proto,
                    int64_t timeout);

/* Switches O_NONBLOCK of the descriptor; no system call when it is known to be so already. */
int plug__sock_nonblock(struct plug_sock *s, bool on);

/* Forgets (close) or removes (remove) the path of a UNIX listener; NULL-safe. */
void plug__unix_file_free(struct plug__unix_file *file);

#endif
