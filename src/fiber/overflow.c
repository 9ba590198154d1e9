/* SPDX-License-Identifier: MIT */
/*
 * A handler of SIGSEGV over the one that was there: names the fiber that ran into its guard, then
 * does what would have been done. On a stack of its own: the fiber's is full.
 */
#include "base/assert.h"
#include "fiber/say.h"
#include "fiber/sched.h"
#include "fiber/watch.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/sys.h>
#include <string.h>
#include <unistd.h>

static struct {
    pthread_mutex_t lock; /* held by pthread_atfork across a fork */
    size_t users;
    bool in_place;           /* or somebody has laid another one over it */
    struct sigaction former; /* what was there before */
} handler = {.lock = PTHREAD_MUTEX_INITIALIZER};

static pthread_once_t handler_once = PTHREAD_ONCE_INIT;

static void handler_lock(void)
{
    pthread_mutex_lock(&handler.lock);
}

static void handler_unlock(void)
{
    pthread_mutex_unlock(&handler.lock);
}

static void handler_init(void)
{
    pthread_atfork(handler_lock, handler_unlock, handler_unlock);
}

static bool in_guard(const struct plug__sched *s, const void *address)
{
    const char *low = plug__fiber_low(s->running), *at = address;

    return at < low && at >= low - plug__stack_guard(&s->stacks);
}

static void tell(const struct plug__sched *s)
{
    struct plug__say line = {.len = 0};

    plug__say_text(&line, "plug: fiber ");
    plug__say_name(&line, s->running->name);
    plug__say_text(&line, " overflowed its ");
    plug__say_number(&line, s->stacks.size / 1024);
    plug__say_text(&line, " KiB stack");
    plug__say_end(&line);
}

/* The signal's usual end: of a fault when it happens again, of a sent signal now. */
static void die(int sig, const siginfo_t *info)
{
    const struct sigaction usual = {.sa_handler = SIG_DFL};

    (void)plug_sys_kernel()->sigaction(sig, &usual, NULL);
    if (info->si_code <= 0)
        (void)plug_sys_kernel()->kill(plug_sys_kernel()->getpid(), sig);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    const struct plug__sched *s = plug__sched_here;
    const struct sigaction *former = &handler.former;

    if (info->si_code > 0 && s && s->running && in_guard(s, info->si_addr))
        tell(s);
    if (former->sa_flags & SA_SIGINFO)
        former->sa_sigaction(sig, info, context);
    else if (former->sa_handler == SIG_DFL || (former->sa_handler == SIG_IGN && info->si_code > 0))
        die(sig, info);
    else if (former->sa_handler != SIG_IGN)
        former->sa_handler(sig);
}

static bool is_ours(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_fault;
}

/* Once it lies under somebody else's handler, it stays there: that one may hand on to it. */
static int put_in_place(void)
{
    struct sigaction own;
    int r;

    if (handler.in_place)
        return 0;
    r = plug_sys()->sigaction(SIGSEGV, NULL, &handler.former);
    if (r < 0)
        return r;
    own = handler.former;
    own.sa_sigaction = on_fault;
    own.sa_flags = SA_SIGINFO | SA_ONSTACK | (own.sa_flags & (SA_NODEFER | SA_RESTART));
    r = plug_sys()->sigaction(SIGSEGV, &own, NULL);
    handler.in_place = r >= 0;
    return r;
}

static void take_away(void)
{
    struct sigaction now;

    if (plug_sys_kernel()->sigaction(SIGSEGV, NULL, &now) < 0 || !is_ours(&now))
        return;
    (void)plug_sys_kernel()->sigaction(SIGSEGV, &handler.former, NULL);
    handler.in_place = false;
}

/* Room for a frame with all registers, and for a former handler that prints. */
static size_t signal_stack_size(void)
{
    long size = sysconf(_SC_SIGSTKSZ);

    return (size_t)(size > 0 ? size : 0) + 32 * 1024;
}

static int give_stack(struct plug__sched *s)
{
    size_t size = signal_stack_size();
    int r;

    s->signal_stack = plug_alloc(size);
    if (!s->signal_stack)
        return -ENOMEM;
    r = plug_sys()->signal_stack(s->signal_stack, size);
    if (r < 0) {
        plug_free(s->signal_stack);
        s->signal_stack = NULL;
    }
    return r == -EBUSY ? 0 : r; /* the thread has one */
}

static void take_stack(struct plug__sched *s)
{
    if (s->signal_stack)
        (void)plug_sys_kernel()->signal_stack(NULL, 0);
    plug_free(s->signal_stack);
}

int plug__overflow_begin(struct plug__sched *s)
{
    int r = give_stack(s);

    if (r < 0)
        return r;
    pthread_once(&handler_once, handler_init);
    handler_lock();
    r = put_in_place();
    handler.users += r >= 0;
    handler_unlock();
    if (r < 0)
        take_stack(s);
    return r;
}

void plug__overflow_end(struct plug__sched *s)
{
    handler_lock();
    if (--handler.users == 0)
        take_away();
    handler_unlock();
    take_stack(s);
}
