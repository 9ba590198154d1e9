/* SPDX-License-Identifier: MIT */
/* What other threads hand in: posts, stop, offloaded work. */
#include "loops.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static struct plug_loop *shared;
static int order[64], called;

static void note(struct plug_loop *l, void *arg)
{
    (void)l;
    order[called++ % 64] = (int)(intptr_t)arg;
}

LOOPS_ON_EACH(T_TEST, posts_come_in_order)
{
    called = 0;
    for (intptr_t i = 0; i < 50; i++)
        T_OK(plug_loop_post(l, note, (void *)i));
    T_OK(plug_loop_run(l));
    T_EQ(called, 50);
    for (int i = 0; i < 50; i++)
        T_EQ(order[i], i);
}

static void post_more(struct plug_loop *l, void *arg)
{
    note(l, arg);
    T_OK(plug_loop_post(l, note, (void *)2));
}

LOOPS_ON_EACH(T_TEST, what_a_post_posts_comes_in_the_next_turn)
{
    called = 0;
    T_OK(plug_loop_post(l, post_more, (void *)0));
    T_OK(plug_loop_post(l, note, (void *)1));
    T_EQ(T_OK(plug_loop_turn(l, PLUG_S(1))), 2);
    T_EQ(T_OK(plug_loop_turn(l, PLUG_S(1))), 1);
    T_EQ(order[2], 2);
}

static void nothing(struct plug_loop *l, void *arg)
{
    (void)l, (void)arg;
    called++;
}

T_TEST_PLAIN(posts_have_a_limit)
{
    struct plug_loop *l = loops_open(PLUG_BACKEND_AUTO);
    called = 0;
    for (int i = 0; i < PLUG_LOOP_POSTS; i++)
        T_OK(plug_loop_post(l, nothing, NULL));
    T_ERR(plug_loop_post(l, nothing, NULL), PLUG_ELIMIT);
    T_OK(plug_loop_run(l));
    T_EQ(called, PLUG_LOOP_POSTS);
    T_OK(plug_loop_post(l, nothing, NULL));
}

enum { THREADS = 4, EACH = 20000 };
static int last_of[THREADS];

static void from_thread(struct plug_loop *l, void *arg)
{
    int value = (int)(intptr_t)arg, thread = value / EACH;
    (void)l;
    T_EQ(value % EACH, last_of[thread]++); /* of one thread in its order */
    called++;
}

static void post_storm(void *arg)
{
    intptr_t thread = (intptr_t)arg;
    for (intptr_t i = 0; i < EACH; i++)
        while (plug_loop_post(shared, from_thread, (void *)(thread * EACH + i)) == PLUG_ELIMIT)
            usleep(100);
    plug_loop_release(shared);
}

LOOPS_ON_EACH(T_TEST_PLAIN, post_storm_from_threads)
{
    shared = l;
    called = 0;
    memset(last_of, 0, sizeof last_of);
    for (intptr_t i = 0; i < THREADS; i++) {
        plug_loop_hold(l);
        t_thread(post_storm, (void *)i);
    }
    T_OK(plug_loop_run(l));
    T_EQ(called, THREADS * EACH);
    t_join();
}

static void stop_it(void *arg)
{
    usleep((useconds_t)(uintptr_t)arg);
    plug_loop_stop(shared);
}

/* The loop may be closed as soon as it has stopped, while the other thread is still in the call. */
T_TEST_PLAIN(stopped_by_a_thread_and_closed_at_once)
{
    for (uintptr_t i = 0; i < 200; i++) {
        T_OK(plug_loop_open(&shared, PLUG_BACKEND_AUTO));
        plug_loop_hold(shared);
        t_thread(stop_it, (void *)(i % 3 * 100));
        int r = plug_loop_run(shared);
        plug_loop_release(shared);
        plug_loop_close(shared);
        t_join();
        T_OK(r);
    }
}

static void release_it(void *arg)
{
    usleep((useconds_t)(uintptr_t)arg);
    plug_loop_release(shared);
}

T_TEST_PLAIN(released_by_a_thread_and_closed_at_once)
{
    for (uintptr_t i = 0; i < 200; i++) {
        T_OK(plug_loop_open(&shared, PLUG_BACKEND_AUTO));
        plug_loop_hold(shared);
        t_thread(release_it, (void *)(i % 3 * 100));
        int r = plug_loop_run(shared);
        plug_loop_close(shared);
        t_join();
        T_OK(r);
    }
}

/* --- the pool --------------------------------------------------------------------------------- */

static pthread_t main_thread;
static atomic_int worked;
static atomic_bool gate;
static int done_count;

static int work(void *arg)
{
    atomic_fetch_add(&worked, 1);
    return (int)(intptr_t)arg * 2;
}

static void done(struct plug_loop *l, int result, void *arg)
{
    (void)l;
    T_TRUE(pthread_equal(pthread_self(), main_thread));
    T_EQ(result, 2 * (intptr_t)arg);
    done_count++;
}

static void begin(void)
{
    main_thread = pthread_self();
    atomic_store(&worked, 0);
    atomic_store(&gate, false);
    done_count = 0;
}

LOOPS_ON_EACH(T_TEST, offloaded_work_comes_back)
{
    begin();
    for (intptr_t i = 0; i < 20; i++)
        T_OK(plug_loop_offload(l, work, done, (void *)i));
    T_OK(plug_loop_run(l));
    T_EQ(done_count, 20);
    T_EQ(atomic_load(&worked), 20);
}

static int hang(void *arg)
{
    atomic_fetch_add(&worked, 1);
    while (!atomic_load(&gate))
        usleep(500);
    return (int)(intptr_t)arg;
}

static void open_gate(void *arg)
{
    (void)arg;
    usleep(10000);
    atomic_store(&gate, true);
}

/* Work that runs is waited for, work that waits is not begun, and none is called back. */
T_TEST_PLAIN(closing_with_work_in_the_pool)
{
    struct plug_loop *l;
    int r = 0;
    begin();
    T_OK(plug_loop_open(&l, PLUG_BACKEND_AUTO));
    for (intptr_t i = 0; i < 3 * PLUG_OFFLOAD_THREADS && r >= 0; i++)
        r = plug_loop_offload(l, hang, done, (void *)i);
    for (int i = 0; i < 10000 && atomic_load(&worked) < PLUG_OFFLOAD_THREADS; i++)
        usleep(1000);
    t_thread(open_gate, NULL);
    plug_loop_close(l);
    T_TRUE(atomic_load(&gate));
    t_join();
    T_OK(r);
    T_EQ(atomic_load(&worked), PLUG_OFFLOAD_THREADS);
    T_EQ(done_count, 0);
}

static void offload_again(struct plug_loop *l, int result, void *arg)
{
    (void)result;
    if (++done_count < 500)
        T_OK(plug_loop_offload(l, work, offload_again, arg));
}

LOOPS_ON_EACH(T_TEST_PLAIN, offloading_from_its_own_end)
{
    begin();
    for (intptr_t i = 0; i < 8; i++)
        T_OK(plug_loop_offload(l, work, offload_again, NULL));
    T_OK(plug_loop_run(l));
    T_EQ(done_count, 507);
}
