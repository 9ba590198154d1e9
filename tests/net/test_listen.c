/* SPDX-License-Identifier: MIT */
/* Listeners: the four steps, UNIX paths, both families, socket activation. */
#include "sock_pair.h"
#include <t.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct plug_sock *listener(const char *endpoint, const struct plug_listen_opts *opts)
{
    struct plug_sock *s;
    t_accept(-EADDRINUSE); /* a probe that cannot tell leaves the path alone */
    T_OK(plug_listen(&s, endpoint, opts));
    T_OWN(plug_listen_close, s);
    return s;
}

/* Somebody answers there (a probe that is told otherwise by an injected fault may take it). */
static void taken(const char *endpoint, const struct plug_listen_opts *opts)
{
    struct plug_sock *s;
    int r = plug_listen(&s, endpoint, opts);
    if (r == 0)
        plug_listen_close(s);
    if (r != 0 || !t_tortured())
        T_ERR(r, -EADDRINUSE);
}

static void end_listener(struct plug_sock *s)
{
    t_disown(s);
    plug_listen_close(s);
}

static void reach(struct plug_sock *l, int family, const char *host)
{
    struct plug_addr addr;
    struct plug_sock *c, *conn;
    T_OK(plug_sock_local(l, &addr));
    T_OK(plug_addr_parse_ip(host, family, plug_addr_port(&addr), &addr));
    T_OK(plug_sock_open(&c, family, SOCK_STREAM, 0));
    own(c);
    T_OK(plug_sock_connect(c, &addr));
    T_OK(plug_sock_accept(l, &conn, &addr));
    own(conn);
}

T_TEST(four_steps_in_one)
{
    struct plug_addr addr;
    struct plug_sock *l = listener("tcp://127.0.0.1:0", NULL);
    int64_t v = 0;
    T_OK(plug_sock_local(l, &addr));
    T_TRUE(plug_addr_port(&addr) != 0);
    T_OK(plug_sockopt_get(l, PLUG_SO_REUSE_ADDR, &v));
    T_EQ(v, 1);
    T_OK(plug_sockopt_get(l, PLUG_SO_ACCEPTING, &v));
    T_EQ(v, 1);
    T_EQ(T_OK(plug_sock_inheritable(l)), 0);
    reach(l, AF_INET, "127.0.0.1");
}

T_TEST(an_empty_host_is_loopback)
{
    struct plug_addr addr;
    struct plug_sock *l = listener("tcp://:0", NULL);
    T_OK(plug_sock_local(l, &addr));
    T_EQ(plug_addr_class(&addr), PLUG_ADDR_LOOPBACK);
    T_EQ(plug_addr_family(&addr), AF_INET);
}

T_TEST(udp_is_bound_and_does_not_share_its_port)
{
    struct plug_addr addr;
    struct plug_sock *l = listener("udp://127.0.0.1:0", NULL), *again;
    int64_t v = 1;
    T_OK(plug_sockopt_get(l, PLUG_SO_REUSE_ADDR, &v));
    T_EQ(v, 0);
    T_OK(plug_sock_local(l, &addr));
    T_ERR(plug_listen_addr(&again, &addr, SOCK_DGRAM, NULL), -EADDRINUSE);
}

T_TEST(names_are_looked_up)
{
    struct plug_addr addr;
    struct plug_sock *l = listener("tcp4://localhost:0", NULL), *none;
    T_OK(plug_sock_local(l, &addr));
    T_EQ(plug_addr_class(&addr), PLUG_ADDR_LOOPBACK);
    T_ERR(plug_listen(&none, "tls://localhost:0", NULL), PLUG_EUNSUPPORTED);
}

T_TEST(options_do_what_they_say)
{
    struct plug_listen_opts o = PLUG_LISTEN_OPTS;
    struct plug_addr addr;
    struct plug_sock *l = NULL;
    int64_t v = 1;
    o.reuse_addr_off = true;
    o.reuse_port = true;
    struct plug_sock *a = listener("tcp://127.0.0.1:0", &o);
    T_OK(plug_sockopt_get(a, PLUG_SO_REUSE_ADDR, &v));
    T_EQ(v, 0);
    T_OK(plug_sock_local(a, &addr));
    T_OK(plug_listen_addr(&l, &addr, SOCK_STREAM, &o)); /* two share the port */
    T_OWN(plug_listen_close, l);
    o.size = 1;
    T_ERR(plug_listen(&l, "tcp://127.0.0.1:0", &o), PLUG_EOPTS);
    o = (struct plug_listen_opts)PLUG_LISTEN_OPTS;
    o.mode = 010000;
    T_ERR(plug_listen(&l, "tcp://127.0.0.1:0", &o), PLUG_EOPTS);
    o.mode = 0;
    o.device = "nosuch0";
    T_ERR(plug_listen(&l, "tcp://127.0.0.1:0", &o), -ENODEV);
    T_ERR(plug_listen(&l, "tcp://192.0.2.1:0", NULL), -EADDRNOTAVAIL);
    T_ERR(plug_listen(&l, "nosuch://x", NULL), PLUG_ESCHEME);
}

T_TEST(a_restart_works_during_time_wait)
{
    struct plug_addr addr;
    struct plug_sock *l = listener("tcp://127.0.0.1:0", NULL), *c, *s;
    T_OK(plug_sock_local(l, &addr));
    T_OK(plug_sock_open(&c, AF_INET, SOCK_STREAM, 0));
    own(c);
    T_OK(plug_sock_connect(c, &addr));
    T_OK(plug_sock_accept(l, &s, NULL));
    plug_sock_close(s); /* the server closes first: TIME_WAIT is on its side */
    end_listener(l);
    end(c);
    T_OK(plug_listen_addr(&l, &addr, SOCK_STREAM, NULL));
    T_OWN(plug_listen_close, l);
}

/* --- both families --------------------------------------------------------------------- */

T_TEST(v6only_is_said_explicitly)
{
    need_ipv6();
    struct plug_listen_opts o = PLUG_LISTEN_OPTS;
    int64_t v = 0;
    T_OK(plug_sockopt_get(listener("tcp://[::1]:0", NULL), PLUG_SO_V6ONLY, &v));
    T_EQ(v, 1);
    o.dual_stack = true;
    T_OK(plug_sockopt_get(listener("tcp://[::]:0", &o), PLUG_SO_V6ONLY, &v));
    T_EQ(v, 0);
}

T_TEST(a_star_takes_both_families)
{
    struct plug_sock *l = listener("tcp://*:0", NULL);
    reach(l, AF_INET, "127.0.0.1");
    if (t_tortured())
        return; /* without IPv6 it is 0.0.0.0 */
    need_ipv6();
    T_TRUE(plug_has_ipv6());
    T_TRUE(plug_has_dual_stack());
    reach(l, AF_INET6, "::1");
}

/* --- UNIX paths ------------------------------------------------------------------------ */

static char dir[64];

static void remove_dir(void *unused)
{
    char path[128];
    (void)unused;
    for (const char *name = "abc"; *name; name++) {
        snprintf(path, sizeof path, "%s/%c", dir, *name);
        unlink(path);
    }
    rmdir(dir);
}

/* "unix:DIR/name" in a directory of its own. */
static const char *path_endpoint(char name)
{
    static char text[128];
    if (dir[0] == '\0' || access(dir, F_OK) != 0) {
        snprintf(dir, sizeof dir, "/tmp/plug-test-XXXXXX");
        if (!mkdtemp(dir))
            T_FAIL("mkdtemp");
        T_OWN(remove_dir, NULL);
    }
    snprintf(text, sizeof text, "unix:%s/%c", dir, name);
    return text;
}

static bool exists(const char *endpoint)
{
    struct stat st;
    return lstat(endpoint + 5, &st) == 0;
}

static unsigned mode_of(const char *endpoint)
{
    struct stat st;
    return lstat(endpoint + 5, &st) == 0 ? st.st_mode & 07777 : 0;
}

T_TEST(the_path_goes_with_its_listener)
{
    const char *at = path_endpoint('a');
    struct plug_sock *l = listener(at, NULL);
    T_TRUE(exists(at));
    end_listener(l);
    if (!t_tortured()) /* it cannot be removed when that fails */
        T_TRUE(!exists(at));
    T_OK(plug_listen(&l, at, NULL));
    plug_sock_close(l); /* leaves it */
    T_TRUE(exists(at));
}

T_TEST(a_stale_path_is_taken_over_an_answered_one_is_not)
{
    const char *at = path_endpoint('a');
    struct plug_listen_opts keep = PLUG_LISTEN_OPTS;
    struct plug_sock *first;
    keep.keep_path = true;
    T_OK(plug_listen(&first, at, NULL));
    T_OWN(plug_sock_close, first); /* as if it had crashed */
    taken(at, NULL);
    t_disown(first);
    plug_sock_close(first);
    taken(at, &keep);
    (void)listener(at, NULL);
    T_TRUE(exists(at));
}

T_TEST(a_full_queue_is_an_answer)
{
    const char *at = path_endpoint('a');
    struct plug_listen_opts o = PLUG_LISTEN_OPTS;
    struct plug_addr addr;
    struct plug_sock *c[3];
    o.backlog = 1;
    struct plug_sock *l = listener(at, &o);
    T_OK(plug_sock_local(l, &addr));
    for (int i = 0; i < 3; i++) {
        T_OK(plug_sock_open(&c[i], AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
        own(c[i]);
        int r = plug_sock_connect(c[i], &addr);
        if (r != -EAGAIN)
            T_OK(r);
    }
    taken(at, NULL);
}

T_TEST(what_is_no_socket_is_left_alone)
{
    const char *at = path_endpoint('b');
    struct plug_sock *l;
    int fd = open(at + 5, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    T_TRUE(fd >= 0);
    close(fd);
    T_ERR(plug_listen(&l, at, NULL), -EEXIST);
    T_TRUE(exists(at));
    unlink(at + 5);
    T_EQ(symlink("/nonexistent", at + 5), 0);
    T_ERR(plug_listen(&l, at, NULL), -EEXIST);
}

T_TEST(datagram_paths_too)
{
    char at[160];
    struct plug_sock *l;
    snprintf(at, sizeof at, "unix-dgram:%s", path_endpoint('c') + 5);
    l = listener(at, NULL);
    taken(at, NULL);
    t_disown(l);
    plug_sock_close(l);
    l = listener(at, NULL);
}

static mode_t mask_before;
static void mask_back(void *unused)
{
    (void)unused;
    umask(mask_before);
}

T_TEST(permissions_are_as_told_whatever_the_umask)
{
    static const struct {
        mode_t umask;
        unsigned mode, want;
    } rows[] = {
        {0, 0, 0600}, {077, 0666, 0666}, {0, 0660, 0660}, {0777, 0, 0600}, {022, 0222, 0222}};
    const char *at = path_endpoint('a');
    mask_before = umask(022);
    T_OWN(mask_back, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct plug_listen_opts o = PLUG_LISTEN_OPTS;
        o.mode = rows[i].mode;
        umask(rows[i].umask);
        struct plug_sock *l = listener(at, &o);
        T_EQ(mode_of(at), rows[i].want);
        end_listener(l);
    }
}

/* Between bind and the first chance to look, the file is never open wider than asked for. */
static unsigned seen_mode;
static int look_after_bind(int fd, const struct sockaddr *sa, socklen_t len)
{
    struct stat st;
    int r = plug_sys_kernel()->bind(fd, sa, len);
    if (r >= 0 && sa->sa_family == AF_UNIX && lstat(sa->sa_data, &st) == 0)
        seen_mode = st.st_mode & 07777;
    return r;
}

static void kernel_back(void *unused)
{
    (void)unused;
    (void)!plug_sys_set(NULL);
}

T_TEST_PLAIN(permissions_are_narrow_from_the_first_moment)
{
    struct plug_sys sys = *plug_sys_kernel();
    const char *at = path_endpoint('a');
    mask_before = umask(0);
    T_OWN(mask_back, NULL);
    sys.bind = look_after_bind;
    T_OWN(kernel_back, NULL);
    T_OK(plug_sys_set(&sys));
    end_listener(listener(at, NULL));
    T_OK(plug_sys_set(NULL));
    T_EQ(seen_mode, 0600);
}

T_TEST(a_path_that_is_not_ours_any_more_stays)
{
    const char *at = path_endpoint('a');
    struct plug_sock *l = listener(at, NULL), *other;
    unlink(at + 5);
    T_OK(plug_listen(&other, at, NULL));
    T_OWN(plug_sock_close, other);
    end_listener(l);
    T_TRUE(exists(at));
}

T_TEST_PLAIN(a_forked_child_does_not_remove_its_parents_path)
{
    const char *at = path_endpoint('a');
    struct plug_sock *l = listener(at, NULL);
    pid_t pid = fork();
    if (pid == 0) {
        plug_listen_close(l);
        _exit(0);
    }
    T_TRUE(waitpid(pid, NULL, 0) == pid);
    T_TRUE(exists(at));
}

/* Many that start at once over a stale path: exactly one gets it, and can be reached. */
T_TEST_PLAIN(exactly_one_of_many_takes_the_path)
{
    enum { N = 12 };
    for (int round = 0; round < 5; round++) {
        const char *at = path_endpoint('a');
        struct plug_sock *stale;
        int start[2], hold[2], won = 0;
        pid_t pid[N];
        T_OK(plug_listen(&stale, at, NULL));
        plug_sock_close(stale);
        T_TRUE(pipe(start) == 0 && pipe(hold) == 0);
        for (int i = 0; i < N; i++)
            if ((pid[i] = fork()) == 0) {
                struct plug_sock *l;
                char c;
                close(start[1]);
                (void)!read(start[0], &c, 1);
                int r = plug_listen(&l, at, NULL);
                (void)!write(hold[1], r == 0 ? "y" : "n", 1);
                close(hold[1]);
                if (r == 0) /* answers until everybody has tried */
                    alarm(10), pause();
                _exit(r == 0 || r == -EADDRINUSE ? 0 : 1);
            }
        close(start[0]);
        close(start[1]); /* go */
        close(hold[1]);
        for (int i = 0; i < N; i++) {
            char c = 0;
            (void)!read(hold[0], &c, 1);
            won += c == 'y';
        }
        close(hold[0]);
        struct plug_addr addr;
        struct plug_sock *c;
        T_OK(plug_addr_unix(at + 5, strlen(at + 5), &addr));
        T_OK(plug_sock_open(&c, AF_UNIX, SOCK_STREAM, 0));
        own(c);
        int r = plug_sock_connect(c, &addr);
        for (int i = 0; i < N; i++) {
            kill(pid[i], SIGKILL);
            waitpid(pid[i], NULL, 0);
        }
        T_EQ(won, 1);
        T_OK(r);
        end(c);
    }
}

T_TEST(abstract_names_have_no_file)
{
    struct plug_sock *l = listener("unix:@plug-test-abstract", NULL), *again;
    T_ERR(plug_listen(&again, "unix:@plug-test-abstract", NULL), -EADDRINUSE);
    end_listener(l);
    l = listener("seqpacket:@plug-test-abstract", NULL);
    T_EQ(plug_sock_type(l), SOCK_SEQPACKET);
}

/* --- socket activation ----------------------------------------------------------------- */

static void no_variables(void *unused)
{
    (void)unused;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}

static void variables(const char *pid, const char *fds, const char *names)
{
    T_OWN(no_variables, NULL);
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", fds, 1);
    if (names)
        setenv("LISTEN_FDNAMES", names, 1);
    else
        unsetenv("LISTEN_FDNAMES");
}

T_TEST_PLAIN(variables_are_believed_only_when_they_are_for_us)
{
    char pid[16], more[24];
    struct plug_sock *s;
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    snprintf(more, sizeof more, "%d", PLUG_LISTEN_FDS_MAX + 1);
    T_EQ(plug_listen_fds(), 0);
    variables("1", "2", NULL);
    T_EQ(plug_listen_fds(), 0);
    variables(pid, "-1", NULL);
    T_EQ(plug_listen_fds(), 0);
    variables(pid, "2x", NULL);
    T_EQ(plug_listen_fds(), 0);
    variables(pid, more, NULL);
    T_EQ(plug_listen_fds(), 0);
    more[0] = '\0';
    snprintf(more, sizeof more, "%d", PLUG_LISTEN_FDS_MAX);
    variables(pid, more, NULL);
    T_EQ(plug_listen_fds(), PLUG_LISTEN_FDS_MAX);
    variables(pid, "2", NULL);
    T_EQ(plug_listen_fds(), 2);
    T_ERR(plug_listen_fd(&s, -1, NULL, 0), -EBADF);
    T_ERR(plug_listen_fd(&s, 2, NULL, 0), -EBADF);
}

/* In a child, whose descriptors 3 and 4 are ours to give. */
static int activated(void)
{
    char pid[16], name[8];
    struct plug_sock *l = NULL, *s = NULL;
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "2", 1);
    setenv("LISTEN_FDNAMES", "web:control", 1);
    close(3);
    close(4);
    if (plug_listen(&l, "tcp://127.0.0.1:0", NULL) < 0)
        return 1;
    if (plug_sock_fd(l) != 3 && dup2(plug_sock_fd(l), 3) != 3)
        return 2;
    if (plug_listen_fd(&s, 0, name, sizeof name) != 0 || strcmp(name, "web") != 0)
        return 3;
    if (plug_sock_type(s) != SOCK_STREAM || plug_sock_inheritable(s) != 0)
        return 4;
    if (plug_listen_fd(&s, 0, name, 3) != -ENOSPC || plug_listen_fd(&s, 0, name, 0) != -ENOSPC)
        return 5;
    return 0;
}

T_TEST_PLAIN(passed_descriptors_become_handles)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(activated());
    T_TRUE(waitpid(pid, &status, 0) == pid);
    T_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}
