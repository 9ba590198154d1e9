/* SPDX-License-Identifier: MIT */
/* Tracing: what is on, what a line looks like, where it goes. */
#include "t.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char lines[4][1100];
static unsigned count;

static void keep(const char *line, size_t len, void *arg)
{
    T_TRUE(arg == lines);
    T_TRUE(len < sizeof lines[0]);
    memcpy(lines[count % 4], line, len);
    lines[count++ % 4][len] = '\0';
}

static void back(void *unused)
{
    (void)unused;
    plug_trace_sink(NULL, NULL);
    T_EQ(plug_trace_set(NULL), 0);
}

static void start(const char *list)
{
    count = 0;
    plug_trace_sink(keep, lines);
    T_OWN(back, NULL);
    T_OK(plug_trace_set(list));
}

T_TEST(trace_lists)
{
    start("net,resolve");
    T_TRUE(plug_trace_on(PLUG_TRACE_NET) && plug_trace_on(PLUG_TRACE_RESOLVE));
    T_TRUE(!plug_trace_on(PLUG_TRACE_SYS));
    T_OK(plug_trace_set("all,-sys"));
    T_TRUE(plug_trace_on(PLUG_TRACE_APP) && !plug_trace_on(PLUG_TRACE_SYS));
    T_OK(plug_trace_set("-net"));
    T_TRUE(!plug_trace_on(PLUG_TRACE_NET));
    T_OK(plug_trace_set("all"));
    static const char *const wrong[] = {"x",     "net,", ",net", "net,,app", "-",
                                        "net,-", "NET",  "net ", "network"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        T_ERR(plug_trace_set(wrong[i]), -EINVAL);
        T_TRUE(plug_trace_on(PLUG_TRACE_SERVER)); /* nothing changed */
    }
    T_OK(plug_trace_set(""));
    T_TRUE(!plug_trace_on(PLUG_TRACE_SERVER));
}

T_TEST(trace_line)
{
    start("net");
    plug_trace(PLUG_TRACE_NET, "src/net/sock.c", 120, "connect %s: %s", "127.0.0.1:81", "refused");
    plug_trace(PLUG_TRACE_APP, "x.c", 1, "not on");
    T_EQ(count, 1);
    T_EQ(strspn(lines[0], "0123456789:."), strlen("HH:MM:SS.uuuuuu"));
    T_STR(lines[0] + strlen("HH:MM:SS.uuuuuu"), " net sock.c:120 connect 127.0.0.1:81: refused");
}

T_TEST(trace_escapes)
{
    start("all");
    plug_trace(PLUG_TRACE_FIBER, "f.c", 1, "%s", "a\x1b]0;x\x07\nb\xff\xe2\x80\xae");
    T_STR(strchr(lines[0], ' '), " fiber f.c:1 a\\e]0;x\\x07\\nb\\xff\\u{202e}");
}

T_TEST(trace_long_lines_are_cut)
{
    char text[2000];
    memset(text, '\x01', sizeof text);
    text[sizeof text - 1] = '\0';
    start("net");
    plug_trace(PLUG_TRACE_NET, text, 1, "%s", text);
    T_EQ(count, 1);
    T_TRUE(strlen(lines[0]) < 1024 && plug_text_safe("", 0));
}

/* A line is no call that could fail, and changes no count. */
T_TEST_PLAIN(trace_is_not_counted)
{
    start("net");
    plug_sys_record(true);
    plug_trace(PLUG_TRACE_NET, "f.c", 1, "x");
    plug_sys_record(false);
    T_EQ(count, 1);
    T_EQ(plug_sys_recorded(NULL), 0);
    T_EQ(plug_sys_recorded("now"), 0);
}

/* --- the environment ---------------------------------------------------------------------- */

T_TEST_PLAIN(trace_of_the_environment)
{
    if (plug_trace_on(PLUG_TRACE_NET))
        plug_trace(PLUG_TRACE_NET, "f.c", 7, "to stderr");
}

/* What this program says on stderr, started again with that list, running the test above. */
static const char *stderr_of(const char *list)
{
    static char text[1000];
    int fd[2], status;
    size_t len = 0;
    ssize_t n;
    T_EQ(pipe2(fd, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
        dup2(fd[1], STDERR_FILENO);
        setenv("PLUG_TRACE", list, 1);
        execl("/proc/self/exe", "test_trace", "trace_of_the_environment", NULL);
        _exit(99);
    }
    close(fd[1]);
    while (len < sizeof text - 1 && (n = read(fd[0], text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    close(fd[0]);
    waitpid(pid, &status, 0);
    T_EQ(status, 0);
    return text;
}

T_TEST_PLAIN(trace_goes_to_stderr)
{
    T_STR(stderr_of("app"), "");
    const char *text = stderr_of("net,app");
    T_STR(text + strlen("HH:MM:SS.uuuuuu"), " net f.c:7 to stderr\n");
    text = stderr_of("net,bogus");
    T_TRUE(strstr(text, "PLUG_TRACE: unknown component; known are sys, net"));
    T_TRUE(!strstr(text, "to stderr"));
}

/* --- what the components tell ----------------------------------------------------------------- */

static bool told(const char *text)
{
    for (unsigned i = 0; i < 4 && i < count; i++)
        if (strstr(lines[i], text))
            return true;
    return false;
}

T_TEST_PLAIN(trace_sys_tells_calls_and_injected_faults)
{
    char byte;
    int fds[2];

    T_OK(plug_sys()->pipe2(fds, O_CLOEXEC));
    t_own_fd(fds[0]);
    t_own_fd(fds[1]);
    start("sys");
    T_STR(plug_sys()->name, "trace");
    T_EQ(plug_sys()->write(fds[1], "x", 1), 1);
    T_TRUE(told(" sys sys_trace.c:") && told(" write(") && told(") = 1 ("));
    plug_now(); /* the clock is not worth a line */
    T_EQ(count, 1);
    T_OK(plug_sys_fault("read:1=ECONNRESET", NULL));
    T_ERR(plug_sys()->read(fds[0], &byte, 1), -ECONNRESET);
    T_TRUE(told(" = ECONNRESET, connection reset by peer ("));
    T_EQ(plug_sys()->read(fds[0], &byte, 1), 1);
    T_OK(plug_sys_fault(NULL, NULL));
    T_OK(plug_trace_set(NULL));
    T_STR(plug_sys()->name, "kernel");
}

T_TEST_PLAIN(trace_net_and_resolve_tell_what_and_how)
{
    struct plug_sock *s;
    struct plug_addr addr;
    struct plug_resolve_list *list;

    T_OK(plug_sock_open(&s, AF_INET, SOCK_DGRAM, 0));
    T_OWN(plug_sock_close, s);
    start("net,resolve");
    T_OK(plug_addr_parse("127.0.0.1:9", &addr));
    T_OK(plug_sock_connect(s, &addr));
    T_TRUE(told(" net sock_connect.c:") && told(" connect 127.0.0.1:9: done ("));
    T_OK(plug_resolve("127.0.0.1", NULL, NULL, &list));
    T_OWN(plug_resolve_free, list);
    T_TRUE(told(" resolve resolve.c:") && told(" addresses of 127.0.0.1: done ("));
    T_OK(
        plug_addr_parse("192.0.2.1:9", &addr)); /* a connected UDP socket cannot be bound to that */
    T_TRUE(plug_sock_bind(s, &addr) < 0);
    T_TRUE(told(" bind 192.0.2.1:9: "));
}

/* --- sinks that do something ------------------------------------------------------------- */

static void echo(const char *line, size_t len, void *arg)
{
    keep(line, len, arg);
    plug_trace(PLUG_TRACE_NET, "f.c", 1, "from within"); /* neither a second line nor a deadlock */
}

T_TEST_PLAIN(trace_from_a_sink_is_not_traced)
{
    start("net");
    plug_trace_sink(echo, lines);
    plug_trace(PLUG_TRACE_NET, "f.c", 1, "once");
    plug_trace(PLUG_TRACE_NET, "f.c", 1, "twice");
    T_EQ(count, 2);
    T_TRUE(told("once") && told("twice"));
}

static int entered[2];

static void slow(const char *line, size_t len, void *arg)
{
    keep(line, len, arg);
    (void)!write(entered[1], "x", 1);
    usleep(50000);
}

static void trace_one(void *unused)
{
    (void)unused;
    plug_trace(PLUG_TRACE_NET, "f.c", 1, "slow");
}

/* The lock of the sink is free in a child, whatever another thread of the parent was doing. */
T_TEST_PLAIN(trace_works_in_a_child_forked_meanwhile)
{
    char byte;
    int status = -1;
    T_EQ(pipe2(entered, O_CLOEXEC), 0);
    t_own_fd(entered[0]);
    t_own_fd(entered[1]);
    start("net");
    plug_trace_sink(slow, lines);
    t_thread(trace_one, NULL);
    T_EQ(read(entered[0], &byte, 1), 1);
    pid_t child = fork();
    if (child == 0) {
        alarm(5);
        plug_trace_sink(NULL, NULL); /* takes the lock, too */
        _exit(0);
    }
    T_EQ(waitpid(child, &status, 0), child);
    t_join();
    T_TRUE(WIFEXITED(status)); /* with what status is TSan's affair: it sees lost threads there */
}
