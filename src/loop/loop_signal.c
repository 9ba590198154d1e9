/* SPDX-License-Identifier: MIT */
/*
 * A handler may run in any thread, also while the loop that watches the signal is being closed. So
 * it announces itself before it looks for the loop, and who ends a watch takes the loop away first
 * and then waits until no handler is inside.
 */
#include "loop/loop_impl.h"
#include <errno.h>
#include <plug/sys.h>
#include <sched.h>
#include <signal.h>

#define SIGNALS 64

static struct slot {
    struct plug_loop *_Atomic loop;
    atomic_int inside;
    plug_loop_signal_fn *fn;
    void *arg;
    struct sigaction before;
} slots[SIGNALS + 1];

static uint64_t bit(int sig)
{
    return UINT64_C(1) << (sig - 1);
}

static void on_signal(int sig)
{
    struct slot *s = &slots[sig];
    int saved = errno;
    struct plug_loop *l;

    atomic_fetch_add(&s->inside, 1);
    l = atomic_load(&s->loop);
    if (l) {
        atomic_fetch_or(&l->signalled, bit(sig));
        plug__loop_wake(l);
    }
    atomic_fetch_sub(&s->inside, 1);
    errno = saved;
}

static int install(int sig)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};

    sigfillset(&action.sa_mask);
    return plug_sys()->sigaction(sig, &action, &slots[sig].before);
}

static int restore(int sig)
{
    struct sigaction now;
    int r = plug_sys()->sigaction(sig, NULL, &now);

    if (r == 0 && now.sa_handler == on_signal)
        r = plug_sys()->sigaction(sig, &slots[sig].before, NULL);
    return r;
}

static int begin(struct plug_loop *l, int sig)
{
    struct plug_loop *none = NULL;
    int r;

    if (!atomic_compare_exchange_strong(&slots[sig].loop, &none, l))
        return -EBUSY;
    r = install(sig);
    if (r < 0)
        atomic_store(&slots[sig].loop, NULL);
    else
        l->signals |= bit(sig);
    return r;
}

static void end(struct plug_loop *l, int sig)
{
    atomic_store(&slots[sig].loop, NULL);
    while (atomic_load(&slots[sig].inside) > 0)
        sched_yield();
    atomic_fetch_and(&l->signalled, ~bit(sig));
    l->signals &= ~bit(sig);
}

static bool is_fault(int sig)
{
    return sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL;
}

int plug_loop_signal(struct plug_loop *l, int sig, plug_loop_signal_fn *fn, void *arg)
{
    bool ours;
    int r = 0;

    if (sig < 1 || sig > SIGNALS || is_fault(sig))
        return -EINVAL;
    ours = l->signals & bit(sig);
    if (!fn && !ours)
        return -ENOENT;
    if (!fn)
        r = restore(sig);
    else if (!ours)
        r = begin(l, sig);
    if (r < 0)
        return r;
    if (!fn)
        end(l, sig);
    slots[sig].fn = fn;
    slots[sig].arg = arg;
    return 0;
}

void plug__loop_signals_end(struct plug_loop *l)
{
    for (int sig = 1; sig <= SIGNALS && l->signals; sig++)
        if (l->signals & bit(sig)) {
            (void)restore(sig); /* without it, the handler finds no loop and does nothing */
            end(l, sig);
        }
}

int plug__loop_signals_call(struct plug_loop *l)
{
    uint64_t came = l->signals ? atomic_exchange(&l->signalled, 0) : 0;
    int calls = 0;

    for (int sig = 1; came && sig <= SIGNALS; sig++)
        if (came & l->signals & bit(sig)) { /* one of them may have ended the next */
            slots[sig].fn(l, sig, slots[sig].arg);
            calls++;
        }
    return calls;
}
