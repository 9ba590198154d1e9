/* SPDX-License-Identifier: MIT */
/*
 * The twelve faults of the tutorial's ping that this one grew from: each has a test that the
 * original fails. And what a network does to packets: late, doubled, reordered, lost.
 */
#include "netns.h"
#include <errno.h>
#include <netinet/in.h>
#include <plug/bytes.h>
#include <plug/checksum.h>
#include <stdlib.h>
#include <string.h>
#include <t.h>
#include <unistd.h>

#define EVENTS 8192
#define PACKET 2048
#define HELD   64

/* --- a host behind a TUN device: script() decides what becomes of each request -------------- */

struct packet {
    uint8_t b[PACKET];
    size_t len, header;
    unsigned seq; /* on the wire */
};

static struct plug_loop *loop;
static struct plug_ping *ping;
static struct plug_ping_event event[EVENTS];
static size_t events;
static int tun;
static void (*script)(struct packet *p);
static struct packet held[HELD];
static size_t holding;

static void note(struct plug_ping *p, const struct plug_ping_event *e, void *arg)
{
    (void)p;
    (void)arg;
    if (events < EVENTS)
        event[events++] = *e;
}

static size_t told(enum plug_ping_event_type type)
{
    size_t n = 0;

    for (size_t i = 0; i < events; i++)
        n += event[i].type == type;
    return n;
}

/* Turns the request into the honest reply. */
static void turn_round(struct packet *p)
{
    uint8_t swap[4];

    memcpy(swap, p->b + 12, 4);
    memcpy(p->b + 12, p->b + 16, 4);
    memcpy(p->b + 16, swap, 4);
    p->b[p->header] = 0;
}

static void emit(struct packet *p)
{
    plug_put_be16(p->b + 10, 0);
    plug_put_be16(p->b + 10, plug_checksum(p->b, p->header));
    plug_put_be16(p->b + p->header + 2, 0);
    plug_put_be16(p->b + p->header + 2, plug_checksum(p->b + p->header, p->len - p->header));
    T_EQ(write(tun, p->b, p->len), p->len);
}

static void answer(struct packet *p)
{
    turn_round(p);
    emit(p);
}

static void hold(struct packet *p)
{
    T_TRUE(holding < HELD);
    turn_round(p);
    held[holding++] = *p;
}

static void on_tun(struct plug_loop *l, int fd, unsigned events_now, void *arg)
{
    static struct packet p;
    ssize_t n = read(fd, p.b, sizeof p.b);

    (void)l;
    (void)events_now;
    (void)arg;
    p.header = (size_t)(p.b[0] & 15) * 4;
    if (n < 28 || p.b[0] >> 4 != 4 || p.b[9] != IPPROTO_ICMP || p.b[p.header] != 8)
        return;
    p.len = (size_t)n;
    p.seq = plug_get_be16(p.b + p.header + 6);
    script(&p);
}

static void warm_up(void)
{
    struct plug_addr a;
    uint8_t b[PACKET];

    T_OK(plug_addr_parse("10.77.0.9:9", &a));
    for (int i = 0;; i++) { /* a new interface drops packets until it has its queue */
        struct plug_sock *s;
        T_TRUE(i < 1000);
        T_OK(plug_sock_open(&s, AF_INET, SOCK_DGRAM, 0));
        (void)!plug_sock_sendto(s, "x", 1, MSG_DONTWAIT, &a);
        plug_sock_close(s);
        if (plug_wait(tun, POLLIN, plug_deadline_after(PLUG_MS(10))) <= 0)
            continue;
        if (read(tun, b, sizeof b) > 0 && b[0] >> 4 == 4 && b[9] == IPPROTO_UDP)
            return;
    }
}

static void network(void (*how)(struct packet *p))
{
    netns_own();
    tun = netns_tun("tun0", "10.77.0.1/24", NULL);
    warm_up();
    script = how;
    holding = 0;
}

static struct plug_ping_opts several(uint64_t count)
{
    struct plug_ping_opts o = PLUG_PING_OPTS;

    o.count = count;
    o.interval = PLUG_MS(1);
    o.timeout = PLUG_S(20);
    return o;
}

static void open_ping(const struct plug_ping_opts *o, const char *address)
{
    struct plug_addr a;

    events = 0;
    T_OK(plug_loop_open(&loop, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, loop);
    T_OK(plug_ping_open(&ping, loop, o, note, NULL));
    T_OWN(plug_ping_close, ping);
    T_OK(plug_addr_parse(address, &a));
    T_OK(plug_ping_add(ping, &a));
}

static struct plug_ping_stats run_it(void)
{
    struct plug_ping_stats s;

    if (script)
        T_OK(plug_loop_watch(loop, tun, PLUG_READ, on_tun, NULL));
    T_OK(plug_ping_start(ping));
    while (plug_ping_running(ping))
        T_OK(plug_loop_turn(loop, PLUG_S(30)));
    plug_ping_stats(ping, 0, &s);
    return s;
}

/* Every request to the host that script makes. */
static struct plug_ping_stats asked(void (*how)(struct packet *p), const struct plug_ping_opts *o)
{
    network(how);
    open_ping(o, "10.77.0.9");
    return run_it();
}

/* --- 1, 2: which message is a reply -------------------------------------------------------- */

static struct plug_sock *raw_socket(const char *from)
{
    static struct plug_sock *s;
    struct plug_addr a;

    T_OK(plug_sock_open(&s, AF_INET, SOCK_RAW, IPPROTO_ICMP));
    T_OWN(plug_sock_close, s);
    T_OK(plug_addr_parse(from, &a));
    T_OK(plug_sock_bind(s, &a));
    return s;
}

/* The original took its own request, seen on loopback, and any message with the same identifier. */
T_TEST_PLAIN(fault_1_the_type_is_looked_at)
{
    struct plug_ping_opts o = several(200);
    struct plug_ping_stats s;
    static uint8_t forged[64];

    netns_own();
    script = NULL;
    o.socket = PLUG_PING_RAW;
    open_ping(&o, "127.0.0.1");
    struct plug_sock *forger = raw_socket("127.0.0.9");
    struct plug_addr to;
    T_OK(plug_addr_parse("127.0.0.1", &to));
    T_OK(plug_ping_start(ping));
    for (unsigned id = 0; id < 65536; id++) { /* one of them is ours */
        forged[0] = id % 2 ? 3 : 8;
        plug_put_be16(forged + 4, (uint16_t)id);
        plug_put_be16(forged + 6, 1);
        plug_put_be16(forged + 2, 0);
        plug_put_be16(forged + 2, plug_checksum(forged, sizeof forged));
        (void)!plug_sock_sendto(forger, forged, sizeof forged, 0, &to);
        if (id % 512 == 0)
            T_OK(plug_loop_turn(loop, PLUG_NOWAIT));
    }
    while (plug_ping_running(ping))
        T_OK(plug_loop_turn(loop, PLUG_S(30)));
    plug_ping_stats(ping, 0, &s);
    T_EQ(s.received, 200);
    T_EQ(s.duplicates + s.late + s.lost, 0);
}

/* Replies of the right form with every identifier, from the right and from a wrong source. */
T_TEST_PLAIN(fault_2_who_has_not_seen_the_request_cannot_answer)
{
    struct plug_ping_opts o = several(50);
    struct plug_ping_stats s;
    static uint8_t forged[64];
    struct plug_addr to;

    netns_own();
    script = NULL;
    o.socket = PLUG_PING_RAW;
    open_ping(&o, "127.0.0.1");
    struct plug_sock *same = raw_socket("127.0.0.1"), *other = raw_socket("127.0.0.9");
    T_OK(plug_addr_parse("127.0.0.1", &to));
    T_OK(plug_ping_start(ping));
    for (unsigned id = 0; id < 65536; id++) {
        plug_put_be16(forged + 4, (uint16_t)id);
        plug_put_be16(forged + 6, (uint16_t)(1 + id % 50));
        plug_put_be64(forged + 8, t_random());
        plug_put_be16(forged + 2, 0);
        plug_put_be16(forged + 2, plug_checksum(forged, sizeof forged));
        (void)!plug_sock_sendto(id % 2 ? same : other, forged, sizeof forged, 0, &to);
        if (id % 512 == 0)
            T_OK(plug_loop_turn(loop, PLUG_NOWAIT));
    }
    while (plug_ping_running(ping))
        T_OK(plug_loop_turn(loop, PLUG_S(30)));
    plug_ping_stats(ping, 0, &s);
    T_EQ(s.received, 50);
    T_EQ(s.duplicates + s.late, 0);
}

/* --- 3: identifiers ------------------------------------------------------------------------- */

static unsigned ids[2], id_count;

static void note_id(struct packet *p)
{
    unsigned id = plug_get_be16(p->b + p->header + 4);

    if (id_count < 2 && p->seq == 1)
        ids[id_count++] = id;
    answer(p);
}

/* Not the process number: two pings of one process have their own. */
T_TEST_PLAIN(fault_3_the_identifier_is_no_process_number)
{
    struct plug_ping_opts o = several(1);

    id_count = 0;
    o.socket = PLUG_PING_DGRAM;
    network(note_id);
    open_ping(&o, "10.77.0.9");
    struct plug_ping *first = ping;
    struct plug_loop *kept = loop;
    T_EQ(run_it().received, 1);
    open_ping(&o, "10.77.0.9");
    T_EQ(run_it().received, 1);
    T_TRUE(first && kept && id_count == 2 && ids[0] != ids[1]);
}

/* --- 4: headers with options ---------------------------------------------------------------- */

static void with_options(struct packet *p)
{
    turn_round(p);
    for (size_t len = 0; len <= 40; len += 4) {
        struct packet q = *p;
        memmove(q.b + 20 + len, p->b + 20, p->len - 20);
        memset(q.b + 20, 1, len);
        q.header += len;
        q.len += len;
        q.b[0] = (uint8_t)(0x45 + len / 4);
        plug_put_be16(q.b + 2, (uint16_t)q.len);
        emit(&q);
    }
}

T_TEST_PLAIN(fault_4_ip_options_are_stepped_over)
{
    for (int kind = PLUG_PING_DGRAM; kind <= PLUG_PING_RAW; kind++) {
        struct plug_ping_opts o = several(2);
        o.socket = (enum plug_ping_socket)kind;
        struct plug_ping_stats s = asked(with_options, &o);
        T_EQ(s.received, 2);
        T_TRUE(s.duplicates >= 10); /* the eleventh of the last one may come too late */
        t_end_owned();
    }
}

/* --- 5: clocks ------------------------------------------------------------------------------ */

static int64_t wall_step;

static int64_t stepped_now(clockid_t clock)
{
    return plug_sys_kernel()->now(clock) + (clock == CLOCK_REALTIME ? wall_step : 0);
}

static void step_clock(struct packet *p)
{
    static const int64_t step[] = {PLUG_S(3600), -PLUG_S(3600), PLUG_S(1), -PLUG_S(1), PLUG_MS(1)};

    wall_step += step[p->seq % 5];
    answer(p);
}

/* Somebody sets the clock between request and reply: forward, back, by little. */
T_TEST_PLAIN(fault_5_the_wall_clock_may_be_set)
{
    static struct plug_sys sys;
    struct plug_ping_opts o = several(20);

    sys = *plug_sys_kernel();
    sys.now = stepped_now;
    wall_step = 0;
    T_OK(plug_sys_set(&sys));
    struct plug_ping_stats s = asked(step_clock, &o);
    T_EQ(s.received, 20);
    T_TRUE(s.min >= 0 && s.max < PLUG_MS(900));
    T_OK(plug_sys_set(NULL));
}

/* --- 6: how long is waited ------------------------------------------------------------------ */

static struct plug_timer flood;

static void send_foreign(struct plug_loop *l, struct plug_timer *t, void *arg)
{
    struct packet p = held[0];

    (void)l;
    (void)t;
    (void)arg;
    if (holding == 0)
        return;
    p.b[p.header + 8] ^= 1; /* of its own making */
    for (int i = 0; i < 10; i++)
        emit(&p);
}

T_TEST_PLAIN(fault_6_foreign_messages_do_not_stretch_the_wait)
{
    struct plug_ping_opts o = several(1);
    struct plug_ping_stats s;
    int64_t began;

    network(hold);
    o.timeout = PLUG_MS(100);
    open_ping(&o, "10.77.0.9");
    T_OK(plug_loop_every(loop, &flood, PLUG_MS(1), send_foreign, NULL));
    began = plug_now();
    s = run_it();
    T_EQ(s.lost, 1);
    T_TRUE(plug_now() - began >= PLUG_MS(100));
    T_TRUE(plug_ping_unmatched(ping, NULL) > 0);
    (void)plug_loop_timer_stop(loop, &flood);
}

/* --- 7: pace -------------------------------------------------------------------------------- */

T_TEST_PLAIN(fault_7_there_is_an_interval)
{
    struct plug_ping_opts o = several(11);
    int64_t began = plug_now();

    o.interval = PLUG_MS(20);
    T_EQ(asked(answer, &o).received, 11);
    T_TRUE(plug_now() - began >= PLUG_MS(200));
    o.interval = 0; /* the default is a second, not none */
    o.count = 2;
    t_end_owned();
    began = plug_now();
    T_EQ(asked(answer, &o).received, 2);
    T_TRUE(plug_now() - began >= PLUG_S(1));
}

/* --- 8: checksums --------------------------------------------------------------------------- */

static void damaged_first(struct packet *p)
{
    turn_round(p);
    p->b[p->header + 20] ^= 0x40;
    plug_put_be16(p->b + 10, 0);
    plug_put_be16(p->b + 10, plug_checksum(p->b, p->header));
    T_EQ(write(tun, p->b, p->len), p->len); /* the checksum is still the request's */
    p->b[p->header + 20] ^= 0x40;
    emit(p);
}

T_TEST_PLAIN(fault_8_checksums_fold_and_are_verified)
{
    struct plug_ping_opts o = several(3);
    uint8_t *ones = T_PTR(plug_alloc(262144));
    uint64_t damaged;

    T_OWN(plug_free, ones);
    memset(ones, 0xff, 262144);
    T_EQ(plug_checksum(ones, 262144), 0);
    o.socket = PLUG_PING_RAW;
    T_EQ(asked(damaged_first, &o).received, 3);
    T_TRUE(plug_ping_unmatched(ping, &damaged) >= 3);
    T_TRUE(damaged >= 3);
}

/* --- 9: numbers above 32767 ----------------------------------------------------------------- */

static unsigned highest;

static void note_highest(struct packet *p)
{
    highest = p->seq > highest ? p->seq : highest;
    answer(p);
}

T_TEST_PLAIN(fault_9_sequence_numbers_have_sixteen_bits)
{
    struct plug_ping_opts o = several(33000);

    highest = 0;
    o.interval = PLUG_NS(1);
    o.data_len = 8;
    T_EQ(asked(note_highest, &o).received, 33000);
    T_EQ(highest, 33000);
}

/* --- 10: names ------------------------------------------------------------------------------ */

T_TEST_PLAIN(fault_10_no_name_is_looked_up_while_it_runs)
{
    struct plug_ping_opts o = several(5);

    network(answer);
    open_ping(&o, "10.77.0.9");
    plug_sys_record(true);
    T_EQ(run_it().received, 5);
    T_EQ(plug_sys_recorded("getaddrinfo") + plug_sys_recorded("getnameinfo"), 0);
    plug_sys_record(false);
}

/* --- 11: figures, and what a network does --------------------------------------------------- */

static void wild(struct packet *p)
{
    switch (p->seq) {
    case 2: /* never */
        return;
    case 3: /* a thousand times */
        turn_round(p);
        for (int i = 0; i < 1000; i++)
            emit(p);
        return;
    case 4: /* after the next one */
        hold(p);
        return;
    case 5:
        answer(p);
        emit(&held[0]);
        return;
    default:
        answer(p);
    }
}

T_TEST_PLAIN(fault_11_the_figures_are_those_of_the_wire)
{
    struct plug_ping_opts o = several(8);
    struct plug_ping_stats s;

    o.interval = PLUG_MS(50);
    o.timeout = PLUG_S(1);
    s = asked(wild, &o);
    T_EQ(s.sent, 8);
    T_EQ(s.received, 7);
    T_EQ(s.lost, 1);
    T_TRUE(s.duplicates >= 200 && s.duplicates <= 999); /* as many as the queue holds */
    T_EQ(s.reordered, 1);
    T_EQ(told(PLUG_PING_LOST), 1);
    T_EQ(told(PLUG_PING_DONE), 1);
    T_TRUE(plug_ping_loss(&s) == 0.125);
    T_TRUE(s.min >= 0 && s.min <= s.p50 && s.p99 <= s.max && s.mdev >= 0 && s.jitter >= 0);
}

/* --- a wire with a ledger ------------------------------------------------------------------- */

static struct {
    uint64_t lost, duplicates, reordered;
    unsigned newest;
} ledger;

static void deliver(struct packet *p)
{
    ledger.reordered += p->seq < ledger.newest;
    ledger.newest = p->seq > ledger.newest ? p->seq : ledger.newest;
    emit(p);
}

static void by_chance(struct packet *p)
{
    uint64_t what = p->seq == 400 ? 9 : t_below(10);

    turn_round(p);
    if (what == 0) {
        ledger.lost++;
        return;
    }
    if (what == 1 && holding < 8) {
        held[holding++] = *p;
        return;
    }
    deliver(p);
    for (uint64_t i = t_below(4); what == 2 && i > 0; i--, ledger.duplicates++)
        emit(p);
    while (holding > 0 && (p->seq == 400 || t_below(2)))
        deliver(&held[--holding]);
}

/* What the wire did to 400 requests is what the figures say. */
T_TEST_PLAIN(the_figures_are_the_ledger_of_the_wire)
{
    struct plug_ping_opts o = several(400);
    struct plug_ping_stats s;

    memset(&ledger, 0, sizeof ledger);
    s = asked(by_chance, &o);
    T_EQ(s.sent, 400);
    T_EQ(s.received, 400 - ledger.lost);
    T_EQ(s.lost, ledger.lost);
    T_EQ(s.duplicates, ledger.duplicates);
    T_EQ(s.reordered, ledger.reordered);
    T_EQ(s.late + s.local_drops + s.errors + s.send_failed, 0);
    T_EQ(plug_ping_unmatched(ping, NULL), 0);
}

static void too_late(struct packet *p)
{
    if (p->seq == 1)
        hold(p);
    else
        answer(p);
    if (p->seq == 4)
        emit(&held[0]);
}

/* A reply after its time is told as what it is, and the loss stays one. */
T_TEST_PLAIN(a_late_reply_stays_a_loss)
{
    struct plug_ping_opts o = several(6);
    struct plug_ping_stats s;

    o.interval = PLUG_MS(100);
    o.timeout = PLUG_MS(150);
    s = asked(too_late, &o);
    T_EQ(s.lost, 1);
    T_EQ(s.late, 1);
    T_EQ(s.received, 5);
    T_EQ(told(PLUG_PING_LATE), 1);
    T_TRUE(told(PLUG_PING_OVERDUE) >= 1);
}

/* Our own queue overflows: what is missing then is no loss of the network's. */
static void burst(struct packet *p)
{
    turn_round(p);
    if (p->seq % 2) {
        hold(p);
        held[holding - 1] = *p;
        return;
    }
    for (int i = 0; i < 3000; i++) { /* more than the queue holds, the answer among the last */
        struct packet q = *p;
        q.b[q.header + 9] ^= 0xff;
        emit(&q);
    }
    emit(p);
    if (holding > 0)
        emit(&held[--holding]);
}

static int small_buffers(int fd, int level, int name, const void *value, socklen_t len)
{
    int small = 4096;

    if (level == SOL_SOCKET && name == SO_RCVBUF)
        value = &small;
    return plug_sys_kernel()->setsockopt(fd, level, name, value, len);
}

T_TEST_PLAIN(an_overflow_of_our_own_is_no_loss)
{
    static struct plug_sys sys;
    struct plug_ping_opts o = several(6);
    struct plug_ping_stats s;

    sys = *plug_sys_kernel();
    sys.setsockopt = small_buffers;
    T_OK(plug_sys_set(&sys));
    o.interval = PLUG_MS(20);
    o.timeout = PLUG_MS(300);
    s = asked(burst, &o);
    T_EQ(s.sent, 6);
    T_TRUE(s.local_drops > 0);
    T_EQ(s.lost, 0);
    T_EQ(s.received + s.local_drops, 6);
    T_OK(plug_sys_set(NULL));
}

/* The system has no room for a moment: that costs time, and no packet. */
T_TEST_PLAIN(no_room_to_send_is_tried_again)
{
    struct plug_ping_opts o = several(3);
    struct plug_ping_stats s;

    network(answer);
    open_ping(&o, "10.77.0.9");
    T_OK(plug_sys_fault("sendto:1-4=ENOBUFS", NULL));
    s = run_it();
    T_TRUE(plug_sys_fault_fired() >= 4);
    T_OK(plug_sys_fault(NULL, NULL));
    T_EQ(s.sent, 3);
    T_EQ(s.received, 3);
    T_EQ(s.send_failed + s.lost, 0);
}

static void all_but_the_first(struct packet *p)
{
    if (p->seq > 1)
        answer(p);
}
T_TEST_PLAIN(what_is_overdue_is_told_once) /* not at each retry of what was refused */
{
    struct plug_ping_opts o = several(2);

    network(all_but_the_first);
    open_ping(&o, "10.77.0.9");
    T_OK(plug_sys_fault("sendto:2-6=ENOBUFS", NULL));
    (void)run_it();
    T_TRUE(plug_sys_fault_fired() >= 5);
    T_OK(plug_sys_fault(NULL, NULL));
    T_EQ(told(PLUG_PING_OVERDUE), 1);
}

T_TEST_PLAIN(a_refused_send_is_told_and_no_loss)
{
    struct plug_ping_opts o = several(2);
    struct plug_ping_stats s;

    network(answer);
    open_ping(&o, "10.77.0.9");
    T_OK(plug_sys_fault("sendto:1-2=EPERM", NULL)); /* and the second try */
    s = run_it();
    T_OK(plug_sys_fault(NULL, NULL));
    T_EQ(s.sent, 1);
    T_EQ(s.send_failed, 1);
    T_EQ(s.received, 1);
    T_EQ(s.lost, 0);
    T_EQ(event[0].type, PLUG_PING_SEND_FAILED);
    T_EQ(event[0].error, -EPERM);
}

/* --- 12: nothing is left behind ------------------------------------------------------------- */

/* Tortured: whichever call fails, descriptors and memory are given back. */
T_TEST(fault_12_a_failure_closes_everything)
{
    struct plug_ping_opts o = several(1);
    struct plug_addr a;

    netns_own();
    o.timeout = t_tortured() ? PLUG_MS(10) : PLUG_S(20);
    T_OK(plug_loop_open(&loop, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, loop);
    T_OK(plug_ping_open(&ping, loop, &o, note, NULL));
    T_OWN(plug_ping_close, ping);
    T_OK(plug_addr_loopback(AF_INET, 0, &a));
    T_OK(plug_ping_add(ping, &a));
    T_OK(plug_ping_start(ping));
    T_OK(plug_loop_run(loop));
}
