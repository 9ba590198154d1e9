/* SPDX-License-Identifier: MIT */
#ifndef PLUG_SYS_H
#define PLUG_SYS_H
/*
 * The one door to the operating system: a table of thin functions.
 *
 * Layer: base. No other file of the library makes a system call or asks libc for a name.
 *
 * The default table is the kernel. Over it can be laid
 *   fault    fails, shortens or interrupts the n-th call, from a plan in text;
 *   record   counts calls, for "how many system calls does this need" and for torture;
 * and whatever a user's test brings in their place: a table is only a struct.
 *
 * A test:
 *   1. plug_sys_fault("recv:3=ECONNRESET;send:*=short(1)");
 *   2. runs the code under test;
 *   3. plug_sys_fault(NULL).
 *
 * Every entry returns >= 0, or a negative plug error (-errno; PLUG_EAI_x, PLUG_EHOST_x for names);
 * errno is not part of the contract.
 */
#include <plug/base.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/select.h> /* sigset_t, also in strict C11 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

struct addrinfo;
struct epoll_event;
struct ifaddrs;
struct io_uring;
struct io_uring_params;
struct mmsghdr;
struct sigaction;
struct rlimit;

PLUG_BEGIN_DECLS

struct plug_sys {
    size_t size; /* sizeof(struct plug_sys): entries are only ever appended */
    const char *name;

    /* sockets */
    int (*socket)(int family, int type, int proto);
    int (*socketpair)(int family, int type, int proto, int ret_fd[2]);
    int (*bind)(int fd, const struct sockaddr *sa, socklen_t len);
    int (*listen)(int fd, int backlog);
    int (*accept4)(int fd, struct sockaddr *sa, socklen_t *len, int flags);
    int (*connect)(int fd, const struct sockaddr *sa, socklen_t len);
    int (*getsockname)(int fd, struct sockaddr *sa, socklen_t *len);
    int (*getpeername)(int fd, struct sockaddr *sa, socklen_t *len);
    int (*getsockopt)(int fd, int level, int name, void *value, socklen_t *len);
    int (*setsockopt)(int fd, int level, int name, const void *value, socklen_t len);
    int (*shutdown)(int fd, int how);
    ssize_t (*recv)(int fd, void *buf, size_t len, int flags);
    ssize_t (*send)(int fd, const void *buf, size_t len, int flags);
    ssize_t (*recvfrom)(int fd, void *buf, size_t len, int flags, struct sockaddr *sa,
                        socklen_t *salen);
    ssize_t (*sendto)(int fd, const void *buf, size_t len, int flags, const struct sockaddr *sa,
                      socklen_t salen);
    ssize_t (*recvmsg)(int fd, struct msghdr *msg, int flags);
    ssize_t (*sendmsg)(int fd, const struct msghdr *msg, int flags);
    int (*recvmmsg)(int fd, struct mmsghdr *msgs, unsigned count, int flags);
    int (*sendmmsg)(int fd, struct mmsghdr *msgs, unsigned count, int flags);

    /* descriptors and files */
    ssize_t (*read)(int fd, void *buf, size_t len);
    ssize_t (*write)(int fd, const void *buf, size_t len);
    ssize_t (*pread)(int fd, void *buf, size_t len, off_t offset);
    off_t (*lseek)(int fd, off_t offset, int whence);
    ssize_t (*sendfile)(int out_fd, int in_fd, off_t *offset, size_t count); /* no SIGPIPE */
    int (*close)(int fd);
    int (*dup)(int fd); /* F_DUPFD_CLOEXEC */
    int (*fcntl)(int fd, int cmd, int arg);
    int (*ioctl)(int fd, unsigned long request, void *arg);
    int (*pipe2)(int ret_fd[2], int flags);
    int (*eventfd)(unsigned initial, int flags);
    int (*openat)(int dirfd, const char *path, int flags, mode_t mode);
    int (*fstat)(int fd, struct stat *ret_stat);
    int (*lstat)(const char *path, struct stat *ret_stat);
    int (*unlink)(const char *path);
    int (*chmod)(const char *path, mode_t mode);
    int (*fchmod)(int fd, mode_t mode);
    int (*flock)(int fd, int operation);
    pid_t (*getpid)(void);
    pid_t (*getppid)(void);

    /* waiting, clock, chance */
    int (*ppoll)(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask);
    int (*nanosleep_until)(int64_t deadline); /* CLOCK_MONOTONIC, TIMER_ABSTIME; -EINTR */
    int64_t (*now)(clockid_t clock);          /* nanoseconds */
    ssize_t (*getrandom)(void *buf, size_t len, unsigned flags);

    /* names (libc: NSS, /etc/hosts, /etc/services, DNS) */
    int (*getaddrinfo)(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **ret_list);
    void (*freeaddrinfo)(struct addrinfo *list);
    int (*getnameinfo)(const struct sockaddr *sa, socklen_t salen, char *host, socklen_t hostlen,
                       char *serv, socklen_t servlen, int flags);
    int (*gethostbyname2)(const char *name, int family, struct hostent *ret_ent, char *buf,
                          size_t len);
    int (*gethostbyaddr)(const void *addr, socklen_t alen, int family, struct hostent *ret_ent,
                         char *buf, size_t len);
    int (*getservbyname)(const char *name, const char *proto, struct servent *ret_ent, char *buf,
                         size_t len);
    int (*getservbyport)(int port_be, const char *proto, struct servent *ret_ent, char *buf,
                         size_t len);
    int (*getprotobyname)(const char *name, struct protoent *ret_ent, char *buf, size_t len);
    int (*getprotobynumber)(int number, struct protoent *ret_ent, char *buf, size_t len);
    int (*gethostname)(char *buf, size_t len);
    int (*sethostname)(const char *name, size_t len);
    int (*getifaddrs)(struct ifaddrs **ret_list);
    void (*freeifaddrs)(struct ifaddrs *list);
    unsigned (*if_nametoindex)(const char *name); /* 0: none */
    int (*if_indextoname)(unsigned index, char *buf);

    /* threads (the pool's workers) and how they sleep */
    int (*thread_create)(pthread_t *ret_thread, void *(*main)(void *), void *arg);
    /* sleeps while *word is value (CLOCK_MONOTONIC, PLUG_NEVER); -ETIMEDOUT, -EINTR; may return
     * early; wake: one thread that sleeps on word */
    int (*futex_wait)(const uint32_t *word, uint32_t value, int64_t deadline);
    void (*futex_wake)(const uint32_t *word);

    /* sets of descriptors; epoll_pwait2 rounds up to milliseconds where the kernel has only
     * epoll_pwait */
    int (*epoll_create1)(int flags);
    int (*epoll_ctl)(int epfd, int op, int fd, struct epoll_event *event);
    int (*epoll_pwait2)(int epfd, struct epoll_event *events, int max,
                        const struct timespec *timeout, const sigset_t *mask);
    int (*dup3)(int old_fd, int new_fd, int flags);

    /* processes; fork of libc, so that its own locks are right in the child */
    pid_t (*fork)(void);
    void (*exit_now)(int status);                                      /* _exit(2) */
    int (*waitid)(int kind, unsigned id, void *ret_info, int options); /* a siginfo_t */
    int (*pidfd_open)(pid_t pid, unsigned flags);
    int (*pidfd_send_signal)(int pidfd, int sig);
    int (*kill)(pid_t pid, int sig);
    int (*prctl)(int option, unsigned long value);
    int (*close_range)(unsigned first, unsigned last, unsigned flags);

    /* signals */
    int (*sigaction)(int sig, const struct sigaction *action, struct sigaction *ret_before);
    int (*thread_sigmask)(int how, const sigset_t *set, sigset_t *ret_before);
    /* sigaltstack(2): -EBUSY when the thread has one already; NULL takes it away */
    int (*signal_stack)(void *memory, size_t len);

    /* memory straight from the kernel: anonymous; private unless flags have MAP_SHARED */
    int (*mmap)(size_t len, int prot, int flags, void **ret_memory);
    int (*munmap)(void *memory, size_t len);
    int (*mprotect)(void *memory, size_t len, int prot);
    int (*madvise)(void *memory, size_t len, int advice);
    int (*mincore)(void *memory, size_t len, unsigned char *ret_pages);

    /* threads of servers, with the stack they need; limits of the process */
    int (*thread_create_stack)(pthread_t *ret_thread, size_t stack, void *(*main)(void *),
                               void *arg);
    int (*getrlimit)(int resource, struct rlimit *ret_limit);

    /* io_uring, over liburing; PLUG_EUNSUPPORTED in a build without it */
    int (*uring_setup)(unsigned entries, struct io_uring *ret_ring, struct io_uring_params *params);
    void (*uring_exit)(struct io_uring *ring);
    int (*uring_enter)(int ring_fd, unsigned submit, unsigned wait, unsigned flags, void *arg,
                       size_t size);
    int (*uring_register)(int ring_fd, unsigned what, void *arg, unsigned count);

    /* privileges of the calling thread: a capability set of 64 bits, for all three of permitted,
     * effective, inheritable; prctl(2) with two values */
    int (*capset)(uint64_t set);
    int (*prctl2)(int option, unsigned long value, unsigned long second);
};

/* The kernel's table; static. Any thread. */
PLUG_API const struct plug_sys *plug_sys_kernel(void);

/* The table in force. Never NULL. Any thread. */
PLUG_API const struct plug_sys *plug_sys(void);

/*
 * Puts a table in force for the whole process; NULL goes back to the kernel's. borrows sys until
 * it is replaced. Every entry must be set. Call it while no other thread is inside the library.
 * Returns 0, -EINVAL when an entry is missing or the size is unknown (nothing changed).
 */
PLUG_API PLUG_MUST int plug_sys_set(const struct plug_sys *sys);

/*
 * Lays a plan of faults over the table in force; NULL or "" takes it off. copies plan.
 *
 *   plan   := rule { ";" rule }
 *   rule   := entry ":" when [ "=" what ]
 *   entry  := a name of struct plug_sys, "malloc" (every allocation), or "*" (every fallible call;
 *             with a what, only those that can give it: "*:*=EINTR" leaves socket(2) alone)
 *   when   := N        the N-th call, counted from 1
 *           | N "+"    the N-th and all after it
 *           | N "-" M  the N-th to the M-th
 *           | "*"      every call
 *           | P "%"    each call with that chance, from the seed (rule "seed:NUMBER")
 *   what   := an error symbol ("ECONNRESET", "PLUG_EAI_AGAIN"); without one, the entry's usual one
 *           | "short(" K ")"   at most K bytes are transferred (recv, send, read, write ... only)
 *           | "eof"            a read returns 0
 *
 * Each rule counts the calls that it is about; the first one that fires decides. "seed:NUMBER" may
 * stand for a rule. A close that fails has closed all the same; datagrams are never cut.
 * Returns 0, PLUG_ELIMIT (more than 64 rules), or PLUG_EFAULTPLAN with the offset of the mistake in
 * *ret_where (NULL: not wanted); then the plan before stays. In a test build the plan in the
 * environment variable PLUG_FAULT is in force from the first call on. Not while another thread is
 * inside the library.
 */
PLUG_API PLUG_MUST int plug_sys_fault(const char *plan, size_t *ret_where);

/* How often a rule of the plan in force has fired; 0 once it is taken off. Any thread. */
PLUG_API uint64_t plug_sys_fault_fired(void);

/*
 * Switches the record table on or off, over whatever is in force. Counters start at 0 when it is
 * switched on. Not while another thread is inside the library.
 */
PLUG_API void plug_sys_record(bool on);

/*
 * What the record table has counted: all fallible calls (allocations included) for entry NULL,
 * else the calls of one entry ("recv", "malloc"); 0 for an unknown name. Any thread.
 */
PLUG_API uint64_t plug_sys_recorded(const char *entry);

PLUG_END_DECLS
#endif
