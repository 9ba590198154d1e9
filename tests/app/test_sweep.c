/* SPDX-License-Identifier: MIT */
/* Sweeps in a network of the test's own: answers, silence, loss, forgeries, shards. */
#include "netns.h"
#include "t.h"
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MOST 65536

/* What a sweep told. */
struct tally {
    unsigned replies, duplicates, errors, failed, lost, unknown, idle;
    uint8_t seen[MOST]; /* replies, by target */
    uint32_t last_lost;
    unsigned end_after; /* replies; 0: no end */
    int error, ttl;
    struct plug_addr from;
    struct plug_sweep_stats stats;
};

static int tell(const struct plug_sweep_event *e, void *arg)
{
    struct tally *y = arg;

    T_TRUE(e->type == PLUG_SWEEP_IDLE || plug_addr_family(&e->addr) != AF_UNSPEC);
    T_TRUE(plug_addr_port(&e->addr) == 0 && e->target < MOST);
    switch (e->type) {
    case PLUG_SWEEP_REPLY:
        T_EQ(y->seen[e->target]++, 0);
        T_TRUE(e->rtt >= 0 && e->rtt <= PLUG_S(30) && e->tries >= 1);
        y->ttl = e->ttl;
        return ++y->replies == y->end_after ? 77 : 0;
    case PLUG_SWEEP_DUPLICATE:
        y->duplicates++;
        return 0;
    case PLUG_SWEEP_ERROR:
        y->errors++;
        y->error = e->error;
        y->from = e->from;
        return 0;
    case PLUG_SWEEP_SEND_FAILED:
        y->failed++;
        y->error = e->error;
        return 0;
    case PLUG_SWEEP_LOST:
    case PLUG_SWEEP_UNKNOWN:
        T_TRUE(y->lost + y->unknown == 0 || e->target > y->last_lost);
        y->last_lost = e->target;
        *(e->type == PLUG_SWEEP_LOST ? &y->lost : &y->unknown) += 1;
        return 0;
    case PLUG_SWEEP_IDLE:
        y->idle++;
        return 0;
    }
    T_FAIL("an event of an unknown type");
}

static struct plug_targets *targets(const char *text)
{
    struct plug_targets *t;

    T_OK(plug_targets_open(&t, NULL));
    T_OWN(plug_targets_close, t);
    T_OK(plug_targets_add(t, text));
    T_OK(plug_targets_seal(t));
    return t;
}

static struct plug_sweep *sweep_open(const struct plug_sweep_opts *opts)
{
    struct plug_sweep *s;

    T_OK(plug_sweep_open(&s, opts));
    T_OWN(plug_sweep_close, s);
    return s;
}

static struct tally *tally_new(void)
{
    struct tally *y = T_PTR(calloc(1, sizeof *y));

    T_OWN(free, y);
    return y;
}

/* A whole sweep; its result is checked against what it told. */
static struct tally *sweep(const struct plug_sweep_opts *opts, const char *text)
{
    struct plug_sweep *s = sweep_open(opts);
    struct plug_targets *t = targets(text);
    struct tally *y = tally_new();

    T_OK(plug_sweep_run(s, t, tell, y));
    plug_sweep_stats(s, &y->stats);
    T_EQ(y->stats.answered, y->replies);
    T_EQ(y->stats.lost, y->lost);
    T_EQ(y->stats.unknown, y->unknown);
    T_EQ(y->stats.send_failed, y->failed);
    T_EQ(y->stats.duplicates, y->duplicates);
    T_EQ(y->stats.errors, y->errors);
    T_EQ(y->stats.targets, y->replies + y->lost + y->unknown + y->failed);
    return y;
}

static struct plug_sweep_opts options(unsigned tries, int64_t timeout)
{
    struct plug_sweep_opts opts = PLUG_SWEEP_OPTS;

    opts.tries = tries;
    opts.timeout = timeout;
    return opts;
}

/* --- hosts that answer ------------------------------------------------------------------------ */

static void check_all_found(enum plug_sweep_socket kind, const char *text, unsigned count)
{
    struct plug_sweep_opts opts = options(1, PLUG_S(20));
    struct tally *y;

    opts.socket = kind;
    y = sweep(&opts, text);
    T_EQ(y->replies, count);
    T_EQ(y->stats.sent, count);
    T_EQ(y->stats.asked, count);
    T_EQ(y->stats.unmatched, 0);
    T_EQ(y->ttl, 64);
    T_TRUE(y->stats.min <= y->stats.p50 && y->stats.p50 <= y->stats.max);
    T_TRUE(y->stats.elapsed < PLUG_S(20)); /* the last answer ends it */
    t_end_owned();
}

T_TEST_PLAIN(every_host_is_found)
{
    netns_own();
    netns_do(NETNS_OWN, "ip route add local 10.1.0.0/16 dev lo");
    netns_do(NETNS_OWN, "ip -6 route add local fd77::/112 dev lo");
    check_all_found(PLUG_SWEEP_RAW, "10.1.0.0/16", 65536);
    check_all_found(PLUG_SWEEP_DGRAM, "10.1.0.0/16", 65536);
    check_all_found(PLUG_SWEEP_RAW, "fd77::/117", 2048);
    check_all_found(PLUG_SWEEP_DGRAM, "fd77::/117", 2048);
    check_all_found(PLUG_SWEEP_AUTO, "10.1.0.1-4", 4);
}

T_TEST_PLAIN(both_families_in_one_sweep)
{
    struct plug_sweep_opts opts = options(1, PLUG_S(20));
    struct plug_sweep *s;
    struct plug_targets *t;
    struct tally *y = tally_new();

    netns_own();
    netns_do(NETNS_OWN, "ip route add local 10.1.0.0/16 dev lo");
    netns_do(NETNS_OWN, "ip -6 route add local fd77::/112 dev lo");
    s = sweep_open(&opts);
    T_EQ(plug_sweep_kind(s, AF_INET), PLUG_SWEEP_DGRAM); /* the namespace allows it to all */
    T_EQ(plug_sweep_kind(s, AF_INET6), PLUG_SWEEP_DGRAM);
    T_ERR(plug_sweep_kind(s, AF_UNIX), -EAFNOSUPPORT);
    T_OK(plug_targets_open(&t, NULL));
    T_OWN(plug_targets_close, t);
    T_OK(plug_targets_add(t, "10.1.0.0/22"));
    T_OK(plug_targets_add(t, "fd77::/118"));
    T_OK(plug_targets_seal(t));
    T_OK(plug_sweep_run(s, t, tell, y));
    T_EQ(y->replies, 2048);
    T_ERR(plug_sweep_run(s, t, tell, y), -EBUSY);
}

T_TEST_PLAIN(requests_of_all_sizes)
{
    static const size_t sizes[] = {PLUG_SWEEP_DATA_MIN, 17, 55, 56, 57, 1473, PLUG_SWEEP_DATA_MAX};

    netns_own();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int kind = PLUG_SWEEP_DGRAM; kind <= PLUG_SWEEP_RAW; kind++) {
            struct plug_sweep_opts opts = options(1, PLUG_S(20));

            opts.data_len = sizes[i];
            opts.socket = (enum plug_sweep_socket)kind;
            T_EQ(sweep(&opts, "127.0.1.0/27")->replies, 32);
            t_end_owned();
        }
    }
}

/* Each shard its own hosts, all of them together every host once; in another order they do not. */
T_TEST_PLAIN(shards_cover_the_set_once)
{
    uint8_t all[1024] = {0};

    netns_own();
    netns_do(NETNS_OWN, "ip route add local 10.1.0.0/16 dev lo");
    for (uint32_t shard = 1; shard <= 3; shard++) {
        struct plug_sweep_opts opts = options(1, PLUG_S(20));

        opts.seed = 4711;
        opts.shard = (struct plug_shard){shard, 3};
        struct tally *y = sweep(&opts, "10.1.0.0/22");
        T_EQ(y->replies, shard == 1 ? 342 : 341);
        for (size_t i = 0; i < sizeof all; i++)
            all[i] = (uint8_t)(all[i] + y->seen[i]);
        t_end_owned();
    }
    for (size_t i = 0; i < sizeof all; i++)
        T_EQ(all[i], 1);
}

T_TEST_PLAIN(a_shard_may_have_nothing_to_do)
{
    struct plug_sweep_opts opts = options(1, PLUG_S(20));

    netns_own();
    opts.seed = 1;
    opts.shard = (struct plug_shard){5, 5};
    T_EQ(sweep(&opts, "127.0.0.1-3")->stats.targets, 0);
}

T_TEST_PLAIN(the_caller_may_end_it)
{
    struct plug_sweep_opts opts = options(1, PLUG_S(20));
    struct tally *y = tally_new();
    struct plug_sweep *s;

    netns_own();
    s = sweep_open(&opts);
    y->end_after = 5;
    T_EQ(plug_sweep_run(s, targets("127.0.0.0/24"), tell, y), 77);
    T_EQ(y->replies, 5);
    plug_sweep_stats(s, &y->stats);
    T_EQ(y->stats.answered, 5);
    T_EQ(y->stats.lost, 0);
}

/* --- hosts that do not ------------------------------------------------------------------------ */

/* Requests to 10.2.0.0/16 leave and nobody ever sees them. */
static void silent_network(void)
{
    netns_own();
    netns_do(NETNS_OWN, "ip link add v0 type veth peer name v1");
    netns_do(NETNS_OWN, "ip link set v0 up");
    netns_do(NETNS_OWN, "ip link set v1 up");
    netns_do(NETNS_OWN, "ip addr add 10.200.0.1/24 dev v0");
    netns_do(NETNS_OWN, "ip neigh add 10.200.0.2 lladdr 02:00:00:00:00:01 dev v0");
    netns_do(NETNS_OWN, "ip route add 10.2.0.0/16 via 10.200.0.2");
}

T_TEST_PLAIN(silent_hosts_cost_one_pass_and_one_timeout)
{
    struct plug_sweep_opts opts = options(1, PLUG_MS(100));
    struct tally *y;

    silent_network();
    y = sweep(&opts, "10.2.0.0/16");
    T_EQ(y->lost, 65536);
    T_EQ(y->stats.sent, 65536);
    T_TRUE(y->stats.elapsed >= PLUG_MS(100));
    opts.tries = 3;
    y = sweep(&opts, "10.2.0.0/25");
    T_EQ(y->lost, 128);
    T_EQ(y->stats.sent, 3 * 128);
    T_TRUE(y->stats.elapsed >= PLUG_MS(300));
}

T_TEST_PLAIN(few_may_be_without_an_answer)
{
    struct plug_sweep_opts opts = options(1, PLUG_MS(20));

    silent_network();
    opts.window = 10;
    T_TRUE(sweep(&opts, "10.2.0.0-49")->stats.elapsed >= PLUG_MS(100)); /* five times ten */
    opts.window = 1;
    T_TRUE(sweep(&opts, "10.2.0.0-4")->stats.elapsed >= PLUG_MS(100));
}

T_TEST_PLAIN(a_rate_is_kept)
{
    struct plug_sweep_opts opts = options(1, PLUG_MS(10));

    silent_network();
    opts.rate = 1000;
    T_TRUE(sweep(&opts, "10.2.0.0-199")->stats.elapsed >= PLUG_MS(190));
    opts.rate = 1;
    struct plug_deadline d;
    struct tally *y = tally_new();
    struct plug_sweep *s = sweep_open(&opts);
    plug_deadline_enter(&d, PLUG_MS(100));
    T_ERR(plug_sweep_run(s, targets("10.2.0.0-199"), tell, y), PLUG_ETIMEOUT);
    plug_deadline_leave(&d);
    plug_sweep_stats(s, &y->stats);
    T_EQ(y->stats.sent, 1);
}

T_TEST_PLAIN(lost_packets_are_tried_again)
{
    struct plug_sweep_opts opts = options(1, PLUG_MS(50));
    struct tally *y;

    netns_own();
    netns_do(NETNS_OWN, "ip route add local 10.1.0.0/16 dev lo");
    netns_feed(NETNS_OWN,
               "table ip t {\n chain c {\n type filter hook input priority 0;\n"
               "ip saddr 10.1.0.0/16 icmp type echo-reply numgen random mod 100 < 25 drop\n}\n}\n",
               "nft -f -");
    y = sweep(&opts, "10.1.0.0/20");
    T_TRUE(y->replies > 2600 && y->replies < 3500); /* 3072: 15 standard deviations */
    T_EQ(y->stats.local_drops, 0);
    opts.tries = 20;
    y = sweep(&opts, "10.1.0.0/20");
    T_EQ(y->replies, 4096);
}

T_TEST_PLAIN(what_cannot_be_sent_has_failed)
{
    struct plug_sweep_opts opts = options(2, PLUG_MS(20));
    struct tally *y;

    netns_own();
    netns_do(NETNS_OWN, "ip addr add 10.3.0.1/24 dev lo");
    y = sweep(&opts, "192.0.2.1-2"); /* there is no route */
    T_EQ(y->failed, 2);
    T_EQ(y->error, -ENETUNREACH);
    T_EQ(y->stats.sent, 0);
    T_EQ(sweep(&opts, "198.18.0.0/21")->failed, 2048); /* many batches of them */
    netns_do(NETNS_OWN, "ip link add v0 type veth peer name v1");
    netns_do(NETNS_OWN, "ip link set v0 up");
    netns_do(NETNS_OWN, "ip addr add 10.4.0.1/24 brd + dev v0");
    y = sweep(&opts, "10.4.0.255"); /* to everybody at once: never */
    T_EQ(y->failed, 1);
    T_EQ(y->error, -EACCES);
}

/* A router's refusal is told, proves nothing, and is not taken for an answer. */
T_TEST_PLAIN(icmp_errors_are_told)
{
    int ns[2];

    netns_own();
    netns_chain(ns, 2);
    netns_do(ns[0], "ip route add 10.5.0.0/24 via 10.99.2.2");
    netns_sysctl(ns[0], "ipv4/icmp_ratelimit", "0");
    netns_feed(ns[0],
               "table ip t {\n chain c {\n type filter hook forward priority 0;\n"
               "ip daddr 10.5.0.0/24 reject with icmp type host-unreachable\n}\n}\n",
               "nft -f -");
    netns_do(NETNS_OWN, "ip route add 10.5.0.0/24 via 10.99.1.2");
    for (int kind = PLUG_SWEEP_DGRAM; kind <= PLUG_SWEEP_RAW; kind++) {
        struct plug_sweep_opts opts = options(2, PLUG_MS(100));
        char text[PLUG_ADDR_TEXT];

        opts.socket = (enum plug_sweep_socket)kind;
        struct tally *y = sweep(&opts, "10.5.0.1-5");
        T_EQ(y->errors, 10);
        T_EQ(y->lost, 5);
        T_EQ(y->error, -EHOSTUNREACH);
        plug_addr_text(&y->from, text, sizeof text);
        T_STR(text, "10.99.1.2");
    }
}

/* --- this machine's own loss ------------------------------------------------------------------ */

static struct plug_sys small;

/* A receive queue that has room for a few packets only. */
static int set_small(int fd, int level, int name, const void *value, socklen_t len)
{
    static const int bytes = 8192;

    if (level == SOL_SOCKET && name == SO_RCVBUFFORCE)
        return -EPERM;
    if (level == SOL_SOCKET && name == SO_RCVBUF)
        return plug_sys_kernel()->setsockopt(fd, level, name, &bytes, sizeof bytes);
    return plug_sys_kernel()->setsockopt(fd, level, name, value, len);
}

T_TEST_PLAIN(own_drops_are_no_loss)
{
    struct plug_sweep_opts opts = options(1, PLUG_MS(100));
    struct tally *y;

    netns_own();
    netns_do(NETNS_OWN, "ip route add local 10.1.0.0/16 dev lo");
    small = *plug_sys_kernel();
    small.setsockopt = set_small;
    T_OK(plug_sys_set(&small));
    y = sweep(&opts, "10.1.0.0/21");
    T_TRUE(y->stats.local_drops > 0);
    T_EQ(y->lost, 0);
    T_TRUE(y->replies > 1024);
    T_TRUE(y->stats.sent > 2048);
    T_OK(plug_sys_set(NULL));
}

T_TEST_PLAIN(an_interface_that_refuses_is_waited_for)
{
    struct plug_sweep_opts opts = options(1, PLUG_S(20));
    struct tally *y;

    netns_own();
    T_OK(plug_sys_fault("sendmmsg:2-5=ENOBUFS;sendmmsg:7=EAGAIN;sendmmsg:8=EINTR", NULL));
    y = sweep(&opts, "127.0.0.0/24");
    T_OK(plug_sys_fault(NULL, NULL));
    T_EQ(y->replies, 256);
    T_EQ(y->stats.sent, 256);
    T_EQ(y->stats.local_drops, 4);
    T_OK(plug_sys_fault("sendmmsg:*=ENOBUFS", NULL));
    y = sweep(&opts, "127.0.0.1");
    T_OK(plug_sys_fault(NULL, NULL));
    T_EQ(y->failed, 1);
    T_EQ(y->error, -ENOBUFS);
}

/* --- strangers -------------------------------------------------------------------------------- */

static int tun;
static unsigned forged;
static atomic_bool enough;

/* Turns a request into the answer to it. */
static size_t answer_to(uint8_t *packet, size_t len)
{
    uint8_t peer[4];

    memcpy(peer, packet + 12, 4);
    memcpy(packet + 12, packet + 16, 4);
    memcpy(packet + 16, peer, 4);
    packet[20] = 0;
    plug_put_be16(packet + 22, 0);
    plug_put_be16(packet + 22, plug_checksum(packet + 20, len - 20));
    return len;
}

/* The packet with one bit of it (from the ICMP type on) or of its source turned, and made right. */
static void forge(const uint8_t *packet, size_t len, size_t bit)
{
    uint8_t p[128];
    size_t at = bit / 8 < 4 ? 12 + bit / 8 : 16 + bit / 8;

    memcpy(p, packet, len);
    p[at] = (uint8_t)(p[at] ^ 1u << bit % 8);
    plug_put_be16(p + 10, 0);
    plug_put_be16(p + 10, plug_checksum(p, 20));
    if (at < 22 || at > 23)
        plug_put_be16(p + 22, 0);
    if (at < 22 || at > 23)
        plug_put_be16(p + 22, plug_checksum(p + 20, len - 20));
    forged += write(tun, p, len) == (ssize_t)len;
}

/* The same packet with all the options that fit an IPv4 header: no-operations. */
static size_t with_options(uint8_t *packet, size_t len)
{
    memmove(packet + 60, packet + 20, len - 20);
    memset(packet + 20, 1, 40);
    packet[0] = 0x4F;
    plug_put_be16(packet + 2, (uint16_t)(len + 40));
    plug_put_be16(packet + 10, 0);
    plug_put_be16(packet + 10, plug_checksum(packet, 60));
    return len + 40;
}

/* Behind the TUN: to each request all forgeries of one bit, then the answer; even hosts thrice. */
static void strangers(void *arg)
{
    uint8_t p[256];
    ssize_t n;

    (void)arg;
    while (!enough) {
        if (plug_wait(tun, POLLIN, plug_deadline_after(PLUG_MS(20))) <= 0)
            continue;
        n = read(tun, p, sizeof p);
        if (n != 84 || p[9] != 1 || p[20] != 8)
            continue;
        size_t len = answer_to(p, (size_t)n);
        for (size_t bit = 0; bit < 8 * (4 + 8 + 16); bit++)
            forge(p, len, bit);
        for (size_t cut = 20; cut < 44; cut++) { /* too short */
            uint8_t q[256];

            memcpy(q, p, len);
            plug_put_be16(q + 2, (uint16_t)cut);
            plug_put_be16(q + 10, 0);
            plug_put_be16(q + 10, plug_checksum(q, 20));
            forged += write(tun, q, cut) == (ssize_t)cut;
        }
        if (p[15] == 5) /* a true answer may come with options of IP */
            len = with_options(p, len);
        for (int copies = p[15] % 2 ? 1 : 3; copies > 0; copies--)
            (void)!write(tun, p, len);
    }
}

T_TEST_PLAIN(forged_answers_are_not_believed)
{
    for (int kind = PLUG_SWEEP_DGRAM; kind <= PLUG_SWEEP_RAW; kind++) {
        struct plug_sweep_opts opts = options(1, PLUG_S(20));
        struct tally *y;

        netns_own();
        tun = netns_tun(kind == PLUG_SWEEP_RAW ? "tun1" : "tun0",
                        kind == PLUG_SWEEP_RAW ? "10.7.0.1/24" : "10.6.0.1/24", NULL);
        forged = 0;
        enough = false;
        t_thread(strangers, NULL);
        opts.socket = (enum plug_sweep_socket)kind;
        y = sweep(&opts, kind == PLUG_SWEEP_RAW ? "10.7.0.2-21" : "10.6.0.2-21");
        enough = true;
        t_join();
        T_EQ(y->replies, 20);
        T_EQ(y->duplicates, 20); /* a forgery that is believed makes the answer one more */
        T_TRUE(forged >= 20 * 200);
        T_TRUE(y->stats.unmatched > 20 * 100);
        t_end_owned();
    }
}

/* --- options ---------------------------------------------------------------------------------- */

T_TEST(options_are_checked)
{
    struct plug_sweep *s;
    struct plug_sweep_opts good = PLUG_SWEEP_OPTS, o;

#define REFUSED(member, value)                                                                     \
    do {                                                                                           \
        o = good;                                                                                  \
        o.member = value;                                                                          \
        T_ERR(plug_sweep_open(&s, &o), PLUG_EOPTS);                                                \
    } while (0)
    REFUSED(size, good.size - 1);
    REFUSED(socket, (enum plug_sweep_socket)3);
    REFUSED(family, AF_UNIX);
    REFUSED(tries, PLUG_SWEEP_TRIES_MAX + 1);
    REFUSED(timeout, -1);
    REFUSED(timeout, PLUG_SWEEP_TIMEOUT_MAX + 1);
    REFUSED(rate, PLUG_SWEEP_RATE_MAX + 1);
    REFUSED(data_len, PLUG_SWEEP_DATA_MIN - 1);
    REFUSED(data_len, PLUG_SWEEP_DATA_MAX + 1);
    REFUSED(ttl, 256);
    REFUSED(ttl, -1);
    REFUSED(tos, 256);
    good.seed = 1;
    REFUSED(shard, ((struct plug_shard){3, 2}));
    REFUSED(shard, ((struct plug_shard){0, 2}));
    good.seed = 0;
    REFUSED(shard, ((struct plug_shard){1, 2}));
    plug_sweep_close(NULL);
}

T_TEST_PLAIN(only_the_family_that_was_asked_for)
{
    struct plug_sweep_opts opts = PLUG_SWEEP_OPTS;
    struct tally *y = tally_new();
    struct plug_sweep *s;
    struct plug_targets *empty;

    netns_own();
    opts.family = AF_INET6;
    s = sweep_open(&opts);
    T_ERR(plug_sweep_kind(s, AF_INET), -EAFNOSUPPORT);
    T_ERR(plug_sweep_run(s, targets("127.0.0.1"), tell, y), -EAFNOSUPPORT);
    T_OK(plug_targets_open(&empty, NULL));
    T_OWN(plug_targets_close, empty);
    T_ERR(plug_sweep_run(s, empty, tell, y), -EINVAL);
    T_OK(plug_sweep_run(s, targets("::1"), tell, y));
    T_EQ(y->replies, 1);
}

T_TEST_PLAIN(packets_are_as_the_options_say)
{
    struct plug_sweep_opts opts = options(1, PLUG_MS(200));
    struct plug_addr source;
    int ns[2];

    netns_own();
    netns_chain(ns, 2);
    opts.ttl = 1; /* it does not come past the first router */
    T_EQ(sweep(&opts, "10.99.2.2")->replies, 0);
    opts.ttl = 2;
    opts.tos = 8;
    T_OK(plug_addr_parse("10.99.1.1", &source));
    opts.source = &source;
    T_EQ(sweep(&opts, "10.99.2.2")->replies, 1);
    opts.ifindex = (unsigned)T_OK(plug_iface_index("lo"));
    T_EQ(sweep(&opts, "10.99.2.2")->replies, 0);
    T_OK(plug_addr_parse("192.0.2.1", &source));
    struct plug_sweep *s;
    T_ERR(plug_sweep_open(&s, &opts), -EADDRNOTAVAIL);
}

/* In a child, for what is given up does not come back. */
T_TEST_PLAIN(without_permission_nothing_opens)
{
    int status;
    pid_t pid;

    netns_own();
    netns_sysctl(NETNS_OWN, "ipv4/ping_group_range", "1 0");
    pid = fork();
    if (pid == 0) {
        struct plug_sweep *s;
        int r = plug_privilege_drop();

        if (r >= 0)
            r = plug_sweep_open(&s, NULL);
        _exit(r == -EPERM || r == -EACCES ? 0 : 1);
    }
    T_EQ(waitpid(pid, &status, 0), pid);
    T_EQ(status, 0);
}

T_TEST(it_fails_cleanly)
{
    struct plug_sweep_opts opts = options(1, PLUG_MS(50));
    struct tally *y = tally_new();
    struct plug_sweep *s;

    netns_own();
    opts.family = AF_INET;
    s = sweep_open(&opts);
    T_OK(plug_sweep_run(s, targets("127.0.0.1-3"), tell, y));
    if (!t_tortured())
        T_EQ(y->replies, 3);
}
