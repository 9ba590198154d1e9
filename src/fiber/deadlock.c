/* SPDX-License-Identifier: MIT */
/*
 * A scheduler with nothing ready, no descriptor, no deadline and no call in the pool to wait for
 * sleeps for ever, unless another thread wakes it. Whether there is one, the kernel knows.
 */
#include "base/offload.h"
#include "fiber/say.h"
#include "fiber/sched.h"
#include "fiber/watch.h"
#include <errno.h>
#include <plug/sys.h>

#define LOOK_AGAIN PLUG_MS(500) /* while there are other threads: they may end */
#define REPORTS    8            /* of one scheduler: fibers may not care, and wait again */
#define NAMED      50           /* fibers of one report */

#ifdef PLUG__TSAN
#define SANITIZER 1 /* a thread in the background */
#else
#define SANITIZER 0
#endif

/* Threads that may do anything. Straight to the kernel: this is no call of the program's. */
static bool others_live(void)
{
    size_t own = 1 + SANITIZER + plug__watch_threads() + plug__offload_idle();
    struct stat st;

    /* A directory's links: itself, its parent's, and one for each thread. */
    return plug_sys_kernel()->lstat("/proc/self/task", &st) < 0 || st.st_nlink != 2 + own;
}

/* A signal may end its wait: it asked to be told of them. */
static int hears_signals(struct plug_fiber *f, void *unused)
{
    (void)unused;
    return f->parked && !f->firm && f->own.return_eintr;
}

struct report {
    const struct plug__sched *sched;
    size_t named;
};

static int name_waiter(struct plug_fiber *f, void *arg)
{
    struct report *r = arg;
    struct plug__say line = {.len = 0};

    if (r->named++ == NAMED) {
        plug__say_text(&line, "  ... and more");
        plug__say_end(&line);
        return 1;
    }
    plug__say_text(&line, "  ");
    plug__say_name(&line, f->name);
    plug__say_text(&line, ": ");
    plug__say_text(&line, f->parked ? f->doing : "runs");
    plug__say_end(&line);
    return 0;
}

static void tell(struct plug__sched *s)
{
    struct plug__say line = {.len = 0};
    struct report r = {s, 0};

    plug__say_text(&line, "plug: deadlock: ");
    plug__say_number(&line, s->stats.live);
    plug__say_text(&line, s->stats.live == 1 ? " fiber waits" : " fibers wait");
    plug__say_text(&line, " and nobody is left to wake them:");
    plug__say_end(&line);
    (void)plug__each_fiber(s, name_waiter, &r);
}

static int end_wait(struct plug_fiber *f, void *unused)
{
    (void)unused;
    if (f->parked && !f->firm)
        plug__unpark(f, -EDEADLK);
    return 0;
}

int64_t plug__deadlock_look(struct plug__sched *s)
{
    if (plug__each_fiber(s, hears_signals, NULL))
        return PLUG_FOREVER;
    if (others_live())
        return LOOK_AGAIN;
    if (s->deadlocks++ < REPORTS)
        tell(s);
    (void)plug__each_fiber(s, end_wait, NULL);
    return PLUG_NOWAIT;
}
