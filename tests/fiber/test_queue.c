/* SPDX-License-Identifier: MIT */
/* Queues: order, limits, ends, and waits that end early. */
#include "t.h"
#include <stdatomic.h>

static struct plug_queue *q;

static void open_queue(size_t max)
{
    T_OK(plug_queue_open(&q, sizeof(int), max));
    T_OWN(plug_queue_close, q);
}

static int get(void)
{
    int item = -1;
    T_OK(plug_queue_get(q, &item));
    return item;
}

T_TEST(queue_keeps_order_around_the_ring)
{
    int item, in = 0, out = 0;
    open_queue(5);
    for (int round = 0; round < 20; round++) {
        while (plug_queue_try_put(q, &in) == 0)
            in++;
        T_EQ(plug_queue_count(q), 5);
        for (int i = 0; i < 1 + round % 5; i++)
            T_EQ(get(), out++);
    }
    while (plug_queue_try_get(q, &item) == 0)
        T_EQ(item, out++);
    T_EQ(in, out);
    T_ERR(plug_queue_try_get(q, &item), -EAGAIN);
}

T_TEST(queue_at_its_limits)
{
    static char big[PLUG_QUEUE_ITEM_MAX], got[PLUG_QUEUE_ITEM_MAX];
    T_ERR(plug_queue_open(&q, 0, 1), -EINVAL);
    T_ERR(plug_queue_open(&q, PLUG_QUEUE_ITEM_MAX + 1, 1), -EINVAL);
    T_ERR(plug_queue_open(&q, 1, PLUG_QUEUE_MAX + 1), -EINVAL);
    T_OK(plug_queue_open(&q, 1, PLUG_QUEUE_MAX));
    T_OWN(plug_queue_close, q);
    T_OK(plug_queue_open(&q, 1, PLUG_QUEUE_MAX - 1));
    T_OWN(plug_queue_close, q);
    T_OK(plug_queue_open(&q, PLUG_QUEUE_ITEM_MAX - 1, 1));
    T_OWN(plug_queue_close, q);
    T_OK(plug_queue_open(&q, PLUG_QUEUE_ITEM_MAX, 2));
    T_OWN(plug_queue_close, q);
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)i;
    T_OK(plug_queue_put(q, big));
    T_OK(plug_queue_put(q, big));
    T_ERR(plug_queue_try_put(q, big), -EAGAIN);
    T_OK(plug_queue_get(q, got));
    T_MEM(got, big, sizeof big);
    plug_queue_close(NULL);
}

T_TEST(queue_of_one)
{
    int item = 1;
    open_queue(1);
    T_OK(plug_queue_try_put(q, &item));
    T_ERR(plug_queue_try_put(q, &item), -EAGAIN);
    T_EQ(get(), 1);
    T_ERR(plug_queue_try_get(q, &item), -EAGAIN);
}

T_TEST(queue_ended_gives_what_is_left)
{
    int item = 7;
    open_queue(4);
    T_OK(plug_queue_put(q, &item));
    plug_queue_end(q);
    plug_queue_end(q);
    T_ERR(plug_queue_put(q, &item), PLUG_EEOF);
    T_ERR(plug_queue_try_put(q, &item), PLUG_EEOF);
    T_EQ(get(), 7);
    T_ERR(plug_queue_get(q, &item), PLUG_EEOF);
    T_ERR(plug_queue_try_get(q, &item), PLUG_EEOF);
}

T_TEST(queue_waits_no_longer_than_its_scope)
{
    struct plug_deadline scope;
    int item = 1;
    open_queue(1);
    T_OK(plug_queue_put(q, &item));
    plug_deadline_enter(&scope, PLUG_MS(2));
    int full = plug_queue_put(q, &item), once = plug_queue_get(q, &item);
    int empty = plug_queue_get(q, &item);
    plug_deadline_leave(&scope);
    T_ERR(full, PLUG_ETIMEOUT);
    T_OK(once); /* what needs no wait needs no time */
    T_ERR(empty, PLUG_ETIMEOUT);
    T_EQ(plug_queue_count(q), 0);
    T_OK(plug_queue_put(q, &item)); /* nobody is left in line */
    T_EQ(plug_queue_count(q), 1);
}

/* --- between threads -------------------------------------------------------------------------- */

/* In a thread of the test a wait never lasts longer. */
static void with_patience(void (*fn)(void))
{
    struct plug_deadline scope;
    plug_deadline_enter(&scope, PLUG_S(20));
    fn();
    plug_deadline_leave(&scope);
}

enum { ITEMS = 2000 };

static void put_items(void)
{
    for (int i = 0; i < ITEMS; i++)
        if (plug_queue_put(q, &i) < 0)
            break;
    plug_queue_end(q);
}

static void put_all(void *unused)
{
    (void)unused;
    with_patience(put_items);
}

static void get_all_in_order(void)
{
    int item, next = 0, r;
    t_thread(put_all, NULL);
    while ((r = plug_queue_get(q, &item)) == 0 && item == next)
        next++;
    plug_queue_end(q);
    t_join();
    T_ERR(r, PLUG_EEOF);
    T_EQ(next, ITEMS);
}

T_TEST(queue_between_threads)
{
    static const size_t sizes[] = {0, 1, 2, 64};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        open_queue(sizes[i]);
        get_all_in_order();
        t_end_owned();
    }
}

static atomic_int waiting;

static void put_and_tell(void *arg)
{
    int item = 1, *result = arg;
    struct plug_deadline scope;
    waiting++;
    plug_deadline_enter(&scope, PLUG_S(20));
    *result = plug_queue_put(q, &item);
    plug_deadline_leave(&scope);
}

static void get_and_tell(void *arg)
{
    int item = 0, *result = arg;
    struct plug_deadline scope;
    waiting++;
    plug_deadline_enter(&scope, PLUG_S(20));
    *result = plug_queue_get(q, &item);
    plug_deadline_leave(&scope);
}

static void wait_for_waiting(int n)
{
    while (waiting < n)
        (void)!plug_sleep(PLUG_US(100));
    (void)!plug_sleep(PLUG_MS(5)); /* now they are in line, or the test is only weaker */
}

static void end_tells_all(void (*who)(void *), size_t max)
{
    static int result[4];
    waiting = 0;
    open_queue(max);
    for (int i = 0; i < 4; i++) {
        result[i] = 1;
        t_thread(who, &result[i]);
    }
    wait_for_waiting(4);
    plug_queue_end(q);
    t_join();
    for (int i = 0; i < 4; i++)
        T_ERR(result[i], PLUG_EEOF);
}

T_TEST_PLAIN(queue_end_wakes_all_that_wait)
{
    end_tells_all(get_and_tell, 3);
    end_tells_all(put_and_tell, 0);
}

/*
 * Getters and putters whose patience is about as long as it takes to be served: whoever was told of
 * an error put or got nothing, all others did.
 */
static atomic_llong put_sum, got_sum;
static atomic_int put_count, get_count, late;

static void hurried(void *arg)
{
    uint64_t random = (uint64_t)(uintptr_t)arg * 0x9e3779b97f4a7c15u;
    bool putter = (uintptr_t)arg % 2;
    struct plug_deadline scope;
    for (int i = 1; i <= 3000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int item = putter ? (int)(random >> 40) : 0, r;
        plug_deadline_enter(&scope, PLUG_NS((random >> 33) % 30000));
        r = putter ? plug_queue_put(q, &item) : plug_queue_get(q, &item);
        plug_deadline_leave(&scope);
        if (r == 0) {
            *(putter ? &put_sum : &got_sum) += item;
            ++*(putter ? &put_count : &get_count);
        } else if (r == PLUG_ETIMEOUT) {
            late++;
        } else {
            T_OK(r);
        }
    }
}

T_TEST_PLAIN(queue_loses_nothing_when_time_is_up)
{
    static const size_t sizes[] = {0, 1, 3};
    int item;
    put_sum = got_sum = put_count = get_count = late = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        open_queue(sizes[i]);
        for (uintptr_t n = 1; n <= 4; n++)
            t_thread(hurried, (void *)n);
        t_join();
        while (plug_queue_try_get(q, &item) == 0) {
            got_sum += item;
            get_count++;
        }
        T_EQ(put_count, get_count);
        T_EQ(put_sum, got_sum);
        t_end_owned();
    }
    T_TRUE(late > 0 && get_count > 0);
}
