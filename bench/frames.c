/* SPDX-License-Identifier: MIT */
/*
 * Crafted SYNs through AF_PACKET and a veth pair whose far end drops them, in a network namespace
 * made here: sendmmsg(2) by hand against plug_sock_send_batch, each with and without the queueing
 * discipline (PACKET_QDISC_BYPASS); hping3 --flood beside them where it is installed.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <plug.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH    64
#define BAR      1.05 /* 1 / 0.95 */
#define HPING_NS PLUG_S(2)

static uint8_t frames[BATCH][64];
static size_t frame_len;

/* --- a network that nobody else has ----------------------------------------------------------- */

static int run_command(const char *const argv[], bool wait_for_it)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        (void)dup2(null, 1);
        (void)dup2(null, 2);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (!wait_for_it)
        return pid;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        fprintf(stderr, "frames: %s cannot be written\n", path);
    if (fd >= 0)
        close(fd);
}

static bool make_network(void)
{
    uid_t uid = geteuid();
    char map[32];
    snprintf(map, sizeof map, "0 %u 1\n", (unsigned)uid);
    if (uid == 0 ? unshare(CLONE_NEWNET) < 0 : unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return false;
    if (uid != 0) {
        write_file("/proc/self/setgroups", "deny");
        write_file("/proc/self/uid_map", map);
    }
    const char *add[] = {"ip", "link", "add", "near", "type", "veth", "peer", "name", "far", NULL};
    const char *up[] = {"ip", "link", "set", "near", "up", NULL};
    const char *far[] = {"ip", "link", "set", "far", "up", NULL};
    const char *address[] = {"ip", "addr", "add", "10.9.0.1/24", "dev", "near", NULL};
    const char *neighbour[] = {
        "ip", "neigh", "add", "10.9.0.2", "dev", "near", "lladdr", "02:00:00:00:00:02", NULL};
    return run_command(add, true) == 0 && run_command(up, true) == 0 &&
           run_command(far, true) == 0 && run_command(address, true) == 0 &&
           run_command(neighbour, true) == 0;
}

/* --- contestants ------------------------------------------------------------------------------ */

struct contestant {
    struct plug_sock *sock;
    struct plug_addr to;
    struct sockaddr_ll ll;
};

static void prepare(struct contestant *c, bool bypass)
{
    unsigned ifindex = if_nametoindex("near");
    bench_check(plug_sock_open(&c->sock, AF_PACKET, SOCK_RAW, 0) == 0, "socket");
    bench_check(plug_addr_packet(ifindex, ETH_P_IP, frames[0], 6, &c->to) == 0, "address");
    bench_check(plug_sock_bind(c->sock, &c->to) == 0, "bind");
    if (bypass)
        bench_check(plug_sock_setopt_int(c->sock, SOL_PACKET, PACKET_QDISC_BYPASS, 1) == 0,
                    "PACKET_QDISC_BYPASS");
    c->ll = (struct sockaddr_ll){.sll_family = AF_PACKET, .sll_ifindex = (int)ifindex};
}

static void by_hand(void *arg, size_t rounds)
{
    struct contestant *c = arg;
    struct mmsghdr msgs[BATCH] = {0};
    struct iovec iov[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){frames[i], frame_len};
        msgs[i].msg_hdr.msg_iov = &iov[i];
        msgs[i].msg_hdr.msg_iovlen = 1;
    }
    for (size_t sent = 0; sent < rounds;) {
        int n = sendmmsg(plug_sock_fd(c->sock), msgs, BATCH, 0);
        bench_check(n > 0, "by hand");
        sent += (size_t)n;
    }
}

static void by_plug(void *arg, size_t rounds)
{
    struct contestant *c = arg;
    struct plug_msg msgs[BATCH];
    struct iovec iov[BATCH];
    memset(msgs, 0, sizeof msgs);
    for (size_t i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){frames[i], frame_len};
        msgs[i].iov = &iov[i];
        msgs[i].iov_count = 1;
    }
    for (size_t sent = 0; sent < rounds;) {
        int n = plug_sock_send_batch(c->sock, msgs, BATCH, 0);
        bench_check(n > 0, "plug_sock_send_batch");
        sent += (size_t)n;
    }
}

/* --- hping3 ----------------------------------------------------------------------------------- */

static double device_packets(void)
{
    char text[32] = "";
    uint64_t n = 0;
    int fd = open("/sys/class/net/near/statistics/tx_packets", O_RDONLY);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (got <= 1 || plug_uint_parse(text, (size_t)got - 1, UINT64_MAX, &n) < 0)
        return 0;
    return (double)n;
}

static void hping(void)
{
    const char *argv[] = {"hping3", "--flood", "-S", "-p", "80", "10.9.0.2", NULL};
    double before = device_packets();
    int64_t start = plug_now();
    int pid = run_command(argv, false), status;
    bench_check(plug_sleep(HPING_NS) == 0, "sleep");
    kill(pid, SIGINT);
    waitpid(pid, &status, 0);
    double packets = device_packets() - before, ns = (double)(plug_now() - start);
    if (packets < 1000)
        return;
    fprintf(stderr, "  %-28s %10.2f ns\n", "hping3 --flood", ns / packets);
    printf("{\"bench\":\"frames\",\"case\":\"SYN, 54 bytes\",\"name\":\"hping3 "
           "--flood\",\"ns\":%.3f}\n",
           ns / packets);
}

static void build_frames(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        char spec[160];
        snprintf(spec, sizeof spec,
                 "eth(dst=02:00:00:00:00:02)/ip(src=10.9.0.1,dst=10.9.0.2)/tcp(sport=%u,seq=%u)",
                 32768 + i, i);
        ssize_t n = plug_packet_build(spec, NULL, frames[i], sizeof frames[i], NULL);
        bench_check(n == 54, "plug_packet_build");
        frame_len = (size_t)n;
    }
}

int main(void)
{
    static struct contestant plain[2], bypass[2];
    if (!make_network()) {
        fprintf(stderr, "frames: skipped: no network namespace, or no veth\n");
        return 0;
    }
    build_frames();
    for (int i = 0; i < 2; i++) {
        prepare(&plain[i], false);
        prepare(&bypass[i], true);
    }
    struct bench_row rows[] = {{.name = "sendmmsg by hand", .run = by_hand, .arg = &plain[0]},
                               {.name = "plug_sock_send_batch", .run = by_plug, .arg = &plain[1]},
                               {.name = "sendmmsg, no qdisc", .run = by_hand, .arg = &bypass[0]},
                               {.name = "send_batch, no qdisc", .run = by_plug, .arg = &bypass[1]}};
    bench_race("frames", "SYN, 54 bytes", rows, 4);
    hping();
    bench_bar(&rows[1], &rows[0], BAR);
    bench_bar(&rows[3], &rows[2], BAR);
    return bench_exit;
}
