/* SPDX-License-Identifier: MIT */
/* The epoll set. */
#include "fds.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct plug_epoll *open_set(void)
{
    struct plug_epoll *e;
    T_OK(plug_epoll_open(&e));
    T_OWN(plug_epoll_close, e);
    return e;
}

static char A[] = "a", B[] = "b";
static struct plug_event ev[8];

static int wait_now(struct plug_epoll *e)
{
    return (int)T_OK(plug_epoll_wait(e, ev, 8, PLUG_NOWAIT));
}

T_TEST(add_mod_del)
{
    struct plug_epoll *e = open_set();
    int a[2];
    fds_pair(a);
    T_OK(plug_epoll_add(e, a[0], EPOLLIN, A));
    T_ERR(plug_epoll_add(e, a[0], EPOLLIN, A), -EEXIST);
    T_EQ(plug_epoll_count(e), 1);
    T_EQ(wait_now(e), 0);
    fds_put(a[1]);
    T_EQ(T_OK(plug_epoll_wait(e, ev, 8, PLUG_S(1))), 1);
    T_EQ(ev[0].fd, a[0]);
    T_EQ(ev[0].events, EPOLLIN);
    T_TRUE(ev[0].data == A);
    T_OK(plug_epoll_mod(e, a[0], EPOLLOUT, B));
    T_EQ(wait_now(e), 1);
    T_EQ(ev[0].events, EPOLLOUT);
    T_TRUE(ev[0].data == B);
    T_OK(plug_epoll_del(e, a[0]));
    T_EQ(wait_now(e), 0);
    T_ERR(plug_epoll_del(e, a[0]), -ENOENT);
    T_ERR(plug_epoll_mod(e, a[0], EPOLLIN, A), -ENOENT);
    T_EQ(plug_epoll_count(e), 0);
    T_OK(plug_epoll_add(e, a[0], EPOLLIN, A));
}

T_TEST(what_cannot_be_registered)
{
    struct plug_epoll *e = open_set();
    int file = (int)T_OK(plug_sys()->openat(AT_FDCWD, "/proc/self/exe", O_RDONLY | O_CLOEXEC, 0));
    t_own_fd(file);
    T_ERR(plug_epoll_add(e, file, EPOLLIN, NULL), -EPERM);
    T_ERR(plug_epoll_add(e, -1, EPOLLIN, NULL), -EBADF);
    T_ERR(plug_epoll_add(e, 999, EPOLLIN, NULL), -EBADF);
    T_ERR(plug_epoll_mod(e, 999, EPOLLIN, NULL), -EBADF);
    T_ERR(plug_epoll_del(e, 999), -EBADF);
    T_ERR(plug_epoll_add(e, plug_epoll_fd(e), EPOLLIN, NULL), -EINVAL);
    T_ERR(plug_epoll_wait(e, ev, 0, PLUG_NOWAIT), -EINVAL);
    T_EQ(plug_epoll_count(e), 0);
}

T_TEST(level_triggered_tells_again_edge_triggered_once)
{
    struct plug_epoll *e = open_set();
    int a[2];
    fds_pair(a);
    T_OK(plug_epoll_add(e, a[0], EPOLLIN, NULL));
    fds_put(a[1]);
    for (int i = 0; i < 3; i++)
        T_EQ(wait_now(e), 1);
    T_OK(plug_epoll_mod(e, a[0], EPOLLIN | EPOLLET, NULL));
    T_EQ(wait_now(e), 1);
    T_EQ(wait_now(e), 0);
    fds_put(a[1]);
    T_EQ(wait_now(e), 1);
    T_EQ(wait_now(e), 0);
}

T_TEST(one_shot_is_silent_until_it_is_armed)
{
    struct plug_epoll *e = open_set();
    int a[2];
    fds_pair(a);
    T_OK(plug_epoll_add(e, a[0], EPOLLIN | EPOLLONESHOT, A));
    fds_put(a[1]);
    T_EQ(wait_now(e), 1);
    T_EQ(wait_now(e), 0);
    T_OK(plug_epoll_mod(e, a[0], EPOLLIN | EPOLLONESHOT, B));
    T_EQ(wait_now(e), 1);
    T_TRUE(ev[0].data == B);
    T_OK(plug_epoll_del(e, a[0]));
}

T_TEST(exclusive_and_rdhup)
{
    struct plug_epoll *e = open_set(), *f = open_set();
    int a[2];
    fds_pair(a);
    T_OK(plug_epoll_add(e, a[0], EPOLLIN | EPOLLEXCLUSIVE, A));
    T_OK(plug_epoll_add(f, a[0], EPOLLIN | EPOLLEXCLUSIVE, B));
    T_ERR(plug_epoll_mod(e, a[0], EPOLLIN | EPOLLEXCLUSIVE, A), -EINVAL);
    fds_put(a[1]);
    T_TRUE(wait_now(e) + wait_now(f) >= 1);
    T_OK(plug_epoll_del(f, a[0]));
    T_OK(plug_epoll_add(f, a[0], EPOLLRDHUP, B));
    T_EQ(wait_now(f), 0);
    T_OK(plug_sys()->shutdown(a[1], SHUT_WR));
    T_EQ(wait_now(f), 1);
    T_EQ(ev[0].events, EPOLLRDHUP);
    T_OK(plug_sys()->shutdown(a[1], SHUT_RDWR));
    T_EQ(wait_now(f), 1);
    T_EQ(ev[0].events, EPOLLRDHUP | EPOLLHUP);
}

T_TEST(it_ends_in_time)
{
    struct plug_epoll *e = open_set();
    struct plug_deadline scope;
    int64_t start = plug_now();
    T_EQ(T_OK(plug_epoll_wait(e, ev, 8, PLUG_US(1500))), 0);
    T_TRUE(plug_now() - start >= PLUG_US(1500));
    plug_deadline_enter(&scope, PLUG_MS(10));
    int later = plug_epoll_wait(e, ev, 8, PLUG_S(5)), own = plug_epoll_wait(e, ev, 8, PLUG_NOWAIT);
    plug_deadline_leave(&scope);
    T_ERR(later, PLUG_ETIMEOUT);
    T_EQ(T_OK(own), 0);
}

T_TEST(more_than_fit_come_in_turns)
{
    struct plug_epoll *e = open_set();
    int seen = 0;
    static char mark[40];
    memset(mark, 0, sizeof mark);
    for (size_t i = 0; i < sizeof mark; i++) {
        int p[2];
        fds_pipe(p);
        fds_put(p[1]);
        T_OK(plug_epoll_add(e, p[0], EPOLLIN, &mark[i]));
    }
    for (int round = 0; round < 5; round++) {
        T_EQ(T_OK(plug_epoll_wait(e, ev, 8, PLUG_S(1))), 8);
        for (int i = 0; i < 8; i++)
            seen += !(*(char *)ev[i].data)++;
    }
    T_EQ(seen, sizeof mark);
    struct plug_event all[50];
    T_EQ(T_OK(plug_epoll_wait(e, all, 50, PLUG_S(1))), (int)sizeof mark);
}

T_TEST(an_epoll_descriptor_can_be_waited_for)
{
    struct plug_epoll *e = open_set(), *outer = open_set();
    int p[2];
    fds_pipe(p);
    T_OK(plug_epoll_add(e, p[0], EPOLLIN, A));
    T_OK(plug_epoll_add(outer, plug_epoll_fd(e), EPOLLIN, e));
    T_EQ(wait_now(outer), 0);
    fds_put(p[1]);
    T_EQ(wait_now(outer), 1);
    T_TRUE(ev[0].data == e);
    T_ERR(plug_wait(plug_epoll_fd(e), POLLIN, plug_now() + PLUG_S(1)), POLLIN);
}

/* --- closing a registered descriptor ------------------------------------------------------ */

#define HIGH 900 /* a number that nothing else takes */

/* A descriptor with something to read, closed behind the set's back while dup lives on. */
static int haunted(struct plug_epoll *e, int p[2], void *data)
{
    int fd;
    fds_pipe(p);
    fds_put(p[1]);
    fd = (int)T_OK(plug_sys()->dup3(p[0], HIGH, O_CLOEXEC));
    t_own_fd(fd);
    T_OK(plug_epoll_add(e, fd, EPOLLIN, data));
    fds_close(fd);
    return fd;
}

T_TEST(closed_without_a_duplicate_it_is_silent)
{
    struct plug_epoll *e = open_set();
    int p[2];
    fds_pipe(p);
    T_OK(plug_epoll_add(e, p[0], EPOLLIN, A));
    fds_close(p[0]);
    T_EQ(wait_now(e), 0);
    T_ERR(plug_epoll_del(e, p[0]), -EBADF);
    T_EQ(plug_epoll_count(e), 0);
}

T_TEST(closed_with_a_duplicate_it_goes_on_until_it_is_deleted)
{
    struct plug_epoll *e = open_set();
    int p[2], fd = haunted(e, p, A);
    T_EQ(wait_now(e), 1); /* it still belongs to A */
    T_TRUE(ev[0].data == A);
    T_TRUE(plug_epoll_fresh(e, &ev[0]));
    T_ERR(plug_epoll_del(e, fd), -EBADF);
    T_TRUE(!plug_epoll_fresh(e, &ev[0]));
    T_EQ(wait_now(e), 0);
}

T_TEST(a_late_event_does_not_reach_the_next_owner)
{
    struct plug_epoll *e = open_set();
    int p[2], q[2], fd = haunted(e, p, A);
    fds_pipe(q);
    T_EQ(T_OK(plug_sys()->dup3(q[0], fd, O_CLOEXEC)), fd);
    t_own_fd(fd);
    T_OK(plug_epoll_add(e, fd, EPOLLIN, B)); /* ends A's registration */
    T_EQ(plug_epoll_count(e), 1);
    T_EQ(wait_now(e), 0);
    fds_put(q[1]);
    T_EQ(wait_now(e), 1);
    T_TRUE(ev[0].data == B);
    /* the same file under the same number again */
    T_OK(plug_epoll_del(e, fd));
    fd = haunted(e, p, A);
    T_ERR(plug_epoll_del(e, fd), -EBADF);
    T_EQ(T_OK(plug_sys()->dup3(p[0], fd, O_CLOEXEC)), fd);
    t_own_fd(fd);
    T_OK(plug_epoll_add(e, fd, EPOLLIN, B));
    T_EQ(wait_now(e), 1);
    T_TRUE(ev[0].data == B);
}

T_TEST_PLAIN(the_set_moves_instead_of_waking_for_nothing)
{
    struct plug_epoll *e = open_set();
    int p[2], level[2], edge[2], once[2], twice[2], lost[2], shared[2];
    int number = plug_epoll_fd(e), fd = haunted(e, p, A);
    fds_pair(level), fds_pair(edge), fds_pair(once), fds_pair(twice), fds_pair(shared);
    T_OK(plug_epoll_add(e, level[0], EPOLLIN, level));
    T_OK(plug_epoll_add(e, edge[0], EPOLLIN | EPOLLET, edge));
    T_OK(plug_epoll_add(e, once[0], EPOLLIN | EPOLLONESHOT, once));
    T_OK(plug_epoll_add(e, twice[0], EPOLLIN | EPOLLONESHOT, twice));
    T_OK(plug_epoll_add(e, shared[0], EPOLLIN | EPOLLEXCLUSIVE, shared));
    fds_put(once[1]);
    T_EQ(wait_now(e), 2); /* A and once, which is disarmed now */
    /* closed, not deleted, its number another file's: must not get in by the move */
    fds_pair(lost);
    T_OK(plug_epoll_add(e, lost[0], EPOLLIN, lost));
    T_EQ(T_OK(plug_sys()->dup3(p[0], lost[0], O_CLOEXEC)), lost[0]);
    T_ERR(plug_epoll_del(e, fd), -EBADF);
    plug_sys_record(true);
    int r = plug_epoll_wait(e, ev, 8, PLUG_MS(50));
    uint64_t waits = plug_sys_recorded("epoll_pwait2");
    plug_sys_record(false);
    T_EQ(T_OK(r), 0);
    T_EQ(waits, 2);
    T_EQ(plug_epoll_fd(e), number);
    T_EQ(T_OK(plug_sys()->fcntl(number, F_GETFD, 0)), FD_CLOEXEC);
    T_EQ(wait_now(e), 0);
    fds_put(level[1]), fds_put(edge[1]), fds_put(twice[1]), fds_put(shared[1]);
    T_EQ(wait_now(e), 4);
    T_EQ(wait_now(e), 2); /* level and shared */
    T_OK(plug_epoll_mod(e, once[0], EPOLLIN | EPOLLONESHOT, once));
    T_EQ(wait_now(e), 3);
    T_OK(plug_epoll_mod(e, once[0], EPOLLIN | EPOLLONESHOT, once));
    T_OK(plug_epoll_del(e, once[0]));
    T_OK(plug_epoll_del(e, twice[0]));
    T_OK(plug_epoll_del(e, shared[0]));
}

T_TEST(a_one_shot_that_was_left_out_can_be_deleted)
{
    struct plug_epoll *e = open_set();
    int once[2], p[2], fd = haunted(e, p, A);
    fds_pair(once);
    T_OK(plug_epoll_add(e, once[0], EPOLLIN | EPOLLONESHOT, B));
    fds_put(once[1]);
    T_EQ(wait_now(e), 2);
    T_ERR(plug_epoll_del(e, fd), -EBADF);
    T_EQ(wait_now(e), 0);
    T_OK(plug_epoll_del(e, once[0]));
    T_EQ(plug_epoll_count(e), 0);
}

T_TEST(fresh_tells_who_is_gone_within_a_batch)
{
    struct plug_epoll *e = open_set();
    int p[2], q[2];
    fds_pipe(p);
    fds_pipe(q);
    fds_put(p[1]);
    fds_put(q[1]);
    T_OK(plug_epoll_add(e, p[0], EPOLLIN, A));
    T_OK(plug_epoll_add(e, q[0], EPOLLIN, B));
    T_EQ(wait_now(e), 2);
    int second = ev[1].fd;
    T_TRUE(plug_epoll_fresh(e, &ev[1]));
    T_OK(plug_epoll_del(e, second));
    T_TRUE(!plug_epoll_fresh(e, &ev[1]));
    T_OK(plug_epoll_add(e, second, EPOLLIN, A)); /* the next owner of that number */
    T_TRUE(!plug_epoll_fresh(e, &ev[1]));
    T_TRUE(plug_epoll_fresh(e, &ev[0]));
}

/* --- fork --------------------------------------------------------------------------------- */

static void end_child(void *pid)
{
    waitpid((pid_t)(intptr_t)pid, NULL, 0);
}

/* Runs fn in a child; its end of a socket pair says when. */
static int child(int p[2], int (*fn)(struct plug_epoll *, int), struct plug_epoll *e)
{
    fds_pair(p);
    pid_t pid = fork();
    if (pid == 0) {
        plug_sys()->fcntl(p[1], F_SETFL, 0);
        _exit(fn(e, p[1]));
    }
    T_OWN(end_child, (void *)(intptr_t)pid);
    return (int)pid;
}

static int stay(struct plug_epoll *e, int until)
{
    char x;
    (void)e;
    plug_sys()->write(until, "r", 1);
    plug_sys()->read(until, &x, 1);
    return 0;
}

/* What the parent closes lives on in the child. */
T_TEST_PLAIN(a_descriptor_that_a_child_holds_does_not_haunt_the_parent)
{
    struct plug_epoll *e = open_set();
    int go[2], p[2];
    fds_pipe(p);
    T_OK(plug_epoll_add(e, p[0], EPOLLIN, A));
    fds_put(p[1]);
    child(go, stay, e);
    T_OK(plug_wait(go[0], POLLIN, plug_now() + PLUG_S(10)));
    fds_close(p[0]);
    T_EQ(wait_now(e), 1); /* not deleted: still A's */
    T_ERR(plug_epoll_del(e, p[0]), -EBADF);
    int64_t start = plug_now();
    T_EQ(T_OK(plug_epoll_wait(e, ev, 8, PLUG_MS(30))), 0);
    T_TRUE(plug_now() - start >= PLUG_MS(30));
    fds_put(go[0]);
}

static int delete_there(struct plug_epoll *e, int fd)
{
    return plug_epoll_del(e, fd) == 0 ? stay(e, fd) : 1;
}

/* As documented: the set is shared, not copied. */
T_TEST_PLAIN(parent_and_child_share_a_set)
{
    struct plug_epoll *e = open_set();
    int go[2];
    fds_pair(go);
    T_OK(plug_epoll_add(e, go[1], EPOLLOUT, A));
    T_EQ(wait_now(e), 1);
    pid_t pid = fork();
    if (pid == 0)
        _exit(delete_there(e, go[1]));
    T_OWN(end_child, (void *)(intptr_t)pid);
    T_OK(plug_wait(go[0], POLLIN, plug_now() + PLUG_S(10)));
    T_EQ(wait_now(e), 0);
    fds_put(go[0]);
}

/* --- sets of others ----------------------------------------------------------------------- */

T_TEST(adopted_sets_tell_of_strangers_too)
{
    struct plug_epoll *e;
    struct epoll_event theirs = {.events = EPOLLIN, .data.u64 = 4711};
    int fd = (int)T_OK(plug_sys()->epoll_create1(EPOLL_CLOEXEC)), p[2], q[2];
    t_own_fd(fd);
    fds_pipe(p);
    fds_pipe(q);
    fds_put(p[1]);
    fds_put(q[1]);
    T_OK(plug_sys()->epoll_ctl(fd, EPOLL_CTL_ADD, p[0], &theirs));
    T_OK(plug_epoll_adopt(&e, fd));
    fds_disown(fd);
    T_OWN(plug_epoll_close, e);
    T_EQ(plug_epoll_fd(e), fd);
    T_EQ(wait_now(e), 1);
    T_EQ(ev[0].fd, -1);
    T_EQ((intptr_t)ev[0].data, 4711);
    T_EQ(ev[0].id, 0);
    T_OK(plug_epoll_add(e, q[0], EPOLLIN, B));
    T_ERR(plug_epoll_add(e, p[0], EPOLLIN, A), -EEXIST);
    T_EQ(wait_now(e), 2);
    T_OK(plug_epoll_mod(e, p[0], EPOLLIN, A));
    T_EQ(wait_now(e), 2);
    T_TRUE(ev[0].fd >= 0 && ev[1].fd >= 0);
    T_OK(plug_epoll_del(e, p[0]));
    T_EQ(wait_now(e), 1);
    T_TRUE(ev[0].data == B);
    T_ERR(plug_epoll_del(e, p[0]), -ENOENT);
}

T_TEST(only_epoll_descriptors_are_adopted)
{
    struct plug_epoll *e;
    int p[2];
    fds_pipe(p);
    T_ERR(plug_epoll_adopt(&e, p[0]), -EINVAL);
    T_ERR(plug_epoll_adopt(&e, -1), -EBADF);
    plug_epoll_close(NULL);
}

T_TEST(an_adopted_set_cannot_move_but_ends_in_time)
{
    struct plug_epoll *e;
    int fd = (int)T_OK(plug_sys()->epoll_create1(EPOLL_CLOEXEC)), p[2];
    t_own_fd(fd);
    T_OK(plug_epoll_adopt(&e, fd));
    fds_disown(fd);
    T_OWN(plug_epoll_close, e);
    T_ERR(plug_epoll_del(e, haunted(e, p, A)), -EBADF);
    T_EQ(wait_now(e), 0);
    T_EQ(T_OK(plug_epoll_wait(e, ev, 8, PLUG_MS(5))), 0);
    fds_take(p[0]);
    T_EQ(wait_now(e), 0);
}

/* --- on another waiter -------------------------------------------------------------------- */

static unsigned waits;

static int count_wait(struct plug_waiter *w, int fd, short events, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left = plug_deadline_left(deadline);
    struct timespec ts = {left / PLUG_S(1), left % PLUG_S(1)};
    (void)w;
    waits++;
    int r = plug_sys()->ppoll(&p, 1, left < 0 ? NULL : &ts, NULL);
    return r < 0 ? r : r == 0 ? PLUG_ETIMEOUT : p.revents;
}

static struct plug_waiter counting = {.size = sizeof counting, .wait = count_wait};

static void waiter_back(void *w)
{
    plug_waiter_set(w);
}

T_TEST(the_waiter_of_the_thread_does_the_waiting)
{
    struct plug_epoll *e = open_set();
    int p[2];
    fds_pipe(p);
    T_OK(plug_epoll_add(e, p[0], EPOLLIN, A));
    waits = 0;
    plug_waiter_set(&counting);
    T_OWN(waiter_back, NULL);
    T_EQ(T_OK(plug_epoll_wait(e, ev, 8, PLUG_MS(10))), 0);
    T_TRUE(waits >= 1);
    fds_put(p[1]);
    T_EQ(T_OK(plug_epoll_wait(e, ev, 8, PLUG_S(1))), 1);
    T_TRUE(waits >= 2);
}

/* --- on a kernel before 5.11 -------------------------------------------------------------- */

static bool refuse(unsigned call)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum { WELL, CANNOT_REFUSE, TOO_EARLY, NO_EVENT, TIMEOUT_LOST };

static int without_pwait2(struct plug_epoll *e, int ready)
{
    int64_t start = plug_now();
    if (!refuse(SYS_epoll_pwait2))
        return CANNOT_REFUSE;
    for (int i = 0; i < 2; i++)
        if (plug_epoll_wait(e, ev, 8, PLUG_US(1500)) != 0 || plug_now() - start < PLUG_US(1500))
            return TOO_EARLY;
    if (plug_now() - start > PLUG_S(5))
        return TIMEOUT_LOST;
    if (plug_sys()->write(ready, "x", 1) != 1 || plug_epoll_wait(e, ev, 8, PLUG_FOREVER) != 1)
        return NO_EVENT;
    return WELL;
}

T_TEST_PLAIN(without_epoll_pwait2_a_wait_is_rounded_up_to_milliseconds)
{
    struct plug_epoll *e = open_set();
    int p[2], status = 0;
    fds_pipe(p);
    T_OK(plug_epoll_add(e, p[0], EPOLLIN, A));
    pid_t pid = fork();
    if (pid == 0)
        _exit(without_pwait2(e, p[1]));
    T_EQ(waitpid(pid, &status, 0), pid);
    T_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == CANNOT_REFUSE)
        T_SKIP("seccomp is not allowed here");
    T_EQ(WEXITSTATUS(status), WELL);
}
