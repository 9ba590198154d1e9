/* SPDX-License-Identifier: MIT */
/*
 * Sweeps of 65,536 addresses in a network namespace of its own: plug beside the hand-written limit
 * (sendmmsg, recvmmsg, nothing else: no proof, no times, no pace) and fping at its fastest. Wall,
 * processor time and peak memory of each contestant's own process; the median of several turns.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <plug.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOSTS   65536
#define TURNS   9
#define TIMEOUT PLUG_MS(500)
#define BATCH   64
#define FILTER  1 /* ICMP_FILTER of <linux/icmp.h>, which does not go with <net/if.h> */

static uint32_t network; /* the /16, host order */

/* --- the limit -------------------------------------------------------------------------------- */

static struct mmsghdr out[BATCH], in[2 * BATCH];
static struct iovec out_iov[BATCH], in_iov[2 * BATCH];
static struct sockaddr_in to[BATCH];
static uint8_t request[BATCH][64], reply[2 * BATCH][128], seen[HOSTS];

static void limit_prepare(void)
{
    for (int i = 0; i < BATCH; i++) {
        out_iov[i] = (struct iovec){request[i], sizeof request[i]};
        to[i].sin_family = AF_INET;
        out[i].msg_hdr = (struct msghdr){.msg_name = &to[i],
                                         .msg_namelen = sizeof to[i],
                                         .msg_iov = &out_iov[i],
                                         .msg_iovlen = 1};
        request[i][0] = ICMP_ECHO;
        plug_put_be16(request[i] + 4, (uint16_t)getpid());
    }
    for (int i = 0; i < 2 * BATCH; i++) {
        in_iov[i] = (struct iovec){reply[i], sizeof reply[i]};
        in[i].msg_hdr = (struct msghdr){.msg_iov = &in_iov[i], .msg_iovlen = 1};
    }
}

static int limit_drain(int fd)
{
    int found = 0, n;

    do {
        n = recvmmsg(fd, in, 2 * BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++) {
            const uint8_t *icmp = reply[i] + (reply[i][0] & 15) * 4;
            uint16_t host = plug_get_be16(icmp + 6);

            if (icmp[0] == ICMP_ECHOREPLY && !seen[host]) {
                seen[host] = 1;
                found++;
            }
        }
    } while (n == 2 * BATCH);
    return found;
}

static int limit(void)
{
    uint32_t filter = ~(1u << ICMP_ECHOREPLY);
    int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), size = 4 << 20, found = 0;
    int64_t end;

    limit_prepare();
    setsockopt(fd, SOL_RAW, FILTER, &filter, sizeof filter);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    for (uint32_t host = 0; host < HOSTS; host += BATCH) {
        for (uint32_t i = 0; i < BATCH; i++) {
            to[i].sin_addr.s_addr = htonl(network + host + i);
            plug_put_be16(request[i] + 2, 0);
            plug_put_be16(request[i] + 6, (uint16_t)(host + i));
            plug_put_be16(request[i] + 2, plug_checksum(request[i], sizeof request[i]));
        }
        for (int done = 0; done < BATCH;) {
            int n = sendmmsg(fd, out + done, (unsigned)(BATCH - done), 0);

            done += n > 0 ? n : 1;
        }
        found += limit_drain(fd);
    }
    end = plug_deadline_after(TIMEOUT);
    while (found < HOSTS && plug_deadline_left(end) > 0) {
        struct pollfd p = {fd, POLLIN, 0};

        if (poll(&p, 1, (int)(plug_deadline_left(end) / PLUG_MS(1)) + 1) > 0)
            found += limit_drain(fd);
    }
    return found;
}

/* --- plug ------------------------------------------------------------------------------------- */

static int count_replies(const struct plug_sweep_event *e, void *arg)
{
    *(int *)arg += e->type == PLUG_SWEEP_REPLY;
    return 0;
}

static int sweep(enum plug_sweep_socket kind)
{
    struct plug_sweep_opts opts = PLUG_SWEEP_OPTS;
    struct plug_targets *t;
    struct plug_sweep *s;
    char text[32];
    int found = 0;

    snprintf(text, sizeof text, "%u.%u.0.0/16", network >> 24, network >> 16 & 255);
    opts.tries = 1;
    opts.timeout = TIMEOUT;
    opts.socket = kind;
    if (plug_sweep_open(&s, &opts) < 0 || plug_targets_open(&t, NULL) < 0 ||
        plug_targets_add(t, text) < 0 || plug_targets_seal(t) < 0 ||
        plug_sweep_run(s, t, count_replies, &found) < 0)
        return -1;
    plug_sweep_close(s);
    plug_targets_close(t);
    return found;
}

static int sweep_raw(void)
{
    return sweep(PLUG_SWEEP_RAW);
}

static int sweep_dgram(void)
{
    return sweep(PLUG_SWEEP_DGRAM);
}

/* --- fping ------------------------------------------------------------------------------------ */

/* It leaves out the first and the last address, so its count is two short. */
static int fping(void)
{
    char command[96], line[128];
    int found = 0;
    FILE *f;

    snprintf(command, sizeof command, "fping -a -i0 -r0 -t500 -g %u.%u.0.0/16 2>/dev/null; exit 0",
             network >> 24, network >> 16 & 255);
    f = popen(command, "r");
    while (f && fgets(line, sizeof line, f))
        found++;
    return f && pclose(f) >= 0 && found > 0 ? found + 2 : found;
}

/* --- measuring -------------------------------------------------------------------------------- */

struct contestant {
    const char *name;
    int (*run)(void);
    double wall[TURNS], cpu[TURNS];
    long rss;
    int found; /* the worst */
};

static double seconds(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* One turn, in a process of its own. */
static void turn(struct contestant *c, int i)
{
    int fd[2], found = -1, status;
    int64_t start = plug_now();
    struct rusage used;
    pid_t pid;

    if (pipe(fd) < 0 || (pid = fork()) < 0)
        exit(2);
    if (pid == 0) {
        found = c->run();
        _exit(write(fd[1], &found, sizeof found) == sizeof found ? 0 : 2);
    }
    if (wait4(pid, &status, 0, &used) != pid || read(fd[0], &found, sizeof found) != sizeof found)
        exit(2);
    close(fd[0]);
    close(fd[1]);
    c->wall[i] = (double)(plug_now() - start) / 1e9;
    c->cpu[i] = seconds(&used.ru_utime) + seconds(&used.ru_stime);
    c->rss = used.ru_maxrss > c->rss ? used.ru_maxrss : c->rss;
    c->found = i == 0 || found < c->found ? found : c->found;
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void race(const char *what, struct contestant *c, size_t n)
{
    for (int i = 0; i < TURNS; i++)
        for (size_t k = 0; k < n; k++)
            turn(&c[k], i);
    fprintf(stderr, "%s\n  %-28s %7s %9s %8s %13s %9s\n", what, "", "found", "wall s", "cpu s",
            "cpu us/host", "RSS KiB");
    for (size_t k = 0; k < n; k++) {
        qsort(c[k].wall, TURNS, sizeof c[k].wall[0], order);
        qsort(c[k].cpu, TURNS, sizeof c[k].cpu[0], order);
        fprintf(stderr, "  %-28s %7d %9.3f %8.3f %13.2f %9ld\n", c[k].name, c[k].found,
                c[k].wall[TURNS / 2], c[k].cpu[TURNS / 2], c[k].cpu[TURNS / 2] * 1e6 / HOSTS,
                c[k].rss);
        printf("{\"bench\":\"ping_sweep\",\"case\":\"%s\",\"name\":\"%s\",\"found\":%d,"
               "\"wall_s\":%.4f,\"cpu_s\":%.4f,\"rss_kib\":%ld}\n",
               what, c[k].name, c[k].found, c[k].wall[TURNS / 2], c[k].cpu[TURNS / 2], c[k].rss);
    }
}

static int bar(bool holds, const char *what, double value, double limit_value)
{
    fprintf(stderr, "  %s: %s %.3f (bar: %.3f)\n", holds ? "holds" : "MISSED", what, value,
            limit_value);
    return !holds;
}

/* --- the networks ----------------------------------------------------------------------------- */

static void must(const char *command)
{
    if (system(command) != 0) {
        fprintf(stderr, "cannot: %s\n", command);
        exit(2);
    }
}

static void networks(void)
{
    if (unshare(CLONE_NEWNET) < 0) {
        fprintf(stderr, "needs a network namespace of its own: %s\n", strerror(errno));
        exit(2);
    }
    must("ip link set lo up");
    must("ip route add local 10.1.0.0/16 dev lo");
    must("sysctl -qw net.ipv4.ping_group_range='0 2147483647'");
    /* requests leave by a veth, and the other end has nowhere to bring them */
    must("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
    must("ip addr add 10.200.0.1/24 dev v0 && ip link set v1 arp off");
    must("ip neigh add 10.200.0.2 lladdr 02:00:00:00:00:01 dev v0");
    must("ip route add 10.2.0.0/16 via 10.200.0.2");
}

int main(void)
{
    struct contestant alive[] = {{.name = "raw sendmmsg (limit)", .run = limit},
                                 {.name = "plug, raw socket", .run = sweep_raw},
                                 {.name = "plug, ping socket", .run = sweep_dgram},
                                 {.name = "fping -i0 -r0 -t500", .run = fping}};
    struct contestant dead[] = {{.name = "raw sendmmsg (limit)", .run = limit},
                                {.name = "plug, raw socket", .run = sweep_raw}};
    int missed = 0;

    networks();
    network = 0x0A010000;
    race("65,536 hosts that answer (lo)", alive, 4);
    for (int k = 1; k <= 2; k++) {
        missed += bar(alive[k].found == HOSTS, "hosts found", alive[k].found, HOSTS);
        missed += bar(alive[k].cpu[TURNS / 2] <= 1.1 * alive[0].cpu[TURNS / 2],
                      "x the processor time of the limit",
                      alive[k].cpu[TURNS / 2] / alive[0].cpu[TURNS / 2], 1.1);
        missed += bar(alive[k].rss <= 4096, "RSS in KiB", (double)alive[k].rss, 4096);
    }
    network = 0x0A020000;
    race("65,536 silent hosts (veth)", dead, 2);
    missed += bar(dead[1].found == 0, "hosts found", dead[1].found, 0);
    missed +=
        bar(dead[1].wall[TURNS / 2] <= 1.05 * dead[0].wall[TURNS / 2], "x the time of the limit",
            dead[1].wall[TURNS / 2] / dead[0].wall[TURNS / 2], 1.05);
    return missed ? 1 : 0;
}
