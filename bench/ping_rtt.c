/* SPDX-License-Identifier: MIT */
/*
 * How right a round trip is told: a host behind a TUN device, in a network namespace of this
 * program, answers exactly 500 us or 10 ms after it has read the request (it spins for that), and
 * is asked by plug, by ping(8) and by fping(8). The error is what they tell minus what it was.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <plug.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT  "100"
#define TARGET "10.77.0.9"

struct shared {
    _Atomic int64_t delay;    /* the host's */
    _Atomic int64_t lateness; /* sum of what it was late by */
    _Atomic uint64_t answers;
};

static struct shared *shared;
static int tun;

static int fail(const char *what)
{
    perror(what);
    return 2;
}

/* --- the host ---------------------------------------------------------------------------- */

static void answer(uint8_t *b, ssize_t len, int64_t read_at)
{
    size_t header = (size_t)(b[0] & 15) * 4;
    uint8_t swap[4];
    int64_t due = read_at + shared->delay;

    if (len < 28 || b[0] >> 4 != 4 || b[9] != 1 || b[header] != 8)
        return;
    memcpy(swap, b + 12, 4);
    memcpy(b + 12, b + 16, 4);
    memcpy(b + 16, swap, 4);
    b[header] = 0;
    plug_put_be16(b + header + 2, 0);
    plug_put_be16(b + header + 2, plug_checksum(b + header, (size_t)len - header));
    while (plug_now() < due)
        ;
    shared->lateness += plug_now() - due;
    shared->answers++;
    (void)!write(tun, b, (size_t)len);
}

static void host(void)
{
    uint8_t b[2048];

    for (;;) {
        ssize_t n = read(tun, b, sizeof b);
        if (n > 0)
            answer(b, n, plug_now());
    }
}

/* --- the network ------------------------------------------------------------------------- */

static int set_address(int s, const char *text, unsigned long request)
{
    struct ifreq r = {.ifr_name = "tun0"};
    struct sockaddr_in *a = (struct sockaddr_in *)&r.ifr_addr;

    a->sin_family = AF_INET;
    inet_pton(AF_INET, text, &a->sin_addr);
    return ioctl(s, request, &r);
}

static int make_network(void)
{
    struct ifreq r = {.ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI};
    int s;

    if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        return -1;
    tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    s = socket(AF_INET, SOCK_DGRAM, 0);
    if (tun < 0 || s < 0 || ioctl(tun, TUNSETIFF, &r) < 0)
        return -1;
    if (set_address(s, "10.77.0.1", SIOCSIFADDR) < 0 ||
        set_address(s, "255.255.255.0", SIOCSIFNETMASK) < 0)
        return -1;
    r.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(s, SIOCSIFFLAGS, &r) < 0)
        return -1;
    usleep(300000); /* until it has its queue */
    return close(s);
}

/* --- who asks: each gives its mean, in microseconds; < 0: not there -------------------------- */

static double by_plug(void)
{
    struct plug_ping_opts o = PLUG_PING_OPTS;
    struct plug_ping_stats s;
    struct plug_loop *l;
    struct plug_ping *p;
    struct plug_addr a;

    o.count = (uint64_t)atoi(COUNT);
    o.interval = PLUG_MS(20);
    if (plug_addr_parse(TARGET, &a) < 0 || plug_loop_open(&l, PLUG_BACKEND_AUTO) < 0 ||
        plug_ping_open(&p, l, &o, NULL, NULL) < 0 || plug_ping_add(p, &a) < 0 ||
        plug_ping_start(p) < 0 || plug_loop_run(l) < 0)
        return -1;
    plug_ping_stats(p, 0, &s);
    plug_ping_close(p);
    plug_loop_close(l);
    return s.received == o.count ? (double)s.avg / 1e3 : -1;
}

/* The mean behind "min/avg/max" in what the command says. */
static double by_command(const char *command)
{
    char line[512];
    double min, avg = -1;
    FILE *f = popen(command, "r");

    while (f && fgets(line, sizeof line, f)) {
        char *figures = strstr(line, "min/avg/max");
        if (figures && (figures = strchr(figures, '=')))
            (void)sscanf(figures, "= %lf/%lf", &min, &avg);
    }
    return f && pclose(f) == 0 ? avg * 1e3 : -1;
}

/* --- the table --------------------------------------------------------------------------- */

static double row(const char *name, int64_t delay, double (*run)(const char *), const char *arg)
{
    double mean, late;

    shared->lateness = 0;
    shared->answers = 0;
    mean = run(arg);
    late = shared->answers ? (double)shared->lateness / (double)shared->answers / 1e3 : 0;
    double error = mean - (double)delay / 1e3 - late;
    if (mean < 0) {
        fprintf(stderr, "%-6s  not there\n", name);
        return 0;
    }
    fprintf(stderr, "%-6s  %8lld us  %10.1f us  %+8.1f us  (host late by %.1f us)\n", name,
            (long long)delay / 1000, mean, error, late);
    printf("{\"bench\":\"ping_rtt\",\"row\":\"%s\",\"delay_us\":%lld,\"mean_us\":%.3f,"
           "\"error_us\":%.3f}\n",
           name, (long long)delay / 1000, mean, error);
    return error;
}

static double plug_row(const char *unused)
{
    (void)unused;
    return by_plug();
}

static int measure(int64_t delay, double most)
{
    shared->delay = delay;
    double error = row("plug", delay, plug_row, NULL);
    row("ping", delay, by_command, "ping -q -c " COUNT " -i 0.02 " TARGET " 2>&1");
    row("fping", delay, by_command, "fping -q -c " COUNT " -p 20 " TARGET " 2>&1");
    if (error <= most && error >= -most)
        return 0;
    fprintf(stderr, "bar: plug is off by more than %.0f us\n", most);
    return 1;
}

int main(void)
{
    cpu_set_t all;
    int rc;

    CPU_ZERO(&all);
    for (int i = 0; i < 64; i++)
        CPU_SET(i, &all);
    (void)sched_setaffinity(0, sizeof all, &all); /* the host spins on a core of its own */
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || make_network() < 0)
        return fail("a network namespace with a TUN device");
    pid_t pid = fork();
    if (pid == 0)
        host();
    (void)close(tun);
    rc = measure(PLUG_US(500), 8);
    rc |= measure(PLUG_MS(10), 12);
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    return rc;
}
