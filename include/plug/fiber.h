/* SPDX-License-Identifier: MIT */
#ifndef PLUG_FIBER_H
#define PLUG_FIBER_H
/*
 * Fibers: straight-line code, a hundred thousand at once in one thread.
 *
 * Layer: fiber.
 *
 * The caller:
 *   1. plug_fiber_run(main_fiber, arg, NULL): this thread becomes a scheduler; main_fiber runs
 *   2. in it: struct plug_scope s; plug_scope_open(&s, PLUG_FOREVER)
 *   3. plug_fiber_spawn(&s, work, arg, NULL, NULL) as often as it likes; calls of net park the
 *      fiber and run another one: plug_sock_recv, plug_dial, plug_sleep ...
 *   4. plug_scope_close(&s) waits for all of them; plug_scope_cancel(&s) makes them hurry
 *   5. plug_fiber_run returns what main_fiber returned
 *
 * A fiber lives in a scope and never outlives it. It never changes its thread; several cores are
 * several schedulers. It gives way where it waits, and nowhere else: between two waits nothing else
 * of its thread runs, so data of one scheduler need no lock.
 *
 * Stacks are committed page by page as they are used and end at a guard; running into it is a line
 * on stderr that names the fiber, then SIGSEGV as usual. A stack is used again by later fibers.
 *
 * Back-end: what PLUG_BACKEND names, else epoll. An operation is tried first and waited for
 * afterwards; with uring the waits and sends of all fibers that ran go to the kernel in one system
 * call.
 *
 * fork(2) from a fiber: the child has the calling fiber alone. It may call exec or _exit, and not
 * wait, spawn or return from the fiber: the scheduler's descriptors are the parent's, too, and what
 * it waits for would be taken from there. The fork server model says -EBUSY on a fiber.
 *
 * Signal handlers run on the stack of whichever fiber is running unless they ask for SA_ONSTACK.
 * thread_local variables belong to the thread, not to the fiber. C++ exceptions and longjmp must
 * not leave a fiber's function.
 */
#include <plug/selector.h>
#include <plug/time.h>

PLUG_BEGIN_DECLS

struct plug_fiber;

/* What a fiber runs; its result is what plug_fiber_join gets. */
typedef int plug_fiber_fn(void *arg);

#define PLUG_FIBER_STACK     (64 * 1024) /* usual stack, rounded up to pages, guard apart */
#define PLUG_FIBER_STACK_MIN (16 * 1024)
#define PLUG_FIBER_STACK_MAX (64 * 1024 * 1024)
#define PLUG_FIBER_MAX       1000000 /* most fibers of one scheduler */
#define PLUG_FIBER_NAME      24      /* bytes of a name, NUL included */

/* --- the scheduler --------------------------------------------------------------------------- */

struct plug_fiber_opts {
    size_t size;
    enum plug_backend backend; /* PLUG_BACKEND_AUTO: the environment's, else epoll */
    size_t stack;              /* bytes for each fiber; 0: PLUG_FIBER_STACK */
    size_t max;                /* fibers at once; 0: PLUG_FIBER_MAX */
    int64_t hog;               /* a fiber that holds the thread longer is named on stderr, once;
                                  0: 1 s; PLUG_FOREVER: nobody watches */
};
#define PLUG_FIBER_OPTS                                                                            \
    {                                                                                              \
        sizeof(struct plug_fiber_opts), PLUG_BACKEND_AUTO, 0, 0, 0                                 \
    }

/*
 * Makes the calling thread a scheduler, runs fn(arg) as its first fiber, and returns fn's result
 * when it and everything it spawned have ended. Not from a fiber: -EBUSY.
 * When all fibers wait for each other and nothing outside could wake one (no descriptor, no time,
 * no call in the pool), that is told on stderr with the list of who waits for what, and every wait
 * returns -EDEADLK.
 * PLUG_EOPTS, -EINVAL (backend), -ENOMEM, -EMFILE, or what the back-end said.
 */
PLUG_API PLUG_MUST int plug_fiber_run(plug_fiber_fn *fn, void *arg,
                                      const struct plug_fiber_opts *opts);

/* The calling fiber; NULL outside of one. */
PLUG_API struct plug_fiber *plug_fiber_self(void);

/* Which back-end the calling thread's scheduler has (PLUG_BACKEND_AUTO outside of one). */
PLUG_API enum plug_backend plug_fiber_backend(void);

struct plug_fiber_stats {
    uint64_t spawned; /* since the scheduler began */
    uint64_t switches;
    uint64_t turns;        /* times it asked the kernel */
    size_t live, live_max; /* fibers now, and the most there were */
    size_t stacks;         /* stacks mapped, in use or kept */
};
/* Of the calling thread's scheduler. 0, or -EINVAL outside of one. */
PLUG_API PLUG_MUST int plug_fiber_stats(struct plug_fiber_stats *ret_stats);

/* --- scopes ---------------------------------------------------------------------------------- */

/*
 * A group of fibers, in the frame of the fiber that opened it. Its fields are the library's.
 * Scopes nest: one opened inside another is cancelled with it, as are those that its fibers open.
 */
struct plug_scope {
    struct plug_scope *outer; /* of the same fiber */
    struct plug_fiber *owner, *members, *waiting;
    struct plug_deadline deadline;
    size_t live;
    int first_error;
    bool cancelled, abort_on_error, shielded;
};

/*
 * Opens a scope. Its fibers, and the opener until it closes the scope, wait no longer than timeout
 * from now (PLUG_FOREVER: no limit): then their waits return PLUG_ETIMEOUT. On a fiber only;
 * elsewhere that is a programming mistake and aborts.
 */
PLUG_API void plug_scope_open(struct plug_scope *s, int64_t timeout);

/*
 * With true, the first fiber of the scope that returns an error (< 0) cancels the others. Off at
 * first.
 */
PLUG_API void plug_scope_cancel_on_error(struct plug_scope *s, bool on);

/*
 * Waits until every fiber of the scope has ended, then closes it; innermost first. When the caller
 * itself is cancelled meanwhile, or the scope's deadline passes, they are cancelled and still
 * waited for. Handles that were not joined are gone. Returns the first error that a fiber returned
 * (joined ones apart), or 0.
 */
PLUG_API int plug_scope_close(struct plug_scope *s);

/*
 * Makes every wait of the scope's fibers return -ECANCELED, now and from now on, once for each
 * operation they try; fibers of scopes inside it too. The opener is not touched. From any fiber of
 * the same thread. Ends nobody by force: a fiber that ignores it is waited for.
 */
PLUG_API void plug_scope_cancel(struct plug_scope *s);

/* How many of its fibers live. */
PLUG_API size_t plug_scope_live(const struct plug_scope *s);

/* --- fibers ---------------------------------------------------------------------------------- */

/*
 * Starts fn(arg) as a fiber of scope s, under a name for diagnosis (copies at most PLUG_FIBER_NAME
 * - 1 bytes; NULL: "fiber"); it runs when the caller next waits. *ret_fiber (NULL: not wanted) is
 * borrowed, for plug_fiber_join and plug_fiber_cancel, until joined or the scope is closed;
 * meanwhile its stack is kept.
 * PLUG_ELIMIT: there are as many as options allow; -ENOMEM: no memory, or no more mappings
 * (vm.max_map_count) for stacks; -ECANCELED: the scope is cancelled.
 */
PLUG_API PLUG_MUST int plug_fiber_spawn(struct plug_scope *s, plug_fiber_fn *fn, void *arg,
                                        const char *name, struct plug_fiber **ret_fiber);

/*
 * Waits for a fiber to end and gives its result in *ret_result (NULL: not wanted); the handle is
 * gone. Returns 0; PLUG_ETIMEOUT, -ECANCELED: not ended yet, the handle stays, join again.
 */
PLUG_API PLUG_MUST int plug_fiber_join(struct plug_fiber *f, int *ret_result);

/* Cancels one fiber, as plug_scope_cancel does all. From the same thread. */
PLUG_API void plug_fiber_cancel(struct plug_fiber *f);

/* Lets every other runnable fiber have its turn, and the kernel's news be heard. 0, -ECANCELED. */
PLUG_API int plug_fiber_yield(void);

/* True when the calling fiber has been cancelled; false outside of one. */
PLUG_API bool plug_fiber_cancelled(void);

/*
 * Runs fn(arg) with cancellation held back: for goodbyes that need to wait. Deadlines still count.
 * Returns what fn returned.
 */
PLUG_API int plug_fiber_shield(plug_fiber_fn *fn, void *arg);

/* Its name; borrowed. A new name for the calling fiber (copies; nothing outside of one). */
PLUG_API const char *plug_fiber_name(const struct plug_fiber *f);
PLUG_API void plug_fiber_rename(const char *name);

/* Bytes of the calling fiber's stack that are still unused below this call; 0 outside of one. */
PLUG_API size_t plug_fiber_stack_left(void);

/*
 * Most bytes of any stack of the calling thread's scheduler that fibers have ever touched, in whole
 * pages as far as the kernel still has them: how large stacks need to be. A system call for each
 * stack. 0 outside of a scheduler.
 */
PLUG_API size_t plug_fiber_stack_high(void);

/*
 * Runs fn(arg) in the bounded pool of threads (plug_offload) and parks the fiber meanwhile; on a
 * plain thread it is simply called. For what blocks: files, foreign libraries, long computations.
 * Returns fn's result. PLUG_ETIMEOUT, -ECANCELED only when fn had not begun: once it runs, it is
 * waited for, so arg may lie on the stack. Or what plug_offload returned: PLUG_ELIMIT, -EAGAIN.
 */
PLUG_API PLUG_MUST int plug_fiber_call(plug_fiber_fn *fn, void *arg);

/*
 * Calls fn for every fiber of the calling thread's scheduler; a result other than 0 stops and is
 * returned. fn must not wait, spawn or cancel. All it gets is borrowed during the call. 0 outside
 * of a scheduler. PLUG_TRACE=fiber in the environment tells of every beginning and end, and what it
 * took altogether.
 */
struct plug_fiber_census {
    const char *name;
    const char *doing;  /* "runs", "ready", "recv fd 7", "sleep", "join", "queue get" ... */
    int64_t waited;     /* for so long until now, in nanoseconds; 0 unless it waits */
    size_t stack_depth; /* bytes of its stack that are in use while it waits, else 0 */
};
typedef int plug_fiber_census_fn(const struct plug_fiber_census *c, void *arg);
PLUG_API int plug_fiber_census(plug_fiber_census_fn *fn, void *arg);

PLUG_END_DECLS
#endif
