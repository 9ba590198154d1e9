/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BASE_SYS_ENTRIES_H
#define PLUG_BASE_SYS_ENTRIES_H
/*
 * The one list of what struct plug_sys holds. The kernel's table, the tap (faults and counts), the
 * check of a user's table and the torture of the tests are all made from it; sys.c does not compile
 * when an entry of the struct is missing here.
 *
 *     X(kernel, tap, result, name, (parameters), (arguments), errors...)
 *
 *   kernel   LIBC  the libc function of that name; -1 becomes -errno
 *            OWN   kernel_NAME in sys_kernel.c
 *   tap      CALL  may fail
 *            READ  may fail, transfer less (parameter len), or return 0 for the end
 *            WRITE may fail or transfer less (parameter len)
 *            OWN_READ, OWN_WRITE, OWN  the same three, but tap_NAME is written out in sys_tap.c
 *            SURE, VOID  cannot fail: only passed on
 *   errors   what it may fail with, the usual one first (that of a rule without "="); the one
 *            that is hard to recover from comes before those that are only tried again
 */
#include <errno.h>
#include <plug/err.h>
#include <plug/sys.h>

/* clang-format off */
#define PLUG__SYS_SOCKET_ENTRIES(X)                                                                \
    X(LIBC, CALL, int, socket, (int family, int type, int proto), (family, type, proto),           \
      -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM, -EACCES, -EAFNOSUPPORT, -EPROTONOSUPPORT)               \
    X(LIBC, CALL, int, socketpair, (int family, int type, int proto, int fds[2]),                  \
      (family, type, proto, fds), -EMFILE, -ENFILE, -ENOMEM, -EOPNOTSUPP)                          \
    X(LIBC, CALL, int, bind, (int fd, const struct sockaddr *sa, socklen_t len), (fd, sa, len),    \
      -EADDRINUSE, -EACCES, -EADDRNOTAVAIL, -EINVAL, -ENOMEM)                                      \
    X(LIBC, CALL, int, listen, (int fd, int backlog), (fd, backlog), -EADDRINUSE, -EOPNOTSUPP)     \
    X(LIBC, CALL, int, accept4, (int fd, struct sockaddr *sa, socklen_t *len, int flags),          \
      (fd, sa, len, flags),                                                                        \
      -EMFILE, -ENFILE, -ENOBUFS, -ENOMEM, -EPERM, -ECONNABORTED, -EPROTO, -EAGAIN, -EINTR)        \
    X(LIBC, CALL, int, connect, (int fd, const struct sockaddr *sa, socklen_t len),                \
      (fd, sa, len), -ECONNREFUSED, -ETIMEDOUT, -EHOSTUNREACH, -ENETUNREACH, -EADDRNOTAVAIL,       \
      -EACCES, -EPERM)                                                                             \
    X(LIBC, CALL, int, getsockname, (int fd, struct sockaddr *sa, socklen_t *len), (fd, sa, len),  \
      -ENOBUFS)                                                                                    \
    X(LIBC, CALL, int, getpeername, (int fd, struct sockaddr *sa, socklen_t *len), (fd, sa, len),  \
      -ENOTCONN, -ENOBUFS)                                                                         \
    X(LIBC, CALL, int, getsockopt, (int fd, int level, int name, void *value, socklen_t *len),     \
      (fd, level, name, value, len), -ENOPROTOOPT, -ENOMEM)                                        \
    X(LIBC, CALL, int, setsockopt,                                                                 \
      (int fd, int level, int name, const void *value, socklen_t len),                             \
      (fd, level, name, value, len), -ENOPROTOOPT, -ENOMEM, -EINVAL, -EPERM)                       \
    X(LIBC, CALL, int, shutdown, (int fd, int how), (fd, how), -ENOTCONN)                          \
    X(OWN, READ, ssize_t, recv, (int fd, void *buf, size_t len, int flags),                       \
      (fd, buf, len, flags), -ECONNRESET, -ENOMEM, -ETIMEDOUT, -ENOTCONN, -EAGAIN, -EINTR)         \
    X(OWN, WRITE, ssize_t, send, (int fd, const void *buf, size_t len, int flags),                \
      (fd, buf, len, flags), -ECONNRESET, -EPIPE, -ENOBUFS, -ENOMEM, -EMSGSIZE, -EAGAIN, -EINTR)   \
    X(LIBC, READ, ssize_t, recvfrom,                                                               \
      (int fd, void *buf, size_t len, int flags, struct sockaddr *sa, socklen_t *salen),           \
      (fd, buf, len, flags, sa, salen), -ECONNREFUSED, -ENOMEM, -EAGAIN, -EINTR)                   \
    X(LIBC, WRITE, ssize_t, sendto,                                                                \
      (int fd, const void *buf, size_t len, int flags, const struct sockaddr *sa,                  \
       socklen_t salen),                                                                           \
      (fd, buf, len, flags, sa, salen),                                                            \
      -ENETUNREACH, -ECONNREFUSED, -ENOBUFS, -EMSGSIZE, -EPERM, -EAGAIN, -EINTR)                   \
    X(LIBC, OWN_READ, ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), (fd, msg, flags), \
      -ECONNRESET, -ENOMEM, -EAGAIN, -EINTR)                                                       \
    X(LIBC, OWN_WRITE, ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags),            \
      (fd, msg, flags),                                                                            \
      -ECONNRESET, -EPIPE, -ENOBUFS, -EMSGSIZE, -ETOOMANYREFS, -EAGAIN, -EINTR)                    \
    X(OWN, CALL, int, recvmmsg, (int fd, struct mmsghdr *msgs, unsigned count, int flags),         \
      (fd, msgs, count, flags), -ECONNREFUSED, -ENOMEM, -EAGAIN, -EINTR)                           \
    X(LIBC, CALL, int, sendmmsg, (int fd, struct mmsghdr *msgs, unsigned count, int flags),        \
      (fd, msgs, count, flags), -ENETUNREACH, -ENOBUFS, -EAGAIN, -EINTR)

#define PLUG__SYS_FILE_ENTRIES(X)                                                                  \
    X(LIBC, READ, ssize_t, read, (int fd, void *buf, size_t len), (fd, buf, len),                  \
      -EIO, -EAGAIN, -EINTR)                                                                       \
    X(LIBC, WRITE, ssize_t, write, (int fd, const void *buf, size_t len), (fd, buf, len),          \
      -EIO, -ENOSPC, -EPIPE, -EAGAIN, -EINTR)                                                      \
    X(LIBC, READ, ssize_t, pread, (int fd, void *buf, size_t len, off_t offset),                   \
      (fd, buf, len, offset), -EIO, -ESPIPE, -EINTR)                                               \
    X(LIBC, CALL, off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence), -ESPIPE) \
    X(OWN, WRITE, ssize_t, sendfile, (int fd, int in_fd, off_t *offset, size_t len),               \
      (fd, in_fd, offset, len), -EIO, -EINVAL, -ECONNRESET, -ENOMEM, -EAGAIN, -EINTR)              \
    X(OWN, OWN, int, close, (int fd), (fd), -EIO, -EINTR)                                         \
    X(OWN, CALL, int, dup, (int fd), (fd), -EMFILE)                                                \
    X(LIBC, CALL, int, fcntl, (int fd, int cmd, int arg), (fd, cmd, arg), -EINVAL)                 \
    X(LIBC, CALL, int, ioctl, (int fd, unsigned long request, void *arg), (fd, request, arg),      \
      -ENOTTY, -EINVAL)                                                                            \
    X(LIBC, CALL, int, pipe2, (int fds[2], int flags), (fds, flags), -EMFILE, -ENFILE)             \
    X(LIBC, CALL, int, eventfd, (unsigned initial, int flags), (initial, flags),                   \
      -EMFILE, -ENFILE, -ENOMEM)                                                                   \
    X(LIBC, CALL, int, openat, (int dirfd, const char *path, int flags, mode_t mode),              \
      (dirfd, path, flags, mode), -EACCES, -ENOENT, -EMFILE, -ENFILE, -ENOMEM, -ENOSPC, -EINTR)    \
    X(LIBC, CALL, int, fstat, (int fd, struct stat *st), (fd, st), -EIO, -ENOMEM)                  \
    X(LIBC, CALL, int, lstat, (const char *path, struct stat *st), (path, st),                     \
      -EACCES, -ENOMEM)                                                                            \
    X(LIBC, CALL, int, unlink, (const char *path), (path), -EACCES, -EROFS, -EIO)                  \
    X(LIBC, CALL, int, chmod, (const char *path, mode_t mode), (path, mode),                       \
      -EPERM, -EROFS, -EIO)                                                                        \
    X(LIBC, CALL, int, fchmod, (int fd, mode_t mode), (fd, mode), -EPERM, -EROFS, -EIO)            \
    X(LIBC, CALL, int, flock, (int fd, int operation), (fd, operation),                            \
      -ENOLCK, -EWOULDBLOCK, -EINTR)                                                               \
    X(OWN, SURE, pid_t, getpid, (void), (), 0)                                                     \
    X(OWN, SURE, pid_t, getppid, (void), (), 0)

#define PLUG__SYS_WAIT_ENTRIES(X)                                                                  \
    X(LIBC, CALL, int, ppoll,                                                                      \
      (struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask),    \
      (fds, count, timeout, mask), -ENOMEM, -EINTR)                                                \
    X(OWN, CALL, int, nanosleep_until, (int64_t deadline), (deadline), -EINTR)                     \
    X(OWN, SURE, int64_t, now, (clockid_t clock), (clock), 0)                                      \
    X(LIBC, OWN_WRITE, ssize_t, getrandom, (void *buf, size_t len, unsigned flags),                \
      (buf, len, flags), -ENOSYS, -EINTR)

#define PLUG__SYS_NAME_ENTRIES(X)                                                                  \
    X(OWN, CALL, int, getaddrinfo,                                                                 \
      (const char *host, const char *service, const struct addrinfo *hints,                        \
       struct addrinfo **list),                                                                    \
      (host, service, hints, list),                                                                \
      PLUG_EAI_FAIL, PLUG_EAI_AGAIN, PLUG_EAI_NONAME, PLUG_EAI_MEMORY, -EMFILE)                    \
    X(OWN, VOID, void, freeaddrinfo, (struct addrinfo *list), (list), 0)                           \
    X(OWN, CALL, int, getnameinfo,                                                                 \
      (const struct sockaddr *sa, socklen_t salen, char *host, socklen_t hostlen, char *serv,      \
       socklen_t servlen, int flags),                                                              \
      (sa, salen, host, hostlen, serv, servlen, flags),                                            \
      PLUG_EAI_FAIL, PLUG_EAI_AGAIN, PLUG_EAI_NONAME, PLUG_EAI_MEMORY, PLUG_EAI_OVERFLOW)          \
    X(OWN, CALL, int, gethostbyname2,                                                              \
      (const char *name, int family, struct hostent *ent, char *buf, size_t len),                  \
      (name, family, ent, buf, len),                                                               \
      PLUG_EHOST_NO_RECOVERY, PLUG_EHOST_TRY_AGAIN, PLUG_EHOST_NOT_FOUND, PLUG_EHOST_NO_DATA)      \
    X(OWN, CALL, int, gethostbyaddr,                                                               \
      (const void *addr, socklen_t alen, int family, struct hostent *ent, char *buf, size_t len),  \
      (addr, alen, family, ent, buf, len),                                                         \
      PLUG_EHOST_NO_RECOVERY, PLUG_EHOST_TRY_AGAIN, PLUG_EHOST_NOT_FOUND, PLUG_EHOST_NO_DATA)      \
    X(OWN, CALL, int, getservbyname,                                                               \
      (const char *name, const char *proto, struct servent *ent, char *buf, size_t len),           \
      (name, proto, ent, buf, len), -EMFILE, PLUG_ESERVICE)                                        \
    X(OWN, CALL, int, getservbyport,                                                               \
      (int port_be, const char *proto, struct servent *ent, char *buf, size_t len),                \
      (port_be, proto, ent, buf, len), -EMFILE, PLUG_ESERVICE)                                     \
    X(OWN, CALL, int, getprotobyname,                                                              \
      (const char *name, struct protoent *ent, char *buf, size_t len), (name, ent, buf, len),      \
      -EMFILE, PLUG_EPROTOCOL)                                                                     \
    X(OWN, CALL, int, getprotobynumber,                                                            \
      (int number, struct protoent *ent, char *buf, size_t len), (number, ent, buf, len),          \
      -EMFILE, PLUG_EPROTOCOL)                                                                     \
    X(LIBC, CALL, int, gethostname, (char *buf, size_t len), (buf, len), -ENAMETOOLONG)            \
    X(LIBC, CALL, int, sethostname, (const char *name, size_t len), (name, len), -EPERM)           \
    X(LIBC, CALL, int, getifaddrs, (struct ifaddrs **list), (list), -EMFILE, -ENOMEM)              \
    X(OWN, VOID, void, freeifaddrs, (struct ifaddrs *list), (list), 0)                             \
    X(OWN, OWN, unsigned, if_nametoindex, (const char *name), (name), -ENODEV)                     \
    X(OWN, CALL, int, if_indextoname, (unsigned index, char *buf), (index, buf), -ENXIO)

#define PLUG__SYS_THREAD_ENTRIES(X)                                                                \
    X(OWN, CALL, int, thread_create, (pthread_t *thread, void *(*start)(void *), void *arg),       \
      (thread, start, arg), -EAGAIN)                                                               \
    X(OWN, CALL, int, futex_wait, (const uint32_t *word, uint32_t value, int64_t deadline),        \
      (word, value, deadline), -ENOSYS, -EINTR)                                                    \
    X(OWN, VOID, void, futex_wake, (const uint32_t *word), (word), 0)

#define PLUG__SYS_EPOLL_ENTRIES(X)                                                                 \
    X(LIBC, CALL, int, epoll_create1, (int flags), (flags), -EMFILE, -ENFILE, -ENOMEM)             \
    X(LIBC, CALL, int, epoll_ctl, (int epfd, int op, int fd, struct epoll_event *event),           \
      (epfd, op, fd, event), -ENOMEM, -ENOSPC)                                                     \
    X(OWN, CALL, int, epoll_pwait2,                                                                \
      (int epfd, struct epoll_event *events, int max, const struct timespec *timeout,              \
       const sigset_t *mask),                                                                      \
      (epfd, events, max, timeout, mask), -EINVAL, -EINTR)                                         \
    X(LIBC, CALL, int, dup3, (int old_fd, int new_fd, int flags), (old_fd, new_fd, flags),         \
      -EMFILE, -EBUSY)

#define PLUG__SYS_PROCESS_ENTRIES(X)                                                               \
    X(LIBC, CALL, pid_t, fork, (void), (), -EAGAIN, -ENOMEM)                                       \
    X(OWN, VOID, void, exit_now, (int status), (status), 0)                                        \
    X(LIBC, CALL, int, waitid, (int kind, unsigned id, void *info, int options),                   \
      (kind, id, info, options), -ECHILD, -EINTR)                                                  \
    X(OWN, CALL, int, pidfd_open, (pid_t pid, unsigned flags), (pid, flags),                       \
      -ENOSYS, -EMFILE, -ENFILE, -ENOMEM)                                                          \
    X(OWN, CALL, int, pidfd_send_signal, (int pidfd, int sig), (pidfd, sig), -ESRCH, -EPERM)       \
    X(LIBC, CALL, int, kill, (pid_t pid, int sig), (pid, sig), -ESRCH, -EPERM)                     \
    X(OWN, CALL, int, prctl, (int option, unsigned long value), (option, value), -EINVAL, -EPERM)  \
    X(OWN, CALL, int, close_range, (unsigned first, unsigned last, unsigned flags),                \
      (first, last, flags), -ENOSYS)

#define PLUG__SYS_SIGNAL_ENTRIES(X)                                                                \
    X(LIBC, CALL, int, sigaction,                                                                  \
      (int sig, const struct sigaction *action, struct sigaction *before), (sig, action, before),  \
      -EINVAL)                                                                                     \
    X(OWN, CALL, int, thread_sigmask, (int how, const sigset_t *set, sigset_t *before),            \
      (how, set, before), -EINVAL)                                                                 \
    X(OWN, CALL, int, signal_stack, (void *memory, size_t len), (memory, len), -ENOMEM, -EBUSY)

#define PLUG__SYS_MEMORY_ENTRIES(X)                                                                \
    X(OWN, CALL, int, mmap, (size_t len, int prot, int flags, void **memory),                      \
      (len, prot, flags, memory), -ENOMEM)                                                         \
    X(LIBC, SURE, int, munmap, (void *memory, size_t len), (memory, len), 0)                       \
    X(LIBC, CALL, int, mprotect, (void *memory, size_t len, int prot), (memory, len, prot),        \
      -ENOMEM, -EACCES)                                                                            \
    X(LIBC, CALL, int, madvise, (void *memory, size_t len, int advice), (memory, len, advice),     \
      -EINVAL, -ENOMEM, -EAGAIN)                                                                   \
    X(LIBC, CALL, int, mincore, (void *memory, size_t len, unsigned char *pages),                  \
      (memory, len, pages), -ENOMEM, -EAGAIN)

#define PLUG__SYS_LIMIT_ENTRIES(X)                                                                 \
    X(OWN, CALL, int, thread_create_stack,                                                         \
      (pthread_t *thread, size_t stack, void *(*start)(void *), void *arg),                        \
      (thread, stack, start, arg), -EAGAIN)                                                        \
    X(OWN, CALL, int, getrlimit, (int resource, struct rlimit *limit), (resource, limit), -EINVAL)

#define PLUG__SYS_URING_ENTRIES(X)                                                                 \
    X(OWN, CALL, int, uring_setup,                                                                 \
      (unsigned entries, struct io_uring *ring, struct io_uring_params *params),                   \
      (entries, ring, params), -EPERM, -ENOSYS, -ENOMEM, -EMFILE, PLUG_EUNSUPPORTED)               \
    X(OWN, VOID, void, uring_exit, (struct io_uring *ring), (ring), 0)                             \
    X(OWN, CALL, int, uring_enter,                                                                 \
      (int fd, unsigned submit, unsigned wait, unsigned flags, void *arg, size_t size),            \
      (fd, submit, wait, flags, arg, size), -ENOMEM, -EBUSY, -EAGAIN, -EINTR)                      \
    X(OWN, CALL, int, uring_register, (int fd, unsigned what, void *arg, unsigned count),          \
      (fd, what, arg, count), -ENOMEM, -EINVAL)

#define PLUG__SYS_PRIVILEGE_ENTRIES(X)                                                             \
    X(OWN, CALL, int, capset, (uint64_t set), (set), -EPERM, -EINVAL)                              \
    X(OWN, CALL, int, prctl2, (int option, unsigned long value, unsigned long second),             \
      (option, value, second), -EINVAL, -EPERM)

#define PLUG__SYS_ENTRIES(X)                                                                       \
    PLUG__SYS_SOCKET_ENTRIES(X)                                                                    \
    PLUG__SYS_FILE_ENTRIES(X)                                                                      \
    PLUG__SYS_WAIT_ENTRIES(X)                                                                      \
    PLUG__SYS_NAME_ENTRIES(X)                                                                      \
    PLUG__SYS_THREAD_ENTRIES(X)                                                                    \
    PLUG__SYS_EPOLL_ENTRIES(X)                                                                     \
    PLUG__SYS_PROCESS_ENTRIES(X)                                                                   \
    PLUG__SYS_SIGNAL_ENTRIES(X)                                                                    \
    PLUG__SYS_MEMORY_ENTRIES(X)                                                                    \
    PLUG__SYS_LIMIT_ENTRIES(X)                                                                     \
    PLUG__SYS_URING_ENTRIES(X)                                                                     \
    PLUG__SYS_PRIVILEGE_ENTRIES(X)

enum plug__sys_entry {
#define PLUG__SYS_ENUM(kernel, tap, result, name, ...) PLUG__SYS_##name,
    PLUG__SYS_ENTRIES(PLUG__SYS_ENUM)
#undef PLUG__SYS_ENUM
    PLUG__SYS_MALLOC, /* no entry of the struct: the allocation door */
    PLUG__SYS_COUNT
};
/* clang-format on */

#endif
