/* SPDX-License-Identifier: MIT */
#include "fiber/sched.h"
#include "base/assert.h"
#include "fiber/call.h"
#include "fiber/engine.h"
#include "loop/backend.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/err.h>
#include <plug/sys.h>
#include <plug/trace.h>
#include <sched.h>
#include <sys/eventfd.h>

/* Fibers that run between two looks at the kernel, besides those that a look has woken. */
#define TURN 64

#define WAIT_BYTES 384 /* of the frames below that of a function that waits, about */

__thread struct plug__sched *plug__sched_here;

/* --- who runs -------------------------------------------------------------------------------- */

/*
 * Among thousands of fibers the stack of each has left the caches when its turn comes. While the
 * one before it runs there is time to fetch what it touches first: the frames of its wait.
 */
static inline void fetch(const struct plug_fiber *f)
{
    const char *sp = plug__context_sp(&f->context);

    for (size_t i = 0; i < WAIT_BYTES; i += PLUG__LINE)
        __builtin_prefetch(sp + i, 1);
    for (size_t i = 0; i < PLUG__WARM; i++)
        __builtin_prefetch(f->warm[i], 1);
    if (f->own.scope)
        __builtin_prefetch(f->own.scope);
}

static struct plug_fiber *next_ready(struct plug__sched *s)
{
    struct plug_fiber *f = s->ready_first;

    if (!f)
        return NULL;
    s->ready_first = f->next;
    if (f->next)
        fetch(f->next);
    return f;
}

/* From here on it is f that runs; the caller switches. */
static void set_running(struct plug__sched *s, struct plug_fiber *f)
{
    uint64_t n = atomic_load_explicit(&s->switches, memory_order_relaxed);

    atomic_store_explicit(&s->switches, n + 1, memory_order_relaxed);
    s->waiter.own = f->own;
    s->streak = 0;
    __atomic_store_n(&s->running, f, __ATOMIC_RELAXED);
}

void plug__switch_away(struct plug__sched *s, struct plug_fiber *f, bool last)
{
    struct plug_fiber *next = s->budget && !last ? next_ready(s) : NULL;

    if (next == f)
        return;
    f->own = s->waiter.own;
    if (next) {
        s->budget--;
        set_running(s, next);
        plug__context_switch(&f->context, &next->context, last);
    } else {
        __atomic_store_n(&s->running, NULL, __ATOMIC_RELAXED);
        plug__context_switch(&f->context, &s->home, last);
    }
}

void plug__yield(struct plug__sched *s)
{
    if (s->budget && !s->ready_first) {
        s->budget--;
        return;
    }
    plug__ready(s, s->running);
    plug__switch_away(s, s->running, false);
}

/* --- waiting --------------------------------------------------------------------------------- */

static int park(struct plug__sched *s, const char *doing, int fd, int64_t deadline)
{
    struct plug_fiber *f = s->running;

    f->doing = doing;
    f->fd = fd;
    f->since = s->now;
    f->parked = true;
    bool sooner = deadline < f->deadline || (!f->timer && deadline != PLUG_NEVER);
    f->deadline = deadline;
    f->hopeful = fd >= 0 || fd == PLUG__PARK_OUTSIDE || deadline != PLUG_NEVER;
    s->hopeful += f->hopeful;
    if (sooner) /* else its entry in the heap is early enough */
        plug__timer_set(s, f);
    plug__switch_away(s, f, false);
    return f->result;
}

int plug__park(const char *doing, int fd, int64_t deadline)
{
    struct plug__sched *s = plug__sched_here;

    PLUG_ASSERT(s && s->running, "only a fiber can be parked");
    return plug__cancelled(s->running) ? -ECANCELED : park(s, doing, fd, deadline);
}

int plug__park_firm(const char *doing, int fd)
{
    struct plug__sched *s = plug__sched_here;
    int r;

    PLUG_ASSERT(s && s->running, "only a fiber can be parked");
    s->running->firm = true;
    r = park(s, doing, fd, PLUG_NEVER);
    s->running->firm = false;
    return r;
}

int plug__each_fiber(struct plug__sched *s, plug__each_fiber_fn *fn, void *arg)
{
    struct plug_scope *scope = &s->root;
    struct plug_fiber *f = scope->members;
    int r = 0;

    /* Down into what a fiber has opened, then on to the next one, then up. */
    while (f && r == 0) {
        struct plug_fiber *next = NULL;
        if (!f->ended)
            r = fn(f, arg);
        for (scope = f->scopes; scope && !next; scope = scope->outer)
            next = scope->members;
        for (; f && !next; f = scope->owner) {
            next = f->sibling_next;
            for (scope = f->home; !next && scope->outer; next = scope->members)
                scope = scope->outer;
        }
        f = next;
    }
    return r;
}

static int fail_soft(struct plug_fiber *f, void *arg)
{
    if (f->parked && !f->firm)
        plug__unpark(f, *(int *)arg);
    return 0;
}

static int interrupt(struct plug_fiber *f, void *arg)
{
    (void)arg;
    if (f->parked && !f->firm && f->own.return_eintr)
        plug__unpark(f, -EINTR);
    return 0;
}

/* --- from other threads ---------------------------------------------------------------------- */

void plug__sched_wake(struct plug__sched *s)
{
    static const uint64_t one = 1;

    /* Whatever happens to the first attempt: a waking that is lost is lost for ever. */
    if (!atomic_exchange(&s->wake_told, true) &&
        plug_sys()->write(s->wake_fd, &one, sizeof one) < 0)
        (void)!plug_sys_kernel()->write(s->wake_fd, &one, sizeof one);
}

void plug__sched_woken(struct plug__sched *s)
{
    uint64_t count;

    (void)!plug_sys()->read(s->wake_fd, &count, sizeof count);
    atomic_store(&s->wake_told, false);
}

/* The scheduler lives until f was unparked, and then until nobody is in here any more. */
void plug__unpark_far(struct plug_fiber *f, int result)
{
    struct plug__sched *s = f->sched;

    atomic_fetch_add(&s->far_callers, 1);
    f->far_result = result;
    f->far_next = atomic_load(&s->far);
    while (!atomic_compare_exchange_weak(&s->far, &f->far_next, f))
        ;
    plug__sched_wake(s);
    atomic_fetch_sub(&s->far_callers, 1);
}

int plug__far_wait(const char *doing)
{
    struct plug_fiber *f = plug__sched_here->running;

    if (!f->far)
        return plug__park_firm(doing, PLUG__PARK_OUTSIDE);
    f->far = false;
    return f->far_result;
}

/* In the order in which they came. */
static void take_far(struct plug__sched *s)
{
    struct plug_fiber *f = atomic_exchange(&s->far, NULL), *first = NULL, *next;

    for (; f; f = next) {
        next = f->far_next;
        f->far_next = first;
        first = f;
    }
    for (f = first; f; f = next) {
        next = f->far_next;
        f->far = !f->parked;
        plug__unpark(f, f->far_result);
    }
}

/* --- turns ----------------------------------------------------------------------------------- */

static int64_t patience(struct plug__sched *s)
{
    if (s->ready_first || atomic_load_explicit(&s->far, memory_order_relaxed))
        return PLUG_NOWAIT;
    if (s->timer_count == 0)
        return PLUG_FOREVER;
    int64_t left = s->timers[0].at - plug_now();
    return left > 0 ? left : PLUG_NOWAIT;
}

/* How long a turn may last. */
static int64_t turn_limit(struct plug__sched *s)
{
    int64_t left = patience(s);

    if (s->ready_first || s->hopeful || atomic_load(&s->far))
        return left;
    return plug__deadlock_look(s);
}

static void turn(struct plug__sched *s)
{
    int64_t left = turn_limit(s);
    int r = s->engine->turn(s, left);

    s->budget = TURN;
    s->stats.turns++;
    s->now = plug_now();
    if (r > 0)
        s->budget += (unsigned)r;
    if (r == -EINTR)
        (void)plug__each_fiber(s, interrupt, NULL);
    else if (r < 0)
        (void)plug__each_fiber(s, fail_soft, &r);
    if (atomic_load(&s->far)) /* not weaker: whoever saw wake_told as true relies on it */
        take_far(s);
    plug__timers_due(s);
}

static void run(struct plug__sched *s)
{
    struct plug_fiber *f;

    while (s->stats.live) {
        turn(s);
        while (s->budget && (f = next_ready(s))) {
            s->budget--;
            set_running(s, f);
            plug__context_switch(&s->home, &f->context, false);
            if (s->dying)
                plug__fiber_free(s->dying);
        }
    }
}

/* --- its life -------------------------------------------------------------------------------- */

static const struct plug__engine *const engines[] = {
    &plug__engine_epoll, &plug__engine_poll, &plug__engine_select,
    &plug__engine_uring, /* only where it is asked for */
};
#define ENGINES (sizeof engines / sizeof *engines)

static int open_one(struct plug__sched *s, const struct plug__engine *engine)
{
    s->engine = engine;
    s->waiter.name = plug_backend_name(engine->kind);
    s->waiter.wait = plug__fd_wait;
    s->waiter.wait_many = plug__fd_wait_many;
    s->waiter.call = plug__call;
    return engine->open(s);
}

static int open_wanted(struct plug__sched *s, enum plug_backend wanted)
{
    for (size_t i = 0; i < ENGINES; i++)
        if (engines[i]->kind == wanted)
            return open_one(s, engines[i]);
    return -EINVAL;
}

static int open_engine(struct plug__sched *s)
{
    enum plug_backend wanted = s->opts.backend;
    int r;

    if (wanted != PLUG_BACKEND_AUTO)
        return open_wanted(s, wanted);
    r = plug__backend_wanted();
    if (r < 0)
        return r;
    r = open_wanted(s, (enum plug_backend)r);
    for (size_t i = 0; i < ENGINES && r < 0 && !plug__backend_is_shortage(r); i++)
        r = open_one(s, engines[i]);
    return r;
}

static int take_options(struct plug_fiber_opts *o, const struct plug_fiber_opts *opts)
{
    static const struct plug_fiber_opts none = PLUG_FIBER_OPTS;

    *o = opts ? *opts : none;
    if (o->size != sizeof *o)
        return PLUG_EOPTS;
    o->stack = o->stack ? o->stack : PLUG_FIBER_STACK;
    o->max = o->max ? o->max : PLUG_FIBER_MAX;
    return o->stack < PLUG_FIBER_STACK_MIN || o->stack > PLUG_FIBER_STACK_MAX ||
                   o->max > PLUG_FIBER_MAX
               ? PLUG_EOPTS
               : 0;
}

static int open_sched(struct plug__sched **ret, const struct plug_fiber_opts *opts)
{
    struct plug__sched *s = plug_calloc(1, sizeof *s);
    int r;

    if (!s)
        return -ENOMEM;
    s->opts = *opts;
    s->waiter.size = sizeof s->waiter;
    s->wake_fd = plug_sys()->eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r = s->wake_fd < 0 ? s->wake_fd : open_engine(s);
    if (r < 0) {
        if (s->wake_fd >= 0)
            plug_sys()->close(s->wake_fd);
        plug_free(s);
        return r;
    }
    plug__stacks_open(&s->stacks, opts->stack);
    plug__context_here(&s->home);
    s->root.deadline.at = PLUG_NEVER;
    s->now = plug_now();
    *ret = s;
    return 0;
}

static void trace_end(struct plug__sched *s)
{
    if (plug_trace_on(PLUG_TRACE_FIBER))
        plug_trace(PLUG_TRACE_FIBER, __FILE__, __LINE__,
                   "done: %ju fibers, %zu at once, %ju switches, %ju turns, %zu stacks, "
                   "%zu bytes of one used",
                   (uintmax_t)s->stats.spawned, s->stats.live_max,
                   (uintmax_t)atomic_load(&s->switches), (uintmax_t)s->stats.turns,
                   s->stacks.mapped, plug__stacks_high(&s->stacks));
}

static void close_sched(struct plug__sched *s)
{
    trace_end(s);
    while (atomic_load(&s->far_callers))
        (void)sched_yield();
    s->engine->close(s);
    plug_sys()->close(s->wake_fd);
    plug__stacks_close(&s->stacks);
    plug__fd_slots_free(&s->fds);
    plug_free(s->timers);
    plug_free(s);
}

/* Deadline scopes that the thread has open bound the fibers, too. */
static int run_in(struct plug__sched *s, plug_fiber_fn *fn, void *arg)
{
    int64_t bound = plug_deadline_current();
    struct plug_waiter *before = plug_waiter_set(&s->waiter);
    struct plug_fiber *f;
    int r;

    plug__sched_here = s;
    s->root.deadline.at = bound;
    r = plug__fiber_new(s, &s->root, fn, arg, "main", &f);
    if (r == 0)
        run(s);
    plug__sched_here = NULL;
    (void)plug_waiter_set(before);
    return r < 0 ? r : s->main_result;
}

int plug_fiber_run(plug_fiber_fn *fn, void *arg, const struct plug_fiber_opts *opts)
{
    struct plug_fiber_opts o;
    struct plug__sched *s;
    int r = take_options(&o, opts);

    if (r < 0)
        return r;
    if (plug__sched_here)
        return -EBUSY;
    r = open_sched(&s, &o);
    if (r < 0)
        return r;
    r = plug__overflow_begin(s);
    if (r >= 0) {
        plug__watch_begin(s);
        r = run_in(s, fn, arg);
        plug__watch_end(s);
        plug__overflow_end(s);
    }
    close_sched(s);
    return r;
}

enum plug_backend plug_fiber_backend(void)
{
    return plug__sched_here ? plug__sched_here->engine->kind : PLUG_BACKEND_AUTO;
}

int plug_fiber_stats(struct plug_fiber_stats *ret_stats)
{
    struct plug__sched *s = plug__sched_here;

    if (!s)
        return -EINVAL;
    s->stats.switches = atomic_load_explicit(&s->switches, memory_order_relaxed);
    s->stats.stacks = s->stacks.mapped;
    *ret_stats = s->stats;
    return 0;
}
