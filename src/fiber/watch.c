/* SPDX-License-Identifier: MIT */
/*
 * One thread of the process looks at all schedulers, twice in the time that a fiber may run. They
 * do nothing for it: it compares their counts of switches with what they were before.
 */
#include "fiber/watch.h"
#include "fiber/say.h"
#include "fiber/sched.h"
#include <linux/close_range.h>
#include <plug/sys.h>
#include <plug/time.h>
#include <plug/trace.h>
#include <string.h>
#include <unistd.h>

#define HOG PLUG_S(1) /* unless the options say otherwise */

static struct {
    pthread_mutex_t lock; /* held by pthread_atfork across a fork */
    pthread_cond_t changed;
    struct plug__sched *first;
    pthread_t thread;
    bool running;
    unsigned generation; /* of the thread: an older one ends */
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

static pthread_once_t watch_once = PTHREAD_ONCE_INIT;

static void watch_empty(void)
{
    pthread_condattr_t attr;

    watch.first = NULL;
    watch.running = false;
    watch.generation++;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&watch.changed, &attr);
    pthread_condattr_destroy(&attr);
}

static void watch_lock(void)
{
    pthread_mutex_lock(&watch.lock);
}

static void watch_unlock(void)
{
    pthread_mutex_unlock(&watch.lock);
}

/* The thread stayed with the parent. */
static void watch_child(void)
{
    watch_empty();
    watch_unlock();
}

static void watch_init(void)
{
    watch_empty();
    pthread_atfork(watch_lock, watch_unlock, watch_child);
}

/* --- looking ---------------------------------------------------------------------------------- */

static int64_t limit(const struct plug__sched *s)
{
    return s->opts.hog ? s->opts.hog : HOG;
}

/*
 * The fiber may go on, end, or rename itself while its name is read: then it is not told, or, in
 * the worst case, told with a mixture of two names. Its memory is there as long as the scheduler.
 */
__attribute__((no_sanitize("thread"))) static void copy_name(char *ret, const struct plug_fiber *f)
{
    const volatile char *name = f->name;

    for (size_t i = 0; i < PLUG_FIBER_NAME - 1; i++)
        ret[i] = name[i];
    ret[PLUG_FIBER_NAME - 1] = '\0';
}

static void tell(const struct plug_fiber *f, const struct plug__sched *s, int64_t held)
{
    char name[PLUG_FIBER_NAME], duration[32];
    struct plug__say line = {.len = 0};

    copy_name(name, f);
    if (atomic_load(&s->switches) != s->watched.switches)
        return;
    (void)plug_duration_text(held, duration, sizeof duration);
    plug__say_text(&line, "plug: fiber ");
    plug__say_name(&line, name);
    plug__say_text(&line, " has held its thread for ");
    plug__say_text(&line, duration);
    plug__say_text(&line, " without waiting");
    plug__say_end(&line);
}

static void look_at(struct plug__sched *s, int64_t now)
{
    const struct plug_fiber *f = __atomic_load_n(&s->running, __ATOMIC_RELAXED);
    uint64_t switches = atomic_load_explicit(&s->switches, memory_order_relaxed);
    struct plug__watched *w = &s->watched;

    if (!f || switches != w->switches) {
        w->switches = switches;
        w->since = now;
        w->told = false;
    } else if (!w->told && now - w->since >= limit(s)) {
        w->told = true;
        tell(f, s, now - w->since);
    }
}

static int64_t look_at_all(void)
{
    int64_t now = plug_sys_kernel()->now(CLOCK_MONOTONIC), pause = PLUG_S(60);

    for (struct plug__sched *s = watch.first; s; s = s->watched.next) {
        look_at(s, now);
        pause = limit(s) / 2 < pause ? limit(s) / 2 : pause;
    }
    return now + (pause > PLUG_MS(1) ? pause : PLUG_MS(1));
}

/*
 * As long as only one thread has the table of descriptors, the kernel finds files in it without
 * counting references. So this thread has one of its own, with stderr alone.
 */
static void leave_descriptors(void)
{
    const struct plug_sys *sys = plug_sys_kernel();

    if (sys->close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_UNSHARE) < 0)
        return;
    (void)sys->close(STDIN_FILENO);
    (void)sys->close(STDOUT_FILENO);
}

static void *watch_main(void *arg)
{
    unsigned generation = (unsigned)(uintptr_t)arg;

    leave_descriptors();
    watch_lock();
    while (watch.generation == generation) {
        int64_t next = look_at_all();
        struct timespec until = {next / PLUG_S(1), next % PLUG_S(1)};
        pthread_cond_timedwait(&watch.changed, &watch.lock, &until);
    }
    watch_unlock();
    return NULL;
}

/* --- who is looked at ------------------------------------------------------------------------- */

void plug__watch_begin(struct plug__sched *s)
{
    int r = 0;

    if (limit(s) < 0)
        return;
    pthread_once(&watch_once, watch_init);
    watch_lock();
    s->watched = (struct plug__watched){.next = watch.first, .switches = UINT64_MAX};
    watch.first = s;
    if (!watch.running)
        r = plug_sys()->thread_create(&watch.thread, watch_main,
                                      (void *)(uintptr_t)watch.generation);
    watch.running = watch.running || r >= 0;
    pthread_cond_signal(&watch.changed);
    watch_unlock();
    if (r < 0)
        plug_trace(PLUG_TRACE_FIBER, __FILE__, __LINE__, "nobody watches: no thread");
}

static void unlist(const struct plug__sched *s)
{
    struct plug__sched **p = &watch.first;

    while (*p && *p != s)
        p = &(*p)->watched.next;
    if (*p)
        *p = s->watched.next;
}

void plug__watch_end(struct plug__sched *s)
{
    pthread_t ended;
    bool last;

    if (limit(s) < 0)
        return;
    watch_lock();
    unlist(s);
    last = watch.running && !watch.first;
    if (last) {
        ended = watch.thread;
        watch.running = false;
        watch.generation++;
        pthread_cond_signal(&watch.changed);
    }
    watch_unlock();
    if (last)
        pthread_join(ended, NULL);
}

size_t plug__watch_threads(void)
{
    size_t count;

    watch_lock();
    count = watch.running;
    watch_unlock();
    return count;
}
