/* SPDX-License-Identifier: MIT */
#include "t.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int begun, ended, most, running;
static atomic_bool gate;
static struct plug_offload jobs[PLUG_OFFLOAD_QUEUE + 2 * PLUG_OFFLOAD_THREADS_MAX];

static int hang(void *arg)
{
    int now = atomic_fetch_add(&running, 1) + 1, before = atomic_load(&most);

    while (now > before && !atomic_compare_exchange_weak(&most, &before, now)) {
    }
    atomic_fetch_add(&begun, 1);
    for (int i = 0; i < 20000 && !atomic_load(&gate); i++)
        usleep(1000);
    atomic_fetch_sub(&running, 1);
    return (int)(intptr_t)arg;
}

static void count_end(int result, void *arg)
{
    atomic_fetch_add(&ended, result);
    (void)arg;
}

static void reset(void *unused)
{
    (void)unused;
    atomic_store(&gate, true);
    T_EQ(plug_offload_trim(PLUG_S(10)), 0);
    T_OK(plug_offload_limit(PLUG_OFFLOAD_THREADS));
}

static void begin(bool open)
{
    atomic_store(&gate, open);
    atomic_store(&begun, 0);
    atomic_store(&ended, 0);
    atomic_store(&most, 0);
    T_OWN(reset, jobs);
}

static int hand_in(size_t i)
{
    return plug_offload(&jobs[i], hang, (void *)1, count_end, NULL);
}

static void await(atomic_int *what, int value)
{
    for (int i = 0; i < 10000 && atomic_load(what) != value; i++)
        usleep(1000);
    T_EQ(atomic_load(what), value);
}

T_TEST(offload_runs_and_tells)
{
    begin(true);
    for (size_t i = 0; i < 100; i++)
        T_OK(hand_in(i));
    await(&ended, 100);
    T_TRUE(atomic_load(&most) <= PLUG_OFFLOAD_THREADS);
}

T_TEST_PLAIN(offload_runs_at_most_its_limit)
{
    static const unsigned limits[] = {1, 2, PLUG_OFFLOAD_THREADS, PLUG_OFFLOAD_THREADS_MAX};
    T_ERR(plug_offload_limit(0), -EINVAL);
    T_ERR(plug_offload_limit(PLUG_OFFLOAD_THREADS_MAX + 1), -EINVAL);
    for (size_t k = 0; k < 4; k++) {
        begin(false);
        T_OK(plug_offload_limit(limits[k]));
        for (size_t i = 0; i < limits[k] + 5; i++)
            T_OK(hand_in(i));
        await(&begun, (int)limits[k]);
        usleep(5000);
        T_EQ(atomic_load(&begun), limits[k]);
        T_EQ(plug_offload_trim(PLUG_NOWAIT), limits[k]);
        atomic_store(&gate, true);
        await(&ended, (int)limits[k] + 5);
        T_EQ(atomic_load(&most), limits[k]);
        t_end_owned();
    }
}

T_TEST_PLAIN(offload_takes_up_a_higher_limit_at_once)
{
    begin(false);
    T_OK(plug_offload_limit(1));
    for (size_t i = 0; i < 6; i++)
        T_OK(hand_in(i));
    await(&begun, 1);
    T_OK(plug_offload_limit(6));
    await(&begun, 6);
}

T_TEST_PLAIN(offload_limits_its_queue)
{
    begin(false);
    for (size_t i = 0; i < PLUG_OFFLOAD_THREADS; i++)
        T_OK(hand_in(i));
    await(&begun, PLUG_OFFLOAD_THREADS);
    for (size_t i = 0; i < PLUG_OFFLOAD_QUEUE; i++)
        T_OK(hand_in(PLUG_OFFLOAD_THREADS + i));
    T_ERR(hand_in(PLUG_OFFLOAD_THREADS + PLUG_OFFLOAD_QUEUE), PLUG_ELIMIT);
    T_TRUE(plug_offload_revoke(&jobs[PLUG_OFFLOAD_THREADS]));
    T_OK(hand_in(PLUG_OFFLOAD_THREADS + PLUG_OFFLOAD_QUEUE));
    atomic_store(&gate, true);
    await(&ended, PLUG_OFFLOAD_THREADS + PLUG_OFFLOAD_QUEUE);
}

T_TEST_PLAIN(offload_revokes_only_what_waits)
{
    begin(false);
    T_OK(plug_offload_limit(1));
    for (size_t i = 0; i < 4; i++)
        T_OK(hand_in(i));
    await(&begun, 1);
    T_TRUE(!plug_offload_revoke(&jobs[0]));
    T_TRUE(plug_offload_revoke(&jobs[2]));
    T_TRUE(!plug_offload_revoke(&jobs[2]));
    T_TRUE(plug_offload_revoke(&jobs[3]));
    T_OK(hand_in(3));
    atomic_store(&gate, true);
    await(&ended, 3);
    T_TRUE(!plug_offload_revoke(&jobs[0]));
}

static int order[64];
static atomic_int ordered;

static int note_order(void *arg)
{
    order[atomic_fetch_add(&ordered, 1)] = (int)(intptr_t)arg;
    return 1;
}

T_TEST_PLAIN(offload_begins_in_order)
{
    begin(false);
    atomic_store(&ordered, 0);
    T_OK(plug_offload_limit(1));
    for (size_t i = 0; i < 64; i++)
        T_OK(plug_offload(&jobs[i], note_order, (void *)i, count_end, NULL));
    await(&ended, 64);
    for (int i = 0; i < 64; i++)
        T_EQ(order[i], i);
}

static void again(int result, void *arg)
{
    size_t i = (size_t)arg;

    if (atomic_fetch_add(&ended, result) < 1000)
        T_OK(plug_offload(&jobs[i], hang, (void *)1, again, arg));
}

T_TEST_PLAIN(offload_job_is_handed_in_again_by_its_end)
{
    begin(true);
    T_OK(plug_offload(&jobs[0], hang, (void *)1, again, NULL));
    await(&ended, 1001);
}

/* Threads hand in, take back and trim, all at once: every job ends once or is revoked. */
static void storm(void *arg)
{
    struct plug_offload *own = &jobs[8 * (size_t)arg];

    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < 8; i++)
            T_OK(plug_offload(&own[i], hang, (void *)1, count_end, NULL));
        for (size_t i = 0; i < 8; i += 2)
            atomic_fetch_add(&ended, plug_offload_revoke(&own[i]));
        plug_offload_trim(PLUG_NOWAIT);
        while (plug_offload_trim(PLUG_S(5)) > 0) {
        }
    }
}

T_TEST_PLAIN(offload_storm)
{
    begin(true);
    for (size_t i = 0; i < 4; i++)
        t_thread(storm, (void *)i);
    t_join();
    T_EQ(atomic_load(&ended), 4 * 200 * 8);
}

/* A forked child has a pool of its own, empty, even while the parent's threads are busy. */
T_TEST_PLAIN(offload_starts_anew_in_a_child)
{
    int status = 0;
    begin(false);
    for (size_t i = 0; i < 6; i++)
        T_OK(hand_in(i));
    await(&begun, PLUG_OFFLOAD_THREADS);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        atomic_store(&gate, true);
        atomic_store(&ended, 0);
        int r = hand_in(7);
        for (int i = 0; i < 10000 && !atomic_load(&ended); i++)
            usleep(1000);
        _exit(r == 0 && atomic_load(&ended) == 1 && plug_offload_trim(PLUG_S(5)) == 0 ? 0 : 1);
    }
    T_EQ(waitpid(child, &status, 0), child);
    T_TRUE(WIFEXITED(status));
    atomic_store(&gate, true);
    await(&ended, 6);
}

T_TEST_PLAIN(offload_without_any_thread)
{
    begin(true);
    T_OK(plug_sys_fault("thread_create:*=EAGAIN", NULL));
    int r = hand_in(0);
    T_OK(plug_sys_fault(NULL, NULL));
    T_ERR(r, -EAGAIN);
    T_OK(hand_in(0));
    await(&ended, 1);
}
