/* SPDX-License-Identifier: MIT */
/* The engine over loopback: options, replies, figures, families, sockets. */
#include "app/icmp_sock.h"
#include "netns.h"
#include <errno.h>
#include <string.h>
#include <t.h>

#define EVENTS 4096

static struct plug_loop *loop;
static struct plug_ping *ping;
static struct plug_ping_event event[EVENTS];
static size_t events;

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

static struct plug_addr parse(const char *text)
{
    struct plug_addr a;

    T_OK(plug_addr_parse(text, &a));
    return a;
}

static struct plug_ping *open_ping(const struct plug_ping_opts *o)
{
    events = 0;
    T_OK(plug_loop_open(&loop, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, loop);
    T_OK(plug_ping_open(&ping, loop, o, note, NULL));
    T_OWN(plug_ping_close, ping);
    return ping;
}

static struct plug_ping_opts quick(uint64_t count)
{
    struct plug_ping_opts o = PLUG_PING_OPTS;

    o.count = count;
    o.interval = PLUG_MS(1);
    o.timeout = PLUG_S(20); /* nothing is lost on loopback, however busy the machine is */
    return o;
}

static void run(void)
{
    T_OK(plug_ping_start(ping));
    T_OK(plug_loop_run(loop));
}

/* Replies by sequence number, from the address that was asked, in believable times. */
static void all_answered(const char *address, enum plug_ping_socket kind)
{
    struct plug_ping_opts o = quick(5);
    struct plug_addr a = parse(address);
    struct plug_ping_stats s;

    o.socket = kind;
    open_ping(&o);
    T_EQ(T_OK(plug_ping_add(ping, &a)), 0);
    T_EQ(plug_ping_is_raw(ping, plug_addr_family(&a)), kind == PLUG_PING_RAW);
    run();
    T_EQ(told(PLUG_PING_REPLY), 5);
    T_EQ(told(PLUG_PING_DONE), 1);
    for (size_t i = 0, seq = 1; i < events; i++)
        if (event[i].type == PLUG_PING_REPLY) {
            T_EQ(event[i].seq, seq++);
            T_EQ(event[i].ttl, 64);
            T_EQ(event[i].bytes, 64);
            T_TRUE(plug_addr_same_host(&event[i].from, &a));
            T_TRUE(event[i].rtt >= 0 && event[i].rtt < PLUG_S(20));
            T_TRUE(event[i].wrong_byte < 0 && !event[i].truncated && !event[i].reordered);
        }
    plug_ping_stats(ping, 0, &s);
    T_EQ(s.sent, 5);
    T_EQ(s.received, 5);
    T_EQ(s.lost + s.duplicates + s.errors + s.local_drops, 0);
    T_TRUE(s.min <= s.avg && s.avg <= s.max && s.mdev >= 0 && s.jitter >= 0);
    T_TRUE(s.min <= s.p50 && s.p50 <= s.p95 && s.p95 <= s.p99 && s.p99 <= s.max);
    T_TRUE(plug_ping_loss(&s) == 0);
    T_EQ(plug_ping_unmatched(ping, NULL), 0);
}

T_TEST_PLAIN(every_request_is_answered_by_this_machine)
{
    static const char *const address[] = {"127.0.0.1", "::1", "::ffff:127.0.0.1", "127.1.2.3"};

    netns_own();
    for (size_t i = 0; i < 4; i++) {
        all_answered(address[i], PLUG_PING_DGRAM);
        t_end_owned();
        all_answered(address[i], PLUG_PING_RAW);
        t_end_owned();
    }
}

T_TEST_PLAIN(no_address_means_this_machine)
{
    struct plug_addr four = parse("0.0.0.0"), six = parse("::");
    struct plug_ping_opts o = quick(1);

    netns_own();
    open_ping(&o);
    T_OK(plug_ping_add(ping, &four));
    T_OK(plug_ping_add(ping, &six));
    run();
    T_EQ(told(PLUG_PING_REPLY), 2);
}

/* The fault of the original: on loopback a raw socket sees its own request first. */
T_TEST_PLAIN(an_own_request_is_no_reply)
{
    struct plug_ping_opts o = quick(20);
    struct plug_addr a = parse("127.0.0.1");

    netns_own();
    o.socket = PLUG_PING_RAW;
    open_ping(&o);
    T_OK(plug_ping_add(ping, &a));
    run();
    T_EQ(told(PLUG_PING_REPLY), 20);
    T_EQ(told(PLUG_PING_UNMATCHED), 0);
}

T_TEST_PLAIN(data_of_any_length)
{
    static const ssize_t len[] = {-1, 1, 7, 8, 9, 15, 16, 0, 1472, 65507};

    netns_own();
    for (size_t i = 0; i < sizeof len / sizeof len[0]; i++)
        for (int kind = PLUG_PING_DGRAM; kind <= PLUG_PING_RAW; kind++) {
            struct plug_ping_opts o = quick(2);
            struct plug_addr a = parse("127.0.0.1"), six = parse("::1");
            size_t want = 8 + (len[i] < 0 ? 0 : len[i] == 0 ? 56 : (size_t)len[i]);

            o.data_len = len[i];
            o.socket = (enum plug_ping_socket)kind;
            open_ping(&o);
            T_OK(plug_ping_add(ping, &a));
            T_OK(plug_ping_add(ping, &six));
            run();
            T_EQ(told(PLUG_PING_REPLY), 4);
            T_EQ(event[0].bytes, want);
            t_end_owned();
        }
}

/* Two hosts, the same address twice, and two pings at once: nobody takes another's reply. */
T_TEST_PLAIN(nobody_takes_anothers_reply)
{
    struct plug_ping_opts o = quick(50);
    struct plug_addr a = parse("127.0.0.1"), b = parse("127.0.0.2"), c = parse("::1");
    struct plug_ping *other;
    struct plug_ping_stats s;

    netns_own();
    o.socket = PLUG_PING_RAW;
    open_ping(&o);
    T_OK(plug_ping_open(&other, loop, &o, note, NULL));
    T_OWN(plug_ping_close, other);
    for (int i = 0; i < 2; i++) {
        T_OK(plug_ping_add(i ? other : ping, &a));
        T_OK(plug_ping_add(i ? other : ping, &b));
        T_OK(plug_ping_add(i ? other : ping, &a));
        T_OK(plug_ping_add(i ? other : ping, &c));
    }
    T_OK(plug_ping_start(other));
    run();
    T_EQ(told(PLUG_PING_REPLY), 400);
    for (uint32_t i = 0; i < 8; i++) {
        plug_ping_stats(i < 4 ? ping : other, i % 4, &s);
        T_EQ(s.received, 50);
        T_EQ(s.duplicates + s.late + s.lost, 0);
    }
    T_EQ(plug_ping_unmatched(ping, NULL) + plug_ping_unmatched(other, NULL), 0);
}

/* 16 bits of sequence number, 32768 in the window: further on, nothing is mixed up. */
T_TEST_PLAIN(the_sequence_number_wraps)
{
    struct plug_ping_opts o = quick(70000);
    struct plug_addr a = parse("127.0.0.1");
    struct plug_ping_stats s;

    netns_own();
    o.interval = PLUG_NS(1);
    o.data_len = 8;
    open_ping(&o);
    T_OK(plug_ping_add(ping, &a));
    run();
    plug_ping_stats(ping, 0, &s);
    T_EQ(s.sent, 70000);
    T_EQ(s.received, 70000);
    T_EQ(s.lost + s.duplicates + s.late + s.reordered, 0);
}

T_TEST_PLAIN(groups_need_a_word)
{
    struct plug_addr a = parse("224.0.0.1"), b = parse("255.255.255.255"), c = parse("ff02::1");
    struct plug_ping_opts o = quick(1);

    netns_own();
    open_ping(&o);
    T_ERR(plug_ping_add(ping, &a), -EACCES);
    T_ERR(plug_ping_add(ping, &b), -EACCES);
    T_ERR(plug_ping_add(ping, &c), -EACCES);
    t_end_owned();
    o.broadcast = true;
    open_ping(&o);
    T_OK(plug_ping_add(ping, &a));
}

T_TEST_PLAIN(options_out_of_their_range)
{
    struct plug_ping_opts bad[11];
    struct plug_loop *l;

    for (size_t i = 0; i < 11; i++)
        bad[i] = quick(1);
    bad[0].size--;
    bad[1].socket = (enum plug_ping_socket)4;
    bad[2].interval = -1;
    bad[3].timeout = INT64_MAX;
    bad[4].data_len = PLUG_PING_DATA_MAX + 1;
    bad[5].ttl = 256;
    bad[6].tos = -1;
    bad[7].hosts_max = PLUG_PING_HOSTS_MAX + 1;
    bad[8].rate = -1;
    bad[9].rate = 1e-7;
    bad[10].data_len = -2;
    T_OK(plug_loop_open(&l, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, l);
    for (size_t i = 0; i < 11; i++)
        T_ERR(plug_ping_open(&ping, l, &bad[i], NULL, NULL), i < 2 ? PLUG_EOPTS : -EINVAL);
}

T_TEST_PLAIN(hosts_have_a_limit)
{
    struct plug_ping_opts o = quick(1);
    struct plug_addr a = parse("127.0.0.1"), u;

    netns_own();
    o.hosts_max = 3;
    open_ping(&o);
    T_OK(plug_addr_unix("/x", 2, &u));
    T_ERR(plug_ping_add(ping, &u), -EAFNOSUPPORT);
    for (int i = 0; i < 3; i++)
        T_EQ(T_OK(plug_ping_add(ping, &a)), i);
    T_ERR(plug_ping_add(ping, &a), PLUG_ELIMIT);
    T_EQ(plug_ping_hosts(ping), 3);
    T_TRUE(plug_addr_equal(plug_ping_addr(ping, 2), &a));
    run();
    T_ERR(plug_ping_start(ping), -EALREADY);
}

T_TEST_PLAIN(a_thousand_hosts_at_a_rate)
{
    struct plug_ping_opts o = quick(1);
    int64_t began;

    netns_own();
    o.rate = 2000;
    open_ping(&o);
    for (int i = 0; i < 1000; i++) {
        uint8_t bytes[4] = {127, 9, (uint8_t)(i >> 8), (uint8_t)i};
        struct plug_addr a;

        plug_addr_ip4(bytes, 0, &a);
        T_EQ(T_OK(plug_ping_add(ping, &a)), i);
    }
    began = plug_now();
    run();
    T_EQ(told(PLUG_PING_REPLY), 1000);
    T_TRUE(plug_now() - began >= PLUG_MS(499)); /* 1000 at 2000 a second */
}

static void dawdle_once(struct plug_ping *p, const struct plug_ping_event *e, void *arg)
{
    note(p, e, arg);
    if (e->type == PLUG_PING_REPLY && told(e->type) == 5)
        T_OK(plug_sleep(PLUG_MS(200)));
}

/* Requests that could not leave meanwhile do not leave all at once. */
T_TEST_PLAIN(a_rate_makes_up_for_nothing)
{
    struct plug_ping_opts o = quick(1);
    int64_t began;

    netns_own();
    o.rate = 100;
    events = 0;
    T_OK(plug_loop_open(&loop, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, loop);
    T_OK(plug_ping_open(&ping, loop, &o, dawdle_once, NULL));
    T_OWN(plug_ping_close, ping);
    for (int i = 0; i < 20; i++) {
        struct plug_addr a;

        plug_addr_ip4((uint8_t[]){127, 9, 9, (uint8_t)i}, 0, &a);
        T_EQ(T_OK(plug_ping_add(ping, &a)), i);
    }
    began = plug_now();
    run();
    T_EQ(told(PLUG_PING_DONE), 20);
    T_TRUE(plug_now() - began >= PLUG_MS(360)); /* 19 gaps and the pause, but for a gap or two */
}

static void stop_at_third(struct plug_ping *p, const struct plug_ping_event *e, void *arg)
{
    note(p, e, arg);
    if (e->type == PLUG_PING_REPLY && e->seq == 3)
        plug_ping_stop(p);
}

T_TEST_PLAIN(a_handler_may_stop_it_and_add_hosts)
{
    struct plug_ping_opts o = quick(0);
    struct plug_addr a = parse("127.0.0.1");
    struct plug_ping_stats s;

    netns_own();
    events = 0;
    T_OK(plug_loop_open(&loop, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, loop);
    T_OK(plug_ping_open(&ping, loop, &o, stop_at_third, NULL));
    T_OWN(plug_ping_close, ping);
    T_OK(plug_ping_add(ping, &a));
    run();
    plug_ping_stats(ping, 0, &s);
    T_EQ(s.received, 3);
    T_EQ(told(PLUG_PING_DONE), 0);
    plug_ping_stop(ping);
}

T_TEST_PLAIN(a_deadline_ends_it)
{
    struct plug_ping_opts o = quick(0);
    struct plug_addr a = parse("127.0.0.1");

    netns_own();
    o.deadline = PLUG_MS(50);
    open_ping(&o);
    T_OK(plug_ping_add(ping, &a));
    run();
    T_TRUE(told(PLUG_PING_REPLY) > 0);
}

T_TEST(one_request_straight_line)
{
    struct plug_addr a;
    struct plug_ping_event e;
    struct plug_ping_opts o = PLUG_PING_OPTS;

    netns_own();
    T_OK(plug_addr_loopback(AF_INET, 0, &a));
    o.timeout = t_tortured() ? PLUG_MS(10) : PLUG_S(20);
    t_accept(PLUG_ETIMEOUT);
    T_OK(plug_ping_once(&a, &o, &e));
    T_EQ(e.seq, 1);
    T_TRUE(e.rtt >= 0);
}

static int on_fiber(void *arg)
{
    struct plug_addr a;
    struct plug_ping_event e;

    (void)arg;
    T_OK(plug_addr_loopback(AF_INET6, 0, &a));
    T_OK(plug_ping_once(&a, NULL, &e));
    T_EQ(e.ttl, 64);
    return 0;
}

T_TEST_PLAIN(one_request_on_a_fiber)
{
    netns_own();
    T_OK(plug_fiber_run(on_fiber, NULL, NULL));
}

T_TEST(a_run_under_faults)
{
    struct plug_ping_opts o = quick(2);
    struct plug_addr a = parse("127.0.0.1");
    struct plug_ping_stats s;

    netns_own();
    o.timeout = t_tortured() ? PLUG_MS(10) : PLUG_S(20);
    open_ping(&o);
    T_OK(plug_ping_add(ping, &a));
    T_OK(plug_ping_start(ping));
    T_OK(plug_loop_run(loop));
    plug_ping_stats(ping, 0, &s);
    T_TRUE(t_tortured() || s.received == 2);
    T_TRUE(s.received + s.lost + s.send_failed <= 2);
}

/* Neither kind is allowed: that is -EPERM, whatever the kernel's words. */
T_TEST_PLAIN(a_refusal_is_told)
{
    struct plug_ping_opts o = quick(1);
    struct plug_loop *l;

    T_OK(plug_loop_open(&l, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, l);
    T_OK(plug_sys_fault("socket:*=EACCES", NULL));
    T_ERR(plug_ping_open(&ping, l, &o, NULL, NULL), -EPERM);
    o.socket = PLUG_PING_DGRAM;
    T_ERR(plug_ping_open(&ping, l, &o, NULL, NULL), -EACCES);
    T_OK(plug_sys_fault(NULL, NULL));
}

/* --- connections instead of echoes ----------------------------------------------------------- */

T_TEST_PLAIN(connections_are_timed)
{
    struct plug_ping_opts o = quick(5);
    struct plug_ping_stats s;
    struct plug_sock *listener;
    struct plug_addr a, closed;

    netns_own();
    o.socket = PLUG_PING_TCP;
    T_OK(plug_listen(&listener, "tcp://127.0.0.1:0", NULL));
    T_OWN(plug_sock_close, listener);
    T_OK(plug_sock_local(listener, &a));
    events = 0;
    T_OK(plug_loop_open(&loop, PLUG_BACKEND_AUTO));
    T_OWN(plug_loop_close, loop);
    T_OK(plug_ping_open(&ping, loop, &o, note, NULL));
    T_OWN(plug_ping_close, ping);
    T_OK(plug_ping_add(ping, &a));
    T_OK(plug_addr_parse("127.0.0.1:1", &closed));
    T_OK(plug_ping_add(ping, &closed));
    T_OK(plug_addr_set_port(&closed, 0));
    T_ERR(plug_ping_add(ping, &closed), -EINVAL);
    T_OK(plug_ping_start(ping));
    T_OK(plug_loop_run(loop));
    plug_ping_stats(ping, 0, &s);
    T_EQ(s.received, 5);
    plug_ping_stats(ping, 1, &s);
    T_EQ(s.received, 0);
    T_EQ(s.lost, 5);
    T_EQ(s.errors, 5);
    T_EQ(told(PLUG_PING_DONE), 2);
}

/* --- the kernel's stamps -------------------------------------------------------------------- */

/* Sends an echo request to this machine: the stamp that comes for it has its key. */
static void is_stamped(struct plug__icmp_sock *s)
{
    uint32_t key;
    uint8_t request[PLUG__ICMP_HEADER] = {8}, back[64];
    struct plug_addr here;
    struct plug__icmp_queued item;

    T_OK(plug_addr_loopback(AF_INET, 0, &here));
    T_OK(plug__icmp_sock_send(s, request, sizeof request, &here, &key));
    T_OK(plug__icmp_sock_queued(s, back, sizeof back, &item));
    T_TRUE(item.is_stamp);
    T_EQ(item.key, key);
}

T_TEST_PLAIN(stamps_are_told_apart_behind_a_failure)
{
    static struct plug__icmp_sock s;
    uint8_t request[PLUG__ICMP_HEADER] = {8};
    struct plug_addr here;
    uint32_t key;

    netns_own();
    T_OK(plug_addr_loopback(AF_INET, 0, &here));
    T_OK(plug__icmp_sock_open(&s, AF_INET, PLUG_PING_RAW));
    T_OWN(plug__icmp_sock_close, &s);
    T_OK(plug__icmp_sock_bind(&s, NULL));
    if (!s.stamps)
        T_SKIP("a kernel without stamps");
    is_stamped(&s);
    is_stamped(&s);
    T_OK(plug_sys_fault("sendto:1=EPERM", NULL));
    T_ERR(plug__icmp_sock_send(&s, request, sizeof request, &here, &key), -EPERM);
    T_OK(plug_sys_fault(NULL, NULL));
    is_stamped(&s);
    is_stamped(&s);
}
