/* SPDX-License-Identifier: MIT */
#ifndef LOAD_H
#define LOAD_H
/*
 * What every load generator here needs: its options, the processor time that the server takes,
 * latencies, and the one line of JSON with the result.
 *
 * The time of a server is that of all its threads and processes, living and ended, in user and
 * kernel mode; the kernel counts in it what loopback does in the sender's name.
 */
#include "versus.h"

#include <dirent.h>
#include <getopt.h>
#include <time.h>

struct load {
    int port;
    pid_t pid; /* of the server */
    unsigned conns, depth, train;
    size_t size;
    double seconds;
    bool poll; /* never sleep: for the latency of one connection */
};

enum { LOAD_STEPS = 128, LOAD_BUCKETS = 64 * LOAD_STEPS }; /* steps within each power of two */

struct load_result {
    uint64_t ops, lost, bad;
    double seconds, server_us;
    uint32_t latency[LOAD_BUCKETS]; /* nanoseconds */
};

static inline int64_t load_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* --- options --------------------------------------------------------------------------- */

static inline struct load load_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"port", 1, NULL, 'p'},  {"pid", 1, NULL, 'P'},     {"conns", 1, NULL, 'c'},
        {"depth", 1, NULL, 'd'}, {"size", 1, NULL, 's'},    {"train", 1, NULL, 't'},
        {"poll", 0, NULL, 'b'},  {"seconds", 1, NULL, 'S'}, {NULL, 0, NULL, 0}};
    struct load l = {.conns = 64, .depth = 1, .size = 64, .seconds = 3};
    for (int o; (o = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        double v = optarg ? strtod(optarg, NULL) : 1;
        switch (o) {
        case 'p':
            l.port = (int)v;
            break;
        case 'P':
            l.pid = (pid_t)v;
            break;
        case 'c':
            l.conns = (unsigned)v;
            break;
        case 'd':
            l.depth = (unsigned)v;
            break;
        case 's':
            l.size = (size_t)v;
            break;
        case 't':
            l.train = (unsigned)v;
            break;
        case 'b':
            l.poll = true;
            break;
        case 'S':
            l.seconds = v;
            break;
        default:
            exit(2);
        }
    }
    if (!l.port || !l.pid || !l.conns || !l.depth || !l.size || l.size > VERSUS_HOT) {
        fprintf(stderr,
                "usage: %s --port N --pid N [--conns N] [--depth N] [--size BYTES]\n"
                "       [--seconds N] [--train N] [--poll]\n",
                argv[0]);
        exit(2);
    }
    versus_descriptors();
    return l;
}

/* --- the server's processor time -------------------------------------------------------- */

/* Of one process, with all its threads, in microseconds; 0 when it is gone. */
static inline double load_cpu_one(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
        return 0;
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Of the children that one thread of pid has now. */
static inline double load_cpu_children(pid_t pid, const char *task)
{
    char path[300];
    double sum = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%s/children", pid, task);
    FILE *f = fopen(path, "re");
    for (int child; f && fscanf(f, "%d", &child) == 1;)
        sum += load_cpu_one(child);
    if (f)
        fclose(f);
    return sum;
}

/* Of the children that have ended and been reaped. */
static inline double load_cpu_reaped(pid_t pid)
{
    char path[64];
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    if (fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lu %lu", &user,
               &kernel) != 2)
        user = kernel = 0;
    fclose(f);
    return (double)(user + kernel) * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

static inline double load_cpu(pid_t pid)
{
    char path[64];
    double sum = load_cpu_one(pid) + load_cpu_reaped(pid);
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            sum += load_cpu_children(pid, e->d_name);
    if (d)
        closedir(d);
    return sum;
}

/* --- latencies -------------------------------------------------------------------------- */

static inline void load_record(struct load_result *r, int64_t ns)
{
    uint64_t v = ns < LOAD_STEPS ? LOAD_STEPS : (uint64_t)ns;
    unsigned power = 63 - (unsigned)__builtin_clzll(v);
    r->latency[power * LOAD_STEPS + ((v >> (power - 7)) & (LOAD_STEPS - 1))]++;
}

/* In microseconds; share of 0 to 1. */
static inline double load_percentile(const struct load_result *r, double share)
{
    uint64_t all = 0, seen = 0;
    unsigned i;
    for (i = 0; i < LOAD_BUCKETS; i++)
        all += r->latency[i];
    for (i = 0; i < LOAD_BUCKETS - 1; i++)
        if ((seen += r->latency[i]) && (double)seen >= share * (double)all)
            break;
    uint64_t low = (uint64_t)(LOAD_STEPS + i % LOAD_STEPS);
    return (double)low * (double)(UINT64_C(1) << (i / LOAD_STEPS)) / LOAD_STEPS / 1e3;
}

/* --- the run ---------------------------------------------------------------------------- */

static inline void load_begin(struct load_result *r, pid_t pid)
{
    memset(r, 0, sizeof *r);
    r->seconds = -(double)load_now() / 1e9;
    r->server_us = -load_cpu(pid);
}

static inline void load_end(struct load_result *r, pid_t pid)
{
    r->server_us += load_cpu(pid);
    r->seconds += (double)load_now() / 1e9;
}

static inline void load_print(const struct load_result *r)
{
    printf("{\"ops\":%llu,\"seconds\":%.6f,\"server_us\":%.1f,\"us_per_op\":%.4f,"
           "\"p50_us\":%.2f,\"p99_us\":%.2f,\"p999_us\":%.2f,\"lost\":%llu,\"bad\":%llu}\n",
           (unsigned long long)r->ops, r->seconds, r->server_us,
           r->ops ? r->server_us / (double)r->ops : 0, load_percentile(r, 0.5),
           load_percentile(r, 0.99), load_percentile(r, 0.999), (unsigned long long)r->lost,
           (unsigned long long)r->bad);
}

/* --- messages --------------------------------------------------------------------------- */

/*
 * Message k of connection c is a window on noise that moves with both, so that a reply that is
 * late, doubled or another's is seen, and nothing has to be written for a message.
 */
enum { LOAD_SHIFTS = 4096 };
static char load_noise[VERSUS_HOT + LOAD_SHIFTS];

static inline void load_noise_fill(void)
{
    uint64_t x = 88172645463325252;
    for (size_t i = 0; i < sizeof load_noise; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        load_noise[i] = (char)x;
    }
}

static inline const char *load_message(unsigned conn, uint64_t k)
{
    return load_noise + (conn * 31 + k * 17) % LOAD_SHIFTS;
}

/* Connected to the server from 127.0.source.1. */
static inline int load_connect(const struct load *l, unsigned source)
{
    static const int on = 1;
    struct sockaddr_in me = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(0x7f000001 + (source << 8))};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)l->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = need(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    need(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on), "setsockopt");
    need(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "setsockopt");
    need(bind(fd, (struct sockaddr *)&me, sizeof me), "bind");
    need(connect(fd, (struct sockaddr *)&to, sizeof to), "connect");
    return fd;
}

/* One message there and back, blocking. */
static inline void load_exchange(const struct load *l, int fd, unsigned conn)
{
    char reply[VERSUS_HOT];
    need((int)send(fd, load_message(conn, 0), l->size, MSG_NOSIGNAL), "send");
    if (recv(fd, reply, l->size, MSG_WAITALL) != (ssize_t)l->size)
        die("recv");
    if (memcmp(reply, load_message(conn, 0), l->size) != 0) {
        fprintf(stderr, "a reply is wrong\n");
        exit(2);
    }
}

/*
 * Connection number i of many. Now and then it waits until the server has accepted all so far, or
 * the queue of the listener would overflow.
 */
enum { LOAD_AHEAD = 500 };
static inline int load_connect_next(const struct load *l, unsigned i)
{
    int fd = load_connect(l, i % 8);
    if (i % LOAD_AHEAD == LOAD_AHEAD - 1)
        load_exchange(l, fd, i);
    return fd;
}

#endif
