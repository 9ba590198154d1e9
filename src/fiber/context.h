/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FIBER_CONTEXT_H
#define PLUG_FIBER_CONTEXT_H
/*
 * A place in a program that can be left and gone back to: registers and a stack. Hand-written for
 * x86-64 and aarch64, else ucontext(3). Sanitizers are told of every switch.
 */
#include <plug/base.h>

#if defined(__x86_64__) && !defined(__ILP32__) && !defined(PLUG_FIBER_UCONTEXT)
#define PLUG__SWITCH_X86_64 1
#elif defined(__aarch64__) && !defined(__ILP32__) && !defined(PLUG_FIBER_UCONTEXT)
#define PLUG__SWITCH_AARCH64 1
#else
#define PLUG__SWITCH_UCONTEXT 1
#include <ucontext.h>
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PLUG__ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define PLUG__TSAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define PLUG__ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define PLUG__TSAN 1
#endif

#ifndef PLUG__SWITCH_UCONTEXT
/* In assembly: the registers of one stack for those of another; where a new stack begins. */
void plug__stack_switch(void **ret_sp, void *sp);
void plug__stack_begin(void);
#endif

/* What a context runs; it never returns. */
typedef void plug__context_fn(void *arg);

struct plug__context {
#ifdef PLUG__SWITCH_UCONTEXT
    ucontext_t uc;
#else
    void *sp;
#endif
#if defined(PLUG__ASAN) || defined(PLUG__TSAN) || defined(PLUG__SWITCH_UCONTEXT)
    plug__context_fn *fn;
    void *arg;
#endif
#ifdef PLUG__ASAN
    const void *low;
    size_t size;
    void *fake; /* ASan's stack beside the stack */
    struct plug__context *from;
#endif
#ifdef PLUG__TSAN
    void *tsan;
#endif
};

/* Makes c the place where the calling thread is; for the first switch away from it. */
void plug__context_here(struct plug__context *c);

/* Makes c a place where fn(arg) begins, on the stack from low to top (16 bytes aligned). */
void plug__context_make(struct plug__context *c, void *low, void *top, plug__context_fn *fn,
                        void *arg);

/* c is never gone to again; from another context. */
void plug__context_end(struct plug__context *c);

/* Leaves from, goes on at to; last: from is never gone back to. */
#if defined(PLUG__ASAN) || defined(PLUG__TSAN) || defined(PLUG__SWITCH_UCONTEXT)
void plug__context_switch(struct plug__context *from, struct plug__context *to, bool last);
#else
static inline void plug__context_switch(struct plug__context *from, struct plug__context *to,
                                        bool last)
{
    (void)last;
    plug__stack_switch(&from->sp, to->sp);
}
#endif

/* Where the stack of a context that was left ends; anywhere where that is not known. */
static inline const void *plug__context_sp(const struct plug__context *c)
{
#ifdef PLUG__SWITCH_UCONTEXT
    return c;
#else
    return c->sp;
#endif
}

/* Bytes of stack that a context which was left holds below top; 0 where that is not known. */
static inline size_t plug__context_depth(const struct plug__context *c, const void *top)
{
#ifdef PLUG__SWITCH_UCONTEXT
    (void)c, (void)top;
    return 0;
#else
    return (size_t)((const char *)top - (const char *)c->sp);
#endif
}

#endif
