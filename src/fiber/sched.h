/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FIBER_SCHED_H
#define PLUG_FIBER_SCHED_H
/*
 * The inside of fibers: what waits, what runs, who wakes whom. For engines, queues, servers.
 *
 * One scheduler belongs to one thread. Its own context (home) asks the kernel; fibers switch to one
 * another directly while some are ready. Everything here is for the scheduler's thread, except
 * plug__sched_wake and plug__unpark_far.
 */
#include "fiber/context.h"
#include "fiber/fd_slot.h"
#include "fiber/stack.h"
#include "fiber/watch.h"
#include <plug/fiber.h>
#include <plug/wait.h>
#include <stdatomic.h>

struct plug__engine;

/* For plug_fiber.warm: where a receive writes to, and what a server works with. */
enum { PLUG__WARM_BUFFER, PLUG__WARM_CONN, PLUG__WARM_SOCK, PLUG__WARM };

/*
 * A fiber; at the top of its stack, so that an idle one touches a single page. What an event needs
 * is in its first line of the cache, what the next switch to it needs in its second.
 */
struct plug_fiber {
    struct plug__context context;
    struct plug_fiber *next;     /* in the list of those that are ready */
    struct plug__fd_waiter node; /* of its wait for a descriptor that is kept */
    int fd;                      /* what it waits for, or PLUG__PARK_x */
    int result;
    int64_t deadline; /* of its wait, the last one where it is not parked; PLUG_NEVER: none */
    bool parked, firm;
    bool hopeful; /* parked, and something besides this scheduler's fibers can end that */
    bool cancelled;
    uint32_t timer; /* its place in the heap, from 1; 0: none */

    const void *warm[PLUG__WARM]; /* what it goes on with, besides its stack */
    struct plug_wait_own own;     /* what the waiter serves while it runs */
    const char *doing;            /* static text, while it is parked */
    int64_t since;                /* when (s->now) its wait began */

    struct plug__sched *sched;
    bool ended;
    bool handle; /* somebody has it for plug_fiber_join */
    bool far;    /* plug__unpark_far came */
    uint16_t shield;
    int far_result;
    struct plug_fiber *far_next;

    /* what it runs, and for whom */
    plug_fiber_fn *fn;
    void *arg;
    struct plug_fiber *joiner;
    struct plug_scope *home;                        /* the scope it lives in */
    struct plug_scope *scopes;                      /* those it has opened, the innermost first */
    struct plug_fiber *sibling_next, *sibling_prev; /* in home->members */
    struct plug__stack stack;
    char name[PLUG_FIBER_NAME];
};

struct plug__timer {
    int64_t at; /* never later than the deadline of its fiber */
    struct plug_fiber *fiber;
};

struct plug__sched {
    struct plug_waiter waiter;  /* the first, see plug__sched_of */
    struct plug_fiber *running; /* NULL: home; the watch looks at it, too */
    struct plug_fiber *ready_first, *ready_last;
    unsigned budget; /* switches until the kernel is asked again */
    unsigned streak; /* receives of the running fiber that had not to wait, one after the other */
    int64_t now;     /* plug_now at the last turn */
    _Atomic uint64_t switches;
    struct plug_fiber *dying; /* left its stack for ever */
    struct plug__context home;

    struct plug__timer *timers; /* a heap; room for every fiber */
    size_t timer_count, timer_room;
    size_t hopeful; /* fibers that are */

    const struct plug__engine *engine;
    void *engine_state;
    struct plug__fd_slots fds;
    struct plug__stacks stacks;
    struct plug_scope root; /* of the main fiber */
    struct plug_fiber_opts opts;
    struct plug_fiber_stats stats;
    int main_result;
    unsigned deadlocks;
    struct plug__watched watched;
    void *signal_stack; /* NULL: the thread has one of its own */

    int wake_fd;
    _Atomic int far_callers;
    atomic_bool wake_told;
    struct plug_fiber *_Atomic far; /* unparked by other threads, the last first */
};

/* The calling thread's scheduler, or NULL. initial-exec: dlopen(3) has room for these few bytes. */
extern __thread struct plug__sched *plug__sched_here __attribute__((tls_model("initial-exec")));

static inline struct plug__sched *plug__sched_of(struct plug_waiter *w)
{
    return (struct plug__sched *)(void *)w;
}

/* --- waiting --------------------------------------------------------------------------------- */

/* Instead of a descriptor: what can end the wait besides its deadline. */
enum {
    PLUG__PARK_TIME = -1,   /* nothing */
    PLUG__PARK_INSIDE = -2, /* a fiber of this scheduler */
    PLUG__PARK_OUTSIDE = -3 /* other threads, the pool: the scheduler is not deadlocked */
};

/*
 * Parks the calling fiber until plug__unpark, and returns the result given there; PLUG_ETIMEOUT at
 * deadline; -ECANCELED, at once when it is cancelled already; -EDEADLK; the error of a failed turn.
 * What would unpark it otherwise is the caller's to take back then. doing is static text.
 */
int plug__park(const char *doing, int fd, int64_t deadline);

/* The same, but only plug__unpark ends it: for what has to be waited out. */
int plug__park_firm(const char *doing, int fd);

/* f runs after all that are ready. */
static inline void plug__ready(struct plug__sched *s, struct plug_fiber *f)
{
    f->next = NULL;
    if (s->ready_first)
        s->ready_last->next = f;
    else
        s->ready_first = f;
    s->ready_last = f;
}

/* Makes a parked fiber ready to go on with result; one that is not parked is left alone. */
static inline void plug__unpark(struct plug_fiber *f, int result)
{
    struct plug__sched *s = plug__sched_here;

    if (!f->parked)
        return;
    f->parked = false;
    f->result = result;
    s->hopeful -= f->hopeful;
    plug__ready(s, f);
}

/*
 * plug__unpark from any thread. Exactly one may be under way for a fiber. Either the fiber parks
 * once and for all (plug__park_firm, PLUG__PARK_OUTSIDE), or, when its wait can end otherwise, it
 * calls plug__far_wait afterwards if what it waited for can no longer be called off: that gives the
 * result that has come or will.
 */
void plug__unpark_far(struct plug_fiber *f, int result);
int plug__far_wait(const char *doing);

/* A turn of the scheduler begins soon. Any thread, signal handlers; s must live. */
void plug__sched_wake(struct plug__sched *s);

/* An engine heard wake_fd. */
void plug__sched_woken(struct plug__sched *s);

/* The calling fiber goes to the end of those that are ready. */
void plug__yield(struct plug__sched *s);

static inline bool plug__cancelled(const struct plug_fiber *f)
{
    return f->cancelled && !f->shield;
}

/* Calls fn for every fiber, ended ones that nobody has joined left out; no other result than 0. */
typedef int plug__each_fiber_fn(struct plug_fiber *f, void *arg);
int plug__each_fiber(struct plug__sched *s, plug__each_fiber_fn *fn, void *arg);

static inline char *plug__fiber_low(const struct plug_fiber *f)
{
    return plug__stack_low(&f->sched->stacks, f->stack);
}

/* --- between the files of the scheduler ------------------------------------------------------ */

/*
 * timers.c. set: f->deadline was set, to another one than PLUG_NEVER. due: unparks all whose
 * deadline has passed.
 */
int plug__timers_reserve(struct plug__sched *s, size_t count);
void plug__timer_set(struct plug__sched *s, struct plug_fiber *f);
void plug__timer_drop(struct plug__sched *s, struct plug_fiber *f);
void plug__timers_due(struct plug__sched *s);

/*
 * fiber.c: a new fiber, ready to run; the end of the calling one, which has closed all that it
 * opened; and what is left of one after its end.
 */
int plug__fiber_new(struct plug__sched *s, struct plug_scope *home, plug_fiber_fn *fn, void *arg,
                    const char *name, struct plug_fiber **ret);
void plug__fiber_end(struct plug_fiber *f, int result) __attribute__((noreturn));
void plug__fiber_free(struct plug_fiber *f);

/* scope.c: f has ended. */
void plug__scope_ended(struct plug_fiber *f);

void plug__switch_away(struct plug__sched *s, struct plug_fiber *f, bool last);

#endif
