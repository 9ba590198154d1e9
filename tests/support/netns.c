/* SPDX-License-Identifier: MIT */
#include "netns.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS    64
#define NOT_HERE 127 /* what a shell says of a command it has not found */

static int home = -1; /* the test's own namespace */

static bool put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return ok;
}

/* Whoever is not root becomes root of a user namespace; files keep their owner. */
static bool become_root(void)
{
    char uid_map[32], gid_map[32];

    snprintf(uid_map, sizeof uid_map, "0 %u 1", (unsigned)geteuid());
    snprintf(gid_map, sizeof gid_map, "0 %u 1", (unsigned)getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && put("/proc/self/setgroups", "deny") &&
           put("/proc/self/uid_map", uid_map) && put("/proc/self/gid_map", gid_map);
}

/* Routers answer every probe, unless a test wants otherwise; the last two only where they are. */
static void never_rate_limit(int ns)
{
    netns_sysctl(ns, "ipv4/icmp_ratelimit", "0");
    netns_sysctl(ns, "ipv6/icmp/ratelimit", "0");
    netns_sysctl_try(ns, "ipv4/icmp_msgs_per_sec", "1000000");
    netns_sysctl_try(ns, "ipv4/icmp_msgs_burst", "1000000");
}

static void leave(void *fd)
{
    close(*(int *)fd);
    home = -1;
}

/* Addresses are good from the start: looking for others with the same takes seconds. */
static void no_detection(int ns)
{
    netns_sysctl(ns, "ipv6/conf/all/accept_dad", "0");
    netns_sysctl(ns, "ipv6/conf/default/accept_dad", "0");
}

void netns_own(void)
{
    if (home >= 0)
        return;
    if (unshare(CLONE_NEWNET) != 0 && !become_root())
        T_SKIP("no network namespace may be made: %s", strerror(errno));
    home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    T_TRUE(home >= 0);
    T_OWN(leave, &home);
    netns_do(NETNS_OWN, "ip link set lo up");
    no_detection(NETNS_OWN);
    if (!put("/proc/sys/net/ipv4/ping_group_range", "0 2147483647")) /* a user namespace maps one */
        netns_sysctl(NETNS_OWN, "ipv4/ping_group_range", "0 0");
    never_rate_limit(NETNS_OWN);
}

void netns_in(int ns, void (*fn)(void *arg), void *arg)
{
    T_TRUE(home >= 0);
    if (ns != NETNS_OWN)
        T_EQ(setns(ns, CLONE_NEWNET), 0);
    fn(arg);
    if (ns != NETNS_OWN)
        T_EQ(setns(home, CLONE_NEWNET), 0);
}

static void unshare_again(void *ret_ns)
{
    T_EQ(unshare(CLONE_NEWNET), 0);
    *(int *)ret_ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

int netns_new(void)
{
    int ns = -1;

    netns_own();
    unshare_again(&ns);
    T_EQ(setns(home, CLONE_NEWNET), 0);
    t_own_fd(ns);
    netns_do(ns, "ip link set lo up");
    no_detection(ns);
    netns_sysctl(ns, "ipv4/ip_forward", "1");
    netns_sysctl(ns, "ipv6/conf/all/forwarding", "1");
    never_rate_limit(ns);
    return ns;
}

struct job {
    char text[1024];
    char *words[WORDS + 1];
    char said[1024];
    const char *input;
};

static void split(struct job *j)
{
    size_t n = 0;

    for (char *p = j->text; *p != '\0' && n < WORDS;) {
        char end = *p == '\'' ? *p++ : ' ';
        j->words[n++] = p;
        while (*p != '\0' && *p != end)
            p++;
        while (*p != '\0' && (*p == end || *p == ' '))
            *p++ = '\0';
    }
    j->words[n] = NULL;
}

static void become(struct job *j, int ns, int in, int out)
{
    if ((ns != NETNS_OWN && setns(ns, CLONE_NEWNET) != 0) || dup2(in, 0) < 0 || dup2(out, 1) < 0 ||
        dup2(out, 2) < 0)
        _exit(NOT_HERE - 1);
    execvp(j->words[0], j->words);
    _exit(errno == ENOENT ? NOT_HERE : NOT_HERE - 1);
}

static void hear(struct job *j, int fd)
{
    size_t got = 0;
    ssize_t n;
    char rest[256];

    do {
        bool room = got < sizeof j->said - 1;
        n = read(fd, room ? j->said + got : rest, room ? sizeof j->said - 1 - got : sizeof rest);
        got += room && n > 0 ? (size_t)n : 0;
    } while (n > 0);
    j->said[got] = '\0';
}

static int run(struct job *j, int ns)
{
    int in[2], out[2], status = -1;

    split(j);
    T_EQ(pipe2(in, O_CLOEXEC), 0);
    T_EQ(pipe2(out, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0)
        become(j, ns, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    if (j->input != NULL)
        T_EQ(write(in[1], j->input, strlen(j->input)), strlen(j->input));
    close(in[1]);
    hear(j, out[0]);
    close(out[0]);
    T_EQ(waitpid(pid, &status, 0), pid);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    if (code == NOT_HERE)
        T_SKIP("%s is not installed", j->words[0]);
    return code;
}

static void check(struct job *j, int ns)
{
    char whole[sizeof j->text];

    memcpy(whole, j->text, sizeof whole);
    int code = run(j, ns);
    if (code != 0)
        T_FAIL("%s: exit %d: %s", whole, code, j->said);
}

#define JOB(j, input_text)                                                                         \
    struct job j = {.input = (input_text)};                                                        \
    va_list ap;                                                                                    \
    va_start(ap, fmt);                                                                             \
    int len_##j = vsnprintf((j).text, sizeof(j).text, fmt, ap);                                    \
    va_end(ap);                                                                                    \
    T_TRUE(len_##j > 0 && (size_t)len_##j < sizeof(j).text)

void netns_do(int ns, const char *fmt, ...)
{
    JOB(j, NULL);
    check(&j, ns);
}

int netns_try(int ns, const char *fmt, ...)
{
    JOB(j, NULL);
    return run(&j, ns);
}

void netns_feed(int ns, const char *text, const char *fmt, ...)
{
    JOB(j, text);
    check(&j, ns);
}

struct setting {
    char path[256];
    const char *value;
    bool done;
};

static void set(void *arg)
{
    struct setting *s = arg;

    s->done = put(s->path, s->value);
}

bool netns_sysctl_try(int ns, const char *key, const char *value)
{
    struct setting s = {.value = value};

    snprintf(s.path, sizeof s.path, "/proc/sys/net/%s", key);
    netns_in(ns, set, &s);
    return s.done;
}

void netns_sysctl(int ns, const char *key, const char *value)
{
    if (!netns_sysctl_try(ns, key, value))
        T_FAIL("%s cannot be set to %s", key, value);
}

/* One process for many commands: ip(8) reads them. */
static void ip_batch(int ns, const char *text)
{
    netns_feed(ns, text, "ip -batch -");
}

/* The kernel makes an IPv6 address reachable a moment after it has one. */
static void settled(int ns, const char *ip6)
{
    netns_do(ns,
             "sh -c 'for i in $(seq 1000); do ip -6 route show table local %.*s | grep -q . && "
             "exit; sleep 0.01; done; exit 1'",
             (int)strcspn(ip6, "/"), ip6);
}

static void end_up(const struct netns_end *e)
{
    char text[512], six[128] = "";

    if (e->ip6 != NULL)
        snprintf(six, sizeof six, "addr add %s dev %s nodad\n", e->ip6, e->name);
    snprintf(text, sizeof text, "addr add %s dev %s\n%slink set %s up\n", e->ip4, e->name, six,
             e->name);
    ip_batch(e->ns, text);
    if (e->ip6 != NULL)
        settled(e->ns, e->ip6);
}

/* The command that takes one end to its namespace. */
static size_t give_away(const struct netns_end *e, char *buf, size_t len)
{
    if (e->ns == NETNS_OWN)
        return 0;
    return (size_t)snprintf(buf, len, "link set %s netns /proc/%d/fd/%d\n", e->name, (int)getpid(),
                            e->ns);
}

void netns_veth(const struct netns_end *a, const struct netns_end *b)
{
    char text[512];

    netns_own();
    size_t n = (size_t)snprintf(text, sizeof text, "link add %s type veth peer name %s\n", a->name,
                                b->name);
    n += give_away(a, text + n, sizeof text - n);
    give_away(b, text + n, sizeof text - n);
    ip_batch(NETNS_OWN, text);
    end_up(a);
    end_up(b);
}

/* The routes of namespace i (0: the own one) of n: on to what is behind, back to the rest. */
static void chain_routes(int ns, int i, int n)
{
    char text[NETNS_CHAIN * 128] = "";
    size_t len = 0;

    for (int link = 1; link <= n; link++) {
        int via = link > i + 1 ? i + 1 : i;
        const char *end = link > i + 1 ? "2" : "1";
        if (link == i || link == i + 1)
            continue;
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "route add 10.99.%d.0/24 via 10.99.%d.%s\n"
                                "route add fd99:%d::/64 via fd99:%d::%s\n",
                                link, via, end, link, via, end);
    }
    ip_batch(ns, text);
}

void netns_chain(int *ret_ns, int n)
{
    T_TRUE(n > 0 && n <= NETNS_CHAIN);
    netns_own();
    for (int i = 1; i <= n; i++) {
        char near[2][32], far[2][32], near_name[16], far_name[16];
        ret_ns[i - 1] = netns_new();
        snprintf(near[0], sizeof near[0], "10.99.%d.1/24", i);
        snprintf(far[0], sizeof far[0], "10.99.%d.2/24", i);
        snprintf(near[1], sizeof near[1], "fd99:%d::1/64", i);
        snprintf(far[1], sizeof far[1], "fd99:%d::2/64", i);
        snprintf(near_name, sizeof near_name, "near%d", i);
        snprintf(far_name, sizeof far_name, "far%d", i);
        netns_veth(
            &(struct netns_end){i == 1 ? NETNS_OWN : ret_ns[i - 2], near_name, near[0], near[1]},
            &(struct netns_end){ret_ns[i - 1], far_name, far[0], far[1]});
    }
    for (int i = 0; i <= n; i++)
        chain_routes(i == 0 ? NETNS_OWN : ret_ns[i - 1], i, n);
}

int netns_tun(const char *name, const char *ip4, const char *ip6)
{
    struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};

    netns_own();
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        T_SKIP("/dev/net/tun: %s", strerror(errno));
    t_own_fd(fd);
    T_TRUE(strlen(name) < sizeof r.ifr_name);
    memcpy(r.ifr_name, name, strlen(name) + 1);
    if (ioctl(fd, TUNSETIFF, &r) != 0)
        T_SKIP("no TUN interface: %s", strerror(errno));
    end_up(&(struct netns_end){NETNS_OWN, name, ip4, ip6});
    return fd;
}
