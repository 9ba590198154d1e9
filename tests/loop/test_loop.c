/* SPDX-License-Identifier: MIT */
/* Descriptors, turns, and how a loop ends; each test on each back-end. */
#include "loops.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int a[2], b[2], c[2];
static int calls;

static void open_pairs(void)
{
    fds_pair(a);
    fds_pair(b);
    fds_pair(c);
    calls = 0;
}

static int turn(struct plug_loop *l)
{
    return (int)T_OK(plug_loop_turn(l, PLUG_NOWAIT));
}

static void take(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    (void)l;
    calls++;
    T_EQ(events, PLUG_READ);
    if (arg)
        T_EQ(fd, *(int *)arg);
    fds_take(fd);
}

static void count(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    (void)l, (void)fd, (void)events;
    (*(int *)arg)++;
}

static void never(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    (void)l, (void)events, (void)arg;
    T_FAIL("descriptor %d is called", fd);
}

LOOPS_ON_EACH(T_TEST, watch_and_unwatch)
{
    open_pairs();
    T_OK(plug_loop_watch(l, a[0], PLUG_READ, take, &a[0]));
    T_EQ(turn(l), 0);
    fds_put(a[1]);
    T_EQ(turn(l), 1);
    T_EQ(turn(l), 0);
    fds_put(a[1]);
    T_OK(plug_loop_unwatch(l, a[0]));
    T_EQ(turn(l), 0);
    T_EQ(calls, 1);
    T_ERR(plug_loop_unwatch(l, a[0]), -ENOENT);
}

LOOPS_ON_EACH(T_TEST, watch_again_changes_everything)
{
    int reads = 0, writes = 0;
    open_pairs();
    fds_put(a[1]);
    T_OK(plug_loop_watch(l, a[0], PLUG_READ, count, &reads));
    T_EQ(turn(l), 1);
    T_OK(plug_loop_watch(l, a[0], PLUG_WRITE, count, &writes));
    T_EQ(turn(l), 1);
    T_OK(plug_loop_watch(l, a[0], 0, never, NULL));
    T_EQ(turn(l), 0);
    T_OK(plug_loop_watch(l, a[0], PLUG_READ | PLUG_WRITE, count, &reads));
    T_EQ(turn(l), 1);
    T_EQ(reads, 2);
    T_EQ(writes, 1);
}

LOOPS_ON_EACH(T_TEST, what_cannot_be_watched)
{
    int file = (int)T_OK(plug_sys()->openat(AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC, 0));
    t_own_fd(file);
    open_pairs();
    T_ERR(plug_loop_watch(l, file, PLUG_READ, never, NULL), -EPERM);
    T_ERR(plug_loop_watch(l, 999, PLUG_READ, never, NULL), -EBADF);
    T_ERR(plug_loop_watch(l, -1, PLUG_READ, never, NULL), -EBADF);
    T_ERR(plug_loop_watch(l, a[0], 4, never, NULL), -EINVAL);
    T_OK(plug_loop_run(l)); /* nothing is left of them */
}

static void run_again(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    (void)events, (void)arg;
    T_ERR(plug_loop_run(l), -EBUSY);
    T_ERR(plug_loop_turn(l, PLUG_NOWAIT), -EBUSY);
    T_OK(plug_loop_unwatch(l, fd));
}

LOOPS_ON_EACH(T_TEST, it_ends_when_nothing_is_left)
{
    open_pairs();
    T_OK(plug_loop_run(l));
    fds_put(a[1]);
    T_OK(plug_loop_watch(l, a[0], PLUG_READ, run_again, NULL));
    T_OK(plug_loop_watch(l, b[0], 0, never, NULL)); /* silent: not worth waiting for */
    T_OK(plug_loop_run(l));
}

static void stop(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    (void)fd, (void)events, (void)arg;
    calls++;
    plug_loop_stop(l);
}

LOOPS_ON_EACH(T_TEST, stop_ends_the_run_after_the_turn)
{
    open_pairs();
    fds_put(a[1]);
    fds_put(b[1]);
    T_OK(plug_loop_watch(l, a[0], PLUG_READ, stop, NULL));
    T_OK(plug_loop_watch(l, b[0], PLUG_READ, stop, NULL));
    T_OK(plug_loop_run(l));
    T_EQ(calls, 2);
    T_OK(plug_loop_run(l)); /* and runs again */
    T_EQ(calls, 4);
    plug_loop_stop(l);
    T_OK(plug_loop_run(l)); /* it was told before */
    T_EQ(calls, 4);
    plug_loop_stop(l);
    T_EQ(T_OK(plug_loop_turn(l, PLUG_FOREVER)), 2);
}

LOOPS_ON_EACH(T_TEST, it_ends_in_time)
{
    struct plug_deadline scope;
    int64_t start = plug_now();
    open_pairs();
    T_OK(plug_loop_watch(l, a[0], PLUG_READ, never, NULL));
    T_EQ(T_OK(plug_loop_turn(l, PLUG_MS(5))), 0);
    plug_deadline_enter(&scope, PLUG_MS(5));
    int r = plug_loop_run(l);
    plug_deadline_leave(&scope);
    T_ERR(r, PLUG_ETIMEOUT);
    T_TRUE(plug_now() - start >= PLUG_MS(10));
    fds_put(a[1]);
    T_OK(plug_loop_watch(l, a[0], PLUG_READ, stop, NULL));
    T_OK(plug_loop_run(l)); /* as if nothing had been */
    T_TRUE(plug_loop_now(l) >= start + PLUG_MS(10) && plug_loop_now(l) <= plug_now());
}

/* --- ending what is in the same batch --------------------------------------------------------- */

static void end_the_others(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    (void)events, (void)arg;
    calls++;
    for (int i = 0; i < 3; i++) {
        int other = (int[]){a[0], b[0], c[0]}[i];
        if (other != fd)
            T_OK(plug_loop_unwatch(l, other));
    }
}

LOOPS_ON_EACH(T_TEST, who_is_ended_in_a_batch_is_not_called)
{
    open_pairs();
    fds_put(a[1]);
    fds_put(b[1]);
    fds_put(c[1]);
    T_OK(plug_loop_watch(l, a[0], PLUG_READ, end_the_others, NULL));
    T_OK(plug_loop_watch(l, b[0], PLUG_READ, end_the_others, NULL));
    T_OK(plug_loop_watch(l, c[0], PLUG_READ, end_the_others, NULL));
    T_EQ(turn(l), 1);
    T_EQ(calls, 1);
}

static void silence_other(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    int other = fd == a[0] ? b[0] : a[0];
    (void)events, (void)arg;
    calls++;
    T_OK(plug_loop_watch(l, other, PLUG_WRITE, never, NULL)); /* full: not ready for that */
}

LOOPS_ON_EACH(T_TEST, who_no_longer_asks_is_not_called)
{
    open_pairs();
    fds_fill(a[0]);
    fds_fill(b[0]);
    fds_put(a[1]);
    fds_put(b[1]);
    T_OK(plug_loop_watch(l, a[0], PLUG_READ, silence_other, NULL));
    T_OK(plug_loop_watch(l, b[0], PLUG_READ, silence_other, NULL));
    T_EQ(turn(l), 1);
    T_EQ(calls, 1);
}

/* Its number is another file's, watched by another owner, before its event is looked at. */
static void replace_other(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    int other = fd == a[0] ? b[0] : a[0];
    (void)events, (void)arg;
    calls++;
    T_OK(plug_loop_unwatch(l, other));
    T_EQ(T_OK(plug_sys()->dup3(c[0], other, O_CLOEXEC)), other);
    T_OK(plug_loop_watch(l, other, PLUG_READ, never, NULL));
    T_OK(plug_loop_unwatch(l, fd));
}

LOOPS_ON_EACH(T_TEST, a_number_taken_again_in_a_batch)
{
    open_pairs();
    fds_put(a[1]);
    fds_put(b[1]);
    T_OK(plug_loop_watch(l, a[0], PLUG_READ, replace_other, NULL));
    T_OK(plug_loop_watch(l, b[0], PLUG_READ, replace_other, NULL));
    T_EQ(turn(l), 1);
    T_EQ(turn(l), 0);
    T_EQ(calls, 1);
}

/* Closed without a word and opened anew: a change watches the new file. */
LOOPS_ON_EACH(T_TEST, a_number_taken_again_without_a_word)
{
    open_pairs();
    T_OK(plug_loop_watch(l, a[0], PLUG_READ, never, NULL));
    fds_close(a[0]);
    T_EQ(turn(l), 0);
    T_EQ(T_OK(plug_sys()->dup3(c[0], a[0], O_CLOEXEC)), a[0]);
    t_own_fd(a[0]);
    T_OK(plug_loop_watch(l, a[0], PLUG_READ | PLUG_WRITE, count, &calls));
    T_EQ(turn(l), 1);
    T_EQ(calls, 1);
}

static void end_itself(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    (void)events;
    calls++;
    T_OK(plug_loop_unwatch(l, fd));
    if (arg)
        T_OK(plug_loop_watch(l, fd, PLUG_READ, end_itself, NULL));
}

LOOPS_ON_EACH(T_TEST, who_ends_itself)
{
    open_pairs();
    fds_put(a[1]);
    T_OK(plug_loop_watch(l, a[0], PLUG_READ, end_itself, &calls));
    T_EQ(turn(l), 1);
    T_EQ(turn(l), 1);
    T_EQ(turn(l), 0);
    T_EQ(calls, 2);
}

/* --- fairness --------------------------------------------------------------------------------- */

static struct plug_timer again_timer;
static int timed, posted;

static void time_again(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    timed++;
    T_OK(plug_loop_timer(l, t, PLUG_NOWAIT, time_again, arg));
}

static void post_again(struct plug_loop *l, void *arg)
{
    posted++;
    T_OK(plug_loop_post(l, post_again, arg));
}

/* More are ready than a turn can take, and timers and posts that come again at once. */
LOOPS_ON_EACH(T_TEST_PLAIN, nobody_starves)
{
    enum { MANY = 300, TURNS = 90 };
    static int seen[MANY];
    memset(seen, 0, sizeof seen);
    memset(&again_timer, 0, sizeof again_timer);
    timed = posted = 0;
    fds_need(2 * MANY + 20);
    for (int i = 0; i < MANY; i++) {
        int p[2];
        fds_pair(p);
        T_OK(plug_loop_watch(l, p[0], PLUG_WRITE, count, &seen[i]));
    }
    T_OK(plug_loop_timer(l, &again_timer, PLUG_NOWAIT, time_again, NULL));
    T_OK(plug_loop_post(l, post_again, NULL));
    for (int i = 0; i < TURNS; i++)
        turn(l);
    plug_loop_timer_stop(l, &again_timer);
    T_TRUE(timed >= TURNS - 1);
    T_TRUE(posted >= TURNS / 4); /* a post wakes through a descriptor among the others */
    int least = TURNS, most = 0;
    for (int i = 0; i < MANY; i++) {
        least = seen[i] < least ? seen[i] : least;
        most = seen[i] > most ? seen[i] : most;
    }
    T_TRUE(least >= TURNS / 4 && most - least <= 1);
}

/* --- random scripts --------------------------------------------------------------------------- */

/* Callbacks end, replace and begin watches of each other; only who is there may be called. */
enum { PEERS = 12, SCRIPT = 300 };
static struct peer {
    int fd, other;
    unsigned asked;
} peer[PEERS];

static void any_step(struct plug_loop *l);

static void peer_called(struct plug_loop *l, int fd, unsigned events, void *arg)
{
    struct peer *p = arg;
    T_EQ(p->fd, fd);
    T_TRUE(events && !(events & ~p->asked));
    calls++;
    if (events & PLUG_READ && t_below(2)) {
        char x[8];
        (void)!plug_sys()->read(fd, x, sizeof x);
    }
    any_step(l);
}

static void replace(struct plug_loop *l, struct peer *p)
{
    int to[2];
    if (p->fd >= 0) {
        (void)!plug_loop_unwatch(l, p->fd);
        fds_close(p->fd);
        fds_close(p->other);
    }
    fds_pair(to);
    *p = (struct peer){to[0], to[1], 0};
}

static void any_step(struct plug_loop *l)
{
    struct peer *p = &peer[t_below(PEERS)];
    switch (t_below(6)) {
    case 0:
        replace(l, p);
        break;
    case 1:
        T_EQ(plug_loop_unwatch(l, p->fd) == 0, p->asked != 0);
        p->asked = 0;
        break;
    case 2:
        (void)!plug_sys()->write(p->other, "x", 1);
        break;
    default:
        p->asked = 1 + (unsigned)t_below(3);
        T_OK(plug_loop_watch(l, p->fd, p->asked, peer_called, p));
    }
}

LOOPS_ON_EACH(T_TEST_PLAIN, random_scripts)
{
    calls = 0;
    for (int i = 0; i < PEERS; i++) {
        peer[i].fd = -1;
        replace(l, &peer[i]);
    }
    for (int i = 0; i < SCRIPT; i++) {
        any_step(l);
        turn(l);
    }
    T_TRUE(calls > SCRIPT / 2);
}

/* --- opening ---------------------------------------------------------------------------------- */

T_TEST(a_loop_says_what_it_stands_on)
{
    struct plug_loop *l = loops_open(PLUG_BACKEND_POLL);
    T_EQ(plug_loop_backend(l), PLUG_BACKEND_POLL);
    T_EQ(plug_loop_fallback(l), 0);
    plug_loop_close(NULL);
    T_ERR(plug_loop_open(&l, (enum plug_backend)77), -EINVAL);
}
