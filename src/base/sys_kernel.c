/* SPDX-License-Identifier: MIT */
/* The kernel's table. Thin: each entry is one call, with its error as a result. */
#include "base/sys_tap.h"
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <net/if.h>
#include <plug/sys.h>
#include <plug/time.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef PLUG_HAVE_URING
#include <liburing.h>
#endif

#ifndef __has_feature
#define __has_feature(x) 0
#endif

/*
 * A call that does not wait needs to be no cancellation point, which costs more than all we do
 * around it as soon as there is a second thread. Sanitizers know libc's functions only.
 */
#if defined(SYS_recvfrom) && defined(SYS_sendto) && !defined(__SANITIZE_ADDRESS__) &&              \
    !defined(__SANITIZE_THREAD__) && !__has_feature(address_sanitizer) &&                          \
    !__has_feature(thread_sanitizer) && !__has_feature(memory_sanitizer)
#define AT_ONCE(flags)                    ((flags)&MSG_DONTWAIT)
#define RECV_AT_ONCE(fd, buf, len, flags) syscall(SYS_recvfrom, fd, buf, len, flags, NULL, NULL)
#define SEND_AT_ONCE(fd, buf, len, flags) syscall(SYS_sendto, fd, buf, len, flags, NULL, 0)
#define CLOSE(fd)                         syscall(SYS_close, fd)
#else
#define AT_ONCE(flags) false
#define RECV_AT_ONCE   recv
#define SEND_AT_ONCE   send
#define CLOSE          close
#endif

static ssize_t kernel_recv(int fd, void *buf, size_t len, int flags)
{
    ssize_t n = AT_ONCE(flags) ? RECV_AT_ONCE(fd, buf, len, flags) : recv(fd, buf, len, flags);

    return n < 0 ? -errno : n;
}

static ssize_t kernel_send(int fd, const void *buf, size_t len, int flags)
{
    ssize_t n = AT_ONCE(flags) ? SEND_AT_ONCE(fd, buf, len, flags) : send(fd, buf, len, flags);

    return n < 0 ? -errno : n;
}

static int kernel_close(int fd)
{
    return CLOSE(fd) < 0 ? -errno : 0;
}

static int kernel_recvmmsg(int fd, struct mmsghdr *msgs, unsigned count, int flags)
{
    int r = recvmmsg(fd, msgs, count, flags, NULL);

    return r < 0 ? -errno : r;
}

static int kernel_dup(int fd)
{
    int r = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    return r < 0 ? -errno : r;
}

/*
 * sendfile(2) has no MSG_NOSIGNAL: SIGPIPE is held back during the call, and taken away if it is
 * the call's own.
 */
static ssize_t kernel_sendfile(int out_fd, int in_fd, off_t *offset, size_t count)
{
    static const struct timespec at_once;
    sigset_t pipe, before, pending;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    sigpending(&pending);
    ssize_t r = sendfile(out_fd, in_fd, offset, count);
    r = r < 0 ? -errno : r;
    if (r == -EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

static pid_t kernel_getpid(void)
{
    return getpid();
}

static pid_t kernel_getppid(void)
{
    return getppid();
}

static int kernel_nanosleep_until(int64_t deadline)
{
    struct timespec at = {deadline / 1000000000, deadline % 1000000000};

    return -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static int64_t kernel_now(clockid_t clock)
{
    struct timespec ts;

    if (clock_gettime(clock, &ts) < 0)
        return -errno;
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int kernel_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                              struct addrinfo **ret_list)
{
    int r = getaddrinfo(host, service, hints, ret_list);

    return plug_err_from_eai(r, errno);
}

static void kernel_freeaddrinfo(struct addrinfo *list)
{
    freeaddrinfo(list);
}

static int kernel_getnameinfo(const struct sockaddr *sa, socklen_t salen, char *host,
                              socklen_t hostlen, char *serv, socklen_t servlen, int flags)
{
    int r = getnameinfo(sa, salen, host, hostlen, serv, servlen, flags);

    return plug_err_from_eai(r, errno);
}

/* The _r forms: an error number, or a result, or neither; -ERANGE says that buf is too small. */
static int host_result(int r, const struct hostent *found, int host_errno)
{
    if (found)
        return 0;
    if (r == ERANGE)
        return -ERANGE;
    return plug_err_from_host(host_errno ? host_errno : HOST_NOT_FOUND, r);
}

static int kernel_gethostbyname2(const char *name, int family, struct hostent *ret_ent, char *buf,
                                 size_t len)
{
    struct hostent *found = NULL;
    int host_errno = 0;
    int r = gethostbyname2_r(name, family, ret_ent, buf, len, &found, &host_errno);

    return host_result(r, found, host_errno);
}

static int kernel_gethostbyaddr(const void *addr, socklen_t alen, int family,
                                struct hostent *ret_ent, char *buf, size_t len)
{
    struct hostent *found = NULL;
    int host_errno = 0;
    int r = gethostbyaddr_r(addr, alen, family, ret_ent, buf, len, &found, &host_errno);

    return host_result(r, found, host_errno);
}

static int database_result(int r, const void *found, int missing)
{
    if (found)
        return 0;
    return r == 0 || r == ENOENT ? missing : -r;
}

static int kernel_getservbyname(const char *name, const char *proto, struct servent *ret_ent,
                                char *buf, size_t len)
{
    struct servent *found = NULL;
    int r = getservbyname_r(name, proto, ret_ent, buf, len, &found);

    return database_result(r, found, PLUG_ESERVICE);
}

static int kernel_getservbyport(int port_be, const char *proto, struct servent *ret_ent, char *buf,
                                size_t len)
{
    struct servent *found = NULL;
    int r = getservbyport_r(port_be, proto, ret_ent, buf, len, &found);

    return database_result(r, found, PLUG_ESERVICE);
}

static int kernel_getprotobyname(const char *name, struct protoent *ret_ent, char *buf, size_t len)
{
    struct protoent *found = NULL;
    int r = getprotobyname_r(name, ret_ent, buf, len, &found);

    return database_result(r, found, PLUG_EPROTOCOL);
}

static int kernel_getprotobynumber(int number, struct protoent *ret_ent, char *buf, size_t len)
{
    struct protoent *found = NULL;
    int r = getprotobynumber_r(number, ret_ent, buf, len, &found);

    return database_result(r, found, PLUG_EPROTOCOL);
}

static void kernel_freeifaddrs(struct ifaddrs *list)
{
    freeifaddrs(list);
}

static unsigned kernel_if_nametoindex(const char *name)
{
    return if_nametoindex(name);
}

static int kernel_if_indextoname(unsigned index, char *buf)
{
    return if_indextoname(index, buf) ? 0 : -errno;
}

/* The library's own threads handle no signal of the program's. */
static int create_thread(pthread_t *ret_thread, const pthread_attr_t *attr, void *(*start)(void *),
                         void *arg)
{
    sigset_t all, before;
    int err;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(ret_thread, attr, start, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -err;
}

static int kernel_thread_create(pthread_t *ret_thread, void *(*start)(void *), void *arg)
{
    return create_thread(ret_thread, NULL, start, arg);
}

static int kernel_thread_create_stack(pthread_t *ret_thread, size_t stack, void *(*start)(void *),
                                      void *arg)
{
    pthread_attr_t attr;
    int r = -pthread_attr_init(&attr);

    if (r < 0)
        return r;
    r = -pthread_attr_setstacksize(&attr, stack);
    if (r == 0)
        r = create_thread(ret_thread, &attr, start, arg);
    pthread_attr_destroy(&attr);
    return r;
}

static int kernel_getrlimit(int resource, struct rlimit *ret_limit)
{
    return getrlimit((__rlimit_resource_t)resource, ret_limit) < 0 ? -errno : 0;
}

static int kernel_futex_wait(const uint32_t *word, uint32_t value, int64_t deadline)
{
    struct timespec at = {deadline / PLUG_S(1), deadline % PLUG_S(1)};
    long r = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, value,
                     deadline == PLUG_NEVER ? NULL : &at, NULL, FUTEX_BITSET_MATCH_ANY);

    return r == 0 || errno == EAGAIN ? 0 : -errno;
}

static void kernel_futex_wake(const uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

/* Whole milliseconds, never earlier than asked; -1 is for ever. */
static int milliseconds(const struct timespec *t)
{
    if (!t)
        return -1;
    if (t->tv_sec >= INT_MAX / 1000)
        return INT_MAX;
    return (int)(t->tv_sec * 1000 + (t->tv_nsec + 999999) / 1000000);
}

/* Linux 5.11 has it; before, and under valgrind, there is epoll_pwait. */
static int kernel_epoll_pwait2(int epfd, struct epoll_event *events, int max,
                               const struct timespec *timeout, const sigset_t *mask)
{
    static atomic_bool missing;
    int r;

    if (!atomic_load_explicit(&missing, memory_order_relaxed)) {
        r = epoll_pwait2(epfd, events, max, timeout, mask);
        if (r >= 0 || errno != ENOSYS)
            return r < 0 ? -errno : r;
        atomic_store(&missing, true);
    }
    r = epoll_pwait(epfd, events, max, milliseconds(timeout), mask);
    return r < 0 ? -errno : r;
}

/* --- processes, signals, memory --------------------------------------------------------------- */

static void kernel_exit_now(int status)
{
    _exit(status);
}

static int kernel_pidfd_open(pid_t pid, unsigned flags)
{
    long r = syscall(SYS_pidfd_open, pid, flags);

    return r < 0 ? -errno : (int)r;
}

static int kernel_pidfd_send_signal(int pidfd, int sig)
{
    return syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0) < 0 ? -errno : 0;
}

static int kernel_prctl(int option, unsigned long value)
{
    int r = prctl(option, value, 0, 0, 0);

    return r < 0 ? -errno : r;
}

static int kernel_prctl2(int option, unsigned long value, unsigned long second)
{
    int r = prctl(option, value, second, 0, 0);

    return r < 0 ? -errno : r;
}

static int kernel_capset(uint64_t set)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    uint32_t low = (uint32_t)set, high = (uint32_t)(set >> 32);
    struct __user_cap_data_struct data[2] = {{low, low, low}, {high, high, high}};

    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int kernel_close_range(unsigned first, unsigned last, unsigned flags)
{
    return syscall(SYS_close_range, first, last, flags) < 0 ? -errno : 0;
}

static int kernel_thread_sigmask(int how, const sigset_t *set, sigset_t *ret_before)
{
    return -pthread_sigmask(how, set, ret_before);
}

static int kernel_signal_stack(void *memory, size_t len)
{
    stack_t stack = {.ss_sp = memory, .ss_size = len, .ss_flags = memory ? 0 : SS_DISABLE}, before;

    if (memory && sigaltstack(NULL, &before) == 0 && !(before.ss_flags & SS_DISABLE))
        return -EBUSY;
    return sigaltstack(&stack, NULL) < 0 ? -errno : 0;
}

static int kernel_mmap(size_t len, int prot, int flags, void **ret_memory)
{
    flags |= flags & MAP_SHARED ? 0 : MAP_PRIVATE;
    void *p = mmap(NULL, len, prot, flags | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return -errno;
    *ret_memory = p;
    return 0;
}

/* --- io_uring --------------------------------------------------------------------------------- */

#ifdef PLUG_HAVE_URING
static int kernel_uring_setup(unsigned entries, struct io_uring *ret_ring,
                              struct io_uring_params *params)
{
    return io_uring_queue_init_params(entries, ret_ring, params);
}

static void kernel_uring_exit(struct io_uring *ring)
{
    io_uring_queue_exit(ring);
}

static int kernel_uring_enter(int ring_fd, unsigned submit, unsigned wait, unsigned flags,
                              void *arg, size_t size)
{
    return io_uring_enter2((unsigned)ring_fd, submit, wait, flags, arg, size);
}

static int kernel_uring_register(int ring_fd, unsigned what, void *arg, unsigned count)
{
    return io_uring_register((unsigned)ring_fd, what, arg, count);
}
#else
static int kernel_uring_setup(unsigned entries, struct io_uring *ret_ring,
                              struct io_uring_params *params)
{
    (void)entries, (void)ret_ring, (void)params;
    return PLUG_EUNSUPPORTED;
}

static void kernel_uring_exit(struct io_uring *ring)
{
    (void)ring;
}

static int kernel_uring_enter(int ring_fd, unsigned submit, unsigned wait, unsigned flags,
                              void *arg, size_t size)
{
    (void)ring_fd, (void)submit, (void)wait, (void)flags, (void)arg, (void)size;
    return PLUG_EUNSUPPORTED;
}

static int kernel_uring_register(int ring_fd, unsigned what, void *arg, unsigned count)
{
    (void)ring_fd, (void)what, (void)arg, (void)count;
    return PLUG_EUNSUPPORTED;
}
#endif

#define KERNEL_LIBC(result, name, params, args)                                                    \
    static result kernel_##name params                                                             \
    {                                                                                              \
        result r = name args;                                                                      \
        return r < 0 ? -errno : r;                                                                 \
    }
#define KERNEL_OWN(result, name, params, args)
#define KERNEL(kernel, tap, result, name, params, args, ...)                                       \
    KERNEL_##kernel(result, name, params, args)
PLUG__SYS_ENTRIES(KERNEL)

/* clang-format off */
const struct plug_sys plug__kernel_table = {
    .size = sizeof(struct plug_sys),
    .name = "kernel",
#define ENTRY(kernel, tap, result, name, ...) .name = kernel_##name,
    PLUG__SYS_ENTRIES(ENTRY)
#undef ENTRY
};
/* clang-format on */

const struct plug_sys *plug_sys_kernel(void)
{
    return &plug__kernel_table;
}
