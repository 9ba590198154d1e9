/* SPDX-License-Identifier: MIT */
#include "fiber/context.h"
#include <string.h>

#ifdef PLUG__ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef PLUG__TSAN
#include <sanitizer/tsan_interface.h>
#endif

/* --- the switch ------------------------------------------------------------------------------ */

#if defined(PLUG__SWITCH_X86_64)
/*
 * System V ABI: rbx, rbp, r12 to r15 and the control words of SSE and x87 belong to the caller. A
 * plain ret keeps the processor's stack of return addresses in step: fibers mostly wait in the same
 * places. A new stack starts at plug__stack_begin, where an unwinder finds the end.
 */
__asm__(".text\n"
        ".p2align 4\n"
        ".globl plug__stack_switch\n"
        ".hidden plug__stack_switch\n"
        ".type plug__stack_switch, @function\n"
        "plug__stack_switch:\n"
        "    .cfi_startproc\n"
        "    endbr64\n"
        "    pushq %rbp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %rbp, 0\n"
        "    pushq %rbx\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %rbx, 0\n"
        "    pushq %r12\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r12, 0\n"
        "    pushq %r13\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r13, 0\n"
        "    pushq %r14\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r14, 0\n"
        "    pushq %r15\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    .cfi_rel_offset %r15, 0\n"
        "    subq $8, %rsp\n"
        "    .cfi_adjust_cfa_offset 8\n"
        "    stmxcsr (%rsp)\n"
        "    fnstcw 4(%rsp)\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    ldmxcsr (%rsp)\n"
        "    fldcw 4(%rsp)\n"
        "    addq $8, %rsp\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    popq %r15\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r15\n"
        "    popq %r14\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r14\n"
        "    popq %r13\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r13\n"
        "    popq %r12\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %r12\n"
        "    popq %rbx\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %rbx\n"
        "    popq %rbp\n"
        "    .cfi_adjust_cfa_offset -8\n"
        "    .cfi_restore %rbp\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size plug__stack_switch, . - plug__stack_switch\n"
        ".p2align 4\n"
        ".globl plug__stack_begin\n"
        ".hidden plug__stack_begin\n"
        ".type plug__stack_begin, @function\n"
        "plug__stack_begin:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined %rip\n"
        "    endbr64\n"
        "    movq %r12, %rdi\n"
        "    callq *%rbx\n"
        "    ud2\n"
        "    .cfi_endproc\n"
        ".size plug__stack_begin, . - plug__stack_begin\n");

enum { R15 = 1, R14, R13, R12, RBX, RBP, RIP, WORDS };

static void *first_frame(void *top, plug__context_fn *fn, void *arg)
{
    uint64_t *sp = (uint64_t *)top - WORDS;
    uint32_t mxcsr;
    uint16_t x87;

    __asm__("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87));
    memset(sp, 0, WORDS * sizeof *sp);
    sp[0] = (uint64_t)x87 << 32 | mxcsr;
    sp[RBX] = (uint64_t)(uintptr_t)fn;
    sp[R12] = (uint64_t)(uintptr_t)arg;
    sp[RIP] = (uint64_t)(uintptr_t)plug__stack_begin;
    return sp;
}

#elif defined(PLUG__SWITCH_AARCH64)
/* AAPCS64: x19 to x30 and the lower halves of v8 to v15 belong to the caller. */
__asm__(".text\n"
        ".p2align 4\n"
        ".globl plug__stack_switch\n"
        ".hidden plug__stack_switch\n"
        ".type plug__stack_switch, %function\n"
        "plug__stack_switch:\n"
        "    .cfi_startproc\n"
        "    hint #34\n" /* bti c */
        "    sub sp, sp, #160\n"
        "    .cfi_adjust_cfa_offset 160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    .cfi_rel_offset x29, 80\n"
        "    .cfi_rel_offset x30, 88\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x2, sp\n"
        "    str x2, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    .cfi_adjust_cfa_offset -160\n"
        "    .cfi_restore x29\n"
        "    .cfi_restore x30\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size plug__stack_switch, . - plug__stack_switch\n"
        ".p2align 4\n"
        ".globl plug__stack_begin\n"
        ".hidden plug__stack_begin\n"
        ".type plug__stack_begin, %function\n"
        "plug__stack_begin:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined x30\n"
        "    hint #36\n" /* bti j */
        "    mov x0, x20\n"
        "    blr x19\n"
        "    brk #0\n"
        "    .cfi_endproc\n"
        ".size plug__stack_begin, . - plug__stack_begin\n");

enum { X19, X20, X30 = 11, WORDS = 20 };

static void *first_frame(void *top, plug__context_fn *fn, void *arg)
{
    uint64_t *sp = (uint64_t *)top - WORDS;

    memset(sp, 0, WORDS * sizeof *sp);
    sp[X19] = (uint64_t)(uintptr_t)fn;
    sp[X20] = (uint64_t)(uintptr_t)arg;
    sp[X30] = (uint64_t)(uintptr_t)plug__stack_begin;
    return sp;
}
#endif

/* --- what sanitizers want to know ------------------------------------------------------------ */

void plug__context_here(struct plug__context *c)
{
    memset(c, 0, sizeof *c);
#ifdef PLUG__TSAN
    c->tsan = __tsan_get_current_fiber();
#endif
}

void plug__context_end(struct plug__context *c)
{
    (void)c;
#ifdef PLUG__TSAN
    __tsan_destroy_fiber(c->tsan);
#endif
}

static void prepare(struct plug__context *c, void *low, void *top)
{
    (void)low, (void)top;
    memset(c, 0, sizeof *c);
#ifdef PLUG__ASAN
    c->low = low;
    c->size = (size_t)((char *)top - (char *)low);
    __asan_unpoison_memory_region(low, c->size); /* what an earlier fiber never returned from */
#endif
#ifdef PLUG__TSAN
    c->tsan = __tsan_create_fiber(0);
#endif
}

#if defined(PLUG__ASAN) || defined(PLUG__TSAN) || defined(PLUG__SWITCH_UCONTEXT)
/* The stack that is left; last: for ever. */
static void leaving(struct plug__context *from, struct plug__context *to, bool last)
{
    (void)from, (void)to, (void)last;
#ifdef PLUG__ASAN
    to->from = from;
    __sanitizer_start_switch_fiber(last ? NULL : &from->fake, to->low, to->size);
#endif
#ifdef PLUG__TSAN
    __tsan_switch_to_fiber(to->tsan, 0);
#endif
}

/* The stack that one is on again. The bounds of a thread's own stack come to light here. */
static void arrived(struct plug__context *here, void *fake)
{
    (void)here, (void)fake;
#ifdef PLUG__ASAN
    __sanitizer_finish_switch_fiber(fake, &here->from->low, &here->from->size);
#endif
}

static void begin(void *arg)
{
    struct plug__context *c = arg;

    arrived(c, NULL);
    c->fn(c->arg);
}

#ifdef PLUG__SWITCH_UCONTEXT
/* makecontext(3) passes ints only. */
static void begin_halves(unsigned high, unsigned low)
{
    begin((void *)(uintptr_t)((uint64_t)high << 32 | low));
}

static void first_context(struct plug__context *c, void *low, void *top)
{
    uint64_t self = (uint64_t)(uintptr_t)c;

    (void)getcontext(&c->uc);
    c->uc.uc_stack.ss_sp = low;
    c->uc.uc_stack.ss_size = (size_t)((char *)top - (char *)low);
    c->uc.uc_link = NULL;
    makecontext(&c->uc, (void (*)(void))begin_halves, 2, (unsigned)(self >> 32), (unsigned)self);
}
#else
static void first_context(struct plug__context *c, void *low, void *top)
{
    (void)low;
    c->sp = first_frame(top, begin, c);
}
#endif

void plug__context_make(struct plug__context *c, void *low, void *top, plug__context_fn *fn,
                        void *arg)
{
    prepare(c, low, top);
    c->fn = fn;
    c->arg = arg;
    first_context(c, low, top);
}

void plug__context_switch(struct plug__context *from, struct plug__context *to, bool last)
{
    leaving(from, to, last);
#ifdef PLUG__SWITCH_UCONTEXT
    (void)swapcontext(&from->uc, &to->uc);
#else
    plug__stack_switch(&from->sp, to->sp);
#endif
#ifdef PLUG__ASAN
    arrived(from, from->fake);
#else
    arrived(from, NULL);
#endif
}

#else

void plug__context_make(struct plug__context *c, void *low, void *top, plug__context_fn *fn,
                        void *arg)
{
    prepare(c, low, top);
    c->sp = first_frame(top, fn, arg);
}

#endif
