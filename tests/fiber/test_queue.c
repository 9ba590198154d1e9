/* SPDX-License-Identifier: MIT */
/* Queues: order, limits, ends, and waits that end early. */
#include "t.h"
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

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

enum { ITEMS = 200 };

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
    put_sum = got_sum = 0;
    put_count = get_count = late = 0;
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

/* --- between fibers --------------------------------------------------------------------------- */

enum { ROUNDS = 50 };

static int put_numbers(void *arg)
{
    int r = 0;
    (void)arg;
    for (int i = 0; i < ROUNDS && r >= 0; i++)
        r = plug_queue_put(q, &i);
    plug_queue_end(q);
    return r;
}

static int get_numbers(void *arg)
{
    int item, next = 0, r;
    (void)arg;
    while ((r = plug_queue_get(q, &item)) >= 0)
        if (item != next++)
            return -EPROTO;
    return r == PLUG_EEOF && next == ROUNDS ? 0 : r;
}

static int put_and_get(void *arg)
{
    struct plug_scope s;
    int r;
    (void)arg;
    plug_scope_open(&s, PLUG_FOREVER);
    plug_scope_cancel_on_error(&s, true);
    r = plug_fiber_spawn(&s, put_numbers, NULL, "putter", NULL);
    if (r >= 0)
        r = plug_fiber_spawn(&s, get_numbers, NULL, "getter", NULL);
    if (r < 0)
        plug_scope_cancel(&s);
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

T_TEST(queue_between_fibers)
{
    static const size_t sizes[] = {0, 1, 2, 64};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        open_queue(sizes[i]);
        t_accept(-ECANCELED); /* when the first fiber's error cancels the others */
        T_OK(plug_fiber_run(put_and_get, NULL, NULL));
        t_end_owned();
    }
}

static char order[32];
static size_t ordered;

static int get_and_sign(void *arg)
{
    int item, r = plug_queue_get(q, &item);
    if (r >= 0)
        order[ordered++] = (char)('0' + item);
    order[ordered++] = *(char *)arg;
    return r;
}

/* a, b and c wait; b is cancelled; two items come, then the end. */
static int served_in_order(void *arg)
{
    static char names[] = "abcd";
    struct plug_fiber *f[4];
    struct plug_scope s;
    int r = 0, item = 1, n = 0, got = 0;
    (void)arg;
    plug_scope_open(&s, PLUG_FOREVER);
    for (; n < 4 && r >= 0; n += r >= 0)
        r = plug_fiber_spawn(&s, get_and_sign, &names[n], NULL, &f[n]);
    (void)plug_fiber_yield();
    if (r >= 0) {
        plug_fiber_cancel(f[1]);
        r = plug_queue_put(q, &item);
        item = 2;
    }
    if (r >= 0)
        r = plug_queue_put(q, &item);
    plug_queue_end(q);
    for (int i = 0; i < n; i++) {
        int joined = plug_fiber_join(f[i], &got);
        r = r < 0 ? r : joined;
        if (r >= 0 && got != (i == 1 ? -ECANCELED : i == 3 ? PLUG_EEOF : 0))
            r = -EPROTO;
    }
    (void)plug_scope_close(&s);
    return r;
}

T_TEST(queue_serves_first_come_first)
{
    memset(order, 0, sizeof order);
    ordered = 0;
    open_queue(4);
    T_OK(plug_fiber_run(served_in_order, NULL, NULL));
    T_STR(order, "b1a2cd");
}

/* --- cancelled, timed out, and served at the same moment -------------------------------------- */

static int got_items, got_errors;

static int get_one(void *unused)
{
    int item = 0, r = plug_queue_get(q, &item);
    (void)unused;
    got_items += r >= 0;
    got_errors += r == -ECANCELED || r == PLUG_ETIMEOUT;
    return 0;
}

/* Served first and cancelled in the same breath, or the other way round. */
static int serve_and_cancel(void *arg)
{
    bool cancel_first = *(bool *)arg;
    struct plug_scope s;
    struct plug_fiber *f;
    int item = 1, r;
    plug_scope_open(&s, PLUG_FOREVER);
    r = plug_fiber_spawn(&s, get_one, NULL, NULL, &f);
    (void)plug_fiber_yield();
    if (r >= 0) {
        if (cancel_first)
            plug_fiber_cancel(f);
        r = plug_queue_try_put(q, &item);
        plug_fiber_cancel(f);
        int joined = plug_fiber_join(f, NULL);
        r = r < 0 ? r : joined;
    }
    (void)plug_scope_close(&s);
    return r;
}

T_TEST(queue_served_or_cancelled_what_was_first)
{
    bool cancel_first = false;
    got_items = got_errors = 0;
    open_queue(1);
    T_OK(plug_fiber_run(serve_and_cancel, &cancel_first, NULL));
    T_EQ(got_items, 1);
    T_EQ(plug_queue_count(q), 0);
    cancel_first = true;
    T_OK(plug_fiber_run(serve_and_cancel, &cancel_first, NULL));
    T_EQ(got_items, 1);
    T_EQ(got_errors, 1);
    T_EQ(plug_queue_count(q), 1);
}

/*
 * Fibers here, threads there, all in a hurry; and fibers that are cancelled at any moment. What was
 * put is got once, by whoever was told so.
 */
static int hurried_fiber(void *arg)
{
    hurried(arg);
    return 0;
}

static int getter(void *unused)
{
    (void)unused;
    for (;;) {
        int item = 0, r = plug_queue_get(q, &item);
        if (r < 0)
            return r == -ECANCELED || r == PLUG_EEOF ? 0 : r;
        got_sum += item;
        get_count++;
    }
}

static int hurried_fibers(void *arg)
{
    struct plug_scope s;
    int r = 0;
    (void)arg;
    plug_scope_open(&s, PLUG_FOREVER);
    for (uintptr_t n = 5; n <= 8 && r >= 0; n++)
        r = plug_fiber_spawn(&s, hurried_fiber, (void *)n, NULL, NULL);
    for (int i = 0; i < 200 && r >= 0; i++) {
        struct plug_scope inner;
        plug_scope_open(&inner, PLUG_FOREVER);
        r = plug_fiber_spawn(&inner, getter, NULL, NULL, NULL);
        if (r >= 0)
            r = plug_sleep(PLUG_US(i % 50));
        plug_scope_cancel(&inner);
        (void)plug_scope_close(&inner);
    }
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

T_TEST_PLAIN(queue_loses_nothing_between_fibers_and_threads)
{
    static const size_t sizes[] = {0, 1, 3};
    int item;
    put_sum = got_sum = 0;
    put_count = get_count = late = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        open_queue(sizes[i]);
        for (uintptr_t n = 1; n <= 3; n++)
            t_thread(hurried, (void *)n);
        T_OK(plug_fiber_run(hurried_fibers, NULL, NULL));
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
