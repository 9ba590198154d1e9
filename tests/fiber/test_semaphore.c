/* SPDX-License-Identifier: MIT */
/* Semaphores and mutexes. */
#include "t.h"
#include <stdatomic.h>

static struct plug_semaphore *s;
static struct plug_mutex *m;

static void open_semaphore(size_t count)
{
    T_OK(plug_semaphore_open(&s, count));
    T_OWN(plug_semaphore_close, s);
}

static void open_mutex(void)
{
    T_OK(plug_mutex_open(&m));
    T_OWN(plug_mutex_close, m);
}

T_TEST(semaphore_counts)
{
    struct plug_deadline scope;
    open_semaphore(2);
    T_OK(plug_semaphore_acquire(s));
    T_OK(plug_semaphore_try_acquire(s));
    T_ERR(plug_semaphore_try_acquire(s), -EAGAIN);
    plug_deadline_enter(&scope, PLUG_MS(2));
    int r = plug_semaphore_acquire(s);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
    T_EQ(plug_semaphore_count(s), 0);
    plug_semaphore_release(s);
    T_EQ(plug_semaphore_count(s), 1);
    T_OK(plug_semaphore_acquire(s));
    plug_semaphore_close(NULL);
}

/* --- between threads -------------------------------------------------------------------------- */

static atomic_int inside, most, acquired, late;

static void enter_and_leave(void *unused)
{
    struct plug_deadline scope;
    (void)unused;
    for (int i = 0; i < 500; i++) {
        plug_deadline_enter(&scope, PLUG_S(20));
        int r = plug_semaphore_acquire(s), n;
        plug_deadline_leave(&scope);
        T_OK(r);
        n = ++inside;
        if (n > most)
            most = n;
        acquired++;
        inside--;
        plug_semaphore_release(s);
    }
}

T_TEST_PLAIN(semaphore_between_threads)
{
    inside = most = acquired = 0;
    open_semaphore(2);
    for (int i = 0; i < 4; i++)
        t_thread(enter_and_leave, NULL);
    t_join();
    T_EQ(acquired, 4 * 500);
    T_TRUE(most >= 1 && most <= 2);
    T_EQ(plug_semaphore_count(s), 2);
}

static void hurried(void *arg)
{
    uint64_t random = (uint64_t)(uintptr_t)arg * 0x9e3779b97f4a7c15u;
    struct plug_deadline scope;
    for (int i = 0; i < 2000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        plug_deadline_enter(&scope, PLUG_NS((random >> 33) % 20000));
        int r = plug_semaphore_acquire(s);
        plug_deadline_leave(&scope);
        if (r == 0) {
            if (++acquired % 8 == 0)
                (void)!plug_sleep(PLUG_NS(1)); /* time for the others to come and wait */
            plug_semaphore_release(s);
        } else if (r == PLUG_ETIMEOUT) {
            late++;
        } else {
            T_OK(r);
        }
    }
}

T_TEST_PLAIN(semaphore_loses_no_unit_when_time_is_up)
{
    acquired = late = 0;
    open_semaphore(1);
    for (uintptr_t n = 1; n <= 4; n++)
        t_thread(hurried, (void *)n);
    t_join();
    T_EQ(plug_semaphore_count(s), 1);
    T_TRUE(acquired > 0 && late > 0);
}

/* --- mutexes ---------------------------------------------------------------------------------- */

static int result;

static void try_lock(void *unused)
{
    struct plug_deadline scope;
    (void)unused;
    T_ERR(plug_mutex_try_lock(m), -EBUSY);
    plug_deadline_enter(&scope, PLUG_MS(1));
    result = plug_mutex_lock(m);
    plug_deadline_leave(&scope);
}

T_TEST(mutex_belongs_to_its_thread)
{
    open_mutex();
    T_OK(plug_mutex_lock(m));
    T_ERR(plug_mutex_lock(m), -EDEADLK);
    T_ERR(plug_mutex_try_lock(m), -EBUSY);
    result = 0;
    t_thread(try_lock, NULL);
    t_join();
    int r = result;
    plug_mutex_unlock(m);
    T_ERR(r, PLUG_ETIMEOUT);
    T_OK(plug_mutex_try_lock(m));
    plug_mutex_unlock(m);
    plug_mutex_close(NULL);
}

static int shared;

static void add(void *unused)
{
    struct plug_deadline scope;
    (void)unused;
    for (int i = 0; i < 1000; i++) {
        plug_deadline_enter(&scope, PLUG_S(20));
        int r = plug_mutex_lock(m);
        plug_deadline_leave(&scope);
        T_OK(r);
        shared++;
        plug_mutex_unlock(m);
    }
}

T_TEST_PLAIN(mutex_excludes)
{
    shared = 0;
    open_mutex();
    for (int i = 0; i < 4; i++)
        t_thread(add, NULL);
    t_join();
    T_EQ(shared, 4000);
}
