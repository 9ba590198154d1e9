/* SPDX-License-Identifier: MIT */
#ifndef PLUG_BASE_AT_HAND_H
#define PLUG_BASE_AT_HAND_H
/*
 * plug_sys(), plug_waiter() and plug_wait_may_block() without a call, for the places where a
 * nanosecond counts: the fast path of send and receive, and what each request does. initial-exec:
 * dlopen(3) has room for these few bytes.
 */
#include <plug/sys.h>
#include <plug/time.h>
#include <plug/wait.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define PLUG__SANITIZED 1
#endif

extern const struct plug_sys *_Atomic plug__sys_in_force;

#define PLUG__AT_HAND __attribute__((tls_model("initial-exec")))
extern __thread struct plug_waiter plug__default_waiter PLUG__AT_HAND;
extern __thread struct plug_waiter *plug__own_waiter PLUG__AT_HAND;

static inline struct plug_waiter *plug__waiter(void)
{
    return plug__own_waiter ? plug__own_waiter : plug_waiter();
}

static inline const struct plug_sys *plug__sys(void)
{
    return atomic_load_explicit(&plug__sys_in_force, memory_order_acquire);
}

/*
 * True when the kernel itself answers: only then a receive that did not fill its buffer has emptied
 * the socket, and "would block" means that an event will follow. Faults and users' tables may say
 * so at any time.
 */
extern atomic_bool plug__sys_is_kernel;
static inline bool plug__sys_honest(void)
{
    return atomic_load_explicit(&plug__sys_is_kernel, memory_order_relaxed);
}

/*
 * recv and send of the table in force, with MSG_DONTWAIT among flags. Where that is the kernel's
 * own, they are a system call in place: a deep way through the kernel leaves the processor without
 * the addresses to return to, so that each frame between here and there costs. Sanitizers know the
 * functions only.
 */
#if defined(__x86_64__) && !defined(__ILP32__) && !defined(PLUG__SANITIZED)
static inline ssize_t plug__sys_transfer(long number, long fd, const void *buf, size_t len,
                                         long flags)
{
    register long r10 __asm__("r10") = flags, r8 __asm__("r8") = 0, r9 __asm__("r9") = 0;
    ssize_t n;

    __asm__ volatile("syscall"
                     : "=a"(n)
                     : "a"(number), "D"(fd), "S"(buf), "d"(len), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return n;
}

static inline ssize_t plug__sys_recv(int fd, void *buf, size_t len, int flags)
{
    return __builtin_expect(plug__sys_honest(), 1)
               ? plug__sys_transfer(SYS_recvfrom, fd, buf, len, flags)
               : plug__sys()->recv(fd, buf, len, flags);
}

static inline ssize_t plug__sys_send(int fd, const void *buf, size_t len, int flags)
{
    return __builtin_expect(plug__sys_honest(), 1)
               ? plug__sys_transfer(SYS_sendto, fd, buf, len, flags)
               : plug__sys()->send(fd, buf, len, flags);
}
#else
static inline ssize_t plug__sys_recv(int fd, void *buf, size_t len, int flags)
{
    return plug__sys()->recv(fd, buf, len, flags);
}

static inline ssize_t plug__sys_send(int fd, const void *buf, size_t len, int flags)
{
    return plug__sys()->send(fd, buf, len, flags);
}
#endif

/* The earlier one of deadline and the scopes that are open. */
static inline int64_t plug__deadline_bounded(const struct plug_waiter *w, int64_t deadline)
{
    const struct plug_deadline *scope = w->own.scope;

    return scope && scope->at < deadline ? scope->at : deadline;
}

static inline bool plug__may_block(int64_t deadline)
{
    const struct plug_deadline *scope = plug__default_waiter.own.scope;

    return !plug__own_waiter && deadline == PLUG_NEVER && (!scope || scope->at == PLUG_NEVER) &&
           !plug__default_waiter.own.return_eintr;
}

#endif
