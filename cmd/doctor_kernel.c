/* SPDX-License-Identifier: MIT */
/* plug doctor: what the kernel offers, and why something is refused. */
#include "doctor.h"
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#define LANDLOCK_CREATE      444 /* landlock_create_ruleset, the same on every machine */
#define LANDLOCK_VERSION     1   /* LANDLOCK_CREATE_RULESET_VERSION */
#define GUARD_INSTALL_ADVICE 102 /* MADV_GUARD_INSTALL, Linux 6.13 */

/* The result of a system call that libc may not know, as a plug error. */
static int call(long number, long a, long b, long c, long d)
{
    long n = syscall(number, a, b, c, d);

    return n < 0 ? -errno : (int)n;
}

static void refused(struct doctor_finding *f, int err)
{
    if (err == -ENOSYS)
        doctor_lacks(f, NULL, "not in this kernel, or hidden by a filter");
    else if (err == -EPERM)
        doctor_lacks(f, NULL, "forbidden by a seccomp filter (containers do that)");
    else
        doctor_lacks(f, NULL, "%s", plug_strerror(err));
}

/* A descriptor that was only asked for to see whether it can be had. */
static void descriptor(struct doctor_finding *f, int fd)
{
    if (fd < 0)
        refused(f, fd);
    else
        (void)plug_sys()->close(fd);
}

static void check_epoll(struct doctor_finding *f)
{
    int fd = call(SYS_epoll_create1, EPOLL_CLOEXEC, 0, 0, 0);

    descriptor(f, fd);
    if (fd < 0)
        f->state = DOCTOR_BAD;
}

/* What selectors stand on here: PLUG_BACKEND counts, and what is not to be had is replaced. */
static void check_selector(struct doctor_finding *f)
{
    struct plug_selector *s;
    int err = plug_selector_open(&s, PLUG_BACKEND_AUTO);

    if (err < 0) {
        doctor_bad(f, err == -EINVAL ? "unset PLUG_BACKEND" : NULL, "%s",
                   err == -EINVAL ? "PLUG_BACKEND is none of epoll, poll, select, uring, auto"
                                  : plug_strerror(err));
        return;
    }
    if (plug_selector_fallback(s) < 0)
        doctor_lacks(f, NULL, "%s serves: %s", plug_backend_name(plug_selector_backend(s)),
                     plug_strerror(plug_selector_fallback(s)));
    else
        doctor_value(f, "%s", plug_backend_name(plug_selector_backend(s)));
    plug_selector_close(s);
}

/* What the kernel allows, the library may still not be able to use. */
static void uring_in_the_library(struct doctor_finding *f)
{
    struct plug_selector *s;
    int err = plug_selector_open(&s, PLUG_BACKEND_URING);

    if (err == PLUG_EUNSUPPORTED)
        doctor_lacks(f, NULL, "this plug was built without liburing, or wants Linux 5.11");
    else if (err == -ENOMEM)
        doctor_lacks(f, "ulimit -l unlimited", "no locked memory left for it; epoll serves");
    else if (err < 0)
        refused(f, err);
    else
        plug_selector_close(s);
}

static void check_uring(struct doctor_finding *f)
{
    struct io_uring_params params;
    char off[8] = "0";
    int fd;

    memset(&params, 0, sizeof params);
    fd = call(SYS_io_uring_setup, 1, (long)&params, 0, 0);
    (void)doctor_line("/proc/sys/kernel/io_uring_disabled", off, sizeof off);
    descriptor(f, fd);
    if (fd >= 0) {
        doctor_value(f, "features 0x%x", params.features);
        uring_in_the_library(f);
    } else if (fd == -EPERM && *off != '0') {
        doctor_lacks(f, "sudo sysctl -w kernel.io_uring_disabled=0",
                     "switched off (kernel.io_uring_disabled=%c); epoll serves", *off);
    }
}

static void check_openat2(struct doctor_finding *f)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH};

    descriptor(f, call(SYS_openat2, AT_FDCWD, (long)".", (long)&how, sizeof how));
}

static void check_pidfd(struct doctor_finding *f)
{
    descriptor(f, call(SYS_pidfd_open, getpid(), 0, 0, 0));
}

static void check_landlock(struct doctor_finding *f)
{
    int abi = call(LANDLOCK_CREATE, 0, 0, LANDLOCK_VERSION, 0);

    if (abi > 0)
        doctor_value(f, "ABI %d", abi);
    else if (abi == -EOPNOTSUPP)
        doctor_lacks(f, "boot with lsm=landlock,...", "built in, but not enabled at boot");
    else
        refused(f, abi);
}

static void check_guard(struct doctor_finding *f)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return;
    if (madvise(p, page, GUARD_INSTALL_ADVICE) == 0)
        doctor_value(f, "guard pages without a map each");
    else
        doctor_lacks(f, NULL, "needs Linux 6.13; stacks get a map for each guard page");
    munmap(p, page);
}

static void check_seccomp(struct doctor_finding *f)
{
    static const char *const mode[] = {"no filter on this process", "strict",
                                       "a filter is on this process"};
    int n = prctl(PR_GET_SECCOMP);

    if (n >= 0 && n <= 2)
        doctor_value(f, "%s", mode[n]);
    else
        doctor_lacks(f, NULL, "not in this kernel");
}

/* In a child, because there is no way back. */
static void check_namespaces(struct doctor_finding *f)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0)
        _exit(unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : errno);
    if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
        doctor_lacks(f, NULL, "could not be tried");
    else if (WEXITSTATUS(status) == 0)
        doctor_value(f, "user and network namespaces may be made");
    else
        doctor_lacks(f, "sudo sysctl -w user.max_user_namespaces=1000", "%s",
                     plug_strerror(-WEXITSTATUS(status)));
}

/* --- sockets ---------------------------------------------------------------------------------- */

static void option(struct doctor_finding *f, int type, int level, int name)
{
    int fd, err;

    if (!doctor_socket(f, AF_INET, type, 0, NULL, &fd))
        return;
    err = plug_sys()->setsockopt(fd, level, name, &(int){1}, sizeof(int));
    (void)plug_sys()->close(fd);
    if (err < 0)
        refused(f, err);
}

static void check_reuse_port(struct doctor_finding *f)
{
    option(f, SOCK_STREAM, SOL_SOCKET, SO_REUSEPORT);
}

static void check_gso(struct doctor_finding *f)
{
    option(f, SOCK_DGRAM, SOL_UDP, UDP_SEGMENT);
}

static void check_gro(struct doctor_finding *f)
{
    option(f, SOCK_DGRAM, SOL_UDP, UDP_GRO);
}

/* Without a connection the answer is ENOTCONN where the kernel has it, ENOENT where not. */
static void check_ktls(struct doctor_finding *f)
{
    int fd, err;

    if (!doctor_socket(f, AF_INET, SOCK_STREAM, 0, NULL, &fd))
        return;
    err = plug_sys()->setsockopt(fd, SOL_TCP, TCP_ULP, "tls", 3);
    (void)plug_sys()->close(fd);
    if (err == -ENOENT)
        doctor_lacks(f, "sudo modprobe tls", "the module tls is not loaded");
    else if (err < 0 && err != -ENOTCONN)
        refused(f, err);
}

static void family(struct doctor_finding *f, int number, int type, int proto, const char *fix)
{
    int fd;

    if (doctor_socket(f, number, type, proto, fix, &fd))
        (void)plug_sys()->close(fd);
}

static void check_mptcp(struct doctor_finding *f)
{
    family(f, AF_INET, SOCK_STREAM, IPPROTO_MPTCP, "sudo sysctl -w net.mptcp.enabled=1");
}

static void check_vsock(struct doctor_finding *f)
{
    family(f, AF_VSOCK, SOCK_STREAM, 0, "sudo modprobe vsock");
}

static void check_tipc(struct doctor_finding *f)
{
    family(f, AF_TIPC, SOCK_STREAM, 0, "sudo modprobe tipc");
}

static void check_unix(struct doctor_finding *f)
{
    family(f, AF_UNIX, SOCK_SEQPACKET, 0, NULL);
}

const struct doctor_check doctor_kernel[] = {
    {"Waiting", "epoll", check_epoll},
    {NULL, "selector", check_selector},
    {NULL, "io_uring", check_uring},
    {"Sockets", "UNIX seqpacket", check_unix},
    {NULL, "SO_REUSEPORT", check_reuse_port},
    {NULL, "UDP GSO", check_gso},
    {NULL, "UDP GRO", check_gro},
    {NULL, "kernel TLS", check_ktls},
    {NULL, "Multipath TCP", check_mptcp},
    {NULL, "VSOCK", check_vsock},
    {NULL, "TIPC", check_tipc},
    {"Isolation", "Landlock", check_landlock},
    {NULL, "openat2", check_openat2},
    {NULL, "pidfd", check_pidfd},
    {NULL, "seccomp", check_seccomp},
    {NULL, "namespaces", check_namespaces},
    {NULL, "light guard pages", check_guard},
    {NULL, NULL, NULL},
};
