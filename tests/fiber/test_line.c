/* SPDX-License-Identifier: MIT */
/* Everything that can end a wait, at once and at random: queues, semaphores, mutexes, calls. */
#include "t.h"
#include <errno.h>
#include <stdatomic.h>

static struct plug_queue *q;
static struct plug_semaphore *units;
static struct plug_mutex *lock;
static int inside, acquired, released, done;
static atomic_int called;

static int count_call(void *unused)
{
    (void)unused;
    called++;
    return 0;
}

static bool honest(int r)
{
    return r >= 0 || r == -ECANCELED || r == PLUG_ETIMEOUT;
}

static int with_unit(uint64_t choice)
{
    int r = plug_semaphore_acquire(units);
    if (r < 0)
        return r;
    acquired++;
    if (choice % 2)
        (void)plug_fiber_yield();
    released++;
    plug_semaphore_release(units);
    return 0;
}

static int with_lock(uint64_t choice)
{
    int r = plug_mutex_lock(lock);
    if (r < 0)
        return r;
    if (inside++ != 0)
        return -EPROTO;
    if (choice % 2)
        (void)plug_fiber_yield();
    inside--;
    plug_mutex_unlock(lock);
    return 0;
}

static int worker(void *unused)
{
    (void)unused;
    for (int i = 0; i < 20; i++) {
        struct plug_deadline d;
        uint64_t choice = t_random();
        int item = i, r;
        plug_deadline_enter(&d, choice % 8 == 0 ? PLUG_US(choice % 60) : PLUG_S(20));
        switch (choice / 8 % 5) {
        case 0:
            r = with_unit(choice / 64);
            break;
        case 1:
            r = with_lock(choice / 64);
            break;
        case 2:
            r = plug_queue_try_put(q, &item);
            r = r == -EAGAIN ? plug_queue_get(q, &item) : r;
            break;
        case 3:
            r = plug_fiber_call(count_call, NULL);
            break;
        default:
            r = plug_sleep(PLUG_US(choice / 64 % 30));
        }
        plug_deadline_leave(&d);
        if (!honest(r))
            return r;
        if (r == -ECANCELED)
            break;
    }
    done++;
    return 0;
}

/* Fibers that spawn fibers, and cancel some of them. */
static int family(void *depth)
{
    struct plug_scope s;
    struct plug_fiber *f[6];
    int r = 0, n = 0, got;
    plug_scope_open(&s, t_below(4) == 0 ? PLUG_US(t_below(400)) : PLUG_FOREVER);
    for (; n < 6 && r >= 0; n += r >= 0)
        r = plug_fiber_spawn(&s, depth && n < 2 ? family : worker, NULL, NULL, &f[n]);
    if (r == -ECANCELED)
        r = 0;
    for (int i = 0; i < n && r >= 0; i++) {
        if (t_below(3) == 0)
            (void)plug_fiber_yield();
        if (t_below(4) == 0)
            plug_fiber_cancel(f[i]);
        if (t_below(2) == 0 && plug_fiber_join(f[i], &got) >= 0 && !honest(got))
            r = got;
    }
    if (t_below(3) == 0)
        plug_scope_cancel(&s);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : honest(closed) ? 0 : closed;
}

static int generations(void *unused)
{
    int r = 0;
    for (int i = 0; i < 40 && r >= 0; i++)
        r = family(&i);
    (void)unused;
    return r;
}

T_TEST_PLAIN(whatever_ends_a_wait_nothing_is_lost)
{
    int item;
    acquired = released = inside = done = 0;
    T_OK(plug_queue_open(&q, sizeof(int), 2));
    T_OWN(plug_queue_close, q);
    T_OK(plug_semaphore_open(&units, 2));
    T_OWN(plug_semaphore_close, units);
    T_OK(plug_mutex_open(&lock));
    T_OWN(plug_mutex_close, lock);
    T_OK(plug_fiber_run(generations, NULL, NULL));
    T_EQ(plug_semaphore_count(units), 2);
    T_EQ(acquired, released);
    T_EQ(inside, 0);
    T_TRUE(done > 100 && acquired > 100 && called > 100);
    T_OK(plug_mutex_try_lock(lock));
    plug_mutex_unlock(lock);
    while (plug_queue_try_get(q, &item) == 0)
        ;
}
