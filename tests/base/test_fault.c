/* SPDX-License-Identifier: MIT */
/* The table of system calls, the plan that makes them fail, and the record that counts them. */
#include "t.h"
#include "base/sys_tap.h"
#include <fcntl.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sys/uio.h>
#include <unistd.h>

static int ends[2];

static void make_pair(int type)
{
    T_OK(plug_sys()->socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends));
    t_own_fd(ends[0]);
    t_own_fd(ends[1]);
}

static void lay(const char *plan)
{
    size_t where = 0;
    if (plug_sys_fault(plan, &where) < 0)
        T_FAIL("%s: mistake at offset %zu", plan ? plan : "no plan", where);
}

static int64_t try_socket(void)
{
    int fd = plug_sys()->socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        close(fd);
    return fd < 0 ? fd : 0;
}

/* --- the table ---------------------------------------------------------------------------- */

T_TEST_PLAIN(sys_kernel_is_the_default)
{
    T_TRUE(plug_sys() == plug_sys_kernel());
    T_STR(plug_sys()->name, "kernel");
    T_EQ(plug_sys()->size, sizeof(struct plug_sys));
}

T_TEST_PLAIN(sys_table_of_a_user)
{
    static struct plug_sys mine;
    mine = *plug_sys_kernel();
    mine.name = "mine";
    T_OK(plug_sys_set(&mine));
    T_TRUE(plug_sys() == &mine);
    T_OK(plug_sys_set(NULL));
    T_TRUE(plug_sys() == plug_sys_kernel());
}

/* Every entry is looked for, the last one of the struct too. */
T_TEST_PLAIN(sys_table_must_be_complete)
{
    static struct plug_sys mine;
    size_t first = offsetof(struct plug_sys, socket), step = sizeof mine.socket;
    for (size_t at = first; at < sizeof mine; at += step) {
        mine = *plug_sys_kernel();
        memset((char *)&mine + at, 0, step);
        T_ERR(plug_sys_set(&mine), -EINVAL);
    }
    mine = *plug_sys_kernel();
    mine.size--;
    T_ERR(plug_sys_set(&mine), -EINVAL);
    mine.size = 0;
    T_ERR(plug_sys_set(&mine), -EINVAL);
    T_TRUE(plug_sys() == plug_sys_kernel());
}

T_TEST_PLAIN(sys_fault_lies_over_the_table_of_a_user)
{
    static struct plug_sys mine;
    mine = *plug_sys_kernel();
    T_OK(plug_sys_set(&mine));
    lay("socket:1");
    T_ERR(try_socket(), -EMFILE);
    T_OK(try_socket());
    lay(NULL);
    T_TRUE(plug_sys() == &mine);
}

T_TEST(sys_entries_report_errors_as_results)
{
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof ss;
    char b[8] = "";
    uint32_t word = 0;
    const struct plug_sys *sys = plug_sys();
    T_ERR(sys->close(-1), -EBADF);
    T_ERR(sys->recv(-1, b, 1, 0), -EBADF);
    T_ERR(sys->send(-1, b, 1, 0), -EBADF);
    T_ERR(sys->getsockname(-1, (struct sockaddr *)&ss, &len), -EBADF);
    T_ERR(sys->dup(-1), -EBADF);
    T_ERR(sys->fcntl(-1, F_GETFL, 0), -EBADF);
    T_ERR(sys->openat(AT_FDCWD, "/nonexistent/file", O_RDONLY | O_CLOEXEC, 0), -ENOENT);
    T_ERR(sys->socket(AF_INET, 99, 0), -EINVAL);
    T_TRUE(sys->now(CLOCK_MONOTONIC) > 0);
    T_ERR(sys->now((clockid_t)1000), -EINVAL);
    T_TRUE(T_OK(sys->getrandom(b, sizeof b, 0)) > 0);
    T_OK(sys->nanosleep_until(0));
    T_OK(sys->nanosleep_until(sys->now(CLOCK_MONOTONIC) + PLUG_MS(1)));
    T_OK(sys->futex_wait(&word, 1, PLUG_NEVER)); /* it is another value already */
    T_ERR(sys->futex_wait(&word, 0, sys->now(CLOCK_MONOTONIC) + PLUG_MS(1)), -ETIMEDOUT);
}

T_TEST(sys_dup_is_closed_on_exec)
{
    make_pair(SOCK_STREAM);
    int fd = (int)T_OK(plug_sys()->dup(ends[0]));
    t_own_fd(fd);
    T_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

T_TEST(sys_names_have_our_codes)
{
    const struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST};
    struct addrinfo *list = NULL;
    struct hostent host;
    struct servent serv;
    struct protoent proto;
    char buf[2048];
    const struct plug_sys *sys = plug_sys();
    T_ERR(sys->getaddrinfo("not a number", NULL, &numeric, &list), PLUG_EAI_NONAME);
    T_OK(sys->getaddrinfo("127.0.0.1", NULL, &numeric, &list));
    T_OWN(sys->freeaddrinfo, list);
    char name[100];
    T_OK(sys->getnameinfo(list->ai_addr, list->ai_addrlen, name, sizeof name, NULL, 0,
                          NI_NUMERICHOST));
    T_STR(name, "127.0.0.1");
    T_ERR(sys->getnameinfo(list->ai_addr, list->ai_addrlen, name, 3, NULL, 0, NI_NUMERICHOST),
          PLUG_EAI_OVERFLOW);
    T_OK(sys->gethostbyname2("127.0.0.1", AF_INET, &host, buf, sizeof buf));
    T_EQ(host.h_length, 4);
    T_ERR(sys->gethostbyname2("127.0.0.1", AF_INET, &host, buf, 1), -ERANGE);
    T_OK(sys->getservbyname("http", "tcp", &serv, buf, sizeof buf));
    T_EQ(ntohs((uint16_t)serv.s_port), 80);
    T_ERR(sys->getservbyname("no-such-service", "tcp", &serv, buf, sizeof buf), PLUG_ESERVICE);
    T_OK(sys->getservbyport(htons(80), "tcp", &serv, buf, sizeof buf));
    T_ERR(sys->getservbyport(htons(80), "tcp", &serv, buf, 1), -ERANGE);
    T_OK(sys->getprotobyname("tcp", &proto, buf, sizeof buf));
    T_EQ(proto.p_proto, 6);
    T_ERR(sys->getprotobyname("no-such-protocol", &proto, buf, sizeof buf), PLUG_EPROTOCOL);
    T_OK(sys->getprotobynumber(17, &proto, buf, sizeof buf));
    T_ERR(sys->getprotobynumber(254, &proto, buf, sizeof buf), PLUG_EPROTOCOL);
}

T_TEST(sys_interfaces)
{
    struct ifaddrs *list;
    char name[64];
    T_OK(plug_sys()->getifaddrs(&list));
    T_OWN(plug_sys_kernel()->freeifaddrs, list);
    unsigned lo = plug_sys()->if_nametoindex("lo");
    if (lo == 0 && t_tortured())
        return;
    T_TRUE(lo > 0);
    T_OK(plug_sys()->if_indextoname(lo, name));
    T_STR(name, "lo");
    T_EQ(plug_sys()->if_nametoindex("no-such-interface"), 0);
    T_ERR(plug_sys()->if_indextoname(999999, name), -ENXIO);
}

/* --- plans that are understood ------------------------------------------------------------ */

T_TEST_PLAIN(fault_by_number)
{
    lay("socket:2");
    T_OK(try_socket());
    T_ERR(try_socket(), -EMFILE);
    T_OK(try_socket());
    T_EQ(plug_sys_fault_fired(), 1);
    lay("socket:2+=ENOBUFS");
    T_EQ(plug_sys_fault_fired(), 0);
    T_OK(try_socket());
    T_ERR(try_socket(), -ENOBUFS);
    T_ERR(try_socket(), -ENOBUFS);
    lay("socket:2-3");
    T_OK(try_socket());
    T_ERR(try_socket(), -EMFILE);
    T_ERR(try_socket(), -EMFILE);
    T_OK(try_socket());
    lay("socket:*=PLUG_EAI_AGAIN");
    T_ERR(try_socket(), PLUG_EAI_AGAIN);
    lay("");
    T_OK(try_socket());
    T_TRUE(plug_sys() == plug_sys_kernel());
}

T_TEST_PLAIN(fault_rules_count_on_their_own)
{
    lay("socket:1=EACCES;socket:2=ENOMEM;*:3;socketpair:1=ENOMEM");
    T_ERR(try_socket(), -EACCES);
    T_ERR(try_socket(), -ENOMEM);
    T_ERR(try_socket(), -EMFILE);
    T_OK(try_socket());
    T_ERR(plug_sys()->socketpair(AF_UNIX, SOCK_STREAM, 0, ends), -ENOMEM);
    T_EQ(plug_sys_fault_fired(), 4);
    lay(NULL);
    T_EQ(plug_sys_fault_fired(), 0);
}

T_TEST_PLAIN(fault_of_memory)
{
    lay("malloc:2-3");
    void *a = plug_alloc(1), *b = plug_alloc(1), *c = plug_calloc(1, 1), *d = plug_strdup("");
    T_TRUE(a && !b && !c && d);
    lay("malloc:1");
    T_TRUE(!plug_realloc(a, 100));
    plug_free(a);
    plug_free(d);
    lay("malloc:*=ENOMEM");
    T_TRUE(!plug_alloc(1));
}

T_TEST_PLAIN(fault_any_entry_takes_what_fits)
{
    char b[4];
    make_pair(SOCK_STREAM);
    lay("*:*=EINTR");
    T_ERR(plug_sys()->recv(ends[0], b, 1, 0), -EINTR);
    T_OK(try_socket()); /* socket(2) is never interrupted */
    char *p = plug_strdup("");
    T_TRUE(p != NULL);
    plug_free(p);
    lay("*:*=short(1)");
    T_EQ(plug_sys()->send(ends[0], "abc", 3, 0), 1);
    T_OK(try_socket());
    lay("*:*=eof");
    T_EQ(plug_sys()->recv(ends[1], b, 4, 0), 0);
    T_EQ(plug_sys()->send(ends[0], "abc", 3, 0), 3);
}

T_TEST_PLAIN(fault_by_chance_repeats_itself)
{
    uint8_t first[200], again[200];
    size_t hits = 0;
    for (int round = 0; round < 2; round++) {
        lay("seed:42;socket:30%");
        for (size_t i = 0; i < sizeof first; i++)
            (round ? again : first)[i] = try_socket() < 0;
    }
    T_MEM(again, first, sizeof first);
    for (size_t i = 0; i < sizeof first; i++)
        hits += first[i];
    T_TRUE(hits > 30 && hits < 90);
    lay("seed:43;socket:30%");
    for (size_t i = 0; i < sizeof first; i++)
        again[i] = try_socket() < 0;
    T_TRUE(memcmp(first, again, sizeof first) != 0);
    lay("socket:100%");
    for (int i = 0; i < 50; i++)
        T_ERR(try_socket(), -EMFILE);
    lay("socket:1%");
    for (int i = 0; i < 50; i++)
        (void)try_socket();
    T_TRUE(plug_sys_fault_fired() < 10);
}

T_TEST_PLAIN(fault_close_closes_all_the_same)
{
    int fd[2];
    T_OK(plug_sys()->pipe2(fd, O_CLOEXEC));
    t_own_fd(fd[1]);
    lay("close:1");
    T_ERR(plug_sys()->close(fd[0]), -EIO);
    T_EQ(fcntl(fd[0], F_GETFD), -1);
    lay("close:1");
    T_ERR(plug_sys()->close(fd[0]), -EBADF); /* a real mistake is not covered up */
    lay("if_nametoindex:1");
    T_EQ(plug_sys()->if_nametoindex("lo"), 0);
    T_TRUE(plug_sys()->if_nametoindex("lo") > 0);
}

/* --- short transfers ---------------------------------------------------------------------- */

T_TEST_PLAIN(fault_shortens_streams)
{
    char b[16] = "";
    struct iovec out[2] = {{(char[]){'a', 'b'}, 2}, {(char[]){'c'}, 1}},
                 in[2] = {{b, 1}, {b + 1, 8}};
    struct msghdr send = {.msg_iov = out, .msg_iovlen = 2}, recv = {.msg_iov = in, .msg_iovlen = 2};
    const struct plug_sys *sys;
    static struct iovec many[1025];
    struct msghdr too_many = {.msg_iov = many, .msg_iovlen = 1025};
    make_pair(SOCK_STREAM);
    lay("*:*=short(1)");
    sys = plug_sys();
    T_ERR(sys->sendmsg(ends[0], &too_many, 0), -EMSGSIZE);
    T_EQ(sys->send(ends[0], "xyz", 3, 0), 1);
    T_EQ(sys->write(ends[0], "xyz", 3), 1);
    T_EQ(sys->sendto(ends[0], "xyz", 3, 0, NULL, 0), 1);
    T_EQ(sys->sendmsg(ends[0], &send, 0), 1);
    T_EQ(sys->recv(ends[1], b, 4, 0), 1);
    T_EQ(sys->read(ends[1], b, 4), 1);
    T_EQ(sys->recvfrom(ends[1], b, 4, 0, NULL, NULL), 1);
    T_EQ(sys->recvmsg(ends[1], &recv, 0), 1);
    T_EQ(b[0], 'a');
    T_TRUE(recv.msg_iov == in && recv.msg_iovlen == 2);
    T_EQ(sys->getrandom(b, 8, 0), 1);
    lay("send:*=short(2)");
    T_EQ(plug_sys()->send(ends[0], "xyz", 3, 0), 2);
    T_EQ(plug_sys()->send(ends[0], "x", 1, 0), 1);
    T_EQ(plug_sys()->send(ends[0], "", 0, 0), 0);
}

T_TEST_PLAIN(fault_leaves_datagrams_whole)
{
    char b[16];
    struct iovec iov = {"xyz", 3}, in = {b, 16};
    struct msghdr send = {.msg_iov = &iov, .msg_iovlen = 1},
                  recv = {.msg_iov = &in, .msg_iovlen = 1};
    make_pair(SOCK_DGRAM);
    lay("*:*=short(1)");
    T_EQ(plug_sys()->send(ends[0], "xyz", 3, 0), 3);
    T_EQ(plug_sys()->recv(ends[1], b, 16, 0), 3);
    T_EQ(plug_sys()->sendmsg(ends[0], &send, 0), 3);
    T_EQ(plug_sys()->recvmsg(ends[1], &recv, 0), 3);
}

T_TEST_PLAIN(fault_ends_reading)
{
    char b[4];
    struct iovec in = {b, 4};
    struct msghdr recv = {.msg_iov = &in, .msg_iovlen = 1};
    make_pair(SOCK_STREAM);
    T_OK(plug_sys()->send(ends[0], "abcd", 4, 0));
    lay("recv:1=eof;read:1=eof;recvmsg:1=eof;recvfrom:1=eof");
    T_EQ(plug_sys()->recv(ends[1], b, 4, 0), 0);
    T_EQ(plug_sys()->read(ends[1], b, 4), 0);
    T_EQ(plug_sys()->recvmsg(ends[1], &recv, 0), 0);
    T_EQ(plug_sys()->recvfrom(ends[1], b, 4, 0, NULL, NULL), 0);
    T_EQ(plug_sys()->recv(ends[1], b, 4, 0), 4);
}

/* --- plans that are not ------------------------------------------------------------------- */

T_TEST_PLAIN(fault_plan_mistakes_are_located)
{
    static const struct {
        const char *plan;
        size_t where;
    } wrong[] = {
        {"x", 0},
        {"nosuch:1", 0},
        {"recv", 4},
        {"recv:", 5},
        {"recv:0", 6},
        {"recv:x", 5},
        {"recv:-1", 5},
        {"recv:1=", 7},
        {"recv:1=ENOSUCH", 7},
        {"recv:1=short", 7},
        {"recv:1=short()", 13},
        {"recv:1=short(0)", 13},
        {"recv:1=short(x)", 13},
        {"recv:1=short(1", 14},
        {"recv:1=short(1)x", 15},
        {"recv:3-2", 7},
        {"recv:3-", 7},
        {"recv:0%", 7},
        {"recv:101%", 8},
        {"recv:1;", 7},
        {";", 0},
        {"recv:1;;recv:2", 7},
        {"recv:1 ", 6},
        {" recv:1", 0},
        {"socket:1=short(1)", 9},
        {"send:1=eof", 7},
        {"malloc:1=EIO", 9},
        {"now:1", 0},
        {"freeaddrinfo:1", 0},
        {"seed:", 5},
        {"seed:x", 5},
        {"seed:1x", 6},
        {"recv:*;send:1=eof", 14},
        {"recv:18446744073709551616", 5},
        {"recv:1=eofx", 7},
        {"recv:1=EIO=EIO", 7},
        {"recv:1=AVERYLONGNAMETHATNOERRORHASATALLINANYSYSTEM", 7},
    };
    make_pair(SOCK_STREAM);
    lay("recv:*=EBADMSG");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t where = 999;
        char *plan = t_guarded(wrong[i].plan, strlen(wrong[i].plan) + 1);
        T_ERR(plug_sys_fault(plan, &where), PLUG_EFAULTPLAN);
        if (where != wrong[i].where)
            T_FAIL("%s: offset %zu, expected %zu", wrong[i].plan, where, wrong[i].where);
        T_ERR(plug_sys_fault(plan, NULL), PLUG_EFAULTPLAN);
    }
    /* The plan before is still in force. */
    T_ERR(plug_sys()->recv(ends[0], (char[1]){0}, 1, 0), -EBADMSG);
}

T_TEST_PLAIN(fault_plan_has_a_limit)
{
    for (size_t rules = 63; rules <= 65; rules++) {
        char plan[1000] = "";
        for (size_t i = 0; i < rules; i++)
            strcat(plan, i ? ";recv:1" : "recv:1");
        T_EQ(plug_sys_fault(plan, NULL), rules <= 64 ? 0 : PLUG_ELIMIT);
    }
}

T_TEST_PLAIN(fault_plan_is_copied)
{
    char plan[] = "socket:1";
    lay(plan);
    memset(plan, 'x', sizeof plan - 1);
    T_ERR(try_socket(), -EMFILE);
}

/* --- the environment ---------------------------------------------------------------------- */

/* The exit status of this program, started again under a plan to run the test of that name. */
static int again(const char *plan, const char *name)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        setenv("PLUG_FAULT", plan, 1);
        execl("/proc/self/exe", "test_fault", name, NULL);
        _exit(99);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

T_TEST_PLAIN(fault_plan_of_the_environment)
{
    if (!(plug_features() & PLUG_FEATURE_FAULT))
        T_SKIP("no test build");
    T_EQ(again("socketpair:1", "sys_dup_is_closed_on_exec"), 0); /* fails cleanly */
    T_EQ(again("dup:1=ENOSUCH", "sys_dup_is_closed_on_exec"), 2);
    T_EQ(again("dup:", "sys_dup_is_closed_on_exec"), 2);
    T_EQ(again("getrandom:1=short(1)", "sys_entries_report_errors_as_results"), 0);
    T_EQ(again("", "sys_dup_is_closed_on_exec"), 0);
}

/* --- the record --------------------------------------------------------------------------- */

T_TEST_PLAIN(record_counts)
{
    plug_sys_record(true);
    (void)try_socket();
    (void)try_socket();
    plug_free(plug_strdup("a"));
    (void)plug_now();
    plug_sys_record(false);
    (void)try_socket();
    T_EQ(plug_sys_recorded("socket"), 2);
    T_EQ(plug_sys_recorded("malloc"), 1);
    T_EQ(plug_sys_recorded("now"), 1);
    T_EQ(plug_sys_recorded("recv"), 0);
    T_EQ(plug_sys_recorded("no-such"), 0);
    T_EQ(plug_sys_recorded(""), 0);
    T_EQ(plug_sys_recorded(NULL), 3); /* the clock cannot fail */
    plug_sys_record(true);
    T_EQ(plug_sys_recorded(NULL), 0);
    plug_sys_record(false);
    T_TRUE(plug_sys() == plug_sys_kernel());
}

T_TEST_PLAIN(record_counts_what_a_plan_fails)
{
    lay("socket:1");
    plug_sys_record(true);
    T_ERR(try_socket(), -EMFILE);
    T_OK(try_socket());
    lay(NULL);
    T_OK(try_socket());
    plug_sys_record(false);
    T_EQ(plug_sys_recorded("socket"), 3);
}

/* --- every entry -------------------------------------------------------------------------- */

/* Each tells how many entries it has called. */
#define FAILS(name, ...)                                                                           \
    T_ERR(s->name(__VA_ARGS__), plug__sys_info[PLUG__SYS_##name].errors[0]), entries++

static int socket_entries_fail(const struct plug_sys *s)
{
    int fd[2], entries = 0;
    struct msghdr msg = {0};
    struct mmsghdr mmsg = {0};
    struct sockaddr sa = {.sa_family = AF_INET};
    socklen_t len = sizeof sa;
    char b[64];
    FAILS(socket, AF_INET, SOCK_STREAM, 0);
    FAILS(socketpair, AF_UNIX, SOCK_STREAM, 0, fd);
    FAILS(bind, 0, &sa, len);
    FAILS(listen, 0, 1);
    FAILS(accept4, 0, &sa, &len, 0);
    FAILS(connect, 0, &sa, len);
    FAILS(getsockname, 0, &sa, &len);
    FAILS(getpeername, 0, &sa, &len);
    FAILS(getsockopt, 0, 0, 0, b, &len);
    FAILS(setsockopt, 0, 0, 0, b, len);
    FAILS(shutdown, 0, 0);
    FAILS(recv, 0, b, 1, 0);
    FAILS(send, 0, b, 1, 0);
    FAILS(recvfrom, 0, b, 1, 0, NULL, NULL);
    FAILS(sendto, 0, b, 1, 0, NULL, 0);
    FAILS(recvmsg, 0, &msg, 0);
    FAILS(sendmsg, 0, &msg, 0);
    FAILS(recvmmsg, 0, &mmsg, 1, 0);
    FAILS(sendmmsg, 0, &mmsg, 1, 0);
    return entries;
}

static int other_entries_fail(const struct plug_sys *s)
{
    int fd[2], entries = 0;
    struct addrinfo *ai;
    struct ifaddrs *ifa;
    struct hostent host;
    struct servent serv;
    struct protoent proto;
    struct stat st;
    struct sockaddr sa = {.sa_family = AF_INET};
    socklen_t len = sizeof sa;
    pthread_t thread;
    uint32_t word = 0;
    char b[64];
    FAILS(read, 0, b, 1);
    FAILS(write, 0, b, 1);
    FAILS(pread, 0, b, 1, 0);
    FAILS(lseek, 0, 0, SEEK_SET);
    FAILS(sendfile, 0, 0, NULL, 1);
    FAILS(close, dup(0));
    FAILS(dup, 0);
    FAILS(fcntl, 0, F_GETFL, 0);
    FAILS(ioctl, 0, 0, NULL);
    FAILS(pipe2, fd, 0);
    FAILS(eventfd, 0, 0);
    FAILS(openat, 0, "", 0, 0);
    FAILS(fstat, 0, &st);
    FAILS(lstat, "", &st);
    FAILS(unlink, "");
    FAILS(chmod, "", 0);
    FAILS(fchmod, 0, 0);
    FAILS(flock, 0, 0);
    FAILS(ppoll, NULL, 0, NULL, NULL);
    FAILS(nanosleep_until, 0);
    FAILS(getrandom, b, 1, 0);
    FAILS(getaddrinfo, "x", NULL, NULL, &ai);
    FAILS(getnameinfo, &sa, len, b, 1, NULL, 0, 0);
    FAILS(gethostbyname2, "x", AF_INET, &host, b, 1);
    FAILS(gethostbyaddr, b, 4, AF_INET, &host, b, 1);
    FAILS(getservbyname, "x", NULL, &serv, b, 1);
    FAILS(getservbyport, 1, NULL, &serv, b, 1);
    FAILS(getprotobyname, "x", &proto, b, 1);
    FAILS(getprotobynumber, 1, &proto, b, 1);
    FAILS(gethostname, b, 1);
    FAILS(sethostname, "x", 1);
    FAILS(getifaddrs, &ifa);
    FAILS(if_indextoname, 1, b);
    FAILS(thread_create, &thread, NULL, NULL);
    FAILS(futex_wait, &word, 0, 0);
    FAILS(epoll_create1, 0);
    FAILS(epoll_ctl, 0, 0, 0, NULL);
    FAILS(epoll_pwait2, 0, NULL, 0, NULL, NULL);
    FAILS(dup3, 0, 0, 0);
    return entries;
}

static int process_entries_fail(const struct plug_sys *s)
{
    int entries = 0;
    siginfo_t info;
    sigset_t set;
    pthread_t thread;
    struct rlimit limit;
    void *memory;
    FAILS(fork);
    FAILS(waitid, P_ALL, 0, &info, WEXITED);
    FAILS(pidfd_open, 0, 0);
    FAILS(pidfd_send_signal, -1, 0);
    FAILS(kill, -1, 0);
    FAILS(prctl, -1, 0);
    FAILS(prctl2, -1, 0, 0);
    FAILS(capset, 0);
    FAILS(close_range, ~0u, ~0u, 0);
    FAILS(sigaction, 0, NULL, NULL);
    FAILS(thread_sigmask, SIG_BLOCK, NULL, &set);
    FAILS(signal_stack, NULL, 0);
    FAILS(mmap, 0, 0, 0, &memory);
    FAILS(mprotect, NULL, 0, 0);
    FAILS(madvise, NULL, 0, -1);
    FAILS(mincore, NULL, 1, NULL);
    FAILS(thread_create_stack, &thread, 0, NULL, NULL);
    FAILS(getrlimit, -1, &limit);
    FAILS(uring_setup, 0, NULL, NULL);
    FAILS(uring_enter, -1, 0, 0, 0, NULL, 0);
    FAILS(uring_register, -1, 0, NULL, 0);
    return entries;
}

/* The tap's wrapper of each entry: an injected error comes out of it, whatever the arguments. */
T_TEST_PLAIN(fault_reaches_every_entry)
{
    int entries, fallible = 0;
    lay("*:*");
    const struct plug_sys *s = plug_sys();
    entries = socket_entries_fail(s) + other_entries_fail(s) + process_entries_fail(s);
    T_EQ(s->if_nametoindex("lo"), 0);
    entries++;
    T_TRUE(s->now(CLOCK_MONOTONIC) > 0);
    for (int i = 0; i < PLUG__SYS_MALLOC; i++)
        fallible += plug__sys_info[i].errors[0] != 0;
    T_EQ(entries, fallible); /* a new entry needs a line above */
}
