/* SPDX-License-Identifier: MIT */
#include "loop/loop_impl.h"
#include "base/assert.h"
#include "base/sys_tap.h"
#include "loop/backend.h"
#include <errno.h>
#include <plug/alloc.h>
#include <plug/sys.h>
#include <sched.h>
#include <sys/eventfd.h>

struct watch {
    plug_loop_fd_fn *fn;
    void *arg;
    unsigned events;
};

/* --- life --------------------------------------------------------------------------------- */

static int open_wake(struct plug_loop *l)
{
    int r = plug_sys()->eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (r < 0)
        return r;
    l->wake_fd = r;
    r = plug_selector_add(l->selector, l->wake_fd, PLUG_READ, NULL);
    if (r < 0)
        plug_sys()->close(l->wake_fd);
    return r;
}

static int open_parts(struct plug_loop *l, enum plug_backend backend)
{
    int r = plug_selector_open(&l->selector, backend);

    if (r < 0)
        return r;
    r = open_wake(l);
    if (r < 0)
        plug_selector_close(l->selector);
    return r;
}

int plug_loop_open(struct plug_loop **ret, enum plug_backend backend)
{
    struct plug_loop *l = plug_calloc(1, sizeof *l);
    int r = l ? open_parts(l, backend) : -ENOMEM;

    if (r < 0) {
        plug_free(l);
        return r;
    }
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->ended, NULL);
    l->now = plug_now();
    *ret = l;
    return 0;
}

static void free_watches(struct plug_loop *l)
{
    for (unsigned i = 0; i < l->watched.used; i++)
        if (l->watched.entries[i].fd >= 0)
            plug_free(l->watched.entries[i].data);
    plug__registry_free(&l->watched);
}

void plug_loop_close(struct plug_loop *l)
{
    if (!l)
        return;
    PLUG_ASSERT(!l->running, "a loop is not closed by its own callback");
    while (atomic_load(&l->stopping))
        sched_yield();
    plug__loop_signals_end(l);
    plug__loop_works_end(l);
    free_watches(l);
    plug__loop_timers_free(&l->timers);
    plug_selector_close(l->selector);
    plug_sys()->close(l->wake_fd);
    plug_free(l->posts.items);
    plug_free(l->calling.items);
    pthread_cond_destroy(&l->ended);
    pthread_mutex_destroy(&l->lock);
    plug_free(l);
}

enum plug_backend plug_loop_backend(const struct plug_loop *l)
{
    return plug_selector_backend(l->selector);
}

int plug_loop_fallback(const struct plug_loop *l)
{
    return plug_selector_fallback(l->selector);
}

int64_t plug_loop_now(const struct plug_loop *l)
{
    return l->now;
}

/* --- waking ------------------------------------------------------------------------------- */

/* The one write that no plan of faults may take away: there is no other way to be heard. */
void plug__loop_wake(struct plug_loop *l)
{
    static const uint64_t one = 1;

    if (!atomic_exchange(&l->awake, true))
        while (plug__sys_beneath()->write(l->wake_fd, &one, sizeof one) == -EINTR) {
        }
}

/*
 * What was handed in before the flag falls is called in this turn, what comes later wakes again. A
 * read that fails is made up for by the next turn: the descriptor is still ready.
 */
static void wake_taken(struct plug_loop *l)
{
    uint64_t count;

    (void)!plug_sys()->read(l->wake_fd, &count, sizeof count);
    atomic_store(&l->awake, false);
    l->woken = true;
}

/* Its thread may stop and close the loop before this returns: plug_loop_close waits for that. */
void plug_loop_stop(struct plug_loop *l)
{
    atomic_fetch_add(&l->stopping, 1);
    atomic_store(&l->stop, true);
    plug__loop_wake(l);
    atomic_fetch_sub(&l->stopping, 1);
}

void plug_loop_hold(struct plug_loop *l)
{
    atomic_fetch_add(&l->holds, 1);
}

void plug_loop_release(struct plug_loop *l)
{
    size_t before;

    pthread_mutex_lock(&l->lock);
    before = atomic_fetch_sub(&l->holds, 1);
    PLUG_ASSERT(before > 0, "more releases than holds");
    plug__loop_wake(l);
    pthread_mutex_unlock(&l->lock);
}

/* --- descriptors -------------------------------------------------------------------------- */

static int select_new(struct plug_loop *l, int fd, struct watch *w, unsigned events)
{
    return events ? plug_selector_add(l->selector, fd, events, w) : 0;
}

/* The set may know better than we that fd was closed and opened anew: then that one is watched. */
static int select_change(struct plug_loop *l, int fd, struct watch *w, unsigned events)
{
    int r = 0;

    if (!w->events)
        return select_new(l, fd, w, events);
    if (!events)
        return plug_selector_del(l->selector, fd);
    r = plug_selector_mod(l->selector, fd, events, w);
    return r == -ENOENT ? select_new(l, fd, w, events) : r;
}

static int watch_new(struct plug_loop *l, int fd, struct watch **ret)
{
    struct watch *w;
    int r = plug__registry_reserve(&l->watched);

    if (r < 0)
        return r;
    w = plug_calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    plug__registry_add(&l->watched, fd)->data = w;
    *ret = w;
    return 0;
}

static void watch_end(struct plug_loop *l, int fd)
{
    struct plug__entry *e = plug__registry_find(&l->watched, fd);
    struct watch *w = e->data;

    plug__registry_remove(&l->watched, e);
    plug_free(w);
}

int plug_loop_watch(struct plug_loop *l, int fd, unsigned events, plug_loop_fd_fn *fn, void *arg)
{
    struct plug__entry *e = plug__registry_find(&l->watched, fd);
    struct watch *w = e ? e->data : NULL;
    int r = 0;

    if (events && !plug__events_valid(events))
        return -EINVAL;
    if (fd < 0 || fd == l->wake_fd)
        return -EBADF;
    if (!w)
        r = watch_new(l, fd, &w);
    if (r < 0)
        return r;
    r = select_change(l, fd, w, events);
    if (r < 0) {
        watch_end(l, fd);
        return r;
    }
    *w = (struct watch){fn, arg, events};
    return 0;
}

int plug_loop_unwatch(struct plug_loop *l, int fd)
{
    struct plug__entry *e = plug__registry_find(&l->watched, fd);

    if (!e)
        return -ENOENT;
    (void)!plug_selector_del(l->selector, fd);
    watch_end(l, fd);
    return 0;
}

/* One event of the batch, unless its owner has gone or no longer asks for it. */
static int descriptor_call(struct plug_loop *l, const struct plug_event *ready)
{
    struct watch *w = ready->data;
    unsigned events;

    if (!plug_selector_fresh(l->selector, ready))
        return 0;
    if (ready->fd == l->wake_fd) {
        wake_taken(l);
        return 0;
    }
    events = ready->events & w->events;
    if (events)
        w->fn(l, ready->fd, events, w->arg);
    return events != 0;
}

static int descriptors_call(struct plug_loop *l, int ready)
{
    int calls = 0;

    for (int i = 0; i < ready; i++)
        calls += descriptor_call(l, &l->ready[i]);
    return calls;
}

/* --- turns -------------------------------------------------------------------------------- */

static int wait_for_events(struct plug_loop *l, int64_t timeout)
{
    int64_t timer = plug_deadline_left(plug__loop_timers_next(&l->timers));
    bool timer_first = timer >= 0 && (timeout < 0 || timer < timeout);
    int n;

    n = plug_selector_wait(l->selector, l->ready, PLUG__LOOP_BATCH, timer_first ? timer : timeout);
    return n == -EINTR && atomic_load(&l->signalled) ? 0 : n;
}

static int turn(struct plug_loop *l, int64_t timeout)
{
    int n = wait_for_events(l, timeout);

    if (n < 0)
        return n;
    l->now = plug_now();
    l->woken = false;
    n = descriptors_call(l, n);
    n += plug__loop_timers_call(l);
    n += plug__loop_signals_call(l);
    if (l->woken)
        n += plug__loop_works_call(l) + plug__loop_posts_call(l);
    return n;
}

static int turn_guarded(struct plug_loop *l, int64_t timeout)
{
    int r;

    l->running = true;
    r = turn(l, timeout);
    l->running = false;
    return r;
}

int plug_loop_turn(struct plug_loop *l, int64_t timeout)
{
    if (l->running)
        return -EBUSY;
    return turn_guarded(l, atomic_exchange(&l->stop, false) ? 0 : timeout);
}

/* Awake: something was handed in, or soon will be known to be nothing. */
static bool is_alive(struct plug_loop *l)
{
    return plug_selector_count(l->selector) > 1 || l->timers.count || l->signals || l->working ||
           atomic_load(&l->holds) || atomic_load(&l->awake);
}

int plug_loop_run(struct plug_loop *l)
{
    int r = 0;

    if (l->running)
        return -EBUSY;
    while (r >= 0 && !atomic_load(&l->stop) && is_alive(l))
        r = turn_guarded(l, PLUG_FOREVER);
    if (r >= 0)
        atomic_store(&l->stop, false);
    return r < 0 ? r : 0;
}
