/* SPDX-License-Identifier: MIT */
/* One behaviour on all back-ends: every test runs on each of them. */
#include "engines.h"
#include "fds.h"
#include "selectors.h"
#include "sock_pair.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static struct plug_event ev[64];
static char A[] = "a", B[] = "b";

static int wait_now(struct plug_selector *s)
{
    return (int)T_OK(plug_selector_wait(s, ev, 64, PLUG_NOWAIT));
}

SELECTORS_ON_EACH(T_TEST, add_mod_del_get)
{
    struct plug_event key;
    int a[2];
    fds_pair(a);
    T_ERR(plug_selector_mod(s, a[0], PLUG_READ, A), -ENOENT);
    T_ERR(plug_selector_del(s, a[0]), -ENOENT);
    T_ERR(plug_selector_get(s, a[0], &key), -ENOENT);
    T_ERR(plug_selector_add(s, a[0], 0, A), -EINVAL);
    T_ERR(plug_selector_add(s, a[0], PLUG_URGENT, A), -EINVAL); /* goes with another one */
    T_ERR(plug_selector_add(s, a[0], PLUG_READ | 8, A), -EINVAL);
    T_OK(plug_selector_add(s, a[0], PLUG_READ | PLUG_WRITE, A));
    T_ERR(plug_selector_add(s, a[0], PLUG_READ, B), -EEXIST);
    T_ERR(plug_selector_mod(s, a[0], 8, A), -EINVAL);
    T_EQ(plug_selector_count(s), 1);
    T_EQ(wait_now(s), 1);
    T_EQ(ev[0].events, PLUG_WRITE);
    T_TRUE(ev[0].data == A);
    fds_put(a[1]);
    T_EQ(wait_now(s), 1);
    T_EQ(ev[0].events, PLUG_READ | PLUG_WRITE);
    T_OK(plug_selector_mod(s, a[0], PLUG_READ, B));
    T_EQ(wait_now(s), 1);
    T_EQ(ev[0].events, PLUG_READ);
    T_TRUE(ev[0].data == B);
    T_OK(plug_selector_get(s, a[0], &key));
    T_EQ(key.fd, a[0]);
    T_EQ(key.events, PLUG_READ);
    T_TRUE(key.data == B && key.id == ev[0].id);
    T_OK(plug_selector_del(s, a[0]));
    T_EQ(wait_now(s), 0);
    T_EQ(plug_selector_count(s), 0);
}

SELECTORS_ON_EACH(T_TEST, what_cannot_be_registered)
{
    int file = (int)T_OK(plug_sys()->openat(AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC, 0));
    t_own_fd(file);
    int null = (int)T_OK(plug_sys()->openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0));
    t_own_fd(null);
    T_ERR(plug_selector_add(s, file, PLUG_READ, NULL), -EPERM);
    T_ERR(plug_selector_add(s, null, PLUG_READ, NULL), -EPERM);
    T_ERR(plug_selector_add(s, 999, PLUG_READ, NULL), -EBADF);
    T_ERR(plug_selector_add(s, -1, PLUG_READ, NULL), -EBADF);
    T_ERR(plug_selector_wait(s, ev, 0, PLUG_NOWAIT), -EINVAL);
    T_EQ(plug_selector_count(s), 0);
}

SELECTORS_ON_EACH(T_TEST, a_hang_up_is_whatever_was_asked_for)
{
    int a[2], full[2], p[2];
    fds_pair(a);
    fds_pair(full);
    fds_pipe(p);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    T_OK(plug_sys()->shutdown(a[1], SHUT_RDWR));
    T_EQ(wait_now(s), 1);
    T_EQ(ev[0].events, PLUG_READ);
    T_OK(plug_selector_mod(s, a[0], PLUG_READ | PLUG_WRITE, A));
    T_EQ(wait_now(s), 1);
    T_EQ(ev[0].events, PLUG_READ | PLUG_WRITE);
    T_OK(plug_selector_del(s, a[0]));
    /* without room to write, too */
    fds_fill(full[0]);
    T_OK(plug_selector_add(s, full[0], PLUG_WRITE, A));
    T_EQ(wait_now(s), 0);
    T_OK(plug_sys()->shutdown(full[1], SHUT_RDWR));
    T_EQ(wait_now(s), 1);
    T_EQ(ev[0].events, PLUG_WRITE);
    T_OK(plug_selector_del(s, full[0]));
    /* an error: nobody reads the pipe */
    T_OK(plug_selector_add(s, p[1], PLUG_READ, A));
    T_EQ(wait_now(s), 0);
    fds_close(p[0]);
    T_EQ(wait_now(s), 1);
    T_EQ(ev[0].events, PLUG_READ);
}

/*
 * Urgent data alone, and only for who has asked. Whether there is something to read beside is not
 * asked: short of memory for TCP the kernel takes the place of the urgent byte for it.
 */
SELECTORS_ON_EACH(T_TEST, urgent_data)
{
    struct plug_sock *client, *server;
    char b[2];
    tcp_pair(&client, &server);
    int fd = plug_sock_fd(server);
    T_OK(plug_selector_add(s, fd, PLUG_READ | PLUG_URGENT, A));
    T_EQ(wait_now(s), 0);
    T_EQ(T_OK(plug_sock_send(client, "!", 1, MSG_OOB)), 1);
    T_EQ(T_OK(plug_selector_wait(s, ev, 8, PLUG_S(10))), 1);
    T_EQ(ev[0].events | PLUG_READ, PLUG_READ | PLUG_URGENT);
    T_OK(plug_selector_mod(s, fd, PLUG_WRITE | PLUG_URGENT, A));
    T_EQ(wait_now(s), 1);
    T_EQ(ev[0].events, PLUG_WRITE | PLUG_URGENT);
    T_OK(plug_selector_mod(s, fd, PLUG_WRITE, A));
    T_EQ(wait_now(s), 1);
    T_EQ(ev[0].events, PLUG_WRITE);
    T_EQ(T_OK(plug_sock_recv(server, b, 2, MSG_OOB)), 1);
    T_OK(plug_selector_mod(s, fd, PLUG_WRITE | PLUG_URGENT, A));
    T_EQ(wait_now(s), 1);
    T_EQ(ev[0].events, PLUG_WRITE);
    T_OK(plug_selector_mod(s, fd, PLUG_READ | PLUG_URGENT, A));
    T_OK(plug_sock_shutdown(client, SHUT_WR)); /* the end is not urgent */
    T_EQ(T_OK(plug_selector_wait(s, ev, 8, PLUG_S(10))), 1);
    T_EQ(ev[0].events, PLUG_READ);
}

struct late {
    struct plug_sock *from;
    const char *what;
    int flags;
};

static void send_late(void *arg)
{
    const struct late *l = arg;
    T_OK(plug_sleep(PLUG_MS(20)));
    T_EQ(T_OK(plug_sock_send(l->from, l->what, 1, l->flags)), 1);
}

/* Sent while somebody waits. */
SELECTORS_ON_EACH(T_TEST_PLAIN, urgent_data_wake_and_other_data_are_not_urgent)
{
    static struct late urgent = {.what = "!", .flags = MSG_OOB}, plain = {.what = "x"};
    struct plug_sock *client, *server;
    char b[2];
    tcp_pair(&client, &server);
    urgent.from = plain.from = client;
    T_OK(plug_selector_add(s, plug_sock_fd(server), PLUG_READ | PLUG_URGENT, A));
    t_thread(send_late, &plain);
    T_EQ(T_OK(plug_selector_wait(s, ev, 8, PLUG_S(10))), 1);
    T_EQ(ev[0].events, PLUG_READ);
    T_EQ(T_OK(plug_sock_recv(server, b, 2, 0)), 1);
    t_thread(send_late, &urgent);
    T_EQ(T_OK(plug_selector_wait(s, ev, 8, PLUG_S(10))), 1);
    T_EQ(ev[0].events | PLUG_READ, PLUG_READ | PLUG_URGENT);
}

SELECTORS_ON_EACH(T_TEST, it_ends_in_time)
{
    struct plug_deadline scope;
    int a[2];
    int64_t start = plug_now();
    T_EQ(T_OK(plug_selector_wait(s, ev, 1, PLUG_MS(5))), 0);
    fds_pair(a);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    T_EQ(T_OK(plug_selector_wait(s, ev, 1, PLUG_MS(5))), 0);
    T_TRUE(plug_now() - start >= PLUG_MS(10));
    plug_deadline_enter(&scope, PLUG_MS(5));
    int later = plug_selector_wait(s, ev, 1, PLUG_FOREVER);
    int own = plug_selector_wait(s, ev, 1, PLUG_NOWAIT);
    plug_deadline_leave(&scope);
    T_ERR(later, PLUG_ETIMEOUT);
    T_EQ(T_OK(own), 0);
}

SELECTORS_ON_EACH(T_TEST, those_that_did_not_fit_come_before_the_same_again)
{
    static char mark[12];
    memset(mark, 0, sizeof mark);
    for (size_t i = 0; i < sizeof mark; i++) {
        int p[2];
        fds_pipe(p);
        fds_put(p[1]);
        T_OK(plug_selector_add(s, p[0], PLUG_READ, &mark[i]));
    }
    for (int round = 0; round < 6; round++) {
        T_EQ(T_OK(plug_selector_wait(s, ev, 4, PLUG_S(1))), 4);
        for (int i = 0; i < 4; i++)
            (*(char *)ev[i].data)++;
    }
    for (size_t i = 0; i < sizeof mark; i++)
        T_EQ(mark[i], 2);
}

/* --- closing ------------------------------------------------------------------------------ */

SELECTORS_ON_EACH(T_TEST, what_was_closed_is_silent_and_can_be_deleted)
{
    int a[2], b[2];
    fds_pair(a);
    fds_pair(b);
    fds_put(a[1]);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    T_OK(plug_selector_add(s, b[0], PLUG_READ, B));
    fds_close(a[0]);
    T_EQ(wait_now(s), 0);
    T_EQ(T_OK(plug_selector_wait(s, ev, 8, PLUG_MS(5))), 0);
    T_EQ(plug_selector_count(s), 2);
    T_ERR(plug_selector_mod(s, a[0], PLUG_WRITE, A), -EBADF); /* ends it */
    T_EQ(plug_selector_count(s), 1);
    T_ERR(plug_selector_del(s, a[0]), -ENOENT);
    fds_close(b[0]);
    T_OK(plug_selector_del(s, b[0]));
    T_EQ(wait_now(s), 0);
}

/* Its number is another file's before it is deleted: the set says so instead of mixing them up. */
SELECTORS_ON_EACH(T_TEST, a_number_taken_again)
{
    int a[2], b[2];
    fds_pair(a);
    fds_pair(b);
    fds_put(b[1]);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    fds_close(a[0]);
    T_EQ(wait_now(s), 0);
    T_EQ(T_OK(plug_sys()->dup3(b[0], a[0], O_CLOEXEC)), a[0]);
    t_own_fd(a[0]);
    T_EQ(wait_now(s), 0);
    T_ERR(plug_selector_add(s, a[0], PLUG_READ, B), -EEXIST);
    T_ERR(plug_selector_mod(s, a[0], PLUG_READ | PLUG_WRITE, B), -ENOENT);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, B));
    T_EQ(wait_now(s), 1);
    T_TRUE(ev[0].data == B);
}

/* Dealing with the first ends the owner of the second; its number is somebody else's at once. */
SELECTORS_ON_EACH(T_TEST, a_batch_does_not_reach_the_next_owner)
{
    int a[2], b[2], c[2];
    fds_pair(a);
    fds_pair(b);
    fds_pair(c);
    fds_put(a[1]);
    fds_put(b[1]);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    T_OK(plug_selector_add(s, b[0], PLUG_READ, A));
    T_EQ(wait_now(s), 2);
    int second = ev[1].fd;
    T_TRUE(plug_selector_fresh(s, &ev[0]) && plug_selector_fresh(s, &ev[1]));
    T_OK(plug_selector_del(s, second));
    T_EQ(T_OK(plug_sys()->dup3(c[0], second, O_CLOEXEC)), second);
    T_OK(plug_selector_add(s, second, PLUG_READ, B));
    T_TRUE(plug_selector_fresh(s, &ev[0]));
    T_TRUE(!plug_selector_fresh(s, &ev[1]));
    T_EQ(wait_now(s), 1);
    T_TRUE(ev[0].data == A);
    fds_put(c[1]);
    T_EQ(wait_now(s), 2);
}

/* The open file lives on in a duplicate, deleted after it was closed. */
SELECTORS_ON_EACH(T_TEST, a_duplicate_does_not_haunt)
{
    int a[2], twin;
    fds_pair(a);
    fds_put(a[1]);
    twin = (int)T_OK(plug_fd_dup(a[0]));
    t_own_fd(twin);
    T_OK(plug_selector_add(s, twin, PLUG_READ, A));
    fds_close(twin);
    T_OK(plug_selector_del(s, twin));
    T_EQ(T_OK(plug_selector_wait(s, ev, 8, PLUG_MS(5))), 0);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, B));
    T_EQ(wait_now(s), 1);
    T_TRUE(ev[0].data == B);
}

static int delete_it(const struct plug_event *key, void *arg)
{
    T_OK(plug_selector_del(arg, key->fd));
    return key->data == B;
}

SELECTORS_ON_EACH(T_TEST, each_may_delete)
{
    int a[2], b[2];
    fds_pair(a);
    fds_pair(b);
    T_OK(plug_selector_add(s, a[0], PLUG_READ, A));
    T_OK(plug_selector_add(s, a[1], PLUG_READ, B));
    T_OK(plug_selector_add(s, b[0], PLUG_READ, A));
    T_EQ(plug_selector_each(s, delete_it, s), 1);
    T_EQ(plug_selector_count(s), 1);
    T_EQ(plug_selector_each(s, delete_it, s), 0);
    T_EQ(plug_selector_count(s), 0);
}

/* --- random scripts beside a model -------------------------------------------------------- */

enum { PEERS = 10, STEPS = 400 };
static struct peer {
    int fd, other;
    unsigned asked, pending;
    bool in, full, over;
    unsigned seen;
} peer[PEERS];

static void new_peer(struct peer *p)
{
    int a[2];
    fds_pair(a);
    *p = (struct peer){.fd = a[0], .other = a[1]};
}

static unsigned want(const struct peer *p)
{
    unsigned ready =
        (p->pending || p->over ? PLUG_READ : 0u) | (!p->full || p->over ? PLUG_WRITE : 0u);
    return p->in ? ready & p->asked : 0;
}

static void drain(struct peer *p)
{
    char b[4096];
    while (plug_sys()->read(p->other, b, sizeof b) > 0) {
    }
    p->full = false;
}

static void step_set(struct plug_selector *s, struct peer *p, unsigned events)
{
    switch (t_below(3)) {
    case 0:
        if (p->in) {
            T_ERR(plug_selector_add(s, p->fd, events, p), -EEXIST);
            return;
        }
        T_OK(plug_selector_add(s, p->fd, events, p));
        p->in = true;
        p->asked = events;
        return;
    case 1:
        if (!p->in) {
            T_ERR(plug_selector_mod(s, p->fd, events, p), -ENOENT);
            return;
        }
        T_OK(plug_selector_mod(s, p->fd, events, p));
        p->asked = events;
        return;
    default:
        T_EQ(plug_selector_del(s, p->fd), p->in ? 0 : -ENOENT);
        p->in = false;
    }
}

static void step_close(struct plug_selector *s, struct peer *p)
{
    bool before = t_below(2);
    if (before && p->in)
        T_OK(plug_selector_del(s, p->fd));
    fds_close(p->fd);
    if (!before && p->in)
        T_OK(plug_selector_del(s, p->fd));
    fds_close(p->other);
    new_peer(p); /* likely with the same numbers */
}

static void step_peer(struct peer *p)
{
    uint64_t what = t_below(8);
    if (what < 3 && !p->over) {
        fds_put(p->other);
        p->pending++;
    } else if (what < 5 && p->pending) {
        fds_take(p->fd);
        p->pending--;
    } else if (what == 5 && !p->over) {
        fds_fill(p->fd);
        p->full = true;
    } else if (what == 6 && !p->over) {
        drain(p);
    } else if (what == 7 && t_below(4) == 0) {
        T_OK(plug_sys()->shutdown(p->other, SHUT_RDWR));
        p->over = true;
    }
}

static void compare(struct plug_selector *s)
{
    size_t max = t_below(2) ? 64 : 1 + (size_t)t_below(3);
    int n = (int)T_OK(plug_selector_wait(s, ev, max, PLUG_NOWAIT)), expected = 0;
    for (int i = 0; i < PEERS; i++) {
        peer[i].seen = 0;
        expected += want(&peer[i]) != 0;
    }
    T_EQ(n, expected < (int)max ? expected : (int)max);
    for (int i = 0; i < n; i++) {
        struct peer *p = ev[i].data;
        T_EQ(ev[i].fd, p->fd);
        T_EQ(ev[i].events, want(p));
        T_EQ(p->seen++, 0);
        T_TRUE(plug_selector_fresh(s, &ev[i]));
    }
}

SELECTORS_ON_EACH(T_TEST_PLAIN, random_scripts_beside_a_model)
{
    for (int i = 0; i < PEERS; i++)
        new_peer(&peer[i]);
    for (int i = 0; i < STEPS; i++) {
        struct peer *p = &peer[t_below(PEERS)];
        uint64_t what = t_below(10);
        if (what < 4)
            step_set(s, p, 1 + (unsigned)t_below(3));
        else if (what < 9)
            step_peer(p);
        else
            step_close(s, p);
        compare(s);
    }
}

/* --- many --------------------------------------------------------------------------------- */

enum { MANY = 3000 };
static int many[MANY];

static void close_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < MANY; i++)
        if (many[i] > 0)
            plug_sys()->close(many[i]);
}

SELECTORS_ON_EACH(T_TEST_PLAIN, thousands_of_descriptors)
{
    static struct plug_event all[MANY];
    int idle[2], ready[2];
    fds_need(MANY + 200);
    fds_pipe(idle);
    fds_pipe(ready);
    fds_put(ready[1]);
    memset(many, 0, sizeof many);
    T_OWN(close_many, NULL);
    for (int i = 0; i < MANY; i++) {
        many[i] = (int)T_OK(plug_fd_dup(i % 5 ? idle[0] : ready[0]));
        T_OK(plug_selector_add(s, many[i], PLUG_READ, &many[i]));
    }
    T_TRUE(many[MANY - 1] > 1024);
    int n = (int)T_OK(plug_selector_wait(s, all, MANY, PLUG_S(1)));
    T_EQ(n, MANY / 5);
    for (int i = 0; i < n; i++)
        T_EQ(((int *)all[i].data - many) % 5, 0);
    for (int i = 0; i < MANY; i++)
        T_OK(plug_selector_del(s, many[i]));
    T_EQ(plug_selector_wait(s, all, MANY, PLUG_NOWAIT), 0);
}

/* All become ready at once, and are more than io_uring keeps completions for. */
SELECTORS_ON_EACH(T_TEST_PLAIN, thousands_are_ready_at_once)
{
    static struct plug_event all[MANY];
    int p[2];
    fds_need(MANY + 200);
    fds_pipe(p);
    memset(many, 0, sizeof many);
    T_OWN(close_many, NULL);
    for (int i = 0; i < MANY; i++) {
        many[i] = (int)T_OK(plug_fd_dup(p[0]));
        T_OK(plug_selector_add(s, many[i], PLUG_READ, &many[i]));
    }
    T_EQ(plug_selector_wait(s, all, MANY, PLUG_NOWAIT), 0);
    fds_put(p[1]);
    T_EQ(T_OK(plug_selector_wait(s, all, MANY, PLUG_S(1))), MANY);
    T_EQ(T_OK(plug_selector_wait(s, all, MANY - 1, PLUG_S(1))), MANY - 1);
    fds_take(p[0]);
    T_EQ(plug_selector_wait(s, all, MANY, PLUG_NOWAIT), 0);
    for (int i = 0; i < MANY; i++)
        T_OK(plug_selector_del(s, many[i]));
}

/* --- the choice --------------------------------------------------------------------------- */

static void unset(void *unused)
{
    (void)unused;
    unsetenv("PLUG_BACKEND");
    (void)!plug_sys_set(NULL);
}

T_TEST(the_environment_chooses)
{
    static const char *const names[] = {"epoll", "poll", "select", "uring"};
    need_uring();
    T_OWN(unset, NULL);
    for (size_t i = 0; i < 4; i++) {
        setenv("PLUG_BACKEND", names[i], 1);
        struct plug_selector *s = selectors_open(PLUG_BACKEND_AUTO);
        T_OK(plug_selector_fallback(s));
        T_STR(plug_backend_name(plug_selector_backend(s)), names[i]);
        T_EQ(plug_backend_find(names[i]), (int)plug_selector_backend(s));
        T_EQ(plug_selector_fd(s) >= 0, i == 0);
    }
    setenv("PLUG_BACKEND", "", 1);
    T_EQ(plug_selector_backend(selectors_open(PLUG_BACKEND_AUTO)), PLUG_BACKEND_EPOLL);
    setenv("PLUG_BACKEND", "kqueue", 1);
    struct plug_selector *s;
    T_ERR(plug_selector_open(&s, PLUG_BACKEND_AUTO), -EINVAL);
    T_ERR(plug_selector_open(&s, (enum plug_backend)99), -EINVAL);
    T_ERR(plug_backend_find("kqueue"), -EINVAL);
    T_EQ(plug_backend_find("auto"), PLUG_BACKEND_AUTO);
    T_STR(plug_backend_name(PLUG_BACKEND_AUTO), "auto");
    plug_selector_close(NULL);
}

static int no_epoll(int flags)
{
    (void)flags;
    return -ENOSYS;
}

T_TEST_PLAIN(what_the_machine_refuses_is_replaced_and_the_reason_kept)
{
    static struct plug_sys sys;
    struct plug_selector *s;
    sys = *plug_sys_kernel();
    sys.epoll_create1 = no_epoll;
    T_OWN(unset, NULL);
    T_OK(plug_sys_set(&sys));
    s = selectors_open(PLUG_BACKEND_AUTO);
    T_EQ(plug_selector_backend(s), PLUG_BACKEND_POLL);
    T_EQ(plug_selector_fallback(s), -ENOSYS);
    T_ERR(plug_selector_open(&s, PLUG_BACKEND_EPOLL), -ENOSYS);
}

static int refusal;

static int no_uring(unsigned entries, struct io_uring *ring, struct io_uring_params *params)
{
    (void)entries;
    (void)ring;
    (void)params;
    return refusal;
}

/* Every way in which a machine or a build says no; -EINVAL: the kernel is too old. */
T_TEST_PLAIN(epoll_serves_where_there_is_no_io_uring)
{
    static const int reasons[] = {-ENOSYS, -EPERM, -EINVAL, PLUG_EUNSUPPORTED};
    static struct plug_sys sys;
    struct plug_selector *s;
    need_uring();
    sys = *plug_sys_kernel();
    sys.uring_setup = no_uring;
    T_OWN(unset, NULL);
    T_OK(plug_sys_set(&sys));
    setenv("PLUG_BACKEND", "uring", 1);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        refusal = reasons[i];
        int told = refusal == -EINVAL ? PLUG_EUNSUPPORTED : refusal;
        T_ERR(plug_selector_open(&s, PLUG_BACKEND_URING), told);
        s = selectors_open(PLUG_BACKEND_AUTO);
        T_EQ(plug_selector_backend(s), PLUG_BACKEND_EPOLL);
        T_EQ(plug_selector_fallback(s), told);
    }
}
