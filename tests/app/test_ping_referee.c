/* SPDX-License-Identifier: MIT */
/* The text of one host is that of iputils' ping(8): both are run in networks made for the test, and
 * what they say is compared, but for the times in it. */
#include "netns.h"
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <t.h>
#include <unistd.h>

#define TEXT  16384
#define WORDS 32

struct said {
    char text[TEXT]; /* stdout, times blanked */
    int code;
};

/* --- running ----------------------------------------------------------------------------- */

static const char *plug_path(void)
{
    static char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);

    T_TRUE(n > 0);
    path[n] = 0;
    char *dir = dirname(path);
    memmove(path, dir, strlen(dir) + 1);
    memcpy(path + strlen(path), "/../plug", 9);
    return path;
}

static void split(char *line, char **words)
{
    size_t n = 0;
    char *save = line;

    for (char *word; n < WORDS - 1 && (word = strsep(&save, " "));)
        if (*word)
            words[n++] = word;
    words[n] = NULL;
}

static void run(const char *program, const char *command, const char *arguments, struct said *ret)
{
    char line[512], *words[WORDS];
    size_t len = 0;
    ssize_t n;
    int fds[2], status;

    snprintf(line, sizeof line, "timeout 30 %s%s %s", program, command, arguments);
    split(line, words);
    T_EQ(pipe(fds), 0);
    pid_t pid = fork();
    T_TRUE(pid >= 0);
    if (pid == 0) {
        (void)setenv("LC_ALL", "C.UTF-8", 1);
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)close(fds[0]);
        (void)close(fds[1]);
        (void)execvp(words[0], words);
        _exit(127);
    }
    (void)close(fds[1]);
    while (len < TEXT - 1 && (n = read(fds[0], ret->text + len, TEXT - 1 - len)) > 0)
        len += (size_t)n;
    ret->text[len] = 0;
    (void)close(fds[0]);
    T_EQ(waitpid(pid, &status, 0), pid);
    ret->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- comparing --------------------------------------------------------------------------- */

static bool is_time(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == '/';
}

/* How many are on their way at once is a matter of time, too. */
static void cut_pipe(char *text)
{
    char *pipe = strstr(text, "pipe ");

    if (!pipe)
        return;
    char *end = strchr(pipe, '\n');
    pipe -= pipe - text > 2 && pipe[-2] == ',' ? 2 : 0;
    if (end)
        memmove(pipe, end, strlen(end) + 1);
}

/* Behind each of these words a number is a time, and becomes "T". */
static void blank_times(char *text)
{
    static const char *const before[] = {"time=", "time ", "mdev = ", "["};
    char *to = text;

    for (const char *from = text; *from;) {
        size_t skip = 0;
        for (size_t i = 0; i < 4 && skip == 0; i++)
            if (strncmp(from, before[i], strlen(before[i])) == 0)
                skip = strlen(before[i]);
        memmove(to, from, skip ? skip : 1);
        to += skip ? skip : 1;
        from += skip ? skip : 1;
        if (skip) {
            while (is_time(*from))
                from++;
            *to++ = 'T';
        }
    }
    *to = 0;
}

static void both(const char *arguments)
{
    static struct said theirs, ours;

    run("ping", "", arguments, &theirs);
    run(plug_path(), " ping", arguments, &ours);
    blank_times(theirs.text);
    blank_times(ours.text);
    cut_pipe(theirs.text);
    cut_pipe(ours.text);
    if (strcmp(theirs.text, ours.text) != 0 || theirs.code != ours.code)
        T_FAIL("ping %s\n--- ping (%d):\n%s--- plug ping (%d):\n%s", arguments, theirs.code,
               theirs.text, ours.code, ours.text);
}

static void need_iputils(void)
{
    static struct said version;

    run("ping", "", "-V", &version);
    if (!strstr(version.text, "iputils 20221126"))
        T_SKIP("no ping from iputils 20221126");
}

/* --- tests ------------------------------------------------------------------------------- */

T_TEST_PLAIN(alive_as_ping_says_it)
{
    netns_own();
    need_iputils();
    both("-c 3 -i 0.2 127.0.0.1");
    both("-c 2 -i 0.2 ::1");
    both("-c 2 -i 0.2 -q 127.0.0.1");
    both("-c 2 -i 0.2 -D 127.0.0.1");
    both("-c 2 -i 0.2 -O 127.0.0.1");
    both("-c 1 -s 16 127.0.0.1");
    both("-c 1 -s 1472 ::1");
    both("-c 1 -s 65507 127.0.0.1");
    both("-c 1 -t 7 127.0.0.1");
    both("-c 1 -I lo 127.0.0.1");
    both("-c 1 -I 127.0.0.1 127.0.0.1");
    both("-c 1 -I ::1 ::1");
    both("-c 1 -n 127.0.0.1");
    both("-c 1 -4 127.0.0.1");
    both("-c 1 localhost");
}

T_TEST_PLAIN(silence_as_ping_says_it)
{
    netns_own();
    need_iputils();
    (void)netns_tun("tun0", "10.77.0.1/24", NULL);
    both("-c 2 -i 0.2 -W 0.3 10.77.0.9");
    both("-c 2 -i 0.2 -W 0.3 -O 10.77.0.9");
    both("-w 1 -q -i 0.4 10.77.0.9");
}

/* A chain of routers that answer at once, however often they are asked. */
static void chain(int *ns, int n)
{
    netns_own();
    need_iputils();
    netns_chain(ns, n);
    for (int i = 0; i < n; i++) {
        netns_sysctl(ns[i], "ipv4/icmp_ratelimit", "0");
        netns_sysctl(ns[i], "ipv6/icmp/ratelimit", "0");
    }
}

T_TEST_PLAIN(far_hosts_as_ping_says_it)
{
    int ns[3];

    chain(ns, 3);
    both("-c 2 -i 0.2 10.99.3.2");
    both("-c 2 -i 0.2 fd99:3::2");
    both("-c 2 -i 0.2 -t 1 10.99.3.2");
    both("-c 2 -i 0.2 -t 2 10.99.3.2");
    both("-c 2 -i 0.2 -t 1 fd99:3::2");
}

T_TEST_PLAIN(rejection_as_ping_says_it)
{
    static const char *const four[] = {"net-unreachable",  "host-unreachable", "prot-unreachable",
                                       "port-unreachable", "net-prohibited",   "host-prohibited",
                                       "admin-prohibited"};
    static const char *const six[] = {"no-route", "admin-prohibited", "addr-unreachable",
                                      "port-unreachable"};
    char rule[256];
    int ns[1];

    chain(ns, 1);
    netns_do(ns[0], "nft add table inet t");
    netns_do(ns[0], "nft add chain inet t c '{ type filter hook input priority 0; }'");
    for (size_t i = 0; i < sizeof four / sizeof four[0]; i++) {
        snprintf(rule, sizeof rule,
                 "flush chain inet t c\nadd rule inet t c ip protocol icmp icmp "
                 "type echo-request reject with icmp type %s\n",
                 four[i]);
        netns_feed(ns[0], rule, "nft -f -");
        both("-c 1 10.99.1.2");
    }
    for (size_t i = 0; i < sizeof six / sizeof six[0]; i++) {
        snprintf(rule, sizeof rule,
                 "flush chain inet t c\nadd rule inet t c icmpv6 type "
                 "echo-request reject with icmpv6 type %s\n",
                 six[i]);
        netns_feed(ns[0], rule, "nft -f -");
        both("-c 1 fd99:1::2");
    }
}

/* Nobody has the address: the kernel itself tells it, after its questions. */
T_TEST_PLAIN(unreachable_as_ping_says_it)
{
    int ns[1];

    netns_own();
    need_iputils();
    netns_chain(ns, 1);
    netns_do(NETNS_OWN, "ip ntable change name arp_cache dev near1 retrans 100");
    both("-c 1 10.99.1.77");
}

T_TEST_PLAIN(a_failure_has_the_same_code)
{
    struct said theirs, ours;
    static const char *const bad[] = {"-c 1 nosuch.invalid", "-c 1 192.0.2.1", "-c 1 2001:db8::9",
                                      "-c 1 255.255.255.255", "-c 1 -I nosuch 127.0.0.1"};

    netns_own();
    need_iputils();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        run("ping", "", bad[i], &theirs);
        run(plug_path(), " ping", bad[i], &ours);
        T_EQ(theirs.code, 2);
        T_EQ(ours.code, 2);
    }
}
