/* SPDX-License-Identifier: MIT */
/* select: three lists in, three lists out. */
#include "fds.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/time.h>

static struct plug_select_list list(const int *fds, size_t count, int *ready)
{
    return (struct plug_select_list){fds, count, ready, 99};
}

T_TEST(order_and_duplicates_are_kept)
{
    int a[2], b[2], c[2], out[5];
    fds_pipe(a);
    fds_pipe(b);
    fds_pipe(c);
    fds_put(a[1]);
    fds_put(c[1]);
    int in[] = {c[0], a[0], b[0], c[0], a[0]};
    struct plug_select_list r = list(in, 5, out);
    T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_S(10), NULL)), 4);
    T_EQ(r.ret_count, 4);
    int want[] = {c[0], a[0], c[0], a[0]};
    T_MEM(out, want, sizeof want);
}

T_TEST(ready_is_told_again_until_it_is_dealt_with)
{
    int p[2], ready;
    char x;
    fds_pipe(p);
    fds_put(p[1]);
    struct plug_select_list r = list(&p[0], 1, &ready);
    for (int i = 0; i < 3; i++)
        T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_NOWAIT, NULL)), 1);
    T_OK(plug_sys()->read(p[0], &x, 1));
    T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_NOWAIT, NULL)), 0);
    T_EQ(r.ret_count, 0);
}

/* All of the second list come back only when all can be written. */
T_TEST(writers_are_those_with_room)
{
    int full[2], empty[2], ready[2];
    fds_pipe(full);
    fds_pipe(empty);
    T_OK(plug_sys()->fcntl(full[1], F_SETPIPE_SZ, 4096));
    fds_fill(full[1]);
    int in[] = {full[1], empty[1]};
    struct plug_select_list w = list(in, 2, ready);
    T_EQ(T_OK(plug_select(NULL, &w, NULL, PLUG_S(10), NULL)), 1);
    T_EQ(ready[0], empty[1]);
}

T_TEST(one_descriptor_in_several_lists)
{
    int p[2], r_out, w_out, x_out;
    fds_pair(p);
    fds_put(p[1]);
    struct plug_select_list r = list(p, 1, &r_out), w = list(p, 1, &w_out), x = list(p, 1, &x_out);
    T_EQ(T_OK(plug_select(&r, &w, &x, PLUG_S(10), NULL)), 2);
    T_EQ(r.ret_count, 1);
    T_EQ(w.ret_count, 1);
    T_EQ(x.ret_count, 0);
}

T_TEST(out_of_band_data_are_the_exceptional_case)
{
    struct plug_sock *l, *a, *b;
    struct plug_addr at;
    int fd, x_out, r_out;
    T_OK(plug_listen(&l, "tcp://127.0.0.1:0", NULL));
    T_OWN(plug_sock_close, l);
    T_OK(plug_sock_local(l, &at));
    T_OK(plug_sock_open(&a, AF_INET, SOCK_STREAM, 0));
    T_OWN(plug_sock_close, a);
    T_OK(plug_sock_connect(a, &at));
    T_OK(plug_sock_accept(l, &b, NULL));
    T_OWN(plug_sock_close, b);
    fd = plug_sock_fd(b);
    struct plug_select_list r = list(&fd, 1, &r_out), x = list(&fd, 1, &x_out);
    T_EQ(T_OK(plug_select(&r, NULL, &x, PLUG_NOWAIT, NULL)), 0);
    T_EQ(T_OK(plug_sock_send(a, "!", 1, MSG_OOB)), 1);
    T_OK(plug_select(NULL, NULL, &x, PLUG_S(10), NULL));
    T_EQ(x.ret_count, 1);
}

T_TEST(a_closed_descriptor_is_ebadf_and_nothing_is_written)
{
    int p[2], ready = 77, minus = -1;
    fds_pipe(p);
    fds_put(p[1]);
    int closed = (int)T_OK(plug_fd_dup(p[0]));
    (void)!plug_fd_close(closed);
    int in[] = {p[0], closed};
    struct plug_select_list r = list(in, 2, &ready), x = list(&minus, 1, NULL);
    T_ERR(plug_select(&r, NULL, NULL, PLUG_S(10), NULL), -EBADF);
    T_EQ(ready, 77);
    T_EQ(r.ret_count, 99);
    T_ERR(plug_select(NULL, NULL, &x, PLUG_S(10), NULL), -EBADF);
}

T_TEST(empty_lists_are_a_sleep)
{
    struct plug_select_list none = list(NULL, 0, NULL);
    int64_t start = plug_now();
    T_EQ(T_OK(plug_select(&none, &none, NULL, PLUG_MS(20), NULL)), 0);
    T_TRUE(plug_now() - start >= PLUG_MS(20));
    T_EQ(T_OK(plug_select(NULL, NULL, NULL, PLUG_NOWAIT, NULL)), 0);
}

T_TEST(the_answer_may_replace_the_question)
{
    int a[2], b[2];
    fds_pipe(a);
    fds_pipe(b);
    fds_put(b[1]);
    int both[] = {a[0], b[0]};
    struct plug_select_list r = list(both, 2, both);
    T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_S(10), NULL)), 1);
    T_EQ(both[0], b[0]);
    r = list(both, 1, NULL);
    T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_S(10), NULL)), 1);
    T_EQ(r.ret_count, 1);
}

T_TEST(a_scope_ends_it_with_an_error)
{
    int p[2];
    struct plug_deadline scope;
    fds_pipe(p);
    struct plug_select_list r = list(p, 1, NULL);
    plug_deadline_enter(&scope, PLUG_MS(10));
    int later = plug_select(&r, NULL, NULL, PLUG_S(5), NULL);
    int own = plug_select(&r, NULL, NULL, PLUG_NOWAIT, NULL);
    plug_deadline_leave(&scope);
    T_ERR(later, PLUG_ETIMEOUT);
    T_EQ(T_OK(own), 0);
}

/* --- hang-ups ------------------------------------------------------------------------- */

/* ppoll would return at once, for ever. */
static void hang_up(int p[2])
{
    T_OK(plug_sys()->shutdown(p[1], SHUT_RDWR));
}

T_TEST(a_hang_up_is_for_readers)
{
    int p[2], ready;
    fds_pair(p);
    hang_up(p);
    struct plug_select_list r = list(p, 1, &ready);
    T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_S(10), NULL)), 1);
}

T_TEST_PLAIN(what_no_list_asks_for_neither_ends_the_wait_nor_spins)
{
    int p[2];
    fds_pair(p);
    hang_up(p);
    struct plug_select_list x = list(p, 1, NULL);
    int64_t start = plug_now();
    plug_sys_record(true);
    int r = plug_select(NULL, NULL, &x, PLUG_MS(100), NULL);
    uint64_t polls = plug_sys_recorded("ppoll");
    plug_sys_record(false);
    T_EQ(T_OK(r), 0);
    T_EQ(x.ret_count, 0);
    T_TRUE(plug_now() - start >= PLUG_MS(100));
    T_TRUE(polls <= 40);
    /* and what else is ready still is */
    int q[2];
    fds_pipe(q);
    fds_put(q[1]);
    struct plug_select_list rd = list(q, 1, NULL);
    T_EQ(T_OK(plug_select(&rd, NULL, &x, PLUG_S(10), NULL)), 1);
}

T_TEST_PLAIN(hang_up_writers_asks_for_it)
{
    int p[2];
    struct plug_select_opts o = PLUG_SELECT_OPTS;
    fds_pair(p);
    fds_fill(p[0]);
    hang_up(p);
    struct plug_select_list w = list(p, 1, NULL);
    T_EQ(T_OK(plug_select(NULL, &w, NULL, PLUG_MS(30), NULL)), 0);
    o.hang_up_writers = true;
    T_EQ(T_OK(plug_select(NULL, &w, NULL, PLUG_MS(30), &o)), 1);
}

/* --- limits --------------------------------------------------------------------------- */

T_TEST(descriptors_from_1024_on)
{
    struct plug_select_opts strict = PLUG_SELECT_OPTS;
    int p[2], at[] = {1023, 1024, 1025}, ready[3];
    strict.strict = true;
    fds_need(1100);
    fds_pipe(p);
    fds_put(p[1]);
    for (int i = 0; i < 3; i++) {
        T_EQ(T_OK(plug_sys()->dup3(p[0], at[i], O_CLOEXEC)), at[i]);
        t_own_fd(at[i]);
    }
    struct plug_select_list r = list(at, 3, ready);
    T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_S(10), NULL)), 3);
    T_MEM(ready, at, sizeof at);
    T_ERR(plug_select(&r, NULL, NULL, PLUG_S(1), &strict), PLUG_ERANGE);
    r.count = 1;
    T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_S(1), &strict)), 1);
}

enum { N = 3000 };
static int fds[N], ready[N];

static void close_all(void *unused)
{
    (void)unused;
    for (int i = 0; i < N; i++)
        if (fds[i] > 0)
            plug_sys()->close(fds[i]);
}

T_TEST_PLAIN(thousands_of_descriptors)
{
    int p[2], q[2];
    fds_need(N + 200);
    fds_pipe(p);
    fds_pipe(q);
    fds_put(p[1]);
    T_OWN(close_all, NULL);
    for (int i = 0; i < N; i++)
        fds[i] = (int)T_OK(plug_fd_dup(i % 3 ? q[0] : p[0]));
    struct plug_select_list r = list(fds, N, ready);
    T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_S(10), NULL)), N / 3);
    for (int i = 0; i < N / 3; i++)
        T_EQ(ready[i], fds[3 * i]);
}

T_TEST(list_length_has_a_limit)
{
    static int same[PLUG_SELECT_MAX + 1];
    int p[2];
    fds_pipe(p);
    fds_put(p[1]);
    for (size_t i = 0; i <= PLUG_SELECT_MAX; i++)
        same[i] = p[0];
    struct plug_select_list r = list(same, PLUG_SELECT_MAX + 1, NULL);
    T_ERR(plug_select(&r, NULL, NULL, PLUG_S(10), NULL), -EINVAL);
    r.count = PLUG_SELECT_MAX;
    T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_S(10), NULL)), PLUG_SELECT_MAX);
    r.count = PLUG_SELECT_MAX - 1;
    T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_S(10), NULL)), PLUG_SELECT_MAX - 1);
}

T_TEST(options_of_a_wrong_size_are_refused)
{
    struct plug_select_opts o = PLUG_SELECT_OPTS;
    o.size--;
    T_ERR(plug_select(NULL, NULL, NULL, PLUG_NOWAIT, &o), PLUG_EOPTS);
}

/* --- signals -------------------------------------------------------------------------- */

static void nothing(int sig)
{
    (void)sig;
}

static void alarms_off(void *unused)
{
    struct itimerval none = {{0, 0}, {0, 0}};
    struct sigaction dfl = {.sa_handler = SIG_DFL};
    (void)unused;
    setitimer(ITIMER_REAL, &none, NULL);
    sigaction(SIGALRM, &dfl, NULL);
    plug_eintr_set(false);
}

T_TEST_PLAIN(signals_do_not_lengthen_or_shorten_it)
{
    struct sigaction sa = {.sa_handler = nothing};
    struct itimerval every = {{0, 2000}, {0, 2000}};
    int p[2];
    fds_pipe(p);
    struct plug_select_list r = list(p, 1, NULL);
    T_OWN(alarms_off, NULL);
    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    int64_t start = plug_now();
    T_EQ(T_OK(plug_select(&r, NULL, NULL, PLUG_MS(100), NULL)), 0);
    T_TRUE(plug_now() - start >= PLUG_MS(100));
    T_TRUE(plug_now() - start < PLUG_S(2));
    plug_eintr_set(true);
    T_ERR(plug_select(&r, NULL, NULL, PLUG_S(5), NULL), -EINTR);
}
