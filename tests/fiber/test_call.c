/* SPDX-License-Identifier: MIT */
/* What blocks goes to the pool, and the other fibers go on. */
#include "t.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void block(int64_t time)
{
    struct timespec t = {time / PLUG_S(1), time % PLUG_S(1)};
    nanosleep(&t, NULL);
}

static pthread_t called_in;

static int tell_thread(void *arg)
{
    called_in = pthread_self();
    return *(int *)arg;
}

static int call_once(void *arg)
{
    return plug_fiber_call(tell_thread, arg);
}

T_TEST(call_runs_in_the_pool)
{
    int result = 42, bad = -EPROTO;
    T_EQ(T_OK(plug_fiber_run(call_once, &result, NULL)), 42);
    T_TRUE(!pthread_equal(called_in, pthread_self()));
    int r = plug_fiber_run(call_once, &bad, NULL);
    T_ERR(r, -EPROTO);
    T_EQ(T_OK(plug_fiber_call(tell_thread, &result)), 42); /* no fiber: simply called */
    T_TRUE(pthread_equal(called_in, pthread_self()));
}

/* --- the others go on ------------------------------------------------------------------------- */

static bool blocking;
static int ticks;

static int tick(void *unused)
{
    int r = 0;
    (void)unused;
    while (blocking && r >= 0) {
        r = plug_sleep(PLUG_MS(1));
        ticks++;
    }
    return r;
}

static int block_in_pool(void *unused)
{
    (void)unused;
    block(PLUG_MS(60));
    return 0;
}

static int call_blocking(void *unused)
{
    int r = plug_fiber_call(block_in_pool, unused);
    blocking = false;
    return r;
}

static int look_up(void *unused)
{
    struct plug_resolve_list *list;
    (void)unused;
    int r = plug_resolve("somewhere.test", "80", NULL, &list);
    blocking = false;
    if (r >= 0)
        plug_resolve_free(list);
    return r;
}

static int beside_ticks(void *arg)
{
    plug_fiber_fn *const *fn = arg;
    struct plug_scope s;
    blocking = true;
    ticks = 0;
    plug_scope_open(&s, PLUG_FOREVER);
    int r = plug_fiber_spawn(&s, tick, NULL, NULL, NULL);
    if (r >= 0)
        r = plug_fiber_spawn(&s, *fn, NULL, NULL, NULL);
    if (r < 0)
        blocking = false;
    int closed = plug_scope_close(&s);
    return r < 0 ? r : closed;
}

T_TEST_PLAIN(call_lets_the_others_go_on)
{
    plug_fiber_fn *fn = call_blocking;
    T_OK(plug_fiber_run(beside_ticks, &fn, NULL));
    T_TRUE(ticks > 5);
}

/* --- names ------------------------------------------------------------------------------------ */

static struct plug_sys sys;

static int slow_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                            struct addrinfo **ret_list)
{
    (void)host;
    block(PLUG_MS(60));
    return plug_sys_kernel()->getaddrinfo("127.0.0.1", service, hints, ret_list);
}

T_TEST_PLAIN(call_is_not_needed_for_look_ups)
{
    plug_fiber_fn *fn = look_up;
    sys = *plug_sys_kernel();
    sys.getaddrinfo = slow_getaddrinfo;
    T_OK(plug_sys_set(&sys));
    T_OK(plug_fiber_run(beside_ticks, &fn, NULL));
    T_TRUE(ticks > 5);
}

/* --- files ------------------------------------------------------------------------------------ */

struct file {
    char text[32];
    size_t len;
};

static int read_file(void *arg)
{
    struct file *f = arg;
    int fd = plug_sys()->openat(AT_FDCWD, "/proc/self/comm", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    ssize_t n = plug_sys()->read(fd, f->text, sizeof f->text);
    f->len = n > 0 ? (size_t)n : 0;
    plug_sys()->close(fd);
    return n < 0 ? (int)n : 0;
}

static int call_read(void *arg)
{
    return plug_fiber_call(read_file, arg);
}

T_TEST(call_reads_a_file)
{
    struct file f = {.len = 0}, here = {.len = 0};
    t_whole_transfers();
    T_OK(read_file(&here));
    T_OK(plug_fiber_run(call_read, &f, NULL));
    T_TRUE(here.len > 0);
    T_EQ(f.len, here.len);
    T_MEM(f.text, here.text, f.len);
}

/* --- cut short -------------------------------------------------------------------------------- */

static atomic_bool gate_open, began;
static bool second_ran;

static int wait_at_gate(void *unused)
{
    (void)unused;
    began = true;
    while (!gate_open)
        block(PLUG_US(200));
    return 7;
}

static int note_second(void *unused)
{
    (void)unused;
    second_ran = true;
    return 8;
}

static int call_gate(void *unused)
{
    return plug_fiber_call(wait_at_gate, unused);
}

static int call_second(void *unused)
{
    struct plug_deadline d;
    plug_deadline_enter(&d, PLUG_MS(5));
    int r = plug_fiber_call(note_second, unused);
    plug_deadline_leave(&d);
    return r;
}

static int call_third(void *unused)
{
    return plug_fiber_call(note_second, unused);
}

/* One runs and is cancelled in vain; one is too late before it begins, one cancelled before. */
static int cut_short(void *results)
{
    static plug_fiber_fn *const fns[] = {call_gate, call_second, call_third};
    struct plug_fiber *f[3];
    struct plug_scope s;
    int *result = results, r = 0, n = 0;
    plug_scope_open(&s, PLUG_FOREVER);
    for (; n < 3 && r >= 0; n += r >= 0)
        r = plug_fiber_spawn(&s, fns[n], NULL, NULL, &f[n]);
    while (r >= 0 && !began)
        r = plug_sleep(PLUG_MS(1));
    if (r >= 0)
        r = plug_sleep(PLUG_MS(10));
    plug_scope_cancel(&s);
    if (r >= 0)
        r = plug_sleep(PLUG_MS(5));
    gate_open = true;
    for (int i = 0; i < n; i++) {
        int joined = plug_fiber_join(f[i], &result[i]);
        r = r < 0 ? r : joined;
    }
    (void)plug_scope_close(&s);
    return r;
}

static void usual_limit(void *unused)
{
    (void)unused;
    T_OK(plug_offload_limit(PLUG_OFFLOAD_THREADS));
}

T_TEST_PLAIN(call_that_has_begun_is_waited_for)
{
    int result[3] = {0};
    gate_open = began = second_ran = false;
    T_OK(plug_offload_limit(1));
    T_OWN(usual_limit, NULL);
    T_OK(plug_fiber_run(cut_short, result, NULL));
    T_EQ(result[0], 7);
    T_ERR(result[1], PLUG_ETIMEOUT);
    T_ERR(result[2], -ECANCELED);
    T_TRUE(!second_ran);
}

/* Many that are cancelled at the moment when they begin or end. */
static atomic_int ran;

static int run_shortly(void *unused)
{
    (void)unused;
    ran++;
    return 0;
}

static int call_shortly(void *counted)
{
    int r = plug_fiber_call(run_shortly, NULL);
    *(int *)counted += r >= 0;
    return r == -ECANCELED || r == PLUG_ETIMEOUT ? 0 : r;
}

static int storm(void *counted)
{
    int r = 0;
    for (int i = 0; i < 300 && r >= 0; i++) {
        struct plug_scope s;
        plug_scope_open(&s, PLUG_US(i % 7 * 20));
        for (int k = 0; k < 8 && r >= 0; k++)
            r = plug_fiber_spawn(&s, call_shortly, counted, NULL, NULL);
        for (int k = 0; k < i % 5; k++)
            (void)plug_fiber_yield();
        plug_scope_cancel(&s);
        int closed = plug_scope_close(&s);
        r = r < 0 ? r : closed;
    }
    return r;
}

T_TEST_PLAIN(call_ends_once_whatever_comes_between)
{
    int counted = 0;
    ran = 0;
    T_OK(plug_fiber_run(storm, &counted, NULL));
    T_EQ(ran, counted);
}
